//! Servers: the tools of the user's other programs, as language models may call them.
//!
//! Enters: settings; calls. Leaves: what is offered and what each call came to, in words that are marked as the program's.
//! Never here: a call that needs the user's yes, made without it.

use crate::{
    answer::{Asked, Function, Outcome, Told},
    flow::Fault,
    mcp::{BETWEEN, Confirm, McpError, Offered, ServerOptions, Servers},
    settings::{Settings, ToolConfirm, ToolServer, environment},
};

use super::Note;

/// Variables that a program gets without being asked for: what it needs to find its parts and the user's language.
const USUAL: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SystemRoot"];

/// Where programs are looked for where the environment does not say.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";

/// The user's servers of tools; `patient`: nobody waits for anything else.
#[must_use]
pub fn tool_servers(settings: &Settings, patient: bool) -> Servers {
    let options = settings.tool_servers.iter().map(options).collect();
    Servers::new(options, settings.ledger.with_file_name("tools.json"), patient)
}

fn options(server: &ToolServer) -> ServerOptions {
    let named = server.environment.iter().map(String::as_str);
    let value = |name: &str| environment::variable(name).map(|value| (name.to_owned(), value));
    let mut variables: Vec<(String, String)> =
        USUAL.into_iter().chain(named.clone()).filter_map(value).collect();
    if !variables.iter().any(|(name, _)| name == "PATH") {
        variables.push(("PATH".to_owned(), PATH.to_owned()));
    }
    ServerOptions {
        name: server.name.clone(),
        command: server.command.clone(),
        network: server.network,
        environment: variables,
        missing: named.filter(|name| environment::variable(name).is_none()).map(str::to_owned).collect(),
        confirm: match server.confirm {
            ToolConfirm::Changes => Confirm::Changes,
            ToolConfirm::Always => Confirm::Always,
            ToolConfirm::Never => Confirm::Never,
        },
        allow: server.allow.clone(),
        deny: server.deny.clone(),
    }
}

/// What the user's other programs do.
pub(super) struct Programs {
    servers: Servers,
    note: Note,
}

impl Programs {
    /// Those of `settings`; what is wrong with them is told to `note`.
    pub(super) fn of(settings: &Settings, note: Note) -> Self {
        Self { servers: tool_servers(settings, false), note }
    }

    /// What is offered.
    pub(super) async fn functions(&self) -> Vec<Function> {
        if self.servers.is_empty() {
            return Vec::new();
        }
        let offered = self.servers.offered().await;
        for Fault { message, remedy, .. } in self.servers.take_troubles() {
            (self.note)(&format!("{message}; {remedy}"));
        }
        let function = |offered: Offered| Function {
            name: offered.name,
            description: offered.description,
            parameters: offered.schema,
            changes: offered.changes,
        };
        offered.into_iter().map(function).collect()
    }

    /// Does what `asked` asks for.
    pub(super) async fn call(&self, asked: &Asked<'_>) -> Told {
        let named = self.servers.named(asked.name).map(|shown| shown.offered);
        if named.as_ref().is_ok_and(|offered| offered.needs_yes) {
            return Told { outcome: Outcome::NeedsYes, words: String::new(), by: None };
        }
        let changes = named.is_ok_and(|offered| offered.changes);
        match self.servers.call(asked.name, asked.arguments).await {
            Ok(said) => Told {
                outcome: match (said.failed, changes) {
                    (true, _) => Outcome::Failed,
                    (false, true) => Outcome::Done,
                    (false, false) => Outcome::Answered,
                },
                words: said.text,
                by: Some(said.server),
            },
            Err(McpError::Refused { server, detail }) => {
                Told { outcome: Outcome::Failed, words: detail, by: Some(server) }
            }
            Err(error) => {
                let outcome = match &error {
                    McpError::BadArguments(_)
                    | McpError::NoTool { .. }
                    | McpError::Changed { .. }
                    | McpError::Gone { .. } => Outcome::Refused,
                    McpError::Lost { .. } if changes => Outcome::Unknown,
                    _ => Outcome::Failed,
                };
                if outcome != Outcome::Refused || matches!(error, McpError::Changed { .. }) {
                    let fault = Fault::from(&error);
                    (self.note)(&format!("{}; {}", fault.message, fault.remedy));
                }
                // No server's own words reach a model unmarked: neither its complaint nor what it calls its tool.
                let words = match &error {
                    McpError::BadArguments(_)
                    | McpError::NoTool { .. }
                    | McpError::GivenUp { .. }
                    | McpError::Lost { .. } => error.to_string(),
                    _ => {
                        let program = asked.name.split_once(BETWEEN).map_or("", |(program, _)| program);
                        format!("the program {program} is of no use now")
                    }
                };
                Told { outcome, words, by: None }
            }
        }
    }
}
