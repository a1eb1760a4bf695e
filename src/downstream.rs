//! Sessions with servers: open, list the tools, make checked calls, close.
//!
//! The only door to a server is `Session::call`, and it takes a `CheckedCall`. In the order of its life, a session
//!
//! * takes a `Place`, of which there are so many in all and for each caller (`places.rs`), and its turn at a server
//!   that is slow to start (`turns.rs`);
//! * is opened as a `Fresh` one (`handshake.rs`), with which no call was made yet;
//! * waits for its batch on the `Pool`'s shelves: as a `Standby` if it is for one batch, in a `Slot` if it is kept for
//!   many (`keep.rs`);
//! * is a batch's own as a `Leased` one (`lease.rs`), which closes it or gives it back.
//!
//! What remains to be done for one that is closed (ending the process) is tracked here, so that the gateway leaves
//! nothing behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::model::ClientConfig;
use rmcp::service::serve_directly;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Endpoint, Server, SessionMode, Settings, Use, WhileAway};
use crate::guardrails::Guardrails;
use crate::scope::Scope;
use crate::timeouts::{Activity, Interrupted, Operation};
use crate::tool::Offers;

mod changes;
mod child;
mod events;
mod exchange;
mod far_end;
mod fault;
mod handshake;
mod hearing;
mod keep;
mod launcher;
mod lease;
mod listing;
mod path;
mod places;
mod pool;
mod question;
mod relay;
mod remote;
mod request;
mod session;
mod standby;
mod stderr;
mod transport;
mod turns;
mod watchdog;
mod wire;

pub use events::Changed;
pub use fault::{SessionFault, Trouble};
pub use lease::Leased;
pub use session::Session;
pub use watchdog::{COMMAND as WATCHDOG_COMMAND, watch as run_watchdog};

use events::{Events, Whose};
use far_end::FarEnd;
use handshake::{Greeting, Shaking};
use keep::Seating;
use listing::Listing;
pub use listing::ToolList;
use places::{Claim, Place, Places};
use pool::{Key, Pool};
use session::{Fresh, Service};
use transport::ServerTransport;
use turns::Turns;
use wire::Wire;

/// How long the gateway's end waits for its children: close, SIGTERM and SIGKILL fit into it.
const FAREWELL: Duration = Duration::from_millis(1_250);

/// News of servers that nobody has looked at yet; whoever is slower has to look at everything anew.
const MAX_CHANGES: usize = 256;

/// What all sessions of the process share.
pub struct Downstream {
    guardrails: Arc<Guardrails>,
    changes: broadcast::Sender<Changed>,
    tasks: TaskTracker,
    places: Places,
    turns: Turns,
    pool: Arc<Pool>,
    watchdog: watchdog::Watchdog,
    path: path::SearchPath,
    base_env: Vec<(String, String)>,
}

/// A server that can be reached and that nobody has spoken to yet.
struct Started {
    far_end: FarEnd,
    service: Service,
    events: Events,
    sender: wire::Sender,
    activity: Activity,
}

impl Downstream {
    /// Within a runtime. What waits for its next batch ends with `end`.
    pub fn new(
        environment: &crate::config::environment::Environment,
        settings: watch::Receiver<Arc<Settings>>,
        guardrails: Arc<Guardrails>,
        end: &CancellationToken,
    ) -> Self {
        let watchdog = watchdog::Watchdog::default();
        let tasks = TaskTracker::new();
        let pool = Arc::new(Pool::new(settings, end.child_token()));
        tasks.spawn(Arc::clone(&pool).sweep());
        Self {
            guardrails,
            changes: broadcast::Sender::new(MAX_CHANGES),
            tasks,
            places: Places::default(),
            turns: Turns::default(),
            pool,
            path: path::SearchPath::new(environment, watchdog.clone()),
            watchdog,
            base_env: environment.child_base(),
        }
    }

    async fn open(&self, scope: &Scope, server: &Arc<Server>) -> Result<Fresh, SessionFault> {
        self.open_at(scope, server, None).await
    }

    /// Starts the server and shakes hands with it.
    async fn open_at(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        place: Option<Place>,
    ) -> Result<Fresh, SessionFault> {
        let fault = |trouble| SessionFault::new(&server.name, trouble);
        let started = self.start(scope, server, place).await.map_err(fault)?;
        match started.shake(scope, server, &self.guardrails).await {
            Ok(greeting) => Ok(Fresh::new(scope, server, started, greeting)),
            Err(trouble) => Err(fault(trouble).during_start(server).told_by(&started.far_end).await),
        }
    }

    /// What servers offer now and did not before, from here on.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    /// Asks the kept session, or one that then waits for its first batch.
    pub async fn list_tools(&self, scope: &Scope, server: &Arc<Server>) -> Result<ToolList, SessionFault> {
        self.in_turn(scope, server, self.tools(scope, server)).await
    }

    /// What the server offers besides tools, asked in the session that direct calls use.
    pub async fn list_offers(
        self: &Arc<Self>,
        scope: &Scope,
        server: &Arc<Server>,
    ) -> Result<Offers, SessionFault> {
        self.in_turn(scope, server, self.offers(scope, server)).await
    }

    /// Whether there is a session with the server that was opened for such a request.
    pub fn has_session(&self, scope: &Scope, server: &Arc<Server>) -> bool {
        self.pool.has_one(&Key::new(scope, server))
    }

    /// Only a program that has to be started waits for its turn, and it has nobody's session meanwhile.
    async fn in_turn<T>(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        asking: impl Future<Output = Result<T, SessionFault>>,
    ) -> Result<T, SessionFault> {
        let is_program = matches!(server.endpoint, Endpoint::Command(_));
        if is_program && !self.pool.has_one(&Key::new(scope, server)) {
            self.turns.take(scope, &server.name, asking).await
        } else {
            asking.await
        }
    }

    async fn tools(&self, scope: &Scope, server: &Arc<Server>) -> Result<ToolList, SessionFault> {
        let seat = match server.session.mode_for(Use::Listing, scope.settings.exposure) {
            SessionMode::Keep => {
                self.seat(scope, server, Operation::Discovery, WhileAway::OpenAnother).await?
            }
            SessionMode::Batch => Seating::None,
        };
        let Seating::Seat(mut seat) = seat else {
            let (tools, session) = self.open_and_list(scope, server).await?;
            self.pool.offer(scope, Key::new(scope, server), session);
            return Ok(tools);
        };
        match seat.session(scope).await? {
            Some(mut session) => {
                let tools = session.list(scope).await;
                seat.put_back(session);
                tools
            }
            None => {
                let (tools, session) = self.open_and_list(scope, server).await?;
                seat.fill(session);
                Ok(tools)
            }
        }
    }

    async fn offers(self: &Arc<Self>, scope: &Scope, server: &Arc<Server>) -> Result<Offers, SessionFault> {
        // After a failure the session is in the middle of something, and is closed.
        match server.session.mode_for(Use::Single, scope.settings.exposure) {
            SessionMode::Keep => {
                let mut leased = self.kept(scope, server, WhileAway::OpenAnother).await?;
                let offers = leased.session().offers(scope).await?;
                Self::put_back(leased);
                Ok(offers)
            }
            SessionMode::Batch => {
                let mut session = self.fresh(scope, server).await?;
                let offers = session.offers(scope).await?;
                self.pool.offer(scope, Key::new(scope, server), session);
                Ok(offers)
            }
        }
    }

    /// All under the limit of a discovery.
    async fn open_and_list(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
    ) -> Result<(ToolList, Fresh), SessionFault> {
        let fault = |trouble| SessionFault::new(&server.name, trouble);
        let started = self.start(scope, server, None).await.map_err(fault)?;
        let max_result_bytes = scope.settings.limits.max_result_bytes;
        let greeted = AtomicBool::new(false);
        let listing = async {
            let greeting = started
                .shake(scope, server, &self.guardrails)
                .await
                .map_err(|trouble| fault(trouble).during_start(server))?;
            greeted.store(true, Ordering::Relaxed);
            let peer = started.service.running.peer();
            let listing = Listing { peer, greeting: &greeting, server: &server.name, max_result_bytes };
            let tools = listing.tools().await;
            Ok::<_, SessionFault>((tools.map_err(fault)?, greeting))
        };
        // The process outlives the limit by a moment, so that its last words can be told.
        match scope.timeouts.run(Operation::Discovery.at(server.name.as_str()), &scope.cancel, listing).await
        {
            Ok(Ok((tools, greeting))) => Ok((tools, Fresh::new(scope, server, started, greeting))),
            Ok(Err(fault)) => Err(fault.told_by(&started.far_end).await),
            Err(interrupted) => {
                let fault = fault(Trouble::Interrupted(interrupted));
                let fault = if greeted.load(Ordering::Relaxed) { fault } else { fault.during_start(server) };
                Err(fault.told_by(&started.far_end).await)
            }
        }
    }

    /// At a place of the caller's, or at one that is taken now.
    async fn start(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        place: Option<Place>,
    ) -> Result<Started, Trouble> {
        let (far_end, wire) = self.reach(scope, server, place).await?;
        let (sender, activity) = (wire.sender(), Activity::default());
        let over = CancellationToken::new();
        let session = Whose {
            caller: scope.caller.id.clone(),
            capabilities: scope.client.capabilities().clone(),
            server: Arc::clone(server),
        };
        let (ear, events) = events::channel(self.changes.clone(), session);
        let (noise, ending) = (far_end.noise(), self.pool.ending(over.clone()));
        let transport = ServerTransport::new(wire, activity.clone(), ear, noise, ending);
        let running = serve_directly(ClientConfig::default(), transport, None);
        let service = Service { running, over };
        Ok(Started { far_end, service, events, sender, activity })
    }

    async fn reach(
        &self,
        scope: &Scope,
        server: &Server,
        place: Option<Place>,
    ) -> Result<(FarEnd, Wire), Trouble> {
        let max_result_bytes = scope.settings.limits.max_result_bytes;
        let place = async {
            match place {
                Some(_) if scope.cancel.is_cancelled() => Err(Trouble::Interrupted(Interrupted::Cancelled)),
                Some(place) => Ok(place),
                None => self.place(scope).await,
            }
        };
        match &server.endpoint {
            Endpoint::Command(command) => {
                let place = place.await?;
                let program = self.path.resolve(scope, &command.program).await?;
                let (base_env, tasks) = (&self.base_env, &self.tasks);
                let open_words = !server.output.enabled;
                let spawn = child::Spawn {
                    server: &server.name,
                    command,
                    program: &program,
                    base_env,
                    tasks,
                    open_words,
                };
                let (child, pipes) = child::spawn(&spawn, place, self.watchdog.clone())?;
                Ok((FarEnd::Child(child), Wire::over_pipes(pipes, max_result_bytes)))
            }
            Endpoint::Remote(remote) => {
                let max_message_bytes = wire::max_message_bytes(max_result_bytes);
                let (far, wire) = remote::open(remote, max_message_bytes, &self.tasks, place.await?)?;
                Ok((FarEnd::Remote(far), wire))
            }
            Endpoint::Refused { reason, .. } => Err(Trouble::Refused(reason.clone())),
        }
    }

    async fn place(&self, scope: &Scope) -> Result<Place, Trouble> {
        let taking = self.places.take(Claim::of(scope), || self.pool.give_way());
        let taken = scope.cancel.run_until_cancelled(taking).await;
        taken.unwrap_or(Err(Trouble::Interrupted(Interrupted::Cancelled)))
    }

    /// Ends every child, whatever still runs, and waits until they are gone. None starts from here on.
    pub async fn shutdown(&self) {
        self.pool.end.cancel();
        self.tasks.close();
        let ended = tokio::time::timeout(FAREWELL, self.tasks.wait()).await;
        // A busy machine, or a request that does not let go of its session, may have taken all that time.
        if ended.is_err() {
            let left = self.watchdog.kill_all().await.join(", ");
            if !left.is_empty() {
                tracing::warn!(
                    servers = left,
                    "killed at the end, and not seen to be gone; the watchdog looks again"
                );
            }
        }
    }
}

impl Started {
    /// A session begins under a limit of its own, and only if what the server says of itself may be known.
    async fn shake(
        &self,
        scope: &Scope,
        server: &Server,
        guardrails: &Guardrails,
    ) -> Result<Greeting, Trouble> {
        let declared = scope.client.capabilities().declared(server.relay_roots);
        let shaking = Shaking {
            peer: self.service.running.peer(),
            protocol: server.protocol,
            declared: &declared,
            max_result_bytes: scope.settings.limits.max_result_bytes,
        };
        let wait = Operation::Default.at(server.name.as_str());
        let shaken = scope.timeouts.run(wait, &scope.cancel, shaking.shake()).await;
        let greeting = shaken.map_err(Trouble::Interrupted)??;
        guardrails.admit_greeting(scope, server, &greeting.words).await.map_err(Trouble::Blocked)?;
        // One with a handshake tells of changes unasked.
        let lists = changes::told(&greeting.capabilities);
        if greeting.is_modern() && scope.settings.exposure.is_direct() && !lists.is_empty() {
            match &self.far_end {
                FarEnd::Child(_) => {
                    request::subscribe(self.service.running.peer(), &lists, &greeting.meta).await?;
                }
                FarEnd::Remote(far) => far.listen(lists, &greeting.meta),
            }
        }
        Ok(greeting)
    }
}
