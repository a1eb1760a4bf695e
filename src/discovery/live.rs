//! What the servers themselves say: asked once for all who want to know at the same time, and then cached.
//!
//! What a reading can do without is asked in the background, so that the next one has it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::DiscoveryFault;
use super::aging::Aging;
use super::flights::Flights;
use super::missing::{Failed, Heard};
use super::tried::{Question, Tried};
use crate::cache::Cache;
use crate::call::object_size;
use crate::config::Server;
use crate::downstream::{Changed, Downstream, SessionFault};
use crate::fault::{ErrorCode, Fault as _};
use crate::guardrails::Guardrails;
use crate::ids::{CallerId, ServerName, ToolName};
use crate::recent::{Life, Recent};
use crate::scope::{Audience, Scope};
use crate::tool::{Offers, Tool};

/// Marks of what has become another; they go when it is asked for.
const MAX_OUTDATED: usize = 4_096;

/// News that wait for whoever follows them; more, and the follower looks at everything.
const MAX_NEWS: usize = 256;

/// Offers are asked for again when they are older than this, and somebody wants them.
const FRESH: Duration = Duration::from_secs(60);

/// Offers that nobody asks for are forgotten.
const OFFERS_TTL: Duration = Duration::from_secs(3_600);
const MAX_OFFER_BYTES: u64 = 32 << 20;

/// A question to a server that nobody waits for.
#[derive(Clone, Debug)]
pub struct Inquiry {
    pub since: Instant,
    /// Cancelled when there is an answer, or there will be none.
    pub over: CancellationToken,
}

/// What a server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Tools,
    /// Prompts, resources and their templates.
    Offers,
}

/// Whose question it is, and to which server. Whatever is kept under it keeps the server in memory, so that the
/// address stands for no other.
pub(super) type Asked = (Audience, usize);

#[derive(Clone)]
struct Learned {
    offers: Arc<Offers>,
    at: Instant,
    server: Arc<Server>,
}

type Tools = Arc<[Arc<Tool>]>;

pub(super) struct Live {
    cache: Arc<Cache>,
    downstream: Arc<Downstream>,
    guardrails: Arc<Guardrails>,
    tools: Flights<Tools>,
    offers: Flights<Arc<Offers>>,
    learned: moka::sync::Cache<Asked, Learned>,
    background: TaskTracker,
    /// Servers that have said that they have something else now.
    outdated: Recent<(CallerId, ServerName, Topic), ()>,
    aging: Aging,
    pub(super) tried: Tried,
    /// Who has learned something.
    pub(super) news: broadcast::Sender<Audience>,
    /// Of servers that could not be asked.
    pub(super) heard: broadcast::Sender<Heard>,
}

impl Live {
    pub(super) fn new(cache: Arc<Cache>, downstream: Arc<Downstream>, guardrails: Arc<Guardrails>) -> Self {
        let learned = moka::sync::Cache::builder()
            .weigher(|_, learned: &Learned| learned.weight())
            .max_capacity(MAX_OFFER_BYTES)
            .time_to_idle(OFFERS_TTL);
        Self {
            cache,
            downstream,
            guardrails,
            tools: Flights::default(),
            offers: Flights::default(),
            learned: learned.build(),
            background: TaskTracker::new(),
            outdated: Recent::new(MAX_OUTDATED, Life::UntilCrowdedOut),
            aging: Aging::default(),
            tried: Tried::default(),
            news: broadcast::Sender::new(MAX_NEWS),
            heard: broadcast::Sender::new(MAX_NEWS),
        }
    }

    /// Starts the server, unless somebody is just asking it.
    pub(super) async fn tools(&self, scope: &Scope, server: &Arc<Server>) -> Result<Tools, DiscoveryFault> {
        self.tools.join(scope, server, Box::pin(self.fetch(scope, server))).await
    }

    /// As `tools`.
    pub(super) async fn offers(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
    ) -> Result<Arc<Offers>, DiscoveryFault> {
        self.offers.join(scope, server, Box::pin(self.fetch_offers(scope, server))).await
    }

    /// What the server is known to offer, and whether that is news enough.
    pub(super) fn known_offers(&self, scope: &Scope, server: &Arc<Server>) -> Option<(Arc<Offers>, bool)> {
        let Learned { offers, at, .. } = self.learned.get(&asked(scope, server))?;
        Some((offers, at.elapsed() < FRESH && !self.is_outdated(scope, server, Topic::Offers)))
    }

    /// All that is not in the cache, of one server of a caller or of all.
    pub(super) fn forget(&self, caller: &CallerId, name: Option<&ServerName>) {
        let is_called = |server: &ServerName| name.is_none_or(|name| name == server);
        let is_meant =
            |(audience, _): &Asked, server: &Server| audience.caller == *caller && is_called(&server.name);
        self.tried.forget(&is_meant);
        self.aging.forget(&is_meant);
        self.outdated.retain(|(of, server, _), ()| of != caller || !is_called(server));
        self.forget_offers(&is_meant);
    }

    fn forget_offers(&self, is_meant: &dyn Fn(&Asked, &Server) -> bool) {
        let learned = self.learned.iter().filter(|(asked, learned)| is_meant(asked, &learned.server));
        learned.for_each(|(asked, _)| self.learned.invalidate(&*asked));
    }

    /// For whoever asks later.
    pub(super) fn ask_in_background(
        self: &Arc<Self>,
        scope: &Scope,
        server: &Arc<Server>,
        topic: Topic,
    ) -> Inquiry {
        let question = (asked(scope, server), topic);
        let (inquiry, is_new) = self.tried.begin(question.clone(), server);
        if is_new {
            let (live, scope, over) = (Arc::clone(self), scope.apart(), inquiry.over.clone().drop_guard());
            let server = Arc::clone(server);
            self.background.spawn(async move {
                match live.ask_in_order(&scope, &server, &question).await {
                    Ok(()) => live.tried.settled(&question),
                    Err(fault) if fault.code() == ErrorCode::Cancelled => live.tried.settled(&question),
                    Err(fault) => {
                        let code = fault.code().as_str();
                        tracing::debug!(server = %server.name, ?topic, code, "something of it stays unknown");
                        let failed = Arc::new(Failed { request: scope.id.clone(), fault });
                        live.tried.failed(question, Arc::clone(&failed));
                        if topic == Topic::Tools {
                            let _ =
                                live.heard.send(Heard::Failed(Box::new(scope.audience()), server, failed));
                        }
                    }
                }
                drop(over);
            });
        }
        inquiry
    }

    /// What is known of the server is no longer true.
    pub(super) fn is_outdated(&self, scope: &Scope, server: &Server, topic: Topic) -> bool {
        self.outdated.contains(&(scope.caller.id.clone(), server.name.clone(), topic))
    }

    /// Whether the server's tools are used for longer than it said that they are good.
    pub(super) fn is_old(&self, scope: &Scope, server: &Arc<Server>) -> bool {
        self.aging.is_old(&asked(scope, server))
    }

    pub(super) fn outdate(&self, caller: CallerId, server: ServerName, topic: Topic) {
        // What is not known to be outdated any more must not count as true.
        for (caller, server, topic) in self.outdated.crowd_in((caller, server, topic), ()) {
            match topic {
                Topic::Tools => self.cache.forget_copy(&caller, &server),
                Topic::Offers => self
                    .forget_offers(&|(audience, _), known| audience.caller == caller && known.name == server),
            }
        }
    }

    pub(super) fn changes(&self) -> broadcast::Receiver<Changed> {
        self.downstream.changes()
    }

    pub(super) fn has_session(&self, scope: &Scope, server: &Arc<Server>) -> bool {
        self.downstream.has_session(scope, server)
    }

    /// Before a list is read: a change that comes meanwhile counts again.
    fn takes_outdated(&self, scope: &Scope, server: &Server, topic: Topic) -> bool {
        self.outdated.remove(&(scope.caller.id.clone(), server.name.clone(), topic)).is_some()
    }

    /// A server that is just asked for its tools is asked for the rest after that, in the session that is there then.
    /// One that could not be started is not started a second time.
    async fn ask_in_order(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        (asked, topic): &Question,
    ) -> Result<(), DiscoveryFault> {
        let first = (asked.clone(), Topic::Tools);
        if *topic == Topic::Offers
            && let Some(inquiry) = self.tried.under_way(&first)
        {
            inquiry.over.cancelled().await;
            match self.tried.failure(&first) {
                None => {}
                // It is there, and may still have something else.
                Some(failed) if failed.fault.code() == ErrorCode::ServerProtocol => {}
                Some(failed) => return Err(failed.fault.clone()),
            }
        }
        self.ask(scope, server, *topic).await
    }

    async fn ask(&self, scope: &Scope, server: &Arc<Server>, topic: Topic) -> Result<(), DiscoveryFault> {
        match topic {
            Topic::Tools => self.tools(scope, server).await.map(drop),
            Topic::Offers => self.offers(scope, server).await.map(drop),
        }
    }

    async fn fetch(&self, scope: &Scope, server: &Arc<Server>) -> Result<Tools, SessionFault> {
        let outdated = self.takes_outdated(scope, server, Topic::Tools) || self.is_old(scope, server);
        // An earlier flight may have landed between the asker's look into the cache and this one.
        if !outdated && let Some(cached) = self.cache.tools(scope, server).await {
            return Ok(cached.tools);
        }
        let list = match self.downstream.list_tools(scope, server).await {
            Ok(list) => list,
            Err(fault) => return Err(self.screened(scope, server, fault).await),
        };
        self.aging.note(asked(scope, server), server, list.good_for, scope.settings.cache.tools_ttl);
        let tools: Tools = list.tools.into();
        self.cache.put_tools(scope, server, Arc::clone(&tools)).await;
        warn_of_unknown(server, &tools);
        self.tell(scope);
        if self.tried.is_missed(server) {
            let _ = self.heard.send(Heard::Back(Arc::clone(server)));
        }
        Ok(tools)
    }

    async fn fetch_offers(&self, scope: &Scope, server: &Arc<Server>) -> Result<Arc<Offers>, SessionFault> {
        let outdated = self.takes_outdated(scope, server, Topic::Offers);
        if let Some((offers, true)) = self.known_offers(scope, server).filter(|_| !outdated) {
            return Ok(offers);
        }
        let offers = match self.downstream.list_offers(scope, server).await {
            Ok(offers) => Arc::new(offers),
            Err(fault) => return Err(self.screened(scope, server, fault).await),
        };
        let learned = Learned { offers: Arc::clone(&offers), at: Instant::now(), server: Arc::clone(server) };
        self.learned.insert(asked(scope, server), learned);
        self.tell(scope);
        Ok(offers)
    }

    async fn screened(&self, scope: &Scope, server: &Server, fault: SessionFault) -> SessionFault {
        let details = self.guardrails.screen(scope, server, fault.details()).await;
        let fault = fault.with_details(details);
        if fault.code() != ErrorCode::Cancelled {
            let (request, code) = (&scope.id, fault.code().as_str());
            tracing::warn!(%request, server = %server.name, code, error = fault.to_string(), "could not ask the server what it has");
        }
        fault
    }

    fn tell(&self, scope: &Scope) {
        // Nobody may want to know.
        let _ = self.news.send(scope.audience());
    }
}

impl Learned {
    /// About the bytes of its definitions, and no less than an entry takes by itself.
    fn weight(&self) -> u32 {
        let bytes = self.offers.definitions().map(object_size).sum::<usize>();
        u32::try_from(bytes.max(1_024)).unwrap_or(u32::MAX)
    }
}

/// The operator may have misspelt them.
fn warn_of_unknown(server: &Server, tools: &[Arc<Tool>]) {
    let has = |name: &ToolName| tools.iter().any(|tool| tool.name() == name);
    let unknown = server.tools.iter().filter(|tool| tool.is_described() && !has(tool.name()));
    let unknown: Vec<&str> = unknown.map(|tool| tool.name().as_str()).collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        tracing::warn!(server = %server.name, unknown, "`tools` names what the server does not have, which is not offered");
    }
}

pub(super) fn asked(scope: &Scope, server: &Arc<Server>) -> Asked {
    (scope.audience(), Arc::as_ptr(server).addr())
}
