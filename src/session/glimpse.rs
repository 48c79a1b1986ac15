//! Glimpse: what somebody says while Mynah speaks, looked at before it is over.
//!
//! Enters: all of an utterance so far, many times a second, and what each look was read as. Leaves: readings to be made, and
//! whether Mynah's voice is withheld, because a call or a stop word seems to be in it. Withholding is undone by the next
//! look that shows other words, and nothing of the reply is lost by it; so it may come before the word is over, where
//! cutting the reply off must not: "stop" may go on as "stop the car". Never here: a cut.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{
    Meaning,
    event::{Effect, Sound},
    hearing,
    state::State,
    utterance::{Hearing, Words},
};
use crate::flow::Transcript;

/// Somebody speaks while Mynah does: looks at it, unless the look before is not done.
pub(super) fn caught(state: &mut State, sound: Sound) -> Vec<Effect> {
    let over_reply = state.is_live() && state.turn.is_some();
    let wanted = state.hearing.as_ref().filter(|hearing| over_reply && hearing.is_over_reply()).is_some_and(
        |hearing| {
            let idle = matches!(hearing.words, Words::None | Words::Failed(_) | Words::Understood(..));
            idle && !hearing.in_pause && hearing.woken.is_none()
        },
    );
    if !wanted {
        return Vec::new();
    }
    let effect = hearing::ask(state, sound);
    if let Some(hearing) = &mut state.hearing {
        hearing.glimpse = true;
    }
    vec![effect]
}

/// Whether what the open utterance `hearing` was read as tells what it is: a look in a pause does, a glimpse only where the
/// one before showed a call too. A stop word tells nothing until nobody speaks.
pub(super) fn tells(hearing: &mut Hearing, transcript: &Transcript, meaning: &Meaning) -> bool {
    let called = match meaning {
        Meaning::WakePhraseAlone(_) => true,
        Meaning::Command { woken, .. } | Meaning::Question { woken, .. } => woken.is_some(),
        Meaning::Stop | Meaning::NotAddressed | Meaning::OwnWords | Meaning::Broken(_) => false,
    };
    if !std::mem::take(&mut hearing.glimpse) {
        hearing.withholds = false;
        return true;
    }
    let again = hearing.withholds && called;
    // No words are no other words.
    hearing.withholds =
        called || *meaning == Meaning::Stop || (hearing.withholds && transcript.words.is_blank());
    again
}
