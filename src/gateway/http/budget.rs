//! How many requests are being worked on, and how much of the answers has yet to be read, for each key and in all.

use std::collections::HashMap;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::Notify;

use crate::lock::Lock;
use crate::secret::KeyDigest;

/// Of one key at once.
const PER_KEY: usize = 1_000;

/// Of all keys at once.
const IN_ALL: usize = 20_000;

/// Bytes of answers that a key's clients have asked for and not read; past them it can ask for nothing more.
const UNREAD_PER_KEY: usize = 64 << 20;
const UNREAD_IN_ALL: usize = 512 << 20;

#[derive(Default)]
pub(super) struct Budget {
    state: Lock<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    keys: HashMap<KeyDigest, Share>,
    all: usize,
    unread: usize,
}

#[derive(Default)]
struct Share {
    requests: usize,
    unread: usize,
}

/// An answer on its way to a client that reads it, or does not.
pub(super) struct Unread {
    budget: Arc<Budget>,
    key: KeyDigest,
    text: Vec<u8>,
}

/// Leave for one request; given back when dropped.
pub(super) struct Permit {
    budget: Arc<Budget>,
    key: KeyDigest,
}

impl Budget {
    pub(super) fn take(self: &Arc<Self>, key: &KeyDigest) -> Option<Permit> {
        let mut state = self.state.lock();
        if state.all >= IN_ALL || state.unread >= UNREAD_IN_ALL {
            return None;
        }
        let share = state.keys.entry(key.clone()).or_default();
        if share.requests >= PER_KEY || share.unread >= UNREAD_PER_KEY {
            return None;
        }
        share.requests += 1;
        state.all += 1;
        Some(Permit { budget: Arc::clone(self), key: key.clone() })
    }

    /// The bytes of an answer, which count until they are dropped.
    pub(super) fn unread(self: &Arc<Self>, key: &KeyDigest, text: Vec<u8>) -> Bytes {
        let mut state = self.state.lock();
        state.unread += text.len();
        state.keys.entry(key.clone()).or_default().unread += text.len();
        Bytes::from_owner(Unread { budget: Arc::clone(self), key: key.clone(), text })
    }

    /// Waits until no request is being worked on.
    pub(super) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.state.lock().all == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.budget.state.lock();
        state.all -= 1;
        state.share(&self.key, |share| share.requests -= 1);
        if state.all == 0 {
            self.budget.idle.notify_waiters();
        }
    }
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let mut state = self.budget.state.lock();
        state.unread -= self.text.len();
        state.share(&self.key, |share| share.unread -= self.text.len());
    }
}

impl State {
    fn share(&mut self, key: &KeyDigest, change: impl FnOnce(&mut Share)) {
        if let Some(share) = self.keys.get_mut(key) {
            change(share);
            if share.requests == 0 && share.unread == 0 {
                self.keys.remove(key);
            }
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
        let unread = budget.unread(&a, vec![0; UNREAD_PER_KEY]);
        assert!(budget.take(&a).is_none() && budget.take(&b).is_some());
        drop(unread);
        assert!(budget.take(&a).is_some());
        assert!(budget.state.lock().keys.is_empty());
    }
}
