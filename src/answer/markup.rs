//! Markup: reads one construct of Markdown at the head of the text held back so far; HTML and LaTeX have files of their
//! own.
//!
//! Enters: the held characters and where they stand. Leaves: one [`Step`], or `None` while the next characters
//! could still change the answer. Never here: output, memory of earlier text, or a wait without a bound: every
//! search is limited, and what does not close within its limit is plain text.

use super::{
    glyphs::{Glyph, class},
    html::{entity, tag},
    latex::{backslash, dollar},
};

/// Longest text of a link before it counts as an ordinary bracket, in characters.
const LINK_TEXT: usize = 200;
/// Longest address of a link, in characters.
const LINK_ADDRESS: usize = 1_800;
/// What a construct means to the ear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Say the characters taken.
    Keep,
    /// Say this instead.
    Say(String),
    /// Read this in their place; it is always shorter.
    Reread(Vec<char>),
    /// A mark: nothing is left of it.
    Drop,
    /// A picture: nothing is said, but words on either side stay apart.
    Hide,
    /// White space.
    Space,
    /// The end of a line.
    Line,
    /// A short pause: a table's cell border, an arrow.
    Pause,
    /// The number of a list item, then a pause.
    Ordinal(String),
    /// A dollar sign that opens or closes a formula.
    Formula,
    /// A code fence opens: this mark, at least so many to close it.
    Code(char, usize),
    /// A bare address begins.
    Address,
    /// An address in angle brackets, whole.
    WholeAddress,
}

/// One construct, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Characters it takes, at least one.
    pub(super) take: usize,
    /// What it means.
    pub(super) action: Action,
    /// Whether what follows still stands at the start of a line.
    pub(super) line_start: bool,
}

/// Where the held text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// At the start of a line, list and quote marks aside.
    pub(super) line_start: bool,
    /// The character before, a newline at the very start.
    pub(super) before: char,
    /// Inside `$…$`.
    pub(super) formula: bool,
    /// Nothing more will come, or no more may be waited for.
    pub(super) end: bool,
}

/// The construct at the head of `held`, which is not empty.
pub(super) fn read(held: &[char], place: Place) -> Option<Step> {
    if place.line_start { block(held, place) } else { inline(held, place) }
}

/// A construct after which no line starts, save it ends one.
#[expect(clippy::unnecessary_wraps, reason = "every reader returns Option, this one is their common ending")]
pub(super) fn step(take: usize, action: Action) -> Option<Step> {
    let line_start = action == Action::Line;
    Some(Step { take, action, line_start })
}

#[expect(clippy::unnecessary_wraps, reason = "as `step`")]
fn at_line_start(take: usize, action: Action) -> Option<Step> {
    Some(Step { take, action, line_start: true })
}

/// How many characters at the head satisfy `test`; `None` when all do and more may come.
pub(super) fn run(held: &[char], end: bool, test: impl Fn(char) -> bool) -> Option<usize> {
    match held.iter().position(|c| !test(*c)) {
        Some(n) => Some(n),
        None if end => Some(held.len()),
        None => None,
    }
}

/// The character at `i`; a newline past the end, `None` while it may still come.
pub(super) fn peek(held: &[char], i: usize, end: bool) -> Option<char> {
    held.get(i).copied().or(end.then_some('\n'))
}

fn block(held: &[char], place: Place) -> Option<Step> {
    let end = place.end;
    match held[0] {
        '#' => {
            let n = run(held, end, |c| c == '#')?;
            let heading = n <= 6 && peek(held, n, end)?.is_whitespace();
            if heading { at_line_start(n, Action::Drop) } else { inline(held, place) }
        }
        '>' | '·' => at_line_start(1, Action::Drop),
        '~' => match run(held, end, |c| c == '~')? {
            n @ 3.. => step(n, Action::Code('~', n)),
            _ => inline(held, place),
        },
        '0'..='9' => ordinal(held, place),
        '[' => {
            let inside = peek(held, 1, end)?;
            let checkbox = matches!(inside, ' ' | 'x' | 'X') && peek(held, 2, end)? == ']';
            if checkbox && peek(held, 3, end)? == ' ' {
                at_line_start(4, Action::Drop)
            } else {
                inline(held, place)
            }
        }
        first @ ('-' | '*' | '+' | '=' | '_' | '|' | ':' | '–') => {
            let rule = |c| matches!(c, '-' | '*' | '+' | '=' | '_' | '|' | ':' | '–' | ' ' | '\t');
            let n = run(held, end, rule)?;
            if held.get(n).is_none_or(|c| *c == '\n') {
                return at_line_start(n, Action::Drop); // a rule, a table's delimiter row, an empty item
            }
            let bullet = matches!(first, '-' | '*' | '+' | '–') && matches!(held[1], ' ' | '\t');
            match first {
                _ if bullet => at_line_start(2, Action::Drop),
                '|' => step(1, Action::Drop),
                _ => inline(held, place),
            }
        }
        c => match class(c) {
            Glyph::Space => at_line_start(1, Action::Drop),
            Glyph::Picture => at_line_start(1, Action::Hide),
            Glyph::Invisible if c != '\n' => at_line_start(1, Action::Drop),
            _ => inline(held, place),
        },
    }
}

/// "1. " or "2) " before text: a list item. "1984. " and "42." alone are not.
fn ordinal(held: &[char], place: Place) -> Option<Step> {
    let n = run(held, place.end, |c| c.is_ascii_digit())?;
    let item = n <= 2
        && matches!(peek(held, n, place.end)?, '.' | ')')
        && peek(held, n + 1, place.end)? == ' '
        && peek(held, n + 2, place.end)? != '\n';
    if item { step(n + 2, Action::Ordinal(held[..n].iter().collect())) } else { inline(held, place) }
}

fn inline(held: &[char], place: Place) -> Option<Step> {
    let end = place.end;
    match held[0] {
        '\n' | '\u{2028}' | '\u{2029}' => step(1, Action::Line),
        '*' => {
            let n = run(held, end, |c| c == '*')?;
            let after = peek(held, n, end)?;
            let spaced = place.before.is_whitespace() && matches!(after, ' ' | '\t');
            let operand = |c: char, bracket: char| c.is_ascii_alphanumeric() || c == bracket;
            let tight = operand(place.before, ')') && operand(after, '(');
            let power = place.before.is_ascii_digit() && after.is_ascii_digit();
            step(
                n,
                if spaced || (n == 1 && tight) || (n == 2 && power) { Action::Keep } else { Action::Drop },
            )
        }
        '_' => {
            let n = run(held, end, |c| c == '_')?;
            let inside_name = place.before.is_alphanumeric() && peek(held, n, end)?.is_ascii_alphanumeric();
            step(n, if inside_name { Action::Keep } else { Action::Drop })
        }
        '~' => match run(held, end, |c| c == '~')? {
            1 => step(1, Action::Keep),
            n => step(n, Action::Drop),
        },
        '`' => match run(held, end, |c| c == '`')? {
            n @ 3.. => step(n, Action::Code('`', n)),
            n => step(n, Action::Drop),
        },
        '[' => link(held, 0, end),
        '!' => match peek(held, 1, end)? {
            '[' => link(held, 1, end),
            _ => step(1, Action::Keep),
        },
        '<' => tag(held, end),
        '&' => entity(held, end),
        '\\' => backslash(held, end),
        '$' => dollar(held, place),
        '|' => {
            let n = run(held, end, |c| matches!(c, '|' | ' ' | '\t'))?;
            step(n, if peek(held, n, end)? == '\n' { Action::Drop } else { Action::Pause })
        }
        '{' | '}' => step(1, Action::Drop),
        'h' | 'H' | 'w' | 'W' if !place.before.is_ascii_alphanumeric() => address(held, end),
        c => step(
            1,
            match class(c) {
                Glyph::Spoken => Action::Keep,
                Glyph::Space => Action::Space,
                Glyph::Arrow => Action::Pause,
                Glyph::Picture => Action::Hide,
                Glyph::Invisible => Action::Drop,
            },
        ),
    }
}

/// The result of looking for a closing bracket.
pub(super) enum Closing {
    /// It stands here.
    At(usize),
    /// There is none within the limit.
    Missing,
    /// It may still come.
    NotYet,
}

/// The bracket that closes the one at `from`, nested pairs counted, within `limit` characters of its line.
pub(super) fn closing(held: &[char], from: usize, pair: (char, char), limit: usize) -> Closing {
    let mut depth = 0_usize;
    for (i, c) in held.iter().enumerate().skip(from).take(limit) {
        if *c == '\n' {
            return Closing::Missing;
        }
        depth += usize::from(*c == pair.0);
        if *c == pair.1 {
            depth -= 1;
            if depth == 0 {
                return Closing::At(i);
            }
        }
    }
    if held.len() - from >= limit { Closing::Missing } else { Closing::NotYet }
}

/// `[text](address)`, `[text][reference]`, `![picture](address)`, a footnote `[3]`; else a bracket.
fn link(held: &[char], open: usize, end: bool) -> Option<Step> {
    let close = match closing(held, open, ('[', ']'), LINK_TEXT) {
        Closing::At(i) => i,
        Closing::NotYet if !end => return None,
        Closing::NotYet | Closing::Missing => return step(1, Action::Keep),
    };
    let text = &held[open + 1..close];
    let pair = match peek(held, close + 1, end)? {
        '(' => ('(', ')'),
        '[' => ('[', ']'),
        _ => {
            let digits = text.strip_prefix(&['^']).unwrap_or(text);
            let footnote = open == 0 && digits.len() <= 3 && digits.iter().all(char::is_ascii_digit);
            return if footnote { step(close + 1, Action::Drop) } else { step(1, Action::Keep) };
        }
    };
    match closing(held, close + 1, pair, LINK_ADDRESS) {
        Closing::At(last) => step(last + 1, Action::Reread(text.to_vec())),
        Closing::NotYet if !end => None,
        Closing::NotYet if pair.0 == '(' => step(held.len(), Action::Reread(text.to_vec())), // cut off inside
        Closing::NotYet | Closing::Missing => step(1, Action::Keep),
    }
}

fn address(held: &[char], end: bool) -> Option<Step> {
    for start in ["https://", "http://", "www."] {
        let shared = start.chars().zip(held).take_while(|(a, b)| *a == b.to_ascii_lowercase()).count();
        if shared == start.len() {
            return step(shared, Action::Address);
        }
        if shared == held.len() && !end {
            return None;
        }
    }
    step(1, Action::Keep)
}
