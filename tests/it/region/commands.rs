//! `mynah region` as a user runs it.

use std::fs;

use mynah::cli::verdicts::SCHEMA;
use serde_json::Value;

use crate::support::binary::{Home, Ran, ran};

const FILE: &str = ".config/mynah/assistant.toml";
const LEDGER: &str = ".local/state/mynah/ledger.jsonl";

/// What `arguments` print, with these variables.
fn told(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    ran(home.mynah(arguments).envs(variables.iter().copied()))
}

/// The same as JSON, valid by its schema.
fn json(home: &Home, variables: &[(&str, &str)], arguments: &[&str]) -> Value {
    let ran = told(home, variables, &[arguments, &["--json"]].concat());
    let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let schema = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let errors: Vec<String> = schema.iter_errors(&object).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {object}");
    object
}

fn input<'a>(shown: &'a Value, name: &str) -> &'a Value {
    shown["inputs"].as_array().unwrap().iter().find(|input| input["input"] == name).unwrap()
}

fn loosened(home: &Home) -> usize {
    let ledger = fs::read_to_string(home.path(LEDGER)).unwrap_or_default();
    ledger.lines().filter(|line| line.contains("\"loosened\"")).count()
}

#[test]
fn what_holds_is_shown_with_its_inputs_and_verdicts() {
    let home = Home::new();
    let shown = told(&home, &[], &["region"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""), "{shown:?}");
    assert!(shown.stdout.starts_with("OFFLINE: you have not said where you live\n"), "{shown:?}");
    assert!(shown.stdout.contains("mynah region set"), "{shown:?}");
    assert_eq!(json(&home, &[], &["region", "show"])["declared_in"], Value::Null);

    home.settings("region = \"de\"");
    let german = [("TZ", "Europe/Berlin"), ("LANG", "en_US.UTF-8")];
    let shown = json(&home, &german, &["region"]);
    assert_eq!((&shown["region"], &shown["remedy"]), (&"EU".into(), &Value::Null));
    assert!(shown["declared_in"].as_str().unwrap().ends_with("assistant.toml"), "{shown}");
    assert_eq!(
        (&input(&shown, "home")["country"], &input(&shown, "home")["answer"]),
        (&"DE".into(), &"pass".into())
    );
    let locale = input(&shown, "locale");
    assert_eq!((&locale["answer"], &locale["counts"]), (&"conflicting".into(), &false.into()));
    assert!(shown.get("verdicts").is_none());

    let all = json(&home, &german, &["region", "explain"]);
    let verdicts = all["verdicts"].as_array().unwrap();
    let of = |endpoint: &str, capability: &str| {
        let found = verdicts.iter().find(|it| it["endpoint"] == endpoint && it["capability"] == capability);
        found.unwrap_or_else(|| panic!("{endpoint} {capability}")).clone()
    };
    assert_eq!(of("mistral-eu", "chat")["allowed"], true);
    assert_eq!(of("mistral-eu", "chat")["set_up"], false);
    assert_eq!(of("openai", "chat")["refusal"]["rule"], "endpoint.region");
    assert_eq!(of("huggingface", "mirror")["rank"], 1);
    let text = told(&home, &german, &["region", "explain"]).stdout;
    for verdict in verdicts {
        assert!(text.contains(verdict["endpoint"].as_str().unwrap()), "{text}");
    }
    assert!(!text.contains("unjudged") && all["unjudged"] == Value::Array(Vec::new()), "{text}");
    // What would be, elsewhere, is shown without being so.
    assert_eq!(json(&home, &german, &["region", "explain", "--region", "us"])["region"], "US+EU");
    assert_eq!(fs::read_to_string(home.path(FILE)).unwrap(), "region = \"de\"");
}

#[test]
fn programs_with_a_network_of_their_own_are_named() {
    let home = Home::new();
    home.settings(
        "[[tools.server]]\nname = \"web\"\ncommand = [\"/bin/web\"]\nnetwork = true\n\
         [[tools.server]]\nname = \"files\"\ncommand = [\"/bin/files\"]\n",
    );
    for command in ["show", "explain"] {
        assert_eq!(json(&home, &[], &["region", command])["unjudged"], serde_json::json!(["web"]));
        let text = told(&home, &[], &["region", command]).stdout;
        let line = text.lines().find(|line| line.contains("unjudged")).unwrap();
        assert!(line.contains(": web;") && !line.contains("files"), "{line}");
    }
}

#[test]
fn a_traveller_keeps_what_both_allow_is_told_why_and_may_say_so() {
    let home = Home::new();
    home.settings("region = \"EU\"");
    let away = [("TZ", "Asia/Shanghai"), ("LANG", "de_DE.UTF-8")];
    let shown = json(&home, &away, &["region"]);
    assert_eq!(shown["region"], "EU+CN");
    let zone = input(&shown, "time_zone");
    assert_eq!(
        (&zone["answer"], &zone["counts"], &zone["country"]),
        (&"conflicting".into(), &true.into(), &"CN".into())
    );
    let remedy = shown["remedy"].as_str().unwrap();
    assert!(remedy.contains("mynah region set EU --travelling") && remedy.contains("set CN"), "{remedy}");
    let all = json(&home, &away, &["region", "explain"]);
    for verdict in all["verdicts"].as_array().unwrap() {
        let local = verdict["places"] == serde_json::json!(["LOCAL"]);
        assert!(local || verdict["allowed"] == false, "{verdict}");
    }
    let mut doctor = home.mynah(&["doctor", "--json", "--no-tone"]);
    doctor.envs(away).env("PULSE_SERVER", "unix:/nonexistent").env("PATH", "");
    let report: Value = serde_json::from_str(&ran(&mut doctor).stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|it| it["check"] == "region").unwrap();
    assert_eq!((&finding["facts"]["region"], &finding["health"]), (&"EU+CN".into(), &"warning".into()));
    assert!(finding["message"].as_str().unwrap().contains("Asia/Shanghai"), "{finding}");
    let ran = told(&home, &away, &["region", "set", "EU", "--travelling"]);
    assert_eq!(ran.code, Some(2), "more may leave, and nobody said yes: {ran:?}");
    let ran = told(&home, &away, &["region", "set", "EU", "--travelling", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("EU: you live in EU, and are travelling\n"), "{ran:?}");
    assert_eq!(json(&home, &away, &["region"])["region"], "EU");
    assert_eq!(input(&json(&home, &[("TZ", "Europe/Paris")], &["region"]), "travelling")["answer"], "pass");
}

#[test]
fn a_less_strict_region_needs_a_yes_and_its_record_a_stricter_one_holds_at_once() {
    let home = Home::new();
    home.settings("# mine\n[wake]\nphrases = [\"computer\"]\n");
    let before = fs::read_to_string(home.path(FILE)).unwrap();
    let ran = home.run(&["region", "set", "de"]);
    ran.refused(&["OFFLINE to EU", "mistral-eu (chat)", "--yes"]);
    assert_eq!((fs::read_to_string(home.path(FILE)).unwrap(), loosened(&home)), (before.clone(), 0));

    let ran = home.run(&["region", "set", "de", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(fs::read_to_string(home.path(FILE)).unwrap(), format!("region = \"DE\"\n{before}"));
    let line: Value =
        serde_json::from_str(fs::read_to_string(home.path(LEDGER)).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!((&line["region"], &line["decision"]), (&"EU".into(), &"loosened".into()), "{line}");
    assert!(line.to_string().contains("mynah region set"), "{line}");

    assert_eq!(home.run(&["region", "set", "offline"]).code, Some(0));
    assert_eq!(json(&home, &[], &["region"])["region"], "OFFLINE");
    assert_eq!(loosened(&home), 1);
    // The way back is asked about and recorded again.
    assert_eq!(home.run(&["region", "set", "FR"]).code, Some(2));
    assert_eq!(home.run(&["region", "set", "FR", "-y"]).code, Some(0));
    assert_eq!(loosened(&home), 2);
    // Where it cannot be recorded, it does not hold.
    assert_eq!(home.run(&["region", "set", "offline"]).code, Some(0));
    home.settings(&format!(
        "region = \"offline\"\n[network]\nledger = \"{}\"\n",
        home.text(FILE) + "/ledger.jsonl"
    ));
    let ran = home.run(&["region", "set", "FR", "--yes"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(fs::read_to_string(home.path(FILE)).unwrap().starts_with("region = \"offline\""));
}

#[test]
fn what_means_no_region_changes_nothing() {
    let home = Home::new();
    for (region, words) in [("Atlantis", "Atlantis"), ("AQ", "no region of the rules lists AQ"), ("", "``")] {
        home.run(&["region", "set", region, "--yes"]).refused(&[words]);
    }
    assert!(!home.path(FILE).exists());
    let refused = told(&home, &[("MYNAH_REGION", "US")], &["region", "set", "EU", "--yes"]);
    refused.refused(&["MYNAH_REGION"]);
    // A country that nobody lists is no mistake, and no region either.
    home.settings("region = \"AQ\"");
    let shown = json(&home, &[], &["region"]);
    assert_eq!(
        (&shown["region"], &shown["reason"]),
        (&"OFFLINE".into(), &"no region of the rules lists AQ".into())
    );
    home.settings("region = ");
    home.run(&["region"]).refused(&["line 1"]);
}

#[test]
fn a_url_is_told_whether_and_why_it_could_be_reached() {
    let home = Home::new();
    home.settings("[endpoint.llamacpp]\nattested = true\n");
    for (region, url, rule) in [
        ("US", "https://api.openai.com/v1/chat/completions", None),
        ("EU", "https://api.openai.com/v1", Some("endpoint.region")),
        ("EU", "https://api.eu.mistral.ai/v1", None),
        ("EU", "http://api.eu.mistral.ai/v1", Some("url.https")),
        ("US", "https://api.openai.com.example.org/", Some("host.unknown")),
        ("US", "https://xapi.openai.com/", Some("host.unknown")),
        ("US", "https://me:key@api.openai.com/", Some("url.user_info")),
        ("US", "https://10.0.0.7/v1", Some("url.ip_literal")),
        ("US", "ftp://api.openai.com/", Some("url.scheme")),
        ("offline", "http://127.0.0.1:8080/v1", None),
        ("US", "https://huggingface.co/x", None),
        ("CN", "https://huggingface.co/x", Some("endpoint.region")),
        ("offline", "https://huggingface.co/x", Some("endpoint.region")),
    ] {
        let object = json(&home, &[], &["region", "check", url, "--region", region]);
        assert_eq!(object["refusal"]["rule"].as_str(), rule, "{region} {url}: {object}");
        assert_eq!(object["reached"], rule.is_none());
        let ran = told(&home, &[], &["region", "check", url, "--region", region]);
        assert_eq!(ran.code, Some(i32::from(rule.is_some())), "{ran:?}");
        assert!(ran.stdout.starts_with(if rule.is_none() { "yes: " } else { "no: " }), "{ran:?}");
    }
    for url in ["", "api.openai.com", "mailto:me@example.org"] {
        home.run(&["region", "check", url]).refused(&["no URL with a host"]);
    }
}

#[test]
fn the_rules_in_force_are_linted_and_broken_ones_of_the_users_own_mean_offline() {
    let home = Home::new();
    home.settings("region = \"EU\"");
    let ran = home.run(&["region", "lint"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.contains("errors: 0, warnings: "), "{ran:?}");
    // A file of the user's own that would let more leave is no rules file.
    let own = home.put(".config/mynah/regions.user.toml", "[region.EU.order]\nchat = [\"openai\"]\n");
    home.run(&["region", "lint"]).refused(&["regions.user.toml", "openai"]);
    let shown = json(&home, &[], &["region"]);
    assert_eq!(
        (&shown["region"], shown["inputs"].as_array().unwrap().len()),
        (&"OFFLINE".into(), 5),
        "{shown}"
    );
    assert!(shown["reason"].as_str().unwrap().contains("only this machine answers"), "{shown}");
    // One that lets less leave is obeyed.
    fs::write(own, "[region.EU]\ndeny = [\"mistral-eu\"]\n").unwrap();
    let shown = json(&home, &[], &["region", "check", "https://api.eu.mistral.ai/v1"]);
    assert_eq!((&shown["region"], &shown["reached"]), (&"EU".into(), &false.into()), "{shown}");
}

#[test]
fn rules_without_an_end_are_not_read_to_it() {
    let home = Home::new();
    home.settings("region = \"EU\"");
    home.put(".config/mynah/regions.user.toml", format!("# {}\n", "x".repeat(1024 * 1024)));
    assert_eq!(json(&home, &[], &["region"])["region"], "OFFLINE");
    home.run(&["region", "lint"]).refused(&["regions.user.toml", "1048576 bytes"]);
}

#[cfg(unix)]
#[test]
fn rules_behind_a_link_that_leads_nowhere_mean_offline() {
    let home = Home::new();
    home.settings("region = \"EU\"");
    std::os::unix::fs::symlink(home.path("gone.toml"), home.path(".config/mynah/regions.user.toml")).unwrap();
    assert_eq!(json(&home, &[], &["region"])["region"], "OFFLINE");
    home.run(&["region", "lint"]).refused(&["regions.user.toml", "No such file"]);
    home.put("gone.toml", "[region.EU]\ndeny = [\"mistral-eu\"]\n");
    assert_eq!(json(&home, &[], &["region"])["region"], "EU");
}

#[test]
fn lines_that_come_after_the_region_changed_are_not_sent() {
    let home = Home::new();
    // Nobody is there; what counts is whether anybody would be asked.
    home.settings("region = \"EU\"\n[endpoint.llamacpp]\nurl = \"http://127.0.0.1:9/v1\"\nattested = true\n");
    let mut run = home.start(&["-"]);
    let mut kind = |words: &str| {
        run.say(&format!("{words}\n"));
        serde_json::from_str::<Value>(&run.line()).unwrap()["error"]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind("why are whales blue"), "endpoint_unreachable");
    home.run(&["region", "set", "offline"]);
    assert_eq!(kind("why are whales red"), "region_changed");
    assert_eq!(kind("why are whales green"), "region_changed");
    run.hang_up();
    assert_eq!(run.end().code, Some(1));
    let sent = fs::read_to_string(home.path(LEDGER)).unwrap().matches("\"decision\":\"sent\"").count();
    assert_eq!(sent, 1);
}
