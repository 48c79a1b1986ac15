//! `mynah test`: the shipped scenarios pass, a wrong one fails with its line, a bad file is refused, and nothing a scenario
//! does outlasts it or leaves this machine.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::binary::{Home, Ran, recording};

fn shipped() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    path.to_str().unwrap().to_owned()
}

/// The outcomes on standard output, each as the schema says.
fn outcomes(ran: &Ran) -> Vec<Value> {
    let schema = serde_json::from_str(mynah::scenario::SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let outcomes: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for outcome in &outcomes {
        let errors: Vec<String> = schema.iter_errors(outcome).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {outcome}");
    }
    outcomes
}

/// Plays `text` as a scenario of its own.
fn play(text: &str, more: &[&str]) -> Ran {
    let home = Home::new();
    home.put("one.toml", text);
    home.run(&[&["test", "--json", &home.text("one.toml")], more].concat())
}

/// What failed in `text`: line, key, expected, found.
fn failures(text: &str) -> Vec<(u64, String, String, String)> {
    let ran = play(text, &[]);
    let outcome = outcomes(&ran).remove(0);
    assert_eq!(ran.code, Some(i32::from(outcome["outcome"] != "passed")), "{ran:?}");
    let text = |failure: &Value, key: &str| failure[key].as_str().unwrap().to_owned();
    let told = |failure: &Value| {
        let line = failure["line"].as_u64().unwrap();
        (line, text(failure, "what"), text(failure, "expected"), text(failure, "found"))
    };
    outcome["failures"].as_array().unwrap().iter().map(told).collect()
}

#[test]
fn the_shipped_scenarios_pass_and_are_told_in_every_form() {
    let home = Home::new();
    let report = home.text("report.xml");
    let ran = home.run(&["test", &shipped(), "--json", "--junit", &report]);
    let outcomes = outcomes(&ran);
    let failed: Vec<&Value> = outcomes.iter().filter(|one| one["outcome"] != "passed").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let of =
        |folder: &str| outcomes.iter().filter(|one| one["file"].as_str().unwrap().contains(folder)).count();
    assert!(of("/en/") >= 30 && of("/zh/") >= 15, "{} {}", of("/en/"), of("/zh/"));
    let xml = fs::read_to_string(&report).unwrap();
    assert!(xml.contains(&format!("tests=\"{}\" failures=\"0\" errors=\"0\"", outcomes.len())), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), outcomes.len());
    let listed = home.run(&["test", &shipped(), "--list", "--filter", "RESTART timer"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (Some(0), 1), "{listed:?}");
    assert!(listed.stdout.ends_with("a timer runs on across a restart\n"), "{listed:?}");
    // A file that lies in a folder named too is played once.
    let example = format!("{}/example.toml", shipped());
    let listed = home.run(&["test", &shipped(), &example, "--list", "--filter", "every key"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (Some(0), 1), "{listed:?}");
    // Nothing was kept in the home of whoever ran it.
    assert!(!home.path(".local/state/mynah").exists() && !home.path(".config").exists());
}

#[test]
fn what_comes_otherwise_is_told_with_its_line_and_both_sides() {
    let found = failures(
        "name = \"wrong\"\nnow = \"2026-11-22T15:42[UTC]\"\n[[step]]\nsay = \"what time is it\"\n\
         reply = \"It's * in the morning.\"\nintent = \"clock.date\"\nasked = true\nby = \"openai\"\nturns = 2\n\
         slots = { place = \"Rome\" }\nheard = \"what\"\nalso = [\"stop\"]\nreport = { \"/route/region\" = \"EU\" }\n\
         [[step]]\npass = \"1 h\"\ndue = [\"x\"]\n[[step]]\nsay = \"why is the sky blue\"\n",
    );
    let at = |line: u64, what: &str| {
        let one = found.iter().find(|(at, key, ..)| *at == line && key == what);
        let (_, _, expected, found) = one.unwrap_or_else(|| panic!("no {what} on {line}: {found:?}"));
        (expected.clone(), found.clone())
    };
    let both = |expected: &str, found: &str| (expected.to_owned(), found.to_owned());
    assert_eq!(at(5, "reply"), both("\"It's * in the morning.\"", "\"It's 3:42 in the afternoon.\""));
    assert_eq!(at(6, "intent"), both("\"clock.date\"", "\"clock.time\""));
    assert_eq!(at(7, "asked"), both("true", "false"));
    assert_eq!(at(8, "by"), both("\"openai\"", "\"device\""));
    assert_eq!(at(9, "turns"), both("2", "1"));
    assert_eq!(at(10, "slots"), both("{\"place\":\"Rome\"}", "{}"));
    assert_eq!(at(11, "heard"), both("\"what\"", "\"what time is it\""));
    assert_eq!(at(12, "also"), both("[\"stop\"]", "[]"));
    assert_eq!(at(13, "report"), both("\"EU\" at /route/region", "\"OFFLINE\""));
    assert_eq!(at(16, "due"), both("[\"x\"]", "[]"));
    // An error that nobody wrote down is none that passes.
    let (expected, error) = at(17, "error");
    assert!(expected == "none" && error.starts_with("\"no_endpoint\""), "{error}");
    assert_eq!(found.len(), 11, "{found:?}");
}

#[test]
fn a_model_that_is_asked_otherwise_than_written_fails_it() {
    let model =
        |answers: &str, steps: &str| failures(&format!("name = \"model\"\nanswers = [{answers}]\n{steps}"));
    let ask = "[[step]]\nsay = \"why is the sky blue\"\n";
    assert_eq!(model("{ asked = \"why *\", text = \"Air.\" }", ask), []);
    let other = model("{ asked = \"who *\", text = \"Air.\" }", ask);
    assert_eq!((other[0].1.as_str(), other[0].3.as_str()), ("asked", "\"why is the sky blue\""));
    let left = model("{ text = \"Air.\" }, { text = \"Light.\" }", ask);
    assert_eq!((left[0].1.as_str(), left[0].3.as_str()), ("answers", "1 left over"));
    let more = model("{ text = \"Air.\" }", &format!("{ask}{ask}error = \"endpoint_failed\"\n"));
    assert_eq!(more[0].1, "answers", "{more:?}");
    assert!(more[0].3.contains("once more"), "{more:?}");
}

#[test]
fn a_scenario_that_does_not_end_is_ended_and_the_others_are_played() {
    let home = Home::new();
    home.put(
        "hangs.toml",
        "name = \"hangs\"\nanswers = [{ delay_ms = 60000, text = \"Late.\" }]\n[[step]]\nsay = \"why is the sky blue\"\n",
    );
    home.put("plays.toml", "name = \"plays\"\n[[step]]\nsay = \"what time is it\"\n");
    let report = home.text("report.xml");
    let ran = home.run(&[
        "test",
        "--json",
        "--jobs",
        "1",
        "--deadline",
        "2",
        "--junit",
        &report,
        &home.text("hangs.toml"),
        &home.text("plays.toml"),
    ]);
    let outcomes = outcomes(&ran);
    let ended: Vec<&Value> = outcomes.iter().map(|one| &one["outcome"]).collect();
    assert_eq!((ran.code, ended), (Some(1), vec![&json!("hung"), &json!("passed")]), "{ran:?}");
    assert_eq!(outcomes[0]["failures"][0]["line"], 3);
    assert!(fs::read_to_string(report).unwrap().contains("errors=\"1\""));
}

#[test]
fn a_file_that_is_no_scenario_is_refused_with_its_line_and_nothing_is_played() {
    let step = "[[step]]\nsay = \"hi\"\n";
    let cases: &[(String, usize, &str)] = &[
        (format!("name = \"a\"\nnmae = 1\n{step}"), 2, "unknown field `nmae`"),
        (step.to_owned(), 1, "missing field `name`"),
        ("name = \"a\"".to_owned(), 1, "no [[step]]"),
        (format!("name = \"a\"\n{step}repyl = \"x\"\n"), 4, "unknown field `repyl`"),
        (format!("name = \"a\"\n{step}pass = \"1 h\"\n"), 2, "a step is one of"),
        ("name = \"a\"\n[[step]]\nreply = \"x\"\n".to_owned(), 2, "a step is one of"),
        ("name = \"a\"\n[[step]]\npass = \"soon\"\n".to_owned(), 3, "no length of time"),
        ("name = \"a\"\n[[step]]\npass = \"-1 h\"\n".to_owned(), 3, "backwards"),
        ("name = \"a\"\n[[step]]\npass = \"1 h\"\nreply = \"x\"\n".to_owned(), 4, "nothing is said"),
        (format!("name = \"a\"\n{step}due = []\n"), 4, "nothing falls due"),
        (format!("name = \"a\"\nnow = \"2026-11-22T15:42[Europe/Pairs]\"\n{step}"), 2, "no time with a zone"),
        (format!("name = \"a\"\nnow = \"2026-11-22T15:42\"\n{step}"), 2, "no time with a zone"),
        (format!("name = \"a\"\nlanguage = \"English\"\n{step}"), 2, "code"),
        (format!("name = \"a\"\n\nregion = \"Narnia\"\n{step}"), 3, "Narnia"),
        (format!("name = \"a\"\n[settings]\nspeak.sped = 2\n{step}"), 2, "speak.speed"),
        (format!("name = \"a\"\n[settings]\nspeak.speed = 9\n{step}"), 2, "allowed"),
        ("name = \"a\"\n[[step]]\naudio = \"missing.wav\"\n".to_owned(), 3, "missing.wav"),
        ("name = \"a\"\n[[step]]\naudio = \".\"\n".to_owned(), 3, "no file"),
        (format!("name = \"a\"\nanswers = [{{ status = 200 }}]\n{step}"), 2, "400 to 599"),
        (format!("name = \"a\"\nanswers = [{{ }}]\n{step}"), 2, "an answer has"),
        (format!("name = \"a\"\nstored = [{{ kind = \"timer\", at = \"2026-11-22T16:00\" }}]\n{step}"), 2, "length"),
        (format!("name = \"a\"\nstored = [{{ kind = \"list\", at = \"2026-11-22T16:00\" }}]\n{step}"), 2, "kind"),
        (format!("name = \"a\"\n{step}report = {{ route = 1 }}\n"), 4, "/route/region"),
        ("name = \"a\"\nname = \"b\"\n".to_owned(), 2, "duplicate"),
        ("[[scenario]]\nname = \"a\"\nstep = [{ say = \"hi\" }]\n[[scenario]]\nname = \"a\"\nstep = [{ say = \"hi\" }]\n".to_owned(), 5, "also called so"),
        ("[[scenario]]\nname = \"a\"\nstep = [{ say = \"hi\", saay = 1 }]\n".to_owned(), 3, "saay"),
    ];
    for (text, line, reason) in cases {
        let ran = play(text, &[]);
        ran.refused(&[&format!("one.toml:{line}: "), reason]);
    }
    // All that is wrong is told at once, also of one file.
    let wrong =
        "[[scenario]]\nname = \"a\"\nstep = [{ say = \" \" }]\n[[scenario]]\nname = \"b\"\nstep = []\n";
    play(wrong, &[]).refused(&["one.toml:3: nothing is said", "one.toml:5: there is no [[step]]"]);
    let home = Home::new();
    home.put("notes.txt", "no scenario");
    home.run(&["test", &home.text("")]).refused(&["holds no scenario"]);
    home.run(&["test", &home.text("nowhere")]).refused(&["nowhere"]);
    home.put("bad.toml", [0xff, 0xfe]);
    home.run(&["test", &home.text("")]).refused(&["bad.toml"]);
    home.put("bad.toml", "# long\n".repeat(200_000));
    home.run(&["test", &home.text("")]).refused(&["longer than"]);
    home.put("bad.toml", "name = \"a\"\n[[step]]\nsay = \"hi\"\n");
    home.run(&["test", &home.text(""), "--filter", "nothing like it"]).refused(&["nothing like it"]);
}

#[test]
fn nobody_elses_settings_keys_or_models_have_a_say() {
    let home = Home::new();
    home.settings("region = \"US\"\nlanguage = \"zh\"\n[endpoint.openai]\n");
    home.put(
        "one.toml",
        "name = \"one\"\nregion = \"US\"\nnow = \"2026-11-22T12:00[America/New_York]\"\n\
         [settings]\nendpoint.openai.model = \"gpt-5.6-luna\"\n\
         [[step]]\nsay = \"why is the sky blue\"\nby = \"refused\"\nerror = \"no_endpoint\"\n\
         [[step]]\nsay = \"what time is it\"\nreply = \"It's noon.\"\n",
    );
    let mut command = home.mynah(&["test", "--json", &home.text("one.toml")]);
    let ran = crate::support::binary::ran(command.env("MYNAH_KEY_OPENAI", "sk-12345678901234567890"));
    assert_eq!((ran.code, outcomes(&ran)[0]["outcome"].clone()), (Some(0), json!("passed")), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_with_tools_gets_no_network_whatever_a_scenario_says() {
    let home = Home::new();
    let seen = home.text("seen");
    home.put(
        "one.toml",
        format!(
            "name = \"one\"\nanswers = [{{ text = \"Air.\" }}]\n[[settings.tools.server]]\nname = \"tools\"\n\
             network = true\ncommand = [\"sh\", \"-c\", \"readlink /proc/self/ns/net > {seen}\"]\n\
             [[step]]\nsay = \"why is the sky blue\"\n"
        ),
    );
    let ran = home.run(&["test", "--json", &home.text("one.toml")]);
    assert_eq!(outcomes(&ran)[0]["failures"], json!([]), "{ran:?}");
    // Where the system grants no fence, it is not started at all.
    let theirs = fs::read_to_string(seen).unwrap_or_default();
    let ours = fs::read_link("/proc/self/ns/net").unwrap();
    assert_ne!(theirs.trim(), ours.to_str().unwrap());
}

#[test]
fn recordings_that_hold_nothing_fail_as_turns() {
    let home = Home::new();
    home.put("empty.wav", "");
    let heard = recording("speech/the-time.wav");
    home.put(
        "one.toml",
        format!(
            "name = \"one\"\nstep = [{{ audio = \"empty.wav\", error = \"empty_file\" }}, \
             {{ audio = \"empty.wav\", error = \"empty_file\" }}, {{ audio = {heard:?}, intent = \"clock.time\" }}]"
        ),
    );
    let ran = home.run(&["test", "--json", &home.text("one.toml")]);
    assert_eq!(outcomes(&ran)[0]["failures"], json!([]), "{ran:?}");
}
