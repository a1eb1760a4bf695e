//! One request of a call: sent, accompanied by whatever the server says meanwhile, and answered.

use std::collections::VecDeque;
use std::pin::Pin;

use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::events::{Event, Listening};
use super::fault::Trouble;
use super::relay::Relay;
use super::request::{self, Prepared, Sent};
use crate::rpc::RpcError;

/// Said by the server while something else is being relayed; one that says more is not read meanwhile.
const MAX_WAITING: usize = 32;

pub(super) struct Exchange<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) relay: &'a Relay<'a>,
    pub(super) listening: Listening<'a>,
    pub(super) max_result_bytes: usize,
}

/// Something on its way to the client.
struct Hearing<'a> {
    /// The id of the question that it is.
    question: Option<Value>,
    work: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
}

impl<'a> Exchange<'a> {
    /// The result; everything that the server said before it has been relayed by then.
    pub(super) async fn run(mut self, prepared: Prepared, sent: &Sent) -> Result<Value, Trouble> {
        let asking = request::ask(self.peer, prepared, self.max_result_bytes, sent);
        let mut asking = std::pin::pin!(asking);
        let mut waiting: VecDeque<Event> = VecDeque::new();
        let mut hearing: Option<Hearing<'a>> = None;
        let answer = loop {
            if hearing.is_none() {
                hearing = waiting.pop_front().map(|event| Hearing::of(self.relay, event));
            }
            let heard = async {
                match &mut hearing {
                    Some(hearing) => hearing.work.as_mut().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                // First, or a server that goes on talking would keep its own answer from being heard.
                answer = &mut asking => break answer,
                () = heard => hearing = None,
                event = self.listening.next(), if waiting.len() < MAX_WAITING => {
                    match hearing.take_if(|hearing| hearing.is_withdrawn_by(&event)) {
                        Some(withdrawn) => {
                            drop(withdrawn);
                            self.relay.scope.client.withdraw().await;
                        }
                        None => match event {
                            Event::Withdrawn(id) => waiting.retain(|event| !event.asks(&id)),
                            event => waiting.push_back(event),
                        },
                    }
                }
            }
        };
        self.finish(hearing, waiting).await;
        answer
    }

    /// What was said before the answer is still relayed; what was asked before it is not asked any more.
    async fn finish(&mut self, hearing: Option<Hearing<'a>>, waiting: VecDeque<Event>) {
        match hearing {
            Some(Hearing { question: Some(_), work }) => {
                drop(work);
                self.relay.scope.client.withdraw().await;
            }
            Some(Hearing { question: None, work }) => work.await,
            None => {}
        }
        let rest = std::iter::from_fn(|| self.listening.rest()).take(MAX_WAITING);
        let rest: Vec<Event> = waiting.into_iter().chain(rest).collect();
        for event in rest {
            match event {
                Event::Question { id, .. } => {
                    let late = RpcError::new(RpcError::INVALID_REQUEST, "the call that asked has ended");
                    self.relay.answer(&id, Err(late)).await;
                }
                event => self.relay.hear(event).await,
            }
        }
    }
}

impl<'a> Hearing<'a> {
    fn of(relay: &'a Relay<'a>, event: Event) -> Self {
        let question = match &event {
            Event::Question { id, .. } => Some(id.clone()),
            _ => None,
        };
        Self { question, work: Box::pin(relay.hear(event)) }
    }

    fn is_withdrawn_by(&self, event: &Event) -> bool {
        matches!((event, &self.question), (Event::Withdrawn(id), Some(question)) if id == question)
    }
}
