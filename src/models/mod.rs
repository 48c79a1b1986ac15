//! The models room.
