//! The skills room.
