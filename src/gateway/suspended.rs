//! Calls that wait for their client to come back with answers. Each is found by a secret that only its client was
//! told, serves its caller and its request alone, and is cancelled when nobody comes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::errand::Errand;
use super::retry::{self, OURS, Pledge, Questions, Retry};
use crate::call::JsonObject;
use crate::client::PATIENCE;
use crate::ids::{push_hex, random};
use crate::lock::Lock;
use crate::rpc::RpcError;

/// Most calls that wait hold a session. All together may have one part of so many of the sessions, here half of them,
/// and the rest is for those that run.
const SHARE_IN_ALL: usize = 2;

/// The same for one caller: a quarter.
const SHARE_PER_CALLER: usize = 4;

#[derive(Clone)]
pub(super) struct Suspended {
    calls: Arc<Lock<HashMap<Place, Waiting>>>,
    tasks: TaskTracker,
    patience: Duration,
}

/// The hash of a state: how it is looked up says nothing of how much of a guess was right.
type Place = [u8; 32];

struct Waiting {
    errand: Box<Errand>,
    pledge: Pledge,
    /// The method of each question, by its key.
    questions: Questions,
    _until_taken: DropGuard,
}

impl Suspended {
    /// `tasks` take the work on.
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self { calls: Arc::default(), tasks, patience: PATIENCE }
    }

    /// The state to come back with. An errand that there is no room for, of so many sessions, is given back.
    pub(super) fn keep(
        &self,
        mut errand: Box<Errand>,
        asked: &JsonObject,
        max_sessions: usize,
    ) -> Result<String, Box<Errand>> {
        let mut calls = self.calls.lock();
        let Some(pledge) = errand.pledge.clone() else { return Err(errand) };
        let of_caller = calls.values().filter(|waiting| waiting.pledge.is_of_caller(&pledge)).count();
        let is_full = |count: usize, share: usize| count >= (max_sessions / share).max(1);
        if is_full(calls.len(), SHARE_IN_ALL) || is_full(of_caller, SHARE_PER_CALLER) {
            return Err(errand);
        }
        let mut state = OURS.to_owned();
        push_hex(&mut state, &random::<32>());
        let (place, taken) = (place(&state), CancellationToken::new());
        errand.part(&self.tasks);
        self.tasks.spawn(self.clone().watch(place, taken.clone(), errand.cancel.clone()));
        let questions = retry::methods(asked);
        calls.insert(place, Waiting { errand, pledge, questions, _until_taken: taken.drop_guard() });
        Ok(state)
    }

    /// The call that this request comes back to, and what it brings. A state is good for one time; a request that is
    /// refused for what it says has not used it.
    pub(super) fn take(
        &self,
        mut retry: Retry,
        pledge: &Pledge,
    ) -> Result<(Box<Errand>, JsonObject), RpcError> {
        let (mut calls, place) = (self.calls.lock(), place(&retry.state));
        let waiting = calls.get(&place).filter(|waiting| waiting.pledge.is_of_caller(pledge));
        let waiting = waiting.ok_or_else(retry::unknown)?;
        if !waiting.pledge.is_of_request(pledge) {
            return Err(retry::another_request());
        }
        let answers = retry.answers(&waiting.questions)?;
        let waiting = calls.remove(&place).ok_or_else(retry::unknown)?;
        Ok((waiting.errand, answers))
    }

    /// Ends a call that nobody comes back to.
    async fn watch(self, place: Place, taken: CancellationToken, cancel: CancellationToken) {
        tokio::select! {
            () = taken.cancelled() => return,
            // The gateway's end: the work sees it as well.
            () = cancel.cancelled() => return drop(self.calls.lock().remove(&place)),
            () = tokio::time::sleep(self.patience) => {}
        }
        let waiting = self.calls.lock().remove(&place);
        if let Some(waiting) = waiting {
            waiting.errand.expire();
        }
    }
}

fn place(state: &str) -> Place {
    Sha256::digest(state).into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::Credentials;
    use crate::gateway::Who;

    const MAX_SESSIONS: usize = 16;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    fn errand(key: &str) -> Box<Errand> {
        let credentials = Credentials { key: Some(key.into()), ..Credentials::default() };
        let pledge = Pledge::of(&Who::Shows(credentials), "tools/call", &JsonObject::new());
        Box::new(Errand::until_cancelled(pledge.expect("a pledge")))
    }

    fn questions() -> JsonObject {
        object(&json!({"q": {"method": "elicitation/create"}}))
    }

    fn retry(state: &str) -> Retry {
        let mut params =
            object(&json!({"requestState": state, "inputResponses": {"q": {"action": "decline"}}}));
        Retry::of(&mut params).expect("a retry")
    }

    fn keep(suspended: &Suspended, errand: Box<Errand>) -> Option<String> {
        suspended.keep(errand, &questions(), MAX_SESSIONS).ok()
    }

    #[tokio::test]
    async fn a_call_is_found_once_and_by_its_caller_only() {
        let suspended = Suspended::new(TaskTracker::new());
        let (mine, yours) = (errand("me").pledge.expect("mine"), errand("you").pledge.expect("yours"));
        let state = keep(&suspended, errand("me")).expect("room");
        assert_eq!(suspended.take(retry(&state), &yours).err(), Some(retry::unknown()));
        assert_eq!(suspended.take(retry(&format!("{state}0")), &mine).err(), Some(retry::unknown()));
        let (errand, answers) = suspended.take(retry(&state), &mine).expect("the call");
        assert!(!errand.cancel.is_cancelled() && answers.contains_key("q"));
        assert_eq!(suspended.take(retry(&state), &mine).err(), Some(retry::unknown()));
    }

    #[tokio::test]
    async fn a_call_that_nobody_comes_back_to_is_cancelled() {
        let suspended =
            Suspended { patience: Duration::from_millis(20), ..Suspended::new(TaskTracker::new()) };
        let (errand, taken) = (errand("me"), errand("me"));
        let (cancel, pledge) = (errand.cancel.clone(), errand.pledge.clone().expect("a pledge"));
        let state = keep(&suspended, errand).expect("room");
        let other = keep(&suspended, taken).expect("room");
        let (taken, _) = suspended.take(retry(&other), &pledge).expect("the call");
        cancel.cancelled().await;
        assert_eq!(suspended.take(retry(&state), &pledge).err(), Some(retry::unknown()));
        suspended.tasks.close();
        taken.cancel.cancel();
        // Its work has seen that, and nobody watches any more.
        suspended.tasks.wait().await;
    }

    #[tokio::test]
    async fn the_gateways_end_forgets_what_waits() {
        let suspended = Suspended::new(TaskTracker::new());
        let errand = errand("me");
        let cancel = errand.cancel.clone();
        keep(&suspended, errand).expect("room");
        cancel.cancel();
        suspended.tasks.close();
        suspended.tasks.wait().await;
        assert!(suspended.calls.lock().is_empty());
    }

    #[tokio::test]
    async fn no_caller_takes_all_places_and_there_are_not_more() {
        let suspended = Suspended::new(TaskTracker::new());
        for _ in 0..MAX_SESSIONS / 4 {
            keep(&suspended, errand("me")).expect("room");
        }
        assert!(keep(&suspended, errand("me")).is_none());
        let kept = (0..MAX_SESSIONS).filter_map(|number| keep(&suspended, errand(&number.to_string())));
        assert_eq!(kept.count(), MAX_SESSIONS / 4);
        let suspended = Suspended::new(TaskTracker::new());
        assert!(suspended.keep(errand("me"), &questions(), 1).is_ok(), "one at the least");
    }
}
