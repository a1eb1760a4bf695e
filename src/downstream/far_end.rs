//! Who is on the other end of a session's wire, and what is left of it to tell once the session has failed.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::child::Child;
use super::fault::Trouble;
use super::remote::Far;

/// Dropping it ends what it stands for, in the background.
pub(super) enum FarEnd {
    Child(Child),
    Remote(Far),
}

impl FarEnd {
    /// Counts what arrives and is no message.
    pub(super) fn noise(&self) -> Arc<AtomicU64> {
        match self {
            Self::Child(child) => child.noise(),
            Self::Remote(_) => Arc::default(),
        }
    }

    /// Lines that may say why it ended.
    pub(super) fn last_words(&self) -> Vec<String> {
        match self {
            Self::Child(child) => child.last_words(),
            Self::Remote(far) => far.words().lines(),
        }
    }

    /// Words of the server, as they may be shown.
    pub(super) fn quote(&self, text: &str) -> String {
        match self {
            Self::Child(child) => child.quote(text),
            Self::Remote(far) => far.words().quote(text),
        }
    }

    /// Why the wire ended, where that is known or just about to be.
    pub(super) async fn ended(&self) -> Option<Trouble> {
        match self {
            Self::Child(child) => child.ended().await.map(|status| Trouble::Exited { status }),
            Self::Remote(far) => Some(far.ended()),
        }
    }

    /// Returns when what was started ends while somebody looks.
    pub(super) async fn leaves(&self) {
        match self {
            Self::Child(child) => child.leaves().await,
            Self::Remote(_) => std::future::pending().await,
        }
    }

    /// Whether what was started has ended, as far as can be known without asking.
    pub(super) fn may_have_ended(&self) -> bool {
        match self {
            Self::Child(child) => child.has_ended(),
            Self::Remote(far) => far.is_stale(),
        }
    }
}
