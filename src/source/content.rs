//! Content: what the first bytes of a file are.
//!
//! Enters: the start of a file. Leaves: what to call it when no decoder takes it. Never here: a decision to decode.

/// What the first bytes are, for the message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// A container that can be read when it is whole.
    Readable,
    /// An audio format that cannot be decoded here.
    Foreign(&'static str),
    Unknown,
}

impl Content {
    /// What `head`, the start of a file, belongs to.
    pub(super) fn of(head: &[u8]) -> Self {
        const READABLE: [&[u8]; 6] = [b"RIFF", b"RF64", b"OggS", b"fLaC", b"FORM", b"ID3"];
        const FOREIGN: [(&[u8], &str); 5] = [
            (&[0x1a, 0x45, 0xdf, 0xa3], "WebM or Matroska (mostly Opus)"),
            (&[0x30, 0x26, 0xb2, 0x75], "Windows Media"),
            (b"#!AMR", "AMR"),
            (b"caff", "Core Audio"),
            (b"MThd", "MIDI, which is notes without sound"),
        ];
        if head.get(4..8) == Some(b"ftyp") || READABLE.iter().any(|magic| head.starts_with(magic)) {
            return Self::Readable;
        }
        let foreign = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic));
        foreign.map_or(Self::Unknown, |(_, name)| Self::Foreign(name))
    }
}
