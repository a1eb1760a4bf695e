//! The places for open sessions: at most `max_sessions`, each held until its server's process is gone.
//!
//! A process that is being taken down frees its place within about a second, so whoever finds all places taken
//! waits for such a one. Only when every place is in use is there nothing to wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::fault::Trouble;

#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: Mutex<Count>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Count {
    taken: usize,
    /// Of those taken, the ones whose process is being taken down.
    leaving: usize,
}

/// One place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Notice);

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
    pub(super) async fn take(&self, limit: usize, give_way: impl Fn() -> bool) -> Result<Place, Trouble> {
        loop {
            // Made before the count is read: a place that is freed in between is not missed.
            let freed = self.0.freed.notified();
            if let Some(place) = self.try_take(limit) {
                return Ok(place);
            }
            if self.all_in_use(limit) && !give_way() {
                return Err(Trouble::TooManySessions { limit });
            }
            freed.await;
        }
    }

    /// A place that is free right now.
    pub(super) fn try_take(&self, limit: usize) -> Option<Place> {
        let mut count = self.count();
        if count.taken >= limit {
            return None;
        }
        count.taken += 1;
        Some(Place(Notice { places: self.clone(), leaving: Arc::default() }))
    }

    fn all_in_use(&self, limit: usize) -> bool {
        let count = self.count();
        count.taken - count.leaving >= limit
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The process is about to go.
    pub(super) fn leave(&self) {
        self.0.leave();
    }

    pub(super) fn notice(&self) -> Notice {
        self.0.clone()
    }
}

impl Notice {
    pub(super) fn leave(&self) {
        let mut count = self.places.count();
        count.leaving += usize::from(!self.leaving.swap(true, Ordering::Relaxed));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Notice { places, leaving } = &self.0;
        {
            let mut count = places.count();
            count.taken -= 1;
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

    #[tokio::test]
    async fn a_place_that_is_being_left_is_waited_for_and_one_in_use_is_not() {
        let places = Places::default();
        let place = places.take(1, nobody).await.expect("a place");
        assert!(matches!(places.take(1, nobody).await, Err(Trouble::TooManySessions { limit: 1 })));
        place.leave();
        let mut waiting = Box::pin(places.take(1, nobody));
        assert!((&mut waiting).now_or_never().is_none());
        drop(place);
        let next = waiting.await.expect("the place");
        assert!(places.take(2, nobody).await.is_ok(), "a raised limit counts at once");
        drop(next);
        assert_eq!(places.count().taken, 0);
    }

    #[tokio::test]
    async fn whoever_gives_way_is_waited_for() {
        let places = Places::default();
        let standby = places.try_take(1).expect("a place");
        let notice = standby.notice();
        let mut waiting = Box::pin(places.take(1, || {
            notice.leave();
            true
        }));
        assert!((&mut waiting).now_or_never().is_none());
        drop(standby);
        let place = waiting.await.expect("the place");
        notice.leave();
        assert!(!nobody() && places.take(1, nobody).await.is_err(), "a place that is gone leaves no more");
        drop(place);
    }
}
