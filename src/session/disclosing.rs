//! Disclosing: when a user is told that an answer comes from a machine, and how.
//!
//! Enters: the region's [`Disclosure`] and how the session stands. Leaves: lines, badges and marks that are due. Pure. Never
//! here: a clock, a screen, a sound that is played.
//!
//! What counts as generated: words that a language model made; and a voice that a trained model made, where the region
//! marks sound. What a skill computed, spoken by rules, is neither; in a file it is marked all the same, because who finds
//! a file cannot know how it was made.

use jiff::civil::Date;

use super::{
    event::Effect,
    state::State,
    turn::{Turn, Voicing},
};
use crate::{
    flow::{Language, Speech},
    mark,
    policy::{Disclosure, Repeat, SoundMark},
    report::{Answerer, Disclosed, Notice},
    script::Scribe,
    units::{SampleRate, TurnId, Words},
};

/// What the session knows of its region's wishes.
#[derive(Debug, Clone)]
pub struct Disclosing {
    /// The wishes.
    pub wishes: Disclosure,
    /// Who may answer, the first one asked first.
    pub answerers: Vec<Answerer>,
    /// When the first-use line was last told here.
    pub told: Option<Date>,
    /// Whether a trained model makes the voice, not rules.
    pub generated_voice: bool,
    /// Whether replies are written to files.
    pub exported: bool,
    /// The language of what is shown outside of a turn.
    pub language: Language,
}

impl Disclosing {
    /// The badge outside of a turn.
    #[must_use]
    pub fn badge(&self) -> &str {
        self.wishes.badge(self.language.code())
    }

    /// Who is shown to answer, where the region wants that shown: `last`, or who would be asked first.
    pub(super) fn shown(&self, last: Option<&Answerer>) -> Option<Answerer> {
        last.or_else(|| self.answerers.first()).filter(|_| self.wishes.model_and_filing).cloned()
    }

    /// Whether the first-use line is due on `today`.
    fn is_line_due(&self, today: Option<Date>) -> bool {
        match self.wishes.repeat {
            Repeat::Once => self.told.is_none(),
            // A clock that is not known, or went back, is no reason to be silent.
            Repeat::Daily => self.told.is_none() || self.told != today,
        }
    }
}

/// What a session sees around it that its rooms do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    /// The day.
    pub today: Date,
    /// Whether somebody can see the badge.
    pub screen: bool,
}

/// The language model begins to answer: who it is, and the first-use line where it is due.
pub(super) fn generated(state: &mut State) -> Vec<Effect> {
    let (today, script) = (state.seen.map(|seen| seen.today), state.plan.script);
    let Some(turn) = state.turn.as_mut().filter(|turn| !turn.report.disclosure.ai_generated) else {
        return Vec::new();
    };
    let plan = &mut state.plan.disclosing;
    let by = plan.answerers.iter().find(|answerer| answerer.endpoint == turn.report.route.by).cloned();
    let shown = by.as_ref().filter(|_| plan.wishes.model_and_filing);
    turn.report.disclosure = Disclosed {
        ai_generated: true,
        badge: Some(written(plan.wishes.badge(turn.language.code()), turn, script)),
        model: shown.map(|it| it.model.clone()),
        filing: shown.and_then(|it| it.filing.clone()),
        notice: None,
    };
    if plan.is_line_due(today) {
        let line = Words::from(written(plan.wishes.first_use(turn.language.code()), turn, script));
        turn.report.disclosure.notice = Some(line.clone());
        // It says what a spoken mark would say.
        turn.voicing.opened = true;
        let line = turn.sentence(0, line);
        turn.say_beside(line);
    }
    let mut effects = Vec::new();
    let told = (turn.id(), turn.report.disclosure.clone());
    if let Some(by) = by {
        effects.push(Effect::MadeBy { turn: turn.id(), by: by.clone() });
        state.answerer = Some(by);
    }
    if state.is_live() {
        effects.push(Effect::Tell(Notice::Disclosure { turn: told.0, disclosure: told.1 }));
    }
    effects
}

/// Text as the user's script has it.
fn written(text: &str, turn: &Turn, script: crate::flow::Script) -> String {
    let script = script.or_that_of(turn.report.transcript.text.as_str());
    Scribe::new(script).write(text.to_owned(), &turn.language)
}

/// The spoken mark in front of a reply that becomes a file, where the region wants it there.
pub(super) fn open(state: &mut State) {
    let plan = &state.plan.disclosing;
    if !plan.exported || plan.wishes.export_audio != SoundMark::Spoken {
        return;
    }
    let (wishes, script) = (&plan.wishes, state.plan.script);
    if let Some(turn) = state.turn.as_mut().filter(|turn| turn.is_waiting() && !turn.voicing.opened) {
        turn.voicing.opened = true;
        let mark = written(wishes.spoken(turn.language.code()), turn, script);
        let mark = turn.sentence(0, mark.into());
        turn.say_first(mark);
    }
}

/// The mark behind a reply, where one is due: a sound for the sink, or a sentence that waits for the voice now.
pub(super) fn close(state: &mut State) -> Option<Effect> {
    let plan = &state.plan.disclosing;
    let unseen = !state.seen.is_some_and(|seen| seen.screen);
    let generated_voice = plan.generated_voice;
    let (wishes, script) = (&plan.wishes, state.plan.script);
    let turn = state.turn.as_mut().filter(|turn| turn.sounded() && !turn.voicing.closed)?;
    let made = turn.report.disclosure.ai_generated || generated_voice;
    let heard = if unseen && made { wishes.no_screen } else { SoundMark::None };
    // What stands in front of a file is not said behind it once more.
    let filed = if plan.exported && wishes.export_audio == SoundMark::Morse {
        SoundMark::Morse
    } else {
        SoundMark::None
    };
    turn.voicing.closed = true;
    match heard.max(filed) {
        SoundMark::None => None,
        SoundMark::Spoken if turn.voicing.opened => None,
        SoundMark::Spoken => {
            let mark = written(wishes.spoken(turn.language.code()), turn, script);
            let mark = turn.sentence(u32::MAX, mark.into());
            turn.say_first(mark);
            None
        }
        SoundMark::Morse => {
            turn.gave_sink();
            Some(Effect::Play(rhythm(turn.id())))
        }
    }
}

fn rhythm(turn: TurnId) -> Speech {
    let rate = SampleRate::PIPELINE;
    Speech { turn, seq: u32::MAX, rate, pcm: mark::rhythm(rate).into() }
}

/// The reply is over. A line that was in it need not be told again, unless the sound of it was lost.
pub(super) fn heard(state: &mut State, turn: &Turn) -> Option<Effect> {
    if turn.is_unheard() {
        return None;
    }
    let today = state.seen?.today;
    turn.report.disclosure.notice.as_ref()?;
    state.plan.disclosing.told = Some(today);
    Some(Effect::Told(today))
}

impl Voicing {
    /// A turn of which nothing was said.
    pub(super) const fn new() -> Self {
        Self { opened: false, closed: false }
    }
}
