//! Latency: from the last loud sample of a command at the microphone to the first loud sample of its reply at the
//! loudspeaker.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    Plan,
    clips::{self, COMMANDS},
    daemon::Daemon,
    report::{Answered, Report},
    room::Room,
};

/// The longest wait for a reply.
const LIMIT: Duration = Duration::from_secs(6);

/// How a command reaches Mynah.
const WAYS: [&str; 3] = ["one breath", "after the phrase", "push-to-talk"];

pub(crate) fn measure(daemon: &mut Daemon, room: &Room, plan: &Plan, report: &mut Report) {
    for way in WAYS {
        for (voice, words) in COMMANDS.iter().take(plan.rounds) {
            let answered = one(daemon, room, way, voice, words);
            report.took(answered);
        }
    }
}

fn one(daemon: &mut Daemon, room: &Room, way: &'static str, voice: &str, words: &str) -> Answered {
    room.speaker.await_quiet(Duration::from_millis(700));
    std::thread::sleep(Duration::from_millis(400));
    daemon.told();
    let end = match way {
        "one breath" => room.said(&clips::spoken(voice, &format!("hey computer, {words}?"))),
        "after the phrase" => {
            room.said(&clips::spoken(voice, "hey computer."));
            daemon.await_event("woken", Duration::from_secs(2));
            daemon.await_state("listening", Duration::from_secs(2));
            room.speaker.await_quiet(Duration::from_millis(300));
            room.said(&clips::spoken(voice, &format!("{words}?")))
        }
        _ => {
            daemon.order(&json!({"do": "ptt", "edge": "press"}));
            room.speaker.await_quiet(Duration::from_millis(300));
            let pcm = clips::spoken(voice, &format!("{words}?"));
            let loud = pcm.iter().rposition(|sample| sample.unsigned_abs() > 200).unwrap_or(0);
            let begun = Instant::now();
            room.say(&pcm);
            // The key is let go as the last sound dies, which the microphone hears some 50 ms after it was sent.
            let spoken = Duration::from_millis(u64::try_from(loud / 16).unwrap() + 50);
            std::thread::sleep(spoken.saturating_sub(begun.elapsed()));
            let released = daemon.order(&json!({"do": "ptt", "edge": "release"}));
            std::thread::sleep(Duration::from_millis(60));
            room.microphone.last_loud(begun).unwrap_or(released).max(released)
        }
    };
    let reply = room.speaker.await_loud(end, LIMIT);
    room.speaker.await_quiet(Duration::from_millis(400));
    std::thread::sleep(Duration::from_millis(300));
    let turn = daemon.told().into_iter().rfind(|(_, told)| told["event"] == "turn");
    let turn = turn.map_or(Value::Null, |(_, told)| told["report"].clone());
    let on_device = turn["route"]["by"] == "device" && turn["error"].is_null() && !turn["intent"].is_null();
    let ms = |name: &str| turn["ms"][name].as_f64();
    let total = reply.filter(|_| on_device).map(|at| at.duration_since(end).as_secs_f64() * 1_000.0);
    Answered {
        way,
        words: format!("{voice}: {words}"),
        heard: turn["transcript"]["text"].as_str().unwrap_or_default().to_owned(),
        total,
        endpoint: ms("endpoint"),
        transcribe: ms("transcribe"),
        first_word: ms("first_word"),
        first_sound: ms("first_sound"),
    }
}
