//! How many clients want something: a server is told that nobody watches a resource when the last one has left, and
//! is not asked again for tools of which nobody could be told.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, MutexGuard};

use crate::ids::CallerId;
use crate::lock::Lock;

/// What is wanted, and by how many; one for the process.
#[derive(Debug)]
pub(super) struct Wanted<K>(Arc<Lock<HashMap<K, usize>>>);

/// One client's wish. It ends when it is dropped.
#[derive(Debug)]
pub struct Wish<K: Eq + Hash> {
    wanted: Wanted<K>,
    what: K,
}

/// A resource, of the servers of a caller.
pub(super) type Resource = (CallerId, Arc<str>);

/// One client's watch over one resource.
pub type Watch = Wish<Resource>;

/// One client that can be told of changes at any time: of a caller's, or of everyone's.
pub type Listener = Wish<Option<CallerId>>;

impl<K> Default for Wanted<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K> Clone for Wanted<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Eq + Hash + Clone> Wanted<K> {
    pub(super) fn wish(&self, what: K) -> Wish<K> {
        *self.counts().entry(what.clone()).or_default() += 1;
        Wish { wanted: self.clone(), what }
    }

    pub(super) fn has(&self, what: &K) -> bool {
        self.counts().contains_key(what)
    }
}

impl<K> Wanted<K> {
    fn counts(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock()
    }
}

impl Watch {
    pub fn uri(&self) -> &str {
        &self.what.1
    }
}

impl<K: Eq + Hash> Drop for Wish<K> {
    fn drop(&mut self) {
        let mut counts = self.wanted.counts();
        if let Some(count) = counts.get_mut(&self.what) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.what);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_watched_until_the_last_one_leaves() {
        let watched = Wanted::default();
        let resource = |caller: &str| -> Resource { (CallerId::from(caller), "a://x".into()) };
        let (first, second) = (watched.wish(resource("a")), watched.wish(resource("a")));
        assert!(!watched.has(&resource("b")));
        drop(first);
        assert!(watched.has(&resource("a")) && second.uri() == "a://x");
        drop(second);
        assert!(!watched.has(&resource("a")) && watched.counts().is_empty());
    }
}
