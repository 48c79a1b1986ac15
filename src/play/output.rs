//! Output: one opening of the sound card. The one file of this room that names cpal.
//!
//! Enters: which device, and a deck. Leaves: a stream that plays it. Never here: a wait without an end. A sound server
//! that dies may make no error (its buffers just stop moving), thousands a second, or one, and closing the stream can
//! wait for ever in the system's library. So errors only set a flag, and streams are closed on a thread that nobody
//! waits for.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use cpal::{
    BufferSize, Device, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedStreamConfig,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

use super::{
    PlayError,
    deck::{BLOCK, Deck, State},
};
use crate::units::SampleRate;

/// A playing stream. It plays silence where its deck has nothing, so that the device does not fall asleep meanwhile.
pub(super) struct Output {
    // `None` only while it is dropped.
    stream: Option<Stream>,
}

/// Opens the output named `device`, or the system's default one, with the deck that `deck` makes for its rate.
pub(super) fn open<T>(
    device: Option<&str>,
    state: &Arc<State>,
    deck: impl Fn(SampleRate) -> (Deck, T),
) -> Result<(Output, T), PlayError> {
    // cpal panics where libasound cannot even start, as with a configuration file that holds nothing for it.
    let opened = catch_unwind(AssertUnwindSafe(|| quietly(|| first_that_opens(device, state, &deck))));
    opened.unwrap_or_else(|_| {
        let reason = "the system's sound library cannot start; its configuration (asound.conf) may be broken";
        Err(PlayError::NoDevice { reason: reason.to_owned() })
    })
}

/// Tries the device's own format first, then whatever else it offers.
fn first_that_opens<T>(
    device: Option<&str>,
    state: &Arc<State>,
    deck: &impl Fn(SampleRate) -> (Deck, T),
) -> Result<(Output, T), PlayError> {
    let none = |error: cpal::Error| PlayError::NoDevice { reason: error.to_string() };
    let device = match device {
        None => host()
            .default_output_device()
            .ok_or_else(|| PlayError::NoDevice { reason: "there is no default output".to_owned() })?,
        Some(name) => named(name)?,
    };
    let wanted = device.default_output_config().map_err(none)?;
    let mut refused = None;
    for config in std::iter::once(wanted).chain(others(&device)) {
        let Some(rate) = SampleRate::new(config.sample_rate()) else { continue };
        // 20 ms a call, and as much again in the server: a hush is heard within 100 ms, and half of it runs dry on a busy
        // machine.
        let frames = (rate.hz() / 50).next_power_of_two();
        for buffer in [BufferSize::Fixed(frames), BufferSize::Default] {
            let (deck, ends) = deck(rate);
            let format = config.sample_format();
            let settings = StreamConfig { buffer_size: buffer, ..config.config() };
            match start(&device, settings, format, deck, Arc::clone(state)) {
                Ok(stream) => return Ok((Output { stream: Some(stream) }, ends)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
    }
    Err(refused.map_or_else(|| PlayError::NoDevice { reason: "it offers no format".to_owned() }, none))
}

fn others(device: &Device) -> Vec<SupportedStreamConfig> {
    let offered = device.supported_output_configs().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    offered.into_iter().map(|range| range.with_max_sample_rate()).collect()
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

fn start(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    deck: Deck,
    state: Arc<State>,
) -> Result<Stream, cpal::Error> {
    let stream = match format {
        SampleFormat::F32 => build::<f32>(device, config, deck, state),
        SampleFormat::F64 => build::<f64>(device, config, deck, state),
        SampleFormat::I8 => build::<i8>(device, config, deck, state),
        SampleFormat::I16 => build::<i16>(device, config, deck, state),
        SampleFormat::I24 => build::<cpal::I24>(device, config, deck, state),
        SampleFormat::I32 => build::<i32>(device, config, deck, state),
        SampleFormat::U8 => build::<u8>(device, config, deck, state),
        SampleFormat::U16 => build::<u16>(device, config, deck, state),
        SampleFormat::U32 => build::<u32>(device, config, deck, state),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }?;
    stream.play()?;
    Ok(stream)
}

fn build<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: StreamConfig,
    mut deck: Deck,
    state: Arc<State>,
) -> Result<Stream, cpal::Error> {
    let channels = usize::from(config.channels).max(1);
    let callback = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        deck.called();
        let mut mono = [0.0_f32; BLOCK];
        for block in data.chunks_mut(BLOCK * channels) {
            let mono = &mut mono[..block.len().div_ceil(channels)];
            deck.fill(mono);
            for (frame, sample) in block.chunks_mut(channels).zip(mono) {
                // Left and right; a voice from the subwoofer or from behind would be odd.
                for (channel, to) in frame.iter_mut().enumerate() {
                    *to = if channel < 2 { T::from_sample(*sample) } else { T::EQUILIBRIUM };
                }
            }
        }
    };
    // Most errors heal by themselves. Whether one did is seen by the callbacks that follow.
    let failed = move |error: cpal::Error| {
        let last = matches!(
            error.kind(),
            ErrorKind::StreamInvalidated | ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable
        );
        if last {
            state.dead.store(true, Relaxed);
        }
    };
    device.build_output_stream(config, callback, failed, None)
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
