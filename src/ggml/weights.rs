//! Weights: the tensors of a model, walked without being read.
//!
//! Enters: the rest of a model file. Leaves: whether it is all that the dimensions ask for. Never here: the weights
//! themselves.

use std::io::{Read, Seek};

use super::{Header, HeaderError, bytes::Bytes};

/// Most bytes in a tensor's name; the longest real one is 46.
const LONGEST_NAME: u32 = 64;

impl Header {
    /// Walks the tensors to the end of the file: types known, sizes within it, and together what the dimensions ask.
    pub(super) fn check_tensors(&self, bytes: &mut Bytes<impl Read + Seek>) -> Result<(), HeaderError> {
        const PART: &str = "the weights";
        let (mut tensors, mut elements) = (0_u64, 0_u64);
        while !bytes.ended() {
            let [rank, name, stored] = [bytes.u32(PART)?, bytes.u32(PART)?, bytes.u32(PART)?];
            if !(1..=3).contains(&rank) {
                return Err(HeaderError::OutOfRange {
                    field: "tensor rank",
                    value: rank.into(),
                    allowed: "1, 2 or 3",
                });
            }
            if !(1..=LONGEST_NAME).contains(&name) {
                let (field, allowed) = ("tensor name length", "1..=64");
                return Err(HeaderError::OutOfRange { field, value: name.into(), allowed });
            }
            let Some((block, block_bytes)) = block(stored) else {
                let (field, allowed) = ("tensor type", "a type whisper.cpp stores weights in");
                return Err(HeaderError::OutOfRange { field, value: stored.into(), allowed });
            };
            let mut count = 1_u64;
            for _ in 0..rank {
                let side = bytes.u32(PART)?;
                count = count.saturating_mul(side.into());
            }
            if count == 0 || count > 0x7fff_ffff || !count.is_multiple_of(block) {
                let (field, allowed) = ("tensor elements", "whole blocks, at least one and below 2^31");
                return Err(HeaderError::OutOfRange { field, value: count, allowed });
            }
            bytes.skip(name.into(), PART)?;
            bytes.skip(count / block * block_bytes, PART)?;
            tensors += 1;
            elements += count;
        }
        let expected = self.expected_tensors();
        if tensors != expected {
            return Err(HeaderError::Incomplete { what: "tensors", found: tensors, expected });
        }
        let expected = self.expected_elements();
        if elements != expected {
            return Err(HeaderError::Incomplete { what: "weights", found: elements, expected });
        }
        Ok(())
    }

    /// Position, two convolutions and the last norm; 15 tensors an encoder layer, 24 a decoder layer.
    fn expected_tensors(&self) -> u64 {
        11 + 15 * u64::from(self.n_audio_layer) + 24 * u64::from(self.n_text_layer)
    }

    /// The weights of a Whisper of these dimensions.
    fn expected_elements(&self) -> u64 {
        let [s, mels] = [u64::from(self.n_state), u64::from(self.n_mels)];
        let encoder = s * u64::from(self.n_audio_ctx) + 3 * mels * s + 3 * s * s + 4 * s;
        let decoder = s * u64::from(self.n_text_ctx) + s * u64::from(self.n_vocab) + 2 * s;
        let layer = 12 * s * s + 12 * s;
        let cross = 4 * s * s + 5 * s;
        encoder
            + decoder
            + layer * u64::from(self.n_audio_layer)
            + (layer + cross) * u64::from(self.n_text_layer)
    }
}

/// Whether whisper.cpp computes with models stored as ggml file type `ftype`. It loads plain f32 ones (0) too, and then
/// aborts in the first convolution, which wants f16.
pub(super) const fn stored_as(ftype: u32) -> bool {
    matches!(ftype, 1..=3 | 7..=14)
}

/// Elements and bytes of a block of ggml tensor type `stored`.
const fn block(stored: u32) -> Option<(u64, u64)> {
    Some(match stored {
        0 => (1, 4),
        1 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}
