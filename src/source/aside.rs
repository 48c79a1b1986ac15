//! Aside: work with the system's sound libraries, which may never return from it, and complain on stderr.
//!
//! Enters: the work. Leaves: nothing to wait for. Never here: a thread that is joined.

/// Runs `work` on a thread that nobody joins: the system's libraries may never return from it.
pub(super) fn detached(name: &str, work: impl FnOnce() + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "a dead sound server holds this thread for ever")]
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    // Where no thread can be had, `work` was dropped here; nothing is left to do.
    drop(started);
}

/// Runs `work` with libasound's complaints kept off stderr, on this thread from now on.
#[cfg(target_os = "linux")]
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    // The handler is this thread's own and stays; what it collected is dropped.
    let _complaints = alsa::Output::local_error_handler();
    work()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    work()
}
