//! Keys: the body of the thread that hears the hotkey, and what ends it.
//!
//! Enters: the hotkey, the desktop's variables. Leaves: [`KeyEvent`]s, each edge and each news once. Never here: how a
//! way works.

use std::io;
#[cfg(target_os = "linux")]
use std::io::{PipeReader, PipeWriter};

use tokio::sync::oneshot;

use super::{HotKey, KeyEdge, KeyError, KeyEvent, KeyNews, Via};

/// What the environment tells of the desktop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desktop {
    /// Whether the session is a Wayland session.
    pub wayland: bool,
    /// The X server's name.
    pub display: Option<String>,
    /// The session bus's address.
    pub bus: Option<String>,
}

impl Desktop {
    /// Reads it from variables; `variable` gives the value of one that is set and not empty.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let at_runtime_dir = || variable("XDG_RUNTIME_DIR").map(|dir| format!("unix:path={dir}/bus"));
        Self {
            // A Wayland session sets DISPLAY too, for programs that know only X. Keys grabbed there are heard only
            // while such a program has the focus, so this comes first.
            wayland: variable("WAYLAND_DISPLAY").is_some()
                || variable("XDG_SESSION_TYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("wayland")),
            display: variable("DISPLAY"),
            bus: variable("DBUS_SESSION_BUS_ADDRESS").or_else(at_runtime_dir),
        }
    }
}

/// Hears a hotkey, on the thread that calls [`Keys::run`].
#[derive(Debug)]
pub struct Keys {
    hotkey: HotKey,
    #[cfg(target_os = "linux")]
    desktop: Desktop,
    /// The end as a wait in the kernel sees it, and as a task does.
    #[cfg(target_os = "linux")]
    stop: PipeReader,
    ended: oneshot::Receiver<()>,
}

/// Ends [`Keys::run`] when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the keys"]
pub struct StopKeys {
    #[cfg(target_os = "linux")]
    _stop: PipeWriter,
    _ended: oneshot::Sender<()>,
}

impl Keys {
    /// What hears `hotkey`, and what ends it: within 200 ms, whatever the desktop does.
    ///
    /// # Errors
    /// The system's, when it has no pipe left to give.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(
            unused_variables,
            clippy::needless_pass_by_value,
            reason = "other systems have one desktop each"
        )
    )]
    pub fn new(hotkey: HotKey, desktop: Desktop) -> io::Result<(Self, StopKeys)> {
        // A pipe and no flag: its end wakes whatever waits in the kernel, so that nothing has to look now and then.
        #[cfg(target_os = "linux")]
        let (stop, open) = io::pipe()?;
        let (alive, ended) = oneshot::channel();
        let keys = Self {
            hotkey,
            #[cfg(target_os = "linux")]
            desktop,
            #[cfg(target_os = "linux")]
            stop,
            ended,
        };
        let stop = StopKeys {
            #[cfg(target_os = "linux")]
            _stop: open,
            _ended: alive,
        };
        Ok((keys, stop))
    }

    /// Tells what becomes of the key until [`StopKeys`] is dropped. What fails is told once and tried again.
    pub fn run(self, tell: impl FnMut(KeyEvent)) {
        let mut teller = Teller::new(tell);
        self.listen(&mut teller);
        teller.edge(KeyEdge::Released);
    }

    #[cfg(target_os = "linux")]
    fn listen(self, teller: &mut Teller<impl FnMut(KeyEvent)>) {
        if self.desktop.wayland {
            super::portal::run(self.desktop.bus.as_deref(), &self.hotkey, self.ended, teller);
        } else if let Some(display) = &self.desktop.display {
            super::x11::run(display, &self.hotkey, &self.stop, teller);
        } else {
            teller.unavailable(&KeyError::NoDesktop);
        }
    }

    #[cfg(any(target_os = "macos", target_os = "windows"))]
    fn listen(self, teller: &mut Teller<impl FnMut(KeyEvent)>) {
        super::system::run(&self.hotkey, self.ended, teller);
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
    fn listen(self, teller: &mut Teller<impl FnMut(KeyEvent)>) {
        teller.unavailable(&KeyError::Unsupported);
    }
}

/// Passes edges and news on, each only when it is new.
pub(super) struct Teller<F> {
    tell: F,
    down: bool,
    news: Option<KeyNews>,
}

impl<F: FnMut(KeyEvent)> Teller<F> {
    fn new(tell: F) -> Self {
        Self { tell, down: false, news: None }
    }

    pub(super) fn edge(&mut self, edge: KeyEdge) {
        let down = edge == KeyEdge::Pressed;
        if down != std::mem::replace(&mut self.down, down) {
            (self.tell)(KeyEvent::Edge(edge));
        }
    }

    pub(super) fn ready(&mut self, via: Via, trigger: String) {
        self.say(KeyNews::Ready { via, trigger });
    }

    /// Whoever cannot be heard is not held down either.
    pub(super) fn unavailable(&mut self, error: &KeyError) {
        self.edge(KeyEdge::Released);
        self.say(error.news());
    }

    fn say(&mut self, news: KeyNews) {
        if self.news.as_ref() != Some(&news) {
            self.news = Some(news.clone());
            (self.tell)(KeyEvent::News(news));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desktop(set: &[(&str, &str)]) -> Desktop {
        Desktop::read(|name| set.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn wayland_is_known_by_either_of_its_variables() {
        assert!(desktop(&[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0")]).wayland);
        assert!(desktop(&[("DISPLAY", ":0"), ("XDG_SESSION_TYPE", "Wayland")]).wayland);
        assert!(!desktop(&[("DISPLAY", ":0"), ("XDG_SESSION_TYPE", "x11")]).wayland);
        assert_eq!(desktop(&[]), Desktop::default());
    }

    #[test]
    fn the_bus_is_where_the_variable_says_or_in_the_runtime_directory() {
        let set = [("XDG_RUNTIME_DIR", "/run/user/7"), ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x")];
        assert_eq!(desktop(&set).bus.as_deref(), Some("unix:path=/x"));
        assert_eq!(desktop(&set[..1]).bus.as_deref(), Some("unix:path=/run/user/7/bus"));
    }

    #[test]
    fn nothing_is_told_twice_and_a_key_that_is_lost_is_released() {
        let mut told = Vec::new();
        let mut teller = Teller::new(|event| told.push(event));
        teller.edge(KeyEdge::Released);
        teller.edge(KeyEdge::Pressed);
        teller.edge(KeyEdge::Pressed);
        teller.unavailable(&KeyError::PortalLost);
        teller.unavailable(&KeyError::PortalLost);
        teller.ready(Via::X11, "f9".into());
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[..2], [KeyEvent::Edge(KeyEdge::Pressed), KeyEvent::Edge(KeyEdge::Released)]);
    }
}
