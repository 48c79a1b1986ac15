//! `mynah audit`: what was sent where and what was refused, and whether that record is whole.
//!
//! Enters: arguments. Leaves: a table, the lines themselves, a verdict, a file. Reads while Mynah runs, and never writes to
//! the record. Never here: how the chain is made; that is [`crate::egress::audit`]'s.

use std::{
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use jiff::{Span, Timestamp, ToSpan, civil, tz::TimeZone};
use serde_json::json;

use super::{ANSWERED, Console, SOME_FAILED};
use crate::{
    egress::audit::{self, Begins, Decision, Finding, Record, Verdict},
    flow::Fault,
    report::printable,
    session::clock,
    settings,
};

/// The record of what was sent where and what was refused.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah audit show --since 1d\n  mynah audit show --refused\n  mynah audit verify\n  \
    mynah audit export mynah-audit.csv --format csv\n\n\
    The record holds no words and no keys; config/audit.schema.json describes its lines and the JSON of verify."
)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What to do with the record.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Show what was sent, answered and refused, the oldest first
    #[command(
        after_help = "Examples:\n  mynah audit show\n  mynah audit show --since 2h --endpoint openai\n  \
        mynah audit show --since 2026-11-22 --refused\n  mynah audit show --json | jq .host\n\n\
        SENT and GOT are bytes of the bodies. Exit codes: 0 shown, 2 the record cannot be read."
    )]
    Show(ShowArgs),
    /// Check that no line was changed, taken out, put in or cut off
    #[command(
        after_help = "Examples:\n  mynah audit verify\n  mynah audit verify --json | jq -r .last.hash\n\nExit codes: 0 whole, 1 something was changed (file and line are \
        named), 2 the record cannot be read.\nIt cannot find out about somebody who wrote the whole record and its \
        .head file anew; who fears that keeps the last line's hash, which it prints, on another machine."
    )]
    Verify(VerifyArgs),
    /// Write the whole record into one file
    #[command(
        after_help = "Examples:\n  mynah audit export mynah-audit.jsonl\n  mynah audit export mynah-audit.csv --format csv\n\n\
        A file that is there is not overwritten. Exit codes: 0 written, 2 it cannot be read or written."
    )]
    Export(ExportArgs),
}

/// Which lines, and how.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Only what happened since then: 30m, 2h, 7d, a date, or a time such as 2026-11-22T08:30:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub since: Option<Since>,
    /// Only this endpoint or mirror
    #[arg(long, value_name = "ID")]
    pub endpoint: Option<String>,
    /// Only what was refused or broke a rule
    #[arg(long)]
    pub refused: bool,
    /// Print the lines as they are recorded
    #[arg(long)]
    pub json: bool,
}

/// How it is told.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Where to, and how.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The file
    pub file: PathBuf,
    /// The recorded lines, or a table for a spreadsheet
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The lines as they are recorded, chain included
    Jsonl,
    /// Comma-separated values with a line of names
    Csv,
}

/// A beginning.
#[derive(Debug, Clone, Copy)]
pub enum Since {
    /// That long ago.
    Ago(Span),
    /// That day, here.
    Day(civil::Date),
    /// Then.
    Moment(Timestamp),
}

/// Carries out `mynah audit`.
///
/// # Errors
/// The settings cannot be used, the record cannot be read, or what was asked for cannot be written.
pub fn run(args: &AuditArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let console = Console::new(false);
    match &args.command {
        AuditCommand::Show(args) => show(args, &settings.ledger, &console),
        AuditCommand::Verify(args) => verify(args, &settings.ledger, &console),
        AuditCommand::Export(args) => export(args, &settings.ledger, &console),
    }
}

fn show(args: &ShowArgs, path: &Path, console: &Console) -> Result<u8, Fault> {
    let zone = clock::now().time_zone().clone();
    let from = args.since.map(|since| moment(since, &zone)).transpose()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut shown, mut written) = (0_u64, Ok(()));
    let strange = audit::records(path, &mut |record, line| {
        if !wanted(args, from, record) {
            return ControlFlow::Continue(());
        }
        written = if args.json { writeln!(out, "{line}") } else { row(&mut out, record, &zone, shown == 0) };
        shown += 1;
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .map_err(|error| Fault::from(&error))?;
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(super::unwritable(&error)),
        Ok(()) | Err(_) => drop(out),
    }
    if shown == 0 {
        console.note("nothing of that is on record");
    }
    tell_strange(console, strange);
    Ok(ANSWERED)
}

fn tell_strange(console: &Console, strange: u64) {
    if strange > 0 {
        console.note(&format!("{strange} lines are no records; `mynah audit verify` says where they are"));
    }
}

fn wanted(args: &ShowArgs, from: Option<Timestamp>, record: &Record) -> bool {
    let late = match (from, record.time.parse::<Timestamp>()) {
        (Some(from), Ok(time)) => time >= from,
        _ => true, // a time that cannot be read hides nothing
    };
    let endpoint = args.endpoint.as_ref().is_none_or(|id| record.endpoint.as_ref() == Some(id));
    let refused = !args.refused || matches!(record.decision, Decision::Refused | Decision::Violation);
    late && endpoint && refused
}

fn row(out: &mut dyn Write, record: &Record, zone: &TimeZone, first: bool) -> io::Result<()> {
    if first {
        writeln!(
            out,
            "{:19}  {:9}  {:14}  {:30}  {:8}  {:>7}  {:>8}  RULE",
            "WHEN", "DECISION", "ENDPOINT", "HOST", "PLACE", "SENT", "GOT"
        )?;
    }
    let when = record.time.parse::<Timestamp>().map_or_else(
        |_| printable(&record.time),
        |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    );
    let text = |text: &Option<String>| printable(text.as_deref().unwrap_or("-"));
    let asserted = record.infer_asserted.as_ref().map(|place| format!("{}!", printable(place)));
    let declared = || Some(printable(&record.infer.join(","))).filter(|place| !place.is_empty());
    let about = record.about.as_ref().and_then(|about| about.file.as_ref().or(about.text.as_ref()));
    let rule = record.rule.as_ref().or(about).map(|rule| printable(rule)).unwrap_or_default();
    let line = format!(
        "{when:19}  {:9}  {:14}  {:30}  {:8}  {:>7}  {:>8}  {rule}",
        record.decision.name(),
        text(&record.endpoint),
        text(&record.host),
        asserted.or_else(declared).unwrap_or_else(|| "-".to_owned()),
        record.bytes_out,
        record.bytes_in,
    );
    writeln!(out, "{}", line.trim_end())
}

fn verify(args: &VerifyArgs, path: &Path, console: &Console) -> Result<u8, Fault> {
    let verdict = audit::verify(path).map_err(|error| Fault::from(&error))?;
    for line in if args.json { vec![json(&verdict)] } else { told(&verdict) } {
        match console.answer(&printable(&line)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            outcome => outcome.map_err(|error| super::unwritable(&error))?,
        }
    }
    Ok(if verdict.is_whole() { ANSWERED } else { SOME_FAILED })
}

/// `verdict` as config/audit.schema.json has it.
fn json(verdict: &Verdict) -> String {
    let found = |found: &Finding| {
        let line = (found.line > 0).then_some(found.line);
        json!({ "file": found.file, "line": line, "what": found.what })
    };
    let list = |list: &[Finding]| list.iter().map(found).collect::<Vec<_>>();
    let after = match &verdict.begins {
        Begins::After { file, seq } => Some(json!({ "file": file, "seq": seq })),
        Begins::Nowhere | Begins::AtFirst => None,
    };
    let last = verdict.last.as_ref().map(|(seq, hash)| json!({ "seq": seq, "hash": hash }));
    let whole = json!({
        "whole": verdict.is_whole(),
        "lines": verdict.lines,
        "files": verdict.files,
        "begins_after": after,
        "last": last,
        "findings": list(&verdict.findings),
        "unlisted": verdict.unlisted,
        "notes": list(&verdict.notes),
    });
    whole.to_string()
}

fn told(verdict: &Verdict) -> Vec<String> {
    let mut lines: Vec<String> = verdict.findings.iter().map(|found| format!("CHANGED  {found}")).collect();
    if verdict.unlisted > 0 {
        lines.push(format!("CHANGED  and {} more", verdict.unlisted));
    }
    lines.extend(verdict.notes.iter().map(|note| format!("note     {note}")));
    if let Begins::After { file, seq } = &verdict.begins {
        lines.push(format!("note     begins after line number {seq}, the last of {file}, which was removed when newer files were full"));
    }
    let Some((seq, hash)) = &verdict.last else {
        lines.push("nothing is recorded in a chain".to_owned());
        return lines;
    };
    let whole = if verdict.is_whole() { "whole" } else { "NOT whole" };
    let (count, files) = (verdict.lines, verdict.files);
    lines.push(format!("{whole}: {count} lines in {files} files; the last is number {seq}, {hash}"));
    lines
}

fn export(args: &ExportArgs, path: &Path, console: &Console) -> Result<u8, Fault> {
    let unwritable = |error: &io::Error| Fault {
        kind: "output",
        message: format!("could not write {}: {error}", args.file.display()),
        remedy: "name a file that is not there yet, in a folder that is writable and has room".into(),
    };
    let folder = args.file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if args.file.symlink_metadata().is_ok() {
        return Err(unwritable(&io::Error::from(io::ErrorKind::AlreadyExists)));
    }
    // It appears whole or not at all, and is for its owner alone like the record itself.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| unwritable(&error))?;
    let mut out = BufWriter::new(file.as_file_mut());
    let (mut lines, mut written) = (0_u64, Ok(()));
    if args.format == Format::Csv {
        written = out.write_all(CSV_HEAD.as_bytes());
    }
    let strange = audit::records(path, &mut |record, line| {
        if written.is_ok() {
            written = match args.format {
                Format::Jsonl => writeln!(out, "{line}"),
                Format::Csv => out.write_all(csv(record).as_bytes()),
            };
        }
        lines += 1;
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .map_err(|error| Fault::from(&error))?;
    written.and_then(|()| out.flush()).map_err(|error| unwritable(&error))?;
    drop(out);
    file.persist_noclobber(&args.file).map_err(|error| unwritable(&error.error))?;
    tell_strange(console, strange);
    console
        .answer(&format!("{lines} lines: {}", args.file.display()))
        .or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
        .map_err(|error| super::unwritable(&error))?;
    Ok(ANSWERED)
}

const CSV_HEAD: &str = "seq,time,request,turn,region,inputs,capability,endpoint,host,address,proxy,model,model_answered,\
    infer,infer_asserted,data,bytes_out,bytes_in,body_sha256,status,hops,decision,rule,policy_sha256,about\r\n";

fn csv(record: &Record) -> String {
    let number = |number: Option<u64>| number.map(|n| n.to_string());
    let about = record.about.as_ref().and_then(|about| serde_json::to_string(about).ok());
    let cells = [
        Some(record.seq.to_string()),
        Some(record.time.clone()),
        number(record.request),
        Some(record.turn.to_string()),
        record.region.clone(),
        record.inputs.clone(),
        record.capability.clone(),
        record.endpoint.clone(),
        record.host.clone(),
        record.address.clone(),
        record.proxy.clone(),
        record.model.clone(),
        record.model_answered.clone(),
        Some(record.infer.join(" ")),
        record.infer_asserted.clone(),
        record.data.clone(),
        Some(record.bytes_out.to_string()),
        Some(record.bytes_in.to_string()),
        record.body_sha256.clone(),
        number(record.status.map(u64::from)),
        Some(record.hops.to_string()),
        Some(record.decision.name().to_owned()),
        record.rule.clone(),
        record.policy_sha256.clone(),
        about,
    ];
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&cell.unwrap_or_default())).collect();
    format!("{}\r\n", cells.join(","))
}

/// `cell` as RFC 4180 has it. A text that a spreadsheet would take for a formula is led by an apostrophe: a model's name
/// comes from outside.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if cell.contains([',', '"', '\r', '\n']) {
        return format!("\"{guard}{}\"", cell.replace('"', "\"\""));
    }
    format!("{guard}{cell}")
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    let text = text.trim();
    let ago = |end, span: fn(i64) -> Span| {
        let count = text.strip_suffix(end)?.parse::<i64>().ok().filter(|n| (0..=100_000).contains(n))?;
        Some(Since::Ago(span(count)))
    };
    ago('m', |n| n.minutes())
        .or_else(|| ago('h', |n| n.hours()))
        .or_else(|| ago('d', |n| (n * 24).hours()))
        .or_else(|| text.parse().ok().map(Since::Moment))
        .or_else(|| text.parse().ok().map(Since::Day))
        .ok_or_else(|| "allowed: 30m, 2h, 7d, 2026-11-22, 2026-11-22T08:30:00Z".to_owned())
}

/// When `since` is, here and now.
pub(super) fn moment(since: Since, zone: &TimeZone) -> Result<Timestamp, Fault> {
    let found = match since {
        Since::Ago(span) => clock::now().timestamp().checked_sub(span),
        Since::Day(day) => day.to_zoned(zone.clone()).map(|day| day.timestamp()),
        Since::Moment(moment) => Ok(moment),
    };
    found.map_err(|error| Fault {
        kind: "usage",
        message: format!("there is no such time: {error}"),
        remedy: "name a day or a time in this era".into(),
    })
}
