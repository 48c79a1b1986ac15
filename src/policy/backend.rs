//! Backends: the kinds of language-model server that Mynah can speak to.
//!
//! Enters: the word in `dialect` and `auth` of the rules. Leaves: an enum, so that a new kind does not compile until
//! `decide` has judged it. Never here: a catch-all kind.

use serde::Deserialize;

/// Who speaks at the other end, as far as request bodies and dangers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// OpenAI's chat completions, as OpenAI serves them.
    OpenAi,
    /// Alibaba Model Studio's compatible mode: knows `enable_thinking`, `enable_search`.
    DashScope,
    /// Mistral: whole tool calls in one chunk, no `index`.
    Mistral,
    /// A local Ollama, which can pass requests on to ollama.com.
    Ollama,
    /// A local llama.cpp server.
    LlamaCpp,
}

/// How an endpoint wants to be paid: what goes into the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// `Bearer` and a key that the user must have.
    Bearer,
    /// No key is needed; one that the user gives anyway (`llama-server --api-key`) is sent as `Bearer`.
    None,
}
