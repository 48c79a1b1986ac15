//! Every rule, broken one at a time: an entry that was allowed is refused by that rule's name once the file, or the
//! question, breaks it. A check that is taken out of `decide` fails here.

use mynah::policy::{Capability, Month, Question, Region, Rules, Verdict, decide};
use url::Url;

use super::{RULES, own_url, question};

/// The shipped rules with `from` in the table `[section]` replaced.
fn mutant(section: &str, from: &str, to: &str) -> Rules {
    let text = include_str!("../../../config/regions.toml");
    let start = text.find(&format!("[{section}]\n")).unwrap();
    let end = text[start..].find("\n\n").map_or(text.len(), |length| start + length);
    let table = &text[start..end];
    assert!(table.contains(from), "{section}: {from}");
    let changed = format!("{}{}{}", &text[..start], table.replacen(from, to, 1), &text[end..]);
    Rules::parse(&changed).unwrap_or_else(|error| panic!("{section}: {error}"))
}

fn says(rules: &Rules, question: &Question) -> &'static str {
    match decide(rules, question) {
        Verdict::Allow(_) => "yes",
        Verdict::Refuse(refusal) => {
            assert!(!refusal.reason.is_empty() && !refusal.remedy.is_empty(), "{}", refusal.rule);
            refusal.rule
        }
    }
}

#[test]
fn a_file_that_breaks_a_rule_loses_the_permit() {
    for (section, from, to, region, endpoint, rule) in [
        ("endpoint.mistral-eu", "infer = [\"EU\"]", "infer = [\"GLOBAL\"]", "EU", "mistral-eu", "infer"),
        (
            "endpoint.openai-eu",
            "infer = [\"EU\", \"CH\"]",
            "infer = [\"EU\", \"CH\", \"US\"]",
            "EU",
            "openai-eu",
            "infer",
        ),
        ("region.EU", "\"EU\", \"CH\", \"LOCAL\"", "\"CH\", \"LOCAL\"", "EU", "mistral-eu", "infer"),
        ("region.CN", "infer_ok = [\"CN\", ", "infer_ok = [\"US\", ", "CN", "qwen-cn", "infer"),
        ("endpoint.qwen-cn", "filing = ", "doubt = ", "CN", "qwen-cn", "filing"),
        ("region.EU.order", "chat = [\"mistral-eu\", ", "chat = [", "EU", "mistral-eu", "endpoint.region"),
        (
            "region.EU",
            "deny = { ",
            "deny = { mistral-eu = \"a test\", ",
            "EU",
            "mistral-eu",
            "endpoint.denied",
        ),
        (
            "endpoint.mistral-eu",
            "verified = \"2026-11\"",
            "verified = \"2025-05\"",
            "EU",
            "mistral-eu",
            "yes",
        ),
        (
            "endpoint.mistral-eu",
            "verified = \"2026-11\"",
            "verified = \"2025-04\"",
            "EU",
            "mistral-eu",
            "age.stale",
        ),
        (
            "endpoint.mistral-eu",
            "verified = \"2026-11\"",
            "verified = \"2026-12\"",
            "EU",
            "mistral-eu",
            "age.clock",
        ),
        ("endpoint.ollama", "verified = \"2026-08\"", "verified = \"2001-01\"", "EU", "ollama", "yes"),
        (
            "endpoint.mistral-eu",
            "model = \"mistral-small-latest\"",
            "model = \"two words\"",
            "EU",
            "mistral-eu",
            "model.name",
        ),
        ("endpoint.mistral-eu", "model = \"mistral-small-latest\"\n", "", "EU", "mistral-eu", "model.name"),
        (
            "endpoint.mistral-eu",
            "infer = ",
            "model_deny = [\"*-LATEST\"]\ninfer = ",
            "EU",
            "mistral-eu",
            "model.denied",
        ),
        (
            "endpoint.mistral-eu",
            "infer = ",
            "model_allow = [\"*-eu\"]\ninfer = ",
            "EU",
            "mistral-eu",
            "model.allow",
        ),
        (
            "endpoint.mistral-eu",
            "infer = ",
            "model_allow = [\"MISTRAL-*\"]\ninfer = ",
            "EU",
            "mistral-eu",
            "yes",
        ),
        ("endpoint.llamacpp", "dialect = \"llamacpp\"", "dialect = \"ollama\"", "EU", "llamacpp", "yes"),
    ] {
        let asked = question(region, endpoint);
        assert_eq!(says(&RULES, &asked), "yes", "{endpoint} before");
        let rules = mutant(section, from, to);
        let model = rules.endpoint(&asked.endpoint).unwrap().model().to_owned();
        assert_eq!(says(&rules, &Question { model, ..asked }), rule, "{section}: {to}");
    }
}

#[test]
fn a_question_that_breaks_a_rule_gets_no_permit() {
    let rules = &*RULES;
    let month = |text: &str| text.parse::<Month>().unwrap();
    let url = |text: &str| Url::parse(text).unwrap();
    let with_label = |base: Question| Question { url: own_url(&base), ..base };
    for (asked, rule) in [
        (question("US", "gemini"), "yes"),
        (Question { attested: false, ..question("US", "gemini") }, "min_age"),
        (Question { attested: false, ..question("US", "openai-us") }, "attest"),
        (Question { attested: false, ..question("US", "openai") }, "yes"),
        (Question { attested: false, ..question("EU", "llamacpp") }, "attest"),
        (Question { attested: false, ..question("EU", "lmstudio") }, "attest"),
        (Question { attested: false, ..question("EU", "vllm") }, "attest"),
        (Question { month: month("2028-04"), ..question("US", "openai") }, "yes"),
        (Question { month: month("2028-05"), ..question("US", "openai") }, "age.stale"),
        (Question { month: month("1970-01"), ..question("US", "openai") }, "age.clock"),
        (Question { month: month("1970-01"), ..question("US", "ollama") }, "yes"),
        (question("EU", "qwen-eu"), "url.placeholder"),
        (question("EU", "azure-eu"), "url.placeholder"),
        (with_label(question("EU", "qwen-eu")), "yes"),
        (with_label(question("EU", "azure-eu")), "yes"),
        (
            Question { url: url("https://a.b.openai.azure.com/openai/v1"), ..question("EU", "azure-eu") },
            "url.host",
        ),
        (
            Question {
                url: url("https://{resource}.openai.azure.com/openai/v1"),
                ..question("EU", "azure-eu")
            },
            "url.host",
        ),
        (
            Question { url: url("https://openai.azure.com/openai/v1"), ..question("EU", "azure-eu") },
            "url.host",
        ),
        (
            Question {
                url: url("https://my.cognitiveservices.azure.com/openai/v1"),
                ..question("EU", "azure-eu")
            },
            "url.host",
        ),
        // The scope traps: the same key and host serve another place under another name.
        (Question { model: "qwen-flash".into(), ..question("US", "qwen-us") }, "model.allow"),
        (Question { model: "qwen-flash-us".into(), ..question("US", "qwen-us") }, "yes"),
        (Question { model: "llama-us-x".into(), ..question("US", "qwen-us") }, "model.allow"),
        (Question { model: "qwen-deep-research".into(), ..question("CN", "qwen-cn") }, "model.denied"),
        (Question { model: "deepseek-v4".into(), ..question("CN", "qwen-cn") }, "model.allow"),
        (Question { model: "bot-2026".into(), ..question("CN", "doubao-cn") }, "model.allow"),
        (Question { model: "gpt-4o-search-preview".into(), ..question("US", "openai") }, "model.denied"),
        (Question { model: "o4-mini-Deep-Research".into(), ..question("US", "openai") }, "model.denied"),
        (Question { model: "openrouter/auto".into(), ..question("EU", "openrouter-eu") }, "model.denied"),
        (Question { model: "a/b:Online".into(), ..question("EU", "openrouter-eu") }, "model.denied"),
        (Question { model: "a/b:free".into(), ..question("EU", "openrouter-eu") }, "model.denied"),
        (
            Question {
                capability: Capability::ImageEdit,
                model: "qwen-image-edit".into(),
                ..question("CN", "wanxiang-cn")
            },
            "model.allow",
        ),
        (Question { capability: Capability::Speech, ..question("CN", "minimax-cn") }, "endpoint.region"),
        (Question { capability: Capability::Search, ..question("EU", "brave") }, "endpoint.region"),
        (Question { capability: Capability::Search, model: String::new(), ..question("US", "brave") }, "yes"),
        (Question { capability: Capability::Chat, ..question("US", "brave") }, "endpoint.region"),
    ] {
        assert_eq!(says(rules, &asked), rule, "{asked:?}");
    }
}

#[test]
fn what_is_listed_for_what_it_cannot_do_is_refused() {
    let rules = mutant("region.EU.order", "speech = [", "speech = [\"xai-eu\", ");
    let asked = Question { capability: Capability::Speech, ..question("EU", "xai-eu") };
    assert_eq!(says(&rules, &asked), "endpoint.capability");
}

#[test]
fn a_region_that_these_rules_do_not_have_is_refused_even_beside_one_that_they_have() {
    let strange =
        Rules::parse(&include_str!("../../../config/regions.toml").replace("region.SG", "region.ATLANTIS"));
    let atlantis = strange.unwrap().region("ATLANTIS").unwrap();
    let us = RULES.region("US").unwrap();
    for region in [atlantis.clone(), Region::meet([&us, &atlantis])] {
        assert_eq!(says(&RULES, &Question { region, ..question("US", "openai") }), "region.unknown");
    }
}

#[test]
fn a_server_of_ones_own_is_asked_where_the_file_says_and_with_the_statement() {
    let text = "[endpoint.nas]\noperator = \"self\"\nurl = \"http://192.168.1.5:8080/v1\"\ndialect = \"ollama\"\nmodel = \"m\"";
    let rules = RULES.with_own(text).unwrap();
    let url = |text: &str| Url::parse(text).unwrap();
    let asked = |region: &str| Question {
        endpoint: "nas".into(),
        url: url("http://192.168.1.5:8080/v1"),
        model: "m".into(),
        ..question(region, "ollama")
    };
    for region in ["OFFLINE", "CN", "EU", "RESTRICTED"] {
        assert_eq!(says(&rules, &asked(region)), "yes", "{region}");
    }
    assert_eq!(says(&rules, &Question { attested: false, ..asked("EU") }), "attest");
    for other in [
        "http://192.168.1.6:8080/v1",
        "http://192.168.1.5/v1",
        "http://127.0.0.1:8080/v1",
        "https://a.example/v1",
    ] {
        assert_eq!(says(&rules, &Question { url: url(other), ..asked("EU") }), "url.own", "{other}");
    }
    assert_eq!(says(&rules, &Question { model: "big:cloud".into(), ..asked("EU") }), "model.denied");
    assert_eq!(says(&RULES, &asked("EU")), "endpoint.unknown");
    // By any other name it is no neighbour's.
    let lan = Question { url: url("http://192.168.1.5:8080/v1"), ..question("EU", "llamacpp") };
    assert_eq!(says(&rules, &lan), "url.not_loopback");
    let Verdict::Allow(permit) = decide(&rules, &asked("EU")) else { panic!("refused") };
    assert_eq!(permit.distance(), mynah::policy::Distance::LocalNetwork);
}

#[test]
fn a_denial_of_the_users_own_holds_for_every_capability() {
    let rules = RULES.with_own("[region.US]\ndeny = [\"openai\"]").unwrap();
    for capability in [Capability::Chat, Capability::Speech, Capability::ImageEdit] {
        let asked = Question { capability, ..question("US", "openai") };
        assert_eq!(says(&rules, &asked), "endpoint.denied");
        assert_eq!(says(&RULES, &asked), "yes");
    }
}
