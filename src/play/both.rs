//! Both: writes the file and plays the sound.
//!
//! Enters: speech. Leaves: what its two sinks make of it. Never here: a reply lost from its file because a speaker
//! failed.

use std::path::PathBuf;

use super::{PlayError, Sink};
use crate::{
    flow::{Remedy, Speech},
    units::TurnId,
};

/// A sink that must not fail and one that may: once the second did, it is left out until the turn ends.
#[derive(Debug)]
pub struct Both<F, S> {
    file: F,
    speaker: S,
    failed: bool,
}

impl<F: Sink, S: Sink> Both<F, S> {
    /// Writes to `file` and, as long as it works, plays on `speaker`.
    pub const fn new(file: F, speaker: S) -> Self {
        Self { file, speaker, failed: false }
    }

    fn forgive<T>(&mut self, outcome: Result<T, PlayError>) {
        if let Err(error) = outcome {
            self.failed = true;
            tracing::warn!(kind = error.kind(), "{error}; the reply is in its file");
        }
    }
}

impl<F: Sink, S: Sink> Sink for Both<F, S> {
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError> {
        self.file.play(speech)?;
        if !self.failed {
            let played = self.speaker.play(speech);
            self.forgive(played);
        }
        Ok(())
    }

    fn made_by(&mut self, turn: TurnId, provider: &str, model: &str) {
        self.file.made_by(turn, provider, model);
    }

    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError> {
        // The file first: it is complete while the speaker is still speaking.
        let path = self.file.finish(turn);
        if self.failed {
            self.speaker.hush();
        } else {
            let heard = self.speaker.finish(turn);
            self.forgive(heard);
        }
        self.failed = false;
        path
    }

    fn hush(&mut self) {
        self.speaker.hush();
        self.file.hush();
        self.failed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{play::WavFolder, units::SampleRate};

    /// A speaker whose server is gone, counting how often it was asked.
    struct Broken(u32);

    impl Sink for Broken {
        fn play(&mut self, _: &Speech) -> Result<(), PlayError> {
            self.0 += 1;
            Err(PlayError::Stalled)
        }

        fn finish(&mut self, _: TurnId) -> Result<Option<PathBuf>, PlayError> {
            Err(PlayError::Stalled)
        }

        fn hush(&mut self) {}
    }

    #[test]
    fn a_broken_file_does_not_cut_the_speaker_short() {
        let dir = tempfile::tempdir().unwrap();
        let speaker = WavFolder::new(dir.path()).unwrap();
        let mut sink = Both::new(Broken(0), speaker);
        let speech =
            |seq| Speech { turn: TurnId(1), seq, rate: SampleRate::PIPELINE, pcm: vec![0.5; 160].into() };
        sink.speaker.play(&speech(0)).unwrap();
        assert!(sink.play(&speech(1)).is_err());
        assert!(sink.finish(TurnId(1)).is_err());
        assert!(dir.path().join("turn-0001.wav").exists(), "what the speaker had was ended");
    }

    #[test]
    fn a_broken_speaker_does_not_cost_the_file_and_is_tried_once_a_turn() {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = Both::new(WavFolder::new(dir.path()).unwrap(), Broken(0));
        for turn in [TurnId(1), TurnId(2)] {
            for seq in 0..3 {
                let speech = Speech { turn, seq, rate: SampleRate::PIPELINE, pcm: vec![0.5; 160].into() };
                sink.play(&speech).unwrap();
            }
            let path = sink.finish(turn).unwrap().unwrap();
            assert_eq!(hound::WavReader::open(path).unwrap().duration(), 480);
        }
        assert_eq!(sink.speaker.0, 2);
    }
}
