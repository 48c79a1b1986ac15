//! Absent: the socket's place where the system has none that tokio offers (Windows).
//!
//! Enters: a path. Leaves: an honest error. Never here: a stand-in over a network address.

use std::{convert::Infallible, io, path::Path, time::Duration};

use super::ServeError;

/// A socket that cannot be had.
#[derive(Debug)]
pub(super) struct Listening(Infallible);

/// A connection that cannot be had.
#[derive(Debug)]
pub(super) struct Stream(Infallible);

impl Listening {
    pub(super) const fn bind(_: &Path) -> Result<Self, ServeError> {
        Err(ServeError::Unsupported)
    }

    pub(super) fn open(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    pub(super) const fn restore(&mut self) {
        match self.0 {}
    }

    pub(super) async fn accept(&self) -> io::Result<(Stream, bool)> {
        match self.0 {}
    }
}

impl Stream {
    pub(super) async fn connect(_: &Path, _: Duration) -> Result<Self, ServeError> {
        Err(ServeError::Unsupported)
    }

    pub(super) async fn receive(&self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(super) async fn send(&self, _: &[u8]) -> io::Result<()> {
        match self.0 {}
    }

    pub(super) fn send_at_once(&self, _: &[u8]) -> bool {
        match self.0 {}
    }

    pub(super) async fn hung_up(&self) {
        match self.0 {}
    }
}
