//! The binary: parse, build, run, return an exit code.
//!
//! Enters: arguments. Leaves: an exit code (see [`mynah::cli`]). The only file that knows exit codes of the process.

use std::{
    io::{self, IsTerminal, Write},
    panic::PanicHookInfo,
    process::ExitCode,
};

use clap::Parser;
use mynah::{
    cli::{self, Cli, Command, Console, pen::Pen},
    flow::Fault,
    mcp::NEVER_LOGGED,
    session,
    settings::environment,
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_panic));
    #[cfg(target_os = "linux")]
    if let Some(fault) = cli::fence::entered(std::env::args_os()) {
        Console::new(false).fault(&fault);
        return ExitCode::from(cli::USAGE);
    }
    let cli = Cli::parse();
    let config = cli.config.as_deref();
    // A daemon's log waits for nobody; another command is over when its log is written.
    let pen = matches!(cli.command, Command::Run(_)).then(|| Pen::on(Box::new(io::stderr())));
    let outcome = log_to_stderr(cli.verbose, pen.as_ref()).and_then(|()| match cli.command {
        Command::Run(args) => cli::run::run(&args, config),
        Command::Ask(args) => cli::ask::run(args, config),
        Command::Status(args) => cli::control::run(session::Command::Status, args.json, config),
        Command::Mute(args) => cli::control::run(session::Command::Mute, args.json, config),
        Command::Unmute(args) => cli::control::run(session::Command::Unmute, args.json, config),
        Command::Say(args) => cli::control::say(&args, config),
        Command::Stop(args) => cli::control::run(session::Command::Stop, args.json, config),
        Command::Ptt(args) => cli::control::run(cli::control::ptt(args.edge), args.json, config),
        Command::Events(args) => cli::control::events(&args, config),
        Command::Reload(args) => cli::control::run(session::Command::Reload, args.json, config),
        Command::Quit(args) => cli::control::run(session::Command::Quit, args.json, config),
        Command::Region(args) => cli::region::run(&args, config),
        Command::Models(args) => cli::library::run(&args, config),
        Command::Audit(args) => cli::audit::run(&args, config),
        Command::History(args) => cli::history::run(&args, config),
        Command::Memory(args) => cli::memory::run(&args, config),
        Command::Lists(args) => cli::lists::run(&args, config),
        Command::Phrases(args) => cli::phrases::run(&args, config),
        Command::Key(args) => cli::key::run(&args, config),
        Command::Tools(args) => cli::tools::run(&args, config),
        Command::Doctor(args) => cli::doctor::run(&args, config),
        Command::Service(args) => cli::service::run(&args, config),
        Command::Devices(args) => cli::devices::run(&args, config),
        Command::Mark(args) => cli::mark::run(&args),
        Command::Wake(args) => cli::wake::run(&args, config),
        Command::Test(args) => cli::test::run(&args),
        Command::Completions(args) => written(|out| cli::shell::completions(&args, out)),
        Command::Man(args) => written(|out| cli::shell::man(&args, out)),
    });
    ExitCode::from(outcome.unwrap_or_else(|fault| {
        Console::new(false).fault(&fault);
        cli::USAGE
    }))
}

/// Runs `write` on standard output. A reader that left early (`mynah man | head`) is no failure.
fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8, Fault> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Console::new(false).fault(&cli::unwritable(&error));
            Ok(cli::SOME_FAILED)
        }
        Ok(()) | Err(_) => Ok(cli::ANSWERED),
    }
}

/// Tells where the program broke, and not with what: a panic's text may quote what was said.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    // A closed standard error leaves nobody to tell.
    writeln!(io::stderr().lock(), "mynah: the {name} thread broke at {place}").ok();
}

/// Logs to standard error: warnings, and with -v more. `MYNAH_LOG` takes a filter ("mynah=debug"). Words are never logged.
fn log_to_stderr(verbose: u8, pen: Option<&Pen>) -> Result<(), Fault> {
    let level = match verbose {
        0 => "mynah=warn,error",
        1 => "mynah=info,warn",
        _ => "mynah=debug,info",
    };
    let filter = environment::variable("MYNAH_LOG").unwrap_or_else(|| level.to_owned());
    let filter = EnvFilter::try_new(&filter).map_err(|error| Fault {
        kind: "configuration",
        message: format!("MYNAH_LOG is {filter:?}: {error}"),
        remedy: "set it to a level (error, warn, info, debug, trace), or to a filter such as \"mynah=debug\""
            .into(),
    })?;
    // The protocol's crate logs whole messages, in which the user's words may stand.
    let filter = NEVER_LOGGED.parse().map_or(filter.clone(), |never| filter.add_directive(never));
    // Colours are for a terminal; in a file they are rubbish.
    let colours = io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    match pen.map(Pen::ink) {
        Some(ink) => log.with_writer(move || ink.clone()).init(),
        None => log.with_writer(io::stderr).init(),
    }
    Ok(())
}
