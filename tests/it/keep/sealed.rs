//! Encrypted at rest: with a keyring that is open, locked, silent, gone, or has another key.

use super::{asked, file, holds, json, valid};
use crate::support::{
    binary::{Home, Ran, ran},
    portal::Bus,
    secrets::{Keyring, Mood},
};

/// Runs `mynah` with the bus at `bus`.
fn mynah(home: &Home, bus: &str, arguments: &[&str]) -> Ran {
    ran(home.mynah(arguments).env("DBUS_SESSION_BUS_ADDRESS", bus))
}

fn ask(home: &Home, bus: &str, words: &str) -> serde_json::Value {
    mynah(home, bus, &["ask", "--json", "--quiet", words]).turn()
}

fn reply(turn: &serde_json::Value) -> &str {
    turn["reply"]["text"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_lie_sealed_under_a_key_in_the_keyring() {
    let (home, bus) = (Home::new(), Bus::start());
    let keyring = Keyring::appear(&bus).await;
    let at = bus.address();
    // What was kept before there was a keyring is sealed as well.
    home.ask(&["remember that my cat is called Xanthippe"]);
    home.ask(&["set an ocelot timer for five hours"]);
    assert!(holds(&home, "Xanthippe") && holds(&home, "ocelot"));
    ask(&home, &at, "remind me tomorrow at nine to polish the samovar");
    ask(&home, &at, "add gingerbread to my zanzibar list");
    ask(&home, &at, "take a note: the gate code is 1234");
    for words in ["Xanthippe", "ocelot", "samovar", "gingerbread", "zanzibar", "gate code"] {
        assert!(!holds(&home, words), "{words}");
    }
    let keys = keyring.keys();
    assert_eq!(keys.len(), 1, "one key a file");
    assert!(keys[0].0 == "store" && keys[0].2.len() == 64);
    assert!(!holds(&home, &keys[0].2));
    assert_eq!(reply(&ask(&home, &at, "what's on my zanzibar list")), "On the zanzibar list is gingerbread.");
    let history = mynah(&home, &at, &["history", "--json"]);
    let history = valid(&history.stdout);
    assert_eq!((&history["encrypted"], &history["plain_because"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(history["turns"].as_array().unwrap().len(), 6);
    let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"]);
    assert!(doctor.stdout.contains("what is kept is encrypted"), "{doctor:?}");
    // Who wants it plain has it plain again.
    home.settings("store.encrypt = \"never\"");
    assert_eq!(reply(&ask(&home, &at, "what's on my zanzibar list")), "On the zanzibar list is gingerbread.");
    assert!(holds(&home, "gingerbread") && holds(&home, "ocelot") && holds(&home, "samovar"));
    let doctor = home.run(&["doctor", "--json", "--no-tone"]);
    assert!(doctor.stdout.contains("not encrypted: store.encrypt is"), "{doctor:?}");
    assert_eq!(asked(&home).len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keyring_is_told_and_nothing_plain_is_written_beside_what_is_sealed() {
    let (home, bus) = (Home::new(), Bus::start());
    let keyring = Keyring::appear(&bus).await;
    let at = bus.address();
    ask(&home, &at, "add gingerbread to my shopping list");
    for mood in [Mood::Locked, Mood::Silent] {
        keyring.be(mood);
        let turn = ask(&home, &at, "add nutmeg to my shopping list");
        assert_eq!(turn["error"]["kind"], "store_locked", "{turn}");
        assert!(!reply(&turn).contains("I put"), "{turn}");
        assert!(!holds(&home, "nutmeg"));
        let turn = ask(&home, &at, "set a nutmeg timer for five minutes");
        assert_eq!(turn["error"]["kind"], "store_locked", "{turn}");
        assert!(!holds(&home, "nutmeg"));
        // What needs no words goes on.
        assert!(reply(&ask(&home, &at, "set a timer for five minutes")).contains("minute"));
    }
    assert_eq!(keyring.questions(), 0, "no dialog unless somebody waits for it");
    mynah(&home, &at, &["history"]).refused(&["did not answer", "Unlock the keyring"]);
    home.run(&["history"]).refused(&["there is no keyring here", "Unlock the keyring"]);
    mynah(&home, &at, &["history", "erase", "--unreadable"]).refused(&["Unlock the keyring"]);
    keyring.be(Mood::Open);
    assert_eq!(reply(&ask(&home, &at, "what's on my shopping list")), "On the shopping list is gingerbread.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_an_error_with_a_remedy_and_wipes_nothing() {
    let (home, bus) = (Home::new(), Bus::start());
    let keyring = Keyring::appear(&bus).await;
    let at = bus.address();
    ask(&home, &at, "add gingerbread to my shopping list");
    let key = keyring.keys()[0].2.clone();
    let readable = mynah(&home, &at, &["history", "erase", "--unreadable"]);
    assert!(readable.stdout.contains("nothing was erased"), "{readable:?}");
    for wrong in ["", &"0".repeat(64), "not a key"] {
        keyring.spoil("store", wrong.as_bytes());
        let turn = ask(&home, &at, "add nutmeg to my shopping list");
        assert_eq!(turn["error"]["kind"], "store_key_lost", "{turn}");
        mynah(&home, &at, &["history"]).refused(&["no longer has its key", "--unreadable"]);
        let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"]);
        assert!(doctor.stdout.contains("no longer has its key"), "{doctor:?}");
    }
    // The keyring is brought back from a backup.
    keyring.spoil("store", key.as_bytes());
    assert_eq!(reply(&ask(&home, &at, "what's on my shopping list")), "On the shopping list is gingerbread.");
    // It is gone for good; timers stay.
    ask(&home, &at, "set a timer for five hours");
    keyring.spoil("store", b"");
    let erased = mynah(&home, &at, &["history", "erase", "--unreadable"]);
    assert!(erased.code == Some(0) && erased.stdout.contains("unreadable value"), "{erased:?}");
    assert!(reply(&ask(&home, &at, "add nutmeg to my shopping list")).contains("a new shopping list"));
    assert!(reply(&ask(&home, &at, "how much time is left on my timer")).contains("hours"));
    assert!(!holds(&home, "nutmeg"));
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "two processes at once")]
async fn without_a_keyring_that_may_be_asked_words_lie_plain_and_it_is_told() {
    let (home, bus) = (Home::new(), Bus::start());
    let keyring = Keyring::appear(&bus).await;
    let at = bus.address();
    for (settings, mood, why) in [
        ("keys.store = \"file\"", Mood::Open, "keys.store is \"file\""),
        ("store.encrypt = \"never\"", Mood::Open, "store.encrypt is \"never\""),
        ("", Mood::Locked, "the keyring took no key so far"),
    ] {
        home.settings(settings);
        keyring.be(mood);
        ask(&home, &at, "add gingerbread to my shopping list");
        assert!(holds(&home, "gingerbread") && keyring.keys().is_empty(), "{why}");
        let history = mynah(&home, &at, &["history"]);
        assert!(history.stderr.contains(&format!("not encrypted: {why}")), "{history:?}");
    }
    assert_eq!(json(&home, &["history"])["encrypted"], false);
    // Processes that begin at once, and all find it open, make one key.
    keyring.be(Mood::Open);
    home.settings("");
    let items = ["milk", "eggs", "flour", "salt"];
    for round in 1..=3 {
        std::fs::remove_file(file(&home)).unwrap();
        let all = items.map(|item| {
            let (home, at) = (home.path(""), at.clone());
            tokio::task::spawn_blocking(move || {
                let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_mynah"));
                command.args(["ask", "-q", &format!("add {item} to my shopping list")]).env_clear();
                command.env("HOME", home).env("DBUS_SESSION_BUS_ADDRESS", at).output().unwrap()
            })
        });
        for one in all {
            let output = one.await.unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        assert_eq!(keyring.keys().len(), round);
        let list = reply(&ask(&home, &at, "what's on my shopping list")).to_owned();
        assert!(items.iter().all(|item| list.contains(item)), "{list}");
    }
}
