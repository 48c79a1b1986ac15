//! Models: `mynah models` as a whole, with the real rules, the real door and a mirror on this machine.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use mynah::{
    cli::models::{ModelsArgs, ModelsCommand, ModelsContext, run},
    egress::{Door, DoorOptions, Ledger},
    flow::Remedy,
    models::{Library, Manifest, ModelsError, Sha256Sum},
    policy::{Rules, mirror_order},
};
use url::Url;

/// What the mirror does with the next request.
#[derive(Clone, Copy)]
enum Serve {
    /// Answers in full, from the byte asked for.
    Whole,
    /// Promises all and hangs up after so many bytes.
    Cut(usize),
    /// Answers in full from byte 0, whatever was asked for.
    NoRange,
    /// Sends without end and without saying how much.
    Endless,
    /// Answers 503.
    Down,
    /// Redirects to a public host.
    Astray,
}

/// A mirror on loopback that serves `file` once for each entry of `script` and then is gone.
struct LocalMirror {
    base: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test's server has to listen on loopback, on a thread of its own"
)]
fn serve(file: Vec<u8>, script: Vec<Serve>) -> LocalMirror {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = Url::parse(&format!("http://{}/files", listener.local_addr().unwrap())).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for serve in script {
            let (stream, _) = listener.accept().unwrap();
            let mut from = 0;
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let mut request = lines.next().unwrap_or_default();
            for line in lines.by_ref().take_while(|line| !line.is_empty()) {
                if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
                    from = range.trim_end_matches('-').parse().unwrap();
                    request = format!("{request} {range}");
                }
            }
            log.lock().unwrap().push(request);
            // A client that stops reading is part of the test.
            let _ = answer(stream, &file, from, serve);
        }
    });
    LocalMirror { base, asked }
}

fn answer(mut to: impl Write, file: &[u8], from: usize, serve: Serve) -> std::io::Result<()> {
    let close = "Connection: close\r\n\r\n";
    let all = file.len();
    let from = if matches!(serve, Serve::NoRange) { 0 } else { from };
    let left = all - from;
    let head = if from == 0 {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {all}\r\n{close}")
    } else {
        format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Length: {left}\r\nContent-Range: bytes {from}-{}/{all}\r\n{close}",
            all - 1
        )
    };
    match serve {
        Serve::Whole | Serve::NoRange => {
            to.write_all(head.as_bytes())?;
            to.write_all(&file[from..])
        }
        Serve::Cut(bytes) => {
            to.write_all(head.as_bytes())?;
            to.write_all(&file[from..from + bytes])
        }
        Serve::Endless => {
            write!(to, "HTTP/1.1 200 OK\r\n{close}")?;
            loop {
                to.write_all(file)?;
            }
        }
        Serve::Down => write!(to, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n{close}"),
        Serve::Astray => write!(
            to,
            "HTTP/1.1 302 Found\r\nLocation: https://files.example/x\r\nContent-Length: 0\r\n{close}"
        ),
    }
}

/// A machine with a model directory, rules, and a manifest whose "base" is a small file.
struct House {
    dir: tempfile::TempDir,
    manifest: Manifest,
    rules: Rules,
    file: Vec<u8>,
}

impl House {
    fn new() -> Self {
        // A whole model that the manifest does not know.
        let mut file = mynah::models::BUILT_IN.to_vec();
        *file.last_mut().unwrap() ^= 1;
        let text = include_str!("../../models/manifest.toml")
            .replace(
                "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
                &Sha256Sum::of(&file).to_string(),
            )
            .replace("bytes = 147951465", &format!("bytes = {}", file.len()));
        let manifest = Manifest::parse(&text).unwrap();
        Self { dir: tempfile::tempdir().unwrap(), manifest, rules: Rules::built_in(), file }
    }

    fn models(&self) -> std::path::PathBuf {
        self.dir.path().join("models")
    }

    /// What `mynah models …` answers in `region`, with `mirror` in the settings.
    fn mynah(
        &self,
        command: ModelsCommand,
        region: &str,
        mirror: Option<&Url>,
    ) -> Result<(bool, String), ModelsError> {
        let ledger = self.dir.path().join("ledger.jsonl");
        let open_door = || {
            Door::new(DoorOptions::default(), Ledger::open(&ledger, || "2026-11-22T00:00:00Z".to_owned())?)
        };
        let context = ModelsContext {
            library: Library::new(&self.manifest, self.models()),
            selected: None,
            language: None,
            rules: &self.rules,
            region: &self.rules.region(region).unwrap(),
            mirror,
            open_door: &open_door,
            quiet: true,
        };
        let mut out = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let all_good = runtime.block_on(run(&ModelsArgs { region: None, command }, &context, &mut out))?;
        Ok((all_good, String::from_utf8(out).unwrap()))
    }

    fn fetch(&self, name: &str, region: &str, mirror: Option<&Url>) -> Result<String, ModelsError> {
        self.mynah(ModelsCommand::Fetch { name: name.to_owned() }, region, mirror).map(|(_, said)| said)
    }

    fn ledger(&self) -> String {
        fs::read_to_string(self.dir.path().join("ledger.jsonl")).unwrap_or_default()
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.models()).into_iter().flatten();
        names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn every_mirror_of_every_region_is_known_to_the_manifest() {
    let rules = Rules::built_in();
    for region in rules.all_regions() {
        for mirror in mirror_order(&rules, &region) {
            for model in Manifest::shipped().entries().iter().filter(|model| !model.built_in) {
                assert!(model.path_on(mirror.as_str()).is_some(), "{region} {mirror} {}", model.name);
            }
        }
    }
}

#[test]
fn offline_fetches_nothing_and_says_what_to_do() {
    let house = House::new();
    let refused = house.fetch("base", "OFFLINE", None).unwrap_err();
    assert_eq!(refused.kind(), "mirror_refused");
    assert!(refused.remedy().contains("mynah models import FILE"), "{}", refused.remedy());
    assert!(!house.ledger().contains("\"sent\""), "{}", house.ledger());
}

#[test]
fn a_mirror_on_this_machine_serves_every_region_and_no_other_host_may_pose_as_one() {
    for region in ["OFFLINE", "CN", "EU"] {
        let house = House::new();
        let mirror = serve(house.file.clone(), vec![Serve::Whole]);
        let said = house.fetch("base", region, Some(&mirror.base)).unwrap();
        assert!(said.contains("from self, checksum right"), "{said}");
        assert_eq!(house.files(), ["ggml-base.bin"]);
        assert_eq!(*mirror.asked.lock().unwrap(), ["GET /files/ggml-base.bin HTTP/1.1"]);
        let ledger = house.ledger();
        assert!(ledger.contains("\"endpoint\":\"self\"") && ledger.contains("\"sent\""), "{ledger}");

        let (_, list) = house.mynah(ModelsCommand::List, region, None).unwrap();
        assert!(list.lines().any(|line| line.starts_with("base ") && line.contains("active")), "{list}");
        let (all_good, said) =
            house.mynah(ModelsCommand::Verify { names: Vec::new() }, region, None).unwrap();
        assert!(
            all_good && said.lines().any(|line| line.starts_with("base ") && line.contains("  ok  ")),
            "{said}"
        );
    }
    for url in
        ["http://192.168.1.2:8000/files", "https://huggingface.co", "http://localhost.example", "file:///x"]
    {
        let house = House::new();
        let refused = house.fetch("base", "EU", Some(&Url::parse(url).unwrap())).unwrap_err();
        assert_eq!(refused.kind(), "mirror_refused", "{url}");
        assert!(
            house.ledger().contains("\"refused\"") && !house.ledger().contains("\"sent\""),
            "{}",
            house.ledger()
        );
    }
}

#[test]
fn what_broke_off_goes_on_where_it_stopped() {
    let house = House::new();
    let mirror =
        serve(house.file.clone(), vec![Serve::Cut(100_000), Serve::Cut(50_000), Serve::Down, Serve::Whole]);
    let kinds = ["download_cut", "download_cut", "download_failed"];
    for kind in kinds {
        let error = house.fetch("base", "EU", Some(&mirror.base)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(house.files(), ["ggml-base.bin.part"]);
    }
    let (_, list) = house.mynah(ModelsCommand::List, "EU", None).unwrap();
    assert!(list.contains("150.00 kB so far"), "{list}");
    house.fetch("base", "EU", Some(&mirror.base)).unwrap();
    assert_eq!(fs::read(house.models().join("ggml-base.bin")).unwrap(), house.file);
    let asked = mirror.asked.lock().unwrap();
    assert!(asked[1].ends_with(" 100000-") && asked[3].ends_with(" 150000-"), "{asked:?}");
}

#[test]
fn a_mirror_without_ranges_starts_over() {
    let house = House::new();
    fs::create_dir_all(house.models()).unwrap();
    fs::write(house.models().join("ggml-base.bin.part"), b"anything").unwrap();
    let mirror = serve(house.file.clone(), vec![Serve::NoRange]);
    house.fetch("base", "EU", Some(&mirror.base)).unwrap();
    assert_eq!(fs::read(house.models().join("ggml-base.bin")).unwrap(), house.file);
}

#[test]
fn wrong_bytes_too_many_bytes_and_wrong_places_leave_no_model() {
    let house = House::new();
    let mut wrong = house.file.clone();
    wrong[100_000] ^= 1;
    let longer = [house.file.clone(), vec![0]].concat();
    for (file, serve_as, kind) in [
        (wrong, Serve::Whole, "checksum_mismatch"),
        (longer, Serve::Whole, "download_failed"),
        (house.file.clone(), Serve::Endless, "download_too_long"),
        (house.file.clone(), Serve::Astray, "download_failed"),
    ] {
        let mirror = serve(file, vec![serve_as]);
        let error = house.fetch("base", "EU", Some(&mirror.base)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains("self"), "{error}");
        assert_eq!(house.files(), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_name_cannot_step_out_of_the_directory() {
    let house = House::new();
    for name in ["../../etc/passwd", "/etc/passwd", "base/../tiny", "", "base\0", "BASE"] {
        assert_eq!(house.fetch(name, "EU", None).unwrap_err().kind(), "unknown_model", "{name:?}");
        let verify = ModelsCommand::Verify { names: vec![name.to_owned()] };
        assert_eq!(house.mynah(verify, "EU", None).unwrap_err().kind(), "unknown_model", "{name:?}");
    }
    assert!(!house.models().exists());
}

#[test]
fn a_damaged_model_fails_verify_and_import_mends_it() {
    let house = House::new();
    let mut damaged = house.file.clone();
    damaged[70_000] ^= 0x80;
    fs::create_dir_all(house.models()).unwrap();
    fs::write(house.models().join("ggml-base.bin"), &damaged).unwrap();
    let (all_good, said) = house.mynah(ModelsCommand::Verify { names: Vec::new() }, "EU", None).unwrap();
    assert!(!all_good && said.contains("wrong SHA-256"), "{said}");

    let source = house.dir.path().join("from-a-friend.bin");
    fs::write(&source, &house.file).unwrap();
    let (_, said) = house.mynah(ModelsCommand::Import { file: source }, "OFFLINE", None).unwrap();
    assert!(said.starts_with("base: official, checksum right"), "{said}");
    let (all_good, _) =
        house.mynah(ModelsCommand::Verify { names: vec!["base".into()] }, "EU", None).unwrap();
    assert!(all_good);
    let (_, path) = house.mynah(ModelsCommand::Path { name: Some("base".into()) }, "EU", None).unwrap();
    assert!(Path::new(path.trim_end()).is_file());
    let missing = house.mynah(ModelsCommand::Path { name: Some("tiny".into()) }, "EU", None).unwrap_err();
    assert_eq!(missing.kind(), "model_missing");
}
