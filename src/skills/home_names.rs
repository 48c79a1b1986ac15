//! Names: which things of the home are meant.
//!
//! Enters: what was said, and what there is. Leaves: one, several that are meant together, several of which one is meant,
//! or none. Never here: a guess between two.

use super::outside::Device;
use crate::flow::is_han;

/// What was meant.
#[derive(Debug, PartialEq)]
pub(super) enum Meant<'d> {
    /// These, all of them.
    These(Vec<&'d Device>),
    /// One of these, and which was not said.
    OneOf(Vec<&'d Device>),
    /// Nothing there is called so.
    Nothing,
}

/// Words for kinds of things, and the kind in Home Assistant's word.
const KINDS: &[(&str, &str)] = &[
    ("light", "light"),
    ("lamp", "light"),
    ("灯", "light"),
    ("fan", "fan"),
    ("扇", "fan"),
    ("heating", "climate"),
    ("heater", "climate"),
    ("thermostat", "climate"),
    ("radiator", "climate"),
    ("conditioning", "climate"),
    ("conditioner", "climate"),
    ("ac", "climate"),
    ("暖", "climate"),
    ("调", "climate"),
    ("plug", "switch"),
    ("socket", "switch"),
    ("outlet", "switch"),
    ("switch", "switch"),
    ("tv", "media_player"),
    ("television", "media_player"),
    ("blind", "cover"),
    ("curtain", "cover"),
    ("shutter", "cover"),
    ("shade", "cover"),
    ("帘", "cover"),
    ("lock", "lock"),
    ("锁", "lock"),
];

/// Words that name nothing.
const NOTHING: &str = "the my our your a an in of at on all every each both please air";

/// The same in Mandarin.
const NOTHING_HAN: &str = "的把我所有全部个里面上都这那空气";

/// Words that mean more than one.
const ALL: [&str; 6] = ["all", "every", "each", "both", "所有", "全部"];

/// Ends that name no room but all of them.
const AT_HOME: [&str; 7] =
    [" everywhere", " at home", " in every room", " house", " home", " apartment", " flat"];

/// What stands before the last four of these.
const BEFORE_HOME: [&str; 6] =
    [" in the", " in my", " in the whole", " in the entire", " throughout the", " around the"];

/// `said` without an end that says "all over the house".
fn without_home(said: &str) -> &str {
    let lower = said.to_ascii_lowercase();
    let Some(end) = AT_HOME.iter().find(|end| lower.ends_with(**end)) else { return said };
    let rest = &lower[..lower.len() - end.len()];
    if !matches!(*end, " house" | " home" | " apartment" | " flat") {
        return &said[..rest.len()];
    }
    let before =
        BEFORE_HOME.iter().filter(|before| rest.ends_with(**before)).max_by_key(|before| before.len());
    before.map_or(said, |before| &said[..rest.len() - before.len()])
}

/// What `said` means among `devices`; `all`: whether all of a kind are meant.
pub(super) fn meant<'d>(said: &str, all: bool, devices: &[&'d Device]) -> Meant<'d> {
    let said = without_home(said);
    let (words, plural) = words(said);
    let kinds: Vec<&str> = KINDS
        .iter()
        .filter(|(word, _)| words.iter().any(|said| said == word))
        .map(|(_, kind)| *kind)
        .collect();
    let plural = all || plural || ALL.iter().any(|word| said.to_lowercase().contains(word));
    let core: Vec<&String> =
        words.iter().filter(|word| !KINDS.iter().any(|(known, _)| known == word)).collect();
    let of_kind: Vec<&Device> = devices.iter().copied().filter(|d| kinds.contains(&d.domain())).collect();
    if core.is_empty() {
        return choose(of_kind, plural);
    }
    // Of the kind that was said first; a switch may be called a lamp.
    for pool in [of_kind, devices.to_vec()] {
        for exact in [true, false] {
            let found: Vec<&Device> =
                pool.iter().copied().filter(|device| fits(&core, &device.name, exact)).collect();
            if !found.is_empty() {
                // In Mandarin one lamp and several are one word; a room's are meant together.
                let together = plural || kinds.contains(&"light") && said.chars().any(is_han) && !exact;
                return choose(found, together);
            }
        }
    }
    Meant::Nothing
}

fn choose(mut found: Vec<&Device>, together: bool) -> Meant<'_> {
    found.sort_by(|a, b| a.id.cmp(&b.id));
    match found.len() {
        0 => Meant::Nothing,
        1 => Meant::These(found),
        _ if together => Meant::These(found),
        _ => Meant::OneOf(found),
    }
}

/// Whether `name` has all of `core`, and with `exact` no other word but those for kinds.
fn fits(core: &[&String], name: &str, exact: bool) -> bool {
    let (name, _) = words(name);
    let has = |wanted: &str| name.iter().any(|word| alike(word, wanted));
    let is_kind = |word: &str| KINDS.iter().any(|(known, _)| *known == word);
    core.iter().all(|word| has(word))
        && (!exact || name.iter().all(|word| is_kind(word) || core.iter().any(|wanted| alike(word, wanted))))
}

/// Whether two words are one, as a recogniser may write them.
fn alike(one: &str, other: &str) -> bool {
    one == other
        || one.len() > 3 && other.len() > 3 && one.is_ascii() && strsim::jaro_winkler(one, other) > 0.92
}

/// The words of `text` in lower case and in the singular, without those that name nothing; whether the last was in the
/// plural.
fn words(text: &str) -> (Vec<String>, bool) {
    let lower = text.to_lowercase();
    let mut words: Vec<String> = Vec::new();
    let mut within = false;
    for c in lower.chars() {
        if is_han(c) {
            words.push(c.to_string());
            within = false;
        } else if c.is_alphanumeric() {
            match words.last_mut().filter(|_| within) {
                Some(word) => word.push(c),
                None => words.push(c.to_string()),
            }
            within = true;
        } else {
            within &= c == '\'';
        }
    }
    let mut plural = false;
    for word in &mut words {
        plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
        if plural {
            word.pop();
        }
    }
    let names_nothing = |word: &str| {
        NOTHING.split(' ').any(|nothing| nothing == word)
            || word.chars().all(is_han) && NOTHING_HAN.contains(word)
    };
    words.retain(|word| !names_nothing(word));
    (words, plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: &str) -> Device {
        Device { id: id.into(), name: name.into(), state: "off".into(), ..Device::default() }
    }

    #[test]
    fn things_are_found_by_their_names_and_never_guessed() {
        let all = [
            device("light.kitchen", "Kitchen Light"),
            device("light.kitchen_table", "Kitchen table lamp"),
            device("light.bedroom_1", "Bedroom ceiling"),
            device("light.bedroom_2", "Bedroom bedside lamp"),
            device("switch.coffee", "Coffee machine"),
            device("climate.living", "Living room heating"),
            device("light.keting_1", "客厅吊灯"),
            device("light.keting_2", "客厅台灯"),
            device("light.woshi", "卧室灯"),
        ];
        let devices: Vec<&Device> = all.iter().collect();
        for (said, expected) in [
            ("the kitchen light", "These light.kitchen"),
            ("kitchen lights", "These light.kitchen"),
            ("kitchen table lamp", "These light.kitchen_table"),
            ("the kitchin light", "These light.kitchen"),
            ("the bedroom lights", "These light.bedroom_1 light.bedroom_2"),
            ("the bedroom light", "OneOf light.bedroom_1 light.bedroom_2"),
            ("bedside lamp", "These light.bedroom_2"),
            ("bedside lamp in the house", "These light.bedroom_2"),
            ("bedroom lights everywhere", "These light.bedroom_1 light.bedroom_2"),
            ("bedroom lights in the whole house", "These light.bedroom_1 light.bedroom_2"),
            ("lamp of the tree house", "Nothing"),
            ("the coffee machine", "These switch.coffee"),
            ("heating", "These climate.living"),
            ("客厅的灯", "These light.keting_1 light.keting_2"),
            ("卧室的灯", "These light.woshi"),
            ("客厅台灯", "These light.keting_2"),
            ("the garage light", "Nothing"),
            ("the fan", "Nothing"),
        ] {
            let (word, found) = match meant(said, false, &devices) {
                Meant::These(found) => ("These", found),
                Meant::OneOf(found) => ("OneOf", found),
                Meant::Nothing => ("Nothing", Vec::new()),
            };
            let ids: String = found.iter().map(|device| format!(" {}", device.id)).collect();
            assert_eq!(format!("{word}{ids}"), expected, "{said}");
        }
        assert!(matches!(meant("light", true, &devices), Meant::These(found) if found.len() == 7));
        assert!(matches!(meant("the light", false, &devices), Meant::OneOf(found) if found.len() == 7));
    }
}
