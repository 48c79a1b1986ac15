//! Regions: which of the rules' regions a name or a country means, and what several of them allow together.
//!
//! Enters: a region's id or an ISO 3166 country code, in any case. Leaves: a [`Region`]. Never here: a guess. What no
//! region lists is an error, and the caller's safe answer is [`Region::offline`].

use std::fmt;

use crate::policy::{
    EndpointId, PolicyError, Rules,
    rules::{Order, RegionRules},
};

/// A region's id, as the rules spell it (`EU`), or the ids of several whose rules hold together (`CN+EU`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl Region {
    /// The region in which only this machine answers; every rules file has it.
    #[must_use]
    pub fn offline() -> Self {
        Self("OFFLINE".to_owned())
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

    /// The region in which the rules of both `one` and `other` hold, learnt by these rules: `CN+EU`. OFFLINE where they
    /// have nothing in common. An unknown region has no rules that could hold.
    pub fn meet(&mut self, one: &Region, other: &Region) -> Region {
        let (Some(mine), Some(theirs)) = (self.region_rules(one), self.region_rules(other)) else {
            return Region::offline();
        };
        if one == other {
            return one.clone();
        }
        let mut ids: Vec<&str> = one.as_str().split('+').chain(other.as_str().split('+')).collect();
        ids.sort_unstable();
        ids.dedup();
        let region = Region(ids.join("+"));
        let both = mine.and(theirs);
        if both.is_empty() {
            return Region::offline();
        }
        self.met.insert(region.0.clone(), both);
        region
    }

    /// The region that `text` stood for when it was written down; OFFLINE where these rules do not have it.
    #[must_use]
    pub fn recalled(&self, text: &str) -> Region {
        let region = Region(text.to_owned());
        if self.region_rules(&region).is_some() { region } else { Region::offline() }
    }

    /// The rules learn which endpoints refused the place where this machine is.
    pub(super) fn unserved(&mut self, endpoints: &[EndpointId]) {
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

impl RegionRules {
    /// What both allow, with what either asks for; in the order of `self`.
    fn and(&self, other: &Self) -> Self {
        let Self { countries: _, infer_ok, require_filing, order } = self;
        let common = |mine: &[EndpointId], theirs: &[EndpointId]| -> Vec<EndpointId> {
            mine.iter().filter(|id| theirs.contains(id)).cloned().collect()
        };
        Self {
            countries: Vec::new(),
            infer_ok: infer_ok.iter().filter(|place| other.infer_ok.contains(place)).cloned().collect(),
            require_filing: *require_filing || other.require_filing,
            order: Order {
                chat: common(&order.chat, &other.order.chat),
                mirror: common(&order.mirror, &other.order.mirror),
            },
        }
    }

    fn is_empty(&self) -> bool {
        self.order.chat.is_empty() && self.order.mirror.is_empty()
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
        for asked in ["", "GB", "ch", "Atlantis\n", "E U"] {
            let error = Rules::built_in().region(asked).unwrap_err().to_string();
            assert!(error.contains("CN, EU (AT BE"), "{error}");
            assert!(error.ends_with("OFFLINE, US"), "{error}");
            assert!(!error.contains('\n'));
        }
    }
}
