//! Sampling: the completions of a language model that a server asks for while one of its tools is called.
//!
//! Enters: a server's wish, which is text that nobody here wrote. Leaves: what is to be completed, within limits, and the
//! result. Never here: a wish outside a call, tools or files for the model, a choice of model by the server: the region's
//! list decides.
#![expect(
    deprecated,
    reason = "the protocol lets servers go on asking until they have another way (SEP-2577)"
)]

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use rmcp::{
    ErrorData,
    model::{
        CreateMessageRequestParams, CreateMessageResult, ErrorCode, Role, SamplingMessage,
        SamplingMessageContentBlock,
    },
};

use super::{conduct::Conduct, text::plain};

/// Messages of one wish, and characters of all of them together: a prompt and a few pages of text.
const MESSAGES: usize = 32;
const CHARACTERS: usize = 24_000;

/// Longest completion, tokens: some 700 words.
const TOKENS: u32 = 1_000;

/// What a user did with a prompt, or a server found unfit.
const REFUSED: ErrorCode = ErrorCode(-1);

/// A text that a server wants completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wished {
    /// The server.
    pub server: String,
    /// What the model is to be; empty where the server says nothing of it.
    pub system: String,
    /// Question and answer, in order.
    pub before: Vec<(String, String)>,
    /// What is to be answered.
    pub words: String,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
}

/// A text that was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The text.
    pub text: String,
    /// Who wrote it: the endpoint.
    pub by: String,
    /// Whether it is at its end.
    pub whole: bool,
}

/// Who has texts completed for servers, under the region's rules.
pub trait Completes: Send + Sync {
    /// Completes `wished`; else why not, in words that may be told to the server.
    fn complete(&self, wished: Wished) -> Pin<Box<dyn Future<Output = Result<Granted, String>> + Send + '_>>;
}

impl fmt::Debug for dyn Completes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Completes")
    }
}

/// The completions of one server's connection.
pub(super) struct Sampling {
    pub(super) server: String,
    pub(super) completes: Arc<dyn Completes>,
    pub(super) conduct: Arc<Conduct>,
    /// One at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl Sampling {
    /// Grants `params`, or tells the server why not.
    pub(super) async fn grant(
        &self,
        params: CreateMessageRequestParams,
    ) -> Result<CreateMessageResult, ErrorData> {
        let refused = |why: String| ErrorData::new(REFUSED, why, None);
        let wished = wished(&self.server, params).map_err(|why| refused(why.to_owned()))?;
        let _one = self.turn.lock().await;
        if !self.conduct.allows_completion() {
            return Err(refused(
                "completions are given only while a tool is called, and only a few".to_owned(),
            ));
        }
        let Granted { text, by, whole } = self.completes.complete(wished).await.map_err(refused)?;
        let reason = if whole {
            CreateMessageResult::STOP_REASON_END_TURN
        } else {
            CreateMessageResult::STOP_REASON_END_MAX_TOKEN
        };
        let message = SamplingMessage::new(Role::Assistant, SamplingMessageContentBlock::text(text));
        Ok(CreateMessageResult::new(message, by).with_stop_reason(reason))
    }
}

/// What `params` of `server` want completed; else why it is not to be had.
fn wished(server: &str, params: CreateMessageRequestParams) -> Result<Wished, &'static str> {
    if params.tools.is_some_and(|tools| !tools.is_empty()) {
        return Err("the model is given no tools here");
    }
    let messages = params.messages;
    let mut turns: Vec<(Role, String)> = Vec::new();
    if messages.len() > MESSAGES {
        return Err("these are more messages than are taken");
    }
    for message in messages {
        let mut text = String::new();
        for block in message.content.into_vec() {
            let SamplingMessageContentBlock::Text(part) = block else {
                return Err("only texts are completed here");
            };
            text.push_str(&part.text);
        }
        if text.trim().is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some((role, before)) if *role == message.role => {
                before.push('\n');
                before.push_str(&text);
            }
            _ => turns.push((message.role, text)),
        }
    }
    // A question comes first and last.
    if turns.first().is_some_and(|(role, _)| *role != Role::User) {
        return Err("a conversation begins with a message of the user's role");
    }
    let Some((Role::User, words)) = turns.pop() else {
        return Err("the last message has to be of the user's role, and not empty");
    };
    let mut turns = turns.into_iter().map(|(_, text)| text);
    let mut before = Vec::new();
    while let (Some(asked), Some(said)) = (turns.next(), turns.next()) {
        before.push((asked, said));
    }
    let system = params.system_prompt.unwrap_or_default();
    let texts = before.iter().flat_map(|(asked, said)| [asked, said]).chain([&words, &system]);
    if texts.map(|text| text.chars().count()).sum::<usize>() > CHARACTERS {
        return Err("this is more text than is completed");
    }
    let clean = |text: String| plain(&text, CHARACTERS).text;
    Ok(Wished {
        server: server.to_owned(),
        system: clean(system),
        before: before.into_iter().map(|(asked, said)| (clean(asked), clean(said))).collect(),
        words: clean(words),
        max_tokens: params.max_tokens.clamp(1, TOKENS),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Completes everything by what it was asked.
    struct Echo;

    impl Completes for Echo {
        fn complete(
            &self,
            wished: Wished,
        ) -> Pin<Box<dyn Future<Output = Result<Granted, String>> + Send + '_>> {
            let Wished { system, before, words, max_tokens, .. } = wished;
            let text = format!("{system}|{before:?}|{words}|{max_tokens}");
            Box::pin(std::future::ready(Ok(Granted { text, by: "x".to_owned(), whole: false })))
        }
    }

    fn sampling() -> Sampling {
        let conduct = Arc::<Conduct>::default();
        conduct.is_called(true);
        Sampling {
            server: "files".to_owned(),
            completes: Arc::new(Echo),
            conduct,
            turn: tokio::sync::Mutex::default(),
        }
    }

    async fn granted(sampling: &Sampling, params: Value) -> Result<String, String> {
        let granted = sampling.grant(serde_json::from_value(params).unwrap()).await;
        let told = granted.map_err(|error| error.message.into_owned())?;
        Ok(serde_json::to_value(told).unwrap()["content"]["text"].as_str().unwrap().to_owned())
    }

    fn said(role: &str, text: &str) -> Value {
        json!({ "role": role, "content": { "type": "text", "text": text } })
    }

    #[tokio::test]
    async fn what_is_asked_is_put_in_order_and_within_limits() {
        let image = json!({ "role": "user", "content": { "type": "image", "data": "eA==", "mimeType": "image/png" } });
        let long = "x".repeat(CHARACTERS);
        for (messages, expected) in [
            (vec![said("user", "a"), said("user", "b\u{200b}c")], Ok("S|[]|a\nbc|1000")),
            (
                vec![said("user", "a"), said("assistant", "b"), said("user", " "), said("user", "c")],
                Ok("S|[(\"a\", \"b\")]|c|1000"),
            ),
            (vec![], Err("the last message")),
            (vec![said("user", "a"), said("assistant", "b")], Err("the last message")),
            (vec![said("assistant", "b"), said("user", "a")], Err("begins with")),
            (vec![said("user", &long)], Err("more text")),
            (vec![said("user", "a"); MESSAGES + 1], Err("more messages")),
            (vec![image], Err("only texts")),
        ] {
            let params = json!({ "messages": messages, "maxTokens": 90_000, "systemPrompt": "S" });
            let got = granted(&sampling(), params).await;
            match expected {
                Ok(text) => assert_eq!(got.as_deref(), Ok(text)),
                Err(part) => assert!(got.as_ref().is_err_and(|why| why.contains(part)), "{part}: {got:?}"),
            }
        }
        let tools = json!([{ "name": "t", "inputSchema": { "type": "object" } }]);
        let params = json!({ "messages": [said("user", "a")], "maxTokens": 9, "tools": tools });
        assert!(granted(&sampling(), params).await.is_err_and(|why| why.contains("no tools")));
    }

    #[tokio::test]
    async fn completions_are_given_while_a_tool_is_called_and_only_a_few() {
        let (sampling, params) = (sampling(), json!({ "messages": [said("user", "a")], "maxTokens": 9 }));
        for _ in 0..2 {
            sampling.conduct.is_called(true);
            for given in [true, true, true, true, false] {
                assert_eq!(granted(&sampling, params.clone()).await.is_ok(), given);
            }
        }
        sampling.conduct.is_called(false);
        assert!(granted(&sampling, params).await.is_err());
    }
}
