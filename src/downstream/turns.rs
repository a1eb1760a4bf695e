//! Whose turn it is to start: a server may need a whole processor for seconds until it answers, and if all start at
//! once, all are late. Time limits begin with the turn.

use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::fault::{SessionFault, Trouble};
use crate::ids::ServerName;
use crate::scope::Scope;
use crate::timeouts::Interrupted;

/// Servers that start at the same time, for each processor.
const FOR_EACH: usize = 2;
const FEWEST: usize = 4;

/// One that has not answered by then lets the next one begin: it may be downloaded first, or hang.
const PATIENCE: Duration = Duration::from_secs(12);

pub(super) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self(Semaphore::new((processors * FOR_EACH).max(FEWEST)))
    }
}

impl Turns {
    /// Starts the server when it is its turn.
    pub(super) async fn take<T>(
        &self,
        scope: &Scope,
        server: &ServerName,
        start: impl Future<Output = Result<T, SessionFault>>,
    ) -> Result<T, SessionFault> {
        let turn = scope.cancel.run_until_cancelled(self.0.acquire()).await;
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
}
