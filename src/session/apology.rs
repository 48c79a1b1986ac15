//! What is said when a turn cannot be answered.
//!
//! Enters: a fault's kind and a language. Leaves: one honest sentence, or none where silence is right. Never here: a
//! claim that something was done, or the technical message, which is for the eye.

use crate::flow::{Fault, Language};

/// The sentence for `fault` in `language`; `None` where nothing should be said.
pub(super) fn sentence(fault: &Fault, language: &Language) -> Option<&'static str> {
    let (english, mandarin) = match fault.kind {
        "no_speech" | "interrupted" => return None,
        "not_understood" => ("Sorry, I didn't catch that.", "抱歉，我没听清楚。"),
        "no_endpoint" => (
            "I can't answer that on this device, and no language model is set up.",
            "这个问题我在本机上回答不了，也没有设置语言模型。",
        ),
        "refused" => (
            "I can't answer that on this device, and I may not ask a language model here.",
            "这个问题我在本机上回答不了，这里也不能询问语言模型。",
        ),
        "region_changed" => (
            "This machine has moved, so I am looking up which rules hold here. Please ask again.",
            "这台机器换了地方，我正在确认这里的规则，请再问一次。",
        ),
        "endpoint_place_refused" => {
            ("The language model is not offered where we are.", "语言模型在我们所在的地方不提供服务。")
        }
        "content_refused" => ("The language model declined to answer that.", "语言模型拒绝回答这个问题。"),
        "store_full" => ("The disk is full, so I can't keep anything.", "磁盘满了，我存不下任何东西。"),
        kind if kind.starts_with("store_") => {
            ("Sorry, I can't get at what I keep on this machine.", "抱歉，我读写不了保存在这台机器上的内容。")
        }
        kind if kind.starts_with("endpoint_")
            || kind.starts_with("answer_")
            || matches!(
                kind,
                "model_elsewhere"
                    | "response_too_large"
                    | "private_address"
                    | "public_address"
                    | "certificates_missing"
            ) =>
        {
            ("Sorry, I couldn't get an answer from the language model.", "抱歉，我没能从语言模型得到回答。")
        }
        _ => ("Sorry, something went wrong.", "抱歉，出了点问题。"),
    };
    Some(if *language == Language::MANDARIN { mandarin } else { english })
}
