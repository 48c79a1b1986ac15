//! Resolution: in which region's rules the user stands, from inputs that are independent of each other.
//!
//! Enters: [`Inputs`], raw, as the user and the machine state them. Leaves: a [`Resolution`] in which each input keeps its
//! own answer, as in Apple's eligibility vector. Pure. Never here: an IP look-up, an input that widens what the declared
//! home allows, or a default but OFFLINE.
//!
//! | input | counts | what it does |
//! |---|---|---|
//! | home | always | its region's rules hold; without it, or with a country that no region lists: OFFLINE |
//! | time zone | unless `travelling` | another region's rules must hold too; a country that no region lists: OFFLINE |
//! | locale | never | shown, and told where it disagrees: it is a taste in language, and `en_US` is what half the world installs |
//! | travelling | always | the time zone is known to be another one |
//! | providers | always | an endpoint that said it does not serve the place is not asked |

use crate::policy::{
    Capability, EndpointId, PolicyError, Region, Rules, order,
    place::{country_of_zone, is_country, territory},
};

/// What the user and the machine state, as raw text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Where the user declared to live: a region's id or a country code; `None` where nothing was declared.
    pub home: Option<String>,
    /// The machine's time zone by its name in the tz database.
    pub zone: Option<String>,
    /// The POSIX locale of messages.
    pub locale: Option<String>,
    /// Whether the user declared that the time zone may be another than home's.
    pub travelling: bool,
    /// The endpoints that refused this place.
    pub unserved: Vec<EndpointId>,
}

/// How an input stands to the declared home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It says nothing against it.
    Pass,
    /// It says nothing.
    Absent,
    /// It says something else.
    Conflicting,
}

impl Answer {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Absent => "absent",
            Self::Conflicting => "conflicting",
        }
    }
}

/// One input and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// `home`, `time_zone`, `locale`, `travelling` or `providers`.
    pub name: &'static str,
    /// What it says, raw.
    pub said: Option<String>,
    /// The country it names.
    pub country: Option<String>,
    /// The region that country, or the text itself, belongs to.
    pub region: Option<Region>,
    /// How it stands to the home.
    pub answer: Answer,
    /// Whether it takes part in the result.
    pub counts: bool,
    /// Why, in a sentence.
    pub note: String,
}

/// The region in force and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The region, or the meet of several.
    pub region: Region,
    /// Every input, in the order of the table above.
    pub inputs: Vec<Input>,
    /// Why it is this region, in a sentence.
    pub reason: String,
    /// What would change it, where something is amiss.
    pub remedy: Option<String>,
}

/// What to do where no home was declared.
const DECLARE: &str = "say where you live: `mynah region set EU`, CN, US or a country code";

/// The region that `inputs` mean by `rules`.
#[must_use]
pub fn resolve(rules: &Rules, inputs: &Inputs) -> Resolution {
    let home = home(rules, inputs.home.as_deref());
    let zone = zone(rules, inputs, home.region.as_ref());
    let locale = locale(rules, inputs.locale.as_deref(), home.region.as_ref());
    let (region, reason, remedy) = result(rules, &home, &zone);
    let travelling = travelling(inputs.travelling, &zone);
    Resolution { region, inputs: vec![home, zone, locale, travelling, providers(inputs)], reason, remedy }
}

/// What holds where the rules themselves are broken: OFFLINE, whatever the inputs say.
#[must_use]
pub fn without_rules(error: &PolicyError) -> Resolution {
    Resolution {
        region: Region::offline(),
        inputs: Vec::new(),
        reason: format!("{error}, so only this machine answers"),
        remedy: Some("correct that line of the rules, or remove the file".to_owned()),
    }
}

fn result(rules: &Rules, home: &Input, zone: &Input) -> (Region, String, Option<String>) {
    let offline = Region::offline();
    let Some(said) = &home.said else {
        return (offline, "you have not said where you live".to_owned(), Some(DECLARE.to_owned()));
    };
    let Some(lives) = &home.region else {
        let reason = format!("no region of the rules lists {said}");
        return (
            offline,
            reason,
            Some("only this machine answers there; `mynah region` names the regions".to_owned()),
        );
    };
    if *lives == offline {
        return (offline, "you chose OFFLINE".to_owned(), None);
    }
    if !zone.counts {
        let away = if zone.answer == Answer::Conflicting { ", and are travelling" } else { "" };
        return (lives.clone(), format!("you live in {lives}{away}"), None);
    }
    let away = format!("if you are only away from {lives}, run `mynah region set {said} --travelling`");
    let (zone_said, country) =
        (zone.said.as_deref().unwrap_or_default(), zone.country.as_deref().unwrap_or_default());
    let Some(stays) = &zone.region else {
        let reason = format!(
            "you live in {lives}, but this machine's time zone {zone_said} is in {country}, which no region lists"
        );
        return (offline, reason, Some(away));
    };
    if stays == lives {
        return (lives.clone(), format!("you live in {lives}"), None);
    }
    let both = Some(Region::meet([lives, stays])).filter(|both| allows_any(rules, both)).unwrap_or(offline);
    let reason = format!(
        "you live in {lives}, but this machine's time zone {zone_said} is in {stays}: only what both allow may be asked"
    );
    (both, reason, Some(format!("{away}; if you moved, `mynah region set {country}`")))
}

fn allows_any(rules: &Rules, region: &Region) -> bool {
    Capability::ALL.into_iter().any(|capability| !order(rules, region, capability).is_empty())
}

fn home(rules: &Rules, said: Option<&str>) -> Input {
    let said = said.map(str::trim).filter(|text| !text.is_empty()).map(str::to_ascii_uppercase);
    let region = said.as_deref().and_then(|text| rules.region(text).ok());
    let (answer, note) = match (&said, &region) {
        (None, _) => (Answer::Absent, "nothing was declared"),
        (Some(_), None) => (Answer::Conflicting, "no region lists it"),
        (Some(_), Some(_)) => (Answer::Pass, "declared by you"),
    };
    let country = said.clone().filter(|text| is_country(text) && *text != "EU");
    Input { name: "home", said, country, region, answer, counts: true, note: note.to_owned() }
}

fn zone(rules: &Rules, inputs: &Inputs, home: Option<&Region>) -> Input {
    let country = inputs.zone.as_deref().and_then(country_of_zone);
    let region = country.and_then(|country| rules.region(country).ok());
    let (answer, counts, note) = match (country, &region) {
        (None, _) => (Answer::Absent, false, "names no country".to_owned()),
        (Some(_), Some(region)) if Some(region) == home => {
            (Answer::Pass, true, "agrees with the home".to_owned())
        }
        (Some(_), _) if inputs.travelling => {
            (Answer::Conflicting, false, "set aside: you are travelling".to_owned())
        }
        (Some(_), Some(region)) => (Answer::Conflicting, true, format!("{region}'s rules must hold too")),
        (Some(country), None) => (Answer::Conflicting, true, format!("no region lists {country}")),
    };
    let country = country.map(str::to_owned);
    Input { name: "time_zone", said: inputs.zone.clone(), country, region, answer, counts, note }
}

fn locale(rules: &Rules, said: Option<&str>, home: Option<&Region>) -> Input {
    let country = said.and_then(territory);
    let region = country.as_deref().and_then(|country| rules.region(country).ok());
    let (answer, note) = match &country {
        None => (Answer::Absent, "names no country"),
        Some(_) if region.is_some() && region.as_ref() == home => (Answer::Pass, "agrees with the home"),
        Some(_) => (Answer::Conflicting, "set aside: a locale is a taste in language, no place"),
    };
    let said = said.map(str::to_owned);
    Input { name: "locale", said, country, region, answer, counts: false, note: note.to_owned() }
}

fn travelling(declared: bool, zone: &Input) -> Input {
    let (answer, note) = match (declared, zone.answer) {
        (false, _) => (Answer::Absent, "not declared"),
        (true, Answer::Conflicting) => {
            (Answer::Pass, "the home's rules hold; the network here may refuse or block its endpoints")
        }
        (true, Answer::Pass | Answer::Absent) => {
            (Answer::Pass, "of no effect now: the time zone says nothing else")
        }
    };
    Input {
        name: "travelling",
        said: declared.then(|| "true".to_owned()),
        country: None,
        region: None,
        answer,
        counts: true,
        note: note.to_owned(),
    }
}

fn providers(inputs: &Inputs) -> Input {
    let ids: Vec<&str> = inputs.unserved.iter().map(EndpointId::as_str).collect();
    let (answer, note) = if ids.is_empty() {
        (Answer::Absent, "none has refused this place")
    } else {
        (Answer::Conflicting, "said that they do not serve this place, and are not asked")
    };
    let said = (!ids.is_empty()).then(|| ids.join(" "));
    let (country, region) = (None, None);
    Input { name: "providers", said, country, region, answer, counts: true, note: note.to_owned() }
}
