//! Fence: the way out of a network namespace, for a program that may reach some hosts.
//!
//! Enters: on the inside, a program's command; on the outside, the pipe that is to be its standard input. Leaves: a socket
//! that listens on the loopback address *inside*, handed to the daemon outside, which answers there; and the program, in the
//! place of this one, with variables that name the socket's port. Never here: a byte that is passed on (whoever listens sits
//! outside, and so nothing of Mynah runs beside the program), a socket in a file system that others could find.
//!
//! The inside is this same binary, started in the namespace as its root, which may bring the loopback interface up. It
//! becomes the program in one more user namespace, so that the program has no right over the network that it is in. The two
//! sides speak over a pair of sockets that is the inside's standard input until the program gets its own.

use std::{
    ffi::OsString,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::Path,
    process::Command,
};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg, send, sendmsg, socket_with,
};
use tokio::io::Interest;

/// Variables by which programs learn of their proxy, Node's `fetch` among them only when told to look.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const OTHERS: [(&str, &str); 3] = [("NO_PROXY", ""), ("no_proxy", ""), ("NODE_USE_ENV_PROXY", "1")];

/// The user and the group of this process, who the program is to see itself as.
pub(super) fn users() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

/// What stands before a command on the inside, for it to run as `user` and `group` and without a right over its network.
pub(super) fn becomes(unshare: &Path, (user, group): (u32, u32)) -> Vec<OsString> {
    let users = [format!("--map-user={user}"), format!("--map-group={group}")].map(OsString::from);
    let words = [unshare.into(), "--user".into()].into_iter();
    words.chain(users).chain(["--".into()]).collect()
}

/// What stands before a command to have `mynah` open the way out for it: [`enter`], as it is typed.
pub(super) fn opens(mynah: &Path, unshare: &Path, (user, group): (u32, u32)) -> Vec<OsString> {
    let (user, group) = (user.to_string(), group.to_string());
    let users = ["fence", "--user", &user, "--group", &group, "--unshare"].map(OsString::from);
    let words = [OsString::from(mynah)].into_iter();
    words.chain(users).chain([unshare.into(), "--".into()]).collect()
}

/// The daemon's side of a program that is being started.
#[expect(clippy::disallowed_types, reason = "one of a pair, which leads to the program alone")]
pub(super) struct Outside(tokio::net::UnixStream);

/// A pair: the daemon's side, and what the inside gets as its standard input.
#[expect(clippy::disallowed_types, reason = "a pair, whose ends lead to each other alone")]
pub(super) fn pair() -> io::Result<(Outside, OwnedFd)> {
    let (outside, inside) = std::os::unix::net::UnixStream::pair()?;
    outside.set_nonblocking(true)?;
    Ok((Outside(tokio::net::UnixStream::from_std(outside)?), inside.into()))
}

impl Outside {
    /// Hands over what is to be the program's standard input.
    pub(super) fn give(&self, stdin: &OwnedFd) -> io::Result<()> {
        hand_over(self.0.as_fd(), stdin.as_fd())
    }

    /// Waits for the socket on the inside; an error where the inside ended before.
    #[expect(clippy::disallowed_types, reason = "it is handed on to the door")]
    pub(super) async fn take(self) -> io::Result<std::net::TcpListener> {
        let take = || take_over(self.0.as_fd());
        self.0.async_io(Interest::READABLE, take).await.map(std::net::TcpListener::from)
    }
}

/// On the inside: opens the way out and becomes the program of `command`, as these users, by the program `unshare`.
/// Standard input is the pair's other end.
///
/// # Errors
/// The system's; else this does not return.
pub fn enter(users: (u32, u32), unshare: &Path, command: &[OsString]) -> io::Error {
    let begun = || {
        bring_loopback_up()?;
        #[expect(clippy::disallowed_types, reason = "in a namespace of its own, and answered by the door")]
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let outside = io::stdin();
        let stdin = take_over(outside.as_fd())?;
        hand_over(outside.as_fd(), listener.as_fd())?;
        Ok((port, stdin))
    };
    let (port, stdin) = match begun() {
        Ok(begun) => begun,
        Err(error) => return error,
    };
    #[expect(clippy::disallowed_methods, reason = "an address where programs are started")]
    let mut program = Command::new(unshare);
    let proxy = format!("http://127.0.0.1:{port}");
    program.args(&becomes(unshare, users)[1..]).args(command);
    program.envs(PROXIES.map(|name| (name, &proxy))).envs(OTHERS).stdin(stdin);
    program.exec()
}

/// Brings the loopback interface up, which a new namespace has and which is down there. Asked of the kernel itself
/// (rtnetlink), since `ip` is not everywhere.
fn bring_loopback_up() -> io::Result<()> {
    const LENGTH: u32 = 32;
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
    const LOOPBACK: u32 = 1; // its index in every namespace
    const UP: u32 = 1;
    let mut request = Vec::new();
    request.extend(LENGTH.to_ne_bytes());
    request.extend(NEW_LINK.to_ne_bytes());
    request.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    // Sequence and sender; family, padding and type of the interface: none.
    request.extend([0; 12]);
    for number in [LOOPBACK, UP, UP] {
        request.extend(number.to_ne_bytes());
    }
    let kernel = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&kernel, &request, SendFlags::empty())?;
    let mut answer = [0; 512];
    let (_, length) = recv(&kernel, &mut answer, RecvFlags::empty())?;
    // Behind the head, which is as long as the request's: the error's number, below zero.
    let code = answer[..length.min(answer.len())].get(16..20).and_then(|code| code.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(code.saturating_neg())),
        None => Err(io::Error::other("the kernel's answer is cut off")),
    }
}

/// Sends `what` through `side`.
fn hand_over(side: BorrowedFd<'_>, what: BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let what = [what];
    if !control.push(SendAncillaryMessage::ScmRights(&what)) {
        return Err(io::Error::other("there is no room for one descriptor"));
    }
    sendmsg(side, &[IoSlice::new(b".")], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives what the other side of `side` handed over.
fn take_over(side: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(side, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let handed = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut handed) => handed.next(),
        _ => None,
    });
    handed.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
}
