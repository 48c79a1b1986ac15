//! System: the hotkey as macOS and Windows give it.
//!
//! Enters: the hotkey, what ends the room. Leaves: edges, news. Both systems hand a hotkey to an event loop, which turns
//! here: on macOS that must be the process's main thread, on Windows any one. Never here: a wait of more than [`TURN`].

use std::{str::FromStr, time::Duration};

use global_hotkey::{
    Error, GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState,
    hotkey::{Code, HotKey as SystemKey, Modifiers},
};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use super::{HotKey, KeyEdge, KeyError, KeyEvent, Via, keys::Teller, pump::Pump};

/// How long the loop waits for an event before it looks whether it is to end. A hotkey's event ends the wait.
const TURN: Duration = Duration::from_millis(100);

/// Hears `hotkey` until `ended`.
pub(super) fn run(hotkey: &HotKey, mut ended: Receiver<()>, teller: &mut Teller<impl FnMut(KeyEvent)>) {
    if let Err(error) = listen(hotkey, &mut ended, teller) {
        teller.unavailable(&error);
    }
}

fn listen(
    hotkey: &HotKey,
    ended: &mut Receiver<()>,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) -> Result<(), KeyError> {
    let no = |cause: String| KeyError::System { key: hotkey.to_string(), cause };
    let pump = Pump::new().map_err(|cause| no(cause.to_owned()))?;
    let code = Code::from_str(&hotkey.key.code_name())
        .map_err(|_| KeyError::NotOnKeyboard { key: hotkey.to_string() })?;
    let mut modifiers = Modifiers::empty();
    modifiers.set(Modifiers::CONTROL, hotkey.modifiers.ctrl);
    modifiers.set(Modifiers::ALT, hotkey.modifiers.alt);
    modifiers.set(Modifiers::SHIFT, hotkey.modifiers.shift);
    modifiers.set(Modifiers::SUPER, hotkey.modifiers.logo);
    let key = SystemKey::new(Some(modifiers), code);
    // It lets go of the key when it is dropped.
    let manager = GlobalHotKeyManager::new().map_err(|error| no(error.to_string()))?;
    manager.register(key).map_err(|error| match error {
        Error::AlreadyRegistered(_) => KeyError::Taken { key: hotkey.to_string() },
        other => no(other.to_string()),
    })?;
    teller.ready(Via::System, hotkey.to_string());
    while matches!(ended.try_recv(), Err(TryRecvError::Empty)) {
        pump.turn(TURN);
        while let Ok(event) = GlobalHotKeyEvent::receiver().try_recv() {
            if event.id == key.id() {
                teller.edge(match event.state {
                    HotKeyState::Pressed => KeyEdge::Pressed,
                    HotKeyState::Released => KeyEdge::Released,
                });
            }
        }
    }
    Ok(())
}
