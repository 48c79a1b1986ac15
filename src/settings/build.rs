//! From layers to [`Settings`]: what needs a look at more than one key, at the policy or at the disk.
//!
//! Enters: the file named or found, the environment, flags. Leaves: [`Settings`]. Never here: a fallback to a default when
//! something that was asked for is wrong.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use directories::{BaseDirs, ProjectDirs};
use url::Url;

use super::{
    EndpointSettings, Flag, Settings, SettingsError, environment,
    layers::{Layers, SHIPPED_NAME, parse},
    phrases::{self, PhrasesFile},
    places::{self, SettingsFile, directories},
    secrets,
    standing::Standing,
    surroundings::{Surroundings, surroundings},
};
use crate::{
    egress::audit::Rotation,
    flow::{Fault, Language, Remedy, Script},
    policy::{self, EndpointId, Inputs, PolicyError, Resolution, Rules, place::is_country},
    units::{f64_to_f32, length_u64},
};

/// The longest settings and rules that are read, in bytes; the shipped rules have 35 KB.
const LONGEST: u64 = 1024 * 1024;

/// Merges defaults, the user's file, the environment and `flags` into settings.
///
/// `file` is the file named with `--config`; without it `MYNAH_CONFIG`, then `assistant.toml` in the configuration
/// directory are looked at, and only the last may be missing.
///
/// # Errors
/// [`SettingsError`], naming the origin, the key, the value and what is allowed.
pub fn load(file: Option<&Path>, flags: &[Flag]) -> Result<Settings, SettingsError> {
    let own = OwnRules::read(file);
    let (rules, wrong_rules) = own.narrowed(&Rules::built_in());
    let mut ids: Vec<String> = rules.endpoints().map(|endpoint| endpoint.id().to_string()).collect();
    // Known before its URL is: variables may say both.
    ids.push(policy::HOME.to_owned());
    let mut layers = Layers::defaults()?;
    if let Some((text, name)) = user_file(file)? {
        layers.lay(parse(&text, &name)?);
    }
    environment::lay(&mut layers, &ids)?;
    for flag in flags {
        layers.lay_text(flag.key, &flag.value, flag.name)?;
    }
    if wrong_rules.is_some() {
        // Servers that the wrong file would have added are no mistake of the settings'.
        ids.extend(layers.endpoints());
        ids.sort();
        ids.dedup();
    }
    // Behind the home, which the user's own rules may narrow as well.
    let (rules, wrong_rules) = match at_home(&layers)? {
        Some(rules) => own.narrowed(&rules),
        None => (rules, wrong_rules),
    };
    let mut settings = resolve(layers, rules, &ids, surroundings())?;
    settings.phrases = phrases_file(file, settings.phrases);
    if let Some((fault, error)) = wrong_rules {
        // Nobody knows what the user wanted kept here, so everything is.
        let inputs = std::mem::take(&mut settings.resolution.inputs);
        settings.resolution = Resolution { inputs, ..policy::resolve::without_rules(&error) };
        settings.region = settings.resolution.region.clone();
        settings.wrong_rules = Some(fault);
    }
    Ok(settings)
}

/// The file of phrases: the one that is `named`, as seen from the settings file, or the usual one beside that.
fn phrases_file(settings: Option<&Path>, named: Option<PhrasesFile>) -> Option<PhrasesFile> {
    let beside = places::file(settings).and_then(|file| Some(file.path.parent()?.to_owned()));
    match (named, beside) {
        (Some(named), Some(folder)) => Some(PhrasesFile { path: folder.join(named.path), ..named }),
        (Some(named), None) => Some(named),
        (None, folder) => {
            folder.map(|folder| PhrasesFile { path: folder.join(phrases::USUAL), named: false })
        }
    }
}

/// The rules as shipped with the user's own Home Assistant, where the settings name one.
fn at_home(layers: &Layers) -> Result<Option<Rules>, SettingsError> {
    let Some(url) = address(layers, "home.url")? else { return Ok(None) };
    let rules = Rules::built_in().with_home(&url).map_err(|error| {
        let allowed = match error {
            PolicyError::Wrong { detail, .. } => detail,
            error => error.to_string(),
        };
        layers.refuse("home.url", allowed)
    })?;
    Ok(Some(rules))
}

/// The user's own `regions.user.toml` beside the settings: where it lies, and its text, an empty one where there is none.
struct OwnRules {
    path: PathBuf,
    text: Result<String, PolicyError>,
}

impl OwnRules {
    fn read(file: Option<&Path>) -> Self {
        let beside = |file: SettingsFile| Some(file.path.parent()?.join("regions.user.toml"));
        let Some(path) = places::file(file).and_then(beside) else {
            return Self { path: PathBuf::new(), text: Ok(String::new()) };
        };
        let text = match read(&path) {
            // A link that leads nowhere is a file that cannot be read: somebody wanted less here than the rules allow.
            Err(_) if fs::symlink_metadata(&path).is_err_and(|error| is_nothing(&error)) => Ok(String::new()),
            text => text.map_err(|error| PolicyError::Unreadable { detail: error.to_string() }),
        };
        Self { path, text }
    }

    /// `rules` as the file narrows them; or as they are, and what is wrong with the file.
    fn narrowed(&self, rules: &Rules) -> (Rules, Option<(Fault, PolicyError)>) {
        let error = match &self.text {
            Ok(text) => match rules.with_own(text) {
                Ok(narrowed) => return (narrowed, None),
                Err(error) => error,
            },
            Err(error) => error.clone(),
        };
        let message = format!("{}: {error}", self.path.display());
        (rules.clone(), Some((Fault { kind: error.kind(), message, remedy: error.remedy() }, error)))
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The text of the file at `path`, which may be anything.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if length_u64(text.len()) > LONGEST {
        return Err(io::Error::other(format!("it is longer than {LONGEST} bytes")));
    }
    Ok(text)
}

/// The settings as shipped, without the user's file, environment and flags: what is left to work with where those are
/// wrong.
///
/// # Errors
/// [`SettingsError::NoHome`].
pub fn shipped() -> Result<Settings, SettingsError> {
    resolve(Layers::defaults()?, Rules::built_in(), &[], Surroundings::default())
}

/// Settings of `own` over the shipped ones for a machine that says `around`, without the user's file, rules, environment and
/// flags. Keys are left out wherever they lie: nobody but this machine can be asked.
///
/// # Errors
/// [`SettingsError`], naming the origin, the key, the value and what is allowed.
pub fn alone(own: Layers, around: Surroundings) -> Result<Settings, SettingsError> {
    let rules = Rules::built_in();
    let ids: Vec<String> = rules.endpoints().map(|endpoint| endpoint.id().to_string()).collect();
    let mut layers = Layers::defaults()?;
    layers.lay(own);
    let mut settings = resolve(layers, rules, &ids, around)?;
    settings.endpoints.iter_mut().for_each(|endpoint| endpoint.key = None);
    settings.keyring = false;
    Ok(settings)
}

/// The user's settings file and its name, if there is one.
fn user_file(named: Option<&Path>) -> Result<Option<(String, String)>, SettingsError> {
    let Some(SettingsFile { path, named: must_exist }) = places::file(named) else { return Ok(None) };
    match read(&path) {
        Ok(text) => Ok(Some((text, path.display().to_string()))),
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Ok(None),
        Err(cause) => Err(SettingsError::Unreadable { file: path.display().to_string(), cause }),
    }
}

/// The home as declared; `None` where the user said nothing. A country that no region lists is an answer, a word that is no
/// region is a mistake.
fn declared_home(layers: &Layers, rules: &Rules) -> Result<Option<String>, SettingsError> {
    let said = layers.text("region").trim();
    if layers.origin("region") == SHIPPED_NAME {
        return Ok(None);
    }
    match rules.region(said) {
        Err(PolicyError::UnknownRegion { known, .. }) if !is_country(said) => {
            Err(layers.refuse("region", format!("{known}; or a country code")))
        }
        Ok(_) | Err(_) => Ok(Some(said.to_owned())),
    }
}

fn resolve(
    merged: Layers,
    mut rules: Rules,
    ids: &[String],
    around: Surroundings,
) -> Result<Settings, SettingsError> {
    let layers = &merged;
    let ledger = place(layers, "network.ledger", "the ledger", |dirs| {
        dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("ledger.jsonl")
    })?;
    let standing = ledger.with_file_name("region.json");
    let home = declared_home(layers, &rules)?;
    let declared_in = home.as_ref().map(|_| layers.origin("region")).unwrap_or_default();
    let unserved = Standing::read(&standing);
    let inputs = Inputs {
        home,
        travelling: layers.flag("travelling"),
        unserved: unserved.unserved_in(around.zone.as_deref()).map(EndpointId::from).collect(),
        zone: around.zone,
        locale: around.locale,
    };
    let resolution = policy::resolve(&rules, &inputs);
    rules.unserved(&inputs.unserved);
    let language = match layers.text("language") {
        "auto" => None,
        code => Some(Language::from_code(code).ok_or_else(|| {
            layers.refuse("language", "\"auto\", or a code such as \"en\" or \"zh\"".into())
        })?),
    };
    let script = match layers.text("script") {
        "traditional" => Script::Traditional,
        "as-heard" => Script::AsHeard,
        _ => Script::Simplified,
    };
    let threads = count(layers, "transcribe.threads");
    for key in ["speak.piper_program", "speak.piper_model"] {
        if layers.text("speak.engine") == "piper" && layers.optional(key).is_none() {
            return Err(SettingsError::BadValue {
                origin: layers.origin("speak.engine"),
                key: key.into(),
                value: "empty".into(),
                allowed: "a file, because speak.engine is \"piper\"".into(),
            });
        }
    }
    let fahrenheit = match layers.text("place.temperature") {
        "auto" => resolution.region.parts().next() == Some("US"),
        degrees => degrees == "fahrenheit",
    };
    Ok(Settings {
        region: resolution.region.clone(),
        resolution,
        inputs,
        declared_in,
        standing,
        language,
        phrases: file_at(layers, "phrases").map(|path| PhrasesFile { path, named: true }),
        script,
        microphones: layers.texts("listen.devices"),
        end_silence_ms: count(layers, "listen.end_silence_ms").into(),
        finished_silence_ms: count(layers, "listen.finished_silence_ms").into(),
        unfinished_silence_ms: count(layers, "listen.unfinished_silence_ms").into(),
        pre_roll_ms: count(layers, "listen.pre_roll_ms").into(),
        longest_utterance_ms: count(layers, "listen.longest_utterance_ms").into(),
        echo_cancellation: layers.flag("listen.echo_cancellation"),
        wake_phrases: layers.texts("wake.phrases"),
        stop_words: layers.texts("wake.stop_words"),
        wake_sensitivity: f64_to_f32(layers.number("wake.sensitivity")),
        refractory_ms: count(layers, "wake.refractory_ms").into(),
        follow_up_ms: count(layers, "wake.follow_up_ms").into(),
        after_reply_ms: count(layers, "wake.after_reply_ms").into(),
        wake_samples: place(layers, "wake.samples", "wake samples", |dirs| dirs.data_dir().join("wake"))?,
        hotkey: layers.optional("hotkey.key"),
        hotkey_toggles: layers.text("hotkey.mode") == "toggle",
        release_grace_ms: count(layers, "hotkey.release_grace_ms").into(),
        model: file_at(layers, "transcribe.model")
            .map(|model| model.display().to_string())
            .filter(|model| model != "auto"),
        threads: (threads > 0).then_some(threads),
        history_exchanges: usize::try_from(count(layers, "answer.history_exchanges")).unwrap_or(usize::MAX),
        longest_reply_tokens: count(layers, "answer.longest_reply_tokens"),
        memory_minutes: count(layers, "answer.memory_minutes"),
        history_keep_days: count(layers, "history.keep_days"),
        tell_memory: layers.flag("memory.tell_model"),
        encrypt_store: layers.text("store.encrypt") == "auto",
        engine: layers.text("speak.engine").to_owned(),
        speed: f64_to_f32(layers.number("speak.speed")),
        voice_english: layers.optional("speak.voice_english"),
        voice_mandarin: layers.optional("speak.voice_mandarin"),
        piper_program: file_at(layers, "speak.piper_program"),
        piper_model: file_at(layers, "speak.piper_model"),
        play_device: layers.optional("play.device"),
        volume: f64_to_f32(layers.number("play.volume")),
        earcons: layers.flag("play.earcons"),
        duck_others: layers.flag("play.duck_others"),
        models_directory: place(layers, "models.directory", "models", |dirs| dirs.data_dir().join("models"))?,
        models_mirror: address(layers, "models.mirror")?,
        connect_ms: count(layers, "network.connect_ms").into(),
        first_byte_ms: count(layers, "network.first_byte_ms").into(),
        idle_ms: count(layers, "network.idle_ms").into(),
        whole_reply_ms: count(layers, "network.whole_reply_ms").into(),
        ledger,
        proxy: address(layers, "network.proxy.url")?.map(|url| (url, layers.texts("network.proxy.infer"))),
        ledger_rotation: Rotation {
            file_bytes: u64::from(count(layers, "network.ledger_mib")) * 1024 * 1024,
            keep: count(layers, "network.ledger_keep"),
        },
        keyring: layers.text("keys.store") == "auto",
        socket: place(layers, "control.socket", "the control socket", |dirs| {
            dirs.runtime_dir()
                .map_or_else(|| dirs.data_local_dir().join("run"), PathBuf::from)
                .join("control.sock")
        })?,
        home_place: layers.optional("place.home"),
        fahrenheit,
        tool_servers: layers.servers("tools.server")?,
        endpoints: endpoints(layers, ids)?,
        rules: Arc::new(rules),
        wrong_rules: None,
        layers: merged,
    })
}

/// A whole number that the table of keys holds between 0 and 600000.
fn count(layers: &Layers, path: &str) -> u32 {
    u32::try_from(layers.integer(path)).expect("the table of keys keeps it between 0 and 600000")
}

/// The file or folder named at `path`; a leading `~/` is the user's home, as in a shell.
fn file_at(layers: &Layers, path: &str) -> Option<PathBuf> {
    let named = layers.optional(path)?;
    let home = named.strip_prefix("~/").zip(BaseDirs::new());
    Some(home.map_or_else(|| PathBuf::from(&named), |(rest, dirs)| dirs.home_dir().join(rest)))
}

fn place(
    layers: &Layers,
    path: &str,
    what: &'static str,
    usual: impl FnOnce(&ProjectDirs) -> PathBuf,
) -> Result<PathBuf, SettingsError> {
    match file_at(layers, path) {
        Some(named) => Ok(named),
        None => directories().map(|dirs| usual(&dirs)).ok_or(SettingsError::NoHome { what }),
    }
}

/// What was said of each endpoint of the policy, in the policy's order.
fn endpoints(layers: &Layers, ids: &[String]) -> Result<Vec<EndpointSettings>, SettingsError> {
    if let Some(stranger) = layers.endpoints().into_iter().find(|id| !ids.contains(id)) {
        let origin = super::keys::ENDPOINT_KEYS
            .iter()
            .map(|known| layers.origin(&format!("endpoint.{stranger}.{}", known.path)))
            .find(|origin| !origin.is_empty())
            .unwrap_or_default();
        return Err(SettingsError::BadValue {
            origin,
            key: "endpoint".into(),
            value: stranger,
            allowed: format!("the endpoints of the policy: {}", ids.join(", ")),
        });
    }
    let named = layers.endpoints();
    let mut endpoints = Vec::new();
    for id in ids {
        let path = |name: &str| format!("endpoint.{id}.{name}");
        let file = file_at(layers, &path("key_file"));
        let variable = layers.optional(&path("key_env"));
        if variable.as_deref().is_some_and(|name| !secrets::is_variable_name(name)) {
            return Err(SettingsError::BadValue {
                origin: layers.origin(&path("key_env")),
                key: path("key_env"),
                value: "no variable's name (not shown, it may be the key)".into(),
                allowed: "letters, digits and underscores, such as \"MYNAH_KEY_OPENAI\"; the key stands in that variable".into(),
            });
        }
        let key = secrets::key(id, variable.as_deref(), file.as_deref())?;
        if key.is_some() || named.contains(id) {
            endpoints.push(EndpointSettings {
                id: id.clone(),
                model: layers.optional(&path("model")),
                url: address(layers, &path("url"))?,
                key,
                attested: layers.flag(&path("attested")),
            });
        }
    }
    Ok(endpoints)
}

/// The URL at `path`. Whether words may go there is the policy's to say.
fn address(layers: &Layers, path: &str) -> Result<Option<Url>, SettingsError> {
    let Some(text) = layers.optional(path) else { return Ok(None) };
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
        Ok(_) | Err(_) => Err(layers.refuse(path, "an address such as \"http://127.0.0.1:8080/v1\"".into())),
    }
}
