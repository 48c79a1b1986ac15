//! The mode room.
