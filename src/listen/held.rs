//! Held: the push-to-talk key, as the gate looks at it once a frame.
//!
//! Enters: a press and a release, at any time. Leaves: what the next frame has to do. Never here: a press that is lost
//! because its release came before the next frame.

/// The push-to-talk key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    /// Pressed since the last frame.
    Pressed,
    Down,
    /// Released since the last frame.
    Released,
    /// Pressed and released since the last frame.
    Tapped,
}

impl Key {
    /// After a press.
    pub(super) const fn pressed(self) -> Self {
        match self {
            Self::Up | Self::Tapped => Self::Pressed,
            Self::Released | Self::Pressed | Self::Down => Self::Down,
        }
    }

    /// After a release.
    pub(super) const fn released(self) -> Self {
        match self {
            Self::Up => Self::Up,
            Self::Pressed | Self::Tapped => Self::Tapped,
            Self::Down | Self::Released => Self::Released,
        }
    }

    /// Whether the next frame opens the gate.
    pub(super) const fn opens(self) -> bool {
        matches!(self, Self::Pressed | Self::Tapped)
    }

    /// After the frame that opened the gate.
    pub(super) const fn opened(self) -> Self {
        match self {
            Self::Tapped => Self::Released,
            Self::Up | Self::Pressed | Self::Down | Self::Released => Self::Down,
        }
    }

    /// After what was open ended without it: a key that is held opens the gate again.
    pub(super) const fn interrupted(self) -> Self {
        match self {
            Self::Down => Self::Pressed,
            Self::Released => Self::Up,
            key @ (Self::Up | Self::Pressed | Self::Tapped) => key,
        }
    }
}
