//! Open: applications and files by the names that people say.

use super::{Reply, Skill, SkillContext, SkillError, asked, unable::unable};
use crate::{
    desktop::{DesktopError, Programs, Target, What},
    flow::{Intent, Wanted},
};

/// The most names that are told for a choice.
const MOST: usize = 4;

/// Answers `app.open` and `file.open`.
pub(super) struct Open(pub(super) Box<dyn Programs>);

impl Skill for Open {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "app.open" | "file.open")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let spoken = asked::text(intent, "item").ok_or_else(|| asked::missing(intent, "item"))?;
        let programs = self.0.as_mut();
        let applications_too = intent.name == "app.open";
        let found = look(programs, spoken, applications_too, context);
        Ok(match found.as_deref() {
            Err(error) => unable(error, context),
            Ok([]) => unknown(spoken, applications_too, context),
            Ok([target]) => open(programs, target, context),
            Ok(several) => which(several, intent, context),
        })
    }
}

fn look(
    programs: &mut dyn Programs,
    spoken: &str,
    applications_too: bool,
    context: &SkillContext,
) -> Result<Vec<Target>, DesktopError> {
    if applications_too {
        let found = programs.applications(spoken, &context.language)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    programs.files(spoken)
}

fn open(programs: &mut dyn Programs, target: &Target, context: &SkillContext) -> Reply {
    let name = &target.name;
    let (english, mandarin) = match &target.what {
        What::TerminalApplication => (
            format!("I can't open {name}: it runs in a terminal."),
            format!("我打不开{name}，它要在终端里运行。"),
        ),
        What::Executable => (
            format!("I don't open {name}: it is a program, not a document."),
            format!("我不打开{name}，它是程序，不是文档。"),
        ),
        What::Application(_) | What::File(_) => match programs.open(target) {
            Ok(()) => {
                let reply =
                    Reply::in_language(context, format!("Opening {name}."), format!("正在打开{name}。"));
                return reply.for_good();
            }
            Err(DesktopError::Failed(..)) => (
                format!("I tried to open {name}, but it failed at once."),
                format!("我试着打开{name}，但失败了。"),
            ),
            Err(DesktopError::Slow(_)) => {
                let reply = Reply::in_language(
                    context,
                    format!("I asked for {name}, but can't tell whether it opened."),
                    format!("我让系统打开{name}，但不知道有没有打开。"),
                );
                return reply.for_good();
            }
            Err(DesktopError::Absent("application")) => (
                format!("I can't open {name}: its program isn't installed any more."),
                format!("打不开{name}，它的程序已经不在了。"),
            ),
            Err(error) => return unable(&error, context),
        },
    };
    Reply::in_language(context, english, mandarin)
}

/// Asks which of `several` is meant.
fn which(several: &[Target], intent: &Intent, context: &SkillContext) -> Reply {
    let names: Vec<String> = several.iter().take(MOST).map(|target| target.name.clone()).collect();
    let more = several.len() - names.len();
    let reply = if more > 0 {
        let names = names.join(if context.in_mandarin() { "、" } else { ", " });
        Reply::in_language(
            context,
            format!("Which one? There are {names} and {more} more."),
            format!("要哪一个？有{names}，还有{more}个。"),
        )
    } else {
        let names = asked::joined(&names, asked::OR, context);
        Reply::in_language(context, format!("Which one: {names}?"), format!("要哪一个：{names}？"))
    };
    reply.asking(intent, "item", Wanted::Text)
}

fn unknown(spoken: &str, applications_too: bool, context: &SkillContext) -> Reply {
    if applications_too {
        return Reply::in_language(
            context,
            format!("I find no application or file called {spoken}."),
            format!("没有找到叫{spoken}的应用或文件。"),
        );
    }
    Reply::in_language(
        context,
        format!("I find no file called {spoken} in your folders."),
        format!("在你的文件夹里没有找到叫{spoken}的文件。"),
    )
}
