//! Sound: a second of the microphone, a tone on the loudspeaker, and whether the one hears the other.
//!
//! Enters: devices as the settings name them. Leaves: findings. What was recorded is measured and dropped. Never here: a
//! wait without an end.

use std::sync::mpsc::{SyncSender, sync_channel};

use super::{
    Finding, Heard, Recording,
    beside::{Beside, unfinished},
    tone::tone,
};
use crate::{
    flow::{Fault, Hush, Speech},
    play::{Sink, Speaker, SpeakerOptions},
    session::clock::Clock,
    settings::Settings,
    source::{Capture, Captured, DeviceNews, Microphone, MicrophoneOptions},
    units::{PIPELINE_HZ, SampleRate, TurnId},
};

/// How long a microphone may take to give its first sample. An idle null sink takes 2 s, Bluetooth as long.
const OPENING_MS: u64 = 2_500;

/// What is recorded of the room, samples: the second that is promised.
const ROOM: usize = PIPELINE_HZ as usize;

/// How long that may take once it has begun, ms; a device that stutters gives less.
const ROOM_MS: u64 = 1_300;

/// What is recorded after the tone has ended, for the way through air and buffers, ms.
const AFTER_MS: u64 = 300;

/// Below this a voice across the room drowns in the converter's noise.
const FAINT: f32 = -80.0;

/// One sample of the room in so many may be at the end of the scale.
const CLIPPED_PART: u64 = 1_000;

/// What to look at.
pub(super) struct Wanted {
    microphones: Vec<String>,
    speaker: Option<String>,
    volume: f32,
}

impl Wanted {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            microphones: settings.microphones.clone(),
            speaker: settings.play_device.clone(),
            volume: settings.volume,
        }
    }
}

/// What became of the microphone while it was listened to.
#[derive(Default)]
struct Listened {
    ready: Option<(String, u32, Option<String>)>,
    lost: Option<Fault>,
    recording: Recording,
}

/// Records and plays, until `clock` shows `until_ms` at the latest.
pub(super) fn sound(wanted: &Wanted, audible: bool, clock: &Clock, until_ms: u64) -> Vec<Finding> {
    let audible = audible && wanted.volume > 0.0;
    let player = audible.then(|| Player::open(wanted));
    let mut microphone = Microphone::open(MicrophoneOptions { devices: wanted.microphones.clone() });
    let mut listened = Listened::default();
    let opened = clock.elapsed_ms();
    let hears = listened.listen(&mut microphone, Part::Room, &|room| {
        let now = clock.elapsed_ms();
        match room {
            0 => now < (opened + OPENING_MS).min(until_ms),
            _ => room < ROOM && now < (opened + OPENING_MS + ROOM_MS).min(until_ms),
        }
    });
    let mut findings = Vec::new();
    let played = player.map(|player| {
        player.go();
        let mut played = None;
        let mut ended = None;
        while clock.elapsed_ms() < until_ms && ended.is_none_or(|at| clock.elapsed_ms() < at + AFTER_MS) {
            if played.is_none() {
                played = player.done.found(clock, clock.elapsed_ms());
                ended = played.is_some().then(|| clock.elapsed_ms());
            }
            let step = clock.elapsed_ms();
            listened.listen(&mut microphone, Part::Tone, &|_| clock.elapsed_ms() < step + 50);
            if !hears && played.is_some() {
                break;
            }
        }
        played
    });
    let heard = listened.recording.heard();
    findings.push(microphone_finding(&listened, &heard));
    let named = wanted.speaker.as_deref().unwrap_or("the default output");
    findings.push(match &played {
        None if wanted.volume > 0.0 => Finding::ok("loudspeaker", "not tried (--no-tone)"),
        None => Finding::warning(
            "loudspeaker",
            "play.volume is 0: nothing is ever heard",
            "set play.volume to 1.0",
        ),
        Some(None) => unfinished("loudspeaker", &format!("{named} did not play a tone in time")),
        Some(Some(Ok(()))) => Finding::ok("loudspeaker", format!("a tone was played on {named}")),
        Some(Some(Err(fault))) => Finding::fault("loudspeaker", fault.clone()),
    });
    if matches!(played, Some(Some(Ok(())))) && hears && !heard.silent {
        findings.push(tone_finding(&heard));
    }
    findings
}

#[derive(Clone, Copy)]
enum Part {
    Room,
    Tone,
}

impl Listened {
    /// Takes what `microphone` gives while `more` says so of the samples in the part; whether anything came yet.
    fn listen(&mut self, microphone: &mut dyn Capture, part: Part, more: &dyn Fn(usize) -> bool) -> bool {
        let length = |it: &Self| match part {
            Part::Room => it.recording.room.len(),
            Part::Tone => it.recording.tone.len(),
        };
        while more(length(self)) {
            match microphone.next() {
                Captured::Frame(frame) => match part {
                    Part::Room => self.recording.room.extend(frame.pcm),
                    Part::Tone => self.recording.tone.extend(frame.pcm),
                },
                Captured::News(DeviceNews::Ready { name, rate, because }) => {
                    self.ready = Some((name, rate, because));
                    self.lost = None;
                }
                Captured::News(DeviceNews::Lost(fault)) => self.lost = Some(fault),
                Captured::News(DeviceNews::Muted | DeviceNews::Overrun { .. }) | Captured::Nothing => {}
            }
        }
        length(self) > 0
    }
}

fn microphone_finding(listened: &Listened, heard: &Heard) -> Finding {
    let check = "microphone";
    let Some((name, rate, because)) = &listened.ready else {
        let silent = Fault {
            kind: "no_microphone",
            message: "no microphone gave any sound".into(),
            remedy: "connect one, and name it under listen.devices; `mynah devices` lists those there are"
                .into(),
        };
        return Finding::fault(check, listened.lost.clone().unwrap_or(silent));
    };
    let level = heard.level.0.round();
    let heard_at = format!("{name}, {rate} Hz, {level} dBFS over a second");
    let finding = if let Some(fault) = &listened.lost {
        Finding::fault(check, fault.clone())
    } else if heard.silent {
        Finding::problem(check, format!("{name} gives nothing but zeros"), forbidden())
    } else if heard.clipped * CLIPPED_PART > u64::from(PIPELINE_HZ) {
        let message = format!("{heard_at}: too loud, its signal is cut off");
        Finding::warning(check, message, "lower the microphone's input level in the system's sound settings")
    } else if heard.level.0 < FAINT {
        let message = format!("{heard_at}: very faint");
        Finding::warning(check, message, "raise the microphone's input level, and check its own mute switch")
    } else if let Some(because) = because {
        let remedy = "connect the preferred one, or change the order under listen.devices";
        Finding::warning(check, format!("{heard_at}; {because}"), remedy)
    } else {
        Finding::ok(check, heard_at)
    };
    finding
        .with("device", name.as_str())
        .with("rate_hz", *rate)
        .with("dbfs", heard.level.0)
        .with("peak", heard.peak)
        .with("clipped_samples", heard.clipped)
}

/// Why a system hands out zeros instead of sound.
const fn forbidden() -> &'static str {
    if cfg!(target_os = "macos") {
        "allow the microphone for Mynah (or for your terminal) under System Settings, Privacy & Security, Microphone"
    } else if cfg!(target_os = "windows") {
        "allow desktop apps to use the microphone under Settings, Privacy & security, Microphone"
    } else {
        "unmute the microphone in the system's sound settings, and check its own mute switch and the desktop's privacy \
         settings"
    }
}

fn tone_finding(heard: &Heard) -> Finding {
    if heard.tone {
        Finding::ok("tone", "the microphone heard the loudspeaker's tone").with("heard", true)
    } else {
        let remedy = "with headphones this is as it should be; else turn the loudspeaker up, and check that it and the \
                      microphone are the ones you mean (`mynah devices`)";
        Finding::warning("tone", "the microphone did not hear the loudspeaker's tone", remedy)
            .with("heard", false)
    }
}

/// A loudspeaker that is opened while the room is recorded, and plays when told.
struct Player {
    go: SyncSender<()>,
    done: Beside<Result<(), Fault>>,
}

impl Player {
    fn open(wanted: &Wanted) -> Self {
        let (go, gone) = sync_channel::<()>(1);
        let (device, volume) = (wanted.speaker.clone(), wanted.volume);
        let rate = SampleRate::new(48_000).unwrap_or(SampleRate::PIPELINE);
        let done = Beside::start("doctor tone", move || {
            let speech = Speech { turn: TurnId(1), seq: 0, rate, pcm: tone(rate.hz(), volume).into() };
            let options = SpeakerOptions { device, volume: 1.0 };
            let played = Speaker::open(options, Hush::default()).and_then(|(mut speaker, _)| {
                // Nobody says go any more when the time is up.
                if gone.recv().is_err() {
                    return Ok(());
                }
                speaker.play(&speech)?;
                speaker.finish(speech.turn).map(drop)
            });
            played.map_err(|error| Fault::from(&error))
        });
        Self { go, done }
    }

    fn go(&self) {
        // Where opening failed nobody listens, and what failed is told by `done`.
        let _ = self.go.try_send(());
    }
}
