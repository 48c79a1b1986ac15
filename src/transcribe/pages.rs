//! Pages: the built-in model's place in the program is given back once whisper.cpp has a copy.
//!
//! Enters: bytes that are part of the program's file. Leaves: nothing; whoever reads them again has them read from the file.
//! Never here: bytes that lie anywhere else, or that this process may have changed.

#[cfg(target_os = "linux")]
use std::{fs, ops::Range};

/// Lets the system take back the memory behind `bytes`: 15 MB that nothing reads again until the next start. Where it is
/// not certain that the program's file has the same bytes, nothing is done.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the system call's wrapper is unsafe for memory that holds the only copy")]
pub(super) fn give_back(bytes: &'static [u8]) {
    let size = rustix::param::page_size();
    let begin = bytes.as_ptr().addr().next_multiple_of(size);
    let end = (bytes.as_ptr().addr() + bytes.len()) / size * size;
    let certain = fs::read_to_string("/proc/self/maps").is_ok_and(|maps| is_of_a_file(&maps, begin..end));
    if begin >= end || !certain {
        return;
    }
    let whole = bytes[begin - bytes.as_ptr().addr()..].as_ptr().cast_mut().cast();
    // SAFETY: the range is whole pages of `bytes`, mapped from a file without leave to write, so that they were never
    // changed and are read from the file again when somebody looks at them.
    let _ = unsafe { rustix::mm::madvise(whole, end - begin, rustix::mm::Advice::LinuxDontNeed) };
}

/// Elsewhere the system finds out by itself which pages nobody reads.
#[cfg(not(target_os = "linux"))]
pub(super) const fn give_back(_: &'static [u8]) {}

/// Whether `maps`, as `/proc/self/maps` writes it (proc_pid_maps(5)), has `range` in one mapping of a file, privately and
/// without leave to write.
#[cfg(target_os = "linux")]
fn is_of_a_file(maps: &str, range: Range<usize>) -> bool {
    maps.lines().any(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (Some(span), Some(leave), Some(inode)) = (fields.next(), fields.next(), fields.nth(2)) else {
            return false;
        };
        let hex = |text: &str| usize::from_str_radix(text, 16).ok();
        let Some((from, to)) = span.split_once('-').and_then(|(from, to)| hex(from).zip(hex(to))) else {
            return false;
        };
        from <= range.start
            && range.end <= to
            && leave.starts_with("r-")
            && leave.ends_with('p')
            && inode != "0"
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn only_what_a_file_holds_unchanged_is_given_back() {
        let maps = "1000-9000 r--p 00000000 103:02 4711                      /usr/bin/mynah\n\
                    9000-a000 rw-p 00000000 103:02 4711                      /usr/bin/mynah\n\
                    a000-f000 r--p 00000000 00:00 0\n";
        assert!(is_of_a_file(maps, 0x2000..0x3000) && is_of_a_file(maps, 0x1000..0x9000));
        for other in [0x9000..0xa000, 0x8000..0xa000, 0xb000..0xc000, 0xf000..0x1_0000] {
            assert!(!is_of_a_file(maps, other.clone()), "{other:x?}");
        }
        assert!(!is_of_a_file("", 0x1000..0x2000) && !is_of_a_file("nonsense\n-\nx-y z", 0x1000..0x2000));
    }

    #[test]
    fn the_bytes_are_the_same_afterwards_and_no_memory_is_held() {
        static MODEL: &[u8] = include_bytes!("../../models/builtin-en-q8_0.bin");
        // Eight bytes a page, the highest bit of which says whether it is in memory (proc_pid_pagemap(5)).
        let held = || {
            let (size, mut pages) =
                (rustix::param::page_size(), vec![0; MODEL.len() / rustix::param::page_size() * 8]);
            let map = fs::File::open("/proc/self/pagemap").unwrap();
            map.read_exact_at(&mut pages, (MODEL.as_ptr().addr() / size * 8).try_into().unwrap()).unwrap();
            pages.chunks(8).filter(|page| page[7] & 0x80 != 0).count()
        };
        let sum =
            || MODEL.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        let (before, full) = (sum(), held());
        give_back(MODEL);
        assert!(held() * 50 < full, "{} pages of {full} are still held", held());
        assert_eq!(sum(), before);
    }
}
