//! Black-box and cross-room tests.
mod understand; // what is said, what it is taken for, what is answered
