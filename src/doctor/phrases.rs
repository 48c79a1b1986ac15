//! Phrases: whether the user's own phrases can be used, and what they start is there.
//!
//! Enters: settings. Leaves: a finding; nothing where there is no file. Never here: a program started.

use super::Finding;
use crate::{mode::own_phrases, settings::Settings};

/// How it stands with the file of phrases.
pub(super) fn phrases(settings: &Settings) -> Option<Finding> {
    let file = settings.phrases.as_ref()?;
    // Without one there is nothing to compile the templates for.
    if !file.named && file.path.symlink_metadata().is_err() {
        return None;
    }
    let finding = match own_phrases(settings) {
        Err(fault) => Finding::fault("phrases", fault),
        Ok(read) => {
            let count = read.phrases().len();
            match read.absent().first() {
                Some(concern) => {
                    let message = format!("{}, line {}: {}", read.file, concern.line, concern.message);
                    Finding::warning(
                        "phrases",
                        message,
                        "install it, or correct its path; `mynah phrases check` tells more",
                    )
                }
                None => Finding::ok("phrases", format!("{}: {count} of your own are in use", read.file)),
            }
        }
    };
    Some(finding.with("file", file.path.display().to_string()))
}
