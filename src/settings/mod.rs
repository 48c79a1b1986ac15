//! Settings: what the user asked for, merged and checked.
//!
//! Enters: `config/assistant.toml` as shipped, the user's file, `MYNAH_*` variables, flags; later ones win. Leaves:
//! [`Settings`], in which everything is present and within range. The only room that reads the environment. Never here:
//! a silent default for a bad value, a secret in a message.

use std::path::PathBuf;

use crate::flow::{Fault, Language, Remedy, Script};

mod build;
mod declare;
pub mod environment;
mod keyring;
mod keys;
mod layers;
mod phrases;
mod places;
mod ready;
mod secrets;
mod standing;
mod store_key;
mod stored;
mod surroundings;
mod tools;
mod whole;

pub use build::{alone, load, shipped};
pub use declare::declare;
pub use layers::{Flag, Layers, parse};
pub use phrases::PhrasesFile;
pub use places::{Folders, SettingsFile, file, folders, shelves};
pub use standing::{Standing, Unserved};
pub use store_key::StoreKeys;
pub use stored::{Kept, KnownKey};
pub use surroundings::{Surroundings, surroundings};
pub use tools::{ToolConfirm, ToolNetwork, ToolPlace, ToolServer};
pub use whole::{write_whole, write_whole_for};

/// Everything the program may be told, checked.
#[derive(Debug)]
pub struct Settings {
    /// The region in force: the declared one, or the meet of several ("EU+CN").
    pub region: crate::policy::Region,
    /// How it came about.
    pub resolution: crate::policy::Resolution,
    /// What it came from.
    pub inputs: crate::policy::Inputs,
    /// Where the region was declared: a file, a variable, a flag; empty where it was not.
    pub declared_in: String,
    /// Where it is remembered which endpoints refused the place.
    pub standing: PathBuf,
    /// The policy in force.
    pub rules: std::sync::Arc<crate::policy::Rules>,
    /// What is wrong with the user's own rules, in which case the region is OFFLINE.
    pub wrong_rules: Option<crate::flow::Fault>,
    /// The language spoken; `None` lets the recogniser tell.
    pub language: Option<Language>,
    /// The user's own file of phrases; `None` where no place for one is known.
    pub phrases: Option<PhrasesFile>,
    /// How Mandarin is written.
    pub script: Script,
    /// Microphones by name, the preferred first; none means the system's default.
    pub microphones: Vec<String>,
    /// Silence that ends an utterance, ms.
    pub end_silence_ms: u64,
    /// The same after a command that is complete, ms.
    pub finished_silence_ms: u64,
    /// The same after words that ask for more, ms.
    pub unfinished_silence_ms: u64,
    /// Sound kept from before the onset, ms.
    pub pre_roll_ms: u64,
    /// Hard cap of an utterance, ms.
    pub longest_utterance_ms: u64,
    /// Whether Mynah's own voice is taken out of what the microphone hears.
    pub echo_cancellation: bool,
    /// Wake phrases, as said.
    pub wake_phrases: Vec<String>,
    /// What silences Mynah while it speaks.
    pub stop_words: Vec<String>,
    /// How readily it wakes, 0 to 1.
    pub wake_sensitivity: f32,
    /// After waking, how long another wake phrase is not a new one, ms.
    pub refractory_ms: u64,
    /// Time for a command after the wake phrase alone, ms.
    pub follow_up_ms: u64,
    /// Time for a follow-up without the wake phrase after a reply, ms; 0 for none.
    pub after_reply_ms: u64,
    /// Where the user's own wake samples lie.
    pub wake_samples: PathBuf,
    /// Push-to-talk: modifiers and key; `None` for none.
    pub hotkey: Option<String>,
    /// Whether a press of the hotkey toggles, instead of holding.
    pub hotkey_toggles: bool,
    /// How long listening goes on after the release, ms.
    pub release_grace_ms: u64,
    /// A model's name or path; `None` takes the best one present.
    pub model: Option<String>,
    /// Threads for transcription; `None` picks by load.
    pub threads: Option<u32>,
    /// Exchanges kept as history.
    pub history_exchanges: usize,
    /// Longest reply, tokens.
    pub longest_reply_tokens: u32,
    /// How long without a word until the conversation is forgotten, minutes.
    pub memory_minutes: u32,
    /// How many days what was asked and answered is kept; 0 keeps nothing of it.
    pub history_keep_days: u32,
    /// Whether the language model is told what the user asked to be remembered.
    pub tell_memory: bool,
    /// Whether the words that are kept are encrypted, where the keyring takes a key.
    pub encrypt_store: bool,
    /// Speech engine by name ("auto", "flite", "espeak", "piper", "say").
    pub engine: String,
    /// Speech speed factor.
    pub speed: f32,
    /// English voice by the engine's name.
    pub voice_english: Option<String>,
    /// Mandarin voice by the engine's name.
    pub voice_mandarin: Option<String>,
    /// Piper's program.
    pub piper_program: Option<PathBuf>,
    /// Piper's voice file.
    pub piper_model: Option<PathBuf>,
    /// Sound output by name.
    pub play_device: Option<String>,
    /// How loud Mynah is, 0 to 1.
    pub volume: f32,
    /// Whether short sounds tell what Mynah does.
    pub earcons: bool,
    /// Whether other programs are made quieter meanwhile.
    pub duck_others: bool,
    /// Where models lie.
    pub models_directory: PathBuf,
    /// A mirror on this machine.
    pub models_mirror: Option<url::Url>,
    /// Patience to connect, ms.
    pub connect_ms: u64,
    /// Patience for the first byte, ms.
    pub first_byte_ms: u64,
    /// Patience between bytes, ms.
    pub idle_ms: u64,
    /// Patience for a whole reply, ms.
    pub whole_reply_ms: u64,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// A proxy, and where the user says that it stands.
    pub proxy: Option<(url::Url, Vec<String>)>,
    /// When a file of the ledger is full, and how many full ones are kept.
    pub ledger_rotation: crate::egress::audit::Rotation,
    /// Whether the system's keyring is asked for keys.
    pub keyring: bool,
    /// The control socket.
    pub socket: PathBuf,
    /// The place that is meant where none is said.
    pub home_place: Option<String>,
    /// Whether temperatures are told in degrees Fahrenheit.
    pub fahrenheit: bool,
    /// Servers of tools.
    pub tool_servers: Vec<ToolServer>,
    /// What was said of each endpoint.
    pub endpoints: Vec<EndpointSettings>,
    /// Where each value came from.
    layers: Layers,
}

impl Settings {
    /// `fault`, found by a room in the value of `key`, with the place where that value was set.
    #[must_use]
    pub fn blame(&self, key: &str, fault: Fault) -> Fault {
        Fault { message: format!("{}: `{key}`: {}", self.layers.origin(key), fault.message), ..fault }
    }
}

/// What the user set for one endpoint of the policy; an endpoint that nothing was said of has none.
#[derive(Debug)]
pub struct EndpointSettings {
    /// The endpoint's identifier in the policy.
    pub id: String,
    /// Model asked for; `None` takes the policy's default.
    pub model: Option<String>,
    /// Another address on this machine; only for endpoints that run here.
    pub url: Option<url::Url>,
    /// The key, if one was found.
    pub key: Option<crate::egress::Secret>,
    /// Whether the user confirmed the endpoint's `attest` line.
    pub attested: bool,
}

/// Why the settings cannot be used. The program ends with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A key nobody knows.
    #[error("{origin}: unknown key `{key}`{}", nearest.as_ref().map(|n| format!(" (nearest known: `{n}`)")).unwrap_or_default())]
    UnknownKey {
        /// Where it was set.
        origin: String,
        /// The key.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A value outside what is allowed.
    #[error("{origin}: `{key}` is {value}; allowed: {allowed}")]
    BadValue {
        /// Where it was set.
        origin: String,
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// What would be accepted.
        allowed: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// A file that is not to be relied on.
    #[error("{file} is not used: {reason}")]
    NotTrusted {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file that cannot be written.
    #[error("cannot write {file}: {cause}")]
    Unwritable {
        /// The file.
        file: String,
        /// The system's reason.
        cause: std::io::Error,
    },
    /// A file that is not TOML.
    #[error("{file}, line {line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A key file others can read, or a key that cannot be one.
    #[error("the key for {endpoint} from {origin} cannot be used: {reason}")]
    BadKey {
        /// The endpoint.
        endpoint: String,
        /// The variable or file.
        origin: String,
        /// Why.
        reason: String,
    },
    /// A key cannot be kept or forgotten.
    #[error("{place} does not take or give up the key for {endpoint}: {reason}")]
    KeyStore {
        /// The endpoint.
        endpoint: String,
        /// The keyring, or a file.
        place: String,
        /// Why.
        reason: String,
    },
    /// The system names no home directory to keep data in.
    #[error("no home directory is known for {what}")]
    NoHome {
        /// What should have been kept there.
        what: &'static str,
    },
}

impl Remedy for SettingsError {
    fn kind(&self) -> &'static str {
        "configuration"
    }

    fn remedy(&self) -> String {
        match self {
            Self::UnknownKey { .. } => "remove it, or look the key up in config/assistant.toml".into(),
            Self::BadValue { key, .. } => format!("set `{key}` to an allowed value"),
            Self::Unreadable { file, .. } => format!("check that {file} exists and that you may read it"),
            Self::NotTrusted { file, .. } => {
                format!("make it a file that you alone may write: chmod go-w {file}, and its folder")
            }
            Self::Unwritable { file, .. } => {
                format!("make {file} and its folder writable for you, or edit it by hand")
            }
            Self::Syntax { .. } => "mend that line; config/assistant.toml shows the form of every key".into(),
            Self::BadKey { origin, .. } => {
                format!(
                    "put the key alone on one line of {origin}; a file must be readable by you alone (chmod 600)"
                )
            }
            Self::KeyStore { endpoint, .. } => format!(
                "unlock the keyring and run the command again, or `mynah key set {endpoint} --file` keeps it in a file that \
                 only you can read"
            ),
            Self::NoHome { .. } => {
                "set HOME, or name the place in the settings (models.directory, network.ledger)".into()
            }
        }
    }
}
