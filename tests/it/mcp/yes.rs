//! The user's yes to a tool of a server over HTTP: what it has done, what is told of it, and whom it makes wait.

use std::sync::mpsc;

use serde_json::json;

use super::{
    UNUSUAL,
    double::{called, double, sent},
    http::{ATTESTED, SERVER, home, methods, of_model},
    server::tool,
};
use crate::{
    support::server::{Server, Step},
    tools::{calls, says},
};

#[test]
fn loopback_what_may_change_something_waits_for_the_users_yes() {
    let server = double(vec![tool("write_file", "Writes.", false)], |_| None);
    let model =
        Server::answering(vec![calls("", &[("notes__write_file", json!({ "path": "a" }))]), says("I can.")]);
    let home = home(&server);
    home.settings(&format!("{}{ATTESTED}{SERVER}", of_model(&model)));
    let turns = home.ask_lines(format!("{UNUSUAL}\nyes\n")).turns();
    assert!(
        turns[0]["reply"]["text"].as_str().unwrap().ends_with("Shall I let notes run write_file with a?")
    );
    assert_eq!(turns[1]["reply"]["text"], "Done.", "{turns:?}");
    assert_eq!(turns[1]["route"]["by"], "my-notes", "{turns:?}");
    assert_eq!(methods(&server).iter().filter(|method| *method == "tools/call").count(), 1);
}

#[test]
fn loopback_what_was_refused_at_the_users_yes_was_sent_all_the_same() {
    let refuses = called(|_| sent("403 Forbidden", "", ""));
    let server = double(vec![tool("write_file", "Writes.", false)], refuses);
    let model =
        Server::answering(vec![calls("", &[("notes__write_file", json!({ "path": "a" }))]), says("I can.")]);
    let home = home(&server);
    home.settings(&format!("{}{ATTESTED}{SERVER}", of_model(&model)));
    let turns = home.ask_lines(format!("{UNUSUAL}\nyes\n")).turns();
    assert_eq!(turns[1]["reply"]["text"], "notes could not do it.", "{turns:?}");
    assert_eq!(turns[1]["route"]["by"], "my-notes", "{turns:?}");
}

#[cfg(unix)]
#[test]
fn loopback_a_call_at_the_users_yes_does_not_hold_the_end() {
    let (told, called_at) = mpsc::channel();
    let hangs = called(move |_| vec![Step::Tell(told.clone()), Step::Hang]);
    let server = double(vec![tool("write_file", "Writes.", false)], hangs);
    let model =
        Server::answering(vec![calls("", &[("notes__write_file", json!({ "path": "a" }))]), says("I can.")]);
    let home = home(&server);
    home.settings(&format!("{}{ATTESTED}{SERVER}", of_model(&model)));
    let mut running = home.start(&["-"]);
    running.say(&format!("{UNUSUAL}\n"));
    assert!(running.line().contains("Shall I let notes"));
    running.say("yes\n");
    called_at.recv().unwrap();
    running.signal("TERM");
    let ran = running.end();
    let turn = ran.turns().pop().unwrap();
    // 3 would be a thread that did not end.
    assert_eq!((ran.code, turn["error"]["kind"].as_str()), (Some(1), Some("interrupted")), "{ran:?}");
    assert!(!turn["route"]["reason"].as_str().unwrap().contains("no words left"), "{turn}");
}
