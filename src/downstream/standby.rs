//! Standbys: sessions opened while nobody waits for them, so that a batch does not pay for the start of a process.
//!
//! A standby is fresh, waits for one batch, and is never used twice. One that is still being opened can be claimed
//! already: whoever claims it waits for the rest.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::lease::Leased;
use super::places::{Claim, Notice, Place};
use super::pool::{Key, Pool};
use super::session::Fresh;
use super::{Downstream, SessionFault};
use crate::config::Server;
use crate::fault::Fault as _;
use crate::scope::Scope;
use crate::timeouts::Operation;

/// The answer to the batch before goes out first: starting a process would keep the thread from it.
const ANSWER_FIRST: Duration = Duration::from_millis(5);

pub(super) enum Standby {
    Opening(Opening),
    Ready { session: Fresh, until: Instant },
}

/// Dropping it, or what was claimed of it, ends the opening.
pub(super) struct Opening {
    ready: oneshot::Receiver<Fresh>,
    /// Empty until it has begun.
    place: Arc<OnceLock<Notice>>,
}

/// What a batch found.
enum Claimed {
    Ready(Fresh),
    Opening(oneshot::Receiver<Fresh>),
}

/// The other end of an `Opening`.
struct Order {
    key: Key,
    ready: oneshot::Sender<Fresh>,
    place: Arc<OnceLock<Notice>>,
}

impl Downstream {
    /// A session for one batch, and of that batch alone.
    pub(super) async fn single(&self, scope: &Scope, server: &Arc<Server>) -> Result<Leased, SessionFault> {
        Ok(Leased::single(self.fresh(scope, server).await?))
    }

    /// The standby, or a session that is opened now.
    pub(super) async fn fresh(&self, scope: &Scope, server: &Arc<Server>) -> Result<Fresh, SessionFault> {
        let key = Key::new(scope, server);
        let fresh = match self.pool.claim(scope, &key) {
            Some(Claimed::Ready(session)) => Some(session),
            Some(Claimed::Opening(ready)) => {
                let waited = scope.timeouts.run(Operation::Default, &scope.cancel, ready).await;
                waited.ok().and_then(Result::ok)
            }
            None => None,
        };
        if let Some(session) = fresh
            && session.answers(scope).await
        {
            return Ok(session);
        }
        self.open(scope, server).await
    }

    /// Opens the next standby in the background, unless one is there. Its failure is nobody's: the next batch opens
    /// a session of its own and says what is wrong.
    pub(super) fn prepare(self: &Arc<Self>, scope: &Scope, server: &Arc<Server>) {
        let Some(order) = self.pool.order(scope, Key::new(scope, server)) else { return };
        let downstream = Arc::clone(self);
        // The batch is over; what cancels it cancels nothing here.
        let scope = Scope { cancel: self.pool.end.child_token(), ..scope.clone() };
        self.tasks.spawn(async move { downstream.fill(&scope, order).await });
    }

    /// Seen by whoever looks for a session that gives way, from the moment it is taken.
    fn spare_place(&self, scope: &Scope, shown: &OnceLock<Notice>) -> Option<Place> {
        let _shelves = self.pool.shelves();
        let free = self.places.try_take(&Claim::of(scope))?;
        let _ = shown.set(free.notice());
        Some(free)
    }

    async fn fill(&self, scope: &Scope, order: Order) {
        let Order { key, mut ready, place } = order;
        let opening = Box::pin(async {
            tokio::time::sleep(ANSWER_FIRST).await;
            let start = async {
                match self.spare_place(scope, &place) {
                    Some(free) => self.open_at(scope, &key.server, Some(free)).await.map(Some),
                    None => Ok(None),
                }
            };
            match self.turns.take(scope, &key.server.name, start).await {
                Ok(session) => session,
                Err(fault) => {
                    let code = fault.code().as_str();
                    tracing::debug!(server = %key.server.name, code, "no session was opened in advance");
                    None
                }
            }
        });
        let opened = tokio::select! {
            biased;
            () = ready.closed() => return,
            opened = opening => opened,
        };
        // An error is a claim that was given up: the session closes.
        let _ = opened.map(|session| ready.send(session));
        self.pool.settle(&key);
    }
}

impl Pool {
    fn claim(&self, scope: &Scope, key: &Key) -> Option<Claimed> {
        let mut shelves = self.shelves_for(scope)?;
        match shelves.standbys.remove(key) {
            Some(Standby::Ready { session, .. }) => Some(Claimed::Ready(session)),
            Some(Standby::Opening(opening)) if opening.place.get().is_some() => {
                Some(Claimed::Opening(opening.ready))
            }
            // It has not begun, and would begin too late.
            Some(Standby::Opening(_)) => None,
            None => {
                shelves.drop_others(key);
                None
            }
        }
    }

    fn order(&self, scope: &Scope, key: Key) -> Option<Order> {
        if key.server.session.standby_idle.is_zero() {
            return None;
        }
        let mut shelves = self.shelves_for(scope)?;
        if shelves.standbys.contains_key(&key) {
            return None;
        }
        let (sender, ready) = oneshot::channel();
        let place = Arc::default();
        let opening = Opening { ready, place: Arc::clone(&place) };
        shelves.standbys.insert(key.clone(), Standby::Opening(opening));
        Some(Order { key, ready: sender, place })
    }

    /// The opening has come to its end.
    fn settle(&self, key: &Key) {
        let mut shelves = self.shelves();
        let Some(Standby::Opening(opening)) = shelves.standbys.get_mut(key) else { return };
        match opening.ready.try_recv() {
            Ok(session) => {
                let until = Instant::now() + key.server.session.standby_idle;
                shelves.standbys.insert(key.clone(), Standby::Ready { session, until });
                drop(shelves);
                self.wake_by(until);
            }
            Err(oneshot::error::TryRecvError::Closed) => drop(shelves.standbys.remove(key)),
            // A later one, which is under way.
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
    }

    /// A session that was opened for its tool list has still made no call.
    pub(super) fn offer(&self, scope: &Scope, key: Key, session: Fresh) {
        let idle = key.server.session.standby_idle;
        if idle.is_zero() {
            return;
        }
        let until = Instant::now() + idle;
        if let Some(mut shelves) = self.shelves_for(scope) {
            shelves.standbys.insert(key, Standby::Ready { session, until });
            drop(shelves);
            self.wake_by(until);
        }
    }
}

impl Standby {
    /// When its time is over; `None` while it is being opened.
    pub(super) fn until(&self) -> Option<Instant> {
        match self {
            Self::Opening(_) => None,
            Self::Ready { until, .. } => Some(*until),
        }
    }

    pub(super) fn waits_on(&self, now: Instant) -> bool {
        match self {
            Self::Opening(_) => true,
            Self::Ready { session, until } => now < *until && !session.is_closed(),
        }
    }

    pub(super) fn has_place(&self) -> bool {
        match self {
            Self::Opening(opening) => opening.place.get().is_some(),
            Self::Ready { .. } => true,
        }
    }

    pub(super) fn give_way(self) {
        if let Self::Opening(opening) = &self
            && let Some(place) = opening.place.get()
        {
            place.leave();
        }
    }
}
