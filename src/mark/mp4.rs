//! Mp4: the mark of an M4A or MP4 file, in `moov.udta.meta`.
//!
//! Enters: a file of boxes. Leaves: its labels, or where which boxes go; what lies behind them moves, so the tables that
//! say where sound lies are told. Never here: a sample moved against another, a file whose places are told elsewhere too
//! (fragments).

use std::ops::Range;

use super::{
    MarkError,
    bytes::{AIGC, Bytes, Found, ORIGIN, Patch, Texts, short},
};
use crate::units::length_u64;

/// Boxes that are looked at within one.
const MOST_BOXES: usize = 4_096;

const BROKEN: MarkError = MarkError::Damaged { what: "its boxes" };

pub(super) fn is(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
}

#[derive(Debug, Clone)]
struct Box4 {
    name: [u8; 4],
    at: u64,
    /// Its content.
    body: Range<u64>,
    /// Whether its size has 64 bits.
    wide: bool,
}

/// The boxes in `span`.
fn boxes(bytes: &mut Bytes<'_>, span: Range<u64>) -> Result<Vec<Box4>, MarkError> {
    let (mut at, mut found) = (span.start, Vec::new());
    while at + 8 <= span.end {
        let [a, b, c, d, name @ ..]: [u8; 8] = bytes.array(at)?;
        let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
            // The rest of the file; within a box it is the zero that ends a list.
            0 if span.end == bytes.length() => (8, span.end - at),
            0 => break,
            1 => (16, u64::from_be_bytes(bytes.array(at + 8)?)),
            size => (8, u64::from(size)),
        };
        let end = at.checked_add(size).filter(|end| size >= head && *end <= span.end).ok_or(BROKEN)?;
        if found.len() == MOST_BOXES {
            return Err(MarkError::Unsupported { what: "more than 4096 boxes in one" });
        }
        found.push(Box4 { name, at, body: at + head..end, wide: head == 16 });
        at = end;
    }
    Ok(found)
}

fn find(all: &[Box4], name: &[u8; 4]) -> Option<Box4> {
    all.iter().find(|it| it.name == *name).cloned()
}

/// What a `meta` box holds; in QuickTime it has no version.
fn in_meta(bytes: &mut Bytes<'_>, meta: &Box4) -> Result<Vec<Box4>, MarkError> {
    let plain = meta.body.end - meta.body.start >= 8 && bytes.array(meta.body.start + 4)? == *b"hdlr";
    let start = (meta.body.start + if plain { 0 } else { 4 }).min(meta.body.end);
    boxes(bytes, start..meta.body.end)
}

/// The file's `moov`, its `udta`, and all `meta` boxes within both.
struct Places {
    top: Vec<Box4>,
    moov: Box4,
    in_moov: Vec<Box4>,
    udta: Option<Box4>,
    in_udta: Vec<Box4>,
}

fn places(bytes: &mut Bytes<'_>) -> Result<Places, MarkError> {
    let top = boxes(bytes, 0..bytes.length())?;
    let brand: [u8; 4] = bytes.array(8)?;
    if matches!(&brand, b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif" | b"avis") {
        return Err(MarkError::Unsupported { what: "HEIF or AVIF images" });
    }
    let moov = find(&top, b"moov").ok_or(MarkError::Damaged { what: "its box moov, which is missing" })?;
    let in_moov = boxes(bytes, moov.body.clone())?;
    let udta = find(&in_moov, b"udta");
    let in_udta = match &udta {
        Some(udta) => boxes(bytes, udta.body.clone())?,
        None => Vec::new(),
    };
    Ok(Places { top, moov, in_moov, udta, in_udta })
}

pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
    let places = places(bytes)?;
    let mut found = Found::default();
    for meta in places.in_udta.iter().chain(&places.in_moov).filter(|it| it.name == *b"meta") {
        let all = in_meta(bytes, meta)?;
        let Some(list) = find(&all, b"ilst") else { continue };
        let keys = match find(&all, b"keys") {
            Some(keys) => names(bytes, &keys)?,
            None => Vec::new(),
        };
        for item in boxes(bytes, list.body)? {
            let parts = boxes(bytes, item.body)?;
            let at = usize::try_from(u32::from_be_bytes(item.name)).unwrap_or_default();
            let name = match at.checked_sub(1).and_then(|at| keys.get(at)) {
                Some(name) => name.clone(),
                // iTunes' own form: the name lies beside the value.
                None if item.name == *b"----" => match find(&parts, b"name") {
                    Some(name) => text(bytes, &name, 4)?,
                    None => continue,
                },
                None => continue,
            };
            if let (true, Some(data)) = (name == AIGC || name == ORIGIN, find(&parts, b"data")) {
                let value = text(bytes, &data, 8)?;
                found.offer(&name, || Some(value));
            }
        }
    }
    Ok(found)
}

/// A box's text behind `skipped` bytes; lossy, as it is compared and parsed later.
fn text(bytes: &mut Bytes<'_>, it: &Box4, skipped: u64) -> Result<String, MarkError> {
    let length = (it.body.end - it.body.start).checked_sub(skipped).ok_or(BROKEN)?;
    Ok(String::from_utf8_lossy(&bytes.get(it.body.start + skipped, length)?).into_owned())
}

/// The names in a `keys` box.
fn names(bytes: &mut Bytes<'_>, keys: &Box4) -> Result<Vec<String>, MarkError> {
    let (mut at, mut found) = (keys.body.start + 8, Vec::new());
    while at + 8 <= keys.body.end && found.len() < MOST_BOXES {
        let size = u64::from(bytes.be32(at)?);
        let end = at.checked_add(size).filter(|end| size >= 8 && *end <= keys.body.end).ok_or(BROKEN)?;
        found.push(String::from_utf8_lossy(&bytes.get(at + 8, size - 8)?).into_owned());
        at = end;
    }
    Ok(found)
}

pub(super) fn patches(bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
    let Places { top, moov, in_moov, udta, in_udta } = places(bytes)?;
    if top.iter().any(|it| matches!(&it.name, b"moof" | b"sidx" | b"mfra"))
        || find(&in_moov, b"mvex").is_some()
    {
        return Err(MarkError::Unsupported { what: "fragments, as streams have them," });
    }
    let mut keyed = None;
    for meta in in_udta.iter().filter(|it| it.name == *b"meta") {
        let all = in_meta(bytes, meta)?;
        if let (Some(keys), Some(list)) = (find(&all, b"keys"), find(&all, b"ilst")) {
            keyed = Some((meta.clone(), keys, list));
            break;
        }
    }
    let mut patches = Vec::new();
    let last = moov.body.end;
    // Each box around what is put in, with how much it grows.
    match (udta, keyed) {
        (None, _) => {
            let put = boxed(*b"udta", &meta(texts)?)?;
            patches.push(grown(bytes, &moov, put.len())?);
            patches.push(Patch::insert(last, put));
        }
        (Some(udta), None) => {
            let put = meta(texts)?;
            let at = in_udta.last().map_or(udta.body.start, |it| it.body.end);
            patches.push(grown(bytes, &moov, put.len())?);
            patches.push(grown(bytes, &udta, put.len())?);
            patches.push(Patch::insert(at, put));
        }
        (Some(udta), Some((meta, keys, list))) => {
            let count = bytes.be32(keys.body.start + 4)?;
            let (names, values) = (key_entries(texts)?, items(texts, count)?);
            for outer in [&moov, &udta, &meta] {
                patches.push(grown(bytes, outer, names.len() + values.len())?);
            }
            patches.push(grown(bytes, &keys, names.len())?);
            patches.push(Patch::over(keys.body.start + 4, count.saturating_add(2).to_be_bytes()));
            patches.push(Patch::insert(keys.body.end, names));
            patches.push(grown(bytes, &list, values.len())?);
            patches.push(Patch::insert(list.body.end, values));
        }
    }
    let by = patches.iter().map(|patch| length_u64(patch.put.len()) - patch.removed).sum();
    for track in in_moov.iter().filter(|it| it.name == *b"trak") {
        shift(bytes, track, &moov, by, &mut patches)?;
    }
    Ok(patches)
}

/// The size of `it`, written anew.
fn grown(bytes: &mut Bytes<'_>, it: &Box4, by: usize) -> Result<Patch, MarkError> {
    let size = it.body.end - it.at + length_u64(by);
    if it.wide {
        return Ok(Patch::over(it.at + 8, size.to_be_bytes()));
    }
    // A size of zero, "until the end", stays.
    let written = if bytes.be32(it.at)? == 0 { 0 } else { short(size)? };
    Ok(Patch::over(it.at, written.to_be_bytes()))
}

/// Moves the places of a track's sound that lie behind `moov` by `by`.
fn shift(
    bytes: &mut Bytes<'_>,
    track: &Box4,
    moov: &Box4,
    by: u64,
    patches: &mut Vec<Patch>,
) -> Result<(), MarkError> {
    let mut inner = track.clone();
    for name in [b"mdia", b"minf", b"stbl"] {
        let all = boxes(bytes, inner.body.clone())?;
        let Some(next) = find(&all, name) else { return Ok(()) };
        inner = next;
    }
    for table in boxes(bytes, inner.body)? {
        let wide = match &table.name {
            b"stco" => false,
            b"co64" => true,
            _ => continue,
        };
        let start = table.body.start + 8;
        let length = table.body.end.checked_sub(start).ok_or(BROKEN)?;
        let old = bytes.get(start, length)?;
        let mut new = Vec::with_capacity(old.len());
        for place in old.chunks(if wide { 8 } else { 4 }) {
            let moved = |place: u64| if place >= moov.body.end { place.saturating_add(by) } else { place };
            match *place {
                [a, b, c, d] if !wide => {
                    let place = u64::from(u32::from_be_bytes([a, b, c, d]));
                    new.extend(short(moved(place))?.to_be_bytes());
                }
                [a, b, c, d, e, f, g, h] => {
                    new.extend(moved(u64::from_be_bytes([a, b, c, d, e, f, g, h])).to_be_bytes());
                }
                _ => new.extend_from_slice(place),
            }
        }
        if new != old {
            patches.push(Patch::over(start, new));
        }
    }
    Ok(())
}

/// A `meta` box that holds the labels alone.
fn meta(texts: &Texts) -> Result<Vec<u8>, MarkError> {
    let handler = boxed(*b"hdlr", b"\0\0\0\0\0\0\0\0mdta\0\0\0\0\0\0\0\0\0\0\0\0\0")?;
    let keys = boxed(*b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 2], &key_entries(texts)?[..]].concat())?;
    let list = boxed(*b"ilst", &items(texts, 0)?)?;
    boxed(*b"meta", &[&[0; 4], &handler[..], &keys, &list].concat())
}

fn key_entries(texts: &Texts) -> Result<Vec<u8>, MarkError> {
    let mut out = Vec::new();
    for (key, _) in texts.pairs() {
        out.extend(boxed(*b"mdta", key.as_bytes())?);
    }
    Ok(out)
}

/// The values, whose keys follow `count` others.
fn items(texts: &Texts, count: u32) -> Result<Vec<u8>, MarkError> {
    let mut out = Vec::new();
    for (number, (_, value)) in (count.saturating_add(1)..).zip(texts.pairs()) {
        // 1: UTF-8; no country, no language.
        let data = boxed(*b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], value.as_bytes()].concat())?;
        out.extend(boxed(number.to_be_bytes(), &data)?);
    }
    Ok(out)
}

fn boxed(name: [u8; 4], body: &[u8]) -> Result<Vec<u8>, MarkError> {
    let size = short(8 + length_u64(body.len()))?;
    Ok([&size.to_be_bytes()[..], &name, body].concat())
}
