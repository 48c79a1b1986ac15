//! Dialect: what each kind of server wants in a request, as data.
//!
//! Enters: the kind of server, a prompt. Leaves: path, headers and body. Each field is
//! one the server documents, for some refuse a request with any other. Never here: a tool that a provider runs itself,
//! sockets, a model's name.

use serde_json::{Value, json};

use super::{history::History, tool::Function, tool_calls::Call};
use crate::{policy::Backend, units::Words};

mod chat;
mod messages;

/// The two forms that requests and streams come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's chat completions, which nearly all speak.
    Chat,
    /// Anthropic's messages.
    Messages,
}

/// How much of a dialect is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All that the kind of server knows.
    Whole,
    /// What any model takes: no tool, no temperature, no switch for thinking, no question about usage. Which of these a
    /// model takes is told by nothing but its refusal.
    Plain,
}

/// How a model is kept from thinking, which would cost seconds of silence and eat the token limit.
#[derive(Debug, Clone, Copy)]
enum Thinking {
    /// There is no switch.
    Untouched,
    /// `reasoning_effort`, with the least word it knows.
    Effort(&'static str),
    /// `reasoning: {"effort": "none"}`.
    Reasoning,
    /// `enable_thinking: false`.
    Flag,
    /// `thinking: {"type": "disabled"}`.
    Type,
    /// `chat_template_kwargs: {"enable_thinking": false}`, passed to the model's template, which ignores what it does not
    /// use.
    Template,
    /// `reasoning_split: true`: it cannot be switched off, but kept out of the content.
    Split,
}

/// What a kind of server wants differently.
#[derive(Debug)]
pub struct Dialect {
    shape: Shape,
    /// Below the base URL.
    pub(super) path: &'static [&'static str],
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// The field that bounds the answer's length.
    limit: &'static str,
    /// Whether usage must be asked for (and may be).
    usage: bool,
    /// Whether a temperature may be given.
    temperature: bool,
    thinking: Thinking,
    /// Whether a tool's turn must hold the thoughts behind it, be they empty. Others refuse or bill what they are sent.
    pub(super) thoughts_back: bool,
    /// The length that a call's id must have, of letters and digits.
    pub(super) id_length: Option<usize>,
}

const COMMON: Dialect = Dialect {
    shape: Shape::Chat,
    path: &["chat", "completions"],
    query: &[],
    headers: &[],
    limit: "max_tokens",
    usage: true,
    temperature: true,
    thinking: Thinking::Untouched,
    thoughts_back: false,
    id_length: None,
};

/// GPT-5.1 and later: no temperature but 1, thinking off by the effort "none".
const OPENAI: Dialect = Dialect {
    limit: "max_completion_tokens",
    temperature: false,
    thinking: Thinking::Effort("none"),
    ..COMMON
};
/// The same models; the model's name is the deployment's.
const AZURE: Dialect = Dialect { query: &[("api-version", "v1")], ..OPENAI };
const DASHSCOPE: Dialect = Dialect { thinking: Thinking::Flag, ..COMMON };
const QIANFAN: Dialect = Dialect { limit: "max_completion_tokens", thinking: Thinking::Flag, ..COMMON };
/// Ark: its models think unless told not to.
const THINKING_TYPE: Dialect = Dialect { thinking: Thinking::Type, ..COMMON };
/// Usage comes unasked; `stream_options` is not known.
const GLM: Dialect = Dialect { usage: false, ..THINKING_TYPE };
/// From V4 on a tool's turn without `reasoning_content` is an error.
const DEEPSEEK: Dialect = Dialect { thoughts_back: true, ..THINKING_TYPE };
/// From K2.5 on each mode takes one temperature, its own.
const MOONSHOT: Dialect = Dialect { limit: "max_completion_tokens", temperature: false, ..THINKING_TYPE };
const MINIMAX: Dialect = Dialect { limit: "max_completion_tokens", thinking: Thinking::Split, ..COMMON };
/// Served by vLLM, as far as the fields tell.
const PANGU: Dialect = Dialect { thinking: Thinking::Template, ..COMMON };
const MIMO: Dialect = Dialect { limit: "max_completion_tokens", ..GLM };
/// The same, and its calls' ids have a form.
const MISTRAL: Dialect = Dialect { usage: false, id_length: Some(9), ..COMMON };
/// Its compatible interface. Thinking cannot be switched off; Google advises against a temperature.
const GEMINI: Dialect = Dialect { temperature: false, thinking: Thinking::Effort("minimal"), ..COMMON };
/// Newer models refuse a temperature; usage comes unasked.
const ANTHROPIC: Dialect = Dialect {
    shape: Shape::Messages,
    path: &["messages"],
    headers: &[("anthropic-version", "2023-06-01")],
    usage: false,
    temperature: false,
    thinking: Thinking::Type,
    ..COMMON
};
const XAI: Dialect = Dialect { limit: "max_completion_tokens", thinking: Thinking::Effort("none"), ..COMMON };
const OPENROUTER: Dialect = Dialect { thinking: Thinking::Reasoning, ..COMMON };
/// Its compatible interface knows no `think`; the effort "none" is its switch.
const OLLAMA: Dialect = Dialect { thinking: Thinking::Effort("none"), ..COMMON };
/// llama.cpp's server and vLLM.
const TEMPLATE: Dialect = Dialect { thinking: Thinking::Template, ..COMMON };
const LM_STUDIO: Dialect = COMMON;

/// The dialect of `backend`, if it is a language model's.
#[must_use]
pub const fn of(backend: Backend) -> Option<&'static Dialect> {
    Some(match backend {
        Backend::OpenAi => &OPENAI,
        Backend::Azure => &AZURE,
        Backend::DashScope => &DASHSCOPE,
        Backend::Qianfan => &QIANFAN,
        Backend::Ark => &THINKING_TYPE,
        Backend::Glm => &GLM,
        Backend::DeepSeek => &DEEPSEEK,
        Backend::Moonshot => &MOONSHOT,
        Backend::MiniMax => &MINIMAX,
        Backend::Pangu => &PANGU,
        Backend::MiMo => &MIMO,
        Backend::Mistral => &MISTRAL,
        Backend::Gemini => &GEMINI,
        Backend::Anthropic => &ANTHROPIC,
        Backend::Xai => &XAI,
        Backend::OpenRouter => &OPENROUTER,
        Backend::Ollama => &OLLAMA,
        Backend::LlamaCpp | Backend::Vllm => &TEMPLATE,
        Backend::LmStudio => &LM_STUDIO,
        Backend::DashScopeMedia
        | Backend::VolcSpeech
        | Backend::Bocha
        | Backend::GlmSearch
        | Backend::Brave
        | Backend::Tavily
        | Backend::OpenMeteo
        | Backend::QWeather
        | Backend::Ecb
        | Backend::Frankfurter
        | Backend::HomeAssistant
        | Backend::Mcp => return None,
    })
}

/// One time the model asked for tools, and what it was told.
#[derive(Debug, Clone)]
pub struct Round {
    /// What it said before, as it wrote it.
    pub text: String,
    /// Its thoughts, where the dialect wants them back.
    pub thoughts: String,
    /// What it asked for.
    pub calls: Vec<Call>,
    /// What of each call's arguments was understood, in the same order.
    pub inputs: Vec<Value>,
    /// What each call was told, in the same order.
    pub results: Vec<String>,
}

/// What is asked of a language model.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    /// The model, as the permit names it.
    pub model: &'a str,
    /// The system message.
    pub system: &'a str,
    /// What was said before.
    pub history: &'a History,
    /// The question.
    pub words: &'a Words,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// The tools there are.
    pub tools: &'a [Function],
    /// Whether one may be called; else an answer is wanted.
    pub may_call: bool,
    /// What the tools were asked since the question.
    pub rounds: &'a [Round],
}

impl Dialect {
    /// What follows the path of any of its requests.
    #[must_use]
    pub const fn query(&self) -> &'static [(&'static str, &'static str)] {
        self.query
    }

    /// Headers of any of its requests.
    #[must_use]
    pub const fn headers(&self) -> &'static [(&'static str, &'static str)] {
        self.headers
    }

    /// How its streams are to be read.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The request body for `prompt`.
    #[must_use]
    pub fn body(&self, prompt: &Prompt<'_>, form: Form) -> Value {
        Value::Object(match self.shape {
            Shape::Chat => chat::body(self, prompt, form),
            Shape::Messages => messages::body(self, prompt, form),
        })
    }

    /// The field that keeps a model from thinking, and its value.
    fn quiet(&self, form: Form) -> Option<(&'static str, Value)> {
        match (form, self.thinking) {
            // Without this the thoughts would be in the content; no model refuses it.
            (_, Thinking::Split) => Some(("reasoning_split", json!(true))),
            (Form::Plain, _) | (_, Thinking::Untouched) => None,
            (_, Thinking::Effort(least)) => Some(("reasoning_effort", json!(least))),
            (_, Thinking::Reasoning) => Some(("reasoning", json!({ "effort": "none" }))),
            (_, Thinking::Flag) => Some(("enable_thinking", json!(false))),
            (_, Thinking::Type) => Some(("thinking", json!({ "type": "disabled" }))),
            (_, Thinking::Template) => Some(("chat_template_kwargs", json!({ "enable_thinking": false }))),
        }
    }
}
