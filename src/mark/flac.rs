//! Flac: the mark of a FLAC file, in its list of comments.
//!
//! Enters: a FLAC file. Leaves: its labels, or where which comments go. Never here: a frame of sound.

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts},
    comments,
};
use crate::units::length_u64;

/// The kind of block that holds comments.
const COMMENTS: u8 = 4;
/// Marks the last block.
const LAST: u8 = 0x80;

pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(b"fLaC")
}

struct Block {
    at: u64,
    kind: u8,
    last: bool,
    length: u64,
}

/// The block of comments, and the first block.
fn blocks(bytes: &mut Bytes<'_>) -> Result<(Option<Block>, Block), MarkError> {
    let mut at = 4;
    let mut first = None;
    loop {
        let [kind, a, b, c] = bytes.array(at)?;
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        let block = Block { at, kind: kind & !LAST, last: kind & LAST != 0, length };
        let (last, next) = (block.last, at + 4 + length);
        match (first, block) {
            (None, block) if block.kind != 0 => return Err(MarkError::Damaged { what: "its first block" }),
            (None, block) if last => return Ok((None, block)),
            (None, block) => first = Some(block),
            (Some(first), block) if block.kind == COMMENTS => return Ok((Some(block), first)),
            (Some(first), _) if last => return Ok((None, first)),
            (Some(kept), _) => first = Some(kept),
        }
        at = next;
    }
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    match blocks(bytes)?.0 {
        Some(block) => comments::read(&bytes.get(block.at + 4, block.length)?),
        None => Ok(Found::default()),
    }
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let (block, first) = blocks(bytes)?;
    let Some(block) = block else {
        let list = comments::list(texts);
        let mut put = header(COMMENTS | if first.last { LAST } else { 0 }, list.len())?;
        put.extend(list);
        let end = first.at + 4 + first.length;
        // What was the last block is it no longer.
        return Ok(vec![Patch::over(first.at, [first.kind]), Patch::insert(end, put)]);
    };
    let list = comments::with(&bytes.get(block.at + 4, block.length)?, texts)?;
    let mut put = header(COMMENTS | if block.last { LAST } else { 0 }, list.len())?;
    put.extend(list);
    Ok(vec![Patch { at: block.at, removed: 4 + block.length, put }])
}

fn header(kind: u8, length: usize) -> Result<Vec<u8>, MarkError> {
    match u32::try_from(length_u64(length)).map(u32::to_be_bytes) {
        Ok([0, a, b, c]) => Ok(vec![kind, a, b, c]),
        _ => Err(MarkError::Unsupported { what: "comments of 16 MiB" }),
    }
}
