//! Record: one line of the audit, and the bytes that its hash is taken over.
//!
//! Enters: what is to be recorded, or a line as it was read. Leaves: a line with its hash, or whether a line is whole.
//! Never here: a file, the words, a key.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::egress::redact;

/// The version that every line states.
pub(super) const VERSION: u32 = 2;

/// What stands before the first line: 64 zeros.
pub(super) const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The longest line that is written or believed, in bytes; texts are cut far below it.
pub(super) const LONGEST: usize = 16 * 1024;

/// What ends the hashed part of a line.
const MARK: &[u8] = b",\"hash\":\"";

/// Bytes of a line after its hashed part: the mark, 64 digits, `"}`.
const TAIL: usize = MARK.len() + 64 + 2;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// A request is about to leave.
    Sent,
    /// It was answered in full.
    Answered,
    /// It was not.
    Failed,
    /// Nothing left: policy or the door refused.
    Refused,
    /// An answer was not what the rules demand of it.
    Violation,
    /// The user took rules of a less strict region.
    Loosened,
    /// This file goes on where another, now full, ended.
    Rotated,
    /// This file begins anew; an older ledger without a chain was set aside.
    Begun,
    /// Something on the disk was not as the last line left it.
    #[default]
    Sealed,
}

impl Decision {
    /// The word for it in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Violation => "violation",
            Self::Loosened => "loosened",
            Self::Rotated => "rotated",
            Self::Begun => "begun",
            Self::Sealed => "sealed",
        }
    }
}

/// What a record of the audit's own files speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The oldest file that was kept beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// The number of the line that should have been the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// How many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of those bytes, or the hash of the line `seq`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What was changed, for `loosened`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One line. `config/audit.schema.json` says what each field means; a line of version 1 lacks some of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are those of config/audit.schema.json, which describes each")]
pub struct Record {
    pub v: u32,
    pub seq: u64,
    pub time: String,
    pub request: Option<u64>,
    pub turn: u64,
    pub region: Option<String>,
    pub inputs: Option<String>,
    pub capability: Option<String>,
    pub endpoint: Option<String>,
    pub host: Option<String>,
    pub address: Option<String>,
    pub proxy: Option<String>,
    pub model: Option<String>,
    pub model_answered: Option<String>,
    pub infer: Vec<String>,
    pub infer_asserted: Option<String>,
    pub data: Option<String>,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub body_sha256: Option<String>,
    pub status: Option<u16>,
    pub hops: u32,
    pub decision: Decision,
    pub rule: Option<String>,
    pub policy_sha256: Option<String>,
    pub about: Option<About>,
    pub prev: String,
}

impl Record {
    /// The line for this record, its newline included, and its hash.
    pub(super) fn sealed(&self) -> serde_json::Result<(Vec<u8>, String)> {
        let mut line = serde_json::to_vec(self)?;
        line.pop(); // the closing brace comes after the hash
        let hash = hex_sha256(&line);
        line.extend_from_slice(MARK);
        line.extend_from_slice(hash.as_bytes());
        line.extend_from_slice(b"\"}\n");
        Ok((line, hash))
    }

    /// This record with every text that came from outside on one line and of bounded length.
    pub(super) fn bounded(mut self) -> Self {
        for (text, most) in [
            (&mut self.region, 60),
            (&mut self.inputs, 300),
            (&mut self.endpoint, 60),
            (&mut self.host, 255),
            (&mut self.proxy, 255),
            (&mut self.model, 100),
            (&mut self.model_answered, 100),
            (&mut self.infer_asserted, 60),
            (&mut self.rule, 100),
        ] {
            if let Some(text) = text {
                *text = redact::line(text, most);
            }
        }
        self.infer.truncate(16);
        self.infer.iter_mut().for_each(|place| *place = redact::line(place, 60));
        if let Some(text) = self.about.as_mut().and_then(|about| about.text.as_mut()) {
            *text = redact::line(text, 300);
        }
        self
    }
}

/// What the chain needs to know of a line.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    pub(super) v: u32,
    pub(super) seq: u64,
    pub(super) prev: String,
    pub(super) decision: Decision,
    pub(super) rule: Option<String>,
    pub(super) about: Option<About>,
    /// The hash it states.
    #[serde(default)]
    pub(super) hash: String,
}

impl Link {
    /// The link of `line` (without its newline) and whether its hash is the right one; `None` where it is no line of a
    /// chain.
    pub(super) fn of(line: &[u8]) -> Option<(Self, bool)> {
        let cut = line.len().checked_sub(TAIL)?;
        let (body, tail) = line.split_at(cut);
        let stated = tail.strip_prefix(MARK)?.strip_suffix(b"\"}")?;
        let link: Self = serde_json::from_slice(line).ok()?;
        let said = link.hash.as_bytes() == stated && link.v == VERSION;
        said.then(|| {
            let right = hex_sha256(body) == link.hash;
            (link, right)
        })
    }

    /// The link of `line` if its hash is right.
    pub(super) fn whole(line: &[u8]) -> Option<Self> {
        Self::of(line).and_then(|(link, right)| right.then_some(link))
    }
}

/// SHA-256 of `bytes` in hex, lower case.
pub(in crate::egress) fn hex_sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_ref())
}

/// `bytes` in hex, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Vec<u8> {
        let record = Record {
            v: VERSION,
            seq: 7,
            prev: ORIGIN.into(),
            model: Some("m\"\\\n".into()),
            ..Record::default()
        };
        record.sealed().unwrap().0
    }

    #[test]
    fn a_line_is_whole_and_its_hash_is_over_all_before_the_mark() {
        let line = line();
        let text = std::str::from_utf8(&line).unwrap().trim_end();
        let (body, rest) = text.split_once(",\"hash\":\"").unwrap();
        assert_eq!(rest.trim_end_matches("\"}"), hex_sha256(body.as_bytes()));
        let link = Link::whole(text.as_bytes()).unwrap();
        assert_eq!((link.seq, link.prev.as_str(), link.decision), (7, ORIGIN, Decision::Sealed));
        assert_eq!(serde_json::from_str::<Record>(text).unwrap().model.as_deref(), Some("m\"\\\n"));
    }

    #[test]
    fn any_byte_changed_breaks_it() {
        let line = line();
        for at in 0..line.len() - 1 {
            let mut other = line.clone();
            other[at] ^= 1;
            assert!(Link::whole(&other[..other.len() - 1]).is_none(), "byte {at}");
        }
        for text in ["", "{}", "\"}", "{\"decision\":\"sent\"}"] {
            assert!(Link::of(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_longest_record_stays_below_the_longest_line() {
        let long = || Some("\u{1F9ED}\"".repeat(4_000));
        let record = Record {
            region: long(),
            inputs: long(),
            endpoint: long(),
            host: long(),
            proxy: long(),
            model: long(),
            model_answered: long(),
            infer: vec![long().unwrap_or_default(); 99],
            infer_asserted: long(),
            rule: long(),
            about: Some(About { text: long(), ..About::default() }),
            ..Record::default()
        };
        let length = record.bounded().sealed().unwrap().0.len();
        assert!(length < LONGEST, "{length}");
    }
}
