//! One road from end to end: the configuration, the walk, the verdict.

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::bridge::Bridge;
use super::client::Client;
use super::judge::Judge;
use super::walker::Walker;
use super::{Column, Face, Known, Road, Servers};
use crate::support::{Attack, BadTool, Config, Poison, attacks, server_binary};

/// The one attack that needs limits of its own.
const COSTLY: &str = "resource_exhaustion";

/// One call and what came of it.
pub(super) struct Seen {
    pub(super) attack: String,
    pub(super) called: String,
    pub(super) poison: Poison,
    pub(super) mark: String,
    /// How it ended, and how it should have.
    pub(super) outcome: String,
    pub(super) expected: String,
    /// What the client was told of it.
    pub(super) told: String,
}

/// `None`: without policies.
pub(super) async fn walk(road: Road, column: Option<&Column>) {
    let mut attacks = attacks();
    attacks.retain(|attack| attack.name != COSTLY);
    go(road, column, &attacks, |config| config).await;
}

/// The call that never ends has a short limit, and the others all the time that they take.
pub(super) async fn exhaust(road: Road, column: &Column) {
    for endless in [true, false] {
        let mut attacks = attacks();
        attacks.retain(|attack| attack.name == COSTLY);
        let wanted = |tool: &BadTool| (tool.code == "TIMEOUT") == endless || tool.poison == Poison::Harmless;
        attacks[0].tools.retain(wanted);
        let seconds = if endless { 2.0 } else { 60.0 };
        let change = |config: Config| config.timeout("tool_execution_timeout", seconds);
        go(road, Some(column), &attacks, change).await;
    }
}

async fn go(road: Road, column: Option<&Column>, attacks: &[Attack], change: impl Fn(Config) -> Config) {
    let records = TempDir::new().expect("a folder");
    let bridge = Bridge::start(records.path());
    let server = |name: &str| match road.servers {
        Servers::Remote => json!({"url": bridge.url(name), "allow_private": true}),
        Servers::Command | Servers::Modern => json!({
            "command": server_binary("bad_mcp"), "args": [name],
            "env": {"BAD_MCP_RECORD": records.path().join(name)},
        }),
    };
    let config = change(configure(road, column, attacks, server));
    let client = Client::start(&config, road.transport).await;
    let mut walker = Walker { client, road, guarded: column.is_some(), seen: Vec::new() };
    match road.face {
        Face::Meta => walker.meta(attacks).await,
        Face::Direct => walker.direct(attacks).await,
    }
    let left = walker.client.end().await;
    Judge { road, column, seen: &walker.seen, left: &left, records: records.path() }.decide();
}

fn configure(
    road: Road,
    column: Option<&Column>,
    attacks: &[Attack],
    server: impl Fn(&str) -> Value,
) -> Config {
    let mut config = Config::new()
        .common("enkrypt_on_failure", json!("continue"))
        .common("enkrypt_async_input_guardrails_enabled", json!(road.beside));
    for attack in attacks {
        let name = &attack.name;
        config = config
            .server(json!({"server_name": name, "config": server(name)}))
            .with("tools", configured(road.known, attack));
        if road.servers == Servers::Modern {
            config = config.with("protocol", json!("modern"));
        }
        if let Some(column) = column {
            let policy = json!({"enabled": true, "policy_name": "test", "block": column.block});
            for side in ["input_guardrails_policy", "output_guardrails_policy", "tool_guardrails_policy"] {
                config = config.with(side, policy.clone());
            }
        }
    }
    if let Some(column) = column {
        config = config.edit(|config| config["plugins"] = json!({"guardrails": (column.plugin)()}));
    }
    if road.face == Face::Direct { config.common("tool_exposure", json!("direct")) } else { config }
}

fn configured(known: Known, attack: &Attack) -> Value {
    let entry = |tool: &BadTool| match known {
        Known::Discovered => None,
        Known::Configured => {
            let mut definition = tool.definition.clone();
            definition.as_object_mut().expect("an object").shift_remove("name");
            Some((tool.name.clone(), definition))
        }
        Known::Named => Some((tool.name.clone(), json!("A tool."))),
    };
    Value::Object(attack.tools.iter().filter_map(entry).collect::<Map<_, _>>())
}
