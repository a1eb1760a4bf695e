//! Replies on the wire: one text block with a compact JSON object, then what JSON cannot hold.
//!
//! `isError` is true exactly when the object's `status` is `error`.

use serde_json::{Map, Value, json};

use crate::call::{JsonObject, object_size, size};
use crate::client::Era;
use crate::config::{DeniedBy, ResultDetail};
use crate::execution::{BatchReport, CallOutcome, Ended, Failure};
use crate::fault::Fault;
use crate::guardrails::{Judged, Verdict, Violation};
use crate::ids::RequestId;
use crate::json;
use crate::rpc::{Frame, RpcError};
use crate::scope::Scope;

mod content;
mod single;

use single::no_result;
pub(super) use single::single;

/// The answer to a `tools/call`.
pub(super) struct Reply(Body);

enum Body {
    /// In the words of the gateway, with what JSON cannot hold.
    Own { object: JsonObject, blocks: Vec<Value> },
    /// A tool's own result, whole.
    Result(JsonObject),
    /// The error object that a server answered with.
    Error(Value),
    /// There is nothing of that name here.
    Refused(RpcError),
}

impl Reply {
    /// From an object that has its `status`.
    pub(super) fn new(object: Value) -> Self {
        let object = match object {
            Value::Object(object) => object,
            other => Map::from_iter([("status".to_owned(), "success".into()), ("value".to_owned(), other)]),
        };
        Self(Body::Own { object, blocks: Vec::new() })
    }

    pub(super) fn fault(id: &RequestId, fault: &(impl Fault + ?Sized)) -> Self {
        Self(Body::Own { object: fault_object(id, fault), blocks: Vec::new() })
    }

    /// What a server would have answered.
    pub(super) fn of_server(result: Value) -> Self {
        match result {
            Value::Object(result) => Self(Body::Result(result)),
            other => Self::new(other),
        }
    }

    /// For a request that has no result in which a failure could stand.
    pub(super) fn outside_result(self) -> Self {
        match self.0 {
            Body::Own { object, .. } => Self::refused(no_result(object)),
            other => Self(other),
        }
    }

    pub(super) fn refused(error: RpcError) -> Self {
        Self(Body::Refused(error))
    }

    pub(super) fn status(&self) -> &str {
        match &self.0 {
            Body::Own { object, .. } => object.get("status").and_then(Value::as_str).unwrap_or("success"),
            Body::Result(result) if result.get("isError") == Some(&Value::Bool(true)) => "error",
            Body::Result(_) => "success",
            Body::Error(_) | Body::Refused(_) => "error",
        }
    }

    /// For the log: why the request failed, or the first of its calls that did.
    pub(super) fn code(&self) -> Option<&str> {
        match &self.0 {
            Body::Own { object, .. } => {
                let results = object.get("results").and_then(Value::as_array);
                let mut entries =
                    std::iter::once(object).chain(results.into_iter().flatten().filter_map(Value::as_object));
                entries.find_map(|entry| entry.get("error_code")?.as_str())
            }
            Body::Result(_) | Body::Error(_) | Body::Refused(_) => None,
        }
    }

    /// For the log: what the client is told of a request that failed.
    pub(super) fn error(&self) -> Option<&str> {
        match &self.0 {
            Body::Own { object, .. } => {
                self.code().and_then(|_| object.get("message")).and_then(Value::as_str)
            }
            Body::Refused(error) => Some(&error.message),
            Body::Result(_) | Body::Error(_) => None,
        }
    }

    /// The answer to the `tools/call`, written in one go: a large result is never here twice.
    pub(super) fn into_frame(self, id: &Value, era: Era, cacheable: bool) -> Frame {
        let is_error = self.status() == "error";
        let (object, blocks) = match self.0 {
            Body::Own { object, blocks } => (object, blocks),
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
            text.extend_from_slice(if is_error { br#"],"isError":true}"# } else { br#"],"isError":false}"# });
        })
    }
}

/// The one shape of errors.
pub(super) fn fault_object(id: &RequestId, fault: &(impl Fault + ?Sized)) -> JsonObject {
    let mut object = JsonObject::new();
    object.insert("status".to_owned(), "error".into());
    object.insert("error_code".to_owned(), fault.code().as_str().into());
    object.insert("message".to_owned(), fault.to_string().into());
    insert_help(&mut object, fault.hint(), fault.details());
    object.insert("correlation_id".to_owned(), id.as_str().into());
    object
}

/// The report of a batch in the documented shape.
pub(super) fn batch(report: BatchReport, scope: &Scope) -> Reply {
    let summary = report.summary();
    let succeeded = report.succeeded();
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
    let mut object = JsonObject::new();
    object.insert("status".to_owned(), if succeeded { "success" } else { "error" }.into());
    object.insert("message".to_owned(), message.into());
    object.insert("server_name".to_owned(), report.server.as_str().into());
    object.insert("results".to_owned(), Value::Array(results));
    object.insert("execution_summary".to_owned(), execution_summary);
    Reply(Body::Own { object, blocks })
}

struct Writer<'a> {
    server: &'a str,
    detail: ResultDetail,
    id: &'a RequestId,
}

impl Writer<'_> {
    fn outcome(&self, outcome: CallOutcome, blocks: &mut Vec<Value>) -> Value {
        let mut entry = JsonObject::new();
        let (index, code) = (outcome.index, outcome.ended.code());
        entry.insert("status".to_owned(), outcome.ended.status().into());
        if let Some(code) = code {
            entry.insert("error_code".to_owned(), code.as_str().into());
        }
        let safe = matches!(outcome.ended, Ended::Success(_));
        match outcome.ended {
            Ended::Success(output) => {
                entry.insert("message".to_owned(), "Request processed successfully".into());
                content::insert(&mut entry, output.into_output(), (index, self.detail), blocks);
            }
            Ended::ToolError(output) => {
                entry
                    .insert("message".to_owned(), format!("tool `{}` reports an error", outcome.tool).into());
                content::insert(&mut entry, output.into_output(), (index, self.detail), blocks);
            }
            Ended::BlockedInput(_) => blocked(&mut entry, "Request", "input", outcome.input.as_ref()),
            Ended::BlockedOutput(_) => blocked(&mut entry, "Response", "output", outcome.output.as_ref()),
            Ended::Denied(denied) => refuse(&mut entry, &outcome.tool, denied),
            Ended::Failed(failure) => fail(&mut entry, failure),
        }
        if !safe {
            entry.insert("correlation_id".to_owned(), self.id.as_str().into());
        }
        let mut data = JsonObject::new();
        data.insert("call_index".to_owned(), index.into());
        data.insert("server_name".to_owned(), self.server.into());
        data.insert("tool_name".to_owned(), outcome.tool.into());
        if let Some(arguments) = outcome.arguments.filter(|_| self.detail == ResultDetail::Full) {
            data.insert("args".to_owned(), Value::Object(arguments));
        }
        entry.insert("enkrypt_mcp_data".to_owned(), Value::Object(data));
        for (name, verdict) in
            [("input_guardrail_response", outcome.input), ("output_guardrail_response", outcome.output)]
        {
            let wanted = |verdict: &Verdict| self.detail == ResultDetail::Full || !safe || !verdict.is_safe();
            if let Some(verdict) = verdict.filter(wanted) {
                entry.insert(name.to_owned(), verdict_object(&verdict));
            }
        }
        Value::Object(entry)
    }
}

fn fail(entry: &mut JsonObject, failure: Failure) {
    entry.insert("message".to_owned(), failure.message.into());
    entry.insert("response".to_owned(), "".into());
    insert_help(entry, failure.hint, failure.details);
}

fn blocked(entry: &mut JsonObject, what: &str, side: &str, verdict: Option<&Verdict>) {
    let message = match verdict {
        Some(verdict) if !verdict.violations.is_empty() => {
            format!("{what} blocked due to {side} guardrail violations: {}", verdict.detectors())
        }
        _ => {
            let why = verdict.and_then(|verdict| verdict.fault.as_deref()).unwrap_or("it was not asked");
            format!(
                "{what} blocked: the {side} guardrail gave no verdict, and without one nothing passes: {why}"
            )
        }
    };
    entry.insert("message".to_owned(), message.into());
    entry.insert("response".to_owned(), "".into());
    let made = verdict.is_some_and(|verdict| verdict.made);
    let hint = match (side, verdict.is_some_and(|verdict| !verdict.violations.is_empty())) {
        ("input", true) if made => {
            "the call was made beside its check, since the tool only reads, and its result withheld; say it in a way \
             that the policy allows, or ask the user"
        }
        (_, false) if made => {
            "the call was made beside its check, since the tool only reads, and its result withheld; tell the user \
             that there was no verdict; the message says why, and the gateway's log more"
        }
        ("input", true) => "the call was not made; say it in a way that the policy allows, or ask the user",
        (_, true) => "the call was made and its result withheld; do not repeat it to see the result",
        (_, false) => {
            "tell the user that there was no verdict; the message says why, and the gateway's log more"
        }
    };
    entry.insert("hint".to_owned(), hint.into());
}

fn refuse(entry: &mut JsonObject, tool: &str, denied: DeniedBy) {
    let reason = denied.reason.unwrap_or_else(|| "it is on the deny list".to_owned());
    entry.insert("message".to_owned(), format!("Tool '{tool}' is denied: {reason}").into());
    entry.insert("response".to_owned(), "".into());
    entry.insert("deny_pattern".to_owned(), denied.pattern.into());
    entry.insert("deny_reason".to_owned(), reason.into());
    entry.insert("hint".to_owned(), "use another tool; the operator closed this one".into());
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
    match verdict.judged {
        Judged::Yes => {}
        Judged::Unavailable => drop(object.insert("unavailable".to_owned(), true.into())),
        Judged::LetPass => drop(object.insert("failed_open".to_owned(), true.into())),
    }
    if let Some(fault) = &verdict.fault {
        object.insert("reason".to_owned(), fault.as_str().into());
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
        "action": violation.action,
        "rule": violation.rule,
    })
}

fn insert_help(object: &mut JsonObject, hint: Option<String>, details: Vec<String>) {
    if let Some(hint) = hint {
        object.insert("hint".to_owned(), hint.into());
    }
    if !details.is_empty() {
        object.insert("details".to_owned(), details.into());
    }
}
