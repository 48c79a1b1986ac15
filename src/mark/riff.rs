//! Riff: the mark of a WAV file, in chunks behind its sound.
//!
//! Enters: a WAV file. Leaves: its labels, or where which chunks go: `AIGC`, and what else is told as the comment (`ICMT`)
//! of a `LIST INFO`, which players show. Behind the sound, because old programs take its place for fixed. Never here: a
//! file whose sizes are not true; a chunk behind them would be taken for sound.

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts, short},
};
use crate::units::length_u64;

/// Chunks that are looked at: a recorder's cue lists have some hundred.
const MOST_CHUNKS: usize = 65_536;

struct Chunk {
    name: [u8; 4],
    body: u64,
    length: u64,
}

/// Walks the chunks of `bytes` from `at` to `end`; one that claims more than is there ends the walk as the last.
fn chunks(bytes: &mut Bytes<'_>, mut at: u64, end: u64) -> Result<(Vec<Chunk>, u64), MarkError> {
    let mut found = Vec::new();
    while at + 8 <= end && found.len() < MOST_CHUNKS {
        let name = bytes.array(at)?;
        let length = u64::from(bytes.le32(at + 4)?);
        found.push(Chunk { name, body: at + 8, length });
        at += 8 + length + length % 2;
    }
    Ok((found, at))
}

pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE")
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    let end = bytes.length();
    let (all, _) = chunks(bytes, 12, end)?;
    let mut found = Found::default();
    for chunk in all.iter().filter(|chunk| chunk.body + chunk.length <= end) {
        match &chunk.name {
            b"AIGC" if found.aigc.is_none() => found.aigc = text(bytes, chunk)?,
            b"LIST" if chunk.length >= 4 && bytes.array(chunk.body)? == *b"INFO" => {
                let (infos, _) = chunks(bytes, chunk.body + 4, chunk.body + chunk.length)?;
                for info in
                    infos.iter().filter(|info| info.name == *b"ICMT" && info.body + info.length <= end)
                {
                    // Any other comment is a person's.
                    let comment = text(bytes, info)?.filter(|text| text.starts_with("{\"provider\":"));
                    found.origin = found.origin.take().or(comment);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The chunk's text; `None` where it is none.
fn text(bytes: &mut Bytes<'_>, chunk: &Chunk) -> Result<Option<String>, MarkError> {
    let text = String::from_utf8(bytes.get(chunk.body, chunk.length)?).ok();
    Ok(text.map(|text| text.trim_end_matches('\0').to_owned()))
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    const SIZES: MarkError =
        MarkError::Unsupported { what: "sizes in the header that are not those of the sound" };
    let end = 8 + u64::from(bytes.le32(4)?);
    if end > bytes.length() {
        return Err(SIZES);
    }
    let (all, reached) = chunks(bytes, 12, end)?;
    // A last chunk of odd length may lack its padding.
    let bare = reached == end + 1 && end == bytes.length();
    if !(reached == end || bare) || !all.iter().any(|chunk| chunk.name == *b"data") {
        return Err(SIZES);
    }
    let mut put = if bare { vec![0] } else { Vec::new() };
    put.extend(chunk(*b"AIGC", texts.aigc.as_bytes())?);
    let mut info = b"INFO".to_vec();
    info.extend(chunk(*b"ICMT", &[texts.origin.as_bytes(), b"\0"].concat())?);
    put.extend(chunk(*b"LIST", &info)?);
    let size = short(end - 8 + length_u64(put.len()))?;
    Ok(vec![Patch::over(4, size.to_le_bytes()), Patch::insert(end, put)])
}

fn chunk(name: [u8; 4], body: &[u8]) -> Result<Vec<u8>, MarkError> {
    let mut out = name.to_vec();
    out.extend(short(length_u64(body.len()))?.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len() + body.len() % 2, 0);
    Ok(out)
}
