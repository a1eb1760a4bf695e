//! Which tools a server has: from the configuration, the cache, or the server itself, in that order.
//!
//! Whatever the source, the definitions pass the registration gate here, on every reading: a verdict is never
//! older than the policy. Ten callers who ask at once start one server once.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use tokio::sync::broadcast;

use crate::cache::{Cache, CachedTools, Cleared};
use crate::config::{ConfiguredTool, Endpoint, Server};
use crate::downstream::{Changed, Downstream, SessionFault};
use crate::fault::{ErrorCode, Fault};
use crate::guardrails::{Guardrails, ServerBlocked};
use crate::ids::{CallerId, ServerName};
use crate::scope::{Audience, Scope};
use crate::tool::{Tool, ToolSet, ToolSource};

mod aging;
mod flights;
mod live;
mod missing;
mod offers;
mod tried;

use live::Live;
pub use live::{Inquiry, Topic};
pub use missing::{Failed, Heard};

/// Finds tools; one for the process.
pub struct Discovery {
    cache: Arc<Cache>,
    guardrails: Arc<Guardrails>,
    live: Arc<Live>,
}

/// The tools of one server that may be known, and where their definitions came from.
#[derive(Debug)]
pub struct Found {
    pub set: ToolSet,
    pub source: ToolSource,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoveryFault {
    #[error(transparent)]
    Blocked(Arc<ServerBlocked>),
    #[error(transparent)]
    Session(Arc<SessionFault>),
    /// While another one's answer was waited for.
    #[error("cancelled")]
    Cancelled,
}

/// What configuration and cache have of a server's tools, before the registration gate.
#[derive(Debug, Default)]
pub struct Reading {
    definitions: Option<(Vec<Arc<Tool>>, ToolSource)>,
    /// When the cached definitions run out, where there are some.
    pub cached_until: Option<SystemTime>,
    pub cached_count: usize,
}

/// What is known of a server without asking it.
#[derive(Debug)]
pub struct Known {
    pub tools: Option<Found>,
    pub reading: Reading,
    /// The registration policy keeps the whole server away.
    pub blocked: Option<ServerBlocked>,
}

/// How many servers are asked at once.
pub const PARALLEL: usize = 16;

impl Discovery {
    pub fn new(cache: Arc<Cache>, downstream: Arc<Downstream>, guardrails: Arc<Guardrails>) -> Self {
        let live = Arc::new(Live::new(Arc::clone(&cache), downstream, Arc::clone(&guardrails)));
        Self { cache, guardrails, live }
    }

    /// The tools of a server; it is started only if neither configuration nor cache has them whole.
    pub async fn tools(&self, scope: &Scope, server: &Arc<Server>) -> Result<Found, DiscoveryFault> {
        let reading = self.read(scope, server).await;
        self.tools_of(scope, server, &reading).await
    }

    /// As `tools`, for whoever has read already.
    pub async fn tools_of(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        reading: &Reading,
    ) -> Result<Found, DiscoveryFault> {
        self.admit(scope, server).await?;
        if let Some((all, source)) = self.without_asking(scope, server, reading) {
            if self.live.is_old(scope, server) {
                let _ = self.live.ask_in_background(scope, server, Topic::Tools);
            }
            return Ok(Found { set: self.guardrails.admit_tools(scope, server, all).await, source });
        }
        let live = self.live.tools(scope, server).await?;
        let (all, source) = if server.tools.is_empty() {
            (live.to_vec(), ToolSource::Discovery)
        } else {
            (configured(&server.tools, Some(&live)), ToolSource::Config)
        };
        Ok(Found { set: self.guardrails.admit_tools(scope, server, &all).await, source })
    }

    /// What may be used as it has been read. A description alone says nothing of what a tool takes, nor what its server
    /// says of it: neither arguments nor the tool could be judged.
    fn without_asking<'r>(
        &self,
        scope: &Scope,
        server: &Server,
        reading: &'r Reading,
    ) -> Option<(&'r [Arc<Tool>], ToolSource)> {
        let (all, source) = reading.definitions.as_ref()?;
        let whole = match source {
            ToolSource::Cache => !self.live.is_outdated(scope, server, Topic::Tools),
            _ => reading.cached_until.is_some() || !server.tools.iter().any(ConfiguredTool::is_described),
        };
        whole.then_some((all, *source))
    }

    /// What configuration and cache say, without starting anything.
    pub async fn known(&self, scope: &Scope, server: &Arc<Server>) -> Known {
        let reading = self.read(scope, server).await;
        if let Err(blocked) = self.guardrails.admit_server(scope, server).await {
            // The tools of a server that may not be started are not for the caller's eyes either.
            let reading = Reading { definitions: None, ..reading };
            return Known { tools: None, reading, blocked: Some(blocked) };
        }
        let mut tools = None;
        if let Some((all, source)) = &reading.definitions {
            let set = self.guardrails.admit_tools(scope, server, all).await;
            tools = Some(Found { set, source: *source });
        }
        Known { tools, reading, blocked: None }
    }

    pub async fn read(&self, scope: &Scope, server: &Server) -> Reading {
        let cached = self.cache.tools(scope, server).await;
        Reading {
            definitions: definitions(server, cached.as_ref()),
            cached_until: cached.as_ref().map(|cached| cached.expires_at),
            cached_count: cached.as_ref().map_or(0, |cached| cached.tools.len()),
        }
    }

    async fn admit(&self, scope: &Scope, server: &Server) -> Result<(), DiscoveryFault> {
        let admitted = self.guardrails.admit_server(scope, server).await;
        admitted.map_err(|blocked| DiscoveryFault::Blocked(Arc::new(blocked)))
    }

    /// Asks a server of which something is still unknown, or no longer true, in the background; `None` where nobody
    /// has to wait for it.
    pub async fn inquire(&self, scope: &Scope, server: &Arc<Server>, topic: Topic) -> Option<Inquiry> {
        // It is out of use until the configuration says something else.
        if matches!(server.endpoint, Endpoint::Refused { .. }) {
            return None;
        }
        let known = match topic {
            Topic::Tools => {
                let complete =
                    !server.tools.is_empty() && !server.tools.iter().any(ConfiguredTool::is_described);
                let cached = || async {
                    !self.live.is_outdated(scope, server, topic)
                        && self.cache.tools(scope, server).await.is_some()
                };
                let known = complete || cached().await;
                if known && self.live.is_old(scope, server) {
                    let _ = self.live.ask_in_background(scope, server, topic);
                }
                known
            }
            Topic::Offers => match self.live.known_offers(scope, server) {
                Some((_, true)) => true,
                Some(_) if self.live.is_outdated(scope, server, topic) => false,
                Some(_) => {
                    let _ = self.live.ask_in_background(scope, server, topic);
                    true
                }
                None => false,
            },
        };
        // A server that may not be started is not asked.
        if known || self.guardrails.admit_server(scope, server).await.is_err() {
            return None;
        }
        Some(self.live.ask_in_background(scope, server, topic))
    }

    /// A server says that it has others now: they are asked for again before they are next used.
    pub fn outdate(&self, caller: CallerId, server: ServerName, topic: Topic) {
        self.live.outdate(caller, server, topic);
    }

    /// Forgets whatever the caller has learned of one server, or of all, also that one could not be asked: what is
    /// wanted next is asked for anew.
    pub async fn forget(&self, scope: &Scope, name: Option<&ServerName>) -> Cleared {
        self.live.forget(&scope.caller.id, name);
        match name {
            Some(name) => self.cache.clear_server(scope, name).await,
            None => self.cache.clear_tools(scope).await,
        }
    }

    /// Asks a server again, in the background.
    pub async fn inquire_again(&self, scope: &Scope, server: &Arc<Server>, topic: Topic) {
        if self.guardrails.admit_server(scope, server).await.is_ok() {
            let _ = self.live.ask_in_background(scope, server, topic);
        }
    }

    /// Whether the server is there to be asked, without being started for it.
    pub fn is_awake(&self, scope: &Scope, server: &Arc<Server>) -> bool {
        self.live.has_session(scope, server)
    }

    /// What servers say from now on of what they offer.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.live.changes()
    }

    /// Tells from now on who has learned something of a server.
    pub fn news(&self) -> broadcast::Receiver<Audience> {
        self.live.news.subscribe()
    }
}

impl Reading {
    pub fn is_empty(&self) -> bool {
        self.definitions.is_none()
    }

    /// All tools that the server is known to have, whether they are open to the caller or not.
    pub fn all(&self) -> &[Arc<Tool>] {
        self.definitions.as_ref().map_or(&[], |(all, _)| all)
    }
}

fn definitions(server: &Server, cached: Option<&CachedTools>) -> Option<(Vec<Arc<Tool>>, ToolSource)> {
    let live = cached.map(|cached| &*cached.tools);
    if server.tools.is_empty() {
        live.map(|live| (live.to_vec(), ToolSource::Cache))
    } else {
        Some((configured(&server.tools, live), ToolSource::Config))
    }
}

/// The configured tools, filled up with the live definitions where these are known. What is only described is then
/// there if the server has it.
fn configured(tools: &[ConfiguredTool], live: Option<&[Arc<Tool>]>) -> Vec<Arc<Tool>> {
    let definition = |tool: &ConfiguredTool| match tool {
        ConfiguredTool::Defined(tool) => Some(Arc::clone(tool)),
        ConfiguredTool::Described { name, description } => {
            let Some(live) = live else { return Tool::described(name, description).map(Arc::new) };
            live.iter().find(|tool| tool.name() == name).and_then(|live| filled(live, description))
        }
    };
    tools.iter().filter_map(definition).collect()
}

/// The live definition under the operator's description, which wins where there is one.
fn filled(live: &Arc<Tool>, description: &str) -> Option<Arc<Tool>> {
    let own = live.definition().get("description").and_then(Value::as_str);
    if description.is_empty() || own == Some(description) {
        return Some(Arc::clone(live));
    }
    let mut definition = live.definition().clone();
    definition.insert("description".to_owned(), description.into());
    Tool::parse(Value::Object(definition)).map(Arc::new)
}

impl Fault for DiscoveryFault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Blocked(fault) => fault.code(),
            Self::Session(fault) => fault.code(),
            Self::Cancelled => ErrorCode::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Blocked(fault) => fault.hint(),
            Self::Session(fault) => fault.hint(),
            Self::Cancelled => None,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Blocked(fault) => fault.violations.clone(),
            Self::Session(fault) => fault.details(),
            Self::Cancelled => Vec::new(),
        }
    }
}
