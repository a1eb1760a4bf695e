//! The servers' tools under names of their own, beside the gateway's or in their place.
//!
//! A list is what configuration and cache have. Servers that are not known yet are asked in the background from a
//! client's first message on, and a list waits a moment for those that answer fast; whoever comes later is told of
//! by a notice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::arguments::Call;
use super::reply::{self, Reply, fault_object};
use super::{Asked, Gateway, GatewayTool, tool_list};
use crate::call::{JsonObject, ToolCall};
use crate::client::Change;
use crate::discovery::Inquiry;
use crate::downstream::{Offer, Offered};
use crate::execution::Batch;
use crate::fault::Fault;
use crate::ids::{CallerId, ServerName};
use crate::rpc::RpcError;
use crate::scope::Scope;

mod catalogue;
mod names;

pub use names::prefixes;

use catalogue::{Catalogue, route};

/// How long after it was asked a server can still hold up a list: a client that lists once, right after the start,
/// sees the tools of servers that start fast, and one that hangs delays the first lists by this at the most.
const GRACE: Duration = Duration::from_secs(2);

/// A server that says that its tools have changed is asked for them after this.
const SETTLING: Duration = Duration::from_millis(100);

/// Callers whose lists are followed.
const MAX_SERVED: u64 = 4_096;

/// Readings of a list that changes while it is read.
const MAX_READINGS: usize = 3;

/// What clients have been shown.
pub(super) struct Shown {
    lists: moka::sync::Cache<CallerId, Arc<List>>,
    /// Servers that have just said that their tools are others now.
    settling: moka::sync::Cache<(CallerId, ServerName), ()>,
    /// How often something was learned of a server.
    learned: AtomicU64,
}

struct List {
    fingerprint: u64,
    scope: Scope,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            lists: moka::sync::Cache::builder().max_capacity(MAX_SERVED).build(),
            settling: moka::sync::Cache::builder().max_capacity(MAX_SERVED).build(),
            learned: AtomicU64::default(),
        }
    }
}

impl Gateway {
    /// Answers `tools/list`.
    pub(super) async fn list_tools(&self, asked: Asked) -> Result<JsonObject, RpcError> {
        if !self.parts.store.current().exposure.is_direct() {
            return Ok(tool_list());
        }
        let id = asked.id.clone();
        let scope = self.scope(asked).await.map_err(|fault| refusal(&fault, fault_object(&id, &fault)))?;
        let mut list =
            if scope.settings.exposure.has_gateway_tools() { tool_list() } else { JsonObject::new() };
        if let Value::Array(tools) = list.entry("tools").or_insert_with(|| Value::Array(Vec::new())) {
            tools.extend(self.show(&scope).await.tools);
        }
        Ok(list)
    }

    /// What a client that comes now is to be shown, and from now on told of.
    async fn show(&self, scope: &Scope) -> Catalogue {
        self.inquire(scope).await;
        let mut catalogue = Catalogue::default();
        for _ in 0..MAX_READINGS {
            let learned = self.shown.learned.load(Ordering::SeqCst);
            catalogue = Catalogue::read(&self.parts.discovery, scope).await;
            self.note(scope, &catalogue);
            if learned == self.shown.learned.load(Ordering::SeqCst) {
                break;
            }
        }
        catalogue
    }

    /// Asks the servers that are not known, and waits a moment for them.
    async fn inquire(&self, scope: &Scope) {
        let asked =
            scope.caller.config.servers.iter().map(|server| self.parts.discovery.inquire(scope, server));
        let answers = join_all(asked).await.into_iter().flatten().map(|Inquiry { since, over }| async move {
            let _ = tokio::time::timeout_at(since + GRACE, over.cancelled()).await;
        });
        join_all(answers).await;
    }

    /// Whether the caller is shown something else than before.
    fn note(&self, scope: &Scope, catalogue: &Catalogue) -> bool {
        let fingerprint = catalogue.fingerprint();
        let before = self.shown.lists.get(&scope.caller.id).map(|list| list.fingerprint);
        let list = Arc::new(List { fingerprint, scope: scope.apart() });
        self.shown.lists.insert(scope.caller.id.clone(), list);
        if before == Some(fingerprint) {
            return false;
        }
        for (server, count) in &catalogue.contested {
            tracing::warn!(%server, count, "tools whose names are no direct names, or are taken, got others");
        }
        true
    }

    /// Asks the caller's servers before anybody waits for them.
    pub(super) fn prepare(&self, asked: Asked) {
        if !self.parts.store.current().exposure.is_direct() {
            return;
        }
        let gateway = self.clone();
        self.tasks.spawn(async move {
            // A caller that is refused is told so when it asks for something.
            if let Ok(scope) = gateway.scope(asked).await {
                let servers = &scope.caller.config.servers;
                join_all(servers.iter().map(|server| gateway.parts.discovery.inquire(&scope, server))).await;
            }
        });
    }

    /// Calls a server's tool by its direct name.
    pub(super) async fn call_direct(&self, scope: &Scope, call: Call) -> super::Answer {
        let Some(route) = route(&self.parts.discovery, scope, &call.name).await? else {
            return Ok(Reply::refused(super::unknown_tool()));
        };
        let single = ToolCall::new(0, route.tool, call.arguments).with(call.beside);
        let batch = Batch::single(scope, route.server, single);
        let report = self.parts.execution.execute(scope, batch).await?;
        Ok(reply::single(report, &scope.id))
    }

    /// Tells clients of changes until the process ends.
    pub(super) async fn follow(self) {
        let (mut news, mut reloads) = (self.parts.discovery.news(), self.parts.store.subscribe());
        let mut offers = self.parts.discovery.offers();
        loop {
            tokio::select! {
                () = self.parts.end.cancelled() => return,
                changed = reloads.changed() => match changed {
                    Ok(()) => self.forget(),
                    Err(_) => return,
                },
                offered = offers.recv() => match offered {
                    Ok(offered) => self.take_note(offered),
                    Err(RecvError::Lagged(_)) => self.forget(),
                    Err(RecvError::Closed) => return,
                },
                learned = news.recv() => {
                    let mut callers = HashSet::new();
                    match learned {
                        Ok(caller) => drop(callers.insert(caller)),
                        Err(RecvError::Lagged(_)) => callers = self.callers(),
                        Err(RecvError::Closed) => return,
                    }
                    while let Ok(caller) = news.try_recv() {
                        callers.insert(caller);
                    }
                    self.shown.learned.fetch_add(1, Ordering::SeqCst);
                    for caller in callers {
                        self.review(&caller).await;
                    }
                }
            }
        }
    }

    /// A server offers something else than before: it is asked again, and the caller's clients hear of it if that
    /// changes what they are shown.
    fn take_note(&self, offered: Offered) {
        let Offered { caller, server, what } = offered;
        match what {
            Offer::Tools => self.ask_again(caller, server),
            Offer::Prompts => self.parts.notices.tell(&caller, Change::Prompts),
            Offer::Resources => self.parts.notices.tell(&caller, Change::Resources),
            Offer::Resource(uri) => self.parts.notices.tell(&caller, Change::Resource(uri.into())),
        }
    }

    fn ask_again(&self, caller: CallerId, server: ServerName) {
        self.parts.discovery.outdate(caller.clone(), server.clone());
        let Some(list) = self.shown.lists.get(&caller) else { return };
        // A server that changes its mind says so several times.
        if !self.shown.settling.entry((caller, server.clone())).or_insert(()).is_fresh() {
            return;
        }
        let gateway = self.clone();
        self.tasks.spawn(async move {
            tokio::time::sleep(SETTLING).await;
            gateway.shown.settling.invalidate(&(list.scope.caller.id.clone(), server.clone()));
            if let Some(server) = list.scope.caller.config.find(server.as_str()) {
                gateway.parts.discovery.inquire_again(&list.scope, server).await;
            }
        });
    }

    async fn review(&self, caller: &CallerId) {
        let Some(list) = self.shown.lists.get(caller) else { return };
        let catalogue = Catalogue::read(&self.parts.discovery, &list.scope).await;
        if self.note(&list.scope, &catalogue) {
            self.parts.notices.tell(caller, Change::Tools);
        }
    }

    /// After an edit nobody knows what the callers would be shown: they are told to look.
    fn forget(&self) {
        for caller in self.callers() {
            self.parts.notices.tell(&caller, Change::Tools);
        }
        self.shown.lists.invalidate_all();
    }

    fn callers(&self) -> HashSet<CallerId> {
        self.shown.lists.iter().map(|(caller, _)| (*caller).clone()).collect()
    }
}

/// Whether a text could be a direct name.
pub(super) fn is_name(text: &str) -> bool {
    names::is_legal(text)
}

fn is_gateway_tool(name: &str) -> bool {
    GatewayTool::parse(name).is_some()
}

/// For requests that have no result in which a fault could stand.
fn refusal(fault: &impl Fault, object: JsonObject) -> RpcError {
    RpcError::new(RpcError::INVALID_REQUEST, fault.to_string()).with_data(Value::Object(object))
}
