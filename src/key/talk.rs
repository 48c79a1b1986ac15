//! Push-to-talk: when listening begins and ends, from a key's edges and from commands.
//!
//! Enters: edges and commands with the place in the microphone's stream at which they came. Leaves: [`PttOrder`]s, by
//! turns a begin and an end. Pure; time is counted in samples. Never here: a state that some order of edges, or their
//! loss, could make last for ever.

use super::KeyEdge;
use crate::units::SampleIndex;

/// What a press of the key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PttMode {
    /// Listens while the key is down.
    #[default]
    Hold,
    /// A press begins, a second press or the endpoint ends.
    Toggle,
}

/// How push-to-talk behaves.
#[derive(Debug, Clone, Copy)]
pub struct PushToTalkOptions {
    /// What a press of the key means; commands say themselves what they mean.
    pub mode: PttMode,
    /// How long listening goes on after the release, ms; 0 to 2000.
    pub grace_ms: u64,
    /// The longest utterance, ms; 2000 to 60000. A key that seems to be down for longer is taken for stuck.
    pub longest_ms: u64,
}

impl Default for PushToTalkOptions {
    fn default() -> Self {
        Self { mode: PttMode::Hold, grace_ms: 150, longest_ms: 30_000 }
    }
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PttInput {
    /// The hotkey moved.
    Key(KeyEdge),
    /// The command `press`.
    Press,
    /// The command `release`.
    Release,
    /// The command `toggle`.
    Toggle,
    /// The utterance ended without the key: at its endpoint, its longest length, with the device, or on "stop".
    Ended,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PttOrder {
    /// Open the gate, with its pre-roll.
    Begin,
    /// Close it: what was said is complete.
    End,
}

/// A release and a press this close together are one key held down: X repeats a held key so for programs that cannot ask
/// it not to, and worn contacts bounce within 5 ms.
const DEBOUNCE_MS: u64 = 20;

/// A held key, or a desktop that repeats a command while its key is held, repeats at least this often, the first time
/// included (660 ms is X's default). A press after a longer silence is a new one though no release came.
const REPEAT_MS: u64 = 1_000;

/// A command `toggle` this soon after another is the repeat of a key that is bound to it.
const TOGGLE_REPEAT_MS: u64 = 250;

/// The machine. Call [`PushToTalk::tick`] with every frame.
#[derive(Debug)]
pub struct PushToTalk {
    options: PushToTalkOptions,
    phase: Phase,
    key: Contact,
    command: Contact,
    toggled: Option<SampleIndex>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// The gate is open, at the latest until here.
    Open {
        until: SampleIndex,
    },
    /// Released, and still open for the grace.
    Closing {
        at: SampleIndex,
        until: SampleIndex,
    },
}

/// A key as its edges tell of it, which may be repeated or lost.
#[derive(Debug, Clone, Copy, Default)]
struct Contact {
    down: bool,
    pressed: Option<SampleIndex>,
    released: Option<SampleIndex>,
}

/// Whether `earlier` lies less than `ms` before `at`.
fn within(ms: u64, earlier: Option<SampleIndex>, at: SampleIndex) -> bool {
    earlier.is_some_and(|earlier| at < earlier.plus(SampleIndex::from_ms(ms).0))
}

impl Contact {
    /// Notes a press; whether it is a new one.
    fn press(&mut self, at: SampleIndex) -> bool {
        let repeated = self.down && within(REPEAT_MS, self.pressed, at);
        let bounced = within(DEBOUNCE_MS, self.released, at);
        self.down = true;
        self.pressed = Some(at);
        !(repeated || bounced)
    }

    /// Notes a release; whether a press came before it.
    fn release(&mut self, at: SampleIndex) -> bool {
        self.released = Some(at);
        std::mem::take(&mut self.down)
    }
}

impl PushToTalk {
    /// A machine with no key down.
    #[must_use]
    pub fn new(options: PushToTalkOptions) -> Self {
        Self {
            options,
            phase: Phase::Idle,
            key: Contact::default(),
            command: Contact::default(),
            toggled: None,
        }
    }

    /// Whether the gate is held open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// Takes `input`, which came while the stream stood at `at`.
    pub fn edge(&mut self, input: PttInput, at: SampleIndex) -> Option<PttOrder> {
        let toggles = self.options.mode == PttMode::Toggle;
        match input {
            PttInput::Key(KeyEdge::Pressed) => match (self.key.press(at), toggles) {
                (true, true) => self.flip(at),
                (fresh, false) => self.open(fresh, at),
                (false, true) => None,
            },
            PttInput::Key(KeyEdge::Released) => {
                let was_down = self.key.release(at);
                if was_down && !toggles { self.close(at) } else { None }
            }
            PttInput::Press => {
                let fresh = self.command.press(at);
                self.open(fresh, at)
            }
            PttInput::Release => {
                self.command.release(at);
                self.close(at)
            }
            PttInput::Toggle => {
                let repeated = within(TOGGLE_REPEAT_MS, self.toggled, at);
                self.toggled = Some(at);
                if repeated { None } else { self.flip(at) }
            }
            PttInput::Ended => {
                self.phase = Phase::Idle;
                None
            }
        }
    }

    /// Says that the stream has come to `at`.
    pub fn tick(&mut self, at: SampleIndex) -> Option<PttOrder> {
        let over = match self.phase {
            Phase::Idle => false,
            Phase::Open { until } => at >= until,
            Phase::Closing { at: end, until } => at >= end.min(until),
        };
        over.then(|| {
            self.phase = Phase::Idle;
            PttOrder::End
        })
    }

    /// Begins at a fresh press. In the grace any press goes on with what was begun: nothing was ended yet.
    fn open(&mut self, fresh: bool, at: SampleIndex) -> Option<PttOrder> {
        match self.phase {
            Phase::Idle if fresh => {
                self.phase = Phase::Open { until: at.plus(SampleIndex::from_ms(self.options.longest_ms).0) };
                Some(PttOrder::Begin)
            }
            Phase::Closing { until, .. } => {
                self.phase = Phase::Open { until };
                None
            }
            Phase::Idle | Phase::Open { .. } => None,
        }
    }

    /// Ends after the grace, which is never shorter than what tells a release from a repeat.
    fn close(&mut self, at: SampleIndex) -> Option<PttOrder> {
        if let Phase::Open { until } = self.phase {
            let grace = SampleIndex::from_ms(self.options.grace_ms.max(DEBOUNCE_MS));
            self.phase = Phase::Closing { at: at.plus(grace.0), until };
        }
        None
    }

    fn flip(&mut self, at: SampleIndex) -> Option<PttOrder> {
        if matches!(self.phase, Phase::Open { .. }) { self.close(at) } else { self.open(true, at) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOWN: PttInput = PttInput::Key(KeyEdge::Pressed);
    const UP: PttInput = PttInput::Key(KeyEdge::Released);

    /// Plays `script` (ms, input) frame by frame up to `end_ms`; gives the orders and the ms at which they came.
    fn played(mode: PttMode, script: &[(u64, PttInput)], end_ms: u64) -> Vec<(u64, PttOrder)> {
        let options = PushToTalkOptions { mode, ..PushToTalkOptions::default() };
        let mut talk = PushToTalk::new(options);
        let mut orders = Vec::new();
        let mut script = script.iter().peekable();
        for ms in 0..end_ms {
            let at = SampleIndex::from_ms(ms);
            if ms % 16 == 0 {
                orders.extend(talk.tick(at).map(|order| (ms, order)));
            }
            while let Some((_, input)) = script.next_if(|(when, _)| *when == ms) {
                orders.extend(talk.edge(*input, at).map(|order| (ms, order)));
            }
        }
        orders
    }

    fn held(script: &[(u64, PttInput)]) -> Vec<(u64, PttOrder)> {
        played(PttMode::Hold, script, 70_000)
    }

    fn toggled(script: &[(u64, PttInput)]) -> Vec<(u64, PttOrder)> {
        played(PttMode::Toggle, script, 70_000)
    }

    #[test]
    fn a_hold_lasts_to_its_release_and_the_grace() {
        assert_eq!(held(&[(100, DOWN), (2_000, UP)]), [(100, PttOrder::Begin), (2_160, PttOrder::End)]);
    }

    #[test]
    fn repeats_of_a_held_key_are_one_hold() {
        // Plain repeats, as a desktop sends them; then pairs of release and press, as X does.
        let mut script = vec![(0, DOWN)];
        script.extend((0..40).map(|n| (660 + n * 30, DOWN)));
        script.extend((0..40).flat_map(|n| [(2_000 + n * 40, UP), (2_000 + n * 40, DOWN)]));
        script.push((4_000, UP));
        assert_eq!(held(&script), [(0, PttOrder::Begin), (4_160, PttOrder::End)]);
        assert_eq!(toggled(&script), [(0, PttOrder::Begin), (30_000, PttOrder::End)]);
    }

    #[test]
    fn a_release_without_a_press_is_nothing() {
        assert_eq!(held(&[(100, UP), (200, PttInput::Release), (300, PttInput::Ended)]), []);
    }

    #[test]
    fn a_press_within_the_grace_goes_on() {
        let script = [(0, DOWN), (1_000, UP), (1_100, DOWN), (3_000, UP)];
        assert_eq!(held(&script), [(0, PttOrder::Begin), (3_152, PttOrder::End)]);
    }

    #[test]
    fn a_lost_release_ends_with_the_longest_utterance_and_the_next_press_begins() {
        let script = [(0, DOWN), (40_000, DOWN), (41_000, UP)];
        let orders = [
            (0, PttOrder::Begin),
            (30_000, PttOrder::End),
            (40_000, PttOrder::Begin),
            (41_152, PttOrder::End),
        ];
        assert_eq!(held(&script), orders);
    }

    #[test]
    fn a_key_still_held_after_the_longest_utterance_does_not_begin_anew() {
        let mut script = vec![(0, DOWN)];
        script.extend((0..1_300).map(|n| (660 + n * 30, DOWN)));
        script.extend([(40_000, UP), (40_500, DOWN), (41_500, UP)]);
        let orders = [
            (0, PttOrder::Begin),
            (30_000, PttOrder::End),
            (40_500, PttOrder::Begin),
            (41_664, PttOrder::End),
        ];
        assert_eq!(held(&script), orders);
    }

    #[test]
    fn toggle_begins_and_a_second_press_or_the_endpoint_ends() {
        let twice = [(0, DOWN), (100, UP), (2_000, DOWN), (2_100, UP)];
        assert_eq!(toggled(&twice), [(0, PttOrder::Begin), (2_160, PttOrder::End)]);
        let endpoint = [(0, DOWN), (100, UP), (2_000, PttInput::Ended), (3_000, DOWN), (3_080, UP)];
        assert_eq!(
            toggled(&endpoint),
            [(0, PttOrder::Begin), (3_000, PttOrder::Begin), (33_008, PttOrder::End)]
        );
    }

    #[test]
    fn commands_mean_what_they_say_in_either_mode() {
        for mode in [PttMode::Hold, PttMode::Toggle] {
            let hold = [(0, PttInput::Press), (30, PttInput::Press), (1_000, PttInput::Release)];
            assert_eq!(played(mode, &hold, 5_000), [(0, PttOrder::Begin), (1_152, PttOrder::End)]);
            let flip = [(0, PttInput::Toggle), (30, PttInput::Toggle), (1_000, PttInput::Toggle)];
            assert_eq!(played(mode, &flip, 5_000), [(0, PttOrder::Begin), (1_152, PttOrder::End)]);
        }
    }

    fn any_input() -> impl Strategy<Value = PttInput> {
        prop::sample::select(vec![
            DOWN,
            UP,
            PttInput::Press,
            PttInput::Release,
            PttInput::Toggle,
            PttInput::Ended,
        ])
    }

    proptest! {
        #[test]
        fn no_order_of_edges_leaves_it_stuck(
            toggles in any::<bool>(),
            grace_ms in 0_u64..2_000,
            steps in prop::collection::vec((0_u64..3_000, any_input()), 0..60),
        ) {
            let mode = if toggles { PttMode::Toggle } else { PttMode::Hold };
            let options = PushToTalkOptions { mode, grace_ms, longest_ms: 5_000 };
            let mut talk = PushToTalk::new(options);
            let (mut at, mut open, mut since) = (SampleIndex(0), false, SampleIndex(0));
            for (pause_ms, input) in steps {
                at = at.plus(SampleIndex::from_ms(pause_ms).0);
                for order in [talk.tick(at), talk.edge(input, at)].into_iter().flatten() {
                    // By turns a begin and an end.
                    prop_assert_eq!(open, order == PttOrder::End);
                    open = !open;
                    since = at;
                }
                if input == PttInput::Ended {
                    open = false;
                }
                prop_assert_eq!(open, talk.is_open());
                prop_assert!(!open || at < since.plus(SampleIndex::from_ms(5_000).0));
            }
            // However it ended, it closes, and the next press opens.
            at = at.plus(SampleIndex::from_ms(5_000).0);
            prop_assert_eq!(talk.tick(at).is_some(), open);
            prop_assert!(!talk.is_open());
            prop_assert_eq!(talk.edge(DOWN, at), Some(PttOrder::Begin));
        }
    }
}
