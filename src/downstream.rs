//! Sessions with servers: open, list the tools, make checked calls, close.
//!
//! The only door to a server is `Session::call`, and it takes a `CheckedCall`. A session that was opened is
//! closed by whoever opened it; what remains to be done then (ending the process) is tracked here, so that the
//! gateway leaves nothing behind.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rmcp::model::{CallToolRequestParams, ClientRequest, Request, ServerResult};
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
mod far_end;
mod fault;
mod handshake;
mod listing;
mod path;
mod places;
mod stderr;
mod transport;
mod watchdog;
mod wire;

pub use fault::{SessionFault, Trouble};
pub use watchdog::{COMMAND as WATCHDOG_COMMAND, watch as run_watchdog};

use far_end::FarEnd;
use wire::Wire;

/// How long the gateway's end waits for its children: close, SIGTERM and SIGKILL fit into it.
const FAREWELL: Duration = Duration::from_millis(1_400);

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
    far_end: FarEnd,
    activity: Activity,
    max_result_bytes: usize,
}

/// A server that can be reached and that nobody has spoken to yet.
struct Started {
    far_end: FarEnd,
    transport: transport::ServerTransport,
    activity: Activity,
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
        let started =
            self.start(scope, server).await.map_err(|trouble| SessionFault::new(&server.name, trouble))?;
        let Started { far_end, transport, activity } = started;
        match shake(scope, transport).await {
            Ok(service) => {
                let max_result_bytes = scope.settings.limits.max_result_bytes;
                Ok(Session { server: Arc::clone(server), service, far_end, activity, max_result_bytes })
            }
            Err(trouble) => {
                Err(SessionFault::new(&server.name, trouble).during_start().told_by(&far_end).await)
            }
        }
    }

    /// Starts the server for its tool list alone, all under the limit of a discovery.
    pub async fn list_tools(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
    ) -> Result<Vec<Arc<Tool>>, SessionFault> {
        let fault = |trouble| SessionFault::new(&server.name, trouble);
        let Started { far_end, transport, .. } = self.start(scope, server).await.map_err(fault)?;
        let max_result_bytes = scope.settings.limits.max_result_bytes;
        let listing = async {
            let service = shake(scope, transport).await.map_err(|trouble| fault(trouble).during_start())?;
            listing::list(service.peer(), &server.name, max_result_bytes).await.map_err(fault)
        };
        // The process outlives the limit by a moment, so that its last words can be told.
        match scope.timeouts.run(Operation::Discovery, &scope.cancel, listing).await {
            Ok(Ok(tools)) => Ok(tools),
            Ok(Err(fault)) => Err(fault.told_by(&far_end).await),
            Err(interrupted) => Err(fault(Trouble::Interrupted(interrupted)).told_by(&far_end).await),
        }
    }

    async fn start(&self, scope: &Scope, server: &Server) -> Result<Started, Trouble> {
        let command = match &server.endpoint {
            Endpoint::Command(command) => command,
            Endpoint::Refused { reason, .. } => return Err(Trouble::Refused(reason.clone())),
        };
        let limits = &scope.settings.limits;
        let taking = scope.cancel.run_until_cancelled(self.places.take(limits.max_sessions));
        let place = taking.await.unwrap_or(Err(Trouble::Interrupted(Interrupted::Cancelled)))?;
        let program = self.path.resolve(scope, &command.program).await?;
        let spawn = child::Spawn { command, program: &program, base_env: &self.base_env, tasks: &self.tasks };
        let (child, pipes) = child::spawn(&spawn, place, self.watchdog.clone())?;
        let activity = Activity::default();
        let wire = Wire::over_pipes(pipes, limits.max_result_bytes);
        let transport = transport::ServerTransport::new(wire, activity.clone(), child.noise());
        Ok(Started { far_end: FarEnd::Child(child), transport, activity })
    }

    /// Ends every child, whatever still runs, and waits until they are gone.
    pub async fn shutdown(&self) {
        self.tasks.close();
        if tokio::time::timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            tracing::error!("some servers did not end in time and are left to the watchdog");
        }
    }
}

/// A session begins under a limit of its own.
async fn shake(
    scope: &Scope,
    transport: transport::ServerTransport,
) -> Result<RunningService<RoleClient, handshake::Client>, Trouble> {
    let shaken = scope.timeouts.run(Operation::Default, &scope.cancel, handshake::shake(transport)).await;
    shaken.map_err(Trouble::Interrupted)?
}

impl Session {
    /// The one door to a server. A call that is already cancelled does not go through it.
    pub async fn call(&self, scope: &Scope, checked: &CheckedCall) -> Result<ToolOutput, SessionFault> {
        let call = checked.call();
        let params = CallToolRequestParams::new(call.tool.as_str().to_owned())
            .with_arguments(call.arguments().as_object().cloned().unwrap_or_default());
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
                    transport::cancel(self.peer(), id.clone(), "the gateway no longer waits for this call")
                        .await;
                }
                Err(Trouble::Interrupted(interrupted))
            }
        };
        match answer
            .and_then(|result| ToolOutput::parse(result).map_err(|not| Trouble::Protocol(not.to_string())))
        {
            Ok(output) => Ok(output),
            Err(Trouble::Rpc(error)) => Ok(ToolOutput::from_rpc_error(&error)),
            Err(trouble) => Err(self.fault(trouble).told_by(&self.far_end).await),
        }
    }

    /// Ends the session; its process is taken down in the background, and waited for at the gateway's end.
    pub fn close(self) {
        self.service.cancellation_token().cancel();
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }

    fn read(&self, answer: Result<ServerResult, ServiceError>) -> Result<Value, Trouble> {
        transport::unwrap(answer.map_err(|error| Trouble::from(&error))?, self.max_result_bytes)
    }

    fn fault(&self, trouble: Trouble) -> SessionFault {
        SessionFault::new(&self.server.name, trouble)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server.name).finish_non_exhaustive()
    }
}
