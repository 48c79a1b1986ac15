//! Lists: of things to buy, to do, to take along.
//!
//! Enters: `list.*` intents. Leaves: what was put on a list, taken off, or is on it; of a long list a part at a time, and
//! how many things there are. Never here: a list emptied that was not named, unless there is only one that could be meant.

use jiff::Timestamp;

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, list as several, text},
    fold::{fold, items},
    kept::Shared,
    list_change::change,
};
use crate::{
    flow::{Intent, SlotValue, Wanted, is_han},
    store::{List, Put, Room, Store},
};

/// More than anybody keeps by voice.
const ROOM: Room = Room { lists: 100, items: 500 };

/// How many things are read in one go.
const AT_ONCE: usize = 8;

/// The longest item and the longest name, in characters.
pub(super) const LONGEST: usize = 200;
const LONGEST_NAME: usize = 40;

/// The slot `state` where a list is to go that nothing was put on.
const UNUSED: &str = "unused";

/// Lists that have a name of their own in both languages, by which each is found: folded names, English, Mandarin.
const KNOWN: [(&[&str], &str, &str); 2] = [
    (&["shopping", "购物", "购物清"], "shopping", "购物"),
    (&["to do", "todo", "to-do", "待办", "待办事项", "任务", "task"], "to-do", "待办"),
];

/// Answers `list.*`.
pub(super) struct Lists {
    kept: Shared,
    /// Which list was read last, and how far.
    read: Option<(String, usize)>,
}

impl Lists {
    pub(super) const fn new(kept: Shared) -> Self {
        Self { kept, read: None }
    }
}

impl Skill for Lists {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("list.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let shared = self.kept.clone();
        let kept = &mut *shared.get();
        let store = kept.store()?;
        match intent.name.as_str() {
            "list.add" => add(store, intent, context),
            "list.remove" => remove(store, intent, context),
            "list.read" => self.tell(store, intent, context),
            "list.change" => change(store, intent, context),
            "list.clear" => clear(store, intent, context),
            "list.names" => names(store, context),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

/// A list's name as it is compared.
pub(super) fn folded(name: &str) -> String {
    let folded = fold(name);
    let known = KNOWN.iter().find(|(names, ..)| names.contains(&folded.as_str()));
    known.map_or(folded, |(_, english, _)| (*english).to_owned())
}

/// "shopping list", 购物清单.
pub(super) fn called(name: &str, context: &SkillContext) -> String {
    let folded = folded(name);
    let known = KNOWN.iter().find(|(_, english, _)| *english == folded);
    if context.in_mandarin() {
        let name = known.map_or(name, |(_, _, mandarin)| mandarin);
        return if name.ends_with(is_han) { format!("{name}清单") } else { format!("{name} 清单") };
    }
    match known.map_or(name, |(_, english, _)| english) {
        name if fold(name) == "list" => format!("list called {name}"),
        name => format!("{name} list"),
    }
}

/// The list that is asked for by name, or else the one that changed last.
pub(super) fn meant<'l>(lists: &'l [List], intent: &Intent) -> Option<&'l List> {
    match text(intent, "list") {
        Some(name) => lists.iter().find(|list| folded(&list.name) == folded(name)),
        None => lists.first(),
    }
}

/// That there is no such list, and which there are.
pub(super) fn unknown(lists: &[List], intent: &Intent, context: &SkillContext) -> Reply {
    let Some(name) = text(intent, "list").filter(|_| !lists.is_empty()) else {
        let name = text(intent, "list").map(|name| called(name, context));
        return match name {
            Some(name) => {
                Reply::in_language(context, format!("There is no {name}."), format!("没有{name}。"))
            }
            None => Reply::in_language(context, "There is no list yet.", "还没有清单。"),
        };
    };
    let there: Vec<String> = lists.iter().map(|list| called(&list.name, context)).take(AT_ONCE).collect();
    let (name, there) = (called(name, context), several(&there, context));
    Reply::in_language(
        context,
        format!("There is no {name}. You have the {there}."),
        format!("没有{name}。现有{there}。"),
    )
}

pub(super) fn too_long(context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        "That's too long for a list, so I put nothing on it.",
        "太长了，没有加进清单。",
    )
}

fn add(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let things = text(intent, "item").map(items).unwrap_or_default();
    let asked = text(intent, "list");
    let lists = store.lists()?;
    let usual = if context.in_mandarin() { KNOWN[0].2 } else { KNOWN[0].1 };
    let name = match (meant(&lists, intent), asked) {
        (Some(list), _) => list.name.clone(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => usual.to_owned(),
    };
    if name.chars().count() > LONGEST_NAME || things.iter().any(|item| item.chars().count() > LONGEST) {
        return Ok(too_long(context));
    }
    if things.is_empty() && text(intent, "item").is_some() {
        return Ok(Reply::in_language(context, "I heard nothing to put on the list.", "没听到要加什么。"));
    }
    let at = context.now.timestamp();
    let Some(put) = store.put_on(&name, &things, (at, ROOM), &folded_or_fold(&name))? else {
        return Ok(Reply::in_language(
            context,
            format!("There are {} lists already, so I made none. Delete one first.", ROOM.lists),
            format!("已经有{}个清单了，没有再建。先删一个吧。", ROOM.lists),
        ));
    };
    let reply = added(&put, &things, &called(&name, context), meant(&lists, intent), context);
    Ok(match put.new.as_slice() {
        [] if put.made => reply.taken_back_by(
            "list.clear",
            vec![("list", SlotValue::Text(name)), ("state", SlotValue::Text(UNUSED.to_owned()))],
        ),
        [] => reply,
        new => reply.taken_back_by("list.remove", slots(&name, new)),
    })
}

/// The slots of an intent about `things` on the list `name`.
pub(super) fn slots(name: &str, things: &[String]) -> Vec<(&'static str, SlotValue)> {
    vec![("item", SlotValue::Text(things.join(", "))), ("list", SlotValue::Text(name.to_owned()))]
}

/// Names are compared as lists' names, items as items: a folded name is never an item's.
fn folded_or_fold(name: &str) -> impl Fn(&str) -> String {
    let own = folded(name);
    move |words| if folded(words) == own { own.clone() } else { fold(words) }
}

fn added(put: &Put, asked: &[String], name: &str, before: Option<&List>, context: &SkillContext) -> Reply {
    if asked.is_empty() {
        let count = before.map_or(0, |list| list.items.len());
        return if put.made {
            Reply::in_language(context, format!("I made a {name}."), format!("{name}建好了。"))
        } else {
            Reply::in_language(
                context,
                format!("There is a {name} already, with {}.", counted(count)),
                format!("已经有{name}了，上面有{count}项。"),
            )
        };
    }
    let (new, there) = (several(&put.new, context), several(&put.there, context));
    let verb = if put.there.len() == 1 { "is" } else { "are" };
    let (article, article_han) = if put.made { ("a new ", "新建的") } else { ("the ", "") };
    let (mut english, mut mandarin) = match (put.new.is_empty(), put.there.is_empty()) {
        (false, true) => {
            (format!("I put {new} on {article}{name}."), format!("{new}加到{article_han}{name}了。"))
        }
        (false, false) => (
            format!("I put {new} on the {name}; {there} {verb} already on it."),
            format!("{new}加到{name}了，{there}本来就有。"),
        ),
        (true, false) => {
            (format!("{there} {verb} already on the {name}."), format!("{there}已经在{name}上了。"))
        }
        (true, true) => (String::new(), String::new()),
    };
    if !put.left.is_empty() {
        let left = several(&put.left, context);
        english.push_str(&format!(" The {name} is full, so I left out {left}."));
        mandarin.push_str(&format!("{name}满了，{left}没有加。"));
    }
    Reply::in_language(context, english.trim(), mandarin)
}

fn counted(count: usize) -> String {
    match count {
        0 => "nothing on it".to_owned(),
        1 => "one item".to_owned(),
        count => format!("{count} items"),
    }
}

fn remove(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let wanted = items(text(intent, "item").ok_or_else(|| asked::missing(intent, "item"))?);
    let lists = store.lists()?;
    // Without a name, the list that has it is meant.
    let has = |list: &&List| wanted.iter().any(|item| !on(list, item).is_empty());
    let named = text(intent, "list").is_some();
    let Some(list) = lists.iter().find(|list| !named && has(list)).or_else(|| meant(&lists, intent)) else {
        return Ok(unknown(&lists, intent, context));
    };
    let (mut goes, mut missing) = (Vec::new(), Vec::new());
    for item in &wanted {
        match on(list, item).as_slice() {
            [] => missing.push(item.clone()),
            [one] => goes.push((*one).clone()),
            many => {
                let many: Vec<String> = many.iter().map(|item| (*item).clone()).collect();
                let (name, which) = (called(&list.name, context), several(&many, context));
                return Ok(Reply::in_language(
                    context,
                    format!("On the {name} are {which}. Which one goes? I took nothing off."),
                    format!("{name}上有{which}。要去掉哪一个？还没有去掉。"),
                )
                .asking(intent, "item", Wanted::Text));
            }
        }
    }
    let gone = store
        .take_off(&list.name, &|item| goes.iter().any(|one| one == item), context.now.timestamp(), &folded)?
        .unwrap_or_default();
    let name = called(&list.name, context);
    let (off, missing_said) = (several(&gone, context), several(&missing, context));
    let verb = if missing.len() == 1 { "isn't" } else { "aren't" };
    let back = |reply: Reply| reply.taken_back_by("list.add", slots(&list.name, &gone));
    Ok(match (gone.is_empty(), missing.is_empty()) {
        (false, true) => back(Reply::in_language(
            context,
            format!("I took {off} off the {name}."),
            format!("{off}从{name}去掉了。"),
        )),
        (false, false) => back(Reply::in_language(
            context,
            format!("I took {off} off the {name}; {missing_said} {verb} on it."),
            format!("{off}从{name}去掉了，上面没有{missing_said}。"),
        )),
        (true, _) => Reply::in_language(
            context,
            format!("{missing_said} {verb} on the {name}."),
            format!("{name}上没有{missing_said}。"),
        ),
    })
}

/// The items of `list` that `wanted` can mean: the one that is just that, or those that have it as a part.
pub(super) fn on<'l>(list: &'l List, wanted: &str) -> Vec<&'l String> {
    let wanted = fold(wanted);
    if let Some(same) = list.items.iter().find(|item| fold(item) == wanted) {
        return vec![same];
    }
    let part = |item: &&String| {
        let item = fold(item);
        if item.chars().any(is_han) {
            return item.contains(&wanted);
        }
        let words: Vec<&str> = item.split(' ').collect();
        wanted.split(' ').all(|word| words.contains(&word))
    };
    list.items.iter().filter(part).collect()
}

impl Lists {
    fn tell(
        &mut self,
        store: &mut Store,
        intent: &Intent,
        context: &SkillContext,
    ) -> Result<Reply, SkillError> {
        let lists = store.lists()?;
        let goes_on = text(intent, "state") == Some("more");
        let read = self.read.take().filter(|_| goes_on);
        let by_name = |name: &String| lists.iter().find(|list| folded(&list.name) == *name);
        let last =
            read.as_ref().filter(|_| text(intent, "list").is_none()).and_then(|(name, _)| by_name(name));
        let Some(list) = last.or_else(|| meant(&lists, intent)) else {
            return Ok(unknown(&lists, intent, context));
        };
        let own = folded(&list.name);
        let from = read.filter(|(name, _)| *name == own).map_or(0, |(_, from)| from);
        let (name, count) = (called(&list.name, context), list.items.len());
        let until = count.min(from + AT_ONCE);
        if until < count {
            self.read = Some((own, until));
        }
        let part = several(list.items.get(from..until).unwrap_or_default(), context);
        Ok(match (count, from) {
            (0, _) => Reply::in_language(
                context,
                format!("There is nothing on the {name}."),
                format!("{name}上什么都没有。"),
            ),
            (_, from) if from >= count => {
                Reply::in_language(context, format!("That was all of the {name}."), format!("{name}念完了。"))
            }
            (1, _) => Reply::in_language(
                context,
                format!("On the {name} is {part}."),
                format!("{name}上有{part}。"),
            ),
            (_, 0) if until == count => Reply::in_language(
                context,
                format!("On the {name} are {count} things: {part}."),
                format!("{name}上有{count}项：{part}。"),
            ),
            (_, 0) => Reply::in_language(
                context,
                format!(
                    "On the {name} are {count} things. The first {until}: {part}. Say “read the rest” for more."
                ),
                format!("{name}上有{count}项。前{until}项是：{part}。想听后面的，就说“接着念”。"),
            ),
            (_, from) if until == count => Reply::in_language(
                context,
                format!("The last {}: {part}.", until - from),
                format!("最后{}项：{part}。", until - from),
            ),
            (_, from) => Reply::in_language(
                context,
                format!("The next {}: {part}. There are {} more.", until - from, count - until),
                format!("接下来{}项：{part}。后面还有{}项。", until - from, count - until),
            ),
        })
    }
}

fn clear(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let lists = store.lists()?;
    let Some(list) = meant(&lists, intent) else { return Ok(unknown(&lists, intent, context)) };
    if text(intent, "list").is_none() && lists.len() > 1 {
        let there: Vec<String> = lists.iter().map(|list| called(&list.name, context)).take(AT_ONCE).collect();
        let there = several(&there, context);
        return Ok(Reply::in_language(
            context,
            format!("You have the {there}. Say which one; I changed nothing."),
            format!("现有{there}。请说是哪一个，什么都还没有动。"),
        )
        .asking(intent, "list", Wanted::Text));
    }
    let (name, at) = (called(&list.name, context), context.now.timestamp());
    let state = text(intent, "state");
    if state == Some(UNUSED) && !list.items.is_empty() {
        let count = list.items.len();
        return Ok(Reply::in_language(
            context,
            format!("There is something on the {name} by now, so I left it."),
            format!("{name}上已经有{count}项了，没有删。"),
        ));
    }
    if matches!(state, Some(UNUSED | "gone")) {
        let count = store.drop_list(&list.name, &folded)?.unwrap_or(0);
        return Ok(dropped(&name, count, context).taken_back_by("list.add", slots(&list.name, &list.items)));
    }
    let gone = emptied(store, &list.name, at)?;
    Ok(match gone {
        0 => Reply::in_language(
            context,
            format!("There was nothing on the {name}."),
            format!("{name}本来就是空的。"),
        ),
        gone => Reply::in_language(
            context,
            format!("The {name} is empty now; {} went.", counted(gone)),
            format!("{name}清空了，去掉了{gone}项。"),
        )
        .taken_back_by("list.add", slots(&list.name, &list.items)),
    })
}

/// Takes everything off the list `name`, and gives how much that was.
fn emptied(store: &mut Store, name: &str, at: Timestamp) -> Result<usize, SkillError> {
    Ok(store.take_off(name, &|_| true, at, &folded)?.map_or(0, |gone| gone.len()))
}

fn dropped(name: &str, count: usize, context: &SkillContext) -> Reply {
    let with = if count == 0 { String::new() } else { format!(", with {}", counted(count)) };
    let with_han = if count == 0 { String::new() } else { format!("，上面的{count}项也删了") };
    Reply::in_language(context, format!("The {name} is gone{with}."), format!("{name}删掉了{with_han}。"))
}

fn names(store: &mut Store, context: &SkillContext) -> Result<Reply, SkillError> {
    let lists = store.lists()?;
    if lists.is_empty() {
        return Ok(Reply::in_language(context, "There is no list yet.", "还没有清单。"));
    }
    let one = |list: &List| {
        let (name, count) = (called(&list.name, context), list.items.len());
        if context.in_mandarin() {
            format!("{name}（{count}项）")
        } else {
            format!("the {name} with {}", counted(count))
        }
    };
    let said: Vec<String> = lists.iter().take(AT_ONCE).map(one).collect();
    let (said, count) = (several(&said, context), lists.len());
    Ok(match count {
        1 => Reply::in_language(
            context,
            format!("There is one list: {said}."),
            format!("有一个清单：{said}。"),
        ),
        _ if count > AT_ONCE => Reply::in_language(
            context,
            format!("There are {count} lists. The {AT_ONCE} that changed last: {said}."),
            format!("有{count}个清单。最近用过的{AT_ONCE}个：{said}。"),
        ),
        _ => Reply::in_language(
            context,
            format!("There are {count} lists: {said}."),
            format!("有{count}个清单：{said}。"),
        ),
    })
}
