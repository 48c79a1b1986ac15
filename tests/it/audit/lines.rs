//! Lines: what one record says, who may read it, and what happens where none can be written.

use std::{fs, path::Path, sync::Arc};

use mynah::{
    egress::{Grounds, Ledger},
    flow::Remedy,
    policy::{EndpointId, Region, Rules},
};
use sha2::{Digest, Sha256};

use super::{noon, refuse};

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_refusal_is_one_line_of_documented_fields() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/er/ledger.jsonl");
    let ledger = Ledger::open(&path, noon).unwrap();
    let rules = Arc::new(Rules::built_in());
    let policy = sha256(rules.text());
    let infer = serde_json::to_string(rules.endpoint(&EndpointId::from("openai")).unwrap().infer()).unwrap();
    ledger.set_grounds(Grounds { inputs: Some("home=US".to_owned()), rules: Some(rules) });
    refuse(&ledger, 3).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let (body, _) = text.split_once(",\"hash\"").unwrap();
    assert_eq!(
        body,
        format!(
            "{{\"v\":2,\"seq\":1,\"time\":\"2026-11-22T12:00:00Z\",\"request\":1,\"turn\":3,\"region\":\"OFFLINE\",\
             \"inputs\":\"home=US\",\"capability\":\"chat\",\"endpoint\":\"openai\",\"host\":\"api.openai.com\",\
             \"address\":null,\"proxy\":null,\"model\":\"m\",\"model_answered\":null,\"infer\":{infer},\
             \"infer_asserted\":null,\"data\":\"words\",\"bytes_out\":0,\"bytes_in\":0,\"body_sha256\":null,\
             \"status\":null,\"hops\":0,\"decision\":\"refused\",\"rule\":\"endpoint.region\",\
             \"policy_sha256\":\"{policy}\",\"about\":null,\"prev\":\"{}\"",
            "0".repeat(64)
        )
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_its_files() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own/ledger.jsonl");
    let head = path.with_file_name("ledger.jsonl.head");
    drop(Ledger::open(&path, noon).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&head), mode(path.parent().unwrap())), (0o600, 0o600, 0o700));
    for file in [&path, &head] {
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    refuse(&Ledger::open(&path, noon).unwrap(), 3).unwrap();
    assert_eq!((mode(&path), mode(&head)), (0o600, 0o600));
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Ledger::open(directory.path(), noon).is_err());
    #[cfg(target_os = "linux")]
    {
        let error = Ledger::open(Path::new("/dev/null"), noon).unwrap_err();
        assert!(error.to_string().contains("no plain file"), "{error}");
        assert!(!Path::new("/dev/null.head").exists());
    }
    let ledger = Ledger::open(&directory.path().join("gone/ledger"), noon).unwrap();
    fs::remove_dir_all(directory.path().join("gone")).unwrap();
    assert_eq!(refuse(&ledger, 3).unwrap_err().kind(), "ledger_unwritable");
}

#[test]
fn a_loosening_is_on_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let ledger = Ledger::open(&path, noon).unwrap();
    ledger.loosened(&Region::offline(), "mynah region set").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"decision\":\"loosened\",\"rule\":null"), "{text}");
    assert!(text.contains("\"about\":{\"text\":\"mynah region set\"}"), "{text}");
}
