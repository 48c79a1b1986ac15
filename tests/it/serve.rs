//! The control socket with a scripted session behind it: every command, every line against the schema, who may hold the
//! socket, and clients that behave as badly as they can.
#![expect(clippy::disallowed_types, reason = "the tests are the clients, over real sockets")]

use std::{
    fs,
    io::{BufRead, ErrorKind, Read, Write},
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
    report::{Disclosed, Notice, Presence},
    serve::{LONGEST_LINE, MOST_CLIENTS, SCHEMA, ServeError, Server},
    session::Command,
    units::TurnId,
};
use serde_json::{Value, json};

use self::daemon::{Daemon, Talker, eventually, report};

mod commands;
mod daemon;
mod schema;

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
        Notice::Disclosure { turn: TurnId(1), disclosure: Disclosed::default() },
        Notice::Sentence { turn: TurnId(1), text: "Noon.".into() },
        Notice::BargeIn { turn: TurnId(1) },
        Notice::Turn(Box::new(report("what time"))),
        Notice::Microphone { device: None, message: "it is gone".into() },
        Notice::HotKey { message: "it is heard".into() },
        Notice::Region { region: "EU".into(), message: "you live in EU".into() },
        Notice::Trouble(Fault { kind: "odd", message: "odd".into(), remedy: "mend it".into() }),
    ];
    let names: Vec<&str> = notices.iter().map(Notice::name).collect();
    assert_eq!(names, mynah::serve::Filter::EVENTS);
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let kinds = schema.pointer("/$defs/event/oneOf").unwrap().as_array().unwrap();
    let kinds: Vec<&str> =
        kinds.iter().filter_map(|it| it.pointer("/properties/event/const")?.as_str()).collect();
    assert_eq!(kinds, [&names[..], &["lagged"]].concat(), "each kind that is documented may be asked for");
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
fn only_who_is_told_of_the_badge_counts_as_somebody_who_shows_it() {
    let daemon = Daemon::start();
    for (asked, shown) in [
        (json!({ "do": "status" }), false),
        (json!({ "do": "events", "only": ["state", "sentence"], "levels": true }), false),
        (json!({ "do": "events", "only": ["disclosure"] }), true),
        (json!({ "do": "events", "only": ["turn"] }), true),
        (json!({ "do": "events" }), true),
    ] {
        let mut client = daemon.connect();
        client.ask(&asked);
        assert_eq!(daemon.is_shown(), shown, "{asked}");
        drop(client);
        eventually("who left shows nothing", || !daemon.is_shown());
    }
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
    eventually("there is a place again", || {
        let mut client = daemon.connect();
        client.ask(&json!({ "do": "status" }))["ok"] == true
    });
    // While it waits for its answer.
    let mut leaving = daemon.connect();
    leaving.send("{\"do\":\"ask\",\"words\":\"hold\"}\n");
    eventually("it asks", || !daemon.held().is_empty());
    assert!(!daemon.held()[0].is_closed());
    drop(leaving);
    eventually("the answer that nobody waits for is given up", || daemon.held()[0].is_closed());
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
fn a_socket_that_was_deleted_is_there_again() {
    let daemon = Daemon::start();
    let path = daemon.path();
    daemon.connect().ask(&json!({ "do": "stop" }));
    fs::remove_file(path).unwrap();
    eventually("it is put back", || path.exists());
    assert_eq!(fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(daemon.connect().ask(&json!({ "do": "status" }))["ok"], true);
    let path = path.to_owned();
    drop(daemon.end());
    assert!(!path.exists());
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
