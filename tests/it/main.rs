//! Black-box and cross-room tests.
