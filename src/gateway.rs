//! The gateway as its client sees it: seven tools, each a few lines from arguments to reply.
//!
//! Every tool call takes the same road: credentials, scope, work, reply. What a tool answers is decided below;
//! how it looks on the wire, in `reply`.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, ErrorData, Implementation, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::auth::{Asking, AuthFault, Authentication, Credentials};
use crate::cache::Cache;
use crate::config::store::Store;
use crate::discovery::Discovery;
use crate::execution::{Batch, Execution};
use crate::ids::RequestId;
use crate::scope::Scope;
use crate::timeouts::{Counts, Timeouts, milliseconds};

mod arguments;
mod clear;
mod listing;
mod message;
pub mod panic;
mod reply;
mod status;
pub mod stdio;

use arguments::Arguments;
use reply::Reply;

/// What a client is told to call the gateway.
pub const NAME: &str = "Enkrypt Secure MCP Gateway";

const INSTRUCTIONS: &str = "All tools of the configured MCP servers are reached through this gateway, which checks \
    what goes in and what comes out. Find servers and tools with `enkrypt_list_all_servers` or \
    `enkrypt_discover_all_tools`, then call them with `enkrypt_secure_call_tools`.";

/// The parts that every request works with; one for the process.
pub struct Parts {
    pub store: Arc<Store>,
    pub authentication: Authentication,
    pub cache: Arc<Cache>,
    pub discovery: Arc<Discovery>,
    pub execution: Execution,
    pub counts: Arc<Counts>,
    /// Cancelled when the client has left or the process is to end.
    pub end: CancellationToken,
}

/// One client's side of the gateway.
#[derive(Clone)]
pub struct Gateway {
    parts: Arc<Parts>,
    credentials: Credentials,
}

impl Gateway {
    pub fn new(parts: Arc<Parts>, credentials: Credentials) -> Self {
        Self { parts, credentials }
    }

    /// Answers `tools/call`; an error is a protocol error, which only an unknown tool is.
    async fn answer(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<Value, ErrorData> {
        let started = std::time::Instant::now();
        let Some(tool) = GatewayTool::parse(&params.name) else {
            return Err(ErrorData::invalid_params(
                "unknown tool: `tools/list` has the tools of this gateway",
                None,
            ));
        };
        let id = RequestId::fresh();
        let cancel = self.parts.end.child_token();
        let mut work = Box::pin(panic::contain(self.work(tool, params, id.clone(), cancel.clone())));
        let reply = tokio::select! {
            reply = &mut work => reply,
            () = context.ct.cancelled() => {
                cancel.cancel();
                // The work sees the cancellation and winds down: sessions are closed by those who opened them.
                work.await
            }
        };
        let reply = reply.unwrap_or_else(|panicked| Reply::fault(&id, &panicked));
        let (outcome, code, error) = (reply.status(), reply.code(), reply.error());
        let ms = milliseconds(started.elapsed());
        tracing::info!(request = %id, tool = tool.name(), outcome, code, error, ms, "request");
        Ok(reply.into_result())
    }

    async fn work(
        &self,
        tool: GatewayTool,
        params: CallToolRequestParams,
        id: RequestId,
        cancel: CancellationToken,
    ) -> Reply {
        let arguments = Arguments::new(params.arguments.unwrap_or_default());
        let scope = match self.scope(id.clone(), cancel).await {
            Ok(scope) => scope,
            Err(fault) => return Reply::fault(&id, &fault),
        };
        let answer = match tool {
            GatewayTool::ListServers => self.list_servers(&scope, arguments).await,
            GatewayTool::ServerInfo => self.server_info(&scope, arguments).await,
            GatewayTool::Discover => self.discover(&scope, arguments).await,
            GatewayTool::Call => self.call(&scope, arguments).await,
            GatewayTool::CacheStatus => Ok(self.cache_status(&scope).await),
            GatewayTool::ClearCache => self.clear_cache(&scope, arguments).await,
            GatewayTool::Metrics => Ok(status::metrics(&scope)),
        };
        answer.unwrap_or_else(|fault| Reply::fault(&id, &*fault))
    }

    async fn scope(&self, id: RequestId, cancel: CancellationToken) -> Result<Scope, AuthFault> {
        let settings = self.parts.store.current();
        let timeouts = Timeouts::new(settings.timeouts, Arc::clone(&self.parts.counts));
        let asking = Asking {
            credentials: &self.credentials,
            settings: &settings,
            timeouts: &timeouts,
            cancel: &cancel,
        };
        let caller = self.parts.authentication.authenticate(&asking).await?;
        self.parts.cache.note_config(&caller.id, &settings.cache);
        Ok(Scope { id, caller, settings, timeouts, cancel })
    }

    async fn call(&self, scope: &Scope, mut arguments: Arguments) -> Answer {
        let server = arguments.required_text("server_name")?;
        let calls = arguments.list("tool_calls")?;
        if calls.is_empty() {
            return listing::discover_one(&self.parts.discovery, scope, &server).await;
        }
        let batch = Batch::parse(scope, &server, calls)?;
        let report = self.parts.execution.execute(scope, batch).await?;
        Ok(reply::batch(report, scope))
    }

    async fn discover(&self, scope: &Scope, mut arguments: Arguments) -> Answer {
        match arguments.text("server_name")?.filter(|name| !name.eq_ignore_ascii_case("null")) {
            Some(server) => listing::discover_one(&self.parts.discovery, scope, &server).await,
            None => Ok(listing::discover_all(&self.parts.discovery, scope, listing::Detail::Tools).await),
        }
    }

    async fn list_servers(&self, scope: &Scope, mut arguments: Arguments) -> Answer {
        Ok(if arguments.flag("discover_tools")?.unwrap_or(true) {
            listing::discover_all(&self.parts.discovery, scope, listing::Detail::Server).await
        } else {
            listing::list(&self.parts.discovery, scope).await
        })
    }

    async fn server_info(&self, scope: &Scope, mut arguments: Arguments) -> Answer {
        let server = arguments.required_text("server_name")?;
        listing::info(&self.parts.discovery, scope, &server).await
    }

    async fn cache_status(&self, scope: &Scope) -> Reply {
        status::cache(&self.parts.cache, &self.parts.discovery, scope).await
    }

    async fn clear_cache(&self, scope: &Scope, arguments: Arguments) -> Answer {
        clear::clear(&self.parts, scope, arguments).await
    }
}

/// A tool's reply, or a fault that becomes one.
type Answer = Result<Reply, Box<dyn crate::fault::Fault + Send + Sync>>;

/// The tools of the gateway itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GatewayTool {
    ListServers,
    ServerInfo,
    Discover,
    Call,
    CacheStatus,
    ClearCache,
    Metrics,
}

impl GatewayTool {
    const ALL: [Self; 7] = [
        Self::ListServers,
        Self::ServerInfo,
        Self::Discover,
        Self::Call,
        Self::CacheStatus,
        Self::ClearCache,
        Self::Metrics,
    ];

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::ListServers => "enkrypt_list_all_servers",
            Self::ServerInfo => "enkrypt_get_server_info",
            Self::Discover => "enkrypt_discover_all_tools",
            Self::Call => "enkrypt_secure_call_tools",
            Self::CacheStatus => "enkrypt_get_cache_status",
            Self::ClearCache => "enkrypt_clear_cache",
            Self::Metrics => "enkrypt_get_timeout_metrics",
        }
    }
}

impl ServerHandler for Gateway {
    fn get_info(&self) -> ServerConfig {
        let mut name = Implementation::from_build_env();
        NAME.clone_into(&mut name.name);
        env!("CARGO_PKG_VERSION").clone_into(&mut name.version);
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools: Vec<Tool> = serde_json::from_str(include_str!("gateway/tools.json"))
            .map_err(|_| ErrorData::internal_error("the tool list is not readable", None))?;
        Ok(ListToolsResult::with_all_items(tools))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_list_is_the_documented_one() {
        let tools: Vec<Tool> = serde_json::from_str(include_str!("gateway/tools.json")).expect("tools");
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, GatewayTool::ALL.map(GatewayTool::name));
    }
}
