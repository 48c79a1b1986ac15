//! `mynah history`, `mynah memory`, `mynah lists`: what they show, what they erase for good.

use super::*;
use crate::support::binary::recording;

#[test]
fn what_was_asked_is_kept_found_and_erased_for_good() {
    let home = Home::new();
    let empty = home.run(&["history"]);
    assert!(empty.code == Some(0) && empty.stderr.contains("nothing of that is kept"), "{empty:?}");
    assert!(!file(&home).exists(), "to look makes nothing");
    assert_eq!(json(&home, &["history"])["turns"], serde_json::json!([]));
    home.ask_lines("what is 17 times 23\nremember that my cat is called Xanthippe\nwhat did i just ask\n");
    assert_eq!(
        asked(&home),
        ["what is 17 times 23", "remember that my cat is called Xanthippe", "what did i just ask"]
    );
    let history = json(&home, &["history"]);
    assert_eq!(history["turns"][0]["by"], "device");
    assert!(history["turns"][0]["answered"].as_str().unwrap().contains("391"));
    assert_eq!(history["turns"][2]["answered"], "You asked: remember that my cat is called Xanthippe.");
    assert_eq!(json(&home, &["history", "search", "XANTHIPPE", "cat"])["turns"].as_array().unwrap().len(), 2);
    assert_eq!(json(&home, &["history", "list", "--last", "1"])["turns"].as_array().unwrap().len(), 1);
    let shown = home.run(&["history"]);
    assert!(shown.stdout.contains("(device, OFFLINE)"), "{shown:?}");
    assert!(shown.stderr.contains("not encrypted: there is no keyring here"), "{shown:?}");

    // While another process has the file open.
    let mut running = home.start(&["-"]);
    running.say("what is 18 times 23\n");
    running.line();
    assert!(holds(&home, "17 times 23") && holds(&home, "Xanthippe"));
    assert_eq!(json(&home, &["history", "erase", "--before", "1d"])["erased"], 0);
    let erased = json(&home, &["history", "erase", "--all"])["erased"].as_u64().unwrap();
    assert_eq!(erased, 4);
    assert!(!holds(&home, "17 times 23") && !holds(&home, "18 times 23"));
    assert_eq!(json(&home, &["memory", "forget", "--all"])["forgotten"], 1);
    assert!(!holds(&home, "Xanthippe"));
    running.hang_up();
    assert_eq!(running.end().code, Some(0));
    for wrong in
        [&["history", "erase"][..], &["history", "erase", "--all", "--before", "1d"], &["history", "search"]]
    {
        assert_eq!(home.run(wrong).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn who_wants_no_history_has_none_and_loses_the_old_one() {
    let home = Home::new();
    home.settings("history.keep_days = 0");
    home.ask(&["what is 17 times 23"]);
    assert!(!file(&home).exists());
    home.settings("");
    home.ask(&["what is 17 times 23"]);
    assert!(holds(&home, "17 times 23"));
    home.settings("history.keep_days = 0");
    home.ask(&["what is 18 times 23"]);
    let shown = home.run(&["history"]);
    assert!(shown.stdout.is_empty() && shown.stderr.contains("history.keep_days is 0"), "{shown:?}");
    assert!(!holds(&home, "17 times 23") && !holds(&home, "18 times 23"));
    home.settings("history.keep_days = 3651");
    home.ask(&["hi"]).refused(&["history.keep_days", "0 to 3650"]);
}

#[test]
fn who_did_not_talk_to_mynah_is_not_in_the_history() {
    let home = Home::new();
    let ran = home.ask(&["--wake", "--audio", &recording("speech/time.wav")]);
    assert_eq!(ran.turn()["error"]["kind"], "no_wake_phrase");
    assert!(asked(&home).is_empty());
    home.ask(&["--audio", &recording("speech/time.wav")]);
    assert_eq!(asked(&home), ["What time is it?"]);
}

#[test]
fn what_is_remembered_is_listed_corrected_and_forgotten() {
    let home = Home::new();
    home.ask_lines("remember that my car is on level three\nremember that my locker is number 42\n");
    let memories = json(&home, &["memory"]);
    let id = memories["memories"][0]["id"].as_i64().unwrap().to_string();
    assert_eq!(memories["memories"][0]["words"], "my car is on level three");
    assert_eq!(memories["memories"][0]["language"], "en");
    assert_eq!(json(&home, &["memory", "set", &id, "my", "car", "is", "on", "level", "four"])["changed"], 1);
    assert_eq!(
        replies(&home, "what do you remember about my car\n"),
        ["You told me: your car is on level four."]
    );
    home.run(&["history", "erase", "--all"]);
    assert!(!holds(&home, "level three"));
    assert_eq!(json(&home, &["memory", "forget", &id])["forgotten"], 1);
    assert!(!holds(&home, "level four"));
    for wrong in [&["memory", "forget", &id][..], &["memory", "set", "77", "x"]] {
        home.run(wrong).refused(&["number", "mynah memory list"]);
    }
    home.run(&["memory", "set", &id, " "]).refused(&["1 to 500"]);
    assert_eq!(home.run(&["memory", "forget"]).code, Some(2));
    assert_eq!(home.run(&["memory", "forget", "1", "--all"]).code, Some(2));
    let shown = home.run(&["memory", "list"]);
    assert!(shown.stdout.ends_with("my locker is number 42\n"), "{shown:?}");
}

#[test]
fn lists_are_shown() {
    let home = Home::new();
    assert_eq!(json(&home, &["lists"])["lists"], serde_json::json!([]));
    home.ask(&["add milk and eggs to my shopping list"]);
    let shown = home.run(&["lists"]);
    assert_eq!(shown.stdout, "shopping:\n  milk\n  eggs\n");
    assert_eq!(items(&home), ["milk", "eggs"]);
}
