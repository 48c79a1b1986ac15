//! Ready: which endpoints could be asked, as they are set up.
//!
//! Enters: settings. Leaves: the region's endpoints with what the user said of them. Never here: a verdict; policy judges
//! each question.

use super::{EndpointSettings, Settings};
use crate::policy::{self, Endpoint};

impl Settings {
    /// The region's endpoints that are set up, best first.
    #[must_use]
    pub fn ready_endpoints(&self) -> Vec<(&Endpoint, &EndpointSettings)> {
        let one = |id: &policy::EndpointId| {
            let (endpoint, setup) = (self.rules.endpoint(id)?, self.said_of(id.as_str())?);
            setup.is_enough_for(endpoint).then_some((endpoint, setup))
        };
        policy::chat_order(&self.rules, &self.region).into_iter().filter_map(one).collect()
    }

    /// What the user said of the endpoint `id`, if anything.
    #[must_use]
    pub fn said_of(&self, id: &str) -> Option<&EndpointSettings> {
        self.endpoints.iter().find(|setup| setup.id == id)
    }
}

impl EndpointSettings {
    /// Whether `endpoint` lacks nothing that it needs.
    #[must_use]
    pub fn is_enough_for(&self, endpoint: &Endpoint) -> bool {
        self.key.is_some() || !endpoint.needs_key()
    }
}
