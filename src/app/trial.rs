//! A trial of a configuration: each server that a key opens is started once and asked for its tools.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{build, panic, signal};
use crate::client::Client;
use crate::config::environment::Environment;
use crate::config::{Grant, KeyState, Server, ServerList, Settings};
use crate::discovery::{DiscoveryFault, Reading};
use crate::gateway::Parts;
use crate::ids::RequestId;
use crate::scope::{Caller, Scope};
use crate::timeouts::Timeouts;
use crate::tool::ToolSet;

/// What came of one server.
pub struct Tried {
    pub list: Arc<ServerList>,
    pub server: Arc<Server>,
    pub outcome: Result<ToolSet, DiscoveryFault>,
}

/// Tells of each server when it has answered or failed. A signal ends it early.
pub async fn try_servers(settings: Settings, environment: Environment, mut tell: impl FnMut(Tried)) {
    panic::install_hook();
    let signal = signal(true);
    let (end, tasks) = (CancellationToken::new(), TaskTracker::new());
    let (gateway, downstream) = build(settings, environment, &end, &tasks);
    let parts = gateway.parts();
    let trials: FuturesUnordered<_> = scopes(parts, &end)
        .into_iter()
        .flat_map(|scope| {
            let servers = scope.caller.config.servers.clone();
            servers.into_iter().map(move |server| attempt(parts, scope.clone(), server))
        })
        .collect();
    let telling = trials.for_each(|tried| {
        tell(tried);
        std::future::ready(())
    });
    tokio::select! {
        () = telling => {}
        _ = signal => {}
    }
    end.cancel();
    downstream.shutdown().await;
}

/// Whatever is described or cached of its tools, the server itself is asked.
async fn attempt(parts: &Parts, scope: Scope, server: Arc<Server>) -> Tried {
    let found = parts.discovery.tools_of(&scope, &server, &Reading::default()).await;
    Tried { list: Arc::clone(&scope.caller.config), server, outcome: found.map(|found| found.set) }
}

/// One for each list of servers, by a key that opens it.
fn scopes(parts: &Parts, end: &CancellationToken) -> Vec<Scope> {
    let settings = parts.store.current();
    let mut grants: Vec<&Grant> =
        settings.keys.values().filter(|grant| grant.state == KeyState::Active).collect();
    grants.sort_by(|a, b| (&a.caller, &a.hint).cmp(&(&b.caller, &b.hint)));
    let mut seen = HashSet::new();
    grants.retain(|grant| seen.insert(&grant.config.id));
    let scope = |grant: &Grant| {
        let id = RequestId::fresh();
        Scope {
            timeouts: Timeouts::new(settings.timeouts, Arc::clone(&parts.counts)).of_request(&id),
            id,
            caller: Arc::new(Caller::of(grant)),
            client: Client::nobody(),
            settings: Arc::clone(&settings),
            cancel: end.child_token(),
            held: None,
        }
    };
    grants.into_iter().map(scope).collect()
}
