//! One time of what comes again is left out or moved; the others come as before, and undo brings it back.

use jiff::civil::Weekday;

use super::*;

/// A Monday.
const NOW: &str = "2026-11-23T15:42[Europe/Paris]";

const AT_SEVEN: &str = "There is one alarm: every workday, next tomorrow at 7 o'clock in the morning.";
const WITHOUT_TUESDAY: &str =
    "There is one alarm: every workday, next Wednesday at 7 o'clock in the morning.";

fn to(day: &str, time: &str) -> (&'static str, SlotValue) {
    ("to", when(day, time, None).1)
}

fn state(state: &str) -> (&'static str, SlotValue) {
    text("state", state)
}

fn workdays(now: &str) -> Desk {
    let mut desk = Desk::at(now);
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    desk
}

#[test]
fn a_day_is_left_out_and_taken_back() {
    let mut desk = workdays(NOW);
    for slots in [vec![when("+1", "", None)], vec![state("once")], vec![state("next")]] {
        assert_eq!(
            desk.ask("alarm.cancel", &slots),
            "No alarm tomorrow; from Wednesday again at 7 o'clock in the morning."
        );
        assert_eq!(desk.ask("alarm.list", &[]), WITHOUT_TUESDAY);
        assert!(desk.ask("undo", &[]).ends_with("next tomorrow at 7 o'clock in the morning is as it was."));
        assert_eq!(desk.ask("alarm.list", &[]), AT_SEVEN);
    }
    desk.ask("alarm.cancel", &[when("+1", "", None)]);
    assert_eq!(
        desk.ask("alarm.cancel", &[when("+1", "", None)]),
        format!("There is no alarm for then. {WITHOUT_TUESDAY}")
    );
    desk.skip(15 * 3_600);
    assert_eq!(desk.pass(9 * 3_600), [""; 0]);
    // Tuesday is over: there is nothing to bring back.
    assert_eq!(desk.ask("undo", &[]), "That is over already.");
    desk.set_clock("2026-11-25T06:59[Europe/Paris]");
    assert_eq!(desk.pass(60), ["It's 7 o'clock in the morning. This is your alarm."]);
}

#[test]
fn a_day_is_moved_in_one_step_that_undo_takes_back() {
    let moved = "Tomorrow at 8 o'clock in the morning; from Wednesday again at 7 o'clock in the morning.";
    let half_later = "Tomorrow at 7:30 in the morning; from Wednesday again at 7 o'clock in the morning.";
    for (slots, reply) in [
        (vec![when("+1", "", None), to("", "8:00?")], moved),
        (vec![when("+1", "7:00?", None), to("", "8:00?")], moved),
        (vec![when("", "7:00?", None), to("+1", "8:00?")], moved),
        (vec![to("+1", "8:00?")], moved),
        (vec![when("+1", "", None), seconds(1_800.0), state("later")], half_later),
    ] {
        let mut desk = workdays(NOW);
        assert_eq!(desk.ask("alarm.change", &slots), reply);
        assert!(desk.ask("alarm.list", &[]).starts_with("There are 2 alarms: tomorrow at "));
        assert!(desk.ask("undo", &[]).ends_with("next tomorrow at 7 o'clock in the morning is as it was."));
        assert_eq!(desk.ask("alarm.list", &[]), AT_SEVEN);
    }
    // What was moved is one by itself, and goes as one.
    let mut desk = Desk::at(NOW);
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays)), text("label", "gym")]);
    assert_eq!(
        desk.ask("alarm.change", &[when("+1", "", None), to("", "8:00?")]),
        "Gym tomorrow at 8 o'clock in the morning; from Wednesday again at 7 o'clock in the morning."
    );
    let instead = text("instead", "last");
    desk.ask("alarm.change", &[when("+1", "", None), to("", "9:00?"), instead]);
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There are 2 alarms: gym tomorrow at 9 o'clock in the morning; gym every workday, next Wednesday at 7 o'clock in \
         the morning."
    );
    desk.set_clock("2026-11-24T08:59[Europe/Paris]");
    assert_eq!(desk.pass(60), ["It's 9 o'clock in the morning. Alarm: gym."]);
    desk.ask("stop", &[]);
    desk.set_clock("2026-11-25T06:59[Europe/Paris]");
    assert_eq!(desk.pass(60), ["It's 7 o'clock in the morning. Alarm: gym."]);
}

#[test]
fn a_later_day_is_left_out_and_told_as_such() {
    let mut desk = workdays(NOW);
    assert_eq!(
        desk.ask("alarm.cancel", &[when("wednesday", "", None)]),
        "No alarm on Wednesday; from Thursday again at 7 o'clock in the morning."
    );
    let list =
        "There is one alarm: every workday, next tomorrow at 7 o'clock in the morning, but not on Wednesday.";
    assert_eq!(desk.ask("alarm.list", &[]), list);
    // The time of all of them is another, and Wednesday stays left out.
    desk.ask("alarm.change", &[to("", "6:00")]);
    for (day, rings) in [("24", 1), ("25", 0), ("26", 1)] {
        desk.set_clock(&format!("2026-11-{day}T05:59[Europe/Paris]"));
        assert_eq!(desk.pass(60).len(), rings, "{day}");
        desk.ask("stop", &[]);
    }
    // Who sets it once more wants all days.
    let mut desk = workdays(NOW);
    desk.ask("alarm.cancel", &[when("+1", "", None)]);
    assert!(desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]).starts_with("Alarm set for"));
    assert_eq!(desk.ask("alarm.list", &[]), AT_SEVEN);
    desk.ask("undo", &[]);
    assert_eq!(desk.ask("alarm.list", &[]), WITHOUT_TUESDAY);
}

#[test]
fn a_day_on_which_it_does_not_come_or_came_already_is_none_of_it() {
    let mut desk = workdays(NOW);
    let none = format!("There is no alarm for then. {AT_SEVEN}");
    for day in ["+0", "saturday", "-1"] {
        assert_eq!(desk.ask("alarm.cancel", &[when(day, "", None)]), none, "{day}");
        assert_eq!(desk.ask("alarm.change", &[when(day, "", None), to("", "8:00?")]), none, "{day}");
    }
    assert!(desk.ask("alarm.change", &[to("saturday", "9:00?")]).starts_with("It comes every workday, so I"));
    assert_eq!(
        desk.ask("alarm.change", &[when("+1", "", None), to("+0", "8:00?")]),
        "Today at 8 o'clock in the evening; from Wednesday again at 7 o'clock in the morning."
    );
    // While today's rings, that one is meant.
    let mut desk = workdays("2026-11-24T06:59[Europe/Paris]");
    assert_eq!(desk.pass(60).len(), 1);
    assert!(
        desk.ask("alarm.cancel", &[when("+0", "", None), state("once")])
            .starts_with("The alarm is cancelled")
    );
    assert_eq!(desk.pass(600), [""; 0]);
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There is one alarm: every workday, next tomorrow at 7 o'clock in the morning."
    );
}

#[test]
fn the_soonest_is_meant_by_the_next_and_which_of_several_is_asked() {
    let mut desk = workdays(NOW);
    desk.ask("alarm.set", &[when("+1", "9:00", None)]);
    assert!(desk.ask("alarm.cancel", &[state("once")]).ends_with("Which one?"));
    assert!(desk.ask("alarm.cancel", &[when("+1", "", None)]).ends_with("Which one?"));
    assert!(desk.ask("alarm.cancel", &[state("next")]).starts_with("No alarm tomorrow; "));
    assert_eq!(
        desk.ask("alarm.cancel", &[state("next")]),
        "The alarm is cancelled: tomorrow at 9 o'clock in the morning."
    );
    // All of a day.
    desk.ask("undo", &[]);
    desk.ask("undo", &[]);
    assert_eq!(
        desk.ask("alarm.cancel", &[when("+1", "", None), text("all", "all")]),
        "No alarm then. What comes again goes on after that."
    );
    assert_eq!(desk.ask("alarm.list", &[]), WITHOUT_TUESDAY);
    assert_eq!(desk.ask("undo", &[]), "Okay, all 2 are as they were.");
    assert!(desk.ask("alarm.list", &[]).starts_with("There are 2 alarms: every workday, next tomorrow at 7"));
    // A time alone is not one day's.
    assert!(
        desk.ask("alarm.cancel", &[when("", "7:00", None)])
            .starts_with("The alarm is cancelled: every workday")
    );
}

#[test]
fn holidays_changed_clocks_and_weeks_without_it_are_seen() {
    // The spring festival of 2026, and the Saturday before it that is worked.
    let given = Given { country: Some("CN".into()), ..Given::new(Box::new(Store::in_memory), Teller::Here) };
    let mut desk = Desk::with("2026-02-13T15:42[Asia/Shanghai]", given);
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    assert_eq!(
        desk.ask("alarm.cancel", &[when("+1", "", None)]),
        "No alarm tomorrow; from Tuesday, February 24 again at 7 o'clock in the morning."
    );
    assert!(desk.ask("alarm.cancel", &[when("+3", "", None)]).starts_with("There is no alarm for then."));
    let every = |days: &[Weekday]| Some(Repeat::Weekly(days.to_vec()));
    // 29 March 2026, 2:00 is followed by 3:00.
    let mut desk = Desk::at("2026-03-28T12:00[Europe/Paris]");
    let daily = (1..=7).map(|day| Weekday::from_monday_one_offset(day).unwrap()).collect::<Vec<_>>();
    desk.ask("alarm.set", &[when("", "2:30", every(&daily))]);
    assert_eq!(
        desk.ask("alarm.change", &[when("+1", "", None), to("", "2:45")]),
        "Tomorrow at 3 o'clock in the morning; from Monday again at 2:30 in the morning."
    );
    desk.set_clock("2026-03-29T01:59:59[Europe/Paris]");
    assert_eq!((desk.pass(0).len(), desk.pass(1).len()), (0, 1));
    // Three weeks of what comes once a week.
    let mut desk = Desk::at(NOW);
    desk.ask("alarm.set", &[when("", "7:00", every(&[Weekday::Tuesday]))]);
    for next in ["December 1", "December 8", "December 15", "December 22"] {
        assert_eq!(
            desk.ask("alarm.cancel", &[state("next")]).split_once("; ").unwrap().1,
            format!("from Tuesday, {next} again at 7 o'clock in the morning.")
        );
    }
    desk.set_clock("2026-12-22T06:59[Europe/Paris]");
    assert_eq!(desk.pass(60).len(), 1);
    // What comes after a span has no time of its own on a day.
    let mut desk = Desk::at(NOW);
    desk.ask("reminder.set", &[text("text", "stretch"), when("", "", Some(Repeat::Every(7_200)))]);
    assert_eq!(
        desk.ask("reminder.cancel", &[state("next")]),
        "No reminder today at 5:42 in the afternoon: stretch; next today at 7:42 in the evening."
    );
    assert_eq!(
        desk.ask("reminder.cancel", &[when("+0", "", None)]),
        "No reminder today at 7:42 in the evening: stretch; next tomorrow at 1:42 in the morning."
    );
}

#[test]
fn it_outlasts_the_process_and_another_one_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let mut daemon = Desk::on(NOW, &path);
    daemon.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    let mut other = Desk::beside(NOW, &path, true);
    other.ask("alarm.change", &[when("wednesday", "", None), to("", "8:00")]);
    other.ask("alarm.cancel", &[when("+1", "", None)]);
    drop(other);
    daemon.skip(15 * 3_600);
    assert_eq!(daemon.pass(3_600), [""; 0]);
    drop(daemon);
    let mut daemon = Desk::on("2026-11-25T06:00[Europe/Paris]", &path);
    assert_eq!(daemon.pass(7_199), [""; 0]);
    assert_eq!(daemon.pass(1), ["It's 8 o'clock in the morning. This is your alarm."]);
    daemon.ask("stop", &[]);
    daemon.set_clock("2026-11-26T06:59[Europe/Paris]");
    assert_eq!(daemon.pass(60).len(), 1);
}

#[test]
fn undo_brings_back_what_still_comes_and_leaves_what_somebody_else_changed() {
    // What stood in has rung: only what is to come is brought back.
    let mut desk = workdays(NOW);
    desk.ask("alarm.change", &[when("+1", "", None), to("", "8:00")]);
    desk.set_clock("2026-11-24T07:59[Europe/Paris]");
    assert_eq!(desk.pass(60).len(), 1);
    desk.skills.heed(&desk.now);
    assert_eq!(desk.ask("undo", &[]), "That is over already.");
    assert_eq!(desk.ask("alarm.list", &[]), AT_SEVEN);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let (mut desk, mut other) = (Desk::on(NOW, &path), Desk::beside(NOW, &path, true));
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]);
    desk.ask("alarm.cancel", &[when("+1", "", None)]);
    other.ask("alarm.cancel", &[when("friday", "", None)]);
    assert_eq!(desk.ask("undo", &[]), "That is over already.");
    assert!(
        desk.ask("alarm.list", &[])
            .ends_with("next Wednesday at 7 o'clock in the morning, but not on Friday.")
    );
}

#[test]
fn reminders_and_mandarin() {
    let mut desk = Desk::at(NOW);
    desk.ask("reminder.set", &[text("text", "take my pills"), when("", "9:00", Some(Repeat::Workdays))]);
    assert_eq!(
        desk.ask("reminder.cancel", &[when("+1", "", None)]),
        "No reminder tomorrow: take your pills; from Wednesday again at 9 o'clock in the morning."
    );
    assert_eq!(
        desk.ask("reminder.change", &[text("text", "pills"), when("wednesday", "", None), to("", "10:00")]),
        "Take your pills, Wednesday at 10 o'clock in the morning; from Thursday again at 9 o'clock in the morning."
    );
    let mut desk = workdays(NOW).in_mandarin();
    assert_eq!(desk.ask("alarm.cancel", &[when("+1", "", None)]), "明天没有闹钟；从后天起还是早上7点整。");
    desk.ask("undo", &[]);
    assert_eq!(
        desk.ask("alarm.change", &[when("+1", "", None), to("", "8:00?")]),
        "明天早上8点整；从后天起还是早上7点整。"
    );
    desk.ask("alarm.cancel", &[when("friday", "", None)]);
    assert!(desk.ask("alarm.list", &[]).ends_with("每个工作日，下一次是后天早上7点整，星期五除外。"));
}
