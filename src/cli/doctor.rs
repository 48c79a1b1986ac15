//! `mynah doctor`: looks at everything Mynah needs, and says what to do about what it lacks.
//!
//! Enters: arguments. Leaves: a line a finding, or one JSON object, on standard output. Never here: a rule of what is well;
//! that is [`crate::doctor`]'s.

use std::{io, path::Path};

use clap::Args;

use super::{ANSWERED, Console, SOME_FAILED, service::options};
use crate::{
    doctor::{Examination, Health, examine},
    flow::Fault,
    key::Desktop,
    report::printable,
    service::Manager,
    session::clock::Clock,
    settings::{self, environment},
};

/// Look at everything Mynah needs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mynah doctor\n  mynah doctor --json | jq '.findings[] | select(.health != \"ok\")'\n\n\
    It records a second of the microphone, of which nothing is kept, and plays a short tone. It takes at most six \
    seconds, and may be run while Mynah runs. Exit codes: 0 all is well or there are warnings only, 1 problems.\n\
    config/doctor.schema.json describes the JSON."
)]
pub struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Play no tone
    #[arg(long)]
    pub no_tone: bool,
    /// Ask your region's endpoints, too, whether they still have the model: sends them your key, and no words
    #[arg(long)]
    pub online: bool,
}

/// Looks at everything.
///
/// # Errors
/// Standard output takes nothing.
pub fn run(args: &DoctorArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let clock = Clock::new();
    let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error));
    let service = Manager::here()
        .ok()
        .and_then(|manager| Some((manager, options(manager, config, settings.as_ref().ok()).ok()?)));
    let environment_file = service
        .as_ref()
        .filter(|(manager, _)| *manager == Manager::Systemd)
        .map(|(_, options)| options.config_home.join("mynah/environment"));
    let report = examine(Examination {
        settings,
        file: settings::file(config),
        environment_file,
        service,
        desktop: Desktop::read(environment::variable),
        tone: !args.no_tone,
        online: args.online,
        clock,
    });
    let console = Console::new(false);
    let lines = if args.json {
        vec![report.json()]
    } else {
        report.lines().iter().map(|line| printable(line)).collect()
    };
    for line in lines {
        match console.answer(&line) {
            // A reader that left early has all it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            outcome => outcome.map_err(|error| super::unwritable(&error))?,
        }
    }
    Ok(if report.health == Health::Problem { SOME_FAILED } else { ANSWERED })
}
