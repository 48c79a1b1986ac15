//! Live: a microphone in, a loudspeaker out, keys and other programs beside them; runs until it is told to end.
//!
//! Enters: settings and who watches. Leaves: [`Parts`]. Never here: a decision about sound or words.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use super::{
    Note, disclosing,
    keeping::recorded,
    options,
    parts::{self, Answering},
    signals, waking,
};
use crate::{
    flow::{Fault, Hush},
    key::{Desktop, HotKey, Keys, PttMode, PushToTalk, PushToTalkOptions, StopKeys},
    listen::{EchoCanceller, EchoOptions, Gate, Vad},
    play::{Ducker, Speaker, SpeakerOptions},
    report::Notice,
    session::{
        Command, Ear, Parts, Request, Stance,
        clock::Wall,
        machine::{Live as LivePlan, Plan},
    },
    settings::{Settings, environment},
    skills::Teller,
    source::{Microphone, MicrophoneOptions},
    understand::OwnWords,
};

/// How loud Mynah's own voice stays while somebody else seems to speak: -14 dB, still to be followed.
const DUCKED: f32 = 0.2;

/// Requests of other programs, which outlive a session that starts anew.
pub type Requests = Arc<Mutex<mpsc::Receiver<Request>>>;

/// What a live session needs beside the settings.
pub struct Live {
    /// What other programs ask for.
    pub requests: Requests,
    /// Whether the settings could be read anew now; a session is not ended for settings that are wrong.
    pub reloadable: Box<dyn Fn() -> Result<(), Fault> + Send + Sync>,
    /// Told what happens, as it happens.
    pub watch: Box<dyn FnMut(Notice) + Send>,
    /// Whether somebody can see what is told now.
    pub screen: Box<dyn Fn() -> bool + Send>,
    /// Told things worth a line on standard error.
    pub note: Note,
}

impl Live {
    /// Joins the rooms.
    ///
    /// # Errors
    /// What makes the whole run impossible: no model for the language, a voice that cannot be used. A microphone that is
    /// not there is no error: it is waited for.
    pub fn build(self, mut settings: Settings) -> Result<Parts, Fault> {
        let (reader, model) = parts::reader(&settings, Some(waking::cue(&settings)?), &*self.note)?;
        let keys = keys(&settings, &*self.note)?;
        let hush = Hush::default();
        let output = SpeakerOptions { device: settings.play_device.clone(), volume: settings.volume };
        let (speaker, far_end) = Speaker::new(output, hush.clone());
        let fader = speaker.fader();
        // Made where nobody is turned down, too: it restores what an earlier run that was killed left quiet.
        let mut ducker = Ducker::new(Some(settings.ledger.with_file_name("ducked.json")));
        let others: Option<Box<dyn FnMut(bool) + Send>> = if settings.duck_others {
            Some(Box::new(move |down| if down { ducker.down() } else { ducker.up() }))
        } else {
            None
        };
        let voice = parts::voice(&settings, &hush)?;
        let pace = voice.pace();
        let never = [settings.wake_phrases.clone(), settings.stop_words.clone()].concat();
        let understanding = parts::understanding()?;
        let interpret =
            parts::interpreter_by(understanding.clone(), &settings, true, Some(OwnWords::new(&never)))?;
        let disclosing = disclosing::disclosing(&settings, false)?;
        let told = disclosing::Memory::of(&settings).keeper(self.note.clone());
        let live = LivePlan { after_reply_ms: settings.after_reply_ms, model, pid: std::process::id() };
        let plan = Plan {
            spoken: true,
            wake: true,
            tells_due: true,
            live: Some(live),
            ..parts::plan(&settings, disclosing)
        };
        let microphone = Microphone::open(MicrophoneOptions { devices: settings.microphones.clone() });
        let gate = Gate::new(options::gate(&settings), Box::new(Vad::new()));
        let echo = EchoOptions { cancel: settings.echo_cancellation, ..EchoOptions::default() };
        let talk = PushToTalkOptions {
            mode: if settings.hotkey_toggles { PttMode::Toggle } else { PttMode::Hold },
            grace_ms: settings.release_grace_ms,
            longest_ms: settings.longest_utterance_ms,
        };
        let moved = Arc::<Notify>::default();
        parts::find_keys(&mut settings, &self.note);
        let door = parts::door(&settings, moved.clone());
        let (rooms, memory_ms) =
            ((understanding, Teller::Here, pace), u64::from(settings.memory_minutes) * 60_000);
        let Answering { performer, errands, asking, keeper } =
            parts::answering(&mut settings, rooms, door, Some(memory_ms), &self.note);
        Ok(Parts {
            plan,
            wall: Wall::machine(),
            ear: Ear::Microphone {
                capture: Box::new(microphone),
                echo: Box::new(EchoCanceller::new(far_end, echo)),
                gate: Box::new(gate),
                talk: Box::new(PushToTalk::new(talk)),
                toggles: settings.hotkey_toggles,
            },
            reader: Some(reader),
            interpret: Box::new(interpret),
            perform: Box::new(performer),
            errands,
            ask: Arc::new(asking),
            voice: Some(Box::new(voice)),
            hush,
            sink: Box::new(speaker),
            interrupted: Box::pin(signals::interrupts()),
            requests: requests(self.requests, moved, self.reloadable, self.note),
            keys,
            duck: {
                let fader = fader.clone();
                Box::new(move |stance| {
                    fader.duck(match stance {
                        Stance::Forward => 1.0,
                        Stance::Back => DUCKED,
                        Stance::Withheld => 0.0,
                    });
                })
            },
            chime: if settings.earcons {
                Box::new(move |earcon| fader.chime(earcon))
            } else {
                Box::new(|_| ())
            },
            others,
            watch: recorded(keeper, self.watch),
            screen: self.screen,
            told,
        })
    }
}

/// Whether a session could be built of `settings`, as far as that is told without loading the model.
///
/// # Errors
/// What [`Live::build`] would refuse.
pub fn check(settings: &Settings) -> Result<(), Fault> {
    parts::model(settings)?;
    waking::cue(settings)?;
    parts::voice(settings, &Hush::default())?;
    parts::interpreter(settings, true, None)?;
    settings.hotkey.as_ref().map_or(Ok(()), |text| hotkey(settings, text).map(drop))
}

fn hotkey(settings: &Settings, text: &str) -> Result<HotKey, Fault> {
    HotKey::parse(text).map_err(|error| settings.blame("hotkey.key", Fault::from(&error)))
}

/// The requests, and what the user's signal and a machine that moved ask for, to read the settings anew, as one stream that never ends: the session outlives
/// those who ask. What asks for settings that are wrong is told so here.
fn requests(
    receiver: Requests,
    moved: Arc<Notify>,
    reloadable: Box<dyn Fn() -> Result<(), Fault> + Send + Sync>,
    note: Note,
) -> Pin<Box<dyn Stream<Item = Request> + Send>> {
    let asked = stream::unfold(receiver, |receiver| async {
        let request = receiver.lock().await.recv().await?;
        Some((request, receiver))
    });
    let at_terminal = signals::has_terminal();
    let signalled = signals::hang_ups().map(move |()| {
        // A terminal that was closed takes what runs in it along; nobody asked for new settings.
        let closed = at_terminal && !signals::has_terminal();
        let command = if closed { Command::Quit } else { Command::Reload };
        Request { command, reply: oneshot::channel().0 }
    });
    let elsewhere = stream::unfold(moved, |moved| async {
        moved.notified().await;
        Some((Request { command: Command::Moved, reply: oneshot::channel().0 }, moved))
    });
    let all = stream::select(asked.chain(stream::pending()), signalled);
    Box::pin(stream::select(all, elsewhere).filter_map(move |request| {
        let anew = matches!(request.command, Command::Reload | Command::Moved);
        let refused = anew.then(|| reloadable().err()).flatten();
        let passed = match refused {
            None => Some(request),
            Some(fault) => {
                note(&format!("the settings are not read anew: {}; {}", fault.message, fault.remedy));
                // Whoever asked may be gone.
                request.reply.send(Err(fault)).ok();
                None
            }
        };
        std::future::ready(passed)
    }))
}

/// What hears the hotkey, if there is to be one.
fn keys(settings: &Settings, note: &dyn Fn(&str)) -> Result<Option<(Keys, StopKeys)>, Fault> {
    let Some(text) = &settings.hotkey else { return Ok(None) };
    let desktop = Desktop::read(environment::variable);
    match Keys::new(hotkey(settings, text)?, desktop) {
        Ok(keys) => Ok(Some(keys)),
        Err(error) => {
            note(&format!("the hotkey is not heard: {error}"));
            Ok(None)
        }
    }
}
