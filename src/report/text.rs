//! A turn as a person reads it.
//!
//! Enters: a [`TurnReport`]. Leaves: a few lines of plain text. Never here: colour codes, anything a terminal would obey.

use super::TurnReport;
use crate::flow::SlotValue;

/// The reply alone, or what went wrong, for `--quiet`.
#[must_use]
pub fn brief(report: &TurnReport) -> String {
    match (&report.error, report.reply.text.is_blank()) {
        (None, _) => printable(report.reply.text.as_str()),
        (Some(fault), true) => format!("{} ({})", printable(&fault.message), printable(&fault.remedy)),
        (Some(fault), false) => {
            format!("{} ({})", printable(report.reply.text.as_str()), printable(&fault.message))
        }
    }
}

/// What has to be told of who made the reply: the first-use line where it was due, and the badge.
#[must_use]
pub fn disclosure(report: &TurnReport) -> Vec<String> {
    let disclosure = &report.disclosure;
    let notice = disclosure.notice.as_ref().map(|line| printable(line.as_str()));
    notice.into_iter().chain(disclosure.line().map(|line| printable(&line))).collect()
}

/// What was heard, the intent, who answered and why, the reply, the timings.
#[must_use]
pub fn paragraph(report: &TurnReport) -> String {
    let mut lines = vec![heading(report)];
    if let Some(heard) = heard(report) {
        lines.push(row("heard", &heard));
    }
    for intent in report.intent.iter().chain(&report.also) {
        let slots: Vec<String> =
            intent.slots.iter().map(|(name, value)| format!("{name} = {}", shown(value))).collect();
        lines.push(row("intent", &[vec![intent.name.clone()], slots].concat().join(", ")));
    }
    lines.push(row("answered by", &format!("{} ({})", report.route.by, report.route.reason)));
    lines.extend(disclosure(report).iter().map(|line| row("disclosure", line)));
    if !report.reply.text.is_blank() {
        lines.push(row("reply", report.reply.text.as_str()));
    }
    if let Some(audio) = &report.reply.audio {
        lines.push(row("spoken in", audio));
    }
    if let Some(fault) = &report.error {
        lines.push(row("error", &format!("{}: {}", fault.kind, fault.message)));
        lines.push(row("remedy", &fault.remedy));
    }
    lines.push(row("latency", &latency(report)));
    lines.join("\n")
}

fn heading(report: &TurnReport) -> String {
    let [start, end] = report.span_ms;
    let place =
        if end > start { format!(", {:.2} to {:.2} s", seconds(start), seconds(end)) } else { String::new() };
    printable(&format!("turn {} · {}{place}", report.turn, report.source))
}

fn heard(report: &TurnReport) -> Option<String> {
    let heard = &report.transcript;
    let language = heard.language.as_ref()?;
    let sure = if report.ms.transcribe.is_some() {
        format!(", {:.0} % sure", heard.confidence.get() * 100.0)
    } else {
        String::new()
    };
    Some(format!("“{}” ({language}{sure})", heard.text.as_str()))
}

fn latency(report: &TurnReport) -> String {
    let ms = &report.ms;
    let parts = [
        ("endpoint", ms.endpoint),
        ("words", ms.transcribe),
        ("first word", ms.first_word),
        ("first sound", ms.first_sound),
        ("total", Some(ms.total)),
    ];
    parts
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name} {value} ms")))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn shown(value: &SlotValue) -> String {
    match value {
        SlotValue::Number(number) => number.to_string(),
        SlotValue::Text(text) => format!("“{text}”"),
        SlotValue::When(when) => when.to_string(),
    }
}

fn row(name: &str, value: &str) -> String {
    format!("  {name:<12} {}", printable(value))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a recording, shown with two decimals")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// `text` on one line and free of control characters, so that foreign words cannot steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn foreign_words_cannot_steer_a_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{9b}d"), "a [2Jb c d");
    }
}
