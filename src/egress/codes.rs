//! Codes: the words endpoints use for their refusals, whatever status they come with.
//!
//! Enters: a code or a finish reason. Leaves: what it means, if that is known. Never here: a message.

/// "Refused for its content": DashScope, Moonshot, GLM (1301, "sensitive"), Qianfan, OpenAI, Azure, Ark, MiniMax (1026
/// what was asked, 1027 what was answered), Gemini, Anthropic, OpenRouter.
const CONTENT: &[&str] = &[
    "1026",
    "1027",
    "1301",
    "blocklist",
    "content_policy_violation",
    "contentpolicyviolation",
    "data_inspection_failed",
    "datainspectionfailed",
    "inputtextsensitivecontentdetected",
    "moderation",
    "outputtextsensitivecontentdetected",
    "prohibited_content",
    "refusal",
    "responsibleaipolicyviolation",
    "safety",
    "sensitive",
    "sensitivecontentdetected",
    "spii",
    "unsafe_request",
];

/// "Not served where you are": OpenAI, and Gemini's state of a request that its own place forbids.
const PLACE: &[&str] = &["unsupported_country_region_territory", "failed_precondition"];

/// "No such model": OpenAI, Mistral, DashScope, Ark.
const MISSING: &[&str] =
    &["model_not_found", "invalid_model", "modelnotfound", "invalidendpointormodel.notfound"];

/// "More than the context holds": OpenAI and those like it, llama.cpp, Qianfan.
const TOO_LONG: &[&str] = &["context_length_exceeded", "exceed_context_size_error", "tokens_too_long"];

/// "Too many": Qianfan, whose samples show it under status 200; MiniMax (1002, 1039), GLM (1302, 1303, 1305), Anthropic.
const TOO_MANY: &[&str] = &[
    "1002",
    "1039",
    "1302",
    "1303",
    "1305",
    "rate_limit_error",
    "rate_limit_exceeded",
    "rpm_rate_limit_exceeded",
    "tpm_rate_limit_exceeded",
];

/// "It failed, through no fault of the question", inside an answer that began well: Anthropic, DashScope, MiniMax.
const FAILED: &[&str] = &["1000", "1013", "api_error", "internalerror", "overloaded_error", "server_error"];

/// What a code means by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Content,
    Place,
    Missing,
    TooLong,
    TooMany,
    Failed,
}

/// What `code` means, where it is known.
pub(super) fn meaning(code: &str) -> Option<Meaning> {
    let code = code.to_ascii_lowercase();
    let known = |list: &[&str]| list.contains(&code.as_str());
    if refuses_content(&code) {
        Some(Meaning::Content)
    } else if known(PLACE) {
        Some(Meaning::Place)
    } else if known(TOO_LONG) {
        Some(Meaning::TooLong)
    } else if known(TOO_MANY) {
        Some(Meaning::TooMany)
    } else if known(MISSING) {
        Some(Meaning::Missing)
    } else if known(FAILED) {
        Some(Meaning::Failed)
    } else {
        None
    }
}

/// Whether `code`, of an error or as the reason why an answer ended, means that what was asked or answered was refused
/// for its content. Such a refusal is final: the question is not carried to another endpoint.
#[must_use]
pub fn refuses_content(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    // Gemini says of what kind ("content_filter: SAFETY"), Ark by which rule (".PolicyViolation").
    let stem = code.split([':', '.']).next().unwrap_or_default().trim_end();
    stem == "content_filter" || CONTENT.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_in_every_providers_words() {
        for code in [
            "content_filter",
            "Content_Filter: SAFETY",
            "InputTextSensitiveContentDetected.PolicyViolation",
            "DataInspectionFailed",
            "1301",
            "refusal",
        ] {
            assert!(refuses_content(code), "{code}");
            assert_eq!(meaning(code), Some(Meaning::Content));
        }
        for code in ["stop", "13011", "invalid_api_key", "", "content", "end_turn"] {
            assert!(!refuses_content(code), "{code}");
        }
        assert_eq!(meaning("overloaded_error"), Some(Meaning::Failed));
        assert_eq!(meaning("invalid_iam_token"), None);
    }
}
