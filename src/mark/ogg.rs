//! Ogg: the mark of a Vorbis or Opus file, in its comment packet.
//!
//! Enters: an Ogg file. Leaves: its labels, or its header pages written anew; where their number changes, the later pages
//! of the stream get other numbers and checksums, and keep their sound. Never here: a packet of sound taken apart.

use super::{
    MarkError,
    bytes::{Bytes, Found, Patch, Texts},
    comments,
};
use crate::units::length_u64;

/// Bytes of a page before its table of segments.
const HEAD: u64 = 27;
const CONTINUED: u8 = 1;
/// Most bytes of all header packets: comments may hold a cover image.
const MOST_HEADER: usize = 16 << 20;
/// Most pages that are numbered anew: 10 hours and more of sound.
const MOST_PAGES: usize = 1 << 20;
/// Segments of a page, of at most 255 bytes each.
const SEGMENTS: usize = 255;

const BROKEN: MarkError = MarkError::Damaged { what: "its Ogg pages" };

pub(super) fn is(head: &[u8]) -> bool {
    head.starts_with(b"OggS")
}

/// One page as it lies in the file.
struct Page {
    at: u64,
    flags: u8,
    serial: u32,
    number: u32,
    segments: Vec<u8>,
}

impl Page {
    fn read(bytes: &mut Bytes<'_>, at: u64) -> Result<Self, MarkError> {
        let head: [u8; 27] = bytes.array(at)?;
        if !head.starts_with(b"OggS") || head[4] != 0 {
            return Err(BROKEN);
        }
        let le32 = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let segments = bytes.get(at + HEAD, u64::from(head[26]))?;
        Ok(Self { at, flags: head[5], serial: le32(14), number: le32(18), segments })
    }

    fn body(&self) -> u64 {
        self.at + HEAD + length_u64(self.segments.len())
    }

    fn end(&self) -> u64 {
        self.body() + self.segments.iter().map(|length| u64::from(*length)).sum::<u64>()
    }
}

/// What kind of sound, and how its headers are laid out.
struct Headers {
    /// The comment packet's first bytes.
    magic: &'static [u8],
    /// The packets from the comments on.
    packets: Vec<Vec<u8>>,
    /// The pages they fill.
    pages: Vec<Page>,
}

fn headers(bytes: &mut Bytes<'_>) -> Result<Headers, MarkError> {
    let first = Page::read(bytes, 0)?;
    let start = bytes.get(first.body(), (first.end() - first.body()).min(8))?;
    // Vorbis has a third header packet.
    let (magic, wanted): (&'static [u8], usize) = match start.as_slice() {
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => (b"\x03vorbis", 2),
        b"OpusHead" => (b"OpusTags", 1),
        _ => {
            return Err(MarkError::Unsupported { what: "Ogg streams that do not begin with Vorbis or Opus" });
        }
    };
    let (mut packets, mut packet, mut pages, mut size) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut at = first.end();
    while packets.len() < wanted {
        let page = Page::read(bytes, at)?;
        at = page.end();
        if page.serial != first.serial {
            continue;
        }
        let body = bytes.get(page.body(), page.end() - page.body())?;
        size += body.len() + 1;
        if size > MOST_HEADER {
            return Err(MarkError::Unsupported { what: "descriptions of more than 16 MiB" });
        }
        let mut rest = body.as_slice();
        for length in &page.segments {
            if packets.len() == wanted {
                // Sound has to begin on a page of its own.
                return Err(BROKEN);
            }
            let (segment, after) = rest.split_at_checked(usize::from(*length)).ok_or(BROKEN)?;
            rest = after;
            packet.extend_from_slice(segment);
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        pages.push(page);
    }
    if !packets[0].starts_with(magic) {
        return Err(MarkError::Damaged { what: "its list of comments" });
    }
    Ok(Headers { magic, packets, pages })
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    let headers = headers(bytes)?;
    comments::read(&headers.packets[0][headers.magic.len()..])
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let Headers { magic, mut packets, pages } = headers(bytes)?;
    let list = comments::with(&packets[0][magic.len()..], texts)?;
    packets[0] = [magic, &list].concat();
    let [first, ..] = pages.as_slice() else { return Err(BROKEN) };
    let (serial, number) = (first.serial, first.number);
    let (put, count) = paged(&packets, serial, number);
    let mut patches = Vec::new();
    for page in &pages {
        patches.push(Patch { at: page.at, removed: page.end() - page.at, put: Vec::new() });
    }
    patches[0].put = put;
    let moved = count.wrapping_sub(u32::try_from(pages.len()).unwrap_or(u32::MAX));
    if moved != 0 {
        let last = pages.last().map_or(0, Page::end);
        renumber(bytes, last, serial, moved, &mut patches)?;
    }
    Ok(patches)
}

/// `packets` on pages of their own, and how many those are.
fn paged(packets: &[Vec<u8>], serial: u32, number: u32) -> (Vec<u8>, u32) {
    let mut segments: Vec<(&[u8], bool)> = Vec::new();
    for packet in packets {
        for piece in packet.chunks(255) {
            segments.push((piece, piece.len() < 255));
        }
        // A packet ends with a segment that is not full.
        if packet.len() % 255 == 0 {
            segments.push((&[], true));
        }
    }
    let (mut out, mut count, mut continued) = (Vec::new(), 0, false);
    for page in segments.chunks(SEGMENTS) {
        let ends = page.iter().any(|(_, ends)| *ends);
        let mut bytes = b"OggS\0".to_vec();
        bytes.push(if continued { CONTINUED } else { 0 });
        // No packet ends here: no position.
        bytes.extend(if ends { 0_u64 } else { u64::MAX }.to_le_bytes());
        bytes.extend(serial.to_le_bytes());
        bytes.extend(number.wrapping_add(count).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.push(u8::try_from(page.len()).unwrap_or(u8::MAX));
        bytes.extend(page.iter().map(|(piece, _)| u8::try_from(piece.len()).unwrap_or(u8::MAX)));
        page.iter().for_each(|(piece, _)| bytes.extend_from_slice(piece));
        let sum = crc(&bytes);
        bytes[22..26].copy_from_slice(&sum.to_le_bytes());
        out.extend(bytes);
        count += 1;
        continued = page.last().is_some_and(|(_, ends)| !ends);
    }
    (out, count)
}

/// Numbers the stream's pages from `at` on anew.
fn renumber(
    bytes: &mut Bytes<'_>,
    mut at: u64,
    serial: u32,
    moved: u32,
    patches: &mut Vec<Patch>,
) -> Result<(), MarkError> {
    while at < bytes.length() {
        let page = Page::read(bytes, at)?;
        let whole = page.end() - page.at;
        if page.serial == serial {
            // Another stream chained behind this one begins its own numbers.
            if page.flags & 2 != 0 {
                return Ok(());
            }
            if patches.len() > MOST_PAGES {
                return Err(MarkError::Unsupported { what: "more than a million Ogg pages" });
            }
            let mut whole = bytes.get(at, whole)?;
            let number = page.number.wrapping_add(moved).to_le_bytes();
            whole[18..22].copy_from_slice(&number);
            whole[22..26].fill(0);
            let sum = crc(&whole).to_le_bytes();
            patches.push(Patch::over(at + 18, [number, sum].concat()));
        }
        at += whole;
    }
    Ok(())
}

/// CRC-32 as Ogg has it.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            (crc << 1) ^ (0x04c1_1db7 & (crc >> 31).wrapping_neg())
        })
    })
}
