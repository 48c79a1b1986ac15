//! Speaker: the sound output of this machine. The one file that names rodio.
//!
//! Enters: speech. Leaves: sound. Never here: a wait without an end. A sound server that dies makes no error; its
//! buffers just stop moving, and closing the stream can then wait for ever in the system's library. So every wait has
//! a limit taken from the sound's own length, and streams are closed on a thread that nobody waits for. Waits go in
//! steps of [`STEP`], each of which looks at [`Hush`] and is counted, so that the limit needs no clock.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    time::Duration,
};

#[cfg(target_os = "linux")]
use rodio::cpal::{HostId, host_from_id};
use rodio::{
    ChannelCount, DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, Player, Source,
    buffer::SamplesBuffer,
    cpal::{
        Device, Host, default_host,
        traits::{DeviceTrait, HostTrait},
    },
};

use super::{PlayError, Sink, resample::resample};
use crate::{
    flow::{Hush, Speech},
    units::{SampleRate, TurnId, f64_to_count, length_f64},
};

/// Sentences queued at most: one being heard and one behind it, so that there is no gap and little to throw away.
const AHEAD: usize = 2;

/// What may pass beyond twice a sound's length before the output counts as dead: opening a Bluetooth or a sleeping
/// null sink takes up to 2 s.
const GRACE: Duration = Duration::from_secs(2);

/// How often a wait looks whether its turn was hushed: short against the 200 ms in which a barge-in should be obeyed.
const STEP: Duration = Duration::from_millis(10);

/// Silence played after the last sentence. Its end tells that the sentence left the buffers below (50 ms of rodio's
/// and as much again of the system's), where its last syllable would be lost if the program ended now.
const TAIL_S: f64 = 0.25;

const MONO: ChannelCount = ChannelCount::MIN;

/// A sound output, opened again when it was lost.
#[derive(Debug)]
pub struct Speaker {
    device: Option<String>,
    hush: Hush,
    stream: Option<Stream>,
}

impl Speaker {
    /// Opens the sound output named `device`, or the system's default one. A turn that `hush` silences is cut off in
    /// the middle of a wait, and nothing more of it is played.
    ///
    /// # Errors
    /// [`PlayError::NoDevice`], [`PlayError::UnknownDevice`].
    pub fn open(device: Option<&str>, hush: Hush) -> Result<Self, PlayError> {
        let stream = Stream::open(device)?;
        Ok(Self { device: device.map(str::to_owned), hush, stream: Some(stream) })
    }

    fn stream(&mut self) -> Result<&mut Stream, PlayError> {
        if self.stream.is_none() {
            self.stream = Some(Stream::open(self.device.as_deref())?);
        }
        self.stream.as_mut().ok_or(PlayError::Stalled)
    }

    /// Forgets a stream that stalled, so that the next sentence opens a new one.
    fn lose<T>(&mut self, outcome: Result<T, PlayError>) -> Result<T, PlayError> {
        if matches!(outcome, Err(PlayError::Stalled)) {
            self.stream = None;
        }
        outcome
    }
}

impl Sink for Speaker {
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError> {
        let (hush, turn) = (self.hush.clone(), speech.turn);
        if hush.raised(turn) {
            // What is still playing is of this turn or one before it.
            self.hush();
            return Ok(());
        }
        let outcome = self.stream()?.queue(&speech.pcm, speech.rate, &|| hush.raised(turn));
        self.lose(outcome)
    }

    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError> {
        let Some(stream) = self.stream.as_mut() else { return Ok(None) };
        let outcome = stream.drain(&|| self.hush.raised(turn));
        self.lose(outcome).map(|()| None)
    }

    fn hush(&mut self) {
        if let Some(stream) = self.stream.as_mut() {
            stream.hush();
        }
    }
}

/// An open output and what is queued on it.
struct Stream {
    // `None` only while it is dropped.
    output: Option<MixerDeviceSink>,
    player: Player,
    rate: SampleRate,
    // One entry a queued sound: how long it lasts. Its end comes through `ended`.
    queued: VecDeque<Duration>,
    end: SyncSender<()>,
    ended: Receiver<()>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("rate", &self.rate)
            .field("queued", &self.queued)
            .finish_non_exhaustive()
    }
}

impl Stream {
    fn open(device: Option<&str>) -> Result<Self, PlayError> {
        // cpal panics where libasound cannot even start, as with a configuration file that holds nothing for it.
        let opened = catch_unwind(AssertUnwindSafe(|| quietly(|| output(device))));
        let mut output = opened.unwrap_or_else(|_| {
            let reason =
                "the system's sound library cannot start; its configuration (asound.conf) may be broken";
            Err(PlayError::NoDevice { reason: reason.to_owned() })
        })?;
        output.log_on_drop(false);
        let rate =
            SampleRate::new(output.config().sample_rate().get()).ok_or(PlayError::Rate { from: 0, to: 0 })?;
        let player = Player::connect_new(output.mixer());
        let (end, ended) = ends();
        Ok(Self { output: Some(output), player, rate, queued: VecDeque::new(), end, ended })
    }

    fn queue(&mut self, pcm: &[f32], rate: SampleRate, hushed: &dyn Fn() -> bool) -> Result<(), PlayError> {
        let pcm = resample(pcm, rate, self.rate)?;
        if pcm.is_empty() {
            return Ok(());
        }
        while self.queued.len() >= AHEAD {
            self.wait_for_one(hushed)?;
        }
        if !hushed() {
            self.append(pcm);
        }
        Ok(())
    }

    fn append(&mut self, pcm: Vec<f32>) {
        self.queued.push_back(Duration::from_secs_f64(length_f64(pcm.len()) / f64::from(self.rate.hz())));
        let sound = SamplesBuffer::new(MONO, self.rate.get(), pcm);
        self.player.append(Sounding { sound, end: self.end.clone() });
    }

    /// Waits until the sound at the front was played; once `hushed`, drops it and all behind it.
    fn wait_for_one(&mut self, hushed: &dyn Fn() -> bool) -> Result<(), PlayError> {
        let Some(length) = self.queued.front() else { return Ok(()) };
        let mut left = *length * 2 + GRACE;
        while !hushed() {
            match self.ended.recv_timeout(STEP) {
                Ok(()) => {
                    self.queued.pop_front();
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) if !left.is_zero() => left = left.saturating_sub(STEP),
                Err(_) => return Err(PlayError::Stalled),
            }
        }
        self.hush();
        Ok(())
    }

    fn drain(&mut self, hushed: &dyn Fn() -> bool) -> Result<(), PlayError> {
        if !self.queued.is_empty() {
            self.append(vec![0.0; f64_to_count(TAIL_S * f64::from(self.rate.hz()))]);
        }
        while !self.queued.is_empty() {
            self.wait_for_one(hushed)?;
        }
        Ok(())
    }

    /// A new player takes the place of the old one, whose drop silences it. (`Player::stop` and then `append` would
    /// wait for the device without a limit.)
    fn hush(&mut self) {
        if self.queued.is_empty() {
            return;
        }
        if let Some(output) = &self.output {
            self.player = Player::connect_new(output.mixer());
        }
        self.queued.clear();
        // The old sounds' ends go nowhere.
        (self.end, self.ended) = ends();
    }
}

/// A channel with room for the end of everything that can be queued, so that the sound callback never waits on it.
fn ends() -> (SyncSender<()>, Receiver<()>) {
    sync_channel(AHEAD + 2)
}

impl Drop for Stream {
    fn drop(&mut self) {
        let Some(output) = self.output.take() else { return };
        #[expect(
            clippy::disallowed_methods,
            reason = "closing a dead server's stream can wait for ever; see above"
        )]
        let closing = std::thread::Builder::new().name("sound close".to_owned()).spawn(move || drop(output));
        // Where no thread can be had, the closure and the stream in it were dropped here; nothing is left to do.
        drop(closing);
    }
}

/// A queued sound that tells when the mixer is done with it.
struct Sounding {
    sound: SamplesBuffer,
    end: SyncSender<()>,
}

impl Drop for Sounding {
    fn drop(&mut self) {
        let _ = self.end.try_send(());
    }
}

impl Iterator for Sounding {
    type Item = rodio::Sample;

    fn next(&mut self) -> Option<Self::Item> {
        self.sound.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.sound.size_hint()
    }
}

impl Source for Sounding {
    fn current_span_len(&self) -> Option<usize> {
        self.sound.current_span_len()
    }

    fn channels(&self) -> ChannelCount {
        self.sound.channels()
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        self.sound.sample_rate()
    }

    fn total_duration(&self) -> Option<Duration> {
        self.sound.total_duration()
    }
}

fn output(device: Option<&str>) -> Result<MixerDeviceSink, PlayError> {
    let none = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        PlayError::NoDevice { reason: format!("{error}{cause}") }
    };
    let device = match device {
        None => host().default_output_device().ok_or_else(|| none(&DeviceSinkError::NoDevice))?,
        Some(name) => named(name)?,
    };
    let builder = DeviceSinkBuilder::from_device(device);
    // Most errors heal by themselves and a lost server gives thousands a second; rodio would write each to stderr.
    builder.map_err(|e| none(&e))?.with_error_callback(|_| {}).open_sink_or_fallback().map_err(|e| none(&e))
}

/// The sound system to play through. On Linux ALSA: cpal 0.18's road to PulseAudio, which the microphone takes and which
/// would be the default, stalls in playback without an error.
fn host() -> Host {
    #[cfg(target_os = "linux")]
    if let Ok(alsa) = host_from_id(HostId::Alsa) {
        return alsa;
    }
    default_host()
}

fn named(name: &str) -> Result<Device, PlayError> {
    let devices =
        host().output_devices().map_err(|error| PlayError::NoDevice { reason: error.to_string() })?;
    let mut found = Vec::new();
    for device in devices {
        let Ok(about) = device.description() else { continue };
        if about.name() == name || device.id().is_ok_and(|id| id.to_string() == name) {
            return Ok(device);
        }
        found.push(about.name().to_owned());
    }
    Err(PlayError::UnknownDevice { name: name.to_owned(), found })
}

/// Runs `open` with libasound's complaints kept off stderr: on a machine without sound it writes a screenful.
#[cfg(target_os = "linux")]
fn quietly<T>(open: impl FnOnce() -> T) -> T {
    // The handler is this thread's own and stays; what it collected is dropped.
    let _complaints = alsa::Output::local_error_handler();
    open()
}

#[cfg(not(target_os = "linux"))]
fn quietly<T>(open: impl FnOnce() -> T) -> T {
    open()
}
