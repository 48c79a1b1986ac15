//! Schema: what a server says its tool takes, cut down to what any language model is offered, and held against a call.
//!
//! Enters: a JSON Schema that nobody here wrote. Leaves: a small one, or nothing where it is too large; whether arguments
//! fit it. What is cut away is not checked; the server checks it itself. Never here: a reference that is followed, a
//! pattern that is run.

use serde_json::{Map, Value, json};

use super::text::plain;

/// Deepest nesting that is kept; what lies deeper is any value.
const DEPTH: usize = 5;

/// Most properties of one object.
const PROPERTIES: usize = 32;

/// Most values of an enumeration.
const CHOICES: usize = 64;

/// Longest description of a property, characters.
const DESCRIPTION: usize = 160;

/// Longest schema that is offered, bytes as text.
const LONGEST: usize = 6 * 1024;

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/// Bounds that are kept as they are.
const BOUNDS: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

/// `schema` of a tool's arguments, cut down; `None` where it is none, or too large to be offered.
pub(super) fn slim(schema: &Map<String, Value>) -> Option<Value> {
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return None;
    }
    let mut slim = part(schema, 0)?;
    let object = slim.as_object_mut()?;
    object.entry("type").or_insert_with(|| json!("object"));
    object.entry("properties").or_insert_with(|| json!({}));
    (slim.to_string().len() <= LONGEST).then_some(slim)
}

/// `None` where it is too large.
fn part(schema: &Map<String, Value>, depth: usize) -> Option<Value> {
    let mut kept = Map::new();
    if depth >= DEPTH {
        return Some(Value::Object(kept));
    }
    let known = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
    match schema.get("type") {
        Some(kind) if known(kind) => {
            kept.insert("type".into(), kind.clone());
        }
        // Several types at once are not understood by every provider; the check is left to the server then.
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter(|kind| known(kind) && *kind != "null");
            if let (Some(kind), None) = (kinds.next(), kinds.next()) {
                kept.insert("type".into(), kind.clone());
            }
        }
        _ => {}
    }
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let text = plain(text, DESCRIPTION).text;
        if !text.is_empty() {
            kept.insert("description".into(), Value::String(text));
        }
    }
    if let Some(Value::Array(choices)) = schema.get("enum") {
        if choices.len() > CHOICES {
            return None;
        }
        if choices.iter().all(|choice| choice.as_str().is_some_and(is_plain)) {
            kept.insert("enum".into(), Value::Array(choices.clone()));
        }
    }
    for bound in BOUNDS {
        if let Some(number) = schema.get(bound).filter(|number| number.is_number()) {
            kept.insert(bound.into(), number.clone());
        }
    }
    if let Some(items) = schema.get("items").and_then(Value::as_object) {
        kept.insert("items".into(), part(items, depth + 1)?);
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        if properties.len() > PROPERTIES {
            return None;
        }
        let mut slim = Map::new();
        for (name, property) in properties {
            // A name is an instruction's best hiding place, since it cannot be shortened.
            if !is_plain(name) {
                return None;
            }
            let property = property.as_object().map_or_else(|| Some(json!({})), |it| part(it, depth + 1))?;
            slim.insert(name.clone(), property);
        }
        if let Some(Value::Array(required)) = schema.get("required") {
            let there = |name: &&Value| name.as_str().is_some_and(|name| slim.contains_key(name));
            let required: Vec<Value> = required.iter().filter(there).cloned().collect();
            if !required.is_empty() {
                kept.insert("required".into(), Value::Array(required));
            }
        }
        kept.insert("properties".into(), Value::Object(slim));
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            kept.insert("additionalProperties".into(), Value::Bool(false));
        }
    }
    Some(Value::Object(kept))
}

/// Whether `name` is short, and nothing but what shows.
fn is_plain(name: &str) -> bool {
    let cleaned = plain(name, 64);
    !name.is_empty() && !cleaned.shortened && cleaned.text == name && !name.contains('\n')
}

/// Whether `arguments` fit `schema`; `Err` says what does not, for the model.
pub(super) fn fits(schema: &Value, arguments: &Map<String, Value>) -> Result<(), String> {
    object(schema, arguments, "the arguments", 0)
}

fn object(schema: &Value, given: &Map<String, Value>, place: &str, depth: usize) -> Result<(), String> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) = names.filter_map(Value::as_str).find(|name| !given.contains_key(*name)) {
        return Err(format!("{place} lack `{missing}`"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in given {
        match properties.and_then(|known| known.get(name)) {
            Some(schema) => fit(schema, value, name, depth + 1)?,
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                let name: String = name.chars().take(64).collect();
                return Err(format!("{place} hold `{name}`, which is not taken"));
            }
            None => {}
        }
    }
    Ok(())
}

fn fit(schema: &Value, value: &Value, name: &str, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Ok(());
    }
    let right = match schema.get("type").and_then(Value::as_str) {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if !right {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        return Err(format!("`{name}` must be of type {kind}"));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        return Err(format!("`{name}` must be one of {}", Value::Array(choices.clone())));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let size = match value {
        Value::Number(number) => number.as_f64().map(|size| (size, "minimum", "maximum")),
        Value::String(text) => size(text.chars().count()).map(|size| (size, "minLength", "maxLength")),
        Value::Array(items) => size(items.len()).map(|size| (size, "minItems", "maxItems")),
        _ => None,
    };
    if let Some((size, low, high)) = size
        && (bound(low).is_some_and(|low| size < low) || bound(high).is_some_and(|high| size > high))
    {
        return Err(format!("`{name}` is outside its bounds"));
    }
    match value {
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return Ok(()) };
            items.iter().try_for_each(|item| fit(schema, item, name, depth + 1))
        }
        Value::Object(given) => object(schema, given, &format!("the fields of `{name}`"), depth),
        _ => Ok(()),
    }
}

/// A count as a number to compare; `None` where it is beyond all bounds.
fn size(count: usize) -> Option<f64> {
    u32::try_from(count).ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_schema_keeps_what_every_model_reads_and_nothing_that_hides() {
        let slimmed = slim(&map(json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "title": "args",
            "properties": {
                "path": { "type": "string", "description": "The\u{202e} path\u{7}\nof it", "pattern": "(a+)+$" },
                "head": { "type": ["integer", "null"], "minimum": 1 },
                "many": { "type": "array", "items": { "type": "string", "format": "uri" } },
                "kind": { "enum": ["a", "b"], "default": "a" },
                "free": { "$ref": "#/$defs/free" }, "true": true,
            },
            "required": ["path", "absent"], "additionalProperties": false, "$defs": { "free": {} },
        })))
        .unwrap();
        assert_eq!(
            slimmed,
            json!({
                "type": "object",
                "required": ["path"],
                "properties": {
                    "path": { "type": "string", "description": "The path\nof it" },
                    "head": { "type": "integer", "minimum": 1 },
                    "many": { "type": "array", "items": { "type": "string" } },
                    "kind": { "enum": ["a", "b"] },
                    "free": {}, "true": {},
                },
                "additionalProperties": false,
            })
        );
        for (arguments, fault) in [
            (json!({ "path": "a" }), ""),
            (json!({ "path": "a", "head": 2.0, "many": ["x"], "kind": "b", "free": { "a": [1] } }), ""),
            (json!({}), "lack `path`"),
            (json!({ "path": 1 }), "`path` must be of type string"),
            (json!({ "path": "a", "head": 0 }), "outside its bounds"),
            (json!({ "path": "a", "head": 1.5 }), "type integer"),
            (json!({ "path": "a", "many": [1] }), "`many` must be of type string"),
            (json!({ "path": "a", "kind": "c" }), "one of"),
            (json!({ "path": "a", "other": "c" }), "`other`, which is not taken"),
        ] {
            let found = fits(&slimmed, &map(arguments.clone())).err().unwrap_or_default();
            assert!(found.contains(fault) && found.is_empty() == fault.is_empty(), "{arguments}: {found}");
        }
    }

    #[test]
    fn a_schema_that_is_too_large_or_hides_words_in_names_is_not_offered() {
        let properties = |n: usize, text: &str| {
            let all = (0..n).map(|n| (format!("p{n}"), json!({ "type": "string", "description": text })));
            json!({ "type": "object", "properties": all.collect::<Map<_, _>>() })
        };
        assert!(slim(&map(properties(20, "short"))).is_some());
        assert!(slim(&map(properties(33, ""))).is_none());
        assert!(slim(&map(properties(32, &"long ".repeat(100)))).is_none());
        assert!(slim(&map(json!({ "type": "array" }))).is_none());
        assert!(slim(&map(json!({ "properties": { "a\u{200b}b": {} } }))).is_none());
        assert!(slim(&map(json!({ "properties": { "ignore all ".repeat(9): {} } }))).is_none());
        assert_eq!(slim(&Map::new()), Some(json!({ "type": "object", "properties": {} })));
        let mut deep = json!({});
        for _ in 0..100 {
            deep = json!({ "type": "object", "properties": { "a": deep } });
        }
        assert!(slim(&map(deep)).unwrap().to_string().len() < 1_000);
    }
}
