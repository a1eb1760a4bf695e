//! What clients have been sent and have not read: past a bound, no more is done for them until they read.

use std::sync::Arc;

use tokio::sync::watch;

/// Bytes; what is on its way when this is reached comes on top.
const MAX_BACKLOG: usize = 64 << 20;

/// Of one key over HTTP, or of the client of standard output.
#[derive(Debug)]
pub struct Backlog {
    owed: watch::Sender<usize>,
}

/// So many bytes of it, until they are dropped.
pub struct Owed {
    backlog: Arc<Backlog>,
    bytes: usize,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { owed: watch::Sender::new(0) }
    }
}

impl Backlog {
    pub fn owe(self: &Arc<Self>, bytes: usize) -> Owed {
        self.owed.send_if_modified(|owed| {
            *owed += bytes;
            false
        });
        Owed { backlog: Arc::clone(self), bytes }
    }

    pub fn bytes(&self) -> usize {
        *self.owed.borrow()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    pub fn has_room(&self) -> bool {
        self.bytes() < MAX_BACKLOG
    }

    /// Waits until there is some. A client that never reads has its connection closed, or is one that waits itself.
    pub async fn room(&self) {
        // It cannot close while it is borrowed.
        let _ = self.owed.subscribe().wait_for(|owed| *owed < MAX_BACKLOG).await;
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.backlog.owed.send_if_modified(|owed| {
            let was_full = *owed >= MAX_BACKLOG;
            *owed -= self.bytes;
            was_full && *owed < MAX_BACKLOG
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn there_is_room_again_when_enough_has_been_read() {
        let backlog = Arc::new(Backlog::default());
        let small = backlog.owe(1);
        assert!(backlog.room().now_or_never().is_some());
        // One answer may be as large as it likes.
        let large = backlog.owe(3 * MAX_BACKLOG);
        let mut waiting = std::pin::pin!(backlog.room());
        assert!(!backlog.has_room() && waiting.as_mut().now_or_never().is_none());
        drop(small);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(large);
        waiting.await;
        assert!(backlog.has_room() && backlog.is_empty());
    }
}
