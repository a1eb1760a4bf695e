//! The places for open sessions: at most `max_sessions`, each held until its server's process is gone.
//!
//! A process that is being taken down frees its place within about a second, so whoever finds all places taken
//! waits for such a one. Only when every place is in use is there nothing to wait for.

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
pub(super) struct Place {
    places: Places,
    leaving: bool,
}

impl Places {
    /// The limit is today's: an edit of the configuration moves it.
    pub(super) async fn take(&self, limit: usize) -> Result<Place, Trouble> {
        loop {
            // Made before the count is read: a place that is freed in between is not missed.
            let freed = self.0.freed.notified();
            {
                let mut count = self.count();
                if count.taken < limit {
                    count.taken += 1;
                    return Ok(Place { places: self.clone(), leaving: false });
                }
                if count.taken - count.leaving >= limit {
                    return Err(Trouble::TooManySessions { limit });
                }
            }
            freed.await;
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The process is about to go.
    pub(super) fn leave(&mut self) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.places.count().leaving += 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        {
            let mut count = self.places.count();
            count.taken -= 1;
            count.leaving -= usize::from(self.leaving);
        }
        self.places.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_that_is_being_left_is_waited_for_and_one_in_use_is_not() {
        let places = Places::default();
        let mut place = places.take(1).await.expect("a place");
        assert!(matches!(places.take(1).await, Err(Trouble::TooManySessions { limit: 1 })));
        place.leave();
        let mut waiting = Box::pin(places.take(1));
        assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none());
        drop(place);
        let next = waiting.await.expect("the place");
        assert!(places.take(2).await.is_ok(), "a raised limit counts at once");
        drop(next);
        assert_eq!(places.count().taken, 0);
    }
}
