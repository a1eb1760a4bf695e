//! Whose turn it is to start: a server may need a whole processor for seconds until it answers, and if all start at
//! once, all are late. Time limits begin with the turn.
//!
//! No server takes all turns: one that hangs, or is downloaded first, holds up nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::fault::{SessionFault, Trouble};
use crate::ids::ServerName;
use crate::lock::Lock;
use crate::scope::Scope;
use crate::timeouts::Interrupted;

/// Servers that start at the same time, for each processor.
const FOR_EACH: usize = 2;
const FEWEST: usize = 4;

/// The part of them that one server may be, for all who start it.
const SHARE: usize = 2;

/// One that has not answered by then lets the next one begin: it may be downloaded first, or hang. Whoever has waited
/// for so long begins without a turn.
const PATIENCE: Duration = Duration::from_secs(12);

pub(super) struct Turns {
    most: usize,
    all: Semaphore,
    /// By name; those that somebody starts.
    servers: Lock<HashMap<ServerName, Weak<Semaphore>>>,
}

impl Default for Turns {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::new((processors * FOR_EACH).max(FEWEST))
    }
}

impl Turns {
    fn new(most: usize) -> Self {
        Self { most, all: Semaphore::new(most), servers: Lock::default() }
    }

    /// Starts the server when it is its turn.
    pub(super) async fn take<T>(
        &self,
        scope: &Scope,
        server: &ServerName,
        start: impl Future<Output = Result<T, SessionFault>>,
    ) -> Result<T, SessionFault> {
        let own = self.of(server);
        let turn = tokio::time::timeout(PATIENCE, self.turn(&own));
        let turn = scope.cancel.run_until_cancelled(turn).await;
        let turn =
            turn.ok_or_else(|| SessionFault::new(server, Trouble::Interrupted(Interrupted::Cancelled)))?;
        let mut start = Box::pin(start);
        match tokio::time::timeout(PATIENCE, &mut start).await {
            Ok(started) => started,
            Err(_) => {
                drop(turn);
                start.await
            }
        }
    }

    /// The server's own first: whoever waits for that takes nobody's place.
    async fn turn<'t>(&'t self, own: &'t Semaphore) -> [Option<SemaphorePermit<'t>>; 2] {
        [own.acquire().await.ok(), self.all.acquire().await.ok()]
    }

    fn of(&self, server: &ServerName) -> Arc<Semaphore> {
        let mut servers = self.servers.lock();
        if let Some(own) = servers.get(server).and_then(Weak::upgrade) {
            return own;
        }
        servers.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new((self.most / SHARE).max(1)));
        servers.insert(server.clone(), Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_server_does_not_take_all_turns() {
        let turns = Turns::new(4);
        let (slow, other) = (turns.of(&"slow".into()), turns.of(&"other".into()));
        let first = [turns.turn(&slow).await, turns.turn(&slow).await];
        let mut third = Box::pin(turns.turn(&slow));
        assert!((&mut third).now_or_never().is_none(), "it waits for its own");
        let others = [turns.turn(&other).await, turns.turn(&other).await];
        assert_eq!(turns.all.available_permits(), 0);
        drop(first);
        assert!(third.now_or_never().is_some());
        drop(others);
        drop((slow, other));
        turns.of(&"new".into());
        assert_eq!(turns.servers.lock().len(), 1, "those that nobody starts are forgotten");
    }
}
