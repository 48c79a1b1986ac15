//! Standing: what is remembered of the region between runs.
//!
//! Enters: the region that words last left under, endpoints that refused the place. Leaves: a small file, readable by its
//! owner alone. It can only narrow: one that is lost or spoilt lets an endpoint be asked once more, and the region be
//! recorded once more. Never here: a permission.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::write_whole;

/// Most refusals that are remembered; the oldest go first.
const MOST: usize = 64;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// The region, and how it came about, that was last recorded.
    pub recorded: Option<String>,
    /// Who refused the place.
    pub unserved: Vec<Unserved>,
}

/// An endpoint that said it does not serve the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// The endpoint.
    pub endpoint: String,
    /// The machine's time zone then; elsewhere it may be asked again.
    pub zone: Option<String>,
}

impl Standing {
    /// What is remembered in `file`; nothing where it cannot be read.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Who refused the place that the time zone `zone` stands for.
    pub fn unserved_in(&self, zone: Option<&str>) -> impl Iterator<Item = &str> {
        self.unserved.iter().filter(move |it| it.zone.as_deref() == zone).map(|it| it.endpoint.as_str())
    }

    /// Remembers that `endpoint` refused the place.
    pub fn refused(&mut self, endpoint: &str, zone: Option<&str>) {
        let new = Unserved { endpoint: endpoint.to_owned(), zone: zone.map(str::to_owned) };
        self.unserved.retain(|it| *it != new);
        self.unserved.push(new);
        self.unserved.drain(..self.unserved.len().saturating_sub(MOST));
    }

    /// Writes it to `file`, whole or not at all.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        write_whole(file, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_holds_where_it_was_given_and_a_spoilt_file_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/region.json");
        assert_eq!(Standing::read(&file), Standing::default());
        let mut standing = Standing { recorded: Some("EU".into()), ..Standing::default() };
        standing.refused("openai", Some("Asia/Hong_Kong"));
        standing.refused("openai", Some("Asia/Hong_Kong"));
        standing.refused("gemini", None);
        standing.write(&file).unwrap();
        let read = Standing::read(&file);
        assert_eq!(read, standing);
        assert_eq!(read.unserved_in(Some("Asia/Hong_Kong")).collect::<Vec<_>>(), ["openai"]);
        assert_eq!(read.unserved_in(Some("Europe/Berlin")).count(), 0);
        assert_eq!(read.unserved_in(None).collect::<Vec<_>>(), ["gemini"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&file, "{\"unserved\": 3").unwrap();
        assert_eq!(Standing::read(&file), Standing::default());
    }

    #[test]
    fn no_number_of_refusals_makes_the_file_grow_without_end() {
        let mut standing = Standing::default();
        (0..200).for_each(|n| standing.refused(&format!("e{n}"), None));
        assert_eq!((standing.unserved.len(), standing.unserved[0].endpoint.as_str()), (MOST, "e136"));
    }
}
