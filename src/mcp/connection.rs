//! Connection: one server that speaks the protocol: a program that runs, or an endpoint.
//!
//! Enters: options; calls. Leaves: its tools; what they answered, as bounded text. Each step has a deadline. Never here: a
//! request of the server that is granted, but for completions where the user lets it have them: it is told that the user is
//! not to be asked, and that there are no folders.
#![expect(
    deprecated,
    reason = "the protocol lets servers go on asking for completions until they have another way (SEP-2577)"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ClientHandler, ErrorData, RoleClient, ServiceError, ServiceExt,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
        ContentBlock, CreateMessageRequestMethod, CreateMessageRequestParams, CreateMessageResult,
        Implementation, PaginatedRequestParams, ResourceContents, SamplingCapability, Tool,
    },
    service::{ClientInitializeError, NotificationContext, RequestContext, RunningService},
};
use serde_json::{Map, Value};

use super::{
    At, McpError, Network, Program, ServerOptions, conduct::Conduct, pipes::Pipes, posts::Posts,
    remote::Failure, sampling::Sampling, text::plain,
};
use crate::{
    egress::Serving,
    program::lasting::{self, Ends, Lasting, Launch, LaunchError},
};

/// What keeps the protocol's crate out of the log, as a directive: it would write whole messages there.
pub const NEVER_LOGGED: &str = "rmcp=off";

/// How long a call may take.
const CALL: Duration = Duration::from_secs(20);

/// The same where a language model completes something for it meanwhile.
const CALL_WITH_COMPLETIONS: Duration = Duration::from_secs(45);

/// How long the list of tools may take.
const LIST: Duration = Duration::from_secs(5);

/// Pages of the list that are read, and tools.
const PAGES: usize = 8;
const TOOLS: usize = 128;

/// Longest answer, characters: some three minutes of reading aloud, which the model shortens.
const ANSWER: usize = 6_000;

/// Longest of a server's words in a fault, characters.
const DETAIL: usize = 200;

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The server.
    pub server: String,
    /// Its words, cleaned and bounded; what is no text is only named.
    pub text: String,
    /// Whether the tool says that it failed.
    pub failed: bool,
}

/// Refuses what a server asks for, but for completions where the user lets it have them, and hears when its tools change.
struct Host {
    changed: Arc<AtomicBool>,
    sampling: Option<Sampling>,
}

impl ClientHandler for Host {
    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        match &self.sampling {
            Some(sampling) => sampling.grant(params).await,
            None => Err(ErrorData::method_not_found::<CreateMessageRequestMethod>()),
        }
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.store(true, Ordering::Relaxed);
    }

    fn get_info(&self) -> ClientConfig {
        let mynah = Implementation::new("mynah", env!("CARGO_PKG_VERSION"));
        let mut capabilities = ClientCapabilities::default();
        capabilities.sampling = self.sampling.as_ref().map(|_| SamplingCapability::default());
        ClientConfig::new(capabilities, mynah)
    }
}

/// A server that runs; ended when dropped.
pub(super) struct Connection {
    server: String,
    running: RunningService<RoleClient, Host>,
    /// How long a call may take.
    patience: Duration,
    changed: Arc<AtomicBool>,
    conduct: Arc<Conduct>,
    /// Where it is a program: that, and what goes with it: who connects it to the hosts it may reach, and where it works,
    /// which is empty.
    program: Option<(Arc<Lasting>, Option<Serving>, tempfile::TempDir)>,
}

impl Connection {
    /// Starts the server, or begins to speak with it; its behaviour goes into `conduct`.
    pub(super) async fn start(options: &ServerOptions, conduct: Arc<Conduct>) -> Result<Self, McpError> {
        let (server, changed) = (options.name.clone(), Arc::<AtomicBool>::default());
        let completes = options.completes.clone();
        let patience = if completes.is_some() { CALL_WITH_COMPLETIONS } else { CALL };
        let sampling = completes.map(|completes| Sampling {
            server: server.clone(),
            completes,
            conduct: conduct.clone(),
            turn: tokio::sync::Mutex::default(),
        });
        let handler = Host { changed: Arc::clone(&changed), sampling };
        let (begun, program) = match &options.at {
            At::Program(program) => {
                let (program, ends, serving, folder) = launched(&server, program).await?;
                let pipes = Pipes::new(ends, program.clone(), conduct.clone());
                (handler.serve(pipes).await, Some((program, serving, folder)))
            }
            At::Endpoint(remote) => (handler.serve(Posts::new(remote.clone(), conduct.clone())).await, None),
        };
        match (begun, conduct.failure()) {
            (Ok(running), _) => Ok(Self { server, running, patience, changed, conduct, program }),
            (Err(_), Some(failure)) => Err(McpError::Unused { server, fault: failure.fault, sent: false }),
            (Err(error), None) => Err(McpError::Broken { server, detail: why(&error, &conduct) }),
        }
    }

    /// Whether it still runs, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        !self.running.is_closed() && !self.running.peer().is_transport_closed()
    }

    /// Whether it told that its tools changed since this was asked last.
    pub(super) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    /// Its tools, as far as they are read.
    pub(super) async fn list(&self) -> Result<Vec<Tool>, McpError> {
        let pages = async {
            let (mut tools, mut cursor) = (Vec::new(), None);
            for _ in 0..PAGES {
                let params = PaginatedRequestParams::default().with_cursor(cursor);
                let page = self.running.list_tools(Some(params)).await?;
                tools.extend(page.tools);
                tools.truncate(TOOLS);
                cursor = page.next_cursor;
                if cursor.is_none() || tools.len() == TOOLS {
                    break;
                }
            }
            Ok::<_, ServiceError>(tools)
        };
        let server = self.server.clone();
        match tokio::time::timeout(LIST, pages).await {
            Ok(Ok(tools)) => Ok(tools),
            Ok(Err(error)) => Err(match self.failure() {
                Some(failure) => McpError::Unused { server, fault: failure.fault, sent: false },
                None => McpError::Broken { server, detail: self.what(&error) },
            }),
            Err(_) => Err(McpError::Silent { server, seconds: LIST.as_secs(), detail: String::new() }),
        }
    }

    /// Calls `tool`. Dropped, it tells the server that nobody waits.
    pub(super) async fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Result<Said, McpError> {
        let server = self.server.clone();
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let _called = Called::new(&self.conduct);
        match tokio::time::timeout(self.patience, self.running.call_tool_once(params)).await {
            Ok(Ok(CallToolResponse::Complete(result))) => Ok(said(server, &result)),
            Ok(Ok(_)) => Err(McpError::Refused {
                server,
                detail: "it asks for something in return, which is not to be had here".to_owned(),
            }),
            Ok(Err(ServiceError::McpError(error))) => {
                Err(McpError::Refused { server, detail: plain(&error.message, DETAIL).text })
            }
            Ok(Err(error)) => Err(match self.failure() {
                Some(failure) if failure.forgot_session => {
                    McpError::Forgetful { server, fault: failure.fault }
                }
                Some(Failure { fault, sent, may_be_done: false, .. }) => {
                    McpError::Unused { server, fault, sent }
                }
                // What it said of its own is left out: models are told this.
                Some(failure) => {
                    let what = format!("gave no whole answer ({})", failure.fault.kind);
                    McpError::Lost { server, what }
                }
                None => McpError::Lost { server, what: self.what(&error) },
            }),
            Err(_) => Err(McpError::Lost {
                server,
                what: format!("did not answer within {} s, and was given up", self.patience.as_secs()),
            }),
        }
    }

    /// Why the last request was not answered, where it did not offend and the way to it knows.
    fn failure(&self) -> Option<Failure> {
        self.conduct.failure().filter(|_| self.conduct.offence().is_none())
    }

    /// What happened, without anything that it was told or answered.
    fn what(&self, error: &ServiceError) -> String {
        match (self.conduct.offence(), error) {
            (Some(offence), _) => format!("was ended for {offence}"),
            (None, ServiceError::McpError(_)) => "refused to list its tools".to_owned(),
            (None, ServiceError::UnexpectedResponse) => "answered something else than was asked".to_owned(),
            (None, _) => "ended".to_owned(),
        }
    }
}

/// While a tool is called, the server may ask for completions.
struct Called<'a>(&'a Conduct);

impl<'a> Called<'a> {
    fn new(conduct: &'a Conduct) -> Self {
        conduct.is_called(true);
        Self(conduct)
    }
}

impl Drop for Called<'_> {
    fn drop(&mut self) {
        self.0.is_called(false);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some((program, ..)) = &self.program {
            program.end();
        }
    }
}

/// Starts `program` of `server`: that, its pipes, who connects it and where it works.
async fn launched(
    server: &str,
    program: &Program,
) -> Result<(Arc<Lasting>, Ends, Option<Serving>, tempfile::TempDir), McpError> {
    let server = || server.to_owned();
    if let Some(name) = program.missing.first().cloned() {
        return Err(McpError::NoVariable { server: server(), name });
    }
    let unrunnable =
        |error: std::io::Error| McpError::Unrunnable { server: server(), detail: error.to_string() };
    let folder = tempfile::Builder::new().prefix("mynah-tools").tempdir().map_err(unrunnable)?;
    let launch = Launch {
        command: &program.command,
        network: match &program.network {
            Network::None => lasting::Network::None,
            Network::Hosts { mynah, .. } => lasting::Network::Proxy(mynah),
            Network::Whole => lasting::Network::Whole,
        },
        environment: &program.environment,
        folder: folder.path(),
    };
    let (started, mut ends) = launch.start().await.map_err(|error| match error {
        LaunchError::NotFound(program) => McpError::NotFound { server: server(), program },
        LaunchError::NoFence(why) => McpError::NoFence { server: server(), why },
        LaunchError::Unrunnable(error) => unrunnable(error),
    })?;
    let serving = match (&program.network, ends.proxy.take()) {
        (Network::Hosts { listed, .. }, Some(proxy)) => {
            Some(listed.clone().serve(proxy).map_err(unrunnable)?)
        }
        (Network::None | Network::Hosts { .. } | Network::Whole, _) => None,
    };
    Ok((Arc::new(started), ends, serving, folder))
}

/// How its complaint began, as one line. It was told nothing yet, so that this repeats nobody's words.
pub(super) fn complaint(conduct: &Conduct) -> Option<String> {
    let said = conduct.complaint();
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(plain(line, DETAIL).text)
}

/// Why it could not begin.
fn why(error: &ClientInitializeError, conduct: &Conduct) -> String {
    let what = match (conduct.offence(), error) {
        (Some(offence), _) => format!("it was ended for {offence}"),
        (None, ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. }) => {
            "it ended at once".to_owned()
        }
        (None, _) => "it does not speak a version of the protocol that is known here".to_owned(),
    };
    complaint(conduct).map_or(what.clone(), |said| format!("{what}: {said}"))
}

/// What `result` says, as text.
fn said(server: String, result: &CallToolResult) -> Said {
    let named = |name: &str| plain(name, DETAIL).text.replace('\n', " ");
    let part = |block: &ContentBlock| match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[an image, not shown: {}]", named(&image.mime_type)),
        ContentBlock::Audio(sound) => format!("[a sound, not played: {}]", named(&sound.mime_type)),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, .. }
            | ResourceContents::BlobResourceContents { uri, .. } => {
                format!("[a resource, not shown: {}]", named(uri))
            }
            _ => "[a resource, not shown]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("[a link to a resource: {}]", named(&link.uri)),
        _ => "[something else than text]".to_owned(),
    };
    let mut text = result.content.iter().map(part).collect::<Vec<_>>().join("\n");
    if let (true, Some(structured)) = (text.trim().is_empty(), &result.structured_content) {
        text = structured.to_string();
    }
    let plain = plain(&text, ANSWER);
    let text =
        if plain.shortened { format!("{}\n[more follows, not shown]", plain.text) } else { plain.text };
    Said { server, text, failed: result.is_error == Some(true) }
}
