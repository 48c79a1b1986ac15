//! Layers: defaults, file, environment, flags, laid over one another.
//!
//! Enters: TOML text, pairs from the environment, flags. Leaves: [`Layers`], a checked value for each key and where it
//! came from. Never here: a key that is not in the table, a value out of range.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{SettingsError, ToolPlace, ToolServer, keys, tools};

/// The shipped settings, all at their defaults.
const SHIPPED: &str = include_str!("../../config/assistant.toml");

/// What the shipped settings are called where a value's origin is told.
pub(super) const SHIPPED_NAME: &str = "config/assistant.toml";

/// A setting given on the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The key it sets ("region").
    pub key: &'static str,
    /// The flag as typed ("--region").
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// Values by key, each with its origin; later layers replace earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    values: BTreeMap<String, (Value, String)>,
}

/// Reads settings text into a layer of its own.
///
/// # Errors
/// [`SettingsError`]: not TOML, an unknown key, a value that is not allowed. `origin` names the file in it.
pub fn parse(text: &str, origin: &str) -> Result<Layers, SettingsError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Syntax {
        file: origin.to_owned(),
        line: error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
        message: error.message().to_owned(),
    })?;
    let mut layers = Layers::default();
    layers.lay_table(&table, "", origin)?;
    Ok(layers)
}

impl Layers {
    /// The shipped defaults.
    ///
    /// # Errors
    /// Never with the file as shipped; a test holds it to that.
    pub fn defaults() -> Result<Self, SettingsError> {
        parse(SHIPPED, SHIPPED_NAME)
    }

    /// Lays `over` on top.
    pub fn lay(&mut self, over: Self) {
        self.values.extend(over.values);
    }

    /// Lays one value given as text, from the environment or a flag.
    ///
    /// # Errors
    /// [`SettingsError`]: an unknown key, a value that is not allowed.
    pub fn lay_text(&mut self, path: &str, text: &str, origin: &str) -> Result<(), SettingsError> {
        let Some((key, _)) = keys::find(path) else { return Err(unknown(path, origin)) };
        self.lay_value(path, &key.accepts.read_text(text), origin)
    }

    fn lay_table(&mut self, table: &Table, prefix: &str, origin: &str) -> Result<(), SettingsError> {
        for (name, value) in table {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                // A table that only names an endpoint sets it up as the policy has it.
                Value::Table(inner) if inner.is_empty() && prefix == "endpoint" => {
                    self.lay_text(&format!("{path}.model"), "", origin)?;
                }
                Value::Table(inner) if inner.is_empty() && !keys::is_table(&path) => {
                    return Err(unknown(&path, origin));
                }
                Value::Table(inner) if keys::find(&path).is_none() => self.lay_table(inner, &path, origin)?,
                _ => self.lay_value(&path, value, origin)?,
            }
        }
        Ok(())
    }

    fn lay_value(&mut self, path: &str, value: &Value, origin: &str) -> Result<(), SettingsError> {
        let Some((key, _)) = keys::find(path) else { return Err(unknown(path, origin)) };
        key.accepts.check(value).map_err(|allowed| SettingsError::BadValue {
            origin: origin.to_owned(),
            key: path.to_owned(),
            value: value.to_string(),
            allowed,
        })?;
        if matches!(key.accepts, keys::Accepts::Servers) {
            tools::read(value, origin)?;
        }
        self.values.insert(path.to_owned(), (value.clone(), origin.to_owned()));
        Ok(())
    }

    /// The servers of tools at `path`.
    ///
    /// # Errors
    /// One that is to get the variable in which an endpoint's key lies.
    pub(super) fn servers(&self, path: &str) -> Result<Vec<ToolServer>, SettingsError> {
        let Some((value, origin)) = self.values.get(path) else { return Ok(Vec::new()) };
        let servers = tools::read(value, origin)?;
        let keys: Vec<String> = self
            .endpoints()
            .iter()
            .filter_map(|id| self.optional(&format!("endpoint.{id}.key_env")))
            .collect();
        for server in &servers {
            let ToolPlace::Program { environment, .. } = &server.at else { continue };
            if let Some(name) = environment.iter().find(|name| keys.contains(name)) {
                return Err(SettingsError::BadValue {
                    origin: origin.clone(),
                    key: format!("{path}.{}.environment", server.name),
                    value: name.clone(),
                    allowed: "variables in which no endpoint's key lies (key_env)".to_owned(),
                });
            }
        }
        Ok(servers)
    }

    /// The text at `path`; empty where nothing was set.
    pub(super) fn text(&self, path: &str) -> &str {
        self.values.get(path).and_then(|(value, _)| value.as_str()).unwrap_or_default()
    }

    /// The text at `path`, `None` where it is empty.
    pub(super) fn optional(&self, path: &str) -> Option<String> {
        Some(self.text(path).trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The whole number at `path`; checked to be in range when it was laid.
    pub(super) fn integer(&self, path: &str) -> i64 {
        self.values.get(path).and_then(|(value, _)| value.as_integer()).unwrap_or_default()
    }

    /// The number at `path`.
    pub(super) fn number(&self, path: &str) -> f64 {
        self.values.get(path).and_then(|(value, _)| keys::number(value)).unwrap_or_default()
    }

    /// The texts at `path`.
    pub(super) fn texts(&self, path: &str) -> Vec<String> {
        let list = self.values.get(path).and_then(|(value, _)| value.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The truth at `path`.
    pub(super) fn flag(&self, path: &str) -> bool {
        self.values.get(path).and_then(|(value, _)| value.as_bool()).unwrap_or_default()
    }

    /// Where `path` was set.
    pub(super) fn origin(&self, path: &str) -> String {
        self.values.get(path).map(|(_, origin)| origin.clone()).unwrap_or_default()
    }

    /// The endpoints that were spoken of, in order.
    pub(super) fn endpoints(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .values
            .keys()
            .filter_map(|path| keys::find(path).and_then(|(_, id)| id).map(str::to_owned))
            .collect();
        ids.dedup();
        ids
    }

    /// A value error for `path` as it stands.
    pub(super) fn refuse(&self, path: &str, allowed: String) -> SettingsError {
        SettingsError::BadValue {
            origin: self.origin(path),
            key: path.to_owned(),
            value: self.values.get(path).map(|(value, _)| value.to_string()).unwrap_or_default(),
            allowed,
        }
    }
}

fn unknown(path: &str, origin: &str) -> SettingsError {
    SettingsError::UnknownKey {
        origin: origin.to_owned(),
        key: path.to_owned(),
        nearest: keys::nearest(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_sets_every_key_and_nothing_else() {
        let layers = Layers::defaults().unwrap();
        for key in keys::KEYS {
            assert!(layers.values.contains_key(key.path), "config/assistant.toml lacks {}", key.path);
        }
        assert_eq!(layers.values.len(), keys::KEYS.len());
    }

    #[test]
    fn the_commented_endpoints_of_the_shipped_file_are_known_keys_too() {
        let (_, examples) = SHIPPED.split_once("# [endpoint.openai]").unwrap();
        let uncommented: String = format!("# [endpoint.openai]{examples}")
            .lines()
            .map(|l| format!("{}\n", l.trim_start_matches(['#', ' '])))
            .collect();
        assert_eq!(parse(&uncommented, "x").unwrap().endpoints(), ["ollama", "openai"]);
    }

    #[test]
    fn a_bad_file_is_refused_with_its_place() {
        let cases = [
            (
                "listen.end_silence_ms = 100",
                "`listen.end_silence_ms` is 100; allowed: a whole number from 200 to 3000",
            ),
            ("listen.end_silence_ms = \"600\"", "allowed: a whole number"),
            ("regoin = \"EU\"", "unknown key `regoin` (nearest known: `region`)"),
            ("[listen]\nend_silense_ms = 600", "nearest known: `listen.end_silence_ms`"),
            ("[endpoint.openai]\nkey = \"sk-1\"", "unknown key `endpoint.openai.key`"),
            ("region = \"EU\"\nregion = \"US\"", "line 2"),
            ("wake.phrases = []", "a list of 1 to 16"),
            ("[foo]", "unknown key `foo`"),
            ("[listen.foo]", "unknown key `listen.foo`"),
            ("speak.speed = nan", "a number from 0.5 to 2"),
            ("script = \"Simplified\"", "\"simplified\", \"traditional\", \"as-heard\""),
        ];
        for (text, expected) in cases {
            let message = parse(text, "user.toml").unwrap_err().to_string();
            assert!(message.starts_with("user.toml") && message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn a_table_that_only_names_an_endpoint_sets_it_up() {
        assert_eq!(parse("[endpoint.llamacpp]", "x").unwrap().endpoints(), ["llamacpp"]);
        assert!(parse("[listen]\n[endpoint]", "x").unwrap().endpoints().is_empty());
    }

    #[test]
    fn a_later_layer_wins_key_by_key() {
        let mut layers = Layers::defaults().unwrap();
        layers.lay(parse("region = \"EU\"\nspeak.speed = 2", "user.toml").unwrap());
        layers.lay_text("region", "US", "MYNAH_REGION").unwrap();
        assert_eq!((layers.text("region"), layers.origin("region").as_str()), ("US", "MYNAH_REGION"));
        assert!((layers.number("speak.speed") - 2.0).abs() < f64::EPSILON);
        assert_eq!(layers.integer("listen.end_silence_ms"), 600);
    }
}
