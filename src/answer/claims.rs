//! Claims: whether a sentence says, or promises, that something is done for the user.
//!
//! Enters: a sentence of a language model. Leaves: whether it claims; what is said instead where nothing was done. It
//! judges by the form of the sentence alone: who acts, when, and on what a device could act. Never here: whether the claim
//! is true; that is known from the tools.

mod english;
mod mandarin;
mod vocabulary;

use crate::flow::Language;

/// What a sentence claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// What a timer, an alarm or a reminder could be, or nothing named.
    Ring,
    /// Something else: a message sent, music played, a table booked.
    Elsewhere,
}

/// What this device confirmed in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Confirmed {
    /// A change of timers, alarms or reminders.
    pub(super) rings: bool,
    /// A change of something else.
    pub(super) others: bool,
    /// Something waits for the user's yes.
    pub(super) waits: bool,
    /// Another program looked something up.
    pub(super) looked: bool,
}

/// What such a program does, so that a model may say it of itself.
const LOOKING: [&str; 15] = [
    "search",
    "searched",
    "searching",
    "look",
    "looked",
    "looking",
    "check",
    "checked",
    "checking",
    "read",
    "reading",
    "find",
    "found",
    "fetch",
    "fetched",
];

/// The same in Mandarin.
const LOOKING_HAN: [&str; 5] = ["查", "搜", "读", "讀", "看"];

impl Confirmed {
    /// Whether `text` claims or promises something done for the user that this device did not confirm.
    pub(super) fn lacks(self, text: &str) -> bool {
        if self.others {
            return false;
        }
        let own = without_quotes(text);
        let mandarin = Language::of_text(&own) == Language::MANDARIN;
        let claim = |text: &str| if mandarin { mandarin::claim(text) } else { english::claim(text) };
        let lacks = |text: &str| match claim(text) {
            Some(Deed::Ring) => !self.rings,
            Some(Deed::Elsewhere) => true,
            None => false,
        };
        lacks(&own) && (!self.looked || beside_looking(&own, mandarin).iter().any(|part| lacks(part)))
    }

    /// What is said in place of a claim in that language.
    pub(super) const fn honest(self, mandarin: bool) -> &'static str {
        match (self.waits, mandarin) {
            (false, false) => "I did not do that: I can't from here.",
            (false, true) => "这件事我没有做，我在这里做不到。",
            (true, false) => "That is not done yet: I need your yes first.",
            (true, true) => "这件事还没有做，要你先同意。",
        }
    }
}

/// The parts of `text` that tell of more than looking, each as a sentence about the same one.
fn beside_looking(text: &str, mandarin: bool) -> Vec<String> {
    let (ends, who): (&[&str], _) = if mandarin {
        (&["，", "、", "；", "并", "然后", "然後"], "我已经")
    } else {
        (&[", ", "; ", " and ", " then ", " but "], "I ")
    };
    let mut parts = vec![text.to_owned()];
    for end in ends {
        parts = parts.iter().flat_map(|part| part.split(end).map(str::to_owned)).collect();
    }
    let looks = |part: &str| {
        part.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| LOOKING.contains(&word.to_ascii_lowercase().as_str()))
            || LOOKING_HAN.iter().any(|word| part.contains(word))
    };
    let own = |part: String| {
        let named = part.trim_start().starts_with(['I', '我']);
        if named { part } else { format!("{who}{}", part.trim_start()) }
    };
    parts.into_iter().filter(|part| !looks(part)).map(own).collect()
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
        for mandarin in [false, true] {
            let (mut caught, mut claims, mut hurt, mut others) = (0, 0, 0, 0);
            let mut wrong = String::new();
            for line in include_str!("../../tests/it/sentences/claims.txt").lines() {
                let Some((mark, text)) =
                    line.split_once(' ').filter(|(mark, _)| *mark == "+" || *mark == "-")
                else {
                    continue;
                };
                if (Language::of_text(text) == Language::MANDARIN) != mandarin {
                    continue;
                }
                let (claims_it, is) = (Confirmed::default().lacks(text), mark == "+");
                *(if is { &mut claims } else { &mut others }) += 1;
                caught += usize::from(is && claims_it);
                hurt += usize::from(!is && claims_it);
                if claims_it != is {
                    wrong = format!("{wrong}\n{line}");
                }
            }
            assert!(claims >= 300 && others >= 400, "{claims} {others}");
            assert!(caught * 100 >= claims * 95, "{caught} of {claims}{wrong}");
            assert!(hurt * 100 <= others, "{hurt} of {others}{wrong}");
        }
    }

    #[test]
    fn hostile_sentences_are_judged_soon() {
        for text in
            ["I will ".repeat(4_000), "我会".repeat(8_000), "your timer ".repeat(4_000), "\"".repeat(9_000)]
        {
            Confirmed::default().lacks(&text);
        }
        assert!(["", "…", "😀", ", . !", "i", "your"].iter().all(|text| !Confirmed::default().lacks(text)));
    }

    #[test]
    fn what_a_program_looked_up_may_be_said_and_vouches_for_nothing_else() {
        let looked = Confirmed { looked: true, ..Confirmed::default() };
        for text in
            ["I searched your files and found a note.", "I've checked the document.", "我已经搜索了文件。"]
        {
            assert!(!looked.lacks(text) && Confirmed::default().lacks(text), "{text}");
        }
        for text in [
            "I searched your files and sent the message.",
            "I've deleted the file.",
            "我已经查看并发送了消息。",
        ] {
            assert!(looked.lacks(text), "{text}");
        }
    }

    #[test]
    fn a_timer_that_was_set_vouches_for_no_message() {
        let rings = Confirmed { rings: true, ..Confirmed::default() };
        for text in [
            "I've set a timer for ten minutes.",
            "Done.",
            "I'll remind you to call your mother.",
            "I've set that: call your mother tomorrow.",
            "Your alarm is set for seven.",
            "Your reminder has been logged.",
            "设置好了。",
            "好的，闹钟设好了。",
            "我会提醒你给妈妈打电话。",
        ] {
            assert!(!rings.lacks(text) && Confirmed::default().lacks(text), "{text}");
        }
        for text in [
            "I've sent the message too.",
            "I've set a timer and sent the message.",
            "Message sent.",
            "I've turned off the lights.",
            "I brewed the coffee.",
            "I've texted Tom about the reminder.",
            "灯关了。",
            "I'm playing your music.",
            "我已经发送了消息。",
            "正在播放音乐。",
        ] {
            assert!(rings.lacks(text), "{text}");
            assert!(!Confirmed { others: true, ..rings }.lacks(text), "{text}");
        }
    }
}
