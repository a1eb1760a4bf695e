//! Kept sessions: one for each caller and server, for state that must outlive a batch.
//!
//! Whoever has the seat has the session alone; the others wait in the order in which they came.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::lease::Leased;
use super::pool::{Key, Pool};
use super::session::{Fresh, Session};
use super::{Downstream, SessionFault, Trouble};
use crate::config::{Server, SessionMode};
use crate::scope::Scope;
use crate::timeouts::{Interrupted, Operation};

/// Where a kept session waits. A session whose slot nobody knows any more closes after its use.
#[derive(Default)]
pub(super) struct Slot(Arc<Mutex<Option<Idle>>>);

struct Idle {
    session: Box<Session>,
    until: Instant,
}

/// The right to the session of a slot.
pub(super) struct Seat {
    idle: OwnedMutexGuard<Option<Idle>>,
    pool: Arc<Pool>,
}

impl Downstream {
    /// The kept session, a new one in its place if it is gone, or one for this batch alone when there is no slot.
    pub(super) async fn kept(&self, scope: &Scope, server: &Arc<Server>) -> Result<Leased, SessionFault> {
        match self.seat(scope, server, Operation::Default).await? {
            Some(mut seat) => match seat.session(scope).await? {
                Some(session) => Ok(Leased::kept(session, seat)),
                None => Ok(Leased::kept(self.open(scope, server).await?.begin(), seat)),
            },
            None => Ok(Leased::once(self.open(scope, server).await?, SessionMode::Keep)),
        }
    }

    /// Waits for whoever uses the session now.
    pub(super) async fn seat(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        operation: Operation,
    ) -> Result<Option<Seat>, SessionFault> {
        let Some(slot) = self.pool.slot(scope, &Key::new(scope, server)) else { return Ok(None) };
        let idle = match Arc::clone(&slot).try_lock_owned() {
            Ok(idle) => idle,
            Err(_) => {
                let waited = scope.timeouts.run(operation, &scope.cancel, slot.lock_owned()).await;
                waited.map_err(|interrupted| SessionFault::new(&server.name, Trouble::Busy(interrupted)))?
            }
        };
        Ok(Some(Seat { idle, pool: Arc::clone(&self.pool) }))
    }
}

impl Pool {
    fn slot(&self, scope: &Scope, key: &Key) -> Option<Arc<Mutex<Option<Idle>>>> {
        let mut shelves = self.shelves_for(scope)?;
        if !shelves.kept.contains_key(key) {
            shelves.drop_others(key);
        }
        Some(Arc::clone(&shelves.kept.entry(key.clone()).or_default().0))
    }
}

impl Seat {
    /// The session that waited here, if it still answers.
    pub(super) async fn session(&mut self, scope: &Scope) -> Result<Option<Box<Session>>, SessionFault> {
        let Some(Idle { session, until }) = self.idle.take() else { return Ok(None) };
        if session.answers(scope).await {
            return Ok(Some(session));
        }
        if scope.cancel.is_cancelled() && session.is_usable() {
            let cancelled = Trouble::Interrupted(Interrupted::Cancelled);
            let fault = SessionFault::new(&session.server().name, cancelled);
            *self.idle = Some(Idle { session, until });
            return Err(fault);
        }
        Ok(None)
    }

    /// The session waits for the next one who asks.
    pub(super) fn give_back(mut self, session: Box<Session>) {
        if !session.is_usable() {
            return;
        }
        let until = Instant::now() + session.server().session.idle;
        *self.idle = Some(Idle { session, until });
        let Self { idle, pool } = self;
        drop(idle);
        pool.wake_by(until);
    }

    pub(super) fn fill(self, session: Fresh) {
        self.give_back(session.begin());
    }
}

impl Slot {
    /// When its time is over; `None` while it is in use, or empty.
    pub(super) fn until(&self) -> Option<Instant> {
        self.0.try_lock().ok()?.as_ref().map(|idle| idle.until)
    }

    /// Closes its session if that is due, and says whether there is still a use for the slot.
    pub(super) fn waits_on(&self, now: Instant) -> bool {
        let Ok(mut idle) = self.0.try_lock() else { return true };
        if idle.as_ref().is_some_and(|idle| idle.until <= now || idle.session.is_closed()) {
            *idle = None;
        }
        // Somebody who is about to take the seat knows it already.
        idle.is_some() || Arc::strong_count(&self.0) > 1
    }

    /// Closes the session, if nobody uses it.
    pub(super) fn clear(&self) -> bool {
        self.0.try_lock().is_ok_and(|mut idle| idle.take().is_some())
    }
}
