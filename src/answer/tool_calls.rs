//! Tool calls: what a model asks a tool for, put together from pieces.
//!
//! Enters: the deltas of a stream, in each provider's own shape. Leaves: whole calls. Never here: running one, or more of
//! them than anybody means.

use serde_json::Value;

/// Most calls in one answer.
const MOST: usize = 8;

/// Longest text of all arguments together, and of a name or id, bytes.
const ARGUMENTS: usize = 16 * 1024;
const WORD: usize = 128;

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What its result is known by.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Its arguments: JSON, if the model did well.
    pub arguments: String,
    /// What the provider wants back with the call, as it came: Gemini's signature of its thoughts.
    pub extra: Option<Value>,
}

/// More was asked for than anybody means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

/// Calls on their way.
#[derive(Default)]
pub(super) struct Calls {
    /// Each with the index it came under.
    list: Vec<(u64, Call)>,
    bytes: usize,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Reads `tool_calls` of chat completions: known by `index`, or else by its place in the list.
    pub(super) fn push(&mut self, calls: &[Value]) -> Result<(), TooMuch> {
        for (place, piece) in (0..).zip(calls) {
            let index = piece.get("index").and_then(Value::as_u64).unwrap_or(place);
            let text = |value: Option<&Value>| {
                value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
            };
            let function = piece.get("function");
            let (id, name) = (text(piece.get("id")), text(function.and_then(|f| f.get("name"))));
            let call = self.at(index, id, name)?;
            if let Some(extra @ Value::Object(_)) = piece.get("extra_content") {
                call.extra = Some(extra.clone());
                self.count(extra.to_string().len())?;
            }
            match function.and_then(|f| f.get("arguments")) {
                Some(Value::String(text)) => self.append(index, text)?,
                Some(whole @ Value::Object(_)) => self.append(index, &whole.to_string())?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Begins the call of one of Anthropic's blocks.
    pub(super) fn begin(&mut self, index: u64, block: &Value) -> Result<(), TooMuch> {
        let text = |name: &str| block.get(name).and_then(Value::as_str).map(str::to_owned);
        self.at(index, text("id"), text("name"))?;
        match block.get("input") {
            Some(Value::Object(input)) if !input.is_empty() => {
                self.append(index, &block["input"].to_string())
            }
            _ => Ok(()),
        }
    }

    /// Goes on with the arguments of the call under `index`; one that never began is none.
    pub(super) fn append(&mut self, index: u64, piece: &str) -> Result<(), TooMuch> {
        self.count(piece.len())?;
        if let Some((_, call)) = self.list.iter_mut().rev().find(|(at, _)| *at == index) {
            call.arguments.push_str(piece);
        }
        Ok(())
    }

    /// The calls, each with an id of its own: of `length` letters and digits, where the provider asks for that.
    pub(super) fn finish(self, length: Option<usize>) -> Vec<Call> {
        let mut calls: Vec<Call> = self.list.into_iter().map(|(_, call)| call).collect();
        for at in 0..calls.len() {
            let id = &calls[at].id;
            let form = length.is_none_or(|n| id.len() == n && id.bytes().all(|b| b.is_ascii_alphanumeric()));
            let twice = calls[..at].iter().any(|before| before.id == *id);
            if id.is_empty() || twice || !form {
                calls[at].id = format!("call{:05}", at + 1);
            }
        }
        calls
    }

    fn count(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.bytes += bytes;
        if self.bytes > ARGUMENTS { Err(TooMuch) } else { Ok(()) }
    }

    /// The call under `index`, which may begin with this piece. An id and a name are taken once. A second name under
    /// another id is a second call: Gemini gives each the index 0, Mistral none.
    fn at(&mut self, index: u64, id: Option<String>, name: Option<String>) -> Result<&mut Call, TooMuch> {
        if [&id, &name].into_iter().flatten().any(|word| word.len() > WORD) {
            return Err(TooMuch);
        }
        let known = self.list.iter().rposition(|(at, call)| {
            let other = matches!(&id, Some(id) if !call.id.is_empty() && *id != call.id);
            *at == index && !(other && name.is_some())
        });
        let at = match known {
            Some(at) => at,
            None if self.list.len() == MOST => return Err(TooMuch),
            None => {
                let call =
                    Call { id: String::new(), name: String::new(), arguments: String::new(), extra: None };
                self.list.push((index, call));
                self.list.len() - 1
            }
        };
        let call = &mut self.list[at].1;
        if call.id.is_empty() {
            call.id = id.unwrap_or_default();
        }
        if call.name.is_empty() {
            call.name = name.unwrap_or_default();
        }
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(pieces: &[Value]) -> Vec<(String, String, String)> {
        let mut calls = Calls::default();
        for piece in pieces {
            calls.push(piece.as_array().unwrap()).unwrap();
        }
        calls.finish(None).into_iter().map(|call| (call.id, call.name, call.arguments)).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.to_owned(), name.to_owned(), arguments.to_owned())
    }

    #[test]
    fn a_call_is_put_together_from_each_providers_pieces() {
        let one = [call("a", "f", r#"{"x":1}"#)];
        for (provider, pieces) in [
            (
                "openai",
                vec![
                    json!([{ "index": 0, "id": "a", "type": "function", "function": { "name": "f", "arguments": "" } }]),
                    json!([{ "index": 0, "function": { "arguments": "{\"x\"" } }]),
                    json!([{ "index": 0, "function": { "arguments": ":1}" } }]),
                ],
            ),
            (
                "alibaba",
                vec![
                    json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\"" } }]),
                    json!([{ "index": 0, "id": "", "function": { "name": null, "arguments": ":1}" } }]),
                    json!([{ "index": 0, "id": "", "function": { "arguments": "" } }]),
                ],
            ),
            ("mistral", vec![json!([{ "id": "a", "function": { "name": "f", "arguments": "{\"x\":1}" } }])]),
            ("an object", vec![json!([{ "id": "a", "function": { "name": "f", "arguments": { "x": 1 } } }])]),
            (
                "the name again",
                vec![
                    json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": "{\"x\"" } }]),
                    json!([{ "index": 0, "id": "a", "function": { "name": "f", "arguments": ":1}" } }]),
                ],
            ),
        ] {
            assert_eq!(read(&pieces), one, "{provider}");
        }
    }

    #[test]
    fn two_calls_stay_two() {
        let whole =
            |id: &str, name: &str| json!({ "id": id, "function": { "name": name, "arguments": "{}" } });
        let two = [call("a", "f", "{}"), call("b", "g", "{}")];
        assert_eq!(read(&[json!([whole("a", "f"), whole("b", "g")])]), two);
        assert_eq!(read(&[json!([whole("a", "f")]), json!([whole("b", "g")])]), two);
        let interleaved = [
            json!([{ "index": 0, "id": "a", "function": { "name": "f" } }, { "index": 1, "id": "b", "function": { "name": "g" } }]),
            json!([{ "index": 1, "function": { "arguments": "{}" } }]),
            json!([{ "index": 0, "function": { "arguments": "{}" } }]),
        ];
        assert_eq!(read(&interleaved), two);
        assert_eq!(read(&[json!([whole("", "f")])])[0].0, "call00001");
    }

    #[test]
    fn every_call_gets_an_id_in_the_form_that_is_asked_for() {
        let mut calls = Calls::default();
        for (index, id) in ["Ab3dEf7h9", "call_1", "Ab3dEf7h9"].into_iter().enumerate() {
            calls.push(&[json!({ "index": index, "id": id, "function": { "name": "f" } })]).unwrap();
        }
        let ids: Vec<String> = calls.finish(Some(9)).into_iter().map(|call| call.id).collect();
        assert_eq!(ids, ["Ab3dEf7h9", "call00002", "call00003"]);
    }

    #[test]
    fn what_a_provider_wants_back_is_kept_and_what_nobody_means_is_refused() {
        let mut calls = Calls::default();
        let extra = json!({ "google": { "thought_signature": "s" } });
        calls.push(&[json!({ "id": "a", "function": { "name": "f" }, "extra_content": extra })]).unwrap();
        assert_eq!(calls.finish(None)[0].extra, Some(extra));
        let many: Vec<Value> = (0..9).map(|n| json!({ "index": n, "function": { "name": "f" } })).collect();
        assert_eq!(Calls::default().push(&many), Err(TooMuch));
        let long = "x".repeat(1024);
        let mut calls = Calls::default();
        let piece = [json!({ "index": 0, "function": { "arguments": long } })];
        assert!((0..16).all(|_| calls.push(&piece).is_ok()) && calls.push(&piece) == Err(TooMuch));
        assert_eq!(Calls::default().push(&[json!({ "function": { "name": long } })]), Err(TooMuch));
    }
}
