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
