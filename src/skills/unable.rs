//! Unable: what is said where the user's machine did not do what was asked.
//!
//! Enters: the machine's error. Leaves: words that claim no more than is known. Never here: an error's own text, which is for
//! the log.

use super::{Reply, SkillContext};
use crate::desktop::DesktopError;

/// What things are called; their names in errors, in English and in Mandarin.
const NAMES: [(&str, &str, &str); 12] = [
    ("sound server", "sound server", "声音服务"),
    ("sound output", "sound output", "声音输出设备"),
    ("backlight", "screen whose brightness I could change", "可以调亮度的屏幕"),
    ("login service", "login service", "登录服务"),
    ("bus", "desktop session", "桌面会话"),
    ("player", "media player", "播放器"),
    ("battery", "battery", "电池"),
    ("disk", "disk", "硬盘"),
    ("application", "application", "应用"),
    ("file", "file", "文件"),
    ("program to open files with", "program to open files with", "打开文件的程序"),
    ("service manager", "service manager", "服务管理器"),
];

/// What to say for `error`.
pub(super) fn unable(error: &DesktopError, context: &SkillContext) -> Reply {
    tracing::info!(kind = crate::flow::Remedy::kind(error), "not done on the user's machine: {error}");
    let name = |what: &str| {
        let known = NAMES.iter().find(|(known, ..)| *known == what);
        known.map_or(("program", "程序"), |(_, english, mandarin)| (english, mandarin))
    };
    let (english, mandarin) = match error {
        DesktopError::Absent("player") => {
            ("I see no media player running.".to_owned(), "没有看到正在运行的播放器。".to_owned())
        }
        DesktopError::Slow("player") => (
            "A media player isn't answering, so I can't tell.".to_owned(),
            "有播放器没有回应，所以我说不准。".to_owned(),
        ),
        DesktopError::Absent(what) => {
            let (english, mandarin) = name(what);
            (format!("I find no {english} on this machine."), format!("这台设备上没有找到{mandarin}。"))
        }
        DesktopError::Slow(what) => {
            let (english, mandarin) = name(what);
            (format!("The {english} isn't answering."), format!("{mandarin}没有回应。"))
        }
        DesktopError::Refused(what) => {
            let (english, mandarin) = name(what);
            (format!("The {english} doesn't let me do that."), format!("{mandarin}不允许我这样做。"))
        }
        DesktopError::Failed(what, _) => {
            let (english, mandarin) = name(what);
            (format!("That didn't work: the {english} failed."), format!("没有成功，{mandarin}出错了。"))
        }
        _ => ("I can't do that on this system.".to_owned(), "在这个系统上我做不到。".to_owned()),
    };
    Reply { in_vain: true, ..Reply::in_language(context, english, mandarin) }
}
