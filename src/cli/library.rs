//! `mynah models` with the settings in force.
//!
//! Enters: arguments. Leaves: what [`super::models`] prints, and an exit code. Never here: a rule about models.

use std::{io, path::Path};

use super::{
    ANSWERED, SOME_FAILED,
    models::{ModelsArgs, ModelsContext, run as carry_out},
};
use crate::{
    flow::Fault,
    mode::Network,
    models::{Library, Manifest},
    settings::{self, Flag},
};

/// Carries out `mynah models`.
///
/// # Errors
/// The settings cannot be used, or the sub-command failed as a whole.
pub fn run(args: &ModelsArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let flags: Vec<Flag> = args
        .region
        .iter()
        .map(|value| Flag { key: "region", name: "--region", value: value.clone() })
        .collect();
    let settings = settings::load(config, &flags).map_err(|error| Fault::from(&error))?;
    let network = Network::of(&settings);
    let context = ModelsContext {
        library: Library::new(Manifest::shipped(), settings.models_directory.clone()),
        selected: Some(settings.model.as_str()).filter(|name| *name != "auto"),
        language: settings.language.as_ref(),
        rules: &settings.rules,
        region: &settings.region,
        mirror: settings.models_mirror.as_ref(),
        open_door: &|| network.open(),
        quiet: false,
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| Fault {
            kind: "system",
            message: format!("could not start the runtime: {error}"),
            remedy: "free what the system ran out of, and run the command again".into(),
        })?;
    let all_good = runtime.block_on(carry_out(args, &context, &mut io::stdout()));
    match all_good {
        Ok(true) => Ok(ANSWERED),
        Ok(false) => Ok(SOME_FAILED),
        Err(error) => Err(Fault::from(&error)),
    }
}
