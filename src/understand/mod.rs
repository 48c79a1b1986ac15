//! The understand room.
