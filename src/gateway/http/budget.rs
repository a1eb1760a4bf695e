//! How many requests are being worked on, for each key and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::secret::KeyDigest;

/// Of one key at once.
const PER_KEY: usize = 1_000;

/// Of all keys at once.
const IN_ALL: usize = 20_000;

#[derive(Default)]
pub(super) struct Budget {
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    keys: HashMap<KeyDigest, usize>,
    all: usize,
}

/// Leave for one request; given back when dropped.
pub(super) struct Permit {
    budget: Arc<Budget>,
    key: KeyDigest,
}

impl Budget {
    pub(super) fn take(self: &Arc<Self>, key: &KeyDigest) -> Option<Permit> {
        let mut state = self.lock();
        if state.all >= IN_ALL {
            return None;
        }
        match state.keys.get_mut(key) {
            Some(count) if *count >= PER_KEY => return None,
            Some(count) => *count += 1,
            None => drop(state.keys.insert(key.clone(), 1)),
        }
        state.all += 1;
        Some(Permit { budget: Arc::clone(self), key: key.clone() })
    }

    /// Waits until no request is being worked on.
    pub(super) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.lock().all == 0 {
                return;
            }
            idle.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.all -= 1;
        if let Some(count) = state.keys.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                state.keys.remove(&self.key);
            }
        }
        if state.all == 0 {
            self.budget.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::GatewayKey;

    #[tokio::test]
    async fn one_key_cannot_use_up_anothers_share() {
        let budget = Arc::new(Budget::default());
        let (a, b) = (GatewayKey::from("a").digest(), GatewayKey::from("b").digest());
        let permits: Vec<Permit> = (0..PER_KEY).map_while(|_| budget.take(&a)).collect();
        assert_eq!(permits.len(), PER_KEY);
        assert!(budget.take(&a).is_none());
        assert!(budget.take(&b).is_some());
        drop(permits);
        budget.idle().await;
        assert!(budget.lock().keys.is_empty());
    }
}
