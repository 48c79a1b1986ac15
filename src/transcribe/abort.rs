//! Abort: the flag that stops a read, and the one whisper.cpp pass that looks at it.
//!
//! Enters: a state, its parameters, samples, the flag. Leaves: the pass is done, or an error. This is the one file
//! with `unsafe`. Never here: `set_abort_callback_safe`, whose trampoline casts the closure to a type it is not
//! (whisper-rs 0.14 to 0.16); the raw callback is installed instead.

use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use whisper_rs::{FullParams, WhisperError, WhisperState};

/// A flag that stops a running transcription from another thread. It stays raised: a new read takes a new flag.
#[derive(Debug, Clone, Default)]
pub struct Abort(Arc<AtomicBool>);

impl Abort {
    /// Asks the running transcription to stop; it does so at the end of the encoder pass or token it is in, which
    /// are the only places where whisper.cpp 1.8.3 looks.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
    let flag: Arc<AtomicBool> = Arc::clone(&abort.0);
    let data = Arc::as_ptr(&flag).cast_mut().cast::<c_void>();
    // SAFETY: `poll` has the signature whisper.cpp calls, never unwinds, and only reads the atomic behind `data`.
    // `data` points into `flag`, which this frame owns until `full` below has returned; `full` takes `params` by
    // value and whisper.cpp keeps no copy of it past the call, so the pointer is never used after `flag` is dropped.
    unsafe {
        params.set_abort_callback(Some(poll));
        params.set_abort_callback_user_data(data);
    }
    let done = state.full(params, pcm);
    drop(flag);
    done
}

/// Tells whisper.cpp whether to stop.
#[expect(unsafe_code, reason = "the signature whisper.cpp calls back through")]
unsafe extern "C" fn poll(data: *mut c_void) -> bool {
    // SAFETY: whisper.cpp hands back the pointer `full` gave it: a live `AtomicBool`, only ever read through `&`.
    let flag = unsafe { &*data.cast::<AtomicBool>() };
    flag.load(Ordering::Relaxed)
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
        assert_eq!(Arc::strong_count(&up.0), 1, "the pass gave its share of the flag back");
        assert!(full(&mut state, params, &[0.0; 16_000], &up).is_err());
    }
}
