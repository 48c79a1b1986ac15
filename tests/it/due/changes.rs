//! What is due is changed in place: the one that is meant, keeping what nobody said, and as it was once that is taken back.

use jiff::civil::Weekday;

use super::*;

const NOW: &str = "2026-11-23T15:42[Europe/Paris]";

/// Where something is moved.
fn to(day: &str, time: &str, repeat: Option<Repeat>) -> (&'static str, SlotValue) {
    ("to", when(day, time, repeat).1)
}

fn earlier() -> (&'static str, SlotValue) {
    text("state", "earlier")
}

#[test]
fn an_alarm_is_moved_and_keeps_its_name_and_how_it_comes_again() {
    let mut desk = Desk::at(NOW);
    assert_eq!(desk.ask("alarm.change", &[to("", "8:00?", None)]), "There is no alarm.");
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays)), text("label", "work")]);
    assert_eq!(desk.ask("alarm.change", &[]), "To when?");
    assert_eq!(
        desk.ask("alarm.change", &[to("", "8:00?", None)]),
        "The alarm is changed: work every workday, next tomorrow at 8 o'clock in the morning."
    );
    assert_eq!(
        desk.ask("alarm.change", &[to("", "8:00", None)]),
        "The alarm is set for then already: work every workday, next tomorrow at 8 o'clock in the morning."
    );
    assert_eq!(
        desk.ask("alarm.change", &[to("saturday", "8:30?", None)]),
        "It comes every workday, so I can't move it to one day, and it stays as it was. Say how often it is to come."
    );
    let monday = Some(Repeat::Weekly(vec![Weekday::Monday]));
    assert_eq!(
        desk.ask("alarm.change", &[to("", "", monday)]),
        "The alarm is changed: work every Monday, next Monday, November 30 at 8 o'clock in the morning."
    );
    // Each of these is taken back by itself, how it comes again as well.
    assert!(desk.ask("undo", &[]).ends_with("is as it was."));
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There is one alarm: work every workday, next tomorrow at 8 o'clock in the morning."
    );
    desk.ask("undo", &[]);
    desk.ask("alarm.set", &[when("+1", "18:00", None)]);
    assert_eq!(
        desk.ask("alarm.change", &[to("+0", "8:00", None)]),
        "There are 2 alarms: work every workday, next tomorrow at 7 o'clock in the morning and tomorrow at 6 o'clock in \
         the evening. Which one?"
    );
    assert_eq!(
        desk.ask("alarm.change", &[when("", "6:00?", None), to("+0", "8:00", None)]),
        "Today at 8 o'clock in the morning has passed, so it stays as it was."
    );
    assert!(
        desk.ask("alarm.change", &[when("", "9:00", None), to("", "8:00", None)])
            .starts_with("There is no alarm for then. There are 2 alarms: ")
    );
    assert_eq!(
        desk.ask("alarm.change", &[text("label", "work"), seconds(1_800.0), earlier()]),
        "The alarm is changed: work every workday, next tomorrow at 6:30 in the morning."
    );
    desk.skip(14 * 3_600);
    assert_eq!(desk.pass(3_000)[0], "It's 6:30 in the morning. Alarm: work.");
}

#[test]
fn what_rings_is_put_off_and_what_is_moved_rings_then() {
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", None)]);
    desk.ask("alarm.set", &[when("+1", "9:00", None)]);
    assert_eq!(desk.pass(60), ["It's 7 o'clock in the morning. This is your alarm."]);
    assert_eq!(
        desk.ask("alarm.change", &[seconds(600.0), text("state", "later")]),
        "Okay, again in 10 minutes."
    );
    assert_eq!(desk.pass(600), ["It's 7:10 in the morning. This is your alarm."]);
    assert_eq!(desk.ask("stop", &[]), "Okay.");
    desk.skip(600);
    // Nothing rings: the one there is comes so much later.
    assert_eq!(
        desk.ask("alarm.change", &[seconds(600.0), text("state", "later")]),
        "The alarm is changed: tomorrow at 9:10 in the morning."
    );
    let instead = text("instead", "last");
    assert_eq!(
        desk.ask("alarm.change", &[seconds(1_200.0), text("state", "later"), instead]),
        "The alarm is changed: tomorrow at 9:20 in the morning."
    );
    let mut desk = desk.in_mandarin();
    assert_eq!(desk.ask("alarm.change", &[to("", "8:00?", None)]), "闹钟改好了：明天早上8点整。");
}

#[test]
fn only_what_was_meant_is_put_off() {
    let later = || text("state", "later");
    // A timer that rings is no alarm.
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("timer.set", &[seconds(60.0), text("label", "pasta")]);
    desk.ask("alarm.set", &[when("", "9:00", None)]);
    for heeded in [false, true] {
        let told = desk.pass(60);
        assert!(!told.is_empty() && told.iter().all(|line| line.contains("pasta")), "{told:?}");
        if heeded {
            desk.skills.heed(&desk.now);
        }
        assert_eq!(
            desk.ask("alarm.change", &[seconds(3_600.0), later()]),
            format!(
                "The alarm is changed: today at {} o'clock in the morning.",
                if heeded { 11 } else { 10 }
            )
        );
    }
    assert_eq!(desk.pass(300), [""; 0]);
    // Nor is a reminder; one that rings is put off itself, as long as that is, and one that is named is moved.
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("reminder.set", &[text("text", "call my mum"), when("", "7:00", None)]);
    desk.ask("reminder.set", &[text("text", "the dentist"), when("+1", "9:00", None)]);
    desk.ask("alarm.set", &[when("", "7:00", None)]);
    assert_eq!(desk.pass(60).len(), 2);
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "dentist"), seconds(600.0), later()]),
        "The reminder is changed: the dentist, tomorrow at 9:10 in the morning."
    );
    assert_eq!(desk.ask("reminder.change", &[seconds(600.0), later()]), "Okay, again in 10 minutes.");
    desk.ask("stop", &[]);
    assert_eq!(desk.pass(600), ["Reminder: call your mum."]);
    desk.skills.heed(&desk.now);
    assert_eq!(desk.ask("reminder.change", &[seconds(172_800.0), later()]), "Okay, again in 2 days.");
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "dentist"), seconds(1e15), later()]),
        "I can't find that time in the calendar, so it stays as it was."
    );
}

#[test]
fn what_rings_is_put_off_by_its_name_and_comes_again_as_it_did() {
    let later = || text("state", "later");
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", None), text("label", "work")]);
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays)), text("label", "gym")]);
    desk.ask("alarm.set", &[when("+1", "9:00", None)]);
    assert_eq!(desk.pass(60).len(), 2);
    for label in ["work", "gym"] {
        let slots = [text("label", label), seconds(600.0), later()];
        assert_eq!(desk.ask("alarm.change", &slots), "Okay, again in 10 minutes.");
    }
    assert_eq!(desk.pass(599), [""; 0]);
    assert_eq!(desk.pass(1).len(), 2);
    // The time it was for names it as well, and what rings can be moved to a time.
    assert_eq!(
        desk.ask("alarm.change", &[when("", "7:10", None), text("label", "gym"), seconds(300.0), later()]),
        "Okay, again in 5 minutes."
    );
    assert_eq!(
        desk.ask("alarm.change", &[text("label", "work"), to("", "8:00", None)]),
        "The alarm is changed: work today at 8 o'clock in the morning."
    );
    assert!(desk.ask("alarm.list", &[]).ends_with(
        "gym every workday, next tomorrow at 7 o'clock in the morning; tomorrow at 9 o'clock in the morning."
    ));
}

#[test]
fn a_moved_alarm_goes_with_the_zone_as_one_that_was_set_does() {
    let mut desk = Desk::at("2026-11-23T22:00[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", None)]);
    desk.ask("alarm.change", &[to("", "8:00?", None)]);
    desk.ask("alarm.change", &[seconds(900.0)]);
    desk.set_clock("2026-11-24T08:14:59[America/New_York]");
    assert_eq!(desk.pass(0), [""; 0]);
    assert_eq!(desk.pass(1), ["It's 8:15 in the morning. This is your alarm."]);
}

#[test]
fn a_reminder_is_found_by_its_words_and_keeps_them() {
    let mut desk = Desk::at(NOW);
    desk.ask("reminder.set", &[text("text", "call my mum"), when("+1", "16:00", None)]);
    desk.ask("reminder.set", &[text("text", "the dentist"), when("+2", "", None)]);
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "dentist"), to("friday", "", None)]),
        "The reminder is changed: the dentist, Friday at 9 o'clock in the morning."
    );
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "call my mum"), to("", "6:00?", None)]),
        "The reminder is changed: call your mum, tomorrow at 6 o'clock in the evening."
    );
    assert!(desk.ask("reminder.change", &[to("", "6:00?", None)]).ends_with("Which one?"));
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "the car"), to("", "6:00?", None)]),
        "There is no reminder about that."
    );
    assert_eq!(
        desk.ask("undo", &[]),
        "Okay, the reminder call your mum, tomorrow at 4 o'clock in the afternoon is as it was."
    );
    let mut desk = desk.in_mandarin();
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "dentist"), seconds(3_600.0), text("state", "later")]),
        "提醒改好了：星期五上午10点整the dentist。"
    );
}

#[test]
fn a_timer_is_set_anew_or_made_shorter() {
    let mut desk = Desk::at(NOW);
    let length = |seconds: f64| ("to", SlotValue::Number(seconds));
    assert_eq!(desk.ask("timer.change", &[length(720.0)]), "There is no timer.");
    desk.ask("timer.set", &[seconds(600.0), text("label", "pasta")]);
    desk.ask("timer.set", &[seconds(300.0)]);
    desk.skip(60);
    assert_eq!(
        desk.ask("timer.change", &[text("label", "pasta"), length(720.0)]),
        "Changed: 12 minutes left on the pasta timer."
    );
    assert_eq!(desk.ask("timer.change", &[seconds(300.0)]), "To how long?");
    assert_eq!(
        desk.ask("timer.change", &[seconds(300.0), length(120.0)]),
        "Changed: 2 minutes left on the 2 minute timer."
    );
    assert!(desk.ask("timer.change", &[length(60.0)]).ends_with("Which one?"));
    assert!(desk.ask("timer.change", &[text("label", "pasta"), length(1e8)]).starts_with("A timer runs for"));
    assert_eq!(
        desk.ask("timer.shorten", &[text("label", "pasta"), seconds(120.0)]),
        "2 minutes taken off: 10 minutes left on the pasta timer."
    );
    assert_eq!(
        desk.ask("timer.shorten", &[text("label", "pasta"), seconds(600.0)]),
        "It doesn't have that much left: 10 minutes left on the pasta timer."
    );
    assert_eq!(desk.ask("undo", &[]), "Okay, the pasta timer is as it was.");
    assert_eq!(desk.ask("undo", &[]), "Okay, the 5 minute timer is as it was.");
    assert_eq!(desk.ask("undo", &[]), "Okay, the pasta timer is as it was.");
    assert_eq!(
        desk.ask("timer.list", &[]),
        "There are 2 timers: 9 minutes left on the pasta timer; 4 minutes left on the 5 minute timer."
    );
}

#[test]
fn what_was_heeded_and_put_off_can_be_put_off_by_another_length() {
    let mut desk = Desk::at("2026-11-23T06:59[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    assert_eq!(desk.pass(60).len(), 1);
    desk.ask("stop", &[]);
    assert_eq!(desk.ask("alarm.snooze", &[seconds(600.0)]), "Okay, again in 10 minutes.");
    let instead = || text("instead", "last");
    assert_eq!(desk.ask("alarm.snooze", &[seconds(900.0), instead()]), "Okay, again in 15 minutes.");
    assert_eq!(desk.ask("alarm.snooze", &[seconds(1_200.0)]), "Okay, again in 20 minutes.");
    assert_eq!(desk.pass(1_199), [""; 0]);
    assert_eq!(desk.pass(1).len(), 1);
    // By its name too, and the next morning's stays where it is.
    desk.ask("stop", &[]);
    let later = || text("state", "later");
    assert_eq!(desk.ask("alarm.change", &[seconds(600.0), later()]), "Okay, again in 10 minutes.");
    assert_eq!(desk.ask("alarm.change", &[seconds(900.0), later(), instead()]), "Okay, again in 15 minutes.");
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There are 2 alarms: today at 7:35 in the morning; every workday, next tomorrow at 7 o'clock in the morning."
    );
}
