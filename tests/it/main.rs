//! Black-box and cross-room tests.

mod tidy; // walls and habits, read from the source and the manifests as text
