//! One list of servers, and one server of it: names, tools, denials, policies.
//!
//! A problem in one server does not hide those of the next one.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::{ConfiguredTool, DenyRule, Endpoint, Protocol, Server};
use super::policy::{INPUT, OUTPUT, REGISTRATION, Written, check, checked, read, registration};
use super::secrets::Secrets;
use super::{Context, common, endpoint};
use crate::config::node::{Node, Notes};
use crate::config::spelling;
use crate::ids::{ServerName, ToolName};
use crate::tool::Tool;

/// The servers of an object that has `mcp_config` and maybe `common_overrides`.
pub(super) fn list(owner: &Node<'_>, context: Context<'_>) -> Vec<Arc<Server>> {
    let overrides = common_overrides(owner, context);
    let Some(items) = owner.items("mcp_config") else {
        if owner.get("mcp_config").is_none() {
            owner.problem("mcp_config", "expected a list of servers");
        }
        return Vec::new();
    };
    servers(&items, overrides.as_ref(), owner.notes(), context)
}

/// What stands in `common_overrides` for each server of a list.
pub(super) fn common_overrides(owner: &Node<'_>, context: Context<'_>) -> Option<Written> {
    let overrides = owner.child("common_overrides")?;
    let written = read(&overrides, &REGISTRATION, context);
    if let Some(written) = &written {
        check(written, &overrides, context);
    }
    overrides.refuse_misspelt();
    written
}

pub(super) fn servers(
    items: &[(String, &Value)],
    common: Option<&Written>,
    notes: &Notes,
    context: Context<'_>,
) -> Vec<Arc<Server>> {
    let mut names = HashSet::new();
    let mut servers = Vec::new();
    for (path, value) in items {
        let Some(node) = Node::open(value, path.clone(), notes) else { continue };
        let name = value.get("server_name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
        let whose = name.map(|name| format!("server `{}`", name.escape_debug()));
        let server = notes.of(whose.as_deref(), || {
            let server = server(&node, common, context);
            node.find_misspelt();
            node.refuse_unread(spelling::chooses_tools, endpoint::TOOLS);
            node.refuse_unheeded();
            if name.is_some_and(|name| !names.insert(name)) {
                node.problem("server_name", "expected a name that no other server of the list has");
            }
            server
        });
        servers.extend(server.map(Arc::new));
    }
    servers
}

fn server(node: &Node<'_>, common: Option<&Written>, context: Context<'_>) -> Option<Server> {
    let name = node.filled("server_name");
    if name.is_none() && node.get("server_name").is_none() {
        node.problem("server_name", "expected a non-empty string");
    }
    let mut secrets = Secrets::default();
    let endpoint = endpoint::read(node, &mut secrets, context);
    if let Some(Endpoint::Refused { reason, .. }) = &endpoint {
        node.notes().warn(format!("`{}` cannot be used: {reason}", node.here()));
    }
    let description = node.text("description").map(str::to_owned);
    let tools = tools(node);
    let denied = denied(node);
    let input = checked(node, &INPUT, context);
    let output = checked(node, &OUTPUT, context);
    let registration = registration(node, common, context);
    let session = common::sessions(node, context.rules.sessions);
    let protocols = [("legacy", Protocol::Legacy), ("modern", Protocol::Modern), ("auto", Protocol::Auto)];
    let protocol = node.choice("protocol", &protocols).unwrap_or_default();
    let relay_roots = node.flag("relay_roots").unwrap_or(false);
    let name = ServerName::from(name?);
    let endpoint = endpoint?;
    Some(Server {
        name,
        description,
        endpoint,
        secrets: secrets.into_values(),
        tools,
        denied,
        input,
        output,
        registration,
        session,
        protocol,
        relay_roots,
    })
}

fn tools(server: &Node<'_>) -> Vec<ConfiguredTool> {
    let Some(node) = server.child("tools") else { return Vec::new() };
    node.members().into_iter().filter_map(|(name, value)| tool(&node, name, value)).collect()
}

fn tool(node: &Node<'_>, name: &str, value: &Value) -> Option<ConfiguredTool> {
    if name.is_empty() {
        node.problem(name, "expected the name of a tool");
        return None;
    }
    if let Some(why) = unlikely(name) {
        node.notes().warn(format!("`{}`: {why}", node.path(name)));
    }
    match value {
        Value::String(description) => Some(described(name, description)),
        Value::Object(definition) => defined(node, name, definition),
        _ => {
            node.problem(name, "expected a description or a tool object");
            None
        }
    }
}

fn defined(node: &Node<'_>, name: &str, definition: &Map<String, Value>) -> Option<ConfiguredTool> {
    let mut definition = definition.clone();
    match definition.get("name") {
        None | Some(Value::Null) => {
            definition.insert("name".to_owned(), name.into());
        }
        Some(own) if own == name => {}
        Some(_) => {
            node.problem(name, "expected the tool's `name` to be its key in `tools`, or to be absent");
            return None;
        }
    }
    // What is no tool opens nothing; left out, the only one would open all.
    let tool = Tool::parse(Value::Object(definition));
    Some(tool.map_or_else(|| described(name, ""), |tool| ConfiguredTool::Defined(Arc::new(tool))))
}

fn described(name: &str, description: &str) -> ConfiguredTool {
    ConfiguredTool::Described { name: ToolName::from(name), description: description.to_owned() }
}

/// Why no tool is called so, or hardly any.
fn unlikely(name: &str) -> Option<&'static str> {
    if !Tool::may_be_called(name) {
        Some("no tool has such a name, so this opens none")
    } else if name.contains(['*', '?', '[', ']']) {
        Some(
            "names are whole here, and none is a pattern: this opens a tool of exactly this name; patterns stand in `denied_tools`",
        )
    } else {
        None
    }
}

/// A rule is a pattern, or an object with one: other gateways write `name`, the examples of some `pattern`.
fn denied(server: &Node<'_>) -> Vec<DenyRule> {
    let items = server.items("denied_tools").unwrap_or_default();
    items.into_iter().filter_map(|(path, value)| deny_rule(&path, value, server.notes())).collect()
}

fn deny_rule(path: &str, value: &Value, notes: &Notes) -> Option<DenyRule> {
    const EXPECTED: &str = "expected a pattern, or an object with `pattern` and maybe `reason`";
    let rule = match value {
        Value::String(pattern) => DenyRule { pattern: pattern.clone(), reason: None },
        Value::Object(_) => {
            let node = Node::open(value, path.to_owned(), notes)?;
            let Some(pattern) = node.text(node.spelling(&["pattern", "name"])) else {
                notes.problem(path, EXPECTED);
                return None;
            };
            let reason = node.text("reason");
            let reason = reason.or_else(|| node.text("description"));
            node.ignore(&["description"]);
            node.warn_unread();
            DenyRule { pattern: pattern.to_owned(), reason: reason.map(str::to_owned) }
        }
        _ => {
            notes.problem(path, EXPECTED);
            return None;
        }
    };
    let pattern = rule.pattern.trim();
    if pattern.is_empty() {
        notes.problem(path, EXPECTED);
        return None;
    }
    // No name of a tool has these: such a rule denies nothing.
    if pattern.starts_with('^') || pattern.ends_with('$') || pattern.contains(['|', '(', ')', '\\']) {
        notes
            .problem(path, "expected a pattern of a whole name, with `*` and `?`, and no regular expression");
        return None;
    }
    // What is not a pattern is the name, whole; a list of characters may hold anything.
    let name = pattern.replace(['*', '?'], "");
    if !name.is_empty() && !name.contains('[') && !Tool::may_be_called(&name) {
        notes.warn(format!("`{path}`: no tool has such a name, so this denies none"));
    }
    Some(DenyRule { pattern: pattern.to_owned(), ..rule })
}
