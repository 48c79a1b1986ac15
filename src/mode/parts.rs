//! Parts: the rooms that every way in needs, made from the settings.
//!
//! Enters: settings. Leaves: rooms ready to work. Never here: what differs between the ways in.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::{
    Declaration, Note,
    ask::Asking,
    desk::desk,
    interpret::Interpreter,
    keeping::{self, Keeper},
    lazy_door::LazyDoor,
    on_device::Told,
    options, outside,
    perform::Performer,
    servers::Programs,
    tools::Tools,
    waking,
};
use crate::{
    answer::{Asker, History, Limits as HistoryLimits},
    flow::{Fault, Hush, Pace},
    models::{BUILT_IN, Choice, Library, Manifest, Origin},
    policy::{Capability, Region},
    session::{
        Disclosing, Errands,
        clock::{Clock, Wall},
        machine::Plan,
    },
    settings::{EndpointSettings, Settings, surroundings},
    skills::{Given, Skills, Teller},
    speak::{BestVoice, SpeakError},
    transcribe::{ModelSource, Reader, WakeCue, Whisper, WhisperOptions},
    understand::{Dialogue, OwnWords, StopWords, Understanding, WakePhrase},
};

/// The recogniser with the model asked for, or the best one present, and the model's name; `cue` makes it listen for the
/// wake phrase.
pub(super) fn reader(
    settings: &Settings,
    cue: Option<WakeCue>,
    note: &dyn Fn(&str),
) -> Result<(Box<dyn Reader>, String), Fault> {
    let choice = model(settings)?;
    if choice.origin == Origin::BuiltIn {
        note(
            "the built-in speech model hears short English commands only; `mynah models fetch base` gets one that hears more",
        );
    }
    let options = WhisperOptions { wake: cue, ..whisper(settings, &choice) };
    let whisper = Whisper::load(&options).map_err(|error| Fault::from(&error))?;
    Ok((Box::new(whisper), choice.name))
}

/// How the recogniser is set up with the model chosen.
pub(super) fn whisper(settings: &Settings, choice: &Choice) -> WhisperOptions {
    let source = match choice.origin {
        Origin::BuiltIn => ModelSource::Bytes(BUILT_IN),
        Origin::Official | Origin::Imported => ModelSource::File(choice.path.clone()),
    };
    options::whisper(settings, source, &choice.name)
}

/// The model asked for, or the best one present.
pub(super) fn model(settings: &Settings) -> Result<Choice, Fault> {
    let library = Library::new(Manifest::shipped(), settings.models_directory.clone());
    let choice = library.choose(settings.model.as_deref(), settings.language.as_ref());
    choice.map_err(|error| Fault::from(&error))
}

/// The voice that `hush` silences.
pub(super) fn voice(settings: &Settings, hush: &Hush) -> Result<BestVoice, Fault> {
    BestVoice::new(options::voice(settings), hush.clone()).map_err(|error| match &error {
        SpeakError::BadOption { key, .. } => settings.blame(&format!("speak.{key}"), Fault::from(&error)),
        _ => Fault::from(&error),
    })
}

/// Understanding. `wake`: only what follows the wake phrase is meant for Mynah. `own_words`: what Mynah said,
/// where it could hear itself.
pub(super) fn interpreter(
    settings: &Settings,
    wake: bool,
    own_words: Option<OwnWords>,
) -> Result<Interpreter, Fault> {
    interpreter_by(understanding(settings)?, settings, wake, own_words)
}

/// The built-in templates, compiled, with the user's own phrases.
pub(super) fn understanding(settings: &Settings) -> Result<Arc<Understanding>, Fault> {
    taught(built_in()?, settings)
}

/// The built-in templates, compiled.
pub(super) fn built_in() -> Result<Arc<Understanding>, Fault> {
    Understanding::new().map(Arc::new).map_err(|error| Fault::from(&error))
}

/// `built_in` with the user's own phrases, where there is a file of them.
pub(super) fn taught(built_in: Arc<Understanding>, settings: &Settings) -> Result<Arc<Understanding>, Fault> {
    let Some(file) = &settings.phrases else { return Ok(built_in) };
    let Some(text) = file.read().map_err(|error| Fault::from(&error))? else { return Ok(built_in) };
    let taught = built_in.taught(&file.path.display().to_string(), &text);
    taught.map(Arc::new).map_err(|error| Fault::from(&error))
}

/// The same by templates that others use too.
pub(super) fn interpreter_by(
    understanding: Arc<Understanding>,
    settings: &Settings,
    wake: bool,
    own_words: Option<OwnWords>,
) -> Result<Interpreter, Fault> {
    Ok(Interpreter {
        understanding,
        judge: waking::judge(settings)?,
        phrases: settings.wake_phrases.clone(),
        wake_phrase: WakePhrase::new(&settings.wake_phrases)
            .map_err(|error| settings.blame("wake.phrases", Fault::from(&error)))?,
        stop_words: StopWords::new(&settings.stop_words),
        wake,
        own_words,
        dialogue: Dialogue::default(),
    })
}

/// What every session is planned with: silent, without a wake phrase, telling nothing of what falls due.
pub(super) fn plan(settings: &Settings, disclosing: Disclosing) -> Plan {
    Plan {
        region: settings.region.to_string(),
        spoken: false,
        wake: false,
        follow_up_ms: settings.follow_up_ms,
        patience: options::patience(settings),
        script: settings.script,
        tells_due: false,
        disclosing,
        live: None,
    }
}

/// Who answers for a user of this machine.
pub(super) struct Answering {
    /// The skills.
    pub(super) performer: Performer,
    /// By which a model has something done.
    pub(super) errands: Errands,
    /// The language model.
    pub(super) asking: Asking,
    /// Who keeps what was asked.
    pub(super) keeper: Arc<Keeper>,
}

/// Skills and the language model, of which both leave by `door`; a conversation is forgotten after `memory_ms` without a word.
pub(super) fn answering(
    settings: &mut Settings,
    (understanding, teller, pace): (Arc<Understanding>, Teller, Pace),
    door: Arc<LazyDoor>,
    memory_ms: Option<u64>,
    note: &Note,
) -> Answering {
    let lives = matches!(teller, Teller::Here);
    let asker = asker(settings, &door);
    let programs = programs(settings, &door, asker.clone(), note);
    let performer = performer(settings, &understanding, (teller, pace), door.clone());
    let keeper = Arc::new(Keeper::start(settings, lives, note.clone()));
    let errands = Errands::default();
    let side = Side {
        understanding,
        door,
        wall: Wall::machine(),
        keeper: Some(keeper.clone()),
        errands: errands.clone(),
        asker,
        programs,
        memory_ms,
        note: note.clone(),
    };
    Answering { performer, errands, asking: asking(settings, side), keeper }
}

/// The skills, by the machine's time; `understanding` knows the user's phrases; `teller` tells what falls due, `pace` is the voice's; queries leave by
/// `door`. Takes the keys of those who tell facts out of `settings`.
fn performer(
    settings: &mut Settings,
    understanding: &Understanding,
    (teller, pace): (Teller, Pace),
    door: Arc<LazyDoor>,
) -> Performer {
    Performer {
        skills: Skills::new(Given {
            store: keeping::store_opener(settings, false),
            teller,
            country: settings.inputs.home.clone().map(|home| home.to_ascii_uppercase()),
            pace,
            desk: desk(),
            outside: outside::outside(settings, door),
            deeds: understanding.deeds(),
        }),
        wall: Wall::machine(),
        script: settings.script,
        region: region_to_tell(settings),
    }
}

/// The region's name for the user; none where words stay on this machine anyway.
pub(super) fn region_to_tell(settings: &Settings) -> Option<String> {
    Some(settings.region.to_string()).filter(|_| settings.region != Region::offline())
}

/// Finds the keys that are kept somewhere else than the settings say, before anything takes them out of `settings`.
pub(super) fn find_keys(settings: &mut Settings, note: &Note) {
    for line in settings.find_stored_keys() {
        note(&line);
    }
}

/// What the language model's side works with, beside the settings.
pub(super) struct Side {
    /// The templates.
    pub(super) understanding: Arc<Understanding>,
    /// By which words leave.
    pub(super) door: Arc<LazyDoor>,
    /// What time it is.
    pub(super) wall: Wall,
    /// Who knows what the user asked to have remembered.
    pub(super) keeper: Option<Arc<Keeper>>,
    /// By which a model has something done.
    pub(super) errands: Errands,
    /// Who asks the region's language models.
    pub(super) asker: Asker<Arc<LazyDoor>>,
    /// What other programs do.
    pub(super) programs: Arc<Programs>,
    /// Without an exchange for so long, the conversation is forgotten, ms.
    pub(super) memory_ms: Option<u64>,
    /// Told things worth a line on standard error.
    pub(super) note: Note,
}

/// The way out of `settings`' region, while the machine's time zone says that it is there.
pub(super) fn door(settings: &Settings, moved: Arc<Notify>) -> Arc<LazyDoor> {
    let zone = settings.inputs.zone.clone();
    let is_here = Box::new(move || surroundings().zone == zone);
    LazyDoor::new(options::Network::of(settings), is_here, moved)
}

/// What the servers of tools of `settings` do, of which endpoints are asked through `door`; what is wrong with them is told to
/// `note`. Takes their keys out of `settings`.
pub(super) fn programs(
    settings: &mut Settings,
    door: &Arc<LazyDoor>,
    asker: Asker<Arc<LazyDoor>>,
    note: &Note,
) -> Arc<Programs> {
    Arc::new(Programs::of(settings, door, asker, note.clone()))
}

/// Who asks the language models of `settings`' region through `door`. Takes their keys out of `settings`, and no others.
pub(super) fn asker(settings: &mut Settings, door: &Arc<LazyDoor>) -> Asker<Arc<LazyDoor>> {
    let rules = settings.rules.clone();
    let chats = |setup: &EndpointSettings| {
        let endpoint = rules.endpoint(&setup.id.as_str().into());
        endpoint.is_some_and(|endpoint| endpoint.capabilities().contains(&Capability::Chat))
    };
    let (chats, others) = std::mem::take(&mut settings.endpoints).into_iter().partition(chats);
    settings.endpoints = others;
    let (region, options) = (settings.region.clone(), options::answering(settings));
    Asker::new(door.clone(), settings.rules.clone(), region, options::setups(chats), options)
}

/// The language model's side.
pub(super) fn asking(
    settings: &Settings,
    Side { understanding, door, wall, keeper, errands, asker, programs, memory_ms, note }: Side,
) -> Asking {
    if let Some(fault) = &settings.wrong_rules {
        note(&format!("offline: {}; {}", fault.message, fault.remedy));
    }
    let told = Told::new(understanding, settings.script, region_to_tell(settings), wall.clone());
    let history = HistoryLimits { exchanges: settings.history_exchanges, ..HistoryLimits::default() };
    Asking {
        asker: asker.offering(Arc::new(Tools::new(told, errands, programs.clone()))),
        programs,
        door,
        region: settings.region.to_string(),
        keeper: keeper.filter(|_| settings.tell_memory),
        wall,
        history: Mutex::new(History::new(history)),
        memory_ms,
        ran: Mutex::default(),
        since: Mutex::new(Clock::new()),
        declaration: Declaration::of(settings),
        note,
    }
}
