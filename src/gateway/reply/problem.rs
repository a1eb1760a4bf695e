//! What a client is told of something that went wrong: the words, and their one shape on the wire.

use serde_json::Value;

use crate::call::JsonObject;
use crate::config::DeniedBy;
use crate::execution::Ended;
use crate::fault::{ErrorCode, Failure, Fault};
use crate::guardrails::{CheckedOutput, Side, Verdict};
use crate::ids::RequestId;
use crate::rpc::RpcError;

pub(in crate::gateway) struct Problem {
    pub(super) failure: Failure,
    denied: Option<Box<Denied>>,
}

/// The operator closed a tool.
struct Denied {
    pattern: String,
    reason: String,
}

impl Problem {
    pub(in crate::gateway) fn of(fault: &(impl Fault + ?Sized)) -> Self {
        Failure::of(fault).into()
    }

    /// For the log: a server that nobody has configured is called whatever the client likes.
    pub(super) fn logged(&self) -> &str {
        match self.failure.code {
            ErrorCode::ServerNotFound => "there is no server of that name",
            _ => &self.failure.message,
        }
    }

    fn denied(tool: &str, DeniedBy { pattern, reason }: DeniedBy) -> Self {
        let reason = reason.unwrap_or_else(|| "it is on the deny list".to_owned());
        let failure = Failure::new(ErrorCode::ToolDenied, format!("Tool '{tool}' is denied: {reason}"))
            .hint("use another tool; the operator closed this one");
        Self { failure, denied: Some(Box::new(Denied { pattern, reason })) }
    }

    pub(in crate::gateway) fn into_object(self, status: &str, id: &RequestId) -> JsonObject {
        let Self { failure: Failure { code, message, hint, details }, denied } = self;
        let mut object = JsonObject::new();
        object.insert("status".to_owned(), status.into());
        object.insert("error_code".to_owned(), code.as_str().into());
        object.insert("message".to_owned(), message.into());
        if let Some(denied) = denied {
            object.insert("deny_pattern".to_owned(), denied.pattern.into());
            object.insert("deny_reason".to_owned(), denied.reason.into());
        }
        if let Some(hint) = hint {
            object.insert("hint".to_owned(), hint.into());
        }
        if !details.is_empty() {
            object.insert("details".to_owned(), details.into());
        }
        object.insert("correlation_id".to_owned(), id.as_str().into());
        object
    }

    /// For a request that has no result in which it could stand.
    pub(in crate::gateway) fn into_error(self, code: i64, id: &RequestId) -> RpcError {
        let message = self.failure.message.clone();
        RpcError::new(code, message).with_data(Value::Object(self.into_object("error", id)))
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { failure, denied: None }
    }
}

/// Said of a call whose server got placeholders, so that nobody asks again and again why it finds nothing.
pub(super) const PLACEHOLDERS: &str = "private data in the arguments was replaced by placeholders before the server got them: where the server looks \
     for such a value it finds nothing, and what it stores has the placeholders in it; the operator can let this tool \
     off (`pii_redaction`)";

/// In a tool's own result, where a client looks for what is not the tool's.
pub(super) fn note_placeholders(result: &mut JsonObject) {
    let meta = result.entry("_meta").or_insert_with(|| JsonObject::new().into());
    if let Value::Object(meta) = meta {
        meta.insert("enkrypt_hint".to_owned(), PLACEHOLDERS.into());
    }
}

/// The result of a call, or why there is none.
pub(super) fn result(
    ended: Ended,
    tool: &str,
    input: Option<&Verdict>,
    output: Option<&Verdict>,
) -> Result<CheckedOutput, Problem> {
    Err(match ended {
        Ended::Success(output) | Ended::ToolError(output) => return Ok(output),
        Ended::BlockedInput(code) => blocked(Side::Input, code, input).into(),
        Ended::BlockedOutput(code) => blocked(Side::Output, code, output).into(),
        Ended::Denied(denied) => Problem::denied(tool, denied),
        Ended::Failed(failure) => failure.into(),
    })
}

fn blocked(side: Side, code: ErrorCode, verdict: Option<&Verdict>) -> Failure {
    let what = if side == Side::Input { "Request" } else { "Response" };
    let violated = verdict.filter(|verdict| !verdict.violations.is_empty());
    let message = match violated {
        Some(verdict) => {
            format!("{what} blocked due to {} guardrail violations: {}", side.as_str(), verdict.detectors())
        }
        None => {
            let why =
                verdict.and_then(Verdict::fault).map_or("it was not asked".to_owned(), ToString::to_string);
            format!(
                "{what} blocked: the {} guardrail gave no verdict, and without one nothing passes: {why}",
                side.as_str()
            )
        }
    };
    let message = if verdict.is_some_and(|verdict| verdict.wrote) {
        format!("The call was made, only its answer is withheld. {message}")
    } else {
        message
    };
    let made = verdict.is_some_and(|verdict| verdict.made);
    let hint = match (side, violated.is_some()) {
        (Side::Input, true) if made => {
            "the call was made beside its check, since the tool only reads, and its result withheld; say it in a way \
             that the policy allows, or ask the user"
        }
        (_, false) if made => {
            "the call was made beside its check, since the tool only reads, and its result withheld; tell the user \
             that there was no verdict; the message says why, and the gateway's log more"
        }
        (Side::Input, true) => {
            "the call was not made; say it in a way that the policy allows, or ask the user"
        }
        (_, true) => "the call was made and its result withheld; do not repeat it to see the result",
        (_, false) => {
            "tell the user that there was no verdict; the message says why, and the gateway's log more"
        }
    };
    Failure::new(code, message).hint(hint).details(verdict.map(Verdict::reasons).unwrap_or_default())
}
