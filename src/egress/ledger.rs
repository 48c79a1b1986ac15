//! Ledger: what the door and policy record, in the words of the audit.
//!
//! Enters: permits, refusals, outcomes. Leaves: lines of the audit ([`super::audit`]). If a line cannot be written, what
//! it would record does not happen. Never here: the words, a key, a URL's query; how a line is chained.

use std::{
    fmt, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use url::Url;

use crate::{
    egress::{
        EgressError,
        audit::{self, About, Decision, Record, Rotation, hex_sha256},
    },
    flow::Remedy,
    policy::{EndpointId, Passage, Permit, Question, Refusal, Region, Rules},
    units::length_u64,
};

/// The ledger; clones write to the same file.
#[derive(Clone)]
pub struct Ledger(Arc<Inner>);

struct Inner {
    path: PathBuf,
    rotation: Rotation,
    clock: fn() -> String,
    /// With the hash of the rules' text, which takes longer than a line.
    grounds: Mutex<(Grounds, Option<String>)>,
}

/// On what grounds requests are judged now; every line repeats them.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// What the region was concluded from, in a few words (`home=DE locale=DE zone=Europe/Berlin`).
    pub inputs: Option<String>,
    /// The rules in force.
    pub rules: Option<Arc<Rules>>,
}

/// What is known of a request before it leaves, beyond its permit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sending<'a> {
    /// Its body.
    pub(super) body: Option<&'a [u8]>,
    /// Redirects followed before it.
    pub(super) hops: u32,
    /// The configured proxy it goes through, without user and password.
    pub(super) proxy: Option<&'a str>,
}

/// What is learnt of a request on the way; recorded with its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The address that was connected to.
    pub(super) address: Option<IpAddr>,
    /// The model that the answer names.
    pub(super) model: Option<String>,
    /// Where the answer says that words were computed on.
    pub(super) place: Option<String>,
    /// Bytes that were sent beyond those known before it left.
    pub(super) bytes_out: u64,
    /// Bytes of the answer's body.
    pub(super) bytes_in: u64,
    /// The rule that the answer broke: its end is then a violation.
    pub(super) broken: Option<&'static str>,
}

impl Ledger {
    /// Opens the ledger at `path` for appending; makes it (mode 0600) and its directories (0700) if need be. `clock`
    /// says the time of a record, in RFC 3339.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]; then no door can be built, and nothing leaves.
    pub fn open(path: &Path, clock: fn() -> String) -> Result<Self, EgressError> {
        Self::rotating(path, clock, Rotation::default())
    }

    /// The same, with `rotation` instead of the usual one.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn rotating(path: &Path, clock: fn() -> String, rotation: Rotation) -> Result<Self, EgressError> {
        let grounds = Mutex::default();
        let ledger = Self(Arc::new(Inner { path: path.to_owned(), rotation, clock, grounds }));
        audit::prepare(path).map_err(|error| ledger.unwritable(&error))?;
        Ok(ledger)
    }

    /// From now on, records stand on `grounds`.
    pub fn set_grounds(&self, grounds: Grounds) {
        let hash = grounds.rules.as_ref().map(|rules| hex_sha256(rules.text().as_bytes()));
        *self.0.grounds.lock().unwrap_or_else(PoisonError::into_inner) = (grounds, hash);
    }

    /// Records that policy refused `question`.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`].
    pub fn refused(&self, question: &Question, refusal: &Refusal) -> Result<(), EgressError> {
        let record = Record {
            turn: question.turn.0,
            region: Some(question.region.to_string()),
            capability: Some(question.capability.name().to_owned()),
            endpoint: Some(question.endpoint.to_string()),
            host: question.url.host_str().map(str::to_owned),
            model: Some(question.model.clone()),
            data: Some(question.data.name().to_owned()),
            decision: Decision::Refused,
            rule: Some(refusal.rule.to_owned()),
            ..self.grounded(Some(&question.endpoint))
        };
        self.append(record).map(drop)
    }

    /// Records that the rules of `region` hold from now on, which let more leave than those before; `told` says who
    /// declared it, and how.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]; then nothing may leave by them.
    pub fn loosened(&self, region: &Region, told: &str) -> Result<(), EgressError> {
        let record = Record {
            region: Some(region.to_string()),
            capability: Some("region".to_owned()),
            decision: Decision::Loosened,
            about: Some(About { text: Some(told.to_owned()), ..About::default() }),
            ..self.grounded(None)
        };
        self.append(record).map(drop)
    }

    /// Records that the door refused what `permit` did not cover.
    pub(super) fn refused_at_door(
        &self,
        permit: &Permit,
        host: &str,
        rule: &'static str,
    ) -> Result<(), EgressError> {
        let record = self.record(permit, host, Sending::default());
        self.append(Record { decision: Decision::Refused, rule: Some(rule.to_owned()), ..record }).map(drop)
    }

    /// Records that a request is about to leave for `to`. What is returned records how it went, whatever happens.
    pub(super) fn sent(
        &self,
        permit: &Permit,
        to: &Url,
        sending: Sending<'_>,
    ) -> Result<Outcome, EgressError> {
        self.begun(self.record(permit, to.host_str().unwrap_or_default(), sending))
    }

    /// Records that a program's connection is about to be made. What is returned records how it went, whatever happens.
    pub(super) fn passing(&self, passage: &Passage, proxy: Option<&str>) -> Result<Outcome, EgressError> {
        let record = self.of_program(passage.program(), passage.region(), &passage.to().to_string());
        self.begun(Record { decision: Decision::Sent, proxy: proxy.map(str::to_owned), ..record })
    }

    /// Records that `program` was not connected to `to`, by `rule`.
    pub(super) fn refused_program(
        &self,
        (program, region): (&str, &Region),
        to: &str,
        rule: &'static str,
    ) -> Result<(), EgressError> {
        let record = self.of_program(program, region, to);
        self.append(Record { decision: Decision::Refused, rule: Some(rule.to_owned()), ..record }).map(drop)
    }

    fn of_program(&self, program: &str, region: &Region, to: &str) -> Record {
        Record {
            region: Some(region.to_string()),
            capability: Some("passage".to_owned()),
            endpoint: Some(program.to_owned()),
            host: Some(to.to_owned()).filter(|to| !to.is_empty()),
            data: Some("unseen".to_owned()),
            ..self.grounded(None)
        }
    }

    fn begun(&self, mut record: Record) -> Result<Outcome, EgressError> {
        record.request = Some(self.append(record.clone())?);
        Ok(Outcome { ledger: self.clone(), record, seen: Seen::default(), settled: false })
    }

    fn record(&self, permit: &Permit, host: &str, sending: Sending<'_>) -> Record {
        let terms = permit.terms();
        Record {
            infer: terms.map(|endpoint| endpoint.infer().to_vec()).unwrap_or_default(),
            turn: permit.turn().0,
            region: Some(permit.region().to_string()),
            capability: Some(permit.capability().name().to_owned()),
            endpoint: Some(permit.endpoint().to_string()),
            host: Some(host.to_owned()),
            proxy: sending.proxy.map(str::to_owned),
            model: Some(permit.model().to_owned()),
            data: Some(permit.data().name().to_owned()),
            bytes_out: sending.body.map_or(0, |body| length_u64(body.len())),
            body_sha256: sending.body.map(hex_sha256),
            hops: sending.hops,
            decision: Decision::Sent,
            ..self.grounded(None)
        }
    }

    /// A record that says when, and on what grounds.
    fn grounded(&self, endpoint: Option<&EndpointId>) -> Record {
        let held = self.0.grounds.lock().unwrap_or_else(PoisonError::into_inner);
        let (grounds, policy_sha256) = &*held;
        let declared = grounds.rules.as_ref().zip(endpoint).and_then(|(rules, id)| rules.endpoint(id));
        Record {
            time: (self.0.clock)(),
            inputs: grounds.inputs.clone(),
            infer: declared.map(|endpoint| endpoint.infer().to_vec()).unwrap_or_default(),
            policy_sha256: policy_sha256.clone(),
            ..Record::default()
        }
    }

    fn append(&self, record: Record) -> Result<u64, EgressError> {
        audit::append(&self.0.path, self.0.rotation, record).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> EgressError {
        EgressError::LedgerUnwritable { path: self.0.path.clone(), detail: error.to_string() }
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
    /// What is learnt until the end.
    pub(super) seen: Seen,
    settled: bool,
}

impl Outcome {
    /// The endpoint answered in full.
    pub(super) fn answered(&mut self, status: u16) -> Result<(), EgressError> {
        self.settle(Decision::Answered, None, Some(status))
    }

    /// What it was for is over.
    pub(super) fn over(&mut self) -> Result<(), EgressError> {
        self.settle(Decision::Answered, None, None)
    }

    /// It went wrong: records `error` and gives it back. A ledger that fails now has nothing left to prevent.
    pub(super) fn failed(&mut self, error: EgressError, status: Option<u16>) -> EgressError {
        match self.settle(Decision::Failed, Some(error.kind()), status) {
            Ok(()) => error,
            Err(unwritable) => unwritable,
        }
    }

    /// It broke a rule, which [`Seen::broken`] names: records that too where its end is on record already.
    pub(super) fn violated(&mut self, error: EgressError, status: Option<u16>) -> EgressError {
        self.settled = false;
        self.failed(error, status)
    }

    fn settle(
        &mut self,
        decision: Decision,
        rule: Option<&'static str>,
        status: Option<u16>,
    ) -> Result<(), EgressError> {
        if self.settled {
            return Ok(());
        }
        self.settled = true;
        let (decision, rule) = match self.seen.broken {
            Some(broken) => (Decision::Violation, Some(broken)),
            None => (decision, rule),
        };
        let seen = self.seen.clone();
        let time = (self.ledger.0.clock)();
        let record = Record {
            time,
            address: seen.address.map(|address| address.to_string()),
            model_answered: seen.model,
            infer_asserted: seen.place,
            bytes_out: self.record.bytes_out.saturating_add(seen.bytes_out),
            bytes_in: seen.bytes_in,
            status,
            decision,
            rule: rule.map(str::to_owned),
            ..self.record.clone()
        };
        self.ledger.append(record).map(drop)
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        // A drop cannot fail; the next request finds the ledger unwritable and stops.
        let _ = self.settle(Decision::Failed, Some("abandoned"), None);
    }
}
