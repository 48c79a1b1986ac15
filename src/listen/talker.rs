//! Talker: how loud the one is who talks to us, and who is too far below that to be them.
//!
//! Enters: the levels of frames that hold speech. Leaves: whether a level is that of somebody in the background, such as
//! a television. Never here: a decision where an utterance ends.

use std::collections::VecDeque;

use crate::units::Dbfs;

/// Frames over which a level is taken, 64 ms: a single frame swings with the pitch.
const SPREAD: usize = 4;

/// Frames of speech whose level is compared: one second.
const SECOND: usize = 62;

/// Fewer frames of speech, 200 ms, tell nothing.
const FEWEST: usize = 12;

/// The level of a second is that of its loudest frames but these, a seventh: vowels, not a slammed door. A command as
/// short as "stop" over a television has as many.
const LOUDEST: usize = 7;

/// Who is this far below the talker, in dB, is somebody else. Measured on flite and espeak-ng voices: at 13 a television 12 dB
/// below held half of the turns a second too long, at 10.5 it holds none, and every sentence keeps its words.
const MARGIN: f32 = 10.5;

/// How much softer than before, in dB, a talker may go on: a wake phrase is called, a command is said.
const SOFTER: f32 = 10.0;

/// The mean power of the last [`SPREAD`] frames.
#[derive(Debug, Default)]
pub(super) struct Spread {
    powers: [f32; SPREAD],
    at: usize,
}

impl Spread {
    /// Takes the level of the next frame and gives the mean.
    pub(super) fn take(&mut self, level: Dbfs) -> Dbfs {
        self.powers[self.at] = 10_f32.powf(level.0 / 10.0);
        self.at = (self.at + 1) % SPREAD;
        let mean = self.powers.iter().sum::<f32>() * (1.0 / 4.0);
        Dbfs(10.0 * mean.max(1e-12).log10())
    }
}

/// The talker's level, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Talker {
    lately: VecDeque<Dbfs>,
    level: Option<Dbfs>,
}

impl Talker {
    /// Somebody who was heard at `before`, if anybody was.
    pub(super) fn after(before: Option<Dbfs>) -> Self {
        Self { lately: VecDeque::new(), level: before.map(|level| Dbfs(level.0 - SOFTER)) }
    }

    /// Takes the level of the next frame that holds speech. The loudest second counts: a television that was on before
    /// is softer, and sentences end softer than they begin.
    pub(super) fn take(&mut self, level: Dbfs) {
        if self.lately.len() >= SECOND {
            self.lately.pop_front();
        }
        self.lately.push_back(level);
        if self.lately.len() >= FEWEST && self.level.is_none_or(|known| level.0 > known.0) {
            let mut sorted: Vec<f32> = self.lately.iter().map(|level| level.0).collect();
            sorted.sort_unstable_by(f32::total_cmp);
            let loud = Dbfs(sorted[sorted.len() - 1 - sorted.len() / LOUDEST]);
            self.level = Some(self.level.map_or(loud, |known| Dbfs(known.0.max(loud.0))));
        }
    }

    /// Whether `level` is that of somebody in the background.
    pub(super) fn hides(&self, level: Dbfs) -> bool {
        self.level.is_some_and(|known| level.0 < known.0 - MARGIN)
    }

    /// The level, if it is known.
    pub(super) const fn level(&self) -> Option<Dbfs> {
        self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(talker: &mut Talker, level: f32, frames: usize) {
        (0..frames).for_each(|n| talker.take(Dbfs(if n % 3 == 0 { level - 8.0 } else { level })));
    }

    #[test]
    fn the_loudest_second_is_the_talker() {
        let mut talker = Talker::default();
        assert!(!talker.hides(Dbfs(-100.0)), "nobody is known yet");
        speech(&mut talker, -40.0, 200);
        assert!(!talker.hides(Dbfs(-50.0)) && talker.hides(Dbfs(-51.0)));
        speech(&mut talker, -20.0, 14);
        assert!(talker.hides(Dbfs(-40.0)), "the television of before");
        speech(&mut talker, -35.0, 200);
        assert!(talker.hides(Dbfs(-40.0)), "a louder second is not forgotten");
    }

    #[test]
    fn a_slam_is_no_talker_and_a_softer_sentence_is_the_same_one() {
        let mut talker = Talker::default();
        speech(&mut talker, -40.0, 100);
        speech(&mut talker, -5.0, 4);
        assert!(!talker.hides(Dbfs(-49.0)));
        let later = Talker::after(talker.level());
        assert!(!later.hides(Dbfs(-60.0)) && later.hides(Dbfs(-61.0)));
    }
}
