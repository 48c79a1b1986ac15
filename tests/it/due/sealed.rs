//! Names of what falls due lie sealed where there is a key, and everything rings where there is none.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use mynah::store::{AtRest, Key, KeyHolder};

use super::*;

const NOW: &str = "2026-11-23T06:50[Europe/Paris]";

/// What is said, and must not be read.
const NAMES: [&str; 3] = ["xanthippe", "gingerbread", "zanzibar"];

/// A keyring whose keys lie in a file, so that another process has them too; it can be locked, or lose them.
#[derive(Clone)]
struct Ring {
    file: PathBuf,
    locked: Arc<Mutex<bool>>,
}

impl Ring {
    fn beside(store: &Path) -> Self {
        let file = store.parent().unwrap().parent().unwrap().join("ring");
        Self { file, locked: Arc::default() }
    }

    fn lock(&self, locked: bool) {
        *self.locked.lock().unwrap() = locked;
    }

    fn lines(&self) -> Vec<String> {
        fs::read_to_string(&self.file).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn open(&self) -> Result<(), String> {
        if *self.locked.lock().unwrap() { Err("the keyring is locked".into()) } else { Ok(()) }
    }
}

impl KeyHolder for Ring {
    fn find(&self, id: &str) -> Result<Option<Key>, String> {
        self.open()?;
        Ok(self.lines().iter().find_map(|line| Key::read(line.strip_prefix(id)?.trim())))
    }

    fn keep(&self, id: &str, key: &Key) -> Result<(), String> {
        self.open()?;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.file).unwrap();
        writeln!(file, "{id} {}", key.text()).unwrap();
        Ok(())
    }

    fn forget(&self, _id: &str) {}
}

/// A folder for a store, which has its keyring beside it.
fn place() -> (tempfile::TempDir, PathBuf, Ring) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("state")).unwrap();
    let path = folder.path().join("state/mynah.db");
    let ring = Ring::beside(&path);
    (folder, path, ring)
}

fn opener(
    path: &Path,
    ring: &Ring,
    wanted: bool,
) -> impl FnMut() -> Result<Store, mynah::store::StoreError> + use<> {
    let (path, ring) = (path.to_owned(), ring.clone());
    move || Ok(Store::open(&path)?.sealed_by(Box::new(ring.clone()), wanted))
}

fn desk(now: &str, path: &Path, ring: &Ring) -> Desk {
    Desk::with(now, Given::new(Box::new(opener(path, ring, true)), Teller::Here))
}

/// Which of `names` stand in the file or in anything beside it.
fn readable<'n>(path: &Path, names: &[&'n str]) -> Vec<&'n str> {
    let files =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let bytes = files.collect::<Vec<_>>().concat();
    let stands = |name: &&&str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
    names.iter().filter(stands).copied().collect()
}

fn set_all(desk: &mut Desk) {
    desk.ask("timer.set", &[seconds(300.0), text("label", NAMES[0])]);
    desk.ask("alarm.set", &[when("", "7:00", Some(Repeat::Workdays)), text("label", NAMES[1])]);
    desk.ask("reminder.set", &[text("text", NAMES[2]), when("", "7:10", None)]);
}

#[test]
fn what_was_kept_before_is_sealed_and_unsealed_again() {
    let (_folder, path, ring) = place();
    ring.lock(true);
    let mut before = desk(NOW, &path, &ring);
    set_all(&mut before);
    assert_eq!(readable(&path, &NAMES), NAMES);
    // One that is gone left its name in the log.
    before.ask("timer.cancel", &[]);
    // The other process goes on running.
    ring.lock(false);
    let mut after = desk(NOW, &path, &ring);
    after.ask("timer.set", &[seconds(300.0), text("label", NAMES[0])]);
    assert_eq!(readable(&path, &NAMES), [""; 0]);
    for desk in [&mut after, &mut before] {
        assert_eq!(desk.ask("timer.list", &[]), "5 minutes left on the xanthippe timer.");
        assert!(desk.ask("reminder.list", &[]).contains("zanzibar"));
    }
    assert_eq!(
        after.ask("alarm.cancel", &[when("+1", "", None)]).split(" alarm ").next(),
        Some("No gingerbread")
    );
    assert!(after.ask("undo", &[]).contains("gingerbread"));
    assert_eq!(readable(&path, &NAMES), [""; 0]);
    let never = Given::new(Box::new(opener(&path, &ring, false)), Teller::Here);
    Desk::with(NOW, never).ask("note.add", &[text("text", "one")]);
    assert_eq!(readable(&path, &NAMES), NAMES);
    assert!(after.ask("timer.list", &[]).contains("xanthippe"));
}

#[test]
fn without_the_key_all_rings_and_says_that_its_name_is_locked() {
    let (_folder, path, ring) = place();
    set_all(&mut desk(NOW, &path, &ring));
    ring.lock(true);
    let mut daemon = desk(NOW, &path, &ring);
    assert_eq!(daemon.ask("timer.left", &[]), "5 minutes left on the 5 minute timer.");
    assert_eq!(daemon.try_ask("timer.left", &[text("label", NAMES[0])]), Err("store_locked".into()));
    assert_eq!(daemon.pass(300), ["Your 5 minute timer is done. Its name is locked."]);
    daemon.ask("stop", &[]);
    assert_eq!(daemon.pass(300), ["It's 7 o'clock in the morning. This is your alarm. Its name is locked."]);
    daemon.skills.heed(&daemon.now);
    assert_eq!(daemon.ask("alarm.snooze", &[seconds(300.0)]), "Okay, again in 5 minutes.");
    assert_eq!(
        daemon.ask("alarm.list", &[]),
        "There are 2 alarms: today at 7:05 in the morning, its name locked; every workday, next tomorrow at 7 o'clock in \
         the morning, its name locked."
    );
    // What nobody can read is not told to be missing, and nothing plain is written beside it.
    for (name, slots) in [
        ("timer.left", vec![text("label", "xanthippe")]),
        ("alarm.cancel", vec![text("label", "gingerbread")]),
        ("reminder.cancel", vec![text("text", "zanzibar")]),
        ("timer.set", vec![seconds(60.0), text("label", "nutmeg")]),
    ] {
        let expected = if name == "timer.left" {
            Ok("There is no xanthippe timer.".into())
        } else {
            Err("store_locked".into())
        };
        assert_eq!(daemon.try_ask(name, &slots), expected, "{name}");
    }
    assert_eq!(readable(&path, &["nutmeg"]), [""; 0]);
    // What needs no name can be changed, cancelled and brought back with its own.
    let moved = daemon.ask("alarm.change", &[when("+1", "", None), ("to", when("", "8:00", None).1)]);
    assert!(
        moved.starts_with("Tomorrow at 8 o'clock in the morning, its name locked; from Wednesday"),
        "{moved}"
    );
    daemon.ask("reminder.cancel", &[]);
    daemon.ask("undo", &[]);
    assert_eq!(daemon.pass(300), ["It's 7:05 in the morning. This is your alarm. Its name is locked."]);
    daemon.ask("stop", &[]);
    assert_eq!(daemon.pass(300), ["Reminder: its words are locked until the keyring is open."]);
    // Once the keyring is open, it is seen within a minute.
    ring.lock(false);
    daemon.skip(60);
    assert_eq!(daemon.pass(0), ["Reminder: zanzibar."]);
    assert_eq!(
        daemon.ask("alarm.list", &[]),
        "There are 2 alarms: gingerbread tomorrow at 8 o'clock in the morning; gingerbread every workday, next Wednesday at \
         7 o'clock in the morning."
    );
    assert_eq!(readable(&path, &NAMES), [""; 0]);
}

#[test]
fn a_lost_key_costs_the_names_and_nothing_else() {
    let (_folder, path, ring) = place();
    set_all(&mut desk(NOW, &path, &ring));
    fs::remove_file(&ring.file).unwrap();
    let mut store = opener(&path, &ring, true)().unwrap();
    assert_eq!(store.at_rest().unwrap(), AtRest::Lost);
    assert_eq!(store.entries().unwrap().len(), 3);
    assert_eq!(store.erase_unreadable().unwrap(), 3);
    let mut daemon = desk(NOW, &path, &ring);
    assert_eq!(daemon.pass(300), ["Your 5 minute timer is done."]);
    daemon.ask("stop", &[]);
    assert_eq!(
        daemon.ask("reminder.list", &[]),
        "There is one reminder: its words are lost, today at 7:10 in the morning."
    );
    daemon.ask("timer.set", &[seconds(60.0), text("label", "nutmeg")]);
    assert_eq!(readable(&path, &["nutmeg"]), [""; 0]);
}

#[test]
fn a_file_of_an_earlier_layout_that_is_sealed_already_is_sealed_whole() {
    let (_folder, path, ring) = place();
    set_all(&mut desk(NOW, &path, &ring));
    // As an earlier Mynah left it, or writes it while it still runs.
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("UPDATE due SET words = 'saffron', sealed = NULL WHERE kind = 'timer'").unwrap();
    assert_eq!(readable(&path, &["saffron"]), ["saffron"]);
    ring.lock(true);
    let mut daemon = desk(NOW, &path, &ring);
    assert_eq!(daemon.ask("timer.list", &[]), "5 minutes left on the saffron timer.");
    ring.lock(false);
    assert_eq!(desk(NOW, &path, &ring).ask("timer.list", &[]), "5 minutes left on the saffron timer.");
    drop(old);
    assert_eq!(readable(&path, &["saffron"]), [""; 0]);
}

#[test]
fn whatever_two_processes_do_no_name_is_lost_or_can_be_read() {
    let (_folder, path, ring) = place();
    let mut both = [desk(NOW, &path, &ring), desk(NOW, &path, &ring)];
    let mut names: Vec<String> = Vec::new();
    let mut random = 88_172_645_463_325_252_u64;
    let mut below = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(bound).unwrap()).unwrap()
    };
    for step in 0..120 {
        let desk = &mut both[below(2)];
        match below(6) {
            0 => ring.lock(true),
            1 => ring.lock(false),
            2 if !names.is_empty() => {
                let name = &names[below(names.len())].clone();
                if desk.try_ask("timer.cancel", &[text("label", name)]).is_ok() {
                    names.retain(|known| known != name);
                }
            }
            _ => {
                let name = format!("saffron{step}x");
                if desk.try_ask("timer.set", &[seconds(3_600.0), text("label", &name)]).is_ok() {
                    names.push(name);
                }
            }
        }
        if !ring.lines().is_empty() {
            assert_eq!(readable(&path, &["saffron"]), [""; 0], "step {step}");
        }
    }
    ring.lock(false);
    let mut store = opener(&path, &ring, true)().unwrap();
    let kept: Vec<_> = store.entries().unwrap().into_iter().map(|entry| entry.words.unwrap()).collect();
    assert!(kept.len() > 10, "{kept:?}");
    assert_eq!(kept, names);
}

/// The file that a sealing process is given.
const FILE: &str = "MYNAH_SEALED_TEST_FILE";

/// How many names are sealed at once.
const MANY: usize = 90;

/// The other process of the test below: seals what was plain.
#[test]
#[expect(clippy::print_stdout, reason = "it tells the test when it begins")]
#[ignore = "needs a file to write to: the test of this file starts it"]
fn the_sealer() {
    #[expect(clippy::disallowed_methods, reason = "a child is told by its environment where to write")]
    let path = PathBuf::from(std::env::var_os(FILE).expect("started by the test of this file"));
    let mut desk = desk(NOW, &path, &Ring::beside(&path));
    println!("begins");
    desk.ask("timer.set", &[seconds(60.0), text("label", "saffron")]);
    std::thread::park();
}

#[test]
fn who_is_killed_while_it_seals_loses_no_name_and_leaves_none_to_be_read() {
    let mut sealed = 0;
    for delay in [0, 2, 5, 9, 14, 20, 40, 200] {
        let (_folder, path, ring) = place();
        ring.lock(true);
        let mut before = desk(NOW, &path, &ring);
        for number in 0..MANY {
            before.ask("timer.set", &[seconds(3_600.0), text("label", &format!("saffron{number}"))]);
        }
        drop(before);
        ring.lock(false);
        #[expect(clippy::disallowed_methods, reason = "a process that is killed while it seals")]
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "due::sealed::the_sealer", "--ignored", "--nocapture"]).env(FILE, &path);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("begins")));
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever comes next finds all of them, and once it has the key no trace is left.
        let mut store = opener(&path, &ring, true)().unwrap();
        let names: Vec<_> = store.entries().unwrap().into_iter().map(|entry| entry.words.unwrap()).collect();
        for number in 0..MANY {
            assert!(names.contains(&format!("saffron{number}")), "{number} after {delay} ms");
        }
        if store.at_rest().unwrap() == AtRest::Encrypted {
            sealed += 1;
            assert_eq!(readable(&path, &["saffron"]), [""; 0], "after {delay} ms");
        }
    }
    assert!(sealed > 0);
}
