//! Start: applications that go on by themselves, whatever becomes of Mynah.
//!
//! Enters: an absolute program and its arguments. Leaves: that it began, or why not. The user's systemd starts it as a unit
//! of its own, so that it neither inherits the walls around Mynah's service nor ends with it; where there is none, it is
//! a process group of its own. Never here: a shell, Mynah's environment.

use std::{path::PathBuf, time::Duration};

use futures_util::StreamExt;
use zbus::{
    Connection, MatchRule, MessageStream,
    message::Type,
    zvariant::{OwnedObjectPath, Value},
};

use super::{
    Around, DesktopError,
    bus::{self, To},
};
use crate::program::{self, Begun, First};

const APPLICATION: &str = "application";

/// What fails at once does so within this time: a missing library, no display.
const WATCH: Duration = program::WATCH;

const SYSTEMD: To<'_> = To {
    name: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager",
    what: "service manager",
};

/// Starts applications.
pub(super) struct Starter {
    bus: Option<String>,
    home: Option<PathBuf>,
    variables: Vec<(String, String)>,
    /// Those that were started here, kept to be waited for when they end.
    begun: Vec<Begun>,
    count: u32,
}

/// A program to be started.
pub(super) struct Launch {
    /// What it is, in letters and digits.
    pub(super) unit: String,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
}

impl Starter {
    pub(super) fn new(around: &Around) -> Self {
        Self {
            bus: around.session_bus.clone(),
            home: around.home.clone(),
            variables: around.variables.clone(),
            begun: Vec::new(),
            count: 0,
        }
    }

    /// Starts `launch` and watches its first moments.
    pub(super) fn start(&mut self, launch: &Launch) -> Result<(), DesktopError> {
        self.begun.retain_mut(|begun| begun.ended().is_none());
        self.count += 1;
        let unit = format!("app-mynah-{}-{}-{}.service", launch.unit, std::process::id(), self.count);
        let program = launch.program.to_string_lossy();
        let whole: Vec<String> = launch.arguments.iter().map(|argument| literal(argument)).collect();
        let mut argv = vec![program.as_ref()];
        argv.extend(whole.iter().map(String::as_str));
        let by_systemd =
            bus::on(self.bus.as_deref(), SYSTEMD.what, async |bus| self.unit(bus, &unit, &argv).await);
        match by_systemd {
            Ok(()) => Ok(()),
            // It may have been started: a second one would be a surprise.
            Err(error @ (DesktopError::Slow(_) | DesktopError::Failed(APPLICATION, _))) => Err(error),
            Err(_) => self.here(launch),
        }
    }

    async fn unit(&self, bus: &Connection, unit: &str, argv: &[&str]) -> Result<(), DesktopError> {
        // Without that it tells nobody what becomes of a job.
        SYSTEMD.call::<_, ()>(bus, "Subscribe", &()).await?;
        let rule = MatchRule::builder().msg_type(Type::Signal).interface(SYSTEMD.interface);
        let rule = rule.and_then(|rule| rule.member("JobRemoved"));
        let rule = rule.map_err(|error| bus::told(&error, SYSTEMD.what))?.build();
        let jobs = MessageStream::for_match_rule(rule, bus, None).await;
        let mut jobs = jobs.map_err(|error| bus::told(&error, SYSTEMD.what))?;
        let variables: Vec<String> =
            self.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut properties = vec![
            ("Description", Value::from(format!("{}, opened by voice", argv[0]))),
            ("Type", Value::from("exec")),
            ("ExecStart", Value::from(vec![(argv[0], argv.to_vec(), false)])),
            ("Environment", Value::from(variables)),
            ("Slice", Value::from("app.slice")),
            // What hands over to a process that goes on has not ended.
            ("KillMode", Value::from("process")),
        ];
        if let Some(home) = self.home.as_deref().and_then(|home| home.to_str()) {
            properties.push(("WorkingDirectory", Value::from(home)));
        }
        let none: Vec<(&str, Vec<(&str, Value<'_>)>)> = Vec::new();
        let body = (unit, "fail", properties, none);
        let job: OwnedObjectPath = SYSTEMD.call(bus, "StartTransientUnit", &body).await?;
        while let Some(Ok(signal)) = jobs.next().await {
            let body = signal.body();
            let removed = body.deserialize::<(u32, OwnedObjectPath, String, String)>();
            let Ok((_, removed, _, result)) = removed else { continue };
            if removed == job {
                if result != "done" {
                    return Err(DesktopError::Failed(APPLICATION, "it could not be started".to_owned()));
                }
                return still_well(bus, unit).await;
            }
        }
        Err(DesktopError::Slow(SYSTEMD.what))
    }

    fn here(&mut self, launch: &Launch) -> Result<(), DesktopError> {
        let begun = program::begin_and_watch(
            &launch.program,
            &launch.arguments,
            &self.variables,
            self.home.as_deref(),
        );
        match begun.map_err(|error| DesktopError::Failed(APPLICATION, error.kind().to_string()))? {
            First::Runs(begun) => self.begun.push(begun),
            First::Ended => {}
            First::Failed => return Err(DesktopError::Failed(APPLICATION, "it ended at once".to_owned())),
        }
        Ok(())
    }
}

/// `argument` as systemd takes it as it stands: it would put variables in the place of their names.
fn literal(argument: &str) -> String {
    argument.replace('$', "$$")
}

/// Whether `unit` has not failed in its first moments.
async fn still_well(bus: &Connection, unit: &str) -> Result<(), DesktopError> {
    tokio::time::sleep(WATCH).await;
    // One that ended well is gone by now.
    let Ok(path) = SYSTEMD.call::<_, OwnedObjectPath>(bus, "GetUnit", &(unit,)).await else { return Ok(()) };
    let about = To { path: path.as_str(), interface: "org.freedesktop.systemd1.Unit", ..SYSTEMD };
    // It was started: whatever keeps its state from being known, a second one would be a surprise.
    let Ok(properties) = about.properties(bus).await else { return Ok(()) };
    let state = properties.get("ActiveState").and_then(|state| <&str>::try_from(state).ok());
    if state == Some("failed") {
        // Nothing is left to be looked at; how it went is in the journal.
        let _ = SYSTEMD.call::<_, ()>(bus, "ResetFailedUnit", &(unit,)).await;
        return Err(DesktopError::Failed(APPLICATION, "it ended at once".to_owned()));
    }
    Ok(())
}
