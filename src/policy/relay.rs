//! Relays: may what is sent pass through this proxy on its way?
//!
//! Enters: the rules, the region, a proxy's URL and where the user says that it stands. Leaves: a [`Relay`] or a refusal.
//! A proxy sees whom one talks to, when and how much; one that breaks TLS open sees the words. So its place is judged as
//! an endpoint's is. Never here: a relay for another region than the one it was judged for.

use url::Url;

use crate::policy::{Refusal, Region, Rules, endpoint::LOCAL, host::is_loopback};

/// A proxy that a region's rules accept. Only [`judge_relay`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    url: Url,
    region: Region,
}

impl Relay {
    /// The proxy.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The region it was judged for.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }
}

/// Whether requests of `region` may pass through the proxy at `url`, which stands in `infer`.
///
/// # Errors
/// The refusal; then nothing may be sent at all, for the user asked for the proxy.
pub fn judge_relay(rules: &Rules, region: &Region, url: &Url, infer: &[String]) -> Result<Relay, Refusal> {
    let host = url.host_str().unwrap_or_default();
    let refuse = |rule, reason, remedy: &str| Err(Refusal { rule, reason, remedy: remedy.to_owned() });
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || host.is_empty() || !bare || url.path() != "/" {
        return refuse(
            "proxy.url",
            "the proxy's URL is not http(s)://host:port alone".to_owned(),
            "write network.proxy.url as http://host:port, without user, password and path",
        );
    }
    if infer.is_empty() {
        return refuse(
            "proxy.place",
            format!("it is not said where the proxy {host} stands"),
            "name its place under network.proxy.infer, in the words that the rules use for endpoints",
        );
    }
    if infer.iter().any(|place| place == LOCAL) && !(infer.len() == 1 && is_loopback(url)) {
        return refuse(
            "proxy.place",
            format!("the proxy {host} is said to be on this machine and is not"),
            "say where it really stands",
        );
    }
    for part in region.parts() {
        let accepted = rules.region_rules(part).map_or(&[][..], |region| &region.infer_ok);
        if let Some(place) = infer.iter().find(|place| !accepted.contains(place)) {
            return refuse(
                "proxy.place",
                format!("the proxy {host} stands in {place}, which region {part} does not accept"),
                "use a proxy inside the region, or none",
            );
        }
    }
    Ok(Relay { url: url.clone(), region: region.clone() })
}
