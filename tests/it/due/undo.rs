//! Undo: the last thing done is taken back, and nothing else in its place; a change of mind replaces only its own command.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use mynah::{
    desktop::{self, DesktopError, Level, Loudness, Runner},
    flow::{Deed, Pace, Piece},
};

use super::*;

const NOW: &str = "2026-11-23T15:42[Europe/Paris]";

fn instead() -> (&'static str, SlotValue) {
    text("instead", "last")
}

#[test]
fn what_cannot_be_taken_back_stands_before_what_could() {
    let mut desk = Desk::at(NOW);
    desk.ask("note.add", &[text("text", "one")]);
    desk.ask("timer.set", &[seconds(300.0)]);
    assert_eq!(desk.ask("note.delete", &[text("state", "last")]), "The note is deleted: one.");
    for _ in 0..2 {
        assert_eq!(desk.ask("undo", &[]), "I can't take that back.");
    }
    assert_eq!(desk.ask("timer.list", &[]), "5 minutes left on the 5 minute timer.");
    // Nothing that only tells stands in the way.
    desk.ask("timer.set", &[seconds(60.0), text("label", "tea")]);
    desk.ask("clock.time", &[]);
    assert_eq!(desk.ask("undo", &[]), "Okay, the tea timer is gone.");
    let mut desk = desk.in_mandarin();
    assert_eq!(desk.ask("undo", &[]), "这个没法撤销。");
}

/// Says this of every program that is to start.
struct Starts(Result<(), DesktopError>);

impl Runner for Starts {
    fn run(&mut self, _program: &Path, _arguments: &[String]) -> Result<(), DesktopError> {
        self.0.clone()
    }
}

#[test]
fn nothing_before_a_program_that_was_started_is_taken_back() {
    let tea = "Okay, the 5 minute timer is gone.";
    for (starts, answer, back) in [
        (Ok(()), None, "I can't take that back."),
        (Ok(()), Some(vec![Piece::Fixed("Tea.".into())]), "I can't take that back."),
        // It may have started all the same.
        (Err(DesktopError::Slow("system")), None, "I can't take that back."),
        (Err(DesktopError::Absent("program")), None, tea),
    ] {
        let deed = Deed { intent: "phrase.1".into(), run: Some(("/x".into(), vec![])), answer };
        let around = desktop::Desk { runner: Box::new(Starts(starts.clone())), ..desktop::Desk::nothing() };
        let given = Given {
            desk: around,
            deeds: vec![deed].into(),
            ..Given::new(Box::new(Store::in_memory), Teller::Here)
        };
        let mut desk = Desk::with(NOW, given);
        desk.ask("timer.set", &[seconds(300.0)]);
        desk.ask("phrase.1", &[]);
        assert_eq!(desk.ask("undo", &[]), back, "{starts:?}");
    }
}

#[test]
fn what_was_silenced_does_not_ring_again() {
    let mut desk = Desk::at(NOW);
    desk.ask("timer.set", &[seconds(300.0)]);
    desk.ask("timer.set", &[seconds(60.0)]);
    assert_eq!(desk.pass(60).len(), 1);
    desk.ask("stop", &[]);
    assert_eq!(desk.ask("undo", &[]), "I can't take that back.");
    assert_eq!(desk.ask("timer.list", &[]), "4 minutes left on the 5 minute timer.");
}

#[test]
fn notes_lists_and_what_is_remembered_are_as_they_were() {
    let mut desk = Desk::at(NOW);
    desk.ask("note.add", &[text("text", "the plumber comes on Thursday")]);
    desk.ask("note.add", &[text("text", "the plumber")]);
    assert_eq!(desk.ask("undo", &[]), "The note is deleted: the plumber.");
    assert_eq!(desk.ask("note.read", &[]), "There is one note: the plumber comes on Thursday.");
    desk.ask("memory.remember", &[text("text", "my car is red")]);
    desk.ask("memory.remember", &[text("text", "my car is on level three")]);
    assert_eq!(desk.ask("undo", &[]), "I forgot this: your car is on level three.");
    // Which one is never guessed.
    assert_eq!(desk.try_ask("memory.forget", &[]), Err("missing_slot".into()));
    assert_eq!(desk.ask("memory.list", &[]), "You asked me to remember one thing: your car is red.");
    desk.ask("list.add", &[text("list", "camping")]);
    assert_eq!(desk.ask("undo", &[]), "The camping list is gone.");
    desk.ask("list.add", &[text("list", "camping")]);
    desk.ask("list.add", &[text("list", "camping"), text("item", "tent and rope")]);
    assert_eq!(
        desk.ask("list.clear", &[text("list", "camping"), text("state", "gone")]),
        "The camping list is gone, with 2 items."
    );
    assert_eq!(desk.ask("undo", &[]), "I put tent and rope on a new camping list.");
    assert_eq!(desk.ask("undo", &[]), "I took tent and rope off the camping list.");
    assert_eq!(desk.ask("undo", &[]), "The camping list is gone.");
    assert_eq!(desk.ask("undo", &[]), "I forgot this: your car is red.");
    assert_eq!(desk.ask("undo", &[]), "The note is deleted: the plumber comes on Thursday.");
    assert_eq!(desk.ask("undo", &[]), "There is nothing to take back.");
}

#[test]
fn a_list_that_somebody_else_filled_meanwhile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let (mut desk, mut other) = (Desk::on(NOW, &path), Desk::beside(NOW, &path, true));
    desk.ask("list.add", &[text("list", "camping")]);
    other.ask("list.add", &[text("list", "camping"), text("item", "tent")]);
    assert_eq!(desk.ask("undo", &[]), "There is something on the camping list by now, so I left it.");
    assert_eq!(desk.ask("list.read", &[text("list", "camping")]), "On the camping list is tent.");
    assert_eq!(desk.ask("undo", &[]), "There is nothing to take back.");
}

#[test]
fn the_pace_is_as_it_was() {
    let pace = Pace::default();
    let given = Given { pace: pace.clone(), ..Given::new(Box::new(Store::in_memory), Teller::Here) };
    let mut desk = Desk::with(NOW, given);
    desk.ask("voice.faster", &[]);
    desk.ask("voice.faster", &[]);
    desk.ask("voice.usual", &[]);
    for (reply, percent) in [
        ("Okay, as before.", 140),
        ("Okay, as before.", 120),
        ("Okay, as before.", 100),
        ("There is nothing to take back.", 100),
    ] {
        assert_eq!((desk.ask("undo", &[]).as_str(), pace.percent()), (reply, percent));
    }
}

#[test]
fn a_snooze_is_taken_back() {
    let mut desk = Desk::at(NOW);
    desk.ask("alarm.set", &[when("", "15:43", None)]);
    assert_eq!(desk.pass(60).len(), 1);
    desk.ask("alarm.snooze", &[]);
    assert_eq!(desk.pass(60), [""; 0]);
    assert!(desk.ask("undo", &[]).starts_with("Okay, the alarm "));
    assert_eq!(desk.pass(0).len(), 1, "it rings on");
}

#[test]
fn only_what_the_changed_command_did_is_replaced() {
    // The seven o'clock alarm is of another command than the one that was refused and is changed.
    let mut desk = Desk::at("2026-11-23T15:42[Asia/Shanghai]");
    desk.ask("alarm.set", &[when("+1", "7:00", None)]);
    assert!(desk.ask("alarm.set", &[when("+0", "7:30", None)]).contains("has passed"));
    desk.ask("alarm.set", &[when("+1", "8:00", None), instead()]);
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There are 2 alarms: tomorrow at 7 o'clock in the morning; tomorrow at 8 o'clock in the morning."
    );
    let mut desk = Desk::at(NOW);
    desk.ask("timer.set", &[seconds(600.0), text("label", "pasta")]);
    assert!(desk.ask("timer.set", &[seconds(40.0 * 86_400.0)]).starts_with("A timer runs for 31 days"));
    desk.ask("timer.set", &[seconds(30.0 * 86_400.0), instead()]);
    assert!(desk.ask("timer.list", &[]).contains("left on the pasta timer"));
    // What was brought back after a change that could not be is the command's own again.
    desk.ask("timer.set", &[seconds(40.0 * 86_400.0), instead()]);
    desk.ask("timer.set", &[seconds(86_400.0), instead()]);
    assert!(
        desk.ask("timer.list", &[])
            .starts_with("There are 2 timers: 10 minutes left on the pasta timer; 1 day")
    );
    // Whatever was done before it.
    let mut desk = Desk::at(NOW);
    desk.ask("timer.set", &[seconds(600.0)]);
    desk.ask("alarm.set", &[when("+1", "7:00", None)]);
    desk.ask("alarm.set", &[when("+0", "7:00", None), instead()]);
    assert_eq!(desk.ask("alarm.list", &[]), "There is one alarm: tomorrow at 7 o'clock in the morning.");
    // What was taken back is nobody's to replace, and neither is what lies under it.
    desk.ask("alarm.set", &[when("+1", "8:00", None)]);
    desk.ask("undo", &[]);
    desk.ask("alarm.set", &[when("+1", "9:00", None), instead()]);
    assert!(desk.ask("alarm.list", &[]).starts_with("There are 2 alarms: "));
}

#[test]
fn what_was_set_cancelled_and_brought_back_can_be_taken_back_once_more() {
    // No clock of a machine stands at a whole ms.
    let mut desk = Desk::at("2026-11-23T15:42:00.123456789[Europe/Paris]");
    desk.ask("timer.set", &[seconds(300.0)]);
    desk.ask("timer.cancel", &[]);
    assert_eq!(desk.ask("undo", &[]), "Okay, the 5 minute timer is back.");
    assert_eq!(desk.ask("undo", &[]), "Okay, the 5 minute timer is gone.");
    assert_eq!(desk.ask("timer.list", &[]), "There is no timer.");
}

#[test]
fn what_could_not_be_taken_back_now_can_be_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let mut desk = Desk::on(NOW, &path);
    desk.ask("timer.set", &[seconds(300.0)]);
    desk.ask("list.add", &[text("item", "milk")]);
    let other = rusqlite::Connection::open(&path).unwrap();
    for reply in ["I took milk off the shopping list.", "Okay, the 5 minute timer is gone."] {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert_eq!(desk.try_ask("undo", &[]), Err("store_busy".into()));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(desk.ask("undo", &[]), reply);
    }
}

/// A sound server: its level, whether it answers, and how often it was asked.
type Server = Arc<Mutex<(Level, bool, usize)>>;

struct Sound(Server);

impl Sound {
    fn level(&self, change: impl FnOnce(&mut Level)) -> Result<Level, DesktopError> {
        let (level, answers, asked) = &mut *self.0.lock().unwrap();
        *asked += 1;
        if !*answers {
            return Err(DesktopError::Slow("sound server"));
        }
        change(level);
        Ok(*level)
    }
}

impl Loudness for Sound {
    fn level(&mut self) -> Result<Level, DesktopError> {
        Self::level(self, |_| {})
    }

    fn set(&mut self, percent: u32) -> Result<Level, DesktopError> {
        Self::level(self, |level| level.percent = percent)
    }

    fn mute(&mut self, muted: bool) -> Result<Level, DesktopError> {
        Self::level(self, |level| level.muted = muted)
    }
}

/// The skills beside a sound server, and how that stands.
fn beside_sound(percent: u32, muted: bool) -> (Desk, Server) {
    let level = Arc::new(Mutex::new((Level { percent, muted }, true, 0)));
    let around = desktop::Desk { loudness: Box::new(Sound(level.clone())), ..desktop::Desk::nothing() };
    let given = Given { desk: around, ..Given::new(Box::new(Store::in_memory), Teller::Here) };
    (Desk::with(NOW, given), level)
}

#[test]
fn the_volume_is_as_it_was_once_the_sound_server_answers() {
    let (mut desk, sound) = beside_sound(30, false);
    desk.ask("timer.set", &[seconds(300.0)]);
    desk.ask("volume.set", &[("percent", SlotValue::Number(60.0))]);
    sound.lock().unwrap().1 = false;
    assert_eq!(desk.ask("undo", &[]), "The sound server isn't answering.");
    sound.lock().unwrap().1 = true;
    assert_eq!(desk.ask("undo", &[]), "The volume is 30 percent.");
    assert_eq!(desk.ask("undo", &[]), "Okay, the 5 minute timer is gone.");
}

#[test]
fn what_was_muted_is_muted_again_and_what_was_too_loud_as_loud_as_may_be() {
    let percent = |percent: f64| ("percent", SlotValue::Number(percent));
    let level = |percent, muted| Level { percent, muted };
    for (before, name, slots, now, back) in [
        (level(20, true), "volume.set", vec![percent(40.0)], level(40, false), level(20, true)),
        (level(20, false), "volume.mute", vec![], level(20, true), level(20, false)),
        (level(0, false), "volume.mute", vec![], level(0, true), level(0, false)),
        (level(20, true), "volume.up", vec![], level(30, false), level(20, true)),
        (level(130, false), "volume.set", vec![percent(40.0)], level(40, false), level(100, false)),
        (level(130, true), "volume.up", vec![], level(130, false), level(100, true)),
    ] {
        let (mut desk, sound) = beside_sound(before.percent, before.muted);
        desk.ask(name, &slots);
        assert_eq!(sound.lock().unwrap().0, now, "{before:?} {name}");
        desk.ask("undo", &[]);
        assert_eq!(sound.lock().unwrap().0, back, "{before:?} {name}");
    }
}

#[test]
fn the_sound_server_is_asked_once_how_loud_it_is() {
    for (name, asked) in [("volume.tell", 1), ("volume.mute", 2), ("volume.down", 2), ("volume.up", 2)] {
        let (mut desk, sound) = beside_sound(30, false);
        desk.ask(name, &[]);
        assert_eq!(sound.lock().unwrap().2, asked, "{name}");
    }
}

#[test]
fn a_step_is_changed_from_where_it_began() {
    let percent = |percent: f64| ("percent", SlotValue::Number(percent));
    let (mut desk, sound) = beside_sound(30, false);
    desk.ask("volume.up", &[percent(20.0)]);
    assert_eq!(desk.ask("volume.up", &[percent(10.0), instead()]), "The volume is 40 percent.");
    assert_eq!(desk.ask("volume.up", &[percent(5.0), instead()]), "The volume is 35 percent.");
    // Where the other does not come about, the one stands.
    desk.ask("volume.set", &[percent(50.0)]);
    assert!(desk.ask("volume.set", &[percent(500.0), instead()]).starts_with("The volume goes from 0"));
    assert_eq!(sound.lock().unwrap().0.percent, 50);
    assert_eq!(desk.ask("undo", &[]), "The volume is 35 percent.");
    assert_eq!(desk.ask("undo", &[]), "The volume is 30 percent.");
}

#[test]
fn what_comes_again_is_taken_back_to_its_next_time_and_does_not_ring_for_the_last() {
    let mut desk = Desk::at("2026-11-23T06:30[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    desk.ask("alarm.change", &[("to", when("", "8:00", None).1)]);
    desk.skip(3_600);
    desk.ask("undo", &[]);
    assert_eq!(desk.pass(600), [""; 0]);
    let at_seven = "There is one alarm: every workday, next tomorrow at 7 o'clock in the morning.";
    assert_eq!(desk.ask("alarm.list", &[]), at_seven);
    desk.ask("alarm.cancel", &[]);
    desk.skip(24 * 3_600);
    desk.ask("undo", &[]);
    assert_eq!(desk.pass(600), [""; 0]);
    assert_eq!(desk.ask("alarm.list", &[]), at_seven);
    // Once it came at its new time, it can be taken back as well; what came once is over.
    desk.ask("alarm.change", &[("to", when("", "8:00", None).1)]);
    desk.ask("alarm.set", &[when("", "9:00", None)]);
    desk.ask("alarm.change", &[when("", "9:00", None), ("to", when("", "8:30", None).1)]);
    desk.skip(24 * 3_600);
    assert!(!desk.pass(3_600).is_empty());
    assert_eq!(desk.ask("undo", &[]), "That is over already.");
}

#[test]
fn a_snooze_that_is_over_is_not_taken_for_what_comes_again() {
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    assert_eq!(desk.pass(60).len(), 1);
    desk.skills.heed(&desk.now);
    desk.ask("alarm.snooze", &[]);
    assert_eq!(desk.pass(540).len(), 1);
    desk.skills.heed(&desk.now);
    assert_eq!(desk.ask("undo", &[]), "That is over already.");
    assert!(desk.ask("alarm.list", &[]).starts_with("There is one alarm: every workday, next tomorrow"));
}
