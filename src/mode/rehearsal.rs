//! Rehearsal: a session that somebody else's script plays: what is said, when, and what a language model answers.
//!
//! Enters: settings, a clock that the script moves, recordings. Leaves: [`Parts`], the rooms as in use, but that replies are
//! not spoken, nothing outside of this machine is reached, and what falls due is told as by the daemon. Never here: the
//! user's own settings, keys, devices or store.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures_util::{Stream, stream};

use super::{
    Note, disclosing,
    lazy_door::LazyDoor,
    options,
    parts::{self, Side},
    perform::Performer,
    waking,
};
use crate::{
    flow::{Fault, Hush},
    listen::{Gate, Vad},
    play::Nowhere,
    session::{Ear, Errands, Parts, Recording, clock::Wall, machine::Plan},
    settings::{Settings, ToolNetwork, ToolPlace},
    skills::{Given, Skills, Teller},
    store::Store,
    transcribe::Reader,
    understand::Understanding,
};

/// Nobody else keeps anything in a rehearsal's store, so what is due is looked for no more often than this.
const LOOK: Duration = Duration::from_secs(3_600);

/// The templates, compiled once for many rehearsals.
#[derive(Clone)]
pub struct Templates(Arc<Understanding>);

impl Templates {
    /// The built-in ones.
    ///
    /// # Errors
    /// Built-in templates at fault.
    pub fn built_in() -> Result<Self, Fault> {
        parts::built_in().map(Self)
    }
}

/// The recogniser that `settings` ask for; `wake`: it listens for the wake phrase.
///
/// # Errors
/// A model that is not there or cannot be used.
pub fn reader(settings: &Settings, wake: bool, note: &dyn Fn(&str)) -> Result<Box<dyn Reader>, Fault> {
    let cue = if wake { Some(waking::cue(settings)?) } else { None };
    Ok(parts::reader(settings, cue, note)?.0)
}

/// What a script brings along.
pub struct Rehearsal {
    /// What time it is.
    pub wall: Wall,
    /// What is said.
    pub recordings: Box<dyn Iterator<Item = Recording> + Send>,
    /// The recogniser; `None` where nothing is said aloud.
    pub reader: Option<Box<dyn Reader>>,
    /// The templates.
    pub templates: Templates,
    /// Whether only what follows the wake phrase is answered.
    pub wake: bool,
    /// Gives something when the session is to end before its script.
    pub interrupted: Pin<Box<dyn Stream<Item = ()> + Send>>,
    /// Told things that a user would be told on standard error.
    pub note: Note,
}

impl Rehearsal {
    /// Joins the rooms.
    ///
    /// # Errors
    /// What makes the whole session impossible.
    pub fn build(self, mut settings: Settings) -> Result<Parts, Fault> {
        // Programs with tools are reached like everything else: on this machine, and nobody beyond it through them.
        for server in &mut settings.tool_servers {
            if let ToolPlace::Program { network, .. } = &mut server.at {
                *network = ToolNetwork::None;
            }
        }
        let disclosing = disclosing::disclosing(&settings, false)?;
        let told = disclosing::Memory::of(&settings).keeper(self.note.clone());
        let understanding = parts::taught(self.templates.0, &settings)?;
        let interpret = parts::interpreter_by(understanding.clone(), &settings, self.wake, None)?;
        let plan = Plan { wake: self.wake, tells_due: true, ..parts::plan(&settings, disclosing) };
        let path = settings.ledger.with_file_name("mynah.db");
        // What skills work on is a rehearsal's own: neither its store nor anything else is the user's.
        let given = Given {
            country: settings.inputs.home.clone().map(|home| home.to_ascii_uppercase()),
            deeds: understanding.deeds(),
            ..Given::new(Box::new(move || Store::open(&path)), Teller::Here)
        };
        let (wall, zone) = (self.wall.clone(), settings.inputs.zone.clone());
        let door = LazyDoor::new(
            options::Network::of(&settings).within_this_machine(),
            Box::new(move || wall.now().time_zone().iana_name() == zone.as_deref()),
            Arc::default(),
        );
        let asker = parts::asker(&mut settings, &door);
        let programs = parts::programs(&mut settings, &door, asker.clone(), &self.note);
        let performer = Performer {
            skills: Skills::new(given).looking_every(LOOK),
            wall: self.wall.clone(),
            script: settings.script,
            region: parts::region_to_tell(&settings),
        };
        let gate = options::gate(&settings);
        let errands = Errands::default();
        let side = Side {
            understanding,
            door,
            wall: self.wall.clone(),
            keeper: None,
            errands: errands.clone(),
            asker,
            programs,
            memory_ms: None,
            note: self.note,
        };
        let asking = parts::asking(&settings, side);
        Ok(Parts {
            plan,
            wall: self.wall,
            ear: Ear::Recordings {
                recordings: self.recordings,
                gate: Box::new(move || Gate::new(gate, Box::new(Vad::new()))),
            },
            reader: self.reader,
            interpret: Box::new(interpret),
            perform: Box::new(performer),
            errands,
            ask: Arc::new(asking),
            voice: None,
            hush: Hush::default(),
            sink: Box::new(Nowhere),
            interrupted: self.interrupted,
            requests: Box::pin(stream::pending()),
            keys: None,
            others: None,
            duck: Box::new(|_| ()),
            chime: Box::new(|_| ()),
            watch: Box::new(|_| ()),
            screen: Box::new(|| false),
            told,
        })
    }
}
