//! Claims: whether a sentence says, or promises, that something is done for the user.
//!
//! Enters: a sentence of a language model. Leaves: whether it claims; what is said instead where nothing was done. It
//! judges by the form of the sentence alone: who acts, when, and on what a device could act. Never here: whether the claim
//! is true; that is known from the tools.

mod english;
mod mandarin;

use crate::flow::Language;

/// Whether `text` claims or promises something done on the user's behalf.
pub(super) fn is_claim(text: &str) -> bool {
    let own = without_quotes(text);
    if Language::of_text(&own) == Language::MANDARIN {
        mandarin::is_claim(&own)
    } else {
        english::is_claim(&own)
    }
}

/// What is said in place of a claim.
pub(super) const fn honest(mandarin: bool) -> &'static str {
    if mandarin {
        "这件事我没有做，我在这里做不到。"
    } else {
        "I did not do that: I can't from here."
    }
}

/// `text` without what it quotes: that is somebody else's.
fn without_quotes(text: &str) -> String {
    let mut own = String::with_capacity(text.len());
    let mut until = None;
    for c in text.chars() {
        match until {
            Some(end) if c == end => until = None,
            Some(_) => {}
            None => {
                until = match c {
                    '"' => Some('"'),
                    '“' => Some('”'),
                    '「' => Some('」'),
                    '『' => Some('』'),
                    '«' => Some('»'),
                    _ => None,
                };
                if until.is_none() {
                    own.push(c);
                } else {
                    own.push(' ');
                }
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_caught_and_ordinary_sentences_left_alone() {
        let (mut caught, mut claims, mut hurt, mut others) = (0, 0, 0, 0);
        let mut wrong = String::new();
        for line in include_str!("../../tests/it/sentences/claims.txt").lines() {
            let Some((mark, text)) = line.split_once(' ').filter(|(mark, _)| *mark == "+" || *mark == "-")
            else {
                continue;
            };
            let (claims_it, is) = (is_claim(text), mark == "+");
            *(if is { &mut claims } else { &mut others }) += 1;
            caught += usize::from(is && claims_it);
            hurt += usize::from(!is && claims_it);
            if claims_it != is {
                wrong = format!("{wrong}\n{line}");
            }
        }
        println!("{caught} of {claims} claims caught, {hurt} of {others} others hurt{wrong}");
        assert!(claims + others >= 150 && claims >= 75 && others >= 75);
        assert!(caught * 100 >= claims * 95, "{caught} of {claims}{wrong}");
        assert!(hurt * 100 <= others * 2, "{hurt} of {others}{wrong}");
    }

    #[test]
    fn hostile_sentences_are_judged_soon() {
        for text in
            ["I will ".repeat(4_000), "我会".repeat(8_000), "your timer ".repeat(4_000), "\"".repeat(9_000)]
        {
            is_claim(&text);
        }
        assert!(!is_claim("") && !is_claim("…") && !is_claim("😀"));
    }
}
