//! Reads the paths in a source file, as far as the roads need it: which names directly below the crate's root it
//! says, through `crate`, `self`, `super`, use-trees of any depth and inline modules. Here belongs a little of Rust's
//! grammar; no rule.

/// The names below the root that the file at `path` says in `text`; "the whole crate" where the root itself is
/// imported, renamed or globbed.
pub(super) fn below_the_root(path: &str, text: &str) -> Vec<String> {
    let tokens = lex(text);
    let is = |at: usize, wanted: &str| tokens.get(at).is_some_and(|token| token == wanted);
    let file = depth(path);
    let (mut found, mut braces, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let inline = braces.iter().filter(|module| **module).count();
        let mut walk = Walk { tokens: &tokens, here: file + inline, import: false, found: &mut found };
        match tokens[at].as_str() {
            "mod" if is(at + 2, "{") => {
                braces.push(true);
                at += 3;
            }
            "{" => {
                braces.push(false);
                at += 1;
            }
            "}" => {
                braces.pop();
                at += 1;
            }
            "use" => {
                walk.import = true;
                at = walk.tree(at + 1, Place::Start);
            }
            "extern" if is(at + 1, "crate") && is(at + 2, "self") => {
                found.push("the whole crate".to_owned());
                at += 3;
            }
            // Another file's text would be judged under this one's name.
            "path" if at >= 2 && is(at - 1, "[") && is(at - 2, "#") => {
                found.push("a file by its path".to_owned());
                at += 1;
            }
            "include" if is(at + 1, "!") => {
                found.push("a file by its path".to_owned());
                at += 1;
            }
            "crate" | "self" | "super" => at = walk.tree(at, Place::Start),
            _ => at += 1,
        }
    }
    found
}

/// Modules above the code of the file at `path`, itself included: 1 for `src/units.rs` and `src/speak/mod.rs`.
fn depth(path: &str) -> usize {
    let inside = path.trim_start_matches("src/");
    let own = !matches!(inside.rsplit('/').next(), Some("mod.rs" | "lib.rs" | "main.rs"));
    inside.matches('/').count() + usize::from(own)
}

/// Where a path has come to.
#[derive(Clone, Copy)]
enum Place {
    /// Nowhere yet.
    Start,
    /// In the module so deep above the file; 0 is the crate's root.
    Module(usize),
    /// At a name whose inside does not matter.
    Past,
}

struct Walk<'a> {
    tokens: &'a [String],
    here: usize,
    import: bool,
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    /// Reads the path or use-tree at token `at`, from `place`; gives the first token after it.
    fn tree(&mut self, mut at: usize, mut place: Place) -> usize {
        loop {
            let token = self.tokens.get(at).map_or("", String::as_str);
            match (token, place) {
                ("{", _) => return self.branches(at + 1, place),
                ("*", Place::Module(0)) => self.found.push("the whole crate".to_owned()),
                ("::", Place::Start) => {
                    (at, place) = (at + 1, Place::Past); // `::name` is another crate
                    continue;
                }
                ("crate", _) => place = Place::Module(0),
                ("self", Place::Start) => place = Place::Module(self.here),
                ("super", Place::Start) => place = Place::Module(self.here.saturating_sub(1)),
                ("super", Place::Module(depth)) => place = Place::Module(depth.saturating_sub(1)),
                ("self", _) => {}
                (name, Place::Module(0)) => {
                    self.found.push(name.to_owned());
                    place = Place::Past;
                }
                _ => place = Place::Past,
            }
            at += 1;
            if self.tokens.get(at).is_some_and(|token| token == "::") {
                at += 1;
                continue;
            }
            if self.import && matches!(place, Place::Module(0)) && token != "*" {
                self.found.push("the whole crate".to_owned());
            }
            return at;
        }
    }

    /// Reads the branches of a use-tree up to its closing brace.
    fn branches(&mut self, mut at: usize, place: Place) -> usize {
        while let Some(token) = self.tokens.get(at) {
            match token.as_str() {
                "}" => return at + 1,
                "," => at += 1,
                "as" => at += 2,
                _ => at = self.tree(at, place),
            }
        }
        at
    }
}

/// Identifiers, `::` and single signs; comments, texts, characters and lifetimes are left out.
fn lex(text: &str) -> Vec<String> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw = rest.trim_start_matches('b').strip_prefix('r').map(|hashes| {
            let quoted = hashes.trim_start_matches('#');
            (hashes.len() - quoted.len(), quoted)
        });
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((hashes, quoted)) = raw.filter(|(_, quoted)| quoted.starts_with('"')) {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = quoted[1..].find(&end).map_or(quoted.len(), |at| 1 + at + end.len());
            rest.len() - quoted.len() + length
        } else if first == '"' {
            closing(rest, '"')
        } else if first == '\'' {
            let mut after = rest[1..].chars();
            let quoted = after.next() == Some('\\') || after.next() == Some('\'');
            if quoted { closing(rest, '\'') } else { 1 + run(&rest[1..], part) }
        } else if rest.starts_with("r#") {
            2 // the name follows
        } else if part(first) {
            let length = run(rest, part);
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// Bytes at the start of `text` that satisfy `test`.
fn run(text: &str, test: impl Fn(char) -> bool) -> usize {
    text.find(|c| !test(c)).unwrap_or(text.len())
}

/// Bytes of the text or character at the start of `rest`, both quotes included.
fn closing(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}
