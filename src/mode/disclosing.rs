//! Disclosing: what a session tells about itself, joined from the rules, the settings and the state folder.
//!
//! Enters: settings. Leaves: [`Disclosing`] for the session, the mark for files, and the memory of when the first-use line
//! was told. Never here: what is due when; the session decides.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use jiff::civil::Date;

use super::{Note, options};
use crate::{
    flow::{Fault, Language},
    mark::{Mark, Origin},
    play::Stamp,
    policy::{Disclosure, Endpoint, Region},
    report::Answerer,
    session::{Disclosing, clock},
    settings::{EndpointSettings, Settings, write_whole},
    speak::Engine,
};

/// Most bytes of the memory that are read: a line a region.
const MOST: u64 = 64 * 1_024;

/// What the region wants told.
fn wishes(settings: &Settings) -> Result<Disclosure, Fault> {
    let offline = || settings.rules.disclosure(&Region::offline());
    settings.rules.disclosure(&settings.region).or_else(offline).ok_or_else(|| Fault {
        kind: "no_disclosure",
        message: format!("the rules do not say what is to be told in region {}", settings.region),
        remedy: "give them a [region.*.disclose] table, or use the rules that Mynah brings along".into(),
    })
}

/// What the session has to know. To be called before the endpoints are taken out of `settings`.
pub(super) fn disclosing(settings: &Settings, exported: bool) -> Result<Disclosing, Fault> {
    let engine = options::voice(settings).engine;
    Ok(Disclosing {
        wishes: wishes(settings)?,
        answerers: answerers(settings),
        told: Memory::of(settings).told(),
        // macOS's own voices, which it takes unless told otherwise, are trained.
        generated_voice: matches!(engine, Engine::Piper { .. } | Engine::Say) || cfg!(target_os = "macos"),
        exported,
        language: language(settings),
    })
}

/// The badge that stands in every interface of `settings`.
///
/// # Errors
/// Rules without one.
pub fn badge(settings: &Settings) -> Result<String, Fault> {
    Ok(wishes(settings)?.badge(language(settings).code()).to_owned())
}

/// The user's language where one is set; else English.
fn language(settings: &Settings) -> Language {
    settings.language.clone().unwrap_or(Language::ENGLISH)
}

/// The region's endpoints that are set up, in its order.
fn answerers(settings: &Settings) -> Vec<Answerer> {
    let one = |(endpoint, setup): (&Endpoint, &EndpointSettings)| Answerer {
        endpoint: endpoint.id().to_string(),
        provider: endpoint.by().to_owned(),
        model: setup.model.clone().unwrap_or_else(|| endpoint.model().to_owned()),
        filing: endpoint.filing().map(str::to_owned),
    };
    settings.ready_endpoints().into_iter().map(one).collect()
}

/// What marks files, where the region wants that.
pub(super) fn stamp(disclosing: &Disclosing) -> Option<Stamp> {
    let process = std::process::id().to_string();
    let stamp: Stamp = Box::new(move |turn, by| {
        let created = clock::time_stamp();
        let (provider, model) = by.unwrap_or(("Mynah", ""));
        let origin = Origin {
            provider: provider.to_owned(),
            system: "Mynah".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            model: model.to_owned(),
            id: Origin::number(&[&created, &process, &turn.to_string()]),
            created,
        };
        Mark::generated(provider, origin)
    });
    disclosing.wishes.export_metadata.then_some(stamp)
}

/// Remembers on which day the first-use line was told, region by region.
pub(super) struct Memory {
    path: PathBuf,
    region: String,
}

impl Memory {
    pub(super) fn of(settings: &Settings) -> Self {
        Self { path: settings.ledger.with_file_name("disclosed.json"), region: settings.region.to_string() }
    }

    /// When it was told here; `None` where that is not known, which tells it again.
    fn told(&self) -> Option<Date> {
        self.all().remove(&self.region)?.parse().ok()
    }

    fn all(&self) -> BTreeMap<String, String> {
        let read = |path: &Path| {
            let mut text = String::new();
            fs::File::open(path)?.take(MOST).read_to_string(&mut text)?;
            Ok::<_, std::io::Error>(text)
        };
        read(&self.path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// What remembers a day. A memory that cannot be written is told once: the line comes again at the next start.
    pub(super) fn keeper(self, note: Note) -> Box<dyn FnMut(Date) + Send> {
        let mut noted = false;
        Box::new(move |day| {
            let Err(error) = self.keep(day) else { return };
            if !std::mem::replace(&mut noted, true) {
                note(&format!(
                    "{} could not be written, so Mynah will introduce itself again: {error}",
                    self.path.display()
                ));
            }
        })
    }

    fn keep(&self, day: Date) -> std::io::Result<()> {
        let mut all = self.all();
        all.insert(self.region.clone(), day.to_string());
        write_whole(&self.path, &serde_json::to_vec_pretty(&all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_remembered_alone_and_what_cannot_be_read_is_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/disclosed.json");
        let memory = |region: &str| Memory { path: path.clone(), region: region.into() };
        assert_eq!(memory("EU").told(), None);
        let day = jiff::civil::date(2026, 11, 22);
        memory("EU").keep(day).unwrap();
        memory("CN").keep(day.tomorrow().unwrap()).unwrap();
        assert_eq!((memory("EU").told(), memory("US").told()), (Some(day), None));
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "{\"EU\":\"no day\"").unwrap();
        assert_eq!(memory("EU").told(), None);
        memory("EU").keep(day).unwrap();
        assert_eq!(memory("EU").told(), Some(day));
    }
}
