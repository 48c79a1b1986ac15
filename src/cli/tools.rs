//! `mynah tools`: the tools of other programs that a language model may call.
//!
//! Enters: settings, and a call that the user types, which is their yes. Leaves: what there is, what a tool answered, what
//! changed since it was accepted. Never here: a tool of a server that the settings do not name.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{ANSWERED, Console, SOME_FAILED, runtime, unwritable};
use crate::{
    flow::Fault,
    mcp::{BETWEEN, Change, Checked, Servers, Shown, Standing},
    mode,
    report::printable,
    serve::Client,
    settings::{self, ToolNetwork, ToolPlace, ToolServer},
};

/// The JSON Schema of what `--json` prints.
pub const SCHEMA: &str = include_str!("../../config/tools.schema.json");

/// Longest description that is listed, in characters.
const ABOUT: usize = 100;

/// The tools of other programs.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah tools list\n  mynah tools check files\n  mynah tools call files__list_directory '{\"path\":\".\"}'\n\n\
    Servers are set in your settings, as [[tools.server]] tables; config/assistant.toml shows one."
)]
pub struct ToolsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ToolsCommand,
}

/// What to do with tools.
#[derive(Debug, Clone, Subcommand)]
pub enum ToolsCommand {
    /// List the tools and how each stands
    #[command(
        after_help = "Example: mynah tools list --json\n\nA server that was never seen is started to learn what it has.\n\
        Exit codes: 0 listed, 1 some server is of no use, 2 usage or configuration."
    )]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Call a tool; that you type it is your yes
    #[command(after_help = "Example: mynah tools call files__list_directory '{\"path\":\".\"}'\n\n\
        Exit codes: 0 it answered, 1 it failed, 2 usage or configuration.")]
    Call {
        /// The tool, as `mynah tools list` calls it
        name: String,
        /// Its arguments, a JSON object
        #[arg(default_value = "{}")]
        arguments: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Start servers, show how their tools changed since they were accepted, and accept them as they are
    #[command(after_help = "Examples:\n  mynah tools check\n  mynah tools check files --json\n\n\
        Exit codes: 0 all servers work, 1 some are of no use, 2 usage or configuration.")]
    Check {
        /// One server alone
        server: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Carries out `mynah tools`.
///
/// # Errors
/// What makes it impossible: settings, a server that there is none of, arguments that are no JSON object.
pub fn run(args: &ToolsArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let mut settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let known = settings.tool_servers.clone();
    let console = Console::new(false);
    if !known.iter().all(ToolServer::is_program) {
        settings.find_stored_keys().iter().for_each(|line| console.note(line));
    }
    let note: mode::Note = {
        let console = Console::new(false);
        std::sync::Arc::new(move |line| console.note(line))
    };
    let servers = mode::tool_servers(&mut settings, &note);
    let runtime = runtime::on_this_thread()?;
    match &args.command {
        ToolsCommand::List { json } => {
            runtime.block_on(servers.learn(None));
            let troubles = servers.take_troubles();
            troubles.iter().for_each(|fault| console.fault(fault));
            let listed = list(&console, &servers, *json);
            Ok(if troubles.is_empty() { listed } else { SOME_FAILED })
        }
        ToolsCommand::Call { name, arguments, json } => {
            let Ok(Value::Object(arguments)) = serde_json::from_str(arguments) else {
                return Err(Fault {
                    kind: "usage",
                    message: "the arguments are no JSON object".to_owned(),
                    remedy: "write them as '{\"name\": \"value\"}', in single quotes for the shell"
                        .to_owned(),
                });
            };
            let (server, _) = name.split_once(BETWEEN).unwrap_or_default();
            let said = runtime.block_on(async {
                servers.learn(Some(server)).await;
                servers.call(name, &arguments).await
            });
            servers.take_troubles().iter().for_each(|fault| console.fault(fault));
            match said {
                Ok(said) => {
                    let line = if *json {
                        json!({ "server": said.server, "failed": said.failed, "text": said.text }).to_string()
                    } else {
                        said.text
                    };
                    let told = told(&console, &line);
                    Ok(if said.failed { SOME_FAILED } else { told })
                }
                Err(error) => {
                    console.fault(&Fault::from(&error));
                    Ok(SOME_FAILED)
                }
            }
        }
        ToolsCommand::Check { server, json } => {
            if let Some(stranger) =
                server.as_ref().filter(|name| known.iter().all(|known| known.name != **name))
            {
                return Err(Fault {
                    kind: "usage",
                    message: format!("no server is called {}", printable(stranger)),
                    remedy: "name one of your [[tools.server]] tables, or none for all".to_owned(),
                });
            }
            let checked = runtime.block_on(servers.check(server.as_deref()));
            if runtime.block_on(Client::connect(&settings.socket)).is_ok() {
                console.note("the running Mynah goes on with what it knew of them until `mynah reload`");
            }
            Ok(check(&console, (&servers, &known), &checked, *json))
        }
    }
}

fn list(console: &Console, servers: &Servers, as_json: bool) -> u8 {
    let shown = servers.shown();
    if as_json {
        let tools: Vec<Value> = shown.iter().map(tool).collect();
        told(console, &json!({ "tools": tools }).to_string())
    } else if servers.is_empty() {
        told(console, "no server of tools is set; config/assistant.toml shows how, under [tools]")
    } else if shown.is_empty() {
        // What is wrong with its servers was told.
        ANSWERED
    } else {
        told(console, &shown.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

fn tool(shown: &Shown) -> Value {
    json!({
        "server": shown.server, "tool": shown.tool, "name": shown.offered.name,
        "standing": shown.standing.word(), "needs_yes": shown.offered.needs_yes,
        "description": shown.about, "parameters": shown.offered.schema,
    })
}

fn line(shown: &Shown) -> String {
    let about: String = shown.about.chars().take(ABOUT).collect();
    let name = if shown.offered.name.is_empty() { &shown.tool } else { &shown.offered.name };
    let standing = match (shown.standing, shown.offered.needs_yes) {
        (Standing::Offered, true) => "needs your yes",
        (Standing::Offered, false) => "offered",
        (other, _) => other.word(),
    };
    format!("{:<34} {standing:<14} {}", printable(name), printable(&about))
}

fn check(
    console: &Console,
    (servers, known): (&Servers, &[ToolServer]),
    checked: &[Checked],
    as_json: bool,
) -> u8 {
    let word = |change: &Change| match change {
        Change::New => "new",
        Change::Changed => "changed",
        Change::Gone => "gone",
    };
    let shown = servers.shown();
    let place = |name: &str| known.iter().find(|known| known.name == name).map(|known| &known.at);
    let mut code = ANSWERED;
    if as_json {
        let servers: Vec<Value> = checked
            .iter()
            .map(|Checked { server, changes }| match changes {
                Ok(changes) => json!({
                    "server": server,
                    "network": match place(server) {
                        Some(ToolPlace::Program { network, .. }) => match network {
                            ToolNetwork::None => json!(false),
                            ToolNetwork::Whole => json!(true),
                            ToolNetwork::Hosts(hosts) => hosts.iter().map(ToString::to_string).collect(),
                        },
                        Some(ToolPlace::Endpoint(_)) | None => Value::Null,
                    },
                    "endpoint": match place(server) {
                        Some(ToolPlace::Endpoint(id)) => Some(id),
                        Some(ToolPlace::Program { .. }) | None => None,
                    },
                    "changes": changes.iter()
                        .map(|(tool, change)| json!({ "tool": tool, "change": word(change) })).collect::<Vec<_>>(),
                    "tools": shown.iter().filter(|shown| shown.server == *server).map(tool).collect::<Vec<_>>(),
                }),
                Err(error) => {
                    let fault = Fault::from(error);
                    let error =
                        json!({ "kind": fault.kind, "message": fault.message, "remedy": fault.remedy });
                    json!({ "server": server, "error": error })
                }
            })
            .collect();
        code = told(console, &json!({ "servers": servers }).to_string());
    }
    for Checked { server, changes } in checked {
        match changes {
            Ok(_) if as_json => {}
            Ok(changes) => {
                let of_it = |shown: &&Shown| shown.server == *server && shown.standing == Standing::Offered;
                let offered = shown.iter().filter(of_it).count();
                let how = match place(server) {
                    Some(ToolPlace::Endpoint(id)) => format!("at the endpoint {id}"),
                    Some(ToolPlace::Program { network: ToolNetwork::Whole, .. }) => {
                        "with the whole network".to_owned()
                    }
                    Some(ToolPlace::Program { network: ToolNetwork::Hosts(hosts), .. }) => {
                        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
                        format!("with these hosts alone: {}", hosts.join(", "))
                    }
                    Some(ToolPlace::Program { .. }) | None => "with no network".to_owned(),
                };
                let mut lines = format!("{server}: it works, {how}; {offered} of its tools are offered");
                for (tool, change) in changes {
                    let about = shown.iter().find(|shown| shown.server == *server && shown.tool == *tool);
                    let about = about.map(|shown| shown.about.clone()).unwrap_or_default();
                    let line = format!("\n  {:<8} {}  {}", word(change), printable(tool), printable(&about));
                    lines.push_str(&line);
                }
                code = code.max(told(console, &lines));
            }
            Err(error) => {
                console.fault(&Fault::from(error));
                code = SOME_FAILED;
            }
        }
    }
    code
}

/// Prints `line`; a reader that left early has all it wanted.
fn told(console: &Console, line: &str) -> u8 {
    match console.answer(line) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            console.fault(&unwritable(&error));
            SOME_FAILED
        }
        Ok(()) | Err(_) => ANSWERED,
    }
}
