//! The answer room.

mod abbreviations;
mod glyphs;
mod markup;
pub mod plain;
pub mod sentences;
