//! Prompts, resources and completions of the servers.

use serde_json::{Value, json};

use super::{Script, ask, direct, names, start};
use crate::support::{Config, Gateway, Raw, eventually, server_binary};

const NOTE: &str = "AAAABBBB";

/// A server with something of everything; `x` makes it another than its neighbour.
fn offering(x: &str) -> Script {
    let prompt = json!({
        "name": "ask", "title": "Ask", "arguments": [{"name": "topic", "required": true}], "_meta": {"p": x},
        "icons": [{"src": "data:,"}], "x-vendor": 1,
    });
    let resource = json!({"uri": format!("{x}://list"), "name": "list", "size": 7, "annotations": {"priority": 0.1}, "_meta": {"r": x}});
    let shared = json!({"uri": "shared://one", "name": x});
    let template =
        json!({"uriTemplate": format!("{x}://item/{{id}}"), "name": "item", "x-vendor": {"n": null}});
    let messages = json!([
        {"role": "user", "content": {"type": "text", "text": x}},
        {"role": "assistant", "content": {"type": "image", "data": "AAAA", "mimeType": "image/png"}},
        {"role": "user", "content": {"type": "x-vendor", "y": 1}},
    ]);
    let read = |uri: &str| {
        json!({
            "contents": [{"uri": uri, "text": x, "_meta": {}}, {"uri": uri, "blob": NOTE}], "ttlMs": 5, "x-vendor": 2,
        })
    };
    Script::new(&json!({
        "capabilities": {"tools": {}, "prompts": {}, "resources": {"subscribe": true}, "completions": {}},
        "answers": [
            {"method": "tools/list", "result": {"tools": []}},
            {"method": "prompts/list", "params": {"cursor": "2"}, "result": {"prompts": [{"name": "second.one"}]}},
            {"method": "prompts/list", "result": {"prompts": [prompt], "nextCursor": "2"}},
            {"method": "resources/list", "result": {"resources": [resource, shared]}},
            {"method": "resources/templates/list", "result": {"resourceTemplates": [template]}},
            {"method": "prompts/get", "params": {"name": "ask"}, "result": {"messages": messages, "description": "d", "_meta": {"k": 1}}},
            {"method": "prompts/get", "error": {"code": -32050, "message": "no", "data": [1]}},
            {"method": "resources/read", "params": {"uri": format!("{x}://list")}, "result": read(&format!("{x}://list"))},
            {"method": "resources/read", "params": {"uri": format!("{x}://item/9")}, "result": read(&format!("{x}://item/9"))},
            {"method": "resources/read", "params": {"uri": "shared://one"}, "result": read(x)},
            {"method": "completion/complete", "result": {"completion": {"values": [x], "total": 1, "x": 2}}},
            {"method": "resources/subscribe", "result": {}, "after": [
                {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "other://"}},
                {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": format!("{x}://list")}},
            ]},
            {"method": "resources/unsubscribe", "result": {}},
        ],
    }))
}

async fn result(raw: &mut Raw, method: &str, params: Value) -> Value {
    let answer = ask(raw, method, params).await;
    assert!(answer.get("result").is_some(), "{method}: {answer}");
    answer["result"].clone()
}

fn keys(list: &Value, key: &str) -> Vec<String> {
    let entries = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    entries.iter().map(|entry| entry[key].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn lists_are_joined_whole_and_in_order() {
    let (a, b) = (offering("a"), offering("b"));
    let config = direct(Config::new().server(a.server("one")).server(b.server("two")).lab(&[]));
    let mut raw = start(&config).await;
    let prompts = result(&mut raw, "prompts/list", json!({})).await["prompts"].take();
    assert_eq!(keys(&prompts, "name"), ["one__ask", "one__second_one", "two__ask", "two__second_one"]);
    assert_eq!(prompts[0]["_meta"], json!({"p": "a"}));
    assert_eq!((&prompts[2]["x-vendor"], &prompts[2]["arguments"][0]["required"]), (&json!(1), &json!(true)));
    let resources = result(&mut raw, "resources/list", json!({})).await["resources"].take();
    assert_eq!(keys(&resources, "uri"), ["a://list", "shared://one", "b://list"]);
    assert_eq!(resources[2]["_meta"], json!({"r": "b"}));
    let templates = result(&mut raw, "resources/templates/list", json!({})).await["resourceTemplates"].take();
    assert_eq!(keys(&templates, "uriTemplate"), ["a://item/{id}", "b://item/{id}"]);
    assert_eq!(templates[0]["x-vendor"], json!({"n": null}));
    // One server that has no prompts is not asked for them, and what was read is remembered.
    assert_eq!(a.asked("prompts/list").len(), 2);
    assert_eq!(a.asked("initialize").len(), 1);
}

#[tokio::test]
async fn each_request_finds_its_server_and_brings_its_whole_answer() {
    let (a, b) = (offering("a"), offering("b"));
    let config = direct(Config::new().server(a.server("one")).server(b.server("two")));
    let mut raw = start(&config).await;
    let got = result(&mut raw, "prompts/get", json!({"name": "two__ask", "arguments": {"topic": "t"}})).await;
    assert_eq!(got["messages"][0]["content"]["text"], "b");
    assert_eq!(got["messages"][2]["content"], json!({"type": "x-vendor", "y": 1}));
    assert_eq!((&got["description"], &got["_meta"]), (&json!("d"), &json!({"k": 1})));
    assert_eq!(b.asked("prompts/get"), [json!({"name": "ask", "arguments": {"topic": "t"}})]);
    let failed = ask(&mut raw, "prompts/get", json!({"name": "two__second_one"})).await;
    assert_eq!(failed["error"], json!({"code": -32050, "message": "no", "data": [1]}));
    for (uri, text) in [("b://list", "b"), ("b://item/9", "b"), ("shared://one", "a")] {
        let read = result(&mut raw, "resources/read", json!({"uri": uri})).await;
        assert_eq!(read["contents"][0]["text"], text, "{uri}");
        assert_eq!((&read["contents"][1]["blob"], &read["x-vendor"]), (&json!(NOTE), &json!(2)));
    }
    let reference = json!({"type": "ref/prompt", "name": "two__ask"});
    let params = json!({"ref": reference, "argument": {"name": "topic", "value": "t"}});
    let completed = result(&mut raw, "completion/complete", params).await;
    assert_eq!(completed, json!({"completion": {"values": ["b"], "total": 1, "x": 2}}));
    assert_eq!(b.asked("completion/complete")[0]["ref"]["name"], "ask");
    let reference = json!({"type": "ref/resource", "uri": "a://item/{id}"});
    let params = json!({"ref": reference, "argument": {"name": "id", "value": ""}});
    assert_eq!(result(&mut raw, "completion/complete", params).await["completion"]["values"], json!(["a"]));
}

#[tokio::test]
async fn what_nobody_has_is_an_error_of_the_era() {
    let mut raw =
        start(&direct(Config::new().server(offering("a").server("one")).server(offering("b").server("two"))))
            .await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let old = ask(&mut raw, "resources/read", json!({"uri": "c://x"})).await;
    assert_eq!((&old["error"]["code"], &old["error"]["data"]), (&json!(-32002), &json!({"uri": "c://x"})));
    let new = ask(&mut raw, "resources/read", json!({"uri": "c://x", "_meta": meta})).await;
    assert_eq!((&new["error"]["code"], &new["error"]["data"]), (&json!(-32602), &json!({"uri": "c://x"})));
    for (method, params) in [
        ("prompts/get", json!({"name": "one__nothing"})),
        ("prompts/get", json!({"name": "ask"})),
        ("prompts/get", json!({})),
        ("completion/complete", json!({"ref": {"type": "ref/prompt", "name": "x"}})),
        ("completion/complete", json!({"ref": 7})),
    ] {
        assert_eq!(ask(&mut raw, method, params).await["error"]["code"], -32602, "{method}");
    }
    let subscribe = json!({"uri": "a://list", "_meta": meta});
    assert_eq!(ask(&mut raw, "resources/subscribe", subscribe).await["error"]["code"], -32601);
}

#[tokio::test]
async fn a_modern_client_learns_how_long_a_reading_is_good_for() {
    let script = offering("a");
    let mut raw = start(&direct(Config::new().server(script.server("one")))).await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let read = result(&mut raw, "resources/read", json!({"uri": "a://list", "_meta": meta})).await;
    assert_eq!(
        (&read["ttlMs"], &read["cacheScope"], &read["resultType"]),
        (&json!(5), &json!("private"), &json!("complete"))
    );
    let list = result(&mut raw, "prompts/list", json!({"_meta": meta})).await;
    assert!(list["ttlMs"].is_u64() && list["cacheScope"] == "private" && list["resultType"] == "complete");
}

#[tokio::test]
async fn a_client_hears_of_the_resources_that_it_watches_and_of_no_other() {
    let script = offering("a");
    let mut raw = start(&direct(Config::new().server(script.server("one")))).await;
    assert_eq!(result(&mut raw, "resources/subscribe", json!({"uri": "a://list"})).await, json!({}));
    let notice = raw.receive().await;
    assert_eq!(notice["method"], "notifications/resources/updated");
    assert_eq!(notice["params"], json!({"uri": "a://list"}));
    assert_eq!(result(&mut raw, "resources/unsubscribe", json!({"uri": "a://list"})).await, json!({}));
    assert_eq!(script.asked("resources/unsubscribe"), [json!({"uri": "a://list"})]);
}

/// What a modern client is promised that wants to hear of these resources.
async fn promised(raw: &mut Raw, uris: Value) -> Value {
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let params = json!({"notifications": {"resourceSubscriptions": uris}, "_meta": meta});
    raw.send(&json!({"jsonrpc": "2.0", "id": 77, "method": "subscriptions/listen", "params": params})).await;
    let first = raw.receive().await;
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
    first["params"]["notifications"].clone()
}

#[tokio::test]
async fn a_modern_client_is_promised_what_the_servers_agree_to_tell_of() {
    let long = format!("a://{}", "x".repeat(9_000));
    let (a, b) = (offering("a"), offering("b"));
    let deaf = Script::new(&json!({"capabilities": {"resources": {}}, "answers": [
        {"method": "resources/list", "result": {"resources": [{"uri": "deaf://list", "name": "l"}]}},
    ]}));
    let config = direct(Config::new())
        .keywords(&["forbidden"])
        .server(a.server("one"))
        .guarded()
        .server(b.server("two"))
        .with("session_mode", json!("batch"))
        .server(deaf.server("three"));
    let mut raw = start(&config).await;
    let wanted =
        json!(["b://list", "deaf://list", "nobody://", "a://item/forbidden", "a://list", long, "a://list"]);
    assert_eq!(promised(&mut raw, wanted).await, json!({"resourceSubscriptions": ["a://list"]}));
    assert_eq!(a.asked("resources/subscribe"), [json!({"uri": "a://list"})]);
    assert!(b.asked("resources/subscribe").is_empty(), "its session would end at once");
    assert_eq!(deaf.asked("resources/subscribe").len(), 1);
    // What the server told as it was asked.
    let told = raw.receive().await;
    assert_eq!(
        (&told["method"], &told["params"]["uri"]),
        (&json!("notifications/resources/updated"), &json!("a://list"))
    );
    assert!(told["params"]["_meta"].is_object(), "{told}");
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success());
}

#[tokio::test]
async fn a_server_is_told_that_nobody_watches_when_the_last_one_leaves() {
    let script = offering("a");
    let mut raw = start(&direct(Config::new().server(script.server("one")))).await;
    let uri = json!({"uri": "a://list"});
    assert_eq!(promised(&mut raw, json!(["a://list"])).await, json!({"resourceSubscriptions": ["a://list"]}));
    assert_eq!(result(&mut raw, "resources/subscribe", uri.clone()).await, json!({}));
    assert_eq!(result(&mut raw, "resources/unsubscribe", uri.clone()).await, json!({}));
    assert!(script.asked("resources/unsubscribe").is_empty(), "the other one still watches");
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 77}});
    raw.send(&cancel).await;
    loop {
        assert_eq!(result(&mut raw, "resources/unsubscribe", uri.clone()).await, json!({}));
        if script.asked("resources/unsubscribe") == [uri.clone()] {
            break;
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_a_server_thinks_about_its_subscription_holds_nobody_up() {
    let config = direct(Config::new().lab(&["--start-delay", "3600000"]));
    let config = config.timeout("default_timeout", 3600.0).timeout("discovery_timeout", 3600.0);
    let mut raw = Raw::start(Gateway::prepare(&config.text()));
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let params = json!({"notifications": {"resourceSubscriptions": ["a://x"]}, "_meta": meta});
    raw.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params})).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    raw.send(&cancel).await;
    raw.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": meta}})).await;
    assert_eq!(raw.receive().await["id"], 2);
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success());
}

#[tokio::test]
async fn the_guardrails_stand_before_and_behind_every_request() {
    let (clean, dirty) = (offering("a"), offering("forbidden"));
    let config = direct(Config::new())
        .server(clean.server("one"))
        .guarded()
        .server(dirty.server("two"))
        .guarded()
        .keywords(&["forbidden"]);
    let mut raw = start(&config).await;
    for (method, params) in [
        ("prompts/get", json!({"name": "one__ask", "arguments": {"topic": "a forbidden one"}})),
        ("prompts/get", json!({"name": "one__ask", "arguments": {"forbidden": "x"}})),
        ("resources/read", json!({"uri": "a://item/forbidden"})),
        ("resources/subscribe", json!({"uri": "a://item/forbidden"})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "one__ask"}, "argument": {"name": "topic", "value": "forbidden"}}),
        ),
    ] {
        let answer = ask(&mut raw, method, params).await;
        assert_eq!(answer["error"]["data"]["error_code"], "GUARDRAIL_VIOLATION", "{method}: {answer}");
        assert!(clean.asked(method).is_empty());
    }
    for (method, params) in [
        ("prompts/get", json!({"name": "two__ask"})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "two__ask"}, "argument": {"name": "topic", "value": "x"}}),
        ),
    ] {
        let answer = ask(&mut raw, method, params).await;
        assert_eq!(answer["error"]["data"]["error_code"], "GUARDRAIL_VIOLATION", "{method}: {answer}");
        assert_eq!(dirty.asked(method).len(), 1);
        assert!(answer.get("result").is_none());
    }
    // What comes before a text that is withheld does not pass either, and other servers go on.
    let read = result(&mut raw, "resources/read", json!({"uri": "a://list"})).await;
    assert_eq!(read["contents"][0]["text"], "a");
}

#[tokio::test]
async fn what_the_registration_policy_keeps_away_is_not_listed_and_not_given() {
    let policy = json!({"enabled": true, "policy_name": "p", "block": ["keyword_detector"]});
    let script = Script::new(&json!({
        "capabilities": {"prompts": {}, "resources": {}},
        "answers": [
            {"method": "prompts/list", "result": {"prompts": [{"name": "good"}, {"name": "bad", "description": "exfiltrate"}]}},
            {"method": "resources/list", "result": {"resources": [
                {"uri": "a://good", "name": "g"}, {"uri": "a://bad", "name": "exfiltrate"},
            ]}},
            {"method": "resources/templates/list", "result": {"resourceTemplates": [{"uriTemplate": "t://{x}", "name": "exfiltrate"}]}},
            {"method": "prompts/get", "result": {"messages": []}},
            {"method": "resources/read", "result": {"contents": []}},
        ],
    }));
    let config = direct(Config::new()).server(script.server("s")).with("tool_guardrails_policy", policy);
    let mut raw = start(&config.keywords(&["exfiltrate"])).await;
    assert!(names(&mut raw).await.is_empty());
    assert_eq!(keys(&result(&mut raw, "prompts/list", json!({})).await["prompts"], "name"), ["s__good"]);
    assert_eq!(keys(&result(&mut raw, "resources/list", json!({})).await["resources"], "uri"), ["a://good"]);
    let templates = result(&mut raw, "resources/templates/list", json!({})).await;
    assert_eq!(templates["resourceTemplates"], json!([]));
    for (method, params) in [
        ("prompts/get", json!({"name": "s__bad"})),
        ("resources/read", json!({"uri": "a://bad"})),
        ("resources/read", json!({"uri": "t://1"})),
    ] {
        let answer = ask(&mut raw, method, params).await;
        assert_eq!(answer["error"]["data"]["error_code"], "TOOL_BLOCKED", "{answer}");
        assert!(script.asked(method).is_empty());
    }
    assert_eq!(result(&mut raw, "prompts/get", json!({"name": "s__good"})).await, json!({"messages": []}));
}

#[tokio::test]
async fn in_gateway_mode_there_are_none() {
    let script = offering("a");
    let mut raw =
        Raw::initialized(Gateway::prepare(&Config::new().server(script.server("one")).text())).await;
    for method in ["prompts/list", "resources/list", "prompts/get", "resources/read", "completion/complete"] {
        assert_eq!(ask(&mut raw, method, json!({})).await["error"]["code"], -32601, "{method}");
    }
    assert!(script.asked("initialize").is_empty());
}

#[tokio::test]
async fn a_server_that_changes_what_it_has_is_asked_again_and_the_client_told() {
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    let script = |tools: Value, prompts: Value| {
        json!({
            "capabilities": {"tools": {"listChanged": true}, "prompts": {"listChanged": true}},
            "answers": [
                {"method": "tools/list", "result": {"tools": tools}},
                {"method": "prompts/list", "result": {"prompts": prompts}},
                {"method": "tools/call", "params": {"name": "same"}, "result": {"content": []}, "after": [
                    {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"},
                ]},
                {"method": "tools/call", "result": {"content": []}, "after": [
                    {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"},
                    {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"},
                ]},
            ],
        })
    };
    let server = Script::new(&script(json!([tool("change"), tool("same")]), json!([{"name": "p"}])));
    let mut raw = start(&direct(Config::new().server(server.server("s")))).await;
    assert_eq!(names(&mut raw).await, ["s__change", "s__same"]);
    assert_eq!(keys(&result(&mut raw, "prompts/list", json!({})).await["prompts"], "name"), ["s__p"]);
    // A change that changes nothing is nobody's news.
    super::call(&mut raw, "s__same", json!({})).await;
    eventually("the prompts are read again", || server.asked("prompts/list").len() == 2);
    server.rewrite(&script(json!([tool("change"), tool("new")]), json!([{"name": "q"}])));
    super::call(&mut raw, "s__change", json!({})).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let notice = raw.receive().await;
        told.push(notice["method"].as_str().expect("a notice").to_owned());
    }
    told.sort();
    assert_eq!(told, ["notifications/prompts/list_changed", "notifications/tools/list_changed"]);
    assert_eq!(names(&mut raw).await, ["s__change", "s__new"]);
    assert_eq!(keys(&result(&mut raw, "prompts/list", json!({})).await["prompts"], "name"), ["s__q"]);
}

#[tokio::test]
async fn what_changed_before_the_first_list_is_in_it() {
    let script = |name: &str| {
        let tools = json!([{"name": "change", "inputSchema": {"type": "object"}}, {"name": name}]);
        let changed =
            |what: &str| json!({"jsonrpc": "2.0", "method": format!("notifications/{what}/list_changed")});
        json!({
            "capabilities": {"tools": {"listChanged": true}, "prompts": {"listChanged": true}},
            "answers": [
                {"method": "tools/list", "result": {"tools": tools}},
                {"method": "prompts/list", "result": {"prompts": [{"name": name}]}},
                {"method": "tools/call", "result": {"content": []}, "before": [changed("tools"), changed("prompts")]},
            ],
        })
    };
    let server = Script::new(&script("old"));
    let mut raw = start(&direct(Config::new().server(server.server("s")))).await;
    eventually("the lists are read in the background", || {
        !server.asked("tools/list").is_empty() && !server.asked("prompts/list").is_empty()
    });
    server.rewrite(&script("new"));
    super::call(&mut raw, "s__change", json!({})).await;
    // The change is heard beside the answer: whoever lists before that is told.
    while names(&mut raw).await != ["s__change", "s__new"] {
        raw.receive().await;
    }
    while keys(&result(&mut raw, "prompts/list", json!({})).await["prompts"], "name") != ["s__new"] {
        raw.receive().await;
    }
}

#[tokio::test]
async fn a_server_of_the_newer_revision_tells_of_its_changes_too() {
    let server = json!({
        "server_name": "s", "protocol": "modern", "config": {"command": server_binary("conformance_mcp"), "args": []},
    });
    let mut raw = start(&direct(Config::new().server(server))).await;
    let before = names(&mut raw).await;
    super::call(&mut raw, "s__test_trigger_tool_change", json!({})).await;
    loop {
        if raw.receive().await["method"] == "notifications/tools/list_changed" {
            break;
        }
    }
    assert_eq!(names(&mut raw).await.len(), before.len() + 1);
}
