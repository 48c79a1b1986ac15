//! What Mynah keeps for the user: lists, notes, what is remembered, what was asked. From the words to the file and back,
//! over kills, two processes at once, full disks; what the commands show and erase; and what lies encrypted.

mod commands;
mod said;
#[cfg(target_os = "linux")]
mod sealed;

use std::fs;

use serde_json::Value;

use crate::support::binary::Home;

/// Where a home keeps everything.
fn file(home: &Home) -> std::path::PathBuf {
    let folder = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" };
    home.path(&format!("{folder}/mynah/mynah.db"))
}

/// Whether `words` stand anywhere in the file or in what lies beside it.
fn holds(home: &Home, words: &str) -> bool {
    let folder = file(home).parent().unwrap().to_owned();
    let beside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = |bytes: &[u8]| bytes.windows(words.len()).any(|part| part == words.as_bytes());
    beside
        .filter(|path| path.to_str().unwrap().contains("mynah.db"))
        .any(|path| found(&fs::read(path).unwrap()))
}

/// What `arguments` print as JSON, as the schema says.
fn json(home: &Home, arguments: &[&str]) -> Value {
    let ran = home.run(&[arguments, &["--json"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    valid(&ran.stdout)
}

fn valid(line: &str) -> Value {
    let schema = serde_json::from_str(mynah::cli::kept::SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let object: Value = serde_json::from_str(line).unwrap();
    let errors: Vec<String> = schema.iter_errors(&object).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {object}");
    object
}

/// The items of the only list.
fn items(home: &Home) -> Vec<String> {
    let lists = json(home, &["lists"]);
    let list = lists["lists"][0]["items"].as_array().unwrap();
    list.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// What was asked, the oldest first.
fn asked(home: &Home) -> Vec<String> {
    let history = json(home, &["history"]);
    let turns = history["turns"].as_array().unwrap();
    turns.iter().map(|turn| turn["asked"].as_str().unwrap().to_owned()).collect()
}

/// The replies to `lines`.
fn replies(home: &Home, lines: &str) -> Vec<String> {
    let ran = home.ask_lines(lines);
    ran.turns().iter().map(|turn| turn["reply"]["text"].as_str().unwrap().to_owned()).collect()
}

#[cfg(unix)]
#[test]
fn what_was_claimed_before_a_kill_is_there_after_it() {
    let home = Home::new();
    let mut running = home.start(&["-"]);
    for number in 0..12 {
        running.say(&format!("add thing{number} to my shopping list\n"));
        let line = running.line();
        assert!(line.contains(&format!("I put thing{number}")), "{line}");
    }
    running.say("note that half is gone\n");
    running.signal("KILL");
    running.end();
    let items = items(&home);
    assert_eq!(items, (0..12).map(|number| format!("thing{number}")).collect::<Vec<_>>());
    assert!(asked(&home).len() >= 11);
}

#[test]
fn two_processes_at_once_put_each_thing_on_once() {
    let home = Home::new();
    home.ask(&["add", "thing0", "to", "my", "shopping", "list"]);
    let mut both = [home.start(&["-"]), home.start(&["-"])];
    for number in 0..20 {
        both.iter_mut().for_each(|one| one.say(&format!("add thing{number} to my shopping list\n")));
    }
    for mut one in both {
        one.hang_up();
        let ran = one.end();
        assert_eq!((ran.code, ran.turns().len()), (Some(0), 20), "{ran:?}");
    }
    let mut items = items(&home);
    items.sort();
    let mut expected: Vec<_> = (0..20).map(|number| format!("thing{number}")).collect();
    expected.sort();
    assert_eq!(items, expected);
    assert_eq!(asked(&home).len(), 41);
}

/// The signal that comes with the limit is ignored, so that writing fails as it does on a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_is_no_claim_and_loses_nothing() {
    use crate::support::binary::ran;
    let home = Home::new();
    home.settings("history.keep_days = 0");
    home.ask(&["add", "milk", "to", "my", "shopping", "list"]);
    let lines: String =
        (0..60).map(|n| format!("take a note: {n} {}\n", "many words of no use ".repeat(60))).collect();
    home.put("lines", lines);
    let mynah = env!("CARGO_BIN_EXE_mynah");
    // 128 KiB in most shells.
    let script = format!("trap '' XFSZ; ulimit -f 128 && exec '{mynah}' ask --json -q - <lines");
    let ran = ran(home.program("sh", &["-c", &script]).current_dir(home.path("")));
    let turns = ran.turns();
    let failed = turns.iter().filter(|turn| !turn["error"].is_null()).count();
    assert!(failed > 0 && turns.len() == 60, "{failed} of {}", turns.len());
    let claimed =
        turns.iter().filter(|turn| turn["reply"]["text"].as_str().unwrap().starts_with("Noted")).count();
    assert_eq!(claimed + failed, 60);
    assert_eq!(items(&home), ["milk"]);
    let read = replies(&home, "how many notes do i have\n");
    assert!(read[0].starts_with(&format!("There are {claimed} notes")), "{claimed}: {read:?}");
}

#[test]
fn what_the_language_model_is_told() {
    use crate::support::server::{Server, Step, event_head, events};
    let answer = events(&[
        r#"{"choices":[{"index":0,"delta":{"content":"On level three."}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    ]);
    let script = || vec![Step::Request, Step::Send(event_head()), Step::Send(answer.clone())];
    for (more, told) in [("", true), ("memory.tell_model = false", false)] {
        let server = Server::start(vec![script()]);
        let home = Home::new();
        home.settings(&format!(
            "{more}\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
            server.url()
        ));
        home.ask(&["remember that my car is on level three\u{1b}[2J"]);
        let turn = home.ask(&["which level should I go to"]).turn();
        assert_eq!(turn["reply"]["text"], "On level three.", "{turn}");
        let seen = server.requests().concat();
        assert_eq!(seen.contains("my car is on level three"), told, "{seen}");
        let last = json(&home, &["history", "list", "--last", "1"]);
        assert_eq!(
            (&last["turns"][0]["by"], &last["turns"][0]["region"]),
            (&"llamacpp".into(), &"OFFLINE".into())
        );
    }
}
