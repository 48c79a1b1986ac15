//! History: what the user asked before, as far as that is kept.
//!
//! Enters: `history.asked`. Leaves: the last question, or those of a day. Never here: a question of somebody who did not
//! talk to Mynah; nobody keeps those.

use jiff::{Timestamp, ToSpan};

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, text},
    day::resolve,
    kept::Shared,
    notes::shown,
};
use crate::{
    flow::Intent,
    store::{Store, StoreError, Turn},
};

/// How many questions are told in one go.
const AT_ONCE: usize = 5;

/// More than anybody asks in a day.
const MOST: usize = 10_000;

/// Answers `history.asked`.
pub(super) struct History(pub(super) Shared);

impl Skill for History {
    fn handles(&self, name: &str) -> bool {
        name == "history.asked"
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        let store = kept.store()?;
        match text(intent, "day") {
            Some(day) => of_day(store, day, context),
            None if text(intent, "state") == Some("before") => latest(store, AT_ONCE, context),
            None => latest(store, 1, context),
        }
    }
}

fn turns(store: &mut Store, from: Timestamp, until: Timestamp, most: usize) -> Result<Vec<Turn>, StoreError> {
    store.turns((from, until), most, &|_| true)
}

fn in_a_row(turns: &[Turn], context: &SkillContext) -> String {
    let words: Vec<String> = turns.iter().map(|turn| shown(&turn.asked, 200)).collect();
    asked::in_a_row(&words, context)
}

fn latest(store: &mut Store, most: usize, context: &SkillContext) -> Result<Reply, SkillError> {
    let turns = turns(store, Timestamp::MIN, Timestamp::MAX, most)?;
    let words = in_a_row(&turns, context);
    Ok(match turns.as_slice() {
        [] => Reply::in_language(context, "Nothing that you asked is kept.", "没有留下你问过的话。"),
        [_] => Reply::in_language(context, format!("You asked: {words}."), format!("你问的是：{words}。")),
        several => {
            let count = several.len();
            Reply::in_language(
                context,
                format!("The last {count} things you asked: {words}."),
                format!("你最近问的{count}句：{words}。"),
            )
        }
    })
}

fn of_day(store: &mut Store, day: &str, context: &SkillContext) -> Result<Reply, SkillError> {
    let today = context.now.date();
    let nothing = || {
        Reply::in_language(
            context,
            "Nothing that you asked on that day is kept.",
            "那一天你问过的话没有留下。",
        )
    };
    let Some(day) = resolve(day, today) else { return Ok(nothing()) };
    // "What did I ask on Monday" is about the last one.
    let back = if day.by_date { 1.year() } else { 7.days() };
    let date = if day.date > today { day.date.checked_sub(back) } else { Ok(day.date) };
    let Ok(date) = date else { return Ok(nothing()) };
    let zone = context.now.time_zone().clone();
    let begin = date.to_zoned(zone.clone()).map(|at| at.timestamp());
    let end = date.tomorrow().and_then(|date| date.to_zoned(zone)).map(|at| at.timestamp());
    let (Ok(begin), Ok(end)) = (begin, end) else { return Ok(nothing()) };
    let turns = turns(store, begin, end, MOST)?;
    let count = turns.len();
    let words = in_a_row(&turns[count.saturating_sub(AT_ONCE)..], context);
    Ok(match count {
        0 => nothing(),
        1 => Reply::in_language(
            context,
            format!("You asked one thing: {words}."),
            format!("你问了一句：{words}。"),
        ),
        _ if count > AT_ONCE => Reply::in_language(
            context,
            format!("You asked {count} things. The last {AT_ONCE}: {words}."),
            format!("你问了{count}句。最后{AT_ONCE}句：{words}。"),
        ),
        _ => Reply::in_language(
            context,
            format!("You asked {count} things: {words}."),
            format!("你问了{count}句：{words}。"),
        ),
    })
}
