//! Mic: the sound devices of this machine. The one file of this room that names cpal.
//!
//! Enters: wishes. Leaves: an open device, or why there is none. Never here: a wait of the listen thread. Looking for a
//! device, opening it and closing it may each hang for ever in the system's libraries, so each happens on a thread that
//! nobody joins, and a host or a device that hangs is passed over until its thread is back.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use cpal::{
    BufferSize, Device, ErrorKind, FromSample, HostId, I24, SampleFormat, SizedSample, Stream,
    SupportedBufferSize, SupportedStreamConfig, U24,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

#[cfg(target_os = "linux")]
use pulseaudio::protocol::{ProtocolError, PulseError};

#[cfg(target_os = "linux")]
use super::pulse;
use super::{
    SourceError,
    aside::{detached, quietly},
    devices::{ALSA, ALSA_PLUGINS, DEFAULT_DEVICE, DeviceInfo, Direction},
    live::{Caught, Hunt, Place},
    tap::{Drain, Tap, tap},
    watchdog::Alarm,
};
use crate::{
    named::{Named, is_monitor, meant},
    units::SampleRate,
};

/// What a list of devices may take at most; a sound server that does not answer has none.
const LISTING: Duration = Duration::from_secs(5);

/// What building a stream may take, where the host can limit it.
const BUILDING: Duration = Duration::from_secs(3);

/// Callbacks a second that are asked for where cpal records: 20 ms each at most.
const CALLBACKS_A_SECOND: u32 = 50;

/// Looks for devices along a list of wishes.
pub(super) struct Hunter {
    wishes: Vec<String>,
    /// Hosts and devices that a thread is busy with.
    busy: Arc<Mutex<HashSet<String>>>,
    hosts: Arc<Mutex<Hosts>>,
}

/// Hosts that were reached, by their place in [`host_ids`]. They are kept, because cpal's PulseAudio client never ends
/// the thread and the connection of a host that was dropped; they end with the server alone.
type Hosts = Vec<Option<cpal::Host>>;

impl Hunter {
    pub(super) fn new(wishes: Vec<String>) -> Self {
        let wishes = if wishes.is_empty() { vec![DEFAULT_DEVICE.to_owned()] } else { wishes };
        Self { wishes, busy: Arc::default(), hosts: Arc::default() }
    }
}

impl Hunt for Hunter {
    fn hunt(&mut self, current: Option<&Place>) -> Receiver<Result<Option<Caught>, SourceError>> {
        let (found, finding) = channel();
        let search = Search {
            wishes: self.wishes.clone(),
            busy: Arc::clone(&self.busy),
            hosts: Arc::clone(&self.hosts),
            current: current.cloned(),
        };
        // Where no thread can be had, the channel closes, which counts as a failed search.
        detached("mic search", move || {
            let looked = catch_unwind(AssertUnwindSafe(|| quietly(|| search.run())));
            let result = looked.unwrap_or_else(|_| {
                Err(SourceError::NoMicrophone {
                    reason: "the system's sound library failed; its configuration may be broken".to_owned(),
                })
            });
            // Whoever asked may have given up: what was opened is closed here then, on this thread.
            drop(found.send(result));
        });
        finding
    }

    fn wishes(&self) -> &[String] {
        &self.wishes
    }
}

/// All devices that Mynah can use: microphones as it looks for them, outputs as it plays on them. Empty where the sound
/// system does not answer within 5 s.
#[must_use]
pub fn devices() -> Vec<DeviceInfo> {
    let (found, finding) = channel();
    detached("device list", move || {
        let listed = catch_unwind(AssertUnwindSafe(|| quietly(list)));
        drop(found.send(listed.unwrap_or_default()));
    });
    finding.recv_timeout(LISTING).unwrap_or_default()
}

/// One search along the wishes.
struct Search {
    wishes: Vec<String>,
    busy: Arc<Mutex<HashSet<String>>>,
    hosts: Arc<Mutex<Hosts>>,
    current: Option<Place>,
}

/// What a host said to a wish.
enum Answer {
    /// It cannot be reached.
    Silent,
    /// It knows no such device.
    Unknown,
    Device(Box<Device>),
}

impl Search {
    /// The best device that opens, or `None` where nothing better than the current one is there.
    fn run(&self) -> Result<Option<Caught>, SourceError> {
        let mut hurdle = None;
        let mut found = Vec::new();
        let mut current = self.current.as_ref();
        for (wish_at, wish) in self.wishes.iter().enumerate() {
            for (host_at, id) in host_ids().into_iter().enumerate() {
                if current.is_some_and(|it| (it.wish, it.host) < (wish_at, host_at)) {
                    return Ok(None);
                }
                let last = wish == DEFAULT_DEVICE && id.name() != ALSA; // ALSA's hangs at the same server
                let asked = self.guarded(id.name(), || self.ask(id, host_at, wish, &mut found));
                let device = match asked {
                    Some(Answer::Device(device)) => device,
                    Some(Answer::Unknown) => {
                        // Its own host does not know it any more: what still comes is another device's sound.
                        current = current.filter(|it| (it.wish, it.host) != (wish_at, host_at));
                        if last {
                            break;
                        }
                        continue;
                    }
                    Some(Answer::Silent) => continue,
                    None => {
                        hurdle.get_or_insert_with(|| does_not_answer(id.name()));
                        continue;
                    }
                };
                let place = Place { wish: wish_at, host: host_at, id: id_of(&device) };
                if current == Some(&place) {
                    return Ok(None);
                }
                match self.guarded(&place.id, || open(&device, place.clone())) {
                    Some(Ok(caught)) => return Ok(Some(caught)),
                    Some(Err(error)) => _ = hurdle.get_or_insert(error),
                    None => _ = hurdle.get_or_insert_with(|| does_not_answer(&name_of(&device))),
                }
                if last {
                    break;
                }
            }
        }
        if self.current.is_some() {
            return Ok(None);
        }
        let named = self.wishes.iter().all(|wish| wish != DEFAULT_DEVICE);
        Err(hurdle.unwrap_or_else(|| {
            if named {
                SourceError::MicrophoneMissing { wanted: self.wishes.clone(), found }
            } else {
                SourceError::NoMicrophone { reason: "the system names no input device".to_owned() }
            }
        }))
    }

    /// Asks a host for a device, over the connection of an earlier search if that still holds.
    fn ask(&self, id: HostId, at: usize, wish: &str, found: &mut Vec<String>) -> Answer {
        let kept = self.hosts().get_mut(at).and_then(Option::take);
        let answered = kept.and_then(|host| device_for(wish, &host, found).ok().map(|device| (host, device)));
        let answered = answered.or_else(|| {
            let host = cpal::host_from_id(id).ok()?;
            let device = device_for(wish, &host, found).ok()?;
            Some((host, device))
        });
        let Some((host, device)) = answered else { return Answer::Silent };
        let mut hosts = self.hosts();
        let places = hosts.len().max(at + 1);
        hosts.resize_with(places, || None);
        hosts[at] = Some(host);
        device.map_or(Answer::Unknown, |device| Answer::Device(Box::new(device)))
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on `what`, unless an earlier thread still hangs in it.
    fn guarded<T>(&self, what: &str, work: impl FnOnce() -> T) -> Option<T> {
        if !self.lock().insert(what.to_owned()) {
            return None;
        }
        let _free = Free { what, busy: &self.busy };
        Some(work())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees a host or device when the work on it is over, even by a panic.
struct Free<'a> {
    what: &'a str,
    busy: &'a Mutex<HashSet<String>>,
}

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(self.what);
    }
}

fn does_not_answer(name: &str) -> SourceError {
    SourceError::NoMicrophone { reason: format!("{name} does not answer") }
}

/// Where PulseAudio stands in [`host_ids`].
#[cfg(target_os = "linux")]
const PULSE: usize = 0;

/// Hosts in the order in which they are tried. A sound server's own protocol tells when the server dies, where ALSA's
/// road to it hangs for ever.
#[cfg(target_os = "linux")]
fn host_ids() -> Vec<HostId> {
    vec![HostId::PulseAudio, HostId::Alsa]
}

#[cfg(not(target_os = "linux"))]
fn host_ids() -> Vec<HostId> {
    cpal::available_hosts()
}

/// The host that replies are played through: on Linux ALSA, see `play/speaker.rs`.
fn output_host() -> Option<cpal::Host> {
    #[cfg(target_os = "linux")]
    let host = cpal::host_from_id(HostId::Alsa).ok();
    #[cfg(not(target_os = "linux"))]
    let host = Some(cpal::default_host());
    host
}

/// The device that `wish` means, if the host has it.
fn device_for(wish: &str, host: &cpal::Host, found: &mut Vec<String>) -> Result<Option<Device>, cpal::Error> {
    if wish == DEFAULT_DEVICE {
        // Where there is no microphone, PulseAudio's default is what the loudspeaker plays.
        let device = host.default_input_device().filter(|it| !is_monitor(&id_of(it)));
        // A host whose server is gone says the same as one without devices, but to this.
        return if device.is_none() { host.devices().map(|_| None) } else { Ok(device) };
    }
    let mut devices = devices_of(host, Direction::Input)?;
    let names: Vec<(String, String)> = devices.iter().map(|it| (name_of(it), id_of(it))).collect();
    let named: Vec<Named<'_>> = names.iter().map(|(name, id)| Named { name, id }).collect();
    for (name, _) in &names {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    Ok(meant(wish, &named).map(|at| devices.swap_remove(at)))
}

/// The devices of one direction, without ALSA's plugins.
fn devices_of(host: &cpal::Host, direction: Direction) -> Result<Vec<Device>, cpal::Error> {
    if !cfg!(target_os = "linux") {
        return Ok(match direction {
            Direction::Input => host.input_devices()?.collect(),
            Direction::Output => host.output_devices()?.collect(),
        });
    }
    // Here the above would open every device to see what it can, some of which wait for servers of their own.
    let fits = |device: &Device| {
        let described = device.description().is_ok_and(|it| match direction {
            Direction::Input => it.supports_input(),
            Direction::Output => it.supports_output(),
        });
        described && !ALSA_PLUGINS.contains(&id_of(device).as_str())
    };
    Ok(host.devices()?.filter(fits).collect())
}

fn name_of(device: &Device) -> String {
    device.description().map_or_else(|_| "a device without a name".to_owned(), |it| it.name().to_owned())
}

fn id_of(device: &Device) -> String {
    device.id().map_or_else(|_| name_of(device), |id| id.id().to_owned())
}

fn open(device: &Device, place: Place) -> Result<Caught, SourceError> {
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

fn list() -> Vec<DeviceInfo> {
    let mut listed = Vec::new();
    for id in host_ids() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        let default = host.default_input_device().map(|it| id_of(&it));
        let devices = devices_of(&host, Direction::Input).unwrap_or_default();
        listed.extend(
            devices.iter().filter_map(|it| info(it, id.name(), Direction::Input, default.as_deref())),
        );
        if !listed.is_empty() {
            // ALSA's names beside a sound server's are the same devices, and a dozen plugins.
            break;
        }
    }
    if let Some(host) = output_host() {
        let default = host.default_output_device().map(|it| id_of(&it));
        let devices = devices_of(&host, Direction::Output).unwrap_or_default();
        let host = host.id().name();
        listed.extend(devices.iter().filter_map(|it| info(it, host, Direction::Output, default.as_deref())));
    }
    listed
}

fn info(device: &Device, host: &str, direction: Direction, default: Option<&str>) -> Option<DeviceInfo> {
    let (config, ranges): (_, Vec<_>) = match direction {
        Direction::Input => {
            (device.default_input_config().ok()?, device.supported_input_configs().ok()?.collect())
        }
        Direction::Output => {
            (device.default_output_config().ok()?, device.supported_output_configs().ok()?.collect())
        }
    };
    let lowest = ranges.iter().map(|it| it.min_sample_rate()).min();
    let highest = ranges.iter().map(|it| it.max_sample_rate()).max();
    let id = id_of(device);
    Some(DeviceInfo {
        name: name_of(device),
        default: default == Some(id.as_str()),
        id,
        host: host.to_owned(),
        direction,
        rate: config.sample_rate(),
        rates: [lowest.unwrap_or(config.sample_rate()), highest.unwrap_or(config.sample_rate())],
        channels: config.channels(),
    })
}
