//! Tunnel: one connection of a program that is fenced in, to a host that the user lists for it.
//!
//! Enters: a passage, the program's end. Leaves: bytes, both ways, which are counted and never read; a line in the ledger
//! before the connection is made and one at its end. Never here: an address inside the network, a connection that goes on
//! where the machine is somewhere else, or for ever without a byte.
#![expect(clippy::disallowed_types, reason = "this is the door")]

use std::{
    io,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::dns::Resolve;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use url::Host;

use crate::{
    egress::{Door, EgressError, address::NotPublic, ledger::Outcome, redact},
    policy::{EndpointId, Passage, Relay},
    units::length_u64,
};

/// Longest head of a request to connect, or of a proxy's answer to one, bytes.
const HEAD: usize = 8 * 1024;

/// Most addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// What one connection may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long a program may take to say where it wants to go; 10 s.
    pub(super) patience: Duration,
    /// How long it may pass nothing in either direction; 5 minutes, since some are kept for later.
    pub(super) idle: Duration,
    /// How often it is looked whether it may go on; 1 s.
    pub(super) look: Duration,
    /// The most it may pass, bytes; 1 GiB.
    pub(super) bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            idle: Duration::from_mins(5),
            look: Duration::from_secs(1),
            bytes: 1 << 30,
        }
    }
}

/// A connection that was made. Dropped before its end, it is recorded as abandoned.
pub(super) struct Tunnel {
    far: TcpStream,
    /// What came behind a proxy's answer.
    early: Vec<u8>,
    record: Counted,
}

/// What passed, and its line in the ledger.
struct Counted {
    outcome: Outcome,
    out: AtomicU64,
    back: AtomicU64,
}

impl Counted {
    fn passed(&self) -> u64 {
        self.out.load(Ordering::Relaxed).saturating_add(self.back.load(Ordering::Relaxed))
    }

    fn count(&mut self) {
        self.outcome.seen.bytes_out = *self.out.get_mut();
        self.outcome.seen.bytes_in = *self.back.get_mut();
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count();
    }
}

impl Door {
    /// Connects to where `passage` leads, which is spent.
    pub(super) async fn pass(&self, passage: Passage) -> Result<Tunnel, EgressError> {
        let program = EndpointId::from(passage.program());
        let relay = self.relay();
        let way = self.check_way_of(passage.region(), &program).and_then(|()| match relay {
            Some(relay) if relay.url().scheme() != "http" => Err(EgressError::NotPermitted {
                endpoint: program.clone(),
                rule: "proxy.https",
                detail: "programs are not connected through a proxy that is itself reached by https"
                    .to_owned(),
            }),
            Some(_) | None => Ok(()),
        });
        if let Err(error) = way {
            if let EgressError::NotPermitted { rule, .. } = &error {
                let to = passage.to().to_string();
                self.ledger.refused_program((passage.program(), passage.region()), &to, rule)?;
            }
            return Err(error);
        }
        let proxy = relay.map(|relay| redact::origin(relay.url()));
        let mut outcome = self.ledger.passing(&passage, proxy.as_deref())?;
        let (stage, limit) = ("a connection", self.options.connect);
        let connected = timeout(limit, self.connect(&passage, &program)).await;
        let late = |_| EgressError::Timeout { endpoint: program.clone(), stage, limit };
        match connected.map_err(late).flatten() {
            Ok((far, early)) => {
                outcome.seen.address = far.peer_addr().ok().map(|at| at.ip());
                let (out, back) = (AtomicU64::new(0), AtomicU64::new(0));
                Ok(Tunnel { far, early, record: Counted { outcome, out, back } })
            }
            Err(error) => Err(outcome.failed(error, None)),
        }
    }

    async fn connect(
        &self,
        passage: &Passage,
        program: &EndpointId,
    ) -> Result<(TcpStream, Vec<u8>), EgressError> {
        let unreachable = |detail: String| EgressError::Unreachable {
            endpoint: program.clone(),
            host: passage.to().to_string(),
            on_this_machine: false,
            detail,
        };
        let addresses = self.addresses(passage, self.relay()).await.map_err(|error| {
            match error.downcast_ref::<NotPublic>() {
                Some(NotPublic { host, address }) => EgressError::PrivateAddress {
                    endpoint: program.clone(),
                    host: host.clone(),
                    address: address.to_string(),
                },
                None => unreachable(error.to_string()),
            }
        })?;
        let mut failed = unreachable("its name leads to no address".to_owned());
        for address in addresses.into_iter().take(ADDRESSES) {
            match TcpStream::connect(address).await {
                Ok(mut far) => {
                    // What cannot be set is only slower.
                    far.set_nodelay(true).ok();
                    let early = match self.relay() {
                        Some(_) => through(&mut far, passage)
                            .await
                            .map_err(|error| unreachable(error.to_string()))?,
                        None => Vec::new(),
                    };
                    return Ok((far, early));
                }
                Err(error) => failed = unreachable(error.to_string()),
            }
        }
        Err(failed)
    }

    /// The addresses to connect to, all of them checked: those of the proxy, where there is one.
    async fn addresses(
        &self,
        passage: &Passage,
        relay: Option<&Relay>,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let (host, port) = match relay.map(Relay::url) {
            None => (Host::Domain(passage.to().host()), passage.to().port()),
            Some(url) => (url.host().ok_or("it has no host")?, url.port_or_known_default().unwrap_or(80)),
        };
        let name = match host {
            Host::Domain(name) => name,
            Host::Ipv4(ip) => return Ok(vec![(ip, port).into()]),
            Host::Ipv6(ip) => return Ok(vec![(ip, port).into()]),
        };
        let found = self.far.resolve(name.parse()?).await?;
        Ok(found.map(|at| SocketAddr::new(at.ip(), port)).collect())
    }
}

/// Has the proxy at `far` connect to where `passage` leads; what came behind its answer.
async fn through(far: &mut TcpStream, passage: &Passage) -> io::Result<Vec<u8>> {
    let to = passage.to();
    far.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).await?;
    let refused = || io::Error::other("the proxy does not connect to it");
    let Some((head, early)) = head(far).await? else { return Err(refused()) };
    let status = head.split(' ').nth(1).filter(|_| head.starts_with("HTTP/1.")).unwrap_or_default();
    if status.len() == 3 && status.starts_with('2') { Ok(early) } else { Err(refused()) }
}

/// What comes before the first empty line, and what came behind it; nothing where there is no such line, or no text.
pub(super) async fn head(stream: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let read = stream.read(&mut piece).await?;
        bytes.extend_from_slice(&piece[..read]);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let told = &bytes[..end.unwrap_or(bytes.len())];
        let is_text = told.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t'));
        if read == 0 || !is_text || told.len() > HEAD {
            return Ok(None);
        }
        if let Some(end) = end {
            let early = bytes.split_off(end + 4);
            return Ok(Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), early)));
        }
    }
}

impl Tunnel {
    /// Passes bytes between `near`, which sent `early` already, and the far end until both are done, a limit is met, or
    /// `stops` says that nothing may leave any more.
    pub(super) async fn carry(
        self,
        (mut near, early): (TcpStream, Vec<u8>),
        limits: Limits,
        program: &str,
        stops: impl Fn() -> Option<EgressError>,
    ) {
        let Self { mut far, early: answer, mut record } = self;
        let endpoint = || EndpointId::from(program);
        let ended = {
            let (mut near_reads, mut near_writes) = near.split();
            let (mut far_reads, mut far_writes) = far.split();
            let both = async {
                tokio::try_join!(
                    pump((&*early).chain(&mut near_reads), &mut far_writes, &record.out),
                    pump((&*answer).chain(&mut far_reads), &mut near_writes, &record.back),
                )
            };
            let watched = async {
                let (mut before, mut quiet) = (0, Duration::ZERO);
                loop {
                    tokio::time::sleep(limits.look).await;
                    if let Some(error) = stops() {
                        return error;
                    }
                    let now = record.passed();
                    quiet = if now == before { quiet + limits.look } else { Duration::ZERO };
                    before = now;
                    if quiet >= limits.idle {
                        return EgressError::Timeout {
                            endpoint: endpoint(),
                            stage: "anything to pass on",
                            limit: limits.idle,
                        };
                    }
                    if now > limits.bytes {
                        let what = "a connection";
                        return EgressError::TooLarge { endpoint: endpoint(), what, limit: limits.bytes };
                    }
                }
            };
            tokio::select! {
                biased;
                error = watched => Err(error),
                done = both => match done {
                    Ok(_) => Ok(()),
                    Err(error) => Err(EgressError::CutOff { endpoint: endpoint(), detail: error.to_string() }),
                },
            }
        };
        record.count();
        // A ledger that fails now has nothing left to prevent; the next connection finds it unwritable and stops.
        match ended {
            Ok(()) => drop(record.outcome.over()),
            Err(error) => drop(record.outcome.failed(error, None)),
        }
    }
}

/// Passes on all that `from` has, and then that it has no more.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    count: &AtomicU64,
) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            // It may be gone already.
            to.shutdown().await.ok();
            return Ok(());
        }
        to.write_all(&piece[..read]).await?;
        count.fetch_add(length_u64(read), Ordering::Relaxed);
    }
}
