//! Plain: takes out of a model's text, as it comes, what must never be read aloud.
//!
//! Enters: pieces of text, cut anywhere. Leaves: text with ordinary words and punctuation; Markdown, HTML, LaTeX,
//! links, code, emoji and control characters are gone, lines end in one `\n`. Text is read character by character,
//! so how it was cut into pieces cannot matter. Never here: I/O, or more than 2048 characters held back.

use std::fmt;

use super::{
    glyphs::is_wide,
    markup::{self, Action, Place},
    spacing::Spacing,
    terminal::Terminal,
};
use crate::flow::Language;

/// Most characters held back while a construct is open; then it is decided as if the text ended here.
const HELD: usize = 2_048;
/// Most trailing punctuation remembered at the end of an address, in characters.
const ADDRESS_TAIL: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mode {
    Text,
    /// Inside a fence of at least `len` marks.
    Code {
        mark: char,
        len: usize,
    },
    /// Inside an address; `tail` is punctuation that may turn out to follow it.
    Address {
        tail: Vec<char>,
    },
}

/// Removes what a voice cannot say from a stream of text.
pub struct Plain {
    held: Vec<char>,
    mode: Mode,
    line_start: bool,
    before: char,
    formula: bool,
    code_noted: bool,
    spacing: Spacing,
    terminal: Terminal,
}

/// Without the text: words stay out of logs.
impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl Plain {
    /// A reader whose notes ("I left the code out.") are in `language`: Mandarin, or else English.
    #[must_use]
    pub fn new(language: &Language) -> Self {
        Self {
            held: Vec::new(),
            mode: Mode::Text,
            line_start: true,
            before: '\n',
            formula: false,
            code_noted: false,
            spacing: Spacing::new(language),
            terminal: Terminal::default(),
        }
    }

    /// Reads `text` on and appends to `out` what can be said by now.
    pub fn push(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            if !self.terminal.swallows(c) {
                self.held.push(c);
                self.read(false, out);
            }
        }
    }

    /// Ends the text: what was held back is decided and appended to `out`.
    pub fn finish(&mut self, out: &mut String) {
        self.read(true, out);
        if let Mode::Address { tail } = std::mem::replace(&mut self.mode, Mode::Text) {
            self.held = tail;
            self.read(true, out);
        }
    }

    fn read(&mut self, ended: bool, out: &mut String) {
        while let Some(first) = self.held.first().copied() {
            let end = ended || self.held.len() >= HELD;
            match &mut self.mode {
                Mode::Code { mark, len } => {
                    let marks = self.held.iter().take_while(|c| *c == mark).count();
                    if marks == self.held.len() && !end {
                        return;
                    }
                    if marks >= *len {
                        self.mode = Mode::Text;
                        self.line_start = false;
                    }
                    self.take(marks.max(1));
                }
                Mode::Address { tail } => {
                    if ends_address(first) {
                        let tail = std::mem::take(tail);
                        self.mode = Mode::Text;
                        self.before = 'a';
                        self.held.splice(0..0, tail);
                        continue;
                    }
                    if matches!(
                        first,
                        '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '*' | '_' | '~' | '\''
                    ) {
                        tail.push(first);
                        tail.truncate(ADDRESS_TAIL);
                    } else {
                        tail.clear();
                    }
                    self.take(1);
                }
                Mode::Text => {
                    let place = Place {
                        line_start: self.line_start,
                        before: self.before,
                        formula: self.formula,
                        end,
                    };
                    let Some(step) = markup::read(&self.held, place) else { return };
                    self.line_start = step.line_start;
                    let taken = self.take(step.take);
                    self.act(step.action, &taken, out);
                }
            }
        }
    }

    fn take(&mut self, n: usize) -> Vec<char> {
        let taken: Vec<char> = self.held.drain(..n).collect();
        self.before = taken.last().copied().unwrap_or(self.before);
        taken
    }

    fn act(&mut self, action: Action, taken: &[char], out: &mut String) {
        match action {
            Action::Keep => taken.iter().for_each(|c| self.spacing.write(*c, out)),
            Action::Say(text) => self.spacing.say(&text, out),
            Action::Reread(inner) => {
                self.before = ' '; // what replaces a construct stands on its own
                self.held.splice(0..0, inner);
            }
            Action::Drop => {}
            Action::Hide => self.spacing.hide(),
            Action::Space => self.spacing.space(),
            Action::Line => self.end_line(out),
            Action::Pause => self.spacing.pause(),
            Action::Ordinal(number) => {
                self.spacing.say(&number, out);
                self.spacing.pause();
            }
            Action::Formula => self.formula = !self.formula,
            Action::Code(mark, len) => {
                self.mode = Mode::Code { mark, len };
                if !self.code_noted {
                    self.code_noted = true;
                    self.end_line(out);
                    self.spacing.say_code(out);
                }
                self.end_line(out);
            }
            Action::Address => {
                self.spacing.say_link(out);
                self.mode = Mode::Address { tail: Vec::new() };
            }
            Action::WholeAddress => self.spacing.say_link(out),
        }
    }

    fn end_line(&mut self, out: &mut String) {
        self.formula = false;
        self.spacing.end_line(out);
    }
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || is_wide(c) || matches!(c, '<' | '>' | '"' | '`' | '|' | '(' | '[' | '{')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::glyphs::{Glyph, class},
        *,
    };

    fn plain(text: &str, language: &Language) -> String {
        let mut out = String::new();
        let mut plain = Plain::new(language);
        plain.push(text, &mut out);
        plain.finish(&mut out);
        out.trim_end().to_owned()
    }

    #[test]
    fn english_table() {
        let cases = [
            // Emphasis and inline code.
            ("It is **very** cold.", "It is very cold."),
            ("It is *very* cold.", "It is very cold."),
            ("***Both*** at once", "Both at once"),
            ("__Strong__ and _soft_ words", "Strong and soft words"),
            ("~~Gone~~ now", "Gone now"),
            ("Run `ls` now.", "Run ls now."),
            ("Use ``a`b`` here", "Use ab here"),
            ("un*frigging believable", "un*frigging believable"),
            // Mathematics and names stay.
            ("3 * 4 is 12", "3 * 4 is 12"),
            ("3*4 is 12", "3*4 is 12"),
            ("2**3 is 8", "2**3 is 8"),
            ("(a+b)*(c) stays", "(a+b)*(c) stays"),
            ("my_long_name and x_1", "my_long_name and x_1"),
            ("a < b and c > d", "a < b and c > d"),
            ("if a<b and c>d then", "if a<b and c>d then"),
            ("It is 5 °C, or 41 ℉.", "It is 5 °C, or 41 ℉."),
            ("It costs $5, €6 or £7.", "It costs $5, €6 or £7."),
            ("From $5 to $10.", "From $5 to $10."),
            ("US$20 or 30$", "US$20 or 30$"),
            ("~5 km at -3 degrees", "~5 km at -3 degrees"),
            ("AT&T and R&D", "AT&T and R&D"),
            ("50% off, #1 choice", "50% off, #1 choice"),
            // Blocks.
            ("# Weather\nSunny.", "Weather\nSunny."),
            ("###### Deep\ntext", "Deep\ntext"),
            ("- milk\n- eggs\n", "milk\neggs"),
            ("* milk\n* **eggs**", "milk\neggs"),
            ("+ one\n  - nested", "one\nnested"),
            ("• dot\n– dash", "dot\ndash"),
            ("- [ ] open\n- [x] done", "open\ndone"),
            ("1. Open it.\n2. Close it.", "1, Open it.\n2, Close it."),
            ("1984. That was the year.", "1984. That was the year."),
            ("42.", "42."),
            ("> quoted\n> twice", "quoted\ntwice"),
            ("above\n\n---\n\nbelow", "above\nbelow"),
            ("Title\n=====\ntext", "Title\ntext"),
            ("-5 degrees", "-5 degrees"),
            ("| City | Temp |\n|---|:-:|\n| Rome | 20 |", "City, Temp\nRome, 20"),
            ("a | b\n--- | ---\n1 | 2", "a, b\n1, 2"),
            // Code.
            ("Try:\n```python\nprint(1)\n```\nDone.", "Try:\nI left the code out.\nDone."),
            ("```a```\nand\n```b```", "I left the code out.\nand"),
            ("~~~\nx\n~~~\nend", "I left the code out.\nend"),
            ("````\n```\n````\nend", "I left the code out.\nend"),
            ("Never closed ```x = 1", "Never closed\nI left the code out."),
            // Links.
            ("See [the page](https://a.b/c_(d)).", "See the page."),
            ("See [**bold** page](https://a.b).", "See bold page."),
            ("See ![a cat](cat.png) here", "See a cat here"),
            ("See [here][ref].", "See here."),
            ("A fact[1] and more[^2].", "A fact and more."),
            ("An [aside] stays", "An [aside] stays"),
            ("Open https://example.com/a?b=c#d.", "Open a link."),
            ("Open (www.example.com) or <https://x.y>", "Open (a link) or a link"),
            ("**https://x.y**, then", "a link, then"),
            ("how what when", "how what when"),
            ("Go [broken](https://x", "Go broken"),
            // Pictures and invisible characters.
            ("Hello 👋🏽!", "Hello!"),
            ("Sunny ☀️ and warm", "Sunny and warm"),
            ("Family 👨‍👩‍👧‍👦 time", "Family time"),
            ("Flag 🇫🇷.", "Flag."),
            ("good😀day", "good day"),
            ("1️⃣ Open", "1 Open"),
            ("✅ Done", "Done"),
            ("A → B", "A, B"),
            ("a\u{200B}b\u{7}c\u{202E}d", "abcd"),
            ("tab\there\r\nnext", "tab here\nnext"),
            // HTML and LaTeX.
            ("a <b>bold</b> word", "a bold word"),
            ("one<br/>two", "one\ntwo"),
            ("<span class=\"x\">text</span>", "text"),
            ("<!-- note -->text", "text"),
            ("Tom &amp; Jerry &lt;3 &nbsp;x", "Tom & Jerry <3 x"),
            ("$x = 5$ holds", "x = 5 holds"),
            ("$$a + b$$", "a + b"),
            ("\\(3 \\times 4\\)", "3 × 4"),
            ("\\frac{1}{2} cup", "1/2 cup"),
            ("Not \\*emphasis\\*", "Not *emphasis*"),
            // Ordinary punctuation stays.
            ("\"Well,\" she said—'no'; (yes): 10:30!", "\"Well,\" she said—'no'; (yes): 10:30!"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(plain(text, &Language::ENGLISH), want, "from {text:?}");
        }
    }

    #[test]
    fn mandarin_table() {
        let cases = [
            ("今天**很冷**。", "今天很冷。"),
            ("这是*重点*内容", "这是重点内容"),
            ("# 天气\n晴。", "天气\n晴。"),
            ("- 牛奶\n- 鸡蛋", "牛奶\n鸡蛋"),
            ("1. 打开\n2. 关闭", "1，打开\n2，关闭"),
            ("> 引用", "引用"),
            ("代码：\n```\nx\n```\n好了。", "代码：\n代码略去。\n好了。"),
            ("运行`ls`即可", "运行ls即可"),
            ("见[这里](https://a.b)。", "见这里。"),
            ("请看https://a.b/c。谢谢", "请看一个链接。谢谢"),
            ("网址是 www.a.cn，记住", "网址是 一个链接，记住"),
            ("你好😀。", "你好。"),
            ("好的👌，马上", "好的，马上"),
            ("| 城市 | 气温 |\n|--|--|\n| 北京 | 5℃ |", "城市，气温\n北京，5℃"),
            ("列奥纳多·达·芬奇", "列奥纳多·达·芬奇"),
            ("《红楼梦》、“你好”……", "《红楼梦》、“你好”……"),
            ("气温5°C，￥20", "气温5°C，￥20"),
            ("$x$等于3", "x等于3"),
        ];
        for (text, want) in cases {
            assert_eq!(plain(text, &Language::MANDARIN), want, "from {text:?}");
        }
    }

    #[test]
    fn hostile_text_is_bounded() {
        for unit in ["[", "`", "<a ", "*", "\\frac{", "| ", "$", "https://", "1", "!["] {
            let mut out = String::new();
            let mut reader = Plain::new(&Language::ENGLISH);
            for _ in 0..3_000 {
                reader.push(unit, &mut out);
                assert!(reader.held.len() <= HELD, "{unit} held {}", reader.held.len());
            }
            reader.finish(&mut out);
            assert!(reader.held.is_empty(), "{unit}");
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in proptest::collection::vec("[a-z .,*_`#>|\\-\n\\[\\]()<$!1你。😀\\\\&;:/hw]{0,12}", 0..12),
        ) {
            let whole = parts.concat();
            let mut out = String::new();
            let mut reader = Plain::new(&Language::ENGLISH);
            parts.iter().for_each(|part| reader.push(part, &mut out));
            reader.finish(&mut out);
            prop_assert_eq!(out.trim_end(), plain(&whole, &Language::ENGLISH));
        }

        #[test]
        fn no_picture_or_mark_of_code_gets_through(text in "\\PC{0,80}") {
            let out = plain(&text, &Language::ENGLISH);
            prop_assert!(!out.contains("```"));
            prop_assert!(out.chars().all(|c| c == '\n' || class(c) == Glyph::Spoken || c == ' '), "{}", out);
        }
    }
}
