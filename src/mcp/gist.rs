//! Gist: what a call is about, for the user who is asked whether it may be done.
//!
//! Enters: a call's arguments, which a language model wrote. Leaves: a few of them on one line each, and whether that is not
//! all. Never here: a part left out that is not told of.

use serde_json::{Map, Value};

use super::text::plain;

/// Most arguments that are told, and the longest of one, characters: what an ear takes in.
const MOST: usize = 3;
const LONGEST: usize = 60;

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gist {
    /// Its texts and numbers, cleaned and shortened.
    pub told: Vec<String>,
    /// Whether that is not all of it.
    pub more: bool,
}

impl Gist {
    /// Of `arguments`.
    #[must_use]
    pub fn of(arguments: &Map<String, Value>) -> Self {
        let (mut told, mut more) = (Vec::new(), false);
        for value in arguments.values() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Null => continue,
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    more = true;
                    continue;
                }
            };
            let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let line = plain(&whole, LONGEST).text;
            // What cannot be seen or heard is there all the same: nothing to write empties a file.
            more |= line != whole || line.is_empty() || told.len() == MOST;
            if told.len() < MOST && !line.is_empty() {
                told.push(line);
            }
        }
        Self { told, more }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_told_of_a_call_is_told_to_be_there() {
        let gist = |arguments: Value| {
            let Gist { told, more } = Gist::of(arguments.as_object().unwrap());
            (told.join("|"), more)
        };
        for (arguments, told, more) in [
            (json!({}), "", false),
            (json!({ "path": "notes.txt", "head": 3, "mode": null }), "notes.txt|3", false),
            (json!({ "text": " two\nlines\u{200b}\u{1b}[2J of\t it " }), "two lines[2J of it", true),
            (json!({ "text": " two\nlines of\t it " }), "two lines of it", false),
            (json!({ "path": "a.txt", "text": "" }), "a.txt", true),
            (json!({ "path": "a.txt\u{e0041}\u{e0042}" }), "a.txt", true),
            (json!({ "text": "\u{e0041}" }), "", true),
            (json!({ "a": "1", "b": "2", "c": "3", "d": "4" }), "1|2|3", true),
            (json!({ "force": true }), "", true),
            (json!({ "to": ["everybody"], "text": "hello" }), "hello", true),
            (json!({ "text": "x".repeat(61) }), &*"x".repeat(60), true),
        ] {
            assert_eq!(gist(arguments), (told.to_owned(), more));
        }
    }
}
