//! Listed: a tool as a server lists it, and as it is offered.
//!
//! Enters: what a server says of its tool. Leaves: a name, a few words and a small schema, marked as the server's own; a
//! print by which a later change shows. Never here: trust in any of it.

use rmcp::model::Tool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{schema, text::plain};

/// Between a server's name and its tool's.
pub const BETWEEN: &str = "__";

/// Longest name that every provider takes.
const NAME: usize = 64;

/// Longest description, characters.
const DESCRIPTION: usize = 400;

/// A tool that is known of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// The server's name for it.
    pub(super) name: String,
    /// What the server says of it, cleaned and shortened; empty for nothing.
    pub(super) description: String,
    /// Its arguments; `None` where the schema is too large to be offered.
    pub(super) schema: Option<Value>,
    /// Whether the server says that it changes nothing.
    pub(super) read_only: bool,
    /// Of all that the server says of it.
    pub(super) print: String,
}

/// A tool as it is offered to language models.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Its name there: the server's, `__`, the tool's.
    pub name: String,
    /// What it does, in the server's words and marked as such.
    pub description: String,
    /// Its arguments as JSON Schema.
    pub schema: Value,
    /// Whether it may change something, as far as is known.
    pub changes: bool,
    /// Whether the user has to say yes before each call.
    pub needs_yes: bool,
}

impl Listed {
    /// `tool` as a server listed it.
    pub(super) fn of(tool: &Tool) -> Self {
        let read_only = tool.annotations.as_ref().and_then(|hints| hints.read_only_hint) == Some(true);
        let title = tool.title.as_deref().unwrap_or_default();
        let about = tool.description.as_deref().unwrap_or(title);
        let all = json!([tool.name, title, tool.description, *tool.input_schema, tool.annotations]);
        let print = Sha256::digest(sorted(all).to_string());
        Self {
            name: tool.name.chars().take(NAME * 2).collect(),
            description: plain(about, DESCRIPTION).text,
            schema: schema::slim(&tool.input_schema),
            read_only,
            print: print.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// What it is called among the tools of `server`; `None` where no provider would take the name.
    pub(super) fn called(&self, server: &str) -> Option<String> {
        let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = self.name.chars().map(fit).collect();
        let called = format!("{server}{BETWEEN}{name}");
        (!name.is_empty() && called.len() <= NAME).then_some(called)
    }

    /// What models are told of it.
    pub(super) fn told(&self, server: &str) -> String {
        if self.description.is_empty() {
            format!("Of the program \"{server}\", which says nothing about it.")
        } else {
            format!("Of the program \"{server}\", in its own words: {}", self.description)
        }
    }
}

/// `value` with the fields of its objects in order: a server may list them in any.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

/// Whether `pattern`, in which `*` stands for anything, means the tool `name`.
pub(super) fn means(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(text: &str) -> Listed {
        Listed::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_tool_is_offered_under_a_name_that_providers_take_and_in_bounded_words() {
        let long = tool(&format!(
            r#"{{"name":"get.file/now","description":"{}","inputSchema":{{"type":"object"}}}}"#,
            "Reads. ".repeat(300)
        ));
        assert_eq!(long.called("files").as_deref(), Some("files__get_file_now"));
        assert!(long.told("files").starts_with("Of the program \"files\", in its own words: Reads."));
        assert!(long.told("files").chars().count() < 460 && !long.read_only);
        let name = "n".repeat(70);
        let odd = tool(&format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#));
        assert_eq!((odd.called("files"), odd.description.as_str()), (None, ""));
        assert_eq!(tool(r#"{"name":"","inputSchema":{}}"#).called("files"), None);
    }

    #[test]
    fn any_change_shows_in_the_print_and_the_order_of_fields_does_not() {
        let one = r#"{"name":"a","description":"b","inputSchema":{"type":"object","properties":{"x":{},"y":{}}},"annotations":{"readOnlyHint":true}}"#;
        let print = tool(one).print;
        assert_eq!(tool(&one.replace(r#""x":{},"y":{}"#, r#""y":{},"x":{}"#)).print, print);
        let long = format!("b{}", " ".repeat(10));
        for other in [
            one.replace("\"b\"", "\"c\""),
            one.replace("\"b\"", &format!("\"{long}\"")),
            one.replace("\"x\":{}", "\"x\":{\"default\":1}"),
            one.replace("true", "false"),
        ] {
            assert_ne!(tool(&other).print, print, "{other}");
        }
    }

    #[test]
    fn patterns_mean_names() {
        for (pattern, name, is) in [
            ("read_file", "read_file", true),
            ("read_file", "read_files", false),
            ("read_*", "read_file", true),
            ("read_*", "write_file", false),
            ("*", "", true),
            ("*_file", "read_text_file", true),
            ("*a*b*", "xaxbx", true),
            ("a*a", "a", false),
            ("*a*b*", "ba", false),
        ] {
            assert_eq!(means(pattern, name), is, "{pattern} {name}");
        }
    }
}
