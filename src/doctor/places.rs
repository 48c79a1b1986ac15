//! Places: the ledger, and room on the disk that holds it.
//!
//! Enters: paths. Leaves: findings. May make the ledger, as the first word sent would.

use std::{ffi::OsString, path::Path, time::Duration};

use super::Finding;
use crate::{
    egress::Ledger,
    program::{Program, default_program_dirs, find},
    session::clock,
};

/// Below this, a download or a long log could end it all.
const LITTLE: u64 = 200 << 20;

/// Below this, the ledger cannot be relied on.
const NOTHING: u64 = 5 << 20;

/// Whether what leaves can be recorded.
pub(super) fn ledger(path: &Path) -> Finding {
    match Ledger::open(path, clock::time_stamp) {
        Ok(_) => Finding::ok("ledger", format!("{} can be written", path.display())),
        Err(error) => Finding::failed("ledger", &error),
    }
}

/// Room on the disk that holds `path`, or would.
pub(super) fn disk(path: &Path) -> Option<Finding> {
    let there = path.ancestors().find(|above| above.is_dir())?;
    let df = find("df", &default_program_dirs())?;
    let args: Vec<OsString> = vec!["-Pk".into(), "--".into(), there.into()];
    let limit = Duration::from_secs(3);
    let said =
        Program { path: &df, args, env: Vec::new(), limit, cap: 64 << 10, stop: &|| false }.with("").ok()?;
    free_of(&String::from_utf8_lossy(&said)).map(|free| judged(there, free))
}

/// Free bytes, by what POSIX's `df -Pk` prints.
fn free_of(said: &str) -> Option<u64> {
    // Only the last two columns, of which the second is a path, may hold blanks.
    let line = said.lines().nth(1)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let percent = words.iter().position(|word| word.ends_with('%'))?;
    words.get(percent.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1 << 10)
}

fn judged(place: &Path, free: u64) -> Finding {
    let message = format!("{} MB free for {}", free / 1_000_000, place.display());
    let remedy = "free some space on that disk";
    let finding = match free {
        LITTLE.. => Finding::ok("disk", message),
        NOTHING.. => Finding::warning("disk", message, remedy),
        _ => Finding::problem("disk", message, remedy),
    };
    finding.with("free_bytes", free)
}

#[cfg(test)]
mod tests {
    use super::{super::Health, *};

    #[test]
    fn the_free_column_is_found_whatever_the_device_is_called() {
        let said = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        let free = |line: &str| free_of(&format!("{said}{line}\n"));
        assert_eq!(free("/dev/sda1 1000 400 600 40% /"), Some(600 << 10));
        assert_eq!(free("map auto home 1000 400 600 40% /my disk"), Some(600 << 10));
        assert_eq!(free("/dev/sda1 1000 400 - 40% /"), None);
        assert_eq!(free_of("df: no such file"), None);
    }

    #[test]
    fn little_room_is_a_warning_and_none_a_problem() {
        let health = |free| judged(Path::new("/"), free).health;
        assert_eq!(health(1 << 30), Health::Ok);
        assert_eq!(health(100 << 20), Health::Warning);
        assert_eq!(health(0), Health::Problem);
    }
}
