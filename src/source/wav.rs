//! WAV: uncompressed RIFF audio, whatever its header claims.
//!
//! Enters: the first bytes of a file, then the rest as a reader. Leaves: interleaved samples, -1..1. Of the header only
//! what decides the meaning of the bytes is believed; its sizes are hints, because recorders that were killed, and pipes,
//! leave them at 0 or at the maximum. Never here: compressed WAV (that is `file.rs`), seeking.

use std::io::{self, Read};

use super::{
    SourceError,
    blocks::{Flaws, Shape},
};
use crate::units::length_u64;

/// Sample frames in one block.
const BLOCK_FRAMES: usize = 1_024;

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

impl Coding {
    const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::ALaw | Self::MuLaw => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::U8, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Self::ALaw, &[a]) => a_law(a),
            (Self::MuLaw, &[a]) => mu_law(a),
            (Self::I16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Self::I24, &[a, b, c]) => int32(i32::from_le_bytes([0, a, b, c])),
            (Self::I32, &[a, b, c, d]) => int32(i32::from_le_bytes([a, b, c, d])),
            (Self::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::F64, &[a, b, c, d, e, f, g, h]) => {
                crate::units::f64_to_f32(f64::from_le_bytes([a, b, c, d, e, f, g, h]))
            }
            _ => 0.0,
        }
    }
}

fn int32(sample: i32) -> f32 {
    crate::units::f64_to_f32(f64::from(sample) / 2_147_483_648.0)
}

/// ITU-T G.711 A-law, as -1..1.
fn a_law(coded: u8) -> f32 {
    let coded = coded ^ 0x55;
    let (exponent, mantissa) = ((coded >> 4) & 7, i16::from(coded & 15));
    let size = match exponent {
        0 => mantissa * 16 + 8,
        _ => (mantissa * 16 + 264) << (exponent - 1),
    };
    f32::from(if coded & 0x80 == 0 { -size } else { size }) / 32_768.0
}

/// ITU-T G.711 mu-law, as -1..1.
fn mu_law(coded: u8) -> f32 {
    let coded = !coded;
    let (exponent, mantissa) = ((coded >> 4) & 7, i16::from(coded & 15));
    let size = ((mantissa * 8 + 132) << exponent) - 132;
    f32::from(if coded & 0x80 == 0 { size } else { -size }) / 32_768.0
}

/// What a WAV header says, as far as it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    coding: Coding,
    channels: u16,
    hz: u32,
    /// Where the samples start.
    data_at: usize,
    /// Bytes of samples; `None`: until the end.
    data_bytes: Option<u64>,
}

/// The header within `head`, or `None` where the bytes are no uncompressed WAV, or its samples start beyond `head`.
pub(super) fn header(head: &[u8]) -> Option<Header> {
    let riff = head.starts_with(b"RIFF") || head.starts_with(b"RF64");
    if !riff || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let riff_bytes = u32_at(head, 4)?;
    let (mut at, mut format) = (12, None);
    loop {
        let name = head.get(at..at + 4)?;
        let bytes = u32_at(head, at + 4)?;
        let body = at + 8;
        if name == b"data" {
            let (coding, channels, hz) = format?;
            return Some(Header {
                coding,
                channels,
                hz,
                data_at: body,
                data_bytes: data_bytes(bytes, riff_bytes, body),
            });
        }
        let length = usize::try_from(bytes).ok()?;
        if name == b"fmt " {
            format = Some(coding(head.get(body..body.checked_add(length)?)?)?);
        }
        at = body.checked_add(length)?.checked_add(length % 2)?;
    }
}

/// The size of the samples, where it can be true.
fn data_bytes(claimed: u32, riff_bytes: u32, body: usize) -> Option<u64> {
    // A recorder that was killed leaves 0 in both places; an honest empty file counts its header.
    let unwritten = claimed == 0 && length_u64(body) > u64::from(riff_bytes) + 8;
    // Pipes: sox and arecord write about 2^31, ffmpeg and RF64 2^32 - 1.
    let unknown = claimed >= 0x7fff_0000;
    (!unwritten && !unknown).then_some(u64::from(claimed))
}

/// Coding, channels and rate from a `fmt ` chunk; `None` for what is not stored sample by sample.
fn coding(chunk: &[u8]) -> Option<(Coding, u16, u32)> {
    let mut tag = u16_at(chunk, 0)?;
    let (channels, hz) = (u16_at(chunk, 2)?, u32_at(chunk, 4)?);
    let (align, bits) = (u16_at(chunk, 12)?, u16_at(chunk, 14)?);
    if tag == 0xfffe {
        tag = u16_at(chunk, 24)?; // WAVE_FORMAT_EXTENSIBLE: the sub-format's first two bytes
    }
    // 20 bits in 3 bytes, or 24 in 4, show in the alignment only.
    let fits = |bytes: &u16| align % channels == 0 && u32::from(*bytes) * 8 >= u32::from(bits);
    let stored = align.checked_div(channels).filter(fits);
    let coding = match (tag, stored.unwrap_or(bits.div_ceil(8))) {
        (1, 1) => Coding::U8,
        (1, 2) => Coding::I16,
        (1, 3) => Coding::I24,
        (1, 4) => Coding::I32,
        (3, 4) => Coding::F32,
        (3, 8) => Coding::F64,
        (6, 1) => Coding::ALaw,
        (7, 1) => Coding::MuLaw,
        _ => return None,
    };
    Some((coding, channels, hz))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// Reads the samples that follow a [`Header`].
pub(super) struct Pcm {
    coding: Coding,
    shape: Shape,
    reader: Box<dyn Read + Send + Sync>,
    left: Option<u64>,
    buffer: Vec<u8>,
}

impl Pcm {
    /// `reader` stands at the first sample.
    pub(super) fn new(
        name: &str,
        header: &Header,
        reader: Box<dyn Read + Send + Sync>,
    ) -> Result<Self, SourceError> {
        let shape = Shape::checked(name, header.hz, usize::from(header.channels))?;
        let block = BLOCK_FRAMES * shape.channels * header.coding.bytes();
        Ok(Self { coding: header.coding, shape, reader, left: header.data_bytes, buffer: vec![0; block] })
    }

    /// Where the samples start in the file `header` was read from.
    pub(super) const fn data_at(header: &Header) -> usize {
        header.data_at
    }

    /// Puts the next block into `out`; `None` at the end.
    pub(super) fn block(&mut self, out: &mut Vec<f32>, flaws: &mut Flaws) -> io::Result<Option<Shape>> {
        out.clear();
        let wanted = match self.left {
            Some(left) => self.buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX)),
            None => self.buffer.len(),
        };
        let mut got = 0;
        while got < wanted {
            match self.reader.read(&mut self.buffer[got..wanted]) {
                Ok(0) => break,
                Ok(bytes) => got += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(left) = &mut self.left {
            flaws.truncated |= got < wanted;
            *left -= length_u64(got);
        }
        if got < wanted {
            self.left = Some(0);
        }
        let samples = self.buffer[..got].chunks_exact(self.coding.bytes());
        out.extend(samples.map(|bytes| self.coding.decode(bytes)));
        Ok((out.len() >= self.shape.channels).then_some(self.shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g711_is_exact_at_its_landmarks() {
        // ITU-T G.711 tables, scaled to 16 bits: the largest and the smallest codes of either sign.
        assert_eq!(
            [mu_law(0x00), mu_law(0x80), mu_law(0xff), mu_law(0x7f)].map(|s| s * 32_768.0),
            [-32_124.0, 32_124.0, 0.0, 0.0]
        );
        assert_eq!(
            [a_law(0x2a), a_law(0xaa), a_law(0xd5), a_law(0x55)].map(|s| s * 32_768.0),
            [-32_256.0, 32_256.0, 8.0, -8.0]
        );
    }

    #[test]
    fn integers_of_every_width_mean_the_same_level() {
        assert_eq!(Coding::U8.decode(&[192]), 0.5);
        assert_eq!(Coding::I16.decode(&[0, 0x40]), 0.5);
        assert_eq!(Coding::I24.decode(&[0, 0, 0xc0]), -0.5);
        assert_eq!(Coding::I32.decode(&[0, 0, 0, 0x80]), -1.0);
        assert_eq!(Coding::F64.decode(&0.25_f64.to_le_bytes()), 0.25);
    }

    #[test]
    fn sizes_that_cannot_be_true_are_not_believed() {
        assert_eq!(data_bytes(0, 0, 44), None, "killed recorder");
        assert_eq!(data_bytes(0, 36, 44), Some(0), "honestly empty");
        assert_eq!(data_bytes(u32::MAX, u32::MAX, 44), None, "ffmpeg to a pipe");
        assert_eq!(data_bytes(0x7fff_f000, 0x7fff_f024, 44), None, "sox to a pipe");
        assert_eq!(data_bytes(4_000, 4_036, 44), Some(4_000));
    }
}
