//! Damaged recordings, places that may not be written, disks that are full: each ends in one clear error for its turn
//! with a remedy, the others go on, and nothing panics, hangs or eats memory.

use std::fs;

use serde_json::Value;

use crate::support::binary::{Home, ran, recording, wav};

fn kind(turn: &Value) -> &str {
    turn["error"]["kind"].as_str().unwrap_or("-")
}

/// A WAV header: 16-bit PCM unless told otherwise by `format` and `bits`, claiming `claimed` bytes of sound.
fn header(format: u16, channels: u16, hz: u32, bits: u16, claimed: u32) -> Vec<u8> {
    let block = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(claimed.wrapping_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(format.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(hz.to_le_bytes());
    bytes.extend(hz.wrapping_mul(u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(claimed.to_le_bytes());
    bytes
}

#[test]
fn every_damaged_recording_is_one_clear_error_and_the_others_go_on() {
    let home = Home::new();
    let good = fs::read(recording("speech/times.wav")).unwrap();
    let sound = &good[44..];
    let length = u32::try_from(sound.len()).unwrap();
    let garbage: Vec<u8> =
        (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let nan: Vec<u8> = std::iter::repeat_n(f32::NAN.to_le_bytes(), 32_000).flatten().collect();
    let infinite: Vec<u8> =
        [f32::INFINITY, f32::NEG_INFINITY, 1e30].map(f32::to_le_bytes).concat().repeat(9_000);
    let with = |head: Vec<u8>, sound: &[u8]| [head, sound.to_vec()].concat();
    // Files in the order of their names, each with the kinds of error it may end in; "-" is an answer.
    let files: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("01-zero.wav", Vec::new(), &["empty_file"]),
        ("02-head.wav", good[..30].to_vec(), &["no_sound", "corrupt_audio", "not_audio"]),
        ("03-no-sound.wav", good[..44].to_vec(), &["no_sound"]),
        // What is left of it may be read well: "What's 7 times?" is a question for a language model.
        ("04-cut.wav", good[..good.len() * 3 / 4].to_vec(), &["-", "not_understood", "no_endpoint"]),
        ("05-lying-long.wav", with(header(1, 1, 16_000, 16, u32::MAX), sound), &["-"]),
        (
            "06-lying-short.wav",
            with(header(1, 1, 16_000, 16, 8_000), sound),
            &["no_speech", "not_understood"],
        ),
        ("07-0-hz.wav", with(header(1, 1, 0, 16, length), sound), &["bad_sample_rate"]),
        ("08-4-ghz.wav", with(header(1, 1, u32::MAX, 16, length), sound), &["bad_sample_rate"]),
        (
            "09-no-channel.wav",
            with(header(1, 0, 16_000, 16, length), sound),
            &["bad_channel_count", "corrupt_audio"],
        ),
        (
            "10-32-channels.wav",
            with(header(1, 32, 16_000, 16, length), sound),
            &["bad_channel_count", "no_speech"],
        ),
        (
            "11-65535-channels.wav",
            with(header(1, 65_535, 16_000, 16, length), sound),
            &["bad_channel_count", "corrupt_audio"],
        ),
        ("12-nan.wav", with(header(3, 1, 16_000, 32, 128_000), &nan), &["not_numbers"]),
        (
            "13-infinite.wav",
            with(header(3, 1, 16_000, 32, 108_000), &infinite),
            &["not_numbers", "no_speech"],
        ),
        (
            "14-0-bits.wav",
            with(header(1, 1, 16_000, 0, length), sound),
            &["corrupt_audio", "unsupported_codec"],
        ),
        (
            "15-codec.wav",
            with(header(0x7777, 1, 16_000, 16, length), sound),
            &["unsupported_codec", "corrupt_audio"],
        ),
        ("16-garbage.wav", garbage.clone(), &["not_audio"]),
        ("17-garbage.mp3", garbage.clone(), &["not_audio"]),
        ("18-garbage.m4a", garbage.clone(), &["not_audio"]),
        ("19-garbage.ogg", garbage.clone(), &["not_audio"]),
        ("20-garbage.flac", garbage, &["not_audio"]),
        ("21-text.wav", b"what time is it".to_vec(), &["not_audio"]),
        ("22-mp3.wav", fs::read(recording("demo/3-percent.mp3")).unwrap(), &["-"]),
        ("23-good.wav", good.clone(), &["-"]),
    ];
    for (name, bytes, _) in &files {
        home.put(&format!("in/{name}"), bytes);
    }
    home.put("in/notes.txt", "not a recording, and not one by name");
    let ran = home.ask(&["--audio", &home.text("in")]);
    let turns = ran.turns();
    assert_eq!((ran.code, turns.len(), ran.stderr.as_str()), (Some(1), files.len(), ""), "{ran:?}");
    for (turn, (name, _, kinds)) in turns.iter().zip(&files) {
        assert!(turn["source"].as_str().unwrap().ends_with(name), "{turn}");
        assert!(kinds.contains(&kind(turn)), "{name}: {turn}");
        if kind(turn) == "-" {
            assert_eq!(turn["intent"]["name"], "maths", "{turn}");
        } else {
            assert!(turn["error"]["remedy"].as_str().unwrap().len() > 10, "{turn}");
        }
    }
}

/// An hour at 16 kHz is 230 MB of samples; nothing of that size is ever held.
#[cfg(target_os = "linux")]
#[test]
fn an_hour_of_noise_and_bytes_without_end_take_no_memory() {
    let home = Home::new();
    let mut seed = 7_u32;
    let second: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        118 + (seed >> 16).to_le_bytes()[0] % 20
    })
    .take(8_000)
    .collect();
    home.put("hour.wav", [header(1, 1, 8_000, 8, 8_000 * 3_600), second.repeat(3_600)].concat());
    // The pipe at the end keeps the run there to be looked at.
    let mut running = home.start(&["--audio", "/dev/zero", "/dev/null", &home.text("hour.wav"), "-"]);
    let lines = [running.line(), running.line(), running.line()];
    let peak = running.peak_kib();
    running.hang_up();
    running.end();
    let turns = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    assert_eq!(turns.each_ref().map(kind), ["not_audio", "empty_file", "no_speech"], "{turns:?}");
    assert_eq!(turns[2]["span_ms"][1], 3_600_000, "it was heard to its end");
    assert!(peak < 150_000, "{peak} KiB");
}

#[test]
fn replies_that_can_go_nowhere_are_refused_before_anything_is_done() {
    let home = Home::new();
    let file = home.put("file", "mine");
    let inside = file.join("deeper");
    for place in [file.to_str().unwrap(), inside.to_str().unwrap()] {
        home.ask(&["--out", place, "who are you"]).refused(&[place, "directory"]);
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
    // A folder that is not there is made, with those above it.
    let ran = home.ask(&["--out", &home.text("a/b/c"), "who are you"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(home.path("a/b/c").read_dir().unwrap().count() == 1);
}

/// Root may write anywhere, so where this test runs as root the binary runs without root's capabilities: then modes
/// bind it too. A user namespace would do the same, but chroots and many containers forbid those.
#[cfg(target_os = "linux")]
#[test]
fn replies_that_may_not_be_written_are_refused_before_anything_is_done() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let home = Home::new();
    let shut = home.path("shut");
    fs::create_dir(&shut).unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o555)).unwrap();
    let unread = home.put("unread.wav", wav(16_000, &[0; 800]));
    fs::set_permissions(&unread, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let as_user = |arguments: &[&str]| {
        let arguments = [&["ask", "--json", "--quiet"], arguments].concat();
        if is_root {
            let bare = ["--bounding-set=-all", "--inh-caps=-all", env!("CARGO_BIN_EXE_mynah")];
            ran(&mut home.program("setpriv", &[&bare, arguments.as_slice()].concat()))
        } else {
            ran(&mut home.mynah(&arguments))
        }
    };
    as_user(&["--out", shut.to_str().unwrap(), "who are you"]).refused(&[
        "shut",
        "no permission",
        "may write",
    ]);
    let beneath = shut.join("new");
    as_user(&["--out", beneath.to_str().unwrap(), "who are you"]).refused(&["shut", "no permission"]);
    let turn = as_user(&["--audio", unread.to_str().unwrap()]).turn();
    assert_eq!(kind(&turn), "not_permitted", "{turn}");
    let settings = home.put("c.toml", "region = \"EU\"");
    fs::set_permissions(&settings, fs::Permissions::from_mode(0o000)).unwrap();
    as_user(&["--config", settings.to_str().unwrap(), "hi"]).refused(&["c.toml", "Permission denied"]);
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A disk that takes no more: the size of a file is limited, which every system can do; the words are still given.
#[cfg(unix)]
#[test]
fn a_reply_that_does_not_fit_costs_the_file_and_not_the_words() {
    let home = Home::new();
    home.put("lines", "who are you\nwhat is 7 times 8\n");
    // This one hands its sound over by a pipe; others fail themselves, at a file of their own.
    home.settings("speak.engine = \"espeak\"");
    let mynah = env!("CARGO_BIN_EXE_mynah");
    // The signal that comes with the limit is ignored, so that writing fails as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 8 && exec '{mynah}' ask --json -q - --out out <lines");
    let ran = ran(home.program("sh", &["-c", &script]).current_dir(home.path("")));
    let turns = ran.turns();
    assert_eq!((ran.code, turns.len()), (Some(1), 2), "{ran:?}");
    for turn in &turns {
        assert!(kind(turn).starts_with("out_"), "{turn}");
        assert_eq!(turn["reply"]["audio"], Value::Null, "half a file is no file: {turn}");
        assert!(!turn["reply"]["text"].as_str().unwrap().is_empty());
    }
    assert_eq!(home.path("out").read_dir().unwrap().count(), 0, "nothing half written stays");
}

/// The real thing: a file system of a few pages, in a namespace of its own.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "mounts a file system: .ci/tests runs it where the system allows that, and says so where not"]
fn a_full_disk_is_named_as_such() {
    let home = Home::new();
    fs::create_dir(home.path("tiny")).unwrap();
    let mynah = env!("CARGO_BIN_EXE_mynah");
    let script =
        format!("mount -t tmpfs -o size=8k none tiny && exec '{mynah}' ask --json -q --out tiny who are you");
    let ran = ran(home.program("unshare", &["-rm", "sh", "-c", &script]).current_dir(home.path("")));
    let turn = ran.turn();
    assert_eq!((ran.code, kind(&turn)), (Some(1), "out_disk_full"), "{ran:?}");
    assert!(turn["error"]["remedy"].as_str().unwrap().contains("Free"), "{turn}");
    assert!(turn["reply"]["text"].as_str().unwrap().contains("Mynah"));
}
