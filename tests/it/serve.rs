//! The control socket with a scripted session behind it: every command, every line against the schema, who may hold the
//! socket, and clients that behave as badly as they can.
#![expect(clippy::disallowed_types, reason = "the tests are the clients, over real sockets")]

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::Shutdown,
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::Barrier,
    time::Duration,
};

use mynah::{
    flow::{Fault, Remedy},
    report::{Notice, Presence},
    serve::{LONGEST_LINE, MOST_CLIENTS, ServeError, Server},
    session::Command,
    units::TurnId,
};
use serde_json::{Value, json};

use self::daemon::{Daemon, Talker, eventually, report};
use crate::support::binary::{Home, Ran};

mod daemon;

#[test]
fn every_command_reaches_the_session_and_is_answered() {
    let daemon = Daemon::start();
    let mut client = daemon.connect();
    for (request, command) in [
        (json!({ "do": "say", "words": "晚饭好了" }), Command::Say("晚饭好了".into())),
        (json!({ "do": "ptt", "edge": "press" }), Command::Press),
        (json!({ "do": "ptt", "edge": "release" }), Command::Release),
        (json!({ "do": "ptt", "edge": "toggle" }), Command::Toggle),
        (json!({ "do": "stop" }), Command::Stop),
        (json!({ "do": "mute" }), Command::Mute),
        (json!({ "do": "unmute" }), Command::Unmute),
        (json!({ "do": "reload" }), Command::Reload),
        (json!({ "do": "quit" }), Command::Quit),
    ] {
        assert_eq!(client.ask(&request), json!({ "id": null, "ok": true }));
        assert_eq!(daemon.asked().pop(), Some(command));
    }
    let status = client.ask(&json!({ "do": "status", "id": "s" }));
    assert_eq!(status["id"], "s");
    assert_eq!(status["status"]["state"], "asleep");
    let turn = client.ask(&json!({ "do": "ask", "id": 7, "words": "what time is it" }));
    assert_eq!(turn["report"]["transcript"]["text"], "what time is it");
    let refused = client.ask(&json!({ "do": "ask", "words": "refuse" }));
    assert_eq!((&refused["ok"], &refused["error"]["kind"]), (&json!(false), &json!("no_model")));
    // A session that forgets to answer, or ends.
    let forgotten = client.ask(&json!({ "do": "ask", "words": "forget" }));
    assert_eq!(forgotten["error"]["kind"], "ending");
}

#[test]
fn requests_sent_at_once_are_answered_in_order() {
    let daemon = Daemon::start();
    let mut client = daemon.connect();
    let lines: String = (0..500).map(|id| format!("{{\"do\":\"stop\",\"id\":{id}}}\n")).collect();
    client.send(&lines);
    for id in 0..500 {
        assert_eq!(client.response(), json!({ "id": id, "ok": true }));
    }
}

#[test]
fn events_are_streamed_and_filtered() {
    let daemon = Daemon::start();
    let notices = [
        Notice::State { state: Presence::Hearing },
        Notice::Level { dbfs: -31.5, speech: true },
        Notice::Woken { phrase: "hey computer".into(), score: 0.5 },
        Notice::Partial { turn: TurnId(1), text: "what".into() },
        Notice::Transcript { turn: TurnId(1), text: "what time".into() },
        Notice::Sentence { turn: TurnId(1), text: "Noon.".into() },
        Notice::BargeIn { turn: TurnId(1) },
        Notice::Turn(Box::new(report("what time"))),
        Notice::Microphone { device: None, message: "it is gone".into() },
        Notice::Trouble(Fault { kind: "odd", message: "odd".into(), remedy: "mend it".into() }),
    ];
    let names: Vec<&str> = notices.iter().map(Notice::name).collect();
    assert_eq!(names, mynah::serve::Filter::EVENTS);
    let without = |name: &str| names.iter().copied().filter(|it| *it != name).collect::<Vec<_>>();
    let mut followers: Vec<(Talker, Vec<&str>)> = [
        (json!({ "do": "events" }), without("level")),
        (json!({ "do": "events", "levels": true }), names.clone()),
        (json!({ "do": "events", "only": ["turn", "state"] }), vec!["state", "turn"]),
        (json!({ "do": "events", "only": ["state"], "levels": true }), vec!["state", "level"]),
        (json!({ "do": "events", "only": ["level"] }), vec!["level"]),
    ]
    .into_iter()
    .map(|(request, wanted)| {
        let mut client = daemon.connect();
        assert_eq!(client.ask(&request), json!({ "id": null, "ok": true }));
        (client, wanted)
    })
    .collect();
    for notice in notices {
        daemon.tell(notice);
    }
    for (client, wanted) in &mut followers {
        for name in wanted {
            assert_eq!(client.event()["event"], **name);
        }
    }
    // Such a connection takes no more requests; one that merely sends no more goes on.
    let (mut first, _) = followers.remove(0);
    first.send("{\"do\":\"status\"}\n");
    assert_eq!(first.response()["error"]["kind"], "follows_events");
    assert!(first.is_over());
    let (mut second, _) = followers.remove(0);
    second.stream().shutdown(Shutdown::Write).unwrap();
    daemon.tell(Notice::BargeIn { turn: TurnId(2) });
    assert_eq!(second.event(), json!({ "event": "barge_in", "turn": 2 }));
    drop((second, followers));
    eventually("followers that left are forgotten", || daemon.followers() == 0);
}

#[test]
fn a_slow_reader_is_told_what_it_missed_and_one_that_never_reads_is_dropped() {
    let daemon = Daemon::start();
    let mut slow = daemon.connect();
    slow.ask(&json!({ "do": "events" }));
    let dead = {
        let mut dead = daemon.connect();
        dead.ask(&json!({ "do": "events" }));
        dead
    };
    let long = "long ".repeat(2_000);
    let sent = 2_000_u64;
    for turn in 1..=sent {
        daemon.tell(Notice::Partial { turn: TurnId(turn), text: long.as_str().into() });
    }
    let (mut seen, mut missed) = (0, 0);
    while seen + missed < sent {
        let event = slow.event();
        match event["event"].as_str() {
            Some("lagged") => missed += event["missed"].as_u64().unwrap(),
            _ => seen += 1,
        }
    }
    assert!(missed > 0 && seen + missed == sent, "{seen} seen, {missed} missed");
    // Others are served all the while.
    let mut other = daemon.connect();
    assert_eq!(other.ask(&json!({ "do": "status" }))["ok"], true);
    eventually("the one that never reads is dropped", || daemon.followers() == 1);
    drop(dead);
    assert_eq!(other.ask(&json!({ "do": "status" }))["ok"], true);
}

#[test]
fn bad_lines_are_refused_and_the_next_is_served() {
    let daemon = Daemon::start();
    let mut client = daemon.connect();
    for line in ["", "status", "{\"do\":\"dance\"}", "\u{0}\u{0}", "{\"do\":\"say\"}", &"[".repeat(60_000)] {
        client.send(&format!("{line}\n"));
        assert_eq!(client.response()["error"]["kind"], "bad_request", "{line}");
    }
    client.stream().write_all(b"\xff\xfe\n").unwrap();
    assert_eq!(client.response()["error"]["kind"], "bad_request");
    assert_eq!(client.ask(&json!({ "do": "status" }))["ok"], true);
    // The longest line that is taken, to the byte; its words, too.
    let frame = "{\"do\":\"ask\",\"words\":\"\"}".len();
    let words = "x".repeat(LONGEST_LINE - frame);
    let turn = client.ask(&json!({ "do": "ask", "words": words }));
    assert_eq!(turn["report"]["transcript"]["text"].as_str().unwrap().len(), words.len());
    // One byte more ends the connection, with or without an end of line.
    for end in ["\n", ""] {
        let mut client = daemon.connect();
        client.send_what_is_taken(format!("{{\"do\":\"ask\",\"words\":\"{words}x\"}}{end}").as_bytes());
        assert_eq!(client.response()["error"]["kind"], "too_long");
        assert!(client.is_over());
    }
    assert_eq!(daemon.asked().len(), 2);
}

#[test]
fn a_client_may_leave_at_any_point() {
    let daemon = Daemon::start();
    for round in 0..1_000 {
        let mut client = daemon.connect();
        match round % 5 {
            0 => {}
            1 => client.send("{\"do\":\"sta"),
            2 => client.send("{\"do\":\"status\"}\n"),
            3 => client.send("{\"do\":\"events\"}\n"),
            _ => client.send(&"{\"do\":\"status\"}\n".repeat(50)),
        }
    }
    // While it waits for its answer.
    daemon.connect().send("{\"do\":\"ask\",\"words\":\"hold\"}\n");
    eventually("the answer that nobody waits for is given up", || {
        !daemon.held().is_empty() && daemon.held().iter().all(|reply| reply.is_closed())
    });
    daemon.held().clear();
    // One that sends no more is still there; and a last line needs no end.
    let mut client = daemon.connect();
    client.send("{\"do\":\"ask\",\"words\":\"hold\"}");
    client.stream().shutdown(Shutdown::Write).unwrap();
    eventually("it asks", || !daemon.held().is_empty());
    std::thread::sleep(Duration::from_millis(1_200)); // twice as long as it takes to find a client gone
    let reply = daemon.held().pop().unwrap();
    reply.send(Ok(mynah::session::Answer::Done)).unwrap();
    assert_eq!(client.response()["ok"], true);
    assert!(client.is_over());
}

#[test]
fn clients_beyond_the_bound_are_told_so() {
    let daemon = Daemon::start();
    let mut inside: Vec<Talker> = (0..MOST_CLIENTS).map(|_| daemon.connect()).collect();
    for client in &mut inside {
        client.ask(&json!({ "do": "stop" }));
    }
    for _ in 0..200 {
        let mut client = daemon.connect();
        assert_eq!(client.response()["error"]["kind"], "too_many_clients");
        assert!(client.is_over());
    }
    assert_eq!(inside[63].ask(&json!({ "do": "status" }))["ok"], true);
    // The program says so too, whether or not its request was taken.
    let refused = daemon.home().run(&["status"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("64 programs are connected"), "{refused:?}");
    inside.pop();
    eventually("a place that is free again is given", || daemon.home().run(&["status"]).code == Some(0));
}

#[test]
fn the_socket_is_this_users_alone_and_goes_with_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/mynah/control.sock");
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    let server = Server::bind(&path).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(mode(&folder.path().join("new/mynah/control.sock.lock")), 0o600);
    assert_eq!(Server::bind(&path).unwrap_err().kind(), "already_running");
    drop(server);
    assert!(!path.exists());

    // What somebody put there meanwhile is not ours to remove.
    let server = Server::bind(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "theirs").unwrap();
    drop(server);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert!(matches!(Server::bind(&path), Err(ServeError::Occupied { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
}

#[test]
fn a_place_that_is_not_safe_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    for mode in [0o777, 0o1777, 0o770, 0o702] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        let refused = Server::bind(&path).unwrap_err();
        assert!(matches!(refused, ServeError::Exposed { .. }), "{mode:o}: {refused}");
        assert!(refused.remedy().contains("chmod go-w"), "{}", refused.remedy());
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    drop(Server::bind(&path).unwrap());
    for bad in [Path::new("control.sock"), Path::new("/"), &folder.path().join("x".repeat(120))] {
        assert!(matches!(Server::bind(bad), Err(ServeError::BadPath { .. })), "{}", bad.display());
    }
}

#[test]
fn of_many_starts_at_once_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah/control.sock");
    for _ in 0..20 {
        let barrier = Barrier::new(8);
        #[expect(clippy::disallowed_methods, reason = "the race under test")]
        let won: Vec<Result<Server, ServeError>> = std::thread::scope(|scope| {
            let start = || {
                scope.spawn(|| {
                    barrier.wait();
                    Server::bind(&path)
                })
            };
            let threads: Vec<_> = (0..8).map(|_| start()).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(won.iter().filter(|it| it.is_ok()).count(), 1);
        for refused in won.iter().filter_map(|it| it.as_ref().err()) {
            assert_eq!(refused.kind(), "already_running", "{refused}");
        }
        // Its socket is the one that stands there.
        UnixStream::connect(&path).unwrap();
    }
}

#[test]
fn a_file_that_a_dead_daemon_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    drop(UnixListener::bind(folder.path().join("control.sock.new")).unwrap());
    assert_eq!(UnixStream::connect(&path).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let _server = Server::bind(&path).unwrap();
    UnixStream::connect(&path).unwrap();
}

#[test]
fn a_killed_holder_leaves_the_socket_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let mut holder = daemon::holder(&path);
    eventually("the other process holds it", || UnixStream::connect(&path).is_ok());
    assert_eq!(Server::bind(&path).unwrap_err().kind(), "already_running");
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(path.exists(), "a killed process cannot tidy up");
    let _server = Server::bind(&path).unwrap();
    UnixStream::connect(&path).unwrap();
}

/// The other process of the test above.
#[test]
#[ignore = "needs a path on standard input, and to be killed"]
fn holds_a_socket_until_killed() {
    let mut path = String::new();
    std::io::stdin().lock().read_line(&mut path).unwrap();
    let _server = Server::bind(Path::new(path.trim())).unwrap();
    std::io::stdin().lock().read_to_string(&mut path).unwrap();
}

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

#[test]
fn the_schema_is_strict() {
    for (line, good) in [
        (json!({ "do": "status" }), true),
        (json!({ "do": "events", "only": [], "levels": false, "id": "x" }), true),
        (json!({ "do": "dance" }), false),
        (json!({ "do": "say", "words": " " }), false),
        (json!({ "do": "say" }), false),
        (json!({ "do": "mute", "words": "a" }), false),
        (json!({ "do": "ptt", "edge": "hold" }), false),
        (json!({ "do": "status", "id": [] }), false),
        (json!({ "do": "events", "only": ["dance"] }), false),
    ] {
        assert_eq!(daemon::is_request(&line), good, "{line}");
        assert_eq!(mynah::serve::parse(line.to_string().as_bytes()).wanted.is_ok(), good, "{line}");
    }
    let fault = json!({ "kind": "odd", "message": "m", "remedy": "r" });
    for (line, good) in [
        (json!({ "id": null, "ok": true }), true),
        (json!({ "id": 1, "ok": false, "error": fault }), true),
        (json!({ "ok": true }), false),
        (json!({ "id": 1, "ok": false }), false),
        (json!({ "id": 1, "ok": true, "error": fault }), false),
        (json!({ "id": 1, "ok": true, "more": 1 }), false),
    ] {
        assert_eq!(daemon::is_response(&line), good, "{line}");
    }
}
