//! Backends: the kinds of server that Mynah can speak to.
//!
//! Enters: the word in `dialect` and `auth` of the rules. Leaves: an enum, so that a new kind does not compile until
//! `decide` has judged it. Never here: a catch-all kind.

use serde::Deserialize;

use crate::policy::Capability;

/// Who speaks at the other end, as far as request bodies and dangers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// OpenAI's chat completions, speech and image edits, as OpenAI serves them.
    OpenAi,
    /// OpenAI's models in the user's own Azure resource: deployment names, key in `api-key`.
    Azure,
    /// Alibaba Model Studio's compatible mode: knows `enable_thinking`, `enable_search`.
    DashScope,
    /// Baidu Qianfan: errors under status 200.
    Qianfan,
    /// ByteDance's Volcengine Ark: `thinking.type`.
    Ark,
    /// DeepSeek: `thinking.type`, and `reasoning_content` given back in tool turns.
    DeepSeek,
    /// Moonshot's Kimi: `thinking.type`.
    Moonshot,
    /// Zhipu's GLM: `thinking.type`, codes as numbers.
    Glm,
    /// `MiniMax`: thinking inside the content unless `reasoning_split`.
    MiniMax,
    /// Huawei's `openPangu` on `ModelArts` `MaaS`.
    Pangu,
    /// Xiaomi `MiMo`.
    MiMo,
    /// Mistral: whole tool calls in one chunk, no `index`.
    Mistral,
    /// Google Gemini's interface in OpenAI's form.
    Gemini,
    /// Anthropic's Messages.
    Anthropic,
    /// xAI: a whole tool call in one chunk.
    Xai,
    /// OpenRouter: passes on to others, bounded by `provider`.
    OpenRouter,
    /// A local Ollama, which can pass requests on to ollama.com.
    Ollama,
    /// A local llama.cpp server, or another of OpenAI's dialect in its place.
    LlamaCpp,
    /// LM Studio's local server.
    LmStudio,
    /// A local vLLM.
    Vllm,
    /// Alibaba Model Studio's native interface for speech and images.
    #[serde(rename = "dashscope-media")]
    DashScopeMedia,
    /// ByteDance's speech service.
    #[serde(rename = "volc-speech")]
    VolcSpeech,
    /// Bocha's web search.
    Bocha,
    /// Zhipu's web search.
    #[serde(rename = "glm-search")]
    GlmSearch,
    /// Brave's web search.
    Brave,
    /// Tavily's web search.
    Tavily,
    /// Open-Meteo's forecasts and its gazetteer.
    #[serde(rename = "open-meteo")]
    OpenMeteo,
    /// `QWeather` (和风天气): forecasts and a gazetteer, compressed always.
    QWeather,
    /// The European Central Bank's daily table, in XML.
    Ecb,
    /// Frankfurter's tables of central banks' rates.
    Frankfurter,
    /// Home Assistant's REST interface.
    #[serde(rename = "home-assistant")]
    HomeAssistant,
    /// A server of tools: the Model Context Protocol over HTTP.
    Mcp,
}

impl Backend {
    /// What a server of this kind can do at all. An entry of the rules may list no more.
    #[must_use]
    pub const fn can(self) -> &'static [Capability] {
        use Capability::{Chat, Home, ImageEdit, Rates, Search, Speech, Tools, Weather};
        match self {
            Self::OpenAi => &[Chat, ImageEdit, Speech],
            Self::Ark => &[Chat, ImageEdit],
            Self::MiniMax | Self::Mistral => &[Chat, Speech],
            Self::Azure
            | Self::DashScope
            | Self::Qianfan
            | Self::DeepSeek
            | Self::Moonshot
            | Self::Glm
            | Self::Pangu
            | Self::MiMo
            | Self::Gemini
            | Self::Anthropic
            | Self::Xai
            | Self::OpenRouter
            | Self::Ollama
            | Self::LlamaCpp
            | Self::LmStudio
            | Self::Vllm => &[Chat],
            Self::DashScopeMedia => &[ImageEdit, Speech],
            Self::VolcSpeech => &[Speech],
            Self::Bocha | Self::GlmSearch | Self::Brave | Self::Tavily => &[Search],
            Self::OpenMeteo | Self::QWeather => &[Weather],
            Self::Ecb | Self::Frankfurter => &[Rates],
            Self::HomeAssistant => &[Home],
            Self::Mcp => &[Tools],
        }
    }

    /// Whether servers of this kind run a language model on this machine.
    #[must_use]
    pub const fn is_local(self) -> bool {
        match self {
            Self::Ollama | Self::LlamaCpp | Self::LmStudio | Self::Vllm => true,
            Self::OpenAi
            | Self::Azure
            | Self::DashScope
            | Self::Qianfan
            | Self::Ark
            | Self::DeepSeek
            | Self::Moonshot
            | Self::Glm
            | Self::MiniMax
            | Self::Pangu
            | Self::MiMo
            | Self::Mistral
            | Self::Gemini
            | Self::Anthropic
            | Self::Xai
            | Self::OpenRouter
            | Self::DashScopeMedia
            | Self::VolcSpeech
            | Self::Bocha
            | Self::GlmSearch
            | Self::Brave
            | Self::Tavily
            | Self::OpenMeteo
            | Self::QWeather
            | Self::Ecb
            | Self::Frankfurter
            | Self::HomeAssistant
            | Self::Mcp => false,
        }
    }
}

/// How an endpoint wants to be paid: which header carries the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// `Authorization: Bearer` and a key that the user must have.
    Bearer,
    /// `api-key`, as Azure has it.
    ApiKey,
    /// `x-api-key`, as Anthropic has it.
    XApiKey,
    /// `x-goog-api-key`, as Gemini's own interface has it.
    XGoogApiKey,
    /// `X-Subscription-Token`, as Brave has it.
    XSubscriptionToken,
    /// `X-QW-Api-Key`, as `QWeather` has it.
    XQwApiKey,
    /// No key is needed; one that the user gives anyway (`llama-server --api-key`) is sent as `Bearer`.
    None,
}

impl Auth {
    /// Whether nothing is sent without a key.
    #[must_use]
    pub const fn needs_key(self) -> bool {
        match self {
            Self::Bearer
            | Self::ApiKey
            | Self::XApiKey
            | Self::XGoogApiKey
            | Self::XSubscriptionToken
            | Self::XQwApiKey => true,
            Self::None => false,
        }
    }
}
