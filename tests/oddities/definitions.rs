//! Definitions with a member that is not what the protocol says.

use serde_json::{Value, json};

use super::{raw, tool};
use crate::direct::{Script, ask, call};
use crate::support::{Config, Raw, SECURE_CALL};

fn with(name: &str, member: &str, value: Value) -> Value {
    let mut tool = tool(name);
    tool[member] = value;
    tool
}

/// Reads a list as strictly as the strictest client.
fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        for (member, value) in tool.as_object().expect("an object") {
            let fits = match member.as_str() {
                "name" | "title" | "description" => value.is_string(),
                "inputSchema" | "outputSchema" | "annotations" | "execution" | "_meta" => value.is_object(),
                "icons" => {
                    value.as_array().is_some_and(|icons| icons.iter().all(|icon| icon["src"].is_string()))
                }
                _ => true,
            };
            assert!(fits, "{tool}");
        }
    }
    tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

async fn gateway_tool(raw: &mut Raw, name: &str, arguments: Value) -> Value {
    let answer = call(raw, name, arguments).await;
    serde_json::from_str(answer["result"]["content"][0]["text"].as_str().expect("a text")).expect("JSON")
}

/// Without the member, or with the least that does.
fn usable() -> Vec<Value> {
    vec![
        with("annotations", "annotations", json!("x")),
        with("hint", "annotations", json!({"readOnlyHint": "yes"})),
        with("title", "title", json!(5)),
        with("description", "description", json!(null)),
        with("icons", "icons", json!({"a": 1})),
        with("icon", "icons", json!([{"sizes": "48x48"}])),
        with("meta", "_meta", json!("x")),
        with("execution", "execution", json!("x")),
        with("output", "outputSchema", json!("x")),
        with("null", "inputSchema", json!(null)),
        with("typeless", "inputSchema", json!({})),
        json!({"name": "bare"}),
    ]
}

#[tokio::test]
async fn a_malformed_member_takes_no_tool_away_but_its_own() {
    let whole = json!({
        "name": "whole", "title": "W", "x-vendor": [1], "annotations": {"readOnlyHint": true, "x": "y"}, "_meta": {"m": 1},
        "inputSchema": {"properties": {"a": {"type": "string"}}, "type": "object", "additionalProperties": false},
        "outputSchema": {"type": "object"}, "icons": [{"src": "data:,", "sizes": ["48x48"]}],
    });
    let mut tools = vec![whole.clone()];
    tools.extend(usable());
    let expected = tools.len();
    for (at, schema) in [json!("x"), json!([]), json!(7), json!({"type": "string"})].into_iter().enumerate() {
        tools.push(with(&format!("bad{at}"), "inputSchema", schema));
    }
    let ok = json!({"method": "tools/call", "result": {"content": []}});
    let (bad, good) = (Script::tools(&json!(tools), vec![ok]), Script::tools(&json!([tool("x")]), vec![]));
    let config = Config::new().server(bad.server("bad")).server(good.server("good"));
    let mut raw = raw(&config.common("tool_exposure", json!("both")), json!({})).await;
    let list = ask(&mut raw, "tools/list", json!({})).await;
    let names: Vec<&str> = names(&list).into_iter().filter(|name| !name.starts_with("enkrypt")).collect();
    assert_eq!((names.len(), names.last()), (expected + 1, Some(&"good__x")), "{names:?}");
    let mut listed = list["result"]["tools"].as_array().expect("a list")[7].clone();
    listed["name"] = whole["name"].clone();
    assert_eq!(listed.to_string(), whole.to_string(), "it is left as it was written");
    for name in names.iter().filter(|name| name.starts_with("bad__") && **name != "bad__whole") {
        assert_eq!(call(&mut raw, name, json!({})).await["result"], json!({"content": []}), "{name}");
    }

    let found = gateway_tool(&mut raw, "enkrypt_discover_all_tools", json!({"server_name": "bad"})).await;
    assert_eq!(found["tools"]["tools"].as_array().expect("a list").len(), expected);
    assert!(found.to_string().contains("no schema of an object"), "{found}");
    let refused = call(&mut raw, "bad__bad0", json!({})).await.to_string();
    assert!(refused.contains("TOOL_BLOCKED") && refused.contains("no schema of an object"), "{refused}");
    let batch = json!({"server_name": "bad", "tool_calls": [{"name": "bad1"}]});
    let refused = gateway_tool(&mut raw, SECURE_CALL, batch).await;
    assert_eq!(refused["results"][0]["error_code"], "TOOL_BLOCKED", "{refused}");
    let log = raw.gateway.log();
    assert!(log.contains("not of their type"), "{log}");
}

#[tokio::test]
async fn prompts_and_resources_are_read_by_strict_clients_too() {
    let prompts = json!([
        {"name": "p", "arguments": "x"},
        {"name": "q", "arguments": [{"x": 1}, {"name": "a", "required": true}]},
        {"name": "r", "description": 7},
    ]);
    let resources = json!([{"uri": "a:1"}, {"uri": "a:2", "name": 5, "size": "big"}]);
    let script = Script::new(&json!({"capabilities": {"prompts": {}, "resources": {}}, "answers": [
        {"method": "prompts/list", "result": {"prompts": prompts}},
        {"method": "resources/list", "result": {"resources": resources}},
        {"method": "resources/templates/list", "result": {"resourceTemplates": [{"uriTemplate": "y:{y}"}]}},
    ]}));
    let config = Config::new().server(script.server("s")).common("tool_exposure", json!("direct"));
    let mut raw = raw(&config, json!({})).await;
    let prompts = ask(&mut raw, "prompts/list", json!({})).await["result"]["prompts"].take();
    let expected = json!([
        {"name": "s__p"}, {"name": "s__q", "arguments": [{"name": "a", "required": true}]}, {"name": "s__r"},
    ]);
    assert_eq!(prompts, expected);
    let resources = ask(&mut raw, "resources/list", json!({})).await["result"]["resources"].take();
    assert_eq!((&resources[0]["name"], &resources[1]["name"]), (&json!("a:1"), &json!("a:2")), "{resources}");
    assert!(resources[1].get("size").is_none(), "{resources}");
    let templates = ask(&mut raw, "resources/templates/list", json!({})).await;
    assert_eq!(templates["result"]["resourceTemplates"][0]["name"], "y:{y}", "{templates}");
}
