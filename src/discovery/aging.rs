//! Lists that their servers say are soon old: they are used on, and asked for again in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::live::Asked;
use crate::config::{Endpoint, Server};
use crate::recent::{Life, Recent};

/// A server that says that its list is old at once is asked again no sooner.
const MIN_AGE: Duration = Duration::from_secs(60);

const MAX_AGING: usize = 4_096;

/// From when on the tools of a server may have become others.
pub(super) struct Aging(Recent<Asked, (Instant, Arc<Server>)>);

impl Default for Aging {
    fn default() -> Self {
        Self(Recent::new(MAX_AGING, Life::UntilCrowdedOut))
    }
}

impl Aging {
    pub(super) fn is_old(&self, asked: &Asked) -> bool {
        self.0.get(asked).is_some_and(|(from, _)| from <= Instant::now())
    }

    pub(super) fn forget(&self, is_meant: &dyn Fn(&Asked, &Server) -> bool) {
        self.0.retain(|asked, (_, server)| !is_meant(asked, server));
    }

    /// A list has just been read that is `good_for` so long, and cached for `ttl`.
    pub(super) fn note(&self, asked: Asked, server: &Arc<Server>, good_for: Option<Duration>, ttl: Duration) {
        // To ask one that is a command would cost the start of a process.
        let good_for = good_for.filter(|_| matches!(server.endpoint, Endpoint::Remote(_)));
        match age(good_for, ttl) {
            Some(age) => self.0.insert(asked, (Instant::now() + age, Arc::clone(server))),
            None => drop(self.0.remove(&asked)),
        }
    }
}

/// `None`: it does not get old before the cache forgets it.
fn age(good_for: Option<Duration>, ttl: Duration) -> Option<Duration> {
    good_for.map(|age| age.max(MIN_AGE)).filter(|age| *age < ttl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_as_old_as_its_server_says_within_bounds() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (good_for, ttl, expected) in [
            (Some(0), 240, Some(1)),
            (Some(5), 240, Some(5)),
            (Some(300), 240, None),
            (Some(u64::MAX / 60), 240, None),
            (None, 240, None),
            (Some(0), 1, None),
        ] {
            assert_eq!(age(good_for.map(minutes), minutes(ttl)), expected.map(minutes), "{good_for:?}");
        }
    }
}
