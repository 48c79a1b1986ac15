//! List change: one thing on a list becomes another, in its place.
//!
//! Enters: `list.change` intents. Leaves: what was changed, or why nothing was. Never here: a guess at which thing is meant,
//! or the same thing twice on a list.

use super::{
    Reply, SkillContext, SkillError,
    asked::{self, list as several, text},
    fold::{fold, items},
    lists::{LONGEST, called, folded, meant, on, slots, too_long, unknown},
};
use crate::{
    flow::{Intent, SlotValue, Wanted},
    store::{Store, StoreError},
};

/// Makes the thing `item` on a list the thing `to`.
pub(super) fn change(
    store: &mut Store,
    intent: &Intent,
    context: &SkillContext,
) -> Result<Reply, SkillError> {
    let wanted = text(intent, "item").ok_or_else(|| asked::missing(intent, "item"))?;
    let new = items(text(intent, "to").ok_or_else(|| asked::missing(intent, "to"))?);
    let [new] = new.as_slice() else {
        return Ok(Reply::in_language(
            context,
            "I can change one thing to one other, so I changed nothing.",
            "一样东西只能改成另一样，什么都还没有改。",
        ));
    };
    if new.chars().count() > LONGEST {
        return Ok(too_long(context));
    }
    let lists = store.lists()?;
    // Without a name, the list that has it is meant.
    let named = text(intent, "list").is_some();
    let has = lists.iter().find(|list| !named && !on(list, wanted).is_empty());
    let Some(list) = has.or_else(|| meant(&lists, intent)) else {
        return Ok(unknown(&lists, intent, context));
    };
    let name = called(&list.name, context);
    let old = match on(list, wanted).as_slice() {
        [] => {
            return Ok(Reply::in_language(
                context,
                format!("{wanted} isn't on the {name}."),
                format!("{name}上没有{wanted}。"),
            ));
        }
        [one] => (*one).clone(),
        many => {
            let many: Vec<String> = many.iter().map(|item| (*item).clone()).collect();
            let which = several(&many, context);
            return Ok(Reply::in_language(
                context,
                format!("On the {name} are {which}. Which one do you mean? I changed nothing."),
                format!("{name}上有{which}。是哪一个？什么都还没有改。"),
            )
            .asking(intent, "item", Wanted::Text));
        }
    };
    if list.items.iter().any(|item| *item != old && fold(item) == fold(new)) {
        return Ok(Reply::in_language(
            context,
            format!("{new} is already on the {name}, so {old} stays."),
            format!("{new}已经在{name}上了，{old}没有改。"),
        ));
    }
    if !store.reword(&list.name, &old, new, context.now.timestamp(), &folded)? {
        return Err(StoreError::Busy.into());
    }
    let mut back = slots(&list.name, std::slice::from_ref(new));
    back.push(("to", SlotValue::Text(old.clone())));
    let done = Reply::in_language(
        context,
        format!("I changed {old} to {new} on the {name}."),
        format!("{name}上的{old}改成{new}了。"),
    );
    Ok(done.taken_back_by("list.change", back))
}
