//! What the log says of each call: who made it, what became of it, and what the guardrails found.
//!
//! Names only: no argument, no result. What a client calls a tool or a server that is not there may be anything, a
//! secret too: of that, only how long it is.

use std::time::Duration;

use super::batch::{Batch, Requested};
use super::report::{CallOutcome, Ended};
use crate::config::Server;
use crate::fault::{ErrorCode, Failure};
use crate::guardrails::Verdict;
use crate::ids::{ProjectId, ServerName, ToolName, UserId};
use crate::scope::Scope;
use crate::timeouts::milliseconds;
use crate::tool::ToolSet;

/// Of a call that ran.
pub(super) fn ran(scope: &Scope, server: &Server, outcome: &CallOutcome, elapsed: Duration) {
    line(scope, &server.name, (&outcome.tool, outcome), elapsed);
}

/// Of calls that were refused before anything ran.
pub(super) fn refused(scope: &Scope, server: &Server, tools: &ToolSet, outcomes: &[CallOutcome]) {
    for outcome in outcomes {
        let name = ToolName::from(outcome.tool.as_str());
        let is_known = tools.find(&name).is_some()
            || tools.blocked(&name).is_some()
            || server.denied.iter().any(|rule| rule.pattern == name.as_str());
        let tool = if is_known { outcome.tool.clone() } else { unknown(&outcome.tool) };
        line(scope, &server.name, (&tool, outcome), Duration::ZERO);
    }
}

/// Of the calls of a batch whose server cannot be used.
pub(super) fn unusable(scope: &Scope, batch: &Batch, code: ErrorCode) {
    let outcome = |requested: &Requested| {
        let (index, tool) = match requested {
            Requested::Call(call) => (call.index, call.tool.to_string()),
            Requested::Unreadable { index, tool, .. } => (*index, tool.clone().unwrap_or_default()),
        };
        CallOutcome::refused(index, tool, Ended::Failed(Failure::new(code, "")))
    };
    let outcomes: Vec<CallOutcome> = batch.calls.iter().map(outcome).collect();
    refused(scope, &batch.server, &ToolSet::default(), &outcomes);
}

/// Of a batch that is none: its server is not there, or it has too many calls.
pub(super) fn no_batch(scope: &Scope, server: &str, code: ErrorCode) {
    let known = scope.caller.config.find(server).map(|known| known.name.clone());
    let server = known.unwrap_or_else(|| unknown(server).into());
    let outcome = CallOutcome::refused(0, String::new(), Ended::Failed(Failure::new(code, "")));
    line(scope, &server, ("", &outcome), Duration::ZERO);
}

/// Of a call to a tool that nobody knows; its server may be known by the name.
pub fn no_tool(scope: &Scope, server: Option<&ServerName>, tool: &str, code: ErrorCode) {
    let (server, tool) = (server.cloned().unwrap_or_else(|| "(unknown)".into()), unknown(tool));
    let outcome = CallOutcome::refused(0, String::new(), Ended::Failed(Failure::new(code, "")));
    line(scope, &server, (&tool, &outcome), Duration::ZERO);
}

fn unknown(name: &str) -> String {
    format!("(unknown, {} characters)", name.chars().count())
}

fn line(scope: &Scope, server: &ServerName, (tool, outcome): (&str, &CallOutcome), elapsed: Duration) {
    let caller = &*scope.caller;
    let (key, user) = (caller.key_hint.as_str(), caller.user.as_ref().map(UserId::as_str));
    let project = caller.project.as_ref().map(ProjectId::as_str);
    // One of the first generation, or of a service, has a name of its own.
    let id = user.is_none().then(|| caller.id.as_str());
    let (request, ms) = (&scope.id, milliseconds(elapsed));
    let tool = Some(tool).filter(|tool| !tool.is_empty());
    let (status, code) = (outcome.ended.status(), outcome.ended.code().map(ErrorCode::as_str));
    let named = Verdict::named(&[outcome.input.as_ref(), outcome.output.as_ref()]);
    let (detectors, rules) = (named.detectors, named.rules);
    let (warned, warned_rules) = (named.warned, named.warned_rules);
    let hidden = outcome.has_placeholders.then_some("pii");
    // The level of an event is a constant.
    macro_rules! call {
        ($level:ident) => {
            tracing::$level!(
                %request, key, user, project, caller = id, %server, tool, outcome = status, code, detectors, rules,
                warned, warned_rules, hidden, ms, "call"
            )
        };
    }
    if outcome.ended.was_stopped() { call!(warn) } else { call!(info) }
}
