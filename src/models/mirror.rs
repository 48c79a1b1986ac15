//! Mirror: the seam between a fetch and the network.
//!
//! Enters: a path below the mirror's base and a first byte. Leaves: chunks of bytes, or a fault. The real end is
//! [`super::DoorMirror`]; tests bring scripted ones. Never here: a socket, a file.

use std::future::Future;

use super::ModelEntry;

/// Where model files come from. The real one is [`super::DoorMirror`].
pub trait Mirror {
    /// An answer that began.
    type Body: MirrorBody;

    /// The mirror's id in the region rules, by which the manifest knows where its files lie.
    fn id(&self) -> &str;

    /// Asks for `path`, from byte `from_byte` on.
    fn open(
        &self,
        model: &ModelEntry,
        path: &str,
        from_byte: u64,
    ) -> impl Future<Output = Result<Self::Body, MirrorFault>> + Send;
}

/// The bytes of an answer.
pub trait MirrorBody {
    /// What a chunk of bytes is.
    type Chunk: AsRef<[u8]> + Send;

    /// Whether the bytes begin where they were asked to; otherwise they begin at 0.
    fn resumed(&self) -> bool;

    /// The size of the whole file, where the mirror announced it.
    fn total(&self) -> Option<u64>;

    /// The next bytes; `None` at the end.
    fn next_chunk(&mut self) -> impl Future<Output = Result<Option<Self::Chunk>, MirrorFault>> + Send;
}

/// Why a mirror did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorFault {
    /// It could not be reached, or the connection broke.
    Unreachable(String),
    /// It answered with this HTTP status.
    Status(u16),
    /// It sent us to a host that the region's rules do not list.
    Astray(String),
    /// The policy or the door refused.
    Refused(String),
}

impl MirrorFault {
    /// Whether another mirror of the region may be asked: this one is down, lacks the file, or does not serve us here.
    pub(super) const fn is_no_answer(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Astray(_) => true,
            Self::Status(status) => matches!(*status, 404 | 410 | 416 | 500..),
            Self::Refused(_) => false,
        }
    }

    /// The fault in words, without the mirror's name.
    pub(super) fn why(self) -> String {
        match self {
            Self::Unreachable(why) | Self::Refused(why) | Self::Astray(why) => why,
            Self::Status(status) => format!("HTTP {status}"),
        }
    }

    /// The fault of the mirror `id` in words.
    pub(super) fn told_of(self, id: &str) -> String {
        match self {
            Self::Status(404 | 410) => format!("{id} does not have the file"),
            Self::Status(_) => format!("{id} answered {}", self.why()),
            Self::Unreachable(_) | Self::Refused(_) | Self::Astray(_) => format!("{id}: {}", self.why()),
        }
    }
}
