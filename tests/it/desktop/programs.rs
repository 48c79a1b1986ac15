//! Applications and files by spoken names: found, told apart, started without a shell, or honestly not.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use mynah::desktop::{Around, Desk, DesktopError};

use super::{Room, beside, put};
use crate::support::{binary, desktop::Systemd, portal::Bus};

/// A home with applications and files; each program writes down how it was called.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Self { dir };
        for name in ["app", "gio"] {
            // One argument a line, so that none can hide in another.
            let script = "#!/bin/sh\n{ echo \"$0\"; for a in \"$@\"; do echo \"$a\"; done; env | cut -d= -f1 | sort | tr '\\n' ' '; } \
                          > \"$HOME/told.new\"\nmv \"$HOME/told.new\" \"$HOME/told\"\n";
            home.put(&format!("bin/{name}"), script);
            home.allow(&format!("bin/{name}"));
        }
        let app = home.path("bin/app");
        let app = app.display();
        home.entry("firefox", &format!("Name=Firefox\nName[zh_CN]=火狐浏览器\nGenericName=Web Browser\nCategories=WebBrowser;\nExec={app} --new %u"));
        home.entry(
            "chrome",
            &format!(
                "Name=Google Chrome\nGenericName=Web Browser\nCategories=WebBrowser;\nExec={app} chrome"
            ),
        );
        home.entry(
            "org.calc",
            &format!("Name=Calculator\nName[zh_CN]=计算器\nExec={app} \"a b\" ; touch pwned $(touch pwned)"),
        );
        home.entry("editor", &format!("Name=Text Editor\nCategories=TextEditor;\nExec={app} editor"));
        home.entry("hidden", &format!("Name=Secret Tool\nNoDisplay=true\nExec={app}"));
        home.entry("top", &format!("Name=Top\nTerminal=true\nExec={app}"));
        home.entry("broken", "Name=Broken\nExec=/bin/false");
        home.entry("gone", "Name=Gone\nExec=/nowhere/gone");
        home.entry("dos", "Name=Foreign\nOnlyShowIn=KDE;\nExec=app");
        home
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        put(self.dir.path(), path, text);
    }

    fn allow(&self, path: &str) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn entry(&self, id: &str, lines: &str) {
        self.put(
            &format!("data/applications/{id}.desktop"),
            &format!("[Desktop Entry]\nType=Application\n{lines}\n"),
        );
    }

    fn around(&self) -> Around {
        Around {
            root: "/".into(),
            home: Some(self.dir.path().into()),
            data: vec![self.path("data")],
            config: vec![self.path("config")],
            desktops: vec!["GNOME".into()],
            folders: vec![self.path("Documents"), self.path("Downloads")],
            programs: vec![self.path("bin")],
            variables: vec![
                ("HOME".into(), self.dir.path().to_str().unwrap().into()),
                ("PATH".into(), "/usr/bin:/bin".into()),
            ],
            ..Around::default()
        }
    }

    /// How the last program was called, once it was.
    fn told(&self) -> Vec<String> {
        let path = self.path("told");
        for _ in 0..500 {
            if let Ok(text) = fs::read_to_string(&path) {
                fs::remove_file(&path).unwrap();
                return text.lines().map(str::to_owned).collect();
            }
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
        panic!("nothing was started");
    }
}

#[test]
fn an_application_is_found_by_name_and_started_with_nothing_but_its_own_arguments() {
    let home = Home::new();
    let mut room = Room::new(&home.around());
    let app = home.path("bin/app").display().to_string();
    room.ask("set a timer for five minutes");
    assert_eq!(room.ask("open Firefox"), "Opening Firefox.");
    assert_eq!(room.ask("undo that"), "I can't take that back.");
    assert_eq!(home.told(), [app.as_str(), "--new", "HOME PATH PWD "]);
    assert_eq!(room.ask("打开火狐"), "正在打开火狐浏览器。");
    home.told();
    assert_eq!(room.ask("launch fire fox"), "Opening Firefox.");
    home.told();
    assert_eq!(room.ask("open the calculator"), "Opening Calculator.");
    assert_eq!(home.told()[1..8], ["a b", ";", "touch", "pwned", "$(touch", "pwned)", "HOME PATH PWD "]);
    assert!(!home.path("pwned").exists());
    assert_eq!(room.ask("打开文本编辑器"), "正在打开Text Editor。");
    home.told();
}

#[test]
fn which_one_is_asked_and_what_cannot_be_opened_is_told() {
    let home = Home::new();
    let mut room = Room::new(&home.around());
    room.answers(&[
        ("open the browser", "Which one: Google Chrome or Firefox?"),
        ("打开浏览器", "要哪一个：Google Chrome还是火狐浏览器？"),
        ("open photoshop", "I find no application or file called photoshop."),
        ("打开微信", "没有找到叫微信的应用或文件。"),
        ("open secret tool", "I find no application or file called secret tool."),
        ("open foreign", "I find no application or file called foreign."),
        ("open top", "I can't open Top: it runs in a terminal."),
        ("open broken", "I tried to open Broken, but it failed at once."),
        ("open gone", "I can't open Gone: its program isn't installed any more."),
    ]);
    // What the user chose as the browser is the browser.
    home.put(
        "config/mimeapps.list",
        "[Default Applications]\nx-scheme-handler/https=none.desktop;chrome.desktop\n",
    );
    assert_eq!(room.ask("open the browser"), "Opening Google Chrome.");
    assert_eq!(home.told()[1], "chrome");
    // Hidden by the user, though the system has it.
    home.put(
        "own/applications/chrome.desktop",
        "[Desktop Entry]\nType=Application\nName=x\nExec=x\nHidden=true\n",
    );
    let mut around = home.around();
    around.data.insert(0, home.path("own"));
    assert_eq!(Room::new(&around).ask("open the browser"), "Opening Firefox.");
    home.told();
}

#[test]
fn files_are_opened_by_the_desktop_and_programs_among_them_are_not() {
    let home = Home::new();
    let name = "Documents/Plan $(touch pwned); `id` --help.txt";
    home.put(name, "x");
    home.put("Documents/old/Budget.ods", "x");
    home.put("Downloads/game", "#!/bin/sh\ntouch pwned\n");
    home.allow("Downloads/game");
    home.put("Downloads/setup.desktop", "[Desktop Entry]\nType=Application\nExec=touch pwned\n");
    home.put("outside.txt", "x");
    let mut room = Room::new(&home.around());
    let gio = home.path("bin/gio").display().to_string();
    let path = |file: &str| home.path(file).display().to_string();
    assert_eq!(room.ask("open the budget spreadsheet"), "Opening Budget.ods.");
    assert_eq!(home.told()[..3], [gio.clone(), "open".into(), path("Documents/old/Budget.ods")]);
    assert_eq!(
        room.ask("open the file called plan touch pwned id help"),
        "Opening Plan $(touch pwned); `id` --help.txt."
    );
    assert_eq!(home.told()[..3], [gio.clone(), "open".into(), path(name)]);
    assert_eq!(room.ask("打开下载文件夹"), "正在打开Downloads。");
    assert_eq!(home.told()[2], path("Downloads"));
    room.answers(&[
        ("open the game file", "I don't open game: it is a program, not a document."),
        ("open the file called setup", "I don't open setup.desktop: it is a program, not a document."),
        ("open the outside file", "I find no file called outside in your folders."),
        ("打开名为合同的文件", "在你的文件夹里没有找到叫合同的文件。"),
    ]);
    let openerless = Around { programs: vec![], ..home.around() };
    assert_eq!(
        Room::new(&openerless).ask("open the budget spreadsheet"),
        "I find no program to open files with on this machine."
    );
    assert!(!home.path("pwned").exists());
}

#[test]
fn a_program_that_only_the_users_path_knows_is_found() {
    let home = binary::Home::new();
    let program = home.put("mine/birdsong", "#!/bin/sh\n");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let entry = "[Desktop Entry]\nType=Application\nName=Birdsong\nExec=birdsong\n";
    home.put(".local/share/applications/birdsong.desktop", entry);
    let opened = |path: &str| {
        let mut mynah = home.mynah(&["ask", "--json", "--quiet", "open birdsong"]);
        binary::ran(mynah.env("PATH", path)).turn()["reply"]["text"].as_str().unwrap().to_owned()
    };
    let usual = "/usr/bin:/bin";
    assert_eq!(opened(usual), "I can't open Birdsong: its program isn't installed any more.");
    assert_eq!(opened(&format!("{usual}:{}", home.text("mine"))), "Opening Birdsong.");
}

#[test]
fn a_service_that_does_not_run_is_not_started_by_asking_for_it() {
    let home = Home::new();
    let bus = Bus::start();
    home.put("bin/manager", &format!("#!/bin/sh\n: > {}\n", home.path("begun").display()));
    home.allow("bin/manager");
    bus.offer("org.freedesktop.systemd1", &home.path("bin/manager"));
    let around = Around { session_bus: Some(bus.address()), ..home.around() };
    assert_eq!(Room::new(&around).ask("open Firefox"), "Opening Firefox.");
    home.told();
    assert!(!home.path("begun").exists());
}

#[test]
fn the_users_systemd_starts_it_apart_from_mynah_and_its_verdict_is_told() {
    let home = Home::new();
    for (result, state, told) in [
        ("done", "active", "Opening Firefox."),
        ("failed", "failed", "I tried to open Firefox, but it failed at once."),
        ("done", "failed", "I tried to open Firefox, but it failed at once."),
        // It was started, and nobody can be asked about it any more.
        ("done", "gone", "Opening Firefox."),
    ] {
        let (bus, beside) = (Bus::start(), beside());
        let asked = Arc::default();
        let systemd = Systemd { result, state, asked: Arc::clone(&asked) };
        let _systemd = beside.block_on(systemd.appear(&bus));
        let around = Around { session_bus: Some(bus.address()), ..home.around() };
        assert_eq!(Room::new(&around).ask("open Firefox"), told, "{result} {state}");
        let asked = asked.lock().unwrap();
        let (unit, properties) = asked.first().unwrap();
        assert!(unit.starts_with("app-mynah-firefox-") && unit.ends_with(".service"), "{unit}");
        let exec = format!("{:?}", properties["ExecStart"]);
        assert_eq!(properties["ExecStart"].value_signature().to_string(), "a(sasb)");
        assert!(exec.contains("--new") && !exec.contains("%u"), "{exec}");
        assert!(!home.path("told").exists(), "it was started twice");
    }
}

#[test]
fn what_a_phrase_starts_gets_its_arguments_as_they_stand_from_systemd_too() {
    let home = Home::new();
    let (bus, beside) = (Bus::start(), beside());
    let asked = Arc::default();
    let systemd = Systemd { result: "done", state: "active", asked: Arc::clone(&asked) };
    let _systemd = beside.block_on(systemd.appear(&bus));
    let around = Around { session_bus: Some(bus.address()), ..home.around() };
    let arguments = ["--now", "$HOME", "${HOME} %h", "a b"].map(str::to_owned);
    let mut runner = Desk::new(&around).runner;
    assert_eq!(runner.run(&home.path("bin/app"), &arguments), Ok(()));
    let asked = asked.lock().unwrap();
    let (unit, properties) = asked.first().unwrap();
    assert!(unit.starts_with("app-mynah-phrase-app-"), "{unit}");
    let exec = format!("{:?}", properties["ExecStart"]);
    // systemd takes two of these signs for one, and one for the beginning of a variable's name.
    assert!(
        exec.contains("\"$$HOME\"") && exec.contains("\"$${HOME} %h\"") && exec.contains("\"a b\""),
        "{exec}"
    );
    assert!(matches!(runner.run(&home.path("bin/none"), &[]), Err(DesktopError::Absent("program"))));
    assert!(runner.run(std::path::Path::new("app"), &[]).is_err());
}
