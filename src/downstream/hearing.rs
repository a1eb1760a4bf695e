//! What a server says during one request: judged side by side, passed on in its order, one after another.
//!
//! A question waits for all that was said before it, and what follows waits for its answer.

use std::collections::VecDeque;
use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use serde_json::Value;

use super::events::Event;
use super::relay::{Passed, Relay};
use crate::rpc::RpcError;

/// Said by the server and not yet passed on; one that says more is not read meanwhile.
const MAX_WAITING: usize = 32;

/// Judged at the same time.
const MAX_ABREAST: usize = 16;

pub(super) struct Hearing<'a> {
    relay: &'a Relay<'a>,
    waiting: VecDeque<Event>,
    judging: FuturesOrdered<Work<'a, Option<Passed>>>,
    judged: VecDeque<Passed>,
    passing: Option<Passing<'a>>,
    /// The request has been answered: nobody is asked any more.
    over: bool,
}

/// Something on its way to the client.
struct Passing<'a> {
    /// The id of the question that it is.
    question: Option<Value>,
    work: Work<'a, ()>,
}

type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<'a> Hearing<'a> {
    pub(super) fn new(relay: &'a Relay<'a>) -> Self {
        let (waiting, judged) = (VecDeque::new(), VecDeque::new());
        Self { relay, waiting, judging: FuturesOrdered::new(), judged, passing: None, over: false }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() + self.judging.len() + self.judged.len() < MAX_WAITING
    }

    pub(super) async fn take(&mut self, event: Event) {
        let Event::Withdrawn(id) = event else { return self.waiting.push_back(event) };
        self.waiting.retain(|event| !event.asks(&id));
        if self.passing.take_if(|passing| passing.question.as_ref() == Some(&id)).is_some() {
            self.relay.scope.client.withdraw().await;
        }
    }

    /// Gets on by one thing. Never ends where there is nothing to do; dropped, it loses nothing.
    pub(super) async fn step(&mut self) {
        self.begin();
        let passing = async {
            match &mut self.passing {
                Some(passing) => passing.work.as_mut().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = passing => self.passing = None,
            Some(passed) = self.judging.next() => self.judged.extend(passed),
        }
    }

    /// What was said before the answer is still passed on; what was asked before it is not asked any more.
    pub(super) async fn finish(mut self, rest: impl Iterator<Item = Event>) {
        self.over = true;
        if self.passing.take_if(|passing| passing.question.is_some()).is_some() {
            self.relay.scope.client.withdraw().await;
        }
        for event in rest.take(MAX_WAITING) {
            self.take(event).await;
        }
        self.begin();
        while self.passing.is_some() || !self.judging.is_empty() {
            self.step().await;
            self.begin();
        }
    }

    /// Begins what can be begun.
    fn begin(&mut self) {
        let relay = self.relay;
        while self.judging.len() < MAX_ABREAST
            && self.waiting.front().is_some_and(|event| !matches!(event, Event::Question { .. }))
            && let Some(event) = self.waiting.pop_front()
        {
            self.judging.push_back(Box::pin(relay.judged(event)));
        }
        if self.passing.is_some() {
            return;
        }
        if let Some(passed) = self.judged.pop_front() {
            self.passing = Some(Passing { question: None, work: Box::pin(relay.pass_on(passed)) });
        } else if self.judging.is_empty()
            && let Some(Event::Question { id, method, params }) = self.waiting.pop_front()
        {
            let (question, over) = ((!self.over).then(|| id.clone()), self.over);
            let work = Box::pin(async move {
                let answer = if over {
                    Err(RpcError::new(RpcError::INVALID_REQUEST, "the call that asked has ended"))
                } else {
                    relay.scope.audible().await;
                    relay.question(&method, params).await
                };
                relay.answer(&id, answer).await;
            });
            self.passing = Some(Passing { question, work });
        }
    }
}
