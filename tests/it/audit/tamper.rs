//! Tampering: every edit of the files, short of writing all of them anew, is found and placed.

use std::fs;

use proptest::prelude::*;

use super::{Records, names};

fn edited(edit: impl Fn(&mut Vec<String>)) -> Vec<String> {
    let records = Records::new();
    records.write(6);
    let mut lines: Vec<String> = records.text().lines().map(str::to_owned).collect();
    edit(&mut lines);
    fs::write(&records.path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let before = records.found();
    // Whoever writes on does not cover it.
    records.write(1);
    assert!(!records.found().is_empty(), "found {before:?}, and nothing once a line followed");
    before
}

#[test]
fn every_edit_is_named_with_file_and_line() {
    let one = |found: Vec<String>, wanted: &str| {
        assert!(found[0].starts_with("ledger.jsonl") && found[0].contains(wanted), "{wanted}: {found:?}");
    };
    one(edited(|lines| lines[2] = lines[2].replace("refused", "sent")), "line 3: it was changed");
    one(edited(|lines| lines[5] = lines[5].replace("openai", "llamacpp")), "line 6: it was changed");
    one(edited(|lines| drop(lines.remove(2))), "line 3: before it, lines 3 to 3 are missing");
    one(edited(|lines| drop(lines.drain(..2))), "line 1: the lines before it are missing");
    one(edited(|lines| lines.insert(3, lines[1].clone())), "line 4: number 2 after number 3");
    one(edited(|lines| lines.push(lines[1].clone())), "line 7: number 2 after number 6");
    one(edited(|lines| lines.swap(1, 4)), "line 2: before it, lines 2 to 4 are missing");
    one(edited(|lines| lines.insert(3, "hello".to_owned())), "line 4: 5 bytes that are no record");
    one(edited(|lines| lines.push("hello".to_owned())), "line 7: 5 bytes that are no record");
    one(edited(|lines| lines.insert(0, String::new())), "line 1: 0 bytes that are no record");
    one(edited(|lines| lines.truncate(4)), "the end is gone: 2 lines after number 4");
    one(edited(|lines| lines.truncate(0)), "the end is gone: 6 lines after number 0");
}

/// A line changed and given a right hash again breaks the line after it, or the head.
#[test]
fn a_line_hashed_anew_does_not_fit_its_neighbours() {
    use sha2::{Digest, Sha256};
    let forge = |line: &str| {
        let (body, _) = line.split_once(",\"hash\":\"").unwrap();
        let body = body.replace("refused", "answered");
        let hash: String = Sha256::digest(body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        format!("{body},\"hash\":\"{hash}\"}}")
    };
    let middle = edited(|lines| lines[2] = forge(&lines[2]));
    assert_eq!(
        middle,
        ["ledger.jsonl, line 4: it does not follow the line before it: one of the two was changed"]
    );
    let last = edited(|lines| lines[5] = forge(&lines[5]));
    assert_eq!(last, ["ledger.jsonl: its last line is not the one that was noted"]);
}

#[test]
fn files_that_are_taken_away_are_missed() {
    let taken = |name: &str| {
        let records = Records::full_at(4_000, 3);
        records.write(40);
        let there = names(records.folder.path());
        let name = if name == "middle" { &there[1] } else { name };
        let name = if name == "first" { &there[0] } else { name };
        fs::remove_file(records.file(name)).unwrap();
        let found = records.found();
        records.write(1);
        assert!(!records.found().is_empty(), "{name} is not missed once a line followed: {found:?}");
        found.join("; ")
    };
    assert!(taken("ledger.jsonl").contains("the end is gone"), "{}", taken("ledger.jsonl"));
    assert!(taken("middle").contains("it does not go on where"), "{}", taken("middle"));
    assert!(taken("first").contains("the file is gone"), "{}", taken("first"));
    assert!(taken("ledger.jsonl.head").contains("ledger.jsonl.head: the note of the last line is gone"));
}

#[derive(Debug, Clone)]
enum Edit {
    Flip(usize, usize, u8),
    Cut(usize, usize),
    Insert(usize, usize, Vec<u8>),
    Remove(usize, usize, usize),
    MoveLine(usize, usize, usize),
    DropFile(usize),
    SwapFiles(usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let any = any::<usize>();
    prop_oneof![
        (any, any, 1..=255_u8).prop_map(|(file, at, by)| Edit::Flip(file, at, by)),
        (any, any).prop_map(|(file, at)| Edit::Cut(file, at)),
        (any, any, proptest::collection::vec(proptest::num::u8::ANY, 1..40))
            .prop_map(|(file, at, bytes)| Edit::Insert(file, at, bytes)),
        (any, any, 1..2_000_usize).prop_map(|(file, at, count)| Edit::Remove(file, at, count)),
        (any, any, any).prop_map(|(file, from, to)| Edit::MoveLine(file, from, to)),
        any.prop_map(Edit::DropFile),
        (any, any).prop_map(|(one, other)| Edit::SwapFiles(one, other)),
    ]
}

/// Carries out `edit` on the files; the head's is not touched.
fn carry_out(files: &mut Vec<(String, Option<Vec<u8>>)>, edit: &Edit) {
    let count = files.len();
    let bytes_of = |files: &mut Vec<(String, Option<Vec<u8>>)>, at: usize| -> Option<usize> {
        files[at % count].1.as_ref().map(Vec::len).filter(|length| *length > 0)
    };
    match edit {
        Edit::Flip(file, at, by) => {
            if let Some(length) = bytes_of(files, *file) {
                files[file % count].1.as_mut().unwrap()[at % length] ^= by;
            }
        }
        Edit::Cut(file, at) => {
            if let Some(length) = bytes_of(files, *file) {
                files[file % count].1.as_mut().unwrap().truncate(at % length);
            }
        }
        Edit::Insert(file, at, bytes) => {
            if let Some(length) = bytes_of(files, *file) {
                let at = at % (length + 1);
                files[file % count].1.as_mut().unwrap().splice(at..at, bytes.iter().copied());
            }
        }
        Edit::Remove(file, at, count_out) => {
            if let Some(length) = bytes_of(files, *file) {
                let at = at % length;
                files[file % count].1.as_mut().unwrap().drain(at..(at + count_out).min(length));
            }
        }
        Edit::MoveLine(file, from, to) => {
            if let Some(text) = &mut files[file % count].1 {
                let mut lines: Vec<Vec<u8>> =
                    text.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let line = lines.remove(from % lines.len());
                    lines.insert(to % (lines.len() + 1), line);
                    *text = lines.concat();
                }
            }
        }
        Edit::DropFile(file) => files[file % count].1 = None,
        Edit::SwapFiles(one, other) => {
            let (one, other) = (one % count, other % count);
            let taken = files[one].1.take();
            files[one].1 = std::mem::replace(&mut files[other].1, taken.clone());
            if one == other {
                files[one].1 = taken;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_edited_is_found(edits in proptest::collection::vec(edit(), 1..4)) {
        let records = Records::full_at(3_000, 3);
        records.write(17);
        let logs: Vec<String> =
            names(records.folder.path()).into_iter().filter(|name| !name.ends_with(".head")).collect();
        let before: Vec<(String, Option<Vec<u8>>)> =
            logs.into_iter().map(|name| (name.clone(), fs::read(records.file(&name)).ok())).collect();
        prop_assert_eq!(before.len(), 4);
        prop_assert!(records.verdict().is_whole());
        let mut after = before.clone();
        edits.iter().for_each(|edit| carry_out(&mut after, edit));
        for (name, bytes) in &after {
            match bytes {
                Some(bytes) => fs::write(records.file(name), bytes).unwrap(),
                None => fs::remove_file(records.file(name)).unwrap(),
            }
        }
        let verdict = records.verdict();
        prop_assert_eq!(verdict.is_whole(), after == before, "{:?}", verdict);
        // Whatever stands there, Mynah goes on, and what it writes now is whole from here on.
        records.write(2);
        prop_assert_eq!(records.verdict().is_whole(), after == before);
        let mut kept = Vec::new();
        mynah::egress::audit::records(&records.path, &mut |record, _| {
            kept.push((record.turn, record.seq));
            std::ops::ControlFlow::Continue(())
        }).unwrap();
        let (turn, seq) = kept.pop().unwrap();
        prop_assert_eq!((turn, Some(seq)), (2, records.verdict().last.map(|(seq, _)| seq)));
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(log in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
        head in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let records = Records::new();
        fs::write(&records.path, log).unwrap();
        fs::write(records.file("ledger.jsonl.head"), head).unwrap();
        records.verdict();
        records.write(1);
        prop_assert_eq!(records.verdict().lines > 0, true);
    }
}
