//! The declaration: the region in force, and the record of it before anything leaves by its rules.
//!
//! Enters: settings, the ledger. Leaves: a line in the ledger where the region lets more leave than the last one recorded.
//! Never here: a region that is less strict in force without its line.

use std::{io, path::PathBuf, sync::Arc};

use crate::{
    egress::{EgressError, Grounds, Ledger},
    policy::{Region, Rules, survey::gained},
    settings::{Settings, Standing},
};

/// The region in force and how it came about.
#[derive(Debug, Clone)]
pub struct Declaration {
    file: PathBuf,
    rules: Arc<Rules>,
    region: Region,
    told: String,
    zone: Option<String>,
}

impl Declaration {
    /// What `settings` declare.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let said =
            |name: &str, text: Option<&str>| text.map(|text| format!("; {name} {text}")).unwrap_or_default();
        let inputs = &settings.inputs;
        let told = format!(
            "home {} declared in {}{}{}{}",
            inputs.home.as_deref().unwrap_or("nowhere"),
            if settings.declared_in.is_empty() { "nothing" } else { &settings.declared_in },
            said("time zone", inputs.zone.as_deref()),
            said("locale", inputs.locale.as_deref()),
            if inputs.travelling { "; travelling" } else { "" },
        );
        Self {
            file: settings.standing.clone(),
            rules: settings.rules.clone(),
            region: settings.region.clone(),
            told,
            zone: inputs.zone.clone(),
        }
    }

    /// The region that was recorded last; OFFLINE where none was, or where the rules have it no more.
    #[must_use]
    pub fn before(&self) -> Region {
        Standing::read(&self.file).recorded.map_or_else(Region::offline, |text| self.rules.recalled(&text))
    }

    /// Records the region in `ledger` where it lets more leave than `before`; every record from now on says what it was
    /// resolved from.
    ///
    /// # Errors
    /// [`EgressError::LedgerUnwritable`]; then nothing may leave.
    pub fn record(&self, ledger: &Ledger, before: &Region) -> Result<(), EgressError> {
        ledger.set_grounds(Grounds { inputs: Some(self.told.clone()), rules: Some(Arc::clone(&self.rules)) });
        if *before == self.region {
            return Ok(());
        }
        if !gained(&self.rules, &self.region, before).is_empty() {
            ledger.loosened(&self.region, &format!("{before} to {}: {}", self.region, self.told))?;
        }
        self.tightened();
        Ok(())
    }

    /// Remembers that the region was recorded, or lets nothing more leave, so that no record is needed.
    pub fn tightened(&self) {
        // Where this cannot be kept, the next run records it again.
        self.keep(|standing| standing.recorded = Some(self.region.to_string())).ok();
    }

    /// Remembers that `endpoint` refused the place where this machine is.
    pub fn refused(&self, endpoint: &str) {
        // Where this cannot be kept, the endpoint is asked once more after the next start.
        self.keep(|standing| standing.refused(endpoint, self.zone.as_deref())).ok();
    }

    /// Forgets who refused the place: the user has just said where that is.
    ///
    /// # Errors
    /// The system's.
    pub fn forget_refusals(&self) -> io::Result<()> {
        self.keep(|standing| standing.unserved.clear())
    }

    fn keep(&self, change: impl FnOnce(&mut Standing)) -> io::Result<()> {
        let mut standing = Standing::read(&self.file);
        change(&mut standing);
        standing.write(&self.file)
    }
}
