//! View: what `mynah run` shows.
//!
//! Enters: [`Notice`]s. Leaves: one status line that fits the terminal (state, level, words), and the lines that stay.
//! Pure. Never here: a terminal, control characters of what was said, words where nobody asked for them.

use console::measure_text_width;

use crate::{
    report::{Notice, Presence, TurnReport, printable},
    units::{f64_to_count, length_f64},
};

/// Cells of the level meter.
const CELLS: usize = 10;

/// The level at which the meter is empty; a quiet room measures -60 to -50 dBFS.
const EMPTY_DBFS: f64 = -60.0;

/// Columns of the longest state, "listening".
const STATE_WIDTH: usize = 9;

/// What stands for words that do not fit.
const DOTS: &str = "...";

/// Characters of words that are remembered for the line.
const KEPT: usize = 1_000;

/// What was told so far, as far as the status line shows it.
#[derive(Debug)]
pub struct View {
    state: Presence,
    dbfs: f32,
    speech: bool,
    words: Shown,
    /// Stands in every line; empty where there is none.
    badge: String,
}

/// The words on the status line.
#[derive(Debug)]
enum Shown {
    /// Being spoken by the user: their end is what is new.
    Heard(String),
    /// Spoken by Mynah: their beginning is heard first.
    Said(String),
}

impl Default for View {
    fn default() -> Self {
        Self {
            state: Presence::Starting,
            dbfs: f32::NEG_INFINITY,
            speech: false,
            words: Shown::Said(String::new()),
            badge: String::new(),
        }
    }
}

impl View {
    /// A view whose line always holds `badge`.
    #[must_use]
    pub fn with_badge(badge: String) -> Self {
        Self { badge, ..Self::default() }
    }

    /// Takes `notice` in.
    pub fn take(&mut self, notice: &Notice) {
        match notice {
            Notice::State { state } => {
                self.state = *state;
                if matches!(state, Presence::Muted | Presence::Deaf) {
                    self.dbfs = f32::NEG_INFINITY;
                }
            }
            Notice::Level { dbfs, speech } => (self.dbfs, self.speech) = (*dbfs, *speech),
            Notice::Partial { text, .. } | Notice::Transcript { text, .. } => {
                self.words = Shown::Heard(end_of(text.as_str()));
            }
            Notice::Sentence { text, .. } => self.words = Shown::Said(beginning_of(text.as_str())),
            Notice::Turn(report) if !report.reply.text.is_blank() => {
                self.words = Shown::Said(beginning_of(report.reply.text.as_str()));
            }
            Notice::Woken { .. } => self.words = Shown::Said(String::new()),
            Notice::Turn(_)
            | Notice::Disclosure { .. }
            | Notice::BargeIn { .. }
            | Notice::Microphone { .. }
            | Notice::HotKey { .. }
            | Notice::Region { .. }
            | Notice::Trouble(_) => {}
        }
    }

    /// The status line, never wider than `columns` less one: in the last column some terminals wrap already.
    #[must_use]
    pub fn line(&self, columns: usize) -> String {
        let room = columns.saturating_sub(1);
        let state = state(self.state);
        // The meter, its brackets and the spaces around it.
        let before_words = STATE_WIDTH + CELLS + 5;
        if room < before_words {
            return first(state, room);
        }
        let mut meter = format!("{state:<STATE_WIDTH$} [{:<CELLS$}]", self.meter());
        let mut before_words = before_words;
        if !self.badge.is_empty() {
            let badge = first(&self.badge, room - before_words);
            before_words += measure_text_width(&badge) + 2;
            meter = format!("{meter}  {badge}");
        }
        let room = room.max(before_words);
        let words = match &self.words {
            Shown::Heard(words) => last(words, room - before_words),
            Shown::Said(words) => first(words, room - before_words),
        };
        format!("{meter}  {words}").trim_end().to_owned()
    }

    fn meter(&self) -> String {
        let above = (f64::from(self.dbfs) - EMPTY_DBFS) / -EMPTY_DBFS;
        let full = f64_to_count((above * length_f64(CELLS)).round()).min(CELLS);
        (if self.speech { "#" } else { "-" }).repeat(full)
    }
}

/// The line that stays of `notice`, if one does: a turn, news of the microphone, trouble. `words` tells whether what was
/// said may be in it.
#[must_use]
pub fn lasting(notice: &Notice, words: bool) -> Option<String> {
    let line = match notice {
        Notice::Turn(report) if words => said(report),
        Notice::Turn(report) => accounted(report),
        Notice::Microphone { message, .. } => format!("microphone: {message}"),
        Notice::HotKey { message } => message.clone(),
        Notice::Region { region, message } => format!("region {region}: {message}"),
        Notice::Trouble(fault) => format!("trouble: {} (what to do: {})", fault.message, fault.remedy),
        Notice::State { .. }
        | Notice::Level { .. }
        | Notice::Woken { .. }
        | Notice::Partial { .. }
        | Notice::Transcript { .. }
        | Notice::Disclosure { .. }
        | Notice::Sentence { .. }
        | Notice::BargeIn { .. } => return None,
    };
    Some(printable(&line))
}

fn said(report: &TurnReport) -> String {
    let asked = report.transcript.text.as_str();
    let mark = report.disclosure.line().map(|line| format!(" [{line}]")).unwrap_or_default();
    match &report.error {
        None => format!("{asked} > {}{mark}", report.reply.text.as_str()),
        Some(fault) => {
            format!(
                "{asked} > {}{mark} ({}; what to do: {})",
                report.reply.text.as_str(),
                fault.message,
                fault.remedy
            )
        }
    }
}

/// A turn without a word of it: faults of turns may quote what was asked, so their kind stands for them.
fn accounted(report: &TurnReport) -> String {
    let what = report.intent.as_ref().map_or("no intent", |intent| intent.name.as_str());
    let how = report.error.as_ref().map_or("done", |fault| fault.kind);
    format!("turn {}: {what}, answered by {}, {how}, {} ms", report.turn, report.route.by, report.ms.total)
}

const fn state(state: Presence) -> &'static str {
    match state {
        Presence::Starting => "starting",
        Presence::Asleep => "asleep",
        Presence::Listening => "listening",
        Presence::Hearing => "hearing",
        Presence::Thinking => "thinking",
        Presence::Speaking => "speaking",
        Presence::Muted => "muted",
        Presence::Deaf => "no mic",
        Presence::Ending => "ending",
    }
}

/// As much of the beginning of `text` as `room` columns hold.
fn first(text: &str, room: usize) -> String {
    if measure_text_width(text) <= room {
        return text.to_owned();
    }
    let mut kept = within(text.chars(), room.saturating_sub(DOTS.len()));
    // A sequence may be wider than its characters.
    while !kept.is_empty() && measure_text_width(&kept) + DOTS.len() > room {
        kept.pop();
    }
    kept + &DOTS[..DOTS.len().min(room)]
}

/// As much of the end of `text` as `room` columns hold.
fn last(text: &str, room: usize) -> String {
    if measure_text_width(text) <= room {
        return text.to_owned();
    }
    let backwards = within(text.chars().rev(), room.saturating_sub(DOTS.len()));
    let mut kept: String = backwards.chars().rev().collect();
    while !kept.is_empty() && measure_text_width(&kept) + DOTS.len() > room {
        kept.remove(0);
    }
    DOTS[..DOTS.len().min(room)].to_owned() + &kept
}

/// The characters that fit into `room` columns.
fn within(characters: impl Iterator<Item = char>, room: usize) -> String {
    let mut width = 0;
    let fits = |c: &char| {
        width += measure_text_width(c.encode_utf8(&mut [0; 4]));
        width <= room
    };
    characters.take_while(fits).collect()
}

/// No more of `text` than a very wide terminal shows, because the line is measured at every step.
fn beginning_of(text: &str) -> String {
    printable(&text.chars().take(KEPT).collect::<String>())
}

/// The same, of its end.
fn end_of(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(KEPT);
    printable(&text.chars().skip(skipped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::Fault,
        report::{Delays, Disclosed, Heard, Replied, Route, Understood},
        units::{Probability, TurnId, Words},
    };

    fn shown(notices: &[Notice], columns: usize) -> String {
        let mut view = View::default();
        notices.iter().for_each(|notice| view.take(notice));
        view.line(columns)
    }

    fn state(state: Presence) -> Notice {
        Notice::State { state }
    }

    fn partial(text: &str) -> Notice {
        Notice::Partial { turn: TurnId(1), text: text.into() }
    }

    fn sentence(text: &str) -> Notice {
        Notice::Sentence { turn: TurnId(1), text: text.into() }
    }

    fn turn(error: Option<Fault>) -> Notice {
        Notice::Turn(Box::new(TurnReport {
            turn: TurnId(3),
            source: "microphone".into(),
            span_ms: [0, 900],
            transcript: Heard {
                text: "what is two\nplus two".into(),
                language: None,
                confidence: Probability::ONE,
            },
            intent: Some(Understood { name: "maths.sum".into(), slots: Default::default() }),
            also: Vec::new(),
            tools: Vec::new(),
            route: Route { region: "EU".into(), by: "device".into(), reason: "known".into() },
            reply: Replied { text: Words::from("Four.\u{1b}[2J"), audio: None },
            disclosure: Disclosed::default(),
            ms: Delays { total: 412, ..Delays::default() },
            error,
        }))
    }

    #[test]
    fn the_badge_stands_in_every_line_that_has_room_for_more_than_the_state() {
        let shown = |columns, words: &str| {
            let mut view = View::with_badge("AI生成".into());
            view.take(&sentence(words));
            view.line(columns)
        };
        assert_eq!(shown(80, ""), "starting  [          ]  AI生成");
        assert_eq!(shown(80, "Noon."), "starting  [          ]  AI生成  Noon.");
        for columns in 0..80 {
            let line = shown(columns, "It is noon, and the sun is as high as it gets today.");
            assert!(measure_text_width(&line) <= columns, "{columns}: {line}");
            assert_eq!(line.contains("AI生成"), columns >= 31, "{columns}: {line}");
        }
    }

    #[test]
    fn the_line_tells_state_level_and_words() {
        assert_eq!(shown(&[], 80), "starting  [          ]");
        let level = |dbfs, speech| Notice::Level { dbfs, speech };
        for (dbfs, speech, meter) in [
            (-120.0, false, "          "),
            (f32::NEG_INFINITY, false, "          "),
            (f32::NAN, false, "          "),
            (-60.0, false, "          "),
            (-30.0, true, "#####     "),
            (-30.0, false, "-----     "),
            (-3.0, true, "##########"),
            (40.0, true, "##########"),
        ] {
            let line = shown(&[state(Presence::Asleep), level(dbfs, speech)], 80);
            assert_eq!(line, format!("asleep    [{meter}]"), "{dbfs}");
        }
        assert_eq!(
            shown(&[state(Presence::Hearing), level(-24.0, true), partial("what time")], 80),
            "hearing   [######    ]  what time"
        );
        // A microphone that is closed has no level.
        assert_eq!(shown(&[level(-3.0, true), state(Presence::Muted)], 80), "muted     [          ]");
    }

    #[test]
    fn the_line_fits_every_width() {
        let long = "现在几点 what time is it ❤️ 👩‍👩‍👧 ".repeat(200);
        for notice in [partial(&long), sentence(&long), partial("几点"), sentence("")] {
            for columns in 0..140 {
                let line = shown(&[state(Presence::Listening), notice.clone()], columns);
                assert!(measure_text_width(&line) <= columns.saturating_sub(1), "{columns}: {line}");
            }
        }
        // What is heard shows its end, what is said its beginning.
        assert_eq!(shown(&[partial("abcdefghijklmnop")], 37), "starting  [          ]  ...hijklmnop");
        assert_eq!(shown(&[sentence("现在是十二点三十分")], 37), "starting  [          ]  现在是十...");
        assert_eq!(shown(&[], 12), "starting");
        assert_eq!(shown(&[], 6), "st...");
        assert_eq!(shown(&[], 3), "..");
    }

    #[test]
    fn nothing_that_was_said_steers_the_terminal() {
        for notice in [partial("a\u{1b}[2J\r\nb\u{9b}1A"), sentence("a\u{7}\u{1b}]0;x\u{7}"), turn(None)] {
            let line = shown(std::slice::from_ref(&notice), 80);
            assert!(!line.contains(char::is_control), "{line:?}");
            let line = lasting(&notice, true).unwrap_or_default();
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn lines_that_stay_hold_words_only_where_asked() {
        let fault =
            Fault { kind: "no_model", message: "“two” failed".into(), remedy: "fetch one".into() };
        assert_eq!(lasting(&turn(None), true).unwrap(), "what is two plus two > Four. [2J");
        assert_eq!(
            lasting(&turn(None), false).unwrap(),
            "turn 3: maths.sum, answered by device, done, 412 ms"
        );
        assert_eq!(
            lasting(&turn(Some(fault.clone())), false).unwrap(),
            "turn 3: maths.sum, answered by device, no_model, 412 ms"
        );
        assert!(lasting(&turn(Some(fault.clone())), true).unwrap().contains("what to do: fetch one"));
        assert_eq!(
            lasting(&Notice::Trouble(fault), false).unwrap(),
            "trouble: “two” failed (what to do: fetch one)"
        );
        let gone = Notice::Microphone { device: None, message: "USB headset is gone".into() };
        assert_eq!(lasting(&gone, false).unwrap(), "microphone: USB headset is gone");
        for passing in [partial("a"), sentence("a"), state(Presence::Asleep)] {
            assert_eq!(lasting(&passing, true), None);
        }
    }
}
