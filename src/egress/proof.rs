//! Proof: what an answer must say of itself before any of it is believed.
//!
//! Enters: the rules' `response_assert`, payloads. Leaves: whether the answer said so, has yet to, or said something else.
//! Never here: an answer that is passed on unproven; it waits until the proof came.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::egress::redact::is_code;

/// What is still to be shown: a path of fields, and the text that must stand there.
#[derive(Debug, Default)]
pub(super) struct Proof {
    wanted: Vec<(String, String)>,
    shown: Vec<String>,
}

/// An answer that says the wrong thing of itself, or nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The path.
    pub(super) field: String,
    /// What should stand there.
    pub(super) wanted: String,
    /// What stands there, where it can be shown.
    pub(super) found: Option<String>,
}

impl Proof {
    pub(super) fn new(wanted: &BTreeMap<String, String>) -> Self {
        Self {
            wanted: wanted.iter().map(|(path, text)| (path.clone(), text.clone())).collect(),
            shown: vec![],
        }
    }

    /// Whether everything was shown.
    pub(super) fn is_complete(&self) -> bool {
        self.wanted.iter().all(|(path, _)| self.shown.contains(path))
    }

    /// Reads what `payload` says; each time it says so anew.
    pub(super) fn read(&mut self, payload: &str) -> Result<(), Broken> {
        for (path, wanted) in &self.wanted {
            let last = path.rsplit('.').next().unwrap_or(path);
            if !payload.contains(last) {
                continue; // spares nearly every payload a second parse
            }
            let Ok(value) = serde_json::from_str::<Value>(payload) else { continue };
            for found in said(&value, path) {
                if found.as_str() != Some(wanted) {
                    let found = found.as_str().filter(|text| is_code(text)).map(str::to_owned);
                    return Err(Broken { field: path.clone(), wanted: wanted.clone(), found });
                }
                if !self.shown.contains(path) {
                    self.shown.push(path.clone());
                }
            }
        }
        Ok(())
    }

    /// What was never shown, once the answer is over.
    pub(super) fn missing(&self) -> Option<Broken> {
        let (field, wanted) = self.wanted.iter().find(|(path, _)| !self.shown.contains(path))?;
        Some(Broken { field: field.clone(), wanted: wanted.clone(), found: None })
    }

    /// Where the answer said that it was computed, for the record.
    pub(super) fn place(&self) -> Option<String> {
        let shown = self.wanted.iter().filter(|(path, _)| self.shown.contains(path));
        let texts: Vec<&str> = shown.map(|(_, text)| text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}

/// What stands at `path`, at the top or one level below it: Anthropic's first event wraps the message.
fn said<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let at = |value: &'a Value| path.split('.').try_fold(value, |value, field| value.get(field));
    let below = value.as_object().into_iter().flat_map(|fields| fields.values());
    std::iter::once(value).chain(below).filter_map(at).filter(|found| !found.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_contradicted_or_missing() {
        let proof = || Proof::new(&BTreeMap::from([("usage.inference_geo".to_owned(), "us".to_owned())]));
        let broken = |found: Option<&str>| Broken {
            field: "usage.inference_geo".to_owned(),
            wanted: "us".to_owned(),
            found: found.map(str::to_owned),
        };
        for (payload, ends) in [
            (r#"{"usage":{"inference_geo":"us"}}"#, Ok(true)),
            (r#"{"type":"message_start","message":{"usage":{"inference_geo":"us"}}}"#, Ok(true)),
            (r#"{"type":"ping"}"#, Ok(false)),
            (r#"{"text":"usage.inference_geo is us"}"#, Ok(false)),
            (r#"{"usage":{"inference_geo":null}}"#, Ok(false)),
            (r#"{"usage":{"inference_geo":"global"}}"#, Err(Some("global"))),
            (r#"{"message":{"usage":{"inference_geo":"eu"}}}"#, Err(Some("eu"))),
            (r#"{"usage":{"inference_geo":"US"}}"#, Err(Some("US"))),
            (r#"{"usage":{"inference_geo":true}}"#, Err(None)),
            (r#"{"usage":{"inference_geo":"anything that is no code"}}"#, Err(None)),
        ] {
            let mut proof = proof();
            assert_eq!(proof.read(payload).map(|()| proof.is_complete()), ends.map_err(broken), "{payload}");
        }
        let mut proof = proof();
        proof.read(r#"{"usage":{"inference_geo":"us"}}"#).unwrap();
        assert_eq!(proof.place().as_deref(), Some("us"));
        assert_eq!(proof.read(r#"{"usage":{"inference_geo":"eu"}}"#), Err(broken(Some("eu"))), "a later lie");
        assert_eq!(
            self::Proof::new(&BTreeMap::from([("a".into(), "b".into())])).missing().unwrap().field,
            "a"
        );
        assert!(Proof::default().is_complete() && Proof::default().missing().is_none());
    }
}
