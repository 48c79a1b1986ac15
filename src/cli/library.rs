//! `mynah models` with the settings in force.
//!
//! Enters: arguments. Leaves: what [`super::models`] prints, and an exit code. Never here: a rule about models.

use std::{io, path::Path};

use super::{
    ANSWERED, Console, SOME_FAILED,
    models::{ModelsArgs, ModelsContext, run as carry_out},
};
use crate::{
    flow::Fault,
    mode::Network,
    models::{Library, Manifest, ModelsError},
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
        selected: settings.model.as_deref(),
        language: settings.language.as_ref(),
        rules: &settings.rules,
        region: &settings.region,
        mirror: settings.models_mirror.as_ref(),
        open_door: &|| network.open(),
        quiet: false,
    };
    let runtime = super::runtime()?;
    let all_good = runtime.block_on(carry_out(args, &context, &mut io::stdout()));
    match all_good {
        Ok(true) => Ok(ANSWERED),
        Ok(false) => Ok(SOME_FAILED),
        Err(error) if is_usage(&error) => Err(Fault::from(&error)),
        // Standard output was closed on purpose (`mynah models list | head -3`).
        Err(ModelsError::Output { source }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(ANSWERED),
        Err(error) => {
            Console::new(false).fault(&Fault::from(&error));
            Ok(SOME_FAILED)
        }
    }
}

/// Whether what was asked for could never be done: another command would be right, not another try.
const fn is_usage(error: &ModelsError) -> bool {
    matches!(
        error,
        ModelsError::UnknownModel { .. }
            | ModelsError::NotFetchable { .. }
            | ModelsError::MirrorRefused { .. }
    )
}
