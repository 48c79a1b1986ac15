//! `mynah doctor` where nothing is there, and over a private sound server whose loudspeaker and microphone are one, or
//! are not.

use std::{path::Path, time::Instant};

use serde_json::Value;

use crate::support::{
    binary::{Home, wav},
    pulse::{Pulse, microphone},
};

/// The report of a run, valid by its schema, and the exit code. Six seconds are promised; what a busy machine needs to
/// start and end a process comes on top.
fn report(command: &mut assert_cmd::Command) -> (Option<i32>, Value) {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let begun = Instant::now();
    let output = command.output().unwrap();
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    let stdout = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&stdout)
        .unwrap_or_else(|error| panic!("{error}: {stdout} {}", String::from_utf8_lossy(&output.stderr)));
    let schema = serde_json::from_str(mynah::doctor::SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {report}");
    (output.status.code(), report)
}

/// The finding of `check`.
fn of<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("no {check} in {report}"))
}

fn deaf(home: &Home, arguments: &[&str]) -> assert_cmd::Command {
    let config = home.put("asound.conf", "</usr/share/alsa/alsa.conf>\npcm.!default \"nosuch:31\"\n");
    let mut command = home.mynah(&[&["doctor", "--json"], arguments].concat());
    command.env("ALSA_CONFIG_PATH", config).env("PULSE_SERVER", "unix:/nonexistent").env("PATH", "");
    command
}

#[test]
fn where_nothing_is_there_each_thing_is_named_with_its_remedy() {
    let home = Home::new();
    let (code, report) = report(&mut deaf(&home, &[]));
    assert_eq!((code, &report["health"]), (Some(1), &Value::from("problem")), "{report}");
    for check in ["microphone", "loudspeaker"] {
        let finding = of(&report, check);
        assert_eq!(finding["health"], "problem", "{report}");
        assert!(!finding["remedy"].as_str().unwrap().is_empty(), "{report}");
    }
    assert_eq!(of(&report, "settings")["health"], "ok");
    assert_eq!(of(&report, "region")["facts"]["region"], "OFFLINE");
    assert_eq!(of(&report, "model")["facts"]["checksum"], "right");
    assert_eq!(of(&report, "control_socket")["facts"]["running"], false);
    assert_eq!(of(&report, "wake_phrase")["health"], "ok");
    assert!(
        report["findings"].as_array().unwrap().iter().all(|it| it["check"] != "wake_samples"),
        "{report}"
    );
    assert_eq!(of(&report, "ledger")["health"], "ok");
    assert!(of(&report, "disk")["facts"]["free_bytes"].as_u64().unwrap() > 0);
    #[cfg(target_os = "linux")]
    {
        assert_eq!(of(&report, "hotkey")["health"], "warning");
        assert_eq!(of(&report, "service")["facts"]["installed"], false);
    }
}

#[test]
fn each_doubt_about_the_wake_phrase_comes_with_its_remedy() {
    let home = Home::new();
    let samples = |text: &str| home.put("wake/samples.json", text);
    let kept = samples("").parent().unwrap().display().to_string();
    let few = r#"{"version":1,"samples":[[]],"spread":4.0}"#;
    for (phrases, file, phrase, said, remedy, sample) in [
        (r#"["hey computer", "okay mynah"]"#, "{", "ok", "okay mynah", "", "cannot be used"),
        (
            r#"["hey computer", "hay compuder"]"#,
            few,
            "warning",
            "too alike",
            "take one",
            "there are 1, and 3",
        ),
        (r#"["hey computer", "你好电脑"]"#, "", "problem", "你好电脑", "models fetch base", "cannot be used"),
        (r#"["привет компьютер"]"#, few, "warning", "letter for letter", "plain English", "there are 1"),
    ] {
        samples(file);
        home.settings(&format!("[wake]\nphrases = {phrases}\nsamples = {kept:?}\n"));
        let (_, report) = report(&mut deaf(&home, &["--no-tone"]));
        let found = of(&report, "wake_phrase");
        assert_eq!(found["health"], phrase, "{found}");
        assert!(found["message"].as_str().unwrap().contains(said), "{found}");
        assert!(found["remedy"].as_str().unwrap_or_default().contains(remedy), "{found}");
        let found = of(&report, "wake_samples");
        assert_eq!(found["health"], "problem", "{found}");
        assert!(found["message"].as_str().unwrap().contains(sample), "{found}");
        assert!(found["remedy"].as_str().unwrap().contains("mynah wake train"), "{found}");
    }
}

#[test]
fn wrong_settings_are_one_finding_and_the_rest_is_looked_at_all_the_same() {
    let home = Home::new();
    home.settings("regoin = \"EU\"");
    let (code, report) = report(&mut deaf(&home, &["--no-tone"]));
    assert_eq!(code, Some(1));
    let settings = of(&report, "settings");
    assert_eq!(settings["health"], "problem");
    assert!(settings["message"].as_str().unwrap().contains("regoin"), "{settings}");
    assert_eq!(of(&report, "model")["facts"]["model"], "builtin-en");
}

#[test]
fn keys_are_found_and_never_shown() {
    let home = Home::new();
    home.settings("region = \"EU\"\n[endpoint.mistral-eu]\nattested = true\n[endpoint.openai]\n");
    let mut command = deaf(&home, &["--no-tone"]);
    let (_, report) = report(command.env("MYNAH_KEY_MISTRAL_EU", "never-shown-1234567890"));
    let text = report.to_string();
    assert!(!text.contains("never-shown"), "{text}");
    let endpoints: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|it| it["check"] == "endpoint").collect();
    let with = |id: &str| endpoints.iter().find(|it| it["facts"]["endpoint"] == id).unwrap();
    assert_eq!(with("mistral-eu")["facts"]["key"], true, "{text}");
    assert_eq!(
        (&with("openai")["facts"]["key"], &with("openai")["health"]),
        (&false.into(), &"warning".into())
    );
    assert!(with("openai")["remedy"].as_str().unwrap().contains("MYNAH_KEY_OPENAI"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_file_of_keys_that_others_may_read_and_a_socket_path_that_is_too_long_are_problems() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    home.settings(&format!("control.socket = \"/run/{}/control.sock\"", "x".repeat(100)));
    let file = home.put(".config/mynah/environment", "MYNAH_KEY_OPENAI=never-shown\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (_, report) = report(&mut deaf(&home, &["--no-tone"]));
    assert_eq!(of(&report, "control_socket")["health"], "problem", "{report}");
    #[cfg(target_os = "linux")]
    assert!(of(&report, "environment_file")["remedy"].as_str().unwrap().contains("chmod 600"), "{report}");
    assert!(!report.to_string().contains("never-shown"));
}

/// The doctor in a process that sees `pulse`.
fn hearing(home: &Home, pulse: &Pulse) -> assert_cmd::Command {
    let mut command = home.mynah(&["doctor", "--json"]);
    command
        .env("XDG_RUNTIME_DIR", pulse.path(""))
        .env("PULSE_SERVER", format!("unix:{}", pulse.path("sock").display()))
        .env("PULSE_COOKIE", pulse.path("cookie"))
        .env("ALSA_CONFIG_PATH", pulse.path("asound.conf"));
    command
}

/// Ten seconds of a quiet room, -46 dBFS.
fn room(path: &Path) {
    let mut seed = 1_u32;
    let noise: Vec<i16> = (0..480_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::try_from(seed >> 24).unwrap() * 2 - 255
        })
        .collect();
    std::fs::write(path, wav(48_000, &noise)).unwrap();
}

#[test]
fn over_a_sound_server_the_microphone_hears_the_loudspeakers_tone() {
    let lines = ["set-default-source desk".to_owned(), "set-default-sink desk_in".to_owned()];
    let pulse = Pulse::start_with(&[&[microphone("desk", "Desk_Mic", 48_000, 1)], lines.as_slice()].concat());
    room(&pulse.path("room.wav"));
    let mut noise = pulse.play("desk_in", &pulse.path("room.wav"));
    let (_, report) = report(&mut hearing(&Home::new(), &pulse));
    noise.kill().unwrap();
    noise.wait().unwrap();
    let heard = of(&report, "microphone");
    assert_eq!((&heard["health"], &heard["facts"]["device"]), (&"ok".into(), &"Desk_Mic".into()), "{report}");
    assert_eq!(heard["facts"]["rate_hz"], 48_000);
    let level = heard["facts"]["dbfs"].as_f64().unwrap();
    assert!((-55.0..-40.0).contains(&level), "{level}");
    assert_eq!(of(&report, "loudspeaker")["health"], "ok", "{report}");
    assert_eq!(of(&report, "tone")["facts"]["heard"], true, "{report}");
}

#[test]
fn over_a_sound_server_a_microphone_that_gives_zeros_is_a_problem_and_hears_no_tone() {
    // The tone goes to the server's other output.
    let pulse =
        Pulse::start_with(&[microphone("desk", "Desk_Mic", 48_000, 1), "set-default-source desk".to_owned()]);
    let (code, report) = report(&mut hearing(&Home::new(), &pulse));
    assert_eq!(code, Some(1));
    let heard = of(&report, "microphone");
    assert_eq!(heard["health"], "problem", "{report}");
    assert!(heard["message"].as_str().unwrap().contains("nothing but zeros"), "{report}");
    assert_eq!(of(&report, "loudspeaker")["health"], "ok", "{report}");
    assert!(report["findings"].as_array().unwrap().iter().all(|it| it["check"] != "tone"), "{report}");
}
