//! How many requests are being worked on, and how much of the answers has yet to be read, for each key and in all.

use std::collections::HashMap;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::Notify;

use crate::client::{Backlog, Owed};
use crate::lock::Lock;
use crate::secret::KeyDigest;

/// Of one key at once.
const PER_KEY: usize = 1_000;

/// Of all keys at once.
const IN_ALL: usize = 20_000;

/// Bytes of answers that have not been read; past them nobody can ask for more. Each key has a bound of its own.
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
    unread: Arc<Backlog>,
}

/// Where it is counted what the clients of a key have not read.
#[derive(Clone)]
pub(super) struct Account {
    budget: Arc<Budget>,
    key: KeyDigest,
}

/// A piece of an answer on its way to a client that reads it, or does not.
struct Unread {
    account: Account,
    text: Bytes,
    owed: Option<Owed>,
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
        if share.requests >= PER_KEY || !share.unread.has_room() {
            return None;
        }
        share.requests += 1;
        state.all += 1;
        Some(Permit { budget: Arc::clone(self), key: key.clone() })
    }

    pub(super) fn account(self: &Arc<Self>, key: &KeyDigest) -> Account {
        Account { budget: Arc::clone(self), key: key.clone() }
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

impl Account {
    /// The bytes of an answer, which count until they are dropped.
    pub(super) fn unread(&self, text: impl Into<Bytes>) -> Bytes {
        let text = text.into();
        let mut state = self.budget.state.lock();
        state.unread += text.len();
        let owed = state.keys.entry(self.key.clone()).or_default().unread.owe(text.len());
        Bytes::from_owner(Unread { account: self.clone(), text, owed: Some(owed) })
    }
}

impl Permit {
    /// What the key's clients have not read.
    pub(super) fn backlog(&self) -> Arc<Backlog> {
        Arc::clone(&self.budget.state.lock().keys.entry(self.key.clone()).or_default().unread)
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
        let mut state = self.account.budget.state.lock();
        state.unread -= self.text.len();
        drop(self.owed.take());
        state.share(&self.account.key, |_| {});
    }
}

impl State {
    fn share(&mut self, key: &KeyDigest, change: impl FnOnce(&mut Share)) {
        if let Some(share) = self.keys.get_mut(key) {
            change(share);
            if share.requests == 0 && share.unread.is_empty() {
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
        let unread = budget.account(&a).unread(vec![0; 64 << 20]);
        assert!(budget.take(&a).is_none() && budget.take(&b).is_some());
        drop(unread);
        assert!(budget.take(&a).is_some());
        assert!(budget.state.lock().keys.is_empty());
    }
}
