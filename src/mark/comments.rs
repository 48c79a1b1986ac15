//! Comments: the list that FLAC, Vorbis and Opus share.
//!
//! Enters: a list as bytes. Leaves: the labels in it, or what is to be put in front of its comments. Never here: trust in
//! a length, a comment lost or moved.

use super::{
    MarkError,
    bytes::{Found, Texts},
};
use crate::units::length_u64;

const BROKEN: MarkError = MarkError::Damaged { what: "its list of comments" };

/// Where in a list the number of its comments stands, and the number.
pub(super) fn count(list: &[u8]) -> Result<(usize, u32), MarkError> {
    let at = usize::try_from(le32(list, 0)?).ok().and_then(|vendor| vendor.checked_add(4)).ok_or(BROKEN)?;
    Ok((at, le32(list, at)?))
}

/// The labels in a list.
pub(super) fn read(list: &[u8]) -> Result<Found, MarkError> {
    let (at, count) = count(list)?;
    let mut rest = list.get(at + 4..).ok_or(BROKEN)?;
    let mut found = Found::default();
    for _ in 0..count {
        let length = usize::try_from(le32(rest, 0)?).map_err(|_| BROKEN)?;
        let comment = rest.get(4..).and_then(|rest| rest.get(..length)).ok_or(BROKEN)?;
        rest = &rest[4 + length..];
        let Some(at) = comment.iter().position(|byte| *byte == b'=') else { continue };
        if let Ok(key) = str::from_utf8(&comment[..at]) {
            found.offer(key, || String::from_utf8(comment[at + 1..].to_vec()).ok());
        }
    }
    Ok(found)
}

/// The comments that hold `texts`.
pub(super) fn of(texts: &Texts) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in texts.pairs() {
        let length = u32::try_from(key.len() + 1 + value.len()).unwrap_or(u32::MAX);
        out.extend(length.to_le_bytes());
        out.extend(key.bytes().chain([b'=']).chain(value.bytes()));
    }
    out
}

/// A list that holds `texts` alone.
pub(super) fn list(texts: &Texts) -> Vec<u8> {
    const VENDOR: &[u8] = b"mynah";
    let mut out = Vec::from([5, 0, 0, 0]);
    out.extend(VENDOR);
    out.extend(2_u32.to_le_bytes());
    out.extend(of(texts));
    out
}

/// `list` with `texts` put in front of its comments.
pub(super) fn with(list: &[u8], texts: &Texts) -> Result<Vec<u8>, MarkError> {
    let (at, count) = count(list)?;
    // A count that promises more than there can be is read as damage by others too.
    if u64::from(count) > length_u64(list.len()) / 4 {
        return Err(BROKEN);
    }
    let mut out = list[..at].to_vec();
    out.extend((count + 2).to_le_bytes());
    out.extend(of(texts));
    out.extend_from_slice(&list[at + 4..]);
    Ok(out)
}

fn le32(bytes: &[u8], at: usize) -> Result<u32, MarkError> {
    let four = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(BROKEN)?;
    Ok(u32::from_le_bytes(*four))
}
