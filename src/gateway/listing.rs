//! What is said of servers and their tools. Values of `env` are never in it, nor arguments that look secret.

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};

use super::Answer;
use super::reply::{Problem, Reply, Status};
use crate::call::JsonObject;
use crate::config::{Endpoint, Policy, Server};
use crate::discovery::{Discovery, DiscoveryFault, Found, Known, PARALLEL};
use crate::execution::find;
use crate::scope::Scope;
use crate::tool::{ToolSet, ToolSource};

/// How much a listing says of a server besides its tools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Tools,
    Server,
}

/// One server's tools, asked for by name.
pub(super) async fn discover_one(discovery: &Discovery, scope: &Scope, name: &str) -> Answer {
    let server = find(scope, name)?;
    let found = discovery.tools(scope, &server).await?;
    let mut object = Map::from_iter([
        ("server_name".to_owned(), Value::from(server.name.as_str())),
        ("message".to_owned(), Value::from(message(&server, found.source))),
    ]);
    insert_found(&mut object, &found);
    Ok(Reply::success(Value::Object(object)))
}

/// All servers at once, within a bound; one that fails or hangs says so and holds up no other. What the configuration
/// takes out of use is not asked, and no failure.
pub(super) async fn discover_all(discovery: &Discovery, scope: &Scope, detail: Detail) -> Reply {
    let servers = scope.caller.config.servers.clone();
    let asked = servers.iter().cloned().enumerate().map(|(at, server)| ask(discovery, scope, at, server));
    // Unordered: in an ordered stream the answers behind a slow server would take up the places of others.
    let mut answers: Vec<_> = futures_util::stream::iter(asked).buffer_unordered(PARALLEL).collect().await;
    answers.sort_by_key(|(at, ..)| *at);
    let (mut failed, mut succeeded) = (Vec::new(), Vec::new());
    let mut available = JsonObject::new();
    for (_, server, answer) in answers {
        match &answer {
            Some(Ok(_)) => succeeded.push(Value::from(server.name.as_str())),
            Some(Err(_)) => failed.push(Value::from(server.name.as_str())),
            None => {}
        }
        available.insert(server.name.to_string(), Value::Object(entry(scope, &server, answer, detail)));
    }
    let all_failed = !failed.is_empty() && succeeded.is_empty();
    let message = match (failed.len(), failed.len() + succeeded.len()) {
        (0, _) => "Tools discovery tried for all servers".to_owned(),
        (failed, all) => format!("Tools discovery tried for all servers: {failed} of {all} failed"),
    };
    let status = if all_failed { Status::Error } else { Status::Success };
    let any_failed = !failed.is_empty();
    let mut members = json!({
        "message": message,
        "discovery_failed_servers": failed,
        "discovery_success_servers": succeeded,
        "available_servers": available,
    });
    if any_failed {
        members["hint"] =
            "`discovery_error` says of each that failed why; ask it again with its `server_name`".into();
    }
    Reply::new(status, members)
}

async fn ask(
    discovery: &Discovery,
    scope: &Scope,
    at: usize,
    server: Arc<Server>,
) -> (usize, Arc<Server>, Option<Result<Found, DiscoveryFault>>) {
    let answer = match server.endpoint {
        Endpoint::Refused { .. } => None,
        Endpoint::Command(_) | Endpoint::Remote(_) => Some(discovery.tools(scope, &server).await),
    };
    (at, server, answer)
}

/// All servers, without starting any.
pub(super) async fn list(discovery: &Discovery, scope: &Scope) -> Reply {
    let mut available = JsonObject::new();
    let mut needing = Vec::new();
    for server in &scope.caller.config.servers {
        let known = discovery.known(scope, server).await;
        if known.tools.is_none() && known.blocked.is_none() {
            needing.push(Value::from(server.name.as_str()));
        }
        let info = server_info(server, &known);
        available.insert(server.name.to_string(), Value::Object(info));
    }
    Reply::success(json!({"available_servers": available, "servers_needing_discovery": needing}))
}

/// One server, without starting it.
pub(super) async fn info(discovery: &Discovery, scope: &Scope, name: &str) -> Answer {
    let server = find(scope, name)?;
    let known = discovery.known(scope, &server).await;
    let denied = known.tools.as_ref().map(|found| denied(&found.set)).unwrap_or_default();
    let info = server_info(&server, &known);
    Ok(Reply::success(json!({
        "server_name": server.name.as_str(),
        "server_info": info,
        "policy_denied_count": denied.len(),
        "policy_denied_tools": denied,
    })))
}

fn entry(
    scope: &Scope,
    server: &Arc<Server>,
    answer: Option<Result<Found, DiscoveryFault>>,
    detail: Detail,
) -> JsonObject {
    let mut object = match detail {
        Detail::Tools => Map::from_iter([("server_name".to_owned(), Value::from(server.name.as_str()))]),
        Detail::Server => described(server),
    };
    match answer {
        None => {
            object.insert("status".to_owned(), "unavailable".into());
            if let Endpoint::Refused { reason, .. } = &server.endpoint {
                object.insert("message".to_owned(), reason.as_str().into());
            }
        }
        Some(Ok(found)) => {
            object.insert("status".to_owned(), "success".into());
            object.insert("message".to_owned(), message(server, found.source).into());
            insert_found(&mut object, &found);
        }
        Some(Err(fault)) => {
            if matches!(fault, DiscoveryFault::Blocked(_)) {
                withhold_description(&mut object);
            }
            let error = Problem::of(&fault).into_object("error", &scope.id);
            object.insert("status".to_owned(), "error".into());
            object.insert("discovery_error".to_owned(), Value::Object(error));
        }
    }
    object
}

fn server_info(server: &Server, known: &Known) -> JsonObject {
    let mut object = described(server);
    object.insert("has_cached_tools".to_owned(), known.reading.cached_until.is_some().into());
    if let Some(blocked) = &known.blocked {
        withhold_description(&mut object);
        object.insert("blocked".to_owned(), true.into());
        object.insert("blocked_reasons".to_owned(), json!(blocked.violations));
    }
    let source = known.tools.as_ref().map_or("needs_discovery", |found| found.source.as_str());
    object.insert("tools_source".to_owned(), source.into());
    object.insert(
        "tools".to_owned(),
        known.tools.as_ref().map_or_else(|| json!({}), |found| tools(&found.set)),
    );
    object
}

/// It may be what the server was blocked for.
fn withhold_description(object: &mut JsonObject) {
    if let Some(description) = object.get_mut("description") {
        *description = "withheld by the registration policy".into();
    }
}

/// What the configuration says of a server and may be shown.
fn described(server: &Server) -> JsonObject {
    let mut object = Map::from_iter([("server_name".to_owned(), Value::from(server.name.as_str()))]);
    if let Some(description) = &server.description {
        object.insert("description".to_owned(), description.as_str().into());
    }
    let config = match &server.endpoint {
        Endpoint::Command(command) => {
            let env: JsonObject =
                command.env.iter().map(|(name, _)| (name.clone(), Value::from("****"))).collect();
            json!({"transport": server.transport(), "command": command.program, "args": command.shown_args, "env": env})
        }
        Endpoint::Remote(remote) => {
            let headers: JsonObject =
                remote.headers.iter().map(|(name, _)| (name.clone(), Value::from("****"))).collect();
            json!({"transport": server.transport(), "url": remote.shown, "headers": headers})
        }
        Endpoint::Refused { shown, reason, .. } => {
            json!({"transport": server.transport(), "address": shown, "unavailable": reason})
        }
    };
    object.insert("config".to_owned(), config);
    object.insert("input_guardrails_policy".to_owned(), policy(&server.input));
    object.insert("output_guardrails_policy".to_owned(), policy(&server.output));
    object.insert("tool_guardrails_policy".to_owned(), policy(&server.registration));
    object
}

fn policy(policy: &Policy) -> Value {
    let block: Vec<&str> = policy.block.0.iter().map(|detector| detector.as_str()).collect();
    json!({"enabled": policy.enabled, "policy_name": policy.name, "block": block})
}

fn insert_found(object: &mut JsonObject, found: &Found) {
    let blocked: Vec<Value> =
        found.set.blocked.iter().map(|tool| json!({"name": tool.shown, "reasons": tool.reasons})).collect();
    let reasons: Vec<&String> = found.set.blocked.iter().flat_map(|tool| &tool.reasons).collect();
    let denied = denied(&found.set);
    object.insert("source".to_owned(), found.source.as_str().into());
    object.insert("tools".to_owned(), tools(&found.set));
    object.insert("blocked_count".to_owned(), blocked.len().into());
    object.insert("blocked_tools".to_owned(), Value::Array(blocked));
    object.insert("blocked_reasons".to_owned(), json!(reasons));
    object.insert("policy_denied_count".to_owned(), denied.len().into());
    object.insert("policy_denied_tools".to_owned(), Value::Array(denied));
}

/// Always the same shape: an object with the list of whole tools.
fn tools(set: &ToolSet) -> Value {
    let tools: Vec<Value> = set.tools.iter().map(|tool| Value::Object(tool.definition().clone())).collect();
    json!({"tools": tools})
}

fn denied(set: &ToolSet) -> Vec<Value> {
    set.denied.iter().map(|shown| Value::from(shown.as_str())).collect()
}

fn message(server: &Server, source: ToolSource) -> String {
    match source {
        ToolSource::Config => format!("Tools already defined in config for {}", server.name),
        ToolSource::Cache => format!("Tools retrieved from cache for {}", server.name),
        ToolSource::Discovery => format!("Tools discovered for {}", server.name),
    }
}
