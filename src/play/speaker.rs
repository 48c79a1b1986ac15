//! Speaker: Mynah's voice and its short sounds, on the sound output of this machine.
//!
//! Enters: speech, and wishes from any thread. Leaves: sound, and the same sound for the ear that must know it. Never
//! here: a wait without an end. Waits go in steps, each of which looks at [`Hush`] and at whether the card still calls
//! for sound, and are counted, so that no limit needs a clock.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use super::{
    Earcon, PlayError, Sink,
    deck::{Deck, Ends, Piece, State},
    output::{self, Output},
    resample::resample,
    wishes::Wishes,
};
use crate::{
    far_end::{FarEnd, Taps, far_end},
    flow::{Hush, Speech},
    units::{SampleRate, TurnId, f64_to_count},
};

/// Sentences queued at most: one being heard and one behind it, so that there is no gap and little to throw away.
const AHEAD: u64 = 2;

/// Sounds that may be on the card's side at a time: those queued, those cut off and not yet given back.
const QUEUE: u64 = 8;

/// For how long the card may not ask for sound before it counts as dead: a Bluetooth or a sleeping null sink takes up
/// to 2 s to begin.
const GRACE: Duration = Duration::from_millis(2_500);

/// How often a wait looks whether its turn was hushed and its sound played.
const STEP: Duration = Duration::from_millis(5);

/// Silence played after the last sentence. Its end tells that the sentence left the buffers below (20 ms of ours and as
/// much again of the system's), where its last syllable would be lost if the program ended now.
const TAIL_S: f64 = 0.25;

/// Silence played when an output was opened: amplifiers and HDMI links swallow what comes while they wake.
const LEAD_S: f64 = 0.08;

/// How the speaker is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeakerOptions {
    /// The output by name; `None` for the system's default.
    pub device: Option<String>,
    /// How loud, 0..=1; 0.5 is -12 dB. Default 1.
    pub volume: f32,
}

impl Default for SpeakerOptions {
    fn default() -> Self {
        Self { device: None, volume: 1.0 }
    }
}

/// A sound output, opened again when it was lost.
#[derive(Debug)]
pub struct Speaker {
    device: Option<String>,
    hush: Hush,
    taps: Taps,
    wishes: Arc<Wishes>,
    open: Option<Open>,
}

/// What may be asked of a [`Speaker`] from any thread while it plays.
#[derive(Debug, Clone)]
pub struct Fader(Arc<Wishes>);

impl Fader {
    /// Turns Mynah's own voice down to `factor` (0..=1) of its volume, within 20 ms; 1 restores it. At 0 it waits where it
    /// is, so that nothing of it is lost.
    pub fn duck(&self, factor: f32) {
        self.0.set_duck(factor);
    }

    /// Plays `earcon` at once, or as soon as what is being spoken ends; after 300 ms of that it is dropped.
    pub fn chime(&self, earcon: Earcon) {
        self.0.ask_chime(earcon);
    }
}

impl Speaker {
    /// A speaker that opens its output when it is first needed, and what it plays. A turn that `hush` silences is cut
    /// off in the middle of a word, and nothing more of it is played.
    #[must_use]
    pub fn new(options: SpeakerOptions, hush: Hush) -> (Self, FarEnd) {
        let (taps, far) = far_end();
        let wishes = Arc::new(Wishes::new(options.volume));
        (Self { device: options.device, hush, taps, wishes, open: None }, far)
    }

    /// The same, with its output open.
    ///
    /// # Errors
    /// [`PlayError::NoDevice`], [`PlayError::UnknownDevice`].
    pub fn open(options: SpeakerOptions, hush: Hush) -> Result<(Self, FarEnd), PlayError> {
        let (mut speaker, far) = Self::new(options, hush);
        speaker.ready()?;
        Ok((speaker, far))
    }

    /// Opens the output where it is closed or was lost; costs nothing where it plays. A good time to call it is when
    /// somebody begins to speak.
    ///
    /// # Errors
    /// [`PlayError::NoDevice`], [`PlayError::UnknownDevice`].
    pub fn ready(&mut self) -> Result<(), PlayError> {
        self.opened().map(drop)
    }

    /// Closes the output, to be opened again by whatever needs it. An open one costs most of a percent of a core even
    /// in silence, nearly all of it in the sound server's protocol. What still sounds is cut off.
    pub fn rest(&mut self) {
        self.open = None;
    }

    /// What other threads may use while this one waits.
    #[must_use]
    pub fn fader(&self) -> Fader {
        Fader(Arc::clone(&self.wishes))
    }

    fn opened(&mut self) -> Result<&mut Open, PlayError> {
        if self.open.as_ref().is_some_and(|open| open.state.dead.load(Relaxed)) {
            self.open = None;
        }
        match &mut self.open {
            Some(open) => Ok(open),
            none => {
                let open =
                    Open::new(self.device.as_deref(), &self.taps, (Arc::clone(&self.wishes), &self.hush))?;
                Ok(none.insert(open))
            }
        }
    }

    /// Forgets an output that stalled, so that the next sentence opens a new one.
    fn lose<T>(&mut self, outcome: Result<T, PlayError>) -> Result<T, PlayError> {
        if matches!(outcome, Err(PlayError::Stalled)) {
            self.open = None;
        }
        outcome
    }
}

impl Sink for Speaker {
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError> {
        let (hush, turn) = (self.hush.clone(), speech.turn);
        if hush.raised(turn) {
            // What is still playing is of this turn or one before it.
            self.hush();
            return Ok(());
        }
        let outcome = self.opened()?.queue(speech, &|| hush.raised(turn));
        self.lose(outcome)
    }

    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError> {
        let Some(open) = self.open.as_mut() else { return Ok(None) };
        let outcome = open.drain(turn, &|| self.hush.raised(turn));
        self.lose(outcome).map(|()| None)
    }

    fn stand_by(&mut self, soon: bool) {
        if !soon {
            self.rest();
        } else if let Err(error) = self.ready() {
            // Told with the next thing to play.
            tracing::debug!(%error, "the output does not open yet");
        }
    }

    fn hush(&mut self) {
        if let Some(open) = self.open.as_mut() {
            open.cut();
        }
    }
}

/// An open output and what is on its way through it.
struct Open {
    _output: Output,
    ends: Ends,
    state: Arc<State>,
    rate: SampleRate,
    /// Numbers of the last sound sent, given back, and cut off.
    sent: u64,
    returned: u64,
    cut: u64,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rate, sent, returned, cut, .. } = self;
        write!(f, "Open {{ {} Hz, sent {sent}, returned {returned}, cut {cut} }}", rate.hz())
    }
}

impl Open {
    fn new(
        device: Option<&str>,
        taps: &Taps,
        (wishes, hush): (Arc<Wishes>, &Hush),
    ) -> Result<Self, PlayError> {
        let state = Arc::new(State::default());
        let (output, (ends, rate)) = output::open(device, &state, |rate| {
            let lead = f64_to_count(LEAD_S * f64::from(rate.hz()));
            let queue = usize::try_from(QUEUE).unwrap_or(usize::MAX);
            let shared = (Arc::clone(&wishes), Arc::clone(&state), hush.clone());
            let (deck, ends) = Deck::new(rate, queue, lead, taps.open(rate), shared);
            (deck, (ends, rate))
        })?;
        Ok(Self { _output: output, ends, state, rate, sent: 0, returned: 0, cut: 0 })
    }

    fn queue(&mut self, speech: &Speech, hushed: &dyn Fn() -> bool) -> Result<(), PlayError> {
        let pcm = resample(&speech.pcm, speech.rate, self.rate)?;
        if pcm.is_empty() {
            return Ok(());
        }
        self.wait_until(hushed, |open| open.waiting() < AHEAD)?;
        if hushed() { Ok(()) } else { self.send(pcm, speech.turn) }
    }

    fn send(&mut self, pcm: Vec<f32>, turn: TurnId) -> Result<(), PlayError> {
        // What was cut off is given back at the card's next call.
        self.wait_until(&|| false, |open| open.sent - open.returned < QUEUE)?;
        self.sent += 1;
        self.ends.pieces.push(Piece { pcm, turn, number: self.sent }).map_err(|_| PlayError::Stalled)
    }

    fn drain(&mut self, turn: TurnId, hushed: &dyn Fn() -> bool) -> Result<(), PlayError> {
        self.collect();
        if self.waiting() > 0 {
            self.send(vec![0.0; f64_to_count(TAIL_S * f64::from(self.rate.hz()))], turn)?;
        }
        self.wait_until(hushed, |open| open.waiting() == 0)
    }

    /// Waits until `enough`; once `hushed`, cuts off what plays and stops waiting.
    fn wait_until(
        &mut self,
        hushed: &dyn Fn() -> bool,
        enough: impl Fn(&Self) -> bool,
    ) -> Result<(), PlayError> {
        let (mut callbacks, mut still) = (self.state.callbacks.load(Relaxed), Duration::ZERO);
        loop {
            self.collect();
            if enough(self) {
                return Ok(());
            }
            if hushed() {
                self.cut();
                return Ok(());
            }
            if self.state.dead.load(Relaxed) || still > GRACE {
                return Err(PlayError::Stalled);
            }
            std::thread::sleep(STEP);
            let now = self.state.callbacks.load(Relaxed);
            still = if now == callbacks { still + STEP } else { Duration::ZERO };
            callbacks = now;
        }
    }

    /// Takes back, and frees, what was played.
    fn collect(&mut self) {
        while let Ok(piece) = self.ends.played.pop() {
            self.returned = piece.number;
        }
    }

    /// Sounds that are still to be heard.
    fn waiting(&self) -> u64 {
        self.sent - self.returned.max(self.cut)
    }

    fn cut(&mut self) {
        self.cut = self.sent;
        self.state.cut.store(self.cut, Relaxed);
    }
}
