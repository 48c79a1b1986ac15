//! The lint over the shipped file, and over files with one fault each.

use mynah::policy::{
    Rules,
    lint::{Finding, Severity, lint},
};

const SHIPPED: &str = include_str!("../../../config/regions.toml");

fn found(text: &str) -> Vec<Finding> {
    let rules = Rules::parse(text).unwrap_or_else(|error| panic!("{error}"));
    lint(&rules, Rules::built_in().verified())
}

#[test]
fn the_shipped_file_has_no_fault_but_entries_that_grow_old() {
    let found = found(SHIPPED);
    let others: Vec<String> =
        found.iter().filter(|it| it.id != "age.ageing").map(ToString::to_string).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Warning));
}

#[test]
fn a_year_and_a_half_later_every_hosted_endpoint_is_stale_and_none_on_this_machine() {
    let rules = Rules::built_in();
    let stale = lint(&rules, "2028-06".parse().unwrap());
    let stale = stale.iter().filter(|finding| finding.id == "age.stale").count();
    assert_eq!(stale, rules.endpoints().filter(|endpoint| !endpoint.is_local()).count());
}

#[test]
fn each_fault_is_found_at_its_key() {
    let mistral = "hosts = [\"api.eu.mistral.ai\"]\ninfer = [\"EU\"]";
    for (from, to, id, key) in [
        // The misprint that a vendor's page had for months.
        (
            "\"*.cn-beijing.maas.aliyuncs.com\"",
            "\"*.ap-southeast-1.maas.aliyuncs.com\"",
            "host.place",
            "endpoint.qwen-cn.hosts",
        ),
        (
            mistral,
            "hosts = [\"api.eu.mistral.ai\"]\ninfer = [\"US\"]",
            "host.place",
            "endpoint.mistral-eu.hosts",
        ),
        ("infer = [\"INTL\"]", "infer = [\"CN\"]", "host.place", "endpoint.qwen-intl.hosts"),
        (
            mistral,
            "hosts = [\"api.eu.mistral.ai\"]\ninfer = [\"CN\"]",
            "order.unapproved",
            "region.EU.order.chat",
        ),
        ("filing = \"Beijing-MoonShot-20231016\"\n", "", "order.unapproved", "region.CN.order.chat"),
        (
            "chat = [\"qwen-hk\", ",
            "chat = [\"openai\", \"qwen-hk\", ",
            "order.unapproved",
            "region.HK.order.chat",
        ),
        (
            "speech = [\"mistral-eu\", \"openai-eu\"]",
            "speech = [\"xai-eu\"]",
            "order.unapproved",
            "region.EU.order.speech",
        ),
        ("model_allow = [\"*-us\"]", "model_allow = [\"*-xx\"]", "order.unapproved", "region.US.order.chat"),
        ("response_assert = ", "models = {}\n# ", "host.shared", "endpoint.anthropic-us.hosts"),
        ("doubt = \"header and path are general knowledge\"", "# nothing", "", ""),
        (
            "doubt = \"where it computes was not found\"",
            "# nothing",
            "endpoint.unlisted",
            "endpoint.kimi-global.can",
        ),
        (
            "src = \"open.bochaai.com\"\nverified = \"2026-08\"\ndoubt",
            "src = \"open.bochaai.com\"\nverified = \"2026-08\"\n# doubt",
            "infer.unproven",
            "endpoint.bocha.infer",
        ),
        (
            "chat = [\"ollama\", \"llamacpp\", \"lmstudio\", \"vllm\"]",
            "chat = []",
            "order.local",
            "region.RESTRICTED.order.chat",
        ),
        ("no_screen = \"morse\"", "no_screen = \"none\"", "disclose.marks", "region.CN.disclose"),
        ("model_and_filing = true", "model_and_filing = false", "disclose.marks", "region.CN.disclose"),
        (
            "export_metadata = true",
            "export_metadata = false",
            "disclose.metadata",
            "region.CN.disclose.export_metadata",
        ),
        ("zh = \"AI生成\"", "zh = \"生成\"", "disclose.elements", "region.CN.disclose.badge.zh"),
        ("zh = \"AI生成\"", "zh = \"AI\"", "disclose.elements", "region.CN.disclose.badge.zh"),
        ("zh = \"AI生成\"", "fr = \"IA\"", "disclose.language", "region.CN.disclose.badge"),
        ("first_use = { en = \"You", "first_use = { en = \"Hello. You", "", ""),
        ("en = \"AI-generated\"", "en = \"made up\"", "disclose.elements", "region.CN.disclose.badge.en"),
        (
            "src = \"voluntary guideline of 2025-04-15\"",
            "src = \" \"",
            "disclose.src",
            "region.HK.disclose.src",
        ),
        ("verified = \"2025-12\"", "verified = \"2026-12\"", "age.ahead", "endpoint.ernie-cn.verified"),
        ("verified = \"2025-12\"", "verified = \"2026-12\"", "age.order", "endpoint.ernie-cn.verified"),
        ("verified = \"2025-12\"", "verified = \"2025-01\"", "age.stale", "endpoint.ernie-cn.verified"),
        ("CN = \"mainland China\"", "CN = \"mainland China\"\nXX = \"nowhere\"", "token.unused", "token.XX"),
        ("mirror = [\"hf-mirror\"]", "mirror = []", "mirror.unlisted", "mirror.hf-mirror"),
    ] {
        assert!(SHIPPED.contains(from), "{from}");
        let found = found(&SHIPPED.replacen(from, to, 1));
        let here = found.iter().any(|finding| finding.id == id && finding.key == key);
        let clean = found.iter().all(|finding| finding.id == "age.ageing");
        assert!(if id.is_empty() { clean } else { here }, "{to}: {found:#?}");
    }
}
