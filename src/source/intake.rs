//! Intake: from a device's samples to frames with positions.
//!
//! Enters: mono samples at the device's rate, and lengths of what is missing. Leaves: [`Frame`]s at 16 kHz whose
//! positions keep pace with time. Never here: a device, memory that grows with what is missing.

use super::resample::ToPipeline;
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{SampleIndex, SampleRate, length_u64},
};

/// Puts sound and gaps in order.
pub(super) struct Intake {
    /// `None` between two devices.
    resampler: Option<ToPipeline>,
    /// 16 kHz samples that begin at `at`.
    ready: Vec<f32>,
    at: SampleIndex,
    /// Samples missing after those that are ready.
    missing: u64,
}

impl Intake {
    pub(super) const fn new() -> Self {
        Self { resampler: None, ready: Vec::new(), at: SampleIndex(0), missing: 0 }
    }

    /// From here on a device of this rate delivers.
    pub(super) fn begin(&mut self, rate: SampleRate) {
        self.end();
        self.resampler = Some(ToPipeline::live(rate));
    }

    /// The device gives nothing more; what is inside the filter is part of the sound.
    pub(super) fn end(&mut self) {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut self.ready);
        }
    }

    /// What is here and in the filter is not given out any more; it counts as missing.
    pub(super) fn discard(&mut self) {
        self.end();
        self.missing += length_u64(self.ready.len());
        self.ready.clear();
        self.step();
    }

    /// Takes samples of the device. Those that are ready as frames should be taken out first.
    pub(super) fn sound(&mut self, pcm: &[f32]) {
        if let Some(resampler) = &mut self.resampler {
            resampler.push(pcm, &mut self.ready);
        }
    }

    /// Counts `samples` of 16 kHz as missing. What was lost is silence up to the next whole frame, then a step.
    pub(super) fn gap(&mut self, samples: u64) {
        if let Some(resampler) = self.resampler.take() {
            let rate = resampler.rate();
            resampler.finish(&mut self.ready);
            self.resampler = Some(ToPipeline::live(rate));
        }
        let partial = self.ready.len() % FRAME_SAMPLES;
        let room = if partial == 0 { 0 } else { FRAME_SAMPLES - partial };
        let silence = usize::try_from(samples).unwrap_or(usize::MAX).min(room);
        self.ready.resize(self.ready.len() + silence, 0.0);
        self.missing += samples - length_u64(silence);
        self.step();
    }

    /// Whether no whole frame is ready.
    pub(super) const fn hungry(&self) -> bool {
        self.ready.len() < FRAME_SAMPLES
    }

    /// The next frame, if its samples are here.
    pub(super) fn frame(&mut self) -> Option<Frame> {
        let pcm: [f32; FRAME_SAMPLES] = *self.ready.first_chunk()?;
        self.ready.drain(..FRAME_SAMPLES);
        let at = self.at;
        self.at = at.plus(length_u64(FRAME_SAMPLES));
        self.step();
        // The resampler's filter may overshoot a full-scale edge.
        Some(Frame { at, pcm: pcm.map(|sample| sample.clamp(-1.0, 1.0)) })
    }

    fn step(&mut self) {
        if self.ready.is_empty() {
            self.at = self.at.plus(self.missing);
            self.missing = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(hz: u32) -> Intake {
        let mut intake = Intake::new();
        intake.begin(SampleRate::new(hz).unwrap());
        intake
    }

    fn frames(intake: &mut Intake) -> Vec<(u64, usize)> {
        let loud = |frame: &Frame| frame.pcm.iter().filter(|sample| sample.abs() > 0.2).count();
        std::iter::from_fn(|| intake.frame()).map(|frame| (frame.at.0, loud(&frame))).collect()
    }

    #[test]
    fn a_gap_is_silence_to_the_next_frame_and_then_a_step() {
        let mut intake = intake(16_000);
        intake.sound(&[0.5; 300]);
        assert!(!intake.hungry());
        assert_eq!(frames(&mut intake), [(0, 256)]);
        intake.gap(1_000);
        assert_eq!(frames(&mut intake), [(256, 44)]);
        intake.sound(&[0.5; 256]);
        assert_eq!(frames(&mut intake), [(1_300, 256)]);
        // A gap within a frame is silence alone.
        intake.sound(&[0.5; 100]);
        intake.gap(50);
        intake.sound(&[0.5; 106]);
        assert_eq!(frames(&mut intake), [(1_556, 206)]);
        assert!(intake.hungry());
    }

    #[test]
    fn at_other_rates_sound_keeps_its_place_behind_a_gap() {
        for hz in [8_000, 44_100, 48_000] {
            let mut intake = intake(hz);
            let second = vec![0.5; usize::try_from(hz).unwrap()];
            intake.sound(&second);
            intake.gap(16_000);
            let before = frames(&mut intake);
            assert_eq!(before.len(), 63, "{hz}");
            assert_eq!(before[62].0, 62 * 256);
            intake.sound(&second);
            let after = frames(&mut intake);
            assert_eq!(after[0].0, 32_000, "{hz}");
        }
    }

    #[test]
    fn what_is_discarded_is_counted() {
        let mut intake = intake(48_000);
        intake.sound(&[0.5; 48_000]);
        intake.discard();
        assert_eq!(frames(&mut intake), []);
        intake.begin(SampleRate::new(16_000).unwrap());
        intake.sound(&[0.5; 256]);
        assert_eq!(frames(&mut intake), [(16_000, 256)]);
    }

    #[test]
    fn without_a_device_time_goes_on_and_nothing_piles_up() {
        let mut intake = intake(48_000);
        intake.sound(&[0.5; 4_800]);
        intake.end();
        (0..1_000_000).for_each(|_| intake.gap(160));
        assert_eq!(frames(&mut intake).len(), 7);
        intake.begin(SampleRate::new(16_000).unwrap());
        intake.sound(&[0.5; 256]);
        assert_eq!(frames(&mut intake), [(1_600 + 160_000_000, 256)]);
    }
}
