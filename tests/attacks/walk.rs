//! One road from end to end: every call of every attack, as a victim makes them.

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::judge::Judge;
use super::{Column, Face, Known, Road};
use crate::support::{
    Attack, BadCall, BadTool, CACHE_STATUS, Config, DISCOVER, INFO, LIST, Poison, SECURE_CALL, attacks,
    server_binary,
};

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
    let config = change(configure(road, column, attacks, &records));
    let mut walker = Walker { client: Client::start(&config, road.transport).await, road, seen: Vec::new() };
    match road.face {
        Face::Meta => walker.meta(attacks).await,
        Face::Direct => walker.direct(attacks).await,
    }
    let left = walker.client.end().await;
    Judge { road, column, seen: &walker.seen, left: &left, records: records.path() }.decide();
}

fn configure(road: Road, column: Option<&Column>, attacks: &[Attack], records: &TempDir) -> Config {
    let mut config = Config::new().common("enkrypt_on_failure", json!("continue"));
    for attack in attacks {
        let name = &attack.name;
        let record = records.path().join(name);
        config = config
            .server(json!({
                "server_name": name,
                "config": {"command": server_binary("bad_mcp"), "args": [name], "env": {"BAD_MCP_RECORD": record}},
            }))
            .with("tools", configured(road.known, attack));
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

struct Walker {
    client: Client,
    road: Road,
    seen: Vec<Seen>,
}

impl Walker {
    async fn meta(&mut self, attacks: &[Attack]) {
        // First and last: what is known by then is shown by other ways.
        for _ in 0..2 {
            self.tool(LIST, json!({})).await;
            for attack in attacks {
                self.tool(DISCOVER, json!({"server_name": attack.name})).await;
                self.tool(INFO, json!({"server_name": attack.name})).await;
                self.batch(attack, &[]).await;
            }
            self.tool(CACHE_STATUS, json!({})).await;
        }
        for attack in attacks {
            let calls = self.calls(attack);
            // What is kept away keeps its whole batch from running, and a session that is lost the rest of it.
            let (alone, others): (Vec<_>, Vec<_>) = calls
                .into_iter()
                .partition(|(tool, _)| matches!(tool.poison, Poison::Definition | Poison::End));
            for call in &alone {
                self.meta_calls(attack, std::slice::from_ref(call)).await;
            }
            self.meta_calls(attack, &others).await;
        }
    }

    async fn meta_calls(&mut self, attack: &Attack, calls: &[(&BadTool, &BadCall)]) {
        if calls.is_empty() {
            return;
        }
        let items: Vec<Value> =
            calls.iter().map(|(tool, call)| json!({"name": tool.name, "args": call.arguments})).collect();
        let answer = self.batch(attack, &items).await;
        for (at, (tool, call)) in calls.iter().enumerate() {
            let result = &answer["results"][at];
            let outcome = match &result["status"] {
                status if status == "error" => &result["error_code"],
                status => status,
            };
            let expected = match tool.poison {
                Poison::Harmless | Poison::Aside => "success",
                Poison::Definition => "TOOL_BLOCKED",
                Poison::Arguments => "blocked_input",
                Poison::Result => "blocked_output",
                Poison::End => &tool.code,
            };
            self.saw(attack, (tool, call), (outcome, expected), result);
        }
    }

    async fn batch(&mut self, attack: &Attack, calls: &[Value]) -> Value {
        let arguments = json!({"server_name": attack.name, "tool_calls": calls});
        self.tool(SECURE_CALL, arguments).await
    }

    /// One of the gateway's own tools.
    async fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.client.ask("tools/call", json!({"name": name, "arguments": arguments})).await;
        let text = answer["result"]["content"][0]["text"].as_str();
        serde_json::from_str(text.unwrap_or_else(|| panic!("no text: {answer}"))).expect("JSON")
    }

    async fn direct(&mut self, attacks: &[Attack]) {
        self.listed(attacks).await;
        for attack in attacks {
            for (tool, call) in self.calls(attack) {
                let name = format!("{}__{}", attack.name, tool.name);
                let params = json!({"name": name, "arguments": call.arguments});
                let answer = self.client.ask("tools/call", params).await;
                let expected = match tool.poison {
                    Poison::Harmless | Poison::Aside => "success",
                    Poison::Definition => "TOOL_BLOCKED",
                    Poison::Arguments | Poison::Result => "GUARDRAIL_VIOLATION",
                    Poison::End => &tool.code,
                };
                self.saw(attack, (tool, call), (&outcome(&answer), expected), &answer);
            }
        }
        for attack in attacks {
            self.offers(attack).await;
        }
        self.listed(attacks).await;
    }

    /// Every list, once all servers are known.
    async fn listed(&mut self, attacks: &[Attack]) {
        let awaited: Vec<String> = attacks
            .iter()
            .filter(|attack| attack.starts)
            .map(|attack| format!("{}__word_count", attack.name))
            .collect();
        for _ in 0..100 {
            let tools = self.client.ask("tools/list", json!({})).await["result"]["tools"].to_string();
            if awaited.iter().all(|name| tools.contains(name)) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        for list in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
            self.client.ask(list, json!({})).await;
        }
    }

    async fn offers(&mut self, attack: &Attack) {
        let prompts = attack.prompts.iter().map(|offer| ("prompts/get", "name", "offers__", offer));
        let resources = attack.resources.iter().map(|offer| ("resources/read", "uri", "", offer));
        for (method, key, prefix, offer) in prompts.chain(resources) {
            let called = offer.definition[key].as_str().expect("a name").to_owned();
            let answer = self.client.ask(method, json!({key: format!("{prefix}{called}")})).await;
            let expected = match offer.poison {
                Poison::Harmless => "success",
                Poison::Definition => "TOOL_BLOCKED",
                _ => "GUARDRAIL_VIOLATION",
            };
            self.seen.push(Seen {
                attack: attack.name.clone(),
                called,
                poison: offer.poison,
                mark: offer.mark.clone(),
                outcome: outcome(&answer).as_str().unwrap_or_default().to_owned(),
                expected: expected.to_owned(),
                told: answer.to_string(),
            });
        }
    }

    /// The calls of an attack that this road has.
    fn calls<'a>(&self, attack: &'a Attack) -> Vec<(&'a BadTool, &'a BadCall)> {
        // Under a description of the operator's a tool is not what its server says that it is.
        let named = self.road.known == Known::Named;
        let tools =
            attack.tools.iter().filter(|tool| attack.starts && !(named && tool.poison == Poison::Definition));
        tools.flat_map(|tool| tool.calls.iter().map(move |call| (tool, call))).collect()
    }

    fn saw(
        &mut self,
        attack: &Attack,
        (tool, call): (&BadTool, &BadCall),
        (outcome, expected): (&Value, &str),
        told: &Value,
    ) {
        self.seen.push(Seen {
            attack: attack.name.clone(),
            called: tool.name.clone(),
            poison: tool.poison,
            mark: call.mark.clone(),
            outcome: outcome.as_str().unwrap_or_default().to_owned(),
            expected: expected.to_owned(),
            told: told.to_string(),
        });
    }
}

/// How a request ended: the gateway's own code, or else as the server says.
fn outcome(answer: &Value) -> Value {
    let own = |object: &Value| object.get("correlation_id").map(|_| object["error_code"].clone());
    if let Some(error) = answer.get("error") {
        return own(&error["data"]).unwrap_or_else(|| json!("error"));
    }
    let result = &answer["result"];
    if result["isError"] != true {
        return json!("success");
    }
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let object = serde_json::from_str::<Value>(text).unwrap_or_default();
    own(&object).unwrap_or_else(|| json!("error"))
}
