//! The table of every key: its name, what it accepts.
//!
//! Enters: nothing. Leaves: [`KEYS`] and the check of one value. Never here: reading a file or the environment.

use toml::Value;

/// What a key accepts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Accepts {
    /// A whole number between the two, both included.
    Integer(i64, i64),
    /// A number between the two, both included.
    Number(f64, f64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text on one line.
    Text,
    /// At least this many texts and at most sixteen, none empty.
    Texts(usize),
    /// true or false.
    Flag,
    /// Tables that say what servers of tools there are.
    Servers,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its path, dots between tables.
    pub(super) path: &'static str,
    /// What it accepts.
    pub(super) accepts: Accepts,
}

const fn key(path: &'static str, accepts: Accepts) -> Key {
    Key { path, accepts }
}

/// Every key outside the `endpoint` tables, in the order of `config/assistant.toml`.
pub(super) const KEYS: &[Key] = &[
    key("region", Accepts::Text),
    key("travelling", Accepts::Flag),
    key("language", Accepts::Text),
    key("script", Accepts::OneOf(&["simplified", "traditional", "as-heard"])),
    key("phrases", Accepts::Text),
    key("listen.devices", Accepts::Texts(0)),
    key("listen.end_silence_ms", Accepts::Integer(200, 3_000)),
    key("listen.finished_silence_ms", Accepts::Integer(150, 3_000)),
    key("listen.unfinished_silence_ms", Accepts::Integer(200, 5_000)),
    key("listen.pre_roll_ms", Accepts::Integer(0, 1_000)),
    key("listen.longest_utterance_ms", Accepts::Integer(2_000, 60_000)),
    key("listen.echo_cancellation", Accepts::Flag),
    key("wake.phrases", Accepts::Texts(1)),
    key("wake.stop_words", Accepts::Texts(0)),
    key("wake.sensitivity", Accepts::Number(0.0, 1.0)),
    key("wake.refractory_ms", Accepts::Integer(0, 10_000)),
    key("wake.follow_up_ms", Accepts::Integer(1_000, 30_000)),
    key("wake.after_reply_ms", Accepts::Integer(0, 30_000)),
    key("wake.samples", Accepts::Text),
    key("hotkey.key", Accepts::Text),
    key("hotkey.mode", Accepts::OneOf(&["hold", "toggle"])),
    key("hotkey.release_grace_ms", Accepts::Integer(0, 2_000)),
    key("transcribe.model", Accepts::Text),
    key("transcribe.threads", Accepts::Integer(0, 64)),
    key("answer.history_exchanges", Accepts::Integer(0, 50)),
    key("answer.longest_reply_tokens", Accepts::Integer(16, 4_096)),
    key("answer.memory_minutes", Accepts::Integer(0, 1_440)),
    key("history.keep_days", Accepts::Integer(0, 3_650)),
    key("memory.tell_model", Accepts::Flag),
    key("store.encrypt", Accepts::OneOf(&["auto", "never"])),
    key("speak.engine", Accepts::OneOf(&["auto", "flite", "espeak", "piper", "say"])),
    key("speak.speed", Accepts::Number(0.5, 2.0)),
    key("speak.voice_english", Accepts::Text),
    key("speak.voice_mandarin", Accepts::Text),
    key("speak.piper_program", Accepts::Text),
    key("speak.piper_model", Accepts::Text),
    key("play.device", Accepts::Text),
    key("play.volume", Accepts::Number(0.0, 1.0)),
    key("play.earcons", Accepts::Flag),
    key("play.duck_others", Accepts::Flag),
    key("place.home", Accepts::Text),
    key("place.temperature", Accepts::OneOf(&["auto", "celsius", "fahrenheit"])),
    key("home.url", Accepts::Text),
    key("keys.store", Accepts::OneOf(&["auto", "file"])),
    key("models.directory", Accepts::Text),
    key("models.mirror", Accepts::Text),
    key("network.connect_ms", Accepts::Integer(100, 60_000)),
    key("network.first_byte_ms", Accepts::Integer(100, 120_000)),
    key("network.idle_ms", Accepts::Integer(100, 120_000)),
    key("network.whole_reply_ms", Accepts::Integer(1_000, 600_000)),
    key("network.proxy.url", Accepts::Text),
    key("network.proxy.infer", Accepts::Texts(0)),
    key("network.ledger", Accepts::Text),
    key("network.ledger_mib", Accepts::Integer(1, 1_024)),
    key("network.ledger_keep", Accepts::Integer(1, 1_000)),
    key("control.socket", Accepts::Text),
    key("tools.server", Accepts::Servers),
];

/// Every key of an `[endpoint.ID]` table.
pub(super) const ENDPOINT_KEYS: &[Key] = &[
    key("model", Accepts::Text),
    key("url", Accepts::Text),
    key("key_env", Accepts::Text),
    key("key_file", Accepts::Text),
    key("attested", Accepts::Flag),
];

/// The key at `path`, with the endpoint it belongs to where it is one of an endpoint's.
pub(super) fn find(path: &str) -> Option<(&'static Key, Option<&str>)> {
    if let Some(rest) = path.strip_prefix("endpoint.") {
        let (id, name) = rest.rsplit_once('.')?;
        return ENDPOINT_KEYS.iter().find(|k| k.path == name).map(|k| (k, Some(id)));
    }
    KEYS.iter().find(|k| k.path == path).map(|k| (k, None))
}

/// Whether keys stand in a table called `path`.
pub(super) fn is_table(path: &str) -> bool {
    path == "endpoint" || KEYS.iter().any(|k| k.path.split_once('.').is_some_and(|(table, _)| table == path))
}

/// The known key that looks most like `path`, if one is close.
pub(super) fn nearest(path: &str) -> Option<String> {
    most_like(KEYS.iter().map(|key| key.path), path).map(str::to_owned)
}

/// The one of `known` that looks most like `path`, if one is close.
pub(super) fn most_like<'k>(known: impl Iterator<Item = &'k str>, path: &str) -> Option<&'k str> {
    let last = |path: &'_ str| path.rsplit('.').next().unwrap_or_default().to_owned();
    known
        .map(|key| {
            let ends = strsim::jaro_winkler(&last(key), &last(path));
            (strsim::jaro_winkler(key, path).max(ends), key)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

impl Accepts {
    /// Whether `value` fits; `Err` says in words what would.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        let fits = match self {
            Self::Integer(low, high) => value.as_integer().is_some_and(|n| (low..=high).contains(&n)),
            Self::Number(low, high) => number(value).is_some_and(|n| (low..=high).contains(&n)),
            Self::OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Self::Text => value.as_str().is_some_and(|text| !text.contains(char::is_control)),
            Self::Texts(fewest) => value.as_array().is_some_and(|list| {
                (fewest..=16).contains(&list.len())
                    && list.iter().all(|item| item.as_str().is_some_and(|text| !text.trim().is_empty()))
            }),
            Self::Flag => value.as_bool().is_some(),
            // What stands in the tables is told more closely where they are read.
            Self::Servers => value.is_array(),
        };
        if fits { Ok(()) } else { Err(self.in_words()) }
    }

    /// What is accepted, in words.
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Integer(low, high) => format!("a whole number from {low} to {high}"),
            Self::Number(low, high) => format!("a number from {low} to {high}"),
            Self::OneOf(words) => {
                words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
            }
            Self::Text => "text on one line".into(),
            Self::Texts(fewest) => format!("a list of {fewest} to 16 texts, none empty"),
            Self::Flag => "true or false".into(),
            Self::Servers => "[[tools.server]] tables, in a file".into(),
        }
    }

    /// `text`, as an environment variable holds it, in the type this key takes; text that does not parse stays text,
    /// so that the check can show it.
    pub(super) fn read_text(self, text: &str) -> Value {
        let as_text = || Value::String(text.to_owned());
        match self {
            Self::Integer(..) => text.trim().parse().map_or_else(|_| as_text(), Value::Integer),
            Self::Number(..) => text.trim().parse().map_or_else(|_| as_text(), Value::Float),
            Self::Flag => text.trim().parse().map_or_else(|_| as_text(), Value::Boolean),
            Self::OneOf(_) | Self::Text | Self::Servers => as_text(),
            Self::Texts(_) if text.trim().is_empty() => Value::Array(Vec::new()),
            Self::Texts(_) => {
                Value::Array(text.split(';').map(|part| Value::String(part.trim().to_owned())).collect())
            }
        }
    }
}

/// A TOML number of either kind.
#[expect(clippy::cast_precision_loss, reason = "only compared with small bounds")]
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|n| n as f64)).filter(|n| n.is_finite())
}
