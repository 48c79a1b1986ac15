//! Players: the media players on the session bus (MPRIS).
//!
//! Enters: wishes. Leaves: what the player meant says of itself afterwards. Several players are asked at once; one that
//! hangs holds up nobody and is never taken for silent. Never here: a piece sought by its name, a player started.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use zbus::{
    Connection,
    zvariant::{OwnedValue, Value},
};

use super::{
    Around, DesktopError, Doing, Outcome, Player, Players, Wish,
    bus::{self, To},
    text::said,
};

const PLAYER: &str = "player";
const PREFIX: &str = "org.mpris.MediaPlayer2.";
const OBJECT: &str = "/org/mpris/MediaPlayer2";
const ROOT: &str = "org.mpris.MediaPlayer2";
const CONTROLS: &str = "org.mpris.MediaPlayer2.Player";

/// It shows other players as its own.
const MIRROR: &str = "playerctld";

/// The most players that are looked at.
const MOST: usize = 16;

/// How long one answer may take; a player that works answers in a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(600);

/// How often a player is looked at after a wish, and how many times.
const STEP: Duration = Duration::from_millis(50);
const LOOKS: usize = 12;

/// The players on the session bus.
pub(super) struct Mpris {
    bus: Option<String>,
    /// The one that was last seen to play, or was last told to.
    last: Option<String>,
}

/// A player as it says it is.
struct Seen {
    bus_name: String,
    player: Player,
    /// What tells its piece from others.
    piece: String,
    /// What it says it cannot do.
    cannot: Vec<Wish>,
}

/// Those that answered, the one meant first; and whether some did not.
struct Survey {
    seen: Vec<Seen>,
    silent: bool,
}

impl Mpris {
    pub(super) fn new(around: &Around) -> Self {
        Self { bus: around.session_bus.clone(), last: None }
    }
}

impl Players for Mpris {
    fn now(&mut self) -> Result<Player, DesktopError> {
        let last = self.last.clone();
        let seen = bus::on(self.bus.as_deref(), PLAYER, async |bus| {
            let survey = survey(bus, last.as_deref()).await?;
            let silent = survey.silent;
            let first = survey.seen.into_iter().next();
            let first = first.filter(|seen| !silent || seen.player.doing == Doing::Playing);
            first.ok_or(if silent { DesktopError::Slow(PLAYER) } else { DesktopError::Absent(PLAYER) })
        })?;
        self.last = Some(seen.bus_name);
        Ok(seen.player)
    }

    fn wish(&mut self, wish: Wish) -> Result<Outcome, DesktopError> {
        let last = self.last.clone();
        let (name, outcome) = bus::on(self.bus.as_deref(), PLAYER, async |bus| {
            let survey = survey(bus, last.as_deref()).await?;
            carry_out(bus, survey, wish).await
        })?;
        self.last = name.or(self.last.take());
        Ok(outcome)
    }
}

/// Every player on the bus.
async fn survey(bus: &Connection, last: Option<&str>) -> Result<Survey, DesktopError> {
    let daemon = To {
        name: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        what: "bus",
    };
    let mut names: Vec<String> = daemon.call(bus, "ListNames", &()).await?;
    names.retain(|name| name.strip_prefix(PREFIX).is_some_and(|rest| rest != MIRROR));
    names.sort();
    names.truncate(MOST);
    let looks = join_all(names.iter().map(|name| look(bus, name))).await;
    // One that left in between is no player any more.
    let silent =
        looks.iter().any(|look| matches!(look, Err(error) if *error != DesktopError::Absent(PLAYER)));
    let mut seen: Vec<Seen> = looks.into_iter().flatten().collect();
    seen.sort_by_key(|seen| {
        let doing = match seen.player.doing {
            Doing::Playing => 0,
            Doing::Paused => 1,
            Doing::Stopped => 2,
        };
        let another = Some(seen.bus_name.as_str()) != last;
        // What plays is heard; among the others, the last that did.
        if doing == 0 { (0, another, doing) } else { (1, another, doing) }
    });
    match (seen.is_empty(), silent) {
        (true, true) => Err(DesktopError::Slow(PLAYER)),
        (true, false) => Err(DesktopError::Absent(PLAYER)),
        (false, _) => Ok(Survey { seen, silent }),
    }
}

/// What the player `name` says of itself.
async fn look(bus: &Connection, name: &str) -> Result<Seen, DesktopError> {
    let to = To { name, path: OBJECT, interface: CONTROLS, what: PLAYER };
    let both = async { tokio::join!(to.properties(bus), To { interface: ROOT, ..to }.properties(bus)) };
    let (controls, root) =
        tokio::time::timeout(PATIENCE, both).await.map_err(|_| DesktopError::Slow(PLAYER))?;
    let controls = controls?;
    let own = root.ok().and_then(|root| text(root.get("Identity")?)).as_deref().and_then(said);
    let short = name.strip_prefix(PREFIX).and_then(|rest| rest.split('.').next()).unwrap_or_default();
    let about: HashMap<String, OwnedValue> = controls
        .get("Metadata")
        .and_then(|about| about.try_clone().ok()?.try_into().ok())
        .unwrap_or_default();
    let title = about.get("xesam:title").and_then(text);
    let artist = about.get("xesam:artist").and_then(text);
    let piece = format!("{:?} {title:?} {:?}", about.get("mpris:trackid"), about.get("xesam:url"));
    let doing = match controls.get("PlaybackStatus").and_then(text).as_deref() {
        Some("Playing") => Doing::Playing,
        Some("Paused") => Doing::Paused,
        _ => Doing::Stopped,
    };
    let may =
        |property: &str| controls.get(property).is_none_or(|value| bool::try_from(value).unwrap_or(true));
    let abilities = [
        (Wish::Play, may("CanPlay")),
        (Wish::Pause, may("CanPause")),
        (Wish::Next, may("CanGoNext")),
        (Wish::Previous, may("CanGoPrevious")),
    ];
    let mut cannot: Vec<Wish> = abilities.into_iter().filter(|(_, may)| !may).map(|(wish, _)| wish).collect();
    if !may("CanControl") {
        cannot = vec![Wish::Play, Wish::Pause, Wish::Stop, Wish::Next, Wish::Previous];
    }
    let (title, artist) = (title.as_deref().and_then(said), artist.as_deref().and_then(said));
    let name = own.or_else(|| said(short)).unwrap_or_default();
    Ok(Seen { bus_name: to.name.to_owned(), player: Player { name, doing, title, artist }, piece, cannot })
}

/// A text, or several as one.
fn text(value: &OwnedValue) -> Option<String> {
    match &**value {
        Value::Str(text) => Some(text.to_string()),
        Value::ObjectPath(path) => Some(path.to_string()),
        Value::Array(several) => {
            let texts: Vec<&str> =
                several.iter().take(4).filter_map(|value| <&str>::try_from(value).ok()).collect();
            Some(texts.join(", ")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

async fn carry_out(
    bus: &Connection,
    survey: Survey,
    wish: Wish,
) -> Result<(Option<String>, Outcome), DesktopError> {
    let Survey { seen, silent } = survey;
    let Some(meant) = seen.into_iter().next() else { return Ok((None, Outcome::Idle)) };
    let doing = meant.player.doing;
    let name = Some(meant.bus_name.clone());
    let idle = match wish {
        Wish::Pause => doing != Doing::Playing,
        Wish::Stop => doing == Doing::Stopped,
        Wish::Play | Wish::Next | Wish::Previous => false,
    };
    if idle && silent {
        // The one that does not answer may be the one that is heard.
        return Err(DesktopError::Slow(PLAYER));
    }
    if idle {
        return Ok((name, Outcome::Idle));
    }
    if wish == Wish::Play && doing == Doing::Playing {
        return Ok((name, Outcome::Already(meant.player)));
    }
    if meant.cannot.contains(&wish) {
        return Ok((name, Outcome::Unable(meant.player)));
    }
    let method = match wish {
        Wish::Play => "Play",
        Wish::Pause => "Pause",
        Wish::Stop => "Stop",
        Wish::Next => "Next",
        Wish::Previous => "Previous",
    };
    let to = To { name: &meant.bus_name, path: OBJECT, interface: CONTROLS, what: PLAYER };
    let call = tokio::time::timeout(PATIENCE, to.call::<_, ()>(bus, method, &()));
    call.await.unwrap_or(Err(DesktopError::Slow(PLAYER)))?;
    let mut after = meant;
    let before = after.piece.clone();
    for _ in 0..LOOKS {
        after = match look(bus, &after.bus_name).await {
            // Some end when they are to stop.
            Err(DesktopError::Absent(PLAYER)) if wish == Wish::Stop => {
                let player = Player { doing: Doing::Stopped, title: None, artist: None, ..after.player };
                return Ok((name, Outcome::Done(player)));
            }
            looked => looked?,
        };
        let done = match wish {
            Wish::Play => after.player.doing == Doing::Playing,
            Wish::Pause => after.player.doing != Doing::Playing,
            // Some only pause.
            Wish::Stop => after.player.doing == Doing::Stopped,
            Wish::Next | Wish::Previous => after.piece != before,
        };
        if done {
            return Ok((name, Outcome::Done(settled(bus, after).await)));
        }
        tokio::time::sleep(STEP).await;
    }
    Ok((name, Outcome::Unseen(after.player)))
}

/// A piece that has begun only now may not say yet what it is called.
async fn settled(bus: &Connection, seen: Seen) -> Player {
    if seen.player.title.is_some() || seen.player.doing == Doing::Stopped {
        return seen.player;
    }
    tokio::time::sleep(STEP * 3).await;
    look(bus, &seen.bus_name).await.map_or(seen.player, |seen| seen.player)
}
