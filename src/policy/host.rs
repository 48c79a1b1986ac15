//! Hosts: which names and addresses a rule means.
//!
//! Enters: patterns from the rules, hosts from URLs. Leaves: yes or no. Never here: resolving a name, or a suffix
//! match that another owner's domain could satisfy.

use std::fmt;

use serde::Deserialize;
use url::{Host, Url};

/// A host in the rules: a name letter by letter, or `*.suffix`, where the star is exactly one label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HostPattern(String);

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let starred = name.len() != text.len();
        if !name.split('.').all(is_label) {
            return Err(format!("`{text}` is no host name in lower case, alone or after `*.`"));
        }
        if starred && name.split('.').count() < 2 {
            return Err(format!("`{text}` is too wide: a star needs at least two labels after it"));
        }
        Ok(Self(text))
    }
}

impl HostPattern {
    /// Whether `host` is meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        self.0.strip_prefix("*.").map_or(host == self.0, |suffix| {
            host.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.')).is_some_and(is_label)
        })
    }

    /// Whether `host` belongs to the same owner: it is the pattern's domain or lies below it. The domain is what follows
    /// the star, or the last two labels of a name.
    #[must_use]
    pub fn owner_has(&self, host: &str) -> bool {
        let domain = self.0.strip_prefix("*.").unwrap_or_else(|| {
            let from = self.0.rmatch_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
            &self.0[from..]
        });
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// One part of a host's name between dots.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `url` points at this machine: a loopback address, or the name `localhost` itself.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether `url` points into the local network: a private address, or a name that public name service does not have.
#[must_use]
pub fn is_neighbour(url: &Url) -> bool {
    match url.host() {
        // `.local` is multicast's, `.home.arpa` and `.internal` are reserved; the others are what routers give out.
        Some(Host::Domain(name)) => {
            let inside = ["local", "lan", "home", "internal", "home.arpa"];
            !name.contains('.') && name != "localhost"
                || inside.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')))
        }
        Some(Host::Ipv4(ip)) => ip.is_private(),
        Some(Host::Ipv6(ip)) => ip.is_unique_local(),
        None => false,
    }
}

/// Whether `url` names its host by number; such a host has no certificate and skips name resolution.
#[must_use]
pub fn is_ip_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        HostPattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_pattern_means_the_name_and_no_lookalike() {
        let star = pattern("*.hf.co");
        for (host, meant) in [
            ("cdn-lfs.hf.co", true),
            ("hf.co", false),
            (".hf.co", false),
            ("a.b.hf.co", false),
            ("evilhf.co", false),
            ("cdn.hf.co.evil.example", false),
        ] {
            assert_eq!(star.matches(host), meant, "{host}");
        }
        let plain = pattern("api.openai.com");
        assert!(plain.matches("api.openai.com"));
        for host in ["api.openai.com.", "us.api.openai.com", "api.openai.co", "xapi.openai.com"] {
            assert!(!plain.matches(host), "{host}");
        }
    }

    #[test]
    fn a_pattern_that_is_too_wide_or_no_host_is_refused() {
        for text in
            ["*", "*.com", "*.*.com", "a.*.com", "", ".", "API.com", "https://a.com", "a.com/x", "a.com:8"]
        {
            assert!(HostPattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        let local = [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://LOCALHOST",
            "http://0x7f.1",
        ];
        for url in local {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        let foreign = [
            "http://localhost.example",
            "http://a.localhost",
            "http://0.0.0.0",
            "http://10.0.0.1",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.",
        ];
        for url in foreign {
            assert!(!is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn a_neighbour_has_a_private_address_or_a_name_that_is_not_public() {
        for url in [
            "http://10.0.0.1",
            "http://192.168.1.5:8080",
            "http://[fd00::1]",
            "http://nas",
            "http://nas.local",
        ] {
            assert!(is_neighbour(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "http://8.8.8.8",
            "http://127.0.0.1",
            "http://localhost",
            "http://169.254.169.254",
            "http://100.64.0.1",
            "http://[fe80::1]",
            "http://[::ffff:10.0.0.1]",
            "http://local",
            "http://evillocal.example",
            "http://my.notlocal",
            "http://nas.local.example",
        ] {
            let named = url == "http://local"; // one label: no public name
            assert_eq!(is_neighbour(&Url::parse(url).unwrap()), named, "{url}");
        }
    }
}
