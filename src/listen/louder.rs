//! Louder: whether somebody is louder than the echo of Mynah's voice could be.
//!
//! Enters: how loud each frame was played, and how loud the microphone heard it. Leaves: yes or no. What share of its voice
//! comes back is learnt from all that is heard meanwhile, so no delay and no filter has to be known. Never here: sound.

use std::collections::VecDeque;

use crate::units::Dbfs;

/// Frames for which what is played may still be on its way: 480 ms.
const ON_ITS_WAY: usize = 30;

/// Played sound below this tells nothing.
const PLAYED: Dbfs = Dbfs(-45.0);

/// Frames of Mynah's voice until the share is known: 1 s.
const LEARNT: u32 = 62;

/// How fast the share that comes back follows what is heard, dB a frame: one frame in eleven lies above it. Two seconds of the
/// user's words lift it by no more than a third of what they are louder, since they hold pauses too.
const RISE: f32 = 0.3;
const FALL: f32 = 0.03;

/// So far above the share, in dB, no echo is.
const MARGIN: f32 = 7.0;

/// Learns what share of Mynah's voice comes back.
#[derive(Debug, Default)]
pub(super) struct Louder {
    /// How loud it was played lately.
    played: VecDeque<f32>,
    /// The level in the microphone over the loudest of `played`, dB.
    share: f32,
    learnt: u32,
}

impl Louder {
    /// Whether the share that comes back is known.
    pub(super) const fn knows(&self) -> bool {
        self.learnt >= LEARNT
    }

    /// Takes the next frame: whether it is louder than an echo.
    pub(super) fn take(&mut self, played: Dbfs, heard: Dbfs) -> bool {
        if self.played.len() > ON_ITS_WAY {
            self.played.pop_front();
        }
        self.played.push_back(played.0);
        let loudest = self.played.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if loudest < PLAYED.0 {
            return false;
        }
        let above = heard.0 - loudest;
        if !self.knows() {
            self.share = if self.learnt == 0 { above } else { self.share.max(above) };
            self.learnt += 1;
            return false;
        }
        let louder = above > self.share + MARGIN;
        self.share += if above > self.share { RISE } else { -FALL };
        louder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice: syllables of 128 ms with gaps.
    fn voice(frame: usize) -> f32 {
        [-14.0, -11.0, -12.0, -20.0, -50.0, -13.0, -10.0, -35.0][frame % 8]
    }

    /// How often `louder` says yes in `frames` of a voice whose echo comes 160 ms late at `share` dB, with `user` beside it.
    fn yes(louder: &mut Louder, frames: usize, share: f32, user: Option<f32>) -> usize {
        let echo = |frame: usize| if frame < 10 { -80.0 } else { voice(frame - 10) + share };
        let heard = |frame: usize| Dbfs(user.unwrap_or(-80.0).max(echo(frame)));
        (0..frames).filter(|frame| louder.take(Dbfs(voice(*frame)), heard(*frame))).count()
    }

    #[test]
    fn its_own_echo_is_not_louder_and_a_user_is_at_once() {
        let mut louder = Louder::default();
        assert_eq!(yes(&mut louder, 500, -13.0, None), 0);
        assert_eq!(yes(&mut louder, 20, -13.0, Some(-8.0)), 20, "as long as a word");
        assert_eq!(yes(&mut louder, 500, -13.0, None), 0);
        assert_eq!(yes(&mut louder, 60, -13.0, Some(-21.0)), 0, "no louder than the echo");
    }

    #[test]
    fn an_echo_that_grows_loud_is_learnt_within_half_a_second() {
        let mut louder = Louder::default();
        assert_eq!(yes(&mut louder, 500, -23.0, None), 0);
        assert!(yes(&mut louder, 500, -11.0, None) < 30);
        assert_eq!(yes(&mut louder, 500, -11.0, None), 0);
    }

    #[test]
    fn where_nothing_is_played_nobody_is_louder() {
        let mut louder = Louder::default();
        let nothing = (0..300).filter(|_| louder.take(Dbfs::FLOOR, Dbfs(-10.0)));
        assert_eq!(nothing.count(), 0);
    }
}
