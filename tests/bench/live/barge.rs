//! Barge-in: from the decision, and from the end of the word, to silence at the loudspeaker.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    Plan, clips,
    daemon::Daemon,
    report::{Hushed, Report},
    room::Room,
};

const ROUNDS: usize = 12;

/// How long before its end a word may be known.
const EARLY: Duration = Duration::from_millis(400);

/// What says the words, and the words.
const VOICES: [&str; 4] = ["slt", "rms", "awb", "kal"];
const STOPS: [&str; 3] = ["Stop.", "Cancel.", "Be quiet."];

/// Long enough to be cut anywhere, and with a word that sounds like a stop word to a speller: "steep".
const REPLY: &str = "There was once a village at the foot of a mountain and nobody in it had ever climbed to the top \
    because the path was steep and the wind was cold and the old people said that it was not worth the trouble at all";

pub(crate) fn measure(daemon: &mut Daemon, room: &Room, plan: &Plan, report: &mut Report) {
    for way in ["mynah stop", "push-to-talk", "stop word", "wake phrase"] {
        for round in 0..ROUNDS.min(plan.rounds) {
            let hushed = one(daemon, room, way, round);
            report.cut(hushed);
        }
    }
}

fn one(daemon: &mut Daemon, room: &Room, way: &'static str, round: usize) -> Hushed {
    room.speaker.await_quiet(Duration::from_millis(700));
    let begun = daemon.order(&json!({"do": "say", "words": REPLY}));
    room.speaker.await_loud(begun, Duration::from_secs(4)).expect("nothing is said");
    std::thread::sleep(Duration::from_millis(700 + 130 * u64::try_from(round).unwrap()));
    daemon.told();
    let voice = VOICES[round % VOICES.len()];
    let (word_end, decided) = match way {
        "mynah stop" => (None, Some(daemon.order(&json!({"do": "stop"})))),
        "push-to-talk" => (None, Some(daemon.order(&json!({"do": "ptt", "edge": "press"})))),
        words => {
            let stop = STOPS[round / VOICES.len() % STOPS.len()];
            let words = if words == "stop word" { stop } else { "Hey computer." };
            let end = room.said(&clips::spoken(voice, words));
            let cut = daemon.await_event("barge_in", Duration::from_millis(2_500));
            (Some(end), cut.map(|(at, _)| at))
        }
    };
    // A reply is withheld as soon as a word is known, before it is over, and cut off when it is sure.
    let from =
        word_end.map(|end| end.checked_sub(EARLY).unwrap_or(end)).or(decided).unwrap_or_else(Instant::now);
    std::thread::sleep(Duration::from_millis(250));
    let silent = decided.and_then(|decided| silence_between(room, from, decided));
    let of = |since: Option<Instant>| {
        since.zip(silent).map(|(since, silent)| {
            let (late, early) =
                (silent.saturating_duration_since(since), since.saturating_duration_since(silent));
            (late.as_secs_f64() - early.as_secs_f64()) * 1_000.0
        })
    };
    let hushed = Hushed { way, from_decision: of(decided), from_word: decided.and(of(word_end)) };
    if way == "push-to-talk" {
        daemon.order(&json!({"do": "ptt", "edge": "release"}));
    }
    daemon.order(&json!({"do": "stop"}));
    std::thread::sleep(Duration::from_millis(400));
    hushed
}

/// When the speech that was sounding around `from` ended: the last loud sample before it was silent for good, but for an
/// earcon. That begins after the decision, behind a silence of 60 ms; other gaps are those of the speech.
fn silence_between(room: &Room, from: Instant, decided: Instant) -> Option<Instant> {
    let mut last = from.checked_sub(Duration::from_millis(150))?;
    let mut found = None;
    while let Some(at) = room.speaker.first_loud(last + Duration::from_millis(1)) {
        if at.duration_since(last) > Duration::from_millis(60) && at > decided {
            break;
        }
        (found, last) = (Some(at), at);
    }
    found
}
