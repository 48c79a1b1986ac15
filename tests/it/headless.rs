//! The main job: recordings and words in, answers out, on a machine without a network. Tests that talk to a server on
//! this machine have `loopback` in their name and live in [`loopback`].

use serde_json::{Value, json};

use crate::support::binary::{Home, Ran, ran, recording, samples, wav};

mod loopback;

/// A second of silence at 16 kHz.
static SECOND: [i16; 16_000] = [0; 16_000];

fn kinds(ran: &Ran) -> Vec<String> {
    let kind = |turn: &Value| turn["error"]["kind"].as_str().unwrap_or("-").to_owned();
    ran.turns().iter().map(kind).collect()
}

fn heard(turn: &Value) -> &str {
    turn["transcript"]["text"].as_str().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// Requires a WAV that hound reads and that holds sound.
fn assert_spoken(file: &str) {
    let mut wav = hound::WavReader::open(file).unwrap();
    assert!(wav.spec().sample_rate >= 8_000 && wav.spec().channels == 1, "{:?}", wav.spec());
    let loud = wav.samples::<i16>().filter(|sample| sample.as_ref().unwrap().unsigned_abs() > 500).count();
    assert!(loud > 1_000, "{file}: only {loud} samples are loud");
}

#[test]
fn the_demo_recordings_are_heard_understood_and_answered_aloud() {
    let home = Home::new();
    let ran = home.ask(&["--audio", &recording("demo"), "--out", &home.text("out")]);
    let turns = ran.turns();
    // What is heard, what is understood, what the reply holds.
    let expected: [(&str, &str, &str); 7] = [
        ("What time is it?", "clock.time", "It's "),
        ("What day of the week is it?", "clock.day", "day."),
        ("What’s 20% of 92?", "maths", "18.4"),
        ("How many feet in a mile?", "units", "5280 feet"),
        ("Who are you?", "about.name", "Mynah"),
        ("What is 25 times 4?", "maths", "100"),
        ("What’s the square root of 81?", "maths", "9"),
    ];
    assert_eq!(turns.len(), expected.len(), "{ran:?}");
    for (place, (turn, (words, intent, reply))) in turns.iter().zip(expected).enumerate() {
        assert_eq!(number(&turn["turn"]), u64::try_from(place).unwrap() + 1);
        assert_eq!(heard(turn).replace('\'', "’"), words);
        assert_eq!(turn["transcript"]["language"], "en");
        let sure = turn["transcript"]["confidence"].as_f64().unwrap();
        assert!((0.2..=1.0).contains(&sure), "{turn}");
        assert_eq!(turn["intent"]["name"], intent);
        assert!(turn["reply"]["text"].as_str().unwrap().contains(reply), "{turn}");
        assert_spoken(turn["reply"]["audio"].as_str().unwrap());
        let [start, end] = [0, 1].map(|side| number(&turn["span_ms"][side]));
        assert!(start < end && (900..4_000).contains(&(end - start)), "{turn}");
        let ms = |name: &str| number(&turn["ms"][name]);
        assert!(ms("transcribe") <= ms("first_word") && ms("first_word") <= ms("first_sound"), "{turn}");
        assert!(ms("first_sound") <= ms("total"), "{turn}");
        assert_eq!(turn["route"]["region"], "OFFLINE");
        assert_eq!((&turn["route"]["by"], &turn["error"]), (&json!("device"), &Value::Null));
    }
    // Two utterances of one file are two turns, in order and apart.
    assert_eq!(turns[5]["source"], turns[6]["source"]);
    assert!(number(&turns[5]["span_ms"][1]) < number(&turns[6]["span_ms"][0]));
    assert_eq!(turns[3]["intent"]["slots"], json!({ "from": "mile", "to": "foot" }));
    assert_eq!(ran.code, Some(0));
    assert!(!home.path(".local/state/mynah/ledger.jsonl").exists(), "nobody was asked, nothing is recorded");
}

#[test]
fn a_turn_has_exactly_the_promised_fields_in_the_promised_order() {
    let ran = Home::new().ask(&["what", "is", "7", "times", "8"]);
    let turn = ran.turn();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&turn), "turn source span_ms transcript intent route reply disclosure ms error");
    assert_eq!(names(&turn["transcript"]), "text language confidence");
    assert_eq!(names(&turn["intent"]), "name slots");
    assert_eq!(names(&turn["route"]), "region by reason");
    assert_eq!(names(&turn["reply"]), "text audio");
    assert_eq!(names(&turn["ms"]), "endpoint transcribe first_word first_sound total");
    assert_eq!((turn["source"].as_str(), &turn["span_ms"]), (Some("text"), &json!([0, 0])));
    assert_eq!((turn["ms"]["transcribe"].as_u64(), turn["ms"]["first_sound"].as_u64()), (None, None));
    assert!((turn["transcript"]["confidence"].as_f64().unwrap() - 1.0).abs() < f64::EPSILON);
    assert_eq!(turn["reply"]["text"], "That's 56.");
    assert_eq!(ran.code, Some(0));
    let failed = Home::new().ask(&["why is the sky blue"]).turn();
    assert_eq!(names(&failed["error"]), "kind message remedy");
}

#[test]
fn typed_words_are_answered_in_their_language() {
    let home = Home::new();
    for (words, language, intent, reply) in [
        ("what's 5 kilometres in miles", "en", "units", "miles"),
        ("who are you", "en", "about.name", "Mynah"),
        ("what is -5 plus 3", "en", "maths", "minus 2"),
        ("hey computer, what is 3 times 3", "en", "maths", "9"),
        ("现在几点", "zh", "clock.time", "点"),
        ("今天星期几", "zh", "clock.day", "星期"),
        ("三加五等于几", "zh", "maths", "8"),
        ("你是谁", "zh", "about.name", "Mynah"),
    ] {
        let ran = home.ask(&["--out", &home.text("out"), words]);
        let turn = ran.turn();
        assert_eq!(turn["transcript"], json!({ "text": words, "language": language, "confidence": 1.0 }));
        assert_eq!(turn["intent"]["name"], intent, "{turn}");
        assert!(turn["reply"]["text"].as_str().unwrap().contains(reply), "{turn}");
        assert_spoken(turn["reply"]["audio"].as_str().unwrap());
        assert_eq!((ran.code, &turn["error"]), (Some(0), &Value::Null));
    }
}

#[test]
fn only_what_follows_the_wake_phrase_is_answered() {
    let home = Home::new();
    let then = [samples("words/hey-computer.wav"), SECOND.repeat(2), samples("speech/time.wav")].concat();
    let late = [samples("words/hey-computer.wav"), SECOND.repeat(4), samples("speech/time.wav")].concat();
    home.settings("wake.follow_up_ms = 3000");
    home.put("then.wav", wav(16_000, &then));
    home.put("late.wav", wav(16_000, &late));
    let files = ["then.wav", "late.wav"].map(|name| home.text(name));
    let ran = home.ask(&[
        "--wake",
        "--audio",
        &recording("speech/hey-computer-time.wav"),
        &recording("speech/time.wav"),
        &recording("words/hey-computer.wav"),
        &files[0],
        &files[1],
    ]);
    assert_eq!(kinds(&ran), ["-", "no_wake_phrase", "no_command", "-", "no_command"], "{ran:?}");
    assert_eq!(ran.code, Some(1));
    let turns = ran.turns();
    assert_eq!(heard(&turns[0]), "Hey computer, what time is it?");
    assert_eq!((heard(&turns[3]), &turns[3]["intent"]["name"]), ("What time is it?", &json!("clock.time")));
    assert!(number(&turns[3]["span_ms"][0]) > 2_000);
    assert_eq!(home.ask(&["--wake", "--audio", &files[0]]).code, Some(0));
    // One's name alone, without waiting for it.
    let called = home.ask(&["--audio", &recording("words/hey-computer.wav")]).turn();
    assert_eq!((&called["intent"]["name"], &called["reply"]["text"]), (&json!("wake"), &json!("Yes?")));
}

#[test]
fn sound_without_speech_is_told_and_never_given_words() {
    let home = Home::new();
    let noise: Vec<i16> = noise(8_000).take(48_000).collect();
    let tone: Vec<i16> = (0..48_000).map(|n: i32| if n % 40 < 20 { 9_000 } else { -9_000 }).collect();
    home.put("a-silence.wav", wav(16_000, &SECOND.repeat(3)));
    home.put("b-noise.wav", wav(16_000, &noise));
    home.put("c-tone.wav", wav(16_000, &tone));
    home.put("d-nothing.wav", wav(16_000, &[]));
    let files = ["a-silence.wav", "b-noise.wav", "c-tone.wav"].map(|name| home.text(name));
    let ran = home.ask(&["--audio", &files[0], &files[1], &files[2], "--out", &home.text("out")]);
    assert_eq!((ran.code, kinds(&ran)), (Some(1), vec!["no_speech".to_owned(); 3]), "{ran:?}");
    for turn in ran.turns() {
        assert_eq!((heard(&turn), turn["reply"]["text"].as_str()), ("", Some("")));
        assert_eq!((&turn["intent"], &turn["reply"]["audio"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(std::fs::read_dir(home.path("out")).unwrap().count(), 0, "no reply, no file");
}

#[test]
fn standard_input_is_a_recording_or_lines() {
    let home = Home::new();
    let mut piped = home.mynah(&["ask", "--json", "--quiet", "--audio", "-"]);
    let heard_there = ran(piped.write_stdin(std::fs::read(recording("demo/2-day.flac")).unwrap()));
    assert_eq!((heard_there.code, heard_there.turn()["source"].as_str()), (Some(0), Some("-")));
    assert_eq!(heard(&heard_there.turn()), "What day of the week is it?");

    let lines = home.ask_lines(&b"what is 2 plus 2\r\n\n\xff\xfe\n   \nwhat is 3 plus 3"[..]);
    assert_eq!((lines.code, kinds(&lines).join(" ").as_str()), (Some(1), "- not_text -"), "{lines:?}");
    assert_eq!(lines.turns()[2]["reply"]["text"], "That's 6.");

    // Each line is answered before the next is there.
    let mut running = home.start(&["-"]);
    running.say("what is 4 plus 4\n");
    assert!(running.line().contains("That's 8."));
    running.say("what is 5 plus 5\n");
    assert!(running.line().contains("That's 10."));
    running.hang_up();
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn what_is_missing_does_not_stop_the_rest() {
    let home = Home::new();
    std::fs::create_dir(home.path("empty")).unwrap();
    let (missing, empty) = (home.text("missing.wav"), home.text("empty"));
    let ran = home.ask(&[
        "--audio",
        &missing,
        &recording("speech/time.wav"),
        &empty,
        &recording("speech/times.wav"),
    ]);
    assert_eq!(kinds(&ran), ["not_found", "-", "no_audio_files", "-"], "{ran:?}");
    assert_eq!(ran.code, Some(1));
    let turns = ran.turns();
    assert_eq!((turns[0]["source"].as_str(), turns[2]["source"].as_str()), (Some(&*missing), Some(&*empty)));
    assert_eq!(heard(&turns[3]), "What's 7 times 8?");
}

#[test]
fn offline_nobody_is_asked_and_the_refusal_says_why() {
    let home = Home::new();
    // Keys and servers that other regions would use change nothing here.
    home.settings("[endpoint.openai]\nmodel = \"x\"");
    let mut command = home.mynah(&["ask", "--json", "--quiet", "--region", "offline", "why is the sky blue"]);
    let ran = ran(command.env("MYNAH_KEY_OPENAI", "sk-never-sent").env("MYNAH_KEY_QWEN_CN", "sk-never-sent"));
    let turn = ran.turn();
    assert_eq!((ran.code, turn["route"]["by"].as_str()), (Some(1), Some("refused")));
    assert_eq!(turn["error"]["kind"], "no_endpoint");
    assert!(turn["route"]["reason"].as_str().unwrap().contains("OFFLINE"), "{turn}");
    assert!(turn["error"]["remedy"].as_str().unwrap().contains("llamacpp"), "{turn}");
    assert!(!home.path(".local/state/mynah/ledger.jsonl").exists(), "nobody was asked, nothing is recorded");
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_machine_without_a_voice_still_answers_in_words() {
    let home = Home::new();
    home.settings("speak.engine = \"say\""); // a Mac's program, which no other system has
    let ran = home.ask(&["--out", &home.text("out"), "what is 2 plus 2"]);
    let turn = ran.turn();
    assert_eq!((ran.code, turn["reply"]["text"].as_str()), (Some(1), Some("That's 4.")), "{ran:?}");
    assert_eq!((&turn["error"]["kind"], &turn["reply"]["audio"]), (&json!("no_voice_engine"), &Value::Null));
    assert!(turn["error"]["remedy"].as_str().unwrap().contains("speak.engine"), "{turn}");
}

/// Noise between plus and minus `level`, the same each time.
fn noise(level: i16) -> impl Iterator<Item = i16> {
    let mut seed = 7_u32;
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from(i32::try_from(seed >> 16).unwrap() % (2 * i32::from(level)) - i32::from(level)).unwrap()
    })
}
