//! What each region of the shipped rules wants told, through the binary: lines, badges, and marks in the files it writes.
//! Every region is taken from the data; here belongs no region's name but as an example.

use mynah::{
    mark,
    policy::{Disclosure, Rules, SoundMark},
    units::SampleRate,
};
use serde_json::{Value, json};

use crate::support::{
    binary::{Home, ran},
    server::{Server, events},
};

const TABLE: &str = include_str!("../../config/regions.toml");

fn regions() -> Vec<(String, Disclosure)> {
    let table: toml::Table = TABLE.parse().unwrap();
    let rules = Rules::parse(TABLE).unwrap();
    let one = |name: &String| (name.clone(), rules.disclosure(&rules.region(name).unwrap()).unwrap());
    table["region"].as_table().unwrap().keys().map(one).collect()
}

fn answer() -> Vec<u8> {
    let word = json!({ "choices": [{ "index": 0, "delta": { "content": "Blue light scatters most." } }] });
    let stop = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    events(&[&word.to_string(), &stop.to_string()])
}

fn home(server: &Server) -> Home {
    let home = Home::new();
    home.settings(&format!("[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"", server.url()));
    home
}

/// Whether the sound of `file` ends with the rhythm.
fn ends_with_the_rhythm(file: &str) -> bool {
    let mut wav = hound::WavReader::open(file).unwrap();
    let rate = SampleRate::new(wav.spec().sample_rate).unwrap();
    let sound: Vec<f32> = wav.samples::<i16>().map(|it| f32::from(it.unwrap()) / 32_768.0).collect();
    let rhythm = mark::rhythm(rate);
    let Some(at) = sound.len().checked_sub(rhythm.len()) else { return false };
    let loud = |sound: &[f32]| -> Vec<bool> {
        let step = usize::try_from(rate.hz()).unwrap() * 60 / 1_000;
        sound.chunks(step).map(|part| part.iter().filter(|it| it.abs() > 0.03).count() > step / 3).collect()
    };
    loud(&sound[at..]) == loud(&rhythm)
}

#[test]
fn loopback_every_region_gets_its_line_its_badge_and_its_marks() {
    for (region, wishes) in regions() {
        let server = Server::answering(vec![answer(), answer()]);
        let home = home(&server);
        let ask = |out: &str| {
            let out = home.text(out);
            home.ask(&["--region", &region, "--out", &out, "why", "is", "the", "sky", "blue"]).turn()
        };
        let (first, second) = (ask("first"), ask("second"));
        for turn in [&first, &second] {
            assert_eq!(turn["error"], Value::Null, "{region}: {turn}");
            let told = &turn["disclosure"];
            assert_eq!(
                (&told["ai_generated"], &told["badge"]),
                (&json!(true), &json!(wishes.badge("en"))),
                "{region}"
            );
            assert_eq!(told["model"].is_string(), wishes.model_and_filing, "{region}");
            let file = turn["reply"]["audio"].as_str().unwrap();
            let (_, mark) = mark::read(file.as_ref()).unwrap();
            assert_eq!(mark.is_some(), wishes.export_metadata, "{region}");
            if let Some(mark) = mark {
                let origin = mark.origin.unwrap();
                assert_eq!((mark.aigc.label.as_str(), mark.aigc.produce_id), ("1", origin.id.clone()));
                assert_eq!(
                    (origin.system.as_str(), origin.version.as_str()),
                    ("Mynah", env!("CARGO_PKG_VERSION"))
                );
                assert!(!origin.provider.is_empty() && !origin.model.is_empty() && origin.id.len() == 32);
                assert!(origin.created.parse::<jiff::Timestamp>().is_ok(), "{origin:?}");
            }
            assert_eq!(ends_with_the_rhythm(file), wishes.export_audio == SoundMark::Morse, "{region}");
            // What we write is read by our own reader, to the sample.
            let sound = hound::WavReader::open(file).unwrap().duration();
            assert!(mynah::source::decode_bytes(&std::fs::read(file).unwrap()).is_ok() && sound > 8_000);
        }
        assert_eq!(first["disclosure"]["notice"], wishes.first_use("en"), "{region}");
        assert_eq!(second["disclosure"]["notice"], Value::Null, "{region}: told today already");
        assert_eq!(
            first["reply"]["text"], second["reply"]["text"],
            "{region}: the line is no part of the reply"
        );
        let ids = [&first, &second].map(|turn| {
            let file = turn["reply"]["audio"].as_str().unwrap();
            mark::read(file.as_ref()).unwrap().1.map(|mark| mark.aigc.produce_id)
        });
        assert!(ids[0].is_none() || ids[0] != ids[1], "{region}: no two have one number");
        #[cfg(unix)]
        {
            let memory = std::fs::metadata(home.path(".local/state/mynah/disclosed.json")).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&memory.permissions()) & 0o777, 0o600);
        }
    }
}

#[test]
fn loopback_the_line_is_told_once_in_a_run_and_beside_quiet_answers() {
    let server = Server::answering(vec![answer(), answer()]);
    let home = home(&server);
    let lines = "why is the sky blue\nwhy is the sea blue\n";
    let ran = ran(home.mynah(&["ask", "--quiet", "--region", "CN", "-"]).write_stdin(lines));
    let (_, wishes) = regions().into_iter().find(|(name, _)| name == "CN").unwrap();
    assert_eq!(ran.stdout, "Blue light scatters most.\nBlue light scatters most.\n");
    assert_eq!(ran.stderr.matches(wishes.first_use("en")).count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches(&format!("{} · ", wishes.badge("en"))).count(), 2, "{}", ran.stderr);
}

#[test]
fn an_answer_of_this_device_is_not_called_generated_and_its_file_is_marked_all_the_same() {
    for (region, wishes) in regions() {
        let home = Home::new();
        let turn = home
            .ask(&["--region", &region, "--out", &home.text("out"), "what", "is", "7", "times", "8"])
            .turn();
        let told = &turn["disclosure"];
        assert_eq!(
            (&told["ai_generated"], &told["badge"], &told["notice"]),
            (&json!(false), &Value::Null, &Value::Null)
        );
        let file = turn["reply"]["audio"].as_str().unwrap();
        let mark = mark::read(file.as_ref()).unwrap().1;
        assert_eq!(
            mark.map(|mark| mark.aigc.content_producer).as_deref(),
            wishes.export_metadata.then_some("Mynah")
        );
        assert_eq!(ends_with_the_rhythm(file), wishes.export_audio == SoundMark::Morse, "{region}");
        assert!(!home.path(".local/state/mynah/disclosed.json").exists(), "{region}: nothing was told");
    }
}

#[test]
fn marks_are_read_and_written_by_the_command() {
    let home = Home::new();
    let picture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mark/image.png");
    let (picture, out) = (picture.display().to_string(), home.text("marked.png"));
    let run = |arguments: &[&str]| home.run(&[&["mark"], arguments].concat());
    assert_eq!(run(&["read", &picture]).code, Some(1), "it carries none");
    let write =
        ["write", &picture, "--out", &out, "--producer", "阿里云", "--model", "qwen-image", "--id", "7"];
    assert_eq!(run(&write).code, Some(0));
    assert_eq!(run(&write).code, Some(1), "the name is taken");
    let read = run(&["read", &out, "--json"]);
    let line: Value = serde_json::from_str(&read.stdout).unwrap();
    assert_eq!((read.code, &line["kind"], &line["ai_generated"]), (Some(0), &json!("png"), &json!(true)));
    assert_eq!(
        (&line["mark"]["aigc"]["ContentProducer"], &line["mark"]["aigc"]["ProduceID"]),
        (&json!("阿里云"), &json!("7"))
    );
    assert_eq!(line["mark"]["origin"]["model"], "qwen-image");
    let told = run(&["read", &out, "/nowhere"]);
    assert!(told.stdout.contains("generated by an AI") && told.code == Some(1), "{told:?}");
    assert!(told.stderr.contains("what to do"), "{told:?}");
}
