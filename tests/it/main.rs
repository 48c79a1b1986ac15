//! Black-box and cross-room tests.
mod listen;
mod source; // recordings of every format, whole and damaged // the detector and the gate over real voices and over sounds that are none
