//! The program's commands that ask the running daemon, against a scripted one.

use mynah::{
    report::{Notice, Presence},
    session::Command,
    units::TurnId,
};
use serde_json::{Value, json};

use super::daemon::{self, Daemon, eventually};
use crate::support::binary::{Home, Ran};

#[test]
fn the_programs_commands_ask_the_running_daemon() {
    let daemon = Daemon::start();
    let home = daemon.home();
    let done = |arguments: &[&str]| {
        let ran = home.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}: {ran:?}");
        ran.stdout
    };
    for (arguments, command) in [
        (&["mute"][..], Command::Mute),
        (&["unmute"], Command::Unmute),
        (&["stop"], Command::Stop),
        (&["reload"], Command::Reload),
        (&["quit"], Command::Quit),
        (&["ptt", "press"], Command::Press),
        (&["ptt", "release"], Command::Release),
        (&["ptt", "toggle"], Command::Toggle),
        (&["say", "dinner", "is ready"], Command::Say("dinner is ready".into())),
    ] {
        assert_eq!(done(arguments), "", "{arguments:?}");
        assert_eq!(daemon.asked().pop(), Some(command), "{arguments:?}");
    }
    assert_eq!(done(&["mute", "--json"]), "{\"id\":null,\"ok\":true}\n");
    let status = done(&["status"]);
    assert!(status.starts_with("asleep\n") && status.contains("USB microphone"), "{status}");
    let status: Value = serde_json::from_str(&done(&["status", "--json"])).unwrap();
    assert_eq!(status["status"]["pid"], 7);
    assert_eq!(done(&["ask", "--running", "what time is it"]), "Noon.\n");
    let ran = home.run(&["ask", "--running", "--json", "what time is it"]);
    assert_eq!(ran.turn()["reply"]["text"], "Noon.");

    let refused = home.run(&["ask", "--running", "refuse"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("there is no model\n  what to do: fetch one"), "{refused:?}");
    let refused = home.run(&["say", "--json", "refuse"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("\"kind\":\"no_model\""), "{refused:?}");
    home.run(&["say", " "]).refused(&["there are no words"]);
    assert_eq!(home.run(&["ptt", "hold"]).code, Some(2));
    assert_eq!(home.run(&["events", "--only", "dances"]).code, Some(2));
    assert_eq!(home.run(&["ask", "--running", "--audio", "a.wav"]).code, Some(2));
}

#[test]
fn the_programs_commands_say_that_nothing_runs() {
    let daemon = Daemon::start();
    let home = daemon.end();
    for arguments in [
        &["status"][..],
        &["mute", "--json"],
        &["say", "hello"],
        &["ptt", "press"],
        &["events"],
        &["ask", "--running", "what time is it"],
    ] {
        home.run(arguments).refused(&["no Mynah is running", "mynah run", "mynah service install"]);
    }
}

#[test]
fn the_events_command_follows_until_the_daemon_ends() {
    let follow = |arguments: &[&str]| -> Ran {
        let daemon = Daemon::start();
        let mut command = daemon.home().mynah(arguments);
        #[expect(clippy::disallowed_methods, reason = "a program that is watched while it runs")]
        let following = std::thread::spawn(move || crate::support::binary::ran(&mut command));
        eventually("it follows", || daemon.followers() == 1);
        daemon.tell(Notice::State { state: Presence::Hearing });
        daemon.tell(Notice::Level { dbfs: -20.0, speech: true });
        daemon.tell(Notice::Partial { turn: TurnId(1), text: "现在\u{1b}[2J几点".into() });
        eventually("it was told", || daemon.told_all());
        let home: Home = daemon.end();
        let ran = following.join().unwrap();
        drop(home);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains("ended the connection"), "{ran:?}");
        ran
    };
    assert_eq!(follow(&["events"]).stdout, "state      hearing\npartial    现在 [2J几点\n");
    let lines = follow(&["events", "--json", "--levels", "--only", "state"]).stdout;
    let lines: Vec<Value> = lines.lines().map(daemon::event).collect();
    assert_eq!(lines[1], json!({ "event": "level", "dbfs": -20.0, "speech": true }));
    assert_eq!(lines.len(), 2);
}
