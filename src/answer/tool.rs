//! Tool: what this device answers by itself, offered to language models as a tool.
//!
//! Enters: a model's call. Leaves: what it is told. Whatever a model writes is text to understand, and nothing changes by
//! it. Never here: a second tool, an action, a result that claims one.

use std::fmt;

use serde_json::{Value, json};

use super::tool_calls::Call;
use crate::units::Words;

pub(super) const NAME: &str = "on_device";

pub(super) const DESCRIPTION: &str = "Asks the user's own device, which answers at once and exactly: the time, the date \
    and the day of the week, here or elsewhere; sums; conversion of units. It only answers, and changes nothing.";

/// Longest request that is looked at, in characters: half a minute of speech.
const LONGEST: usize = 300;

/// What this device answers by itself.
pub trait OnDevice: fmt::Debug + Send + Sync {
    /// The answer to `request`, in its language; `None` where this device has none. Nothing changes by it.
    fn answer(&self, request: &Words) -> Option<Words>;
}

/// The arguments as a JSON schema.
pub(super) fn parameters() -> Value {
    let request = json!({
        "type": "string",
        "description": "One short sentence in English or Mandarin as a person would say it, such as \"what time is it \
            in Tokyo\" or \"what is 17 percent of 240\".",
    });
    json!({ "type": "object", "properties": { "request": request }, "required": ["request"] })
}

/// The sentence in `call`'s arguments, if there is one.
pub(super) fn request(call: &Call) -> Option<String> {
    let arguments: Value = serde_json::from_str(&call.arguments).ok()?;
    Some(arguments.get("request")?.as_str()?.trim().to_owned())
}

/// What the model is told about `call`.
pub(super) fn result(call: &Call, device: &dyn OnDevice) -> String {
    let nothing = |why: &str| format!("Error: {why}. Nothing was done.");
    if call.name != NAME {
        return nothing("there is no such tool, only on_device");
    }
    let Some(request) = request(call) else {
        return nothing("the arguments must be a JSON object with the text `request`");
    };
    if request.chars().nth(LONGEST).is_some() {
        return nothing("the request is too long for a sentence");
    }
    match device.answer(&Words::from(request)) {
        Some(answer) if !answer.is_blank() => answer.as_str().to_owned(),
        _ => nothing("this device has no answer to that"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Echo;

    impl OnDevice for Echo {
        fn answer(&self, request: &Words) -> Option<Words> {
            (request.as_str() != "unknown").then(|| request.clone())
        }
    }

    #[test]
    fn only_a_sentence_for_the_one_tool_is_answered_and_all_else_is_told_so() {
        let told = |name: &str, arguments: &str| {
            let call = Call { id: "a".into(), name: name.into(), arguments: arguments.into(), extra: None };
            result(&call, &Echo)
        };
        assert_eq!(told(NAME, r#"{"request":" 2 + 2 ","more":[1]}"#), "2 + 2");
        let long = format!(r#"{{"request":"{}"}}"#, "a".repeat(LONGEST + 1));
        for (name, arguments) in [
            ("shell", r#"{"request":"rm -rf /"}"#),
            ("On_Device", r#"{"request":"2 + 2"}"#),
            ("", "{}"),
            (NAME, r#"{"request":7}"#),
            (NAME, r#"{"request":"2"#),
            (NAME, r#"["request"]"#),
            (NAME, ""),
            (NAME, r#"{"request":""}"#),
            (NAME, r#"{"request":"unknown"}"#),
            (NAME, &long),
        ] {
            let told = told(name, arguments);
            assert!(told.starts_with("Error: ") && told.ends_with(" Nothing was done."), "{told}");
            assert!(!told.contains("rm -rf") && told.len() < 200);
        }
    }
}
