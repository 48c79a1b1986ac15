//! The console: what goes to standard output and standard error.
//!
//! Enters: lines. Leaves: bytes, and whether they could be written. Never here: a panic on a closed pipe.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{flow::Fault, report::printable};

/// Standard output for answers, standard error for the rest.
#[derive(Debug)]
pub struct Console {
    quiet: bool,
    bar: ProgressBar,
}

impl Console {
    /// A console; `quiet` silences progress and notes, never answers and errors.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg}").expect("the template is fixed and valid"),
        );
        Self { quiet, bar }
    }

    /// The spinner of a long wait; hidden where standard error is no terminal.
    #[must_use]
    pub fn progress(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Prints `line` to standard output.
    ///
    /// # Errors
    /// The system's; a broken pipe when nobody reads any more.
    pub fn answer(&self, line: &str) -> io::Result<()> {
        self.bar.suspend(|| {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush())
        })
    }

    /// Prints a note to standard error unless quiet.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            // A closed standard error leaves nobody to tell.
            self.bar.suspend(|| writeln!(io::stderr().lock(), "mynah: {}", printable(line)).ok());
        }
    }

    /// Prints `line` to standard error, quiet or not.
    pub fn beside(&self, line: &str) {
        self.bar.suspend(|| writeln!(io::stderr().lock(), "mynah: {}", printable(line)).ok());
    }

    /// Prints what went wrong and what to do about it to standard error.
    pub fn fault(&self, fault: &Fault) {
        let (message, remedy) = (printable(&fault.message), printable(&fault.remedy));
        self.bar.suspend(|| writeln!(io::stderr().lock(), "mynah: {message}\n  what to do: {remedy}").ok());
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
