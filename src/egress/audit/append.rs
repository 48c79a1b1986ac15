//! Append: one more line at the end of the chain, whoever else writes.
//!
//! Enters: a record. Leaves: its number, once the kernel has the line. Every append takes the lock, looks whether the
//! file ends where the head says, writes once, and notes the new head; nothing is kept open in between, so that a file
//! that another process rotated or a user moved is never written to. What is not as the head says is mended here, and
//! the mending is itself a line. Nothing waits for the disk: after a kill every line is there; a power cut may take the
//! last seconds, and then the next line says which. Never here: a line that is taken away or changed.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::{
    files::{self, Head, Held},
    record::{About, Decision, LONGEST, Link, ORIGIN, Record, VERSION, hex},
};
use crate::units::length_u64;

/// How far from the end the last whole line is looked for, in bytes: several lines, however torn the end is.
const BACK: u64 = 4 * length_u64(LONGEST);

/// When a file is full, and how many full ones are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// A file is full at this size, in bytes; 8 MiB, some 9000 lines.
    pub file_bytes: u64,
    /// Full files that are kept; 8, at least 1.
    pub keep: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { file_bytes: 8 * 1024 * 1024, keep: 8 }
    }
}

/// Lines that are written in one go.
struct Batch {
    seq: u64,
    hash: String,
    time: String,
    lines: Vec<u8>,
}

impl Batch {
    fn after(seq: u64, hash: &str, time: &str) -> Self {
        Self { seq, hash: hash.to_owned(), time: time.to_owned(), lines: Vec::new() }
    }

    fn push(&mut self, record: Record) -> io::Result<()> {
        let seq = self.seq.saturating_add(1);
        let prev = std::mem::take(&mut self.hash);
        let (line, hash) = Record { v: VERSION, seq, prev, ..record }.sealed()?;
        (self.seq, self.hash) = (seq, hash);
        self.lines.extend_from_slice(&line);
        Ok(())
    }

    /// A line about the audit's own files.
    fn tell(&mut self, decision: Decision, rule: Option<&str>, about: About) -> io::Result<()> {
        let (time, rule) = (self.time.clone(), rule.map(str::to_owned));
        self.push(Record { time, decision, rule, about: Some(about), ..Record::default() })
    }
}

/// Appends `record` to the audit at `path`, and gives its number.
pub(in crate::egress) fn append(path: &Path, rotation: Rotation, record: Record) -> io::Result<u64> {
    let mut held = Held::to_write(path)?;
    let mut log = files::open_log(path)?;
    let mut length = log.metadata()?.len();
    let noted = held.head()?;
    let mut oldest = None;
    let mut batch = match noted {
        Some(head) if length > 0 && head.bytes == length => Batch::after(head.seq, &head.hash, &record.time),
        noted if length > 0 && (noted.is_some() || is_chained(&mut log)?) => {
            mend(&mut log, length, noted.as_ref(), &record.time)?
        }
        noted => {
            if length > 0 {
                drop(log);
                fs::rename(path, files::aside(path).1)?;
                (log, length) = (files::open_log(path)?, 0);
            }
            begin(path, &mut held, noted.as_ref(), rotation, &record.time, &mut oldest)?
        }
    };
    // What was mended stays in one piece; the next line finds the file as full as this one.
    if length > 0 && batch.lines.is_empty() && length >= rotation.file_bytes {
        drop(log);
        let number = files::full_ones(path)?.last().map_or(1, |newest| newest.saturating_add(1));
        fs::rename(path, files::full(path, number))?;
        (log, length) = (files::open_log(path)?, 0);
        oldest = Some(go_on(path, &mut batch, number, rotation)?);
    }
    let own = matches!(record.decision, Decision::Sent | Decision::Refused | Decision::Violation);
    let request = record.request.or_else(|| own.then(|| batch.seq.saturating_add(1)));
    batch.push(Record { request, ..record.bounded() })?;

    // One write: what a kill leaves of it is the beginning, without the newline that would make it a line.
    if log.write(&batch.lines)? != batch.lines.len() {
        return Err(io::Error::from(io::ErrorKind::WriteZero));
    }
    let bytes = length.saturating_add(length_u64(batch.lines.len()));
    held.note(&Head { seq: batch.seq, hash: batch.hash, bytes })?;
    if let Some(oldest) = oldest {
        for number in files::full_ones(path)?.into_iter().filter(|number| *number < oldest) {
            // One that stays is one that verify reads too; the next rotation tries again.
            let _ = fs::remove_file(files::full(path, number));
        }
    }
    Ok(batch.seq)
}

/// Begins the new file after the full one with `number`; gives the number of the oldest that is kept.
fn go_on(path: &Path, batch: &mut Batch, number: u32, rotation: Rotation) -> io::Result<u32> {
    let first = files::full_ones(path)?.first().copied().unwrap_or(number);
    let oldest = number.saturating_sub(rotation.keep.max(1) - 1).max(first);
    let shown = |number| Some(files::name(&files::full(path, number)));
    let about = About { file: shown(number), oldest: shown(oldest), ..About::default() };
    batch.tell(Decision::Rotated, None, about)?;
    Ok(oldest)
}

/// The lines that an empty file begins with.
fn begin(
    path: &Path,
    held: &mut Held,
    noted: Option<&Head>,
    rotation: Rotation,
    time: &str,
    oldest: &mut Option<u32>,
) -> io::Result<Batch> {
    if let Some(number) = files::full_ones(path)?.last().copied() {
        // A rotation that was cut short between its two steps, or a file that was taken away.
        let mut full = File::open(files::full(path, number))?;
        let length = full.metadata()?.len();
        let last = last_whole(&mut full, length)?.map(|(link, _)| (link.seq, link.hash));
        let (seq, hash) = last.unwrap_or_else(|| (0, ORIGIN.to_owned()));
        let mut batch = Batch::after(seq, &hash, time);
        *oldest = Some(go_on(path, &mut batch, number, rotation)?);
        tell_loss(&mut batch, noted, seq, &hash)?;
        return Ok(batch);
    }
    if let Some(head) = noted.filter(|head| head.seq > 0) {
        let mut batch = Batch::after(0, ORIGIN, time);
        tell_loss(&mut batch, Some(head), 0, ORIGIN)?;
        return Ok(batch);
    }
    if noted.is_none() {
        // From here on, a file without a head is one whose head was taken away.
        held.note(&Head { seq: 0, hash: ORIGIN.to_owned(), bytes: 0 })?;
    }
    let mut batch = Batch::after(0, ORIGIN, time);
    if let (Some(old), _) = files::aside(path) {
        let mut file = File::open(&old)?;
        let bytes = file.metadata()?.len();
        let sha256 = Some(digest(&mut file, 0, bytes)?);
        let about = About { file: Some(files::name(&old)), bytes: Some(bytes), sha256, ..About::default() };
        batch.tell(Decision::Begun, Some("ledger.unchained"), about)?;
    }
    Ok(batch)
}

/// The lines that say how `log` is not as `noted`.
fn mend(log: &mut File, length: u64, noted: Option<&Head>, time: &str) -> io::Result<Batch> {
    let last = last_whole(log, length)?.map(|(link, end)| (link.seq, link.hash, end));
    // Where no line is whole near the end, the head still says where the last one ended.
    let by_head = || {
        let head = noted.filter(|head| head.bytes <= length)?;
        Some((head.seq, head.hash.clone(), head.bytes))
    };
    let (seq, hash, end) = last.or_else(by_head).unwrap_or_else(|| (0, ORIGIN.to_owned(), 0));
    let mut batch = Batch::after(seq, &hash, time);
    let ended = length > 0 && read_at(log, length - 1, 1)? == b"\n";
    if !ended {
        batch.lines.push(b'\n');
    }
    if end < length {
        let bytes = length - end - u64::from(ended);
        let start = read_at(log, end, bytes.min(16))?;
        // A torn write ends within its line; what ends as a line and begins otherwise was written by somebody else.
        let torn = !ended || start.starts_with(b"{\"v\":2,\"seq\":");
        let about = About { bytes: Some(bytes), sha256: Some(digest(log, end, bytes)?), ..About::default() };
        batch.tell(Decision::Sealed, Some(if torn { "line.torn" } else { "line.foreign" }), about)?;
    }
    tell_loss(&mut batch, noted, seq, &hash)?;
    Ok(batch)
}

/// Says that the head is missing, or that the lines up to it are: the last found is `seq` with `hash`.
fn tell_loss(batch: &mut Batch, noted: Option<&Head>, seq: u64, hash: &str) -> io::Result<()> {
    match noted {
        None => batch.tell(Decision::Sealed, Some("head.missing"), About::default()),
        Some(head) if head.seq > seq || head.seq == seq && head.hash != hash => {
            // The numbers go on after the lost ones, so that none stands for two lines.
            batch.seq = batch.seq.max(head.seq);
            let about = About { seq: Some(head.seq), sha256: Some(head.hash.clone()), ..About::default() };
            batch.tell(Decision::Sealed, Some("tail.missing"), about)
        }
        Some(_) => Ok(()),
    }
}

/// Whether the first line of `log` is one of a chain.
fn is_chained(log: &mut File) -> io::Result<bool> {
    let start = read_at(log, 0, length_u64(LONGEST))?;
    Ok(start.split(|byte| *byte == b'\n').next().is_some_and(|line| Link::of(line).is_some()))
}

/// The last whole line near the end of `file`, and where what follows it begins.
fn last_whole(file: &mut File, length: u64) -> io::Result<Option<(Link, u64)>> {
    let from = length.saturating_sub(BACK);
    let text = read_at(file, from, length - from)?;
    let mut end = text.len();
    while end > 0 {
        let line_end = if text[end - 1] == b'\n' { end - 1 } else { end };
        let start = text[..line_end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if let Some(link) = Link::whole(&text[start..line_end]) {
            return Ok(Some((link, from + length_u64(end))));
        }
        end = start;
    }
    Ok(None)
}

fn read_at(file: &mut File, from: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// SHA-256 of `length` bytes of `file` from `from` on, in hex.
pub(super) fn digest(file: &mut File, from: u64, length: u64) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(from))?;
    let mut rest = file.take(length);
    loop {
        match rest.read(&mut piece)? {
            0 => return Ok(hex(hash.finalize().as_ref())),
            n => hash.update(&piece[..n]),
        }
    }
}
