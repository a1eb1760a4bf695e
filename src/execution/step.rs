//! One call: input check, the call itself, output check. Each step only has what the step before let through.

use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::Either;

use super::report::{CallOutcome, Ended};
use crate::call::{ToolCall, ToolOutput};
use crate::config::{Server, SessionMode, WhileAway};
use crate::downstream::{Downstream, Leased, Session, SessionFault, Trouble};
use crate::fault::{ErrorCode, Failure, Fault as _};
use crate::guardrails::{Blocked, CheckedCall, CheckedOutput, ClearedCall, Guardrails, Inputs, Verdict};
use crate::scope::Scope;
use crate::tool::{Tool, ToolSet};

pub(super) struct Step<'a> {
    pub(super) scope: &'a Scope,
    pub(super) server: &'a Arc<Server>,
    pub(super) mode: SessionMode,
    pub(super) away: WhileAway,
    pub(super) downstream: &'a Downstream,
    pub(super) guardrails: &'a Guardrails,
}

/// A call that was made, and whose result may be looked at.
struct Made {
    cleared: ClearedCall,
    answer: Result<ToolOutput, SessionFault>,
}

/// Whether another call can follow on the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    MayFollow,
    SessionLost,
}

/// The checks of the calls to come get on meanwhile: their time runs as well.
async fn accompany<T>(inputs: &mut Inputs<'_>, mut work: Pin<&mut impl Future<Output = T>>) -> T {
    tokio::select! {
        biased;
        done = &mut work => done,
        () = inputs.progress() => work.await,
    }
}

/// What is known of a call, whoever has it.
pub(super) struct Called {
    index: usize,
    name: String,
    shown: String,
    definition: Option<Arc<Tool>>,
}

impl Called {
    pub(super) fn of(call: &ToolCall, tools: &ToolSet) -> Self {
        Self {
            index: call.index,
            name: call.tool.to_string(),
            shown: call.shown(),
            definition: tools.find(&call.tool).cloned(),
        }
    }

    fn blocked(&self, blocked: Blocked) -> CallOutcome {
        let ended = Ended::BlockedInput(blocked.code());
        CallOutcome {
            input: Some(blocked.verdict),
            ..CallOutcome::refused(self.index, self.name.clone(), ended)
        }
    }
}

impl Step<'_> {
    pub(super) async fn take(
        &self,
        session: &mut Option<Leased>,
        inputs: &mut Inputs<'_>,
        at: usize,
        called: &Called,
    ) -> (CallOutcome, Next) {
        let made = match self.run(session, inputs, at, called).await {
            Ok(made) => made,
            Err(blocked) => return (called.blocked(blocked), Next::MayFollow),
        };
        let Made { cleared, answer } = made;
        match answer {
            Ok(output) => {
                let tool = called.definition.as_deref();
                let checking =
                    self.guardrails.check_output(self.scope, self.server, (&cleared, tool), output);
                let output = accompany(inputs, pin!(checking)).await;
                let has_placeholders = cleared.checked().has_placeholders();
                let (call, input) = cleared.into_parts();
                let (ended, output) = match output {
                    Ok(mut safe) => {
                        let verdict = safe.take_verdict();
                        (ended(safe), verdict)
                    }
                    Err(blocked) => {
                        let wrote = tool.is_some_and(|tool| !tool.only_reads());
                        let ended = Ended::BlockedOutput(blocked.code());
                        (ended, Some(Verdict { wrote, ..blocked.verdict }))
                    }
                };
                let arguments = Some(call.into_arguments());
                let (index, tool) = (called.index, called.name.clone());
                (
                    CallOutcome { index, tool, arguments, has_placeholders, ended, input, output },
                    Next::MayFollow,
                )
            }
            Err(fault) => {
                let goes_on = session.as_ref().is_some_and(Leased::is_usable);
                let next = if goes_on { Next::MayFollow } else { Next::SessionLost };
                (self.failed(called, cleared, &fault).await, next)
            }
        }
    }

    async fn run(
        &self,
        session: &mut Option<Leased>,
        inputs: &mut Inputs<'_>,
        at: usize,
        called: &Called,
    ) -> Result<Made, Blocked> {
        if let Some(ahead) = inputs.ahead(at) {
            return self.run_ahead(session, inputs, (at, ahead), called).await;
        }
        let cleared = inputs.admit(at).await?;
        let answer = accompany(inputs, pin!(self.call(session, self.scope, cleared.checked(), called))).await;
        Ok(Made { cleared, answer })
    }

    /// The call and its check side by side: nobody hears of it before its verdict, and a bad one cancels it.
    async fn run_ahead(
        &self,
        session: &mut Option<Leased>,
        inputs: &mut Inputs<'_>,
        (at, ahead): (usize, CheckedCall),
        called: &Called,
    ) -> Result<Made, Blocked> {
        let scope = self.scope.ahead();
        let (answer, verdict) = {
            let mut running = std::pin::pin!(self.call(session, &scope, &ahead, called));
            let first = {
                let mut verdict = std::pin::pin!(inputs.verdict(at));
                tokio::select! {
                    verdict = &mut verdict => Either::Left(verdict),
                    answer = &mut running => Either::Right((answer, verdict.await)),
                }
            };
            match first {
                Either::Right(both) => both,
                Either::Left(verdict) => {
                    match &verdict {
                        Ok(_) => scope.let_hear(),
                        Err(_) => scope.cancel.cancel(),
                    }
                    (accompany(inputs, pin!(running)).await, verdict)
                }
            }
        };
        if verdict.is_err() {
            // Whatever the server still says of it must not be taken for another call's.
            *session = None;
        }
        let verdict = verdict.map_err(|mut blocked| {
            blocked.verdict.made = true;
            blocked
        })?;
        Ok(Made { cleared: ahead.clear(verdict)?, answer })
    }

    async fn call(
        &self,
        session: &mut Option<Leased>,
        scope: &Scope,
        checked: &CheckedCall,
        called: &Called,
    ) -> Result<ToolOutput, SessionFault> {
        let mirror = called.definition.as_deref().and_then(Tool::mirror);
        // What the calls before have done in a session is gone with it; one that waited for its first call is replaced.
        let is_first = session.is_none();
        let answer = self.session(session).await?.call(scope, self.guardrails, checked, mirror).await;
        if is_first && answer.as_ref().is_err_and(SessionFault::may_be_asked_again) {
            *session = None;
            return self.session(session).await?.call(scope, self.guardrails, checked, mirror).await;
        }
        answer
    }

    async fn session<'s>(&self, session: &'s mut Option<Leased>) -> Result<&'s mut Session, SessionFault> {
        if session.is_none() {
            *session = Some(self.downstream.take(self.scope, self.server, self.mode, self.away).await?);
        }
        let leased = session.as_mut().map(Leased::session);
        leased.ok_or_else(|| SessionFault::new(&self.server.name, Trouble::Closed))
    }

    async fn failed(&self, called: &Called, cleared: ClearedCall, fault: &SessionFault) -> CallOutcome {
        let has_placeholders = cleared.checked().has_placeholders();
        let (call, input) = cleared.into_parts();
        if !fault.is_an_answer() && fault.code() != ErrorCode::Cancelled {
            let (request, server, code) = (&self.scope.id, &self.server.name, fault.code().as_str());
            tracing::warn!(%request, %server, code, error = fault.to_string(), "could not call the server");
        }
        let told = Failure::of(fault);
        let failure = Failure {
            message: format!("{} on {}", called.shown, told.message),
            details: self.guardrails.screen(self.scope, self.server, told.details).await,
            ..told
        };
        CallOutcome {
            index: called.index,
            tool: called.name.clone(),
            arguments: Some(call.into_arguments()),
            has_placeholders,
            ended: Ended::Failed(failure),
            input,
            output: None,
        }
    }
}

fn ended(output: CheckedOutput) -> Ended {
    if output.is_error() { Ended::ToolError(output) } else { Ended::Success(output) }
}
