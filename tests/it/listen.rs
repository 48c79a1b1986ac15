//! The built-in detector and the gate over real voices and over sounds that are none.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that fails here has failed, and its numbers are small"
)]

use std::path::Path;

use mynah::{
    flow::{FRAME_SAMPLES, Frame},
    listen::{Gate, GateEvent, GateOptions, Heard, Vad},
    source::{FileSource, Limits, Source},
    units::SampleIndex,
};

const SECOND: usize = 16_000;

fn recording(path: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(path);
    let mut source = FileSource::open(&path, &Limits::default()).unwrap();
    let mut pcm = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        pcm.extend_from_slice(&frame.pcm);
    }
    pcm
}

fn ended(event: GateEvent) -> Option<Heard> {
    if let GateEvent::Ended { heard, .. } = event { Some(heard) } else { None }
}

fn listen(pcm: impl IntoIterator<Item = f32>) -> Vec<Heard> {
    let mut gate = Gate::new(GateOptions::default(), Box::new(Vad::new()));
    let mut frame = Frame { at: SampleIndex(0), pcm: [0.0; FRAME_SAMPLES] };
    let (mut filled, mut heard) = (0, Vec::new());
    for sample in pcm {
        frame.pcm[filled] = sample;
        filled += 1;
        if filled == FRAME_SAMPLES {
            heard.extend(gate.push(&frame).and_then(ended));
            frame.at = frame.at.plus(256);
            filled = 0;
        }
    }
    heard.extend(gate.finish().and_then(ended));
    heard
}

/// White noise from a linear congruential generator, uniform in -size..size.
fn noise(size: f32, count: usize) -> impl Iterator<Item = f32> {
    let mut state = 1_u32;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / 8_388_608.0 - 1.0) * size
    })
}

/// What lies above -46 dBFS, from its first sample to its last.
fn trimmed(mut pcm: Vec<f32>) -> Vec<f32> {
    let loud = |sample: &f32| sample.abs() > 0.005;
    pcm.truncate(pcm.iter().rposition(loud).unwrap() + 1);
    pcm.drain(..pcm.iter().position(loud).unwrap());
    pcm
}

#[test]
fn short_words_survive_whole_at_any_loudness_and_over_noise() {
    for word in ["stop", "no", "yes", "six", "zh_time"] {
        let word_pcm = trimmed(recording(&format!("words/{word}.wav")));
        for (gain, background) in [(1.0, 0.0), (1.0, 0.005), (0.1, 0.0005), (0.04, 0.0)] {
            let (start, end) = (3 * SECOND, 3 * SECOND + word_pcm.len());
            let pcm: Vec<f32> = noise(background, end + 2 * SECOND)
                .enumerate()
                .map(|(n, noise)| {
                    noise + gain * n.checked_sub(start).and_then(|m| word_pcm.get(m)).unwrap_or(&0.0)
                })
                .collect();
            let heard = listen(pcm.iter().copied());
            let [one] = heard.as_slice() else {
                panic!("{word} x {gain} over {background}: {} utterances", heard.len())
            };
            let span = one.span.start.0 as usize..one.span.end.0 as usize;
            assert!(span.start <= start && span.end >= end, "{word}: {span:?} cuts into {start}..{end}");
            assert!(span.len() < word_pcm.len() + SECOND, "{word}: {span:?}");
            assert_eq!(one.pcm[..], pcm[span]);
        }
    }
}

#[test]
fn a_pause_inside_a_sentence_holds_and_a_second_between_sentences_parts() {
    let sentence = trimmed(recording("formats/s16.wav"));
    let joined = |pause_ms: usize| {
        let lead = vec![0.0; SECOND / 2];
        let pause = vec![0.0; pause_ms * 16];
        listen([&lead[..], &sentence, &pause, &sentence, &vec![0.0; SECOND]].concat())
    };
    assert_eq!(joined(300).len(), 1);
    let heard = joined(1_000);
    assert_eq!(heard.len(), 2);
    let ends = SECOND / 2 + sentence.len();
    assert!(heard[0].span.end.0 as usize >= ends && heard[1].span.start.0 as usize <= ends + SECOND);
}

#[test]
fn speech_at_the_very_start_and_end_of_a_recording_is_heard() {
    let sentence = trimmed(recording("formats/s16.wav"));
    let heard = listen(sentence.iter().copied());
    let [one] = heard.as_slice() else { panic!("{} utterances", heard.len()) };
    assert_eq!(one.span.start, SampleIndex(0));
    assert!(sentence.len() - (one.span.end.0 as usize) < FRAME_SAMPLES);
}

#[test]
fn noise_silence_hum_and_tones_give_nothing() {
    let minutes = |n: usize| n * 60 * SECOND;
    let tone =
        |hz: f32, n: usize| 0.3 * (std::f32::consts::TAU * hz * (n % SECOND) as f32 / SECOND as f32).sin();
    assert!(listen(std::iter::repeat_n(0.0, minutes(5))).is_empty(), "silence");
    for size in [0.002, 0.05, 0.9] {
        assert!(listen(noise(size, minutes(2))).is_empty(), "white noise up to {size}");
    }
    // A leaky integral of white noise: the rumble of a fan.
    let mut rumble = 0.0;
    let rumble = noise(0.05, minutes(2)).map(|step| {
        rumble = 0.98 * rumble + step;
        rumble
    });
    assert!(listen(rumble).is_empty(), "rumble");
    assert!(listen((0..minutes(1)).map(|n| tone(440.0, n))).is_empty(), "440 Hz");
    let chord = (0..minutes(1)).map(|n| (tone(262.0, n) + tone(330.0, n) + tone(392.0, n)) / 3.0);
    assert!(listen(chord).is_empty(), "a chord");
    let hum = (0..minutes(1))
        .zip(noise(0.02, minutes(1)))
        .map(|(n, noise)| tone(50.0, n) / 3.0 + tone(150.0, n) / 6.0 + noise);
    assert!(listen(hum).is_empty(), "mains hum");
    // Beeps of 150 ms, 100 ms apart.
    let beeps = (0..minutes(1)).map(|n| if n % 4_000 < 2_400 { tone(1_000.0, n) } else { 0.0 });
    assert!(listen(beeps).is_empty(), "beeps");
}
