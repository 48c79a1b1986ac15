//! Units: the numbers that cross rooms, each in a type that names its unit.
//!
//! Enters: plain numbers and strings. Leaves: values that cannot be confused with one another.
//! Numeric casts live here and nowhere else. Never here: I/O, clocks, words in a log.

use std::{fmt, num::NonZeroU32, ops::Range};

use serde::Serialize;

/// The one rate that crosses rooms on the way in: 16 kHz, what Whisper and the VAD were trained on.
pub const PIPELINE_HZ: u32 = 16_000;

/// Samples in one millisecond at [`PIPELINE_HZ`].
pub const SAMPLES_PER_MS: u64 = 16;

/// A position in a 16 kHz mono stream, in samples since its start; lost samples are counted too.
///
/// All listening decisions are taken in this unit, so a file read at 40x decides as a microphone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SampleIndex(pub u64);

impl SampleIndex {
    /// The position `ms` milliseconds after the start.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(SAMPLES_PER_MS))
    }

    /// Whole milliseconds since the start, rounded down.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0 / SAMPLES_PER_MS
    }

    /// The position `samples` later.
    #[must_use]
    pub const fn plus(self, samples: u64) -> Self {
        Self(self.0.saturating_add(samples))
    }

    /// The position `samples` earlier, never before the start.
    #[must_use]
    pub const fn minus(self, samples: u64) -> Self {
        Self(self.0.saturating_sub(samples))
    }
}

/// Milliseconds at the start and end of a span of samples.
#[must_use]
pub const fn span_ms(span: &Range<SampleIndex>) -> [u64; 2] {
    [span.start.ms(), span.end.ms()]
}

/// Samples a second, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleRate(NonZeroU32);

impl SampleRate {
    /// The rate of everything between `source` and `transcribe`.
    pub const PIPELINE: Self = Self(NonZeroU32::new(PIPELINE_HZ).expect("16000 is not zero"));

    /// A rate in Hz; `None` for 0 Hz.
    #[must_use]
    pub const fn new(hz: u32) -> Option<Self> {
        match NonZeroU32::new(hz) {
            Some(rate) => Some(Self(rate)),
            None => None,
        }
    }

    /// The rate in Hz.
    #[must_use]
    pub const fn hz(self) -> u32 {
        self.0.get()
    }

    /// The rate in Hz, in the form audio libraries ask for.
    #[must_use]
    pub const fn get(self) -> NonZeroU32 {
        self.0
    }
}

/// A probability, always within 0..=1 and never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Probability(f32);

impl Probability {
    /// Impossible.
    pub const ZERO: Self = Self(0.0);
    /// Certain.
    pub const ONE: Self = Self(1.0);

    /// `p` brought into 0..=1; NaN counts as 0, the cautious end.
    #[must_use]
    pub const fn clamped(p: f32) -> Self {
        if p.is_nan() { Self(0.0) } else { Self(p.clamp(0.0, 1.0)) }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> f32 {
        self.0
    }
}

/// A level in decibels relative to full scale: 0 is a full-scale square wave, silence is [`Dbfs::FLOOR`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Dbfs(pub f32);

impl Dbfs {
    /// What digital silence measures: below 16-bit quantisation noise (-98 dBFS).
    pub const FLOOR: Self = Self(-120.0);

    /// The RMS level of `pcm` (mono, -1..1).
    #[must_use]
    pub fn of(pcm: &[f32]) -> Self {
        if pcm.is_empty() {
            return Self::FLOOR;
        }
        let power = pcm.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / length_f64(pcm.len());
        Self(f64_to_f32(10.0 * power.max(1e-12).log10()))
    }
}

/// A turn's number. It only grows; barge-in is the next number, and what carries an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct TurnId(pub u64);

impl TurnId {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What somebody said. `Debug` prints the length only, so that words cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Words(pub String);

impl Words {
    /// The words as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing but white space was said.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} chars)", self.0.chars().count())
    }
}

/// A length as `f64`; exact below 2^53, longer than any buffer this program holds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "buffers are far shorter than 2^53 samples")]
pub const fn length_f64(n: usize) -> f64 {
    n as f64
}

/// A length as `f32`; a count over 2^24 loses its last digits, harmless for a mean or a level.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "used for means and levels, where the last digits do not matter"
)]
pub const fn length_f32(n: usize) -> f32 {
    n as f32
}

/// `x` at single precision; out-of-range values become infinite, as IEEE 754 rounds them.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the one place where precision is dropped on purpose")]
pub const fn f64_to_f32(x: f64) -> f32 {
    x as f32
}

/// A sample in -1..1 as 16-bit PCM, clipped; NaN becomes 0.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "clamped to i16's range first; `as` maps NaN to 0")]
pub fn pcm_to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}

/// `x` as a count, clipped to `usize`'s range; NaN becomes 0.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates and maps NaN to 0, which is the contract"
)]
pub const fn f64_to_count(x: f64) -> usize {
    x as usize
}

/// A length as `u64`; `usize` is never wider on a supported machine.
#[must_use]
pub const fn length_u64(n: usize) -> u64 {
    n as u64
}
