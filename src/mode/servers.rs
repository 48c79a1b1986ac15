//! Servers: the tools of the user's other programs, here or at endpoints of their own, as language models may call them.
//!
//! Enters: settings; calls. Leaves: what is offered and what each call came to, in words that are marked as the program's;
//! what the user is asked before one. Never here: a call that needs the user's yes, made without it; a program's words
//! spoken.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    answer::{Asked, Asker, Function, Outcome, Told},
    egress::Listed,
    flow::{Fault, Intent, Language, Provenance, Slot, SlotValue},
    mcp::{
        At, BETWEEN, Completes, Confirm, Gist, McpError, Network, Offered, Program, Remote, ServerOptions,
        Servers, Shown,
    },
    policy::{Capability, EndpointId},
    program::DEFAULT_PATH,
    session::{Errands, Said, clock},
    settings::{Settings, ToolConfirm, ToolNetwork, ToolPlace, environment},
};

use super::{Note, completing::Completing, lazy_door::LazyDoor, parts};

/// Variables that a program gets without being asked for: what it needs to find its parts and the user's language.
const USUAL: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SystemRoot"];

/// The user's servers of tools, for a command that waits for nothing else; takes the keys of those that are endpoints out of
/// `settings`.
#[must_use]
pub fn tool_servers(settings: &mut Settings, note: &Note) -> Servers {
    let door = parts::door(settings, Arc::default());
    let completing = Completing::by(parts::asker(settings, &door), note.clone());
    servers(settings, &door, completing, true)
}

/// The user's servers of tools, of which those that are endpoints are asked through `door`; `patient`: nobody waits for
/// anything else. `completing` is for those that the user lets have completions.
fn servers(
    settings: &mut Settings,
    door: &Arc<LazyDoor>,
    completing: Arc<dyn Completes>,
    patient: bool,
) -> Servers {
    let options = std::mem::take(&mut settings.tool_servers).into_iter().map(|server| ServerOptions {
        at: match server.at {
            ToolPlace::Program { command, network, environment } => {
                let network = match network {
                    ToolNetwork::None => Network::None,
                    ToolNetwork::Whole => Network::Whole,
                    ToolNetwork::Hosts(hosts) => Network::Hosts {
                        listed: Arc::new(Listed {
                            program: server.name.clone(),
                            hosts,
                            rules: settings.rules.clone(),
                            region: settings.region.clone(),
                            door: door.clone(),
                        }),
                        // Where that is not to be learnt, the program is not started.
                        mynah: std::env::current_exe().unwrap_or_default(),
                    },
                };
                At::Program(program(command, network, &environment))
            }
            ToolPlace::Endpoint(id) => At::Endpoint(Arc::new(remote(settings, &id, door.clone()))),
        },
        name: server.name,
        confirm: match server.confirm {
            ToolConfirm::Changes => Confirm::Changes,
            ToolConfirm::Always => Confirm::Always,
            ToolConfirm::Never => Confirm::Never,
        },
        allow: server.allow,
        deny: server.deny,
        completes: server.sampling.then(|| completing.clone()),
    });
    let options = options.collect();
    Servers::new(options, settings.ledger.with_file_name("tools.json"), patient)
}

/// The endpoint `id`, asked through `door`.
fn remote(settings: &mut Settings, id: &str, door: Arc<LazyDoor>) -> Remote {
    // Another endpoint's setup is not this one's to take, whatever a user wrote here.
    let is_of_tools = |id: &EndpointId| {
        settings
            .rules
            .endpoint(id)
            .is_some_and(|endpoint| endpoint.capabilities().contains(&Capability::Tools))
    };
    let at = settings.endpoints.iter().position(|setup| setup.id == id).filter(|_| is_of_tools(&id.into()));
    let setup = at.map(|at| settings.endpoints.remove(at));
    let (attested, url, key) =
        setup.map_or((false, None, None), |setup| (setup.attested, setup.url, setup.key));
    Remote {
        endpoint: EndpointId::from(id),
        rules: settings.rules.clone(),
        region: settings.region.clone(),
        url,
        key,
        attested,
        door,
        month: clock::month,
    }
}

fn program(command: Vec<String>, network: Network, environment: &[String]) -> Program {
    let named = environment.iter().map(String::as_str);
    let value = |name: &str| environment::variable(name).map(|value| (name.to_owned(), value));
    let mut variables: Vec<(String, String)> =
        USUAL.into_iter().chain(named.clone()).filter_map(value).collect();
    if !variables.iter().any(|(name, _)| name == "PATH") {
        variables.push(("PATH".to_owned(), DEFAULT_PATH.to_owned()));
    }
    Program {
        command,
        network,
        environment: variables,
        missing: named.filter(|name| environment::variable(name).is_none()).map(str::to_owned).collect(),
    }
}

/// The intent of a call that waits for the user's yes: the tool's `name` as it is offered, and its `arguments` as JSON.
pub(super) const CALL: &str = "tool.call";

/// What the user's other programs do.
pub(super) struct Programs {
    servers: Servers,
    note: Note,
}

impl Programs {
    /// Those of `settings`, of which endpoints are asked through `door`; `asker` completes texts for those that may have that;
    /// what is wrong with them is told to `note`.
    pub(super) fn of(
        settings: &mut Settings,
        door: &Arc<LazyDoor>,
        asker: Asker<Arc<LazyDoor>>,
        note: Note,
    ) -> Self {
        Self { servers: servers(settings, door, Completing::by(asker, note.clone()), false), note }
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

    /// The endpoints among them that the rules let be asked.
    pub(super) fn endpoints(&self) -> Vec<String> {
        self.servers.endpoints().map(ToString::to_string).collect()
    }

    /// Does what `asked` asks for; what needs the user's yes is asked by `errands`.
    pub(super) async fn call(&self, asked: &Asked<'_>, errands: &Errands) -> Told {
        let &Asked { name, arguments, language, .. } = asked;
        match self.servers.taking(name, arguments) {
            Ok(shown) if shown.offered.needs_yes => {
                let question = question(&shown, &Gist::of(arguments), language);
                errands.needs_yes(waiting(name, arguments), question.into());
                Told { outcome: Outcome::NeedsYes, words: String::new(), by: None }
            }
            Ok(_) | Err(_) => self.carry_out(name, arguments).await.0,
        }
    }

    /// Does the call that waited as `intent`, to which the user said yes, and tells in `language` how that went.
    pub(super) async fn call_after_yes(&self, intent: &Intent, language: &Language) -> Said {
        let text = |slot: &str| match intent.slot(slot) {
            Some(SlotValue::Text(text)) => text.as_str(),
            _ => "",
        };
        let name = text("name");
        let arguments: Option<Map<String, Value>> = serde_json::from_str(text("arguments")).ok();
        let (outcome, left) = match arguments {
            Some(arguments) if text("yes") == "yes" => {
                let (told, left) = self.carry_out(name, &arguments).await;
                (told.outcome, left)
            }
            _ => (Outcome::Refused, false),
        };
        let program = program_of(name);
        let (english, mandarin) = match outcome {
            Outcome::Done | Outcome::Answered => ("Done.".to_owned(), "好了。".to_owned()),
            Outcome::Unknown => {
                ("I don't know whether it was done.".to_owned(), "我不知道做成了没有。".to_owned())
            }
            Outcome::NeedsYes | Outcome::Refused | Outcome::Failed => {
                (format!("{program} could not do it."), format!("{program}没能做到。"))
            }
        };
        let words = if *language == Language::MANDARIN { mandarin } else { english };
        let facts = match self.servers.endpoint(program) {
            Some(endpoint) if left => Provenance {
                by: endpoint.to_string(),
                reason: format!("what the user said yes to was sent to the server of tools {program}"),
            },
            // A program that has the network may pass on what it was given.
            Some(_) | None => Provenance {
                by: "device".to_owned(),
                reason: format!("the program {program} was called at the user's yes"),
            },
        };
        Said { words: words.into(), asks: None, facts: Some(facts) }
    }

    /// Calls the tool that is offered as `name`; that the user said yes, where they have to, is known. Also whether the call
    /// may have left for its server.
    async fn carry_out(&self, name: &str, arguments: &Map<String, Value>) -> (Told, bool) {
        let changes = self.servers.named(name).is_ok_and(|shown| shown.offered.changes);
        let called = self.servers.call(name, arguments).await;
        let left = called.as_ref().map_or_else(McpError::may_have_left, |_| true);
        let told = match called {
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
                    _ => format!("the program {} is of no use now", program_of(name)),
                };
                Told { outcome, words, by: None }
            }
        };
        (told, left)
    }
}

/// The program whose tool is offered as `name`.
fn program_of(name: &str) -> &str {
    name.split_once(BETWEEN).map_or("", |(program, _)| program)
}

/// A call as it waits for the user's yes.
fn waiting(name: &str, arguments: &Map<String, Value>) -> Intent {
    let slot = |name, text: String| Slot { name, value: SlotValue::Text(text), span: 0..0 };
    let arguments = Value::Object(arguments.clone()).to_string();
    let slots = vec![slot("name", name.to_owned()), slot("arguments", arguments)];
    Intent { name: CALL.to_owned(), slots }
}

/// What the user is asked before the tool `shown` is called with what `gist` tells.
fn question(shown: &Shown, Gist { told, more }: &Gist, language: &Language) -> String {
    let (name, program) = (&shown.offered.name, &shown.server);
    let tool = name.split_once(BETWEEN).map_or(name.as_str(), |(_, tool)| tool);
    if *language == Language::MANDARIN {
        let with = match (told.join("、"), more) {
            (none, false) if none.is_empty() => return format!("要让{program}运行{tool}吗？"),
            (none, true) if none.is_empty() => "有些参数我念不出来".to_owned(),
            (all, false) => format!("用的是{all}"),
            (some, true) => format!("用的是{some}，还有别的"),
        };
        return format!("要让{program}运行{tool}，{with}，可以吗？");
    }
    let with = match (told.join(", "), more) {
        (none, false) if none.is_empty() => String::new(),
        (none, true) if none.is_empty() => " with more than I can read out".to_owned(),
        (all, false) => format!(" with {all}"),
        (some, true) => format!(" with {some} and more"),
    };
    format!("Shall I let {program} run {tool}{with}?")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::Standing;

    #[test]
    fn what_the_user_is_asked_hides_nothing_that_it_leaves_out() {
        let offered = Offered {
            name: "files__write_file".into(),
            description: String::new(),
            schema: Value::Null,
            changes: true,
            needs_yes: true,
        };
        let (server, tool, about) = ("files".to_owned(), "write.file".to_owned(), String::new());
        let shown = Shown { server, tool, about, standing: Standing::Offered, offered };
        for (arguments, english, mandarin) in [
            (json!({}), "", "吗？"),
            (json!({ "all": true }), " with more than I can read out", "，有些参数我念不出来，可以吗？"),
            (json!({ "path": "a.txt", "n": 2 }), " with a.txt, 2", "，用的是a.txt、2，可以吗？"),
            (
                json!({ "path": "a.txt", "all": true }),
                " with a.txt and more",
                "，用的是a.txt，还有别的，可以吗？",
            ),
        ] {
            let gist = Gist::of(arguments.as_object().unwrap());
            let asked = |language| question(&shown, &gist, &language);
            assert_eq!(asked(Language::ENGLISH), format!("Shall I let files run write_file{english}?"));
            assert_eq!(asked(Language::MANDARIN), format!("要让files运行write_file{mandarin}"));
        }
    }
}
