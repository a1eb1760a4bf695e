//! Questions that nobody waits for: each is on its way once at a time, and a server that could not be asked is left
//! alone for a while, longer each time.
//!
//! Each who asks has its own rests; whoever waits for a server without asking has all of them together: one question
//! stands for all, and whoever has waited longest asks it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::live::{Asked, Inquiry, Topic};
use super::missing::{Failed, Rested};
use crate::config::Server;
use crate::fault::{ErrorCode, Fault as _};
use crate::recent::{Life, Recent};
use crate::scope::Audience;

/// After the first failure; each further one doubles it.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A failure that is older says nothing any more.
const REMEMBERED: Duration = Duration::from_secs(2 * LONGEST_REST.as_secs());
const MAX_TRIED: usize = 4_096;

pub(super) type Question = (Asked, Topic);

pub(super) struct Tried(Recent<Question, Attempt>);

#[derive(Clone)]
struct Attempt {
    inquiry: Inquiry,
    server: Arc<Server>,
    failures: u32,
    /// Set once it has failed: why, and when.
    failure: Option<(Arc<Failed>, Instant)>,
}

/// What is known of one server, of all who have asked it for its tools.
#[derive(Default)]
struct Group {
    server: Option<Arc<Server>>,
    under_way: bool,
    failures: u32,
    last: Option<Instant>,
    /// Of those who wait for it, who was told longest ago that it is not there.
    asker: Option<(Instant, Audience)>,
}

impl Default for Tried {
    fn default() -> Self {
        Self(Recent::new(MAX_TRIED, Life::SinceWritten(REMEMBERED)))
    }
}

impl Tried {
    /// The last question of this kind, and whether it is a new one, which is for the asker to ask.
    pub(super) fn begin(&self, question: Question, server: &Arc<Server>) -> (Inquiry, bool) {
        let now = Instant::now();
        let holds = |attempt: &Attempt| attempt.rests_until().is_none_or(|until| now < until);
        let begin = |former: Option<Attempt>| Attempt {
            inquiry: Inquiry { since: now, over: CancellationToken::new() },
            server: Arc::clone(server),
            failures: former.map_or(0, |former| former.failures),
            failure: None,
        };
        let (attempt, is_new) = self.0.get_or_renew(question, holds, begin);
        (attempt.inquiry, is_new)
    }

    pub(super) fn under_way(&self, question: &Question) -> Option<Inquiry> {
        let attempt = self.0.get(question)?;
        attempt.failure.is_none().then_some(attempt.inquiry)
    }

    /// Why the last one failed, as long as nobody asks again.
    pub(super) fn failure(&self, question: &Question) -> Option<Arc<Failed>> {
        let (failed, _) = self.0.get(question)?.failure?;
        Some(failed)
    }

    /// Answered, or withdrawn.
    pub(super) fn settled(&self, question: &Question) {
        self.0.remove(question);
    }

    /// Unless it was forgotten meanwhile.
    pub(super) fn failed(&self, question: Question, failed: Arc<Failed>) {
        let Some(attempt) = self.0.get(&question) else { return };
        let failures = attempt.failures.saturating_add(1);
        let failure = Some((failed, Instant::now()));
        self.0.insert(question, Attempt { failures, failure, ..attempt });
    }

    /// The servers that have rested, each with one of those who wait for its tools.
    pub(super) fn rested(&self, waits: impl Fn(&Audience) -> bool) -> Rested {
        let (now, mut rested) = (Instant::now(), Rested::default());
        for group in self.groups(waits).into_values() {
            let (Some(until), Some(server)) = (group.rests_until(), group.server) else { continue };
            if now < until {
                rested.next = Some(rested.next.map_or(until, |next| next.min(until)));
            } else if let Some((_, audience)) = group.asker {
                rested.servers.push((audience, server));
            }
        }
        rested
    }

    fn groups(&self, waits: impl Fn(&Audience) -> bool) -> HashMap<usize, Group> {
        let mut groups: HashMap<usize, Group> = HashMap::new();
        for (((audience, server), topic), attempt) in self.0.all() {
            if topic != Topic::Tools {
                continue;
            }
            let group = groups.entry(server).or_default();
            let Some((failed, at)) = &attempt.failure else {
                group.under_way = true;
                continue;
            };
            // What a policy keeps away does not come back by being asked.
            if failed.fault.code() == ErrorCode::ServerBlocked {
                continue;
            }
            group.server = Some(attempt.server);
            group.failed(attempt.failures, *at, Some(audience).filter(&waits));
        }
        groups
    }

    /// Whether somebody waits for the server's tools until it is asked again.
    pub(super) fn is_missed(&self, server: &Arc<Server>) -> bool {
        self.0.all().iter().any(|(_, attempt)| attempt.failure.is_some() && attempt.is_of(server))
    }

    /// The server can be asked again, by all.
    pub(super) fn wake(&self, server: &Arc<Server>) {
        self.0.retain(|_, attempt| attempt.failure.is_none() || !attempt.is_of(server));
    }

    /// What is meant is asked anew, whatever came of it.
    pub(super) fn forget(&self, is_meant: &dyn Fn(&Asked, &Server) -> bool) {
        self.0.retain(|(asked, _), attempt| !is_meant(asked, &attempt.server));
    }
}

impl Group {
    /// For one of those who asked, who may wait for the server.
    fn failed(&mut self, failures: u32, at: Instant, waiting: Option<Audience>) {
        self.failures = self.failures.max(failures);
        self.last = self.last.max(Some(at));
        if let Some(audience) = waiting
            && self.asker.as_ref().is_none_or(|(since, _)| at < *since)
        {
            self.asker = Some((at, audience));
        }
    }

    /// `None`: there is nothing to rest from, or somebody asks.
    fn rests_until(&self) -> Option<Instant> {
        self.last.filter(|_| !self.under_way).map(|last| last + rest(self.failures))
    }
}

impl Attempt {
    /// `None` while it is under way.
    fn rests_until(&self) -> Option<Instant> {
        self.failure.as_ref().map(|(_, at)| *at + rest(self.failures))
    }

    fn is_of(&self, server: &Arc<Server>) -> bool {
        Arc::ptr_eq(&self.server, server)
    }
}

/// After so many failures.
fn rest(failures: u32) -> Duration {
    FIRST_REST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Capabilities;

    #[test]
    fn a_rest_grows_within_its_bound() {
        let rests: Vec<u64> = (1..9).map(|failures| rest(failures).as_secs()).collect();
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(rest(u32::MAX), LONGEST_REST);
    }

    #[test]
    fn who_waits_together_asks_by_turns_and_no_more_often_than_one() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let audience = |name: &str| Audience { caller: name.into(), capabilities: Capabilities::default() };
        let mut group = Group::default();
        assert_eq!(group.rests_until(), None);
        group.failed(3, start, Some(audience("long")));
        group.failed(1, start + second, Some(audience("new")));
        group.failed(1, start - second, None);
        assert_eq!(group.rests_until(), Some(start + 21 * second), "20 s from the last failure on");
        assert_eq!(group.asker.take().map(|(_, audience)| audience), Some(audience("long")));
        group.under_way = true;
        assert_eq!(group.rests_until(), None);
    }
}
