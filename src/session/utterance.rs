//! Utterance: what is known of one, from its first sound until it is known what it means.
//!
//! Enters: what [`super::hearing`] learns. Leaves: [`Hearing`]. Never here: a decision, an effect.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{
    Meaning,
    event::{ReadingId, Sound},
    meaning::{Listening, Need, Woken},
};
use crate::{
    flow::{Fault, Transcript},
    units::SampleIndex,
};

/// What a reading gave.
#[derive(Debug)]
pub(super) enum Words {
    /// It was not asked for, or a later sound made it void.
    None,
    /// The recogniser works on it.
    Asked(ReadingId),
    /// The words, to be understood.
    Read(ReadingId, Transcript),
    /// What they mean.
    Understood(Transcript, Meaning),
    /// There are none.
    Failed(Fault),
}

/// How the utterance ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) sound: Sound,
    /// Silence waited for after its last speech; `None` for typed words.
    pub(super) silence_ms: Option<u64>,
    pub(super) at_ms: u64,
}

impl Ended {
    pub(super) const fn is_typed(&self) -> bool {
        self.silence_ms.is_none()
    }
}

/// Utterances up to 3 s are judged as a whole, as the recogniser reads them for the wake phrase.
const JUDGED_WHOLE: usize = 48_000;

/// An utterance.
#[derive(Debug)]
pub(super) struct Hearing {
    pub(super) at: SampleIndex,
    pub(super) need: Need,
    /// The wake phrase was found in it.
    pub(super) woken: Option<Woken>,
    /// The key opened it, or was pressed while it was open.
    pub(super) by_key: bool,
    /// The wake phrase stands behind somebody else's words.
    pub(super) anywhere: bool,
    /// It begins behind words that were not for Mynah, at `at`.
    pub(super) behind: bool,
    /// Until where the draft reaches that was asked for last, and until where drafts held no call.
    pub(super) asked_until: SampleIndex,
    pub(super) judged_until: Option<SampleIndex>,
    /// It has had its effect already, as a stop word does.
    pub(super) spent: bool,
    pub(super) over_own_voice: bool,
    /// Nobody speaks just now.
    pub(super) in_pause: bool,
    /// The reading asked for last is one of many, before it is over.
    pub(super) glimpse: bool,
    /// A call or a stop word seemed to be in it when it was last looked at: Mynah's voice is withheld.
    pub(super) withholds: bool,
    pub(super) words: Words,
    pub(super) ended: Option<Ended>,
}

impl Hearing {
    pub(super) const fn new(at: SampleIndex, need: Need) -> Self {
        Self {
            at,
            need,
            woken: None,
            by_key: false,
            anywhere: false,
            behind: false,
            asked_until: SampleIndex(0),
            judged_until: None,
            spent: false,
            over_own_voice: false,
            in_pause: false,
            glimpse: false,
            withholds: false,
            words: Words::None,
            ended: None,
        }
    }

    /// Whether it is known to be meant for Mynah.
    pub(super) fn is_for_us(&self) -> bool {
        !self.spent && (self.by_key || self.woken.is_some() || self.need == Need::Nothing)
    }

    /// Whether the user called, by name or with the key.
    pub(super) const fn is_called(&self) -> bool {
        !self.spent && (self.by_key || self.woken.is_some())
    }

    /// Whether somebody speaks while Mynah does.
    pub(super) fn is_over_reply(&self) -> bool {
        !self.spent && self.need == Need::WakePhraseOrStop
    }

    /// Whether only a stop word or the wake phrase at its beginning matters. A phrase behind other words has to be read as
    /// any words are.
    pub(super) fn is_for_wake(&self) -> bool {
        self.need != Need::Nothing && !self.anywhere
    }

    /// What of `sound` can still hold a call: who talks for long and then calls does so behind a pause, and what lies
    /// before it was judged. Short utterances are judged as a whole: a pause may lie within the phrase.
    pub(super) fn unjudged(&mut self, sound: Sound) -> Sound {
        let Some(from) = self.judged_until.filter(|from| sound.span.contains(from)) else { return sound };
        if self.need == Need::Nothing || self.woken.is_some() || sound.pcm.len() <= JUDGED_WHOLE {
            return sound;
        }
        let skipped = usize::try_from(from.0 - sound.span.start.0).unwrap_or(usize::MAX).min(sound.pcm.len());
        (self.anywhere, self.behind, self.at) = (false, true, from);
        Sound { span: from..sound.span.end, pcm: sound.pcm[skipped..].into(), ..sound }
    }

    pub(super) const fn listening(&self) -> Listening {
        Listening {
            need: self.need,
            anywhere: self.anywhere,
            over_own_voice: self.over_own_voice,
            at: self.at,
        }
    }

    /// Whether it is known what it means, or that it cannot be.
    pub(super) const fn is_known(&self) -> bool {
        matches!(self.words, Words::Understood(..) | Words::Failed(_))
    }

    pub(super) fn is_read_by(&self, reading: ReadingId) -> bool {
        match &self.words {
            Words::Asked(asked) | Words::Read(asked, _) => *asked == reading,
            Words::None | Words::Understood(..) | Words::Failed(_) => false,
        }
    }

    /// Forgets what was read of it; the reading under way, if there is one.
    pub(super) fn give_up_reading(&mut self) -> Option<ReadingId> {
        match std::mem::replace(&mut self.words, Words::None) {
            Words::Asked(reading) => Some(reading),
            Words::None | Words::Read(..) | Words::Understood(..) | Words::Failed(_) => None,
        }
    }
}
