//! A running `mynah run` and everything around it: its home, its sound server, its events, its loudspeaker.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{
    binary::{Home, Ran, ran},
    pulse::{HZ, Pulse, microphone},
};

/// Far beyond what any step takes on a machine that runs all tests at once.
pub(super) const SOON: Duration = Duration::from_secs(60);

/// Louder than this is sound: -40 dBFS.
const LOUD: f32 = 0.01;

/// A loudspeaker without sound for so long is silent: the pauses within a sentence are shorter.
const HUSHED: Duration = Duration::from_millis(700);

#[expect(clippy::disallowed_methods, reason = "the test times the program from outside")]
pub(super) fn now() -> Instant {
    Instant::now()
}

fn program(name: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the program under test, and what records it")]
    Command::new(name)
}

fn beside(work: impl FnOnce() + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "the test reads what a process writes while it runs")]
    std::thread::spawn(work);
}

/// Waits until `holds`.
#[track_caller]
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = now();
    while !holds() {
        assert!(began.elapsed() < SOON, "not within {} s: {what}", SOON.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where a daemon runs.
pub(super) struct Rig {
    pub(super) home: Home,
    pub(super) pulse: Pulse,
    display: Option<String>,
}

impl Rig {
    /// A room with the microphone "mic", and these settings.
    pub(super) fn new(settings: &str) -> Self {
        Self::with(settings, &[microphone("mic", "Mic", 48_000, 1), "set-default-source mic".to_owned()])
    }

    /// A room without a microphone.
    pub(super) fn deaf(settings: &str) -> Self {
        Self::with(settings, &[])
    }

    fn with(settings: &str, lines: &[String]) -> Self {
        let home = Home::new();
        home.settings(settings);
        Self { home, pulse: Pulse::start_with(lines), display: None }
    }

    /// With an X server.
    pub(super) fn on_display(mut self, display: String) -> Self {
        self.display = Some(display);
        self
    }

    /// The binary with `arguments`, not yet started.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(env!("CARGO_BIN_EXE_mynah"));
        command.args(arguments).env_clear().envs(self.home.environment()).envs(self.environment());
        command
    }

    /// Runs the binary with `arguments` to its end.
    pub(super) fn mynah(&self, arguments: &[&str]) -> Ran {
        let mut command = self.home.mynah(arguments);
        ran(command.envs(self.environment()))
    }

    fn environment(&self) -> Vec<(String, PathBuf)> {
        let mut probe = program("true");
        self.pulse.env(&mut probe);
        let set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
            Some((name.to_str()?.to_owned(), PathBuf::from(value?)))
        };
        let mut all: Vec<_> = probe.get_envs().filter_map(set).collect();
        all.extend(self.display.clone().map(|display| ("DISPLAY".to_owned(), display.into())));
        all
    }

    /// `words` in a voice of flite's, as a file.
    pub(super) fn said(&self, voice: &str, words: &str) -> PathBuf {
        let path = self.home.path(&format!("{voice} {words}.wav").replace(['?', '/'], ""));
        let made = self
            .home
            .program("flite", &["-voice", voice, "-t", words, "-o", path.to_str().unwrap()])
            .output();
        assert!(made.unwrap().status.success(), "flite");
        path
    }

    /// Speaks the recording `sound` into the microphone, to its end.
    pub(super) fn speak(&self, sound: impl AsRef<Path>) {
        assert!(self.pulse.play("mic_in", sound.as_ref()).wait().unwrap().success(), "paplay");
    }
}

/// What was told: when it came, and the line.
type Log = Arc<(Mutex<Vec<(Instant, Value)>>, Condvar)>;

/// A daemon that runs.
pub(super) struct Daemon {
    pub(super) rig: Rig,
    child: Child,
    events: Child,
    log: Log,
    /// Events before this one were looked at.
    next: usize,
}

impl Daemon {
    /// Starts one in `rig`, and waits until it tells events.
    pub(super) fn start(rig: Rig) -> Self {
        let out = fs::File::create(rig.home.path("run.out")).unwrap();
        let err = fs::File::create(rig.home.path("run.err")).unwrap();
        let mut command = rig.command(&["run"]);
        // Everything that can be logged, is.
        let command = command.env("MYNAH_LOG", "trace").stdin(Stdio::null()).stdout(out).stderr(err);
        let mut child = command.spawn().unwrap();
        let log = Log::default();
        let began = now();
        let events = loop {
            match follow(&rig, &log) {
                Some(events) => break events,
                None => assert!(
                    began.elapsed() < SOON && child.try_wait().unwrap().is_none(),
                    "it does not run: {:?}",
                    fs::read_to_string(rig.home.path("run.err"))
                ),
            }
        };
        Self { rig, child, events, log, next: 0 }
    }

    /// Starts one and waits until it waits for the wake phrase.
    pub(super) fn asleep(rig: Rig) -> Self {
        let daemon = Self::start(rig);
        daemon.until_it_is("asleep");
        daemon
    }

    /// The first event that `wanted` takes, from the last one that was found on.
    #[track_caller]
    pub(super) fn find(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.passed(what, wanted).pop().unwrap()
    }

    /// The same with the events before it.
    #[track_caller]
    pub(super) fn passed(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let (began, from) = (now(), self.next);
        let (lines, told) = &*self.log;
        let mut lines = lines.lock().unwrap();
        loop {
            while let Some((_, event)) = lines.get(self.next) {
                self.next += 1;
                if wanted(event) {
                    return lines[from..self.next].iter().map(|(_, event)| event.clone()).collect();
                }
            }
            let seen: Vec<_> = lines[from..].iter().map(|(_, event)| event.to_string()).collect();
            assert!(began.elapsed() < SOON, "{what} was not told, but {seen:#?}");
            lines = told.wait_timeout(lines, Duration::from_secs(1)).unwrap().0;
        }
    }

    /// The next event named `name`.
    #[track_caller]
    pub(super) fn event(&mut self, name: &str) -> Value {
        self.find(name, |event| event["event"] == name)
    }

    /// The next turn's report.
    #[track_caller]
    pub(super) fn turn(&mut self) -> Value {
        self.event("turn")["report"].clone()
    }

    /// The next change to `state`.
    #[track_caller]
    pub(super) fn becomes(&mut self, state: &str) {
        self.find(state, |event| event["state"] == state);
    }

    /// Speaks `sound`, and waits until the utterance is over.
    #[track_caller]
    pub(super) fn utter(&mut self, sound: impl AsRef<Path>) {
        self.rig.speak(sound);
        self.find("an utterance", |event| event["speech"] == true);
        self.find("its end", |event| event["speech"] == false);
    }

    /// All that was told so far.
    pub(super) fn told(&self) -> Vec<Value> {
        self.log.0.lock().unwrap().iter().map(|(_, event)| event.clone()).collect()
    }

    /// `mynah status`.
    pub(super) fn status(&self) -> Value {
        let ran = self.rig.mynah(&["status", "--json"]);
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))["status"].clone()
    }

    /// Waits for a state that may be there already.
    #[track_caller]
    pub(super) fn until_it_is(&self, state: &str) {
        eventually(state, || self.status()["state"] == state);
    }

    /// Gives the command to the daemon; it must be obeyed.
    #[track_caller]
    pub(super) fn tell(&self, arguments: &[&str]) {
        let ran = self.rig.mynah(arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    /// Starts a command that takes its time.
    pub(super) fn begin(&self, arguments: &[&str]) -> Child {
        let mut command = self.rig.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Sends the signal `name` to it.
    pub(super) fn signal(&self, name: &str) {
        let status = program("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end: how long that took, the exit code, what it wrote.
    pub(super) fn ended(mut self) -> (Duration, Ran) {
        let began = now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < SOON, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let took = began.elapsed();
        let read = |name: &str| fs::read_to_string(self.rig.home.path(name)).unwrap();
        let code = self.child.wait().unwrap().code();
        (took, Ran { code, stdout: read("run.out"), stderr: read("run.err") })
    }

    /// Ends it, and requires that it ends well and that none of `words` was written anywhere but on the control socket.
    #[track_caller]
    pub(super) fn ends_without(self, words: &[&str]) -> Ran {
        self.tell(&["quit"]);
        let (_, ran) = self.ended();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let written = format!("{}\n{}", ran.stdout, ran.stderr).to_lowercase();
        for word in words {
            let line = written.lines().find(|line| line.contains(&word.to_lowercase()));
            assert!(line.is_none(), "{word:?} is in {line:?}");
        }
        ran
    }

    /// What the loudspeaker plays from now on.
    pub(super) fn loudspeaker(&self) -> Loudspeaker {
        Loudspeaker::hear(&self.rig.pulse)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        for child in [&mut self.child, &mut self.events] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Follows the events of the daemon in `rig`, once it tells some; `None` when there is none yet.
fn follow(rig: &Rig, log: &Log) -> Option<Child> {
    let mut command = rig.command(&["events", "--json", "--levels"]);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut events = command.spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        events.wait().unwrap();
        return None;
    };
    let log = Arc::clone(log);
    beside(move || {
        let mut speech = None;
        for line in [Ok(first)].into_iter().chain(lines).map_while(Result::ok) {
            let event: Value = serde_json::from_str(&line).unwrap();
            // Ten a second would hide everything else; only where speech begins and ends is of use.
            if event["event"] == "level"
                && speech.replace(event["speech"].clone()) == Some(event["speech"].clone())
            {
                continue;
            }
            log.0.lock().unwrap().push((now(), event));
            log.1.notify_all();
        }
    });
    Some(events)
}

/// What is heard at the loudspeaker, as it comes.
pub(super) struct Loudspeaker {
    recorder: Child,
    /// The times at which there was sound, in the order heard; the last entry is when anything came at all.
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

#[derive(Default)]
struct Heard {
    loud: Vec<Instant>,
    last: Option<Instant>,
}

impl Loudspeaker {
    fn hear(pulse: &Pulse) -> Self {
        let mut command = program("parec");
        let rate = format!("--rate={HZ}");
        command.args([
            "-d",
            "spk.monitor",
            "--latency-msec=10",
            "--raw",
            "--format=float32le",
            "--channels=1",
            &rate,
        ]);
        let command = pulse.env(&mut command).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = command.spawn().expect("parec is missing: install the package pulseaudio-utils");
        let mut sound = recorder.stdout.take().unwrap();
        let heard = Arc::<(Mutex<Heard>, Condvar)>::default();
        beside({
            let heard = Arc::clone(&heard);
            move || {
                // 10 ms.
                let mut block = vec![0; HZ / 100 * 4];
                while sound.read_exact(&mut block).is_ok() {
                    let loud =
                        block.as_chunks::<4>().0.iter().any(|four| f32::from_le_bytes(*four).abs() > LOUD);
                    let mut heard_now = heard.0.lock().unwrap();
                    let at = now();
                    heard_now.last = Some(at);
                    if loud {
                        heard_now.loud.push(at);
                    }
                    heard.1.notify_all();
                }
            }
        });
        let mut loudspeaker = Self { recorder, heard };
        loudspeaker.until("the recorder", |heard| heard.last);
        loudspeaker
    }

    #[track_caller]
    fn until<T>(&mut self, what: &str, mut holds: impl FnMut(&Heard) -> Option<T>) -> T {
        let began = now();
        let mut heard = self.heard.0.lock().unwrap();
        loop {
            if let Some(found) = holds(&heard) {
                return found;
            }
            assert!(began.elapsed() < SOON, "{what}: not within {} s", SOON.as_secs());
            heard = self.heard.1.wait_timeout(heard, Duration::from_secs(1)).unwrap().0;
        }
    }

    /// Waits for sound after `since`, and gives when it was heard.
    #[track_caller]
    pub(super) fn sound_after(&mut self, since: Instant) -> Instant {
        self.until("no sound", |heard| heard.loud.iter().copied().find(|at| *at > since))
    }

    /// Waits until nothing was heard for a while, and gives when the last sound was.
    #[track_caller]
    pub(super) fn falls_silent(&mut self) -> Instant {
        self.until("no silence", |heard| {
            let (last, now) = (*heard.loud.last()?, heard.last?);
            (now.saturating_duration_since(last) > HUSHED).then_some(last)
        })
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
    }
}

/// The one turn of the recording `sound`, heard as a file.
pub(super) fn ask_file(rig: &Rig, sound: &str) -> Value {
    rig.home.ask(&["--wake", "--audio", sound]).turn()
}

/// Some 25 s of speech, without a word that could be taken for a command.
pub(super) const LONG: &str = "The river ran slowly past the old mill and the quiet gardens behind it. In the morning a \
    grey heron stood on the far bank and looked at the water for a long while. Later the children came down with their \
    boats, and the miller sat on the wall and told them about the winter when everything was frozen. They listened and \
    ate apples. In the evening the lamps were lit along the bridge, and the boats were carried home again.";
