//! Regions: which of the rules' regions a name or a country means, and what several of them allow together.
//!
//! Enters: a region's id or an ISO 3166 country code, in any case. Leaves: a [`Region`]. Never here: a guess. What no
//! region lists is an error, and the caller's safe answer is [`Region::offline`].

use std::{collections::BTreeSet, fmt};

use crate::policy::{EndpointId, PolicyError, Rules};

/// A region's id, as the rules spell it (`EU`), or the ids of several whose rules hold together (`CN+EU`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The region in which only this machine answers; every rules file has it.
    #[must_use]
    pub fn offline() -> Self {
        Self("OFFLINE".to_owned())
    }

    /// Where all of `regions` have a say: the ids joined by `+`, each once; without any, OFFLINE.
    #[must_use]
    pub fn meet<'a>(regions: impl IntoIterator<Item = &'a Self>) -> Self {
        let ids: BTreeSet<&str> = regions.into_iter().flat_map(Self::parts).collect();
        if ids.is_empty() { Self::offline() } else { Self(Vec::from_iter(ids).join("+")) }
    }

    /// The ids of the rules' regions that all have a say; one, unless several met.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('+')
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rules {
    /// The region that `name` means: its id, or an ISO 3166 two-letter code of one of its countries; any case.
    ///
    /// # Errors
    /// [`PolicyError::UnknownRegion`] with everything that is known.
    pub fn region(&self, name: &str) -> Result<Region, PolicyError> {
        let asked = name.trim().to_ascii_uppercase();
        let found = self.regions.iter().find(|(id, rules)| **id == asked || rules.countries.contains(&asked));
        found.map(|(id, _)| Region(id.clone())).ok_or_else(|| PolicyError::UnknownRegion {
            asked: name.trim().chars().filter(|c| !c.is_control()).take(40).collect(),
            known: self.known(),
        })
    }

    /// The region that `text` stood for when it was written down; OFFLINE where these rules do not have it.
    #[must_use]
    pub fn recalled(&self, text: &str) -> Region {
        let parts: Result<Vec<Region>, PolicyError> = text.split('+').map(|part| self.region(part)).collect();
        parts.map_or_else(|_| Region::offline(), |parts| Region::meet(&parts))
    }

    /// The rules learn which endpoints refused the place where this machine is.
    pub fn unserved(&mut self, endpoints: &[EndpointId]) {
        self.unserved = endpoints.iter().cloned().collect();
    }

    /// Every region, in the order of its id.
    pub fn all_regions(&self) -> impl Iterator<Item = Region> + '_ {
        self.regions.keys().map(|id| Region(id.clone()))
    }

    fn known(&self) -> String {
        let one = |(id, rules): (&String, &super::rules::RegionRules)| match rules.countries.as_slice() {
            [] => id.clone(),
            [only] if only == id => id.clone(),
            countries => format!("{id} ({})", countries.join(" ")),
        };
        self.regions.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_found_by_id_or_country_in_any_case() {
        let rules = Rules::built_in();
        for (asked, found) in
            [("de", "EU"), ("EU", "EU"), ("cn", "CN"), ("Us", "US"), (" offline ", "OFFLINE"), ("is", "EU")]
        {
            assert_eq!(rules.region(asked).unwrap().as_str(), found, "{asked}");
        }
    }

    #[test]
    fn an_unknown_region_is_an_error_that_lists_the_known_ones() {
        for asked in ["", "ZW", "ch", "Atlantis\n", "E U", "EU+CN"] {
            let error = Rules::built_in().region(asked).unwrap_err().to_string();
            assert!(error.contains("CN, EU (AT BE"), "{error}");
            assert!(error.ends_with("SG, US"), "{error}");
            assert!(!error.contains('\n'));
        }
    }
}
