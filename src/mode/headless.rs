//! Headless: recordings and typed lines in, a report a turn out; the same rooms a microphone would feed.
//!
//! Enters: settings and a [`Headless`] job. Leaves: [`Parts`]. Never here: a decision about sound or words.

use std::{
    io::{self, BufReader},
    path::PathBuf,
    sync::Arc,
};

use futures_util::stream;

use super::{
    Note, disclosing,
    keeping::recorded,
    lazy_door::LazyDoor,
    lines::Lines,
    options,
    parts::{self, Answering},
    signals, waking,
};
use crate::{
    flow::{Fault, Hush, Language},
    listen::{Gate, Vad},
    play::{Both, Nowhere, PlayError, Sink, Speaker, SpeakerOptions, Stamp, WavFolder},
    session::{Ear, Parts, Recording, clock::Wall, machine::Plan},
    settings::Settings,
    skills::Teller,
    source::{FileSource, Limits, Source, SourceError},
    units::{SampleIndex, Words},
};

/// Something to answer.
#[derive(Debug)]
pub enum Input {
    /// A recording.
    File(PathBuf),
    /// A recording that comes through standard input.
    Pipe,
    /// A recording that could not be found; told as a turn, so that the others go on.
    Missing(String, Fault),
    /// Typed words.
    Line(String),
    /// The lines of standard input, each answered as it comes.
    Lines,
}

/// Told the recording and how far it was heard.
pub type Progress = Arc<dyn Fn(&str, SampleIndex) + Send + Sync>;

type Recordings = Box<dyn Iterator<Item = Recording> + Send>;

/// What a command asked for beside the settings.
pub struct Headless {
    /// What to answer, in order.
    pub inputs: Vec<Input>,
    /// Whether only what follows the wake phrase is answered.
    pub wake: bool,
    /// Where replies are written as WAV files.
    pub out: Option<PathBuf>,
    /// Whether replies are played.
    pub play: bool,
    /// Whether somebody sees the answers as they come.
    pub screen: bool,
    /// Whether the settings still mean the region and the rules that they meant, asked before words leave: lines may come
    /// for hours, and nobody can tell this run to read its settings anew.
    pub unchanged: Box<dyn Fn() -> bool + Send + Sync>,
    /// Whether a daemon runs, which tells what falls due: this run ends before.
    pub running: Box<dyn Fn() -> bool + Send>,
    /// Told the recording and how far it was heard.
    pub progress: Progress,
    /// Told things worth a line on standard error.
    pub note: Note,
}

impl Headless {
    /// Joins the rooms.
    ///
    /// # Errors
    /// What makes the whole run impossible: no model for the language, a voice or a folder that cannot be used.
    pub fn build(self, mut settings: Settings) -> Result<Parts, Fault> {
        let sounds = self.inputs.iter().any(|input| matches!(input, Input::File(_) | Input::Pipe));
        let cue = if self.wake { Some(waking::cue(&settings)?) } else { None };
        let reader = if sounds { Some(parts::reader(&settings, cue, &*self.note)?.0) } else { None };
        let hush = Hush::default();
        let disclosing = disclosing::disclosing(&settings, self.out.is_some())?;
        let stamp = disclosing::stamp(&disclosing);
        let told = disclosing::Memory::of(&settings).keeper(self.note.clone());
        let (sink, audible) = sink((self.out, stamp), self.play, &settings, &hush, &*self.note)?;
        let screen = self.screen;
        let voice = parts::voice(&settings, &hush)?;
        let pace = voice.pace();
        let understanding = parts::understanding()?;
        let interpret = parts::interpreter_by(understanding.clone(), &settings, self.wake, None)?;
        let plan = Plan { spoken: audible, wake: self.wake, ..parts::plan(&settings, disclosing) };
        let gate = options::gate(&settings);
        let language = settings.language.clone();
        parts::find_keys(&mut settings, &self.note);
        // A run of lines reads its settings again, and nobody tells it to begin anew.
        let door = LazyDoor::new(options::Network::of(&settings), self.unchanged, Arc::default());
        let teller = Teller::Elsewhere(self.running);
        let rooms = (understanding, teller, pace);
        let Answering { performer, errands, asking, keeper } =
            parts::answering(&mut settings, rooms, door, None, &self.note);
        let watch = Watch { progress: self.progress, note: self.note.clone() };
        Ok(Parts {
            plan,
            wall: Wall::machine(),
            ear: Ear::Recordings {
                recordings: Box::new(
                    self.inputs
                        .into_iter()
                        .flat_map(move |input| recordings(input, language.as_ref(), &watch)),
                ),
                gate: Box::new(move || Gate::new(gate, Box::new(Vad::new()))),
            },
            reader,
            interpret: Box::new(interpret),
            perform: Box::new(performer),
            errands,
            ask: Arc::new(asking),
            voice: audible.then(|| Box::new(voice) as _),
            hush,
            sink,
            interrupted: Box::pin(signals::interrupts()),
            requests: Box::pin(stream::pending()),
            keys: None,
            others: None,
            duck: Box::new(|_| ()),
            chime: Box::new(|_| ()),
            watch: recorded(keeper, Box::new(|_| ())),
            screen: Box::new(move || screen),
            told,
        })
    }
}

/// What there is to hear in `input`.
fn recordings(input: Input, language: Option<&Language>, watch: &Watch) -> Recordings {
    let one = |recording| Box::new(std::iter::once(recording)) as Recordings;
    match input {
        Input::File(path) => {
            let name = path.display().to_string();
            one(sound(&name, watch, move || FileSource::open(&path, &Limits::default())))
        }
        Input::Pipe => {
            one(sound("-", watch, || FileSource::from_reader(Box::new(io::stdin()), "-", &Limits::default())))
        }
        Input::Missing(name, fault) => one(missing(&name, fault)),
        Input::Line(line) => one(typed(line, language)),
        Input::Lines => {
            let language = language.cloned();
            Box::new(Lines::new(BufReader::new(io::stdin())).map(move |line| match line {
                Ok(line) => typed(line, language.as_ref()),
                Err(fault) => missing("text", fault),
            }))
        }
    }
}

fn sound(
    name: &str,
    watch: &Watch,
    open: impl FnOnce() -> Result<FileSource, SourceError> + Send + 'static,
) -> Recording {
    let (name, watch): (Arc<str>, _) = (name.into(), watch.clone());
    let called = name.clone();
    let open = Box::new(move || {
        let source = open().map_err(|error| Fault::from(&error))?;
        Ok(Box::new(Watched { source, name: called, watch }) as Box<dyn Source>)
    });
    Recording::Sound { name, open }
}

fn missing(name: &str, fault: Fault) -> Recording {
    Recording::Sound { name: name.into(), open: Box::new(move || Err(fault)) }
}

fn typed(line: String, language: Option<&Language>) -> Recording {
    let language = language.cloned().unwrap_or_else(|| Language::of_text(&line));
    Recording::Line { words: Words::from(line), language }
}

/// Who is told about recordings.
#[derive(Clone)]
struct Watch {
    progress: Progress,
    note: Note,
}

/// A source that tells how far it was heard, once a second of sound, and at its end what was wrong with it.
struct Watched {
    source: FileSource,
    name: Arc<str>,
    watch: Watch,
}

impl Source for Watched {
    fn next(&mut self) -> Result<Option<crate::flow::Frame>, SourceError> {
        let frame = self.source.next()?;
        if let Some(frame) = &frame
            && frame.at.ms() % 1_000 < 16
        {
            (self.watch.progress)(&self.name, frame.at);
        }
        if frame.is_none()
            && let Some(flaws) = self.source.flaws().note()
        {
            (self.watch.note)(&format!("{}: {flaws}", self.name));
        }
        Ok(frame)
    }
}

/// Where replies go, and whether they need a voice at all.
fn sink(
    (out, stamp): (Option<PathBuf>, Option<Stamp>),
    play: bool,
    settings: &Settings,
    hush: &Hush,
    note: &dyn Fn(&str),
) -> Result<(Box<dyn Sink>, bool), Fault> {
    let told = |error: PlayError| Fault::from(&error);
    let folder = out.map(WavFolder::new).transpose().map_err(told)?.map(|folder| folder.stamped(stamp));
    let device = settings.play_device.as_deref();
    let speaker = if play {
        let options = SpeakerOptions { device: device.map(str::to_owned), volume: settings.volume };
        match Speaker::open(options, hush.clone()) {
            // Nobody listens while a file is answered, so nobody has to know what is played.
            Ok((speaker, _)) => Some(speaker),
            // A device that was named must be there; without a name, a machine without sound is no fault.
            Err(error) if device.is_some() => return Err(settings.blame("play.device", told(error))),
            Err(error) => {
                note(&format!("replies are not played: {error}"));
                None
            }
        }
    } else {
        None
    };
    Ok(match (folder, speaker) {
        (Some(folder), Some(speaker)) => (Box::new(Both::new(folder, speaker)), true),
        (Some(folder), None) => (Box::new(folder), true),
        (None, Some(speaker)) => (Box::new(speaker), true),
        (None, None) => (Box::new(Nowhere), false),
    })
}
