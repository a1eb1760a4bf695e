//! What the servers themselves say: asked once for all who want to know at the same time, and then cached.
//!
//! A server whose configured tools are described by a text only is asked in the background, so that the next
//! reading has their schemas.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::DiscoveryFault;
use super::flights::Flights;
use crate::cache::Cache;
use crate::config::Server;
use crate::downstream::{Downstream, Offered, SessionFault};
use crate::fault::{ErrorCode, Fault as _};
use crate::guardrails::Guardrails;
use crate::ids::{CallerId, ServerName};
use crate::scope::Scope;
use crate::tool::Tool;

/// A server that could not be asked in the background is left alone this long.
const RETRY: Duration = Duration::from_secs(300);
const MAX_TRIED: u64 = 4_096;

/// News that wait for whoever follows them; more, and the follower looks at everything.
const MAX_NEWS: usize = 256;

/// A question to a server that nobody waits for.
#[derive(Clone, Debug)]
pub struct Inquiry {
    pub since: Instant,
    /// Cancelled when there is an answer, or there will be none.
    pub over: CancellationToken,
}

/// The server stays in memory as long as its address stands for it.
type Tried = (Inquiry, Arc<Server>);

pub(super) struct Live {
    cache: Arc<Cache>,
    downstream: Arc<Downstream>,
    guardrails: Arc<Guardrails>,
    flights: Flights,
    background: TaskTracker,
    /// Being asked in the background, or not to be asked again for a while.
    tried: moka::sync::Cache<(CallerId, ServerName, usize), Tried>,
    /// Servers that have said that their tools are others now.
    outdated: moka::sync::Cache<(CallerId, ServerName), ()>,
    /// Whose tools have been learned.
    pub(super) news: broadcast::Sender<CallerId>,
}

impl Live {
    pub(super) fn new(cache: Arc<Cache>, downstream: Arc<Downstream>, guardrails: Arc<Guardrails>) -> Self {
        let tried = moka::sync::Cache::builder().max_capacity(MAX_TRIED).time_to_live(RETRY).build();
        Self {
            cache,
            downstream,
            guardrails,
            flights: Flights::default(),
            background: TaskTracker::new(),
            tried,
            outdated: moka::sync::Cache::builder().max_capacity(MAX_TRIED).build(),
            news: broadcast::Sender::new(MAX_NEWS),
        }
    }

    /// Starts the server, unless somebody is just asking it.
    pub(super) async fn tools(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
    ) -> Result<Arc<[Arc<Tool>]>, DiscoveryFault> {
        self.flights.join(scope, server, Box::pin(self.fetch(scope, server))).await
    }

    /// As `tools`, for whoever asks later.
    pub(super) fn ask_in_background(self: &Arc<Self>, scope: &Scope, server: &Arc<Server>) -> Inquiry {
        let name = (scope.caller.id.clone(), server.name.clone(), Arc::as_ptr(server).addr());
        let fresh =
            || (Inquiry { since: Instant::now(), over: CancellationToken::new() }, Arc::clone(server));
        let entry = self.tried.entry(name.clone()).or_insert_with(fresh);
        let is_fresh = entry.is_fresh();
        let (inquiry, server) = entry.into_value();
        if is_fresh {
            let (live, scope, over) = (Arc::clone(self), scope.apart(), inquiry.over.clone().drop_guard());
            self.background.spawn(async move {
                match live.tools(&scope, &server).await {
                    Ok(_) => live.tried.invalidate(&name),
                    Err(fault) if fault.code() == ErrorCode::Cancelled => live.tried.invalidate(&name),
                    Err(fault) => {
                        let code = fault.code().as_str();
                        tracing::debug!(server = %server.name, code, "its tools, or their schemas, stay unknown");
                    }
                }
                drop(over);
            });
        }
        inquiry
    }

    /// What is cached of the server's tools is no longer true.
    pub(super) fn is_outdated(&self, scope: &Scope, server: &Server) -> bool {
        self.outdated.contains_key(&(scope.caller.id.clone(), server.name.clone()))
    }

    pub(super) fn outdate(&self, caller: CallerId, server: ServerName) {
        self.outdated.insert((caller, server), ());
    }

    pub(super) fn offers(&self) -> broadcast::Receiver<Offered> {
        self.downstream.offers()
    }

    async fn fetch(&self, scope: &Scope, server: &Arc<Server>) -> Result<Arc<[Arc<Tool>]>, SessionFault> {
        // Before the list is read: a change that comes meanwhile counts again.
        let outdated = self.outdated.remove(&(scope.caller.id.clone(), server.name.clone())).is_some();
        // An earlier flight may have landed between the asker's look into the cache and this one.
        if !outdated && let Some(cached) = self.cache.tools(scope, server).await {
            return Ok(cached.tools);
        }
        let tools: Arc<[Arc<Tool>]> = match self.downstream.list_tools(scope, server).await {
            Ok(tools) => tools.into(),
            Err(fault) => {
                let details = self.guardrails.screen(scope, server, fault.details()).await;
                return Err(fault.with_details(details));
            }
        };
        self.cache.put_tools(scope, server, Arc::clone(&tools)).await;
        // Nobody may want to know.
        let _ = self.news.send(scope.caller.id.clone());
        Ok(tools)
    }
}
