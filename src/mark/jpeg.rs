//! Jpeg: the mark of a JPEG image, in its XMP packet.
//!
//! Enters: a JPEG file. Leaves: its labels, or the segment that holds them. Never here: a pixel.

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts},
    xmp,
};
use crate::units::length_u64;

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xd8, 0xff])
}

/// A segment with an XMP packet: where it begins, its length, the packet.
struct Packet {
    at: u64,
    whole: u64,
    text: Vec<u8>,
}

/// The packet, if there is one, and where the segments end that have to come first.
fn packet(bytes: &mut Bytes<'_>) -> Result<(Option<Packet>, u64), MarkError> {
    let (mut at, mut front, mut leading) = (2, 2, true);
    loop {
        let [escape, marker] = bytes.array(at)?;
        if escape != 0xff {
            return Err(MarkError::Damaged { what: "its segments" });
        }
        match marker {
            // Filling.
            0xff => {
                at += 1;
                continue;
            }
            START_OF_SCAN | END_OF_IMAGE => return Ok((None, front)),
            _ => {}
        }
        let length = u64::from(u16::from_be_bytes(bytes.array(at + 2)?));
        let name = length_u64(XMP.len());
        if marker == APP1 && length > name + 2 && bytes.get(at + 4, name)? == XMP {
            let text = bytes.get(at + 4 + name, length - 2 - name)?;
            return Ok((Some(Packet { at, whole: 2 + length, text }), front));
        }
        if length < 2 {
            return Err(MarkError::Damaged { what: "its segments" });
        }
        at += 2 + length;
        // JFIF and Exif have to come first.
        leading = leading && matches!(marker, APP0 | APP1);
        if leading {
            front = at;
        }
    }
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    match packet(bytes)?.0 {
        Some(packet) => xmp::read(&packet.text),
        None => Ok(Found::default()),
    }
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let (packet, front) = packet(bytes)?;
    let (at, removed) = packet.as_ref().map_or((front, 0), |packet| (packet.at, packet.whole));
    let text = xmp::with(packet.as_ref().map(|packet| packet.text.as_slice()), texts)?;
    let length = u16::try_from(2 + XMP.len() + text.len())
        .map_err(|_| MarkError::Unsupported { what: "an XMP packet that fills its segment" })?;
    let put = [&[0xff, APP1], &length.to_be_bytes()[..], XMP, &text].concat();
    Ok(vec![Patch { at, removed, put }])
}
