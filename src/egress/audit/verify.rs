//! Verify: whether the chain is whole, and where it is not.
//!
//! Enters: the audit's files. Leaves: a [`Verdict`] with file and line of everything found. Never here: a repair, or a
//! file in memory.

use std::{fmt, fs::File, io, path::Path};

use sha2::{Digest, Sha256};

use super::{
    AuditError,
    append::digest,
    files::{self, Head},
    read::{Piece, Snapshot},
    record::{About, Decision, Link, ORIGIN, hex},
};
use crate::units::length_u64;

/// Findings that are listed; the rest are counted.
const LISTED: usize = 50;

/// Lines that one write may add: what was mended, a rotation, the record itself.
const ONE_WRITE: u64 = 4;

/// Where what is left of the audit begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begins {
    /// Nothing was ever recorded.
    Nowhere,
    /// With the first line that ever was.
    AtFirst,
    /// After this line, the last of a file that was removed when newer ones were full.
    After {
        /// The removed file.
        file: String,
        /// Its last line's number.
        seq: u64,
    },
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file's name.
    pub file: String,
    /// The line in it, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}, line {line}: {}", self.file, self.what),
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Verdict {
    /// Lines of the chain.
    pub lines: u64,
    /// Files that were read.
    pub files: usize,
    /// Where they begin.
    pub begins: Begins,
    /// Number and hash of the last line; to keep elsewhere, where nobody can rewrite it.
    pub last: Option<(u64, String)>,
    /// What is told, and is no sign of tampering.
    pub notes: Vec<Finding>,
    /// Signs of tampering.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub unlisted: u64,
}

impl Verdict {
    /// Whether nothing was changed, as far as can be found.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads the whole audit at `path` and judges it.
///
/// # Errors
/// [`AuditError::Unreadable`].
pub fn verify(path: &Path) -> Result<Verdict, AuditError> {
    let Snapshot { head, parts } = Snapshot::take(path)?;
    let mut walk = Walk::new(files::name(path), head);
    walk.verdict.files = parts.len();
    let mut oldest_here = None;
    for part in parts {
        oldest_here = oldest_here.or(part.number);
        walk.open(&part.name);
        let name = path.with_file_name(&part.name);
        let mut pieces = part.pieces();
        let unreadable =
            |error: io::Error| AuditError::Unreadable { path: name.clone(), detail: error.to_string() };
        while let Some(piece) = pieces.next().map_err(unreadable)? {
            walk.piece(&piece);
        }
    }
    let due = walk.oldest.take().and_then(|name| Some((files::number_of(path, &name)?, name)));
    if let Some((number, name)) = due
        && oldest_here.is_none_or(|here| here > number)
    {
        walk.found(name, 0, "the file is gone, and was not removed by Mynah");
    }
    if let Some((line, about)) = walk.begun.take() {
        walk.look_aside(path, line, &about);
    }
    Ok(walk.finish())
}

/// Bytes that are no line.
struct Strange {
    file: String,
    line: u64,
    lines: u64,
    bytes: u64,
    hash: Sha256,
    /// Whether a newline ended what came last; it counts only if more follows.
    ended: bool,
}

struct Walk {
    verdict: Verdict,
    head: Option<Head>,
    /// Whether the line that the head tells of was met.
    met_head: bool,
    /// The name of the file that is written now.
    current: String,
    file: String,
    before: Option<String>,
    first_in_file: bool,
    /// Whether the last line lacks its newline.
    open_end: bool,
    strange: Option<Strange>,
    oldest: Option<String>,
    begun: Option<(u64, About)>,
}

impl Walk {
    fn new(current: String, head: Option<Head>) -> Self {
        let verdict = Verdict {
            lines: 0,
            files: 0,
            begins: Begins::Nowhere,
            last: None,
            notes: Vec::new(),
            findings: Vec::new(),
            unlisted: 0,
        };
        Self {
            verdict,
            head,
            met_head: false,
            file: current.clone(),
            current,
            before: None,
            first_in_file: true,
            open_end: false,
            strange: None,
            oldest: None,
            begun: None,
        }
    }

    fn open(&mut self, name: &str) {
        self.before = (self.verdict.lines > 0).then(|| self.file.clone());
        name.clone_into(&mut self.file);
        self.first_in_file = true;
    }

    fn found(&mut self, file: String, line: u64, what: impl Into<String>) {
        if self.verdict.findings.len() < LISTED {
            self.verdict.findings.push(Finding { file, line, what: what.into() });
        } else {
            self.verdict.unlisted += 1;
        }
    }

    fn here(&mut self, line: u64, what: impl Into<String>) {
        self.found(self.file.clone(), line, what);
    }

    fn note(&mut self, file: String, line: u64, what: String) {
        if self.verdict.notes.len() < LISTED {
            self.verdict.notes.push(Finding { file, line, what });
        }
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        let link = if piece.begins { Link::of(piece.bytes) } else { None };
        // Without a newline the bytes may go on; only a right hash says that nothing is missing.
        match link.filter(|(_, right)| piece.ends || *right) {
            Some((link, right)) => {
                self.open_end = !piece.ends;
                self.link(link, right, piece.line);
            }
            None => self.strange(piece),
        }
    }

    fn strange(&mut self, piece: &Piece<'_>) {
        let strange = self.strange.get_or_insert_with(|| Strange {
            file: self.file.clone(),
            line: piece.line,
            lines: 0,
            bytes: 0,
            hash: Sha256::new(),
            ended: false,
        });
        if strange.ended {
            strange.hash.update(b"\n");
            strange.bytes += 1;
        }
        strange.hash.update(piece.bytes);
        strange.bytes += length_u64(piece.bytes.len());
        strange.lines += u64::from(piece.begins);
        strange.ended = piece.ends;
    }

    fn link(&mut self, link: Link, right: bool, line: u64) {
        let rule = link.rule.as_deref().filter(|_| link.decision == Decision::Sealed).unwrap_or_default();
        self.settle_strange(rule, link.about.as_ref(), line);
        if !right {
            self.here(line, "it was changed: its hash is not that of its bytes");
        }
        match rule {
            "tail.missing" => {
                let lost = link.about.as_ref().and_then(|about| about.seq).unwrap_or_default();
                let what = format!("the lines before it, up to number {lost}, were gone when it was written");
                self.here(line, what);
            }
            "head.missing" => self.here(line, "the note of the last line was gone when it was written"),
            _ => {}
        }
        let lost = rule == "tail.missing";
        match self.verdict.last.take() {
            None => self.first(&link, lost, line),
            Some((seq, hash)) => {
                let why = if link.prev == hash && (link.seq == seq.saturating_add(1) || lost) {
                    None
                } else if link.seq > seq.saturating_add(1) {
                    Some(format!("before it, lines {} to {} are missing", seq + 1, link.seq - 1))
                } else if link.seq <= seq {
                    Some(format!("number {} after number {seq}: it was put in or moved", link.seq))
                } else {
                    Some("it does not follow the line before it: one of the two was changed".to_owned())
                };
                if let Some(why) = why {
                    self.here(line, why);
                }
            }
        }
        self.between_files(&link, line);
        self.met_head |= self.head.as_ref().is_some_and(|h| h.seq == link.seq && h.hash == link.hash);
        match link.decision {
            Decision::Rotated => self.oldest = link.about.and_then(|about| about.oldest),
            Decision::Begun => self.begun = link.about.map(|about| (line, about)),
            _ => {}
        }
        self.first_in_file = false;
        self.verdict.lines += 1;
        self.verdict.last = Some((link.seq, link.hash));
    }

    /// Judges the first line that is left.
    fn first(&mut self, link: &Link, lost: bool, line: u64) {
        let file = link.about.as_ref().and_then(|about| about.file.clone()).unwrap_or_default();
        self.verdict.begins = match link.decision {
            _ if link.seq == 1 && link.prev == ORIGIN => Begins::AtFirst,
            Decision::Rotated => Begins::After { file, seq: link.seq.saturating_sub(1) },
            _ => {
                if !lost {
                    self.here(line, "the lines before it are missing");
                }
                Begins::AtFirst
            }
        };
    }

    /// Judges the first line of a file that follows another.
    fn between_files(&mut self, link: &Link, line: u64) {
        let Some(before) = self.before.take_if(|_| self.first_in_file) else { return };
        let named = link.about.as_ref().and_then(|about| about.file.as_ref());
        if link.decision != Decision::Rotated || named != Some(&before) {
            self.here(line, format!("it does not go on where {before} ended"));
        }
    }

    /// Judges what stood before this line and is none.
    fn settle_strange(&mut self, rule: &str, about: Option<&About>, line: u64) {
        let sealing = matches!(rule, "line.torn" | "line.foreign");
        let Some(strange) = self.strange.take() else {
            if sealing {
                self.here(line, "the torn line that it tells of is gone");
            }
            return;
        };
        let hash = hex(strange.hash.finalize().as_ref());
        let told =
            about.is_some_and(|a| a.bytes == Some(strange.bytes) && a.sha256.as_deref() == Some(&*hash));
        let bytes = strange.bytes;
        if sealing && told && rule == "line.torn" {
            let what = format!("{bytes} bytes of a line that was cut short, sealed by the line after it");
            self.note(strange.file, strange.line, what);
        } else {
            self.found(strange.file, strange.line, format!("{bytes} bytes that are no record"));
        }
    }

    /// Judges an older ledger by the line `begun`.
    fn look_aside(&mut self, path: &Path, line: u64, about: &About) {
        let name = about.file.clone().unwrap_or_default();
        let opened = File::open(path.with_file_name(&name));
        let hash =
            opened.and_then(|mut file| file.metadata().and_then(|f| digest(&mut file, 0, f.len()))).ok();
        match hash {
            Some(hash) if Some(&hash) == about.sha256.as_ref() => {
                let what = "of version 1, without a chain; as it was when it was set aside".to_owned();
                self.note(name, 0, what);
            }
            Some(_) => self.found(name, 0, format!("it was changed since line {line} set it aside")),
            None => self.note(name, 0, "set aside when the chain began; it is gone".to_owned()),
        }
    }

    fn finish(mut self) -> Verdict {
        let last = self.verdict.last.clone();
        let at_head = |head: &Head| last.as_ref() == Some(&(head.seq, head.hash.clone()));
        let whole_so_far = self.head.as_ref().is_some_and(|head| at_head(head) || head.seq == 0);
        if let Some(strange) = self.strange.take() {
            let Strange { file, line, lines, bytes, ended, .. } = strange;
            if self.head.is_none() && last.is_none() {
                let what = "of version 1, without a chain; the next record sets it aside".to_owned();
                self.note(file, 0, what);
                return self.verdict;
            }
            if whole_so_far && !ended && lines == 1 {
                let what = format!("{bytes} bytes of a line that was cut short; the next record seals them");
                self.note(file, line, what);
            } else {
                self.found(file, line, format!("{bytes} bytes that are no record"));
            }
        }
        let current = self.current.clone();
        let seq = last.as_ref().map_or(0, |(seq, _)| *seq);
        match self.head.take() {
            None if seq > 0 => {
                let what = "the note of the last line is gone; whether the end was cut off cannot be told";
                self.found(format!("{current}.head"), 0, what);
            }
            Some(head) if head.seq > seq => {
                let what = format!("the end is gone: {} lines after number {seq}", head.seq - seq);
                self.found(current, 0, what);
            }
            Some(head) if head.seq == seq && seq > 0 && !self.met_head => {
                self.found(current, 0, "its last line is not the one that was noted");
            }
            Some(head) if head.seq == seq && self.open_end => {
                self.found(current, 0, "the end of its last line is gone");
            }
            Some(head) if head.seq > 0 && !self.met_head => {
                self.found(current, 0, format!("the noted line, number {}, is not in it", head.seq));
            }
            Some(head) if seq > head.seq + ONE_WRITE => {
                let what = format!("{} lines after the last that was noted", seq - head.seq);
                self.found(current, 0, what);
            }
            Some(head) if seq > head.seq => {
                let what = format!("written to number {seq} and noted to {}: a writer was killed", head.seq);
                self.note(current, 0, what);
            }
            _ => {}
        }
        self.verdict
    }
}
