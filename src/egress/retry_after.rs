//! Retry-After: how long an endpoint wants to be left alone.
//!
//! Enters: a response's headers, by name. Leaves: a time. Never here: a clock; a date is counted from the response's own.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

/// More than this is no wait but a refusal; it is kept for the user to read.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait that the headers ask for: seconds, milliseconds as OpenAI and Azure write them, or a date.
pub(super) fn retry_after<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Duration> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    let ms = header("retry-after-ms").and_then(number).map(|ms| ms / 1_000.0);
    let after = header("retry-after").map(str::trim);
    let seconds = ms.or_else(|| after.and_then(number)).or_else(|| {
        let (then, now) = (date(after?)?, date(header("date")?)?);
        Some((then.duration_since(now)).as_secs_f64().max(0.0))
    })?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_milliseconds_and_dates_are_read_and_nonsense_is_left() {
        let now = "Sun, 22 Nov 2026 22:00:00 GMT";
        let read = |after: &'static str, ms: Option<&'static str>| {
            retry_after(|name| match name {
                "retry-after" => Some(after),
                "retry-after-ms" => ms,
                "date" => Some(now),
                _ => None,
            })
            .map(|wait| wait.as_secs_f64())
        };
        for (after, wait) in [
            ("7", Some(7.0)),
            (" 0.25 ", Some(0.25)),
            ("Sun, 22 Nov 2026 22:00:05 GMT", Some(5.0)),
            ("Sun, 22 Nov 2026 21:00:00 GMT", Some(0.0)),
            ("99999999999999999999999", Some(86_400.0)),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(read(after, None), wait, "{after}");
        }
        assert_eq!(read("7", Some("350")), Some(0.35));
        assert_eq!(retry_after(|_| None), None);
    }
}
