//! What each stage of the pipeline costs: one bench a stage, on the recordings and texts of the tests.
//!
//! `cargo bench --bench stages [FILTER]`. Sound stages say how many samples pass in a second: at 16 kHz, 16 Mitem/s
//! is a thousand times faster than speech.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking, and its line is the report")]

use std::{collections::VecDeque, path::Path};

use divan::{Bencher, counter::BytesCount, counter::ItemsCount};
use mynah::{
    answer::{Plain, Sentences},
    egress::sse::{Limits as SseLimits, SseParser},
    flow::{Frame, Language, Utterance},
    listen::{Gate, GateEvent, GateOptions, Vad},
    models::BUILT_IN,
    policy::{Capability, DataClass, Month, Question, Rules, decide},
    source::{FileSource, Limits, Source},
    speak::speakable,
    transcribe::{Abort, ModelSource, Reader, Whisper, WhisperOptions},
    understand::Understanding,
    units::TurnId,
};

mod many;

/// A reply as language models write them: Markdown, a link, a number, code, two languages' punctuation.
const REPLY: &str = "**The sky is blue** because air scatters short waves more (see [Rayleigh](https://example.org)).\n\n\
    1. Blue light, at about 450 nm, is scattered 5.5 times as much as red at 690 nm.\n2. Dr. Tyndall saw it in 1859.\n\n\
    ```rust\nlet sky = Colour::Blue;\n```\nAt sunset the light's path is 38 times longer 🌅, so the red is left.";

fn main() {
    divan::main();
}

fn frames(recording: &str) -> Vec<Frame> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(recording);
    let mut source = FileSource::open(&path, &Limits::default()).unwrap();
    std::iter::from_fn(|| source.next().unwrap()).collect()
}

fn samples(frames: &[Frame]) -> ItemsCount {
    ItemsCount::new(frames.iter().map(|frame| frame.pcm.len()).sum::<usize>())
}

fn utterances(frames: &[Frame]) -> Vec<Utterance> {
    let mut gate = Gate::new(GateOptions::default(), Box::new(Vad::new()));
    let mut events: Vec<_> = frames.iter().filter_map(|frame| gate.push(frame)).collect();
    events.extend(gate.finish());
    let utterance = |event| match event {
        GateEvent::Ended { heard, .. } => {
            Some(Utterance { turn: TurnId(1), span: heard.span, pcm: heard.pcm, for_wake: false })
        }
        _ => None,
    };
    events.into_iter().filter_map(utterance).collect()
}

/// Bytes of a file to frames of 16 kHz: decoding, mixing to mono and resampling. The rates are in the README there.
#[divan::bench(args = [
    "demo/1-time.wav", "demo/2-day.flac", "demo/3-percent.mp3", "demo/4-feet.ogg", "demo/5-who.m4a",
    "formats/s24.wav", "formats/adpcm.wav",
])]
fn source(bencher: Bencher<'_, '_>, recording: &str) {
    let count = samples(&frames(recording));
    bencher.counter(count).bench(|| frames(recording));
}

/// Frames to utterances: VAD and gate.
#[divan::bench]
fn listen(bencher: Bencher<'_, '_>) {
    let frames = frames("demo/6-two-questions.mp3");
    assert_eq!(utterances(&frames).len(), 2, "the recording holds two questions");
    bencher.counter(samples(&frames)).bench(|| utterances(&frames));
}

/// An utterance to words, with the built-in model on one thread, warm.
#[divan::bench(args = ["demo/1-time.wav", "demo/3-percent.mp3"], sample_count = 20)]
fn transcribe(bencher: Bencher<'_, '_>, recording: &str) {
    let options =
        WhisperOptions { threads: Some(1), ..WhisperOptions::new(ModelSource::Bytes(BUILT_IN), "built-in") };
    let mut whisper = Whisper::load(&options).unwrap();
    let utterance = utterances(&frames(recording)).remove(0);
    let count = ItemsCount::new(utterance.pcm.len());
    bencher.counter(count).bench_local(|| whisper.read(&utterance, &Abort::default()).unwrap());
}

/// Loading the built-in model: what a cold start adds.
#[divan::bench(sample_count = 10)]
fn load_model() -> Whisper {
    Whisper::load(&WhisperOptions::new(ModelSource::Bytes(BUILT_IN), "built-in")).unwrap()
}

/// Words to an intent; the last is none, so that every template is tried.
#[divan::bench(args = ["What time is it?", "What's 20% of 92?", "现在几点?", "Why is the sky blue?"])]
fn understand(bencher: Bencher<'_, '_>, words: &str) {
    let understanding = Understanding::new().unwrap();
    let language = Language::of_text(words);
    bencher.bench(|| understanding.interpret(divan::black_box(words), &language));
}

/// The same where ten thousand templates more are to be had: forty verbs, five hundred things, four shapes.
#[divan::bench(args = [
    "What time is it?", "set a timer for five minutes", "Why is the sky blue?",
    "remind me to call my mother about the dinner on sunday tomorrow at half past six in the evening",
    "please mamama the big vililo for me", "is there any vililo left",
])]
fn understand_ten_thousand(bencher: Bencher<'_, '_>, words: &str) {
    let understanding = many::understanding();
    bencher.bench(|| understanding.interpret(divan::black_box(words), &Language::ENGLISH));
}

/// A question to a verdict, under the shipped rules: every endpoint, each asked for the region EU.
#[divan::bench]
fn policy(bencher: Bencher<'_, '_>) {
    let rules = Rules::built_in();
    let region = rules.region("EU").unwrap();
    let questions: Vec<Question> = rules
        .endpoints()
        .map(|endpoint| Question {
            turn: TurnId(1),
            region: region.clone(),
            capability: Capability::Chat,
            endpoint: endpoint.id().clone(),
            url: endpoint.url().clone(),
            model: endpoint.model().to_owned(),
            data: DataClass::Words,
            attested: false,
            month: Month::new(2026, 11).unwrap(),
        })
        .collect();
    bencher.counter(ItemsCount::new(questions.len())).bench(|| {
        for question in &questions {
            let _ = divan::black_box(decide(&rules, question));
        }
    });
}

/// A streamed response of 500 events to its payloads, in pieces as a network gives them.
#[divan::bench]
fn egress_sse(bencher: Bencher<'_, '_>) {
    let event =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n";
    let body = event.repeat(500).into_bytes();
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        let (mut parser, mut events) = (SseParser::new(SseLimits::default()), VecDeque::new());
        for piece in body.chunks(1400) {
            parser.push(piece, &mut events).unwrap();
        }
        assert_eq!(events.len(), 500);
        events
    });
}

/// A reply, four characters a token, to clean sentences.
#[divan::bench]
fn answer(bencher: Bencher<'_, '_>) {
    let chars: Vec<char> = REPLY.chars().collect();
    let tokens: Vec<String> = chars.chunks(4).map(|token| token.iter().collect()).collect();
    bencher.counter(BytesCount::of_str(REPLY)).bench(|| {
        let (mut plain, mut sentences) = (Plain::new(&Language::ENGLISH), Sentences::new());
        let (mut words, mut said) = (String::new(), Vec::new());
        for token in &tokens {
            words.clear();
            plain.push(token, &mut words);
            sentences.push(&words, &mut said);
        }
        words.clear();
        plain.finish(&mut words);
        sentences.push(&words, &mut said);
        sentences.finish(&mut said);
        assert!(said.len() > 2, "{said:?}");
        said
    });
}

/// A sentence as written to what an engine is given.
#[divan::bench(args = ["It's 7:30 p.m.; 5280 feet are 1.609 km, 18.4 °C.", "今天是2026年11月22日,气温18.4°C。"])]
fn speak_text(bencher: Bencher<'_, '_>, sentence: &str) {
    let language = Language::of_text(sentence);
    bencher.counter(BytesCount::of_str(sentence)).bench(|| speakable(divan::black_box(sentence), &language));
}
