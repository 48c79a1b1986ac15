//! Mic: one microphone of this machine, opened.
//!
//! Enters: a device. Leaves: its samples, or why it does not open. Never here: a wait of the listen thread; opening and
//! closing may each hang for ever in the system's libraries, and happen on threads that nobody joins.

use std::{sync::Arc, time::Duration};

use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, SampleFormat, SizedSample, Stream, SupportedBufferSize,
    SupportedStreamConfig, U24,
    traits::{DeviceTrait, StreamTrait},
};

#[cfg(target_os = "linux")]
use pulseaudio::protocol::{ProtocolError, PulseError};

use super::{
    SourceError,
    aside::{detached, quietly},
    hosts::name_of,
    live::{Caught, Place},
    tap::{Drain, Tap, tap},
    watchdog::Alarm,
};
#[cfg(target_os = "linux")]
use super::{hosts::PULSE, pulse};
use crate::units::SampleRate;

/// What building a stream may take, where the host can limit it.
const BUILDING: Duration = Duration::from_secs(3);

/// Callbacks a second that are asked for where cpal records: 20 ms each at most.
const CALLBACKS_A_SECOND: u32 = 50;

/// Opens `device`, which was found at `place`.
pub(super) fn open(device: &Device, place: Place) -> Result<Caught, SourceError> {
    let name = name_of(device);
    let refuse = |error: &cpal::Error| refusal(&name, error);
    let config = device.default_input_config().map_err(|error| refuse(&error))?;
    let rate = SampleRate::new(config.sample_rate())
        .ok_or_else(|| SourceError::NoMicrophone { reason: format!("{name} names a rate of 0 Hz") })?;
    let alarm = Arc::new(Alarm::default());
    #[cfg(target_os = "linux")]
    if place.host == PULSE {
        let (recording, drain, read_on) = pulse::record(&place.id, rate, Arc::clone(&alarm))
            .map_err(|error| refused_by_server(&name, &error))?;
        detached("mic", read_on);
        return Ok(Caught { place, name, rate, drain, alarm, device: Box::new(recording) });
    }
    let wanted = small_buffer(&config);
    let built = build(device, &config, wanted, rate, &alarm).or_else(|error| match wanted {
        BufferSize::Fixed(_) => build(device, &config, BufferSize::Default, rate, &alarm),
        BufferSize::Default => Err(error),
    });
    let (stream, drain) = built.map_err(|error| refuse(&error))?;
    stream.0.as_ref().map_or(Ok(()), StreamTrait::play).map_err(|error| refuse(&error))?;
    Ok(Caught { place, name, rate, drain, alarm, device: Box::new(stream) })
}

fn refusal(name: &str, error: &cpal::Error) -> SourceError {
    let name = name.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied => SourceError::MicrophoneDenied { name },
        ErrorKind::DeviceBusy => SourceError::MicrophoneBusy { name },
        _ => SourceError::NoMicrophone { reason: format!("{name}: {error}") },
    }
}

#[cfg(target_os = "linux")]
fn refused_by_server(name: &str, error: &ProtocolError) -> SourceError {
    let name = name.to_owned();
    match error {
        ProtocolError::ServerError(PulseError::AccessDenied) => SourceError::MicrophoneDenied { name },
        ProtocolError::ServerError(PulseError::Busy) => SourceError::MicrophoneBusy { name },
        _ => SourceError::NoMicrophone { reason: format!("{name}: {error}") },
    }
}

fn small_buffer(config: &SupportedStreamConfig) -> BufferSize {
    let wanted = config.sample_rate() / CALLBACKS_A_SECOND;
    match config.buffer_size() {
        // Elsewhere the system's own block is 10 ms.
        SupportedBufferSize::Range { min, max } if cfg!(target_os = "linux") && min <= max => {
            BufferSize::Fixed(wanted.clamp(*min, *max))
        }
        _ => BufferSize::Default,
    }
}

fn build(
    device: &Device,
    config: &SupportedStreamConfig,
    buffer: BufferSize,
    rate: SampleRate,
    alarm: &Arc<Alarm>,
) -> Result<(OpenStream, Drain), cpal::Error> {
    let (tap, drain) = tap(rate, config.channels());
    let stream = match config.sample_format() {
        SampleFormat::I8 => input::<i8>(device, config, buffer, tap, alarm),
        SampleFormat::I16 => input::<i16>(device, config, buffer, tap, alarm),
        SampleFormat::I24 => input::<I24>(device, config, buffer, tap, alarm),
        SampleFormat::I32 => input::<i32>(device, config, buffer, tap, alarm),
        SampleFormat::I64 => input::<i64>(device, config, buffer, tap, alarm),
        SampleFormat::U8 => input::<u8>(device, config, buffer, tap, alarm),
        SampleFormat::U16 => input::<u16>(device, config, buffer, tap, alarm),
        SampleFormat::U24 => input::<U24>(device, config, buffer, tap, alarm),
        SampleFormat::U32 => input::<u32>(device, config, buffer, tap, alarm),
        SampleFormat::U64 => input::<u64>(device, config, buffer, tap, alarm),
        SampleFormat::F32 => input::<f32>(device, config, buffer, tap, alarm),
        SampleFormat::F64 => input::<f64>(device, config, buffer, tap, alarm),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }?;
    Ok((OpenStream(Some(stream)), drain))
}

/// What a device calls with each block. It does nothing but [`Tap::take`].
pub fn callback<T>(mut tap: Tap) -> impl FnMut(&[T]) + Send + 'static
where
    T: SizedSample,
    f32: FromSample<T>,
{
    move |block| tap.take(block, f32::from_sample_)
}

fn input<T>(
    device: &Device,
    config: &SupportedStreamConfig,
    buffer: BufferSize,
    tap: Tap,
    alarm: &Arc<Alarm>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample + Send + 'static,
    f32: FromSample<T>,
{
    let (mut sound, alarm) = (callback::<T>(tap), Arc::clone(alarm));
    let mut silenced = false;
    let on_error = move |error: cpal::Error| {
        if !silenced {
            // This is the thread on which libasound would complain on stderr.
            quietly(|| ());
            silenced = true;
        }
        match error.kind() {
            ErrorKind::StreamInvalidated | ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
                alarm.gone();
            }
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => alarm.doubt(),
        }
    };
    let mut config = config.config();
    config.buffer_size = buffer;
    device.build_input_stream::<T, _, _>(config, move |block, _| sound(block), on_error, Some(BUILDING))
}

/// An open device; it is closed on a thread of its own.
struct OpenStream(Option<Stream>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        let Some(stream) = self.0.take() else { return };
        detached("mic close", move || drop(stream));
    }
}
