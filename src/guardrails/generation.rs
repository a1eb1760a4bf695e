//! What is made once of each reading of the settings: the provider, and what of the configuration is read nowhere.
//!
//! An edit leaves the batches that run their settings, so the old and the new are asked for by turns. Nothing is made
//! while somebody else waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::canary::Canaries;
use super::provider::{self, GuardrailProvider};
use super::remote::Services;
use crate::config::{ServerList, Settings};
use crate::recent::{Life, Recent};

/// Readings of the settings that are in use side by side.
const MAX_GENERATIONS: usize = 4;

/// Lists of servers from elsewhere whose canaries are kept.
const MAX_FOREIGN: usize = 64;

/// By the address of the settings, which each of them keeps.
pub(super) struct Generations {
    known: Recent<usize, Arc<Generation>>,
    services: Services,
    made: AtomicU64,
}

pub(super) struct Generation {
    settings: Arc<Settings>,
    pub(super) provider: Arc<dyn GuardrailProvider>,
    /// Tells it from every other one.
    pub(super) epoch: u64,
    /// The servers that the settings know.
    lists: Vec<Arc<ServerList>>,
    /// What of them must be read nowhere; and, beside it, with a list of somebody else's each.
    canaries: Arc<Canaries>,
    foreign: Recent<usize, (Arc<ServerList>, Arc<Canaries>)>,
    /// Sets of canaries that were made.
    made: AtomicU64,
}

impl Default for Generations {
    fn default() -> Self {
        let known = Recent::new(MAX_GENERATIONS, Life::UntilCrowdedOut);
        Self { known, services: Services::default(), made: AtomicU64::default() }
    }
}

impl Generations {
    pub(super) fn of(&self, settings: &Arc<Settings>) -> Arc<Generation> {
        let key = Arc::as_ptr(settings).addr();
        if let Some(known) = self.known.get(&key) {
            return known;
        }
        let epoch = self.made.fetch_add(1, Ordering::Relaxed);
        let fresh = Arc::new(Generation::new(settings, epoch, &self.services));
        self.known.get_or_insert(key, || fresh).0
    }
}

impl Generation {
    fn new(settings: &Arc<Settings>, epoch: u64, services: &Services) -> Self {
        Self {
            provider: provider::build(&settings.guardrails, settings.timeouts.guardrail, services),
            epoch,
            lists: settings.server_lists(),
            canaries: Arc::new(Canaries::of(settings, None, 0)),
            foreign: Recent::new(MAX_FOREIGN, Life::UntilCrowdedOut),
            made: AtomicU64::new(1),
            settings: Arc::clone(settings),
        }
    }

    pub(super) fn canaries(&self, list: &Arc<ServerList>) -> Arc<Canaries> {
        if self.lists.iter().any(|known| Arc::ptr_eq(known, list)) {
            return Arc::clone(&self.canaries);
        }
        let key = Arc::as_ptr(list).addr();
        if let Some((_, canaries)) = self.foreign.get(&key) {
            return canaries;
        }
        let id = self.made.fetch_add(1, Ordering::Relaxed);
        let fresh = (Arc::clone(list), Arc::new(Canaries::of(&self.settings, Some(list), id)));
        self.foreign.get_or_insert(key, || fresh).0.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::store::load;

    fn settings() -> Arc<Settings> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "{\"apikeys\": {}}").expect("written");
        Arc::new(load(file.path(), &Environment::from_pairs([("HOME", "/")])).expect("settings"))
    }

    #[test]
    fn settings_that_are_used_by_turns_are_made_once() {
        let generations = Generations::default();
        let (old, new) = (settings(), settings());
        let made = [&old, &new].map(|settings| generations.of(settings));
        assert!(made[0].epoch != made[1].epoch);
        for _ in 0..3 {
            for (settings, made) in [&old, &new].into_iter().zip(&made) {
                assert!(Arc::ptr_eq(&generations.of(settings), made));
            }
        }
    }
}
