//! The cli room.

pub mod models;
