//! Looks at a whole batch before its first call runs: one bad item, and nothing runs.
//!
//! What a server would refuse half-way through is refused here, where nothing has happened yet.

use super::batch::{Batch, Requested};
use super::report::{CallOutcome, Ended};
use crate::call::{Method, ToolCall};
use crate::config::Server;
use crate::fault::{self, ErrorCode, Failure};
use crate::tool::{OfferKind, OfferSet, Patience, ToolSet};

/// `Err` holds an outcome for each bad item.
pub(super) fn check(tools: &ToolSet, batch: &Batch) -> Result<(), Vec<CallOutcome>> {
    let mut patience = Patience::default();
    let refused: Vec<CallOutcome> =
        batch.calls.iter().filter_map(|requested| refuse(tools, batch, requested, &mut patience)).collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

/// As `check`, for what is no tool.
pub(super) fn check_offers(offers: &OfferSet, batch: &Batch) -> Result<(), Vec<CallOutcome>> {
    let refuse = |requested: &Requested| match requested {
        Requested::Call(call) => {
            let failure = refuse_offer(offers, batch, call)?;
            Some(CallOutcome::refused(call.index, short(call.tool.as_str()), Ended::Failed(failure)))
        }
        Requested::Unreadable { .. } => None,
    };
    let refused: Vec<CallOutcome> = batch.calls.iter().filter_map(refuse).collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

fn refuse_offer(offers: &OfferSet, batch: &Batch, call: &ToolCall) -> Option<Failure> {
    if call.size() > batch.max_argument_bytes {
        return Some(too_long(call, batch.max_argument_bytes));
    }
    let blocked = match reference(call) {
        Ok((kind, key)) => offers.blocked(kind?, key)?,
        Err(failure) => return Some(failure),
    };
    let message = format!("the registration policy keeps what {} asks for away", call.shown());
    Some(Failure::new(ErrorCode::ToolBlocked, message).details(blocked.reasons.clone()))
}

/// What a request refers to; of no kind where it only ends what there was. What nobody can read is not sent.
fn reference(call: &ToolCall) -> Result<(Option<OfferKind>, &str), Failure> {
    let reference = &call.arguments()["ref"];
    let (kind, key) = match call.method {
        Method::Tool | Method::Unsubscribe => return Ok((None, "")),
        Method::Prompt => (Some(OfferKind::Prompt), call.param("name")),
        Method::Resource | Method::Subscribe => (Some(OfferKind::Resource), call.param("uri")),
        Method::Complete => match reference["type"].as_str() {
            Some("ref/prompt") => (Some(OfferKind::Prompt), reference["name"].as_str()),
            Some("ref/resource") => (Some(OfferKind::Template), reference["uri"].as_str()),
            _ => (None, None),
        },
    };
    let unreadable = || {
        let message = format!("{} names nothing that can be asked for", call.shown());
        Failure::new(ErrorCode::InvalidArguments, message)
    };
    key.map(|key| (kind, key)).ok_or_else(unreadable)
}

fn too_long(call: &ToolCall, limit: usize) -> Failure {
    let what = match call.method {
        Method::Tool => format!("the arguments of `{}`", short(call.tool.as_str())),
        _ => format!("the params of {}", call.shown()),
    };
    Failure::new(ErrorCode::LimitExceeded, format!("{what} are longer than {limit} bytes"))
        .hint("send less, or raise `max_argument_bytes` in `common_mcp_gateway_config`")
}

fn refuse(
    tools: &ToolSet,
    batch: &Batch,
    requested: &Requested,
    patience: &mut Patience,
) -> Option<CallOutcome> {
    match requested {
        Requested::Unreadable { index, tool, problem } => {
            let message = format!("item {index} of `tool_calls` cannot be read: {problem}");
            let failure = Failure::new(ErrorCode::InvalidArguments, message);
            let tool = tool.as_deref().map(short).unwrap_or_default();
            Some(CallOutcome::refused(*index, tool, Ended::Failed(failure)))
        }
        Requested::Call(call) => {
            let ended = refuse_call(tools, batch, call, patience)?;
            Some(CallOutcome::refused(call.index, short(call.tool.as_str()), ended))
        }
    }
}

fn refuse_call(tools: &ToolSet, batch: &Batch, call: &ToolCall, patience: &mut Patience) -> Option<Ended> {
    let name = short(call.tool.as_str());
    if let Some(denied) = batch.server.denied(&call.tool) {
        return Some(Ended::Denied(denied));
    }
    if let Some(blocked) = tools.blocked(&call.tool) {
        let message = format!("the registration policy keeps tool `{name}` away");
        let failure = Failure::new(ErrorCode::ToolBlocked, message).hint("use another tool");
        return Some(Ended::Failed(failure.details(blocked.reasons.clone())));
    }
    let Some(tool) = tools.find(&call.tool) else { return Some(unknown(tools, &batch.server, call)) };
    if tool.needs_task() {
        let message = format!("tool `{name}` runs as a task only, which this gateway does not support");
        return Some(Ended::Failed(Failure::new(ErrorCode::ToolFailed, message).hint("use another tool")));
    }
    if call.size() > batch.max_argument_bytes {
        return Some(Ended::Failed(too_long(call, batch.max_argument_bytes)));
    }
    let violations = tool.violations(call.arguments(), patience);
    (!violations.is_empty()).then(|| {
        let message = format!("the arguments do not fit the input schema of `{name}`");
        let failure = Failure::new(ErrorCode::InvalidArguments, message);
        Ended::Failed(failure.hint("mend what `details` lists, and call again").details(violations))
    })
}

/// What the server does not have, or its allow list leaves out.
fn unknown(tools: &ToolSet, server: &Server, call: &ToolCall) -> Ended {
    /// Enough to find a slip of the pen; a model with a longer list has `enkrypt_discover_all_tools`.
    const NAMED: usize = 20;
    let names: Vec<&str> = tools.tools.iter().take(NAMED).map(|tool| tool.name().as_str()).collect();
    let more = if tools.tools.len() > NAMED { ", …" } else { "" };
    let (own, tool) = (&server.name, short(call.tool.as_str()));
    let message = if server.leaves_out(&call.tool) {
        format!(
            "server `{own}` is open for the tools only that `tools` in its configuration names, and `{tool}` is none of them"
        )
    } else {
        format!("server `{own}` has no tool `{tool}`")
    };
    let hint = match names.join(", ") {
        none if none.is_empty() => "none of its tools is open".to_owned(),
        names => format!("its tools are: {names}{more}"),
    };
    Ended::Failed(Failure::new(ErrorCode::ToolNotFound, message).hint(hint))
}

/// A name that the client made up may be of any length; that of a tool is never cut.
fn short(name: &str) -> String {
    fault::shown(name, 128)
}
