//! Features: sound as a speaker's mouth shapes it, without its loudness and the room's colour.
//!
//! Enters: 16 kHz mono samples. Leaves: a row of cepstral coefficients (MFCC) every 10 ms, their mean taken out. From
//! them no voice can be played back. Never here: a comparison.

use std::{f32::consts::PI, sync::LazyLock};

use crate::units::{PIPELINE_HZ, f64_to_count, f64_to_f32, length_f32, length_f64};

/// Coefficients in a row; the first of the cosine transform, which is loudness, is left out.
pub const COEFFICIENTS: usize = 12;

/// Rows a second.
pub const ROWS_A_SECOND: usize = 100;

const HOP: usize = 160;
const WINDOW: usize = 400;
const SIZE: usize = 512;
const BANDS: usize = 24;

/// What 10 ms sound like.
pub type Row = [f32; COEFFICIENTS];

struct Tables {
    window: Vec<f32>,
    /// Weights of each band, and the bin of the first.
    bands: Vec<(usize, Vec<f32>)>,
    /// Cosine and sine of each `SIZE`th of a turn.
    turns: Vec<(f32, f32)>,
    cosines: Vec<[f32; BANDS]>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let part = |at: usize, of: usize| length_f32(at) / length_f32(of);
    let mel = |hz: f64| 1127.0 * (hz / 700.0).ln_1p();
    let (low, high) = (mel(100.0), mel(7_000.0));
    let edge = |at: usize| {
        let mel = low + (high - low) * length_f64(at) / length_f64(BANDS + 1);
        700.0 * ((mel / 1127.0).exp() - 1.0) * length_f64(SIZE) / f64::from(PIPELINE_HZ)
    };
    let band = |at: usize| {
        let (left, middle, right) = (edge(at), edge(at + 1), edge(at + 2));
        let (first, last) = (f64_to_count(left.ceil()), f64_to_count(right.floor()));
        let weight = |bin: usize| {
            let bin = length_f64(bin);
            f64_to_f32(((bin - left) / (middle - left)).min((right - bin) / (right - middle)).max(0.0))
        };
        (first, (first..=last).map(weight).collect())
    };
    Tables {
        window: (0..WINDOW).map(|at| 0.54 - 0.46 * (2.0 * PI * part(at, WINDOW - 1)).cos()).collect(),
        bands: (0..BANDS).map(band).collect(),
        turns: (0..SIZE / 2).map(|at| (2.0 * PI * part(at, SIZE)).sin_cos()).map(|(s, c)| (c, -s)).collect(),
        cosines: (1..=COEFFICIENTS)
            .map(|k| {
                std::array::from_fn(|n| {
                    (PI * length_f32(k) * (length_f32(n) + 0.5) / length_f32(BANDS)).cos()
                })
            })
            .collect(),
    }
});

/// The rows of `pcm`; none where it is shorter than 25 ms.
#[must_use]
pub fn rows(pcm: &[f32]) -> Vec<Row> {
    let tables = &*TABLES;
    let mut rows: Vec<Row> = Vec::new();
    let mut at = 0;
    while at + WINDOW <= pcm.len() {
        rows.push(row(&pcm[at..at + WINDOW], tables));
        at += HOP;
    }
    let count = length_f32(rows.len().max(1));
    for k in 0..COEFFICIENTS {
        let mean = rows.iter().map(|row| row[k]).sum::<f32>() / count;
        rows.iter_mut().for_each(|row| row[k] -= mean);
    }
    rows
}

fn row(sound: &[f32], tables: &Tables) -> Row {
    let mut wave = [(0.0_f32, 0.0_f32); SIZE];
    let mut before = sound[0];
    for ((slot, sample), weight) in wave.iter_mut().zip(sound).zip(&tables.window) {
        // Speech falls by 6 dB an octave; this lifts its upper formants to the lower ones' level.
        slot.0 = (sample - 0.97 * before) * weight;
        before = *sample;
    }
    transform(&mut wave, &tables.turns);
    let power = |bin: usize| wave[bin].0.powi(2) + wave[bin].1.powi(2);
    let levels: Vec<f32> = tables
        .bands
        .iter()
        .map(|(first, weights)| {
            let sum: f32 = weights.iter().enumerate().map(|(at, weight)| weight * power(first + at)).sum();
            (sum + 1e-7).ln()
        })
        .collect();
    std::array::from_fn(|k| tables.cosines[k].iter().zip(&levels).map(|(cosine, level)| cosine * level).sum())
}

/// The discrete Fourier transform, in place.
fn transform(wave: &mut [(f32, f32); SIZE], turns: &[(f32, f32)]) {
    let bits = SIZE.trailing_zeros();
    for at in 0..SIZE {
        let other = at.reverse_bits() >> (usize::BITS - bits);
        if other > at {
            wave.swap(at, other);
        }
    }
    let mut half = 1;
    while half < SIZE {
        for start in (0..SIZE).step_by(2 * half) {
            for at in 0..half {
                let (cosine, sine) = turns[at * (SIZE / 2 / half)];
                let (a, b) = (wave[start + at], wave[start + at + half]);
                let turned = (b.0 * cosine - b.1 * sine, b.0 * sine + b.1 * cosine);
                wave[start + at] = (a.0 + turned.0, a.1 + turned.1);
                wave[start + at + half] = (a.0 - turned.0, a.1 - turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_finds_a_tone_and_keeps_its_power() {
        let mut wave = [(0.0, 0.0); SIZE];
        for (at, slot) in wave.iter_mut().enumerate() {
            slot.0 = (2.0 * PI * 37.0 * length_f32(at) / length_f32(SIZE)).cos();
        }
        transform(&mut wave, &TABLES.turns);
        let power: Vec<f32> = wave.iter().map(|(re, im)| re * re + im * im).collect();
        for (bin, power) in power.iter().enumerate() {
            let expected = if bin == 37 || bin == SIZE - 37 { 65_536.0 } else { 0.0 };
            assert!((power - expected).abs() < 1.0, "bin {bin}: {power}");
        }
    }

    #[test]
    fn loudness_does_not_matter_and_sound_does() {
        let tone = |hz: f32, level: f32| -> Vec<f32> {
            (0..8_000)
                .map(|at| {
                    level * (2.0 * PI * hz * length_f32(at) * (1.0 + length_f32(at) / 1e5) / 16_000.0).sin()
                })
                .collect()
        };
        let apart = |a: &[Row], b: &[Row]| -> f32 {
            a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs())).sum()
        };
        let (loud, soft, other) = (rows(&tone(300.0, 0.5)), rows(&tone(300.0, 0.2)), rows(&tone(900.0, 0.5)));
        assert_eq!(loud.len(), (8_000 - WINDOW) / HOP + 1);
        assert!(apart(&loud, &soft) * 20.0 < apart(&loud, &other));
        assert!(rows(&[0.0; WINDOW - 1]).is_empty());
        assert!(rows(&[0.0; 4_000]).iter().flatten().all(|x| x.is_finite()));
    }
}
