//! Abort: the flag that stops a read, and the one whisper.cpp pass that looks at it.
//!
//! Enters: a state, its parameters, samples, the flag. Leaves: the pass is done, or an error. This is the one file
//! with `unsafe`. Never here: `set_abort_callback_safe`, whose trampoline casts the closure to a type it is not
//! (whisper-rs 0.14 to 0.16); the raw callback is installed instead.

use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use whisper_rs::{FullParams, WhisperError, WhisperState};

/// A flag that stops a running transcription from another thread. Readings are numbered: one flag serves them all, and
/// stopping one stops those before it, so a new reading needs no new flag and an old one cannot go on.
#[derive(Debug, Clone, Default)]
pub struct Abort {
    /// Readings below this number are to stop.
    below: Arc<AtomicU64>,
    reading: u64,
}

impl Abort {
    /// The flag as reading number `reading` sees it; below `u64::MAX`.
    #[must_use]
    pub fn of(&self, reading: u64) -> Self {
        Self { below: Arc::clone(&self.below), reading }
    }

    /// Asks this reading, and those before it, to stop; a running one does so at the end of the encoder pass or token it
    /// is in, which are the only places where whisper.cpp 1.8.3 looks.
    pub fn raise(&self) {
        self.below.fetch_max(self.reading.saturating_add(1), Ordering::Relaxed);
    }

    /// Asks all readings to stop, those to come too.
    pub fn raise_for_good(&self) {
        self.below.store(u64::MAX, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn raised(&self) -> bool {
        self.reading < self.below.load(Ordering::Relaxed)
    }
}

/// Runs `params` over `pcm`; returns early with an error once `abort` is raised.
///
/// # Errors
/// What whisper.cpp reports; after [`Abort::raise`] a generic code, so ask the flag which of the two it was.
#[expect(unsafe_code, reason = "whisper-rs 0.16 offers no sound way to install an abort callback")]
pub(super) fn full(
    state: &mut WhisperState,
    mut params: FullParams<'_, '_>,
    pcm: &[f32],
    abort: &Abort,
) -> Result<(), WhisperError> {
    let data = std::ptr::from_ref(abort).cast_mut().cast::<c_void>();
    // SAFETY: `poll` has the signature whisper.cpp calls, never unwinds, and only reads the `Abort` behind `data`, which
    // the caller lends until `full` below has returned; `full` takes `params` by value and whisper.cpp keeps no copy of
    // it past the call, so the pointer is never used after the loan.
    unsafe {
        params.set_abort_callback(Some(poll));
        params.set_abort_callback_user_data(data);
    }
    state.full(params, pcm)
}

/// Tells whisper.cpp whether to stop.
#[expect(unsafe_code, reason = "the signature whisper.cpp calls back through")]
unsafe extern "C" fn poll(data: *mut c_void) -> bool {
    // SAFETY: whisper.cpp hands back the pointer `full` gave it: a live `Abort`, only ever read through `&`.
    let abort = unsafe { &*data.cast::<Abort>() };
    abort.raised()
}

#[cfg(test)]
mod tests {
    use whisper_rs::{SamplingStrategy, WhisperContext, WhisperContextParameters};

    use super::*;

    /// The flag is up before whisper.cpp starts, and only the callback can tell it so: the pass ends in an error.
    #[test]
    fn the_callback_reaches_whisper_and_the_state_survives() {
        whisper_rs::install_logging_hooks();
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/builtin-en-q8_0.bin");
        let context = WhisperContext::new_with_params(model, WhisperContextParameters::default()).unwrap();
        let mut state = context.create_state().unwrap();
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_n_threads(1);
        params.set_print_progress(false);
        let (up, down) = (Abort::default(), Abort::default());
        up.raise();
        assert!(full(&mut state, params.clone(), &[0.0; 16_000], &up).is_err());
        assert!(full(&mut state, params.clone(), &[0.0; 16_000], &down).is_ok());
        assert!(full(&mut state, params.clone(), &[0.0; 16_000], &up).is_err());
        assert!(
            full(&mut state, params, &[0.0; 16_000], &up.of(1)).is_ok(),
            "a later reading is not stopped"
        );
    }

    #[test]
    fn a_reading_is_stopped_with_those_before_it_alone() {
        let flag = Abort::default();
        let readings = [1, 2, 3].map(|number| flag.of(number));
        readings[1].raise();
        assert_eq!(readings.each_ref().map(Abort::raised), [true, true, false]);
        readings[0].raise();
        assert!(!readings[2].raised(), "an older stop takes nothing back and adds nothing");
        flag.raise_for_good();
        assert!(readings[2].raised() && flag.of(9).raised());
    }
}
