//! Places: which country a locale or a time zone names.
//!
//! Enters: a POSIX locale, the name of a time zone. Leaves: an ISO 3166 country code. Never here: a guess: `C`, `en`, `UTC`
//! and what is not known name no country.

/// Time zones by country, from the tz database.
const ZONES: &str = include_str!("../../config/zones.txt");

/// The territory that a POSIX locale names: CN for `zh_CN.UTF-8`.
#[must_use]
pub fn territory(locale: &str) -> Option<String> {
    let (_, rest) = locale.split_once(['_', '-'])?;
    let code = rest.split(['.', '@']).next().unwrap_or_default();
    is_country(code).then(|| code.to_ascii_uppercase())
}

/// The country that the time zone `zone` lies in: DE for `Europe/Berlin`.
#[must_use]
pub fn country_of_zone(zone: &str) -> Option<&'static str> {
    let lines = ZONES.lines().filter(|line| !line.starts_with('#'));
    let mut countries = lines.filter_map(|line| line.split_once(' '));
    countries.find(|(_, zones)| zones.split(' ').any(|it| it == zone)).map(|(country, _)| country)
}

/// Whether `code` has the form of an ISO 3166 country code.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_a_territory_only_where_it_has_one() {
        for (locale, country) in [
            ("zh_CN.UTF-8", Some("CN")),
            ("en_US", Some("US")),
            ("de-AT", Some("AT")),
            ("sr_RS@latin", Some("RS")),
            ("ca_es@valencia", Some("ES")),
            ("es_419", None),
            ("en_001.UTF-8", None),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("en", None),
            ("", None),
            ("_", None),
            ("zh_Hans_CN", None),
            ("xx_\u{fffd}\u{fffd}", None),
        ] {
            assert_eq!(territory(locale).as_deref(), country, "{locale}");
        }
    }

    #[test]
    fn a_zone_names_its_country_by_older_names_too_and_utc_names_none() {
        for (zone, country) in [
            ("Europe/Berlin", Some("DE")),
            ("Asia/Shanghai", Some("CN")),
            ("Asia/Urumqi", Some("CN")),
            ("PRC", Some("CN")),
            ("Asia/Hong_Kong", Some("HK")),
            ("Asia/Macao", Some("MO")),
            ("Asia/Taipei", Some("TW")),
            ("US/Pacific", Some("US")),
            ("Iceland", Some("IS")),
            ("UTC", None),
            ("Etc/UTC", None),
            ("CET", None),
            ("Mars/Olympus", None),
            ("DE", None),
            ("", None),
        ] {
            assert_eq!(country_of_zone(zone), country, "{zone}");
        }
    }

    #[test]
    fn every_zone_stands_once() {
        let mut zones: Vec<&str> =
            ZONES.lines().filter(|l| !l.starts_with('#')).flat_map(|l| l.split(' ').skip(1)).collect();
        let all = zones.len();
        zones.sort_unstable();
        zones.dedup();
        assert!(zones.len() == all && all > 500, "{} of {all}", zones.len());
    }
}
