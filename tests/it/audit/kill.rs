//! Kills: writers that die at any moment, two at once, and a disk that takes no more.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{Records, refuse};

/// The folder that a writing process is given.
const FOLDER: &str = "MYNAH_AUDIT_TEST_FOLDER";

/// A process that writes to the ledger until it is killed or its disk is full.
fn writer(records: &Records, before: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let script = format!("{before} exec '{}' --exact audit::kill::the_writer --ignored", program.display());
    #[expect(clippy::disallowed_methods, reason = "a process that is killed while it writes")]
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env(FOLDER, records.folder.path());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The other process of the tests below.
#[test]
#[ignore = "needs a folder to write to: the tests of this file start it"]
fn the_writer() {
    #[expect(clippy::disallowed_methods, reason = "a child is told by its environment where to write")]
    let folder = std::env::var_os(FOLDER).expect("started by the tests of this file");
    let path = std::path::Path::new(&folder).join("ledger.jsonl");
    let rotation = mynah::egress::audit::Rotation { file_bytes: 60_000, keep: 4 };
    let ledger = mynah::egress::Ledger::rotating(&path, super::noon, rotation).unwrap();
    (1..).try_for_each(|turn| refuse(&ledger, turn)).unwrap();
}

/// The number that the head tells of.
fn noted(records: &Records) -> u64 {
    let head: serde_json::Value =
        serde_json::from_slice(&fs::read(records.file("ledger.jsonl.head")).unwrap_or_default())
            .unwrap_or_default();
    head["seq"].as_u64().unwrap_or_default()
}

/// Waits until the writer goes on after line `before`.
fn wait_for_more(records: &Records, before: u64, child: &mut Child) {
    for _ in 0..3_000 {
        if noted(records) > before {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "the writer ended by itself");
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no line in 30 s");
}

#[test]
fn two_writers_killed_at_any_moment_leave_a_whole_chain() {
    let records = Records::full_at(60_000, 4);
    let mut last = 0;
    for round in 0..12_u64 {
        let (mut one, mut other) = (writer(&records, ""), writer(&records, ""));
        wait_for_more(&records, last, &mut one);
        // Not always at the same place of the same line.
        std::thread::sleep(Duration::from_micros(700 * (round % 7) + 37 * round));
        one.kill().unwrap();
        one.wait().unwrap();
        records.whole();
        other.kill().unwrap();
        other.wait().unwrap();
        // No number is missing, none stands twice, and none that was ever noted is gone.
        let seq = records.whole().last.unwrap().0;
        assert!(seq > last, "number {seq} after {last}");
        last = seq;
    }
    records.write(1);
    assert!(records.whole().last.unwrap().0 > last);
}

/// The signal that comes with the limit is ignored, so that writing fails as it does on a full disk.
#[test]
fn a_disk_that_takes_half_a_line_is_an_error_and_the_half_is_sealed() {
    let records = Records::full_at(60_000, 4);
    // 512-byte units in some shells and 1024 in others: 8 or 16 KiB, and never at the end of a line.
    let ended = writer(&records, "trap '' XFSZ; ulimit -f 16;").wait().unwrap();
    assert!(!ended.success(), "what cannot be recorded is an error");
    let length = fs::metadata(&records.path).unwrap().len();
    assert_eq!(length % 512, 0, "the limit was met within a line");
    let before = records.whole();
    assert_eq!(before.notes.len(), 1, "{:?}", before.notes);
    records.write(1);
    let after = records.whole();
    assert_eq!((after.lines, after.notes.len()), (before.lines + 2, 1), "{:?}", after.notes);
}

/// 100 MB are read in little memory: the process may map no more than it does for a short record, and 64 MiB.
#[cfg(target_os = "linux")]
#[test]
fn a_long_record_is_verified_and_shown_in_little_memory() {
    use crate::support::binary::{Home, ran};
    let home = Home::new();
    let path = home.path(".local/state/mynah/ledger.jsonl");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let ledger = mynah::egress::Ledger::open(&path, super::noon).unwrap();
    refuse(&ledger, 1).unwrap();
    lengthen(&path, 100_000_000);
    let mynah = env!("CARGO_BIN_EXE_mynah");
    for command in ["verify", "show --endpoint none"] {
        // The data segment, in KiB: what a program asks for on top of its own code.
        let script = format!("ulimit -d 24576 && exec '{mynah}' audit {command} >out.txt");
        let ran = ran(home.program("sh", &["-c", &script]).current_dir(home.path("")));
        assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
    }
}

/// Chains copies of the only line at `path` until there are `bytes`, and notes the last.
#[cfg(target_os = "linux")]
fn lengthen(path: &std::path::Path, bytes: usize) {
    use sha2::{Digest, Sha256};
    let hex = |text: &str| Sha256::digest(text).iter().fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
    let mut text = fs::read_to_string(path).unwrap();
    let (start, rest) = text.split_once("\"seq\":1,").unwrap();
    let (middle, rest) = rest.split_once("\"prev\":").unwrap();
    let (start, middle) = (start.to_owned(), middle.to_owned());
    let mut prev = rest.rsplit('"').nth(1).unwrap().to_owned();
    let mut seq = 1;
    while text.len() < bytes {
        seq += 1;
        let body = format!("{start}\"seq\":{seq},{middle}\"prev\":\"{prev}\"");
        prev = hex(&body);
        text.push_str(&format!("{body},\"hash\":\"{prev}\"}}\n"));
    }
    fs::write(path, &text).unwrap();
    let head = format!("{{\"seq\":{seq},\"hash\":\"{prev}\",\"bytes\":{}}}", text.len());
    fs::write(path.with_file_name("ledger.jsonl.head"), head).unwrap();
}
