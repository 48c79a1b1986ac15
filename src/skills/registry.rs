//! The skills there are, which of them answers, and what they tell by themselves.

use std::{sync::Arc, time::Duration};

use jiff::Zoned;

use super::{
    Reply, Skill, SkillContext, SkillError,
    about::About,
    alarms::Alarms,
    brightness::Screen,
    calendar::Calendar,
    clock::Clock,
    dialogue::Dialogue,
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

/// The intents whose skills keep what they change.
const KEPT: [&str; 3] = ["timer.", "alarm.", "reminder."];

/// The skills there are.
pub struct Skills {
    all: Vec<Box<dyn Skill>>,
    kept: Option<Shared>,
    /// How what was done is taken back, the latest last.
    back: Vec<Back>,
}

/// How something is taken back.
enum Back {
    /// What is kept knows how it was.
    Kept,
    /// By doing this.
    By(Intent),
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
            Box::new(Dialogue(kept.clone())),
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
        Self { all, kept, back: Vec::new() }
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
        let reply = if intent.name == UNDO {
            self.take_back(intent, context)?
        } else if intent.slot(INSTEAD).is_some() {
            self.answer_instead(intent, context)?
        } else {
            self.answer_to(intent, context)?
        };
        Ok(Reply { text: Scribe::new(context.script).write(reply.text, &context.language), ..reply })
    }

    fn answer_to(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if let Some(kept) = &self.kept {
            kept.get().changes.begin(&intent.name);
        }
        let skill = self
            .all
            .iter_mut()
            .find(|skill| skill.handles(&intent.name))
            .ok_or_else(|| SkillError::UnknownIntent { intent: intent.name.clone() })?;
        let reply = skill.answer(intent, context)?;
        let by_kept = self.kept.as_ref().is_some_and(|kept| kept.get().changes.has_begun());
        let back = reply.back.clone().map(Back::By).or(by_kept.then_some(Back::Kept));
        if let Some(back) = back {
            self.back.push(back);
            if self.back.len() > BACK {
                self.back.remove(0);
            }
        }
        Ok(reply)
    }

    /// Takes back what was done last.
    fn take_back(&mut self, undo: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        match self.back.pop() {
            Some(Back::By(intent)) => {
                let reply = self.answer_to(&intent, context);
                // What takes back is not itself taken back.
                if reply.as_ref().is_ok_and(|reply| reply.back.is_some()) {
                    self.back.pop();
                }
                reply
            }
            Some(Back::Kept) | None => self.answer_to(undo, context),
        }
    }

    /// Does what `intent` asks for instead of what the same intent did last: "no, make it ten minutes". Where nothing comes of
    /// it, that stands as it was.
    fn answer_instead(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let before = match &self.kept {
            Some(kept) => {
                let mut kept = kept.get();
                let same = kept.changes.last().is_some_and(|change| change.intent == intent.name);
                if same {
                    self.back.pop();
                    kept.take_back()?
                } else {
                    None
                }
            }
            None => None,
        };
        let reply = self.answer_to(intent, context);
        if let (Some(kept), Some(before)) = (&self.kept, before) {
            let mut kept = kept.get();
            if !kept.changes.has_begun() {
                kept.bring_back(before)?;
                self.back.push(Back::Kept);
            }
        }
        reply
    }

    /// The same, and whether something is other than before. What is kept is compared, for a skill may have had a reason to
    /// change nothing: "There is no timer." Of what is not kept a skill's word has to do.
    ///
    /// # Errors
    /// As of [`Self::answer`].
    pub fn answer_and_compare(
        &mut self,
        intent: &Intent,
        context: &SkillContext,
    ) -> Result<(Reply, bool), SkillError> {
        let kept = self.kept.clone().filter(|_| KEPT.iter().any(|kept| intent.name.starts_with(kept)));
        let Some(kept) = kept else { return Ok((self.answer(intent, context)?, true)) };
        let before = kept.get().entries()?;
        let reply = self.answer(intent, context)?;
        let changed = kept.get().entries()? != before;
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
