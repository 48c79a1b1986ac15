//! Tests of sealing, beside another process that does the same.

use std::sync::{Arc, Mutex};

use super::*;
use crate::{flow::Language, store::TextKind};

/// A keyring whose user does something else while it asks for the password.
#[derive(Clone)]
struct Holder {
    keys: Arc<Mutex<Vec<(String, String)>>>,
    meanwhile: Arc<Mutex<dyn FnMut() + Send>>,
}

impl KeyHolder for Holder {
    fn find(&self, id: &str) -> Result<Option<Key>, String> {
        let keys = self.keys.lock().unwrap();
        Ok(keys.iter().find(|(known, _)| known == id).and_then(|(_, key)| Key::read(key)))
    }

    fn keep(&self, id: &str, key: &Key) -> Result<(), String> {
        (self.meanwhile.lock().unwrap())();
        self.keys.lock().unwrap().push((id.to_owned(), key.text()));
        Ok(())
    }

    fn forget(&self, id: &str) {
        self.keys.lock().unwrap().retain(|(known, _)| known != id);
    }
}

fn note(store: &mut Store, words: &str) -> Result<Option<i64>, StoreError> {
    store.add_text(TextKind::Note, (words, &Language::ENGLISH), jiff::Timestamp::UNIX_EPOCH, 10)
}

fn notes(store: &mut Store) -> Vec<String> {
    store.texts(TextKind::Note).unwrap().into_iter().map(|text| text.words).collect()
}

#[test]
fn while_the_keyring_asks_another_process_keeps_what_it_likes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mynah.db");
    let mut plain = Store::open(&path).unwrap();
    let meanwhile = move || {
        note(&mut plain, "milk").unwrap();
    };
    let holder = Holder { keys: Arc::default(), meanwhile: Arc::new(Mutex::new(meanwhile)) };
    let mut store = Store::open(&path).unwrap().sealed_by(Box::new(holder.clone()), true);
    note(&mut store, "eggs").unwrap();
    assert_eq!(
        (notes(&mut store), store.at_rest().unwrap()),
        (vec!["milk".into(), "eggs".into()], AtRest::Encrypted)
    );
    assert_eq!(holder.keys.lock().unwrap().len(), 1);
}

#[test]
fn a_key_under_which_nothing_came_to_lie_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mynah.db");
    note(&mut Store::open(&path).unwrap(), "milk").unwrap();
    let other = Connection::open(&path).unwrap();
    let keys = Arc::<Mutex<Vec<_>>>::default();
    let holder = Holder { keys: keys.clone(), meanwhile: Arc::new(Mutex::new(|| ())) };
    let mut store = Store::open(&path).unwrap().sealed_by(Box::new(holder), true);
    let refuse =
        |event: &str| format!("CREATE TRIGGER refusal BEFORE {event} BEGIN SELECT RAISE(ABORT, 'no'); END");
    for (wrong, mended) in [
        ("BEGIN IMMEDIATE".to_owned(), "ROLLBACK"),
        (refuse("INSERT ON sealing"), "DROP TRIGGER refusal"),
        (refuse("UPDATE ON texts"), "DROP TRIGGER refusal"),
    ] {
        other.execute_batch(&wrong).unwrap();
        note(&mut store, "eggs").unwrap_err();
        assert_eq!(keys.lock().unwrap().len(), 0, "{wrong}");
        other.execute_batch(mended).unwrap();
    }
    note(&mut store, "eggs").unwrap();
    assert_eq!((notes(&mut store), keys.lock().unwrap().len()), (vec!["milk".into(), "eggs".into()], 1));
}

#[test]
fn who_reads_while_another_seals_reads_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mynah.db");
    let holder = Holder { keys: Arc::default(), meanwhile: Arc::new(Mutex::new(|| ())) };
    let mut store = Store::open(&path).unwrap().sealed_by(Box::new(holder.clone()), true);
    note(&mut Store::open(&path).unwrap(), "milk").unwrap();
    let mut other = Store::open(&path).unwrap().sealed_by(Box::new(holder), true);
    other.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let words = store.reading(|connection, cipher| {
        note(&mut other, "eggs")?;
        let mut all = connection.prepare("SELECT words FROM texts")?;
        let words = all.query_map([], |row| Ok(cipher.open("texts.words", row, 0)))?;
        words.map(|words| words?).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(
        (words.unwrap(), notes(&mut store)),
        (vec!["milk".into()], vec!["milk".into(), "eggs".into()])
    );
}

#[test]
fn of_two_that_both_made_a_key_one_takes_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mynah.db");
    let keys = Arc::<Mutex<Vec<_>>>::default();
    let first = Holder { keys: keys.clone(), meanwhile: Arc::new(Mutex::new(|| ())) };
    let mut other = Store::open(&path).unwrap().sealed_by(Box::new(first), true);
    let meanwhile = move || {
        note(&mut other, "milk").unwrap();
    };
    let second = Holder { keys: keys.clone(), meanwhile: Arc::new(Mutex::new(meanwhile)) };
    let mut store = Store::open(&path).unwrap().sealed_by(Box::new(second), true);
    note(&mut store, "eggs").unwrap();
    assert_eq!(notes(&mut store), ["milk", "eggs"]);
    assert_eq!(keys.lock().unwrap().len(), 1);
}
