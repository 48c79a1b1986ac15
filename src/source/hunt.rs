//! Hunt: the search for the best microphone of this machine.
//!
//! Enters: wishes. Leaves: an open device, or why there is none. Never here: a wait of the listen thread. Looking for a
//! device and opening it may each hang for ever in the system's libraries, so each search runs on a thread that nobody
//! joins, and a host or a device that hangs is passed over until its thread is back.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, channel},
    },
};

use cpal::{Device, HostId};

use super::{
    SourceError,
    aside::{detached, quietly},
    devices::{ALSA, DEFAULT_DEVICE},
    hosts::{device_for, host_ids, id_of, is_server, name_of},
    live::{Caught, Hunt, Place},
    mic::open,
};

/// Searches that a sound server which was in use, and is gone, is waited for before another road to its devices is taken: at
/// two a second and one at once, 2.5 s. One that is started anew is back within one.
const SERVER_RETURNS: u32 = 5;

/// Looks for devices along a list of wishes.
pub(super) struct Hunter {
    wishes: Vec<String>,
    /// Hosts and devices that a thread is busy with.
    busy: Arc<Mutex<HashSet<String>>>,
    hosts: Arc<Mutex<Hosts>>,
    /// Searches for which a server that is gone is still waited for.
    patience: Arc<AtomicU32>,
}

/// Hosts that were reached, by their place in [`host_ids`]. They are kept, because cpal's PulseAudio client never ends
/// the thread and the connection of a host that was dropped; they end with the server alone.
type Hosts = Vec<Option<cpal::Host>>;

impl Hunter {
    pub(super) fn new(wishes: Vec<String>) -> Self {
        let wishes = if wishes.is_empty() { vec![DEFAULT_DEVICE.to_owned()] } else { wishes };
        Self { wishes, busy: Arc::default(), hosts: Arc::default(), patience: Arc::default() }
    }
}

impl Hunt for Hunter {
    fn hunt(&mut self, current: Option<&Place>) -> Receiver<Result<Option<Caught>, SourceError>> {
        let (found, finding) = channel();
        let search = Search {
            wishes: self.wishes.clone(),
            busy: Arc::clone(&self.busy),
            hosts: Arc::clone(&self.hosts),
            patience: Arc::clone(&self.patience),
            current: current.cloned(),
        };
        // Where no thread can be had, the channel closes, which counts as a failed search.
        detached("mic search", move || {
            let looked = catch_unwind(AssertUnwindSafe(|| quietly(|| search.run())));
            let result = looked.unwrap_or_else(|_| {
                Err(SourceError::NoMicrophone {
                    reason: "the system's sound library failed; its configuration may be broken".to_owned(),
                })
            });
            // Whoever asked may have given up: what was opened is closed here then, on this thread.
            drop(found.send(result));
        });
        finding
    }

    fn wishes(&self) -> &[String] {
        &self.wishes
    }
}

/// One search along the wishes.
struct Search {
    wishes: Vec<String>,
    busy: Arc<Mutex<HashSet<String>>>,
    hosts: Arc<Mutex<Hosts>>,
    patience: Arc<AtomicU32>,
    current: Option<Place>,
}

/// What a host said to a wish.
enum Answer {
    /// It cannot be reached.
    Silent,
    /// It knows no such device.
    Unknown,
    Device(Box<Device>),
}

impl Search {
    /// The best device that opens, or `None` where nothing better than the current one is there, or is to be taken yet.
    fn run(&self) -> Result<Option<Caught>, SourceError> {
        let mut hurdle = None;
        let mut found = Vec::new();
        let mut current = self.current.as_ref();
        for (wish_at, wish) in self.wishes.iter().enumerate() {
            for (host_at, id) in host_ids().into_iter().enumerate() {
                if current.is_some_and(|it| (it.wish, it.host) < (wish_at, host_at)) {
                    return Ok(None);
                }
                let last = wish == DEFAULT_DEVICE && id.name() != ALSA; // ALSA's hangs at the same server
                let asked = self.guarded(id.name(), || self.ask(id, host_at, wish, &mut found));
                let away = matches!(asked, None | Some(Answer::Silent)) && is_server(host_at);
                if away && self.waits_for_server() {
                    return Ok(None);
                }
                let device = match asked {
                    Some(Answer::Device(device)) => device,
                    Some(Answer::Unknown) => {
                        // Its own host does not know it any more: what still comes is another device's sound.
                        current = current.filter(|it| (it.wish, it.host) != (wish_at, host_at));
                        if last {
                            break;
                        }
                        continue;
                    }
                    Some(Answer::Silent) => continue,
                    None => {
                        hurdle.get_or_insert_with(|| does_not_answer(id.name()));
                        continue;
                    }
                };
                let place = Place { wish: wish_at, host: host_at, id: id_of(&device) };
                if current == Some(&place) {
                    return Ok(None);
                }
                match self.guarded(&place.id, || open(&device, place.clone())) {
                    Some(Ok(caught)) => {
                        let patience = if is_server(host_at) { SERVER_RETURNS } else { 0 };
                        self.patience.store(patience, Ordering::Relaxed);
                        return Ok(Some(caught));
                    }
                    Some(Err(error)) => _ = hurdle.get_or_insert(error),
                    None => _ = hurdle.get_or_insert_with(|| does_not_answer(&name_of(&device))),
                }
                if last {
                    break;
                }
            }
        }
        if self.current.is_some() {
            return Ok(None);
        }
        let named = self.wishes.iter().all(|wish| wish != DEFAULT_DEVICE);
        Err(hurdle.unwrap_or_else(|| {
            if named {
                SourceError::MicrophoneMissing { wanted: self.wishes.clone(), found }
            } else {
                SourceError::NoMicrophone { reason: "the system names no input device".to_owned() }
            }
        }))
    }

    /// Whether a server that is away is still waited for. Where another device delivers nobody is in a hurry.
    fn waits_for_server(&self) -> bool {
        let one_less =
            || self.patience.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        self.current.is_none() && one_less().is_ok()
    }

    /// Asks a host for a device, over the connection of an earlier search if that still holds.
    fn ask(&self, id: HostId, at: usize, wish: &str, found: &mut Vec<String>) -> Answer {
        let kept = self.hosts().get_mut(at).and_then(Option::take);
        let answered = kept.and_then(|host| device_for(wish, &host, found).ok().map(|device| (host, device)));
        let answered = answered.or_else(|| {
            let host = cpal::host_from_id(id).ok()?;
            let device = device_for(wish, &host, found).ok()?;
            Some((host, device))
        });
        let Some((host, device)) = answered else { return Answer::Silent };
        let mut hosts = self.hosts();
        let places = hosts.len().max(at + 1);
        hosts.resize_with(places, || None);
        hosts[at] = Some(host);
        device.map_or(Answer::Unknown, |device| Answer::Device(Box::new(device)))
    }

    fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on `what`, unless an earlier thread still hangs in it.
    fn guarded<T>(&self, what: &str, work: impl FnOnce() -> T) -> Option<T> {
        if !self.lock().insert(what.to_owned()) {
            return None;
        }
        let _free = Free { what, busy: &self.busy };
        Some(work())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees a host or device when the work on it is over, even by a panic.
struct Free<'a> {
    what: &'a str,
    busy: &'a Mutex<HashSet<String>>,
}

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(self.what);
    }
}

fn does_not_answer(name: &str) -> SourceError {
    SourceError::NoMicrophone { reason: format!("{name} does not answer") }
}
