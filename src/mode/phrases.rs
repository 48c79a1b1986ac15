//! Phrases: the user's own file of phrases, read as a session reads it.
//!
//! Enters: settings. Leaves: what stands in the file, and what is to know of it. Never here: a program started.

use std::sync::Arc;

use super::parts;
use crate::{
    flow::{Deed, Fault},
    program::may_be_run,
    settings::Settings,
    understand::{Concern, TaughtPhrase, Understanding},
};

/// What stands in the user's file of phrases.
pub struct OwnPhrases {
    /// What the file is called.
    pub file: String,
    /// Whether it is there.
    pub is_there: bool,
    understanding: Arc<Understanding>,
}

/// Reads the file of phrases that `settings` name.
///
/// # Errors
/// What a session would refuse.
pub fn own_phrases(settings: &Settings) -> Result<OwnPhrases, Fault> {
    let path = settings.phrases.as_ref().map(|file| &file.path);
    Ok(OwnPhrases {
        file: path.map(|path| path.display().to_string()).unwrap_or_default(),
        is_there: path.is_some_and(|path| path.exists()),
        understanding: parts::understanding(settings)?,
    })
}

impl OwnPhrases {
    /// The phrases.
    #[must_use]
    pub fn phrases(&self) -> &[TaughtPhrase] {
        self.understanding.phrases()
    }

    /// What is to know of them.
    #[must_use]
    pub fn concerns(&self) -> Vec<Concern> {
        let mut concerns = self.understanding.concerns();
        concerns.extend(self.absent());
        concerns.sort_by_key(|concern| concern.line);
        concerns
    }

    /// The programs that cannot be started.
    #[must_use]
    pub fn absent(&self) -> Vec<Concern> {
        let deeds = self.understanding.deeds();
        let of = |deed: &Deed| {
            let (program, _) = deed.run.as_ref().filter(|(program, _)| !may_be_run(program))?;
            let phrase = self.phrases().iter().find(|phrase| phrase.intent() == deed.intent)?;
            let message = format!("{} is not there, or may not be run", program.display());
            Some(Concern { line: phrase.line, message })
        };
        deeds.iter().filter_map(of).collect()
    }
}
