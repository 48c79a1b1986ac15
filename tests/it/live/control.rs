//! Asked from outside: one instance, settings read anew, mute, and no microphone.

use super::{Daemon, Rig, now, rig::eventually};
use crate::support::binary::recording;

/// How many streams take sound from the microphone.
fn listeners(daemon: &Daemon) -> usize {
    let column = |line: &str, at: usize| line.split_whitespace().nth(at).unwrap_or_default().to_owned();
    let sources = daemon.rig.pulse.pactl(&["list", "short", "sources"]);
    let mic = sources.lines().find(|line| column(line, 1) == "mic").map(|line| column(line, 0)).unwrap();
    let outputs = daemon.rig.pulse.pactl(&["list", "short", "source-outputs"]);
    outputs.lines().filter(|line| column(line, 1) == mic).count()
}

#[test]
fn live_one_instance_mute_and_settings_read_anew() {
    let mut daemon = Daemon::asleep(Rig::new("region = \"DE\""));
    let pid = daemon.status()["pid"].clone();

    let second = daemon.rig.mynah(&["run"]);
    second.refused(&["running"]);
    assert_eq!(daemon.status()["pid"], pid);

    // A mute closes the device.
    assert_eq!(listeners(&daemon), 1);
    daemon.tell(&["mute"]);
    daemon.becomes("muted");
    eventually("a closed microphone", || listeners(&daemon) == 0);
    let refused = daemon.rig.mynah(&["ptt", "press"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("unmute"), "{refused:?}");
    daemon.tell(&["unmute"]);
    daemon.until_it_is("asleep");
    assert_eq!(listeners(&daemon), 1);

    // Bad settings change nothing.
    daemon.rig.home.settings("region = \"US\"\n[wake]\nsensitivity = \"very\"");
    daemon.signal("HUP");
    let err = daemon.rig.home.path("run.err");
    eventually("a refusal", || {
        std::fs::read_to_string(&err).unwrap().contains("the settings are not read anew: ")
    });
    // What asks reads the settings too, for the socket's place, and finds the usual one without them.
    let refused = daemon.rig.mynah(&["reload"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("sensitivity"), "{refused:?}");
    let ran = daemon.rig.mynah(&["status", "--json"]);
    let status = serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap()["status"].clone();
    assert_eq!((&status["region"], &status["pid"]), (&"EU".into(), &pid));
    // A bad file of phrases is refused as bad settings are.
    daemon.rig.home.settings("region = \"US\"\nphrases = \"mine.toml\"\n[wake]\nphrases = [\"computer\"]");
    let phrase = |does: &str| format!("[[phrase]]\nsay = [\"tea [time]\"]\ndo = [\"{does}\"]\n");
    daemon.rig.home.put(".config/mynah/mine.toml", phrase("make me some tea"));
    let refused = daemon.rig.mynah(&["reload"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("mine.toml, line 3: ") && refused.stderr.contains("make me some tea"),
        "{refused:?}"
    );
    // Good ones are in force, in the same process, and it hears.
    daemon.rig.home.put(".config/mynah/mine.toml", phrase("what is 3 plus 4"));
    daemon.signal("HUP");
    daemon.becomes("ending");
    daemon.until_it_is("asleep");
    let status = daemon.status();
    assert_eq!((&status["region"], &status["pid"]), (&"US".into(), &pid));
    let sound = daemon.rig.said("awb", "Computer, what time is it?");
    daemon.rig.speak(sound);
    assert_eq!(daemon.turn()["intent"]["name"], "clock.time");
    let ran = daemon.rig.mynah(&["ask", "--running", "--json", "tea time"]);
    assert_eq!((ran.code, &ran.turn()["reply"]["text"]), (Some(0), &"That's 7.".into()), "{ran:?}");
    daemon.ends_without(&["what time is it"]);
}

#[test]
fn live_without_a_microphone_it_says_so_and_answers_what_is_typed() {
    let rig = Rig::deaf("");
    // What the loudspeaker plays is the server's default source then, and no microphone.
    let mut daemon = Daemon::start(rig);
    daemon.until_it_is("deaf");
    assert_eq!(daemon.status()["microphone"], serde_json::Value::Null);
    let out = daemon.rig.home.path("run.out");
    eventually("a complaint", || std::fs::read_to_string(&out).unwrap().contains("microphone"));
    let mut loudspeaker = daemon.loudspeaker();
    let asked = now();
    let ran = daemon.rig.mynah(&["ask", "--running", "--json", "what is two plus two"]);
    assert_eq!((ran.code, &ran.turn()["reply"]["text"]), (Some(0), &"That's 4.".into()), "{ran:?}");
    loudspeaker.sound_after(asked);

    // One that is plugged in later is found.
    let load = |arguments: &[&str]| daemon.rig.pulse.pactl(&[&["load-module"], arguments].concat());
    load(&["module-null-sink", "sink_name=mic_in", "rate=48000", "channels=1", "format=s16le"]);
    load(&[
        "module-remap-source",
        "source_name=mic",
        "master=mic_in.monitor",
        "source_properties=device.description=Mic",
    ]);
    daemon.rig.pulse.pactl(&["set-default-source", "mic"]);
    daemon.until_it_is("asleep");
    daemon.rig.speak(recording("speech/hey-computer-time.wav"));
    let report = daemon.find("an answer", |event| event["report"]["source"] == "microphone");
    assert_eq!(report["report"]["intent"]["name"], "clock.time");
    daemon.ends_without(&["two plus two"]);
}
