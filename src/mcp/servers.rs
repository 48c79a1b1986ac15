//! Servers: all of the user's servers together.
//!
//! Enters: their options; calls by the names that are offered. Leaves: what is offered, answers, what is wrong. Never here:
//! an answer that waits for a server which is known already, two servers of one name.

use std::{
    fmt,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::{
    Change, McpError, Offered, Said, ServerOptions, Shown, Standing, memory::Memory, schema, server::Server,
};
use crate::{flow::Fault, policy::EndpointId};

/// Most tools that are offered of all servers.
const TOOLS: usize = 64;

/// How long a start may take where the user waits for nothing else: a program may have to unpack itself.
const PATIENT: Duration = Duration::from_secs(60);

/// The user's servers. Their programs end when this is dropped.
pub struct Servers {
    servers: Vec<Server>,
    memory: Memory,
    troubles: Mutex<Vec<Fault>>,
}

/// What came of a look at one server.
#[derive(Debug)]
pub struct Checked {
    /// The server.
    pub server: String,
    /// How its tools differ from those accepted before; they are accepted now.
    pub changes: Result<Vec<(String, Change)>, McpError>,
}

impl Servers {
    /// Of these options; what is known of their tools lies in `memory`. `patient`: nobody waits for anything else.
    #[must_use]
    pub fn new(options: Vec<ServerOptions>, memory: PathBuf, patient: bool) -> Self {
        let patience = patient.then_some(PATIENT);
        let servers = options.into_iter().map(|options| Server::new(options, patience)).collect();
        Self { servers, memory: Memory::new(memory), troubles: Mutex::default() }
    }

    /// The endpoints among them that the rules let be asked.
    pub fn endpoints(&self) -> impl Iterator<Item = &EndpointId> {
        self.servers.iter().filter(|server| !server.is_out_of_bounds()).filter_map(Server::endpoint)
    }

    /// The endpoint that the server called `name` is, where it is one.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&EndpointId> {
        self.meant(Some(name)).find_map(Server::endpoint)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// What is offered. A server that was never seen is started for it, all at once and within a few seconds.
    pub async fn offered(&self) -> Vec<Offered> {
        self.learn(None).await;
        let barred = |shown: &Shown| self.meant(Some(&shown.server)).any(Server::is_out_of_bounds);
        let shown = self.shown().into_iter();
        let shown = shown.filter(|shown| shown.standing == Standing::Offered && !barred(shown));
        shown.map(|shown| shown.offered).collect()
    }

    /// Learns what the server called `name` has, or all have; one that was never seen is started for it.
    pub async fn learn(&self, name: Option<&str>) {
        let learned = join_all(self.meant(name).map(|server| server.learn(&self.memory))).await;
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in learned.iter().filter_map(|learned| learned.as_ref().err()).map(Fault::from) {
            // What is wrong with the file is wrong for each.
            if !troubles.contains(&fault) {
                troubles.push(fault);
            }
        }
    }

    /// The server called `name`, or all.
    fn meant(&self, name: Option<&str>) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(move |server| name.is_none_or(|name| name == server.name()))
    }

    /// All tools that are known, as they stand.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = self.servers.iter().flat_map(Server::shown).collect();
        let offered = shown.iter_mut().filter(|shown| shown.standing == Standing::Offered);
        offered.skip(TOOLS).for_each(|shown| shown.standing = Standing::TooMany);
        shown
    }

    /// What went wrong since this was asked last.
    #[must_use]
    pub fn take_troubles(&self) -> Vec<Fault> {
        std::mem::take(&mut *self.troubles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The tool that is offered as `name`.
    ///
    /// # Errors
    /// [`McpError::NoTool`]; [`McpError::Changed`] where it was offered once.
    pub fn named(&self, name: &str) -> Result<Shown, McpError> {
        match self.shown().into_iter().find(|shown| shown.offered.name == name) {
            Some(shown) if shown.standing == Standing::Offered => Ok(shown),
            Some(Shown { standing: Standing::Changed, server, tool, .. }) => {
                Err(McpError::Changed { server, tool })
            }
            _ => Err(McpError::NoTool { name: name.chars().take(64).collect() }),
        }
    }

    /// The tool that is offered as `name` and takes `arguments`, as far as that is known without asking it.
    ///
    /// # Errors
    /// As [`Servers::named`]; [`McpError::BadArguments`].
    pub fn taking(&self, name: &str, arguments: &Map<String, Value>) -> Result<Shown, McpError> {
        let shown = self.named(name)?;
        schema::fits(&shown.offered.schema, arguments).map_err(McpError::BadArguments)?;
        Ok(shown)
    }

    /// Calls the tool that is offered as `name`. That the user said yes, where they have to, is the caller's to know.
    ///
    /// # Errors
    /// [`McpError`]; but for [`McpError::Lost`] and [`McpError::Refused`], nothing was done.
    pub async fn call(&self, name: &str, arguments: &Map<String, Value>) -> Result<Said, McpError> {
        let shown = self.taking(name, arguments)?;
        let server = self.servers.iter().find(|server| server.name() == shown.server);
        let server = server.ok_or(McpError::GivenUp { server: shown.server })?;
        server.call(&shown.tool, arguments).await
    }

    /// Starts the server called `name`, or all, and accepts their tools as they are now.
    pub async fn check(&self, name: Option<&str>) -> Vec<Checked> {
        join_all(self.meant(name).map(|server| async {
            let changes = server.check(&self.memory).await;
            Checked { server: server.name().to_owned(), changes }
        }))
        .await
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.servers.iter().map(Server::name).collect();
        f.debug_struct("Servers").field("names", &names).finish_non_exhaustive()
    }
}
