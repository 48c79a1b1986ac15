//! A process that listens to its microphone and tells what it hears, so that faults can be done to its sound server.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{TryRecvError, channel},
};

use mynah::{
    session::clock::Clock,
    source::{Capture, Captured, DeviceNews, Microphone, MicrophoneOptions},
};

/// The variable that names the devices, one a line.
const DEVICES: &str = "LISTENER_DEVICES";

/// The variable that names the file for what is heard, 32-bit floats.
const HEARD: &str = "LISTENER_HEARD";

/// One line of the process: when, by its own clock, and what.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) ms: u64,
    pub(crate) words: String,
}

/// The process, seen from the test.
pub(crate) struct Listener {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Of the last line, by the process's clock.
    pub(crate) ms: u64,
    /// The longest call of `next`, ms.
    pub(crate) slowest: u64,
    /// Where the last frame ended.
    pub(crate) end: Option<u64>,
    /// Places where a frame did not begin where the one before it ended, and how much was missing.
    pub(crate) gaps: Vec<(u64, u64)>,
    pub(crate) news: Vec<String>,
}

impl Listener {
    /// Starts `command`, which must run the ignored test that calls [`listen`], with these devices.
    pub(crate) fn start(command: &mut Command, devices: &[&str], heard: Option<&std::path::Path>) -> Self {
        command.env(DEVICES, devices.join("\n"));
        if let Some(path) = heard {
            command.env(HEARD, path);
        }
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, ms: 0, slowest: 0, end: None, gaps: Vec::new(), news: Vec::new() }
    }

    /// Reads on until `wanted` is told, by the process's clock at most `within_ms` from the last line.
    pub(crate) fn until(&mut self, within_ms: u64, wanted: impl Fn(&str) -> bool) -> Told {
        let limit = self.ms + within_ms;
        loop {
            let told = self.line();
            if wanted(&told.words) {
                return told;
            }
            assert!(
                told.ms < limit,
                "not told within {within_ms} ms; last {:?}, news {:#?}",
                told,
                self.news
            );
        }
    }

    /// Reads on for `ms` of the process's clock.
    pub(crate) fn during(&mut self, ms: u64) -> Vec<Told> {
        let end = self.ms + ms;
        let mut told = Vec::new();
        while self.ms < end {
            told.push(self.line());
        }
        told
    }

    fn line(&mut self) -> Told {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                let mut rest = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
                panic!("the listener ended: {rest}");
            }
            let mut parts = line.trim_end().splitn(4, ' ');
            let (Some("mic"), Some(ms), Some(took), Some(words)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            self.ms = ms.parse().unwrap();
            self.slowest = self.slowest.max(took.parse().unwrap());
            if let Some(frame) = words.strip_prefix("frame ") {
                let at: u64 = frame.split(' ').next().unwrap().parse().unwrap();
                if let Some(end) = self.end.filter(|end| *end != at) {
                    assert!(at > end, "positions went back from {end} to {at}");
                    self.gaps.push((end, at - end));
                }
                self.end = Some(at + 256);
            } else if words != "nothing" {
                self.news.push(format!("{ms} {words}"));
            }
            return Told { ms: self.ms, words: words.to_owned() };
        }
    }

    /// Tells it to do something: "mute", "unmute", "stats", "sleep MS".
    pub(crate) fn tell(&mut self, order: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{order}").unwrap();
    }

    /// Ends it; what it wrote to standard error.
    pub(crate) fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let mut rest = Vec::new();
        self.lines.read_to_end(&mut rest).unwrap();
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(self.child.wait().unwrap().success(), "{stderr}");
        stderr
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process itself: tells every answer of the microphone until standard input ends.
#[expect(
    clippy::disallowed_methods,
    reason = "the test tells its child by variables, and by lines read beside"
)]
pub(crate) fn listen() {
    let devices = std::env::var(DEVICES).unwrap();
    let devices = devices.lines().map(str::to_owned).collect();
    let mut heard = std::env::var_os(HEARD).map(|path| std::fs::File::create(path).unwrap());
    let (order, orders) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            order.send(line.unwrap()).unwrap();
        }
    });
    let mut out = std::io::stdout().lock();
    let clock = Clock::new();
    let mut microphone = Microphone::open(MicrophoneOptions { devices });
    loop {
        match orders.try_recv() {
            Ok(line) if line == "stats" => {
                writeln!(out, "mic {} 0 {}", clock.elapsed_ms(), stats()).unwrap();
            }
            Ok(line) if line.starts_with("sleep ") => {
                std::thread::sleep(std::time::Duration::from_millis(line[6..].parse().unwrap()));
            }
            Ok(line) => microphone.mute(line == "mute"),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return,
        }
        let asked = clock.elapsed_ms();
        let captured = microphone.next();
        let now = clock.elapsed_ms();
        let words = match captured {
            Captured::Frame(frame) => {
                if let Some(heard) = &mut heard {
                    let bytes: Vec<u8> = frame.pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                    heard.write_all(&bytes).unwrap();
                }
                let peak = frame.pcm.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
                format!("frame {} {peak:.4}", frame.at.0)
            }
            Captured::Nothing => "nothing".to_owned(),
            Captured::News(DeviceNews::Ready { name, rate, because }) => {
                format!("ready {name} {rate} {}", because.unwrap_or_default())
            }
            Captured::News(DeviceNews::Lost(fault)) => format!("lost {} {}", fault.kind, fault.message),
            Captured::News(DeviceNews::Muted) => "muted".to_owned(),
            Captured::News(DeviceNews::Overrun { samples }) => format!("overrun {samples}"),
        };
        writeln!(out, "mic {now} {} {words}", now - asked).unwrap();
    }
}

/// Threads and processor time of this process so far.
fn stats() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim().trim_end_matches(" kB").to_owned()
    };
    let times = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let times: Vec<&str> = times.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| times.get(at).and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
    // Ticks are hundredths of a second on Linux.
    format!(
        "stats threads {} cpu_ms {} rss_kib {}",
        field("Threads:"),
        (ticks(11) + ticks(12)) * 10,
        field("VmRSS:")
    )
}
