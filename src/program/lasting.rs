//! Lasting: a program that runs beside the daemon for a while and is talked to over its pipes.
//!
//! Enters: a command of the user's settings. Leaves: its pipes, and the hold by which it is ended, with all that it
//! started. Never here: a shell; a user's words as an argument; the caller's environment; a network for a program that the
//! user gave none; a program left running when its hold is dropped.
//!
//! The fence is a network namespace of its own, in which there is no way out, not even to this machine's own servers. It is
//! made by `unshare`, in a user namespace that needs no privilege, with a process namespace beside it: when its first
//! process ends, the system ends all others. It hides no files: a program behind it reads and writes what its user may. A
//! program that may reach some hosts finds a proxy behind its fence, whose other end is the daemon's (`fence.rs`).

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Mutex, PoisonError},
    time::Duration,
};

#[cfg(target_os = "linux")]
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::{default_program_dirs, find, first_line, may_be_run};

/// How long the system may take to say whether it grants a fence: a few ms, on a loaded machine more.
const PROBE: Duration = Duration::from_secs(3);

/// How long it may take to open the way out of a fence: the start of a program in it, and few words with that.
#[cfg(target_os = "linux")]
const OPENING: Duration = Duration::from_secs(10);

/// A network namespace in a user namespace of one's own, whose processes end together.
const FENCE: [&str; 5] = ["--net", "--pid", "--fork", "--kill-child", "--"];

/// What a program may reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Network<'a> {
    /// Nothing.
    None,
    /// What is let through at the proxy that it finds behind its fence, which this binary of Mynah opens.
    Proxy(&'a Path),
    /// Everything.
    Whole,
}

/// What is to be started, and how.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The program, by its absolute path or by its name on `PATH`, and its arguments.
    pub(crate) command: &'a [String],
    /// What it may reach.
    pub(crate) network: Network<'a>,
    /// All the variables it gets.
    pub(crate) environment: &'a [(String, String)],
    /// Where it works.
    pub(crate) folder: &'a Path,
}

/// Why a program was not started.
#[derive(Debug)]
pub(crate) enum LaunchError {
    /// No such program, or none that may be executed.
    NotFound(String),
    /// This system gives it no network of its own, so that it would have all of it.
    NoFence(String),
    /// The system's reason.
    Unrunnable(io::Error),
}

/// A program that runs, with all it starts; ended when dropped.
#[derive(Debug)]
pub(crate) struct Lasting(Mutex<Child>);

/// Its pipes.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
    /// The socket of its proxy, where it has one.
    pub(crate) proxy: Option<Listener>,
}

#[expect(clippy::disallowed_types, reason = "it listens behind the fence, and is handed on to the door")]
type Listener = std::net::TcpListener;

impl Launch<'_> {
    /// Starts it.
    pub(crate) async fn start(self) -> Result<(Lasting, Ends), LaunchError> {
        let (name, arguments) =
            self.command.split_first().ok_or_else(|| LaunchError::NotFound(String::new()))?;
        let search = self.environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value);
        let search: Vec<PathBuf> =
            search.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        let program = if name.contains('/') {
            Some(PathBuf::from(name)).filter(|path| path.is_absolute() && may_be_run(path))
        } else {
            find(name, &search)
        };
        let program = program.ok_or_else(|| LaunchError::NotFound(name.clone()))?;
        let mut line: Vec<OsString> = Vec::new();
        let tool = |name: &str| find(name, &[default_program_dirs(), search.clone()].concat());
        // Ends with this process however that ends; where it is not to be had, the closed pipe tells the program.
        if let Some(setpriv) = tool("setpriv") {
            line.extend([setpriv.into(), "--pdeathsig".into(), "KILL".into()]);
        }
        if !matches!(self.network, Network::Whole) {
            let unshare = tool("unshare").filter(|_| cfg!(target_os = "linux"));
            let no_unshare = || LaunchError::NoFence("there is no `unshare` here".to_owned());
            line.extend(fenced(&unshare.ok_or_else(no_unshare)?, self.network).await?);
        }
        line.push(program.into());
        line.extend(arguments.iter().map(OsString::from));
        let mut command = command(&line[0]);
        command.args(&line[1..]).envs(self.environment.iter().cloned()).current_dir(self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(target_os = "linux")]
        if let Network::Proxy(_) = self.network {
            return with_proxy(command).await;
        }
        let mut child = command.spawn().map_err(LaunchError::Unrunnable)?;
        let stdin = child.stdin.take();
        ready(child, stdin, None)
    }
}

/// The hold of `child`, and its pipes.
fn ready(
    mut child: Child,
    stdin: Option<ChildStdin>,
    proxy: Option<Listener>,
) -> Result<(Lasting, Ends), LaunchError> {
    let ends = (stdin, child.stdout.take(), child.stderr.take());
    let lasting = Lasting(Mutex::new(child));
    let (Some(stdin), Some(stdout), Some(stderr)) = ends else {
        return Err(LaunchError::Unrunnable(io::Error::other("it has no pipes")));
    };
    Ok((lasting, Ends { stdin, stdout, stderr, proxy }))
}

/// Starts `command`, which hands its proxy's socket out of the fence before it becomes the program.
#[cfg(target_os = "linux")]
async fn with_proxy(mut command: Command) -> Result<(Lasting, Ends), LaunchError> {
    let begun = || {
        let (outside, inside) = super::fence::pair()?;
        let (reads, writes) = io::pipe()?;
        outside.give(&reads.into())?;
        let stdin = std::process::ChildStdin::from(std::os::fd::OwnedFd::from(writes));
        let child = command.stdin(inside).spawn()?;
        // It holds the inside's end, whose closing tells that the inside is gone.
        drop(command);
        Ok((outside, child, ChildStdin::from_std(stdin)?))
    };
    let (outside, mut child, stdin) = begun().map_err(LaunchError::Unrunnable)?;
    match tokio::time::timeout(OPENING, outside.take()).await {
        Ok(Ok(proxy)) => ready(child, Some(stdin), Some(proxy)),
        Ok(Err(error)) => {
            let mut said = [0; 1024];
            let read = child.stderr.as_mut().map(|stderr| stderr.read(&mut said));
            let read = match read {
                Some(read) => tokio::time::timeout(PROBE, read).await.ok().and_then(Result::ok),
                None => None,
            };
            let line = first_line(&said[..read.unwrap_or_default()], "");
            Err(LaunchError::NoFence(if line.is_empty() { error.to_string() } else { line }))
        }
        Err(_) => Err(LaunchError::NoFence("what opens a way out of it does not answer".to_owned())),
    }
}

/// What stands before a command that is to run in a fence. Whether the system grants one is asked each time: a fence that
/// fails later would look like a program that cannot start.
async fn fenced(unshare: &Path, network: Network<'_>) -> Result<Vec<OsString>, LaunchError> {
    let outer = |map: &str| -> Vec<OsString> {
        let words = [unshare.as_os_str(), "--user".as_ref(), map.as_ref()].into_iter();
        words.chain(FENCE.iter().map(AsRef::as_ref)).map(OsString::from).collect()
    };
    let (mut line, tried, further) = match network {
        #[cfg(target_os = "linux")]
        Network::Proxy(mynah) => {
            let users = super::fence::users();
            let outer = outer("--map-root-user");
            (outer, super::fence::becomes(unshare, users), super::fence::opens(mynah, unshare, users))
        }
        _ => (outer("--map-current-user"), Vec::new(), Vec::new()),
    };
    let mut command = command(&line[0]);
    command.args(&line[1..]).args(tried).args(["/bin/sh", "-c", ":"]).stdin(Stdio::null());
    let refused = |why: String| Err(LaunchError::NoFence(why));
    match tokio::time::timeout(PROBE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            line.extend(further);
            Ok(line)
        }
        Ok(Ok(output)) => refused(first_line(&output.stderr, "")),
        Ok(Err(error)) => refused(error.to_string()),
        Err(_) => refused("`unshare` does not answer".to_owned()),
    }
}

fn command(program: &std::ffi::OsStr) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the address where lasting programs are started")]
    let mut command = Command::new(program);
    command.env_clear().kill_on_drop(true);
    // A group of its own, to be ended as one; a Ctrl-C in the terminal is for the daemon.
    #[cfg(unix)]
    command.process_group(0);
    command
}

impl Lasting {
    /// Ends it and all it started; more than once does no harm.
    pub(crate) fn end(&self) {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // It has its number until it is waited for, which only the drop does: the group is still its own.
        #[cfg(unix)]
        if let Some(group) =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            // It may be gone already.
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
        child.start_kill().ok();
    }
}

impl Drop for Lasting {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn environment() -> Vec<(String, String)> {
        vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()), ("GIVEN".into(), "yes".into())]
    }

    async fn started(script: &str, network: Network<'_>, folder: &Path) -> (Lasting, Ends) {
        let command = ["sh", "-c", script].map(str::to_owned);
        let launch = Launch { command: &command, network, environment: &environment(), folder };
        launch.start().await.expect("the shell is there, and so is the fence that this test needs")
    }

    async fn said(script: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let (_program, mut ends) = started(script, Network::None, folder.path()).await;
        let mut said = String::new();
        ends.stdout.read_to_string(&mut said).await.expect("its output is text");
        said
    }

    #[tokio::test]
    async fn in_a_namespace_a_program_has_no_network_and_no_environment_but_what_it_is_given() {
        let devices = said("tail -n +3 /proc/net/dev | cut -d: -f1; env; pwd; ls -A | wc -l").await;
        let mut lines = devices.lines();
        assert_eq!(lines.next().map(str::trim), Some("lo"), "{devices}");
        let names: Vec<&str> = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
        assert!(
            names.iter().all(|name| ["PATH", "GIVEN", "PWD", "SHLVL", "OLDPWD", "_"].contains(name)),
            "{devices}"
        );
        assert!(names.contains(&"GIVEN") && devices.ends_with("\n0\n"), "{devices}");
        // No route leads anywhere: the table is its heading at most.
        assert_eq!(said("tail -n +2 /proc/net/route | wc -l").await.trim(), "0");
    }

    async fn all_ends(network: Network<'_>) {
        let folder = tempfile::tempdir().expect("a folder");
        // What leaves its group is held by the fence alone.
        let leave = if matches!(network, Network::Whole) { "" } else { "setsid " };
        let script = format!("{leave}sleep 300 & echo ready; wait");
        let (program, mut ends) = started(&script, network, folder.path()).await;
        let mut ready = [0; 6];
        ends.stdout.read_exact(&mut ready).await.expect("it says that it is ready");
        drop(program);
        // The child of the child holds the pipe as long as it lives.
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(20), ends.stdout.read_to_end(&mut rest)).await;
        assert!(closed.is_ok_and(|read| read.is_ok()));
    }

    #[tokio::test]
    async fn all_that_a_program_started_ends_with_it() {
        all_ends(Network::Whole).await;
    }

    #[tokio::test]
    async fn in_a_namespace_even_what_left_its_group_ends_with_it() {
        all_ends(Network::None).await;
    }

    #[tokio::test]
    async fn in_a_namespace_a_program_is_not_started_where_no_way_out_could_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let command = ["sh", "-c", ": >begun"].map(str::to_owned);
        let not_mynah = folder.path().join("mynah");
        std::fs::write(&not_mynah, "#!/bin/sh\necho 'no way out' >&2\n").unwrap();
        std::fs::set_permissions(&not_mynah, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let launch = Launch {
            command: &command,
            network: Network::Proxy(&not_mynah),
            environment: &environment(),
            folder: folder.path(),
        };
        let refused = launch.start().await.map(drop);
        assert!(matches!(&refused, Err(LaunchError::NoFence(why)) if why == "no way out"), "{refused:?}");
        assert!(!folder.path().join("begun").exists());
    }

    #[tokio::test]
    async fn what_is_no_program_is_not_started() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["no-such-program-anywhere", "/no/such/program", "./sh", "bin/sh", "/etc/passwd"] {
            let command = [name.to_owned()];
            let launch = Launch {
                command: &command,
                network: Network::Whole,
                environment: &environment(),
                folder: folder.path(),
            };
            assert!(matches!(launch.start().await, Err(LaunchError::NotFound(_))), "{name}");
        }
    }
}
