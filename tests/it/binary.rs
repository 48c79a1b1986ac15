//! The program as a program: what goes to which stream, closed and full pipes, exit codes.

use std::fs;

use crate::support::binary::{Home, ran, recording};

#[test]
fn wrong_usage_ends_with_two_and_says_what_is_right() {
    let home = Home::new();
    for (arguments, word) in [
        (&[][..], "Usage"),
        (&["ask"], "--help"),
        (&["ask", "--audio"], "--audio"),
        (&["ask", "hi", "--audio", "x.wav"], "cannot be used with"),
        (&["ask", "--jsom", "hi"], "--json"),
        (&["aks", "hi"], "'aks'"),
        (&["models", "fetch"], "NAME"),
    ] {
        let ran = home.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(word), "{arguments:?}: {}", ran.stderr);
    }
    home.run(&["ask", "  "]).refused(&["no words"]);
    home.run(&["ask", "--audio", "-", "-"]).refused(&["more than once"]);
    home.run(&["models", "fetch", "bsae"]).refused(&["bsae", "mynah models list"]);
    home.ask(&["--model", "smal", "--audio", "x.wav"]).refused(&["smal", "small"]);
}

#[test]
fn a_name_from_outside_cannot_steer_the_terminal() {
    let ran = Home::new().run(&["--config", "/nowhere/\u{1b}[31mred\n", "ask", "hi"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 2), "{ran:?}");
    assert!(ran.stderr.contains("red") && !ran.stderr.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn a_model_that_cannot_be_fetched_is_a_failure_not_wrong_usage() {
    let home = Home::new();
    home.settings("models.mirror = \"http://127.0.0.1:9/\"");
    let ran = home.run(&["models", "fetch", "base"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("what to do"), "{ran:?}");
    home.settings("models.mirror = \"http://10.0.0.1:9/\"");
    home.run(&["models", "fetch", "base"]).refused(&["10.0.0.1"]);
}

#[test]
fn json_is_alone_on_standard_output_and_all_else_on_standard_error() {
    let home = Home::new();
    home.put("x.wav", b"garbage");
    let arguments = ["-vv", "ask", "--json", "--audio", &home.text("x.wav"), &recording("speech/times.wav")];
    let mut command = home.mynah(&arguments);
    // A sound server that is not there, so that nothing is heard where this test runs.
    let ran = ran(command.env("PULSE_SERVER", "unix:/nowhere").env("ALSA_CONFIG_PATH", "/nowhere"));
    assert_eq!(ran.turns().len(), 2);
    assert!(ran.stderr.contains("built-in speech model"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("times 8"), "words are never logged: {}", ran.stderr);
    assert!(!ran.stderr.contains("56"), "nor are answers: {}", ran.stderr);
}

#[test]
fn quiet_prints_the_answers_and_nothing_else() {
    let home = Home::new();
    let ran = home.run(&["ask", "-q", "what is 7 times 8"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("That's 56.\n", ""));
    let ran = home.run(&["ask", "-q", "--audio", &recording("speech/times.wav"), &home.text("missing.wav")]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], ran.stderr.as_str()), (2, "That's 56.", ""), "{ran:?}");
    assert!(lines[1].contains("missing.wav: no such file"), "{ran:?}");
}

#[test]
fn a_person_reads_what_was_heard_who_answered_why_and_how_fast() {
    let home = Home::new();
    let mut command =
        home.mynah(&["ask", "--audio", &recording("speech/times.wav"), "--out", &home.text("out")]);
    let ran = ran(command.env("PULSE_SERVER", "unix:/nowhere").env("ALSA_CONFIG_PATH", "/nowhere"));
    for part in [
        "turn 1",
        "“What's 7 times 8?”",
        "% sure",
        "maths",
        "device (",
        "That's 56.",
        "turn-0001.wav",
        "total",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} is not in {}", ran.stdout);
    }
    // Words that would steer a terminal do not reach it.
    let ran = home.run(&["ask", "-q", "who are you \u{1b}[2J\u{9b}5n\u{7}"]);
    assert!(!ran.stdout.chars().any(|c| c.is_control() && c != '\n'), "{ran:?}");
}

/// In sh, because only a shell leaves a pipe early.
#[test]
fn a_reader_that_leaves_early_ends_the_run_quietly() {
    let home = Home::new();
    home.put("many", "what is 2 plus 2\n".repeat(20_000));
    let many = home.text("many");
    let mynah = env!("CARGO_BIN_EXE_mynah");
    for command in [
        format!("{{ '{mynah}' ask --json -q - <'{many}'; echo $? >code; }} | head -1"),
        format!("{{ '{mynah}' man; echo $? >code; }} | head -1"),
        format!("{{ '{mynah}' completions zsh; echo $? >code; }} | head -1"),
        format!("{{ '{mynah}' models list; echo $? >code; }} | head -0"),
    ] {
        let ran = ran(home.program("sh", &["-c", &command]).current_dir(home.path("")));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{command}: {ran:?}");
        assert_eq!(fs::read_to_string(home.path("code")).unwrap(), "0\n", "{command}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure_and_is_told() {
    let home = Home::new();
    let mynah = env!("CARGO_BIN_EXE_mynah");
    for what in [
        "ask -q who are you",
        "ask -q --json - <many",
        "man",
        "completions fish",
        "models list",
        "models path",
    ] {
        home.put("many", "what is 2 plus 2\n".repeat(20_000));
        let command = format!("'{mynah}' {what} >/dev/full");
        let ran = ran(home.program("sh", &["-c", &command]).current_dir(home.path("")));
        assert_eq!(ran.code, Some(1), "{command}: {ran:?}");
        assert!(ran.stderr.contains("No space left") && !ran.stderr.contains("panicked"), "{ran:?}");
        assert_eq!(ran.stderr.matches("what to do").count(), 1, "told once: {ran:?}");
    }
    // A full standard error costs nothing but itself.
    let command = format!("'{mynah}' -vv ask -q who are you 2>/dev/full");
    let ran = ran(&mut home.program("sh", &["-c", &command]));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
