//! The servers' prompts and resources as a client lists them, and where a prompt's name or a URI leads.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::catalogue::{Catalogue, namings};
use super::names::Naming;
use crate::config::Server;
use crate::discovery::Discovery;
use crate::ids::ToolName;
use crate::scope::Scope;
use crate::tool::{OfferKind, Offers};

impl Catalogue {
    /// Prompts are named like tools.
    pub(super) async fn read_prompts(discovery: &Discovery, scope: &Scope) -> Self {
        let mut catalogue = Self::default();
        for (server, naming) in namings(scope) {
            let (Some(set), Some(known)) =
                (discovery.open_offers(scope, &server).await, discovery.known_offers(scope, &server))
            else {
                continue;
            };
            let (assigned, contested) = naming.assign(&prompt_names(&known));
            let direct: HashMap<ToolName, String> =
                assigned.into_iter().map(|named| (named.tool, named.direct)).collect();
            let prompts = set.open.prompts.iter().filter_map(|prompt| {
                let mut definition = prompt.definition.clone();
                definition.insert("name".to_owned(), direct.get(prompt.key.as_str())?.as_str().into());
                Some(Value::Object(definition))
            });
            catalogue.add(&server, prompts.collect(), contested);
        }
        catalogue
    }

    /// URIs are those of the servers; of two servers that have the same one, the first is asked for it.
    pub(super) async fn read_resources(discovery: &Discovery, scope: &Scope, kind: OfferKind) -> Self {
        let (mut catalogue, mut seen) = (Self::default(), HashSet::new());
        for server in &scope.caller.config.servers {
            let Some(set) = discovery.open_offers(scope, server).await else { continue };
            let all = set.open.of(kind);
            let own: Vec<Value> = all
                .iter()
                .filter(|offered| seen.insert(offered.key.clone()))
                .map(|offered| Value::Object(offered.definition.clone()))
                .collect();
            let lost = all.len() - own.len();
            catalogue.add(server, own, lost);
        }
        catalogue
    }
}

/// The server of a prompt, and what it calls it.
pub(super) fn prompt(discovery: &Discovery, scope: &Scope, direct: &str) -> Option<(Arc<Server>, ToolName)> {
    let found = |(server, naming): (Arc<Server>, Naming)| {
        let known = discovery.known_offers(scope, &server)?;
        let name = naming.find(direct, &prompt_names(&known))?;
        Some((server, name))
    };
    namings(scope).into_iter().find_map(found)
}

/// The server of a resource: the first that lists it, else the first with a template for it, else the only one.
pub(super) fn resource(discovery: &Discovery, scope: &Scope, uri: &str) -> Option<Arc<Server>> {
    let servers = &scope.caller.config.servers;
    let known: Vec<(&Arc<Server>, Arc<Offers>)> =
        servers.iter().filter_map(|server| Some((server, discovery.known_offers(scope, server)?))).collect();
    let listed = known.iter().find(|(_, offers)| offers.has(OfferKind::Resource, uri));
    let found = listed.or_else(|| known.iter().find(|(_, offers)| offers.has_template_for(uri)));
    let only = || servers.first().filter(|_| servers.len() == 1);
    found.map(|(server, _)| *server).or_else(only).cloned()
}

/// The server of a URI template.
pub(super) fn template(discovery: &Discovery, scope: &Scope, template: &str) -> Option<Arc<Server>> {
    let has = |server: &&Arc<Server>| {
        discovery.known_offers(scope, server).is_some_and(|offers| offers.has(OfferKind::Template, template))
    };
    let found = scope.caller.config.servers.iter().find(has).cloned();
    found.or_else(|| resource(discovery, scope, template))
}

fn prompt_names(offers: &Offers) -> Vec<ToolName> {
    offers.prompts.iter().map(|prompt| prompt.key.as_str().into()).collect()
}
