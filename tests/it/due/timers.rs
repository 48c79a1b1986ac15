//! Timers: several at once, what is left, and what is told when.

use super::*;

const NOW: &str = "2026-11-23T15:42[Europe/Paris]";

#[test]
fn a_timer_is_set_asked_for_and_told_when_it_is_over() {
    let mut desk = Desk::at(NOW);
    assert_eq!(desk.ask("timer.left", &[]), "There is no timer.");
    assert_eq!(desk.ask("timer.set", &[seconds(600.0)]), "Timer set for 10 minutes.");
    let pasta = [seconds(400.0), text("label", "pasta")];
    assert_eq!(desk.ask("timer.set", &pasta), "Pasta timer set for 6 minutes 40 seconds.");
    assert_eq!(desk.pass(200), [""; 0]);
    assert_eq!(
        desk.ask("timer.left", &[text("label", "the pasta timer")]),
        "3 minutes 20 seconds left on the pasta timer."
    );
    assert_eq!(desk.ask("timer.left", &[text("label", "egg")]), "There is no egg timer.");
    assert_eq!(
        desk.ask("timer.list", &[]),
        "There are 2 timers: 6 minutes 40 seconds left on the 10 minute timer; \
         3 minutes 20 seconds left on the pasta timer."
    );
    assert_eq!(desk.pass(199), [""; 0]);
    // As soon as it is over, and again every 10 s until somebody knows.
    assert_eq!(desk.look().1, Duration::from_secs(1));
    assert_eq!(desk.pass(1), ["Your pasta timer is done."]);
    assert_eq!(desk.pass(9), [""; 0]);
    assert_eq!(desk.pass(11), ["Your pasta timer is done."; 2]);
    assert_eq!(desk.ask("stop", &[]), "Okay.");
    assert_eq!(desk.pass(179), [""; 0]);
    assert_eq!(desk.pass(600), ["Your 10 minute timer is done."; 6]);
    // Nobody heeded it.
    assert_eq!(desk.ask("timer.left", &[]), "The 10 minute timer is done.");
    desk.skip(8 * 86_400);
    assert_eq!(desk.pass(5), [""; 0]);
    assert_eq!(desk.ask("timer.left", &[]), "There is no timer.");
}

#[test]
fn timers_are_lengthened_paused_resumed_and_cancelled() {
    let mut desk = Desk::at(NOW);
    desk.ask("timer.set", &[seconds(180.0)]);
    assert_eq!(
        desk.ask("timer.add", &[seconds(300.0)]),
        "5 minutes added: 8 minutes left on the 8 minute timer."
    );
    desk.skip(60);
    assert_eq!(desk.ask("timer.pause", &[]), "The 8 minute timer is paused with 7 minutes left.");
    assert_eq!(desk.pass(3_600), [""; 0]);
    assert_eq!(desk.ask("timer.pause", &[]), "No timer is running.");
    assert_eq!(desk.ask("timer.resume", &[]), "The 8 minute timer goes on, with 7 minutes left.");
    assert_eq!(desk.ask("timer.resume", &[]), "No timer is paused.");
    desk.ask("timer.set", &[seconds(60.0), text("label", "Tea")]);
    desk.ask("timer.set", &[seconds(90.5), text("label", "green tea")]);
    let which = "There are 3 timers: 8 minute timer, Tea timer and green tea timer. Which one?";
    assert_eq!(desk.ask("timer.cancel", &[]), which);
    assert_eq!(desk.ask("timer.cancel", &[text("label", "tea")]), "The Tea timer is cancelled.");
    assert_eq!(desk.ask("timer.cancel", &[seconds(480.0)]), "The 8 minute timer is cancelled.");
    assert_eq!(desk.ask("timer.cancel", &[seconds(480.0)]), "There is no 8 minute timer.");
    assert_eq!(desk.pass(91), ["Your green tea timer is done."]);
    // What rings is meant where nothing is named.
    desk.ask("timer.set", &[seconds(3_600.0)]);
    assert_eq!(desk.ask("timer.cancel", &[]), "The green tea timer is cancelled.");
    assert_eq!(desk.ask("timer.cancel", &[text("all", "all")]), "The timer is cancelled.");
    assert_eq!(desk.ask("timer.cancel", &[text("all", "all")]), "There is no timer.");
    assert_eq!(desk.pass(4_000), [""; 0]);
}

#[test]
fn timers_in_mandarin() {
    let mut desk = Desk::at(NOW).in_mandarin();
    assert_eq!(desk.ask("timer.set", &[seconds(600.0)]), "计时器设好了，10分钟。");
    let label = [seconds(200.0), text("label", "煮面")];
    assert_eq!(desk.ask("timer.set", &label), "煮面计时器设好了，3分20秒。");
    assert_eq!(desk.ask("timer.left", &[text("label", "煮面")]), "煮面计时器还剩3分20秒。");
    assert_eq!(desk.ask("timer.cancel", &[]), "有2个计时器：10分钟的计时器和煮面计时器。要哪一个？");
    assert_eq!(desk.pass(200), ["煮面计时器到时间了。"]);
    assert_eq!(desk.ask("timer.cancel", &[text("all", "all")]), "2个计时器都取消了。");
}

#[test]
fn what_cannot_be_set_is_not_claimed() {
    let mut desk = Desk::at(NOW);
    for odd in [0.0, -5.0, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(desk.ask("timer.set", &[seconds(odd)]), "For how long?", "{odd}");
    }
    assert!(desk.ask("timer.set", &[seconds(1e9)]).starts_with("A timer runs for 31 days at most"));
    let long = text("label", &"very ".repeat(200));
    assert!(desk.ask("timer.set", &[seconds(60.0), long]).contains("I set nothing"));
    for _ in 0..100 {
        desk.ask("timer.set", &[seconds(60.0)]);
    }
    assert!(desk.ask("timer.set", &[seconds(60.0)]).contains("I set nothing"));
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::on(NOW, folder.path());
    assert_eq!(desk.try_ask("timer.set", &[seconds(60.0)]), Err("store_unusable".into()));
    assert_eq!(desk.try_ask("alarm.list", &[]), Err("store_unusable".into()));
    assert_eq!(desk.look(), (Vec::new(), Duration::from_secs(30)));
    // Without the timers there is still a clock.
    assert!(desk.ask("clock.time", &[]).starts_with("It's"));
}

#[test]
fn one_process_keeps_and_another_tells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let mut daemon = Desk::on(NOW, &path);
    assert_eq!(daemon.look().0, [""; 0]);
    let mut ask = Desk::beside(NOW, &path, true);
    assert_eq!(ask.ask("timer.set", &[seconds(5.0)]), "Timer set for 5 seconds.");
    // A single command ends before; it tells nothing.
    ask.skip(60);
    assert_eq!(ask.look().0, [""; 0]);
    assert!(daemon.look().1 <= Duration::from_secs(2));
    assert_eq!(daemon.pass(5), ["Your 5 second timer is done."]);
    let mut alone = Desk::beside(NOW, &path, false);
    assert_eq!(
        alone.ask("timer.set", &[seconds(60.0)]),
        "Timer set for 1 minute. Mynah isn't running, so you will hear of it only while it runs."
    );
    // It hushes what rings in the other process.
    assert_eq!(alone.ask("stop", &[]), "Okay.");
    assert_eq!(daemon.pass(30), [""; 0]);
}

#[test]
fn what_is_over_is_told_though_it_cannot_be_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mynah.db");
    let mut desk = Desk::on(NOW, &path);
    desk.ask("timer.set", &[seconds(5.0)]);
    desk.look();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.skip(5);
    assert_eq!(desk.look().0, ["Your 5 second timer is done."]);
    // Whoever heard it has heard it.
    desk.skills.heed(&desk.now);
    desk.skip(60);
    assert_eq!(desk.look().0, [""; 0]);
}
