//! Taught: what the user's own phrases start and say.
//!
//! Enters: the intents of phrases, and what the file says of them. Leaves: a program started apart from Mynah, and words that
//! claim no more. Never here: a shell; what was said as a program's option; words of a program.

use std::{path::Path, sync::Arc};

use super::{Reply, Skill, SkillContext, SkillError, asked, unable::unable};
use crate::{
    desktop::{DesktopError, Runner},
    flow::{ANSWER, Deed, Intent, PHRASE, Piece},
};

/// The longest argument that is made of what was said, in bytes.
const LONGEST: usize = 1_000;

/// The longest name of a program that is told, in characters.
const NAME: usize = 40;

/// Answers the intents of the user's phrases.
pub(super) struct Taught {
    pub(super) deeds: Arc<[Deed]>,
    pub(super) runner: Box<dyn Runner>,
}

impl Skill for Taught {
    fn handles(&self, name: &str) -> bool {
        name.starts_with(PHRASE)
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let Some(deed) = self.deeds.iter().find(|deed| deed.intent == intent.name) else {
            return unclear(intent, context);
        };
        if let Some((program, arguments)) = &deed.run {
            let name = name(program);
            let arguments = match arguments_of(arguments, intent) {
                Ok(arguments) => arguments,
                Err(Unfit::Missing) => return Err(asked::missing(intent, "text")),
                Err(Unfit::LikeAnOption(said)) => return Ok(like_an_option(&said, &name, context)),
                Err(Unfit::NoArgument) => return Ok(no_argument(&name, context)),
            };
            if let Err(error) = self.runner.run(program, &arguments) {
                return Ok(not_started(&error, &name, context));
            }
            // What a program did, only the user can take back.
            return Ok(started(intent, &name, context).for_good());
        }
        answer(intent, context).ok_or_else(|| asked::missing(intent, ANSWER))
    }
}

/// What is said once the program `name` was started.
fn started(intent: &Intent, name: &str, context: &SkillContext) -> Reply {
    answer(intent, context).unwrap_or_else(|| {
        Reply::in_language(context, format!("I started {name}."), format!("已启动{name}。"))
    })
}

fn answer(intent: &Intent, context: &SkillContext) -> Option<Reply> {
    asked::text(intent, ANSWER).map(|words| Reply::in_language(context, words, words))
}

/// A phrase whose sentence is not understood with what was said in it.
fn unclear(intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let Some(sentence) = asked::text(intent, "text") else {
        return Err(SkillError::UnknownIntent { intent: intent.name.clone() });
    };
    Ok(Reply::in_language(
        context,
        format!("I did nothing: your phrase asks for “{sentence}”, and I don't understand that."),
        format!("我什么都没做：你的说法要我做“{sentence}”，我听不懂。"),
    ))
}

/// Why what was said is no argument.
enum Unfit {
    /// It was not said at all.
    Missing,
    /// It could be read as an option.
    LikeAnOption(String),
    /// It is too long, or holds what no argument can.
    NoArgument,
}

fn arguments_of(pieces: &[Piece], intent: &Intent) -> Result<Vec<String>, Unfit> {
    let one = |piece: &Piece| match piece {
        Piece::Fixed(text) => Ok(text.clone()),
        Piece::Said(slot) => {
            let said = intent.said(slot).ok_or(Unfit::Missing)?;
            let said = said.trim();
            if said.starts_with(['-', '−', '–', '—']) || (cfg!(windows) && said.starts_with('/')) {
                return Err(Unfit::LikeAnOption(said.to_owned()));
            }
            if said.is_empty() || said.len() > LONGEST || said.contains(char::is_control) {
                return Err(Unfit::NoArgument);
            }
            Ok(said.to_owned())
        }
    };
    pieces.iter().map(one).collect()
}

/// What the program is called.
fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(|c| !c.is_control()).take(NAME).collect()
}

fn like_an_option(said: &str, name: &str, context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        format!("I didn't start {name}: it could take “{said}” for an option."),
        format!("我没有启动{name}：“{said}”可能被它当成选项。"),
    )
}

fn no_argument(name: &str, context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        format!("I didn't start {name}: what you said can't be handed to it."),
        format!("我没有启动{name}：你说的话没法交给它。"),
    )
}

fn not_started(error: &DesktopError, name: &str, context: &SkillContext) -> Reply {
    let (english, mandarin) = match error {
        DesktopError::Absent("program") => (
            format!("I can't start {name}: it isn't there, or may not be run."),
            format!("我启动不了{name}：它不在那里，或者不允许运行。"),
        ),
        DesktopError::Failed(..) => (
            format!("I tried to start {name}, but it failed at once."),
            format!("我试着启动{name}，但它马上就失败了。"),
        ),
        DesktopError::Slow(_) => (
            format!("I asked for {name}, but can't tell whether it started."),
            format!("我让系统启动{name}，但不知道有没有启动。"),
        ),
        error => return unable(error, context),
    };
    tracing::info!("a phrase's program was not started: {error}");
    let reply = Reply::in_language(context, english, mandarin);
    if matches!(error, DesktopError::Slow(_)) { reply.for_good() } else { reply }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flow::{Slot, SlotValue};

    proptest! {
        #[test]
        fn what_is_said_is_one_argument_and_never_an_option(said in "[-–a-z $;`\"'\\\\\n]{0,12}", number in any::<f64>()) {
            let slot = |name, value| Slot { name, value, span: 0..0 };
            let slots = vec![slot("text", SlotValue::Text(said)), slot("number", SlotValue::Number(number))];
            let intent = Intent { name: "phrase.1".into(), slots };
            let pieces = [Piece::Fixed("--quiet".into()), Piece::Said("text"), Piece::Said("number")];
            if let Ok(arguments) = arguments_of(&pieces, &intent) {
                prop_assert_eq!(arguments.len(), 3);
                for argument in &arguments[1..] {
                    prop_assert!(!argument.is_empty() && !argument.starts_with('-') && !argument.contains('\n'));
                }
            }
        }
    }
}
