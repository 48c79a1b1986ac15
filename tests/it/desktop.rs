//! The user's own machine: a real sound server, real buses with doubles of the desktop on them, trees of `/sys` and `/proc`,
//! `.desktop` files. What the skills say is held against what is there afterwards.

mod machine;
mod players;
mod programs;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use mynah::{
    desktop::{Around, Desk},
    flow::Language,
    script::of_text,
    skills::{Given, SkillContext, Skills, Teller},
    store::Store,
    understand::Understanding,
};

use crate::support::{
    desktop::Login,
    portal::Bus,
    pulse::{HZ, Pulse},
};

/// The skills on a machine that the test describes, asked in words.
struct Room {
    understanding: Understanding,
    skills: Skills,
    /// The kernel's files, which stay while the room lives.
    _root: Option<tempfile::TempDir>,
}

impl Room {
    fn new(around: &Around) -> Self {
        let given = Given { desk: Desk::new(around), ..Given::new(Box::new(Store::in_memory), Teller::Here) };
        Self { understanding: Understanding::new().unwrap(), skills: Skills::new(given), _root: None }
    }

    /// What is answered to `words`, in less than two seconds.
    fn ask(&mut self, words: &str) -> String {
        let language = Language::of_text(words);
        let intent = self.understanding.interpret(words, &language).unwrap_or_else(|| panic!("{words}"));
        let context = SkillContext {
            now: "2026-11-23T15:42[Europe/Paris]".parse().unwrap(),
            language,
            script: of_text(words),
            region: None,
            clock_24h: None,
        };
        let began = now();
        let reply = self.skills.answer(&intent, &context).unwrap().text;
        assert!(began.elapsed() < Duration::from_secs(2), "{words} took {:?}", began.elapsed());
        reply
    }

    fn answers(&mut self, table: &[(&str, &str)]) {
        for (words, expected) in table {
            assert_eq!(self.ask(words), *expected, "{words}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test times the skills from outside")]
fn now() -> Instant {
    Instant::now()
}

/// A thread on which the doubles answer while the skills wait.
fn beside() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Writes `text` to `path` below `root`.
fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn volume(pulse: &Pulse) -> (String, bool) {
    let told = pulse.pactl(&["get-sink-volume", "spk"]);
    let percent = told.split_whitespace().find(|word| word.ends_with('%')).unwrap().to_owned();
    (percent, pulse.pactl(&["get-sink-mute", "spk"]).contains("yes"))
}

#[test]
fn the_volume_is_what_the_sound_server_says_it_is() {
    let pulse = Pulse::start();
    let mut room = Room::new(&Around { sound_server: Some(pulse.path("sock")), ..Around::default() });
    let table = [
        ("set the volume to 30 percent", "The volume is 30 percent.", "30%", false),
        ("turn it up", "The volume is 40 percent.", "40%", false),
        ("a bit louder", "The volume is 45 percent.", "45%", false),
        ("lower the volume by 20 percent", "The volume is 25 percent.", "25%", false),
        ("静音", "已经静音了。", "25%", true),
        ("what's the volume", "The volume is 25 percent, but the sound is muted.", "25%", true),
        ("声音小一点", "音量是百分之15，但现在是静音。", "15%", true),
        ("声音大一点", "音量是百分之25。", "25%", false),
        ("mute", "The sound is muted.", "25%", true),
        ("unmute", "The volume is 25 percent.", "25%", false),
        ("full volume", "The volume is 100 percent.", "100%", false),
        ("louder", "The volume is at 100 percent already; I don't go further.", "100%", false),
        ("set the volume to 150 percent", "The volume goes from 0 to 100 percent.", "100%", false),
        ("turn it all the way down", "The volume is 0 percent.", "0%", false),
        ("quieter", "The volume is at zero already.", "0%", false),
    ];
    for (words, expected, percent, muted) in table {
        assert_eq!(room.ask(words), expected, "{words}");
        assert_eq!(volume(&pulse), (percent.to_owned(), muted), "{words}");
    }
    // Another program may go further; it is told, and not joined.
    pulse.pactl(&["set-sink-volume", "spk", "130%"]);
    assert!(room.ask("turn it up").contains("130 percent already"));
    assert_eq!(volume(&pulse).0, "130%");
    // The balance between left and right stays.
    pulse.pactl(&["set-sink-volume", "spk", "80%", "40%"]);
    room.ask("set the volume to 50 percent");
    let told = pulse.pactl(&["get-sink-volume", "spk"]);
    assert!(told.contains(" 50%") && told.contains(" 25%"), "{told}");
}

#[test]
fn without_a_sound_server_or_with_one_that_hangs_nothing_is_claimed() {
    let mut pulse = Pulse::start();
    let around = Around { sound_server: Some(pulse.path("sock")), ..Around::default() };
    let mut room = Room::new(&around);
    pulse.signal("STOP");
    room.answers(&[
        ("turn it up", "The sound server isn't answering."),
        ("声音大一点", "声音服务没有回应。"),
    ]);
    pulse.signal("CONT");
    pulse.kill();
    room.answers(&[("mute", "I find no sound server on this machine.")]);
    let nowhere = Around { sound_server: Some("/nowhere/at/all".into()), ..Around::default() };
    Room::new(&nowhere).answers(&[("what's the volume", "I find no sound server on this machine.")]);
    // A server without any output has made one up.
    let deaf = Pulse::start_with(&[
        "unload-module module-null-sink".to_owned(),
        format!("load-module module-null-sink sink_name=auto_null rate={HZ}"),
    ]);
    let around = Around { sound_server: Some(deaf.path("sock")), ..Around::default() };
    Room::new(&around).answers(&[("turn it up", "I find no sound output on this machine.")]);
}

#[test]
fn the_screen_is_as_bright_as_is_said() {
    let root = tempfile::tempdir().unwrap();
    for (name, kind, most, at) in [("acpi_video0", "raw", 15, 3), ("intel_backlight", "firmware", 937, 187)] {
        let path = |file: &str| format!("sys/class/backlight/{name}/{file}");
        put(root.path(), &path("type"), kind);
        put(root.path(), &path("max_brightness"), &most.to_string());
        put(root.path(), &path("brightness"), &format!("{at}\n"));
    }
    let raw =
        || fs::read_to_string(root.path().join("sys/class/backlight/intel_backlight/brightness")).unwrap();
    let bus = Bus::start();
    let beside = beside();
    let around = Around { root: root.path().into(), system_bus: Some(bus.address()), ..Around::default() };
    let mut room = Room::new(&around);
    // Nobody there who could set it.
    room.answers(&[
        ("what's the brightness", "The brightness is 20 percent."),
        ("make the screen brighter", "I find no login service on this machine."),
    ]);
    let login = |allows| Login { sys: root.path().join("sys"), allows };
    let refusing = beside.block_on(login(false).appear(&bus));
    room.answers(&[("屏幕亮一点", "登录服务不允许我这样做。")]);
    beside.block_on(refusing.close()).unwrap();
    let _login = beside.block_on(login(true).appear(&bus));
    room.answers(&[
        ("make the screen brighter", "The brightness is 30 percent."),
        ("把亮度调到百分之八十", "亮度是百分之80。"),
        ("dim the screen a bit", "The brightness is 75 percent."),
    ]);
    assert_eq!(raw(), "703");
    // Dark is not off.
    room.answers(&[("set the brightness to zero percent", "The brightness is 1 percent.")]);
    assert_eq!(raw(), "9");
    let none = Around { root: "/nowhere".into(), system_bus: Some(bus.address()), ..Around::default() };
    Room::new(&none).answers(&[(
        "how bright is my screen",
        "I find no screen whose brightness I could change on this machine.",
    )]);
}
