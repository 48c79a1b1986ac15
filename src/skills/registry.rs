//! The skills there are, which of them answers, and what they tell by themselves.

use std::{sync::Arc, time::Duration};

use jiff::Zoned;

use super::{
    Reply, Skill, SkillContext, SkillError,
    about::About,
    alarms::Alarms,
    brightness::Screen,
    calendar::Calendar,
    changes::Back,
    clock::Clock,
    dialogue::{Dialogue, taken_back},
    history::History,
    holidays::Workdays,
    home::Home,
    kept::{Opener, Shared, Teller},
    lists::Lists,
    machine::System,
    maths::Maths,
    media::Media,
    memory::Memory,
    notes::Notes,
    open::Open,
    outside::{Beyond, Outside},
    pace::Speed,
    rates::Rates,
    reminders::Reminders,
    ringing,
    stop::Stop,
    taught::Taught,
    timers::Timers,
    units::Units,
    volume::Volume,
    weather::Weather,
};
use crate::{
    desktop::Desk,
    flow::{Deed, Intent, Language, Pace, Script},
    script::Scribe,
    units::Words,
};

/// What skills work on, each handed in by the mode, which alone knows where it comes from.
pub struct Given {
    /// Opens what is kept; called when something is to be kept or told, and again where it failed.
    pub store: Opener,
    /// Who tells what falls due.
    pub teller: Teller,
    /// The country the user lives in, an ISO 3166 code, as far as it is known: its holidays are not worked.
    pub country: Option<String>,
    /// How fast replies are spoken.
    pub pace: Pace,
    /// The user's machine.
    pub desk: Desk,
    /// What is asked of services and of the user's home.
    pub outside: Outside,
    /// What the user's own phrases start and say.
    pub deeds: Arc<[Deed]>,
}

impl Given {
    /// Only what is kept: no country is known, and nothing of the machine or around it can be changed.
    #[must_use]
    pub fn new(store: Opener, teller: Teller) -> Self {
        Self {
            store,
            teller,
            country: None,
            pace: Pace::default(),
            desk: Desk::nothing(),
            outside: Outside::nobody(),
            deeds: Arc::default(),
        }
    }
}

/// The intent that takes back what was done last, and how much of that is remembered.
const UNDO: &str = "undo";
const BACK: usize = 16;

/// The slot of an intent that is to be done instead of what the same one did last.
const INSTEAD: &str = "instead";

/// Something that fell due.
#[derive(Debug, Clone, PartialEq)]
pub struct FellDue {
    /// Which; it comes again under the same number until it is heeded.
    pub id: u64,
    /// What to say.
    pub words: Words,
    /// In which language.
    pub language: Language,
}

/// The skills there are.
pub struct Skills {
    all: Vec<Box<dyn Skill>>,
    kept: Option<Shared>,
    /// What was done, the latest last.
    done: Vec<Done>,
    /// Whether the latest of that was done by the latest command of its name.
    replaceable: bool,
}

/// Something that was done.
struct Done {
    /// The name of the intent that asked for it.
    intent: String,
    back: Back,
}

impl Skills {
    /// The skills that only tell, and change nothing.
    #[must_use]
    pub fn telling() -> Self {
        Self::with(None, Workdays::default(), None, Outside::nobody())
    }

    /// Every skill, working on what `given` gives.
    #[must_use]
    pub fn new(given: Given) -> Self {
        let workdays = Workdays::of(given.country.as_deref());
        let kept = Shared::new(given.store, given.teller, workdays.clone());
        let mut skills = Self::with(Some(kept), workdays, Some((given.desk, given.deeds)), given.outside);
        skills.all.push(Box::new(Speed(given.pace)));
        skills
    }

    /// The same where nobody else keeps anything, and whoever sets the clock says so: what is due is looked up when it is
    /// due, and else every `look`.
    #[must_use]
    pub fn looking_every(self, look: Duration) -> Self {
        if let Some(kept) = &self.kept {
            kept.get().look = look;
        }
        self
    }

    fn with(
        kept: Option<Shared>,
        workdays: Workdays,
        desk: Option<(Desk, Arc<[Deed]>)>,
        outside: Outside,
    ) -> Self {
        let beyond = Beyond::new(outside);
        let mut all: Vec<Box<dyn Skill>> = vec![
            Box::new(Clock::new()),
            Box::new(Calendar(workdays)),
            Box::new(Maths),
            Box::new(Units),
            Box::new(About),
            Box::new(Stop(kept.clone())),
            Box::new(Dialogue),
            Box::new(Weather { outside: beyond.clone(), credited: None }),
            Box::new(Rates(beyond.clone())),
            Box::new(Home(beyond)),
        ];
        if let Some(kept) = &kept {
            all.push(Box::new(Timers(kept.clone())));
            all.push(Box::new(Alarms(kept.clone())));
            all.push(Box::new(Reminders(kept.clone())));
            all.push(Box::new(Lists::new(kept.clone())));
            all.push(Box::new(Notes(kept.clone())));
            all.push(Box::new(Memory(kept.clone())));
            all.push(Box::new(History(kept.clone())));
        }
        if let Some((desk, deeds)) = desk {
            all.push(Box::new(Volume(desk.loudness)));
            all.push(Box::new(Screen(desk.brightness)));
            all.push(Box::new(Media(desk.players)));
            all.push(Box::new(Open(desk.programs)));
            all.push(Box::new(System(desk.machine)));
            all.push(Box::new(Taught { deeds, runner: desk.runner }));
        }
        Self { all, kept, done: Vec::new(), replaceable: false }
    }

    /// Does what `intent` asks for, and gives the answer in the context's language and script.
    ///
    /// # Errors
    /// [`SkillError`] when the intent is none of the skills', lacks a slot, the language is not spoken here, or something
    /// cannot be kept.
    pub fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if ![Language::ENGLISH, Language::MANDARIN].contains(&context.language) {
            return Err(SkillError::UnsupportedLanguage { language: context.language.code().to_owned() });
        }
        // Of a skill that broke, what it had done until then can be taken back.
        let broken = self.kept_steps();
        self.note("", broken);
        let reply = if intent.name == UNDO {
            self.reverse(context)?
        } else if intent.slot(INSTEAD).is_some() {
            self.answer_instead(intent, context)?
        } else {
            self.answer_to(intent, context)?
        };
        Ok(Reply { text: Scribe::new(context.script).write(reply.text, &context.language), ..reply })
    }

    fn answer_to(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let (reply, back) = self.attempt(intent, context);
        if self.done.last().is_some_and(|done| done.intent == intent.name) {
            self.replaceable = false;
        }
        self.note(&intent.name, back);
        reply
    }

    /// Has a skill do what `intent` asks for. Also gives what takes back what was done for it; that may be something even
    /// where not all of it succeeded.
    fn attempt(
        &mut self,
        intent: &Intent,
        context: &SkillContext,
    ) -> (Result<Reply, SkillError>, Option<Back>) {
        let Some(skill) = self.all.iter_mut().find(|skill| skill.handles(&intent.name)) else {
            return (Err(SkillError::UnknownIntent { intent: intent.name.clone() }), None);
        };
        let reply = skill.answer(intent, context);
        let told = reply.as_ref().ok().and_then(|reply| reply.back.clone());
        let back = self.kept_steps().or(told);
        (reply.map(|reply| Reply { back: back.clone(), ..reply }), back)
    }

    /// What the skill at work changed in what is kept.
    fn kept_steps(&self) -> Option<Back> {
        let steps = std::mem::take(&mut self.kept.as_ref()?.get().changes);
        (!steps.is_empty()).then_some(Back::Kept(steps))
    }

    /// Notes what the intent named `intent` did, if anything.
    fn note(&mut self, intent: &str, back: Option<Back>) {
        let Some(back) = back else { return };
        self.replaceable = true;
        self.done.push(Done { intent: intent.to_owned(), back });
        if self.done.len() > BACK {
            self.done.remove(0);
        }
    }

    /// Notes that something was done beside the skills that nothing takes back; what was done before it stays.
    pub fn done_for_good(&mut self) {
        self.note("", Some(Back::Never));
    }

    /// Takes back what was done last, and gives what there is to say. What could not be taken back now can still be.
    fn reverse(&mut self, context: &SkillContext) -> Result<Reply, SkillError> {
        let nothing = |english, mandarin| Ok(Reply::in_language(context, english, mandarin));
        let reply = match (self.done.last_mut().map(|done| &mut done.back), &self.kept) {
            (Some(Back::Never), _) => return nothing("I can't take that back.", "这个没法撤销。"),
            (Some(Back::By(intent)), _) => {
                let intent = intent.clone();
                self.attempt(&intent, context).0?
            }
            (Some(Back::Kept(steps)), Some(kept)) => {
                let taken = kept.get().take_back(steps, &context.now)?;
                Reply { back: Some(Back::Kept(taken.clone())), ..taken_back(&taken, context) }
            }
            _ => return nothing("There is nothing to take back.", "没有可以撤销的。"),
        };
        if !reply.in_vain {
            self.done.pop();
            self.replaceable = false;
        }
        Ok(reply)
    }

    /// Does what `intent` asks for instead of what the same intent did just before: "no, make it ten minutes". Where nothing
    /// comes of it, that stands as it was.
    fn answer_instead(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let mut before = None;
        if self.replaceable && self.done.last().is_some_and(|done| done.intent == intent.name) {
            let reply = self.reverse(context)?;
            if reply.in_vain {
                return Ok(reply);
            }
            before = reply.back;
        }
        let reply = self.answer_to(intent, context);
        if !self.replaceable {
            let (brought, back) = match before {
                Some(Back::By(again)) => {
                    let (reply, back) = self.attempt(&again, context);
                    (reply.map(drop), back)
                }
                Some(Back::Kept(steps)) => {
                    let brought = self.kept.as_ref().map_or(Ok(()), |kept| kept.get().bring_back(steps));
                    (brought, self.kept_steps())
                }
                Some(Back::Never) | None => (Ok(()), None),
            };
            self.note(&intent.name, back);
            brought?;
        }
        reply
    }

    /// The same, and whether something is other than before.
    ///
    /// # Errors
    /// As of [`Self::answer`].
    pub fn answer_and_compare(
        &mut self,
        intent: &Intent,
        context: &SkillContext,
    ) -> Result<(Reply, bool), SkillError> {
        let reply = self.answer(intent, context)?;
        let changed = reply.back.is_some();
        Ok((reply, changed))
    }

    /// What is to be told at `now`, in `script`, and how long it may be until this is asked again.
    pub fn due(&mut self, now: &Zoned, script: Script) -> (Vec<FellDue>, Duration) {
        let Some(kept) = &self.kept else { return (Vec::new(), ringing::NEVER) };
        let (fallen, wait) = kept.get().due(now);
        let told = |fallen: ringing::Fallen| {
            let language = fallen.entry.language.clone();
            let context = SkillContext {
                now: now.clone(),
                script: script.or_that_of(fallen.entry.words.as_deref().unwrap_or_default()),
                language: language.clone(),
                region: None,
                clock_24h: None,
            };
            let words = ringing::words(&fallen, &context);
            let words = Scribe::new(context.script).write(words, &language);
            FellDue { id: fallen.entry.id.unsigned_abs(), words: words.into(), language }
        };
        (fallen.into_iter().map(told).collect(), wait)
    }

    /// The user knows, at `now`, of all that was told.
    pub fn heed(&mut self, now: &Zoned) {
        let Some(kept) = &self.kept else { return };
        if let Err(error) = kept.get().heed(now.timestamp()) {
            tracing::warn!("what was heeded may be told again: {error}");
        }
    }
}
