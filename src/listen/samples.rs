//! Samples: the user's own wake phrase, and how much a sound begins like it.
//!
//! Enters: the sound of each sample, and later of utterances, trimmed to what sounds. Leaves: a likeness, or which sample
//! to say again. Two sounds are compared by dynamic time warping, so that a slower one is still the same. Never here: files,
//! samples of sound beyond the call: what is kept are features.
//!
//! Measured on four synthetic voices, three samples each at other speeds and pitches: the samples are 5 to 12 apart, the
//! same voice's other calls 6 to 8 from the nearest (9 to 11 with a command behind), its "hey commuter" 15 to 18, its other
//! sentences 20 to 35, and other voices' calls 17 to 32. So a voice's own samples tell near words apart where the recogniser
//! cannot, and samples in foreign voices, such as the installed speech programs', would tell nothing.

use serde::{Deserialize, Serialize};

use super::features::{COEFFICIENTS, ROWS_A_SECOND, Row, rows};
use crate::units::{Probability, length_f32};

/// How many samples are asked for.
pub const WANTED: usize = 3;

/// Rows of the shortest and the longest sample: 0.35 s and 2.5 s.
const LEAST_ROWS: usize = ROWS_A_SECOND * 35 / 100;
const MOST_ROWS: usize = ROWS_A_SECOND * 5 / 2;

/// A sample this many times farther from the others than they are from each other is another phrase, or spoilt.
const ODD: f32 = 1.6;

/// No two tries of one phrase by one speaker measured farther apart than this.
const FARTHEST: f32 = 14.0;

/// The user's own samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// Says what the rows are, so that those of another version are not compared.
    version: u32,
    samples: Vec<Vec<Row>>,
    /// How far they are from each other.
    spread: f32,
}

/// What is wrong with a sample, by its place among those given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Less than a third of a second sounds.
    TooShort(usize),
    /// More than two and a half seconds sound.
    TooLong(usize),
    /// It is unlike the others.
    Unlike(usize),
    /// Fewer than were asked for.
    TooFew,
}

impl Unfit {
    /// Which one, where it is one of those given.
    #[must_use]
    pub const fn at(self) -> Option<usize> {
        match self {
            Self::TooShort(at) | Self::TooLong(at) | Self::Unlike(at) => Some(at),
            Self::TooFew => None,
        }
    }
}

/// Tries of one phrase are never nearer than this to each other; copies of one recording are.
const LEAST_SPREAD: f32 = 3.0;

/// The form of the rows.
const VERSION: u32 = 1;

impl Samples {
    /// Learns from `sounds`, each trimmed to the phrase.
    ///
    /// # Errors
    /// Which one has to be said again, and why.
    pub fn learn(sounds: &[&[f32]]) -> Result<Self, Unfit> {
        if sounds.len() < WANTED {
            return Err(Unfit::TooFew);
        }
        let samples: Vec<Vec<Row>> = sounds.iter().map(|sound| rows(sound)).collect();
        if let Some(at) = samples.iter().position(|sample| sample.len() < LEAST_ROWS) {
            return Err(Unfit::TooShort(at));
        }
        if let Some(at) = samples.iter().position(|sample| sample.len() > MOST_ROWS) {
            return Err(Unfit::TooLong(at));
        }
        // How far each is from its nearest: one that is far from all others is odd.
        let nearest: Vec<f32> = (0..samples.len())
            .map(|at| {
                let others = samples.iter().enumerate().filter(|(other, _)| *other != at);
                others.map(|(_, other)| whole(&samples[at], other)).fold(f32::INFINITY, f32::min)
            })
            .collect();
        let closest = nearest.iter().copied().fold(f32::INFINITY, f32::min);
        let oddest = nearest.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((at, apart)) =
            oddest.filter(|(_, apart)| **apart > (closest.max(LEAST_SPREAD) * ODD).min(FARTHEST))
        {
            return Err(if apart.is_finite() { Unfit::Unlike(at) } else { Unfit::TooShort(at) });
        }
        let spread = (nearest.iter().sum::<f32>() / length_f32(nearest.len())).max(LEAST_SPREAD);
        Ok(Self { version: VERSION, samples, spread })
    }

    /// Whether these can be compared with what this program hears: read from a file, they may be anything.
    #[must_use]
    pub fn usable(&self) -> bool {
        let fits = |sample: &Vec<Row>| {
            (LEAST_ROWS..=MOST_ROWS).contains(&sample.len()) && sample.iter().flatten().all(|x| x.is_finite())
        };
        self.version == VERSION
            && (WANTED..=10).contains(&self.samples.len())
            && self.samples.iter().all(fits)
            && self.spread.is_finite()
            && self.spread > 0.0
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// How much `sound`, trimmed to what sounds, begins like the samples: 0.5 at half as far again as they are from each
    /// other.
    #[must_use]
    pub fn likeness(&self, sound: &[f32]) -> Probability {
        let most = self.samples.iter().map(Vec::len).max().unwrap_or(0) * 2 * (16_000 / ROWS_A_SECOND);
        let heard = rows(&sound[..sound.len().min(most)]);
        let apart = self.samples.iter().map(|sample| beginning(sample, &heard)).fold(f32::INFINITY, f32::min);
        if !apart.is_finite() {
            return Probability::ZERO;
        }
        Probability::clamped(1.0 / (1.0 + (8.0 * (apart / self.spread - 1.5)).exp()))
    }
}

/// How far two sounds are from each other as wholes.
fn whole(a: &[Row], b: &[Row]) -> f32 {
    warp(a, b).last().copied().unwrap_or(f32::INFINITY)
}

/// How far `sample` is from the beginning of `heard` that is nearest to it.
fn beginning(sample: &[Row], heard: &[Row]) -> f32 {
    let least = sample.len() / 2;
    warp(sample, heard).into_iter().skip(least).fold(f32::INFINITY, f32::min)
}

/// The mean distance along the best path that pairs all of `sample` with each beginning of `heard`, by its length.
fn warp(sample: &[Row], heard: &[Row]) -> Vec<f32> {
    // (sum of distances, steps) of the best path to each row of `heard`, for the last row of `sample` that was done.
    let mut before: Vec<(f32, f32)> = Vec::new();
    for (at, row) in sample.iter().enumerate() {
        let mut now: Vec<(f32, f32)> = Vec::with_capacity(heard.len());
        for (other, heard) in heard.iter().enumerate() {
            let apart = distance(row, heard);
            let from = [
                (other > 0).then(|| now[other - 1]),
                (at > 0).then(|| before[other]),
                (at > 0 && other > 0).then(|| before[other - 1]),
            ];
            let best = from.into_iter().flatten().min_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
            let (sum, steps) = best.unwrap_or((0.0, 0.0));
            now.push((sum + apart, steps + 1.0));
        }
        before = now;
    }
    before.into_iter().map(|(sum, steps)| sum / steps).collect()
}

fn distance(a: &Row, b: &Row) -> f32 {
    (0..COEFFICIENTS).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt()
}
