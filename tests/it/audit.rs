//! The audit as files: whole through rotation, torn ends and old ledgers; read while it is written.

use std::{
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use mynah::{
    egress::{
        EgressError, Ledger,
        audit::{self, Begins, Rotation, Verdict},
    },
    policy::{Capability, DataClass, EndpointId, Month, Question, Refusal, Region},
    units::TurnId,
};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

mod command;
#[cfg(unix)]
mod kill;
mod lines;
mod tamper;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(audit::SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// What `mynah audit verify --json` prints.
static VERDICT: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(audit::SCHEMA).unwrap();
    let verdict = serde_json::json!({ "$ref": "#/$defs/verdict", "$defs": schema["$defs"] });
    jsonschema::validator_for(&verdict).unwrap()
});

/// A folder with a ledger that is full after a few lines.
struct Records {
    folder: TempDir,
    path: PathBuf,
    rotation: Rotation,
}

impl Records {
    fn new() -> Self {
        Self::full_at(1024 * 1024, 3)
    }

    fn full_at(file_bytes: u64, keep: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        Self { folder, path, rotation: Rotation { file_bytes, keep } }
    }

    fn ledger(&self) -> Ledger {
        Ledger::rotating(&self.path, noon, self.rotation).unwrap()
    }

    fn write(&self, lines: u64) -> &Self {
        let ledger = self.ledger();
        (1..=lines).for_each(|turn| refuse(&ledger, turn).unwrap());
        self
    }

    fn verdict(&self) -> Verdict {
        audit::verify(&self.path).unwrap()
    }

    fn whole(&self) -> Verdict {
        let verdict = self.verdict();
        assert!(verdict.is_whole(), "{:?}", verdict.findings);
        verdict
    }

    /// What was found, in words.
    fn found(&self) -> Vec<String> {
        self.verdict().findings.iter().map(ToString::to_string).collect()
    }

    /// Turn and decision of every record; each is as the schema says.
    fn told(&self) -> Vec<(u64, String)> {
        let mut told = Vec::new();
        audit::records(&self.path, &mut |record, line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> = SCHEMA.iter_errors(&line).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {line}");
            told.push((record.turn, record.decision.name().to_owned()));
            ControlFlow::Continue(())
        })
        .unwrap();
        told
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn add(&self, bytes: &[u8]) {
        fs::OpenOptions::new().append(true).open(&self.path).unwrap().write_all(bytes).unwrap();
    }
}

fn noon() -> String {
    "2026-11-22T12:00:00Z".to_owned()
}

fn refuse(ledger: &Ledger, turn: u64) -> Result<(), EgressError> {
    let question = Question {
        turn: TurnId(turn),
        region: Region::offline(),
        capability: Capability::Chat,
        endpoint: EndpointId::from("openai"),
        url: Url::parse("https://me:pw@api.openai.com/v1?key=sk").unwrap(),
        model: "m".to_owned(),
        data: DataClass::Words,
        attested: false,
        month: Month::new(2026, 11).unwrap(),
    };
    let refusal = Refusal { rule: "endpoint.region", reason: "r".to_owned(), remedy: "r".to_owned() };
    ledger.refused(&question, &refusal)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_recorded_is_nothing_found() {
    let verdict = Records::new().whole();
    assert_eq!((verdict.lines, verdict.begins, verdict.last), (0, Begins::Nowhere, None));
    let opened = Records::new();
    opened.ledger();
    assert_eq!(opened.whole().lines, 0);
}

#[test]
fn full_files_go_on_in_the_next_and_the_oldest_leave_a_stated_gap() {
    let records = Records::full_at(4_000, 2);
    records.write(40);
    let verdict = records.whole();
    let files = ["ledger.000006.jsonl", "ledger.000007.jsonl", "ledger.jsonl", "ledger.jsonl.head"];
    let there = names(records.folder.path());
    assert_eq!((there.len(), verdict.files), (4, 3), "{there:?} against {files:?}");
    let (last, _) = verdict.last.unwrap();
    let Begins::After { file, seq } = verdict.begins else { panic!("{:?}", verdict.begins) };
    assert_eq!((seq + verdict.lines, file.starts_with("ledger.0000")), (last, true), "{file}");
    let told = records.told();
    assert_eq!((told[0].1.as_str(), told.last().unwrap()), ("rotated", &(40, "refused".to_owned())));

    // All of it is there where nothing was removed.
    let kept = Records::full_at(4_000, 99);
    kept.write(40);
    let verdict = kept.whole();
    assert_eq!(verdict.begins, Begins::AtFirst);
    let turns: Vec<u64> = kept.told().iter().map(|(turn, _)| *turn).filter(|turn| *turn > 0).collect();
    assert_eq!(turns, (1..=40).collect::<Vec<_>>());
}

#[test]
fn a_rotation_cut_short_is_finished_by_the_next_line() {
    let records = Records::full_at(1024 * 1024, 2);
    records.write(3);
    fs::rename(&records.path, records.file("ledger.000001.jsonl")).unwrap();
    assert_eq!(records.whole().lines, 3, "nothing is missing while the new file is not there yet");
    records.write(1);
    assert_eq!(records.whole().lines, 5);
    assert_eq!(records.told()[3].1, "rotated");
    // Cut short a step later: the new file has its first line, and the head was not noted.
    let head = fs::read(records.file("ledger.jsonl.head")).unwrap();
    records.write(1);
    fs::write(records.file("ledger.jsonl.head"), head).unwrap();
    assert_eq!(records.whole().notes.len(), 1, "written and not noted");
    records.write(1);
    assert_eq!((records.whole().lines, records.verdict().notes.len()), (7, 0));
}

#[test]
fn an_end_torn_at_any_byte_is_sealed_and_recorded() {
    let records = Records::new();
    records.write(4);
    let text = records.text();
    let last = text.lines().last().unwrap().to_owned();
    let sealed = |records: &Records| records.told().iter().filter(|(_, what)| what == "sealed").count();
    for cut in 1..last.len() {
        let records = Records::new();
        records.write(3);
        records.add(&last.as_bytes()[..cut]);
        let before = records.whole();
        assert_eq!((before.lines, before.notes.len()), (3, 1), "cut at {cut}");
        records.write(2);
        let after = records.whole();
        assert_eq!((after.lines, after.notes.len(), sealed(&records)), (6, 1, 1), "cut at {cut}");
    }
    // All but the newline: nothing is lost, and nothing is to be sealed.
    let records = Records::new();
    records.write(3);
    records.add(last.as_bytes());
    records.write(1);
    assert_eq!((records.whole().lines, sealed(&records)), (5, 0));
}

#[test]
fn an_end_torn_again_while_it_is_sealed_is_sealed_once_more() {
    let records = Records::new();
    records.write(2);
    records.add(b"{\"v\":2,\"seq\":3,\"ti");
    records.add(b"\n{\"v\":2,\"seq\":3,\"time\":\"20");
    records.write(1);
    let verdict = records.whole();
    assert_eq!((verdict.lines, verdict.notes.len()), (4, 1));
    records.add(b"{\"v\":2,\"seq\":5,\"ti\n");
    assert_eq!(records.found().len(), 1, "a line that is ended and is none");
    records.write(1);
    assert_eq!((records.whole().lines, records.verdict().notes.len()), (6, 2));
}

#[test]
fn the_very_first_line_may_be_torn() {
    let records = Records::new();
    records.write(1);
    let line = records.text();
    let records = Records::new();
    records.ledger();
    // As the first append leaves it before its line.
    let head = format!("{:159}\n", format!("{{\"seq\":0,\"hash\":\"{}\",\"bytes\":0}}", "0".repeat(64)));
    fs::write(records.file("ledger.jsonl.head"), head).unwrap();
    records.add(&line.as_bytes()[..100]);
    assert_eq!(records.whole().lines, 0);
    records.write(1);
    assert_eq!(records.whole().lines, 2);
}

#[test]
fn an_older_ledger_is_kept_aside_and_named() {
    let old = "{\"time\":\"2026-01-01T12:00:00Z\",\"turn\":3,\"endpoint\":\"openai\",\"decision\":\"sent\",\"status\":null}\n";
    for old in [old.to_owned(), format!("{old}{{\"half"), "{\"half".to_owned()] {
        let records = Records::new();
        fs::write(&records.path, &old).unwrap();
        assert_eq!(records.whole().notes.len(), 1, "said to be of version 1");
        records.write(2);
        assert_eq!(fs::read_to_string(records.file("ledger.v1.jsonl")).unwrap(), old);
        let told: Vec<String> = records.told().into_iter().map(|(_, what)| what).collect();
        assert_eq!(told, ["begun", "refused", "refused"]);
        assert_eq!((records.whole().begins, records.verdict().notes.len()), (Begins::AtFirst, 1));
        fs::write(records.file("ledger.v1.jsonl"), "other").unwrap();
        assert!(records.found()[0].contains("ledger.v1.jsonl: it was changed"), "{:?}", records.found());
    }
    // A kill between the two steps.
    let records = Records::new();
    fs::write(records.file("ledger.v1.jsonl"), old).unwrap();
    records.write(1);
    assert_eq!(records.told()[0].1, "begun");
}

#[test]
fn a_line_takes_well_under_a_millisecond() {
    let records = Records::new();
    let ledger = records.ledger();
    let clock = mynah::session::clock::Clock::new();
    (0..1_000).for_each(|turn| refuse(&ledger, turn).unwrap());
    let ms = clock.elapsed_ms();
    // Some 50 us each where nothing else runs.
    assert!(ms < 1_000, "{ms} us a line");
}

#[test]
fn a_stopped_holder_of_the_lock_stops_the_words_and_not_the_program() {
    let records = Records::new();
    records.write(1);
    let held = fs::File::open(records.file("ledger.jsonl.head")).unwrap();
    held.lock().unwrap();
    let ledger_error = Ledger::rotating(&records.path, noon, records.rotation).unwrap_err();
    assert!(ledger_error.to_string().contains("another program holds its lock"), "{ledger_error}");
    assert!(audit::verify(&records.path).is_err());
    drop(held);
    records.write(1);
    records.whole();
}
