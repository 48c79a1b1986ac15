//! The binary: parse, build, run, return an exit code.

fn main() {}
