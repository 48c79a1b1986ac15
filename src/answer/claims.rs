//! Claims.

pub(super) fn is_claim(text: &str) -> bool {
    text.contains("I have set")
}
pub(super) const fn honest(mandarin: bool) -> &'static str {
    if mandarin {
        "这件事我没有做，我在这里做不到。"
    } else {
        "I did not do that: I can't from here."
    }
}
