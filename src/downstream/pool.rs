//! The sessions that nobody uses just now: standbys, opened in advance, and those that are kept.
//!
//! Each waits for one caller and one reading of the configuration, for a while, and gives way to whoever needs its
//! place. One sweeping task closes what has waited too long, or what an edit has made stale.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, MutexGuard};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::keep::Slot;
use super::standby::Standby;
use crate::client::Capabilities;
use crate::config::{Server, Settings};
use crate::ids::{CallerId, ServerName};
use crate::lock::Lock;
use crate::scope::Scope;

pub(super) struct Pool {
    shelves: Lock<Shelves>,
    settings: watch::Receiver<Arc<Settings>>,
    /// The gateway's end: from then on nothing waits here.
    pub(super) end: CancellationToken,
    alarm: Alarm,
}

#[derive(Default)]
pub(super) struct Shelves {
    pub(super) standbys: HashMap<Key, Standby>,
    pub(super) kept: HashMap<Key, Slot>,
    closed: bool,
}

/// Whose session it is, and of what. A session is never used under another key than the one it was opened for.
#[derive(Clone)]
pub(super) struct Key {
    caller: CallerId,
    /// By identity: an edit makes another server of it, whatever its name.
    pub(super) server: Arc<Server>,
    /// What the server was told that the client can be asked.
    capabilities: Capabilities,
    settings: Arc<Settings>,
}

/// Dropped with the wire of a session: one that waits for nothing any more is then closed at once.
pub(super) struct Ending {
    over: CancellationToken,
    pool: Arc<Pool>,
}

/// When the sweeper has to look next.
#[derive(Default)]
struct Alarm {
    at: Lock<Option<Instant>>,
    rung: Notify,
}

impl Pool {
    pub(super) fn new(settings: watch::Receiver<Arc<Settings>>, end: CancellationToken) -> Self {
        Self { shelves: Lock::default(), settings, end, alarm: Alarm::default() }
    }

    /// The shelves for a request; `None` for one that began before the last edit, or is overtaken by the gateway's
    /// end: it finds no session here and leaves none.
    pub(super) fn shelves_for(&self, scope: &Scope) -> Option<MutexGuard<'_, Shelves>> {
        let shelves = self.shelves();
        let current = Arc::ptr_eq(&scope.settings, &self.settings.borrow());
        (current && !shelves.closed).then_some(shelves)
    }

    pub(super) fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock()
    }

    /// Whether there is a session that somebody uses, or that waits.
    pub(super) fn has_one(&self, key: &Key) -> bool {
        let shelves = self.shelves();
        shelves.standbys.get(key).is_some_and(Standby::has_place)
            || shelves.kept.get(key).is_some_and(Slot::has_session)
    }

    /// Closes a session, for somebody who needs its place: what is being opened first, state last.
    pub(super) fn give_way(&self) -> bool {
        let mut shelves = self.shelves();
        shelves.drop_a_standby() || shelves.drop_a_kept()
    }

    /// Closes the caller's sessions with one server, or with all; one in use ends after its use.
    pub(super) fn forget(&self, caller: &CallerId, server: Option<&ServerName>) {
        let is_meant =
            |key: &Key| key.caller == *caller && server.is_none_or(|name| *name == key.server.name);
        self.shelves().retain(|key| !is_meant(key));
    }

    pub(super) fn wake_by(&self, until: Instant) {
        self.alarm.by(until);
    }

    pub(super) fn ending(self: &Arc<Self>, over: CancellationToken) -> Ending {
        Ending { over, pool: Arc::clone(self) }
    }

    /// Until the gateway's end, which ends all that waits here.
    pub(super) async fn sweep(self: Arc<Self>) {
        let mut settings = self.settings.clone();
        loop {
            let next = self.close_expired();
            tokio::select! {
                () = self.end.cancelled() => break,
                () = self.alarm.rung.notified() => {}
                Ok(()) = settings.changed() => self.close_stale(),
                () = until(next) => {}
            }
        }
        let mut shelves = self.shelves();
        shelves.closed = true;
        shelves.retain(|_| false);
    }

    /// What was opened before the last edit.
    fn close_stale(&self) {
        let current = Arc::clone(&self.settings.borrow());
        self.shelves().retain(|key| Arc::ptr_eq(&key.settings, &current));
    }

    fn close_expired(&self) -> Option<Instant> {
        self.alarm.clear();
        let next = self.shelves().close_expired(Instant::now());
        next.map(|next| self.alarm.set(next))
    }
}

impl Shelves {
    /// Closes what waits for the caller under the same name and is another server's.
    pub(super) fn drop_others(&mut self, key: &Key) {
        self.retain(|known| !known.is_stale_beside(key));
    }

    fn retain(&mut self, stays: impl Fn(&Key) -> bool) {
        self.standbys.retain(|key, _| stays(key));
        self.kept.retain(|key, _| stays(key));
    }

    fn close_expired(&mut self, now: Instant) -> Option<Instant> {
        self.standbys.retain(|_, standby| standby.waits_on(now));
        self.kept.retain(|_, slot| slot.waits_on(now));
        let ends = self.standbys.values().filter_map(Standby::until);
        ends.chain(self.kept.values().filter_map(Slot::until)).min()
    }

    fn drop_a_standby(&mut self) -> bool {
        // `None`, one that is being opened, is less than any time.
        let first = self.standbys.iter().filter(|(_, standby)| standby.has_place());
        let first = first.min_by_key(|(_, standby)| standby.until()).map(|(key, _)| key.clone());
        first.and_then(|key| self.standbys.remove(&key)).map(Standby::give_way).is_some()
    }

    fn drop_a_kept(&mut self) -> bool {
        let idle = self.kept.iter().filter_map(|(key, slot)| Some((slot.until()?, key)));
        let first = idle.min_by_key(|(until, _)| *until).map(|(_, key)| key.clone());
        first.and_then(|key| self.kept.get(&key)).is_some_and(Slot::clear)
    }
}

impl Key {
    pub(super) fn new(scope: &Scope, server: &Arc<Server>) -> Self {
        let (server, settings) = (Arc::clone(server), Arc::clone(&scope.settings));
        let capabilities = scope.client.capabilities().clone();
        Self { caller: scope.caller.id.clone(), server, capabilities, settings }
    }
}

impl Key {
    fn is_stale_beside(&self, newer: &Self) -> bool {
        self.caller == newer.caller
            && self.server.name == newer.server.name
            && !Arc::ptr_eq(&self.server, &newer.server)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.over.cancel();
        self.pool.alarm.rung.notify_one();
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.server, &other.server)
            && self.caller == other.caller
            && self.capabilities == other.capabilities
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.caller.hash(state);
        Arc::as_ptr(&self.server).hash(state);
    }
}

impl Alarm {
    fn by(&self, until: Instant) {
        let mut at = self.at.lock();
        if at.is_none_or(|at| until < at) {
            *at = Some(until);
            self.rung.notify_one();
        }
    }

    fn set(&self, next: Instant) -> Instant {
        let mut at = self.at.lock();
        let earlier = at.map_or(next, |at| at.min(next));
        *at = Some(earlier);
        earlier
    }

    fn clear(&self) {
        *self.at.lock() = None;
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(next) => tokio::time::sleep_until(next).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::store;

    const FILE: &str = r#"{"gateways": {"correct-horse-KEQ5": {"id": "g", "mcp_config": [
        {"server_name": "one", "config": {"command": "true"}},
        {"server_name": "two", "config": {"command": "true"}}]}}}"#;

    #[test]
    fn a_session_is_of_one_caller_one_server_and_one_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        std::fs::write(&path, FILE).expect("written");
        let load = || {
            let env = Environment::from_pairs([("HOME", "/home/someone")]);
            Arc::new(store::load(&path, &env).expect("settings"))
        };
        let key = |caller: &str, settings: &Arc<Settings>, server: &str| {
            let lists = settings.server_lists();
            let server = Arc::clone(lists[0].find(server).expect("a server"));
            let capabilities = Capabilities::default();
            Key { caller: caller.into(), server, capabilities, settings: Arc::clone(settings) }
        };
        let (before, after) = (load(), load());
        let known = key("me", &before, "one");
        assert!(known == key("me", &before, "one"));
        for other in [key("you", &before, "one"), key("me", &before, "two"), key("me", &after, "one")] {
            assert!(known != other);
        }
        assert!(known.is_stale_beside(&key("me", &after, "one")));
        for other in [key("you", &after, "one"), key("me", &after, "two"), key("me", &before, "one")] {
            assert!(!known.is_stale_beside(&other));
        }
    }

    #[test]
    fn the_alarm_rings_for_what_comes_earlier_only() {
        let (alarm, now) = (Alarm::default(), Instant::now());
        let second = std::time::Duration::from_secs(1);
        for (until, rings) in [(now + second * 2, true), (now + second * 3, false), (now + second, true)] {
            alarm.by(until);
            let rung = futures_util::FutureExt::now_or_never(alarm.rung.notified()).is_some();
            assert_eq!(rung, rings);
        }
        alarm.clear();
        assert_eq!(alarm.set(now + second * 5), now + second * 5);
    }
}
