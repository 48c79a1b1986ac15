//! X11: the hotkey grabbed from the X server.
//!
//! Enters: the hotkey, the display's name. Leaves: edges, news. Waits for the server's events and looks at nothing in
//! between: `global-hotkey` looks every 50 ms, delays each edge by as much, and stays silent for ever when the server
//! went away (0.9). Never here: an edge of another key; while the hotkey is down the server sends us every key.

use std::{io::PipeReader, os::fd::AsFd, time::Duration};

use rustix::event::PollFlags;
use x11rb::{
    connection::Connection,
    errors::{ConnectionError, ReplyError},
    protocol::{
        ErrorKind, Event,
        xkb::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, GetKeyboardMappingReply, GrabMode, Keycode, Mapping, ModMask},
    },
    rust_connection::RustConnection,
};

use super::{
    HotKey, KeyEdge, KeyError, KeyEvent, Via,
    display::{Bounded, Woken, connect, wait},
    keys::Teller,
};

/// How often, while the key is down, the server is asked whether it still is. A release is lost with a grab that another
/// program breaks, as screen lockers do.
const STILL_DOWN: Duration = Duration::from_secs(1);

/// X's numbers for what the modifiers give, left and right.
const ALT: [u32; 2] = [0xffe9, 0xffea];
const SUPER: [u32; 2] = [0xffeb, 0xffec];
const LOCKS: [u32; 2] = [0xff7f, 0xff14];

/// Why listening ended.
enum End {
    Stopped,
    Broken(KeyError),
}

/// Hears `hotkey` until `stop`; connects anew when the server was gone, grabs anew when another program let go.
pub(super) fn run(
    display: &str,
    hotkey: &HotKey,
    stop: &PipeReader,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) {
    loop {
        let ended = match Grab::open(display, hotkey, stop) {
            Ok(mut grab) => {
                teller.ready(Via::X11, hotkey.to_string());
                grab.listen(stop, teller)
            }
            Err(error) => End::Broken(error),
        };
        let End::Broken(error) = ended else { return };
        // An answer that never came because of `stop` is no news.
        let stopped = |patience| matches!(wait(stop, None, patience), Ok(Woken::Stopped) | Err(_));
        if stopped(Some(Duration::ZERO)) {
            return;
        }
        teller.unavailable(&error);
        if stopped(patience(&error)) {
            return;
        }
    }
}

/// How long until it is worth another try; `None`: for ever.
const fn patience(error: &KeyError) -> Option<Duration> {
    match error {
        KeyError::RemoteDisplay { .. } => None,
        KeyError::Taken { .. } | KeyError::NotOnKeyboard { .. } => Some(Duration::from_secs(10)),
        _ => Some(Duration::from_secs(1)),
    }
}

/// The key as the server knows it; changes with the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Combination {
    /// The key, in as many places as the keyboard has it.
    codes: Vec<Keycode>,
    modifiers: u16,
    /// Every state of the locks, which are to make no difference.
    locks: Vec<u16>,
}

struct Grab<'a> {
    display: &'a str,
    hotkey: &'a HotKey,
    connection: RustConnection<Bounded>,
    combination: Combination,
    /// The place that is down.
    down: Option<Keycode>,
}

impl<'a> Grab<'a> {
    fn open(display: &'a str, hotkey: &'a HotKey, stop: &PipeReader) -> Result<Self, KeyError> {
        let connection = connect(display, stop)?;
        let none = Combination { codes: Vec::new(), modifiers: 0, locks: Vec::new() };
        let mut grab = Self { display, hotkey, connection, combination: none, down: None };
        grab.ask_for_plain_edges().map_err(|error| grab.lost(&error))?;
        let combination = grab.look_up()?;
        grab.take(combination)?;
        Ok(grab)
    }

    fn lost(&self, error: &ReplyError) -> KeyError {
        KeyError::DisplayLost { display: self.display.to_owned(), cause: error.to_string() }
    }

    /// Asks the server not to repeat a held key's release, and to tell of new layouts. A server without XKB repeats it,
    /// which [`super::PushToTalk`] stands.
    fn ask_for_plain_edges(&self) -> Result<(), ReplyError> {
        let Ok(xkb) = self.connection.xkb_use_extension(1, 0)?.reply() else { return Ok(()) };
        if !xkb.supported {
            return Ok(());
        }
        let keyboard = xkb::ID::USE_CORE_KBD.into();
        let (flag, none) = (xkb::PerClientFlag::DETECTABLE_AUTO_REPEAT, xkb::BoolCtrl::default());
        self.connection.xkb_per_client_flags(keyboard, flag, flag, none, none, none)?.reply()?;
        let events = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::MAP_NOTIFY;
        let parts = xkb::MapPart::KEY_SYMS | xkb::MapPart::MODIFIER_MAP;
        let details = xkb::SelectEventsAux::new();
        self.connection
            .xkb_select_events(keyboard, xkb::EventType::default(), events, parts, parts, &details)?
            .check()
    }

    /// Where the key and the modifiers are on the keyboard in use.
    fn look_up(&self) -> Result<Combination, KeyError> {
        let (keyboard, modifiers) = self.mappings().map_err(|error| self.lost(&error))?;
        let first = self.connection.setup().min_keycode;
        let width = usize::from(keyboard.keysyms_per_keycode).max(1);
        let keys = || (first..=Keycode::MAX).zip(keyboard.keysyms.chunks(width));
        let (wanted, hotkey) = (self.hotkey.key.keysym(), self.hotkey.modifiers);
        // In the lowest column that has it: a key that gives it without a modifier comes before one that gives it with.
        let column = |symbols: &[u32]| symbols.iter().position(|symbol| *symbol == wanted);
        let lowest = keys().filter_map(|(_, symbols)| column(symbols)).min();
        let codes: Vec<Keycode> = keys()
            .filter(|(_, symbols)| lowest.is_some() && column(symbols) == lowest)
            .map(|(code, _)| code)
            .collect();
        if codes.is_empty() {
            return Err(KeyError::NotOnKeyboard { key: self.hotkey.to_string() });
        }
        let width = (modifiers.len() / 8).max(1);
        // The bit of the modifier under which one of `symbols` hangs.
        let bit = |symbols: &[u32]| -> Option<u16> {
            let codes: Vec<Keycode> = keys()
                .filter(|(_, has)| has.iter().any(|it| symbols.contains(it)))
                .map(|(code, _)| code)
                .collect();
            let row = modifiers
                .chunks(width)
                .take(8)
                .position(|row| row.iter().any(|code| codes.contains(code)))?;
            Some(1 << row)
        };
        let mut held = 0;
        for (wanted, mask) in [
            (hotkey.shift, u16::from(ModMask::SHIFT)),
            (hotkey.ctrl, u16::from(ModMask::CONTROL)),
            (hotkey.alt, bit(&ALT).unwrap_or(u16::from(ModMask::M1))),
            (hotkey.logo, bit(&SUPER).unwrap_or(u16::from(ModMask::M4))),
        ] {
            held |= if wanted { mask } else { 0 };
        }
        let locks = [u16::from(ModMask::LOCK), bit(&LOCKS[..1]).unwrap_or(0), bit(&LOCKS[1..]).unwrap_or(0)];
        let mut states: Vec<u16> = (0..8_u8)
            .map(|set| {
                locks
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| set >> at & 1 == 1)
                    .fold(0, |all, (_, lock)| all | lock)
            })
            .filter(|state| state & held == 0)
            .collect();
        states.sort_unstable();
        states.dedup();
        Ok(Combination { codes, modifiers: held, locks: states })
    }

    /// What each key gives, and which keys are modifiers.
    fn mappings(&self) -> Result<(GetKeyboardMappingReply, Vec<Keycode>), ReplyError> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let keyboard =
            self.connection.get_keyboard_mapping(first, last.saturating_sub(first).saturating_add(1))?;
        let modifiers = self.connection.get_modifier_mapping()?;
        Ok((keyboard.reply()?, modifiers.reply()?.keycodes))
    }

    /// Grabs `combination`, in place of what was grabbed before.
    fn take(&mut self, combination: Combination) -> Result<(), KeyError> {
        self.change(combination).map_err(|error| match &error {
            ReplyError::X11Error(refused) if refused.error_kind == ErrorKind::Access => {
                KeyError::Taken { key: self.hotkey.to_string() }
            }
            other => self.lost(other),
        })
    }

    fn change(&mut self, combination: Combination) -> Result<(), ReplyError> {
        let mut asked = Vec::new();
        for screen in &self.connection.setup().roots {
            for code in &self.combination.codes {
                self.connection.ungrab_key(*code, screen.root, ModMask::ANY)?.check()?;
            }
            for code in &combination.codes {
                for lock in &combination.locks {
                    let state = ModMask::from(combination.modifiers | lock);
                    asked.push(self.connection.grab_key(
                        false,
                        screen.root,
                        state,
                        *code,
                        GrabMode::ASYNC,
                        GrabMode::ASYNC,
                    )?);
                }
            }
        }
        for grab in asked {
            grab.check()?;
        }
        self.combination = combination;
        Ok(())
    }

    fn listen(&mut self, stop: &PipeReader, teller: &mut Teller<impl FnMut(KeyEvent)>) -> End {
        loop {
            match self.drain(teller) {
                Ok(()) => {}
                Err(error) => return End::Broken(error),
            }
            let stream = self.connection.stream().as_fd();
            let patience = self.down.map(|_| STILL_DOWN);
            match wait(stop, Some((stream, PollFlags::IN)), patience) {
                Ok(Woken::Stopped) => return End::Stopped,
                Ok(Woken::Ready) => {}
                Ok(Woken::TimedOut) => {
                    if let Err(error) = self.look_whether_down(teller) {
                        return End::Broken(self.lost(&error));
                    }
                }
                Err(error) => return End::Broken(self.lost(&ConnectionError::from(error).into())),
            }
        }
    }

    /// Takes all events that came.
    fn drain(&mut self, teller: &mut Teller<impl FnMut(KeyEvent)>) -> Result<(), KeyError> {
        let mut layout_changed = false;
        while let Some(event) = self.connection.poll_for_event().map_err(|error| self.lost(&error.into()))? {
            match event {
                Event::KeyPress(press) if self.combination.codes.contains(&press.detail) => {
                    self.down = Some(press.detail);
                    teller.edge(KeyEdge::Pressed);
                }
                Event::KeyRelease(release) if self.down == Some(release.detail) => {
                    self.down = None;
                    teller.edge(KeyEdge::Released);
                }
                Event::MappingNotify(changed) => layout_changed |= changed.request != Mapping::POINTER,
                Event::XkbNewKeyboardNotify(_) | Event::XkbMapNotify(_) => layout_changed = true,
                _ => {}
            }
        }
        if layout_changed {
            // Comes each time another of several keyboards is typed on; mostly nothing is different.
            let combination = self.look_up()?;
            if combination != self.combination {
                self.take(combination)?;
            }
        }
        Ok(())
    }

    fn look_whether_down(&mut self, teller: &mut Teller<impl FnMut(KeyEvent)>) -> Result<(), ReplyError> {
        let Some(code) = self.down else { return Ok(()) };
        let down = self.connection.query_keymap()?.reply()?.keys;
        if down[usize::from(code / 8)] >> (code % 8) & 1 == 0 {
            self.down = None;
            teller.edge(KeyEdge::Released);
        }
        Ok(())
    }
}
