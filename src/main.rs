//! The binary: parse, build, run, return an exit code.
//!
//! Enters: arguments. Leaves: an exit code (see [`mynah::cli`]). The only file that knows exit codes of the process.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use mynah::{
    cli::{self, Cli, Command, Console},
    flow::Fault,
    settings::environment,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.verbose);
    let config = cli.config.as_deref();
    let outcome = match cli.command {
        Command::Ask(args) => cli::ask::run(args, config),
        Command::Models(args) => cli::library::run(&args, config),
        Command::Completions(args) => written(|out| cli::shell::completions(&args, out)),
        Command::Man(args) => written(|out| cli::shell::man(&args, out)),
    };
    ExitCode::from(outcome.unwrap_or_else(|fault| {
        Console::new(false).fault(&fault);
        cli::USAGE
    }))
}

/// Runs `write` on standard output. A reader that left early (`mynah man | head`) is no failure.
fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8, Fault> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fault {
            kind: "output",
            message: format!("could not write the output: {error}"),
            remedy: "check that the place it goes to exists, is writable and has room".into(),
        }),
        Ok(()) | Err(_) => Ok(cli::ANSWERED),
    }
}

/// Logs to standard error: warnings, and with -v more. `MYNAH_LOG` takes a filter ("mynah=debug"). Words are never logged.
fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "mynah=info,warn",
        _ => "mynah=debug,info",
    };
    let filter = environment::variable("MYNAH_LOG").unwrap_or_else(|| level.to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| level.into()))
        .with_writer(io::stderr)
        .init();
}
