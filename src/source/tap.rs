//! Tap: the body of the sound callback, and the other end of its ring.
//!
//! Enters: blocks of interleaved samples as the device gives them. Leaves: mono samples, and where some are missing,
//! how many. Never here, on the callback's side: an allocation, a lock, a log line, a call of the system.
//!
//! A gap travels in the ring at its own place: [`GAP`], then a value whose bits are the number of samples lost. So
//! positions stay exact however late the other side looks. No sample is ever NaN, because the tap makes those silence.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::units::{SampleRate, length_f32};

/// How long the listen thread may be away before sound is lost: 2 s, a multiple of what a loaded machine takes.
const RING_SECONDS: u32 = 2;

/// The value before a number of lost samples.
const GAP: f32 = f32::NAN;

/// The most samples one gap tells, so that its bits are those of a finite number: 12 hours at 48 kHz.
const GAP_MAX: u32 = 0x7f00_0000;

/// The most samples taken from the ring at once: 85 ms at 48 kHz.
const PULL: usize = 4_096;

/// The callback's end of the ring.
pub struct Tap {
    ring: Producer<f32>,
    channels: usize,
    /// Lost since the last sample that found room.
    lost: u32,
}

/// The listen thread's end of the ring.
pub struct Drain {
    ring: Consumer<f32>,
}

/// What one look into the ring found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// Nothing is there.
    Nothing,
    /// Samples were appended.
    Sound,
    /// So many samples were lost here.
    Gap(u64),
}

/// A ring for two seconds of a device with this rate and this many channels.
#[must_use]
pub fn tap(rate: SampleRate, channels: u16) -> (Tap, Drain) {
    let capacity = usize::try_from(rate.hz().saturating_mul(RING_SECONDS)).unwrap_or(usize::MAX);
    let (producer, consumer) = RingBuffer::new(capacity);
    let channels = usize::from(channels).max(1);
    (Tap { ring: producer, channels, lost: 0 }, Drain { ring: consumer })
}

impl Tap {
    /// Takes one block: the channels' mean goes into the ring, what finds no room is counted.
    pub fn take<T: Copy>(&mut self, block: &[T], level: impl Fn(T) -> f32) {
        let frames = block.chunks_exact(self.channels);
        let (count, room) = (frames.len(), self.ring.slots());
        let mark: &[f32] = if self.lost > 0 { &[GAP, f32::from_bits(self.lost)] } else { &[] };
        // After a loss, a whole block must fit, or a slow reader would get a gap in every block.
        let enough = (count + mark.len()).min(self.ring.buffer().capacity());
        let fits =
            if mark.is_empty() || room >= enough { room.min(enough) - mark.len().min(room) } else { 0 };
        let marked = if fits > 0 { mark } else { &[] };
        if fits > 0
            && let Ok(chunk) = self.ring.write_chunk_uninit(marked.len() + fits)
        {
            let channels = length_f32(self.channels);
            let mono = frames.take(fits).map(|frame| {
                let mean = frame.iter().map(|sample| level(*sample)).sum::<f32>() / channels;
                if mean.is_finite() { mean.clamp(-1.0, 1.0) } else { 0.0 }
            });
            chunk.fill_from_iter(marked.iter().copied().chain(mono));
            if !marked.is_empty() {
                self.lost = 0;
            }
        }
        let missing = u32::try_from(count - fits).unwrap_or(GAP_MAX);
        self.lost = self.lost.saturating_add(missing).min(GAP_MAX);
    }
}

impl Drain {
    /// Appends what is there to `pcm`, up to the next gap.
    pub fn pull(&mut self, pcm: &mut Vec<f32>) -> Pulled {
        let ready = self.ring.slots().min(PULL);
        // What comes from here on is the next look's: two samples of it would be taken for a gap and its number.
        if ready == 0 {
            return Pulled::Nothing;
        }
        let Ok(chunk) = self.ring.read_chunk(ready) else { return Pulled::Nothing };
        let (first, second) = chunk.as_slices();
        let before = pcm.len();
        pcm.extend(first.iter().chain(second).take_while(|sample| !sample.is_nan()));
        let taken = pcm.len() - before;
        chunk.commit(taken);
        if taken > 0 {
            return Pulled::Sound;
        }
        // A gap and its number were written in one go, so that both are here or none.
        match (self.ring.pop(), self.ring.pop()) {
            (Ok(_), Ok(lost)) => Pulled::Gap(u64::from(lost.to_bits())),
            _ => Pulled::Nothing,
        }
    }

    /// Whether the callback is gone for good: the device is closed.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.ring.is_abandoned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulled(drain: &mut Drain) -> (Pulled, Vec<f32>) {
        let mut pcm = Vec::new();
        (drain.pull(&mut pcm), pcm)
    }

    #[test]
    fn channels_become_their_mean_and_what_is_no_number_becomes_silence() {
        let (mut tap, mut drain) = tap(SampleRate::new(8_000).unwrap(), 2);
        // The last, lone sample is half a frame.
        tap.take(&[0.5, -0.25, 3.0, 1.0, f32::NAN, 0.5, f32::INFINITY, 0.5, 0.7], |sample| sample);
        assert_eq!(pulled(&mut drain), (Pulled::Sound, vec![0.125, 1.0, 0.0, 0.0]));
        tap.take(&[i16::MIN, i16::MIN], |sample| f32::from(sample) / 32_768.0);
        assert_eq!(pulled(&mut drain), (Pulled::Sound, vec![-1.0]));
    }

    #[test]
    fn what_found_no_room_is_told_at_its_place() {
        // Room for 2,000 samples.
        let (mut tap, mut drain) = tap(SampleRate::new(1_000).unwrap(), 1);
        tap.take(&[0.1; 1_900], |sample| sample);
        tap.take(&[0.2; 300], |sample| sample);
        tap.take(&[0.3; 50], |sample| sample);
        assert_eq!(pulled(&mut drain), (Pulled::Sound, [[0.1].repeat(1_900), [0.2].repeat(100)].concat()));
        tap.take(&[0.4; 10], |sample| sample);
        assert_eq!(pulled(&mut drain), (Pulled::Gap(250), vec![]));
        assert_eq!(pulled(&mut drain), (Pulled::Sound, [0.4].repeat(10)));
        assert_eq!(pulled(&mut drain), (Pulled::Nothing, vec![]));
        // A block longer than the ring, after a loss.
        tap.take(&[0.5; 2_500], |sample| sample);
        assert_eq!(pulled(&mut drain).1.len(), 2_000);
        tap.take(&[0.6; 2_500], |sample| sample);
        assert_eq!(pulled(&mut drain).0, Pulled::Gap(500));
        assert_eq!(pulled(&mut drain).1.len(), 1_998);
        assert!(!drain.closed());
        drop(tap);
        assert!(drain.closed());
    }
}
