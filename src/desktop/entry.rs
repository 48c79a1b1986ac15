//! Entry: one application as its `.desktop` file describes it.
//!
//! Enters: the file's text. Leaves: names, what it opens, and its command as separate arguments. Never here: a shell's
//! reading of the command; a field code that is left in.

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Its name in other languages, by their codes ("zh_CN").
    pub(super) names: Vec<(String, String)>,
    /// What kind of program it is, in every language.
    pub(super) generic: Vec<String>,
    /// Words for it, in every language.
    pub(super) keywords: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) mime_types: Vec<String>,
    /// Program and arguments, without what stood for files.
    pub(super) command: Vec<String>,
    /// A program without which it is not there.
    pub(super) needs: Option<String>,
    pub(super) in_terminal: bool,
    pub(super) only_in: Vec<String>,
    pub(super) not_in: Vec<String>,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// An application for the user.
    Shown(Box<Entry>),
    /// It hides an application, also one that another directory describes.
    Hidden,
    /// It describes no application.
    Nothing,
}

/// Reads `text`, the file of an application.
pub(super) fn read(text: &str) -> Read {
    let mut entry = Entry::default();
    let (mut application, mut hidden, mut within, mut exec) = (false, false, false, None);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            // Other groups are actions beside opening it.
            within = line == "[Desktop Entry]";
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| within && !line.starts_with('#')) else {
            continue;
        };
        let (key, value) = (key.trim(), unescaped(value.trim()));
        let (key, language) = key
            .strip_suffix(']')
            .and_then(|key| key.split_once('['))
            .map_or((key, None), |(key, language)| (key, Some(language)));
        let yes = value == "true";
        match (key, language) {
            ("Type", None) => application = value == "Application",
            ("Name", None) => entry.name = value,
            ("Name", Some(language)) => entry.names.push((language.to_owned(), value)),
            ("GenericName", _) => entry.generic.push(value),
            ("Keywords", _) => entry.keywords.extend(list(&value)),
            ("Categories", None) => entry.categories = list(&value),
            ("MimeType", None) => entry.mime_types = list(&value),
            ("Exec", None) => exec = Some(value),
            ("TryExec", None) => entry.needs = Some(value).filter(|needs| !needs.is_empty()),
            ("Terminal", None) => entry.in_terminal = yes,
            ("OnlyShowIn", None) => entry.only_in = list(&value),
            ("NotShowIn", None) => entry.not_in = list(&value),
            ("NoDisplay" | "Hidden", None) => hidden |= yes,
            _ => {}
        }
    }
    if hidden {
        return Read::Hidden;
    }
    let Some(command) = exec.and_then(|exec| command(&exec, &entry.name)) else { return Read::Nothing };
    entry.command = command;
    if application && !entry.name.is_empty() { Read::Shown(Box::new(entry)) } else { Read::Nothing }
}

fn list(value: &str) -> Vec<String> {
    value.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A value as a string: `\s`, `\n`, `\t`, `\r` and `\\` stand for characters.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, (c == '\\').then(|| chars.clone().next()).flatten()) {
            ('\\', Some(code @ ('s' | 'n' | 't' | 'r' | '\\'))) => {
                chars.next();
                text.push(match code {
                    's' => ' ',
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    _ => '\\',
                });
            }
            _ => text.push(c),
        }
    }
    text
}

/// The arguments of `exec`; none where its quotes do not match or nothing is left.
fn command(exec: &str, name: &str) -> Option<Vec<String>> {
    let mut command = Vec::new();
    let mut chars = exec.chars().peekable();
    while chars.peek().is_some() {
        if chars.next_if(char::is_ascii_whitespace).is_some() {
            continue;
        }
        // What is quoted holds no field codes, and may be empty.
        let (mut argument, mut keep) = (String::new(), false);
        loop {
            match chars.next() {
                None => break,
                Some(c) if c.is_ascii_whitespace() => break,
                Some('"') => {
                    keep = true;
                    loop {
                        match chars.next()? {
                            '"' => break,
                            '\\' => argument.push(chars.next()?),
                            c => argument.push(c),
                        }
                    }
                }
                Some('%') => match chars.next()? {
                    '%' => argument.push('%'),
                    'c' => argument.push_str(name),
                    // Files, addresses, an icon: nothing of the kind is handed over.
                    _ => {}
                },
                Some(c) => argument.push(c),
            }
        }
        if keep || !argument.is_empty() {
            command.push(argument);
        }
    }
    let program = command.first()?;
    (!program.is_empty() && !program.contains('=')).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_read_with_its_names_and_its_command() {
        let text = "#!\n[Desktop Entry]\nType=Application\nName=Fire Fox\nName[zh_CN]=火狐浏览器\nGenericName=Web Browser\n\
                    Keywords=internet;www;\nExec=\"/opt/fire fox/run\" --class=a%%b \"x\\\\\"y\" %u %i\nTerminal=false\n\
                    [Desktop Action new]\nName=New Window\nExec=rm -rf";
        let Read::Shown(entry) = read(text) else { panic!() };
        assert_eq!(entry.name, "Fire Fox");
        assert_eq!(entry.names, [("zh_CN".to_owned(), "火狐浏览器".to_owned())]);
        assert_eq!(entry.command, ["/opt/fire fox/run", "--class=a%b", "x\"y"]);
        assert_eq!(entry.keywords, ["internet", "www"]);
    }

    #[test]
    fn what_is_no_application_is_none() {
        let with = |line: &str| read(&format!("[Desktop Entry]\nType=Application\nName=A\nExec=a\n{line}"));
        assert!(matches!(with(""), Read::Shown(_)));
        assert_eq!(with("NoDisplay=true"), Read::Hidden);
        assert_eq!(with("Hidden=true"), Read::Hidden);
        for line in ["Type=Link", "Exec=\"a", "Exec=%u", "Exec=", "Exec=A=1 b", "Name="] {
            assert_eq!(with(line), Read::Nothing, "{line}");
        }
        assert_eq!(read("Name=A"), Read::Nothing);
    }

    #[test]
    fn a_shells_signs_are_letters() {
        let Read::Shown(entry) =
            read("[Desktop Entry]\nType=Application\nName=A\nExec=sh -c \"a; b\" $(c) `d` > e && f %F%k")
        else {
            panic!()
        };
        assert_eq!(entry.command, ["sh", "-c", "a; b", "$(c)", "`d`", ">", "e", "&&", "f"]);
    }
}
