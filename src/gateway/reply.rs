//! Replies on the wire: one text block with a compact JSON object, then what JSON cannot hold.
//!
//! `isError` is true exactly when the object's `status` is `error`.

use serde_json::{Value, json};

use crate::call::{JsonObject, object_size, size};
use crate::client::Era;
use crate::config::ResultDetail;
use crate::execution::{BatchReport, CallOutcome, Ended};
use crate::fault::{ErrorCode, Fault};
use crate::guardrails::{Judged, Verdict, Violation};
use crate::ids::RequestId;
use crate::json;
use crate::rpc::{Frame, RpcError};
use crate::scope::Scope;

mod content;
mod problem;
mod single;

pub(super) use problem::Problem;
pub(super) use single::single;

/// The answer to a request that takes work.
pub(super) struct Reply(Body);

enum Body {
    /// In the words of the gateway, with what JSON cannot hold.
    Own {
        status: Status,
        object: JsonObject,
        blocks: Vec<Value>,
        failure: Option<FirstFailure>,
    },
    Problem(Problem, RequestId),
    /// A tool's own result, whole.
    Result(JsonObject),
    /// The error object that a server answered with.
    Error(Value),
    /// There is nothing of that name here.
    Refused(RpcError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    Info,
    Error,
}

/// For the log: the first call of a batch that failed, and what is said of the whole.
struct FirstFailure {
    code: ErrorCode,
    message: String,
}

impl Reply {
    pub(super) fn success(members: Value) -> Self {
        Self::new(Status::Success, members)
    }

    /// From the members behind the status.
    pub(super) fn new(status: Status, members: Value) -> Self {
        let mut object = JsonObject::from_iter([("status".to_owned(), status.as_str().into())]);
        if let Value::Object(members) = members {
            object.extend(members);
        }
        Self(Body::Own { status, object, blocks: Vec::new(), failure: None })
    }

    pub(super) fn fault(id: &RequestId, fault: &(impl Fault + ?Sized)) -> Self {
        Self(Body::Problem(Problem::of(fault), id.clone()))
    }

    /// What a server would have answered.
    pub(super) fn of_server(result: JsonObject) -> Self {
        Self(Body::Result(result))
    }

    /// For a request that has no result in which a failure could stand.
    pub(super) fn outside_result(self) -> Self {
        match self.0 {
            Body::Problem(problem, id) => {
                let code = match problem.failure.code {
                    ErrorCode::InvalidArguments | ErrorCode::LimitExceeded => RpcError::INVALID_PARAMS,
                    _ => RpcError::INTERNAL,
                };
                Self::refused(problem.into_error(code, &id))
            }
            other => Self(other),
        }
    }

    pub(super) fn refused(error: RpcError) -> Self {
        Self(Body::Refused(error))
    }

    pub(super) fn status(&self) -> Status {
        match &self.0 {
            Body::Own { status, .. } => *status,
            Body::Result(result) if result.get("isError") == Some(&Value::Bool(true)) => Status::Error,
            Body::Result(_) => Status::Success,
            Body::Problem(..) | Body::Error(_) | Body::Refused(_) => Status::Error,
        }
    }

    /// For the log: why the request failed, or the first of its calls that did.
    pub(super) fn code(&self) -> Option<ErrorCode> {
        match &self.0 {
            Body::Own { failure, .. } => failure.as_ref().map(|failure| failure.code),
            Body::Problem(problem, _) => Some(problem.failure.code),
            Body::Result(_) | Body::Error(_) | Body::Refused(_) => None,
        }
    }

    /// For the log: what the client is told of a request that failed.
    pub(super) fn error(&self) -> Option<&str> {
        match &self.0 {
            Body::Own { failure, .. } => failure.as_ref().map(|failure| failure.message.as_str()),
            Body::Problem(problem, _) => Some(problem.logged()),
            Body::Refused(error) => Some(&error.message),
            Body::Result(_) | Body::Error(_) => None,
        }
    }

    /// The answer to the `tools/call`, written in one go: a large result is never here twice.
    pub(super) fn into_frame(self, id: &Value, era: Era, cacheable: bool) -> Frame {
        let status = self.status();
        let (object, blocks) = match self.0 {
            Body::Own { object, blocks, .. } => (object, blocks),
            Body::Problem(problem, id) => (problem.into_object(status.as_str(), &id), Vec::new()),
            Body::Result(mut result) => {
                if era == Era::Modern {
                    super::era::dress_relayed(cacheable, &mut result);
                    super::retry::tell_apart(&mut result);
                }
                return Frame::result(id, |text| json::write_object(&result, text));
            }
            Body::Error(error) => return Frame::relayed(id, &error),
            Body::Refused(error) => return Frame::error(Some(id), &error),
        };
        Frame::result(id, |text| {
            let head: &[u8] = match era {
                Era::Legacy => br#"{"content":[{"type":"text","text":"#,
                // Each result says that it is one.
                Era::Modern => br#"{"resultType":"complete","content":[{"type":"text","text":"#,
            };
            // Grown step by step, a large result would be moved again and again.
            text.reserve(object_size(&object) + blocks.iter().map(size).sum::<usize>());
            text.extend_from_slice(head);
            json::write_nested(&object, text);
            text.push(b'}');
            for block in &blocks {
                text.push(b',');
                json::write(block, text);
            }
            let is_error = status == Status::Error;
            text.extend_from_slice(if is_error { br#"],"isError":true}"# } else { br#"],"isError":false}"# });
        })
    }
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Info => "info",
            Self::Error => "error",
        }
    }
}

/// The report of a batch in the documented shape.
pub(super) fn batch(report: BatchReport, scope: &Scope) -> Reply {
    let summary = report.summary();
    let succeeded = report.succeeded();
    let code = report.outcomes.iter().find_map(|outcome| outcome.ended.code());
    let mut message = format!(
        "Batch execution {}: {} successful, {} failed, {} blocked (input), {} blocked (output)",
        if succeeded { "completed" } else { "failed" },
        summary.successful,
        summary.failed,
        summary.blocked_input,
        summary.blocked_output,
    );
    for (count, what) in [(summary.denied, "denied"), (summary.not_run, "not run")] {
        if count > 0 {
            message = format!("{message}, {count} {what}");
        }
    }
    let execution_summary = json!({
        "total_calls": summary.total,
        "successful_calls": summary.successful,
        "failed_calls": summary.failed,
        "blocked_input_calls": summary.blocked_input,
        "blocked_output_calls": summary.blocked_output,
        "denied_calls": summary.denied,
        "not_run_calls": summary.not_run,
        "input_guardrails_enabled": report.input_guardrails,
        "output_guardrails_enabled": report.output_guardrails,
    });
    let mut blocks = Vec::new();
    let writer =
        Writer { server: report.server.as_str(), detail: scope.settings.result_detail, id: &scope.id };
    let results = report.outcomes.into_iter().map(|outcome| writer.outcome(outcome, &mut blocks)).collect();
    let failure = code.map(|code| FirstFailure { code, message: message.clone() });
    let status = if succeeded { Status::Success } else { Status::Error };
    let mut object = JsonObject::new();
    object.insert("status".to_owned(), status.as_str().into());
    object.insert("message".to_owned(), message.into());
    object.insert("server_name".to_owned(), report.server.as_str().into());
    object.insert("results".to_owned(), Value::Array(results));
    object.insert("execution_summary".to_owned(), execution_summary);
    Reply(Body::Own { status, object, blocks, failure })
}

struct Writer<'a> {
    server: &'a str,
    detail: ResultDetail,
    id: &'a RequestId,
}

impl Writer<'_> {
    fn outcome(&self, outcome: CallOutcome, blocks: &mut Vec<Value>) -> Value {
        let CallOutcome { index, tool, arguments, has_placeholders, ended, input, output } = outcome;
        let (status, code) = (ended.status(), ended.code());
        let is_blocked = matches!(ended, Ended::BlockedInput(_) | Ended::BlockedOutput(_));
        let mut entry = match problem::result(ended, &tool, input.as_ref(), output.as_ref()) {
            Ok(output) => {
                let mut entry = JsonObject::from_iter([("status".to_owned(), status.into())]);
                let message = match code {
                    None => "Request processed successfully".to_owned(),
                    Some(code) => {
                        entry.insert("error_code".to_owned(), code.as_str().into());
                        format!("tool `{tool}` reports an error")
                    }
                };
                entry.insert("message".to_owned(), message.into());
                content::insert(&mut entry, output.into_output(), (index, self.detail), blocks);
                if has_placeholders {
                    entry.insert("hint".to_owned(), problem::PLACEHOLDERS.into());
                }
                if code.is_some() {
                    entry.insert("correlation_id".to_owned(), self.id.as_str().into());
                }
                entry
            }
            Err(mut problem) => {
                if is_blocked {
                    // The verdict that stands beside it has them.
                    problem.failure.details.clear();
                }
                let mut entry = problem.into_object(status, self.id);
                // Results that stand beside each other all have a response, behind the message.
                entry.shift_insert(3, "response".to_owned(), "".into());
                entry
            }
        };
        let mut data = JsonObject::new();
        data.insert("call_index".to_owned(), index.into());
        data.insert("server_name".to_owned(), self.server.into());
        data.insert("tool_name".to_owned(), tool.into());
        if let Some(arguments) = arguments.filter(|_| self.detail == ResultDetail::Full) {
            data.insert("args".to_owned(), Value::Object(arguments));
        }
        entry.insert("enkrypt_mcp_data".to_owned(), Value::Object(data));
        for (name, verdict) in [("input_guardrail_response", input), ("output_guardrail_response", output)] {
            let wanted =
                |verdict: &Verdict| self.detail == ResultDetail::Full || code.is_some() || !verdict.is_safe();
            if let Some(verdict) = verdict.filter(wanted) {
                entry.insert(name.to_owned(), verdict_object(&verdict));
            }
        }
        Value::Object(entry)
    }
}

fn verdict_object(verdict: &Verdict) -> Value {
    let mut object = JsonObject::new();
    object.insert("is_safe".to_owned(), verdict.is_safe().into());
    if !verdict.violations.is_empty() {
        let violations = verdict.violations.iter().map(violation_object).collect();
        object.insert("violations".to_owned(), Value::Array(violations));
    }
    if !verdict.warnings.is_empty() {
        let warnings = verdict.warnings.iter().map(violation_object).collect();
        object.insert("warnings".to_owned(), Value::Array(warnings));
    }
    match &verdict.judged {
        Judged::Yes => {}
        Judged::Unavailable(_) => drop(object.insert("unavailable".to_owned(), true.into())),
        Judged::LetPass(_) => drop(object.insert("failed_open".to_owned(), true.into())),
    }
    if let Some(fault) = verdict.fault() {
        object.insert("reason".to_owned(), fault.to_string().into());
    }
    if let Some(note) = verdict.note {
        object.insert("note".to_owned(), note.into());
    }
    // Two decimals: a local check takes microseconds.
    let milliseconds = (verdict.elapsed.as_secs_f64() * 100_000.0).round() / 100.0;
    object.insert("processing_time_ms".to_owned(), milliseconds.into());
    Value::Object(object)
}

fn violation_object(violation: &Violation) -> Value {
    json!({
        "type": violation.detector,
        "severity": "high",
        "message": violation.message,
        "action": violation.effect.as_str(),
        "rule": violation.rule,
    })
}
