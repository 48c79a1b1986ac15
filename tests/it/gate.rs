//! The gate while somebody is listened to: pauses, patience, the key, and a television behind the one who talks.
#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::path::Path;

use mynah::{
    flow::{FRAME_SAMPLES, Frame},
    listen::{Gate, GateEvent, GateOptions, Heard, Vad},
    source::{FileSource, Limits, Source},
    units::{Dbfs, SampleIndex},
};

const SECOND: usize = 16_000;

fn recording(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/speech").join(name);
    let mut source = FileSource::open(&path, &Limits::default()).unwrap();
    let mut pcm = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        pcm.extend_from_slice(&frame.pcm);
    }
    let loud = |sample: &f32| sample.abs() > 0.005;
    pcm.truncate(pcm.iter().rposition(loud).unwrap() + 1);
    pcm.drain(..pcm.iter().position(loud).unwrap());
    pcm
}

/// Pushes all of `pcm`; `told` may turn to the gate at each event. Gives each event's name with the ms it came at.
fn listen(
    gate: &mut Gate,
    pcm: &[f32],
    mut told: impl FnMut(&mut Gate, &GateEvent),
) -> Vec<(&'static str, u64, Option<Heard>)> {
    let mut events = Vec::new();
    let mut frame = Frame { at: SampleIndex(0), pcm: [0.0; FRAME_SAMPLES] };
    for samples in pcm.as_chunks::<FRAME_SAMPLES>().0 {
        frame.pcm = *samples;
        if let Some(event) = gate.push(&frame) {
            told(gate, &event);
            events.push(named(event, frame.at.plus(256).ms()));
        }
        frame.at = frame.at.plus(256);
    }
    events.extend(gate.finish().map(|event| named(event, frame.at.ms())));
    events
}

fn named(event: GateEvent, ms: u64) -> (&'static str, u64, Option<Heard>) {
    match event {
        GateEvent::Began { .. } => ("began", ms, None),
        GateEvent::Paused(heard) => ("paused", ms, Some(heard)),
        GateEvent::Resumed => ("resumed", ms, None),
        GateEvent::Ended { heard, as_paused: true } => ("ended as paused", ms, Some(heard)),
        GateEvent::Ended { heard, .. } => ("ended", ms, Some(heard)),
        GateEvent::Dropped => ("dropped", ms, None),
    }
}

fn names(events: &[(&'static str, u64, Option<Heard>)]) -> Vec<&'static str> {
    events.iter().map(|(name, ..)| *name).collect()
}

fn gate() -> Gate {
    Gate::new(GateOptions::default(), Box::new(Vad::new()))
}

fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; ms * 16]
}

#[test]
fn a_pause_is_told_once_and_what_was_told_is_what_is_given() {
    let question = recording("time.wav");
    let pcm = [silence(1_000), question.clone(), silence(1_500)].concat();
    let events = listen(&mut gate(), &pcm, |_, _| {});
    assert_eq!(names(&events), ["began", "paused", "ended as paused"]);
    assert_eq!(events[1].2.as_ref().unwrap().pcm, events[2].2.as_ref().unwrap().pcm);
    let waited = events[2].1 - events[1].1;
    assert!((430..=450).contains(&waited), "{waited} ms after the pause of 160");

    let pcm = [silence(1_000), question.clone(), silence(400), question, silence(1_500)].concat();
    let events = listen(&mut gate(), &pcm, |_, _| {});
    assert_eq!(names(&events), ["began", "paused", "resumed", "paused", "ended as paused"]);
}

#[test]
fn patience_holds_for_the_words_it_was_given_for() {
    let question = recording("time.wav");
    let pcm = [silence(1_000), question.clone(), silence(250), question, silence(1_500)].concat();
    let mut pauses = 0;
    let events = listen(&mut gate(), &pcm, |gate, event| {
        if matches!(event, GateEvent::Paused(_)) {
            pauses += 1;
            if pauses == 1 {
                gate.set_patience(300);
            }
        }
    });
    assert_eq!(names(&events), ["began", "paused", "resumed", "paused", "ended as paused"]);
    assert!(events[4].1 - events[3].1 > 400, "the patience of the first pause ended the second");
    let pcm = [silence(1_000), recording("time.wav"), silence(2_000)].concat();
    for (patience, after) in [(0, 0..=32), (300, 130..=150), (1_200, 1_020..=1_060)] {
        let events = listen(&mut gate(), &pcm, |gate, event| {
            if matches!(event, GateEvent::Paused(_)) {
                gate.set_patience(patience);
            }
        });
        let waited = events[2].1 - events[1].1;
        assert!(after.contains(&waited), "{waited} ms at a patience of {patience}");
    }
}

#[test]
fn the_key_opens_and_closes_whatever_is_heard() {
    let question = recording("time.wav");
    let pcm = [silence(1_000), question.clone(), silence(2_500), question, silence(500)].concat();
    let mut held = gate();
    held.press();
    let events = listen(&mut held, &pcm, |_, _| {});
    assert_eq!(names(&events), ["began", "paused", "resumed", "paused", "ended as paused"]);

    let mut frame = Frame { at: SampleIndex(0), pcm: [0.0; FRAME_SAMPLES] };
    let mut empty = gate();
    empty.press();
    assert!(matches!(empty.push(&frame), Some(GateEvent::Began { .. })) && empty.is_open());
    empty.release();
    frame.at = frame.at.plus(256);
    assert!(matches!(empty.push(&frame), Some(GateEvent::Dropped)) && !empty.is_open());
    empty.press();
    empty.release();
    frame.at = frame.at.plus(256);
    assert!(matches!(empty.push(&frame), Some(GateEvent::Began { .. })), "a tap between two frames");
    frame.at = frame.at.plus(256);
    assert!(matches!(empty.push(&frame), Some(GateEvent::Dropped)));
    assert!(empty.finish().is_none());
}

#[test]
fn what_came_before_a_wake_phrase_is_dropped_to_the_sample() {
    let question = recording("time.wav");
    let pcm = [silence(1_000), question.clone(), question, silence(1_500)].concat();
    let at = SampleIndex(SECOND as u64 * 2 + 7);
    let mut dropped = false;
    let mut open = gate();
    let mut frame = Frame { at: SampleIndex(0), pcm: [0.0; FRAME_SAMPLES] };
    let mut given = None;
    for samples in pcm.as_chunks::<FRAME_SAMPLES>().0 {
        frame.pcm = *samples;
        if let Some(GateEvent::Ended { heard, as_paused }) = open.push(&frame) {
            assert!(as_paused);
            given = Some(heard);
        }
        frame.at = frame.at.plus(256);
        if !dropped && frame.at > at.plus(4_000) && open.is_open() {
            open.drop_before(at);
            let so_far = open.so_far(100).unwrap();
            assert_eq!((so_far.pcm.len(), so_far.span.end), (1_600, frame.at));
            dropped = true;
        }
    }
    let heard = given.unwrap();
    assert_eq!(heard.span.start, at);
    let start = usize::try_from(at.0).unwrap();
    assert_eq!(heard.pcm[..], pcm[start..start + heard.pcm.len()]);
}

#[test]
fn a_television_behind_the_talker_does_not_hold_the_turn() {
    let talk: Vec<f32> = ["why-is-the-sky-blue.wav", "how-far-is-the-moon.wav", "month.wav"]
        .iter()
        .flat_map(|name| recording(name))
        .collect();
    for name in ["time.wav", "times.wav", "feet-in-a-mile.wav"] {
        let question = recording(name);
        let rms = |pcm: &[f32]| Dbfs::of(pcm).0;
        let gain = 10_f32.powf((rms(&question) - 16.0 - rms(&talk)) / 20.0);
        let (start, end) = (3 * SECOND, 3 * SECOND + question.len());
        let mut pcm: Vec<f32> =
            talk.iter().cycle().take(end + 8 * SECOND).map(|sample| sample * gain).collect();
        pcm[start..end].iter_mut().zip(&question).for_each(|(sample, said)| *sample += said);
        let mut engaged = gate();
        engaged.engage(true);
        let over = SampleIndex(end as u64).ms();
        let events = listen(&mut engaged, &pcm, |_, _| {});
        let ended = events.iter().find(|(name, ms, _)| name.starts_with("ended") && *ms > over);
        let (_, ms, heard) = ended.unwrap();
        assert!(*ms < over + 1_300, "{name}: {} ms after the question", ms - over);
        let span = &heard.as_ref().unwrap().span;
        assert!(span.start.0 <= start as u64 && span.end.0 + 1_600 >= end as u64, "{name}: {span:?}");
        let events = listen(&mut gate(), &pcm, |_, _| {});
        assert!(events.last().unwrap().1 > over + 7_000, "{name}: who is not engaged hears it all");
    }
}
