//! Settings in the form each room asks for.
//!
//! Enters: [`Settings`]. Leaves: the rooms' option types. Never here: a value that is not in the settings.

use std::{path::PathBuf, time::Duration};

use super::Declaration;
use crate::{
    answer::{self, ChatSetup},
    egress::{Door, DoorOptions, EgressError, Ledger, Way, audit::Rotation},
    listen::GateOptions,
    policy::{EndpointId, Refusal, judge_relay},
    session::{clock, machine::Patience},
    settings::{EndpointSettings, Settings},
    speak::{Engine, VoiceOptions},
    transcribe::{ModelSource, WhisperOptions},
};

/// How the door is opened, and where it records.
#[derive(Debug, Clone)]
pub struct Network {
    options: DoorOptions,
    ledger: PathBuf,
    rotation: Rotation,
    declaration: Declaration,
}

impl Network {
    /// As `settings` say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let way = settings.proxy.as_ref().map_or(Way::Direct, |(url, infer)| {
            match judge_relay(&settings.rules, &settings.region, url, infer) {
                Ok(relay) => Way::Through(relay),
                Err(refusal) => Way::Barred(refusal),
            }
        });
        let options = DoorOptions {
            way,
            connect: Duration::from_millis(settings.connect_ms),
            first_byte: Duration::from_millis(settings.first_byte_ms),
            idle: Duration::from_millis(settings.idle_ms),
            total: Duration::from_millis(settings.whole_reply_ms),
            ..DoorOptions::default()
        };
        let (ledger, rotation) = (settings.ledger.clone(), settings.ledger_rotation);
        Self { options, ledger, rotation, declaration: Declaration::of(settings) }
    }

    /// The same, but that nothing outside of this machine is reached.
    #[must_use]
    pub(super) fn within_this_machine(mut self) -> Self {
        self.options.way = Way::Barred(Refusal {
            rule: "test.loopback",
            reason: "a test run reaches nothing outside of this machine".into(),
            remedy: "script what is answered under `answers`, or run `mynah ask`".into(),
        });
        self
    }

    /// Opens the ledger.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`].
    pub fn ledger(&self) -> Result<Ledger, EgressError> {
        Ledger::rotating(&self.ledger, clock::time_stamp, self.rotation)
    }

    /// Opens ledger and door. A region that lets more leave than the last one is recorded first.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]: what cannot be recorded is not sent.
    pub fn open(&self) -> Result<Door, EgressError> {
        let ledger = self.ledger()?;
        self.declaration.record(&ledger, &self.declaration.before())?;
        Door::new(self.options.clone(), ledger)
    }
}

pub(super) fn gate(settings: &Settings) -> GateOptions {
    GateOptions {
        pre_roll_ms: settings.pre_roll_ms,
        hangover_ms: settings.end_silence_ms,
        max_ms: settings.longest_utterance_ms,
        ..GateOptions::default()
    }
}

pub(super) const fn patience(settings: &Settings) -> Patience {
    Patience {
        finished_ms: settings.finished_silence_ms,
        usual_ms: settings.end_silence_ms,
        unfinished_ms: settings.unfinished_silence_ms,
    }
}

pub(super) fn whisper(settings: &Settings, model: ModelSource, name: &str) -> WhisperOptions {
    WhisperOptions {
        language: settings.language.clone(),
        script: settings.script,
        threads: settings.threads,
        ..WhisperOptions::new(model, name)
    }
}

/// How replies are spoken.
pub(crate) fn voice(settings: &Settings) -> VoiceOptions {
    let engine = match settings.engine.as_str() {
        "flite" => Engine::Flite,
        "espeak" => Engine::Espeak,
        "say" => Engine::Say,
        "piper" => Engine::Piper {
            program: settings.piper_program.clone().unwrap_or_default(),
            model: settings.piper_model.clone().unwrap_or_default(),
        },
        _ => Engine::Auto,
    };
    VoiceOptions {
        engine,
        rate: settings.speed,
        voice_english: settings.voice_english.clone(),
        voice_mandarin: settings.voice_mandarin.clone(),
        ..VoiceOptions::default()
    }
}

pub(super) fn answering(settings: &Settings) -> answer::Options {
    answer::Options { max_tokens: settings.longest_reply_tokens, script: settings.script }
}

/// What was set up, moved out of the settings: a key has one owner.
pub(super) fn setups(endpoints: Vec<EndpointSettings>) -> Vec<ChatSetup> {
    endpoints
        .into_iter()
        .map(|endpoint| ChatSetup {
            endpoint: EndpointId::from(endpoint.id.as_str()),
            url: endpoint.url,
            model: endpoint.model,
            key: endpoint.key,
            attested: endpoint.attested,
        })
        .collect()
}
