//! MCP: tools of other programs, by the Model Context Protocol.
//!
//! Enters: the servers that the user's settings name, programs and endpoints of the user's own, and calls that a language model makes. Leaves: tools to offer, and
//! what they answered, as text. Runs on tokio; dropping a call cancels it, dropping [`Servers`] ends every program. What a
//! server says of itself and what its tools answer is somebody else's text: it is cleaned, bounded, marked and quoted.
//! Never here: a request of a server that is granted (completions, questions to the user, folders), a network for a program
//! that the user gave none, a message to an endpoint past policy and door.

use crate::flow::{Fault, Remedy};

mod conduct;
mod connection;
mod gist;
mod listed;
mod memory;
mod options;
mod pipes;
mod posts;
mod remote;
mod sampling;
mod schema;
mod server;
mod servers;
mod text;

pub use connection::{NEVER_LOGGED, Said};
pub use gist::Gist;
pub use listed::{BETWEEN, Offered};
pub use options::{At, Confirm, Network, Program, ServerOptions};
pub use remote::Remote;
pub use sampling::{Completes, Granted, Wished};
pub use server::{Change, Shown, Standing};
pub use servers::{Checked, Servers};

/// Why a server's tool was not called, or what became of the call.
#[derive(Debug, thiserror::Error)]
pub enum McpError {
    /// No such program.
    #[error("the tool server {server} is not started: there is no program `{program}`")]
    NotFound {
        /// The server.
        server: String,
        /// What was looked for.
        program: String,
    },
    /// This system gives no fence, and the user gave the server no network.
    #[error(
        "the tool server {server} is not started: it is to have no network of its own, and this system keeps none from it ({why})"
    )]
    NoFence {
        /// The server.
        server: String,
        /// What the system said.
        why: String,
    },
    /// A variable that it is to get is not set.
    #[error("the tool server {server} is not started: the variable {name} is not set")]
    NoVariable {
        /// The server.
        server: String,
        /// The variable.
        name: String,
    },
    /// The system could not start it.
    #[error("the tool server {server} could not be started: {detail}")]
    Unrunnable {
        /// The server.
        server: String,
        /// The system's reason.
        detail: String,
    },
    /// It did not begin to talk in time.
    #[error("the tool server {server} was not ready within {seconds} s, and was given up{detail}")]
    Silent {
        /// The server.
        server: String,
        /// How long it was given.
        seconds: u64,
        /// How its complaint began, after a colon.
        detail: String,
    },
    /// It ended, or broke the protocol, before it could be asked anything.
    #[error("the tool server {server} is of no use: {detail}")]
    Broken {
        /// The server.
        server: String,
        /// What happened.
        detail: String,
    },
    /// An endpoint was not asked, or did not take what it was asked; nothing was done.
    #[error("the tool server {server} is not used: {}", fault.message)]
    Unused {
        /// The server.
        server: String,
        /// Why.
        fault: Fault,
        /// Whether the call may have left even so.
        sent: bool,
    },
    /// An endpoint knows nothing of the session that it opened; nothing was done.
    #[error(
        "the tool server {server} forgot what was agreed with it, twice, or takes no such call: {}", fault.message
    )]
    Forgetful {
        /// The server.
        server: String,
        /// How it refused.
        fault: Fault,
    },
    /// It failed too often.
    #[error("the tool server {server} failed again and again, and is not started any more")]
    GivenUp {
        /// The server.
        server: String,
    },
    /// No tool of the name is offered.
    #[error("there is no tool {name}")]
    NoTool {
        /// The name.
        name: String,
    },
    /// What the server says of the tool is not what it said when it was accepted.
    #[error("the tool server {server} describes its tool {tool} differently now, so it is not used")]
    Changed {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// The server has the tool no longer.
    #[error("the tool server {server} has no tool {tool} any more")]
    Gone {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// The call is none that the tool takes.
    #[error("{0}")]
    BadArguments(String),
    /// The server refused the call.
    #[error("the tool server {server} refused the call: {detail}")]
    Refused {
        /// The server.
        server: String,
        /// Its words, cleaned and shortened.
        detail: String,
    },
    /// The call was under way when its time was over or the server ended.
    #[error("the tool server {server} {what}; whether it did anything is not known")]
    Lost {
        /// The server.
        server: String,
        /// What happened.
        what: String,
    },
    /// What is known of the servers' tools cannot be read or kept.
    #[error("what is known of the tool servers cannot be used: {file}: {detail}")]
    Memory {
        /// The file.
        file: String,
        /// Why.
        detail: String,
    },
}

impl McpError {
    /// Whether what a tool was to be told may have left for its server.
    #[must_use]
    pub const fn may_have_left(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Lost { .. } | Self::Forgetful { .. } => true,
            Self::Unused { sent, .. } => *sent,
            Self::NotFound { .. }
            | Self::NoFence { .. }
            | Self::NoVariable { .. }
            | Self::Unrunnable { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::GivenUp { .. }
            | Self::NoTool { .. }
            | Self::Changed { .. }
            | Self::Gone { .. }
            | Self::BadArguments(_)
            | Self::Memory { .. } => false,
        }
    }
}

impl Remedy for McpError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "tool_server_absent",
            Self::NoFence { .. } => "tool_server_no_fence",
            Self::NoVariable { .. } => "tool_server_variable",
            Self::Unrunnable { .. } => "tool_server_unrunnable",
            Self::Silent { .. } => "tool_server_silent",
            Self::Broken { .. } => "tool_server_broken",
            Self::Unused { fault, .. } => fault.kind,
            Self::Forgetful { .. } => "tool_server_forgetful",
            Self::GivenUp { .. } => "tool_server_given_up",
            Self::NoTool { .. } => "tool_absent",
            Self::Changed { .. } => "tool_changed",
            Self::Gone { .. } => "tool_gone",
            Self::BadArguments(_) => "tool_arguments",
            Self::Refused { .. } => "tool_refused",
            Self::Lost { .. } => "tool_lost",
            Self::Memory { .. } => "tool_memory",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NotFound { .. } => {
                "install it, or name it by its absolute path in `command` of [[tools.server]]".to_owned()
            }
            Self::NoFence { server, .. } => format!(
                "install `unshare` (util-linux) on a Linux that allows user namespaces; where Mynah is a service, run `mynah \
                 service install` again, which makes room for servers of tools; or, if {server} may use the whole network, \
                 say `network = true` in its [[tools.server]]"
            ),
            Self::NoVariable { name, .. } => {
                format!("set {name} where Mynah is started, or take it out of `environment`")
            }
            Self::Unrunnable { .. } => "check that you may run the command".to_owned(),
            Self::Silent { server, .. } => format!(
                "run `mynah tools check {server}`, which waits longer, then `mynah reload`; a program that fetches itself at \
                 each start (npx, uvx) has to be installed first, since it has no network"
            ),
            Self::Broken { server, .. } => format!(
                "run its command yourself and look; it must write nothing but the protocol to standard output. Then `mynah \
                 tools check {server}` and `mynah reload`"
            ),
            Self::Unused { fault, .. } => fault.remedy.clone(),
            Self::Forgetful { fault, .. } => fault.remedy.clone(),
            Self::GivenUp { server } => {
                format!("find out why with `mynah tools check {server}`, then `mynah reload`")
            }
            Self::NoTool { .. } => "`mynah tools list` shows what there is".to_owned(),
            Self::Changed { server, .. } => format!(
                "look at it with `mynah tools check {server}`, which accepts it as it is now, then `mynah reload`; an update \
                 changes descriptions, and so does a server that turned against you"
            ),
            Self::Gone { server, .. } => {
                format!("`mynah tools check {server}` shows what it has now; then `mynah reload`")
            }
            Self::BadArguments(_) => "`mynah tools list --json` shows what it takes".to_owned(),
            Self::Refused { .. } => "ask in other words".to_owned(),
            Self::Lost { .. } => "look whether it was done before you ask again".to_owned(),
            Self::Memory { .. } => {
                "run `mynah tools check`, which writes it anew, then `mynah reload`".to_owned()
            }
        }
    }
}
