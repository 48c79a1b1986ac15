//! Black-box and cross-room tests.

/// The built-in model over real recordings, damaged model files, and a model made to say one thing.
mod transcribe;
