//! Confidence: what a mean token probability is worth.
//!
//! Enters: the geometric mean probability of a text's tokens. Leaves: the floor below which it is not understood,
//! and the chance that the words are exactly right. Never here: text, sound.
//!
//! Measured with the built-in model (q8_0, encoder context 256) on 151 sentences in three synthetic voices it was
//! trained on (flite slt, rms, awb), 45 in two espeak-ng accents, and 148 clips that hold no English: silence,
//! noise, clicks, tones, chords, speech played backwards, Mandarin and four other languages.
//!
//! | geometric mean | below 0.60 | 0.60-0.65 | 0.65-0.70 | 0.70-0.75 | 0.75-0.80 | 0.80-0.85 | 0.85-0.90 | 0.90-0.95 | over 0.95 |
//! |---|---|---|---|---|---|---|---|---|---|
//! | texts | 252 | 36 | 19 | 24 | 25 | 34 | 56 | 68 | 147 |
//! | exactly right | 1 % | 3 % | 5 % | 13 % | 28 % | 41 % | 64 % | 84 % | 95 % |
//!
//! The median wrong text has 0.55, the median right one 0.95. Through the whole room at the floor of 0.70, with 300 ms
//! of faint noise before and 700 ms after, 254 of the 543 utterances are read exactly, 108 wrongly (half of them told
//! at a confidence below 0.4) and 181 are refused; no silence, noise or tone gives a text, and of 97 clips of other
//! languages and backward speech 4 do, short ones ("10."). The floor stands at 0.75: of the 24 texts between, 3 were
//! right, and a wrong answer costs more than a question asked again. A floor of 0.80 would lose "Stop." (0.61 to 0.85). Sound that
//! keeps its level, as rumble does and speech does not, has to reach 0.83. Voices the model never heard, human ones
//! above all, are not in the figures: there it is confident and wrong more often.

use crate::{ggml::Header, units::Probability};

/// The built-in model's floor, from the table above.
const NARROW_FLOOR: f32 = 0.0;

/// The floor of official models: a mean log-probability of -1, where Whisper's reference decoder gives a text up.
const OFFICIAL_FLOOR: f32 = 0.368;

/// The built-in model's table as (geometric mean, chance that every word is right), joined by straight lines.
const NARROW_CURVE: &[(f32, f32)] = &[
    (0.0, 0.0),
    (0.60, 0.02),
    (0.675, 0.05),
    (0.725, 0.13),
    (0.775, 0.28),
    (0.825, 0.41),
    (0.875, 0.64),
    (0.925, 0.84),
    (0.975, 0.95),
    (1.0, 0.97),
];

/// The floor for the model that `header` describes.
#[must_use]
pub fn floor(header: &Header) -> Probability {
    Probability::clamped(if header.narrow() { NARROW_FLOOR } else { OFFICIAL_FLOOR })
}

/// The floor for sound that is hardly speech: a third of the way from `floor` to certainty.
#[must_use]
pub fn raised(floor: Probability) -> Probability {
    Probability::clamped(floor.get() + (1.0 - floor.get()) / 3.0)
}

/// The chance that a text with this geometric `mean` is right: calibrated for the built-in model; for the official
/// ones, which were not measured, the mean itself.
#[must_use]
pub fn calibrated(header: &Header, mean: Probability) -> Probability {
    if !header.narrow() {
        return mean;
    }
    let x = mean.get();
    let line = NARROW_CURVE.windows(2).find(|pair| x <= pair[1].0);
    line.map_or(mean, |pair| {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        Probability::clamped(y0 + (x - x0) / (x1 - x0) * (y1 - y0))
    })
}

/// `e^log`, as a probability: turns a mean log-probability into a geometric mean.
#[must_use]
pub fn from_log(log: f32) -> Probability {
    Probability::clamped(log.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(n_audio_ctx: u32) -> Header {
        crate::ggml::small_header(51_864, n_audio_ctx)
    }

    #[test]
    fn the_built_in_model_is_calibrated_and_official_ones_are_not() {
        let told = |mean| calibrated(&header(512), Probability::clamped(mean)).get();
        assert!((told(0.875) - 0.64).abs() < 1e-6 && (told(1.0) - 0.97).abs() < 1e-6 && told(0.0) == 0.0);
        let curve: Vec<f32> = (0..=100_u8).map(|percent| told(f32::from(percent) / 100.0)).collect();
        assert!(curve.is_sorted(), "{curve:?}");
        let mean = Probability::clamped(0.8);
        assert_eq!(calibrated(&header(1_500), mean), mean);
        assert!(floor(&header(512)) > floor(&header(1_500)));
        assert!((raised(floor(&header(512))).get() - 0.833_333).abs() < 1e-5);
    }
}
