//! Network: which connections are up, as the kernel knows it.
//!
//! Enters: `/sys/class/net` and the routing tables. Leaves: links, and whether a way leads out. Never here: a packet, an
//! address.

use std::{collections::HashSet, fs, path::Path};

use super::{DesktopError, Link, Network, machine::word};

/// A route's flags: it is up; it rejects what goes its way.
const UP: u32 = 0x1;
const REJECT: u32 = 0x200;

/// The connections of the machine whose files lie under `root`.
pub(super) fn look(root: &Path) -> Result<Network, DesktopError> {
    let folder = fs::read_dir(root.join("sys/class/net")).map_err(|_| DesktopError::Unsupported)?;
    let ways_out = ways_out(root);
    let mut links = Vec::new();
    let mut leads_out = false;
    for entry in folder.flatten().take(256) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        // 772: the machine itself.
        if word(&path.join("type")).as_deref() == Some("772") {
            continue;
        }
        let state = word(&path.join("operstate")).unwrap_or_default();
        let carries = || word(&path.join("carrier")).as_deref() == Some("1");
        if !(state == "up" || (state == "unknown" && carries())) {
            continue;
        }
        let way_out = ways_out.contains(&name);
        leads_out |= way_out;
        let wireless = path.join("wireless").exists() || path.join("phy80211").exists();
        let real = path.join("device").exists();
        // Bridges and the like of containers are no connection to the user, unless they lead out.
        match (wireless, real, way_out) {
            (true, ..) => links.push(Link::Wireless),
            (false, true, _) => links.push(Link::Wired),
            (false, false, true) => links.push(Link::Other),
            (false, false, false) => {}
        }
    }
    let mut seen = HashSet::new();
    links.retain(|link| seen.insert(*link));
    links.sort_by_key(|link| matches!(link, Link::Other));
    Ok(Network { links, leads_out })
}

/// The interfaces over which a default route goes.
fn ways_out(root: &Path) -> HashSet<String> {
    let table = |name: &str| fs::read_to_string(root.join("proc/net").join(name)).unwrap_or_default();
    let four = table("route");
    let four = four.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (name, to) = (fields.next()?, fields.next()?);
        let flags = u32::from_str_radix(fields.nth(1)?, 16).ok()?;
        let mask = fields.nth(3)?;
        (to == "00000000" && mask == "00000000" && leads(flags)).then(|| name.to_owned())
    });
    let six = table("ipv6_route");
    let six = six.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [to, length, .., flags, name] = fields.as_slice() else { return None };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let everything = to.bytes().all(|digit| digit == b'0') && *length == "00";
        (everything && leads(flags) && *name != "lo").then(|| (*name).to_owned())
    });
    four.chain(six).collect()
}

fn leads(flags: u32) -> bool {
    flags & UP != 0 && flags & REJECT == 0
}
