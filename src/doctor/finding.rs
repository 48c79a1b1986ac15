//! Findings: what was looked at, how it is, and what to do.
//!
//! Enters: names, messages, measured values. Leaves: one JSON object, or lines for a person.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::flow::{Fault, Remedy};

/// The JSON Schema of [`Report`], as committed in `config/doctor.schema.json`.
pub const SCHEMA: &str = include_str!("../../config/doctor.schema.json");

/// How something is. The later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Mynah works, less well than it could.
    Warning,
    /// Something that was asked for does not work.
    Problem,
}

impl Health {
    /// Its name, as in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What: a stable word for programs ("microphone").
    pub check: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found, one sentence.
    pub message: String,
    /// What to do; `None` where nothing needs to be done.
    pub remedy: Option<String>,
    /// What was measured, by name; levels in dBFS, sizes in bytes.
    pub facts: Map<String, Value>,
}

impl Finding {
    /// `check` is as it should be.
    #[must_use]
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, health: Health::Ok, message: message.into(), remedy: None, facts: Map::new() }
    }

    /// `check` could be better.
    #[must_use]
    pub fn warning(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { health: Health::Warning, remedy: Some(remedy.into()), ..Self::ok(check, message) }
    }

    /// `check` does not work.
    #[must_use]
    pub fn problem(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { health: Health::Problem, ..Self::warning(check, message, remedy) }
    }

    /// `check` does not work, by a room's own words.
    #[must_use]
    pub fn failed(check: &'static str, error: &impl Remedy) -> Self {
        Self::problem(check, error.to_string(), error.remedy())
    }

    /// The same from a fault.
    #[must_use]
    pub fn fault(check: &'static str, fault: Fault) -> Self {
        Self::problem(check, fault.message, fault.remedy)
    }

    /// With a measured value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// All findings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Mynah's version.
    pub version: &'static str,
    /// The worst of the findings.
    pub health: Health,
    /// One for each thing looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report of `findings`.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Self {
        let health = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
        Self { version: env!("CARGO_PKG_VERSION"), health, findings }
    }

    /// As one line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self)
            .expect("its maps have text keys and it holds no foreign type, so it serialises")
    }

    /// For a person: a line a finding, and what to do below it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for finding in &self.findings {
            let check = finding.check.replace('_', " ");
            lines.push(format!("{:<8} {check:<14} {}", finding.health.name(), finding.message));
            if let Some(remedy) = &finding.remedy {
                lines.push(format!("{:24}what to do: {remedy}", ""));
            }
        }
        lines
    }
}
