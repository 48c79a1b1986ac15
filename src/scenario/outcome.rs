//! Outcome: what came of a scenario, for people, programs and build servers.
//!
//! Enters: outcomes. Leaves: a JSON object each, or one JUnit file. Never here: a verdict.

use std::fmt::Write as _;

use serde::Serialize;

/// The JSON Schema of an outcome's line, as committed in `config/scenario.schema.json`.
pub const SCHEMA: &str = include_str!("../../config/scenario.schema.json");

/// How a scenario ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All came as expected.
    Passed,
    /// Something did not.
    Failed,
    /// It did not end in its time.
    Hung,
}

/// Something that did not come as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The line on which it was expected.
    pub line: usize,
    /// The key that expected it.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub found: String,
}

/// What came of a scenario.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub file: String,
    /// The line it begins on.
    pub line: usize,
    /// How it ended.
    pub outcome: Ending,
    /// How long it took, ms.
    pub ms: u64,
    /// What did not come as expected.
    pub failures: Vec<Failure>,
}

/// `outcome` as one JSON object without line breaks.
#[must_use]
pub fn line(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).expect("it holds no map and no foreign type, so it serialises")
}

/// `outcomes` as JUnit XML, which build servers show.
#[must_use]
pub fn junit(outcomes: &[Outcome], ms: u64) -> String {
    let count = |ending: Ending| outcomes.iter().filter(|one| one.outcome == ending).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"mynah test\" tests=\"{}\" \
         failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
        outcomes.len(),
        count(Ending::Failed),
        count(Ending::Hung),
        seconds(ms)
    );
    for one in outcomes {
        let (name, file) = (escaped(&one.name), escaped(&one.file));
        let head = format!(
            "    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{}\" time=\"{}\"",
            one.line,
            seconds(one.ms)
        );
        let kind = match one.outcome {
            Ending::Passed => {
                xml.push_str(&format!("{head}/>\n"));
                continue;
            }
            Ending::Failed => "failure",
            Ending::Hung => "error",
        };
        xml.push_str(&format!("{head}>\n"));
        for failure in &one.failures {
            let told = escaped(&told(one, failure));
            // Writing to a string cannot fail.
            writeln!(xml, "      <{kind} message=\"{}\">{told}</{kind}>", escaped(&failure.what)).ok();
        }
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// `failure` as a person reads it, with its place in front.
#[must_use]
pub(crate) fn told(outcome: &Outcome, failure: &Failure) -> String {
    let Failure { line, what, expected, found } = failure;
    format!("{}:{line}: {what}: expected {expected}, found {found}", outcome.file)
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// `text` for XML, without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {
                escaped.push('\u{FFFD}')
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_cannot_break_out_of_the_xml() {
        let failure = Failure {
            line: 7,
            what: "reply".into(),
            expected: "\"<b>&\"".into(),
            found: "\u{1b}[2J\u{FFFF}]]>".into(),
        };
        let one = |outcome, failures| Outcome {
            name: "a \"b\"".into(),
            file: "x.toml".into(),
            line: 1,
            outcome,
            ms: 1_234,
            failures,
        };
        let outcomes = [one(Ending::Passed, vec![]), one(Ending::Failed, vec![failure])];
        let xml = junit(&outcomes, 2_000);
        for part in [
            "tests=\"2\" failures=\"1\" errors=\"0\" time=\"2.000\"",
            "name=\"a &quot;b&quot;\"",
            "time=\"1.234\"/>",
            "x.toml:7: reply: expected &quot;&lt;b&gt;&amp;&quot;, found \u{FFFD}[2J\u{FFFD}]]&gt;</failure>",
        ] {
            assert!(xml.contains(part), "{part} is not in {xml}");
        }
        assert!(line(&outcomes[1]).contains(r#""outcome":"failed""#), "{}", line(&outcomes[1]));
    }
}
