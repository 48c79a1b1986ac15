//! Surroundings: what the machine itself says of the place, without asking anybody.
//!
//! Enters: `TZ`, the system's own time zone, the locale of messages. Leaves: text as it stands. Never here: a verdict, a
//! network, a service that knows where one is.

use std::{fs, path::Path};

use super::environment::variable;

/// What the machine says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The time zone's name in the tz database, where it has one.
    pub zone: Option<String>,
    /// The POSIX locale of messages.
    pub locale: Option<String>,
}

/// What the machine says now.
#[must_use]
pub fn surroundings() -> Surroundings {
    let zone = zone(variable("TZ").as_deref(), Path::new("/etc/localtime"), Path::new("/etc/timezone"));
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    Surroundings { zone, locale }
}

/// The zone that `TZ` names, which may be the path of the system's own (`:/etc/localtime`, as some set it to spare a
/// look at the link); without `TZ`, the system's.
fn zone(said: Option<&str>, link: &Path, file: &Path) -> Option<String> {
    let said = said.map(|text| text.trim_start_matches(':'));
    match said {
        Some(text) if Path::new(text) != link => zone_of(text),
        Some(_) | None => system_zone(link, file),
    }
}

/// The system's zone: what its link leads to, however far, or the file beside it where it is a copy.
fn system_zone(link: &Path, file: &Path) -> Option<String> {
    let target = fs::read_link(link).ok().and_then(|target| zone_of(&target.to_string_lossy()));
    let end = || fs::canonicalize(link).ok().and_then(|end| zone_of(&end.to_string_lossy()));
    let named = || fs::read_to_string(file).ok().and_then(|text| zone_of(text.lines().next()?.trim()));
    target.or_else(end).or_else(named)
}

/// The zone in a path below `zoneinfo`, or the text itself.
fn zone_of(text: &str) -> Option<String> {
    let below = text.rsplit_once("zoneinfo/").map_or(text, |(_, below)| below);
    let name = below.strip_prefix("posix/").or_else(|| below.strip_prefix("right/")).unwrap_or(below);
    (!name.is_empty() && !name.starts_with('/')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_from_a_name_or_a_path() {
        for (text, zone) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("/usr/share/zoneinfo/Europe/Berlin", Some("Europe/Berlin")),
            ("../usr/share/zoneinfo/posix/Asia/Shanghai", Some("Asia/Shanghai")),
            ("/var/db/timezone/zoneinfo/Asia/Tokyo", Some("Asia/Tokyo")),
            ("CET-1CEST", Some("CET-1CEST")),
            ("/srv/mine", None),
            ("/usr/share/zoneinfo/", None),
            ("", None),
        ] {
            assert_eq!(zone_of(text).as_deref(), zone, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_system_says_its_zone_by_a_link_or_by_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("localtime"), folder.path().join("timezone"));
        assert_eq!(system_zone(&link, &file), None);
        fs::write(&file, "Europe/Paris\n").unwrap();
        assert_eq!(system_zone(&link, &file).as_deref(), Some("Europe/Paris"));
        std::os::unix::fs::symlink("/usr/share/zoneinfo/Asia/Shanghai", &link).unwrap();
        assert_eq!(system_zone(&link, &file).as_deref(), Some("Asia/Shanghai"));
    }

    #[cfg(unix)]
    #[test]
    fn tz_may_lead_to_the_systems_own_zone_and_that_over_several_links() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("localtime"), folder.path().join("timezone"));
        let (zone_file, between) = (folder.path().join("zoneinfo/Asia/Tokyo"), folder.path().join("between"));
        fs::create_dir_all(zone_file.parent().unwrap()).unwrap();
        fs::write(&zone_file, "TZif").unwrap();
        symlink(&zone_file, &between).unwrap();
        symlink(&between, &link).unwrap();
        let tz = format!(":{}", link.display());
        for said in [None, Some(tz.as_str()), link.to_str()] {
            assert_eq!(zone(said, &link, &file).as_deref(), Some("Asia/Tokyo"), "{said:?}");
        }
        assert_eq!(zone(Some("Europe/Rome"), &link, &file).as_deref(), Some("Europe/Rome"));
        assert_eq!(zone(Some(":/srv/mine"), &link, &file), None);
    }
}
