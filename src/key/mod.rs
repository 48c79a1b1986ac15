//! Key: push-to-talk keys, heard in every window.
//!
//! Enters: a [`HotKey`] and what is known of the [`Desktop`]. Leaves: [`KeyEvent`]s: the edges of the key, and in plain
//! words by which way it is heard or why it is not. [`PushToTalk`] makes of edges when listening begins and ends.
//! Runs on a thread of its own (macOS: the main one). Never here: a key that is not the hotkey's in a log or an event, a
//! connection that leaves this machine, a wait that the end of the session could not cut short.

use crate::flow::{Fault, Remedy};

#[cfg(target_os = "linux")]
mod display;
mod hotkey;
mod keys;
mod names;
#[cfg(target_os = "linux")]
mod portal;
#[cfg(any(target_os = "macos", target_os = "windows"))]
mod pump;
#[cfg(any(target_os = "macos", target_os = "windows"))]
mod system;
mod talk;
#[cfg(target_os = "linux")]
mod x11;

pub use self::{
    hotkey::HotKey,
    keys::{Desktop, Keys, StopKeys},
    talk::{PttInput, PttMode, PttOrder, PushToTalk, PushToTalkOptions},
};

/// Mynah's name towards a desktop. A desktop file of this name (`org.mynah.Mynah.desktop`) lets portals show it and keep
/// what the user allowed.
pub const APP_ID: &str = "org.mynah.Mynah";

/// What became of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEdge {
    /// It went down. Not told again while it is down.
    Pressed,
    /// It went up, or can no longer be seen.
    Released,
}

/// By which way a key is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The desktop's portal for global shortcuts.
    Portal,
    /// The X server.
    X11,
    /// The operating system (macOS, Windows).
    System,
}

impl Via {
    /// Its name, as told to users.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portal => "the desktop portal",
            Self::X11 => "X11",
            Self::System => "the system",
        }
    }
}

/// How it stands with the key; told whenever it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyNews {
    /// The key is heard from now on.
    Ready {
        /// By which way.
        via: Via,
        /// The key in force, in words; the portal lets the user pick another than was asked for.
        trigger: String,
    },
    /// The key is not heard (any more). Where it can heal, [`KeyNews::Ready`] follows by itself.
    Unavailable(Fault),
}

/// What [`Keys`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    /// The key moved.
    Edge(KeyEdge),
    /// The key can be heard, or not.
    News(KeyNews),
}

/// Why there is no hotkey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named by the message that stands above each variant")]
pub enum KeyError {
    /// Nothing but blanks.
    #[error("the hotkey names no key")]
    Empty,
    /// Two plus signs with nothing between.
    #[error("the hotkey \"{text}\" has a + without a name beside it")]
    EmptyName { text: String },
    /// A name nobody knows.
    #[error("`{name}` is no key known here{}", nearest.map(|it| format!(" (nearest known: `{it}`)")).unwrap_or_default())]
    UnknownKey { name: String, nearest: Option<&'static str> },
    /// Two keys that are no modifiers.
    #[error("a hotkey is one key with modifiers; `{first}` and `{second}` are two")]
    TwoKeys { first: String, second: String },
    /// Modifiers alone.
    #[error("the hotkey \"{text}\" has modifiers, but no key")]
    NoKey { text: String },
    /// A key that is needed for typing, without a modifier.
    #[error("`{key}` alone could no longer be typed in any window")]
    NeedsModifier { key: String },
    /// Neither X nor Wayland.
    #[error("no desktop is known here: neither DISPLAY nor WAYLAND_DISPLAY is set")]
    NoDesktop,
    /// An X server across a network.
    #[error("the X server {display} is on another machine")]
    RemoteDisplay { display: String },
    /// No X server answers, or it refuses us.
    #[error("the X server {display} cannot be reached: {cause}")]
    NoDisplay { display: String, cause: String },
    /// The X server went away or does not answer.
    #[error("the X server {display} is gone: {cause}")]
    DisplayLost { display: String, cause: String },
    /// Somebody else holds the key.
    #[error("another program already uses the key {key}")]
    Taken { key: String },
    /// The keyboard has no such key.
    #[error("the keyboard in use has no key {key}")]
    NotOnKeyboard { key: String },
    /// No session bus, so no portal.
    #[error("the session's D-Bus cannot be reached: {cause}")]
    NoBus { cause: String },
    /// The portal is missing, or lacks the interface.
    #[error("this Wayland desktop offers no global shortcuts through its portal ({cause})")]
    NoShortcuts { cause: String },
    /// The desktop asks the user, who has not answered.
    #[error("the desktop asks whether Mynah may use {key}, and waits for an answer")]
    Unconfirmed { key: String },
    /// The user, or the desktop, said no.
    #[error("the desktop did not allow the key {key}")]
    Refused { key: String },
    /// The shortcut is known to the desktop, but no key belongs to it.
    #[error("the desktop has the shortcut, but no key is set for it")]
    Unassigned,
    /// The portal ended, or closed the session.
    #[error("the desktop portal ended")]
    PortalLost,
    /// The operating system would not.
    #[error("the system does not give the key {key}: {cause}")]
    System { key: String, cause: String },
    /// No way is known for this operating system.
    #[error("no way to hear keys is known on this system")]
    Unsupported,
}

impl Remedy for KeyError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "hotkey_empty",
            Self::EmptyName { .. } => "hotkey_empty_name",
            Self::UnknownKey { .. } => "hotkey_unknown",
            Self::TwoKeys { .. } => "hotkey_two_keys",
            Self::NoKey { .. } => "hotkey_no_key",
            Self::NeedsModifier { .. } => "hotkey_needs_modifier",
            Self::NoDesktop => "hotkey_no_desktop",
            Self::RemoteDisplay { .. } => "hotkey_remote_display",
            Self::NoDisplay { .. } => "hotkey_no_display",
            Self::DisplayLost { .. } => "hotkey_display_lost",
            Self::Taken { .. } => "hotkey_taken",
            Self::NotOnKeyboard { .. } => "hotkey_not_on_keyboard",
            Self::NoBus { .. } => "hotkey_no_bus",
            Self::NoShortcuts { .. } => "hotkey_no_portal",
            Self::Unconfirmed { .. } => "hotkey_unconfirmed",
            Self::Refused { .. } => "hotkey_refused",
            Self::Unassigned => "hotkey_unassigned",
            Self::PortalLost => "hotkey_portal_lost",
            Self::System { .. } => "hotkey_system",
            Self::Unsupported => "hotkey_unsupported",
        }
    }

    fn remedy(&self) -> String {
        let bind = "bind a key of your desktop to `mynah ptt press` and its release to `mynah ptt release`, or one key \
                    to `mynah ptt toggle`";
        let form = "Write modifiers and one key, such as \"ctrl+alt+space\", \"super+f9\" or \"pause\".";
        match self {
            Self::Empty | Self::EmptyName { .. } | Self::UnknownKey { .. } | Self::TwoKeys { .. } => {
                form.to_owned()
            }
            Self::NoKey { .. } => {
                "Add a key, such as \"space\"; modifiers alone cannot be a hotkey.".to_owned()
            }
            Self::NeedsModifier { key } => format!("Add ctrl, alt or super, as in \"ctrl+alt+{key}\"."),
            Self::NoDesktop => format!(
                "Start Mynah inside the desktop session (for a systemd service: `systemctl --user import-environment \
                 DISPLAY WAYLAND_DISPLAY XDG_SESSION_TYPE` first), or {bind}."
            ),
            Self::RemoteDisplay { .. } => format!("Run Mynah where the keyboard is, or {bind}."),
            Self::NoDisplay { .. } => {
                "Check DISPLAY and XAUTHORITY in Mynah's environment; it keeps trying.".to_owned()
            }
            Self::DisplayLost { .. } | Self::PortalLost => {
                "Nothing to do: Mynah takes the key again when it is back.".to_owned()
            }
            Self::Taken { .. } => {
                "Free it there, or set another `hotkey.key`; Mynah keeps trying every 10 s.".to_owned()
            }
            Self::NotOnKeyboard { .. } => {
                "Set another `hotkey.key`, or switch to a layout that has it.".to_owned()
            }
            Self::NoBus { .. } => {
                format!("Check DBUS_SESSION_BUS_ADDRESS in Mynah's environment; it keeps trying. Or {bind}.")
            }
            Self::NoShortcuts { .. } => format!("With this desktop, {bind}."),
            Self::Unconfirmed { .. } => "Answer the desktop's dialog.".to_owned(),
            Self::Refused { .. } => {
                format!("Restart Mynah and allow it in the desktop's dialog or settings, or {bind}.")
            }
            Self::Unassigned => "Set a key for Mynah's push-to-talk in the desktop's settings.".to_owned(),
            Self::System { .. } => {
                "Set another `hotkey.key`; on macOS, allow Mynah under Privacy & Security, Accessibility."
                    .to_owned()
            }
            Self::Unsupported => "Use `mynah ptt toggle`, `press` and `release`.".to_owned(),
        }
    }
}

impl KeyError {
    fn news(&self) -> KeyNews {
        KeyNews::Unavailable(Fault::from(self))
    }
}
