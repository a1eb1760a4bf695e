//! Who is on the other end of a session's wire, and what is left of it to tell once the session has failed.

use super::child::Child;
use super::fault::Trouble;

/// Dropping it ends what it stands for, in the background.
pub(super) enum FarEnd {
    Child(Child),
}

impl FarEnd {
    /// Lines that may say why it ended.
    pub(super) fn last_words(&self) -> Vec<String> {
        match self {
            Self::Child(child) => child.last_words(),
        }
    }

    /// Words of the server, as they may be shown.
    pub(super) fn quote(&self, text: &str) -> String {
        match self {
            Self::Child(child) => child.quote(text),
        }
    }

    /// Why the wire ended, where that is known or just about to be.
    pub(super) async fn ended(&self) -> Option<Trouble> {
        match self {
            Self::Child(child) => child.ended().await.map(|status| Trouble::Exited { status }),
        }
    }

    /// Whether what was started is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::Child(child) => child.has_ended(),
        }
    }
}
