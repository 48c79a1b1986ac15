//! Settings from every side: what is refused and how, what wins, what is never shown.

use std::fs;

use serde_json::json;

use crate::support::{
    binary::{Home, Ran, ran},
    server::{Server, events},
};

/// What no message may hold.
const SECRET: &str = "sk-QzR7vX2mN9pL4kT8";

#[test]
fn a_settings_file_that_is_wrong_is_refused_by_place_key_value_and_choice() {
    let home = Home::new();
    for (text, words) in [
        ("regoin = \"EU\"", &["regoin", "nearest known: `region`"][..]),
        ("[listen]\nend_silense_ms = 600", &["listen.end_silense_ms", "listen.end_silence_ms"]),
        ("[listen]\nend_silence_ms = 5", &["listen.end_silence_ms", "is 5", "200 to 3000"]),
        ("[listen]\nend_silence_ms = \"600\"", &["\"600\"", "whole number"]),
        ("[listen]", &[]),
        ("[nonsense]", &["nonsense"]),
        ("script = \"latin\"", &["script", "latin", "traditional"]),
        ("region = \"Atlantis\"", &["region", "Atlantis", "EU (AT", "OFFLINE"]),
        ("language = \"Klingon\"", &["language", "Klingon", "\"auto\""]),
        ("wake.phrases = []", &["wake.phrases", "[]", "1 to 16"]),
        ("speak.speed = 9", &["speak.speed", "is 9", "0.5 to 2"]),
        ("models.mirror = \"ftp://x\"", &["models.mirror", "ftp://x", "http://127.0.0.1"]),
        ("[endpoint.hal9000]\nmodel = \"x\"", &["endpoint", "hal9000", "anthropic, anthropic-us, azure-eu"]),
        ("[endpoint.hal9000]", &["hal9000"]),
        ("[endpoint.openai]\nattested = \"yes\"", &["endpoint.openai.attested", "\"yes\"", "true or false"]),
        ("region = \"EU\"\nregion =", &["line 2"]),
        ("\u{0}", &["line 1"]),
    ] {
        home.settings(text);
        let ran = home.ask(&["who are you"]);
        if words.is_empty() {
            assert_eq!(ran.code, Some(0), "{text}: {ran:?}");
            continue;
        }
        ran.refused(&["assistant.toml"]);
        ran.refused(words);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_and_only_the_usual_one_may_be_missing() {
    let home = Home::new();
    assert_eq!(home.ask(&["who are you"]).code, Some(0));
    for missing in [home.text("no.toml"), home.text("")] {
        home.ask(&["--config", &missing, "who are you"]).refused(&[&missing]);
        let mut command = home.mynah(&["ask", "-q", "who are you"]);
        ran(command.env("MYNAH_CONFIG", &missing)).refused(&[&missing]);
    }
    let bytes = home.put("bytes.toml", b"region = \"\xff\"");
    home.ask(&["--config", bytes.to_str().unwrap(), "who are you"]).refused(&["bytes.toml", "UTF-8"]);
}

#[test]
fn the_environment_is_as_strict_as_the_file() {
    let home = Home::new();
    let with = |name: &str, value: &str| {
        let mut command = home.mynah(&["ask", "-q", "--json", "who are you"]);
        ran(command.env(name, value))
    };
    with("MYNAH_REGOIN", "EU").refused(&["environment", "MYNAH_REGOIN", "region"]);
    with("MYNAH_REGION", "Atlantis").refused(&["MYNAH_REGION", "Atlantis", "OFFLINE"]);
    with("MYNAH_LISTEN_END_SILENCE_MS", "soon").refused(&[
        "MYNAH_LISTEN_END_SILENCE_MS",
        "soon",
        "200 to 3000",
    ]);
    with("MYNAH_ENDPOINT_HAL9000_MODEL", "x").refused(&["MYNAH_ENDPOINT_HAL9000_MODEL"]);
    with("MYNAH_LOG", "mynah=loud").refused(&["MYNAH_LOG", "mynah=loud", "debug"]);
    assert_eq!(with("MYNAH_WAKE_PHRASES", "hello there; ok mynah").code, Some(0));
    assert_eq!(with("MYNAH_LISTEN_END_SILENCE_MS", " 700 ").code, Some(0));
}

#[cfg(unix)]
#[test]
fn variables_that_are_no_text_are_not_taken_for_absent() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let home = Home::new();
    for name in ["MYNAH_REGION", "MYNAH_CONFIG", "MYNAH_KEY_OPENAI"] {
        let mut command = home.mynah(&["ask", "-q", "who are you"]);
        ran(command.env(name, OsStr::from_bytes(b"EU\xff"))).refused(&[]);
    }
}

#[test]
fn flags_are_as_strict_and_named_as_typed() {
    let home = Home::new();
    home.ask(&["--region", "Atlantis", "hi"]).refused(&["--region", "Atlantis", "OFFLINE"]);
    home.ask(&["--language", "Klingon", "hi"]).refused(&["--language", "Klingon", "zh"]);
    home.run(&["models", "list", "--region", "Atlantis"]).refused(&["--region", "Atlantis"]);
}

#[test]
fn flags_beat_the_environment_beats_the_file_beats_the_default() {
    let home = Home::new();
    let region = |variable: Option<&str>, flag: &[&str]| {
        let mut command = home.mynah(&[&["ask", "-q", "--json", "who are you"], flag].concat());
        if let Some(value) = variable {
            command.env("MYNAH_REGION", value);
        }
        ran(&mut command).turn()["route"]["region"].as_str().unwrap().to_owned()
    };
    assert_eq!(region(None, &[]), "OFFLINE");
    home.settings("region = \"US\"");
    assert_eq!(region(None, &[]), "US");
    assert_eq!(region(Some("CN"), &[]), "CN");
    assert_eq!(region(Some("CN"), &["--region", "de"]), "EU");
    // A file that is named stands instead of the usual one; --config is stronger than the variable.
    home.put("cn.toml", "region = \"CN\"");
    home.put("eu.toml", "region = \"fr\"");
    let mut command = home.mynah(&["ask", "-q", "--json", "who are you", "--config", &home.text("eu.toml")]);
    command.env("MYNAH_CONFIG", home.path("cn.toml"));
    assert_eq!(ran(&mut command).turn()["route"]["region"], "EU");
}

#[test]
fn the_users_own_rules_narrow_the_regions_and_whatever_loosens_them_means_offline() {
    let home = Home::new();
    let config = home.put("eu.toml", "region = \"EU\"\n[endpoint.nas]\nattested = true");
    let asks = |words: &str| {
        let args = ["ask", "--json", words, "--config", config.to_str().unwrap()];
        ran(home.mynah(&args).env("MYNAH_KEY_MISTRAL_EU", "k").env("MYNAH_KEY_XAI_EU", "k"))
    };
    let nas = "[endpoint.nas]\noperator = \"self\"\nurl = \"http://nas.local/v1\"\ndialect = \"vllm\"\nmodel = \"m\"\n";
    home.put(
        "regions.user.toml",
        format!("{nas}[region.EU]\ndeny = [\"mistral-eu\"]\norder = {{ chat = [] }}"),
    );
    let narrowed = asks("why is the zebra striped");
    assert_eq!(narrowed.turn()["route"]["region"], "EU", "{narrowed:?}");
    assert_eq!(narrowed.turn()["error"]["kind"], "no_endpoint", "{narrowed:?}");

    for (more, told) in [
        ("[region.EU]\ninfer_ok = [\"GLOBAL\"]", "line 7 (`infer_ok = [\"GLOBAL\"]`)"),
        ("[region.EU]\norder = { chat = [\"openai\"] }", "line 7, `region.EU.order.chat`"),
        ("nonsense", "line 6"),
    ] {
        home.put("regions.user.toml", format!("{nas}{more}"));
        let loosened = asks("why is the zebra striped");
        assert_eq!(loosened.turn()["route"]["region"], "OFFLINE", "{more}: {loosened:?}");
        assert_eq!(loosened.turn()["error"]["kind"], "no_endpoint", "{more}: {loosened:?}");
        assert!(
            loosened.stderr.contains("regions.user.toml") && loosened.stderr.contains(told),
            "{loosened:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_others_can_read_is_refused_without_its_key() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let file = home.put("key", SECRET);
    home.settings(&format!("[endpoint.openai]\nkey_file = \"{}\"", file.display()));
    for (mode, code) in [(0o644, 2), (0o640, 2), (0o604, 2), (0o600, 0), (0o400, 0)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let ran = home.ask(&["who are you"]);
        assert_eq!(ran.code, Some(code), "{mode:o}: {ran:?}");
        if code == 2 {
            ran.refused(&["openai", "key", &format!("mode {mode:o}"), "chmod 600"]);
        }
        no_secret(&ran);
    }
    fs::remove_file(&file).unwrap();
    home.ask(&["who are you"]).refused(&["openai", "No such file"]);
}

#[test]
fn a_key_in_the_wrong_place_is_refused_without_being_shown() {
    let home = Home::new();
    for text in [
        format!("[endpoint.openai]\nkey = \"{SECRET}\""),
        format!("[endpoint.openai]\nkey_env = \"{SECRET}\""),
        format!("[endpoint.openai]\nkey_env = {SECRET}"),
        format!("[endpoint.openai]\napi_key = \"{SECRET}\""),
    ] {
        home.settings(&text);
        let ran = home.ask(&["who are you"]);
        ran.refused(&["assistant.toml"]);
        no_secret(&ran);
    }
    home.settings("");
    let mut command = home.mynah(&["ask", "-q", "who are you"]);
    let ran = ran(command.env("MYNAH_KEY_OPENAI", format!("{SECRET} {SECRET}")));
    ran.refused(&["MYNAH_KEY_OPENAI"]);
    no_secret(&ran);
}

fn no_secret(ran: &Ran) {
    let shown = [&ran.stdout, &ran.stderr].into_iter().any(|text| text.contains(SECRET));
    assert!(!shown, "a secret is shown");
}

/// Words, answers and keys stay out of every log, whatever is asked of the logger, while a real request is made.
#[test]
fn loopback_logs_at_their_loudest_hold_no_secret_and_no_word() {
    let answer = json!({ "choices": [{ "index": 0, "delta": { "content": "Because Rayleigh says so." }, "finish_reason": "stop" }] });
    let server = Server::answering(vec![events(&[&answer.to_string()])]);
    let home = Home::new();
    home.settings(&format!(
        "region = \"EU\"\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
        server.url()
    ));
    let mut command = home.mynah(&["-vvv", "ask", "-q", "--json", "why is the zebra striped"]);
    command.env("MYNAH_LOG", "trace").env("MYNAH_KEY_OPENAI", SECRET).env("MYNAH_KEY_QWEN_CN", SECRET);
    let ran = ran(&mut command);
    assert_eq!((ran.code, ran.turn()["route"]["by"].as_str()), (Some(0), Some("llamacpp")), "{ran:?}");
    assert!(ran.stderr.lines().count() > 3, "the logger was on: {}", ran.stderr);
    no_secret(&ran);
    for word in ["zebra", "Rayleigh"] {
        assert!(!ran.stderr.contains(word), "{word} was logged: {}", ran.stderr);
    }
    assert!(!server.requests()[0].contains(SECRET), "a server without a key gets none");
    let ledger = fs::read_to_string(home.path(".local/state/mynah/ledger.jsonl")).unwrap();
    assert!(
        !ledger.contains("zebra") && !ledger.contains("Rayleigh") && !ledger.contains(SECRET),
        "{ledger}"
    );
}

#[test]
fn what_only_a_room_can_judge_is_traced_to_its_key_too() {
    for (settings, words) in [
        ("wake.phrases = [\"hi\"]", "`wake.phrases`"),
        ("speak.voice_english = \"a b\"", "`speak.voice_english`"),
        ("speak.engine = \"piper\"", "`speak.piper_program`"),
    ] {
        let home = Home::new();
        home.settings(settings);
        home.ask(&["what is 2 plus 2"]).refused(&["assistant.toml", words]);
    }
}
