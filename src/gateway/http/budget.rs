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

/// Bytes of answers that have not been read; past them only those can ask for more who have read what they asked for,
/// but for their part of this. Each key has a bound of its own.
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

/// Why a request has to wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    Requests,
    Unread,
}

/// Leave for one request; given back when dropped.
pub(super) struct Permit {
    budget: Arc<Budget>,
    key: KeyDigest,
}

impl Budget {
    pub(super) fn take(self: &Arc<Self>, key: &KeyDigest) -> Result<Permit, Full> {
        let mut state = self.state.lock();
        let known = state.keys.get(key);
        let (requests, unread) = known.map_or((0, 0), |share| (share.requests, share.unread.bytes()));
        if state.all >= IN_ALL || requests >= PER_KEY {
            return Err(Full::Requests);
        }
        let part = UNREAD_IN_ALL / state.keys.len().max(1);
        let crowded = state.unread >= UNREAD_IN_ALL && unread >= part;
        if crowded || known.is_some_and(|share| !share.unread.has_room()) {
            return Err(Full::Unread);
        }
        state.keys.entry(key.clone()).or_default().requests += 1;
        state.all += 1;
        Ok(Permit { budget: Arc::clone(self), key: key.clone() })
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
        let permits: Vec<Permit> = (0..PER_KEY).map_while(|_| budget.take(&a).ok()).collect();
        assert_eq!(permits.len(), PER_KEY);
        assert_eq!(budget.take(&a).err(), Some(Full::Requests));
        assert!(budget.take(&b).is_ok());
        drop(permits);
        budget.idle().await;
        for bytes in [64 << 20, UNREAD_IN_ALL] {
            let unread = budget.account(&a).unread(vec![0; bytes]);
            assert_eq!(budget.take(&a).err(), Some(Full::Unread));
            let little = budget.account(&b).unread(vec![0; 1 << 20]);
            assert!(budget.take(&b).is_ok(), "{bytes}");
            drop((unread, little));
        }
        assert!(budget.take(&a).is_ok());
        assert!(budget.state.lock().keys.is_empty());
    }
}
