//! Options: what the user says of a server.
//!
//! Enters: nothing. Leaves: [`ServerOptions`]. Never here: a default that loosens anything.

use std::{path::PathBuf, sync::Arc};

use sha2::{Digest, Sha256};

use super::{Remote, listed::means, sampling::Completes};
use crate::egress::Listed;

/// When the user has to say yes before a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Confirm {
    /// Unless the server says that the tool changes nothing.
    #[default]
    Changes,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a program may reach.
#[derive(Debug)]
pub enum Network {
    /// Nothing.
    None,
    /// The hosts that the user lists for it.
    Hosts {
        /// Who connects it to them.
        listed: Arc<Listed>,
        /// This binary, which opens the way out of its fence.
        mynah: PathBuf,
    },
    /// Everything.
    Whole,
}

/// A program that is started.
#[derive(Debug)]
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What it may reach.
    pub network: Network,
    /// All the variables it gets.
    pub environment: Vec<(String, String)>,
    /// Variables that it was to get and that are not set; it is not started then.
    pub missing: Vec<String>,
}

/// Where a server is.
#[derive(Debug)]
pub enum At {
    /// In a program on this machine.
    Program(Program),
    /// At an endpoint of the user's own.
    Endpoint(Arc<Remote>),
}

/// A server.
#[derive(Debug)]
pub struct ServerOptions {
    /// Its name, in front of its tools': small letters and digits.
    pub name: String,
    /// Where it is.
    pub at: At,
    /// When the user has to say yes.
    pub confirm: Confirm,
    /// Tools that are offered, `*` standing for anything; empty for all.
    pub allow: Vec<String>,
    /// Tools that are not offered, even so.
    pub deny: Vec<String>,
    /// Who completes texts for it while a tool is called; `None` refuses it that.
    pub completes: Option<Arc<dyn Completes>>,
}

impl ServerOptions {
    /// Whether the user lets `tool` be offered.
    pub(super) fn lets(&self, tool: &str) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| means(pattern, tool));
        (self.allow.is_empty() || named(&self.allow)) && !named(&self.deny)
    }

    /// Of the command or the address: with another one it is another server.
    pub(super) fn print(&self) -> String {
        let at = match &self.at {
            At::Program(program) => program.command.join("\0"),
            // No command begins with a line's end.
            At::Endpoint(remote) => format!("\n{}", remote.address().unwrap_or_default()),
        };
        let print = Sha256::digest(at);
        print.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
