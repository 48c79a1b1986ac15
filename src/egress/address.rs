//! Addresses: a public name may only lead to public addresses, one of the local network to private ones.
//!
//! Enters: a host name. Leaves: the addresses to connect to, all of them checked; the connection uses exactly these.
//! Never here: a public name's answer that is partly private. One such address condemns the name (DNS rebinding mixes
//! them). A name of the local network may well have public IPv6 addresses too; those are not used.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// A public name led to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("{host} resolves to {address}, which is not public")]
pub(super) struct NotPublic {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

/// A name of the local network led out of it.
#[derive(Debug, thiserror::Error)]
#[error("{host} resolves to {address}, which is not in the local network")]
pub(super) struct NotNear {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

/// Where names may lead.
#[derive(Clone, Copy)]
enum Scope {
    Public,
    LocalNetwork,
}

/// The resolver of the door's clients. `localhost` is this machine without asking anybody.
pub(super) struct Resolver {
    pub(super) lookup: fn(String) -> Found,
    scope: Scope,
    /// The user's own proxy, which may stand inside the network.
    own: Option<String>,
}

impl Resolver {
    /// Asks the system, and lets public addresses through.
    pub(super) const fn public() -> Self {
        Self::asking(system)
    }

    /// The same, with the proxy at `host`, which the user named and may stand in the user's own network.
    pub(super) fn beside(host: &str) -> Self {
        Self { own: Some(host.to_owned()), ..Self::public() }
    }

    /// Asks `lookup`, and lets public addresses through.
    pub(super) const fn asking(lookup: fn(String) -> Found) -> Self {
        Self { lookup, scope: Scope::Public, own: None }
    }

    /// Asks the system, and lets private addresses through: for servers of the user's own.
    pub(super) const fn near() -> Self {
        Self { lookup: system, scope: Scope::LocalNetwork, own: None }
    }

    /// Knows `localhost` and nothing else; asks nobody.
    pub(super) const fn loopback_only() -> Self {
        Self::asking(|host| {
            Box::pin(async move { Err(io::Error::other(format!("{host} is not this machine"))) })
        })
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let lookup = self.lookup;
        let (own, scope) = (self.own.as_ref() == Some(&host), self.scope);
        Box::pin(async move {
            if host == "localhost" {
                let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                return Ok(Box::new(here.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs);
            }
            let mut found = lookup(host.clone()).await?;
            if let Scope::LocalNetwork = scope {
                let first = found.first().map(SocketAddr::ip);
                found.retain(|at| is_near(at.ip()));
                return match first.filter(|_| found.is_empty()) {
                    Some(address) => Err(NotNear { host, address }.into()),
                    None => Ok(Box::new(found.into_iter()) as Addrs),
                };
            }
            if let Some(private) = found.iter().find(|at| !own && !is_public(at.ip())) {
                return Err(NotPublic { host, address: private.ip() }.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the door resolves names itself so that it can refuse private answers"
)]
fn system(host: String) -> Found {
    Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
}

/// Whether `ip` is in the local network, or this machine, to which its own name may lead.
fn is_near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback(),
    }
}

/// Whether `ip` is on the public internet (IANA's special-purpose registries, 2025).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let s = ip.segments();
            let embedded = match s {
                // Mapped, translated (SIIT), NAT64.
                [0, 0, 0, 0, 0, 0xffff, a, b]
                | [0, 0, 0, 0, 0xffff, 0, a, b]
                | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => Some((a, b)),
                [0x2002, a, b, ..] => Some((a, b)), // 6to4
                _ => None,
            };
            if let Some((a, b)) = embedded {
                return is_public_v4(Ipv4Addr::from_bits(u32::from(a) << 16 | u32::from(b)));
            }
            let documentation = (s[0] == 0x2001 && s[1] == 0xdb8) || (s[0] == 0x3fff && s[1] < 0x1000);
            let protocol = s[0] == 0x2001 && s[1] < 0x200; // Teredo and other protocol assignments
            s[0] & 0xe000 == 0x2000 && !documentation && !protocol // 2000::/3 is all that is routed
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224 // multicast, reserved, broadcast
        || (a == 100 && b & 0xc0 == 64) // shared by carriers
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 198 && b & 0xfe == 18); // benchmarking; "fake IP" proxies answer with it
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_addresses_in_any_dress_are_not_public() {
        for ip in
            ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1", "64:ff9b::808:808", "2002:808:808::1"]
        {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b:1::a00:1",
            "::10.0.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "3fff::1",
            "5f00::1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::1",
            "2001::1",
            "fec0::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[tokio::test]
    async fn a_name_of_the_local_network_leads_nowhere_else() {
        fn to(answers: fn() -> Vec<&'static str>) -> Resolver {
            fn found(answers: &[&str]) -> Vec<SocketAddr> {
                answers.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect()
            }
            static ANSWERS: std::sync::Mutex<Vec<SocketAddr>> = std::sync::Mutex::new(Vec::new());
            *ANSWERS.lock().unwrap() = found(&answers());
            let lookup = |_| -> Found {
                let answers = ANSWERS.lock().unwrap().clone();
                Box::pin(async move { Ok(answers) })
            };
            Resolver { lookup, ..Resolver::near() }
        }
        let name = || "nas.lan".parse().unwrap();
        let mixed = to(|| vec!["2606:4700::1", "192.168.1.5", "8.8.8.8", "fd00::5", "169.254.169.254"]);
        let used: Vec<String> = mixed.resolve(name()).await.unwrap().map(|at| at.ip().to_string()).collect();
        assert_eq!(used, ["192.168.1.5", "fd00::5"]);
        for answers in [
            || vec!["8.8.8.8"],
            || vec!["169.254.169.254"],
            || vec!["100.64.0.1", "fe80::1"],
            || vec!["::ffff:8.8.8.8"],
            || vec!["0.0.0.0"],
        ] {
            let Err(error) = to(answers).resolve(name()).await else { panic!("{:?}", answers()) };
            assert!(error.to_string().ends_with("not in the local network"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_loopback_resolver_knows_this_machine_only() {
        let resolver = Resolver::loopback_only();
        let here: Vec<_> = resolver.resolve("localhost".parse().unwrap()).await.unwrap().collect();
        assert!(!here.is_empty() && here.iter().all(|at| at.ip().is_loopback()));
        assert!(resolver.resolve("api.example".parse().unwrap()).await.is_err());
    }
}
