//! Who watches which resource: a server is told that nobody does when the last one has left.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, MutexGuard};

use crate::ids::CallerId;
use crate::lock::Lock;

/// How many clients of a caller watch a resource; one for the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Lock<HashMap<Resource, usize>>>);

type Resource = (CallerId, Arc<str>);

/// One client's watch over one resource. It ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    watched: Watched,
    resource: Resource,
}

impl Watched {
    pub(super) fn watch(&self, caller: &CallerId, uri: &str) -> Watch {
        let resource = (caller.clone(), Arc::from(uri));
        *self.counts().entry(Resource::clone(&resource)).or_default() += 1;
        Watch { watched: self.clone(), resource }
    }

    pub(super) fn is_watched(&self, caller: &CallerId, uri: &str) -> bool {
        self.counts().contains_key(&(caller.clone(), Arc::from(uri)))
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Resource, usize>> {
        self.0.lock()
    }
}

impl Watch {
    pub fn uri(&self) -> &str {
        &self.resource.1
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.watched.counts().entry(Resource::clone(&self.resource)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_watched_until_the_last_one_leaves() {
        let (watched, caller) = (Watched::default(), CallerId::from("a"));
        let (first, second) = (watched.watch(&caller, "a://x"), watched.watch(&caller, "a://x"));
        assert!(!watched.is_watched(&CallerId::from("b"), "a://x"));
        drop(first);
        assert!(watched.is_watched(&caller, second.uri()));
        drop(second);
        assert!(!watched.is_watched(&caller, "a://x") && watched.counts().is_empty());
    }
}
