//! Confidence: how probable words must be to be believed.
//!
//! Enters: the model's dimensions. Leaves: the floor below which a read is not understood. Never here: text, sound, how
//! the probability is come by: [`super::trust`] for the built-in model, the tokens' geometric mean for official ones.

use crate::{ggml::Header, units::Probability};

/// The built-in model's floor, a chance to be right. Of its calibration clips three in a thousand without a command reach it,
/// one in six wrongly read commands does, and eleven of twelve rightly read ones do; at 0.65 one wrong one in five does. The
/// model card has the table.
const NARROW_FLOOR: f32 = 0.75;

/// The floor of official models, not measured here: a mean log-probability of -1, where Whisper's reference decoder
/// gives a text up.
const OFFICIAL_FLOOR: f32 = 0.368;

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

/// `e^log`, as a probability: turns a mean log-probability into a geometric mean.
#[must_use]
pub fn from_log(log: f32) -> Probability {
    Probability::clamped(log.exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ggml::small_header;

    #[test]
    fn the_built_in_model_must_be_surer() {
        let (built_in, official) = (floor(&small_header(51_864, 512)), floor(&small_header(51_864, 1_500)));
        assert!(built_in > official);
        assert!(raised(built_in) > built_in && raised(built_in) < Probability::ONE);
        assert!((from_log(0.5_f32.ln()).get() - 0.5).abs() < 1e-6);
    }
}
