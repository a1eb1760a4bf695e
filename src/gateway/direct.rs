//! The servers' tools under names of their own, beside the gateway's or in their place.
//!
//! A list is what configuration and cache have. Servers that are not known yet are asked in the background from a
//! client's first message on, and a list waits a moment for those that answer fast; whoever comes later is told of
//! by a notice.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::arguments::Call;
use super::reply::{self, Problem, Reply};
use super::{Asked, Gateway, GatewayTool, tool_list};
use crate::call::{JsonObject, ToolCall};
use crate::discovery::{Inquiry, Topic};
use crate::execution::{Batch, no_tool};
use crate::fault::{ErrorCode, Fault as _};
use crate::rpc::RpcError;
use crate::scope::Scope;

mod catalogue;
mod missing;
mod names;
mod offers;
mod requests;
mod shown;

pub use names::prefixes;
pub(super) use requests::Wanted;
pub(super) use shown::Shown;

use catalogue::{Shelf, owner, route};

/// How long after it was asked a server can still hold up a list: a client that lists once, right after the start,
/// sees the tools of servers that start fast, and one that hangs delays the first lists by this at the most.
const GRACE: Duration = Duration::from_secs(5);

impl Gateway {
    /// Answers `tools/list`.
    pub(super) async fn list_tools(&self, asked: Asked) -> Result<JsonObject, RpcError> {
        if !self.parts.store.current().exposure.is_direct() {
            return Ok(tool_list());
        }
        let scope = self.scope_or_refusal(asked).await?;
        let mut list =
            if scope.settings.exposure.has_gateway_tools() { tool_list() } else { JsonObject::new() };
        if let Value::Array(tools) = list.entry("tools").or_insert_with(|| Value::Array(Vec::new())) {
            tools.extend(self.show(&scope, Shelf::Tools).await.entries);
        }
        Ok(list)
    }

    /// The scope of a request that has no result in which a fault could stand.
    pub(super) async fn scope_or_refusal(&self, asked: Asked) -> Result<Scope, RpcError> {
        let id = asked.id.clone();
        let refuse = |fault| Problem::of(&fault).into_error(RpcError::INVALID_REQUEST, &id);
        self.scope(asked).await.map_err(refuse)
    }

    /// Asks the servers that are not known, and waits a moment for them.
    pub(super) async fn inquire(&self, scope: &Scope, topic: Topic) {
        let servers = &scope.caller.config.servers;
        let asked = servers.iter().map(|server| self.parts.discovery.inquire(scope, server, topic));
        let answers = join_all(asked).await.into_iter().flatten().map(|Inquiry { since, over }| async move {
            let _ = tokio::time::timeout_at(since + GRACE, over.cancelled()).await;
        });
        join_all(answers).await;
    }

    /// Asks the caller's servers before anybody waits for them.
    pub(super) fn prepare(&self, asked: Asked) {
        if !self.parts.store.current().exposure.is_direct() {
            return;
        }
        let gateway = self.clone();
        self.tasks.spawn(async move {
            // A caller that is refused is told so when it asks for something.
            if let Ok(scope) = gateway.scope(asked).await {
                let discovery = &gateway.parts.discovery;
                for topic in [Topic::Tools, Topic::Offers] {
                    let servers = &scope.caller.config.servers;
                    join_all(servers.iter().map(|server| discovery.inquire(&scope, server, topic))).await;
                }
            }
        });
    }

    /// Calls a server's tool by its direct name.
    pub(super) async fn call_direct(&self, scope: &Scope, call: Call) -> super::Answer {
        let unknown = |code| no_tool(scope, owner(scope, &call.name).as_ref(), &call.name, code);
        let route = route(&self.parts.discovery, scope, &call.name).await;
        let Some(route) = route.inspect_err(|fault| unknown(fault.code()))? else {
            unknown(ErrorCode::ToolNotFound);
            return Ok(Reply::refused(super::unknown_tool()));
        };
        if let Some(repeated) = &call.repeated
            && let Some(mirror) = route.tool().and_then(|tool| tool.mirror())
            && !mirror.is_repeated(&call.arguments, repeated)
        {
            let message = "the headers `Mcp-Param-*` must say what the arguments say";
            return Ok(Reply::refused(RpcError::new(RpcError::HEADER_MISMATCH, message)));
        }
        let single = ToolCall::new(0, route.name, call.arguments).with(call.beside);
        let batch = Batch::single(scope, route.server, single);
        let report = self.parts.execution.execute_read(scope, batch, &route.reading).await?;
        Ok(reply::single(report, &scope.id))
    }
}

/// Whether a text could be a direct name.
pub(super) fn is_name(text: &str) -> bool {
    names::is_legal(text)
}

fn is_gateway_tool(name: &str) -> bool {
    GatewayTool::parse(name).is_some()
}
