//! Riff: reads the WAV that speech programs write.
//!
//! Enters: bytes of a foreign program. Leaves: mono [`Sound`]. Never here: trust in a length. `espeak-ng --stdout`
//! writes the header before it knows the length (`0x7ffff000`), others write 0 or `0xffffffff`; so a data chunk ends
//! where the bytes end. A length that was meant and is not there is sound that was cut off. (hound, which writes our own files, refuses such headers.)

use super::sound::Sound;
use crate::units::SampleRate;

/// From this length on a header only says "until the end"; no sentence lasts the hours it would mean.
const UNTIL_THE_END: usize = 0x7fff_0000;

/// The sound in `bytes`, 16-bit PCM of one or two channels.
pub(super) fn read(bytes: &[u8]) -> Result<Sound, &'static str> {
    if bytes.is_empty() {
        return Err("nothing at all");
    }
    let body = bytes.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..)).ok_or("not a WAV file")?;
    let mut rest = body.strip_prefix(b"WAVE").ok_or("not a WAV file")?;
    let mut format = None;
    while let Some((name, after)) = rest.split_first_chunk::<4>() {
        let (length, after) = after.split_first_chunk::<4>().ok_or("a chunk without a length")?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let chunk = after.get(..length).unwrap_or(after);
        match name {
            b"fmt " => format = Some(Format::read(chunk)?),
            b"data" if chunk.len() < length && length < UNTIL_THE_END => {
                return Err("sound that was cut off");
            }
            b"data" => {
                return Ok(format.ok_or("sound before its format")?.decode(if length == 0 {
                    after
                } else {
                    chunk
                }));
            }
            _ => {}
        }
        // Chunks are padded to even lengths.
        rest = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    Err("no sound in the WAV file")
}

struct Format {
    channels: usize,
    rate: SampleRate,
}

impl Format {
    fn read(chunk: &[u8]) -> Result<Self, &'static str> {
        let &[tag_lo, tag_hi, channels, 0, r0, r1, r2, r3, _, _, _, _, _, _, bits, 0, ..] = chunk else {
            return Err("a broken format chunk");
        };
        // 1 is plain PCM, 0xfffe "extensible", which may hold the same.
        if !matches!(u16::from_le_bytes([tag_lo, tag_hi]), 1 | 0xfffe)
            || bits != 16
            || !(1..=2).contains(&channels)
        {
            return Err("not 16-bit PCM of one or two channels");
        }
        let hz = u32::from_le_bytes([r0, r1, r2, r3]);
        let rate = SampleRate::new(hz)
            .filter(|_| (4_000..=192_000).contains(&hz))
            .ok_or("a rate outside 4 to 192 kHz")?;
        Ok(Self { channels: usize::from(channels), rate })
    }

    fn decode(&self, data: &[u8]) -> Sound {
        let samples =
            data.as_chunks::<2>().0.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0);
        let pcm = if self.channels == 1 {
            samples.collect()
        } else {
            samples
                .collect::<Vec<_>>()
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[left, right]| f32::midpoint(*left, *right))
                .collect()
        };
        Sound { rate: self.rate, pcm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(data_length: u32, channels: u8, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend([channels, 0, 0x22, 0x56, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0]);
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(data_length.to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_length_that_lies_either_way_does_no_harm() {
        for length in [0, 4, 0x7fff_f000, u32::MAX] {
            let sound = read(&wav(length, 1, &[0, 0x40, 0, 0xc0])).unwrap();
            assert_eq!((sound.rate.hz(), sound.pcm.as_slice()), (22_050, &[0.5, -0.5][..]), "{length:#x}");
        }
    }

    #[test]
    fn sound_that_was_cut_off_is_no_reply() {
        assert_eq!(read(&wav(400, 1, &[0, 0x40, 0, 0xc0])).err(), Some("sound that was cut off"));
    }

    #[test]
    fn two_channels_become_one() {
        assert_eq!(read(&wav(4, 2, &[0, 0x40, 0, 0])).unwrap().pcm, [0.25]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(tail in proptest::collection::vec(0_u8..=255, 0..80), cut in 0_usize..120) {
            let mut bytes = wav(4, 1, &tail);
            bytes.truncate(cut);
            let _ = read(&bytes);
            let _ = read(&tail);
        }
    }
}
