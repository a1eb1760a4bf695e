//! Questions that nobody waits for: each is on its way once at a time, and a server that could not be asked is left
//! alone for a while, longer each time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::live::{Asked, Inquiry, Topic};
use crate::config::Server;
use crate::fault::ErrorCode;
use crate::recent::{Life, Recent};

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
    failure: Option<ErrorCode>,
    /// Set once it has failed: until when nobody is asked again.
    rests_until: Option<Instant>,
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
        let holds = |attempt: &Attempt| attempt.rests_until.is_none_or(|until| now < until);
        let begin = |former: Option<Attempt>| Attempt {
            inquiry: Inquiry { since: now, over: CancellationToken::new() },
            server: Arc::clone(server),
            failures: former.map_or(0, |former| former.failures),
            failure: None,
            rests_until: None,
        };
        let (attempt, is_new) = self.0.get_or_renew(question, holds, begin);
        (attempt.inquiry, is_new)
    }

    pub(super) fn under_way(&self, question: &Question) -> Option<Inquiry> {
        let attempt = self.0.get(question)?;
        attempt.rests_until.is_none().then_some(attempt.inquiry)
    }

    /// Why the last one failed, as long as nobody asks again.
    pub(super) fn failure(&self, question: &Question) -> Option<ErrorCode> {
        self.0.get(question)?.failure
    }

    /// Answered, or withdrawn.
    pub(super) fn settled(&self, question: &Question) {
        self.0.remove(question);
    }

    /// Unless it was forgotten meanwhile.
    pub(super) fn failed(&self, question: Question, code: ErrorCode) {
        let Some(attempt) = self.0.get(&question) else { return };
        let rests_until = Some(Instant::now() + rest(attempt.failures));
        let failures = attempt.failures.saturating_add(1);
        let failure = Some(code);
        self.0.insert(question, Attempt { failures, failure, rests_until, ..attempt });
    }

    /// What is meant is asked anew, whatever came of it.
    pub(super) fn forget(&self, is_meant: &dyn Fn(&Asked, &Server) -> bool) {
        self.0.retain(|(asked, _), attempt| !is_meant(asked, &attempt.server));
    }
}

fn rest(failures: u32) -> Duration {
    FIRST_REST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_grows_within_its_bound() {
        let rests: Vec<u64> = (0..8).map(|failures| rest(failures).as_secs()).collect();
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(rest(u32::MAX), LONGEST_REST);
    }
}
