//! Speaking: one answer on its way from payloads to sentences.
//!
//! Enters: payloads. Leaves: sentences with their numbers, and at the end how it ended. A sentence that claims something
//! done is held back until it is known whether this device did anything. Never here: I/O, such a claim where it did not.

use super::{
    AnswerError,
    claims::Confirmed,
    dialect::Dialect,
    plain::Plain,
    reader::{End, Finish, Reader, Usage},
    sentences::Sentences,
};
use crate::{
    flow::{Language, Script, Sentence},
    script::Scribe,
    units::{TurnId, Words},
};

/// Longest answer that is read on, in bytes of words: twenty minutes of speech, and twice what the largest
/// `answer.longest_reply_tokens` allows. Only a server that never stops passes it.
const LONGEST: usize = 32 * 1024;

/// Where an answer stands after a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More may come.
    Open,
    /// The model has ended its answer, or has said so much that it will not.
    Ended,
}

/// An answer that is being received.
pub(super) struct Speaking {
    turn: TurnId,
    language: Language,
    endpoint: String,
    dialect: &'static Dialect,
    reader: Reader,
    /// The model's own words since the question or the last result, as it wrote them.
    text: String,
    usage: Usage,
    goes_on: bool,
    plain: Plain,
    sentences: Sentences,
    scribe: Scribe,
    seq: u32,
    /// The next sentence's number when the last result came.
    since: u32,
    said: String,
    bytes: usize,
    /// What this device did in this answer.
    confirmed: Confirmed,
    /// A claim, and what came behind it.
    held: Vec<String>,
    /// Whether the user was told that a claim is none.
    corrected: bool,
    /// Whether the answer is no sentence of Mynah's, but a text for another program.
    verbatim: bool,
}

impl Speaking {
    /// An answer by `endpoint` in `dialect`; what of it is Mandarin will be in `script`, whatever the model keeps to.
    pub(super) fn new(
        turn: TurnId,
        language: &Language,
        script: Script,
        endpoint: &str,
        dialect: &'static Dialect,
    ) -> Self {
        Self {
            turn,
            language: language.clone(),
            endpoint: endpoint.to_owned(),
            dialect,
            reader: Reader::new(endpoint, dialect),
            text: String::new(),
            usage: Usage::default(),
            goes_on: false,
            plain: Plain::new(language),
            sentences: Sentences::new(),
            scribe: Scribe::new(script),
            seq: 0,
            since: 0,
            said: String::new(),
            bytes: 0,
            confirmed: Confirmed::default(),
            held: Vec::new(),
            corrected: false,
            verbatim: false,
        }
    }

    /// The same, for another program: no sentences come of it, and what was said is the text as the model wrote it.
    pub(super) fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    /// Reads `payload`; complete sentences are added to `out`.
    pub(super) fn read(&mut self, payload: &str, out: &mut Vec<Sentence>) -> Result<Progress, AnswerError> {
        let mut words = String::new();
        self.reader.read(payload, &mut words)?;
        self.bytes += words.len();
        self.text.push_str(&words);
        if !self.verbatim {
            let mut plain = String::new();
            self.plain.push(&words, &mut plain);
            let mut complete = Vec::new();
            self.sentences.push(&plain, &mut complete);
            self.number(complete, out);
        }
        let ended = self.reader.has_ended() || self.bytes > LONGEST;
        Ok(if ended { Progress::Ended } else { Progress::Open })
    }

    /// Whether a word arrived, even one that no sentence is made of yet.
    pub(super) const fn has_begun(&self) -> bool {
        self.bytes > 0
    }

    /// Whether this is what follows a tool's result.
    pub(super) const fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Ends the answer, or its part before the model asks its tool. The last words are added to `out`; where the answer
    /// did not end by itself, only as far as they end a sentence, or where they are all there is.
    pub(super) fn finish(&mut self, out: &mut Vec<Sentence>) -> Result<End, AnswerError> {
        let mut words = String::new();
        let end = match self.reader.finish(&mut words) {
            Err(AnswerError::CutOff { .. }) if self.bytes > LONGEST => {
                Err(AnswerError::Endless { endpoint: self.endpoint.clone(), limit: LONGEST })
            }
            end => end,
        };
        self.text.push_str(&words);
        if self.verbatim {
            self.said.push_str(self.text.trim());
            return match end {
                Ok(End::Said(_)) if self.said.is_empty() => {
                    Err(AnswerError::Empty { endpoint: self.endpoint.clone() })
                }
                end => end,
            };
        }
        let mut plain = String::new();
        self.plain.push(&words, &mut plain);
        self.plain.finish(&mut plain);
        let mut rest = Vec::new();
        self.sentences.push(&plain, &mut rest);
        self.sentences.finish(&mut rest);
        let whole = matches!(end, Ok(End::Said(Finish::Stop) | End::Asked(_)));
        let alone = matches!(end, Ok(End::Said(Finish::Length))) && self.seq == 0 && rest.len() == 1;
        if !whole && !alone && rest.last().is_some_and(|text| !ends_itself(text)) {
            rest.pop();
        }
        self.number(rest, out);
        self.release(matches!(end, Ok(End::Asked(_)) | Err(AnswerError::ToolCall { .. })), out);
        match end {
            Ok(End::Said(_)) if self.seq == self.since => {
                Err(AnswerError::Empty { endpoint: self.endpoint.clone() })
            }
            end => end,
        }
    }

    /// Reads what comes after the end for nothing but what was used.
    pub(super) fn read_usage(&mut self, payload: &str) {
        // Words and errors after the end are of no matter.
        let _ = self.reader.read(payload, &mut String::new());
    }

    /// What was used so far, by all parts of the answer.
    pub(super) fn usage(&self) -> Usage {
        self.usage.and(self.reader.usage())
    }

    /// Makes ready for the part after a result. Gives what the model wrote, and its thoughts where they are wanted back.
    pub(super) fn go_on(&mut self) -> (String, String) {
        self.usage = self.usage();
        self.goes_on = true;
        self.since = self.seq;
        let thoughts = self.reader.thoughts().to_owned();
        self.reader = Reader::new(&self.endpoint, self.dialect);
        self.plain = Plain::new(&self.language);
        self.sentences = Sentences::new();
        (std::mem::take(&mut self.text), thoughts)
    }

    /// Tells what this device did in this answer.
    pub(super) const fn confirmed(&mut self, confirmed: Confirmed) {
        self.confirmed = confirmed;
    }

    /// Whether a sentence was given out since the last result.
    pub(super) const fn has_said_since(&self) -> bool {
        self.seq > self.since
    }

    /// Says what this device says, which is no model's claim.
    pub(super) fn say_itself(&mut self, texts: Vec<String>, out: &mut Vec<Sentence>) {
        for text in texts {
            self.put(text, out);
        }
    }

    /// All that was given out as sentences, as one text.
    pub(super) fn said(&self) -> Words {
        Words::from(self.said.as_str())
    }

    fn number(&mut self, texts: Vec<String>, out: &mut Vec<Sentence>) {
        for text in texts {
            // What comes behind a claim waits with it: the order stays.
            if !self.held.is_empty() || self.confirmed.lacks(&text) {
                self.held.push(text);
            } else {
                self.put(text, out);
            }
        }
    }

    /// Gives out what was held back, now that this part of the answer is over. Where the model asks its tools next, its
    /// claims were announcements, and what came of them is told behind the results. Else the first is corrected.
    fn release(&mut self, asks: bool, out: &mut Vec<Sentence>) {
        for text in std::mem::take(&mut self.held) {
            if !self.confirmed.lacks(&text) {
                self.put(text, out);
            } else if !asks && !std::mem::replace(&mut self.corrected, true) {
                tracing::debug!("a claim without a deed was not spoken");
                let mandarin = Language::of_text(&text) == Language::MANDARIN;
                self.put(self.confirmed.honest(mandarin).to_owned(), out);
            }
        }
    }

    fn put(&mut self, text: String, out: &mut Vec<Sentence>) {
        let mandarin = self.language == Language::MANDARIN;
        if !self.said.is_empty() && !mandarin {
            self.said.push(' ');
        }
        // A model may answer in the other of the two languages that have a voice.
        let tells = (mandarin || self.language == Language::ENGLISH) && text.chars().any(char::is_alphabetic);
        let language = if tells { Language::of_text(&text) } else { self.language.clone() };
        let text = self.scribe.write(text, &language);
        self.said.push_str(&text);
        out.push(Sentence { turn: self.turn, seq: self.seq, words: text.into(), language });
        self.seq += 1;
    }
}

fn ends_itself(text: &str) -> bool {
    let last = text.trim_end_matches(['"', '\'', '”', '’', ')', ']', '」', '』', '）']).chars().last();
    last.is_some_and(|c| matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{answer::dialect, flow::Remedy, policy::Backend};

    fn speaking(language: &Language, script: Script) -> Speaking {
        Speaking::new(TurnId(7), language, script, "test", dialect::of(Backend::OpenAi).unwrap())
    }

    fn answer(
        language: &Language,
        texts: &[&str],
        end: Option<&str>,
    ) -> (Vec<Sentence>, Result<End, &'static str>) {
        let mut speaking = speaking(language, Script::Simplified);
        let mut out = Vec::new();
        for text in texts {
            let payload = json!({ "choices": [{ "delta": { "content": text } }] }).to_string();
            assert_eq!(speaking.read(&payload, &mut out).unwrap(), Progress::Open);
        }
        if let Some(reason) = end {
            let payload = json!({ "choices": [{ "delta": {}, "finish_reason": reason }] }).to_string();
            speaking.read(&payload, &mut out).unwrap();
        }
        let finish = speaking.finish(&mut out).map_err(|error| error.kind());
        (out, finish)
    }

    fn texts(sentences: &[Sentence]) -> Vec<&str> {
        sentences.iter().map(|sentence| sentence.words.as_str()).collect()
    }

    #[test]
    fn sentences_are_numbered_clean_and_in_their_own_language() {
        let (out, finish) =
            answer(&Language::MANDARIN, &["**现在**是", "三点。Hello", " there 😀. 5！"], Some("stop"));
        assert_eq!(texts(&out), ["现在是三点。", "Hello there.", "5！"]);
        assert_eq!(out.iter().map(|s| s.seq).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(out.iter().map(|s| s.language.code()).collect::<Vec<_>>(), ["zh", "en", "zh"]);
        assert_eq!(finish, Ok(End::Said(Finish::Stop)));
    }

    #[test]
    fn mandarin_is_in_the_users_script_whatever_the_model_wrote() {
        let said = |script, language: &Language, text: &str| {
            let mut speaking = speaking(language, script);
            let choice = json!({ "delta": { "content": text }, "finish_reason": "stop" });
            let mut out = Vec::new();
            speaking.read(&json!({ "choices": [choice] }).to_string(), &mut out).unwrap();
            speaking.finish(&mut out).unwrap();
            assert_eq!(out.iter().map(|s| s.words.as_str()).collect::<String>(), speaking.said().as_str());
            speaking.said()
        };
        let mixed = "现在是三點。";
        assert_eq!(said(Script::Simplified, &Language::MANDARIN, mixed).as_str(), "现在是三点。");
        assert_eq!(said(Script::Traditional, &Language::MANDARIN, mixed).as_str(), "現在是三點。");
        assert_eq!(said(Script::AsHeard, &Language::MANDARIN, mixed).as_str(), mixed);
        assert_eq!(said(Script::Simplified, &Language::ENGLISH, mixed).as_str(), "现在是三点。");
        let japanese = Language::from_code("ja").unwrap();
        assert_eq!(said(Script::Simplified, &japanese, "東京です。").as_str(), "東京です。");
    }

    #[test]
    fn of_a_broken_answer_the_whole_sentences_stand() {
        let english = |texts: &[&str], end| answer(&Language::ENGLISH, texts, end);
        let (out, finish) = english(&["It is noon. And th"], None);
        assert_eq!((texts(&out), finish), (vec!["It is noon."], Err("answer_cut_off")));
        let (out, finish) = english(&["It is noon."], None);
        assert_eq!((texts(&out), finish), (vec!["It is noon."], Err("answer_cut_off")));
        let (out, finish) = english(&["It is no"], None);
        assert_eq!((texts(&out), finish), (vec![], Err("answer_cut_off")));
        let (out, finish) = english(&["It is noon. And th"], Some("length"));
        assert_eq!((texts(&out), finish), (vec!["It is noon."], Ok(End::Said(Finish::Length))));
        let (out, finish) = english(&["It is a long"], Some("length"));
        assert_eq!((texts(&out), finish), (vec!["It is a long"], Ok(End::Said(Finish::Length))));
    }

    #[test]
    fn an_answer_without_a_word_is_an_error() {
        for texts in [&[][..], &["<think>hm</think>"], &["😀 **"], &["…"]] {
            assert_eq!(answer(&Language::ENGLISH, texts, Some("stop")).1, Err("answer_empty"), "{texts:?}");
        }
    }

    #[test]
    fn an_endless_answer_is_ended() {
        let mut speaking = speaking(&Language::ENGLISH, Script::Simplified);
        let payload =
            json!({ "choices": [{ "delta": { "content": "Again and again. ".repeat(50) } }] }).to_string();
        let mut out = Vec::new();
        let mut reads = 1;
        while speaking.read(&payload, &mut out).unwrap() == Progress::Open {
            reads += 1;
            assert!(reads < 100);
        }
        assert_eq!(speaking.finish(&mut out).unwrap_err().kind(), "answer_endless");
    }
}
