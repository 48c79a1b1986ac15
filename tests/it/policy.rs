//! Policy over the shipped rules: a second reading of them, every rule broken in turn, the lint, and the ways round that
//! must not work.

use std::sync::LazyLock;

use mynah::{
    policy::{
        Capability, DataClass, EndpointId, Month, Permit, Question, Refusal, Rules, Verdict, chat_order,
        decide, may_follow, order,
    },
    units::TurnId,
};
use url::Url;

mod lint;
mod mutations;
mod reading;

/// As shipped, read once: the tests ask many thousand questions.
static RULES: LazyLock<Rules> = LazyLock::new(Rules::built_in);

fn question(region: &str, endpoint: &str) -> Question {
    let rules = &*RULES;
    let id = EndpointId::from(endpoint);
    let (url, model) = rules.endpoint(&id).map_or_else(
        || (rules.mirror(&id).unwrap().url().clone(), "tiny"),
        |found| (found.url().clone(), found.model()),
    );
    Question {
        turn: TurnId(7),
        region: rules.region(region).unwrap(),
        capability: Capability::Chat,
        endpoint: id.clone(),
        url,
        model: model.to_owned(),
        data: DataClass::Words,
        attested: true,
        month: Month::new(2026, 11).unwrap(),
    }
}

fn mirror(region: &str, endpoint: &str) -> Question {
    Question {
        capability: Capability::ModelMirror,
        data: DataClass::ModelRequest,
        ..question(region, endpoint)
    }
}

fn permit(question: &Question) -> Result<Permit, Refusal> {
    match decide(&RULES, question) {
        Verdict::Allow(permit) => Ok(permit),
        Verdict::Refuse(refusal) => Err(refusal),
    }
}

fn rule(question: &Question) -> &'static str {
    permit(question).map_or_else(|refusal| refusal.rule, |_| "yes")
}

/// The URL with a label of the user's own where the rules leave one open.
fn own_url(question: &Question) -> Url {
    let text = question
        .url
        .as_str()
        .replace("//workspace.", "//ws-1.")
        .replace("//resource.", "//my.")
        .replace("//account.", "//abc.");
    Url::parse(&text).unwrap()
}

#[test]
fn no_capability_takes_anothers_data() {
    for capability in Capability::ALL {
        for data in [DataClass::Words, DataClass::Query, DataClass::ModelRequest] {
            // Who may have words may be asked about its models first.
            let fits =
                data == match capability {
                    Capability::ModelMirror => DataClass::ModelRequest,
                    Capability::Weather | Capability::Rates | Capability::Home => DataClass::Query,
                    _ => DataClass::Words,
                } || (capability, data) == (Capability::Chat, DataClass::ModelRequest);
            let refused = rule(&Question { capability, data, ..question("US", "openai") }) == "data.class";
            assert_eq!(refused, !fits, "{capability:?} {data:?}");
        }
    }
}

#[test]
fn whatever_a_region_lists_it_allows_in_that_order() {
    let rules = Rules::built_in();
    for region in rules.all_regions() {
        for capability in Capability::ALL {
            for id in order(&rules, &region, capability) {
                let asked = match capability {
                    Capability::ModelMirror => mirror(region.as_str(), id.as_str()),
                    _ => Question {
                        capability,
                        data: capability.data(),
                        ..question(region.as_str(), id.as_str())
                    },
                };
                let model =
                    rules.endpoint(id).map_or("tiny", |endpoint| endpoint.model_for(capability)).to_owned();
                let asked = Question { url: own_url(&asked), model, ..asked };
                assert_eq!(rule(&asked), "yes", "{region} {id} {capability:?}");
            }
        }
    }
    let cn = rules.region("cn").unwrap();
    assert_eq!(
        chat_order(&rules, &cn)[..2].iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        ["qwen-cn", "deepseek"]
    );
}

#[test]
fn no_url_but_the_endpoints_own_is_allowed() {
    for (url, refused) in [
        ("https://api.openai.com/v1", "yes"),
        ("https://API.OpenAI.com:443/v1", "yes"),
        ("http://api.openai.com/v1", "url.https"),
        ("https://api.openai.com:8443/v1", "url.path"),
        ("https://api.openai.com/v1/../proxy", "url.path"),
        ("https://api.openai.com/v1?to=elsewhere", "url.query"),
        ("https://api.openai.com./v1", "url.host"),
        ("https://eu.api.openai.com/v1", "url.host"),
        ("https://api.openai.com.evil.example/v1", "url.host"),
        ("https://api.openai.com@evil.example/v1", "url.user_info"),
        ("https://me:secret@api.openai.com/v1", "url.user_info"),
        ("https://104.18.7.192/v1", "url.ip_literal"),
        ("https://[2606:4700::1]/v1", "url.ip_literal"),
        ("http://127.0.0.1:8080/v1", "url.host"),
        ("file:///etc/passwd", "url.scheme"),
    ] {
        let asked = Question { url: Url::parse(url).unwrap(), ..question("US", "openai") };
        assert_eq!(rule(&asked), refused, "{url}");
    }
    let workspace = "https://llm-123.cn-beijing.maas.aliyuncs.com/compatible-mode/v1";
    let asked = Question { url: Url::parse(workspace).unwrap(), ..question("CN", "qwen-cn") };
    assert_eq!(rule(&asked), "yes");
}

#[test]
fn a_local_endpoint_may_move_to_another_loopback_port_and_nowhere_else() {
    for (url, refused) in [
        ("http://127.0.0.1:4999/v1", "yes"),
        ("http://localhost:4999", "yes"),
        ("https://[::1]:4999/api/v1", "yes"),
        ("http://192.168.1.5:8080/v1", "url.not_loopback"),
        ("http://0.0.0.0:8080/v1", "url.not_loopback"),
        ("http://my-nas:8080/v1", "url.not_loopback"),
        ("https://ollama.com/v1", "url.not_loopback"),
    ] {
        let asked = Question { url: Url::parse(url).unwrap(), ..question("OFFLINE", "llamacpp") };
        assert_eq!(rule(&asked), refused, "{url}");
    }
}

#[test]
fn cloud_models_behind_a_local_server_are_refused_and_the_statement_is_asked_for() {
    for model in ["gpt-oss:120b-cloud", "deepseek:cloud", "X:Cloud", "", "a b", "a\nb"] {
        let refused = rule(&Question { model: model.to_owned(), ..question("OFFLINE", "ollama") });
        assert!(refused.starts_with("model."), "{model}: {refused}");
    }
    let refusal = permit(&Question { attested: false, ..question("OFFLINE", "ollama") }).unwrap_err();
    assert_eq!(refusal.rule, "attest");
    // The key as the settings know it.
    assert!(refusal.remedy.contains("`attested = true` under [endpoint.ollama]"), "{}", refusal.remedy);
    assert!(refusal.reason.contains("OLLAMA_NO_CLOUD=1"), "{refusal}");
}

#[test]
fn a_permit_says_what_was_asked() {
    let asked = question("de", "mistral-eu");
    let permit = permit(&asked).unwrap();
    assert_eq!(permit.turn(), TurnId(7));
    assert_eq!(permit.host(), "api.eu.mistral.ai");
    assert_eq!((permit.capability(), permit.data()), (Capability::Chat, DataClass::Words));
    assert_eq!(
        (permit.region(), permit.endpoint(), permit.url()),
        (&asked.region, &asked.endpoint, &asked.url)
    );
}

#[test]
fn downloads_follow_listed_hosts_only_and_words_follow_none() {
    let follow = |question: &Question, to: &str| {
        may_follow(&permit(question).unwrap(), &Url::parse(to).unwrap())
            .map_or_else(|refusal| refusal.rule, |()| "yes")
    };
    let (us, cn) = (mirror("US", "huggingface"), mirror("CN", "hf-mirror"));
    let picture = Question { capability: Capability::ImageEdit, ..question("CN", "wanxiang-cn") };
    for (from, to, said) in [
        (&us, "https://huggingface.co/api/resolve-cache/x", "yes"),
        (&us, "https://cas-bridge.xethub.hf.co/x?sig=1", "yes"),
        (&us, "http://cas-bridge.xethub.hf.co/x", "redirect.https"),
        (&us, "https://cas-bridge.xethub.hf.co:8443/x", "redirect.https"),
        (&us, "https://evil.example/x", "redirect.host"),
        (&us, "https://u@huggingface.co/x", "url.user_info"),
        (&us, "https://10.0.0.1/x", "url.ip_literal"),
        (&us, "http://127.0.0.1/x", "redirect.host"),
        (&cn, "https://cdn-lfs.hf.co/x", "yes"),
        (&cn, "https://huggingface.co/x", "redirect.host"),
        (&question("US", "openai"), "https://api.openai.com/v1/chat/completions", "redirect.words"),
        (&picture, "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/a.png?sig=1", "yes"),
        (&picture, "http://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/a.png", "redirect.words"),
        (&picture, "https://dashscope-result-bj.oss-cn-beijing.aliyuncs.com:444/a.png", "redirect.words"),
        (&picture, "https://other.oss-cn-beijing.aliyuncs.com/a.png", "redirect.words"),
        (&picture, "https://dashscope.aliyuncs.com/api/v1", "redirect.words"),
    ] {
        assert_eq!(follow(from, to), said, "{to}");
    }
}
