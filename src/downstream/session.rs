//! One initialised connection with one server: its only door is `call`, and it takes a `CheckedCall`.

use std::sync::Arc;

use rmcp::model::ClientConfig;
use rmcp::service::RunningService;
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::events::Events;
use super::exchange::Exchange;
use super::far_end::FarEnd;
use super::fault::{SessionFault, Trouble};
use super::handshake::Greeting;
use super::listing::{Listing, ToolList};
use super::relay::Relay;
use super::request::{self, Prepared, Sent};
use super::{Started, wire};
use crate::call::{JsonObject, Method, ToolOutput, asks_for_input};
use crate::client::{Era, Severity};
use crate::config::Server;
use crate::guardrails::{CheckedCall, Guardrails};
use crate::rpc::protocol;
use crate::scope::Scope;
use crate::timeouts::{Activity, Operation};
use crate::tool::{Mirror, OfferKind, Offers};

/// A server that asks for input this often for one call will never have enough.
const MAX_ROUNDS: usize = 10;

/// A wire that is being listened to.
pub(super) struct Service {
    pub(super) running: RunningService<RoleClient, ClientConfig>,
    /// Cancelled when the wire has ended, by whichever side.
    pub(super) over: CancellationToken,
}

/// Dropping it closes it: its process is taken down in the background, and waited for at the gateway's end.
pub struct Session {
    server: Arc<Server>,
    service: Service,
    greeting: Greeting,
    events: Events,
    sender: wire::Sender,
    far_end: FarEnd,
    activity: Activity,
    max_result_bytes: usize,
    health: Health,
    /// What the server was told to log.
    severity: Option<Severity>,
    /// Made so far; the number of a call is the token of its progress.
    calls: u64,
}

/// A session that no call was made with. Only `Fresh::new` makes one, out of a handshake that has just been.
pub(super) struct Fresh(Box<Session>);

/// What the last call says of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Sound,
    /// An answer is still owed; the server may have become silent.
    Doubtful,
    Lost,
}

impl Fresh {
    pub(super) fn new(scope: &Scope, server: &Arc<Server>, started: Started, greeting: Greeting) -> Self {
        let Started { far_end, service, events, sender, activity } = started;
        Self(Box::new(Session {
            server: Arc::clone(server),
            service,
            greeting,
            events,
            sender,
            far_end,
            activity,
            max_result_bytes: scope.settings.limits.max_result_bytes,
            health: Health::Sound,
            severity: None,
            calls: 0,
        }))
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

    /// To ask what a server has is no call.
    pub(super) async fn offers(&mut self, scope: &Scope) -> Result<Offers, SessionFault> {
        self.0.offers(scope).await
    }
}

impl Session {
    /// The one door to a server. A call that is already cancelled does not go through it.
    ///
    /// What the server says until it answers goes to the client of the scope; what it wants to know is asked there.
    pub async fn call(
        &mut self,
        scope: &Scope,
        guardrails: &Guardrails,
        checked: &CheckedCall,
        mirror: Option<&Mirror>,
    ) -> Result<ToolOutput, SessionFault> {
        self.follow_severity(scope).await;
        let method = checked.call().method;
        let answer = self.converse(scope, guardrails, checked, mirror).await;
        let answer = answer.and_then(|result| {
            ToolOutput::parse(method, result).map_err(|not| Trouble::Protocol(format!("its result {not}")))
        });
        match answer {
            Ok(output) => {
                self.health = Health::Sound;
                Ok(output)
            }
            Err(trouble) => {
                self.health = Health::after(&trouble);
                match trouble {
                    Trouble::Rpc(error) => Ok(ToolOutput::from_rpc_error(method, &error)),
                    trouble => Err(self.fault(trouble).await),
                }
            }
        }
    }

    /// As many requests as a server of the newer revision takes to know what it wants to know.
    async fn converse(
        &mut self,
        scope: &Scope,
        guardrails: &Guardrails,
        checked: &CheckedCall,
        mirror: Option<&Mirror>,
    ) -> Result<Value, Trouble> {
        let mirror = mirror.filter(|_| self.greeting.is_modern());
        let mirrored = mirror.map(|mirror| mirror.headers(checked.call().arguments())).unwrap_or_default();
        let mut given = JsonObject::new();
        for _ in 0..MAX_ROUNDS {
            self.calls += 1;
            let prepared =
                Prepared::call(checked.call(), &self.meta(scope), &given).mirrored(mirrored.clone());
            let (peer, sent) = (self.service.running.peer(), Sent::new());
            let relay = Relay {
                scope,
                server: &self.server,
                guardrails,
                tool: if checked.call().method == Method::Tool { checked.call().tool.as_str() } else { "" },
                activity: &self.activity,
                sender: self.sender.clone(),
                token: self.calls,
            };
            let exchange = Exchange {
                peer,
                relay: &relay,
                listening: self.events.listen(),
                max_result_bytes: self.max_result_bytes,
                far_end: &self.far_end,
                ping: self.greeting.meta_params(),
            };
            let asking = async {
                let mut result = exchange.run(prepared, &sent).await?;
                if !asks_for_input(&result) || relay.leaves_whole(&mut result) {
                    return Ok((result, None));
                }
                let given = relay.gather(&mut result).await?;
                Ok((result, Some(given)))
            };
            let named = (self.server.name.as_str(), checked.call().tool.as_str());
            match scope.timeouts.run_active(named, &scope.cancel, &self.activity, asking).await {
                Ok(Ok((_, Some(more)))) => given = more,
                Ok(answer) => return answer.map(|(result, _)| result),
                Err(interrupted) => {
                    // A client that does not read must not hold up the end of the call.
                    let _ = tokio::time::timeout(request::NOTICE, scope.client.withdraw()).await;
                    request::cancel(peer, &sent, "the gateway no longer waits for this call").await;
                    return Err(Trouble::Interrupted(interrupted));
                }
            }
        }
        Err(Trouble::Protocol("it asks for input again and again".to_owned()))
    }

    /// What goes with a call beside its arguments.
    fn meta(&self, scope: &Scope) -> JsonObject {
        let mut meta = self.greeting.meta.clone();
        if scope.client.wants_progress() {
            meta.insert("progressToken".to_owned(), self.calls.into());
        }
        if self.greeting.is_modern() {
            // What the client asked for, or what one with a handshake expects.
            let unasked = (scope.client.era() == Era::Legacy).then_some(Severity::Info);
            let level = scope.client.severity().or(unasked);
            meta.extend(level.map(|level| (protocol::META_LOG_LEVEL.to_owned(), level.as_str().into())));
        }
        meta
    }

    /// Tells a server that logs how much the client wants to hear, where that has changed.
    async fn follow_severity(&mut self, scope: &Scope) {
        let wanted = scope.client.severity();
        let Some(level) = wanted.filter(|_| wanted != self.severity) else { return };
        if self.greeting.is_modern() || !self.greeting.offers("logging") {
            return;
        }
        self.severity = wanted;
        let params = JsonObject::from_iter([("level".to_owned(), level.as_str().into())]);
        // The gateway filters as well: a server that does not follow is only louder than it needs to be, and nobody
        // waits for one that does not answer.
        let telling = request::begin(self.peer(), Prepared::object("logging/setLevel", &params));
        let _ = tokio::time::timeout(request::NOTICE, telling).await;
    }

    /// The tools, asked of a session that has waited.
    pub(super) async fn list(&mut self, scope: &Scope) -> Result<ToolList, SessionFault> {
        let wait = Operation::Discovery.at(self.server.name.as_str());
        let listed = scope.timeouts.run(wait, &scope.cancel, self.listing().tools()).await;
        self.listed(listed.unwrap_or_else(|interrupted| Err(Trouble::Interrupted(interrupted)))).await
    }

    /// What the server offers besides tools.
    pub(super) async fn offers(&mut self, scope: &Scope) -> Result<Offers, SessionFault> {
        let listing = async {
            let mut offers = Offers { completes: self.greeting.offers("completions"), ..Offers::default() };
            for kind in OfferKind::ALL {
                if self.greeting.offers(kind.capability()) {
                    self.listing().offers(kind, &mut offers).await?;
                }
            }
            Ok(offers)
        };
        let wait = Operation::Discovery.at(self.server.name.as_str());
        let listed = scope.timeouts.run(wait, &scope.cancel, listing).await;
        self.listed(listed.unwrap_or_else(|interrupted| Err(Trouble::Interrupted(interrupted)))).await
    }

    async fn listed<T>(&mut self, listed: Result<T, Trouble>) -> Result<T, SessionFault> {
        match listed {
            Ok(listed) => Ok(listed),
            Err(trouble) => {
                self.health = Health::after(&trouble);
                Err(self.fault(trouble).await)
            }
        }
    }

    fn listing(&self) -> Listing<'_> {
        let (peer, greeting, server) = (self.peer(), &self.greeting, &self.server.name);
        Listing { peer, greeting, server, max_result_bytes: self.max_result_bytes }
    }

    /// Whether calls can be made with a session that has waited for some. A launcher may have left its server
    /// behind, so that its end alone says nothing.
    pub(super) async fn answers(&self, scope: &Scope) -> bool {
        if self.is_closed() {
            return false;
        }
        self.health == Health::Sound && !self.far_end.may_have_ended() || self.ping(scope).await
    }

    /// Whether another batch may try.
    pub(super) fn is_usable(&self) -> bool {
        self.health != Health::Lost && !self.is_closed()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.service.over.is_cancelled()
    }

    pub(super) fn activity(&self) -> Activity {
        self.activity.clone()
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// With what the server's side has to say about it.
    async fn fault(&self, trouble: Trouble) -> SessionFault {
        SessionFault::new(&self.server.name, trouble).told_by(&self.far_end).await
    }

    /// A server of the newer revision does not know what a ping is, and says so.
    async fn ping(&self, scope: &Scope) -> bool {
        // A server that refuses to be pinged is there to refuse it.
        matches!(self.quick(scope, "ping", &self.greeting.meta_params()).await, Ok(_) | Err(Trouble::Rpc(_)))
    }

    /// A request beside the calls, which is answered at once or not at all.
    async fn quick(&self, scope: &Scope, method: &str, params: &JsonObject) -> Result<Value, Trouble> {
        let (prepared, sent) = (Prepared::object(method, params), Sent::new());
        let asking = request::ask(self.peer(), prepared, self.max_result_bytes, &sent);
        let asked = scope.timeouts.run(Operation::Connectivity, &scope.cancel, asking).await;
        match asked {
            Ok(answer) => answer,
            Err(interrupted) => {
                request::cancel(self.peer(), &sent, "the gateway no longer waits for this").await;
                Err(Trouble::Interrupted(interrupted))
            }
        }
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.running.peer()
    }
}

impl Health {
    fn after(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Rpc(_) => Self::Sound,
            // Messages stay apart from each other: what is wrong with one says nothing of the next.
            Trouble::Interrupted(_) | Trouble::TooLong { .. } | Trouble::Protocol(_) => Self::Doubtful,
            Trouble::Lost(why) if !why.ends_session() => Self::Doubtful,
            _ => Self::Lost,
        }
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
