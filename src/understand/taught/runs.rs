//! Runs: which programs a phrase may start, and with what.
//!
//! Enters: a program and its arguments as the file has them. Leaves: them, with the places where words go in, or why they are
//! refused. Never here: words where a program would take them for a command: in a shell's text, as a program's name, as a
//! part of an argument.

use std::path::{Path, PathBuf};

use crate::flow::Piece;

/// Most arguments, and the longest, in bytes.
const ARGUMENTS: usize = 64;
const LONGEST: usize = 4_096;

/// Programs that run their first operand with the rest as its arguments, by their names without a version. What is said may
/// be handed to such a program only behind the absolute path of a script or program.
const RUN_THEIR_FIRST: &str = "\
    sh bash dash ash zsh ksh mksh fish csh tcsh python pypy perl ruby node nodejs deno bun lua luajit php tclsh \
    wish expect gjs osascript pwsh wscript cscript env sudo doas pkexec nice ionice nohup setsid time strace \
    ltrace systemd-run dbus-run-session flatpak-spawn";

/// Programs that run others of their arguments, or put them together for a shell. What is said is never handed to them, for
/// a path in front of it may be a file to lock, to edit, to write or to search: `flock /tmp/lock -c {text}`.
const RUN_ANY: &str = "\
    busybox toybox awk gawk mawk nawk sed su runuser timeout watch xargs parallel find fd flock script screen \
    tmux ssh rsh mosh eval exec command chroot unshare nsenter gdb xterm konsole gnome-terminal \
    x-terminal-emulator alacritty kitty foot wezterm powershell cmd mshta vim vi nvim emacs emacsclient cron at \
    batch docker podman distrobox toolbox bwrap firejail";

/// The program and arguments of `run`; the place of what is wrong among them, and why. `slots` are those that every way to
/// say the phrase fills.
pub(super) fn read(run: &[&str], slots: &[&'static str]) -> Result<(PathBuf, Vec<Piece>), (usize, String)> {
    let Some((program, rest)) = run.split_first() else {
        return Err((
            0,
            "`run` is empty; it is a program by its absolute path, and its arguments".to_owned(),
        ));
    };
    if program.contains('{') {
        return Err((0, "the program stands as it is; what is said is no part of it".to_owned()));
    }
    let path = Path::new(program);
    if !path.is_absolute() {
        return Err((
            0,
            format!("`{program}` is no absolute path, such as /usr/bin/mpv; no shell looks for it"),
        ));
    }
    if rest.len() > ARGUMENTS {
        return Err((ARGUMENTS + 1, format!("there are more than {ARGUMENTS} arguments")));
    }
    let mut arguments = Vec::new();
    for (place, argument) in run.iter().enumerate() {
        if argument.len() > LONGEST {
            return Err((place, format!("it is longer than {LONGEST} bytes")));
        }
        if argument.contains('\0') {
            return Err((place, "it holds a zero byte".to_owned()));
        }
        if place > 0 {
            arguments.push(one(argument, slots).map_err(|reason| (place, reason))?);
        }
    }
    if let Some(reason) = runs_what_is_said(program, rest, &arguments) {
        return Err((0, reason));
    }
    Ok((path.to_owned(), arguments))
}

fn one(argument: &str, slots: &[&'static str]) -> Result<Piece, String> {
    let inner = argument.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if let Some(name) = inner.filter(|name| is_name(name)) {
        let slot = slots.iter().find(|slot| **slot == name);
        return slot.map(|slot| Piece::Said(slot)).ok_or_else(|| not_filled(name, slots));
    }
    // Braces that name no slot stand as they are.
    match slots.iter().find(|slot| argument.contains(&format!("{{{slot}}}"))) {
        Some(slot) => Err(format!("`{{{slot}}}` is an argument of its own, or none")),
        None => Ok(Piece::Fixed(argument.to_owned())),
    }
}

/// Why `{name}` cannot be used.
pub(super) fn not_filled(name: &str, slots: &[&'static str]) -> String {
    let known = if slots.is_empty() {
        "nothing is".to_owned()
    } else {
        slots.iter().map(|slot| format!("{{{slot}}}")).collect::<Vec<_>>().join(", ")
    };
    format!("`{{{name}}}` is not said in every way to say this phrase; {known} always")
}

/// Whether `name` could be a slot's.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Why what is said must not go to these programs: one of them would run it.
fn runs_what_is_said(program: &str, rest: &[&str], arguments: &[Piece]) -> Option<String> {
    let last_said = arguments.iter().rposition(|argument| matches!(argument, Piece::Said(_)))?;
    let mut runs = program;
    for (argument, next) in arguments.iter().zip(rest).take(last_said + 1) {
        let name = plain_name(runs);
        let among = |names: &str| names.split_whitespace().any(|known| known == name);
        if among(RUN_ANY) {
            return Some(format!("`{runs}` runs what it is given, so what is said must not be given to it"));
        }
        if !among(RUN_THEIR_FIRST) {
            return None;
        }
        if matches!(argument, Piece::Said(_)) || !Path::new(next).is_absolute() {
            return Some(format!(
                "`{runs}` runs what it is given, so what is said must not be given to it; behind the absolute path of a script \
                 or program it may"
            ));
        }
        runs = next;
    }
    None
}

/// The name of the program at `path` without a version: "python" of "/usr/bin/python3.12".
fn plain_name(path: &str) -> String {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-')).to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_goes_in_as_whole_arguments_of_programs_that_run_nothing() {
        for run in [
            &["/usr/bin/mpv"][..],
            &["/usr/bin/mpv", "--no-video", "{text}"],
            &["/bin/sh", "-c", "echo $HOME"],
            &["/bin/sh", "/opt/mine/note.sh", "{text}"],
            &["/usr/bin/env", "/usr/bin/python3", "/opt/mine/x.py", "{text}", "{number}"],
            &["/usr/bin/nice", "/usr/bin/mpv", "{text}"],
            &["/usr/bin/find", "/d", "-exec", "/opt/x.sh", ";"],
            &["/usr/bin/jq", "{title}.x", "a{}b", "{ text }", "{\"a\": 1}"],
        ] {
            let (path, arguments) =
                read(run, &["text", "number"]).unwrap_or_else(|it| panic!("{run:?} {it:?}"));
            assert_eq!(path, Path::new(run[0]));
            for (argument, given) in arguments.iter().zip(&run[1..]) {
                let said = match argument {
                    Piece::Fixed(text) => text.clone(),
                    Piece::Said(name) => format!("{{{name}}}"),
                };
                assert_eq!(said, *given);
            }
        }
    }

    #[test]
    fn the_rest_is_refused_with_its_place() {
        let long = "x".repeat(5_000);
        for (run, place, reason) in [
            (&[][..], 0, "empty"),
            (&["mpv"], 0, "no absolute path"),
            (&["~/bin/x"], 0, "no absolute path"),
            (&["/usr/bin/{text}"], 0, "no part of it"),
            (&["{text}"], 0, "no part of it"),
            (&["/usr/bin/mpv", "--title={text}"], 1, "argument of its own"),
            (&["/usr/bin/mpv", "a", "{item}"], 2, "not said in every way"),
            (&["/usr/bin/mpv", "{x}"], 1, "{text} always"),
            (&["/usr/bin/mpv", &long], 1, "longer"),
            (&["/usr/bin/mpv", "a\0b"], 1, "zero byte"),
            (&["/bin/sh", "-c", "{text}"], 0, "runs what it is given"),
            (&["/bin/bash", "{text}"], 0, "runs what it is given"),
            (&["/usr/bin/python3.12", "-c", "print()", "{text}"], 0, "runs what it is given"),
            (&["/usr/bin/env", "{text}"], 0, "runs what it is given"),
            (&["/usr/bin/env", "/bin/sh", "-c", "x", "{text}"], 0, "`/bin/sh` runs"),
            (&["/usr/bin/ssh", "host", "say", "{text}"], 0, "runs what it is given"),
            (&["/usr/bin/sudo", "/usr/bin/env", "{text}"], 0, "`/usr/bin/env` runs"),
            (&["/usr/bin/flock", "/tmp/l", "-c", "{text}"], 0, "`/usr/bin/flock` runs"),
            (&["/usr/bin/script", "/dev/null", "-c", "{text}"], 0, "`/usr/bin/script` runs"),
            (&["/usr/sbin/chroot", "/srv/x", "/bin/sh", "-c", "{text}"], 0, "`/usr/sbin/chroot` runs"),
            (&["/usr/bin/vim", "/f", "-c", "{text}"], 0, "`/usr/bin/vim` runs"),
            (&["/usr/bin/emacs", "/f", "--eval", "{text}"], 0, "`/usr/bin/emacs` runs"),
            (&["/usr/bin/find", "/d", "-exec", "{text}", ";"], 0, "`/usr/bin/find` runs"),
            (&["/usr/bin/watch", "/opt/x.sh", "{text}"], 0, "`/usr/bin/watch` runs"),
            (&["/usr/bin/busybox", "/bin/sh", "-c", "{text}"], 0, "`/usr/bin/busybox` runs"),
            (&["/usr/bin/nice", "/usr/bin/xargs", "/opt/x.sh", "{text}"], 0, "`/usr/bin/xargs` runs"),
            (&["/usr/bin/perl", "/usr/bin/parallel", "{text}"], 0, "`/usr/bin/parallel` runs"),
        ] {
            let (at, why) = read(run, &["text"]).unwrap_err();
            assert!(at == place && why.contains(reason), "{run:?}: {at} {why}");
        }
        let many = vec!["/x"; 70];
        assert!(read(&many, &[]).unwrap_err().1.contains("more than 64"));
    }
}
