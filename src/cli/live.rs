//! Live: shows notices where `mynah run` was started.
//!
//! Enters: [`Notice`]s. Leaves: on a terminal, a status line that is written over in place, and the lines that stay above
//! it; elsewhere (a file, a service manager) only those, without what was said unless asked. Never here: what they say, a
//! wait for whoever reads them.

use std::io::{self, IsTerminal, Write};

use console::Term;

use super::{
    pen::{Pen, Stays},
    view::{View, lasting},
};
use crate::{report::Notice, settings::environment};

/// Back to the first column.
const HOME: &str = "\r";

/// Clears from the cursor to the end of the line: after the new text, so that nothing flickers.
const CLEAR: &str = "\u{1b}[K";

/// Gives the terminal's columns now; it may have been resized since.
type Columns = Box<dyn Fn() -> usize + Send>;

/// Shows notices until it is dropped, which takes the status line away.
pub struct Live {
    view: View,
    pen: Pen,
    /// `None` where there is no terminal.
    columns: Option<Columns>,
    words: bool,
    /// The status line as it stands on the terminal.
    shown: String,
}

impl Live {
    /// Shows notices on standard output, with `badge` in the status line. `words` tells whether what was said is shown where that is no terminal.
    #[must_use]
    pub fn on_stdout(words: bool, badge: String) -> Self {
        let dumb = environment::variable("TERM").is_some_and(|it| it == "dumb");
        let terminal = io::stdout().is_terminal() && !dumb;
        let columns: Columns = Box::new(|| usize::from(Term::stdout().size().1));
        let mut shown = Self::new(Box::new(io::stdout()), terminal.then_some(columns), words);
        shown.view = View::with_badge(badge);
        shown
    }

    /// Whether somebody can see it.
    #[must_use]
    pub const fn is_screen(&self) -> bool {
        self.columns.is_some()
    }

    /// Shows notices on `out`, which is a terminal where `columns` are given.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>, columns: Option<Columns>, words: bool) -> Self {
        let words = words || columns.is_some();
        Self { view: View::default(), pen: Pen::on(out), columns, words, shown: String::new() }
    }

    /// Shows `notice`.
    pub fn notice(&mut self, notice: &Notice) {
        let lasting = lasting(notice, self.words);
        let Some(columns) = &self.columns else {
            if let Some(line) = lasting {
                self.pen.ink().put(format!("{line}\n"), Stays::Lasting);
            }
            return;
        };
        self.view.take(notice);
        let line = self.view.line(columns());
        // In one write, so that no half of it is ever seen; each whole, so that one may be left out.
        let (text, stays) = match lasting {
            Some(lasting) => (format!("{HOME}{lasting}{CLEAR}\n{line}{CLEAR}"), Stays::Lasting),
            None if line == self.shown => return,
            None => (format!("{HOME}{line}{CLEAR}"), Stays::Fleeting),
        };
        self.shown = line;
        self.pen.ink().put(text, stays);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            self.pen.ink().put(format!("{HOME}{CLEAR}"), Stays::Lasting);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{flow::Fault, report::Presence, units::TurnId};

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().concat()).unwrap()
        }
    }

    fn notices() -> Vec<Notice> {
        vec![
            Notice::State { state: Presence::Hearing },
            Notice::State { state: Presence::Hearing },
            Notice::Partial { turn: TurnId(1), text: "a secret".into() },
            Notice::Trouble(Fault { kind: "odd", message: "odd".into(), remedy: "mend it".into() }),
        ]
    }

    #[test]
    fn a_terminal_sees_one_line_that_is_written_over_and_taken_away() {
        let paper = Paper::default();
        let mut live = Live::new(Box::new(paper.clone()), Some(Box::new(|| 60)), false);
        notices().iter().for_each(|notice| live.notice(notice));
        drop(live);
        let empty = "[          ]";
        assert_eq!(
            paper.text(),
            format!(
                "\rhearing   {empty}\u{1b}[K\rhearing   {empty}  a secret\u{1b}[K\
                \rtrouble: odd (what to do: mend it)\u{1b}[K\nhearing   {empty}  a secret\u{1b}[K\r\u{1b}[K"
            )
        );
        assert_eq!(paper.0.lock().unwrap().len(), 4, "each change in one write");
    }

    #[test]
    fn elsewhere_only_lines_that_stay_are_written() {
        let paper = Paper::default();
        let mut live = Live::new(Box::new(paper.clone()), None, false);
        notices().iter().for_each(|notice| live.notice(notice));
        drop(live);
        assert_eq!(paper.text(), "trouble: odd (what to do: mend it)\n");
    }
}
