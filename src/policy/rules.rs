//! Rules: the region table as data, read and checked.
//!
//! Enters: the text of a rules file. Leaves: [`Rules`] that hold together, or an error naming line or key. Never here: a
//! verdict (see `decide`), or a table that is half right.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Deserializer};
use url::Url;

use crate::policy::{
    Capability, DataClass, Disclosure, Endpoint, EndpointId, Mirror, Month, PolicyError, Region,
    host::HostPattern, own,
};

/// The region table: endpoints, mirrors, and which region may use which.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub(super) schema: u32,
    pub(super) verified: Month,
    pub(super) warn_after_months: u32,
    pub(super) refuse_after_months: u32,
    pub(super) token: BTreeMap<String, String>,
    /// Domains where no server of the user's own stands, beside those of the endpoints.
    #[serde(default)]
    pub(super) vendors: Vec<HostPattern>,
    #[serde(default, rename = "endpoint", deserialize_with = "shared")]
    pub(super) endpoints: BTreeMap<EndpointId, Arc<Endpoint>>,
    #[serde(default, rename = "mirror")]
    pub(super) mirrors: BTreeMap<EndpointId, Mirror>,
    #[serde(rename = "region")]
    pub(super) regions: BTreeMap<String, RegionRules>,
    /// Endpoints that said they do not serve the place where this machine is.
    #[serde(skip)]
    pub(super) unserved: BTreeSet<EndpointId>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionRules {
    pub(super) countries: Vec<String>,
    pub(super) infer_ok: Vec<String>,
    /// Where what is no words may be asked for, if that is not the same.
    pub(super) query_ok: Option<Vec<String>>,
    /// Endpoints that never serve here, each with the reason that the user is told.
    #[serde(default)]
    pub(super) deny: BTreeMap<EndpointId, String>,
    #[serde(default)]
    pub(super) require: Require,
    pub(super) order: Order,
    pub(super) disclose: Disclosure,
}

impl RegionRules {
    /// The places where `data` may go.
    pub(super) fn accepts(&self, data: DataClass) -> &[String] {
        match data {
            DataClass::Query => self.query_ok.as_ref().unwrap_or(&self.infer_ok),
            DataClass::Words | DataClass::ModelRequest => &self.infer_ok,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Require {
    /// Whether what generates must have a public filing number.
    #[serde(default)]
    pub(super) filing: bool,
}

/// Whom to ask for what, best first. Nobody is an answer, and must be written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub(super) chat: Vec<EndpointId>,
    search: Vec<EndpointId>,
    image_edit: Vec<EndpointId>,
    speech: Vec<EndpointId>,
    weather: Vec<EndpointId>,
    rates: Vec<EndpointId>,
    /// Nobody but a server of the user's own, which the settings name and no file of rules.
    #[serde(skip)]
    pub(super) home: Vec<EndpointId>,
    /// Nobody but servers of the user's own.
    #[serde(skip)]
    tools: Vec<EndpointId>,
    pub(super) mirror: Vec<EndpointId>,
}

impl Order {
    pub(super) fn of(&self, capability: Capability) -> &[EndpointId] {
        match capability {
            Capability::Chat => &self.chat,
            Capability::Search => &self.search,
            Capability::ImageEdit => &self.image_edit,
            Capability::Speech => &self.speech,
            Capability::Weather => &self.weather,
            Capability::Rates => &self.rates,
            Capability::Home => &self.home,
            Capability::Tools => &self.tools,
            Capability::ModelMirror => &self.mirror,
        }
    }

    pub(super) const fn of_mut(&mut self, capability: Capability) -> &mut Vec<EndpointId> {
        match capability {
            Capability::Chat => &mut self.chat,
            Capability::Search => &mut self.search,
            Capability::ImageEdit => &mut self.image_edit,
            Capability::Speech => &mut self.speech,
            Capability::Weather => &mut self.weather,
            Capability::Rates => &mut self.rates,
            Capability::Home => &mut self.home,
            Capability::Tools => &mut self.tools,
            Capability::ModelMirror => &mut self.mirror,
        }
    }
}

/// How old a checked fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It was checked lately.
    Fresh,
    /// It should be checked again.
    Ageing,
    /// It was checked so long ago that it counts no more.
    Stale,
    /// It was checked in a month that has not come: the clock is wrong.
    Ahead,
}

/// Each entry, with its id in it, to be shared with the permits that keep to it.
fn shared<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<EndpointId, Arc<Endpoint>>, D::Error> {
    let entries = BTreeMap::<EndpointId, Endpoint>::deserialize(from)?;
    let called = |(id, mut entry): (EndpointId, Endpoint)| {
        entry.id = id.clone();
        (id, Arc::new(entry))
    };
    Ok(entries.into_iter().map(called).collect())
}

impl Rules {
    /// The rules in `text`.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`] with the line, or [`PolicyError::Wrong`] with the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut rules: Self = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        for (id, mirror) in &mut rules.mirrors {
            mirror.id = id.clone();
        }
        rules.check()?;
        text.clone_into(&mut rules.text);
        Ok(rules)
    }

    /// The rules that Mynah was built with, `config/regions.toml`.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(include_str!("../../config/regions.toml"))
            .expect("the shipped rules are parsed by this file's tests")
    }

    /// The text that these rules were read from, so that a record can say which they were.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// These rules as the user's own file narrows them, with the servers of the user's own that it adds.
    ///
    /// # Errors
    /// [`PolicyError::Loosens`] with line and key, or [`PolicyError::Unreadable`] with the line. Whoever gets one has no
    /// rules that the user meant, so the region is then [`Region::offline`].
    pub fn with_own(&self, text: &str) -> Result<Self, PolicyError> {
        let mut rules = own::narrowed(self, text)?;
        rules.text.push_str(text);
        rules.check()?;
        Ok(rules)
    }

    /// These rules with the user's own Home Assistant, [`HOME`](super::HOME), at `url`: in every region where it stands in
    /// the local network, else in those out of which something may go. The user's own rules come behind it
    /// ([`with_own`](Self::with_own)), so that they can narrow it.
    ///
    /// # Errors
    /// [`PolicyError::Wrong`]: the URL is no machine of the user's own in the local network or on this machine, and no
    /// https address with a name.
    pub fn with_home(&self, url: &Url) -> Result<Self, PolicyError> {
        let mut rules = own::at_home(self, url)?;
        rules.text.push_str(&format!("\n# home.url = {url}\n"));
        rules.check()?;
        Ok(rules)
    }

    /// When the table as a whole was last looked through.
    #[must_use]
    pub const fn verified(&self) -> Month {
        self.verified
    }

    /// The endpoint called `id`.
    #[must_use]
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(id).map(Arc::as_ref)
    }

    pub(super) fn shared_endpoint(&self, id: &EndpointId) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(id)
    }

    /// How a fact that was checked in `checked` counts in the month `now`.
    #[must_use]
    pub const fn freshness(&self, checked: Month, now: Month) -> Freshness {
        let age = now.since(checked);
        if checked.since(now) > 0 {
            Freshness::Ahead
        } else if age > self.refuse_after_months {
            Freshness::Stale
        } else if age > self.warn_after_months {
            Freshness::Ageing
        } else {
            Freshness::Fresh
        }
    }

    /// What `region` wants told; of several that met, everything that any of them wants. `None` for one that the rules do
    /// not have.
    #[must_use]
    pub fn disclosure(&self, region: &Region) -> Option<Disclosure> {
        let mut all = region.parts().map(|part| self.region_rules(part).map(|rules| &rules.disclose));
        let first = all.next()??.clone();
        all.try_fold(first, |so_far, next| Some(so_far.with(next?)))
    }

    /// The mirror called `id`.
    #[must_use]
    pub fn mirror(&self, id: &EndpointId) -> Option<&Mirror> {
        self.mirrors.get(id)
    }

    /// Every endpoint, by id.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.values().map(Arc::as_ref)
    }

    /// Every mirror, by id.
    pub fn mirrors(&self) -> impl Iterator<Item = &Mirror> {
        self.mirrors.values()
    }

    pub(super) fn region_rules(&self, part: &str) -> Option<&RegionRules> {
        self.regions.get(part)
    }
}

/// Whom `region` may ask for `capability`, best first: endpoints, or mirrors. Of several regions that met, only what all
/// of them list, in the order of the first; nothing for one that `rules` do not have.
#[must_use]
pub fn order<'a>(rules: &'a Rules, region: &Region, capability: Capability) -> Vec<&'a EndpointId> {
    let mut orders =
        region.parts().map(|part| rules.region_rules(part).map_or(&[][..], |r| r.order.of(capability)));
    let first = orders.next().unwrap_or_default();
    let rest: Vec<_> = orders.collect();
    first.iter().filter(|id| rest.iter().all(|order| order.contains(id))).collect()
}

/// The endpoints that may answer in `region`, as [`order`] has them.
#[must_use]
pub fn chat_order<'a>(rules: &'a Rules, region: &Region) -> Vec<&'a EndpointId> {
    order(rules, region, Capability::Chat)
}

/// The mirrors that `region` may fetch model files from, as [`order`] has them.
#[must_use]
pub fn mirror_order<'a>(rules: &'a Rules, region: &Region) -> Vec<&'a EndpointId> {
    order(rules, region, Capability::ModelMirror)
}

/// The line in which `offset` bytes of `text` end, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}

pub(super) fn unreadable(text: &str, error: &toml::de::Error) -> PolicyError {
    let line = line(text, error.span().map_or(0, |span| span.start));
    let source: String = text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(100).collect();
    PolicyError::Unreadable { detail: format!("line {line} (`{source}`): {}", error.message()) }
}
