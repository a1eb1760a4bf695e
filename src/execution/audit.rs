//! What the log says of each call: who made it, what became of it, and what the guardrails found.
//!
//! Names only: no argument, no result. What a client calls a tool that the server does not have is written only if
//! it could be the name of one.

use std::time::Duration;

use super::batch::{Batch, Requested};
use super::report::{CallOutcome, Ended};
use crate::config::Server;
use crate::fault::{ErrorCode, Failure};
use crate::guardrails::Verdict;
use crate::ids::{ProjectId, ToolName, UserId};
use crate::scope::Scope;
use crate::timeouts::milliseconds;
use crate::tool::ToolSet;

/// A longer name is none.
const LONGEST: usize = 128;

/// Of a call that ran.
pub(super) fn ran(scope: &Scope, server: &Server, outcome: &CallOutcome, elapsed: Duration) {
    line(scope, server, (&outcome.tool, outcome), elapsed);
}

/// Of calls that were refused before anything ran.
pub(super) fn refused(scope: &Scope, server: &Server, tools: &ToolSet, outcomes: &[CallOutcome]) {
    for outcome in outcomes {
        let is_known = tools.find(&ToolName::from(outcome.tool.as_str())).is_some();
        let tool = if is_known || could_be_a_name(&outcome.tool) { &outcome.tool } else { "(no name)" };
        line(scope, server, (tool, outcome), Duration::ZERO);
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

fn could_be_a_name(tool: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    tool.len() <= LONGEST && tool.chars().all(is_of_names)
}

fn line(scope: &Scope, server: &Server, (tool, outcome): (&str, &CallOutcome), elapsed: Duration) {
    let caller = &*scope.caller;
    let (key, user) = (caller.key_hint.as_str(), caller.user.as_ref().map(UserId::as_str));
    let project = caller.project.as_ref().map(ProjectId::as_str);
    // One of the first generation, or of a service, has a name of its own.
    let id = user.is_none().then(|| caller.id.as_str());
    let (request, server, ms) = (&scope.id, &server.name, milliseconds(elapsed));
    let (status, code) = (outcome.ended.status(), outcome.ended.code().map(ErrorCode::as_str));
    let named = Verdict::named(&[outcome.input.as_ref(), outcome.output.as_ref()]);
    let (detectors, rules) = (named.detectors, named.rules);
    let (warned, warned_rules) = (named.warned, named.warned_rules);
    let hidden = outcome.redacted.then_some("pii");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_not_written() {
        for (name, expected) in [
            ("delete_all", true),
            ("files.read/v2", true),
            ("my password is hunter2", false),
            ("a\nb", false),
            ("\u{1b}[31m", false),
        ] {
            assert_eq!(could_be_a_name(name), expected, "{name:?}");
        }
        assert!(!could_be_a_name(&"a".repeat(LONGEST + 1)));
    }
}
