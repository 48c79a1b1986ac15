//! Ledger: the record of everything that left, or was refused.
//!
//! Enters: permits, refusals, outcomes. Leaves: an append-only file of JSON lines, readable by its owner alone. If a line
//! cannot be written, what it would record does not happen. Never here: the words, a key, a URL's query.
//!
//! One object a line, every field always there, `null` where it does not apply:
//!
//! | field | type | meaning |
//! |---|---|---|
//! | `time` | string | when, as the clock given to [`Ledger::open`] writes it |
//! | `turn` | number | the turn, 0 for a command outside any turn |
//! | `region` | string | whose rules held |
//! | `capability` | string | `chat` or `mirror` |
//! | `endpoint` | string | endpoint or mirror id |
//! | `host` | string | host that is asked; differs from the endpoint's after a permitted redirect of a download |
//! | `model` | string | model asked for, or name of the model file |
//! | `data` | string | `words` or `model_request` |
//! | `bytes_out` | number | bytes of the body |
//! | `body_sha256` | string? | SHA-256 of the body, in hex; the words themselves are never kept |
//! | `decision` | string | `loosened` when the user took a less strict region, told in `model`; `sent` before a request leaves; then exactly one of `answered`, `failed`; or `refused` alone |
//! | `rule` | string? | for `refused` the rule that refused; for `failed` the error's kind, or `abandoned` |
//! | `status` | number? | the HTTP status, once there is one |

use std::{
    fmt,
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    egress::{EgressError, redact},
    flow::Remedy,
    policy::{Permit, Question, Refusal, Region},
    units::{TurnId, length_u64},
};

/// The ledger; clones write to the same file.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    path: PathBuf,
    clock: fn() -> String,
    file: Mutex<Tail>,
}

struct Tail {
    file: File,
    torn: bool,
}

#[derive(Clone, Serialize)]
struct Record {
    time: String,
    turn: TurnId,
    region: String,
    capability: &'static str,
    endpoint: String,
    host: String,
    model: String,
    data: &'static str,
    bytes_out: u64,
    body_sha256: Option<String>,
    decision: &'static str,
    rule: Option<&'static str>,
    status: Option<u16>,
}

impl Ledger {
    /// Opens the ledger at `path` for appending; makes it (mode 0600) and its directories (0700) if need be. `clock`
    /// says the time of a record, in RFC 3339.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]; then no door can be built, and nothing leaves.
    pub fn open(path: &Path, clock: fn() -> String) -> Result<Self, EgressError> {
        let tail = open_tail(path).map_err(|error| EgressError::LedgerUnwritable {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(Self(Arc::new(Inner { path: path.to_owned(), clock, file: Mutex::new(tail) })))
    }

    /// Records that policy refused `question`.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`].
    pub fn refused(&self, question: &Question, refusal: &Refusal) -> Result<(), EgressError> {
        let record = Record {
            time: (self.0.clock)(),
            turn: question.turn,
            region: question.region.to_string(),
            capability: question.capability.name(),
            endpoint: redact::line(question.endpoint.as_str(), 60),
            host: question.url.host_str().unwrap_or_default().to_owned(),
            model: redact::line(&question.model, 100),
            data: question.data.name(),
            bytes_out: 0,
            body_sha256: None,
            decision: "refused",
            rule: Some(refusal.rule),
            status: None,
        };
        self.append(&record)
    }

    /// Records that the rules of `region` hold from now on, which let more leave than those before; `told` says who
    /// declared it, and how.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]; then nothing may leave by them.
    pub fn loosened(&self, region: &Region, told: &str) -> Result<(), EgressError> {
        self.append(&Record {
            time: (self.0.clock)(),
            turn: TurnId(0),
            region: region.to_string(),
            capability: "region",
            endpoint: String::new(),
            host: String::new(),
            model: redact::line(told, 300),
            data: "none",
            bytes_out: 0,
            body_sha256: None,
            decision: "loosened",
            rule: None,
            status: None,
        })
    }

    /// Records that the door refused what `permit` did not cover.
    pub(super) fn refused_at_door(
        &self,
        permit: &Permit,
        host: &str,
        rule: &'static str,
    ) -> Result<(), EgressError> {
        self.append(&Record { decision: "refused", rule: Some(rule), ..self.record(permit, host, None) })
    }

    /// Records that `body` is about to leave for `to`. What is returned records how it went, whatever happens.
    pub(super) fn sent(
        &self,
        permit: &Permit,
        to: &Url,
        body: Option<&[u8]>,
    ) -> Result<Outcome, EgressError> {
        let record = self.record(permit, to.host_str().unwrap_or_default(), body);
        self.append(&record)?;
        Ok(Outcome { ledger: self.clone(), record, settled: false })
    }

    fn record(&self, permit: &Permit, host: &str, body: Option<&[u8]>) -> Record {
        Record {
            time: (self.0.clock)(),
            turn: permit.turn(),
            region: permit.region().to_string(),
            capability: permit.capability().name(),
            endpoint: permit.endpoint().to_string(),
            host: host.to_owned(),
            model: redact::line(permit.model(), 100),
            data: permit.data().name(),
            bytes_out: body.map_or(0, |body| length_u64(body.len())),
            body_sha256: body.map(hex_sha256),
            decision: "sent",
            rule: None,
            status: None,
        }
    }

    fn append(&self, record: &Record) -> Result<(), EgressError> {
        let unwritable = |detail: String| EgressError::LedgerUnwritable { path: self.0.path.clone(), detail };
        let mut line = serde_json::to_vec(record).map_err(|error| unwritable(error.to_string()))?;
        line.push(b'\n');
        let mut tail = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.torn {
            line.insert(0, b'\n');
        }
        // One write a record: with O_APPEND, records of two processes do not mix.
        let written = tail.file.write(&line).and_then(|n| {
            let whole = n == line.len();
            if whole { tail.file.flush() } else { Err(io::Error::from(io::ErrorKind::WriteZero)) }
        });
        tail.torn = written.is_err();
        written.map_err(|error| unwritable(error.to_string()))
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ledger").field(&self.0.path).finish()
    }
}

/// A sent request whose end is not recorded yet. Dropped early, it is recorded as abandoned.
pub(super) struct Outcome {
    ledger: Ledger,
    record: Record,
    settled: bool,
}

impl Outcome {
    /// The endpoint answered in full.
    pub(super) fn answered(&mut self, status: u16) -> Result<(), EgressError> {
        self.settle("answered", None, Some(status))
    }

    /// It went wrong: records `error` and gives it back. A ledger that fails now has nothing left to prevent.
    pub(super) fn failed(&mut self, error: EgressError, status: Option<u16>) -> EgressError {
        match self.settle("failed", Some(error.kind()), status) {
            Ok(()) => error,
            Err(unwritable) => unwritable,
        }
    }

    fn settle(
        &mut self,
        decision: &'static str,
        rule: Option<&'static str>,
        status: Option<u16>,
    ) -> Result<(), EgressError> {
        if self.settled {
            return Ok(());
        }
        self.settled = true;
        let time = (self.ledger.0.clock)();
        self.ledger.append(&Record { time, decision, rule, status, ..self.record.clone() })
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // A drop cannot fail; the next request finds the ledger unwritable and stops.
        let _ = self.settle("failed", Some("abandoned"), None);
    }
}

fn open_tail(path: &Path) -> io::Result<Tail> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).read(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let facts = file.metadata()?;
    let mut torn = false;
    if facts.is_file() {
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o077 != 0 {
            file.set_permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600))?;
        }
        if facts.len() > 0 {
            // A power cut may have left half a line; the next record starts on its own.
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            torn = last != *b"\n";
        }
    }
    Ok(Tail { file, torn })
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::policy::{Capability, DataClass, EndpointId, Month, Region};

    fn refuse(ledger: &Ledger) -> Result<(), EgressError> {
        let question = Question {
            turn: TurnId(3),
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

    fn noon() -> String {
        "2026-01-01T12:00:00Z".to_owned()
    }

    #[test]
    fn a_refusal_is_one_line_of_documented_fields() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/er/ledger.jsonl");
        refuse(&Ledger::open(&path, noon).unwrap()).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"time\":\"2026-01-01T12:00:00Z\",\"turn\":3,\"region\":\"OFFLINE\",\"capability\":\"chat\",\
             \"endpoint\":\"openai\",\"host\":\"api.openai.com\",\"model\":\"m\",\"data\":\"words\",\"bytes_out\":0,\
             \"body_sha256\":null,\"decision\":\"refused\",\"rule\":\"endpoint.region\",\"status\":null}\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_half_a_line_stays_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("own/ledger.jsonl");
        drop(Ledger::open(&path, noon).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

        fs::write(&path, "{\"half").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let ledger = Ledger::open(&path, noon).unwrap();
        refuse(&ledger).unwrap();
        refuse(&ledger).unwrap();
        assert_eq!(mode(&path), 0o600);
        let text = fs::read_to_string(&path).unwrap();
        let whole = text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        assert_eq!((text.lines().count(), whole.count()), (3, 2), "{text}");
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Ledger::open(directory.path(), noon).is_err());
        #[cfg(target_os = "linux")]
        {
            let error = refuse(&Ledger::open(Path::new("/dev/full"), noon).unwrap()).unwrap_err();
            assert_eq!(error.kind(), "ledger_unwritable");
        }
    }
}
