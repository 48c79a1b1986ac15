//! What belongs here: the wake phrase from recordings to figures: who wakes Mynah, who does not, and what a user's own
//! samples change.

use std::{fs, path::Path, sync::Arc};

use mynah::{
    flow::{FRAME_SAMPLES, Frame, Utterance},
    mode::train::Training,
    source::{Capture, Captured},
    transcribe::{Abort, ModelSource, Reader, TranscribeError, WakeCue, Whisper, WhisperOptions},
    understand::{StopWords, Verdict, WakeJudge, WakeOptions, WakePhrase},
    units::{SampleIndex, TurnId, length_u64},
};

use crate::support::binary::Home;

static BUILT_IN: &[u8] = include_bytes!("../../models/builtin-en-q8_0.bin");

fn listening_for(phrase: &str) -> (Whisper, WakeJudge) {
    let phrases = [phrase.to_owned()];
    let by_ear = WakePhrase::new(&phrases).unwrap();
    let cue = WakeCue {
        phrases: phrases.to_vec(),
        begins: Arc::new(move |words| by_ear.find(words).is_some()),
        stops: Arc::new(|_| false),
        alike: None,
    };
    let options =
        WhisperOptions { wake: Some(cue), ..WhisperOptions::new(ModelSource::Bytes(BUILT_IN), "built-in") };
    (Whisper::load(&options).unwrap(), WakeJudge::new(&phrases, WakeOptions::default()).unwrap())
}

fn recording(path: &Path) -> Vec<f32> {
    let mut wav = hound::WavReader::open(path).unwrap();
    wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

fn heard(whisper: &mut Whisper, judge: &mut WakeJudge, pcm: Vec<f32>) -> Verdict {
    let end = SampleIndex(u64::try_from(pcm.len()).unwrap());
    let utterance = Utterance { turn: TurnId(1), span: SampleIndex(0)..end, pcm: pcm.into(), for_wake: true };
    match whisper.read(&utterance, &Abort::default()) {
        Ok(transcript) => judge.judge(&transcript),
        Err(TranscribeError::NoSpeech) => Verdict::NotAddressed,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_call_wakes_and_its_command_is_whole_and_other_speech_is_nobodys() {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech");
    let (mut whisper, mut judge) = listening_for("hey computer");
    for file in fs::read_dir(&speech).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".wav") {
            continue;
        }
        let verdict = heard(&mut whisper, &mut judge, recording(&file));
        let command = match name.as_str() {
            "hey-computer-time.wav" => "what time is it?",
            "hey-computer-maths.wav" => "what's 7 times 8?",
            _ => {
                assert_eq!(verdict, Verdict::NotAddressed, "{name}");
                continue;
            }
        };
        let Verdict::Woken { phrase: 0, score, rest } = verdict else { panic!("{verdict:?}") };
        assert!(score.get() > 0.7, "{score:?}");
        assert_eq!(rest, command);
    }
}

#[test]
fn a_call_before_a_long_speech_is_found_at_the_cost_of_its_beginning() {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech");
    let (mut whisper, mut judge) = listening_for("hey computer");
    let (call, other) =
        (recording(&speech.join("hey-computer-time.wav")), recording(&speech.join("feet-in-a-mile.wav")));
    let pause = vec![0.0; 4_000];
    let long = [call, pause.clone(), other.clone(), pause.clone(), other.clone()].concat();
    let Verdict::Woken { rest, .. } = heard(&mut whisper, &mut judge, long) else { panic!("not woken") };
    assert!(
        rest.is_empty() || rest.starts_with("what time is it"),
        "a command is whole or not there: {rest}"
    );
    let without = [other.clone(), pause.clone(), other.clone(), pause, other].concat();
    assert_eq!(heard(&mut whisper, &mut judge, without), Verdict::NotAddressed);
}

#[test]
fn stop_words_are_read_while_nobody_is_addressed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech/stop.wav");
    let (mut whisper, _) = listening_for("hey computer");
    let pcm = recording(&file);
    let end = SampleIndex(u64::try_from(pcm.len()).unwrap());
    let utterance = Utterance { turn: TurnId(1), span: SampleIndex(0)..end, pcm: pcm.into(), for_wake: true };
    let transcript = whisper.read(&utterance, &Abort::default()).unwrap();
    let phrases = WakePhrase::new(&["hey computer".to_owned()]).unwrap();
    assert!(StopWords::new(&["stop".to_owned()]).meant(transcript.words.as_str(), &phrases).is_some());
}

/// A folder with one call and one other recording, told apart by name or by folder.
fn folder(home: &Home, apart: bool) -> String {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech");
    let place = home.path("trial");
    let (wanted, other) = if apart { ("positive/a.wav", "negative/b.wav") } else { ("wake-a.wav", "b.wav") };
    for (from, to) in [("hey-computer-time.wav", wanted), ("day-today.wav", other)] {
        fs::create_dir_all(place.join(to).parent().unwrap()).unwrap();
        fs::copy(speech.join(from), place.join(to)).unwrap();
    }
    place.to_str().unwrap().to_owned()
}

#[test]
fn the_trial_tells_figures_and_plots_them() {
    for apart in [true, false] {
        let home = Home::new();
        let (folder, plot) = (folder(&home, apart), home.path("det.svg"));
        let ran = home.run(&["wake", "test", &folder, "--json", "--plot", plot.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["positive_recordings"], 1);
        assert_eq!(report["figures"].as_array().unwrap().len(), 21);
        let middle = &report["figures"][10];
        assert_eq!(
            (&middle["false_rejects"], &middle["false_accepts"]),
            (&0.0.into(), &0.into()),
            "{middle}"
        );
        assert_eq!(
            (&report["missed"], &report["false_accepts"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        assert!(fs::read_to_string(plot).unwrap().contains("<polyline"));
        let told = home.run(&["wake", "test", &folder]);
        assert!(
            told.stdout.contains("sensitivity") && told.stdout.contains("<- wake.sensitivity"),
            "{told:?}"
        );
    }
    let home = Home::new();
    assert_eq!(home.run(&["wake", "test", home.path("nowhere").to_str().unwrap()]).code, Some(1));
}

#[test]
fn three_samples_teach_and_what_is_no_sample_is_named() {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech");
    let file = |name: &str| speech.join(name).to_str().unwrap().to_owned();
    let home = Home::new();
    let store = home.path("own");
    home.settings(&format!("[wake]\nsamples = {:?}\n", store.to_str().unwrap()));
    let (call, other) = (file("hey-computer-time.wav"), file("why-is-the-sky-blue.wav"));
    let refused = home.run(&["wake", "train", &call, &other, &call]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("why-is-the-sky-blue.wav is unlike the others"), "{refused:?}");
    assert!(!store.exists(), "nothing is kept of what was refused");
    assert_eq!(home.run(&["wake", "train", &call, &call]).code, Some(1), "two are too few");
    let learnt = home.run(&["wake", "train", &call, &call, &call]);
    assert_eq!(learnt.code, Some(0), "{learnt:?}");
    let kept = fs::read_to_string(store.join("samples.json")).unwrap();
    assert!(kept.starts_with("{\"version\":1"));
    // Whoever sounds like the samples wakes; spoilt samples are told of, not passed over.
    let folder = folder(&home, true);
    assert_eq!(home.run(&["wake", "test", &folder, "--json"]).code, Some(0));
    fs::write(store.join("samples.json"), "{}").unwrap();
    let spoilt = home.run(&["wake", "test", &folder]);
    assert_eq!(spoilt.code, Some(2), "{spoilt:?}");
    assert!(spoilt.stderr.contains("mynah wake train"));
}

/// A user who says one thing after the other, with two seconds of silence behind each.
struct Saying {
    frames: std::vec::IntoIter<[f32; FRAME_SAMPLES]>,
    at: u64,
}

impl Saying {
    fn new(said: &[&Path]) -> Self {
        let pcm: Vec<f32> =
            said.iter().flat_map(|path| [recording(path), vec![0.0; 32_000]].concat()).collect();
        Self { frames: pcm.as_chunks().0.to_vec().into_iter(), at: 0 }
    }
}

impl Capture for Saying {
    fn next(&mut self) -> Captured {
        let Some(pcm) = self.frames.next() else { return Captured::Nothing };
        let at = SampleIndex(self.at);
        self.at += length_u64(FRAME_SAMPLES);
        Captured::Frame(Frame { at, pcm })
    }

    fn mute(&mut self, _: bool) {}
}

#[test]
fn a_microphone_is_asked_for_three_samples_and_for_a_bad_one_again() {
    let home = Home::new();
    home.put("own.toml", "");
    let settings = mynah::settings::load(Some(&home.path("own.toml")), &[]).unwrap();
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech");
    let (call, other) = (speech.join("hey-computer-time.wav"), speech.join("why-is-the-sky-blue.wav"));
    let train = |said: &[&Path]| {
        let mut asked = Vec::new();
        let mut ask = |number: usize, why: Option<&str>| asked.push((number, why.map(str::to_owned)));
        let samples = Training::new(&settings).of_capture(&mut Saying::new(said), &mut ask);
        (samples.map(|samples| samples.usable()).map_err(|fault| fault.kind), asked)
    };
    let (samples, asked) = train(&[&call, &other, &call, &call]);
    assert_eq!(samples, Ok(true));
    assert_eq!(asked[..3], [(1, None), (2, None), (3, None)]);
    assert_eq!(asked[3], (2, Some("that sample is unlike the others".into())));
    // One that says nothing more is not waited for.
    assert_eq!(train(&[&call]).0, Err("microphone_silent"));
    // Who says nothing is asked ten times.
    let mut silent = Saying { frames: vec![[0.0; FRAME_SAMPLES]; 10_000].into_iter(), at: 0 };
    let mut asked = 0;
    let refused = Training::new(&settings).of_capture(&mut silent, &mut |_, _| asked += 1);
    assert_eq!((refused.unwrap_err().kind, asked), ("sample_refused", 10));
}
