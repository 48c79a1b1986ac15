//! Double: stands in for endpoints in tests, on this machine, under any name.
//!
//! Enters: the names it is to have, and what it answers. Leaves: a door whose every https name leads here, and what was
//! asked. Certificates are checked as ever, against an authority made for the test. Never here: anything that is built
//! into Mynah.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a test's server, beside the test")]

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, OnceLock},
    thread::{self, JoinHandle},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use serde_json::Value;

use super::{Door, DoorOptions, Resolver, client};
use crate::egress::Ledger;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What an Ollama server says of a model that it computes itself; asked before the model is.
const LOCAL_MODEL: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\nConnection: close\r\n\r\n{\"capabilities\":[\"tools\"]}\n";

type Answers = dyn FnMut(&Asked) -> Vec<u8> + Send;

/// The server; dropped, it stops.
pub(crate) struct Double {
    at: SocketAddr,
    authority: reqwest::Certificate,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<OnceLock<()>>,
    /// The connection being served.
    now: Arc<Mutex<Option<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl Double {
    /// A server by `names`, and without TLS too, that answers each request with what `answers` makes of it.
    pub(crate) fn start(names: &[String], mut answers: Box<Answers>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (config, authority) = certified(names);
        let (asked, stop) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<OnceLock<()>>::default());
        let now = Arc::<Mutex<Option<TcpStream>>>::default();
        let thread = thread::spawn({
            let (asked, stop, now) = (Arc::clone(&asked), Arc::clone(&stop), Arc::clone(&now));
            move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else { continue };
                    *now.lock().unwrap() = stream.try_clone().ok();
                    if stop.get().is_some() {
                        return;
                    }
                    // A handshake begins with 22.
                    let mut first = [0];
                    if stream.peek(&mut first).is_err() {
                        continue;
                    }
                    let mut answer = |request: Asked| {
                        if request.target == "/api/show" {
                            return LOCAL_MODEL.to_vec();
                        }
                        let bytes = answers(&request);
                        asked.lock().unwrap().push(request);
                        bytes
                    };
                    if first == [22] {
                        let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                        let mut stream = StreamOwned::new(tls, stream);
                        serve(&mut stream, &mut answer);
                        stream.conn.send_close_notify();
                        let _ = stream.flush();
                        linger(&stream.sock);
                    } else {
                        let mut stream = stream;
                        serve(&mut stream, &mut answer);
                        linger(&stream);
                    }
                }
            }
        });
        Self { at, authority, asked, stop, now, thread: Some(thread) }
    }

    /// Its address without TLS.
    pub(crate) fn plain(&self) -> SocketAddr {
        self.at
    }

    /// What was asked since the last look.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// A door as any other, but that every public name leads here.
    pub(crate) fn door(&self, options: DoorOptions, ledger: Ledger) -> Door {
        let door = Door::new(options, ledger).unwrap();
        let tls = client(&door.options, Resolver::public())
            .dns_resolver(Here(self.at))
            .tls_certs_only([self.authority.clone()])
            .https_only(true);
        door.tls.set(tls.build().unwrap()).unwrap();
        door
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.stop.set(()).unwrap();
        // The client's end may wait for this very thread, so it is not waited for.
        if let Some(stream) = self.now.lock().unwrap().take() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let _ = TcpStream::connect(self.at); // wakes the listener
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Here(SocketAddr);

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let here = self.0;
        Box::pin(async move { Ok(Box::new([here].into_iter()) as Addrs) })
    }
}

fn certified(names: &[String]) -> (Arc<ServerConfig>, reqwest::Certificate) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    (Arc::new(config), reqwest::Certificate::from_der(authority.der()).unwrap())
}

fn serve(stream: &mut (impl Read + Write), answer: &mut dyn FnMut(Asked) -> Vec<u8>) {
    let Some(request) = read(stream) else { return };
    // In pieces, as it comes from afar.
    for piece in answer(request).chunks(37) {
        if stream.write_all(piece).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

/// A close with unread input would reset the connection and lose what was sent.
fn linger(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read(&mut [0; 64]);
}

fn read(stream: &mut impl Read) -> Option<Asked> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let first = lines.next()?;
            let asked = first.strip_prefix("POST ").or_else(|| first.strip_prefix("GET "))?;
            let target = asked.split(' ').next()?.to_owned();
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            if first.starts_with("GET ") {
                return Some(Asked { target, headers, body: Value::Null });
            }
            let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
            if body.len() >= length {
                return Some(Asked { target, headers, body: serde_json::from_str(body).ok()? });
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
        }
    }
}
