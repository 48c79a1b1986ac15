//! Portal: the hotkey as a global shortcut of a Wayland desktop.
//!
//! Enters: the hotkey, the session bus's address. Leaves: edges, news. A portal that ends is waited for and bound anew,
//! a bus that ends is connected to anew. Never here: a bus across a network, a call without an end to its patience.

use std::{future::pending, panic::AssertUnwindSafe, pin::pin, time::Duration};

use ashpd::{
    AppID,
    desktop::{
        ResponseError, Session,
        global_shortcuts::{BindShortcutsOptions, GlobalShortcuts, NewShortcut, Shortcut},
    },
    zbus::{Connection, connection, fdo::DBusProxy},
};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{APP_ID, HotKey, KeyEdge, KeyError, KeyEvent, Via, keys::Teller};

/// The shortcut's name towards the portal, under which it keeps what the user chose.
const SHORTCUT: &str = "push-to-talk";

const PORTAL: &str = "org.freedesktop.portal.Desktop";

/// Patience with one call. Only the user's own answer to a dialog may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the desktop may take to bind before the user is told that a dialog waits.
const UNANSWERED: Duration = Duration::from_secs(5);

/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// Hears `hotkey` until `ended`.
pub(super) fn run(
    bus: Option<&str>,
    hotkey: &HotKey,
    ended: oneshot::Receiver<()>,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return teller.unavailable(&KeyError::NoBus { cause: error.to_string() }),
    };
    runtime.block_on(async {
        tokio::select! {
            biased;
            // Nothing is ever sent: it ends.
            _ = ended => {}
            () = serve(bus, hotkey, teller) => {}
        }
    });
    // Whatever the libraries left running is not waited for.
    runtime.shutdown_background();
}

/// Connects to the bus, again and again.
async fn serve(bus: Option<&str>, hotkey: &HotKey, teller: &mut Teller<impl FnMut(KeyEvent)>) {
    loop {
        let error = match connect(bus).await {
            Ok(connection) => on_bus(&connection, hotkey, teller).await,
            Err(error) => error,
        };
        teller.unavailable(&error);
        sleep(PAUSE).await;
    }
}

async fn connect(bus: Option<&str>) -> Result<Connection, KeyError> {
    let no = |cause: String| KeyError::NoBus { cause };
    let addresses = bus.ok_or_else(|| no("DBUS_SESSION_BUS_ADDRESS is not set".to_owned()))?;
    // Other kinds of address lead to other machines, or start programs.
    let local = addresses.split(';').find(|address| address.starts_with("unix:"));
    let address = local.ok_or_else(|| no(format!("\"{addresses}\" is no socket on this machine")))?;
    let builder = connection::Builder::address(address).map_err(|error| no(error.to_string()))?;
    match timeout(PATIENCE, builder.method_timeout(PATIENCE).build()).await {
        Ok(connection) => connection.map_err(|error| no(error.to_string())),
        Err(_) => Err(no("it does not answer".to_owned())),
    }
}

/// Binds the shortcut whenever a portal is there; ends with the bus.
async fn on_bus(
    connection: &Connection,
    hotkey: &HotKey,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) -> KeyError {
    let gone = |error: &dyn std::fmt::Display| KeyError::NoBus { cause: error.to_string() };
    let owners = async {
        DBusProxy::new(connection).await?.receive_name_owner_changed_with_args(&[(0, PORTAL)]).await
    };
    let owners = match owners.await {
        Ok(owners) => owners,
        Err(error) => return gone(&error),
    };
    // Each time the portal's name changes hands: whether somebody had it, and whether somebody has it.
    let mut hands = pin!(owners.map(|change| {
        let args = change.args().ok();
        args.map_or((false, false), |args| (args.old_owner.is_some(), args.new_owner.is_some()))
    }));
    // Without a desktop file of this name the portal refuses it, and finds out itself who we are.
    if let Ok(app) = AppID::try_from(APP_ID) {
        let _ = timeout(PATIENCE, ashpd::register_host_app_with_connection(connection.clone(), app)).await;
    }
    loop {
        let error = {
            // ashpd asserts things of the portal's answers; what a portal sends must not end this thread.
            let mut bound = pin!(AssertUnwindSafe(bound(connection, hotkey, teller)).catch_unwind());
            loop {
                tokio::select! {
                    error = &mut bound => break error.unwrap_or_else(|_| KeyError::NoShortcuts {
                        cause: "its answer makes no sense".to_owned(),
                    }),
                    change = hands.next() => match change {
                        Some((true, _)) => break KeyError::PortalLost,
                        // It was started by being called.
                        Some((false, _)) => {}
                        None => return bus_ended(),
                    },
                }
            }
        };
        teller.unavailable(&error);
        match error {
            // The portal is started by being called; it may also come by itself.
            KeyError::PortalLost => {
                tokio::select! {
                    change = hands.next() => if change.is_none() { return bus_ended() },
                    () = sleep(PAUSE) => {}
                }
            }
            // Only another portal could think otherwise.
            _ => loop {
                match hands.next().await {
                    Some((_, true)) => break,
                    Some((_, false)) => {}
                    None => return bus_ended(),
                }
            },
        }
    }
}

fn bus_ended() -> KeyError {
    KeyError::NoBus { cause: "it ended".to_owned() }
}

/// Binds the shortcut and passes its edges on, as long as the portal keeps the session.
async fn bound(
    connection: &Connection,
    hotkey: &HotKey,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) -> KeyError {
    match listen(connection, hotkey, teller).await {
        Ok(never) => never,
        Err(error) => error,
    }
}

async fn listen(
    connection: &Connection,
    hotkey: &HotKey,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) -> Result<KeyError, KeyError> {
    let no = |error: ashpd::Error| KeyError::NoShortcuts { cause: shown(&error) };
    let silent = || KeyError::NoShortcuts { cause: "it does not answer".to_owned() };
    let opening = async {
        let portal = GlobalShortcuts::with_connection(connection.clone()).await?;
        let session = portal.create_session(Default::default()).await?;
        Ok((portal, session))
    };
    let (portal, session) = timeout(PATIENCE, opening).await.map_err(|_| silent())?.map_err(no)?;
    // Before the shortcut is bound, so that no edge is missed.
    let mut down = pin!(portal.receive_activated().await.map_err(no)?);
    let mut up = pin!(portal.receive_deactivated().await.map_err(no)?);
    let mut changed = pin!(portal.receive_shortcuts_changed().await.map_err(no)?);
    let mut closed = pin!(session.receive_closed().await.map_err(no)?);
    let shortcuts = bind(&portal, &session, hotkey, teller).await?;
    tell_trigger(&shortcuts, teller);
    let ours = |id: &str| id == SHORTCUT;
    loop {
        tokio::select! {
            biased;
            edge = down.next() => match edge {
                Some(edge) if ours(edge.shortcut_id()) => teller.edge(KeyEdge::Pressed),
                Some(_) => {}
                None => return Ok(KeyError::PortalLost),
            },
            edge = up.next() => match edge {
                Some(edge) if ours(edge.shortcut_id()) => teller.edge(KeyEdge::Released),
                Some(_) => {}
                None => return Ok(KeyError::PortalLost),
            },
            change = next_or_never(&mut changed) => tell_trigger(change.shortcuts(), teller),
            _ = closed.next() => return Ok(KeyError::PortalLost),
        }
    }
}

/// Binds the shortcut; the user may be asked and may take as long as he likes.
async fn bind(
    portal: &GlobalShortcuts,
    session: &Session<GlobalShortcuts>,
    hotkey: &HotKey,
    teller: &mut Teller<impl FnMut(KeyEvent)>,
) -> Result<Vec<Shortcut>, KeyError> {
    let trigger = hotkey.portal_trigger();
    let shortcut = NewShortcut::new(SHORTCUT, "Push to talk").preferred_trigger(trigger.as_str());
    let shortcuts = [shortcut];
    let mut binding = pin!(portal.bind_shortcuts(session, &shortcuts, None, BindShortcutsOptions::default()));
    let answer = match timeout(UNANSWERED, &mut binding).await {
        Ok(answer) => answer,
        Err(_) => {
            teller.unavailable(&KeyError::Unconfirmed { key: hotkey.to_string() });
            binding.await
        }
    };
    let refused = || KeyError::Refused { key: hotkey.to_string() };
    let bound = answer.and_then(|request| request.response()).map_err(|error| match error {
        ashpd::Error::Response(ResponseError::Cancelled | ResponseError::Other) => refused(),
        other => KeyError::NoShortcuts { cause: shown(&other) },
    })?;
    let ours: Vec<Shortcut> = bound.shortcuts().iter().filter(|it| it.id() == SHORTCUT).cloned().collect();
    if ours.is_empty() { Err(refused()) } else { Ok(ours) }
}

/// Tells which key the desktop set, which need not be the one asked for; or that there is none.
fn tell_trigger(shortcuts: &[Shortcut], teller: &mut Teller<impl FnMut(KeyEvent)>) {
    let Some(ours) = shortcuts.iter().find(|it| it.id() == SHORTCUT) else { return };
    let trigger: String = ours.trigger_description().chars().filter(|c| !c.is_control()).take(100).collect();
    if trigger.trim().is_empty() {
        teller.unavailable(&KeyError::Unassigned);
    } else {
        teller.ready(Via::Portal, trigger);
    }
}

/// The next of a stream that is no loss when it ends.
async fn next_or_never<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    match stream.next().await {
        Some(item) => item,
        None => pending().await,
    }
}

/// An error in a line of decent length, whatever the portal wrote into it.
fn shown(error: &ashpd::Error) -> String {
    error.to_string().chars().filter(|c| !c.is_control()).take(200).collect()
}
