//! The gateway as its client sees it: one road for every request, over stdio and HTTP, in every revision.
//!
//! Every tool call goes from credentials to scope, work and reply. What a tool answers is decided below; how it
//! looks on the wire, in `reply`.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Asking, AuthFault, Authentication, Credentials};
use crate::cache::Cache;
use crate::call::{JsonObject, Method};
use crate::client::{Changes, Client, Connection, Era, Notices, Outlet};
use crate::config::store::Store;
use crate::config::{Exposure, Settings};
use crate::discovery::Discovery;
use crate::execution::{Batch, Execution};
use crate::ids::{CallerId, RequestId};
use crate::rpc::protocol::META_VERSION;
use crate::rpc::{Frame, RpcError};
use crate::scope::{Caller, Scope};
use crate::secret::KeyDigest;
use crate::timeouts::{Counts, Timeouts};
use crate::tool::Repeated;

mod arguments;
mod clear;
pub mod direct;
mod era;
mod errand;
pub mod http;
mod inflight;
mod listing;
mod message;
pub mod panic;
mod reply;
mod retry;
mod status;
pub mod stdio;
mod subscriptions;
mod suspended;

use arguments::{Arguments, Call};
use direct::{Shown, Wanted};
use message::Request;
#[cfg(fuzzing)]
pub use message::answer_to_malformed;
use reply::Reply;
use retry::{Pledge, Retry};
use suspended::Suspended;

/// What a client is told to call the gateway.
pub const NAME: &str = "Enkrypt Secure MCP Gateway";

const INSTRUCTIONS: &str = "All tools of the configured MCP servers are reached through this gateway, which checks \
    what goes in and what comes out. Find servers and tools with `enkrypt_list_all_servers` or \
    `enkrypt_discover_all_tools`, then call them with `enkrypt_secure_call_tools`.";

const DIRECT_INSTRUCTIONS: &str = "The tools of the configured MCP servers are offered under names of their own; the \
    gateway checks what goes in and what comes out.";

/// The parts that every request works with; one for the process.
pub struct Parts {
    pub store: Arc<Store>,
    pub authentication: Authentication,
    pub cache: Arc<Cache>,
    pub discovery: Arc<Discovery>,
    pub execution: Execution,
    pub counts: Arc<Counts>,
    /// Of changes that clients are told of.
    pub notices: Notices,
    /// Cancelled when the client has left or the process is to end.
    pub end: CancellationToken,
}

/// What serves every client of the process.
#[derive(Clone)]
pub struct Gateway {
    parts: Arc<Parts>,
    shown: Arc<Shown>,
    suspended: Suspended,
    tasks: TaskTracker,
}

/// Where a request comes from, before it is read.
pub(super) struct Visit {
    connection: Arc<Connection>,
    /// For what belongs to this request.
    outlet: Outlet,
    who: Who,
    /// Arguments that the request repeats outside of itself, where its revision and transport have it so.
    repeated: Option<Repeated>,
    /// Cancelled when the client no longer wants an answer.
    withdrawn: CancellationToken,
}

/// A request, once it is known in which revision it is to be answered.
struct Turn {
    /// The client's own id of the request, which the answer repeats.
    id: Value,
    client: Client,
    who: Who,
    /// By which the client is known again, where its request may be answered with a question.
    pledge: Option<Pledge>,
    withdrawn: CancellationToken,
}

/// Who sends a request.
pub(super) enum Who {
    /// Authenticated with each scope.
    Shows(Credentials),
    /// Authenticated before the request was read, by this key.
    Is(Arc<Caller>, KeyDigest),
}

impl Who {
    /// For the log, where one gateway serves several keys.
    fn caller(&self) -> Option<Arc<Caller>> {
        match self {
            Self::Shows(_) => None,
            Self::Is(caller, _) => Some(Arc::clone(caller)),
        }
    }
}

/// What a scope is made of: for a call, a list, or servers that are asked in advance.
struct Asked {
    /// The gateway's own, as the log has it.
    id: RequestId,
    client: Client,
    who: Who,
    cancel: CancellationToken,
}

impl Gateway {
    /// Within a runtime.
    pub fn new(parts: Arc<Parts>) -> Self {
        let tasks = TaskTracker::new();
        let suspended = Suspended::new(tasks.clone());
        let gateway = Self { parts, shown: Arc::default(), suspended, tasks };
        gateway.tasks.spawn(gateway.clone().follow());
        gateway.tasks.spawn(gateway.clone().hear());
        gateway.tasks.spawn(gateway.clone().mend());
        gateway
    }

    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Answers any request.
    async fn handle(&self, request: Request, visit: Visit) -> Frame {
        let id = request.id.clone();
        let answer = match arguments::refuse_cursor(&request.method, &request.params) {
            Ok(()) => self.dispatch(request, visit).await,
            Err(error) => Err(error),
        };
        answer.unwrap_or_else(|error| Frame::error(Some(&id), &error))
    }

    async fn dispatch(&self, request: Request, visit: Visit) -> Result<Frame, RpcError> {
        let Request { id, method, mut params, meta } = request;
        let Visit { connection, outlet, who, repeated, withdrawn } = visit;
        let client = match era::introduction(&meta)? {
            Some(sender) => connection.client_of(sender.hello, sender.severity, &meta, outlet),
            None => connection.client(&meta, outlet),
        };
        let era = client.era();
        let mut turn = Turn { id, client, who, pledge: None, withdrawn };
        if era == Era::Modern {
            let retry = Retry::of(&mut params);
            if retry.is_some() || !turn.client.capabilities().is_empty() {
                turn.pledge = Pledge::of(&turn.who, &method, &params);
            }
            if let Some(retry) = retry {
                return self.resume(turn, retry).await;
            }
        }
        let result = match (method.as_str(), era) {
            ("initialize" | "logging/setLevel" | "ping" | "server/discover", _) => {
                return self.handshake(turn, &connection, &method, (&params, &meta));
            }
            // A client that never said who it is could not be answered in its own revision.
            (_, Era::Legacy) if !connection.is_open() => {
                let message =
                    "not initialized: send `initialize` first, or `_meta` with the protocol version";
                return Err(RpcError::new(RpcError::INVALID_REQUEST, message));
            }
            ("tools/list", _) => {
                era::dress(era, true, self.list_tools(self.asked(turn.client, turn.who)).await?)
            }
            ("tools/call", _) => {
                let mut call = arguments::of_call(params, meta)?;
                call.repeated = repeated;
                return self.call_tool(turn, call).await;
            }
            ("subscriptions/listen", Era::Modern) => return self.listen(turn, &params).await,
            (method, era) if self.parts.store.current().exposure.is_direct() => {
                if let Some(kind) = Wanted::list(method) {
                    let asked = self.asked(turn.client, turn.who);
                    era::dress(era, true, self.list_offers(kind, asked).await?)
                } else if let Some(method) = Wanted::method(method, era) {
                    let (params, beside) = arguments::of_request(params, meta);
                    let wanted = Wanted { method, params, beside, connection };
                    return Ok(self.answer(turn, Target::Offer(wanted)).await);
                } else {
                    return Err(not_offered());
                }
            }
            _ => return Err(not_offered()),
        };
        Ok(Frame::of(&turn.id, Ok(result)))
    }

    /// Answers what is about the connection and not about servers.
    fn handshake(
        &self,
        turn: Turn,
        connection: &Arc<Connection>,
        method: &str,
        (params, meta): (&JsonObject, &JsonObject),
    ) -> Result<Frame, RpcError> {
        let era = turn.client.era();
        let result = match (method, era) {
            ("initialize", Era::Legacy) => {
                let hello = era::hello(params)?;
                let result = era::initialized(&hello, &self.welcome());
                connection.greet(hello);
                // Now its servers can be told what it is able to do.
                let client = connection.client(meta, Outlet::Nowhere);
                self.prepare(self.asked(client, turn.who));
                result
            }
            ("ping", Era::Legacy) => json!({}),
            ("server/discover", Era::Modern) => {
                self.prepare(self.asked(turn.client.apart(), turn.who));
                era::dress(era, true, era::discovered(&self.welcome()))
            }
            ("server/discover", Era::Legacy) => {
                let message = format!("`params._meta` must have `{META_VERSION}`");
                return Err(RpcError::new(RpcError::INVALID_PARAMS, message));
            }
            ("logging/setLevel", Era::Legacy) => {
                connection.listen_from(arguments::level(params)?);
                json!({})
            }
            _ => return Err(not_offered()),
        };
        Ok(Frame::of(&turn.id, Ok(result)))
    }

    /// What the clients of one caller, or of all, are told of.
    fn changes(&self, caller: Option<CallerId>) -> Changes {
        self.parts.notices.changes(caller)
    }

    fn asked(&self, client: Client, who: Who) -> Asked {
        Asked { id: RequestId::fresh(), client, who, cancel: self.parts.end.child_token() }
    }

    /// What a client is told of the gateway.
    fn welcome(&self) -> era::Welcome {
        let exposure = self.parts.store.current().exposure;
        let capabilities = if exposure.is_direct() {
            json!({
                "completions": {},
                "logging": {},
                "prompts": {"listChanged": true},
                "resources": {"listChanged": true, "subscribe": true},
                "tools": {"listChanged": true},
            })
        } else {
            json!({"logging": {}, "tools": {}})
        };
        let instructions = match exposure {
            Exposure::Gateway => INSTRUCTIONS.to_owned(),
            Exposure::Direct => DIRECT_INSTRUCTIONS.to_owned(),
            Exposure::Both => format!("{DIRECT_INSTRUCTIONS} {INSTRUCTIONS}"),
        };
        era::Welcome { capabilities, instructions }
    }

    /// Answers `tools/call`; an error is a protocol error, which only an unknown tool is.
    async fn call_tool(&self, turn: Turn, call: Call) -> Result<Frame, RpcError> {
        let exposure = self.parts.store.current().exposure;
        let target = match GatewayTool::parse(&call.name) {
            // Behind the gateway's own tools no state is a server's.
            Some(_)
                if exposure.has_gateway_tools() && turn.client.era() == Era::Modern && call.comes_back() =>
            {
                return Err(retry::unknown());
            }
            Some(tool) if exposure.has_gateway_tools() => Target::Gateway(tool, call.arguments),
            _ if exposure.is_direct() && direct::is_name(&call.name) => Target::Direct(call),
            _ => return Err(unknown_tool()),
        };
        Ok(self.answer(turn, target).await)
    }

    async fn work(&self, target: Target, asked: Asked) -> Answer {
        let scope = self.scope(asked).await?;
        let (tool, arguments) = match target {
            Target::Gateway(tool, arguments) => (tool, Arguments::new(arguments)),
            Target::Direct(call) => return self.call_direct(&scope, call).await,
            Target::Offer(wanted) => return self.ask_server(&scope, wanted).await,
        };
        match tool {
            GatewayTool::ListServers => self.list_servers(&scope, arguments).await,
            GatewayTool::ServerInfo => self.server_info(&scope, arguments).await,
            GatewayTool::Discover => self.discover(&scope, arguments).await,
            GatewayTool::Call => self.call(&scope, arguments).await,
            GatewayTool::CacheStatus => Ok(self.cache_status(&scope).await),
            GatewayTool::ClearCache => self.clear_cache(&scope, arguments).await,
            GatewayTool::Metrics => Ok(status::metrics(&scope, self.parts.execution.failed_open())),
        }
    }

    async fn scope(&self, asked: Asked) -> Result<Scope, AuthFault> {
        let Asked { id, client, who, cancel } = asked;
        let settings = self.parts.store.current();
        let timeouts = Timeouts::new(settings.timeouts, Arc::clone(&self.parts.counts)).of_request(&id);
        let caller = match who {
            Who::Is(caller, _) => caller,
            Who::Shows(credentials) => {
                let admitted = self.admit(&credentials, &settings, &cancel).await;
                admitted.inspect_err(|fault| {
                    let (key, user, reason) = (credentials.hint(), fault.user(), fault.reason());
                    tracing::warn!(request = %id, key, user, reason, "refused a caller");
                })?
            }
        };
        self.parts.cache.note_config(&caller.id, settings.config_ttl());
        Ok(Scope { id, caller, client, settings, timeouts, cancel, held: None })
    }

    /// Who these credentials belong to.
    async fn admit(
        &self,
        credentials: &Credentials,
        settings: &Arc<Settings>,
        cancel: &CancellationToken,
    ) -> Result<Arc<Caller>, AuthFault> {
        let timeouts = &Timeouts::new(settings.timeouts, Arc::clone(&self.parts.counts));
        let asking = Asking { credentials, settings, timeouts, cancel };
        self.parts.authentication.authenticate(&asking).await
    }

    async fn call(&self, scope: &Scope, mut arguments: Arguments) -> Answer {
        let server = arguments.required_text("server_name")?;
        let calls = arguments.list("tool_calls")?;
        let Some(batch) = Batch::parse(scope, &server, calls)? else {
            return listing::discover_one(&self.parts.discovery, scope, &server).await;
        };
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

/// What a request is for.
enum Target {
    Gateway(GatewayTool, JsonObject),
    /// A server's tool, by its direct name.
    Direct(Call),
    /// Something else that servers have.
    Offer(Wanted),
}

impl Target {
    /// For the log.
    fn name(&self) -> String {
        match self {
            Self::Gateway(tool, _) => tool.name().to_owned(),
            // The line of the call names the tool, if a server has it: a client may have sent anything.
            Self::Direct(_) => Method::Tool.as_str().to_owned(),
            Self::Offer(wanted) => wanted.method.as_str().to_owned(),
        }
    }

    fn is_tool(&self) -> bool {
        !matches!(self, Self::Offer(_))
    }

    /// Where a server's own result is what the client gets, and a question for its own client to answer.
    fn takes_questions_whole(&self) -> bool {
        !matches!(self, Self::Gateway(..))
    }

    fn is_cacheable(&self) -> bool {
        matches!(self, Self::Offer(wanted) if wanted.method == Method::Resource)
    }
}

fn not_offered() -> RpcError {
    RpcError::new(RpcError::METHOD_NOT_FOUND, "this method is not offered here")
}

fn unknown_tool() -> RpcError {
    RpcError::new(RpcError::INVALID_PARAMS, "unknown tool: `tools/list` has the tools of this gateway")
}

fn tool_list() -> JsonObject {
    static TOOLS: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("gateway/tools.json")).unwrap_or_default());
    JsonObject::from_iter([("tools".to_owned(), TOOLS.clone())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_list_is_the_documented_one() {
        let list = tool_list();
        let tools = list["tools"].as_array().expect("a list");
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect();
        assert_eq!(names, GatewayTool::ALL.map(GatewayTool::name));
    }
}
