//! Think: drops what a model writes among its words for others than the user: thoughts as `<think>…</think>`, and calls
//! of a tool as `<tool_call>…</tool_call>`, which a server leaves there where it does not know its model's template.
//!
//! Enters: pieces of an answer, cut anywhere, tags too. Leaves: the words outside the tags. Never here: more than one
//! tag's length held back.

const CALL: &str = "<tool_call>";
const OPEN: &[&str] = &["<think>", "<thinking>", CALL];
const CLOSE: &[&str] = &["</think>", "</thinking>", "</tool_call>"];

/// Drops thoughts and calls from a stream of text.
#[derive(Default)]
pub(super) struct Think {
    /// What may be the beginning of a tag.
    held: String,
    inside: bool,
    called: bool,
}

impl Think {
    /// Reads `text` on and appends what is no thought to `out`.
    pub(super) fn push(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            if c == '<' {
                self.release(out);
            }
            if self.held.is_empty() && c != '<' {
                self.say(c, out);
                continue;
            }
            self.held.push(c);
            let held = self.held.to_ascii_lowercase();
            let mut tags = OPEN.iter().chain(CLOSE);
            if OPEN.contains(&held.as_str()) || CLOSE.contains(&held.as_str()) {
                // A call that is only thought about is none.
                self.called |= held == CALL && !self.inside;
                self.inside = OPEN.contains(&held.as_str());
                self.held.clear();
            } else if !tags.any(|tag| tag.starts_with(&held)) {
                self.release(out);
            }
        }
    }

    /// Whether a call of a tool was dropped.
    pub(super) const fn called(&self) -> bool {
        self.called
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, out: &mut String) {
        self.release(out);
    }

    fn say(&self, c: char, out: &mut String) {
        if !self.inside {
            out.push(c);
        }
    }

    fn release(&mut self, out: &mut String) {
        for c in std::mem::take(&mut self.held).chars() {
            self.say(c, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_dropped_however_the_text_is_cut() {
        for (text, want) in [
            ("<think>a < b</think>Yes.", "Yes."),
            ("<THINK>\nso\n</Think>\n\nYes.", "\n\nYes."),
            ("Yes <thinking>no</thinking>indeed", "Yes indeed"),
            ("<think>never closed", ""),
            ("stray</think> tag", "stray tag"),
            ("3 < 4 and <b>bold</b> <<think>x</think>", "3 < 4 and <b>bold</b> <"),
            ("<thin", "<thin"),
            ("你<think>好</think>吗", "你吗"),
            ("<tool_call>\n{\"name\": \"on_device\"}\n</tool_call>", ""),
            ("One.<tool_call>{\"a\": \"<b>\"}", "One."),
        ] {
            let characters: Vec<char> = text.chars().collect();
            for size in 1..=characters.len() {
                let (mut think, mut out) = (Think::default(), String::new());
                for piece in characters.chunks(size) {
                    think.push(&piece.iter().collect::<String>(), &mut out);
                }
                think.finish(&mut out);
                assert_eq!(out, want, "{text} in pieces of {size}");
                assert_eq!(think.called(), text.contains(CALL), "{text}");
            }
        }
    }
}
