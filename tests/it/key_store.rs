//! The keys of endpoints: `mynah key` as a command, with a keyring and without one, and what finds the keys again.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::support::binary::{Home, Ran, ran};

const KEY: &str = "sk-very-secret-1";

/// Runs `mynah` with `arguments`, `typed` on standard input, and the bus at `bus`.
fn mynah(home: &Home, bus: &str, arguments: &[&str], typed: &str) -> Ran {
    let mut command = home.mynah(arguments);
    if !bus.is_empty() {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    let ran = ran(command.write_stdin(typed));
    assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "{ran:?}");
    ran
}

/// Endpoint and origin of every key.
fn listed(home: &Home, bus: &str) -> Vec<(String, String)> {
    let ran = mynah(home, bus, &["key", "list", "--json"], "");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |key: &Value, field: &str| key[field].as_str().unwrap().to_owned();
    list["keys"].as_array().unwrap().iter().map(|key| (text(key, "endpoint"), text(key, "from"))).collect()
}

#[test]
fn without_a_keyring_a_key_goes_to_a_private_file_with_a_word_about_it() {
    let home = Home::new();
    home.settings("region = \"US\"\n");
    let set = mynah(&home, "", &["key", "set", "openai"], &format!("  {KEY}\n"));
    assert_eq!(set.code, Some(0), "{set:?}");
    assert!(set.stderr.contains("no keyring here") && set.stderr.contains("as it is"), "{set:?}");
    let folder = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let file = home.path(&format!("{folder}/mynah/keys/openai"));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("api.openai.com\n{KEY}\n"));
    assert_eq!(listed(&home, ""), [("openai".to_owned(), file.display().to_string())]);

    let doctor = mynah(&home, "", &["doctor", "--json", "--no-tone"], "");
    assert!(doctor.stdout.contains("openai: the key is there"), "{doctor:?}");

    fs::write(&file, format!("api.elsewhere.example\n{KEY}\n")).unwrap();
    let ran = mynah(&home, "", &["key", "list"], "");
    assert!(ran.stderr.contains("another host") && ran.stdout.contains("no endpoint has a key"), "{ran:?}");
    fs::write(&file, format!("api.openai.com\n{KEY}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let ran = mynah(&home, "", &["key", "list"], "");
    assert!(ran.stderr.contains("mode 640") && ran.stdout.contains("no endpoint has a key"), "{ran:?}");

    let gone = mynah(&home, "", &["key", "remove", "openai"], "");
    assert!(gone.code == Some(0) && gone.stdout.contains("is forgotten here"), "{gone:?}");
    assert!(!file.exists());
    let again = mynah(&home, "", &["key", "remove", "openai"], "");
    assert!(again.code == Some(0) && again.stdout.contains("no key for openai is kept"), "{again:?}");
}

#[test]
fn a_key_on_the_command_line_or_one_that_is_none_is_refused_unrepeated() {
    let home = Home::new();
    for arguments in [["key", "set", "openai", KEY], ["key", "set", "openai", "--sk-very-secret-1"]] {
        let ran = mynah(&home, "", &arguments, "");
        ran.refused(&["command line", "make a new one", "mynah key set openai"]);
    }
    mynah(&home, "", &["key", "set", "openai"], "").refused(&["standard input", "empty"]);
    mynah(&home, "", &["key", "set", "openai"], &format!("{KEY} {KEY}")).refused(&["standard input"]);
    mynah(&home, "", &["key", "set", "hal9000"], KEY).refused(&["hal9000", "openai"]);
    assert_eq!(listed(&home, ""), []);
}

#[test]
fn the_environment_comes_before_a_key_file_and_that_before_what_is_kept() {
    let home = Home::new();
    mynah(&home, "", &["key", "set", "openai"], KEY);
    let file = home.put("mine", "sk-mine\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    home.settings(&format!("[endpoint.openai]\nkey_file = \"{}\"\n", file.display()));
    assert_eq!(listed(&home, "")[0].1, file.display().to_string());
    let ran = ran(home.mynah(&["key", "list", "--json"]).env("MYNAH_KEY_OPENAI", "sk-env"));
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(list["keys"], json!([{ "endpoint": "openai", "from": "MYNAH_KEY_OPENAI" }]));
}

#[cfg(target_os = "linux")]
mod keyring {
    use super::{KEY, listed, mynah};
    use crate::support::{
        binary::Home,
        portal::Bus,
        secrets::{Keyring, Mood},
    };

    fn of_keyring(endpoint: &str) -> (String, String) {
        (endpoint.to_owned(), "the keyring".to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_is_kept_found_replaced_and_forgotten() {
        let (home, bus) = (Home::new(), Bus::start());
        let keyring = Keyring::appear(&bus).await;
        home.settings("region = \"US\"\n");
        let at = bus.address();
        for key in ["sk-old", KEY] {
            let set = mynah(&home, &at, &["key", "set", "openai"], key);
            assert!(set.code == Some(0) && set.stdout.contains("in the system's keyring"), "{set:?}");
        }
        let kept = ("openai".to_owned(), "api.openai.com".to_owned(), KEY.to_owned());
        assert_eq!(keyring.keys(), [kept]);
        assert_eq!(listed(&home, &at), [of_keyring("openai")]);
        let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"], "");
        assert!(doctor.stdout.contains("openai: the key is there"), "{doctor:?}");
        let gone = mynah(&home, &at, &["key", "remove", "openai"], "");
        assert!(gone.stdout.contains("is forgotten here"), "{gone:?}");
        assert_eq!((keyring.keys(), listed(&home, &at)), (vec![], vec![]));
        assert!(!home.path(".config/mynah/keys").exists(), "no copy in a file");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_a_key_is_told_of_and_spoils_no_other() {
        let (home, bus) = (Home::new(), Bus::start());
        let keyring = Keyring::appear(&bus).await;
        home.settings("region = \"US\"\n");
        let at = bus.address();
        for endpoint in ["gemini", "openai"] {
            mynah(&home, &at, &["key", "set", endpoint], KEY);
        }
        for spoilt in [&b"\xff\xfe"[..], b"", b"sk-\nevil"] {
            keyring.spoil("gemini", spoilt);
            let list = mynah(&home, &at, &["key", "list", "--json"], "");
            assert!(list.stdout.contains("openai") && !list.stdout.contains("gemini"), "{list:?}");
            assert!(list.stderr.contains("`mynah key set gemini`"), "{list:?}");
            assert!(!list.stderr.contains("evil"), "{list:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_locked_keyring_asks_somebody_who_waits_and_holds_nobody_up_who_does_not() {
        let (home, bus) = (Home::new(), Bus::start());
        let keyring = Keyring::appear(&bus).await;
        home.settings("region = \"US\"\n");
        let at = bus.address();
        mynah(&home, &at, &["key", "set", "openai"], KEY);
        keyring.be(Mood::Locked);
        let asked = mynah(&home, &at, &["ask", "--json", "--quiet", "why is the sky blue"], "");
        assert!(asked.stdout.contains("no_endpoint"), "{asked:?}");
        let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"], "");
        assert!(doctor.stdout.contains("the keyring is locked"), "{doctor:?}");
        assert_eq!(keyring.questions(), 0, "no dialog unless somebody waits for it");
        assert_eq!(listed(&home, &at), [of_keyring("openai")]);
        assert_eq!(keyring.questions(), 1);

        keyring.be(Mood::Dismissing);
        let refused = mynah(&home, &at, &["key", "set", "openai"], "sk-new");
        assert!(refused.code == Some(1) && refused.stderr.contains("--file"), "{refused:?}");
        keyring.be(Mood::Open);
        assert_eq!(keyring.keys()[0].2, KEY, "and no file took its place unasked");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_keyring_that_never_answers_costs_a_second_and_a_half() {
        let (home, bus) = (Home::new(), Bus::start());
        let keyring = Keyring::appear(&bus).await;
        keyring.be(Mood::Silent);
        home.settings("region = \"US\"\n");
        let at = bus.address();
        let asked = mynah(&home, &at, &["ask", "--json", "--quiet", "what is two plus two"], "");
        assert_eq!(asked.code, Some(0), "{asked:?}");
        let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"], "");
        assert!(doctor.stdout.contains("did not answer within 1.5 s"), "{doctor:?}");
        home.settings("region = \"US\"\n[keys]\nstore = \"file\"\n");
        let doctor = mynah(&home, &at, &["doctor", "--json", "--no-tone"], "");
        assert!(!doctor.stdout.contains("keyring"), "{doctor:?}");
    }
}
