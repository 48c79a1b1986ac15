//! The region in force: the vector of inputs, the meet, and the commands that show and set it.

mod commands;
mod refusals;

use std::collections::BTreeSet;

use mynah::policy::{
    Capability, DataClass, EndpointId, Inputs, Month, Question, Region, Rules, Verdict, chat_order, decide,
    mirror_order, resolve,
};

fn some(text: &str) -> Option<String> {
    (text != "-").then(|| text.to_owned())
}

/// Home, time zone, locale, travelling; then the region, and the answers of home, zone and locale with what counts in
/// capitals.
const TABLE: &str = "
-         -                 -            no   OFFLINE  absent absent absent
-         Europe/Berlin     de_DE.UTF-8  no   OFFLINE  absent CONFLICTING conflicting
EU        -                 -            no   EU       PASS absent absent
de        Europe/Berlin     de_DE.UTF-8  no   EU       PASS PASS pass
DE        Europe/Berlin     en_US.UTF-8  no   EU       PASS PASS conflicting
DE        Europe/Paris      zh_CN.UTF-8  no   EU       PASS PASS conflicting
DE        Etc/UTC           en_US.UTF-8  no   EU       PASS absent conflicting
DE        UTC               C.UTF-8      no   EU       PASS absent absent
DE        Mars/Olympus      -            no   EU       PASS absent absent
IS        Iceland           -            no   EU       PASS PASS absent
EU        Asia/Shanghai     -            no   EU+CN    PASS CONFLICTING absent
EU        PRC               zh_CN.UTF-8  no   EU+CN    PASS CONFLICTING conflicting
EU        Asia/Shanghai     zh_CN.UTF-8  yes  EU       PASS conflicting conflicting
EU        Europe/Berlin     -            yes  EU       PASS PASS absent
CN        Europe/Berlin     zh_CN.UTF-8  no   CN+EU    PASS CONFLICTING pass
CN        America/New_York  -            no   CN+US    PASS CONFLICTING absent
US        Europe/Dublin     en_US.UTF-8  no   US+EU    PASS CONFLICTING pass
US        Europe/Dublin     en_US.UTF-8  yes  US       PASS conflicting pass
PR        America/New_York  es_PR.UTF-8  no   US       PASS PASS pass
FR        Indian/Reunion    fr_FR.UTF-8  no   EU       PASS PASS pass
FI        Europe/Mariehamn  sv_AX.UTF-8  no   EU       PASS PASS pass
FR        Pacific/Noumea    fr_FR.UTF-8  no   OFFLINE  PASS CONFLICTING pass
EU        Antarctica/Troll  -            no   OFFLINE  PASS CONFLICTING absent
EU        Antarctica/Troll  -            yes  EU       PASS conflicting absent
AQ        Antarctica/Troll  -            no   OFFLINE  CONFLICTING CONFLICTING absent
Atlantis  Europe/Berlin     -            yes  OFFLINE  CONFLICTING conflicting absent
offline   Asia/Shanghai     -            no   OFFLINE  PASS CONFLICTING absent
";

#[test]
fn the_vector_resolves_as_the_table_says() {
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [home, zone, locale, travelling, region, answers @ ..] = cells.as_slice() else {
            panic!("{line}")
        };
        let inputs = Inputs {
            home: some(home),
            zone: some(zone),
            locale: some(locale),
            travelling: *travelling == "yes",
            unserved: Vec::new(),
        };
        let resolution = resolve(&Rules::built_in(), &inputs);
        assert_eq!(resolution.region.as_str(), *region, "{line}");
        let seen: Vec<String> = resolution.inputs[..3]
            .iter()
            .map(|it| if it.counts { it.answer.name().to_uppercase() } else { it.answer.name().to_owned() })
            .map(|it| if it == "ABSENT" { it.to_lowercase() } else { it })
            .collect();
        assert_eq!(seen, answers, "{line}");
        assert!(!resolution.reason.is_empty());
        // Whoever chose it needs no remedy; whoever lost something for another cause is told what to do.
        let lost =
            resolution.region.as_str() != "EU" && resolution.region.as_str() != "US" && *home != "offline";
        assert_eq!(resolution.remedy.is_some(), lost, "{line}");
    }
}

fn asked(rules: &Rules, region: &Region, endpoint: &str) -> Verdict {
    let id = EndpointId::from(endpoint);
    let found = rules.endpoint(&id).unwrap();
    decide(
        rules,
        &Question {
            turn: mynah::units::TurnId(1),
            region: region.clone(),
            capability: Capability::Chat,
            endpoint: id.clone(),
            url: found.url().clone(),
            model: found.model().to_owned(),
            data: DataClass::Words,
            attested: true,
            month: Month::new(2026, 11).unwrap(),
        },
    )
}

#[test]
fn a_meet_allows_what_every_member_allows_and_nothing_else() {
    let all = Rules::built_in();
    let regions: Vec<Region> = all.all_regions().collect();
    for one in &regions {
        for other in &regions {
            let rules = &all;
            let both = Region::meet([one, other]);
            // Whichever is the home comes first, and orders what both list.
            let ids = |region: &Region| region.parts().map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(both.parts().next(), one.parts().next());
            assert_eq!(ids(&both), ids(&Region::meet([other, one])));
            for endpoint in all.endpoints() {
                let id = endpoint.id().as_str();
                let allowed = |region| matches!(asked(rules, region, id), Verdict::Allow(_));
                assert_eq!(allowed(&both), allowed(one) && allowed(other), "{id} in {one} and {other}");
            }
            for id in chat_order(rules, &both) {
                assert!(chat_order(&all, one).contains(&id) && chat_order(&all, other).contains(&id));
            }
            for id in mirror_order(rules, &both) {
                assert!(mirror_order(&all, one).contains(&id) && mirror_order(&all, other).contains(&id));
            }
        }
    }
}

#[test]
fn who_refused_the_place_is_not_asked_and_nobody_new_is() {
    let mut rules = Rules::built_in();
    let home = Some("US".to_owned());
    let before = resolve(&rules, &Inputs { home: home.clone(), ..Inputs::default() }).region;
    assert!(matches!(asked(&rules, &before, "openai"), Verdict::Allow(_)));
    let unserved = vec!["openai".into()];
    rules.unserved(&unserved);
    let resolution = resolve(&rules, &Inputs { home, unserved, ..Inputs::default() });
    assert_eq!(resolution.region, before);
    let Verdict::Refuse(refusal) = asked(&rules, &before, "openai") else { panic!("asked all the same") };
    assert_eq!(refusal.rule, "endpoint.place");
    for endpoint in ["mistral-eu", "qwen-cn"] {
        assert!(matches!(asked(&rules, &before, endpoint), Verdict::Refuse(_)), "{endpoint}");
    }
}
