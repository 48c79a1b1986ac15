//! Model: which speech model answers, and whether it is whole.
//!
//! Enters: settings. Leaves: a finding. Reads the whole file, so it runs beside the others.

use std::path::PathBuf;

use super::Finding;
use crate::{
    flow::Language,
    models::{BUILT_IN, Library, Listed, Manifest, Origin, Sha256Sum, hash_file},
    settings::Settings,
};

/// What is to be looked at.
pub(super) struct Wanted {
    directory: PathBuf,
    model: Option<String>,
    language: Option<Language>,
}

impl Wanted {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            directory: settings.models_directory.clone(),
            model: settings.model.clone(),
            language: settings.language.clone(),
        }
    }

    /// Which model answers; the second look is long and may not end in time.
    pub(super) fn chosen(&self) -> (Finding, Option<Listed>) {
        let library = Library::new(Manifest::shipped(), self.directory.clone());
        let choice = match library.choose(self.model.as_deref(), self.language.as_ref()) {
            Ok(choice) => choice,
            Err(error) => return (Finding::failed("model", &error), None),
        };
        let listed = library.list().ok().and_then(|all| all.into_iter().find(|it| it.path == choice.path));
        let name = &choice.name;
        let finding = if choice.origin == Origin::BuiltIn {
            let remedy = "`mynah models fetch base` gets one that hears more, Mandarin too";
            Finding::warning("model", format!("{name} (built in): short English commands only"), remedy)
        } else {
            Finding::ok("model", format!("{name} at {}", choice.path.display()))
        };
        (finding.with("model", name.as_str()), listed)
    }
}

/// `finding` with what the model's bytes say.
pub(super) fn verified(finding: Finding, model: &Listed) -> Finding {
    let Some(expected) = model.sha256 else {
        return finding.with("checksum", "unknown");
    };
    let actual = match model.origin {
        Origin::BuiltIn => Ok(Sha256Sum::of(BUILT_IN)),
        Origin::Official | Origin::Imported => hash_file(&model.path, &mut |_| ()),
    };
    match actual {
        Ok(actual) if actual == expected => {
            Finding { message: format!("{}; checksum right", finding.message), ..finding }
                .with("checksum", "right")
        }
        Ok(_) => {
            let message = format!("{} is damaged: its SHA-256 is not {expected}", model.path.display());
            let remedy = match model.origin {
                Origin::BuiltIn => "install Mynah again".to_owned(),
                Origin::Official => format!("delete it and run `mynah models fetch {}`", model.name),
                Origin::Imported => "import it again with `mynah models import`".to_owned(),
            };
            Finding::problem("model", message, remedy).with("checksum", "wrong")
        }
        Err(error) => Finding::failed("model", &error),
    }
}
