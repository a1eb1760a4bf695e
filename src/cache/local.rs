//! The cache in the process: bounded in entries and in bytes, each entry with its own end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use moka::Expiry;
use moka::sync::Cache;

use super::CachedTools;
use super::key::{CacheKey, Origin, Stamp};
use crate::call::object_size;
use crate::ids::{CallerId, ServerName};

/// JSON in memory takes about this many times the bytes that it takes as text.
const IN_MEMORY: usize = 4;

const MAX_BYTES: u64 = 64 << 20;
const MAX_ENTRIES: u64 = 4_096;
const MAX_CONFIGS: u64 = 4_096;

pub(super) struct Local {
    tools: Cache<CacheKey, Entry>,
    configs: Cache<CallerId, SystemTime>,
}

#[derive(Clone)]
struct Entry {
    caller: CallerId,
    server: ServerName,
    bytes: u32,
    cached: CachedTools,
    origin: Origin,
    /// Of the external cache's value that this is a copy of.
    stamp: Option<Stamp>,
}

/// Whose entry it is, under which key, and of what.
pub(super) struct Place<'a> {
    pub(super) key: CacheKey,
    pub(super) caller: &'a CallerId,
    pub(super) server: &'a ServerName,
    pub(super) origin: Origin,
}

struct UntilExpiry;

impl Default for Local {
    fn default() -> Self {
        let share = u32::try_from(MAX_BYTES / MAX_ENTRIES).unwrap_or(u32::MAX);
        Self {
            // An entry weighs its bytes, but no less than its share: one number bounds bytes and entries.
            tools: Cache::builder()
                .weigher(move |_, entry: &Entry| entry.bytes.max(share))
                .max_capacity(MAX_BYTES)
                .expire_after(UntilExpiry)
                .build(),
            configs: Cache::builder().max_capacity(MAX_CONFIGS).build(),
        }
    }
}

impl Local {
    pub(super) fn tools(&self, place: &Place<'_>) -> Option<(CachedTools, Option<Stamp>)> {
        let Entry { cached, stamp, origin, .. } = self.tools.get(&place.key)?;
        (cached.expires_at > SystemTime::now() && origin == place.origin).then_some((cached, stamp))
    }

    pub(super) fn put_tools(&self, place: &Place<'_>, cached: CachedTools, stamp: Option<Stamp>) {
        let written = cached.tools.iter().map(|tool| object_size(tool.definition())).sum::<usize>();
        let size = written.saturating_mul(IN_MEMORY);
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        let (caller, server, origin) = (place.caller.clone(), place.server.clone(), place.origin.clone());
        self.tools.insert(place.key.clone(), Entry { caller, server, bytes, cached, origin, stamp });
    }

    pub(super) fn clear(&self, key: &CacheKey) -> bool {
        self.tools.remove(key).is_some()
    }

    pub(super) fn servers_of(&self, caller: &CallerId) -> BTreeSet<ServerName> {
        self.tools
            .iter()
            .filter(|(_, entry)| entry.caller == *caller)
            .map(|(_, entry)| entry.server)
            .collect()
    }

    /// Callers with cached tools, and entries.
    pub(super) fn counts(&self) -> (usize, usize) {
        let now = SystemTime::now();
        let entries = self.tools.iter().filter(|(_, entry)| entry.cached.expires_at > now);
        let callers: Vec<CallerId> = entries.map(|(_, entry)| entry.caller).collect();
        (callers.iter().collect::<BTreeSet<_>>().len(), callers.len())
    }

    pub(super) fn note_config(&self, caller: &CallerId, expires_at: SystemTime) {
        if self.config_expiry(caller).is_none() {
            self.configs.insert(caller.clone(), expires_at);
        }
    }

    pub(super) fn config_expiry(&self, caller: &CallerId) -> Option<SystemTime> {
        self.configs.get(caller).filter(|expires_at| *expires_at > SystemTime::now())
    }

    pub(super) fn clear_config(&self, caller: &CallerId) -> bool {
        self.configs.remove(caller).is_some()
    }

    pub(super) fn config_count(&self) -> usize {
        let now = SystemTime::now();
        self.configs.iter().filter(|(_, expires_at)| *expires_at > now).count()
    }
}

impl Expiry<CacheKey, Entry> for UntilExpiry {
    fn expire_after_create(&self, _key: &CacheKey, entry: &Entry, _created: Instant) -> Option<Duration> {
        Some(entry.cached.expires_at.duration_since(SystemTime::now()).unwrap_or_default())
    }

    fn expire_after_update(
        &self,
        key: &CacheKey,
        entry: &Entry,
        at: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, entry, at)
    }
}
