//! Sessions with servers: open, list the tools, make checked calls, close.
//!
//! The only door to a server is `Session::call`, and it takes a `CheckedCall`. A session that was opened is
//! closed by whoever opened it; what remains to be done then (ending the process) is tracked here, so that the
//! gateway leaves nothing behind.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, ClientRequest, PaginatedRequestParams, Request, RequestOptionalParam, ServerResult};
use rmcp::service::{PeerRequestOptions, RunningService, ServiceError};
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use tokio_util::task::TaskTracker;

use crate::call::ToolOutput;
use crate::config::{Endpoint, Server};
use crate::guardrails::CheckedCall;
use crate::scope::Scope;
use crate::timeouts::{Activity, Interrupted, Operation};
use crate::tool::Tool;

mod child;
mod fault;
mod handshake;
mod path;
mod places;
mod stderr;
mod transport;
mod watchdog;

pub use fault::{SessionFault, Trouble};
pub use watchdog::{COMMAND as WATCHDOG_COMMAND, watch as run_watchdog};

use child::Child;

/// A list longer than this is a server in a loop.
const MAX_PAGES: usize = 200;

/// How long the gateway's end waits for its children: close, SIGTERM and SIGKILL fit into it.
const FAREWELL: Duration = Duration::from_millis(1_300);

/// What all sessions of the process share.
pub struct Downstream {
    tasks: TaskTracker,
    places: places::Places,
    watchdog: watchdog::Watchdog,
    path: path::SearchPath,
    base_env: Vec<(String, String)>,
}

/// One initialised connection with one server.
pub struct Session {
    server: Arc<Server>,
    service: RunningService<RoleClient, handshake::Client>,
    child: Child,
    activity: Activity,
    max_result_bytes: usize,
}

impl Downstream {
    pub fn new(environment: &crate::config::environment::Environment) -> Self {
        let watchdog = watchdog::Watchdog::default();
        Self {
            tasks: TaskTracker::new(),
            places: places::Places::default(),
            path: path::SearchPath::new(environment, watchdog.clone()),
            watchdog,
            base_env: environment.child_base(),
        }
    }

    /// Starts the server and shakes hands with it.
    pub async fn open(&self, scope: &Scope, server: &Arc<Server>) -> Result<Session, SessionFault> {
        let fault = |trouble| SessionFault::new(&server.name, trouble);
        let command = match &server.endpoint {
            Endpoint::Command(command) => command,
            Endpoint::Refused { reason, .. } => return Err(fault(Trouble::Refused(reason.clone()))),
        };
        let taking = self.places.take(scope.settings.limits.max_sessions);
        let taken = scope.cancel.run_until_cancelled(taking).await;
        let place = taken.unwrap_or(Err(Trouble::Interrupted(Interrupted::Cancelled))).map_err(fault)?;
        let program = self.path.resolve(scope, &command.program).await.map_err(fault)?;
        let activity = Activity::default();
        let max_result_bytes = scope.settings.limits.max_result_bytes;
        let spawn = child::Spawn { command, program: &program, base_env: &self.base_env, tasks: &self.tasks };
        let (child, pipes) = child::spawn(&spawn, place, self.watchdog.clone()).map_err(fault)?;
        let transport = transport::ChildTransport::new(pipes, max_result_bytes, activity.clone(), child.noise());
        let opened = scope
            .timeouts
            .run(Operation::Default, &scope.cancel, handshake::shake(transport))
            .await
            .map_err(Trouble::Interrupted)
            .and_then(|shaken| shaken);
        match opened {
            Ok(service) => Ok(Session { server: Arc::clone(server), service, child, activity, max_result_bytes }),
            Err(trouble) => Err(fault(trouble).during_start().with_child(&child).await),
        }
    }

    /// Ends every child, whatever still runs, and waits until they are gone.
    pub async fn shutdown(&self) {
        self.tasks.close();
        if tokio::time::timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            tracing::error!("some servers did not end in time and are left to the watchdog");
        }
    }
}

impl Session {
    /// All pages of the server's tool list. An entry that is no tool is left out and logged; it spoils no other.
    /// The caller limits the time: a discovery is one operation, however many pages it reads.
    pub async fn list_tools(&self) -> Result<Vec<Arc<Tool>>, SessionFault> {
        let mut tools: Vec<Arc<Tool>> = Vec::new();
        let (mut names, mut seen) = (HashSet::new(), HashSet::new());
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match self.page(cursor.take()).await {
                Ok(page) => page,
                Err(trouble) => return Err(self.fault(trouble).with_child(&self.child).await),
            };
            for definition in page.tools {
                match Tool::parse(definition) {
                    Some(tool) if names.insert(tool.name().clone()) => tools.push(Arc::new(tool)),
                    Some(tool) => {
                        tracing::warn!(server = %self.server.name, tool = %tool.name(), "left out a tool that was listed before");
                    }
                    None => tracing::warn!(server = %self.server.name, "left out a listed tool that has no name"),
                }
            }
            match page.next {
                None => return Ok(tools),
                // A cursor that comes back would list the same pages for ever.
                Some(next) if seen.insert(next.clone()) => cursor = Some(next),
                Some(_) => break,
            }
        }
        tracing::warn!(server = %self.server.name, "the tool list does not end; reading stopped");
        Ok(tools)
    }

    /// The one door to a server. A call that is already cancelled does not go through it.
    pub async fn call(&self, scope: &Scope, checked: &CheckedCall) -> Result<ToolOutput, SessionFault> {
        let call = checked.call();
        let params = CallToolRequestParams::new(call.tool.as_str().to_owned()).with_arguments(call.arguments.clone());
        let request = ClientRequest::CallToolRequest(Request::new(params));
        let sent = OnceLock::new();
        let asking = async {
            let options = PeerRequestOptions::no_options();
            let handle = self.peer().send_request_with_option(request, options).await?;
            let _ = sent.set(handle.id.clone());
            handle.await_response().await
        };
        let answer = match scope.timeouts.run_active(&scope.cancel, &self.activity, asking).await {
            Ok(answer) => self.read(answer),
            Err(interrupted) => {
                if let Some(id) = sent.get() {
                    transport::cancel(self.peer(), id.clone(), "the gateway no longer waits for this call").await;
                }
                Err(Trouble::Interrupted(interrupted))
            }
        };
        match answer.and_then(|result| ToolOutput::parse(result).map_err(|not| Trouble::Protocol(not.to_string()))) {
            Ok(output) => Ok(output),
            Err(Trouble::Rpc(error)) => Ok(ToolOutput::from_rpc_error(&error)),
            Err(trouble) => Err(self.fault(trouble).with_child(&self.child).await),
        }
    }

    /// Ends the session; its process is taken down in the background, and waited for at the gateway's end.
    pub fn close(self) {
        self.service.cancellation_token().cancel();
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    async fn page(&self, cursor: Option<String>) -> Result<transport::Page, Trouble> {
        let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        let request = ClientRequest::ListToolsRequest(RequestOptionalParam { params, ..Default::default() });
        let options = PeerRequestOptions::no_options();
        let handle = self.peer().send_request_with_option(request, options).await.map_err(|error| trouble(&error))?;
        transport::Page::parse(self.read(handle.await_response().await)?)
    }

    fn read(&self, answer: Result<ServerResult, ServiceError>) -> Result<Value, Trouble> {
        transport::unwrap(answer.map_err(|error| trouble(&error))?, self.max_result_bytes)
    }

    fn fault(&self, trouble: Trouble) -> SessionFault {
        SessionFault::new(&self.server.name, trouble)
    }
}

/// rmcp's errors can hold whole messages: only their kind is said.
fn trouble(error: &ServiceError) -> Trouble {
    match error {
        ServiceError::TransportClosed | ServiceError::TransportSend(_) => Trouble::Closed,
        ServiceError::Cancelled { .. } => Trouble::Protocol("the request was cancelled on the way".to_owned()),
        _ => Trouble::Protocol("an answer of the wrong kind".to_owned()),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server.name).finish_non_exhaustive()
    }
}
