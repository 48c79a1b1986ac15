//! Passages: may a program of the user's, which is fenced in, be connected to a host that the user lists for it?
//!
//! Enters: the rules, the region, the program, its list and where it wants to go. Leaves: a [`Passage`] that the door takes by
//! value, or a refusal. What goes through is the program's own and cannot be judged; whom it reaches is. Never here: a host by
//! number or by pattern, a host of the local network, a passage for another region than the one it was judged for.

use std::{fmt, str::FromStr};

use url::{Host, Url};

use crate::policy::{Refusal, Region, Rules, host::is_neighbour};

/// The port that is meant where none is named.
const HTTPS: u16 = 443;

/// A host by its public name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: u16,
}

impl Destination {
    /// The name, in lower case and without a dot at its end.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| Err(format!("{text:?} {what}"));
        let (name, port) = match text.rsplit_once(':') {
            None => (text, Some(HTTPS)),
            Some((name, digits)) => {
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                (name, digits.parse().ok().filter(|port| plain && *port != 0))
            }
        };
        let host = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let label = |label: &str| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(fits)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.contains('/') {
            return wrong("is more than a host; leave out https:// and path");
        }
        if host.contains('*') {
            return wrong("is a pattern; name each host in full");
        }
        if name.contains([':', '[']) {
            return wrong("names a host by number; use its name");
        }
        if host.len() > 253 || !host.split('.').all(label) {
            return wrong("is no host's name (one beyond ASCII is written as xn--...)");
        }
        let Some(port) = port else { return wrong("has no port from 1 to 65535 behind its colon") };
        // What browsers read as a number is one, whatever it looks like.
        let url = Url::parse(&format!("https://{host}/")).ok();
        let Some(url) = url.filter(|url| matches!(url.host(), Some(Host::Domain(name)) if name == host))
        else {
            return wrong("names a host by number, or is no host's name");
        };
        if host == "localhost" || host.ends_with(".localhost") || is_neighbour(&url) {
            return wrong("is a name of this machine or of the local network; only public hosts are reached");
        }
        Ok(Self { host, port })
    }
}

/// Leave to connect one program to one host, once. Only [`judge_passage`] makes one.
#[derive(Debug)]
#[must_use = "a passage that is not spent connects nobody"]
pub struct Passage {
    program: String,
    to: Destination,
    region: Region,
}

impl Passage {
    /// The program, by its name in the user's settings.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Where to.
    #[must_use]
    pub const fn to(&self) -> &Destination {
        &self.to
    }

    /// The region that it was judged for.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }
}

/// Whether `program`, for which the user lists the hosts `listed`, may be connected to `to` where `region` holds.
///
/// # Errors
/// The refusal, for the record, the program and the user.
pub fn judge_passage(
    rules: &Rules,
    region: &Region,
    (program, listed): (&str, &[Destination]),
    to: &Destination,
) -> Result<Passage, Refusal> {
    let refuse = |rule, reason, remedy: &str| Err(Refusal { rule, reason, remedy: remedy.to_owned() });
    for part in region.parts() {
        if rules.region_rules(part).is_none() {
            let remedy = "choose a region that the rules list, or OFFLINE";
            return refuse("region.unknown", format!("the rules have no region {part}"), remedy);
        }
        if part == Region::offline().as_str() {
            let reason = "region OFFLINE lets nothing leave this machine".to_owned();
            return refuse("passage.offline", reason, "say where you live: `mynah region set`");
        }
    }
    if !listed.contains(to) {
        let reason = format!("{to} is no host that is listed for {program}");
        return refuse(
            "passage.host",
            reason,
            "list it under `network` of that [[tools.server]], if it may be reached",
        );
    }
    Ok(Passage { program: program.to_owned(), to: to.clone(), region: region.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_public_name_and_a_port() {
        for (text, read) in [
            ("api.example.com", "api.example.com:443"),
            ("example.org:8443", "example.org:8443"),
            ("API.Example.com.:443", "api.example.com:443"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example:443"),
        ] {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), read);
        }
        for (text, told) in [
            ("*.example.com", "is a pattern"),
            ("10.0.0.1", "by number"),
            ("0x7f.1", "by number"),
            ("1.2", "by number"),
            ("[::1]:443", "by number"),
            ("::1", "by number"),
            ("https://example.com", "leave out https://"),
            ("example.com/path", "leave out https://"),
            ("me@example.com", "no host's name"),
            ("example.com..", "no host's name"),
            ("-a.example.com", "no host's name"),
            ("bücher.example", "no host's name"),
            ("", "no host's name"),
            ("example.com:0", "no port"),
            ("example.com:65536", "no port"),
            ("example.com:+443", "no port"),
            ("example.com:", "no port"),
            ("localhost", "the local network"),
            ("a.localhost", "the local network"),
            ("nas", "the local network"),
            ("nas.local", "the local network"),
        ] {
            let refused = text.parse::<Destination>().unwrap_err();
            assert!(refused.contains(told), "{text}: {refused}");
        }
    }

    #[test]
    fn a_passage_is_had_for_what_is_listed_and_where_anything_may_leave() {
        let rules = Rules::built_in();
        let to = |text: &str| text.parse::<Destination>().unwrap();
        let listed = [to("api.example.com"), to("example.org:8443")];
        let judged = |region: &Region, at: &str| {
            judge_passage(&rules, region, ("web", &listed), &to(at)).map(drop).map_err(|refusal| refusal.rule)
        };
        let eu = rules.region("EU").unwrap();
        for allowed in ["api.example.com", "API.EXAMPLE.COM.", "example.org:8443"] {
            assert_eq!(judged(&eu, allowed), Ok(()), "{allowed}");
        }
        for other in [
            "api.example.com:80",
            "example.org",
            "example.com",
            "api.example.com.evil.example",
            "x.api.example.com",
        ] {
            assert_eq!(judged(&eu, other), Err("passage.host"), "{other}");
        }
        assert_eq!(judged(&Region::offline(), "api.example.com"), Err("passage.offline"));
        let both = Region::meet([&eu, &Region::offline()]);
        assert_eq!(judged(&both, "api.example.com"), Err("passage.offline"));
    }
}
