//! The installed speech programs, English and Mandarin.

use std::{fs, path::PathBuf};

use mynah::{
    flow::{Hush, Language, Remedy, Sentence, Speech},
    speak::{BestVoice, Engine, SpeakError, Voice, VoiceOptions},
    units::TurnId,
};

fn sentence(text: &str, language: Language) -> Sentence {
    Sentence { turn: TurnId(3), seq: 1, words: text.into(), language }
}

fn voice(engine: Engine) -> BestVoice {
    BestVoice::new(VoiceOptions { engine, ..VoiceOptions::default() }, Hush::default()).unwrap()
}

fn spoken(engine: Engine, text: &str, language: Language) -> Speech {
    let speech = voice(engine).speak(&sentence(text, language));
    speech.unwrap_or_else(|error| panic!("{error}: install the packages espeak-ng and flite"))
}

fn ms(speech: &Speech) -> usize {
    speech.pcm.len() * 1_000 / usize::try_from(speech.rate.hz()).unwrap()
}

#[test]
fn every_engine_speaks_at_once_at_one_loudness() {
    for engine in [Engine::Espeak, Engine::Flite] {
        let text = "It is 3:42 PM. The high today is 21 °C. Café Zoë opens soon.";
        let speech = spoken(engine.clone(), text, Language::ENGLISH);
        assert!((3_000..9_000).contains(&ms(&speech)), "{engine:?}: {} ms", ms(&speech));
        let peak = speech.pcm.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.70..0.71).contains(&peak), "{engine:?}: {peak}");
        let first = speech.pcm.iter().position(|sample| sample.abs() > 0.01).unwrap();
        assert!(first * 1_000 / usize::try_from(speech.rate.hz()).unwrap() < 120, "{engine:?}: {first}");
        assert_eq!((speech.turn, speech.seq), (TurnId(3), 1));
    }
}

#[test]
fn pace_is_obeyed() {
    for engine in [Engine::Espeak, Engine::Flite] {
        let at = |rate| {
            let options = VoiceOptions { engine: engine.clone(), rate, ..VoiceOptions::default() };
            let mut voice = BestVoice::new(options, Hush::default()).unwrap();
            ms(&voice
                .speak(&sentence("The quick brown fox jumps over the lazy dog.", Language::ENGLISH))
                .unwrap())
        };
        let (slow, fast) = (at(0.7), at(1.5));
        assert!(fast * 3 < slow * 2, "{engine:?}: {slow} ms, {fast} ms");
    }
}

#[test]
fn mandarin_takes_a_syllable_a_character_and_english_in_it_is_read_as_words() {
    // Eleven syllables: a voice that spells them out as English letters needs three times as long.
    let plain = ms(&spoken(Engine::Auto, "今天天气很好我们出去吧。", Language::MANDARIN));
    assert!((1_800..4_500).contains(&plain), "{plain} ms");
    let mixed = spoken(Engine::Auto, "请打开 Bluetooth 和 Wi-Fi。", Language::MANDARIN);
    assert!((1_500..4_500).contains(&ms(&mixed)), "{} ms", ms(&mixed));
    assert!(spoken(Engine::Flite, "Say 你好.", Language::ENGLISH).pcm.len() > 10_000);
}

#[test]
fn nothing_to_say_starts_no_program() {
    let options = VoiceOptions { program_dirs: vec![], ..VoiceOptions::default() };
    let mut voice = BestVoice::new(options, Hush::default()).unwrap();
    for text in ["", "  ", "😀", "...", "**"] {
        assert!(voice.speak(&sentence(text, Language::ENGLISH)).unwrap().pcm.is_empty(), "{text}");
    }
    let error = voice.speak(&sentence("Hello.", Language::ENGLISH)).unwrap_err();
    assert_eq!(error.kind(), "no_voice_engine");
    for installer in ["apt-get install", "dnf install", "pacman -S", "brew install"] {
        assert!(error.remedy().contains(installer));
    }
}

#[test]
fn markup_and_options_in_a_sentence_are_read_not_obeyed() {
    for text in ["--help", "-w /tmp/mynah-was-here.wav hello", "<break time='30s'/> [[rate 9]] hello"] {
        for engine in [Engine::Espeak, Engine::Flite] {
            let speech = spoken(engine, text, Language::ENGLISH);
            assert!((200..6_000).contains(&ms(&speech)), "{text}: {} ms", ms(&speech));
        }
    }
    assert!(!PathBuf::from("/tmp/mynah-was-here.wav").exists());
}

#[test]
fn options_out_of_range_are_named() {
    let refused = |options| match BestVoice::new(options, Hush::default()) {
        Err(SpeakError::BadOption { key, .. }) => key,
        other => panic!("{other:?}"),
    };
    for rate in [0.0, 0.49, 2.01, f32::NAN] {
        assert_eq!(refused(VoiceOptions { rate, ..VoiceOptions::default() }), "rate");
    }
    for name in ["", "-w", "a/b", "a b", "声"] {
        let name = Some(name.to_owned());
        assert_eq!(refused(VoiceOptions { voice_english: name, ..VoiceOptions::default() }), "voice_english");
    }
    let unknown = VoiceOptions {
        engine: Engine::Flite,
        voice_english: Some("nosuch".to_owned()),
        ..VoiceOptions::default()
    };
    let error =
        BestVoice::new(unknown, Hush::default()).unwrap().speak(&sentence("Hello.", Language::ENGLISH));
    assert_eq!(error.unwrap_err().kind(), "bad_voice_option");
}

/// The stand-in is a file of the repository: one written here could not be run while another test starts a program
/// ("text file busy").
#[cfg(unix)]
#[test]
fn piper_is_given_its_model_and_the_text_on_stdin() {
    let dir = tempfile::tempdir().unwrap();
    let program = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/piper.sh"));
    let model = dir.path().join("en_US-amy-medium.onnx");
    let mut wav =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\0\0\0\0"
            .to_vec();
    wav.extend([0, 0x20].repeat(22_050));
    fs::write(dir.path().join("answer.wav"), wav).unwrap();
    let mut voice = voice(Engine::Piper { program, model: model.clone() });
    let error = voice.speak(&sentence("Hello there.", Language::ENGLISH)).unwrap_err();
    assert_eq!(error.kind(), "no_voice_model");
    fs::write(&model, "a voice").unwrap();
    let speech = voice.speak(&sentence("**Hello** there.", Language::ENGLISH)).unwrap();
    assert_eq!((speech.rate.hz(), speech.pcm.len()), (22_050, 22_050));
    // The model speaks English; Mandarin goes to another engine.
    assert_ne!(voice.speak(&sentence("你好。", Language::MANDARIN)).unwrap().pcm.len(), 22_050);
}

#[test]
fn a_hushed_turn_stays_silent_and_the_next_one_speaks() {
    let hush = Hush::default();
    let mut voice = BestVoice::new(VoiceOptions::default(), hush.clone()).unwrap();
    hush.raise(TurnId(3));
    let stopped = voice.speak(&sentence("Hello.", Language::ENGLISH)).unwrap_err();
    assert_eq!(stopped.kind(), "voice_stopped");
    let next = Sentence { turn: TurnId(4), ..sentence("Hello.", Language::ENGLISH) };
    assert!(!voice.speak(&next).unwrap().pcm.is_empty());
}
