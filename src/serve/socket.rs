//! Socket: the one file that names Unix sockets.
//!
//! Enters: a path. Leaves: a socket (0600, in a folder that only this user can write) whose holder is the only one, and
//! connections of this user. A lock file beside it decides who holds it, so that two starts at once cannot both win and
//! a killed holder leaves nothing to clean up by hand. Never here: a network address, a path that was somebody else's.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

#[expect(clippy::disallowed_types, reason = "the control socket's one address")]
use std::os::unix::net::UnixListener as Bound;

use tokio::io::Interest;
#[expect(clippy::disallowed_types, reason = "the control socket's one address")]
use tokio::net::{UnixListener, UnixStream};

use super::ServeError;

/// How often it is looked whether a client that waits for its answer is still there.
const LOOK: Duration = Duration::from_millis(500);

/// A socket that is held. Dropping it removes the file, if it is still this one, and lets go of the lock.
#[derive(Debug)]
pub(super) struct Listening {
    path: PathBuf,
    /// Device and inode of the socket file, to know it by.
    file: (u64, u64),
    /// The user that holds it.
    user: u32,
    /// As bound, until [`Listening::open`] hands it to tokio, which needs a runtime.
    #[expect(clippy::disallowed_types, reason = "the control socket's one address")]
    bound: Option<Bound>,
    #[expect(clippy::disallowed_types, reason = "the control socket's one address")]
    listener: Option<UnixListener>,
    /// Held as long as this lives. Never deleted: who waits for a deleted lock waits for another file.
    _lock: File,
}

impl Listening {
    /// Takes the socket at `path`, replacing one that a dead daemon left.
    pub(super) fn bind(path: &Path) -> Result<Self, ServeError> {
        let system = |what, at: &Path| {
            let path = at.to_owned();
            move |cause| ServeError::System { what, path, cause }
        };
        let bad_path = || ServeError::BadPath { path: path.to_owned() };
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).ok_or_else(bad_path)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(system("create the folder", folder))?;
        let place = fs::metadata(folder).map_err(system("look into", folder))?;
        if place.mode() & 0o022 != 0 {
            return Err(ServeError::Exposed { folder: folder.to_owned() });
        }
        let lock = lock(path)?;
        let (bound, file, user) = Self::place(path)?;
        let held =
            Self { path: path.to_owned(), file, user, bound: Some(bound), listener: None, _lock: lock };
        // Who owns the folder can put another socket there at any time.
        if place.uid() == user { Ok(held) } else { Err(ServeError::Exposed { folder: folder.to_owned() }) }
    }

    /// Puts a new socket at `path`; gives it with its device and inode, and the user that holds it.
    #[expect(clippy::disallowed_types, reason = "the control socket's one address")]
    fn place(path: &Path) -> Result<(Bound, (u64, u64), u32), ServeError> {
        let system = |what, at: &Path| {
            let path = at.to_owned();
            move |cause| ServeError::System { what, path, cause }
        };
        let fresh = beside(path, ".new");
        for it in [path, &fresh] {
            match fs::symlink_metadata(it) {
                Ok(found) if !found.file_type().is_socket() => {
                    return Err(ServeError::Occupied { path: it.to_owned() });
                }
                Ok(_) if it == fresh => fs::remove_file(it).map_err(system("replace", it))?,
                Ok(_) | Err(_) => {}
            }
        }
        // Bound beside its place, closed to others, then moved there: never open to them, never absent.
        let bound = Bound::bind(&fresh).map_err(|cause| match cause.kind() {
            ErrorKind::InvalidInput => ServeError::BadPath { path: path.to_owned() },
            _ => system("listen at", path)(cause),
        })?;
        let opened = fs::set_permissions(&fresh, Permissions::from_mode(0o600))
            .and_then(|()| bound.set_nonblocking(true))
            .and_then(|()| fs::symlink_metadata(&fresh))
            .and_then(|made| fs::rename(&fresh, path).map(|()| ((made.dev(), made.ino()), made.uid())));
        let (file, user) = opened.map_err(system("listen at", path))?;
        Ok((bound, file, user))
    }

    /// Puts the socket back where somebody deleted it: whoever cleans up would else make a running daemon unreachable, and
    /// keep another from starting. What stands there instead is left alone, and so is a folder that is gone.
    pub(super) fn restore(&mut self) {
        if !matches!(fs::symlink_metadata(&self.path), Err(error) if error.kind() == ErrorKind::NotFound) {
            return;
        }
        if let Ok((bound, file, _)) = Self::place(&self.path) {
            (self.bound, self.file) = (Some(bound), file);
            match self.open() {
                Ok(()) => tracing::warn!("the control socket was gone and is there again"),
                Err(error) => tracing::warn!(%error, "the control socket is gone"),
            }
        }
    }

    /// Gives the socket to the runtime; needs one.
    pub(super) fn open(&mut self) -> io::Result<()> {
        #[expect(clippy::disallowed_types, reason = "the control socket's one address")]
        if let Some(bound) = self.bound.take() {
            self.listener = Some(UnixListener::from_std(bound)?);
        }
        Ok(())
    }

    /// The next connection, and whether it is this user's.
    pub(super) async fn accept(&self) -> io::Result<(Stream, bool)> {
        let Some(listener) = &self.listener else { return std::future::pending().await };
        let (stream, _) = listener.accept().await?;
        let own = stream.peer_cred().is_ok_and(|peer| peer.uid() == self.user);
        Ok((Stream(stream), own))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == self.file);
        if ours {
            // A file that stays is replaced by the next daemon.
            fs::remove_file(&self.path).ok();
        }
    }
}

/// `path` with `end` appended to its name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The lock that belongs to `path`, held. The system lets go of it when its holder dies, however it dies.
fn lock(path: &Path) -> Result<File, ServeError> {
    let lock = beside(path, ".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock);
    let file =
        file.map_err(|cause| ServeError::System { what: "open the lock", path: lock.clone(), cause })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::AlreadyRunning { path: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(ServeError::System { what: "lock", path: lock, cause }),
    }
}

/// A connection, from either end.
#[derive(Debug)]
#[expect(clippy::disallowed_types, reason = "the control socket's one address")]
pub(super) struct Stream(UnixStream);

impl Stream {
    /// Reaches the daemon at `path`.
    pub(super) async fn connect(path: &Path, patience: Duration) -> Result<Self, ServeError> {
        let connecting = tokio::time::timeout(patience, Self::connect_patiently(path)).await;
        let connected = connecting.map_err(|_| ServeError::NoAnswer { patience })?;
        connected.map_err(|cause| match cause.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                ServeError::NotRunning { path: path.to_owned() }
            }
            ErrorKind::InvalidInput => ServeError::BadPath { path: path.to_owned() },
            _ => ServeError::System { what: "reach Mynah at", path: path.to_owned(), cause },
        })
    }

    async fn connect_patiently(path: &Path) -> io::Result<Self> {
        loop {
            #[expect(clippy::disallowed_types, reason = "the control socket's one address")]
            match UnixStream::connect(path).await {
                // Linux tells of a full queue of connections instead of waiting.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done => return done.map(Self),
            }
        }
    }

    /// Waits for bytes; 0 when the other side sends no more. Nothing is lost when this is dropped while it waits.
    pub(super) async fn receive(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }

    /// Sends all of `bytes`.
    pub(super) async fn send(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends what the system takes without waiting; whether that was all.
    pub(super) fn send_at_once(&self, bytes: &[u8]) -> bool {
        self.0.try_write(bytes).is_ok_and(|sent| sent == bytes.len())
    }

    /// Waits until nobody is there any more to read an answer. A side that merely sends no more is still there.
    pub(super) async fn hung_up(&self) {
        loop {
            match self.0.ready(Interest::WRITABLE).await {
                Ok(ready) if !ready.is_write_closed() => tokio::time::sleep(LOOK).await,
                Ok(_) | Err(_) => return,
            }
        }
    }
}
