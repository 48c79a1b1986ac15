//! Alarms: at the clock's time wherever the machine is, through changed clocks, sleep and restarts.

use jiff::civil::Weekday;

use super::*;

#[test]
fn an_alarm_rings_until_it_is_heeded_and_no_longer_than_five_minutes() {
    let mut desk = Desk::at("2026-11-23T22:00[Europe/Paris]");
    assert_eq!(
        desk.ask("alarm.set", &[when("", "7:00?", None)]),
        "Alarm set for tomorrow at 7 o'clock in the morning."
    );
    assert!(desk.ask("alarm.set", &[when("", "7:00", None)]).starts_with("That alarm is set already"));
    assert_eq!(
        desk.ask("alarm.set", &[when("", "7:30", None), text("label", "gym")]),
        "Gym alarm set for tomorrow at 7:30 in the morning."
    );
    assert_eq!(
        desk.ask("alarm.list", &[]),
        "There are 2 alarms: tomorrow at 7 o'clock in the morning; gym tomorrow at 7:30 in the morning."
    );
    desk.skip(9 * 3_600 - 60);
    assert_eq!(desk.pass(60), ["It's 7 o'clock in the morning. This is your alarm."]);
    assert_eq!(desk.pass(10), ["It's 7 o'clock in the morning. This is your alarm."]);
    assert_eq!(desk.ask("alarm.snooze", &[]), "Okay, again in 9 minutes.");
    assert_eq!(desk.pass(539), [""; 0]);
    assert_eq!(desk.pass(1), ["It's 7:09 in the morning. This is your alarm."]);
    // Whoever calls Mynah by name to say "snooze" has heeded it.
    desk.skills.heed(&desk.now);
    assert_eq!(desk.ask("alarm.snooze", &[seconds(300.0)]), "Okay, again in 5 minutes.");
    assert_eq!(desk.pass(300), ["It's 7:14 in the morning. This is your alarm."]);
    assert_eq!(desk.ask("stop", &[]), "Okay.");
    desk.skip(180);
    assert_eq!(desk.ask("alarm.snooze", &[]), "Nothing is ringing.");
    let rang = desk.pass(3_600);
    assert_eq!(rang.len(), 30, "{rang:?}");
    assert!(rang.iter().all(|words| words.ends_with("Alarm: gym.")), "{rang:?}");
    assert_eq!(desk.ask("alarm.list", &[]), "There is one alarm: gym today at 7:30 in the morning, missed.");
}

#[test]
fn what_was_slept_through_is_told_once_as_late() {
    let mut desk = Desk::at("2026-11-23T22:00[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00?", Some(Repeat::Workdays))]);
    desk.ask("timer.set", &[seconds(600.0)]);
    desk.ask("reminder.set", &[text("text", "call my mum"), when("", "22:30", None)]);
    desk.look();
    desk.set_clock("2026-11-27T07:25[Europe/Paris]");
    assert_eq!(
        desk.pass(600),
        [
            "Your 10 minute timer ended 3 days 9 hours ago.",
            "Reminder from 3 days 8 hours ago: call your mum.",
            "Your alarm was due 3 days ago, Tuesday, November 24 at 7 o'clock in the morning.",
        ]
    );
    // It comes again on Monday, not once for each day missed.
    desk.set_clock("2026-11-30T06:59[Europe/Paris]");
    assert_eq!(desk.pass(59), [""; 0]);
    assert_eq!(desk.pass(1)[0], "It's 7 o'clock in the morning. This is your alarm.");
}

#[test]
fn an_alarm_goes_with_the_zone_and_a_timer_does_not() {
    let mut desk = Desk::at("2026-11-23T22:00[Europe/Paris]");
    desk.ask("alarm.set", &[when("", "7:00?", None)]);
    desk.ask("timer.set", &[seconds(3_600.0)]);
    // New York is six hours behind.
    desk.set_clock("2026-11-23T16:59[America/New_York]");
    assert_eq!(desk.pass(60), ["Your 1 hour timer is done."]);
    desk.ask("stop", &[]);
    desk.set_clock("2026-11-24T06:59:59[America/New_York]");
    assert_eq!(desk.pass(0), [""; 0]);
    assert_eq!(desk.pass(1), ["It's 7 o'clock in the morning. This is your alarm."]);
}

#[test]
fn a_clock_that_is_set_rings_nothing_twice() {
    let mut desk = Desk::at("2026-11-23T12:00[UTC]");
    desk.ask("alarm.set", &[when("", "12:05", None)]);
    desk.set_clock("2026-11-23T12:05:30[UTC]");
    assert_eq!(desk.pass(0).len(), 1);
    // Back before it rang: it rings on, and once it is heeded it is gone.
    desk.set_clock("2026-11-23T11:00[UTC]");
    assert_eq!(desk.pass(0).len(), 1);
    desk.ask("stop", &[]);
    assert_eq!(desk.pass(7_200), [""; 0]);
}

#[test]
fn a_daily_alarm_rings_once_a_day_when_the_clocks_change() {
    let daily =
        || Some(Repeat::Weekly((1..=7).map(|day| Weekday::from_monday_one_offset(day).unwrap()).collect()));
    for (set, mornings) in [
        ("2026-10-24T12:00", [("2026-10-25T02:25+02:00", "2:30"), ("2026-10-26T02:25", "2:30")]),
        ("2026-03-28T12:00", [("2026-03-29T01:55", "3 o'clock"), ("2026-03-30T02:25", "2:30")]),
    ] {
        let mut desk = Desk::at(&format!("{set}[Europe/Paris]"));
        desk.ask("alarm.set", &[when("", "2:30", daily())]);
        for (before, expected) in mornings {
            desk.set_clock(&format!("{before}[Europe/Paris]"));
            // Five minutes long, and not again when the clocks show the same time once more.
            let told = desk.pass(7_200);
            assert_eq!(
                (told.len(), told[0].as_str()),
                (30, &*format!("It's {expected} in the morning. This is your alarm."))
            );
        }
    }
}

#[test]
fn alarms_are_refused_found_and_cancelled() {
    let mut desk = Desk::at("2026-11-23T15:42[Asia/Shanghai]");
    assert_eq!(
        desk.ask("alarm.set", &[when("+0", "7:00", None)]),
        "Today at 7 o'clock in the morning has passed, so I set nothing."
    );
    assert_eq!(desk.ask("alarm.set", &[when("+1", "", None)]), "At what time?");
    assert_eq!(desk.ask("alarm.list", &[]), "There is no alarm.");
    assert_eq!(
        desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Weekly(vec![Weekday::Monday])))]),
        "Alarm set for every Monday, next Monday, November 30 at 7 o'clock in the morning."
    );
    desk.ask("alarm.set", &[when("", "8:00", None)]);
    assert!(desk.ask("alarm.cancel", &[]).ends_with("Which one?"));
    assert!(
        desk.ask("alarm.cancel", &[when("", "9:00?", None)])
            .starts_with("There is no alarm for then. There are 2 alarms: ")
    );
    assert!(desk.ask("alarm.cancel", &[text("label", "gym")]).starts_with("There is no gym alarm. "));
    assert!(desk.ask("alarm.cancel", &[when("+3", "", None), text("all", "all")]).starts_with("There is no"));
    assert_eq!(desk.ask("alarm.set", &[]), "For when?");
    assert_eq!(
        desk.ask("alarm.cancel", &[when("+1", "8:00?", None)]),
        "The alarm is cancelled: tomorrow at 8 o'clock in the morning."
    );
    assert_eq!(desk.ask("alarm.cancel", &[text("all", "all")]), "The alarm is cancelled.");
    let mut desk = desk.in_mandarin();
    assert_eq!(desk.ask("alarm.set", &[when("+1", "7:00", None)]), "闹钟设好了，明天早上7点整。");
    assert_eq!(
        desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays))]),
        "闹钟设好了，每个工作日，下一次是明天早上7点整。我不知道那里的放假安排，按周一到周五算。"
    );
    desk.ask("alarm.cancel", &[text("all", "all")]);
    desk.ask("alarm.set", &[when("", "16:00", None)]);
    assert_eq!(desk.pass(1_080), ["现在是下午4点整，闹钟响了。"]);
    assert_eq!(desk.ask("alarm.snooze", &[]), "好的，9分钟后再叫你。");
}

#[test]
fn what_cannot_be_set_instead_leaves_what_was() {
    let mut desk = Desk::at("2026-11-23T15:42[Asia/Shanghai]");
    let instead = || text("instead", "last");
    desk.ask("alarm.set", &[when("+1", "7:00", None)]);
    assert_eq!(
        desk.ask("alarm.set", &[when("+0", "7:00", None), instead()]),
        "Today at 7 o'clock in the morning has passed, so I set nothing."
    );
    assert_eq!(desk.ask("alarm.list", &[]), "There is one alarm: tomorrow at 7 o'clock in the morning.");
    desk.ask("alarm.set", &[when("+1", "8:00", None), instead()]);
    assert_eq!(desk.ask("alarm.list", &[]), "There is one alarm: tomorrow at 8 o'clock in the morning.");
    // Something else came between: that one stays.
    desk.ask("timer.set", &[seconds(60.0)]);
    desk.ask("alarm.set", &[when("+1", "9:00", None), instead()]);
    assert!(desk.ask("alarm.list", &[]).starts_with("There are 2 alarms"));
}
