//! Ten thousand templates more than Mynah has in English, for what they cost in time and memory.

use mynah::{
    flow::Language,
    understand::{Templates, Understanding},
};

/// English, with ten thousand templates more: forty verbs, five hundred things, four shapes.
pub(crate) fn understanding() -> Understanding {
    let shipped = include_str!("../../config/intents/en.toml");
    let templates = Templates::parse(&Language::ENGLISH, &shipped.replacen("[units]", &many(), 1))
        .expect("made as the shipped ones are");
    Understanding::with(vec![templates])
}

/// Ten thousand templates in a hundred intents.
fn many() -> String {
    let parts = ["ma", "lo", "ra", "ke", "li", "mo", "to", "re", "vi", "si", "la", "no"];
    let word = |n: usize| [n, n / 12, n / 144].map(|place| parts[place % 12]).concat();
    let template = |n: usize| {
        let (verb, other, thing, room) =
            (word(n % 40), word(n % 40 + 40), word(200 + n % 500), word(800 + n % 90));
        match n / 500 % 4 {
            0 => format!(
                "[could you] ({verb}|{other}) [the|my|a] [big|old] {thing} [(in|at|of) [the|my] [small] {room}]"
            ),
            1 => format!("{verb} (all|every) {thing} [of|from] {{label:label}}"),
            2 => format!("(what|how much) is the {thing} of [the|my] {{label:text}} {verb}"),
            _ => format!("(is|are) there any {thing} (left|{verb}) [in the {room}]"),
        }
    };
    let intent = |place: usize| {
        let templates: Vec<String> = (0..100).map(|n| format!("\"{}\"", template(place * 100 + n))).collect();
        format!(
            "[[intent]]\nname = \"many.{place}\"\ntemplates = [{}]\ntests = [\"a\"]\n",
            templates.join(", ")
        )
    };
    (0..100).map(intent).collect::<String>() + "[units]"
}
