//! The hotkey as real programs press it: on a private X server, and through a portal on a private bus.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use mynah::{
    flow::Remedy,
    key::{Desktop, HotKey, KeyEdge, KeyEvent, KeyNews, Keys, StopKeys, Via},
};

use crate::support::{
    portal::{Bus, Portal, Verdict},
    screen::{Screen, program},
};

/// Longer than any retry of the room.
const PATIENCE: Duration = Duration::from_secs(20);

const SHORTCUT: &str = "push-to-talk";

#[expect(clippy::disallowed_methods, reason = "the test times the room from outside")]
fn now() -> Instant {
    Instant::now()
}

/// A room that hears a key, and what it told.
struct Ear {
    told: Receiver<(Instant, KeyEvent)>,
    stop: Option<StopKeys>,
    thread: Option<JoinHandle<()>>,
}

impl Ear {
    #[expect(clippy::disallowed_methods, reason = "the test runs the room on a thread, as the session does")]
    fn on(desktop: Desktop, hotkey: &str) -> Self {
        let (keys, stop) = Keys::new(HotKey::parse(hotkey).unwrap(), desktop).unwrap();
        let (tell, told) = channel();
        let thread = std::thread::spawn(move || {
            keys.run(|event| {
                let _ = tell.send((now(), event));
            });
        });
        Self { told, stop: Some(stop), thread: Some(thread) }
    }

    fn on_display(display: &str, hotkey: &str) -> Self {
        Self::on(Desktop { display: Some(display.to_owned()), ..Desktop::default() }, hotkey)
    }

    fn on_bus(bus: &Bus, hotkey: &str) -> Self {
        Self::on(Desktop { wayland: true, bus: Some(bus.address()), display: None }, hotkey)
    }

    fn next(&self) -> (Instant, KeyEvent) {
        self.told.recv_timeout(PATIENCE).expect("the room tells what happens")
    }

    fn ready(&self) -> (Via, String) {
        match self.next().1 {
            KeyEvent::News(KeyNews::Ready { via, trigger }) => (via, trigger),
            other => panic!("{other:?}"),
        }
    }

    /// The kind of the fault that is told next; it names a remedy.
    fn unavailable(&self) -> &'static str {
        match self.next().1 {
            KeyEvent::News(KeyNews::Unavailable(fault)) => {
                assert!(!fault.remedy.is_empty());
                fault.kind
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn edge(&self, expected: KeyEdge) -> Instant {
        let (at, event) = self.next();
        assert_eq!(event, KeyEvent::Edge(expected));
        at
    }

    #[track_caller]
    fn silent_for(&self, time: Duration) {
        let told = self.told.recv_timeout(time).map(|(_, event)| event);
        assert!(matches!(told, Err(RecvTimeoutError::Timeout)), "{told:?}");
    }

    /// Ends the room; how long that took, and what it told meanwhile.
    fn end(mut self) -> (Duration, Vec<KeyEvent>) {
        let began = now();
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
        (began.elapsed(), self.told.try_iter().map(|(_, event)| event).collect())
    }

    #[track_caller]
    fn ends_at_once(self) -> Vec<KeyEvent> {
        let (took, told) = self.end();
        assert!(took < Duration::from_millis(200), "{took:?}");
        told
    }
}

const DOWN: [&str; 6] = ["keydown", "ctrl", "keydown", "alt", "keydown", "space"];
const UP: [&str; 6] = ["keyup", "space", "keyup", "alt", "keyup", "ctrl"];

#[test]
fn a_held_key_is_one_press_and_one_release_however_often_x_repeats_it() {
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+alt+space");
    assert_eq!(ear.ready(), (Via::X11, "ctrl+alt+space".to_owned()));
    screen.xdotool(&DOWN);
    ear.edge(KeyEdge::Pressed);
    // X repeats a key after 0.66 s, then 25 times a second.
    ear.silent_for(Duration::from_secs(3));
    screen.xdotool(&UP);
    ear.edge(KeyEdge::Released);
    assert_eq!(ear.ends_at_once(), []);
}

#[test]
fn twenty_quick_taps_are_all_heard_and_soon() {
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+alt+space");
    ear.ready();
    let mut delays = Vec::new();
    for _ in 0..20 {
        screen.xdotool(&[DOWN, UP].concat());
        let sent = now();
        ear.edge(KeyEdge::Pressed);
        delays.push(ear.edge(KeyEdge::Released).saturating_duration_since(sent));
    }
    delays.sort_unstable();
    // After `xdotool` ended, so the server's own time is in it; the median, because this machine has other work.
    assert!(delays[10] < Duration::from_millis(50), "{delays:?}");
    assert_eq!(ear.ends_at_once(), []);
}

#[test]
fn a_modifier_released_first_does_not_end_the_hold_and_other_keys_are_nothing() {
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+alt+space");
    ear.ready();
    screen.xdotool(&[
        "key",
        "space",
        "key",
        "ctrl+space",
        "key",
        "ctrl+alt+a",
        "key",
        "ctrl+alt+shift+space",
    ]);
    ear.silent_for(Duration::from_millis(200));
    screen.xdotool(&DOWN);
    ear.edge(KeyEdge::Pressed);
    screen.xdotool(&["keyup", "alt", "keyup", "ctrl", "key", "b"]);
    ear.silent_for(Duration::from_millis(300));
    screen.xdotool(&["keyup", "space"]);
    ear.edge(KeyEdge::Released);
}

#[test]
fn locks_make_no_difference() {
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "super+f9");
    ear.ready();
    for lock in ["Num_Lock", "Caps_Lock"] {
        screen.xdotool(&["key", lock, "keydown", "super", "keydown", "F9", "keyup", "F9", "keyup", "super"]);
        ear.edge(KeyEdge::Pressed);
        ear.edge(KeyEdge::Released);
    }
}

#[test]
fn another_layout_finds_the_key_anew() {
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+q");
    ear.ready();
    screen.run("setxkbmap", "x11-xkb-utils", &["fr"]);
    // The key that gives `q` is another one now; xdotool presses the right one.
    screen.xdotool(&["keydown", "ctrl", "keydown", "q"]);
    ear.edge(KeyEdge::Pressed);
    screen.xdotool(&["keyup", "q", "keyup", "ctrl"]);
    ear.edge(KeyEdge::Released);
}

#[test]
fn a_server_that_dies_ends_the_hold_and_its_successor_is_found() {
    let mut screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+alt+space");
    ear.ready();
    screen.xdotool(&DOWN);
    ear.edge(KeyEdge::Pressed);
    screen.kill();
    ear.edge(KeyEdge::Released);
    assert_eq!(ear.unavailable(), "hotkey_display_lost");
    assert_eq!(ear.unavailable(), "hotkey_no_display");
    let screen = screen.restart();
    assert_eq!(ear.ready().0, Via::X11);
    screen.xdotool(&DOWN);
    ear.edge(KeyEdge::Pressed);
    screen.xdotool(&UP);
    ear.edge(KeyEdge::Released);
    assert_eq!(ear.ends_at_once(), []);
}

#[test]
fn a_key_that_another_program_holds_is_named_and_taken_when_it_is_free() {
    let screen = Screen::start();
    let first = Ear::on_display(&screen.display(), "ctrl+alt+space");
    first.ready();
    let second = Ear::on_display(&screen.display(), "ctrl+alt+space");
    match second.next().1 {
        KeyEvent::News(KeyNews::Unavailable(fault)) => {
            assert_eq!(fault.kind, "hotkey_taken");
            assert!(fault.message.contains("ctrl+alt+space"), "{}", fault.message);
        }
        other => panic!("{other:?}"),
    }
    screen.xdotool(&[DOWN, UP].concat());
    first.edge(KeyEdge::Pressed);
    first.edge(KeyEdge::Released);
    first.ends_at_once();
    second.ready();
    screen.xdotool(&[DOWN, UP].concat());
    second.edge(KeyEdge::Pressed);
    second.edge(KeyEdge::Released);
}

#[test]
fn the_room_ends_at_once_in_every_state() {
    // A key that is down is released.
    let screen = Screen::start();
    let ear = Ear::on_display(&screen.display(), "ctrl+alt+space");
    ear.ready();
    screen.xdotool(&DOWN);
    ear.edge(KeyEdge::Pressed);
    assert_eq!(ear.ends_at_once(), [KeyEvent::Edge(KeyEdge::Released)]);
    // A server that hangs: connecting waits for its first word.
    let signal = |name: &str| {
        let process = screen.process().to_string();
        assert!(program("kill").args([name, &process]).status().unwrap().success());
    };
    signal("-STOP");
    let ear = Ear::on_display(&screen.display(), "f9");
    ear.silent_for(Duration::from_millis(300));
    assert_eq!(ear.ends_at_once(), []);
    signal("-CONT");
    // No server, a server elsewhere, a key no keyboard has, no desktop.
    let display = screen.display();
    for (display, hotkey, kind) in [
        (":47111", "f9", "hotkey_no_display"),
        ("far.example.org:0", "f9", "hotkey_remote_display"),
        ("", "f9", "hotkey_no_display"),
        (display.as_str(), "ctrl+f24", "hotkey_not_on_keyboard"),
    ] {
        let ear = Ear::on_display(display, hotkey);
        assert_eq!(ear.unavailable(), kind, "{display}");
        ear.ends_at_once();
    }
    let ear = Ear::on(Desktop::default(), "f9");
    assert_eq!(ear.unavailable(), "hotkey_no_desktop");
    ear.ends_at_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_tells_both_edges_and_the_key_it_set() {
    let bus = Bus::start();
    let portal = Portal::appear(&bus, Verdict::Bound).await;
    let ear = Ear::on_bus(&bus, "ctrl+alt+space");
    assert_eq!(ear.ready(), (Via::Portal, "CTRL+ALT+space".to_owned()));
    assert_eq!(portal.triggers(), ["CTRL+ALT+space"]);
    for _ in 0..20 {
        portal.key(SHORTCUT, true).await;
        portal.key(SHORTCUT, true).await;
        ear.edge(KeyEdge::Pressed);
        portal.key("another", false).await;
        portal.key(SHORTCUT, false).await;
        ear.edge(KeyEdge::Released);
    }
    portal.reassign(SHORTCUT, "Meta+J").await;
    assert_eq!(ear.ready(), (Via::Portal, "Meta+J".to_owned()));
    portal.key(SHORTCUT, true).await;
    ear.edge(KeyEdge::Pressed);
    assert_eq!(ear.ends_at_once(), [KeyEvent::Edge(KeyEdge::Released)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_ends_releases_the_key_and_its_successor_is_bound() {
    let bus = Bus::start();
    let portal = Portal::appear(&bus, Verdict::Bound).await;
    let ear = Ear::on_bus(&bus, "ctrl+alt+space");
    ear.ready();
    portal.key(SHORTCUT, true).await;
    ear.edge(KeyEdge::Pressed);
    portal.vanish().await;
    ear.edge(KeyEdge::Released);
    assert_eq!(ear.unavailable(), "hotkey_portal_lost");
    let portal = Portal::appear(&bus, Verdict::Bound).await;
    ear.ready();
    portal.close_session().await;
    assert_eq!(ear.unavailable(), "hotkey_portal_lost");
    ear.ready();
    portal.key(SHORTCUT, true).await;
    ear.edge(KeyEdge::Pressed);
    // The bus itself.
    let bus = bus.restart();
    ear.edge(KeyEdge::Released);
    let gone = ear.unavailable();
    assert!(["hotkey_no_bus", "hotkey_portal_lost"].contains(&gone), "{gone}");
    let _portal = Portal::appear(&bus, Verdict::Bound).await;
    while !matches!(ear.next().1, KeyEvent::News(KeyNews::Ready { via: Via::Portal, .. })) {}
    ear.ends_at_once();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_portal_does_not_give_is_told_with_what_to_do() {
    for (verdict, kind) in [
        (Verdict::Refused, "hotkey_refused"),
        (Verdict::Unassigned, "hotkey_unassigned"),
        (Verdict::Silence, "hotkey_unconfirmed"),
        (Verdict::Nonsense, "hotkey_no_portal"),
    ] {
        let bus = Bus::start();
        let portal = Portal::appear(&bus, verdict).await;
        let ear = Ear::on_bus(&bus, "ctrl+alt+space");
        assert_eq!(ear.unavailable(), kind, "{verdict:?}");
        if verdict == Verdict::Unassigned {
            portal.reassign(SHORTCUT, "Meta+J").await;
            ear.ready();
        }
        ear.ends_at_once();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_portal_or_bus_the_user_learns_of_ptt_and_a_late_portal_is_found() {
    let ear = Ear::on(Desktop { wayland: true, ..Desktop::default() }, "f9");
    assert_eq!(ear.unavailable(), "hotkey_no_bus");
    ear.ends_at_once();
    let elsewhere = Desktop { wayland: true, bus: Some("tcp:host=127.0.0.1,port=9".into()), display: None };
    let ear = Ear::on(elsewhere, "f9");
    assert_eq!(ear.unavailable(), "hotkey_no_bus");
    ear.ends_at_once();
    let bus = Bus::start();
    let ear = Ear::on_bus(&bus, "f9");
    match ear.next().1 {
        KeyEvent::News(KeyNews::Unavailable(fault)) => {
            assert_eq!(fault.kind, "hotkey_no_portal");
            assert!(fault.remedy.contains("mynah ptt"), "{}", fault.remedy);
        }
        other => panic!("{other:?}"),
    }
    let _portal = Portal::appear(&bus, Verdict::Bound).await;
    ear.ready();
    ear.ends_at_once();
}

#[test]
fn a_bad_hotkey_is_a_fault_with_a_stable_kind() {
    let error = HotKey::parse("ctrl+alt+spase").unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("`space`")), ("hotkey_unknown", true));
}
