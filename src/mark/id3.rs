//! Id3: the mark of an MP3 file, in its ID3v2 tag.
//!
//! Enters: an MP3 file. Leaves: its labels, or where which frames go: in front of those there are, so that none of them
//! has to be understood, or into a tag of their own. Never here: a frame of others changed, a frame of sound.

use std::io::Cursor;

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts, short},
};
use crate::units::length_u64;

const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

const BROKEN: MarkError = MarkError::Damaged { what: "its ID3 tag" };

/// Whether `head` begins an MP3: a tag, or a frame of layer III.
pub(super) fn is(head: &[u8]) -> bool {
    matches!(head, [b'I', b'D', b'3', 2..=4, ..] | [0xff, 0xe2 | 0xe3 | 0xf2 | 0xf3 | 0xfa | 0xfb, ..])
}

struct Tag {
    version: u8,
    flags: u8,
    length: u32,
    /// Where the frames begin.
    frames: u64,
}

fn tag(bytes: &mut Bytes<'_>) -> Result<Option<Tag>, MarkError> {
    let [b'I', b'D', b'3', version, _, flags, size @ ..]: [u8; 10] = bytes.array(0)? else { return Ok(None) };
    let length = u32::from_be_bytes(size);
    if length & 0x8080_8080 != 0 {
        return Err(BROKEN);
    }
    let length = synchsafe(length);
    if 10 + u64::from(length) > bytes.length() {
        return Err(BROKEN);
    }
    let extended = match version {
        3 if flags & EXTENDED != 0 => 4 + u64::from(bytes.be32(10)?),
        4 if flags & EXTENDED != 0 => u64::from(synchsafe(bytes.be32(10)?)),
        _ => 0,
    };
    if extended > u64::from(length) {
        return Err(BROKEN);
    }
    Ok(Some(Tag { version, flags, length, frames: 10 + extended }))
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    let Some(tag) = tag(bytes)? else { return Ok(Found::default()) };
    let end = 10 + u64::from(tag.length);
    if tag.version < 4 && tag.flags & UNSYNCHRONISED != 0 {
        let plain = resynchronised(&bytes.get(tag.frames, end - tag.frames)?);
        let length = length_u64(plain.len());
        return frames(&mut Bytes::new(&mut Cursor::new(plain))?, 0..length, tag.version);
    }
    frames(bytes, tag.frames..end, tag.version)
}

fn frames(bytes: &mut Bytes<'_>, span: std::ops::Range<u64>, version: u8) -> Result<Found, MarkError> {
    let mut found = Found::default();
    let (mut at, header) = (span.start, if version == 2 { 6 } else { 10 });
    while at + header <= span.end && !found.is_complete() {
        let (own, length, flags) = if version == 2 {
            let [n, a, m, x, y, z] = bytes.array(at)?;
            ([n, a, m] == *b"TXX", u32::from_be_bytes([0, x, y, z]), 0)
        } else {
            let [n, a, m, e, w, x, y, z, _, flags]: [u8; 10] = bytes.array(at)?;
            if n == 0 {
                break; // padding
            }
            let length = u32::from_be_bytes([w, x, y, z]);
            let length = if version == 4 { synchsafe(length) } else { length };
            ([n, a, m, e] == *b"TXXX", length, flags)
        };
        if length == 0 || at + header + u64::from(length) > span.end {
            break;
        }
        if own {
            let body = bytes.get(at + header, u64::from(length))?;
            if let Some((key, value)) = plain(body, version, flags).as_deref().and_then(described) {
                found.offer(&key, || Some(value));
            }
        }
        at += header + u64::from(length);
    }
    Ok(found)
}

/// A frame's body without what its flags say was done to it; `None` where it is compressed or enciphered.
fn plain(mut body: Vec<u8>, version: u8, flags: u8) -> Option<Vec<u8>> {
    let (packed, unsynchronised, length) = match version {
        3 => (flags & 0xc0, 0, 0),
        4 => (flags & 0x0c, flags & 2, flags & 1),
        _ => (0, 0, 0),
    };
    if packed != 0 {
        return None;
    }
    if length != 0 {
        body = body.get(4..)?.to_vec();
    }
    Some(if unsynchronised == 0 { body } else { resynchronised(&body) })
}

/// A description and its text.
fn described(body: &[u8]) -> Option<(String, String)> {
    let (&coding, rest) = body.split_first()?;
    let wide = matches!(coding, 1 | 2);
    let end = if wide {
        2 * rest.chunks_exact(2).position(|two| two == [0, 0])?
    } else {
        rest.iter().position(|byte| *byte == 0)?
    };
    let value = rest.get(end + if wide { 2 } else { 1 }..)?;
    Some((decoded(coding, &rest[..end])?, decoded(coding, value)?))
}

fn decoded(coding: u8, bytes: &[u8]) -> Option<String> {
    let text = match coding {
        0 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        1 | 2 => {
            let little = coding == 1 && !bytes.starts_with(&[0xfe, 0xff]);
            let units = bytes.chunks_exact(2).map(|two| match (two, little) {
                (&[a, b], true) => u16::from_le_bytes([a, b]),
                (&[a, b], false) => u16::from_be_bytes([a, b]),
                _ => 0,
            });
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()?
                .trim_start_matches('\u{feff}')
                .to_owned()
        }
        3 => String::from_utf8(bytes.to_vec()).ok()?,
        _ => return None,
    };
    Some(text.trim_end_matches('\0').to_owned())
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let Some(tag) = tag(bytes)? else {
        let frames = own_frames(texts, 3)?;
        let mut put = b"ID3\x03\0\0".to_vec();
        put.extend(synchsafe_of(short(length_u64(frames.len()))?)?);
        put.extend(frames);
        return Ok(vec![Patch::insert(0, put)]);
    };
    // Both hold numbers about all frames together.
    if tag.flags & (EXTENDED | FOOTER) != 0 {
        return Err(MarkError::Unsupported { what: "an ID3 tag with an extended header or a footer" });
    }
    let frames = own_frames(texts, tag.version)?;
    let length = short(u64::from(tag.length) + length_u64(frames.len()))?;
    Ok(vec![Patch::over(6, synchsafe_of(length)?), Patch::insert(tag.frames, frames)])
}

/// Frames of ASCII alone: the same in every coding, and in an unsynchronised tag.
fn own_frames(texts: &Texts, version: u8) -> Result<Vec<u8>, MarkError> {
    let mut out = Vec::new();
    for (key, value) in texts.pairs() {
        let mut body = [&[0], key.as_bytes(), &[0], value.as_bytes()].concat();
        let size = |body: &[u8]| short(length_u64(body.len()));
        // In an unsynchronised tag, 0xff may not stand before what follows a size.
        while version < 4 && size(&body)?.to_be_bytes().contains(&0xff) {
            body.push(b' ');
        }
        let size = size(&body)?;
        match version {
            2 => out.extend([b"TXX", &size.to_be_bytes()[1..]].concat()),
            3 => out.extend([b"TXXX", &size.to_be_bytes()[..], &[0, 0]].concat()),
            _ => out.extend([b"TXXX", &synchsafe_of(size)?[..], &[0, 0]].concat()),
        }
        out.extend(body);
    }
    Ok(out)
}

/// Seven bits of each byte.
const fn synchsafe(size: u32) -> u32 {
    (size & 0x7f) | ((size & 0x7f00) >> 1) | ((size & 0x7f_0000) >> 2) | ((size & 0x7f00_0000) >> 3)
}

fn synchsafe_of(size: u32) -> Result<[u8; 4], MarkError> {
    if size >= 1 << 28 {
        return Err(MarkError::Unsupported { what: "an ID3 tag of 256 MiB" });
    }
    let spread =
        (size & 0x7f) | ((size << 1) & 0x7f00) | ((size << 2) & 0x7f_0000) | ((size << 3) & 0x7f00_0000);
    Ok(spread.to_be_bytes())
}

/// Without the zero that follows each 0xff.
fn resynchronised(bytes: &[u8]) -> Vec<u8> {
    let stuffed = |at: usize| at > 0 && bytes[at] == 0 && bytes[at - 1] == 0xff;
    bytes.iter().enumerate().filter(|(at, _)| !stuffed(*at)).map(|(_, byte)| *byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(file: Vec<u8>) -> Found {
        read(&mut Bytes::new(&mut Cursor::new(file)).unwrap()).unwrap()
    }

    fn tagged(version: u8, flags: u8, frames: &[u8]) -> Vec<u8> {
        let size = synchsafe_of(u32::try_from(frames.len()).unwrap()).unwrap();
        [&[b'I', b'D', b'3', version, 0, flags], &size[..], frames, &[0xff, 0xfb, 0x90, 0]].concat()
    }

    #[test]
    fn sizes_are_spread_over_seven_bits_and_back() {
        for size in [0, 127, 128, 300, 65_535, (1 << 28) - 1] {
            assert_eq!(synchsafe(u32::from_be_bytes(synchsafe_of(size).unwrap())), size);
        }
        assert!(synchsafe_of(1 << 28).is_err());
    }

    #[test]
    fn every_version_and_coding_is_read() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let utf16 = [&[1, 0xff, 0xfe], &wide("AIGC\0")[..], &[0xff, 0xfe], &wide("值")].concat();
        let frame = |body: &[u8]| {
            let size = u32::try_from(body.len()).unwrap().to_be_bytes();
            [b"TXXX", &size[..], &[0, 0], body].concat()
        };
        assert_eq!(read_all(tagged(3, 0, &frame(&utf16))).aigc.unwrap(), "值");
        assert_eq!(read_all(tagged(4, 0, &frame(b"\x03aigc\0\xe5\x80\xbc"))).aigc.unwrap(), "值");
        assert_eq!(read_all(tagged(2, 0, b"TXX\0\0\x07\0AIGC\0x")).aigc.unwrap(), "x");
        let stuffed: Vec<u8> =
            frame(&utf16).iter().flat_map(|b| if *b == 0xff { vec![0xff, 0] } else { vec![*b] }).collect();
        assert_eq!(read_all(tagged(3, UNSYNCHRONISED, &stuffed)).aigc.unwrap(), "值");
        assert!(read_all(tagged(4, 0, b"TIT2\0\0\0\x02\0\0\0x")).aigc.is_none());
    }
}
