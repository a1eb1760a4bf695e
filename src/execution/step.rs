//! One call: input check, the call itself, output check. Each step only has what the step before let through.

use std::sync::Arc;

use super::report::{CallOutcome, Ended, Failure};
use crate::call::ToolCall;
use crate::config::{Server, SessionMode};
use crate::downstream::{Downstream, Leased, Session, SessionFault, Trouble};
use crate::fault::{ErrorCode, Fault as _};
use crate::guardrails::{CheckedCall, CheckedOutput, Guardrails};
use crate::scope::Scope;
use crate::tool::Tool;

pub(super) struct Step<'a> {
    pub(super) scope: &'a Scope,
    pub(super) server: &'a Arc<Server>,
    pub(super) mode: SessionMode,
    pub(super) may_ask: bool,
    pub(super) downstream: &'a Downstream,
    pub(super) guardrails: &'a Guardrails,
}

/// Whether another call can follow on the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    MayFollow,
    SessionLost,
}

impl Step<'_> {
    pub(super) async fn take(
        &self,
        session: &mut Option<Leased>,
        call: ToolCall,
        definition: Option<&Tool>,
    ) -> (CallOutcome, Next) {
        let mirror = definition.and_then(Tool::mirror);
        let (index, tool) = (call.index, call.tool.to_string());
        let checked = match self.guardrails.check_input(self.scope, self.server, call).await {
            Ok(checked) => checked,
            Err(blocked) => {
                let outcome = CallOutcome {
                    input: Some(blocked.verdict),
                    ..CallOutcome::refused(index, tool, Ended::BlockedInput(blocked.code))
                };
                return (outcome, Next::MayFollow);
            }
        };
        let ended = match self.session(session).await {
            Ok(session) => session.call(self.scope, self.guardrails, &checked, mirror).await,
            Err(fault) => Err(fault),
        };
        match ended {
            Ok(output) => {
                let output = self.guardrails.check_output(self.scope, self.server, output).await;
                let (call, input) = checked.into_parts();
                let (ended, output) = match output {
                    Ok(mut safe) => {
                        let verdict = safe.take_verdict();
                        (self.ended(&tool, safe), verdict)
                    }
                    Err(blocked) => (Ended::BlockedOutput(blocked.code), Some(blocked.verdict)),
                };
                let arguments = Some(call.into_arguments());
                (CallOutcome { index, tool, arguments, ended, input, output }, Next::MayFollow)
            }
            Err(fault) => self.failed(checked, &fault).await,
        }
    }

    fn ended(&self, tool: &str, output: CheckedOutput) -> Ended {
        if output.is_error() {
            Ended::ToolError(output)
        } else if output.asks_for_input() && !self.may_ask {
            Ended::Failed(Failure {
                code: ErrorCode::ToolFailed,
                message: format!("tool `{tool}` asks for input, which nobody can give in the midst of a batch"),
                hint: Some("call it by its direct name (`tool_exposure`), or with a client that opens with `initialize`".to_owned()),
                details: Vec::new(),
            })
        } else {
            Ended::Success(output)
        }
    }

    async fn session<'s>(&self, session: &'s mut Option<Leased>) -> Result<&'s mut Session, SessionFault> {
        if session.is_none() {
            *session = Some(self.downstream.take(self.scope, self.server, self.mode).await?);
        }
        let leased = session.as_mut().map(Leased::session);
        leased.ok_or_else(|| SessionFault::new(&self.server.name, Trouble::Closed))
    }

    async fn failed(&self, checked: CheckedCall, fault: &SessionFault) -> (CallOutcome, Next) {
        let (call, input) = checked.into_parts();
        // A call that ran into its time limit leaves a session that still answers; any other fault ends it.
        let next = if fault.code() == ErrorCode::Timeout { Next::MayFollow } else { Next::SessionLost };
        let failure = Failure {
            code: fault.code(),
            message: format!("{} of {fault}", call.shown()).replacen("of server", "on server", 1),
            hint: fault.hint(),
            details: self.guardrails.screen(self.scope, self.server, fault.details()).await,
        };
        let outcome = CallOutcome {
            index: call.index,
            tool: call.tool.to_string(),
            arguments: Some(call.into_arguments()),
            ended: Ended::Failed(failure),
            input,
            output: None,
        };
        (outcome, next)
    }
}
