//! A bounded memory of what was used lately: what nobody has asked for longest goes first.
//!
//! For small things that are looked up by a key of their own type. What is shared between gateways, or weighed, is in
//! `cache`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::MutexGuard;
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::Lock;

/// Where there is no room for one more, this part goes: to look for the oldest costs a walk over all.
const GOING: usize = 8;

/// At most so many entries, each of them for as long as `Life` says.
pub struct Recent<K, V> {
    entries: Lock<Entries<K, V>>,
    most: usize,
    life: Life,
}

#[derive(Clone, Copy, Debug)]
pub enum Life {
    UntilCrowdedOut,
    SinceWritten(Duration),
    SinceUsed(Duration),
}

struct Entries<K, V> {
    map: HashMap<K, Entry<V>>,
    /// How often anything was used.
    uses: u64,
}

struct Entry<V> {
    value: V,
    /// The use that was its last.
    used: u64,
    since: Instant,
}

impl<K: Eq + Hash + Clone, V: Clone> Recent<K, V> {
    pub fn new(most: usize, life: Life) -> Self {
        Self { entries: Lock::new(Entries { map: HashMap::new(), uses: 0 }), most, life }
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.look(&mut self.entries(), key)
    }

    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub fn insert(&self, key: K, value: V) {
        self.crowd_in(key, value);
    }

    /// As `insert`; gives back the keys of what had to make room.
    pub fn crowd_in(&self, key: K, value: V) -> Vec<K> {
        self.put(&mut self.entries(), key, value)
    }

    /// What is there, or else what is put there now; and whether it was.
    pub fn get_or_insert(&self, key: K, value: impl FnOnce() -> V) -> (V, bool) {
        self.get_or_renew(key, |_| true, |_| value())
    }

    /// What is there if it still holds, or else what is put in its place; and whether it was.
    pub fn get_or_renew(
        &self,
        key: K,
        holds: impl Fn(&V) -> bool,
        value: impl FnOnce(Option<V>) -> V,
    ) -> (V, bool) {
        let mut entries = self.entries();
        let known = self.look(&mut entries, &key);
        match known {
            Some(known) if holds(&known) => (known, false),
            former => {
                let value = value(former);
                self.put(&mut entries, key, value.clone());
                (value, true)
            }
        }
    }

    pub fn remove(&self, key: &K) -> Option<V> {
        let entry = self.entries().map.remove(key)?;
        self.life.lasts(entry.since).then_some(entry.value)
    }

    pub fn all(&self) -> Vec<(K, V)> {
        let entries = self.entries();
        let alive = entries.map.iter().filter(|(_, entry)| self.life.lasts(entry.since));
        alive.map(|(key, entry)| (key.clone(), entry.value.clone())).collect()
    }

    /// Lets go of what is over.
    pub fn sweep(&self) {
        self.retain(|_, _| true);
    }

    pub fn retain(&self, keep: impl Fn(&K, &V) -> bool) {
        let life = self.life;
        self.entries().map.retain(|key, entry| life.lasts(entry.since) && keep(key, &entry.value));
    }

    pub fn clear(&self) {
        self.entries().map.clear();
    }

    fn look(&self, entries: &mut Entries<K, V>, key: &K) -> Option<V> {
        entries.uses += 1;
        let used = entries.uses;
        let entry = entries.map.get_mut(key).filter(|entry| self.life.lasts(entry.since))?;
        entry.used = used;
        if let Life::SinceUsed(_) = self.life {
            entry.since = Instant::now();
        }
        Some(entry.value.clone())
    }

    fn put(&self, entries: &mut Entries<K, V>, key: K, value: V) -> Vec<K> {
        entries.uses += 1;
        let entry = Entry { value, used: entries.uses, since: Instant::now() };
        entries.map.insert(key, entry);
        if !matches!(self.life, Life::UntilCrowdedOut) {
            entries.map.retain(|_, entry| self.life.lasts(entry.since));
        }
        let mut gone = Vec::new();
        if entries.map.len() > self.most {
            let mut used: Vec<u64> = entries.map.values().map(|entry| entry.used).collect();
            let going = (used.len() / GOING).max(used.len() - self.most);
            let (_, first_to_stay, _) = used.select_nth_unstable(going);
            let first_to_stay = *first_to_stay;
            gone.extend(entries.map.extract_if(|_, entry| entry.used < first_to_stay).map(|(key, _)| key));
        }
        gone
    }

    /// A panic elsewhere leaves nothing half done here.
    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.entries.lock()
    }
}

impl Life {
    fn lasts(self, since: Instant) -> bool {
        match self {
            Self::UntilCrowdedOut => true,
            Self::SinceWritten(most) | Self::SinceUsed(most) => since.elapsed() < most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let recent = Recent::new(16, Life::UntilCrowdedOut);
        for number in 0..16 {
            recent.insert(number, number * 2);
        }
        assert_eq!(recent.get(&0), Some(0));
        recent.insert(16, 32);
        assert_eq!((recent.get(&0), recent.get(&1), recent.get(&16)), (Some(0), None, Some(32)));
        for number in 100..10_000 {
            recent.insert(number, number);
            assert!(recent.all().len() <= 16);
        }
        assert_eq!(recent.get(&9_999), Some(9_999));
    }

    #[test]
    fn what_made_room_is_told() {
        let recent = Recent::new(16, Life::UntilCrowdedOut);
        assert!((0..16).all(|number| recent.crowd_in(number, ()).is_empty()));
        let mut gone = recent.crowd_in(16, ());
        gone.sort_unstable();
        assert_eq!(gone, [0, 1]);
        assert!(gone.iter().all(|number| !recent.contains(number)));
    }

    #[test]
    fn one_entry_is_room_enough() {
        let recent = Recent::new(1, Life::UntilCrowdedOut);
        for number in 0..9 {
            recent.insert(number, ());
            assert_eq!(recent.all(), [(number, ())]);
        }
    }

    #[test]
    fn only_the_first_puts_something_there() {
        let recent = Recent::new(4, Life::UntilCrowdedOut);
        assert_eq!(recent.get_or_insert("a", || 1), (1, true));
        assert_eq!(recent.get_or_insert("a", || 2), (1, false));
        assert_eq!((recent.remove(&"a"), recent.remove(&"a")), (Some(1), None));
        assert_eq!(recent.get_or_insert("a", || 3), (3, true));
        recent.clear();
        assert!(!recent.contains(&"a"));
    }

    #[test]
    fn a_life_counts_from_when_it_was_written_or_used() {
        let life = Duration::from_secs(10);
        let later = |recent: &Recent<&str, ()>, seconds: u64| {
            for entry in recent.entries().map.values_mut() {
                entry.since = entry.since.checked_sub(Duration::from_secs(seconds)).expect("a time");
            }
        };
        let (written, used) =
            (Recent::new(4, Life::SinceWritten(life)), Recent::new(4, Life::SinceUsed(life)));
        for recent in [&written, &used] {
            recent.insert("a", ());
            recent.insert("b", ());
            later(recent, 6);
            assert!(recent.contains(&"a"));
            later(recent, 6);
        }
        assert!(!written.contains(&"a") && used.contains(&"a") && !used.contains(&"b"));
        assert!(written.get_or_insert("a", || ()).1 && written.remove(&"b").is_none());
        // What is over is not kept until somebody asks for it.
        used.insert("c", ());
        assert_eq!(used.entries().map.len(), 2);
    }
}
