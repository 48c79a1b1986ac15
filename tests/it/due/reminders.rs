//! Reminders: told twice, in the words of the user turned to them.

use super::*;

#[test]
fn a_reminder_is_told_twice_and_then_listed_as_missed() {
    let mut desk = Desk::at("2026-11-23T15:42[Europe/Paris]");
    assert_eq!(
        desk.ask("reminder.set", &[text("text", "call my mum"), when("", "5:00?", None)]),
        "Reminder set for today at 5 o'clock in the afternoon: call your mum."
    );
    assert_eq!(desk.pass(4_800), ["Reminder: call your mum."; 2]);
    assert_eq!(
        desk.ask("reminder.list", &[]),
        "There is one reminder: call your mum, missed today at 5 o'clock in the afternoon."
    );
    assert_eq!(
        desk.ask("reminder.cancel", &[text("text", "my mum")]),
        "The reminder is cancelled: call your mum, missed today at 5 o'clock in the afternoon."
    );
    assert_eq!(desk.ask("reminder.list", &[]), "There is no reminder.");
}

#[test]
fn who_says_only_the_day_is_reminded_in_the_morning() {
    let mut desk = Desk::at("2026-11-23T15:42[Europe/Paris]");
    assert_eq!(
        desk.ask("reminder.set", &[text("text", "buy milk"), when("+1", "", None)]),
        "Reminder set for tomorrow at 9 o'clock in the morning: buy milk."
    );
    for day in ["+0", ""] {
        let slots = [text("text", "buy milk"), when(day, "", None)];
        assert_eq!(desk.ask("reminder.set", &slots), "At what time?", "{day}");
    }
    desk.ask("reminder.set", &[text("text", "buy bread"), when("+1", "", None)]);
    assert!(desk.ask("reminder.cancel", &[text("text", "buy")]).ends_with("Which one?"));
    assert!(desk.ask("reminder.cancel", &[text("text", "cheese")]).starts_with("There is no reminder about"));
    assert_eq!(desk.ask("reminder.cancel", &[text("all", "all")]), "All 2 reminders are cancelled.");
}

#[test]
fn reminders_in_mandarin() {
    let mut desk = Desk::at("2026-11-23T15:42[Asia/Shanghai]").in_mandarin();
    assert_eq!(
        desk.ask("reminder.set", &[text("text", "给我妈打电话"), when("", "5:00?", None)]),
        "提醒设好了，今天下午5点整：给你妈打电话。"
    );
    assert_eq!(desk.pass(4_680), ["提醒：给你妈打电话。"]);
    desk.skills.heed(&desk.now);
    assert_eq!(desk.ask("reminder.list", &[]), "没有提醒。");
}
