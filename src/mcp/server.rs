//! Server: one of the user's servers: what is known of its tools, and the program while it runs, or the endpoint's session.
//!
//! Enters: options, calls. Leaves: tools to offer, answers. It is started when it is first needed, and anew after a failure,
//! a few times and ever later. Never here: a tool used that is not as it was accepted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value};

use super::{
    At, Confirm, McpError, Offered, Said, ServerOptions,
    conduct::Conduct,
    connection::{Connection, complaint},
    listed::Listed,
    memory::{Known, Memory},
};
use crate::policy::EndpointId;

/// How long a start may take where an answer may do without it, and where a call waits for it.
const GLANCE: Duration = Duration::from_secs(5);
const START: Duration = Duration::from_secs(10);

/// What is waited before the first, second and third start anew.
const BACK_OFF: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_millis(1_000), Duration::from_millis(4_000)];

/// Calls answered after which a failure long ago counts no more.
const STEADY: u32 = 10;

/// How often a server may change its list while it runs.
const CHANGES: u32 = 8;

/// Most tools that are offered of one server.
const TOOLS: usize = 32;

/// How a tool stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Language models are offered it.
    Offered,
    /// The user's settings keep it back.
    Denied,
    /// Its arguments take more words than a model is told.
    TooLarge,
    /// No provider takes its name, or another tool's becomes the same.
    Unnameable,
    /// The server has more tools than are offered of one.
    TooMany,
    /// It is not as it was accepted, or is gone.
    Changed,
}

impl Standing {
    /// As programs read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Denied => "denied",
            Self::TooLarge => "too_large",
            Self::Unnameable => "unnameable",
            Self::TooMany => "too_many",
            Self::Changed => "changed",
        }
    }
}

/// A tool as the user is shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The server.
    pub server: String,
    /// The tool, by the server's own name.
    pub tool: String,
    /// What the server says of it, cleaned and shortened.
    pub about: String,
    /// How it stands.
    pub standing: Standing,
    /// As it is offered, or would be.
    pub offered: Offered,
}

/// How a tool differs from what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    New,
    /// The server says something else of it.
    Changed,
    /// It is there no longer.
    Gone,
}

/// What is known of a server's tools.
#[derive(Debug, Default)]
struct Ledger {
    accepted: Option<Vec<Listed>>,
    /// Tools that are not as they were accepted.
    differing: BTreeMap<String, Change>,
    /// Whether it was started in this run to learn what it has.
    tried: bool,
}

/// The program, while it runs.
#[derive(Default)]
struct Live {
    connection: Option<Connection>,
    failures: usize,
    answered: u32,
    changes: u32,
}

/// One server.
pub(super) struct Server {
    options: ServerOptions,
    /// How long a start may take, where it is not as usual.
    patience: Option<Duration>,
    ledger: Mutex<Ledger>,
    live: tokio::sync::Mutex<Live>,
}

impl Server {
    /// Of these options; each start may take `patience`, where it is given.
    pub(super) fn new(options: ServerOptions, patience: Option<Duration>) -> Self {
        Self { options, patience, ledger: Mutex::default(), live: tokio::sync::Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.options.name
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns which tools there are: from `memory`, or, the first time ever, from the server itself, once in a run.
    pub(super) async fn learn(&self, memory: &Memory) -> Result<(), McpError> {
        if self.ledger().accepted.is_some() || self.ledger().tried {
            return Ok(());
        }
        let known = match memory.known(self.name(), &self.options.print()) {
            Ok(known) => known,
            Err(error) => {
                self.ledger().tried = true;
                return Err(error);
            }
        };
        if known.is_some() {
            self.ledger().accepted = known;
            return Ok(());
        }
        let mut live = self.live.lock().await;
        let listed = self.start(&mut live, self.patience.unwrap_or(GLANCE)).await;
        self.ledger().tried = true;
        self.accept(listed?, memory, false)
    }

    /// Starts it anew and accepts its tools as they are now; how they differ from before.
    pub(super) async fn check(&self, memory: &Memory) -> Result<Vec<(String, Change)>, McpError> {
        let before = memory.known(self.name(), &self.options.print()).ok().flatten();
        let mut live = self.live.lock().await;
        *live = Live::default();
        let now = self.start(&mut live, self.patience.unwrap_or(START)).await?;
        let changes = differences(before.as_deref().unwrap_or_default(), &now);
        self.accept(now, memory, true)?;
        Ok(changes)
    }

    fn accept(&self, tools: Vec<Listed>, memory: &Memory, anew: bool) -> Result<(), McpError> {
        let known = Known { command: self.options.print(), tools: tools.clone() };
        memory.keep(self.name(), known, anew)?;
        let mut ledger = self.ledger();
        ledger.accepted = Some(tools);
        ledger.differing.clear();
        Ok(())
    }

    /// Starts the program and reads its tools, all within `patience`. What is not ready then is dropped, and with it ended.
    async fn start(&self, live: &mut Live, patience: Duration) -> Result<Vec<Listed>, McpError> {
        live.connection = None;
        let conduct = Arc::<Conduct>::default();
        let started = async {
            let connection = Connection::start(&self.options, conduct.clone()).await?;
            let tools = connection.list().await?;
            Ok((connection, tools))
        };
        let silent = |_| McpError::Silent {
            server: self.name().to_owned(),
            seconds: patience.as_secs(),
            detail: complaint(&conduct).map(|said| format!(": {said}")).unwrap_or_default(),
        };
        match tokio::time::timeout(patience, started).await.map_err(silent).flatten() {
            Ok((connection, tools)) => {
                live.connection = Some(connection);
                live.changes = 0;
                Ok(tools.iter().map(Listed::of).collect())
            }
            Err(error) => {
                self.failed(live);
                Err(error)
            }
        }
    }

    /// All its tools as they stand. Of several whose names become the same, none but the first is offered, and even that
    /// only where it is itself as it should be.
    pub(super) fn shown(&self) -> Vec<Shown> {
        let ledger = self.ledger();
        let mut shown: Vec<Shown> = Vec::new();
        for listed in ledger.accepted.iter().flatten() {
            let name = listed.called(self.name());
            let double = shown.iter().any(|other| Some(&other.offered.name) == name.as_ref());
            let count = shown.iter().filter(|other| other.standing == Standing::Offered).count();
            let standing = if !self.options.lets(&listed.name) {
                Standing::Denied
            } else if name.is_none() || double {
                Standing::Unnameable
            } else if listed.schema.is_none() {
                Standing::TooLarge
            } else if ledger.differing.contains_key(&listed.name) {
                Standing::Changed
            } else if count >= TOOLS {
                Standing::TooMany
            } else {
                Standing::Offered
            };
            let offered = Offered {
                name: name.unwrap_or_default(),
                description: listed.told(self.name()),
                schema: listed.schema.clone().unwrap_or_default(),
                changes: !listed.read_only,
                needs_yes: match self.options.confirm {
                    Confirm::Always => true,
                    Confirm::Changes => !listed.read_only,
                    Confirm::Never => false,
                },
            };
            shown.push(Shown {
                server: self.name().to_owned(),
                tool: listed.name.clone(),
                about: listed.description.clone(),
                standing,
                offered,
            });
        }
        shown
    }

    /// Counts a failure of a program, which is not started again and again. An endpoint that cannot be had now costs a
    /// request, and may be there when it is called again; one of which nothing was ever learnt is asked anew in the next run.
    const fn failed(&self, live: &mut Live) {
        if matches!(self.options.at, At::Program(_)) {
            live.failures += 1;
        }
    }

    /// The endpoint that it is, where it is one.
    pub(super) fn endpoint(&self) -> Option<&EndpointId> {
        match &self.options.at {
            At::Program(_) => None,
            At::Endpoint(remote) => Some(&remote.endpoint),
        }
    }

    /// Whether it is an endpoint that may not be asked where the user is.
    pub(super) fn is_out_of_bounds(&self) -> bool {
        matches!(&self.options.at, At::Endpoint(remote) if !remote.may_be_asked())
    }

    /// Calls `tool`, by the server's own name, starting the program where it does not run. An endpoint that forgot the session
    /// is greeted anew, once.
    pub(super) async fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Result<Said, McpError> {
        let mut live = self.live.lock().await;
        match self.call_once(&mut live, tool, arguments).await {
            Err(McpError::Forgetful { .. }) => self.call_once(&mut live, tool, arguments).await,
            said => said,
        }
    }

    async fn call_once(
        &self,
        live: &mut Live,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Said, McpError> {
        self.ready(live).await?;
        let server = || self.name().to_owned();
        match self.ledger().differing.get(tool) {
            Some(Change::Gone) => return Err(McpError::Gone { server: server(), tool: tool.to_owned() }),
            Some(_) => return Err(McpError::Changed { server: server(), tool: tool.to_owned() }),
            None => {}
        }
        let Some(connection) = &live.connection else { return Err(McpError::GivenUp { server: server() }) };
        let said = connection.call(tool, arguments).await;
        match &said {
            // An endpoint is told that nobody waits, and may be asked again in the same session.
            Err(McpError::Lost { .. })
                if matches!(self.options.at, At::Endpoint(_)) && connection.is_open() => {}
            Err(McpError::Lost { .. } | McpError::Unused { .. } | McpError::Forgetful { .. }) => {
                live.connection = None;
                self.failed(live);
                live.answered = 0;
            }
            Ok(_) | Err(_) => {
                live.answered += 1;
                if live.answered >= STEADY {
                    live.failures = 0;
                }
            }
        }
        said
    }

    /// Makes sure that the program runs and that its tools are compared with those accepted.
    async fn ready(&self, live: &mut Live) -> Result<(), McpError> {
        if let Some(connection) = live.connection.as_ref().filter(|connection| connection.is_open()) {
            if !connection.take_changed() {
                return Ok(());
            }
            live.changes += 1;
            let listed = if live.changes > CHANGES { None } else { connection.list().await.ok() };
            if let Some(tools) = listed {
                self.compare(&tools.iter().map(Listed::of).collect::<Vec<_>>());
                return Ok(());
            }
        }
        if live.connection.take().is_some() {
            self.failed(live);
        }
        if live.failures > 0 {
            let Some(wait) = BACK_OFF.get(live.failures - 1) else {
                return Err(McpError::GivenUp { server: self.name().to_owned() });
            };
            tokio::time::sleep(*wait).await;
        }
        let tools = self.start(live, self.patience.unwrap_or(START)).await?;
        self.compare(&tools);
        Ok(())
    }

    /// Notes which tools are not as they were accepted. New ones wait until the user looks.
    fn compare(&self, now: &[Listed]) {
        let mut ledger = self.ledger();
        let accepted = ledger.accepted.clone().unwrap_or_default();
        ledger.differing =
            differences(&accepted, now).into_iter().filter(|(_, change)| *change != Change::New).collect();
        if !ledger.differing.is_empty() {
            tracing::warn!(
                server = self.name(),
                tools = ledger.differing.len(),
                "a tool server describes its tools differently than before; `mynah tools check` shows them"
            );
        }
    }
}

/// How the tools `now` differ from those `before`.
fn differences(before: &[Listed], now: &[Listed]) -> Vec<(String, Change)> {
    let old = |tool: &Listed| before.iter().find(|other| other.name == tool.name);
    let changed = now.iter().filter_map(|tool| match old(tool) {
        None => Some((tool.name.clone(), Change::New)),
        Some(other) if other.print != tool.print => Some((tool.name.clone(), Change::Changed)),
        Some(_) => None,
    });
    let gone = before.iter().filter(|tool| now.iter().all(|other| other.name != tool.name));
    changed.chain(gone.map(|tool| (tool.name.clone(), Change::Gone))).collect()
}
