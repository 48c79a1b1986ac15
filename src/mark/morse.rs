//! Morse: the mark that is heard: short long, short short; A and I.
//!
//! Enters: a rate. Leaves: sound. GB 45438-2025, 5.3, takes this rhythm instead of spoken words. Never here: when it is
//! played.

use std::f64::consts::TAU;

use crate::units::{SampleRate, f64_to_count, f64_to_f32, length_f64};

/// A dot, ms: 20 words a minute.
const DOT_MS: f64 = 60.0;
/// The tone: that of the other signals, which no voice detector takes for a voice.
const TONE_HZ: f64 = 1_318.5;
/// As loud as they are.
const LEVEL: f64 = 0.12;
/// Rise and fall of a tone, so that it does not click.
const RAMP_MS: f64 = 5.0;
/// Tones and silences in dots, from a tone on.
const RHYTHM: [f64; 7] = [1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 1.0];

/// The rhythm at `rate`, 0.66 s.
#[must_use]
pub fn rhythm(rate: SampleRate) -> Vec<f32> {
    let hz = f64::from(rate.hz());
    let ramp = RAMP_MS / 1_000.0 * hz;
    let mut out = Vec::new();
    for (place, dots) in RHYTHM.into_iter().enumerate() {
        let count = f64_to_count((dots * DOT_MS / 1_000.0 * hz).round());
        for at in 0..count {
            let (at, rest) = (length_f64(at), length_f64(count - at));
            let swell = (at / ramp).min(rest / ramp).min(1.0);
            let tone = (TAU * TONE_HZ * at / hz).sin() * swell * LEVEL;
            out.push(if place % 2 == 0 { f64_to_f32(tone) } else { 0.0 });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_long_short_short() {
        let rate = SampleRate::new(8_000).unwrap();
        let sound = rhythm(rate);
        assert_eq!(sound.len(), 5_280, "0.66 s");
        let loud: Vec<bool> = sound.chunks(240).map(|part| part.iter().any(|x| x.abs() > 0.06)).collect();
        let told: String = loud.iter().map(|loud| if *loud { '#' } else { '.' }).collect();
        assert_eq!(told, "##..######......##..##");
    }
}
