//! Hotkey: a key with its modifiers, as users write it.
//!
//! Enters: text such as "ctrl+alt+space". Leaves: a [`HotKey`], or what is wrong with the text. Never here: a question
//! to a keyboard; whether the key exists on it is found out where it is bound.

use std::{fmt, str::FromStr};

use super::{KeyError, names::Key};

/// A key and the modifiers to be held with it. [`HotKey::parse`] reads it, `Display` writes it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotKey {
    pub(super) modifiers: Modifiers,
    pub(super) key: Key,
}

/// Which modifiers are to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Modifiers {
    pub(super) ctrl: bool,
    pub(super) alt: bool,
    pub(super) shift: bool,
    pub(super) logo: bool,
}

/// Longest text that is looked at: a hotkey has at most five names.
const LONGEST: usize = 80;

impl Modifiers {
    /// The flag of the modifier called `name`.
    fn named(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "ctrl" | "control" | "ctl" => Some(&mut self.ctrl),
            "alt" | "option" | "opt" => Some(&mut self.alt),
            "shift" => Some(&mut self.shift),
            "super" | "cmd" | "command" | "meta" | "win" | "windows" | "logo" | "mod4" => {
                Some(&mut self.logo)
            }
            _ => None,
        }
    }

    /// The modifiers under the given names, joined and followed by `+`.
    fn joined(self, names: [&str; 4]) -> String {
        let held = [self.ctrl, self.alt, self.shift, self.logo];
        names.iter().zip(held).filter(|(_, held)| *held).map(|(name, _)| format!("{name}+")).collect()
    }
}

/// Names that an unknown one is compared with, beside the keys' own.
const MODIFIER_NAMES: [&str; 11] =
    ["ctrl", "control", "alt", "option", "shift", "super", "cmd", "command", "meta", "win", "windows"];

impl HotKey {
    /// Reads modifiers and a key, joined by `+` (or by `-`, where no `+` is), in any case.
    ///
    /// # Errors
    /// [`KeyError`]: which name is not known and what comes nearest, or what is missing.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if text.len() > LONGEST {
            return Err(KeyError::UnknownKey { name: text.chars().take(LONGEST).collect(), nearest: None });
        }
        let joint = if text.contains('+') || text == "-" { '+' } else { '-' };
        let (mut modifiers, mut key) = (Modifiers::default(), None);
        for part in text.split(joint) {
            let name = plain(part);
            if name.is_empty() {
                return Err(KeyError::EmptyName { text: text.to_owned() });
            }
            if let Some(held) = modifiers.named(&name) {
                *held = true;
            } else {
                let found = Key::named(&name).ok_or_else(|| KeyError::UnknownKey {
                    name: part.trim().to_owned(),
                    nearest: nearest(&name),
                })?;
                if let Some(first) = key.replace(found) {
                    return Err(KeyError::TwoKeys { first: first.to_string(), second: found.to_string() });
                }
            }
        }
        let key = key.ok_or_else(|| KeyError::NoKey { text: text.to_owned() })?;
        let hotkey = Self { modifiers, key };
        if key.is_for_typing() && !(modifiers.ctrl || modifiers.alt || modifiers.logo) {
            return Err(KeyError::NeedsModifier { key: hotkey.to_string() });
        }
        Ok(hotkey)
    }

    /// The trigger as the desktop's portal takes it.
    #[cfg(target_os = "linux")]
    pub(super) fn portal_trigger(&self) -> String {
        self.modifiers.joined(["CTRL", "ALT", "SHIFT", "LOGO"]) + &self.key.x_name()
    }
}

impl fmt::Display for HotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.modifiers.joined(["ctrl", "alt", "shift", "super"]), self.key)
    }
}

impl FromStr for HotKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

/// A name without what people write differently: case, blanks, "Scroll_Lock". A lone hyphen is a key of its own.
fn plain(part: &str) -> String {
    let part = part.trim();
    if part == "-" {
        return part.to_owned();
    }
    part.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn nearest(name: &str) -> Option<&'static str> {
    Key::names()
        .chain(MODIFIER_NAMES)
        .filter(|known| known.len() > 1)
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flow::Remedy;

    #[test]
    fn what_users_write_is_understood() {
        for (text, shown) in [
            ("ctrl+alt+space", "ctrl+alt+space"),
            ("Control + Option + SPACE", "ctrl+alt+space"),
            ("ctrl-alt-space", "ctrl+alt+space"),
            ("cmd+shift+K", "shift+super+k"),
            ("win+f5", "super+f5"),
            ("meta+`", "super+grave"),
            ("ctrl+-", "ctrl+minus"),
            ("Scroll_Lock", "scrolllock"),
            ("scroll lock", "scrolllock"),
            ("pause", "pause"),
            ("F24", "f24"),
            ("ctrl+ctrl+a", "ctrl+a"),
            ("playpause", "play"),
            ("space+ctrl", "ctrl+space"),
        ] {
            let hotkey = HotKey::parse(text).unwrap();
            assert_eq!(hotkey.to_string(), shown, "{text}");
            assert_eq!(HotKey::parse(shown).unwrap(), hotkey, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, kind, told) in [
            ("", "hotkey_empty", "names no key"),
            ("ctrl+alt", "hotkey_no_key", "ctrl+alt"),
            ("ctrl+spcae", "hotkey_unknown", "nearest known: `space`"),
            ("contrl+space", "hotkey_unknown", "`contrl`"),
            ("ctrl+a+b", "hotkey_two_keys", "`a` and `b`"),
            ("ctrl++a", "hotkey_empty_name", "ctrl++a"),
            ("space", "hotkey_needs_modifier", "space"),
            ("shift+a", "hotkey_needs_modifier", "shift+a"),
            ("ctrl+f25", "hotkey_unknown", "f25"),
            ("ctrl+空格", "hotkey_unknown", "空格"),
        ] {
            let error = HotKey::parse(text).unwrap_err();
            assert_eq!(error.kind(), kind, "{text}");
            assert!(error.to_string().contains(told), "{text}: {error}");
            assert!(!error.remedy().is_empty());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_portal_is_told_in_its_own_words() {
        let trigger = |text| HotKey::parse(text).unwrap().portal_trigger();
        assert_eq!(trigger("ctrl+alt+space"), "CTRL+ALT+space");
        assert_eq!(trigger("super+shift+f9"), "SHIFT+LOGO+F9");
        assert_eq!(trigger("play"), "XF86AudioPlay");
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic_and_what_is_taken_comes_back(text in ".{0,100}") {
            if let Ok(hotkey) = HotKey::parse(&text) {
                prop_assert_eq!(HotKey::parse(&hotkey.to_string()).unwrap(), hotkey);
            }
        }

        #[test]
        fn any_mix_of_known_names_comes_back(
            names in prop::sample::subsequence(vec!["ctrl", "alt", "shift", "super"], 1..4),
            key in prop::sample::select(Key::names().chain(["a", "9", "f7"]).collect::<Vec<_>>()),
        ) {
            let text = format!("{}+{key}", names.join("+"));
            if let Ok(hotkey) = HotKey::parse(&text) {
                prop_assert_eq!(HotKey::parse(&hotkey.to_string()).unwrap(), hotkey);
            } else {
                prop_assert_eq!(names, ["shift"]);
            }
        }
    }
}
