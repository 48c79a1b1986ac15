//! The user's own phrases: what a file may hold, what is refused, what is done and started, through the binary.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::support::binary::{Home, Ran};

/// Phrases as a user may write them.
const FILE: &str = r#"
# My own.
[phrases]
night = "(goodnight|good night|bed time)"

[[phrase]]
language = "en"
say = ["<night> [mynah]", "i'm off to bed"]
do = ["how many feet are in {X}", "what is 2 plus 3 and what is 3 plus 4"]
"#;

fn home() -> Home {
    let home = Home::new();
    home.settings("");
    home
}

/// Makes `text` the file of phrases in `home`.
fn phrases(home: &Home, text: &str) -> PathBuf {
    let folder = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let path = home.put(&format!("{folder}/mynah/phrases.toml"), text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

/// The reply to `words`, and the intent they were taken for.
fn asked(home: &Home, words: &str) -> (String, String) {
    let turn = home.ask(&[words]).turn();
    let intent = turn["intent"]["name"].as_str().unwrap_or("-").to_owned();
    (turn["reply"]["text"].as_str().unwrap_or_default().to_owned(), intent)
}

/// What `program` wrote down of its arguments, once it was started: one a line.
#[cfg(unix)]
fn told(home: &Home) -> Vec<String> {
    let path = home.path("told");
    for _ in 0..1_000 {
        if let Ok(text) = fs::read_to_string(&path) {
            fs::remove_file(&path).unwrap();
            return text.lines().map(str::to_owned).collect();
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("nothing was started");
}

/// A program in `home` that writes down how it was called.
#[cfg(unix)]
fn program(home: &Home, name: &str, end: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let told = home.text("told");
    let script = format!(
        "#!/bin/sh\n{{ for a in \"$@\"; do echo \"$a\"; done; env | cut -d= -f1 | sort | tr '\\n' ' '; }} > '{told}.new'\n\
         mv '{told}.new' '{told}'\n{end}\n"
    );
    let path = home.put(&format!("bin/{name}"), script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn lines(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().collect()
}

#[test]
fn a_phrase_does_sentences_that_mynah_understands_in_their_order() {
    let home = home();
    phrases(&home, &FILE.replace("{X}", "2 miles"));
    let all = "2 miles is 10,560 feet. That's 5. That's 7.";
    for words in
        ["Good night, Mynah!", "goodnight", "um, bed time please", "I'm off to bed", "I am off to bed"]
    {
        let (reply, intent) = asked(&home, words);
        assert_eq!((reply.as_str(), intent.as_str()), (all, "units"), "{words}");
    }
    // Beside another thing in one sentence, and what a recogniser spells its own way.
    assert_eq!(asked(&home, "good nite").1, "-");
    assert_eq!(asked(&home, "what is 1 plus 1 and good night").0, format!("That's 2. {all}"));
    assert_eq!(asked(&home, "what time is it").1, "clock.time");
}

#[test]
fn what_is_said_goes_into_sentences_in_its_own_words() {
    let home = home();
    phrases(
        &home,
        r#"
[[phrase]]
say = ["tea for {seconds:duration}", "brew [me] (tea|coffee) {seconds:duration}"]
do = ["set a tea timer for {seconds}"]

[[phrase]]
say = ["泡茶{seconds:duration}"]
do = ["定个{seconds}的计时器"]

[[phrase]]
say = ["jot {text:rest}"]
do = ["add {text} to my shopping list"]

[[phrase]]
say = ["fetch {text:text}"]
do = ["add eggs to my shopping list", "turn on the {text}"]

[[phrase]]
say = ["steep for {seconds:duration}"]
answer = "Tea in {seconds}."
"#,
    );
    assert!(
        asked(&home, "tea for four and a half minutes")
            .0
            .starts_with("Tea timer set for 4 minutes 30 seconds.")
    );
    assert_eq!(asked(&home, "brew coffee 3 minutes").1, "timer.set");
    assert_eq!(asked(&home, "泡茶三分钟").1, "timer.set");
    assert_eq!(asked(&home, "jot oat milk").1, "list.add");
    assert_eq!(asked(&home, "steep for four and a half minutes").0, "Tea in four and a half minutes.");
    // Where one of its sentences makes no sense with what was said, nothing of the phrase is done.
    let (reply, intent) = asked(&home, "fetch Bach");
    assert_eq!(reply, "I did nothing: your phrase asks for “turn on the Bach”, and I don't understand that.");
    assert_eq!(intent, "phrase.unclear");
    assert!(!home.run(&["lists"]).stdout.contains("eggs"));
}

#[cfg(unix)]
#[test]
fn a_program_gets_each_argument_as_it_stands_no_shell_and_no_environment_of_mynahs() {
    let home = home();
    let player = program(&home, "player", "");
    phrases(
        &home,
        &format!(
            r#"
[[phrase]]
say = ["play the news [loudly]"]
run = ["{player}", "--no-video", "$(touch pwned)", "; touch pwned", "a b", ""]
answer = "Here are the news."

[[phrase]]
say = ["shuffle {{text:text}} at {{number:number}}", "shuffle {{text:text}} number {{number:number}}"]
run = ["{player}", "{{text}}", "{{number}}"]
answer = "Shuffling {{text}}."

[[phrase]]
say = ["hum"]
run = ["{player}"]
"#
        ),
    );
    let (reply, intent) = asked(&home, "Play the news, loudly!");
    assert_eq!((reply.as_str(), intent.as_str()), ("Here are the news.", "phrase.1"));
    let got = told(&home);
    assert_eq!(got[..5], ["--no-video", "$(touch pwned)", "; touch pwned", "a b", ""]);
    assert!(!got[5].contains("MYNAH_") && got[5].contains("HOME"), "{got:?}");
    assert!(!home.path("pwned").exists());
    assert_eq!(
        asked(&home, "shuffle Miles Davis; rm -rf $HOME at five").0,
        "Shuffling Miles Davis; rm -rf $HOME."
    );
    assert_eq!(told(&home)[..2], ["Miles Davis; rm -rf $HOME", "5"]);
    assert_eq!(asked(&home, "hum").0, "I started player.");
    told(&home);
    // What could be an option is no argument.
    let (reply, _) = asked(&home, "shuffle jazz number minus five");
    assert_eq!(reply, "I didn't start player: it could take “-5” for an option.");
    assert!(!home.path("told").exists());
}

#[cfg(unix)]
#[test]
fn what_is_said_of_a_program_is_only_what_happened() {
    let home = home();
    let failing = program(&home, "failing", "exit 3");
    let lasting = program(&home, "lasting", "exec sleep 2");
    phrases(
        &home,
        &format!(
            "[[phrase]]\nsay = [\"begin one\"]\nrun = [\"{failing}\"]\nanswer = \"It runs.\"\n\
             [[phrase]]\nsay = [\"begin two\"]\nrun = [\"/nowhere/at-all\"]\nanswer = \"It runs.\"\n\
             [[phrase]]\nsay = [\"begin three\", \"开始三\"]\nrun = [\"{lasting}\"]\n\
             [[phrase]]\nsay = [\"who is the boss\"]\nanswer = \"you are.\"\n"
        ),
    );
    assert_eq!(asked(&home, "begin one").0, "I tried to start failing, but it failed at once.");
    assert_eq!(asked(&home, "begin two").0, "I can't start at-all: it isn't there, or may not be run.");
    assert_eq!(asked(&home, "begin three").0, "I started lasting.");
    assert_eq!(asked(&home, "开始三").0, "已启动lasting。");
    assert_eq!(asked(&home, "who is the boss"), ("You are.".to_owned(), "phrase.4".to_owned()));
    // The daemon's check tells what is not there, too.
    let ran = home.run(&["phrases", "check"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(lines(&ran), ["line 5: /nowhere/at-all is not there, or may not be run"]);
}

#[test]
fn a_bad_file_is_refused_with_its_line_and_reason() {
    let home = home();
    let long = "x".repeat(500);
    let many = "[[phrase]]\nsay = [\"x y\"]\nanswer = \"z\"\n".repeat(201);
    for (text, line, reason) in [
        ("[[phrase]]\nsay = [\"a b\"]\ncolour = 3\nanswer = \"x\"", 3, "unknown field `colour`"),
        ("[[phrase]]\nsay = \"a b\"\nanswer = \"x\"", 2, "invalid type"),
        ("# x\n[[phrase]]\nanswer = \"x\"", 2, "no `say`"),
        ("[[phrase]]\nsay = [\"a b\"]", 1, "none of `do`, `run` and `answer`"),
        ("[[phrase]]\nsay = [\"a (b\"]\nanswer = \"x\"", 2, "`)` is missing"),
        ("[[phrase]]\nsay = [\"a b\",\n  \"{text:text}\"]\nanswer = \"x\"", 3, "would take whatever is said"),
        ("[[phrase]]\nsay = [\"[a] {text:rest}\"]\nanswer = \"x\"", 2, "would take whatever is said"),
        ("[[phrase]]\nsay = [\"play {song:text}\"]\nanswer = \"x\"", 2, "no slot is named `song`"),
        ("[[phrase]]\nsay = [\"play <it>\"]\nanswer = \"x\"", 2, "no phrase is called `it`"),
        ("[[phrase]]\nlanguage = \"fr\"\nsay = [\"bonsoir\"]\nanswer = \"x\"", 2, "one of \"en\", \"zh\""),
        (
            "[[phrase]]\nsay = [\"a b\"]\ndo = [\"what time is it\",\n\"write a poem\"]",
            4,
            "is no sentence that Mynah",
        ),
        (
            "[[phrase]]\nsay = [\"a b\"]\nanswer = \"x\"\n[[phrase]]\nsay = [\"c d\"]\ndo = [\"a b\"]",
            6,
            "is no sentence",
        ),
        (
            "[[phrase]]\nsay = [\"a [{text:text}]\"]\ndo = [\"add {text} to my list\"]",
            3,
            "not said in every way",
        ),
        ("[[phrase]]\nsay = [\"a b\"]\ndo = [\"what time is it\"]\nanswer = \"x\"", 4, "as it went"),
        ("[[phrase]]\nsay = [\"a b\"]\nrun = [\"mpv\"]", 3, "no absolute path"),
        ("[[phrase]]\nsay = [\"a b\"]\nrun = []", 3, "`run` is empty"),
        (
            "[[phrase]]\nsay = [\"a {text:text}\"]\nrun = [\"/bin/sh\",\n\"-c\", \"{text}\"]",
            3,
            "runs what it is given",
        ),
        (
            "[[phrase]]\nsay = [\"a {text:text}\"]\nrun = [\"/bin/x\",\n\"--a={text}\"]",
            4,
            "argument of its own",
        ),
        ("[[phrase]]\nsay = [\"a b\"]\nanswer = \"\"", 3, "empty"),
        (&format!("[[phrase]]\nsay = [\"{long}\"]\nanswer = \"x\""), 2, "longer than 400"),
        (&many, 601, "more than 200 phrases"),
        ("say =", 1, ""),
        ("[[phrases]]\nsay = [\"a b\"]", 1, ""),
    ] {
        let path = phrases(&home, text);
        let place = format!("{}, line {line}: ", path.display());
        for ran in
            [home.ask(&["what time is it"]), home.run(&["phrases", "list"]), home.run(&["phrases", "check"])]
        {
            ran.refused(&[&place, reason]);
        }
    }
    // The settings may name another one; that has to be there.
    phrases(&home, "[[phrase]]");
    home.settings("phrases = \"work.toml\"");
    home.ask(&["what time is it"]).refused(&["work.toml"]);
    let beside = phrases(&home, "");
    fs::write(beside.with_file_name("work.toml"), "[[phrase]]\nsay = [\"a b\"]\nanswer = \"c\"").unwrap();
    assert_eq!(asked(&home, "a b").0, "C");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let path = phrases(&home, "[[phrase]]\nsay = [\"a b\"]\nanswer = \"c\"");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o606)).unwrap();
    home.ask(&["a b"]).refused(&["phrases.toml", "others may write it (mode 606)", "chmod go-w"]);
    let ran = home.run(&["doctor", "--no-tone", "--json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let finding = report["findings"].as_array().unwrap().iter().find(|it| it["check"] == "phrases").unwrap();
    assert_eq!(finding["health"], "problem");
    assert!(finding["message"].as_str().unwrap().contains("mode 606"), "{finding}");
}

#[test]
fn the_check_tells_what_a_phrase_hides_and_what_is_never_reached() {
    let home = home();
    phrases(
        &home,
        r#"
[[phrase]]
say = ["what time is it [mynah]", "stop [it] now"]
answer = "Time for tea."

[[phrase]]
say = ["set (a|an) {text:rest}"]
answer = "Never."

[[phrase]]
say = ["what time is it"]
answer = "Never."

[[phrase]]
say = ["fetch {text:text}"]
do = ["turn on the {text}"]

[[phrase]]
say = ["tea time"]
answer = "Yes."
"#,
    );
    let ran = home.run(&["phrases", "check"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for told in [
        "line 3: “what time is it",
        "as clock.time; your phrase comes first",
        "as stop; your phrase comes first",
        "line 7: “set a",
        "as timer.set; your phrase comes first",
        "line 11: “what time is it” is never reached: line 3 takes it",
        "line 16: “turn on the milk” is not understood",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("line 19"), "{}", ran.stdout);
    assert_eq!(asked(&home, "what time is it").0, "Time for tea.");
    let ran = home.run(&["phrases", "check", "--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema = serde_json::from_str(mynah::cli::phrases::SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&told), "{told}");
    assert_eq!(told["phrases"].as_array().unwrap().len(), 5);
    // A draft that is not in use yet.
    let draft = home.put("draft.toml", "[[phrase]]\nsay = [\"a b\"]\nanswer = \"c\"");
    let ran = home.run(&["phrases", "list", draft.to_str().unwrap()]);
    assert_eq!(lines(&ran), ["1. line 1: a b", "   says “c”"]);
}

#[test]
fn the_readmes_example_is_a_good_file() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## Your own phrases").unwrap();
    let example = section.split("```").nth(1).unwrap();
    let home = home();
    phrases(&home, example);
    assert_eq!(asked(&home, "who is the boss").0, "You are.");
    assert_eq!(asked(&home, "tea for three minutes").1, "timer.set");
    let ran = home.run(&["phrases", "check"]);
    let known = |line: &&str| line.contains("/usr/bin/mpv is not there");
    assert!(lines(&ran).iter().all(known), "{ran:?}");
}
