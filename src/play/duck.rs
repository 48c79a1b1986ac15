//! Duck: turns other programs down while Mynah listens and speaks, and up again.
//!
//! Enters: "down" and "up". Leaves: volumes on the sound server. What was turned down is a debt: it stands in a file
//! before a volume changes, and is paid back by [`Ducker::up`], by its end, or, after a crash, by the next start. A stream
//! that ended meanwhile is remembered by its program, for the server remembers its volume. Never here: a change of a
//! stream that somebody else changed after us, or that the user does not hear.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

/// A stream turned down has a quarter of its amplitude, -12 dB: the cube of this share of the server's scale.
const SHARE: (u64, u64) = (63, 100);

/// Debts kept at most; the oldest are let go.
const DEBTS: usize = 32;

/// A stream of another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) index: u32,
    /// What the server knows its program by.
    pub(super) identity: String,
    /// The server's own numbers, one a channel.
    pub(super) volume: Vec<u32>,
    /// It plays where the user hears it: on a real device, or where Mynah itself plays.
    pub(super) heard: bool,
}

/// A sound server.
pub(super) trait Streams: Send {
    /// The streams of other programs.
    fn list(&mut self) -> io::Result<Vec<Stream>>;
    /// Sets the volume of one; a stream that has ended is no error.
    fn set(&mut self, index: u32, volume: &[u32]) -> io::Result<()>;
}

/// What has to be restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Debt {
    index: u32,
    identity: String,
    before: Vec<u32>,
    ducked: Vec<u32>,
}

impl Debt {
    /// Whether it is of this very stream. A server that was started anew gives its numbers again, to other programs.
    fn is_of(&self, stream: &Stream) -> bool {
        self.index == stream.index && self.identity == stream.identity
    }
}

/// Turns other programs down and up. Calls cost about a millisecond, and half a second where the server hangs.
pub struct Ducker {
    connect: fn() -> io::Result<Option<Box<dyn Streams>>>,
    server: Option<Box<dyn Streams>>,
    debts: Vec<Debt>,
    /// Where the debts stand.
    ledger: Option<PathBuf>,
    down: bool,
    told: bool,
}

impl std::fmt::Debug for Ducker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ducker").field("debts", &self.debts).field("down", &self.down).finish_non_exhaustive()
    }
}

impl Ducker {
    /// A ducker that keeps its debts in `ledger`, and pays back what stands there from a run that crashed.
    #[must_use]
    pub fn new(ledger: Option<PathBuf>) -> Self {
        Self::on(connect, ledger)
    }

    fn on(connect: fn() -> io::Result<Option<Box<dyn Streams>>>, ledger: Option<PathBuf>) -> Self {
        let debts = ledger.as_deref().and_then(|path| fs::read(path).ok());
        let mut debts: Vec<Debt> =
            debts.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        debts.truncate(DEBTS);
        let mut ducker = Self { connect, server: None, debts, ledger, down: false, told: false };
        ducker.pay();
        ducker
    }

    /// Turns the others down, also those that began since the last call.
    pub fn down(&mut self) {
        self.down = true;
        self.with_server(|server, debts, ledger| {
            let mut streams = server.list()?;
            streams.retain(|stream| stream.heard);
            for stream in &streams {
                let known = debts
                    .iter_mut()
                    .find(|debt| debt.identity == stream.identity && debt.ducked == stream.volume);
                if let Some(known) = known {
                    // It began again at the volume the server remembers of it.
                    known.index = stream.index;
                } else if !debts.iter().any(|debt| debt.is_of(stream)) {
                    debts.push(Debt {
                        index: stream.index,
                        identity: stream.identity.clone(),
                        before: stream.volume.clone(),
                        ducked: stream.volume.iter().copied().map(lowered).collect(),
                    });
                }
            }
            debts.drain(..debts.len().saturating_sub(DEBTS));
            write(ledger, debts)?;
            for stream in streams {
                let debt = debts.iter().find(|debt| debt.is_of(&stream));
                if let Some(debt) = debt.filter(|debt| debt.before == stream.volume) {
                    server.set(stream.index, &debt.ducked)?;
                }
            }
            Ok(())
        });
    }

    /// Restores what was turned down, as it was.
    pub fn up(&mut self) {
        self.down = false;
        self.pay();
    }

    fn pay(&mut self) {
        if self.debts.is_empty() {
            return;
        }
        self.with_server(|server, debts, ledger| {
            let streams = server.list()?;
            for stream in &streams {
                let owed = debts
                    .iter()
                    .find(|debt| debt.ducked == stream.volume && debt.identity == stream.identity);
                if let Some(debt) = owed {
                    server.set(stream.index, &debt.before)?;
                }
            }
            // Paid, or changed by its user since; what is not there is still owed.
            debts.retain(|debt| !streams.iter().any(|stream| stream.identity == debt.identity));
            write(ledger, debts)
        });
    }

    /// Runs `work` on the server, connecting where needed. What fails is told once, and tried anew the next time.
    fn with_server(
        &mut self,
        work: impl FnOnce(&mut dyn Streams, &mut Vec<Debt>, Option<&PathBuf>) -> io::Result<()>,
    ) {
        let outcome = self.attempt(work);
        match outcome {
            Ok(true) => {}
            Ok(false) => self.tell("no PulseAudio or PipeWire server runs here"),
            Err(error) => {
                self.server = None;
                self.tell(&error.to_string());
            }
        }
    }

    fn attempt(
        &mut self,
        work: impl FnOnce(&mut dyn Streams, &mut Vec<Debt>, Option<&PathBuf>) -> io::Result<()>,
    ) -> io::Result<bool> {
        // A server that was started anew is found only by a new connection: the old one tells by an error.
        if let Some(server) = &mut self.server
            && server.list().is_err()
        {
            self.server = None;
        }
        if self.server.is_none() {
            self.server = (self.connect)()?;
        }
        let Some(server) = self.server.as_deref_mut() else { return Ok(false) };
        work(server, &mut self.debts, self.ledger.as_ref()).map(|()| true)
    }

    fn tell(&mut self, why: &str) {
        if !self.told {
            self.told = true;
            tracing::info!("other programs are not made quieter: {why}");
        }
    }
}

impl Drop for Ducker {
    fn drop(&mut self) {
        self.pay();
    }
}

/// `raw` on the server's cubic scale, [`SHARE`] of it.
fn lowered(raw: u32) -> u32 {
    u32::try_from(u64::from(raw) * SHARE.0 / SHARE.1).unwrap_or(raw)
}

/// Writes the debts down before they are made; the file is there only while something is owed.
fn write(ledger: Option<&PathBuf>, debts: &[Debt]) -> io::Result<()> {
    let Some(path) = ledger else { return Ok(()) };
    if debts.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&file, debts)?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}

#[cfg(target_os = "linux")]
fn connect() -> io::Result<Option<Box<dyn Streams>>> {
    Ok(super::pulse::Pulse::connect()?.map(|pulse| -> Box<dyn Streams> { Box::new(pulse) }))
}

#[cfg(not(target_os = "linux"))]
fn connect() -> io::Result<Option<Box<dyn Streams>>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    thread_local! {
        static SERVER: Rc<RefCell<Vec<Stream>>> = Rc::default();
    }

    struct Fake;

    impl Streams for Fake {
        fn list(&mut self) -> io::Result<Vec<Stream>> {
            Ok(SERVER.with(|server| server.borrow().clone()))
        }
        fn set(&mut self, index: u32, volume: &[u32]) -> io::Result<()> {
            SERVER.with(|server| {
                for stream in server.borrow_mut().iter_mut().filter(|stream| stream.index == index) {
                    stream.volume = volume.to_vec();
                }
            });
            Ok(())
        }
    }

    fn fake() -> io::Result<Option<Box<dyn Streams>>> {
        Ok(Some(Box::new(Fake)))
    }

    fn put(streams: &[(u32, &str, u32)]) {
        let streams = streams.iter().map(|(index, identity, volume)| Stream {
            index: *index,
            identity: (*identity).to_owned(),
            volume: vec![*volume; 2],
            heard: true,
        });
        SERVER.with(|server| *server.borrow_mut() = streams.collect());
    }

    fn volumes() -> Vec<u32> {
        SERVER.with(|server| server.borrow().iter().map(|stream| stream.volume[0]).collect())
    }

    #[test]
    fn down_and_up_restore_each_exactly_and_leave_what_others_changed() {
        put(&[(1, "music", 65_536), (2, "film", 40_001)]);
        let mut ducker = Ducker::on(fake, None);
        ducker.down();
        ducker.down();
        assert_eq!(volumes(), [41_287, 25_200]);
        Fake.set(2, &[50_000, 50_000]).unwrap();
        ducker.up();
        assert_eq!(volumes(), [65_536, 50_000]);
        ducker.down();
        drop(ducker);
        assert_eq!(volumes(), [65_536, 50_000]);
    }

    #[test]
    fn what_began_while_others_were_down_is_turned_down_by_the_next_call() {
        put(&[(1, "music", 65_536)]);
        let mut ducker = Ducker::on(fake, None);
        ducker.down();
        put(&[(1, "music", 41_287), (2, "film", 65_536)]);
        ducker.down();
        assert_eq!(volumes(), [41_287, 41_287]);
        ducker.up();
        assert_eq!(volumes(), [65_536, 65_536]);
    }

    #[test]
    fn a_number_that_the_server_gives_again_is_another_programs_stream() {
        put(&[(1, "music", 65_536), (2, "film", 30_000)]);
        let mut ducker = Ducker::on(fake, None);
        ducker.down();
        // The server was started anew, and nobody knows yet whether the film goes on.
        put(&[(1, "game", 65_536), (2, "call", 30_000)]);
        ducker.down();
        assert_eq!(volumes(), [41_287, 18_900]);
        ducker.up();
        assert_eq!(volumes(), [65_536, 30_000]);
        put(&[(3, "film", 18_900)]);
        ducker.up();
        assert_eq!(volumes(), [30_000]);
    }

    #[test]
    fn a_crash_is_made_good_by_the_next_start_also_for_a_stream_that_ended() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("state/ducked.json");
        put(&[(1, "music", 65_536), (2, "film", 30_000)]);
        let mut crashed = Ducker::on(fake, Some(ledger.clone()));
        crashed.down();
        std::mem::forget(crashed);
        // The film's program ended; the music's stream is another, at the volume the server remembers.
        put(&[(9, "music", 41_287), (10, "game", 41_287)]);
        let ducker = Ducker::on(fake, Some(ledger.clone()));
        assert_eq!(volumes(), [65_536, 41_287]);
        assert!(ledger.exists(), "the film is still owed");
        drop(ducker);
        put(&[(11, "film", 18_900)]);
        drop(Ducker::on(fake, Some(ledger.clone())));
        assert_eq!(volumes(), [30_000]);
        assert!(!ledger.exists());
        fs::write(&ledger, "not a ledger").unwrap();
        drop(Ducker::on(fake, Some(ledger)));
    }
}
