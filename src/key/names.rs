//! Names: what keys are called by users, by X, by the desktop's portal and by the W3C.
//!
//! Enters: a name as a user writes it. Leaves: the key. Never here: modifiers, a system call.

use std::fmt;

/// A key that is no modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `a` to `z`, in lower case.
    Letter(u8),
    /// `0` to `9`.
    Digit(u8),
    /// F1 to F24.
    Function(u8),
    /// One of [`NAMED`].
    Named(&'static Named),
}

/// A key with a name of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// What it is called here first, and what else users call it.
    names: &'static [&'static str],
    /// X's number for what it gives.
    keysym: u32,
    /// X's name for the same, which the portal takes too.
    x: &'static str,
    /// The W3C's name of the place on the keyboard; empty where it has none.
    code: &'static str,
    /// Whether it writes or moves something in every window, so that alone it would be missed there.
    typing: bool,
}

const fn typing(names: &'static [&'static str], keysym: u32, x: &'static str, code: &'static str) -> Named {
    Named { names, keysym, x, code, typing: true }
}

const fn free(names: &'static [&'static str], keysym: u32, x: &'static str, code: &'static str) -> Named {
    Named { names, keysym, x, code, typing: false }
}

const NAMED: &[Named] = &[
    typing(&["space", "spacebar"], 0x20, "space", "Space"),
    typing(&["tab"], 0xff09, "Tab", "Tab"),
    typing(&["enter", "return"], 0xff0d, "Return", "Enter"),
    typing(&["escape", "esc"], 0xff1b, "Escape", "Escape"),
    typing(&["backspace"], 0xff08, "BackSpace", "Backspace"),
    typing(&["delete", "del"], 0xffff, "Delete", "Delete"),
    typing(&["home"], 0xff50, "Home", "Home"),
    typing(&["end"], 0xff57, "End", "End"),
    typing(&["pageup", "pgup", "prior"], 0xff55, "Prior", "PageUp"),
    typing(&["pagedown", "pgdn", "next"], 0xff56, "Next", "PageDown"),
    typing(&["left", "arrowleft"], 0xff51, "Left", "ArrowLeft"),
    typing(&["up", "arrowup"], 0xff52, "Up", "ArrowUp"),
    typing(&["right", "arrowright"], 0xff53, "Right", "ArrowRight"),
    typing(&["down", "arrowdown"], 0xff54, "Down", "ArrowDown"),
    typing(&["minus", "-", "hyphen"], 0x2d, "minus", "Minus"),
    typing(&["equal", "equals", "="], 0x3d, "equal", "Equal"),
    typing(&["comma", ","], 0x2c, "comma", "Comma"),
    typing(&["period", "dot", "."], 0x2e, "period", "Period"),
    typing(&["slash", "/"], 0x2f, "slash", "Slash"),
    typing(&["backslash", "\\"], 0x5c, "backslash", "Backslash"),
    typing(&["semicolon", ";"], 0x3b, "semicolon", "Semicolon"),
    typing(&["quote", "apostrophe", "'"], 0x27, "apostrophe", "Quote"),
    typing(&["grave", "backquote", "backtick", "`"], 0x60, "grave", "Backquote"),
    typing(&["bracketleft", "["], 0x5b, "bracketleft", "BracketLeft"),
    typing(&["bracketright", "]"], 0x5d, "bracketright", "BracketRight"),
    free(&["pause", "break"], 0xff13, "Pause", "Pause"),
    free(&["scrolllock", "scroll"], 0xff14, "Scroll_Lock", "ScrollLock"),
    free(&["capslock", "caps"], 0xffe5, "Caps_Lock", "CapsLock"),
    free(&["printscreen", "print", "prtsc", "sysrq"], 0xff61, "Print", "PrintScreen"),
    free(&["insert", "ins"], 0xff63, "Insert", "Insert"),
    free(&["menu", "contextmenu", "apps"], 0xff67, "Menu", "ContextMenu"),
    free(
        &["play", "playpause", "mediaplay", "mediaplaypause"],
        0x1008_ff14,
        "XF86AudioPlay",
        "MediaPlayPause",
    ),
    free(&["mediastop"], 0x1008_ff15, "XF86AudioStop", "MediaStop"),
    free(&["nexttrack", "medianext", "mediatracknext"], 0x1008_ff17, "XF86AudioNext", "MediaTrackNext"),
    free(
        &["previoustrack", "prevtrack", "mediaprevious", "mediatrackprevious"],
        0x1008_ff16,
        "XF86AudioPrev",
        "MediaTrackPrevious",
    ),
    free(&["mute", "volumemute"], 0x1008_ff12, "XF86AudioMute", "AudioVolumeMute"),
    free(&["volumeup"], 0x1008_ff13, "XF86AudioRaiseVolume", "AudioVolumeUp"),
    free(&["volumedown"], 0x1008_ff11, "XF86AudioLowerVolume", "AudioVolumeDown"),
    free(&["micmute", "microphonemute"], 0x1008_ffb2, "XF86AudioMicMute", ""),
    free(&["calculator"], 0x1008_ff1d, "XF86Calculator", "LaunchApp2"),
    free(&["mail"], 0x1008_ff19, "XF86Mail", "LaunchMail"),
    free(&["search"], 0x1008_ff1b, "XF86Search", "BrowserSearch"),
    free(&["homepage"], 0x1008_ff18, "XF86HomePage", "BrowserHome"),
    free(&["assistant"], 0x1008_1247, "XF86Assistant", ""),
];

/// The last of the F keys that any system knows.
const LAST_FUNCTION: u8 = 24;

impl Key {
    /// The key called `name`, which is in lower case and without blanks, underscores and hyphens inside.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.as_bytes() {
            [letter] if letter.is_ascii_lowercase() => return Some(Self::Letter(*letter)),
            [digit] if digit.is_ascii_digit() => return Some(Self::Digit(*digit)),
            [b'f', number @ ..] if !number.starts_with(b"0") => {
                if let Ok(number) = name[1..].parse::<u8>() {
                    return (1..=LAST_FUNCTION).contains(&number).then_some(Self::Function(number));
                }
            }
            _ => {}
        }
        NAMED.iter().find(|key| key.names.contains(&name)).map(Self::Named)
    }

    /// Every name but the letters' and digits', for one who looks for the nearest.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().flat_map(|key| key.names.iter().copied())
    }

    /// Whether it is needed in every window, so that a hotkey must add a modifier to it.
    pub(super) const fn is_for_typing(self) -> bool {
        match self {
            Self::Letter(_) | Self::Digit(_) => true,
            Self::Function(_) => false,
            Self::Named(key) => key.typing,
        }
    }

    /// X's number for what the key gives without modifiers.
    #[cfg(target_os = "linux")]
    pub(super) fn keysym(self) -> u32 {
        match self {
            Self::Letter(character) | Self::Digit(character) => character.into(),
            Self::Function(number) => 0xffbd + u32::from(number),
            Self::Named(key) => key.keysym,
        }
    }

    /// X's name for what the key gives.
    #[cfg(target_os = "linux")]
    pub(super) fn x_name(self) -> String {
        match self {
            Self::Letter(character) | Self::Digit(character) => char::from(character).to_string(),
            Self::Function(number) => format!("F{number}"),
            Self::Named(key) => key.x.to_owned(),
        }
    }

    /// The W3C's name of the key's place on the keyboard.
    #[cfg(any(target_os = "macos", target_os = "windows"))]
    pub(super) fn code_name(self) -> String {
        match self {
            Self::Letter(character) => format!("Key{}", char::from(character.to_ascii_uppercase())),
            Self::Digit(character) => format!("Digit{}", char::from(character)),
            Self::Function(number) => format!("F{number}"),
            Self::Named(key) => key.code.to_owned(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letter(character) | Self::Digit(character) => char::from(*character).fmt(f),
            Self::Function(number) => write!(f, "f{number}"),
            Self::Named(key) => f.write_str(key.names[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_keys_share_a_name() {
        let mut seen = HashSet::new();
        for name in Key::names() {
            assert!(seen.insert(name), "{name}");
            assert!(Key::named(name).is_some(), "{name}");
            assert_eq!(name, name.to_lowercase());
        }
    }

    #[test]
    fn f_keys_go_to_24() {
        assert_eq!(Key::named("f1").map(|key| key.to_string()).as_deref(), Some("f1"));
        assert_eq!(Key::named("f24").map(|key| key.to_string()).as_deref(), Some("f24"));
        for none in ["f0", "f25", "f01", "f", "f999", "f-1"] {
            assert!(Key::named(none).is_none_or(|key| matches!(key, Key::Letter(_))), "{none}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn keysyms_are_those_of_the_x_protocol() {
        let keysym = |name| Key::named(name).unwrap().keysym();
        assert_eq!([keysym("a"), keysym("7"), keysym("f1"), keysym("f24")], [0x61, 0x37, 0xffbe, 0xffd5]);
        assert_eq!([keysym("space"), keysym("pause")], [0x20, 0xff13]);
    }
}
