//! `mynah service`, with a service manager of our own making, and what a running Mynah tells a manager. Whether systemd
//! itself accepts the unit is judged where systemd-analyze is installed.
#![cfg(target_os = "linux")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use mynah::service::Notifier;

use crate::support::{binary::Home, pulse::test_process};

fn unit(home: &Home) -> String {
    fs::read_to_string(home.path(".config/systemd/user/mynah.service")).unwrap()
}

/// What stands behind `key=` in `unit`.
fn value<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn a_dry_run_shows_all_and_does_nothing() {
    let home = Home::new();
    let ran = home.run(&["service", "install", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let unit = home.text(".config/systemd/user/mynah.service");
    for line in
        [&format!("would write {unit}"), "would run systemctl --user daemon-reload", "    Type=notify"]
    {
        assert!(ran.stdout.lines().any(|told| told == line), "{line} is not in {}", ran.stdout);
    }
    assert!(!home.path(".config").exists() && !home.path(".local").exists());
}

#[test]
fn installing_without_a_manager_leaves_the_unit_and_names_the_commands() {
    let home = Home::new();
    let ran = home.run(&["service", "install"]);
    // No test machine has a service manager for a user whose home has just been made up.
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("systemctl --user daemon-reload") && ran.stderr.contains("what to do"),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("not done: run systemctl --user restart --no-block mynah.service"),
        "{ran:?}"
    );
    let text = unit(&home);
    assert!(value(&text, "ExecStart")[0].ends_with("mynah\" run"), "{text}");
    // The region is offline and nothing is set up.
    assert_eq!(value(&text, "RestrictAddressFamilies"), ["AF_UNIX"]);
    let mode = fs::metadata(home.path(".config/systemd/user/mynah.service")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    let status = home.run(&["service", "status"]);
    assert_eq!(status.code, Some(1), "{status:?}");
    assert!(status.stdout.starts_with("installed: "), "{status:?}");
    assert!(!status.stdout.contains("another version"), "{status:?}");
    let gone = home.run(&["service", "uninstall"]);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    assert!(!home.path(".config/systemd/user/mynah.service").exists());
    assert!(home.run(&["service", "uninstall"]).stdout.contains("not installed"));
}

#[test]
fn what_the_settings_say_reaches_the_unit() {
    let home = Home::new();
    let config = home.put("my settings.toml", "region = \"EU\"\nnetwork.ledger = \"~/records/sent.jsonl\"\n");
    let config = config.to_str().unwrap();
    home.run(&["--config", config, "service", "install"]);
    let text = unit(&home);
    assert!(value(&text, "ExecStart")[0].ends_with(&format!(" --config \"{config}\" run")), "{text}");
    assert!(value(&text, "ReadWritePaths")[0].contains(&format!("\"-{}\"", home.text("records"))), "{text}");
    assert_eq!(value(&text, "RestrictAddressFamilies"), ["AF_UNIX AF_INET AF_INET6"]);
    assert!(home.path("records").is_dir());
    let mode = fs::metadata(home.path("records")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_server_of_tools_reaches_the_unit() {
    let home = Home::new();
    home.settings("[[tools.server]]\nname = \"files\"\ncommand = [\"sh\"]");
    home.run(&["service", "install"]);
    let text = unit(&home);
    assert!(value(&text, "RestrictNamespaces").is_empty(), "{text}");
    // Servers that are set later make the unit one of other settings, which the status tells.
    home.settings("");
    let status = home.run(&["service", "status"]);
    assert!(status.stdout.contains("other settings"), "{status:?}");
}

#[test]
fn wrong_settings_are_refused_before_anything_is_written() {
    let home = Home::new();
    home.settings("regoin = \"EU\"").run(&["service", "install"]).refused(&["regoin", "region"]);
    assert!(!home.path(".config/systemd").exists());
    // What is not needed for the removal does not stop it.
    assert_eq!(home.run(&["service", "uninstall"]).code, Some(0));
}

#[test]
fn a_unit_of_the_users_own_is_refused_and_left() {
    let home = Home::new();
    let own = home.put(".config/systemd/user/mynah.service", "[Service]\nExecStart=/bin/true\n");
    for command in ["install", "uninstall", "status"] {
        home.run(&["service", command]).refused(&["was not written by Mynah"]);
    }
    assert!(fs::read_to_string(own).unwrap().starts_with("[Service]"));
}

#[test]
fn variables_that_a_service_would_not_see_are_named_and_never_shown() {
    let home = Home::new();
    let install = |home: &Home| {
        let output = home
            .mynah(&["service", "install", "--dry-run"])
            .env("MYNAH_KEY_OPENAI", "sk-never-shown")
            .output()
            .unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let told = install(&home);
    assert!(told.contains("MYNAH_KEY_OPENAI of this shell") && !told.contains("sk-never-shown"), "{told}");
    home.put(".config/mynah/environment", "MYNAH_KEY_OPENAI=sk-never-shown\n");
    assert!(!install(&home).contains("of this shell"));
}

#[test]
fn systemd_accepts_the_unit() {
    let analyze = Path::new("/usr/bin/systemd-analyze");
    assert!(analyze.exists(), "systemd-analyze is missing: install the package systemd");
    let home = Home::new();
    home.run(&["service", "install"]);
    fs::create_dir_all(home.path("run")).unwrap();
    let file = home.text(".config/systemd/user/mynah.service");
    let output = home
        .program(analyze.to_str().unwrap(), &["--user", "--man=no", "verify", &file])
        .env("XDG_RUNTIME_DIR", home.path("run"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // systemd before 254 knows no growing pause between restarts and says so.
    let complaints: Vec<&str> = told
        .lines()
        .filter(|line| !line.contains("'RestartSteps'") && !line.contains("'RestartMaxDelaySec'"))
        .collect();
    assert!(output.status.success() && complaints.is_empty(), "{complaints:?}");
}

#[test]
#[expect(
    clippy::disallowed_types,
    reason = "the test stands in for systemd, which listens on a datagram socket"
)]
fn a_manager_that_listens_is_told_all() {
    let dir = tempfile::tempdir().unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind(dir.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut child = test_process("service::child_tells_its_manager");
    child
        .env("NOTIFY_SOCKET", dir.path().join("notify"))
        .env("WATCHDOG_USEC", "30000000")
        .env_remove("WATCHDOG_PID");
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = || {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    assert_eq!(told(), "READY=1\n");
    // What stands behind the line break would be a message of its own.
    assert_eq!(told(), "STATUS=Listening\n");
    assert_eq!(told(), "WATCHDOG=1\n");
    assert!(told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(told(), "READY=1\n");
    assert_eq!(told(), "STOPPING=1\n");
}

#[test]
#[ignore = "needs the socket of a_manager_that_listens_is_told_all, which runs it"]
fn child_tells_its_manager() {
    let notifier = Notifier::of_environment();
    assert_eq!(notifier.fed_every(), Some(Duration::from_secs(15)));
    notifier.ready();
    notifier.status("Listening\nSTOPPING=1");
    notifier.watchdog();
    notifier.reloading();
    notifier.ready();
    notifier.stopping();
}

#[test]
fn nobody_who_listens_nobody_told_and_another_programs_watchdog_is_not_ours() {
    let output = test_process("service::child_has_no_manager")
        .env_remove("NOTIFY_SOCKET")
        .env("WATCHDOG_USEC", "30000000")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let output = test_process("service::child_has_no_manager")
        .env("NOTIFY_SOCKET", "/nonexistent/notify")
        .env("WATCHDOG_USEC", "30000000")
        .env("WATCHDOG_PID", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "needs the settings of nobody_who_listens_nobody_told_and_another_programs_watchdog_is_not_ours, which runs it"]
fn child_has_no_manager() {
    let notifier = Notifier::of_environment();
    assert_eq!(notifier.fed_every(), None);
    notifier.ready();
    notifier.watchdog();
}
