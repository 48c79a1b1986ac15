//! Clips: what is said, by voices of flite, 16 kHz.

use std::process::Command;

/// Commands that are answered on the device, and the voice for each. None asks for a language model.
pub(crate) const COMMANDS: &[(&str, &str)] = &[
    ("slt", "what time is it"),
    ("rms", "what's the time"),
    ("awb", "what day is it today"),
    ("rms", "what day is it today"),
    ("slt", "what day is it today"),
    ("awb", "what's the date today"),
    ("slt", "what's the date today"),
    ("awb", "what's 7 times 8"),
    ("slt", "what's 7 times 8"),
    ("rms", "what is 20 percent of 90"),
    ("awb", "how many feet in a mile"),
    ("rms", "how many feet in a mile"),
    ("slt", "how many feet in a mile"),
    ("slt", "who are you"),
    ("rms", "who are you"),
    ("rms", "what month is it"),
    ("slt", "what month is it"),
    ("awb", "what is 25 times 4"),
    ("slt", "what is 25 times 4"),
    ("rms", "what is 12 plus 30"),
    ("slt", "what's the square root of 81"),
    ("awb", "what time is it"),
    ("rms", "what time is it"),
    ("slt", "what is the time"),
];

/// Talk that is not for Mynah: prose, and commands without the wake phrase.
pub(crate) const TALK: &[&str] = &[
    "The committee met on Tuesday to discuss the new library, and nobody could agree about the windows.",
    "What time is it?",
    "I told him that the train leaves at half past nine, but he never listens to what I say.",
    "She walked along the river until the light was gone, and then she turned back towards the town.",
    "Set a timer for ten minutes, please.",
    "In the morning the market was full of people who had come down from the hills with fruit and bread.",
    "Yes.",
    "My computer broke down again last week, so I had to write the whole report by hand.",
    "How many feet in a mile?",
    "The weather in the north will stay cold and windy, with some rain towards the evening.",
    "Could you pass me the salt? Thank you. No, the other one.",
    "They had lived in the same house for forty years before they noticed the second door.",
    "Who are you going to invite on Saturday?",
    "If the price goes up any further we will have to look for another supplier in the spring.",
    "Hey, come over here and look at this.",
    "A long time ago there was a king who owned three ships, and he loved none of them.",
];

/// `text` as `voice` says it.
pub(crate) fn spoken(voice: &str, text: &str) -> Vec<i16> {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
    let status =
        Command::new("flite").args(["-voice", voice, "-t", text, "-o"]).arg(file.path()).status().unwrap();
    assert!(status.success(), "flite: {voice} does not say {text:?}");
    let mut reader = hound::WavReader::open(file.path()).unwrap();
    let spec = reader.spec();
    let pcm: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    // Some voices speak at 8 kHz.
    let times = usize::try_from(16_000 / spec.sample_rate.max(1)).unwrap().max(1);
    pcm.into_iter().flat_map(|sample| std::iter::repeat_n(sample, times)).collect()
}

/// Silence.
pub(crate) fn pause(ms: usize) -> Vec<i16> {
    vec![0; ms * 16]
}
