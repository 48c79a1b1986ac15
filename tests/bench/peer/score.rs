//! Word errors: how far what was heard is from what was said.

/// Words inserted, left out or mistaken, after case and punctuation are taken away.
pub(crate) fn word_errors(said: &str, heard: &str) -> usize {
    let (said, heard) = (words(said), words(heard));
    // One row of the edit-distance table at a time.
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let changed = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

/// How many words `text` has, as [`word_errors`] counts them.
pub(crate) fn count(text: &str) -> usize {
    words(text).len()
}

fn words(text: &str) -> Vec<String> {
    let kept = |c: &char| c.is_alphanumeric() || c.is_whitespace() || *c == '%';
    let plain: String = text.to_lowercase().chars().filter(kept).collect();
    plain.split_whitespace().map(str::to_owned).collect()
}
