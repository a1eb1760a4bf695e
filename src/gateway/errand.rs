//! The work of one request. It may outlast the request: while its client is asked something it goes on by itself,
//! and whoever brings the answers waits for it again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::panic::{self, Panicked};
use super::reply::Reply;
use super::retry::{Pledge, Retry};
use super::{Answer, Gateway, Target, Turn, Who, era, retry};
use crate::call::JsonObject;
use crate::client::{Client, Era};
use crate::fault::ErrorCode;
use crate::ids::{ProjectId, RequestId, UserId};
use crate::rpc::{Frame, RpcError};
use crate::scope::Caller;
use crate::timeouts::milliseconds;

type Done = Result<Answer, Panicked>;

pub(super) struct Errand {
    work: Pin<Box<dyn Future<Output = Done> + Send>>,
    /// A task drives the work, whether somebody waits for it or not.
    apart: bool,
    pub(super) client: Client,
    pub(super) cancel: CancellationToken,
    /// Where the client may be asked by a result.
    pub(super) pledge: Option<Pledge>,
    label: Label,
}

/// What its answer looks like, in the log and on the wire.
#[derive(Clone)]
struct Label {
    request: RequestId,
    caller: Option<Arc<Caller>>,
    name: String,
    in_result: bool,
    cacheable: bool,
}

impl Errand {
    fn begin(gateway: &Gateway, target: Target, client: Client, who: Who, pledge: Option<Pledge>) -> Self {
        client.converse(target.takes_questions_whole(), pledge.is_some());
        let (caller, name) = (who.caller(), target.name());
        let (in_result, cacheable) = (target.is_tool(), target.is_cacheable());
        let asked = gateway.asked(client.clone(), who);
        let (request, cancel) = (asked.id.clone(), asked.cancel.clone());
        let gateway = gateway.clone();
        let work = Box::pin(panic::contain(async move { gateway.work(target, asked).await }));
        let label = Label { request, caller, name, in_result, cacheable };
        Self { work, apart: false, client, cancel, pledge, label }
    }

    /// The work goes on while nobody waits for it; its client has been answered.
    pub(super) fn part(&mut self, tasks: &TaskTracker) {
        self.client.hang_up();
        if !std::mem::replace(&mut self.apart, true) {
            let work = std::mem::replace(&mut self.work, Box::pin(std::future::pending()));
            let work = tasks.spawn(work);
            // A task that is gone went with the whole process.
            self.work = Box::pin(async { work.await.unwrap_or(Err(Panicked)) });
        }
    }

    /// Of an errand that nobody has come back to.
    pub(super) fn expire(self) {
        self.cancel.cancel();
        let (key, user, project) = self.label.who();
        let Label { request, name, .. } = &self.label;
        tracing::info!(%request, key, user, project, tool = name, "the client did not come back with answers in time: cancelled");
    }

    /// The answer to whoever waits now.
    fn frame(label: &Label, done: Done, id: &Value, (era, started): (Era, Instant)) -> Frame {
        let (key, user, project) = label.who();
        let Label { request, name, in_result, cacheable, .. } = label;
        let answer = done.unwrap_or_else(|panicked| Err(Box::new(panicked)));
        let reply = answer.unwrap_or_else(|fault| Reply::fault(request, &*fault));
        let reply = if *in_result { reply } else { reply.outside_result() };
        let (outcome, error) = (reply.status().as_str(), reply.error());
        let code = reply.code().map(ErrorCode::as_str);
        let ms = milliseconds(started.elapsed());
        tracing::info!(%request, key, user, project, tool = name, outcome, code, error, ms, "request");
        reply.into_frame(id, era, *cacheable)
    }
}

impl Label {
    /// Key, user and project, where one gateway serves several.
    fn who(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let Some(caller) = &self.caller else { return (None, None, None) };
        let (user, project) = (caller.user.as_ref(), caller.project.as_ref());
        (Some(&caller.key_hint), user.map(UserId::as_str), project.map(ProjectId::as_str))
    }
}

impl Gateway {
    /// Answers a request that takes work.
    pub(super) async fn answer(&self, turn: Turn, target: Target) -> Frame {
        let Turn { id, client, who, pledge, withdrawn } = turn;
        let errand = Errand::begin(self, target, client, who, pledge);
        self.attend(&id, Box::new(errand), &withdrawn).await
    }

    /// Answers a request that brings what a call has asked for.
    pub(super) async fn resume(&self, turn: Turn, retry: Retry) -> Result<Frame, RpcError> {
        let Turn { id, client, who, pledge, withdrawn } = turn;
        let pledge = pledge.ok_or_else(retry::unknown)?;
        // Its key may have been closed meanwhile.
        self.scope_or_refusal(self.asked(client.clone(), who)).await?;
        let (errand, answers) = self.suspended.take(retry, &pledge)?;
        errand.client.carry_on(&client, answers);
        Ok(self.attend(&id, errand, &withdrawn).await)
    }

    /// Waits until the work is done, or has something to ask its client.
    async fn attend(&self, id: &Value, mut errand: Box<Errand>, withdrawn: &CancellationToken) -> Frame {
        let (started, client) = (Instant::now(), errand.client.clone());
        let as_of = (client.era(), started);
        loop {
            let questions = tokio::select! {
                biased;
                done = &mut errand.work => return Errand::frame(&errand.label, done, id, as_of),
                () = withdrawn.cancelled() => {
                    errand.cancel.cancel();
                    // The work sees the cancellation and winds down: sessions are closed by those who opened them.
                    let done = errand.work.await;
                    return Errand::frame(&errand.label, done, id, as_of);
                }
                questions = client.questions() => questions,
                () = client.keep_alive() => continue,
            };
            let label = errand.label.clone();
            let max_sessions = self.parts.store.current().limits.max_sessions;
            match self.suspended.keep(errand, &questions, max_sessions) {
                Ok(state) => {
                    let ms = milliseconds(started.elapsed());
                    let (key, user, project) = label.who();
                    let Label { request, name: tool, .. } = &label;
                    tracing::info!(%request, key, user, project, tool, outcome = "input_required", ms, "request");
                    return question(id, questions, state);
                }
                Err(back) => {
                    errand = back;
                    client.refuse_questions();
                }
            }
        }
    }
}

/// The result that asks.
fn question(id: &Value, questions: JsonObject, state: String) -> Frame {
    let mut result = JsonObject::new();
    result.insert("resultType".to_owned(), "input_required".into());
    result.insert("inputRequests".to_owned(), Value::Object(questions));
    result.insert("requestState".to_owned(), state.into());
    Frame::of(id, Ok(era::dress(Era::Modern, false, result)))
}

#[cfg(test)]
impl Errand {
    pub(super) fn until_cancelled(pledge: Pledge) -> Self {
        let cancel = CancellationToken::new();
        let cancelled = cancel.clone();
        let work = Box::pin(async move {
            cancelled.cancelled().await;
            Err(Panicked)
        });
        let (client, pledge) = (Client::nobody(), Some(pledge));
        let label = Label {
            request: RequestId::fresh(),
            caller: None,
            name: String::new(),
            in_result: true,
            cacheable: false,
        };
        Self { work, apart: false, client, cancel, pledge, label }
    }
}
