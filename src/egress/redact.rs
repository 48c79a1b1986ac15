//! Redact: what of a URL or a foreign text may stand in a log or an error.
//!
//! Enters: URLs and text from outside. Leaves: text without secrets or control characters. Never here: the words.

use url::Url;

/// `url` without user, password, query and fragment, where keys and signatures live.
#[must_use]
pub fn url(url: &Url) -> String {
    format!("{}{}", origin(url), url.path())
}

/// `url` without all that comes after its host and port.
#[must_use]
pub fn origin(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// `text` on one line without control characters, at most `most` characters long.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// Most characters of a code; the longest in use have about half.
const CODE: usize = 64;

/// Whether `text` has the form of a provider's code, and so is no sentence and in no language.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
    (1..=CODE).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_url_are_dropped() {
        let full = Url::parse("https://me:pw@a.example:8443/v1/x?key=sk-1#frag").unwrap();
        assert_eq!(url(&full), "https://a.example:8443/v1/x");
        assert_eq!(origin(&full), "https://a.example:8443");
    }

    #[test]
    fn a_line_is_one_line_and_clipped_at_a_character() {
        assert_eq!(line("a\r\n\u{1b}[31mb\t c", 20), "a [31mb c");
        assert_eq!(line("你好世界", 2), "你好…");
    }
}
