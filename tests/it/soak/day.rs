//! A day: what is said and done, what fails, and what has to come of it.

use std::{pin::Pin, time::Duration};

use futures_util::{Stream, stream};
use mynah::{
    report::{Presence, TurnReport},
    session::{self, Answer, Command, Request, clock::Clock},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    parts::{Sounds, parts},
    sim::{Dice, Mood, Sim},
};

/// Longer nothing may last once all is well, ms: a long answer and the time for a follow-up.
const REST: u64 = 90_000;

/// What others say.
const TALK: [&str; 4] = [
    "lovely weather today is it not",
    "and then she told him to stop it",
    "what time is it over there then",
    "the computer was hey quite slow again",
];

type Replied = oneshot::Receiver<Result<Answer, mynah::flow::Fault>>;

/// Lives one day of `hours` at most, and for `patience` at most; gives the hours lived.
pub(super) fn live(seed: u64, hours: f64, patience: Duration, real: bool) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sim = Sim::new();
    let (requests, inbox) = mpsc::channel(16);
    let (end, ended) = oneshot::channel();
    let mut parts = parts(seed, &sim, inbox, real);
    parts.interrupted = interrupted(ended);
    let day = Day {
        sim: sim.clone(),
        dice: Dice(seed),
        requests,
        replies: Vec::new(),
        asked: 0,
        sounds: Sounds::load(),
        real,
    };
    let script = {
        let sim = sim.clone();
        #[expect(clippy::disallowed_methods, reason = "the day's script, beside the session")]
        std::thread::spawn(move || {
            let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| day.live(hours, patience)));
            let ending = Clock::new();
            end.send(()).ok();
            (lived, ending, sim)
        })
    };
    let reports = sim.clone();
    let mut tell = move |turn: &TurnReport| {
        reports.tell(|inner| inner.reports.push(turn.clone()));
        true
    };
    let ended = runtime.block_on(session::run(parts, &mut tell)).unwrap();
    sim.tell(|inner| inner.over = true);
    let (lived, ending, _) = script.join().unwrap();
    let took = ending.elapsed_ms();
    runtime.shutdown_background();
    match lived {
        Ok(lived) => {
            assert!(ended.in_time && took < 6_000, "seed {seed}: ended after {took} ms\n{}", sim.told());
            lived
        }
        Err(cause) => {
            let cause = cause.downcast_ref::<String>().cloned().unwrap_or_else(|| "no text".into());
            panic!("seed {seed}: {cause}\n{}", sim.told());
        }
    }
}

fn interrupted(ended: oneshot::Receiver<()>) -> Pin<Box<dyn Stream<Item = ()> + Send>> {
    let once = stream::once(async move { ended.await.unwrap_or_default() });
    Box::pin(futures_util::StreamExt::chain(once, stream::pending()))
}

struct Day {
    sim: Sim,
    dice: Dice,
    requests: mpsc::Sender<Request>,
    replies: Vec<(String, Replied)>,
    asked: u64,
    sounds: Sounds,
    real: bool,
}

impl Day {
    /// Gives the hours lived.
    fn live(mut self, hours: f64, patience: Duration) -> f64 {
        let clock = Clock::new();
        self.wait(3_000);
        self.works();
        // What others say now would follow the answer up.
        self.calm();
        let day = std::time::Duration::from_secs_f64(hours * 3_600.0).as_millis();
        while u128::from(self.sim.now_ms()) < day
            && clock.elapsed_ms() < u64::try_from(patience.as_millis()).unwrap()
        {
            match self.dice.below(if self.real { 3 } else { 10 }) {
                0 => self.talk(),
                1 => self.works(),
                2 => self.called_first(),
                3 => self.follow_up(),
                4 => self.question(),
                5 => self.interrupts(),
                6 => self.keyed(),
                7 => self.asks(),
                8 => self.fault(),
                _ => self.chaos(),
            }
            self.calm();
        }
        // The end may come at any point.
        for _ in 0..self.dice.below(6) {
            self.anything();
        }
        f64::from(u32::try_from(self.sim.now_ms() / 1_000).unwrap()) / 3_600.0
    }

    fn wait(&self, ms: u64) {
        assert!(self.sim.run(ms), "time stands still");
    }

    /// Says `words` in some voice, and waits until they are said.
    fn say(&mut self, words: &str) {
        let voice = usize::try_from(self.dice.below(4)).unwrap();
        let words_long = words.split(' ').count();
        // Long enough for its words, and no pause is long enough to end it.
        let mut pcm = self.sounds.voices[voice].clone();
        if words_long > 5 {
            pcm.extend(self.sounds.voices[(voice + 1) % 4].clone());
        }
        let takes = self.sim.say(&pcm, words);
        self.wait(takes);
    }

    fn request(&mut self, command: Command) {
        let name = format!("{command:?}");
        let (reply, replied) = oneshot::channel();
        self.sim.note(&format!("asked: {name}"));
        self.requests.blocking_send(Request { command, reply }).unwrap();
        self.replies.push((name, replied));
    }

    /// A sum that was not asked before, and its answer.
    fn sum(&mut self) -> (String, String) {
        self.asked += 1;
        let (a, b) = (2 + self.asked % 89, 3 + self.asked % 97);
        (format!("what is {a} times {b}"), (a * b).to_string())
    }

    /// Reports of turns in which `words` were heard.
    fn answers(&self, words: &str) -> Vec<TurnReport> {
        let inner = self.sim.lock();
        inner.reports.iter().filter(|turn| turn.transcript.text.as_str().contains(words)).cloned().collect()
    }

    /// A tenth of a second passes, once more after `waited` of them. What takes long may be a thread that has not had its
    /// turn on a busy machine, while seconds of the day pass in a moment: it gets a moment too.
    fn wait_on(&self, waited: u64) {
        self.wait(100);
        if waited > 30 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn rests(&self, presence: Presence, ms: u64) {
        for waited in 0..ms / 100 {
            if self.sim.lock().presence == presence {
                return;
            }
            self.wait_on(waited);
        }
        let stands = self.sim.lock().presence;
        panic!("{stands:?} after {ms} ms, not {presence:?}");
    }

    /// `command` was answered with `reply`, once.
    fn answered(&self, command: &str, reply: &str) {
        for waited in 0..150 {
            if !self.answers(command).is_empty() {
                break;
            }
            self.wait_on(waited);
        }
        let turns = self.answers(command);
        assert_eq!(turns.len(), 1, "answers to {command:?}");
        let text = turns[0].reply.text.as_str().replace(',', "");
        assert!(text.contains(reply) && turns[0].error.is_none(), "{:?}", turns[0]);
    }

    /// The plain case, which has to work whatever was before.
    fn works(&mut self) {
        if self.real {
            let pcm = self.sounds.call.clone();
            let before = self.sim.lock().reports.len();
            let takes = self.sim.say(&pcm, "hey computer what time is it");
            self.wait(takes);
            for _ in 0..100 {
                if self.sim.lock().reports.len() > before {
                    break;
                }
                self.wait(100);
            }
            let inner = self.sim.lock();
            assert_eq!(inner.reports.len(), before + 1, "the call was not answered once");
            let turn = inner.reports.last().unwrap();
            assert_eq!(turn.intent.as_ref().map(|it| it.name.as_str()), Some("clock.time"), "{turn:?}");
            return;
        }
        let (sum, product) = self.sum();
        self.say(&format!("hey computer {sum}"));
        self.answered(&sum, &product);
    }

    /// What others say is nobody's.
    fn talk(&mut self) {
        let before = self.sim.lock().reports.len();
        for _ in 0..=self.dice.below(4) {
            let which = usize::try_from(self.dice.below(4)).unwrap();
            self.say(TALK[which]);
            let silence = self.dice.below(3_000);
            self.wait(silence);
        }
        self.wait(2_000);
        assert_eq!(self.sim.lock().reports.len(), before, "answered what nobody asked");
    }

    fn called_first(&mut self) {
        if self.real {
            return self.works();
        }
        let call = self.sounds.call.clone();
        let takes = self.sim.say(&call[..call.len() / 2], "hey computer");
        let silence = 1_500 + self.dice.below(3_000);
        self.wait(takes + silence);
        let (sum, product) = self.sum();
        self.say(&sum);
        self.answered(&sum, &product);
    }

    fn follow_up(&mut self) {
        self.works();
        self.rests(Presence::Listening, 20_000);
        let (sum, product) = self.sum();
        self.say(&sum);
        self.answered(&sum, &product);
    }

    fn moods(&mut self) -> Mood {
        match self.dice.below(4) {
            0 => Mood::Well,
            1 => Mood::Fails,
            2 => Mood::Slow(500 + self.dice.below(20_000)),
            _ => Mood::Hostile,
        }
    }

    fn question(&mut self) {
        let mood = self.moods();
        self.sim.note(&format!("the model: {mood:?}"));
        self.sim.tell(|inner| inner.ask = mood);
        self.asked += 1;
        let words = format!("why do {} rivers run so slowly", self.asked);
        self.say(&format!("hey computer {words}"));
        for waited in 0..400 {
            if !self.answers(&words).is_empty() {
                break;
            }
            self.wait_on(waited);
        }
        let turns = self.answers(&words);
        assert_eq!(turns.len(), 1, "answers to {words:?}");
        let failed = matches!(mood, Mood::Fails | Mood::Hostile);
        assert_eq!(turns[0].error.is_some(), failed, "{mood:?}: {:?}", turns[0]);
        assert!(!turns[0].reply.text.is_blank(), "nothing was said: {:?}", turns[0]);
    }

    /// A long reply is cut off, by a stop word, a call, or a program.
    fn interrupts(&mut self) {
        self.asked += 1;
        let words = format!("tell me why {} hills are so high", self.asked);
        self.say(&format!("hey computer {words}"));
        self.rests(Presence::Speaking, 20_000);
        self.wait(300);
        match self.dice.below(3) {
            0 => {
                let pcm = self.sounds.call.clone();
                let takes = self.sim.say(&pcm[..pcm.len() / 2], "stop");
                self.wait(takes + 2_000);
            }
            1 => self.works(),
            _ => self.request(Command::Stop),
        }
        self.wait(500);
        assert_eq!(self.answers(&words).len(), 1, "{words:?} was cut off");
    }

    fn keyed(&mut self) {
        let (sum, product) = self.sum();
        self.request(Command::Press);
        let before = self.dice.below(500);
        self.wait(100 + before);
        self.say(&sum);
        self.request(Command::Release);
        self.answered(&sum, &product);
    }

    fn asks(&mut self) {
        let (sum, product) = self.sum();
        self.request(Command::Ask(sum.clone().into()));
        self.request(Command::Say("Dinner is ready.".into()));
        self.request(Command::Ask("hey computer".into()));
        self.answered(&sum, &product);
    }

    /// One thing fails while somebody calls; whatever comes of that, it comes once.
    fn fault(&mut self) {
        let mood = self.moods();
        let what = self.dice.below(9);
        self.sim.note(&format!("fault {what} {mood:?}"));
        match what {
            0 => self.sim.tell(|inner| inner.reader = mood),
            1 => self.sim.tell(|inner| inner.voice = mood),
            2 => self.sim.tell(|inner| inner.sink = mood),
            3 => self.sim.lose(),
            4 => self.sim.overrun(1 + mood_ms(mood) / 16),
            5 => self.request(Command::Mute),
            _ => {}
        }
        let (sum, _) = self.sum();
        match what {
            6 | 7 => {
                let (first, rest) = sum.split_once(" times").unwrap();
                self.say(&format!("hey computer {first}"));
                if what == 6 {
                    self.sim.lose()
                } else {
                    self.request(Command::Mute)
                }
                self.wait(200);
                let rest = format!("times{rest}");
                self.say(&rest);
            }
            8 => {
                // The key in front of a closed ear.
                self.request(Command::Mute);
                self.wait(300);
                self.request(Command::Press);
                self.request(Command::Say("Dinner is ready.".into()));
            }
            _ => self.say(&format!("hey computer {sum}")),
        }
        let after = self.dice.below(25_000);
        self.wait(after);
        let answered = matches!(what, 1 | 2) && after > 6_000;
        for waited in 0..150 {
            if !answered || !self.answers(&sum).is_empty() {
                break;
            }
            self.wait_on(waited);
        }
        let turns = self.answers(&sum);
        assert!(turns.len() <= 1, "{} answers to {sum:?}", turns.len());
        assert!(!answered || turns.len() == 1, "the words are answered without a voice");
    }

    /// Anything at any time.
    fn chaos(&mut self) {
        for _ in 0..10 + self.dice.below(60) {
            self.anything();
        }
    }

    fn anything(&mut self) {
        let mood = self.moods();
        match self.dice.below(26) {
            0 => self.sim.tell(|inner| inner.reader = mood),
            1 => self.sim.tell(|inner| inner.voice = mood),
            2 => self.sim.tell(|inner| inner.sink = mood),
            3 => self.sim.tell(|inner| inner.ask = mood),
            4 => self.sim.lose(),
            5 => self.sim.ready(),
            6 => self.sim.overrun(1 + mood_ms(mood) / 16),
            7 => self.request(Command::Mute),
            8 => self.request(Command::Unmute),
            9 => self.request(Command::Press),
            10 => self.request(Command::Release),
            11 => self.request(Command::Toggle),
            12 => self.request(Command::Stop),
            13 => self.request(Command::Status),
            14 => self.request(Command::Say("Dinner is ready.".into())),
            15 => self.request(Command::Ask("what time is it".into())),
            16 => self.request(Command::Ask("why do birds sing".into())),
            17 => (0..100).for_each(|_| self.request(Command::Toggle)),
            18 | 19 => {
                let (sum, _) = self.sum();
                self.say(&format!("hey computer {sum}"));
            }
            20 => self.say("hey computer why is the sky blue"),
            21 => self.say("stop"),
            22 | 23 => {
                let which = usize::try_from(self.dice.below(4)).unwrap();
                self.say(TALK[which]);
            }
            _ => {
                let ms = 1 + self.dice.below(5_000);
                self.wait(ms);
            }
        }
    }

    /// All is well again: everybody was answered, nothing lasts, and the next command works.
    fn calm(&mut self) {
        self.sim.note("all is well again");
        self.sim.tell(|inner| {
            (inner.reader, inner.voice) = (Mood::Well, Mood::Well);
            (inner.sink, inner.ask) = (Mood::Well, Mood::Well);
        });
        self.sim.ready();
        self.request(Command::Unmute);
        self.request(Command::Release);
        self.wait(500);
        self.rests(Presence::Asleep, REST);
        // What waited may have begun only now.
        self.wait(500);
        self.rests(Presence::Asleep, REST);
        for (name, mut reply) in std::mem::take(&mut self.replies) {
            // The session's own thread may only now have its turn, and what waits is answered one after the other.
            for _ in 0..REST / 100 {
                if !reply.is_empty() || reply.is_terminated() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
                self.wait(100);
            }
            assert!(reply.try_recv().is_ok(), "{name} was not answered");
        }
        self.rests(Presence::Asleep, REST);
        // Somebody, or the last of an echo, may still seem to speak.
        for _ in 0..REST / 100 {
            let inner = self.sim.lock();
            let quiet = inner.ducked || inner.others;
            drop(inner);
            if !quiet {
                break;
            }
            self.wait(100);
        }
        let inner = self.sim.lock();
        let (ducked, others) = (inner.ducked, inner.others);
        drop(inner);
        assert!(!ducked && !others, "something stays quiet: itself {ducked}, others {others}");
        let turns: Vec<u64> = self.sim.lock().reports.iter().map(|turn| turn.turn.0).collect();
        assert!(turns.is_sorted_by(|a, b| a < b), "{turns:?}");
        self.works();
        self.rests(Presence::Asleep, REST);
        self.sim.tell(|inner| inner.reports.clear());
    }
}

fn mood_ms(mood: Mood) -> u64 {
    if let Mood::Slow(ms) = mood { ms } else { 100 }
}
