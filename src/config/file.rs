//! Reads the configuration file: every generation of it becomes the same `Settings`.
//!
//! The sections are read on their own (`common`, `plugins`, `keys`, `server` ...); this file joins them. It refuses
//! to know where the text came from, and it stops at no problem: all of them are said at once.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::environment::Environment;
use super::node::{self, Node, Notes};
use super::problem::Slip;
use super::{AuthSettings, ConfigError, KeyState, Problem, ProviderSettings, ServerRules, Settings};

mod cache;
mod common;
mod endpoint;
mod keys;
mod overrides;
mod plugins;
mod policy;
mod providers;
mod remote;
mod secrets;
mod server;
mod switches;

#[cfg(test)]
mod tests;

pub use remote::parse_servers;

const MASTER_SWITCH: &str =
    "`enkrypt_guardrails_enabled` is not true: every guardrail policy is switched off";

/// Where clients list their servers: often pasted here.
const CLIENTS_LISTS: [&str; 3] = ["mcpServers", "servers", "context_servers"];

/// What the reading of a server asks of the rest of the file.
#[derive(Clone, Copy)]
struct Context<'a> {
    env: &'a Environment,
    /// `None` after a provider that could not be read: its problem is said already.
    guardrails: Option<&'a ProviderSettings>,
    rules: &'a ServerRules,
}

/// Reads the text of a configuration file; `path` is for messages only.
pub fn parse(path: &Path, text: &str, env: &Environment) -> Result<Settings, ConfigError> {
    let path = path.to_owned();
    let notes = Notes::default();
    let value = match node::read(text.trim_start_matches('\u{feff}'), &notes) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => return Err(ConfigError::Empty { path }),
        Err(error) => {
            let (line, column, slip) = (error.line(), error.column(), Slip::of(&error));
            return Err(ConfigError::NotJson { path, line, column, slip });
        }
    };
    let settings = Node::open(&value, String::new(), &notes).and_then(|root| read(&root, env));
    let (problems, warnings) = notes.into_parts();
    match settings {
        Some(settings) if problems.is_empty() => {
            Ok(Settings { path, warnings, fingerprint: fingerprint(text), ..settings })
        }
        _ => Err(ConfigError::Invalid { path, problems }),
    }
}

pub(in crate::config) fn fingerprint(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// What bounds the gateway stands among its settings, and does nothing beside them.
const BOUNDS: [&str; 6] = [
    "enkrypt_allow_stdio_servers",
    "max_argument_bytes",
    "max_calls_per_batch",
    "max_result_bytes",
    "max_sessions",
    "timeout_settings",
];

fn read(root: &Node<'_>, env: &Environment) -> Option<Settings> {
    root.ignore(&["admin_apikey"]);
    for list in CLIENTS_LISTS.into_iter().filter(|list| root.get(list).is_some()) {
        root.notes().warn(format!(
            "`{list}` is what a client's file has, and is ignored: each of its servers goes into `mcp_config`, as \
             {{\"server_name\": NAME, \"config\": what stands under the name}}"
        ));
    }
    let common = common::read(&root.section("common_mcp_gateway_config"), env);
    let mut rules = common.rules;
    rules.guardrails_off = guardrails_off(root, common.guardrails_enabled);
    rules.overrides = overrides::read(root, env);
    let (auth, guardrails) = plugins::read(root, env, common.cache.config_ttl);
    let context = Context { env, guardrails: guardrails.as_ref(), rules: &rules };
    let (keys, mut secrets) = keys::read(root, context);
    if let Some(key) = env.gateway_key() {
        secrets.add_named(key.expose());
    }
    secrets.note_services(guardrails.as_ref(), &common.cache.store);
    let opens = keys.values().any(|grant| grant.state == KeyState::Active);
    if !opens && matches!(auth, Some(AuthSettings::LocalApikey)) {
        let some = ["apikeys", "gateways"].iter().any(|section| !root.section(section).members().is_empty());
        let remedy = if some { "mend the one that is there" } else { "add one under `apikeys`" };
        root.notes().warn(format!("no gateway key opens anything: {remedy}"));
    }
    if !common.direct_prefix && keys.values().any(|grant| grant.config.servers.len() > 1) {
        root.notes().warn("`direct_prefix` has no effect where a key has several servers".to_owned());
    }
    root.refuse_misplaced(&BOUNDS, "common_mcp_gateway_config");
    root.refuse_misspelt();
    Some(Settings {
        path: std::path::PathBuf::new(),
        log_level: common.log_level,
        limits: common.limits,
        timeouts: common.timeouts,
        cache: common.cache,
        http: common.http,
        reload: common.reload,
        result_detail: common.result_detail,
        on_failure: common.on_failure,
        exposure: common.exposure,
        direct_prefix: common.direct_prefix,
        auth: auth?,
        guardrails: guardrails?,
        async_input: common.async_input,
        rules,
        keys,
        secrets: secrets.into_values(),
        warnings: Vec::new(),
        fingerprint: [0; 32],
    })
}

/// The first generation had its policies off until it was told otherwise.
fn guardrails_off(root: &Node<'_>, enabled: Option<bool>) -> bool {
    let first_generation = root.get("gateways").is_some() && root.get("mcp_configs").is_none();
    let off = !enabled.unwrap_or(!first_generation);
    if off {
        root.notes().warn(MASTER_SWITCH.to_owned());
    }
    off
}

/// Follows the references of one value; what cannot be followed becomes problems at its path.
fn resolve(text: &str, path: &str, notes: &Notes, env: &Environment) -> Option<super::secretref::Resolved> {
    match super::secretref::resolve(text, env) {
        Ok(resolved) => Some(resolved),
        Err(problems) => {
            for problem in problems {
                notes.problem(path, problem);
            }
            None
        }
    }
}

fn problems_or<T>(notes: Notes, value: Option<T>) -> Result<T, Vec<Problem>> {
    let (problems, warnings) = notes.into_parts();
    for warning in warnings {
        tracing::debug!("{warning}");
    }
    value.filter(|_| problems.is_empty()).ok_or(problems)
}
