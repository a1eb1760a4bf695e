//! One initialised connection with one server: its only door is `call`, and it takes a `CheckedCall`.

use std::sync::{Arc, OnceLock};

use rmcp::model::{CallToolRequestParams, ClientRequest, Request, RequestNoParam, ServerResult};
use rmcp::service::{PeerRequestOptions, RunningService, ServiceError};
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::far_end::FarEnd;
use super::fault::{SessionFault, Trouble};
use super::{handshake, listing, transport};
use crate::call::ToolOutput;
use crate::config::Server;
use crate::guardrails::CheckedCall;
use crate::scope::Scope;
use crate::timeouts::{Activity, Operation};
use crate::tool::Tool;

/// What a handshake makes of a wire.
pub(super) struct Service {
    pub(super) running: RunningService<RoleClient, handshake::Client>,
    /// Cancelled when the wire has ended, by whichever side.
    pub(super) over: CancellationToken,
}

/// Dropping it closes it: its process is taken down in the background, and waited for at the gateway's end.
pub struct Session {
    server: Arc<Server>,
    service: Service,
    far_end: FarEnd,
    activity: Activity,
    max_result_bytes: usize,
    standing: Standing,
}

/// A session that no call was made with. Only `Fresh::new` makes one, out of a handshake that has just been.
pub(super) struct Fresh(Box<Session>);

/// What the last call says of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Sound,
    /// An answer is still owed; the server may have become silent.
    Doubtful,
    Lost,
}

impl Fresh {
    pub(super) fn new(
        scope: &Scope,
        server: &Arc<Server>,
        far_end: FarEnd,
        activity: Activity,
        service: Service,
    ) -> Self {
        let max_result_bytes = scope.settings.limits.max_result_bytes;
        let (server, standing) = (Arc::clone(server), Standing::Sound);
        Self(Box::new(Session { server, service, far_end, activity, max_result_bytes, standing }))
    }

    /// The session for the calls of a batch.
    pub(super) fn begin(self) -> Box<Session> {
        self.0
    }

    pub(super) async fn answers(&self, scope: &Scope) -> bool {
        self.0.answers(scope).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl Session {
    /// The one door to a server. A call that is already cancelled does not go through it.
    pub async fn call(&mut self, scope: &Scope, checked: &CheckedCall) -> Result<ToolOutput, SessionFault> {
        let answer = self.ask(scope, checked).await;
        let answer = answer
            .and_then(|result| ToolOutput::parse(result).map_err(|not| Trouble::Protocol(not.to_string())));
        match answer {
            Ok(output) => {
                self.standing = Standing::Sound;
                Ok(output)
            }
            Err(Trouble::Rpc(error)) => {
                self.standing = Standing::Sound;
                Ok(ToolOutput::from_rpc_error(&error))
            }
            Err(trouble) => {
                self.standing = match trouble {
                    Trouble::Interrupted(_) | Trouble::TooLong { .. } => Standing::Doubtful,
                    _ => Standing::Lost,
                };
                Err(self.fault(trouble).await)
            }
        }
    }

    async fn ask(&self, scope: &Scope, checked: &CheckedCall) -> Result<Value, Trouble> {
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
        match scope.timeouts.run_active(&scope.cancel, &self.activity, asking).await {
            Ok(answer) => self.read(answer),
            Err(interrupted) => {
                if let Some(id) = sent.get() {
                    transport::cancel(self.peer(), id.clone(), "the gateway no longer waits for this call")
                        .await;
                }
                Err(Trouble::Interrupted(interrupted))
            }
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<Arc<Tool>>, Trouble> {
        listing::list(self.peer(), &self.server.name, self.max_result_bytes).await
    }

    /// Whether calls can be made with a session that has waited for some. A launcher may have left its server
    /// behind, so that its end alone says nothing.
    pub(super) async fn answers(&self, scope: &Scope) -> bool {
        if self.is_closed() {
            return false;
        }
        self.standing == Standing::Sound && !self.far_end.has_ended() || self.ping(scope).await
    }

    /// Whether another batch may try.
    pub(super) fn is_usable(&self) -> bool {
        self.standing != Standing::Lost && !self.is_closed()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.service.over.is_cancelled()
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// What went wrong, with what the server's side has to say about it.
    pub(super) async fn fault(&self, trouble: Trouble) -> SessionFault {
        SessionFault::new(&self.server.name, trouble).told_by(&self.far_end).await
    }

    async fn ping(&self, scope: &Scope) -> bool {
        let asking = async {
            let request = ClientRequest::PingRequest(RequestNoParam::default());
            let options = PeerRequestOptions::no_options();
            self.peer().send_request_with_option(request, options).await?.await_response().await
        };
        let asked = scope.timeouts.run(Operation::Connectivity, &scope.cancel, asking).await;
        // A server that refuses to be pinged is there to refuse it.
        asked.is_ok_and(|answer| matches!(self.read(answer), Ok(_) | Err(Trouble::Rpc(_))))
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.running.peer()
    }

    fn read(&self, answer: Result<ServerResult, ServiceError>) -> Result<Value, Trouble> {
        transport::unwrap(answer.map_err(|error| Trouble::from(&error))?, self.max_result_bytes)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.service.running.cancellation_token().cancel();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server.name).finish_non_exhaustive()
    }
}
