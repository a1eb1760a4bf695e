//! The places for open sessions: at most `max_sessions`, each held until its server's process is gone.
//!
//! A process that is being taken down frees its place within about a second, so whoever finds all places taken
//! waits for such a one. Only when every place is in use is there nothing to wait for.
//!
//! Where several callers share the gateway, one of them may have three times as many as it leaves free: however many
//! are greedy, some are left for the next one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use super::fault::Trouble;
use crate::config::AuthSettings;
use crate::ids::CallerId;
use crate::lock::Lock;
use crate::scope::Scope;

/// Places that one of several callers may have, for each that is free then.
const GREED: usize = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: Lock<Count>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Count {
    taken: usize,
    /// Of those taken, the ones whose process is being taken down.
    leaving: usize,
    /// By caller, where there are several.
    of: HashMap<CallerId, usize>,
}

/// Who wants a place, under which limit.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    limit: usize,
    /// `None` where the caller is the only one there can be.
    caller: Option<CallerId>,
}

/// One place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    notice: Notice,
    caller: Option<CallerId>,
}

/// Says of a place that it is about to be free.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    places: Places,
    /// Written under the lock of the count only.
    leaving: Arc<AtomicBool>,
}

impl Places {
    /// The limit is today's: an edit of the configuration moves it. `give_way` closes a session that nobody uses, if
    /// there is one.
    pub(super) async fn take(&self, claim: Claim, give_way: impl Fn() -> bool) -> Result<Place, Trouble> {
        loop {
            // Made before the count is read: a place that is freed in between is not missed.
            let freed = self.0.freed.notified();
            if let Some(place) = self.try_take(&claim) {
                return Ok(place);
            }
            if self.nothing_is_leaving(&claim) && !give_way() {
                return Err(Trouble::TooManySessions { limit: claim.limit });
            }
            freed.await;
        }
    }

    /// A place that is free right now.
    pub(super) fn try_take(&self, claim: &Claim) -> Option<Place> {
        let mut count = self.0.count.lock();
        if !count.has_room(claim, 0) {
            return None;
        }
        count.taken += 1;
        if let Some(caller) = &claim.caller {
            *count.of.entry(caller.clone()).or_default() += 1;
        }
        let notice = Notice { places: self.clone(), leaving: Arc::default() };
        Some(Place { notice, caller: claim.caller.clone() })
    }

    /// Whether there will not be room when those have gone that are going.
    fn nothing_is_leaving(&self, claim: &Claim) -> bool {
        let count = self.0.count.lock();
        !count.has_room(claim, count.leaving)
    }
}

impl Claim {
    pub(super) fn of(scope: &Scope) -> Self {
        let settings = &scope.settings;
        let several = settings.keys.len() > 1 || matches!(settings.auth, AuthSettings::Enkrypt(_));
        Self { limit: settings.limits.max_sessions, caller: several.then(|| scope.caller.id.clone()) }
    }
}

impl Count {
    /// With so many more places free than there are.
    fn has_room(&self, claim: &Claim, more: usize) -> bool {
        let free = (claim.limit + more).saturating_sub(self.taken);
        let own = claim.caller.as_ref().and_then(|caller| self.of.get(caller)).copied().unwrap_or_default();
        free > 0 && (claim.caller.is_none() || own < GREED * free)
    }
}

impl Place {
    /// The process is about to go.
    pub(super) fn leave(&self) {
        self.notice.leave();
    }

    pub(super) fn notice(&self) -> Notice {
        self.notice.clone()
    }
}

impl Notice {
    pub(super) fn leave(&self) {
        let mut count = self.places.0.count.lock();
        count.leaving += usize::from(!self.leaving.swap(true, Ordering::Relaxed));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Notice { places, leaving } = &self.notice;
        {
            let mut count = places.0.count.lock();
            count.taken -= 1;
            if let Some(caller) = &self.caller
                && let Some(own) = count.of.get_mut(caller)
            {
                *own -= 1;
                if *own == 0 {
                    count.of.remove(caller);
                }
            }
            count.leaving -= usize::from(leaving.swap(true, Ordering::Relaxed));
        }
        places.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn nobody() -> bool {
        false
    }

    fn alone(limit: usize) -> Claim {
        Claim { limit, caller: None }
    }

    #[test]
    fn greedy_callers_leave_some_for_the_next_one() {
        let places = Places::default();
        let claim = |caller: &str| Claim { limit: 64, caller: Some(CallerId::from(caller)) };
        let all = |caller: &str| {
            let mut held = Vec::new();
            while let Some(place) = places.try_take(&claim(caller)) {
                held.push(place);
            }
            held
        };
        let first = all("a");
        assert_eq!(first.len(), 48);
        let others = ["b", "c"].map(all);
        assert_eq!(others.each_ref().map(Vec::len), [12, 3]);
        drop((first, others));
        assert_eq!(all("b").len(), 48);
        assert!(places.0.count.lock().of.is_empty());
    }

    #[tokio::test]
    async fn a_place_that_is_being_left_is_waited_for_and_one_in_use_is_not() {
        let places = Places::default();
        let place = places.take(alone(1), nobody).await.expect("a place");
        assert!(matches!(places.take(alone(1), nobody).await, Err(Trouble::TooManySessions { limit: 1 })));
        place.leave();
        let mut waiting = Box::pin(places.take(alone(1), nobody));
        assert!((&mut waiting).now_or_never().is_none());
        drop(place);
        let next = waiting.await.expect("the place");
        assert!(places.take(alone(2), nobody).await.is_ok(), "a raised limit counts at once");
        drop(next);
        assert_eq!(places.0.count.lock().taken, 0);
    }

    #[tokio::test]
    async fn whoever_gives_way_is_waited_for() {
        let places = Places::default();
        let standby = places.try_take(&alone(1)).expect("a place");
        let notice = standby.notice();
        let mut waiting = Box::pin(places.take(alone(1), || {
            notice.leave();
            true
        }));
        assert!((&mut waiting).now_or_never().is_none());
        drop(standby);
        let place = waiting.await.expect("the place");
        notice.leave();
        assert!(
            !nobody() && places.take(alone(1), nobody).await.is_err(),
            "a place that is gone leaves no more"
        );
        drop(place);
    }
}
