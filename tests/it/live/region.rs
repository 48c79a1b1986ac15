//! The region changed under a running Mynah.

use serde_json::{Value, json};

use super::{Daemon, Rig, rig::eventually};
use crate::support::server::{Server, Step, event_head, events};

fn word(text: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string()
}

/// What is being asked is given up, what was said is forgotten, and the next question goes out by the new rules.
#[test]
fn live_a_change_of_region_gives_up_the_question_and_forgets_the_conversation() {
    let stop = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }).to_string();
    let whole = || events(&[&word("It scatters."), &stop]);
    let half = [event_head(), format!("data: {}\n\n", word("Well, ")).into_bytes()].concat();
    let server = Server::start(vec![
        vec![Step::Request, Step::Send(whole())],
        vec![Step::Request, Step::Send(half), Step::Hang],
        vec![Step::Request, Step::Send(whole())],
    ]);
    let settings =
        format!("region = \"EU\"\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"\n", server.url());
    let mut daemon = Daemon::asleep(Rig::new(&settings));
    daemon.tell(&["ask", "--running", "why is the zebra striped"]);
    // The same server is asked, so that what it is told shows what was forgotten.
    let mut hanging = daemon.begin(&["ask", "--running", "why is the lemon sour"]);
    eventually("the second question", || server.requests().len() == 2);
    assert!(server.requests()[1].contains("zebra"), "it is reminded within one region");

    let refused = daemon.rig.mynah(&["region", "set", "US"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(daemon.status()["region"], "EU");
    let set = daemon.rig.mynah(&["region", "set", "US", "--yes"]);
    assert_eq!(set.code, Some(0), "{set:?}");
    assert!(set.stderr.contains("the running Mynah is in US now"), "{set:?}");
    let told = daemon.event("region");
    assert_eq!((&told["region"], &told["message"]), (&"US".into(), &"you live in US".into()));
    // Whoever asked is not left waiting.
    eventually("an end of the question", || hanging.try_wait().unwrap().is_some());
    daemon.until_it_is("asleep");
    assert_eq!(daemon.status()["region"], "US");
    // The server is free for it only once the hanging connection was closed.
    daemon.tell(&["ask", "--running", "why is the sky blue"]);
    let request = server.requests()[2].clone();
    assert!(request.contains("sky") && !request.contains("zebra") && !request.contains("lemon"), "{request}");

    // A stricter one holds at once, without a yes.
    let set = daemon.rig.mynah(&["region", "set", "offline"]);
    assert_eq!(set.code, Some(0), "{set:?}");
    assert_eq!(daemon.event("region")["region"], "OFFLINE");
    let told: Vec<Value> = daemon.told();
    assert!(told.iter().any(|event| event["event"] == "region"));
    daemon.until_it_is("asleep");
    daemon.ends_without(&["zebra", "lemon", "scatters"]);
}
