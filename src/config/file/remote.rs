//! The servers of a remote gateway configuration, under the rules of the local file.
//!
//! What counts, from the strongest: `common_overrides`, the server's `gateway_overrides`, the server as written;
//! `local_server_overrides` of the local file only fill what is missing after that, and only they may have references.

use serde_json::{Map, Value};

use super::policy::{INPUT, OUTPUT, REGISTRATION};
use super::{Context, overrides, problems_or, server};
use crate::config::node::{Node, Notes};
use crate::config::{Problem, ServerList, Settings};
use crate::ids::ConfigId;

/// Spellings of one setting: whoever sets one of them replaces the others.
const SPELLINGS: [&[&str]; 3] = [&INPUT, &OUTPUT, &REGISTRATION];

/// Reads the body that a remote source answers with: `{"mcp_config": [...]}` and what goes with it.
pub fn parse_servers(value: &Value, settings: &Settings) -> Result<ServerList, Vec<Problem>> {
    let notes = Notes::default();
    let overrides = &settings.rules.overrides;
    let context =
        Context { env: &overrides.found, guardrails: Some(&settings.guardrails), rules: &settings.rules };
    let list = Node::open(value, String::new(), &notes).map(|root| read(&root, &overrides.servers, context));
    problems_or(notes, list)
}

fn read(root: &Node<'_>, local: &Map<String, Value>, context: Context<'_>) -> ServerList {
    let common = root.section("common_overrides").members();
    let items = root.items("mcp_config").unwrap_or_default();
    if root.get("mcp_config").is_none() {
        root.problem("mcp_config", "expected a list of servers");
    }
    let active = items.into_iter().filter(|(_, item)| item.get("is_active") != Some(&Value::Bool(false)));
    let servers: Vec<_> = active
        .map(|(path, item)| {
            let mut server = merged(item, &common);
            if let Value::Object(server) = &mut server {
                overrides::refuse(server, &path, root);
                fill(server, local);
            }
            (path, server)
        })
        .collect();
    let servers: Vec<_> = servers.iter().map(|(path, server)| (path.clone(), server)).collect();
    let id = ["mcp_config_id", "id"].into_iter().find_map(|key| root.filled(key));
    let name = ["mcp_config_name", "gateway_name"].into_iter().find_map(|key| root.text(key));
    ServerList {
        id: ConfigId::from(id.or(name).unwrap_or("remote")),
        name: name.map(str::to_owned),
        servers: server::servers(&servers, None, root.notes(), context),
    }
}

fn merged(item: &Value, common: &[(&str, &Value)]) -> Value {
    let Value::Object(item) = item else { return item.clone() };
    let mut server = item.clone();
    let gateway = server.remove("gateway_overrides");
    server.remove("is_active");
    // Some answers wrap the server as it is registered.
    if let Some(Value::Object(wrapped)) = server.remove("mcp_config") {
        for (key, value) in &wrapped {
            replace(&mut server, key, value);
        }
    }
    let gateway = gateway.as_ref().and_then(Value::as_object);
    for (key, value) in gateway.into_iter().flatten() {
        replace(&mut server, key, value);
    }
    for (key, value) in common {
        replace(&mut server, key, value);
    }
    Value::Object(server)
}

/// What the local file says of a server, where nobody else says anything.
fn fill(server: &mut Map<String, Value>, local: &Map<String, Value>) {
    let name = server.get("server_name").and_then(Value::as_str);
    let local = name.and_then(|name| local.get(name)).and_then(Value::as_object);
    for (key, value) in local.into_iter().flatten() {
        if spellings(key).iter().all(|key| server.get(*key).is_none_or(Value::is_null)) {
            server.insert(key.clone(), value.clone());
        }
    }
}

fn replace(server: &mut Map<String, Value>, key: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    for other in spellings(key) {
        server.remove(other);
    }
    server.insert(key.to_owned(), value.clone());
}

fn spellings(key: &str) -> Vec<&str> {
    let group = SPELLINGS.iter().find(|group| group.contains(&key));
    group.map_or_else(|| vec![key], |group| group.to_vec())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn overrides_have_an_order() {
        let item = json!({
            "server_name": "s", "is_active": true, "description": "own", "denied_tools": ["a"],
            "input_guardrails_policy": {"enabled": false},
            "gateway_overrides": {"description": "gateway", "input_guardrails_config": {"enabled": true}, "tools": null},
        });
        let common = json!({"description": "common"});
        let local =
            json!({"s": {"description": "local", "denied_tools": ["b"], "sandbox": {"enabled": true}}});
        let common: Vec<_> =
            common.as_object().expect("an object").iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut server = merged(&item, &common);
        fill(server.as_object_mut().expect("an object"), local.as_object().expect("an object"));
        assert_eq!(
            server,
            json!({
                "server_name": "s", "description": "common", "denied_tools": ["a"],
                "input_guardrails_config": {"enabled": true}, "sandbox": {"enabled": true},
            })
        );
    }
}
