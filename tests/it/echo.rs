//! Mynah's own voice in Mynah's own ear: simulated rooms, the canceller, the detector and the gate behind it.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test's numbers are small, and positive where they count"
)]

use std::path::Path;

use mynah::{
    far_end::far_end,
    flow::{FRAME_SAMPLES, Frame},
    listen::{EchoCanceller, EchoOptions, Gate, GateEvent, GateOptions, Heard, Vad},
    play::Earcon,
    source::{FileSource, Limits, Source},
    units::{Dbfs, SampleIndex, SampleRate},
};

const SECOND: usize = 16_000;

fn recording(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
    let mut source = FileSource::open(&path, &Limits::default()).unwrap();
    let mut pcm = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        pcm.extend_from_slice(&frame.pcm);
    }
    pcm
}

/// 12 s of a voice that answers.
fn reply() -> Vec<f32> {
    let names =
        ["who-are-you", "why-is-the-sky-blue", "how-far-is-the-moon", "feet-in-a-mile", "month", "day-today"];
    let once: Vec<f32> = names.iter().flat_map(|name| recording(&format!("speech/{name}.wav"))).collect();
    once.iter().copied().cycle().take(12 * SECOND).collect()
}

struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// Root mean square of the frames that hold sound.
fn level(pcm: &[f32]) -> f32 {
    let power = |frame: &[f32]| frame.iter().map(|x| x * x).sum::<f32>() / frame.len() as f32;
    let loud: Vec<f32> = pcm.chunks(FRAME_SAMPLES).map(power).filter(|power| *power > 1e-5).collect();
    (loud.iter().sum::<f32>() / (loud.len().max(1)) as f32).sqrt()
}

fn at_level(mut pcm: Vec<f32>, goal: f32) -> Vec<f32> {
    let factor = goal / level(&pcm);
    pcm.iter_mut().for_each(|x| *x *= factor);
    pcm
}

#[derive(Clone, Copy)]
struct Room {
    delay_ms: usize,
    /// Of the echo, where it sounds.
    level: f32,
    /// How much faster the microphone's clock runs.
    drift: f64,
    overdriven: bool,
}

const PLAIN: Room = Room { delay_ms: 80, level: 0.05, drift: 0.0, overdriven: false };

impl Room {
    /// What of `played` reaches the microphone: exponential decay of 0.3 s, noise at -75 dBFS.
    fn echo(self, played: &[f32]) -> Vec<f32> {
        let mut noise = Noise(7);
        let length = SECOND * 3 / 10;
        // 300 reflections at random: as dense as the ear needs, and quick in a test.
        let mut response = vec![(0, 1.0)];
        for _ in 0..300 {
            let place = (0.5 * (noise.next() + 1.0) * length as f32) as usize;
            response.push((place, 0.48 * noise.next() * (-6.9 * place as f32 / length as f32).exp()));
        }
        let at = |place: usize| played.get(place).copied().unwrap_or(0.0);
        let mut echo = vec![0.0; played.len()];
        for n in 0..played.len() {
            let place = n as f64 * (1.0 + self.drift);
            let (whole, part) = (place as usize, place.fract() as f32);
            let mut sample = at(whole) + part * (at(whole + 1) - at(whole));
            if self.overdriven {
                sample = (3.0 * sample).tanh() / 2.0;
            }
            if sample != 0.0 {
                let first = n + self.delay_ms * 16;
                for (place, strength) in &response {
                    if let Some(to) = echo.get_mut(first + place) {
                        *to += sample * strength;
                    }
                }
            }
        }
        let mut echo = at_level(echo, self.level);
        echo.iter_mut().for_each(|x| *x += 0.0003 * noise.next());
        echo
    }
}

struct Cleaned {
    gate: Vec<f32>,
    words: Vec<f32>,
    own: Vec<bool>,
    heard: Vec<Heard>,
}

/// Plays `played` and cleans `microphone`, frame by frame.
fn clean(options: EchoOptions, played: &[f32], microphone: &[f32]) -> Cleaned {
    play(options, played, microphone, true)
}

fn play(options: EchoOptions, played: &[f32], microphone: &[f32], voice: bool) -> Cleaned {
    let (taps, far) = far_end();
    let mut tap = taps.open(SampleRate::PIPELINE);
    let mut canceller = EchoCanceller::new(far, options);
    let mut gate = Gate::new(GateOptions::default(), Box::new(Vad::new()));
    let mut out = Cleaned { gate: Vec::new(), words: Vec::new(), own: Vec::new(), heard: Vec::new() };
    let pairs = played.as_chunks::<FRAME_SAMPLES>().0.iter().zip(microphone.as_chunks::<FRAME_SAMPLES>().0);
    for (n, (played, heard)) in pairs.enumerate() {
        tap.push(played, voice);
        let cleaned = canceller.clean(&Frame { at: SampleIndex((n * FRAME_SAMPLES) as u64), pcm: *heard });
        out.heard
            .extend(gate.push_cleaned(&cleaned.for_gate, &cleaned.for_recogniser).and_then(GateEvent::ended));
        out.gate.extend(cleaned.for_gate.pcm);
        out.words.extend(cleaned.for_recogniser.pcm);
        out.own.push(cleaned.own_voice);
    }
    out.heard.extend(gate.finish().and_then(GateEvent::ended));
    out
}

fn decibels(one: &[f32], other: &[f32]) -> f32 {
    Dbfs::of(one).0 - Dbfs::of(other).0
}

/// How much stronger `near` is in `heard` than everything else, dB.
fn clearness(heard: &[f32], near: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let factor = dot(heard, near) / dot(near, near);
    let rest: f32 = heard.iter().zip(near).map(|(x, y)| (x - factor * y).powi(2)).sum();
    10.0 * (factor * factor * dot(near, near) / rest).log10()
}

fn added(one: &[f32], other: &[f32], at: usize) -> Vec<f32> {
    let mut sum = one.to_vec();
    sum.iter_mut().skip(at).zip(other).for_each(|(to, x)| *to += x);
    sum
}

const ROOMS: [(&str, Room); 7] = [
    ("at 80 ms, as loud as speech", PLAIN),
    ("at 20 ms", Room { delay_ms: 20, ..PLAIN }),
    ("at 200 ms", Room { delay_ms: 200, ..PLAIN }),
    ("at 400 ms", Room { delay_ms: 400, ..PLAIN }),
    ("10 dB louder than speech", Room { level: 0.158, ..PLAIN }),
    ("from an overdriven loudspeaker", Room { level: 0.1, overdriven: true, ..PLAIN }),
    ("with clocks 100 ppm apart", Room { drift: 1e-4, ..PLAIN }),
];

#[test]
fn its_own_voice_is_gone_after_a_second_and_never_opens_the_gate() {
    let played = reply();
    for (name, room) in ROOMS {
        let echo = room.echo(&played);
        let cleaned = clean(EchoOptions::default(), &played, &echo);
        let gain = |from: usize, to: usize| {
            decibels(&echo[from * SECOND..to * SECOND], &cleaned.gate[from * SECOND..to * SECOND])
        };
        let gentle = decibels(&echo[6 * SECOND..11 * SECOND], &cleaned.words[6 * SECOND..11 * SECOND]);
        assert!(gain(1, 4) >= 25.0 && gain(4, 11) >= 25.0, "{name}: {} {}", gain(1, 4), gain(4, 11));
        assert!(gentle >= 6.0, "{name}: {gentle}");
        assert!(cleaned.heard.is_empty(), "{name}: {} utterances", cleaned.heard.len());
    }
}

#[test]
fn a_user_who_interrupts_is_noticed_and_understood() {
    let played = reply();
    let said = at_level(recording("speech/time.wav"), 0.05);
    for (name, room) in ROOMS {
        let echo = room.echo(&played);
        let at = 7 * SECOND;
        let microphone = added(&echo, &said, at);
        let cleaned = clean(EchoOptions::default(), &played, &microphone);
        let near = at..at + said.len();
        let noticed = cleaned
            .heard
            .iter()
            .any(|heard| (heard.span.start.0 as usize) < near.end && heard.span.end.0 as usize > near.start);
        let before = clearness(&microphone[near.clone()], &said);
        let after = clearness(&cleaned.words[near], &said);
        assert!(noticed, "{name}");
        // 100 ppm take the linear filter's time to learn away.
        let won = if room.drift > 0.0 { 2.0 } else { 6.0 };
        assert!(after >= before + won, "{name}: {before} {after}");
    }
}

#[test]
fn a_user_with_headphones_is_heard_to_the_shortest_word() {
    let played = reply();
    let mut noise = Noise(3);
    // What is played does not reach the microphone, which has noise of its own.
    let quiet: Vec<f32> = played.iter().map(|_| 0.0003 * noise.next()).collect();
    for at in [2, 3, 5, 8] {
        let said = recording("words/stop.wav");
        let microphone = added(&quiet, &said, at * SECOND);
        let cleaned = clean(EchoOptions::default(), &played, &microphone);
        let near = at * SECOND..at * SECOND + said.len();
        assert_eq!(cleaned.words[near.clone()], microphone[near], "at {at} s");
        assert_eq!(cleaned.heard.len(), 1, "at {at} s");
    }
}

#[test]
fn short_words_whose_echo_comes_late_are_its_own_all_the_same() {
    // Each is over before its echo begins.
    let word = at_level(recording("words/stop.wav"), 0.1);
    let spoken: Vec<f32> = word.chunks(SECOND / 4).next().unwrap().to_vec();
    let once = [spoken, vec![0.0; SECOND / 2]].concat();
    let played: Vec<f32> = once.iter().copied().cycle().take(12 * SECOND).collect();
    for delay_ms in [200, 250, 350] {
        let echo = Room { delay_ms, ..PLAIN }.echo(&played);
        let cleaned = clean(EchoOptions::default(), &played, &echo);
        let missed = echo
            .chunks_exact(FRAME_SAMPLES)
            .zip(&cleaned.own)
            .filter(|(heard, own)| Dbfs::of(heard).0 > -50.0 && !**own);
        assert_eq!(missed.count(), 0, "at {delay_ms} ms");
    }
}

#[test]
fn where_nothing_is_played_nothing_changes() {
    let spoken = added(&vec![0.001; 6 * SECOND], &recording("speech/time.wav"), SECOND);
    let mut played = vec![0.0; 6 * SECOND];
    let cleaned = clean(EchoOptions::default(), &played, &spoken);
    assert!(cleaned.gate == spoken[..cleaned.gate.len()] && cleaned.words == cleaned.gate);
    assert!(!cleaned.own.contains(&true));
    // Half a second after the last sound it is so again.
    played[..SECOND].copy_from_slice(&reply()[..SECOND]);
    let cleaned = clean(EchoOptions::default(), &played, &spoken);
    let last = cleaned.own.iter().rposition(|own| *own).unwrap();
    let silent = played.iter().rposition(|x| x.abs() > 0.000_5).unwrap() / FRAME_SAMPLES;
    assert!((30..=33).contains(&(last - silent)), "{last} {silent}");
    let after = (last + 1) * FRAME_SAMPLES;
    assert!(cleaned.words[after..] == spoken[after..cleaned.words.len()]);
}

#[test]
fn half_duplex_is_deaf_while_it_speaks_and_hears_the_rest() {
    let mut played = reply();
    played.truncate(4 * SECOND);
    let echo = PLAIN.echo(&[played.clone(), vec![0.0; 5 * SECOND]].concat());
    played.resize(9 * SECOND, 0.0);
    let said = at_level(recording("speech/time.wav"), 0.05);
    let microphone = added(&added(&echo, &said, SECOND), &said, 6 * SECOND);
    let cleaned = clean(EchoOptions { cancel: false, ..EchoOptions::default() }, &played, &microphone);
    assert!(cleaned.gate[SECOND..3 * SECOND].iter().all(|x| *x == 0.0));
    assert_eq!(cleaned.words, microphone[..cleaned.words.len()]);
    let [one] = cleaned.heard.as_slice() else { panic!("{} utterances", cleaned.heard.len()) };
    assert!(one.span.start.0 as usize > 5 * SECOND);
}

#[test]
fn a_chime_is_no_word_and_costs_none() {
    let said = at_level(recording("speech/time.wav"), 0.05);
    for earcon in Earcon::ALL {
        let mut played = vec![0.0; 5 * SECOND];
        let chime = earcon.pcm(SampleRate::PIPELINE);
        played[SECOND..SECOND + chime.len()].copy_from_slice(&chime);
        for room in [PLAIN, Room { delay_ms: 200, level: 0.1, ..PLAIN }] {
            let echo = room.echo(&played);
            for cancel in [true, false] {
                let cleaned = play(EchoOptions { cancel, ..EchoOptions::default() }, &played, &echo, false);
                assert!(cleaned.heard.is_empty(), "{earcon:?} is heard as speech, cancelled: {cancel}");
            }
            // Somebody speaks into it, from before its first sound on.
            let at = SECOND - 1_600;
            let microphone = added(&echo, &said, at);
            let cleaned = play(EchoOptions::default(), &played, &microphone, false);
            let [one] = cleaned.heard.as_slice() else {
                panic!("{earcon:?}: {} utterances", cleaned.heard.len())
            };
            assert!((one.span.start.0 as usize) <= at + 800, "{earcon:?}: begins at {:?}", one.span.start);
            assert!(
                one.span.end.0 as usize + 1_600 >= at + said.len(),
                "{earcon:?}: ends at {:?}",
                one.span.end
            );
        }
    }
}
