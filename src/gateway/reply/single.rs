//! The answer to one call of a client that calls a server's tool under its direct name: the tool's own, whole.
//!
//! What the gateway itself has to say is one text block with the one shape of errors.

use serde_json::Value;

use super::{Body, Reply, blocked, insert_help, refuse};
use crate::call::JsonObject;
use crate::execution::{BatchReport, CallOutcome, Ended};
use crate::fault::ErrorCode;
use crate::guardrails::{CheckedOutput, Verdict};
use crate::ids::RequestId;
use crate::rpc::RpcError;

/// From the report of a batch of one.
pub(in super::super) fn single(report: BatchReport, id: &RequestId) -> Reply {
    match report.outcomes.into_iter().next() {
        Some(CallOutcome { ended: Ended::Success(output) | Ended::ToolError(output), .. }) => whole(output),
        Some(outcome) => Reply(Body::Own { object: failure(outcome, id), blocks: Vec::new() }),
        // A batch of one that was run has its outcome.
        None => Reply(Body::Own { object: opened(ErrorCode::Internal), blocks: Vec::new() }),
    }
}

fn whole(output: CheckedOutput) -> Reply {
    Reply(match output.into_output().into_answer() {
        Ok(result) => Body::Result(result),
        Err(error) => Body::Error(error),
    })
}

fn failure(outcome: CallOutcome, id: &RequestId) -> JsonObject {
    let mut object = opened(outcome.ended.code().unwrap_or(ErrorCode::Internal));
    match outcome.ended {
        Ended::BlockedInput(_) => block(&mut object, "Request", "input", outcome.input.as_ref()),
        Ended::BlockedOutput(_) => block(&mut object, "Response", "output", outcome.output.as_ref()),
        Ended::Denied(denied) => refuse(&mut object, &outcome.tool, denied),
        Ended::Failed(failure) => {
            object.insert("message".to_owned(), failure.message.into());
            insert_help(&mut object, failure.hint, failure.details);
        }
        Ended::Success(_) | Ended::ToolError(_) => {}
    }
    // Where the results of a batch stand beside each other, each has a response.
    object.shift_remove("response");
    object.insert("correlation_id".to_owned(), id.as_str().into());
    object
}

/// A failure, where no result could hold it.
pub(super) fn no_result(object: JsonObject) -> RpcError {
    let message = object.get("message").and_then(Value::as_str).unwrap_or("failed").to_owned();
    let code = match object.get("error_code").and_then(Value::as_str) {
        Some("INVALID_ARGUMENTS" | "LIMIT_EXCEEDED") => RpcError::INVALID_PARAMS,
        _ => RpcError::INTERNAL,
    };
    RpcError::new(code, message).with_data(Value::Object(object))
}

fn opened(code: ErrorCode) -> JsonObject {
    let mut object = JsonObject::new();
    object.insert("status".to_owned(), "error".into());
    object.insert("error_code".to_owned(), code.as_str().into());
    object
}

fn block(object: &mut JsonObject, what: &str, side: &str, verdict: Option<&Verdict>) {
    blocked(object, what, side, verdict);
    let violations = verdict.map(|verdict| verdict.violations.as_slice()).unwrap_or_default();
    let details: Vec<String> =
        violations.iter().map(|violation| format!("{} ({})", violation.message, violation.rule)).collect();
    insert_help(object, None, details);
}
