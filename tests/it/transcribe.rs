//! What belongs here: the transcribe room through its public door, with the built-in model over committed recordings
//! and with hollow models, whose weights are zero but for what they shall say.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{path::PathBuf, sync::Barrier};

use mynah::{
    flow::{Language, Remedy, Transcript, Utterance},
    transcribe::{Abort, Doubt, ModelSource, Reader, Script, TranscribeError, Whisper, WhisperOptions},
    units::{SampleIndex, TurnId},
};

static BUILT_IN: &[u8] = include_bytes!("../../models/builtin-en-q8_0.bin");

fn built_in() -> Whisper {
    Whisper::load(&WhisperOptions::new(ModelSource::Bytes(BUILT_IN), "built-in")).unwrap()
}

fn utterance(pcm: Vec<f32>) -> Utterance {
    let end = SampleIndex(u64::try_from(pcm.len()).unwrap());
    Utterance { turn: TurnId(7), span: SampleIndex(0)..end, pcm: pcm.into(), for_wake: false }
}

fn read(whisper: &mut Whisper, pcm: Vec<f32>) -> Result<Transcript, TranscribeError> {
    whisper.read(&utterance(pcm), &Abort::default())
}

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech")
}

fn recording(name: &str) -> Vec<f32> {
    let mut wav = hound::WavReader::open(recordings().join(name)).unwrap();
    assert_eq!((wav.spec().sample_rate, wav.spec().channels), (16_000, 1), "{name}");
    wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect()
}

fn noise(samples: usize, level: f32) -> Vec<f32> {
    let mut seed = 7_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f32::from(u16::try_from(seed >> 16).unwrap()) / 32_768.0 - 1.0) * level
    };
    (0..samples).map(|_| next()).collect()
}

#[test]
fn every_recording_is_heard_exactly() {
    let mut whisper = built_in();
    let manifest = std::fs::read_to_string(recordings().join("MANIFEST.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = manifest.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() >= 12);
    for row in rows {
        let among_noise = [noise(4_800, 0.0005), recording(row[0]), noise(11_200, 0.0005)].concat();
        for pcm in [recording(row[0]), among_noise] {
            let heard = read(&mut whisper, pcm).unwrap_or_else(|e| panic!("{}: {e}", row[0]));
            assert_eq!(heard.words.as_str(), row[2], "{}", row[0]);
            assert_eq!((heard.turn, heard.language), (TurnId(7), Language::ENGLISH));
            assert!((0.2..=1.0).contains(&heard.confidence.get()), "{}: {:?}", row[0], heard.confidence);
        }
    }
}

#[test]
fn silence_noise_and_tones_never_give_text() {
    let mut whisper = built_in();
    let hum = |hz: f32| {
        (0..32_000_u16).map(move |i| 0.3 * (std::f32::consts::TAU * hz * f32::from(i) / 16_000.0).sin())
    };
    let mut clicks = vec![0.0; 32_000];
    clicks.iter_mut().step_by(3_001).for_each(|sample| *sample = 0.9);
    let sounds: Vec<(&str, Vec<f32>)> = vec![
        ("nothing", vec![]),
        ("one sample", vec![0.5]),
        ("a click", [vec![0.0; 8_000], vec![0.9; 40], vec![0.0; 8_000]].concat()),
        ("clicks", clicks),
        ("silence", vec![0.0; 32_000]),
        ("NaN", vec![f32::NAN; 16_000]),
        ("infinity", vec![f32::INFINITY; 16_000]),
        ("a faint hiss", noise(48_000, 0.002)),
        ("a loud hiss", noise(80_000, 0.3)),
        ("a burst", [vec![0.0; 16_000], noise(8_000, 0.2), vec![0.0; 16_000]].concat()),
        ("a hum", hum(100.0).collect()),
        ("a whistle", hum(1_000.0).collect()),
        ("a minute of noise", noise(60 * 16_000, 0.05)),
    ];
    for (what, pcm) in sounds {
        let heard = read(&mut whisper, pcm);
        assert!(
            matches!(heard, Err(TranscribeError::NoSpeech | TranscribeError::NotUnderstood { .. })),
            "{what}: {heard:?}"
        );
    }
}

#[test]
fn speech_played_backwards_is_not_understood() {
    let mut whisper = built_in();
    for name in ["how-far-is-the-moon.wav", "who-are-you.wav", "stop-the-timer.wav"] {
        let mut pcm = recording(name);
        pcm.reverse();
        let heard = read(&mut whisper, pcm);
        assert!(
            matches!(heard, Err(TranscribeError::NotUnderstood { .. } | TranscribeError::NoSpeech)),
            "{name}: {heard:?}"
        );
    }
}

#[test]
fn what_is_longer_than_the_window_is_cut_in_a_pause_and_joined() {
    let mut whisper = built_in();
    let gap = || vec![0.0; 7 * 16_000];
    let pcm = [recording("time.wav"), gap(), recording("stop-the-timer.wav"), gap(), recording("month.wav")]
        .concat();
    let heard = read(&mut whisper, pcm).unwrap();
    assert_eq!(heard.words.as_str(), "What time is it? Stop the timer. What month is it?");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a second thread raises the flag while the first one reads")]
fn a_raised_flag_stops_the_read_and_the_next_one_works() {
    let mut whisper = built_in();
    let pcm = recording("stop-the-timer.wav");
    let raised = Abort::default();
    raised.raise();
    let stopped = whisper.read(&utterance(pcm.clone()), &raised);
    assert!(matches!(stopped, Err(TranscribeError::Stopped)), "{stopped:?}");

    // About two hundred passes; the flag goes up as they begin.
    let long = utterance(recording("time.wav").into_iter().cycle().take(600 * 16_000).collect());
    let (abort, start) = (Abort::default(), Barrier::new(2));
    let stopped = std::thread::scope(|scope| {
        scope.spawn(|| {
            start.wait();
            abort.raise();
        });
        start.wait();
        whisper.read(&long, &abort)
    });
    assert!(matches!(stopped, Err(TranscribeError::Stopped)), "{stopped:?}");

    assert_eq!(read(&mut whisper, pcm).unwrap().words.as_str(), "Stop the timer.");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat() {
    let alone = ["--exact", "transcribe::memory_over_many_reads", "--ignored"];
    assert_cmd::Command::new(std::env::current_exe().unwrap()).args(alone).assert().success();
}

/// A second state, or one buffer a read that is kept (a second of sound is 64 KiB), would show. The allocator's own
/// wavering on a loaded machine was seen to reach 256 KiB.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "measures its whole process: memory_stays_flat runs it in one of its own"]
fn memory_over_many_reads() {
    fn resident_kib() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
    let mut whisper = built_in();
    let said = utterance(recording("stop.wav"));
    let mut reads = |count| (0..count).for_each(|_| assert!(whisper.read(&said, &Abort::default()).is_ok()));
    reads(10);
    let before = resident_kib();
    reads(60);
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 1_024, "{grown} KiB more after 60 reads");
}

#[test]
fn an_english_model_refuses_mandarin_and_says_what_to_do() {
    let mut options = WhisperOptions::new(ModelSource::Bytes(BUILT_IN), "built-in");
    options.language = Some(Language::MANDARIN);
    let refused = Whisper::load(&options).unwrap_err();
    assert_eq!(refused.kind(), "language_not_in_model");
    assert!(refused.remedy().contains("mynah models fetch base") && refused.remedy().contains("--model"));
    options.language = None;
    options.languages = vec![Language::MANDARIN];
    assert!(Whisper::load(&options).is_ok(), "an English model left to itself reads English");
    options.threads = Some(0);
    assert_eq!(Whisper::load(&options).unwrap_err().kind(), "threads_out_of_range");
}

#[test]
fn the_engine_was_built_portable_and_fast() {
    let flags = whisper_rs::print_system_info();
    if cfg!(target_arch = "x86_64") {
        for on in ["AVX2 = 1", "FMA = 1", "F16C = 1", "BMI2 = 1", "LLAMAFILE = 1"] {
            assert!(flags.contains(on), "{on} missing: .cargo/config.toml did not reach the build: {flags}");
        }
        assert!(!flags.contains("AVX512"), "built for one machine: {flags}");
    }
}

#[test]
fn a_multilingual_model_finds_the_language_and_follows_the_script() {
    let mut options = hollow(&Hollow::saying("請打開燈"), "zh");
    let heard = read(&mut Whisper::load(&options).unwrap(), recording("time.wav")).unwrap();
    assert_eq!((heard.words.as_str(), heard.language.code()), ("请打开灯", "zh"));
    assert!(heard.confidence.get() > 0.9);
    options.script = Script::Traditional;
    let heard = read(&mut Whisper::load(&options).unwrap(), recording("time.wav")).unwrap();
    assert_eq!(heard.words.as_str(), "請打開燈");
    options.language = Some(Language::ENGLISH);
    let heard = read(&mut Whisper::load(&options).unwrap(), recording("time.wav")).unwrap();
    assert_eq!(
        (heard.words.as_str(), heard.language.code()),
        ("請打開燈", "en"),
        "a forced language is not second-guessed"
    );
}

#[test]
fn what_whisper_invents_for_silence_is_no_speech() {
    for (invented, heard_in) in
        [(" [BLANK_AUDIO]", 1.0), (" (upbeat music)", 1.0), (" Thanks for watching!", 0.005)]
    {
        let mut whisper = Whisper::load(&hollow(&Hollow::saying(invented), "invented")).unwrap();
        let pcm = recording("time.wav").iter().map(|sample| sample * heard_in).collect();
        let heard = read(&mut whisper, pcm);
        assert!(matches!(heard, Err(TranscribeError::NoSpeech)), "{invented}: {heard:?}");
    }
    let mut whisper = Whisper::load(&hollow(&Hollow::saying(" Thank you."), "thanks")).unwrap();
    assert_eq!(
        read(&mut whisper, recording("time.wav")).unwrap().words.as_str(),
        "Thank you.",
        "loud and clear"
    );
}

#[test]
fn a_model_that_loops_is_not_understood() {
    let mut whisper =
        Whisper::load(&hollow(&Hollow { ends: false, ..Hollow::saying(" ha") }, "loop")).unwrap();
    let heard = read(&mut whisper, recording("time.wav"));
    assert!(matches!(heard, Err(TranscribeError::NotUnderstood { doubt: Doubt::Repeats })), "{heard:?}");
}

#[test]
fn a_damaged_model_is_refused_with_its_path_and_never_fatal() {
    let here = tempfile::tempdir().unwrap();
    let refusal = |bytes: &[u8]| {
        let path = here.path().join("model.bin");
        std::fs::write(&path, bytes).unwrap();
        let error = match Whisper::load(&WhisperOptions::new(ModelSource::File(path), "base")) {
            Ok(mut loaded) => {
                let _heard = read(&mut loaded, recording("stop.wav"));
                return None;
            }
            Err(error) => error,
        };
        assert!(error.to_string().contains("model.bin"), "{error}");
        assert!(error.remedy().contains("mynah models"), "{error}");
        Some(error.kind())
    };
    for foreign in [&b""[..], b"gg", b"RIFF....WAVEfmt ", b"<!DOCTYPE html><title>404</title>", &[0; 4_096]] {
        assert_eq!(refusal(foreign), Some("model_invalid"));
    }
    for length in [4, 47, 48, 60_000, 64_380, 700_000, BUILT_IN.len() / 2, BUILT_IN.len() - 1] {
        assert_eq!(refusal(&BUILT_IN[..length]), Some("model_invalid"), "cut at {length}");
    }
    assert_eq!(refusal(&[BUILT_IN, b"more"].concat()), Some("model_invalid"), "something is appended");
    assert_eq!(refusal(BUILT_IN), None);
    // Every byte of the dimensions, of the filters' and the vocabulary's counts and of the first tensor's head.
    let sound = Hollow { positions: 64, ..Hollow::saying("x") }.bytes();
    let weights = sound.windows(7).position(|window| window == b"encoder").unwrap() - 24;
    for at in (0..56).chain(64_376..64_390).chain(weights..weights + 60) {
        for flipped in [0xff, 0x01] {
            let mut bytes = sound.clone();
            bytes[at] ^= flipped;
            let _refused_or_loaded = refusal(&bytes);
        }
    }
    let missing = WhisperOptions::new(ModelSource::File(here.path().join("none.bin")), "base");
    assert_eq!(Whisper::load(&missing).unwrap_err().kind(), "model_unreadable");
    let directory = WhisperOptions::new(ModelSource::File(here.path().to_owned()), "base");
    assert_eq!(Whisper::load(&directory).unwrap_err().kind(), "model_unreadable");
}

/// A multilingual model whose weights are zero but for the last norm's bias and five rows of the embedding, so that
/// its logits are the same at every step: it thinks everything is Mandarin, says one token, and ends.
#[derive(Clone)]
struct Hollow {
    says: String,
    ends: bool,
    positions: u32,
}

impl Hollow {
    const STATE: u32 = 32;
    const VOCAB: u32 = 51_865;

    fn saying(says: &str) -> Self {
        Self { says: says.to_owned(), ends: true, positions: 1_500 }
    }

    /// The embedding of `token` in each of 32 places, as an f16. The norm's bias is 1 in all of them, so the logit is
    /// 32 times the value.
    fn row(&self, token: u32) -> u16 {
        match token {
            0 => 0x3a00,                   // what it says: 0.75, a logit of 24
            50_257 if self.ends => 0x3b80, // the end: 30, but whisper.cpp forbids it as the first token
            50_260 => 0x3800,              // Mandarin: 16, where English and all other languages have 0
            _ => 0,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut word = |value: u32| file.extend(value.to_le_bytes());
        let dimensions = [Self::VOCAB, self.positions, Self::STATE, 1, 4, 64, Self::STATE, 1, 1, 80, 1];
        std::iter::once(0x6767_6d6c).chain(dimensions).chain([80, 201]).for_each(&mut word);
        file.resize(file.len() + 80 * 201 * 4, 0);
        file.extend(2_u32.to_le_bytes());
        for token in [self.says.as_str(), " "] {
            file.extend(u32::try_from(token.len()).unwrap().to_le_bytes());
            file.extend(token.as_bytes());
        }
        let s = Self::STATE;
        // Matrices are f16, all else is f32: the one layout whisper.cpp can compute with apart from quantised ones.
        let mut tensor = |name: &str, shape: &[u32], value: &dyn Fn(u32) -> u16| {
            let halves = name.ends_with(".weight") && !name.contains("ln");
            let head =
                [u32::try_from(shape.len()).unwrap(), u32::try_from(name.len()).unwrap(), u32::from(halves)];
            head.iter().chain(shape).for_each(|word| file.extend(word.to_le_bytes()));
            file.extend(name.as_bytes());
            for at in 0..shape.iter().product() {
                if halves {
                    file.extend(value(at).to_le_bytes());
                } else {
                    file.extend(f32::from(value(at)).to_le_bytes());
                }
            }
        };
        let zero = |_: u32| 0;
        tensor("encoder.positional_embedding", &[s, self.positions], &zero);
        for (conv, inputs) in [(1, 80), (2, s)] {
            tensor(&format!("encoder.conv{conv}.weight"), &[3, inputs, s], &zero);
            tensor(&format!("encoder.conv{conv}.bias"), &[1, s], &zero);
        }
        tensor("encoder.ln_post.weight", &[s], &zero);
        tensor("encoder.ln_post.bias", &[s], &zero);
        tensor("decoder.positional_embedding", &[s, 64], &zero);
        tensor("decoder.token_embedding.weight", &[s, Self::VOCAB], &|at| self.row(at / s));
        tensor("decoder.ln.weight", &[s], &zero);
        tensor("decoder.ln.bias", &[s], &|_| 1);
        for (side, layers) in [("encoder", 4), ("decoder", 1)] {
            for layer in 0..layers {
                let mut part = |name: &str, shape: &[u32]| {
                    tensor(&format!("{side}.blocks.{layer}.{name}"), shape, &zero)
                };
                part("mlp_ln.weight", &[s]);
                part("mlp_ln.bias", &[s]);
                part("mlp.0.weight", &[s, 4 * s]);
                part("mlp.0.bias", &[4 * s]);
                part("mlp.2.weight", &[4 * s, s]);
                part("mlp.2.bias", &[s]);
                for attention in if side == "decoder" { &["attn", "cross_attn"][..] } else { &["attn"] } {
                    part(&format!("{attention}_ln.weight"), &[s]);
                    part(&format!("{attention}_ln.bias"), &[s]);
                    for projection in ["query", "key", "value", "out"] {
                        part(&format!("{attention}.{projection}.weight"), &[s, s]);
                        if projection != "key" {
                            part(&format!("{attention}.{projection}.bias"), &[s]);
                        }
                    }
                }
            }
        }
        file
    }
}

/// Options for `model`, leaked as a built-in model's bytes are.
fn hollow(model: &Hollow, name: &str) -> WhisperOptions {
    WhisperOptions::new(ModelSource::Bytes(model.bytes().leak()), name)
}
