//! Png: the mark of a PNG image, in its XMP packet.
//!
//! Enters: a PNG file. Leaves: its labels, or the chunk that holds them. Never here: a pixel.

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts, short},
    xmp,
};
use crate::units::length_u64;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(SIGNATURE)
}

/// An `iTXt` chunk with an XMP packet.
struct Packet {
    at: u64,
    /// The whole chunk's length.
    whole: u64,
    body: Vec<u8>,
    /// Where in the body the packet begins.
    text: usize,
}

/// The packet, if there is one, and where the first chunk ends.
fn packet(bytes: &mut Bytes<'_>) -> Result<(Option<Packet>, u64), MarkError> {
    let (mut at, mut first) = (8, None);
    loop {
        let length = u64::from(bytes.be32(at)?);
        let name: [u8; 4] = bytes.array(at + 4)?;
        let whole = 12 + length;
        if first.is_none() && (name != *b"IHDR" || at + whole > bytes.length()) {
            return Err(MarkError::Damaged { what: "its first chunk" });
        }
        let first = *first.get_or_insert(at + whole);
        if name == *b"IEND" {
            return Ok((None, first));
        }
        let keyword = length_u64(KEYWORD.len());
        if name == *b"iTXt" && length > keyword && bytes.get(at + 8, keyword)? == KEYWORD {
            let body = bytes.get(at + 8, length)?;
            let text = text(&body)?;
            return Ok((Some(Packet { at, whole, body, text }), first));
        }
        at += whole;
    }
}

/// Where the packet begins behind the keyword, two flags and two texts.
fn text(body: &[u8]) -> Result<usize, MarkError> {
    const BROKEN: MarkError = MarkError::Damaged { what: "its XMP chunk" };
    let flags = KEYWORD.len();
    if *body.get(flags).ok_or(BROKEN)? != 0 {
        return Err(MarkError::Unsupported { what: "a compressed XMP packet" });
    }
    let mut at = flags + 2;
    for _ in 0..2 {
        at += 1 + body.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)).ok_or(BROKEN)?;
    }
    Ok(at)
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    match packet(bytes)?.0 {
        Some(packet) => xmp::read(&packet.body[packet.text..]),
        None => Ok(Found::default()),
    }
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let (packet, first) = packet(bytes)?;
    let (at, removed, mut body, old) = match packet {
        Some(Packet { at, whole, mut body, text }) => {
            let old = body.split_off(text);
            (at, whole, body, Some(old))
        }
        None => (first, 0, [KEYWORD, &[0, 0, 0, 0]].concat(), None),
    };
    body.extend(xmp::with(old.as_deref(), texts)?);
    let mut put = short(length_u64(body.len()))?.to_be_bytes().to_vec();
    put.extend(b"iTXt");
    put.extend(body);
    put.extend(crc(&put[4..]).to_be_bytes());
    Ok(vec![Patch { at, removed, put }])
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
