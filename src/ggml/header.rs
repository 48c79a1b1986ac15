//! Header: the dimensions of a model, its mel filters and its vocabulary.
//!
//! Enters: a file's bytes. Leaves: the model's dimensions, or what is wrong with it. Never here: a number that was
//! believed before it was found in its range.

use std::io::{Read, Seek};

use super::{HeaderError, MAGIC, bytes::Bytes, weights::stored_as};

/// "GGUF", the mark of a later format.
const GGUF: u32 = 0x4655_4747;

/// Most bytes in a vocabulary entry; the longest real one is 128 spaces.
const LONGEST_TOKEN: u32 = 1_024;

/// Bins of the spectrum that the mel filters weigh: half of whisper.cpp's 400-point FFT and one.
const FFT_BINS: u32 = 201;

/// The model's dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Tokens: 51864 English only, 51865 multilingual, 51866 with Cantonese.
    pub n_vocab: u32,
    /// Encoder positions of 20 ms: the window. 1500 in official models.
    pub n_audio_ctx: u32,
    /// Width of the model.
    pub n_state: u32,
    /// Encoder layers.
    pub n_audio_layer: u32,
    /// Longest text in tokens.
    pub n_text_ctx: u32,
    /// Decoder layers.
    pub n_text_layer: u32,
    /// Mel bands.
    pub n_mels: u32,
    /// ggml's number for how the weights are stored (1 f16, 7 q8_0, …).
    pub ftype: u32,
}

impl Header {
    /// Reads and checks the frame of the model in `file`, which is `length` bytes long; weights are skipped.
    ///
    /// # Errors
    /// [`HeaderError`] names what is wrong.
    pub fn read(file: impl Read + Seek, length: u64) -> Result<Self, HeaderError> {
        let mut bytes = Bytes::new(file, length);
        let found = bytes.u32("the mark")?;
        match found {
            MAGIC => {}
            GGUF => return Err(HeaderError::Gguf),
            _ => return Err(HeaderError::NotGgml { found }),
        }
        let header = Self::dimensions(&mut bytes)?;
        header.skip_filters(&mut bytes)?;
        header.skip_vocabulary(&mut bytes)?;
        header.check_tensors(&mut bytes)?;
        Ok(header)
    }

    /// Whether the model knows other languages than English.
    #[must_use]
    pub const fn multilingual(&self) -> bool {
        self.n_vocab >= 51_865
    }

    /// How many languages it knows.
    #[must_use]
    pub const fn languages(&self) -> u32 {
        if self.multilingual() { self.n_vocab - 51_766 } else { 1 }
    }

    /// Whether the window is shorter than the official models' 30 s, as only the built-in one's is.
    #[must_use]
    pub const fn narrow(&self) -> bool {
        self.n_audio_ctx < 1_500
    }

    /// Samples that fit the model's window: 20 ms a position.
    #[must_use]
    pub fn window_samples(&self) -> usize {
        usize::try_from(self.n_audio_ctx).unwrap_or(usize::MAX).saturating_mul(320)
    }

    fn dimensions(bytes: &mut Bytes<impl Read + Seek>) -> Result<Self, HeaderError> {
        let mut field = |name: &'static str, allowed: &'static str, fits: fn(u32) -> bool| {
            let value = bytes.u32("the dimensions")?;
            if fits(value) {
                Ok(value)
            } else {
                Err(HeaderError::OutOfRange { field: name, value: value.into(), allowed })
            }
        };
        let n_vocab = field("n_vocab", "51864, 51865 or 51866", |n| (51_864..=51_866).contains(&n))?;
        let n_audio_ctx = field("n_audio_ctx", "a multiple of 8 in 64..=1500, or 1500", |n| {
            (64..=1_500).contains(&n) && (n % 8 == 0 || n == 1_500)
        })?;
        let n_state = field("n_audio_state", "a multiple of 32 in 32..=2048", |n| {
            (32..=2_048).contains(&n) && n % 32 == 0
        })?;
        let n_audio_head = field("n_audio_head", "1..=32", |n| (1..=32).contains(&n))?;
        let n_audio_layer =
            field("n_audio_layer", "4, 6, 12, 24 or 32", |n| [4, 6, 12, 24, 32].contains(&n))?;
        let n_text_ctx = field("n_text_ctx", "64..=448", |n| (64..=448).contains(&n))?;
        let n_text_state = field("n_text_state", "n_audio_state", |_| true)?;
        let n_text_head = field("n_text_head", "1..=32", |n| (1..=32).contains(&n))?;
        let n_text_layer = field("n_text_layer", "1..=32", |n| (1..=32).contains(&n))?;
        let n_mels = field("n_mels", "80 or 128", |n| n == 80 || n == 128)?;
        let ftype =
            field("ftype", "1, 2, 3, 7, 8, 9 or a k-quant 10..=14", |n| n < 10_000 && stored_as(n % 1_000))?;
        if n_text_state != n_state {
            let (field, allowed) = ("n_text_state", "the same as n_audio_state");
            return Err(HeaderError::OutOfRange { field, value: n_text_state.into(), allowed });
        }
        for (field, heads) in [("n_audio_head", n_audio_head), ("n_text_head", n_text_head)] {
            if n_state % heads != 0 {
                let allowed = "a divisor of n_audio_state";
                return Err(HeaderError::OutOfRange { field, value: heads.into(), allowed });
            }
        }
        let ftype = ftype % 1_000;
        if ftype >= 10 && n_state % 256 != 0 {
            let (field, allowed) = ("n_audio_state", "a multiple of 256 with k-quants");
            return Err(HeaderError::OutOfRange { field, value: n_state.into(), allowed });
        }
        Ok(Self { n_vocab, n_audio_ctx, n_state, n_audio_layer, n_text_ctx, n_text_layer, n_mels, ftype })
    }

    fn skip_filters(&self, bytes: &mut Bytes<impl Read + Seek>) -> Result<(), HeaderError> {
        const PART: &str = "the mel filters";
        let bands = bytes.u32(PART)?;
        if bands != self.n_mels {
            return Err(HeaderError::OutOfRange {
                field: "mel filter bands",
                value: bands.into(),
                allowed: "n_mels",
            });
        }
        let bins = bytes.u32(PART)?;
        if bins != FFT_BINS {
            return Err(HeaderError::OutOfRange {
                field: "mel filter bins",
                value: bins.into(),
                allowed: "201",
            });
        }
        bytes.skip(u64::from(bands) * u64::from(bins) * 4, PART)
    }

    fn skip_vocabulary(&self, bytes: &mut Bytes<impl Read + Seek>) -> Result<(), HeaderError> {
        const PART: &str = "the vocabulary";
        let entries = bytes.u32(PART)?;
        if entries > self.n_vocab {
            let (field, allowed) = ("vocabulary entries", "at most n_vocab");
            return Err(HeaderError::OutOfRange { field, value: entries.into(), allowed });
        }
        let mut space = false;
        for _ in 0..entries {
            let size = bytes.u32(PART)?;
            if size > LONGEST_TOKEN {
                let (field, allowed) = ("vocabulary entry length", "at most 1024");
                return Err(HeaderError::OutOfRange { field, value: size.into(), allowed });
            }
            if size == 1 {
                space |= bytes.array::<1>(PART)? == *b" ";
            } else {
                bytes.skip(size.into(), PART)?;
            }
        }
        // whisper.cpp looks the space up to suppress it, and dies where there is none.
        if space {
            Ok(())
        } else {
            Err(HeaderError::Incomplete { what: "tokens for a space", found: 0, expected: 1 })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    static BUILT_IN: &[u8] = include_bytes!("../../models/builtin-en-q8_0.bin");

    fn read(bytes: &[u8]) -> Result<Header, HeaderError> {
        Header::read(Cursor::new(bytes), crate::units::length_u64(bytes.len()))
    }

    /// The built-in model's first kilobytes with one number of its dimensions replaced.
    fn with(field: usize, value: u32) -> HeaderError {
        let mut bytes = BUILT_IN[..100_000].to_vec();
        bytes[4 + 4 * field..8 + 4 * field].copy_from_slice(&value.to_le_bytes());
        read(&bytes).unwrap_err()
    }

    #[test]
    fn the_built_in_model_is_read() {
        let header = read(BUILT_IN).unwrap();
        assert_eq!(
            (header.n_vocab, header.n_audio_ctx, header.n_audio_layer, header.n_text_layer),
            (51_864, 512, 4, 2)
        );
        assert_eq!(
            (header.ftype, header.n_state),
            (7, 192),
            "whisper.cpp's quantisation version is left out"
        );
        assert!(!header.multilingual() && header.narrow());
        assert_eq!((header.languages(), header.window_samples()), (1, 163_840));
    }

    #[test]
    fn each_bad_dimension_is_named() {
        let cases = [
            (0, 51_863, "n_vocab"),
            (1, 1_508, "n_audio_ctx"),
            (2, 100, "n_audio_state"),
            (3, 5, "n_audio_head"),
            (4, 5, "n_audio_layer"),
            (5, u32::MAX, "n_text_ctx"),
            (6, 224, "n_text_state"),
            (7, 0, "n_text_head"),
            (8, 0, "n_text_layer"),
            (9, 79, "n_mels"),
            (10, 0, "ftype"),
            (10, 2_012, "n_audio_state"),
        ];
        for (at, value, name) in cases {
            match with(at, value) {
                HeaderError::OutOfRange { field, .. } => assert_eq!(field, name),
                other => panic!("{name} = {value}: {other}"),
            }
        }
        let mut bytes = BUILT_IN.to_vec();
        bytes[8..12].copy_from_slice(&1_500_u32.to_le_bytes());
        assert!(matches!(read(&bytes), Err(HeaderError::Incomplete { what: "weights", .. })));
    }

    #[test]
    fn a_model_without_a_space_token_is_refused() {
        let mut bytes = BUILT_IN[..100_000].to_vec();
        let space = bytes.windows(5).position(|entry| entry == b"\x01\0\0\0 ").unwrap() + 4;
        bytes[space] = b'_';
        let whole = [&bytes[..], &BUILT_IN[100_000..]].concat();
        assert!(matches!(read(&whole), Err(HeaderError::Incomplete { expected: 1, .. })));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600), mark: bool) {
            let head = MAGIC.to_le_bytes();
            let file = [if mark { &head[..] } else { &[] }, &bytes].concat();
            proptest::prop_assert!(read(&file).is_err());
        }

        #[test]
        fn a_damaged_frame_never_reads_past_the_file(at in 0_usize..700_000, to: u8, cut in 48_usize..700_000) {
            let mut bytes = BUILT_IN[..cut.max(at + 1)].to_vec();
            bytes[at] = to;
            proptest::prop_assert!(read(&bytes).is_err());
        }
    }
}
