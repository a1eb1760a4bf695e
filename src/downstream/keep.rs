//! Kept sessions: one for each caller and server, for state that must outlive a batch.
//!
//! Whoever has the seat has the session alone; the others wait in the order in which they came. While its call waits
//! for its client, which may take long, they need not wait unless the configuration wants one session only.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::time::Instant;

use super::lease::Leased;
use super::pool::{Key, Pool};
use super::session::{Fresh, Session};
use super::{Downstream, SessionFault, Trouble};
use crate::config::{Server, WhileAway};
use crate::scope::Scope;
use crate::timeouts::{Activity, Interrupted, Operation};

/// Where a kept session waits. A session whose slot nobody knows any more closes after its use.
#[derive(Clone, Default)]
pub(super) struct Slot {
    idle: Arc<Mutex<Option<Idle>>>,
    holder: Holder,
}

/// The activity of the session that was taken last.
type Holder = Arc<watch::Sender<Option<Activity>>>;

struct Idle {
    session: Box<Session>,
    until: Instant,
}

/// The right to the session of a slot.
pub(super) struct Seat {
    idle: OwnedMutexGuard<Option<Idle>>,
    holder: Holder,
    pool: Arc<Pool>,
    /// When the time of the session is over that waited here.
    until: Option<Instant>,
}

/// How somebody comes to a kept session, or past it.
pub(super) enum Seating {
    Seat(Seat),
    /// It is held by a call that waits for its client.
    Away,
    /// No session is kept for this request.
    None,
}

impl Downstream {
    /// The kept session, a new one in its place if it is gone, or one for this batch alone.
    pub(super) async fn kept(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        away: WhileAway,
    ) -> Result<Leased, SessionFault> {
        match self.seat(scope, server, Operation::Default, away).await? {
            Seating::Seat(mut seat) => match seat.session(scope).await? {
                Some(session) => Ok(Leased::kept(session, seat)),
                None => Ok(Leased::kept(self.open(scope, server).await?.begin(), seat)),
            },
            Seating::Away => self.single(scope, server).await,
            Seating::None => Ok(Leased::alone(self.open(scope, server).await?)),
        }
    }

    /// Waits for whoever uses the session now.
    pub(super) async fn seat(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        operation: Operation,
        away: WhileAway,
    ) -> Result<Seating, SessionFault> {
        let fault = |interrupted| SessionFault::new(&server.name, Trouble::Busy(interrupted));
        loop {
            let Some(slot) = self.pool.slot(scope, &Key::new(scope, server)) else {
                return Ok(Seating::None);
            };
            let seating = self.next_seat(scope, slot, operation, away).await.map_err(fault)?;
            // It may have asked before there was anything to read, and then waited here for long.
            if scope.client.has_room() {
                return Ok(seating);
            }
            drop(seating);
            let room = scope.cancel.run_until_cancelled(scope.client.room()).await;
            room.ok_or(Interrupted::Cancelled).map_err(fault)?;
        }
    }

    async fn next_seat(
        &self,
        scope: &Scope,
        Slot { idle, holder }: Slot,
        operation: Operation,
        away: WhileAway,
    ) -> Result<Seating, Interrupted> {
        let seated =
            |idle, holder| Seating::Seat(Seat { idle, holder, pool: Arc::clone(&self.pool), until: None });
        if let Ok(idle) = Arc::clone(&idle).try_lock_owned() {
            return Ok(seated(idle, holder));
        }
        let waiting = async {
            tokio::select! {
                biased;
                idle = idle.lock_owned() => Some(idle),
                () = waits_for_client(&holder), if away == WhileAway::OpenAnother => None,
            }
        };
        let waited = scope.timeouts.run(operation, &scope.cancel, waiting).await?;
        Ok(waited.map_or(Seating::Away, |idle| seated(idle, holder)))
    }
}

/// Waits until the one who holds the session waits for its client.
async fn waits_for_client(holder: &watch::Sender<Option<Activity>>) {
    let mut holders = holder.subscribe();
    loop {
        let activity = holders.borrow_and_update().clone();
        let paused = async {
            match activity {
                Some(activity) => activity.paused().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = paused => return,
            Ok(()) = holders.changed() => {}
        }
    }
}

impl Pool {
    fn slot(&self, scope: &Scope, key: &Key) -> Option<Slot> {
        let mut shelves = self.shelves_for(scope)?;
        if !shelves.kept.contains_key(key) {
            shelves.drop_others(key);
        }
        Some(shelves.kept.entry(key.clone()).or_default().clone())
    }
}

impl Seat {
    /// The session that is used from here on.
    pub(super) fn held_by(&self, session: &Session) {
        self.holder.send_replace(Some(session.activity()));
    }

    /// The session that waited here, if it still answers.
    pub(super) async fn session(&mut self, scope: &Scope) -> Result<Option<Box<Session>>, SessionFault> {
        let Some(Idle { session, until }) = self.idle.take() else { return Ok(None) };
        if session.answers(scope).await {
            self.until = Some(until);
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
    pub(super) fn give_back(self, session: Box<Session>) {
        let until = Instant::now() + session.server().session.idle;
        self.wait(session, until);
    }

    /// As `give_back`, of a session that was only asked what its server has: that is no use of it, or a server that
    /// has something else after every question would never rest.
    pub(super) fn put_back(self, session: Box<Session>) {
        match self.until {
            Some(until) => self.wait(session, until),
            None => self.give_back(session),
        }
    }

    fn wait(mut self, session: Box<Session>, until: Instant) {
        if !session.is_usable() {
            return;
        }
        *self.idle = Some(Idle { session, until });
        let Self { idle, pool, .. } = self;
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
        self.idle.try_lock().ok()?.as_ref().map(|idle| idle.until)
    }

    /// Closes its session if that is due, and says whether there is still a use for the slot.
    pub(super) fn waits_on(&self, now: Instant) -> bool {
        let Ok(mut idle) = self.idle.try_lock() else { return true };
        if idle.as_ref().is_some_and(|idle| idle.until <= now || idle.session.is_closed()) {
            *idle = None;
        }
        // Somebody who is about to take the seat knows it already.
        idle.is_some() || Arc::strong_count(&self.idle) > 1
    }

    pub(super) fn has_session(&self) -> bool {
        self.idle.try_lock().map_or(true, |idle| idle.is_some())
    }

    /// Closes the session, if nobody uses it.
    pub(super) fn clear(&self) -> bool {
        self.idle.try_lock().is_ok_and(|mut idle| idle.take().is_some())
    }
}
