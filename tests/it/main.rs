//! Black-box and cross-room tests.
mod source; // recordings of every format, whole and damaged
