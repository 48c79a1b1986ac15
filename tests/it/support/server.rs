//! A scripted HTTP server on a loopback port of its own.
//!
//! Each connection follows the next script: read a request, send bytes, wait for a signal, hang until the client hangs
//! up. After the last script, connections are counted and closed. Nothing sleeps.
#![expect(clippy::disallowed_types, reason = "tests need a real server at the other end of the door")]

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender},
    },
    thread::JoinHandle,
};

/// One act of the server on a connection. A script that ends closes it.
pub(crate) enum Step {
    /// Read one request, head and body.
    Request,
    /// Go on with what this says to the last request.
    Answer(Answering),
    /// Send these bytes as they are.
    Send(Vec<u8>),
    /// Send these bytes again and again until the client hangs up.
    Repeat(Vec<u8>),
    /// Tell somebody that the script came this far.
    Tell(Sender<()>),
    /// Wait until somebody sends, or drops the sender.
    Wait(Receiver<()>),
    /// Keep the connection open until the client hangs up.
    Hang,
}

/// What is said to a request, given as text.
pub(crate) type Answering = Arc<Mutex<dyn FnMut(&str) -> Vec<Step> + Send>>;

/// What a connection's client sent: one text a request.
type Seen = Arc<Mutex<Vec<Vec<String>>>>;

/// The connection being served, and whether to serve no more.
#[derive(Default)]
struct Now {
    connection: Option<TcpStream>,
    stop: bool,
}

/// The server; dropped, it hangs up and stops.
pub(crate) struct Server {
    at: SocketAddr,
    seen: Seen,
    now: Arc<Mutex<Now>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that plays `scripts`, one a connection.
    pub(crate) fn start(scripts: Vec<Vec<Step>>) -> Self {
        Self::playing(scripts.into_iter())
    }

    /// A server that reads one request a connection and goes on with what `answer` says to it.
    pub(crate) fn replying(answer: impl FnMut(&str) -> Vec<Step> + Send + 'static) -> Self {
        let answer: Answering = Arc::new(Mutex::new(answer));
        Self::playing(std::iter::repeat_with(move || vec![Step::Request, Step::Answer(answer.clone())]))
    }

    #[expect(clippy::disallowed_methods, reason = "the server runs beside the test")]
    fn playing(mut scripts: impl Iterator<Item = Vec<Step>> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (seen, now) = (Seen::default(), Arc::<Mutex<Now>>::default());
        let thread = std::thread::spawn({
            let (seen, now) = (Arc::clone(&seen), Arc::clone(&now));
            move || {
                for connection in listener.incoming() {
                    let Ok(connection) = connection else { continue };
                    let mut now = now.lock().unwrap();
                    if now.stop {
                        break;
                    }
                    now.connection = connection.try_clone().ok();
                    drop(now);
                    seen.lock().unwrap().push(Vec::new());
                    play(connection, scripts.next().unwrap_or_default(), &seen);
                }
            }
        });
        Self { at, seen, now, thread: Some(thread) }
    }

    /// A server that reads one request a connection and answers with these bytes, in turn.
    pub(crate) fn answering(answers: Vec<Vec<u8>>) -> Self {
        Self::start(answers.into_iter().map(|bytes| vec![Step::Request, Step::Send(bytes)]).collect())
    }

    /// Its base URL, without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Every request so far, head and body as text.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().concat()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut now = self.now.lock().unwrap();
        now.stop = true;
        // The client's end may be waiting for this very thread, so it is not waited for.
        if let Some(connection) = now.connection.take() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        drop(now);
        let _ = TcpStream::connect(self.at); // wakes the listener
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A whole response with its length.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

/// The head of an event stream that lasts until the connection closes.
pub(crate) fn event_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".to_vec()
}

/// A whole event stream of these payloads and the closing mark.
pub(crate) fn events(payloads: &[&str]) -> Vec<u8> {
    let body = payloads.iter().chain(&["[DONE]"]).map(|payload| format!("data: {payload}\n\n"));
    [event_head(), body.collect::<String>().into_bytes()].concat()
}

fn play(mut connection: TcpStream, script: Vec<Step>, seen: &Seen) {
    let mut script = VecDeque::from(script);
    while let Some(step) = script.pop_front() {
        let went_on = match step {
            Step::Request => read_request(&mut connection).is_some_and(|request| {
                seen.lock().unwrap().last_mut().unwrap().push(request);
                true
            }),
            Step::Answer(answer) => {
                let request = seen.lock().unwrap().last().unwrap().last().unwrap().clone();
                script.extend(answer.lock().unwrap()(&request));
                true
            }
            Step::Send(bytes) => connection.write_all(&bytes).is_ok(),
            Step::Repeat(bytes) => {
                while connection.write_all(&bytes).is_ok() {}
                false
            }
            Step::Tell(somebody) => somebody.send(()).is_ok(),
            Step::Wait(signal) => {
                let _ = signal.recv();
                true
            }
            Step::Hang => {
                let _ = connection.read(&mut [0]);
                false
            }
        };
        if !went_on {
            return;
        }
    }
    // A close with unread input would reset the connection and lose what was sent.
    let _ = connection.shutdown(Shutdown::Write);
    let _ = connection.read(&mut [0; 64]);
}

fn read_request(connection: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match connection.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
        }
    }
}
