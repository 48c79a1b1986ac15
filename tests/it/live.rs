//! The live assistant from outside: the real binary, a sound server and an X server of its own, the control socket as the
//! one observer, and what is heard at the loudspeaker.
//!
//! Nothing here waits for time: each step waits for an event, a state or a sound, with a deadline far beyond what it
//! takes. That something does *not* happen is seen by what comes next: events are told in order, turns are numbered.

mod control;
mod due;
mod endpoint;
mod ends;
mod keys;
mod region;
mod rig;
mod server;
mod talk;
mod voice;

use rig::{Daemon, Rig, SOON, now};
