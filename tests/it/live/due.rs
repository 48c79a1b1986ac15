//! What falls due while the daemon runs, though another process kept it: noticed, told aloud, and gone once it is heeded.

use jiff::{SignedDuration, Timestamp};
use mynah::{
    flow::Language,
    store::{Entry, Kind, Moment, Stand, Store},
};

use super::{Daemon, Rig, now, rig::eventually};

/// Where the daemon in `rig` keeps things.
fn store(rig: &Rig) -> Store {
    Store::open(&rig.home.path(".local/state/mynah/mynah.db")).unwrap()
}

fn timer(label: &str, after: SignedDuration) -> Entry {
    #[expect(clippy::disallowed_methods, reason = "the daemon under test goes by the machine's clock")]
    let created = Timestamp::now();
    Entry {
        id: 0,
        kind: Kind::Timer,
        words: Some(label.into()),
        sealed: None,
        language: Language::ENGLISH,
        created,
        length_ms: Some(1_000),
        repeat: None,
        skips: Vec::new(),
        stand: Stand::Waiting(Moment::Instant(created + after)),
    }
}

#[test]
fn live_a_timer_that_another_process_set_is_told_until_it_is_heeded() {
    // What is the server's own does not matter here: nobody speaks.
    let mut daemon = Daemon::start(Rig::deaf(""));
    daemon.until_it_is("deaf");
    let mut store = store(&daemon.rig);
    let mut loudspeaker = daemon.loudspeaker();
    let set = now();
    let ran = daemon.rig.mynah(&["ask", "--json", "set a pasta timer for two seconds and tell me the time"]);
    let report = ran.turn();
    assert_eq!((ran.code, &report["intent"]["name"]), (Some(0), &"timer.set".into()), "{ran:?}");
    assert_eq!(report["also"][0]["name"], "clock.time");
    let told = daemon.turn();
    assert_eq!(
        (&told["source"], &told["reply"]["text"]),
        (&"due".into(), &"Your pasta timer is done.".into())
    );
    loudspeaker.sound_after(set);
    // Again, until somebody says that they know; that is gone from the disk then.
    assert_eq!(daemon.turn()["reply"]["text"], "Your pasta timer is done.");
    let ran = daemon.rig.mynah(&["ask", "--running", "--json", "stop"]);
    assert_eq!((ran.code, &ran.turn()["reply"]["text"]), (Some(0), &"Okay.".into()), "{ran:?}");
    eventually("an empty store", || store.entries().unwrap().is_empty());
    // Who talked to Mynah is in the history, by whatever way; what it says by itself is not.
    eventually("a history", || {
        let ran = daemon.rig.mynah(&["history", "--json"]);
        let history: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let asked = history["turns"].as_array().unwrap().iter().map(|turn| turn["asked"].clone());
        asked.collect::<Vec<_>>() == ["set a pasta timer for two seconds and tell me the time", "stop"]
    });
    // Late, because nobody looked while it was over.
    store.add(timer("tea", SignedDuration::from_mins(-25))).unwrap();
    let told = daemon.find("a late timer", |event| event["report"]["source"] == "due");
    assert_eq!(told["report"]["reply"]["text"], "Your tea timer ended 25 minutes ago.");
    eventually("a missed timer", || {
        store.entries().unwrap().iter().any(|entry| matches!(entry.stand, Stand::Missed(_)))
    });
    daemon.ends_without(&["pasta", "tea timer"]);
}
