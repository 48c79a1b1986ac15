//! Regions: which of the rules' regions a name or a country means, and what several of them allow together.
//!
//! Enters: a region's id or an ISO 3166 country code, in any case. Leaves: a [`Region`]. Never here: a guess. What no
//! region lists is an error, and the caller's safe answer is [`Region::offline`].

use std::fmt;

use crate::policy::{EndpointId, PolicyError, Rules};

/// A region's id, as the rules spell it (`EU`), or the ids of several whose rules hold together (`EU+CN`, the home first).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The region in which only this machine answers; every rules file has it.
    #[must_use]
    pub fn offline() -> Self {
        Self("OFFLINE".to_owned())
    }

    /// Where all of `regions` have a say: the ids joined by `+`, each once; without any, OFFLINE. The first, which is the
    /// home, orders what all of them list.
    #[must_use]
    pub fn meet<'a>(regions: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut ids: Vec<&str> = Vec::new();
        for id in regions.into_iter().flat_map(Self::parts) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.is_empty() { Self::offline() } else { Self(ids.join("+")) }
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
    fn several_regions_keep_to_the_order_of_the_first() {
        let rules = Rules::built_in();
        let region = |id| rules.region(id).unwrap();
        let (home, away) = (region("US"), region("GB"));
        let both = Region::meet([&home, &away, &home]);
        assert_eq!(both.as_str(), "US+GB");
        assert_eq!(rules.recalled("US+GB"), both);
        assert_eq!(rules.recalled("GB+US").as_str(), "GB+US");
        for (region, first) in [(both, &home), (Region::meet([&away, &home]), &away)] {
            let listed = crate::policy::chat_order(&rules, &region);
            let of_first = crate::policy::chat_order(&rules, first);
            assert!(listed.len() > 4);
            assert_eq!(listed, of_first.into_iter().filter(|id| listed.contains(id)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_unknown_region_is_an_error_that_lists_the_known_ones() {
        for asked in ["", "ZW", "ch", "Atlantis\n", "E U", "EU+CN"] {
            let error = Rules::built_in().region(asked).unwrap_err().to_string();
            assert!(error.contains("CN, EU (AT BE"), "{error}");
            assert!(error.ends_with("SG, US (US AS GU MP PR UM VI)"), "{error}");
            assert!(!error.contains('\n'));
        }
    }
}
