//! SIGINT and SIGTERM wherever a run may stand: it ends in time, with code 1 (3 would mean a thread that would not stop),
//! and the turn that was under way is reported. Tests wait for a line or a request, never for time.
#![cfg(unix)]

use std::sync::mpsc;

use serde_json::Value;

use crate::support::{
    binary::{Home, Ran, recording, samples, wav},
    server::{Server, Step, event_head},
};

/// Requires the end of an interrupted run, and gives the interrupted turn.
fn interrupted(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    let last = ran.turns().pop().unwrap_or_else(|| panic!("{ran:?}"));
    assert_eq!(last["error"]["kind"], "interrupted", "{last}");
    last
}

#[test]
fn a_transcription_is_stopped_in_the_middle() {
    let home = Home::new();
    // Two utterances of half a minute each, cut by the cap; the second is read when the first is told.
    home.put("long.wav", wav(16_000, &samples("speech/time.wav").repeat(60)));
    for signal in ["INT", "TERM"] {
        let mut running = home.start(&["--audio", &home.text("long.wav")]);
        assert!(running.line().contains("\"turn\":1"));
        running.signal(signal);
        let turn = interrupted(&running.end());
        assert_eq!(turn["turn"], 2, "{turn}");
    }
}

#[test]
fn loopback_endpoint_that_hangs_does_not_hold_the_end() {
    for (signal, begun) in [("INT", false), ("TERM", true)] {
        let (told, asked) = mpsc::channel();
        let word = r#"{"choices":[{"index":0,"delta":{"content":"Half a sentence. And "}}]}"#;
        let begin = [event_head(), format!("data: {word}\n\n").into_bytes()].concat();
        let send = if begun { vec![Step::Send(begin)] } else { vec![] };
        let script = [vec![Step::Request], send, vec![Step::Tell(told), Step::Hang]];
        let server = Server::start(vec![script.into_iter().flatten().collect()]);
        let home = Home::new();
        home.settings(&format!("[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"", server.url()));
        let running = home.start(&["why is the sky blue"]);
        asked.recv().unwrap();
        running.signal(signal);
        let turn = interrupted(&running.end());
        assert_eq!(turn["transcript"]["text"], "why is the sky blue");
        assert_eq!(turn["route"]["by"], "llamacpp", "who had the words is told: {turn}");
    }
}

#[test]
fn listening_to_silence_or_to_a_silent_pipe_does_not_hold_the_end() {
    let home = Home::new();
    home.put("hour.wav", wav(8_000, &vec![3; 8_000 * 3_600]));
    let (spoken, hour) = (recording("speech/times.wav"), home.text("hour.wav"));
    for (arguments, signal) in [
        (["--audio", &spoken, &hour].as_slice(), "TERM"),
        (&["--audio", &spoken, "-"], "INT"),
        (&["-"], "TERM"),
    ] {
        let mut running = home.start(arguments);
        if arguments == ["-"] {
            running.say("what is 7 times 8\n");
        }
        assert!(running.line().contains("That's 56."));
        running.signal(signal);
        let turn = interrupted(&running.end());
        assert_eq!(turn["source"], "session", "{turn}");
    }
}

/// A terminal that is closed takes along what runs in it: the hang-up is no wish for new settings then.
#[cfg(target_os = "linux")]
#[test]
fn a_live_session_ends_with_its_terminal() {
    let home = Home::new();
    let mynah = env!("CARGO_BIN_EXE_mynah");
    let script = format!(
        "limit() {{ n=$((n + 1)); [ $n -lt 300 ] || exit 9; sleep 0.1; }}
        script -qc \"exec '{mynah}' run\" /dev/null </dev/null >/dev/null 2>&1 & terminal=$!
        until '{mynah}' status >/dev/null 2>&1; do limit; done
        kill -9 $terminal
        while '{mynah}' status >/dev/null 2>&1; do limit; done"
    );
    let ran = crate::support::binary::ran(&mut home.program("sh", &["-c", &script]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
