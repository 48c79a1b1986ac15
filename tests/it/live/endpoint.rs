//! A language model on this machine, asked aloud.

use serde_json::json;

use super::{Daemon, Rig, now};
use crate::support::{
    binary::recording,
    server::{Server, events},
};

#[test]
fn live_a_language_model_is_asked_aloud_and_one_that_is_gone_is_apologised_for() {
    let word = json!({ "choices": [{ "index": 0, "delta": { "content": "Air scatters blue light." } }] })
        .to_string();
    let stop = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }).to_string();
    let server = Server::answering(vec![events(&[&word, &stop])]);
    let settings = format!(
        "[wake]\nafter_reply_ms = 0\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
        server.url()
    );
    let mut daemon = Daemon::asleep(Rig::new(&settings));
    let mut loudspeaker = daemon.loudspeaker();
    let mut asked = |daemon: &mut Daemon| {
        daemon.tell(&["ptt", "press"]);
        daemon.becomes("listening");
        daemon.rig.speak(recording("speech/how-far-is-the-moon.wav"));
        daemon.tell(&["ptt", "release"]);
        let asked = now();
        daemon.becomes("speaking");
        loudspeaker.sound_after(asked);
        let report = daemon.turn();
        assert_eq!(report["transcript"]["text"], "How far is the moon?");
        daemon.becomes("asleep");
        report
    };
    let report = asked(&mut daemon);
    assert_eq!(
        (&report["route"]["by"], &report["reply"]["text"]),
        (&"llamacpp".into(), &"Air scatters blue light.".into())
    );
    assert_eq!(report["error"], serde_json::Value::Null);
    assert!(server.requests()[0].contains("How far is the moon?"));

    drop(server);
    let report = asked(&mut daemon);
    assert_eq!(report["reply"]["text"], "Sorry, I couldn't get an answer from the language model.");
    assert!(report["error"]["kind"].as_str().unwrap().starts_with("endpoint_"), "{report}");
    daemon.ends_without(&["sky", "scatters"]);
}
