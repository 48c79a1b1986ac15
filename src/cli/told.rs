//! Told: the daemon's lines as a person reads them.
//!
//! Enters: an object of the control protocol, from a daemon that may be of another version. Leaves: plain text, a line or
//! a few. Never here: anything a terminal would obey.

use serde_json::Value;

use crate::report::printable;

/// The answer to a command; `None` where "done" is all there is to say.
pub(super) fn answer(fields: &Value) -> Option<String> {
    if let Some(status) = fields.get("status") {
        return Some(self::status(status));
    }
    fields.get("report").map(report)
}

fn status(status: &Value) -> String {
    let number = |name: &str| status.get(name).and_then(Value::as_u64).unwrap_or_default();
    let microphone = match text(status, "microphone") {
        name if name.is_empty() => "none".to_owned(),
        name => name,
    };
    let lost = match number("lost_samples") {
        0 => String::new(),
        samples => format!(", {} ms of sound lost", samples / crate::units::SAMPLES_PER_MS),
    };
    let (turns, uptime) = (number("turns"), number("uptime_s"));
    format!(
        "{}\n  microphone   {microphone}{lost}\n  region       {}\n  badge        {}\n  model        {}\n  turns        {turns}\n  \
        running      {} (process {}, version {})",
        text(status, "state"),
        text(status, "region"),
        badge(status),
        text(status, "model"),
        duration(uptime),
        number("pid"),
        text(status, "version"),
    )
}

/// The badge, with who answers where the region wants that shown.
fn badge(status: &Value) -> String {
    let answerer = status.get("answerer").filter(|it| it.is_object());
    let parts =
        answerer.map(|it| ["provider", "model", "filing"].map(|name| text(it, name))).unwrap_or_default();
    let all = std::iter::once(text(status, "badge")).chain(parts).filter(|part| !part.is_empty());
    all.collect::<Vec<_>>().join(" · ")
}

/// What has to be shown with an answer.
fn disclosure(fields: &Value) -> String {
    let Some(fields) = fields.get("disclosure") else { return String::new() };
    let parts = ["badge", "model", "filing"].map(|name| text(fields, name));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A time in its two largest units.
fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// The reply of a turn, or what went wrong.
fn report(report: &Value) -> String {
    let mut reply = report.get("reply").map(|reply| text(reply, "text")).unwrap_or_default();
    let mark = disclosure(report);
    if !mark.is_empty() {
        reply = format!("{reply} [{mark}]");
    }
    if let Some(notice) = report.pointer("/disclosure/notice").and_then(Value::as_str) {
        reply = format!("{} {reply}", printable(notice));
    }
    match report.get("error").filter(|error| error.is_object()) {
        None => reply,
        Some(error) if reply.is_empty() => format!("{} ({})", text(error, "message"), text(error, "remedy")),
        Some(error) => format!("{reply} ({})", text(error, "message")),
    }
}

/// An event on one line.
pub(super) fn event(fields: &Value) -> String {
    let name = text(fields, "event");
    let said = match name.as_str() {
        "state" => text(fields, "state"),
        "level" => {
            let dbfs = fields.get("dbfs").and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY);
            let speech = fields.get("speech").and_then(Value::as_bool).unwrap_or_default();
            format!("{dbfs:.0} dBFS{}", if speech { ", speech" } else { "" })
        }
        "woken" => text(fields, "phrase"),
        "partial" | "transcript" | "sentence" => text(fields, "text"),
        "disclosure" => disclosure(fields),
        "turn" => fields.get("report").map(report).unwrap_or_default(),
        "microphone" | "hot_key" => text(fields, "message"),
        "region" => format!("{}: {}", text(fields, "region"), text(fields, "message")),
        "trouble" => format!("{} ({})", text(fields, "message"), text(fields, "remedy")),
        "lagged" => {
            format!("{} events were missed", fields.get("missed").and_then(Value::as_u64).unwrap_or_default())
        }
        // What this version does not know is named at least.
        _ => String::new(),
    };
    format!("{name:<10} {said}").trim_end().to_owned()
}

/// The text in field `name`, fit for a terminal; empty where there is none.
fn text(fields: &Value, name: &str) -> String {
    printable(fields.get(name).and_then(Value::as_str).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_told_on_one_line_each() {
        for (fields, line) in [
            (json!({ "event": "state", "state": "asleep" }), "state      asleep"),
            (json!({ "event": "level", "dbfs": -31.6, "speech": true }), "level      -32 dBFS, speech"),
            (
                json!({ "event": "partial", "turn": 1, "text": "现在\u{1b}[2J\n几点" }),
                "partial    现在 [2J 几点",
            ),
            (json!({ "event": "barge_in", "turn": 1 }), "barge_in"),
            (json!({ "event": "lagged", "missed": 3 }), "lagged     3 events were missed"),
            (
                json!({ "event": "turn", "report": { "reply": { "text": "Four." }, "error": null } }),
                "turn       Four.",
            ),
            (
                json!({ "event": "turn", "report": { "reply": { "text": "Noon." }, "error": null, "disclosure": {
                    "ai_generated": true, "badge": "AI生成", "model": "qwen-flash", "filing": null, "notice": "Hi." } } }),
                "turn       Hi. Noon. [AI生成 · qwen-flash]",
            ),
            (
                json!({ "event": "disclosure", "turn": 1, "disclosure": { "badge": "AI", "model": null } }),
                "disclosure AI",
            ),
            (json!({ "event": "dance" }), "dance"),
            (json!({}), ""),
        ] {
            assert_eq!(event(&fields), line);
        }
    }

    #[test]
    fn a_status_is_a_few_lines_and_done_is_none() {
        assert_eq!(answer(&json!({ "id": null, "ok": true })), None);
        let status = json!({ "status": {
            "state": "asleep", "muted": false, "microphone": null, "region": "EU", "model": "builtin-en", "badge": "AI生成",
            "answerer": { "endpoint": "qwen-cn", "provider": "Alibaba", "model": "qwen-flash", "filing": "Z-1" },
            "turns": 3, "lost_samples": 1_600, "uptime_s": 90_061, "pid": 7, "version": "0.1.0"
        } });
        let told = answer(&status).unwrap();
        for part in [
            "asleep\n",
            "AI生成 · Alibaba · qwen-flash · Z-1",
            "microphone   none, 100 ms of sound lost",
            "1 d 1 h (process 7, version 0.1.0)",
        ] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!([duration(59), duration(61), duration(3_700)], ["59 s", "1 min 1 s", "1 h 1 min"]);
    }
}
