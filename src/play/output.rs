//! Output: one opening of the sound card. The one file of this room that names rodio and cpal.
//!
//! Enters: which device, and a deck. Leaves: a stream that plays it. Never here: a wait without an end. A sound server
//! that dies may make no error (its buffers just stop moving), thousands a second, or one, and closing the stream can
//! wait for ever in the system's library. So errors only set a flag, and streams are closed on a thread that nobody
//! waits for.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use rodio::{
    ChannelCount, DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, Source,
    cpal::{
        self, BufferSize, Device, ErrorKind,
        traits::{DeviceTrait, HostTrait},
    },
};

use super::{
    PlayError,
    deck::{BLOCK, Deck, State},
};
use crate::{
    named::{Named, meant},
    units::SampleRate,
};

/// A playing stream. It plays silence where its deck has nothing, so that the device never falls asleep.
pub(super) struct Output {
    // `None` only while it is dropped.
    stream: Option<MixerDeviceSink>,
}

/// Opens the output named `device`, or the system's default one, with the deck that `deck` makes for its rate.
pub(super) fn open<T>(
    device: Option<&str>,
    state: &Arc<State>,
    deck: impl FnOnce(SampleRate) -> (Deck, T),
) -> Result<(Output, T), PlayError> {
    // cpal panics where libasound cannot even start, as with a configuration file that holds nothing for it.
    let opened = catch_unwind(AssertUnwindSafe(|| quietly(|| stream(device, state))));
    let mut stream = opened.unwrap_or_else(|_| {
        let reason = "the system's sound library cannot start; its configuration (asound.conf) may be broken";
        Err(PlayError::NoDevice { reason: reason.to_owned() })
    })?;
    stream.log_on_drop(false);
    let rate = stream.config().sample_rate();
    let (deck, ends) = deck(SampleRate::new(rate.get()).ok_or(PlayError::Rate { from: 0, to: 0 })?);
    stream.mixer().add(Playing { deck, rate, block: [0.0; BLOCK], next: BLOCK });
    Ok((Output { stream: Some(stream) }, ends))
}

fn stream(device: Option<&str>, state: &Arc<State>) -> Result<MixerDeviceSink, PlayError> {
    let none = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        PlayError::NoDevice { reason: format!("{error}{cause}") }
    };
    let device = match device {
        None => host().default_output_device().ok_or_else(|| none(&DeviceSinkError::NoDevice))?,
        Some(name) => named(name)?,
    };
    // A buffer of 20 ms: shorter ones run dry on a busy machine, longer ones make a hush late.
    let rate = device.default_output_config().map_or(48_000, |config| config.sample_rate());
    let frames = (rate / 50).next_power_of_two();
    let state = Arc::clone(state);
    // Most errors heal by themselves: whether one did is seen by the callbacks that follow. A lost server gives thousands
    // a second, and rodio would write each to stderr.
    let failed = move |error: cpal::Error| {
        let last = matches!(
            error.kind(),
            ErrorKind::StreamInvalidated | ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable
        );
        if last {
            state.dead.store(true, Relaxed);
        }
    };
    let open = |buffer| {
        DeviceSinkBuilder::from_device(device.clone())?
            .with_error_callback(failed.clone())
            .with_buffer_size(buffer)
            .open_sink_or_fallback()
    };
    open(BufferSize::Fixed(frames)).or_else(|_| open(BufferSize::Default)).map_err(|error| none(&error))
}

/// A deck as rodio's mixer asks for it, a sample at a time.
struct Playing {
    deck: Deck,
    rate: rodio::SampleRate,
    block: [f32; BLOCK],
    next: usize,
}

impl Iterator for Playing {
    type Item = rodio::Sample;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= BLOCK {
            self.deck.called();
            self.deck.fill(&mut self.block);
            self.next = 0;
        }
        let sample = self.block.get(self.next).copied();
        self.next += 1;
        sample
    }
}

impl Source for Playing {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> ChannelCount {
        ChannelCount::MIN
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        self.rate
    }

    fn total_duration(&self) -> Option<std::time::Duration> {
        None
    }
}

/// The sound system to play through. On Linux ALSA: cpal 0.18's road to PulseAudio, which the microphone takes and which
/// would be the default, stalls in playback without an error.
fn host() -> cpal::Host {
    #[cfg(target_os = "linux")]
    if let Ok(alsa) = cpal::host_from_id(cpal::HostId::Alsa) {
        return alsa;
    }
    cpal::default_host()
}

/// The output that `wish` means, as microphones are named.
fn named(wish: &str) -> Result<Device, PlayError> {
    let devices =
        host().output_devices().map_err(|error| PlayError::NoDevice { reason: error.to_string() })?;
    let about = |device: &Device| {
        let id = device.id().map_or_else(|_| String::new(), |id| id.id().to_owned());
        device.description().ok().map(|about| (about.name().to_owned(), id))
    };
    let (mut devices, names): (Vec<Device>, Vec<(String, String)>) =
        devices.filter_map(|device| about(&device).map(|names| (device, names))).unzip();
    let listed: Vec<Named<'_>> = names.iter().map(|(name, id)| Named { name, id }).collect();
    let Some(at) = meant(wish, &listed) else {
        let found = names.into_iter().map(|(name, _)| name).collect();
        return Err(PlayError::UnknownDevice { name: wish.to_owned(), found });
    };
    Ok(devices.swap_remove(at))
}

impl Drop for Output {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        #[expect(
            clippy::disallowed_methods,
            reason = "closing a dead server's stream can wait for ever; see above"
        )]
        let closing = std::thread::Builder::new().name("sound close".to_owned()).spawn(move || drop(stream));
        // Where no thread can be had, the closure and the stream in it were dropped here; nothing is left to do.
        drop(closing);
    }
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
