//! Every call of every attack, as a victim makes them.

use serde_json::{Value, json};

use super::client::Client;
use super::walk::Seen;
use super::{Known, Road, Servers, Transport};
use crate::support::{
    Attack, BadCall, BadTool, CACHE_STATUS, CLEAR_CACHE, DISCOVER, INFO, LIST, Poison, SECURE_CALL,
    eventually_async,
};

/// The attack whose first tool is another once it has been called.
const TURNING: &str = "rug_pull";

pub(super) struct Walker {
    pub(super) client: Client,
    pub(super) road: Road,
    pub(super) guarded: bool,
    pub(super) seen: Vec<Seen>,
}

impl Walker {
    pub(super) async fn meta(&mut self, attacks: &[Attack]) {
        for attack in attacks {
            self.tool(DISCOVER, json!({"server_name": attack.name})).await;
        }
        // What is known already is shown by other ways.
        self.look(attacks).await;
        for attack in attacks {
            let calls = self.calls(attack);
            // What is kept away keeps its whole batch from running, and a session that is lost the rest of it.
            let (alone, others): (Vec<_>, Vec<_>) = calls.into_iter().partition(|(tool, _)| {
                matches!(tool.poison, Poison::Definition | Poison::End) || self.cannot_be_refused(tool)
            });
            for call in &alone {
                self.meta_calls(attack, std::slice::from_ref(call)).await;
            }
            self.meta_calls(attack, &others).await;
        }
        self.tool(CLEAR_CACHE, json!({})).await;
        self.look(attacks).await;
        if let Some((attack, tool)) = self.turned(attacks) {
            self.meta_calls(attack, &[(&tool, &tool.calls[0])]).await;
        }
    }

    /// Everything that shows tools.
    async fn look(&mut self, attacks: &[Attack]) {
        self.tool(LIST, json!({})).await;
        for attack in attacks {
            self.tool(DISCOVER, json!({"server_name": attack.name})).await;
            self.tool(INFO, json!({"server_name": attack.name})).await;
            self.batch(attack, &[]).await;
        }
        self.tool(CACHE_STATUS, json!({})).await;
    }

    /// The tool that is not what it was, once it has been called.
    fn turned<'a>(&self, attacks: &'a [Attack]) -> Option<(&'a Attack, BadTool)> {
        let attack = attacks.iter().find(|attack| attack.name == TURNING)?;
        let tool = BadTool { poison: Poison::Definition, ..attack.tools[0].clone() };
        (self.guarded && self.road.known == Known::Discovered).then_some((attack, tool))
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
                Poison::Aside if self.cannot_be_refused(tool) => "SERVER_PROTOCOL",
                Poison::Harmless | Poison::Aside => "success",
                Poison::Definition => "TOOL_BLOCKED",
                Poison::Arguments => "blocked_input",
                Poison::Result => "blocked_output",
                Poison::End => &tool.code,
            };
            self.saw(attack, (tool, call), (outcome, expected), result);
        }
    }

    /// Whether it gets as far as being called.
    fn is_used(&self, attack: &Attack) -> bool {
        attack.starts && (attack.greets || !self.guarded)
    }

    /// Without a handshake there is no answer to this question that says no.
    fn cannot_be_refused(&self, tool: &BadTool) -> bool {
        self.road.servers == Servers::Modern && ["sampling", "odd_question"].contains(&tool.name.as_str())
    }

    /// Whether what it asks is its own result, for the client to answer.
    fn is_question_whole(&self, tool: &BadTool) -> bool {
        tool.name.starts_with("elicitation")
            && (self.road.servers, self.road.transport) == (Servers::Modern, Transport::Modern)
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

    pub(super) async fn direct(&mut self, attacks: &[Attack]) {
        let awaited: Vec<String> = attacks
            .iter()
            .filter(|attack| self.is_used(attack))
            .map(|attack| format!("{}__word_count", attack.name))
            .collect();
        self.listed(&|tools| awaited.iter().all(|name| tools.contains(name))).await;
        for attack in attacks {
            for (tool, call) in self.calls(attack) {
                self.direct_call(attack, tool, call).await;
            }
            self.offers(attack).await;
        }
        let turned = format!("{TURNING}__daily_fact");
        let was_turned =
            self.road.known == Known::Discovered && attacks.iter().any(|attack| attack.name == TURNING);
        let guarded = self.guarded;
        self.listed(&|tools| {
            !was_turned || if guarded { !tools.contains(&turned) } else { tools.contains("kestrel-rug_pull") }
        })
        .await;
        if let Some((attack, tool)) = self.turned(attacks) {
            self.direct_call(attack, &tool, &tool.calls[0]).await;
        }
    }

    async fn direct_call(&mut self, attack: &Attack, tool: &BadTool, call: &BadCall) {
        let name = format!("{}__{}", attack.name, tool.name);
        let params = json!({"name": name, "arguments": call.arguments});
        let answer = self.client.ask("tools/call", params).await;
        let expected = match tool.poison {
            Poison::Aside if self.cannot_be_refused(tool) => "SERVER_PROTOCOL",
            Poison::Aside if self.is_question_whole(tool) => "GUARDRAIL_VIOLATION",
            Poison::Harmless | Poison::Aside => "success",
            Poison::Definition => "TOOL_BLOCKED",
            Poison::Arguments | Poison::Result => "GUARDRAIL_VIOLATION",
            Poison::End => &tool.code,
        };
        self.saw(attack, (tool, call), (&outcome(&answer), expected), &answer);
    }

    /// Every list, once that of the tools is as it should be.
    async fn listed(&mut self, settled: &dyn Fn(&str) -> bool) {
        let client = &mut self.client;
        eventually_async("the list is as it should be", async || {
            settled(&client.ask("tools/list", json!({})).await["result"]["tools"].to_string())
        })
        .await;
        for list in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
            self.client.ask(list, json!({})).await;
        }
    }

    async fn offers(&mut self, attack: &Attack) {
        let prompts = attack.prompts.iter().map(|offer| ("prompts/get", "name", "offers__", offer));
        let resources = attack.resources.iter().map(|offer| ("resources/read", "uri", "", offer));
        for (method, key, prefix, offer) in prompts.chain(resources) {
            let called = offer.definition[key].as_str().expect("a name").to_owned();
            let params = json!({key: format!("{prefix}{called}"), "arguments": offer.arguments});
            let answer = self.client.ask(method, params).await;
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
        let tools = attack
            .tools
            .iter()
            .filter(|tool| self.is_used(attack) && !(named && tool.poison == Poison::Definition));
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
