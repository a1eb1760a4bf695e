//! What the servers have, as a client reads it: whole definitions, under direct names.

use std::collections::HashMap;
use std::hash::Hasher as _;
use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::names::{Naming, prefixes};
use crate::call::JsonObject;
use crate::config::Server;
use crate::discovery::{Discovery, DiscoveryFault, PARALLEL, Reading};
use crate::ids::{ServerName, ToolName};
use crate::json;
use crate::scope::Scope;
use crate::tool::{OfferKind, Tool};

/// What a client can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) enum Shelf {
    Tools,
    Offers(OfferKind),
}

/// What is known of one kind of things that a caller's servers have.
#[derive(Default)]
pub(super) struct Catalogue {
    pub(super) entries: Vec<Value>,
    /// Servers of which something had to give way to another in its name, and how much.
    pub(super) contested: Vec<(ServerName, usize)>,
}

impl Shelf {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Tools).chain(OfferKind::ALL.map(Self::Offers))
    }
}

/// Where a direct name leads.
pub(super) struct Route {
    pub(super) server: Arc<Server>,
    pub(super) name: ToolName,
    /// What the name was found in.
    pub(super) reading: Reading,
}

impl Route {
    /// What is known of the tool, whether it is open to the caller or not.
    pub(super) fn tool(&self) -> Option<&Tool> {
        self.reading.all().iter().map(|tool| &**tool).find(|tool| *tool.name() == self.name)
    }
}

impl Catalogue {
    /// Asks nobody: what configuration and cache have.
    pub(super) async fn read(discovery: &Discovery, scope: &Scope, kind: Shelf) -> Self {
        match kind {
            Shelf::Tools => Self::read_tools(discovery, scope).await,
            Shelf::Offers(OfferKind::Prompt) => Self::read_prompts(discovery, scope).await,
            Shelf::Offers(kind) => Self::read_resources(discovery, scope, kind).await,
        }
    }

    async fn read_tools(discovery: &Discovery, scope: &Scope) -> Self {
        let asked =
            namings(scope).into_iter().map(|(server, naming)| read_server(discovery, scope, server, naming));
        let parts: Vec<_> = futures_util::stream::iter(asked).buffered(PARALLEL).collect().await;
        let mut catalogue = Self::default();
        for (server, tools, contested) in parts {
            catalogue.add(&server, tools, contested);
        }
        catalogue
    }

    pub(super) fn add(&mut self, server: &Server, entries: Vec<Value>, contested: usize) {
        self.entries.extend(entries);
        if contested > 0 {
            self.contested.push((server.name.clone(), contested));
        }
    }

    /// Tells one list from another.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut text = Vec::new();
        for entry in &self.entries {
            json::write(entry, &mut text);
        }
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(&text);
        hasher.finish()
    }
}

/// A caller's servers, and how the tools of each are called.
pub(super) fn namings(scope: &Scope) -> Vec<(Arc<Server>, Naming)> {
    let servers = &scope.caller.config.servers;
    if let ([server], false) = (&**servers, scope.settings.direct_prefix) {
        let reserved = if scope.settings.exposure.has_gateway_tools() {
            super::is_gateway_tool
        } else {
            |_: &str| false
        };
        return vec![(Arc::clone(server), Naming::plain(reserved))];
    }
    let prefixes = prefixes(servers.iter().map(|server| &server.name));
    servers.iter().cloned().zip(prefixes.iter().map(|prefix| Naming::prefixed(prefix))).collect()
}

async fn read_server(
    discovery: &Discovery,
    scope: &Scope,
    server: Arc<Server>,
    naming: Naming,
) -> (Arc<Server>, Vec<Value>, usize) {
    let known = discovery.known(scope, &server).await;
    let Some(found) = known.tools else { return (server, Vec::new(), 0) };
    let (assigned, contested) = naming.assign(&names(known.reading.all()));
    let direct: HashMap<ToolName, String> =
        assigned.into_iter().map(|named| (named.tool, named.direct)).collect();
    let tools = found.set.tools.iter().filter_map(|tool| {
        let name = direct.get(tool.name())?;
        Some(renamed(tool.definition(), name))
    });
    let tools = tools.collect();
    (server, tools, contested)
}

fn renamed(definition: &JsonObject, name: &str) -> Value {
    let mut definition = definition.clone();
    definition.insert("name".to_owned(), name.into());
    // Of a tool whose server has not been asked yet nothing else is known, and a client's library wants one.
    definition.entry("inputSchema").or_insert_with(|| json!({"type": "object"}));
    Value::Object(definition)
}

/// The server that a direct name is of, whether it has such a tool or not.
pub(super) fn owner(scope: &Scope, direct: &str) -> Option<ServerName> {
    let owns = |(server, naming): (Arc<Server>, Naming)| naming.rest(direct).map(|_| server.name.clone());
    namings(scope).into_iter().find_map(owns)
}

/// Finds a tool by its direct name; its server is asked only where its tools are not known.
pub(super) async fn route(
    discovery: &Discovery,
    scope: &Scope,
    direct: &str,
) -> Result<Option<Route>, DiscoveryFault> {
    for (server, naming) in namings(scope) {
        let Some(rest) = naming.rest(direct) else { continue };
        let mut reading = discovery.read(scope, &server).await;
        if reading.is_empty() {
            discovery.tools(scope, &server).await?;
            reading = discovery.read(scope, &server).await;
        }
        let found = naming.find(direct, &names(reading.all()));
        // A denied tool need not be known to be refused as denied.
        let denied = || Some(ToolName::from(rest)).filter(|tool| server.denied(tool).is_some());
        let name = found.or_else(denied);
        return Ok(name.map(|name| Route { server, name, reading }));
    }
    Ok(None)
}

fn names(tools: &[Arc<Tool>]) -> Vec<ToolName> {
    tools.iter().map(|tool| tool.name().clone()).collect()
}
