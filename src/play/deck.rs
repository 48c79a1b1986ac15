//! Deck: what the sound card's callback runs.
//!
//! Enters: sentences through a wait-free ring, and wishes as atomics. Leaves: mono samples for the card, the same
//! samples for the far end, and played sentences back through a second ring, so that their memory is freed elsewhere.
//! Never here: an allocation, a lock, a system call, a log.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Earcon, wishes::Wishes};
use crate::{
    far_end::Tap,
    flow::Hush,
    units::{SampleRate, TurnId, f64_to_count, f64_to_f32},
};

/// Samples between two looks at the wishes: 2.7 ms at 48 kHz.
pub(super) const BLOCK: usize = 128;

/// How long a gain takes from nothing to full: no click, and no syllable lost.
const RAMP_S: f64 = 0.02;

/// How long what is cut off takes to fall silent.
const FADE_S: f64 = 0.008;

/// A chime that could not sound for this long tells of what is over.
const STALE_S: f64 = 0.3;

/// A sentence on its way to the card.
pub(super) struct Piece {
    pub(super) pcm: Vec<f32>,
    pub(super) turn: TurnId,
    /// Its number on this deck; they grow.
    pub(super) number: u64,
}

/// What one open output and its deck tell one another.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Sentences up to this number are cut off.
    pub(super) cut: AtomicU64,
    /// Callbacks so far: whoever waits sees by it that the card lives.
    pub(super) callbacks: AtomicU64,
    /// The output said that it will not play again.
    pub(super) dead: AtomicBool,
}

/// The near ends of a deck's rings.
pub(super) struct Ends {
    pub(super) pieces: Producer<Piece>,
    pub(super) played: Consumer<Piece>,
}

/// Runs in the callback.
pub(super) struct Deck {
    pieces: Consumer<Piece>,
    played: Producer<Piece>,
    current: Option<(Piece, usize)>,
    wishes: Arc<Wishes>,
    state: Arc<State>,
    hush: Hush,
    tap: Tap,
    chimes: [Vec<f32>; Earcon::ALL.len()],
    /// Which chime sounds, and how far it is.
    chime: Option<(usize, usize)>,
    /// Which chime waits for silence, and since how many samples.
    pending: Option<(usize, usize)>,
    stale: usize,
    /// The gain of speech as it is now; it follows the wish.
    duck: f32,
    step: f32,
    /// What is left of a sentence that was cut off, 1 while none is.
    left: f32,
    fade: f32,
    /// Silence still to be played before anything else.
    lead: usize,
}

impl Deck {
    /// A deck for an output at `rate` with room for `queue` sentences, silent for the first `lead` samples.
    pub(super) fn new(
        rate: SampleRate,
        queue: usize,
        lead: usize,
        tap: Tap,
        (wishes, state, hush): (Arc<Wishes>, Arc<State>, Hush),
    ) -> (Self, Ends) {
        let (near, pieces) = RingBuffer::new(queue);
        // Room for all of them, so that giving one back never fails.
        let (played, back) = RingBuffer::new(queue + 1);
        let hz = f64::from(rate.hz());
        let step = |seconds: f64| f64_to_f32(1.0 / (seconds * hz));
        let deck = Self {
            pieces,
            played,
            current: None,
            duck: wishes.duck(),
            wishes,
            state,
            hush,
            tap,
            chimes: Earcon::ALL.map(|earcon| earcon.pcm(rate)),
            chime: None,
            pending: None,
            stale: f64_to_count(STALE_S * hz),
            step: step(RAMP_S),
            left: 1.0,
            fade: step(FADE_S),
            lead,
        };
        (deck, Ends { pieces: near, played: back })
    }

    /// One callback of the card begins.
    pub(super) fn called(&self) {
        self.state.callbacks.fetch_add(1, Relaxed);
    }

    /// The next samples, [`BLOCK`] at the most.
    pub(super) fn fill(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        let mut voice = false;
        if self.lead > 0 {
            self.lead = self.lead.saturating_sub(out.len());
        } else {
            self.take_wishes(out.len());
            if self.chime.is_some() {
                self.sound_chime(out);
            } else {
                voice = self.speak(out);
            }
        }
        self.tap.push(out, voice);
    }

    /// Chimes sound alone: a waiting one begins when nothing is spoken, and is dropped when it waits too long.
    fn take_wishes(&mut self, passed: usize) {
        if let Some(asked) = self.wishes.take_chime() {
            self.pending = Some((asked, 0)).filter(|(place, _)| *place < self.chimes.len());
        }
        let Some((place, waited)) = &mut self.pending else { return };
        *waited += passed;
        if self.chime.is_none() && self.current.is_none() && self.pieces.is_empty() {
            self.chime = Some((*place, 0));
            self.pending = None;
        } else if *waited > self.stale {
            self.pending = None;
        }
    }

    fn sound_chime(&mut self, out: &mut [f32]) {
        let Some((place, at)) = self.chime else { return };
        let rest = &self.chimes[place][at..];
        for (to, from) in out.iter_mut().zip(rest) {
            *to = from * self.wishes.volume;
        }
        self.chime = (rest.len() > out.len()).then_some((place, at + out.len()));
    }

    /// Whether anything was said.
    fn speak(&mut self, out: &mut [f32]) -> bool {
        let volume = self.wishes.volume;
        let duck = self.wishes.duck();
        let mut done = 0;
        while done < out.len() {
            let Some((piece, at)) = self.current.take().or_else(|| self.pieces.pop().ok().map(|it| (it, 0)))
            else {
                // Between replies nothing has to be ramped.
                self.duck = duck;
                return done > 0;
            };
            let cut = piece.number <= self.state.cut.load(Relaxed) || self.hush.raised(piece.turn);
            if cut && (at == 0 || self.left <= 0.0) {
                self.retire(piece);
                continue;
            }
            if !cut && duck <= 0.0 && self.duck <= 0.0 {
                // Withheld: it goes on where it was.
                self.current = Some((piece, at));
                return done > 0;
            }
            let rest = &piece.pcm[at..];
            let count = rest.len().min(out.len() - done);
            for (to, from) in out[done..].iter_mut().zip(&rest[..count]) {
                self.duck = towards(self.duck, duck, self.step);
                if cut {
                    self.left = (self.left - self.fade).max(0.0);
                }
                *to = from * volume * self.duck * self.left;
            }
            done += count;
            if at + count >= piece.pcm.len() {
                self.retire(piece);
            } else {
                self.current = Some((piece, at + count));
            }
        }
        true
    }

    /// Gives a sentence back, to be freed by whoever made it.
    fn retire(&mut self, piece: Piece) {
        self.left = 1.0;
        // There is room for all that can be queued.
        let _ = self.played.push(piece);
    }
}

/// `from` brought `step` nearer to `to`.
fn towards(from: f32, to: f32, step: f32) -> f32 {
    if (to - from).abs() <= step { to } else { from + step.copysign(to - from) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::far_end::{FarEnd, Played, far_end};

    struct Rig {
        deck: Deck,
        ends: Ends,
        wishes: Arc<Wishes>,
        state: Arc<State>,
        hush: Hush,
        far: FarEnd,
    }

    impl Rig {
        fn new(lead: usize) -> Self {
            let (taps, far) = far_end();
            let rate = SampleRate::new(48_000).unwrap();
            let (wishes, state, hush) = (Arc::new(Wishes::new(1.0)), Arc::default(), Hush::default());
            let shared = (Arc::clone(&wishes), Arc::clone(&state), hush.clone());
            let (deck, ends) = Deck::new(rate, 4, lead, taps.open(rate), shared);
            Self { deck, ends, wishes, state, hush, far }
        }

        fn queue(&mut self, number: u64, turn: u64, level: f32, count: usize) {
            let piece = Piece { pcm: vec![level; count], turn: TurnId(turn), number };
            self.ends.pieces.push(piece).unwrap_or_else(|_| panic!("no room"));
        }

        fn hear(&mut self, blocks: usize) -> Vec<f32> {
            let mut out = vec![0.0; blocks * BLOCK];
            out.chunks_mut(BLOCK).for_each(|block| self.deck.fill(block));
            out
        }

        fn returned(&mut self) -> Vec<u64> {
            std::iter::from_fn(|| self.ends.played.pop().ok()).map(|piece| piece.number).collect()
        }
    }

    fn steepest(sound: &[f32]) -> f32 {
        sound.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn sentences_follow_without_a_gap_after_the_lead() {
        let mut rig = Rig::new(2 * BLOCK);
        rig.queue(1, 1, 0.5, 300);
        rig.queue(2, 1, 0.25, 300);
        let heard = rig.hear(8);
        assert!(heard[..256].iter().all(|sample| *sample == 0.0));
        assert!(heard[256..556].iter().all(|sample| *sample == 0.5));
        assert!(heard[556..856].iter().all(|sample| *sample == 0.25));
        assert!(heard[856..].iter().all(|sample| *sample == 0.0));
        assert_eq!(rig.returned(), [1, 2]);
    }

    #[test]
    fn what_is_turned_down_to_nothing_waits_and_can_be_cut_off() {
        let mut rig = Rig::new(0);
        rig.queue(1, 1, 0.5, 40 * BLOCK);
        assert!(rig.hear(10).iter().all(|sample| *sample == 0.5));
        rig.wishes.set_duck(0.0);
        // 20 ms are 7.5 blocks.
        let heard = rig.hear(100);
        assert!(heard[8 * BLOCK..].iter().all(|sample| *sample == 0.0));
        assert!(rig.returned().is_empty(), "it waits");
        rig.wishes.set_duck(1.0);
        let heard = rig.hear(30);
        assert!(steepest(&heard[..21 * BLOCK]) < 0.01, "it comes back without a click");
        // Of 40 blocks 10 were heard before and 8 while it was turned down.
        assert!(heard[8 * BLOCK..22 * BLOCK].iter().all(|sample| *sample == 0.5));
        assert!(heard[22 * BLOCK..].iter().all(|sample| *sample == 0.0));
        assert_eq!(rig.returned(), [1]);
        rig.queue(2, 2, 0.5, 100 * BLOCK);
        rig.hear(10);
        rig.wishes.set_duck(0.0);
        rig.hear(20);
        rig.hush.raise(TurnId(2));
        rig.hear(5);
        assert_eq!(rig.returned(), [2]);
    }

    #[test]
    fn a_hush_fades_what_sounds_and_drops_what_waits() {
        for by_turn in [true, false] {
            let mut rig = Rig::new(0);
            for number in 1..=3 {
                rig.queue(number, 7, 0.8, 48_000);
            }
            rig.hear(10);
            if by_turn {
                rig.hush.raise(TurnId(7));
            } else {
                rig.state.cut.store(3, Relaxed);
            }
            let heard = rig.hear(10);
            assert!(steepest(&heard) < 0.01, "a click of {}", steepest(&heard));
            assert!(heard[400..].iter().all(|sample| *sample == 0.0), "silent after 8 ms");
            assert_eq!(rig.returned(), [1, 2, 3]);
            rig.queue(4, 8, 0.5, 1_000);
            assert!(
                rig.hear(2).iter().all(|sample| *sample == 0.5),
                "the next is whole from its first sample"
            );
        }
    }

    #[test]
    fn ducking_ramps_without_a_click_and_is_exact_at_its_end() {
        let mut rig = Rig::new(0);
        rig.queue(1, 1, 0.8, 480_000);
        rig.hear(1);
        rig.wishes.set_duck(0.25);
        let down = rig.hear(20);
        assert!(steepest(&down) < 0.002);
        assert_eq!(down[1_500], 0.2);
        rig.wishes.set_duck(f32::NAN);
        assert_eq!(rig.hear(20)[2_000], 0.0);
        rig.wishes.set_duck(1.0);
        assert!((rig.hear(20)[2_000] - 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_chime_sounds_alone_and_not_when_its_moment_is_over() {
        let mut rig = Rig::new(0);
        let loud = |sound: &[f32]| sound.iter().filter(|sample| sample.abs() > 0.01).count();
        rig.wishes.ask_chime(Earcon::Heard);
        rig.queue(1, 1, 0.5, 4_800);
        let heard = rig.hear(200);
        assert_eq!(loud(&heard[..4_800]), 4_800, "speech that waits goes before");
        assert!(loud(&heard[4_800..]) > 1_000, "and then it sounds");
        rig.wishes.ask_chime(Earcon::Heard);
        assert_eq!(loud(&rig.hear(1)), 0, "it begins softly");
        rig.queue(2, 1, 0.5, 4_800);
        let heard = rig.hear(100);
        let first = heard.iter().position(|sample| *sample == 0.5).unwrap();
        assert!((3_900..4_200).contains(&first), "speech waits for its end: {first}");
        rig.queue(3, 1, 0.5, 24_000);
        rig.hear(1);
        rig.wishes.ask_chime(Earcon::Woken);
        rig.hear(200);
        assert_eq!(loud(&rig.hear(200)), 0, "after 300 ms of speech it is dropped");
    }

    #[test]
    fn the_far_end_hears_what_is_played_as_loud_as_it_is() {
        let mut rig = Rig::new(0);
        rig.queue(1, 1, 0.8, 9_600);
        rig.wishes.set_duck(0.5);
        rig.hear(160);
        let mut frame = [0.0; crate::flow::FRAME_SAMPLES];
        let mut peak = 0.0_f32;
        for number in 0..10 {
            assert_eq!(rig.far.next(&mut frame), Played::Voice);
            // By then the ramp is over.
            if number >= 4 {
                peak = frame.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
            }
        }
        assert!((0.39..0.42).contains(&peak), "{peak}");
    }
}
