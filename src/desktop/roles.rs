//! Roles: kinds of programs as people call them, and what stands for them in `.desktop` files.

/// A kind of program.
pub(super) struct Role {
    /// What it is called, as [`super::matching::key`] writes it.
    called: &'static [&'static str],
    /// Its registered category.
    pub(super) category: &'static str,
    /// What the one that the user chose for it opens.
    pub(super) opens: Option<&'static str>,
}

const ROLES: [Role; 12] = [
    Role {
        called: &["browser", "webbrowser", "internet", "internetbrowser", "浏览器", "网页浏览器", "上网"],
        category: "WebBrowser",
        opens: Some("x-scheme-handler/https"),
    },
    Role {
        called: &["mail", "email", "emails", "emailclient", "mailclient", "邮件", "邮箱", "电子邮件"],
        category: "Email",
        opens: Some("x-scheme-handler/mailto"),
    },
    Role {
        called: &["files", "filemanager", "fileexplorer", "explorer", "文件管理器", "文件", "资源管理器"],
        category: "FileManager",
        opens: Some("inode/directory"),
    },
    Role {
        called: &["texteditor", "editor", "notepad", "文本编辑器", "编辑器", "记事本"],
        category: "TextEditor",
        opens: Some("text/plain"),
    },
    Role {
        called: &["terminal", "commandline", "console", "shell", "终端", "命令行", "控制台"],
        category: "TerminalEmulator",
        opens: None,
    },
    Role { called: &["calculator", "计算器"], category: "Calculator", opens: None },
    Role { called: &["calendar", "日历"], category: "Calendar", opens: Some("text/calendar") },
    Role {
        called: &[
            "settings",
            "systemsettings",
            "controlpanel",
            "preferences",
            "设置",
            "系统设置",
            "控制面板",
        ],
        category: "Settings",
        opens: None,
    },
    Role {
        called: &["musicplayer", "music", "音乐播放器", "音乐", "播放器"],
        category: "Music",
        opens: Some("audio/mpeg"),
    },
    Role {
        called: &["videoplayer", "movieplayer", "视频播放器", "影片播放器"],
        category: "Video",
        opens: Some("video/mp4"),
    },
    Role {
        called: &["wordprocessor", "文字处理", "文字处理器"],
        category: "WordProcessor",
        opens: Some("application/vnd.oasis.opendocument.text"),
    },
    Role {
        called: &["spreadsheet", "spreadsheets", "电子表格", "表格"],
        category: "Spreadsheet",
        opens: Some("application/vnd.oasis.opendocument.spreadsheet"),
    },
];

/// The role that is called `key`.
pub(super) fn role(key: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.called.contains(&key))
}
