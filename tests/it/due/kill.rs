//! Kills: what was claimed to be set is told by whoever comes after.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use super::*;

/// The file that a setting process is given.
const FILE: &str = "MYNAH_DUE_TEST_FILE";

/// When all of it happens.
const NOW: &str = "2026-11-23T15:42[UTC]";

/// The other process of the test below: claims a timer after another.
#[test]
#[expect(clippy::print_stdout, reason = "it tells the test what it claimed")]
#[ignore = "needs a file to write to: the test of this file starts it"]
fn the_setter() {
    #[expect(clippy::disallowed_methods, reason = "a child is told by its environment where to write")]
    let path = std::env::var_os(FILE).expect("started by the test of this file");
    let mut desk = Desk::beside(NOW, Path::new(&path), true);
    for length in 1..100 {
        let reply = desk.ask("timer.set", &[seconds(f64::from(length))]);
        println!("claimed {length}: {reply}");
    }
    std::thread::park();
}

#[test]
fn what_was_claimed_before_a_kill_is_told_after_it_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    #[expect(clippy::disallowed_methods, reason = "a process that is killed while it sets timers")]
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "due::kill::the_setter", "--ignored", "--nocapture"]).env(FILE, &path);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let claims = lines.filter(|line| line.contains("claimed "));
    let claimed = claims.take(17).collect::<Vec<_>>().len();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(claimed, 17);
    // Another process, and another after that one was killed too: each is told by one of them.
    let mut first = Desk::on(NOW, &path);
    let told = first.pass(9);
    drop(first);
    assert!((1..=9).all(|length| told.contains(&format!("Your {length} second timer is done."))), "{told:?}");
    let mut second = Desk::on("2026-11-23T17:42[UTC]", &path);
    let told = second.pass(600);
    for length in 1..=17 {
        let told =
            told.iter().filter(|words| words.starts_with(&format!("Your {length} second timer"))).count();
        assert_eq!(told, 1, "{length}");
    }
    assert!(told.iter().all(|words| words.ends_with("ago.")), "{told:?}");
    drop(second);
    assert_eq!(Desk::on("2026-11-23T17:42[UTC]", &path).pass(600), [""; 0]);
}
