//! Changes that remote servers of the newer revision tell of, on the stream that the gateway keeps open for them.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::remote_mcp::{Act, RemoteMcp, acknowledged, listened};
use crate::support::{Config, Front, Gateway, KEY, Raw, eventually, eventually_async, server_binary};

const LISTEN: &str = "subscriptions/listen";

fn config(server: &RemoteMcp) -> Config {
    let far = json!({
        "server_name": "far", "protocol": "modern", "config": {"url": server.url("/mcp"), "allow_private": true},
        "tool_guardrails_policy": {"enabled": true, "policy_name": "test", "block": ["keyword_detector"]},
    });
    Config::new()
        .keywords(&["poison"])
        .server(far)
        .common("tool_exposure", json!("direct"))
        .common("direct_prefix", json!(false))
}

fn tool(name: &str) -> Value {
    json!({"name": name, "inputSchema": {"type": "object"}})
}

fn changed() -> String {
    listened("tools/list_changed", &json!({}))
}

async fn start(server: &RemoteMcp) -> Raw {
    server.set_tools(json!([tool("one")]));
    let mut raw = Raw::initialized(Gateway::prepare(&config(server).text())).await;
    assert_eq!(names(&mut raw).await, ["one"]);
    raw
}

async fn names(raw: &mut Raw) -> Vec<String> {
    raw.send(&json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"})).await;
    let answer = raw.receive().await;
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

async fn told(raw: &mut Raw) {
    let notice = raw.receive().await;
    assert_eq!(notice, json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}));
}

#[tokio::test]
async fn a_change_is_heard_checked_and_passed_on_if_it_is_one() {
    let server = RemoteMcp::start();
    server.act(LISTEN, Act::Events(acknowledged(), true));
    let mut raw = start(&server).await;
    eventually("the gateway listens", || server.open_streams() == 1);
    let asked = &server.messages(LISTEN)[0];
    assert_eq!(asked.header("mcp-method"), Some(LISTEN));
    assert_eq!(asked.header("mcp-protocol-version"), Some("2026-07-28"));
    let message: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(message["params"]["notifications"], json!({"toolsListChanged": true}), "{message}");
    // A change that changes nothing is nobody's news.
    let lists = server.messages("tools/list").len();
    server.tell(&changed());
    eventually("the tools are read again", || server.messages("tools/list").len() > lists);
    server.set_tools(json!([tool("one"), tool("two"), tool("poison")]));
    server.tell(&changed());
    told(&mut raw).await;
    assert_eq!(names(&mut raw).await, ["one", "two"], "what is new is judged like what was there");
    assert_eq!(server.messages(LISTEN).len(), 1, "one stream for the session");
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success());
    eventually("the stream has ended with its session", || server.open_streams() == 0);
}

#[tokio::test]
async fn what_changed_while_nobody_listened_is_found_out() {
    let server = RemoteMcp::start();
    server.act(LISTEN, Act::Events(acknowledged(), true));
    let mut raw = start(&server).await;
    eventually("the gateway listens", || server.open_streams() == 1);
    server.cut_open();
    server.set_tools(json!([tool("two")]));
    told(&mut raw).await;
    assert_eq!(names(&mut raw).await, ["two"]);
    eventually("the gateway listens again", || server.open_streams() == 1);
    let id = |n: usize| -> Value {
        serde_json::from_slice::<Value>(&server.messages(LISTEN)[n].body).expect("JSON")["id"].take()
    };
    assert_ne!(id(0), id(1), "a new request");
}

/// Calls are answered, and the gateway ends, whatever is on the stream.
async fn goes_on(mut raw: Raw, of: &str) {
    let call = json!({"name": "one", "arguments": {"message": "hi"}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call})).await;
    let mut answer = raw.receive().await;
    while answer["id"] != 7 {
        answer = raw.receive().await;
    }
    assert_eq!(answer["result"]["content"][0]["text"], "hi", "{of}: {answer}");
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success(), "{of}");
}

fn quiet(raw: &Raw) {
    let log = raw.gateway.log();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn a_server_that_does_not_tell_is_left_alone() {
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}});
    let reply = |status, body: String| Act::Reply(status, "application/json", body, None);
    let refused = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"error\":{\"code\":-32601,\"message\":\"\"}}\n\n";
    let nothing = listened("subscriptions/acknowledged", &json!({"notifications": {}}));
    let alone = async |act: Act| {
        let server = RemoteMcp::start();
        server.act(LISTEN, act);
        let mut raw = start(&server).await;
        eventually_async("it was asked", async || server.messages(LISTEN).len() == 1).await;
        eventually_async("nothing is left open", async || server.open_streams() == 0).await;
        // Longer than the first pause.
        assert!(raw.receive_within(Duration::from_millis(1_500)).await.is_none());
        assert_eq!(server.messages(LISTEN).len(), 1);
        quiet(&raw);
        goes_on(raw, "refused").await;
    };
    let acts = [
        reply(404, error.to_string()),
        reply(405, String::new()),
        reply(401, String::new()),
        reply(200, error.to_string()),
        reply(202, String::new()),
        Act::Events(refused.to_owned(), true),
        Act::Events(nothing, true),
    ];
    join_all(acts.into_iter().map(alone)).await;
}

#[tokio::test]
async fn a_stream_that_comes_to_nothing_is_asked_for_again_with_pauses() {
    let other = acknowledged().replace("$ID", "12345");
    let again = async |act: Act| {
        let (server, of) = (RemoteMcp::start(), format!("{act:?}"));
        server.act(LISTEN, act);
        let raw = start(&server).await;
        // The pause after it is longer than the one before it.
        eventually_async("it was asked again", async || server.messages(LISTEN).len() == 3).await;
        let asked = server.times_of(LISTEN);
        assert!(asked[2] - asked[1] >= Duration::from_secs(2), "{of}");
        quiet(&raw);
        goes_on(raw, &of).await;
    };
    let acts = [
        Act::Events(String::new(), false),
        Act::Events(acknowledged(), false),
        Act::Events(other, false),
        Act::Events("data: {\n\ndata: []\n\n: \n\nevent: endpoint\ndata: /x\n\n".repeat(9), true),
        Act::Events(format!("data: {}\n\n", "x".repeat(200_000)), false),
        Act::Reply(503, "text/plain", String::new(), None),
    ];
    join_all(acts.into_iter().map(again)).await;
}

#[tokio::test]
async fn a_stream_without_end_keeps_nobody_from_anything() {
    let flooded = async |(first, rest): (String, String)| {
        let (server, of) = (RemoteMcp::start(), rest.chars().take(60).collect::<String>());
        server.act(LISTEN, Act::Flood(first, rest));
        let raw = start(&server).await;
        eventually_async("it was asked", async || !server.messages(LISTEN).is_empty()).await;
        quiet(&raw);
        goes_on(raw, &of).await;
    };
    let ack = acknowledged;
    let floods = [
        (ack(), changed()),
        (ack(), "data: {}\n\n".to_owned()),
        (ack(), ": nothing\n".to_owned()),
        (ack(), format!("data: {}\n", "x".repeat(9_000))),
        (String::new(), changed()),
        (String::new(), "data: ".to_owned()),
    ];
    join_all(floods.into_iter().map(flooded)).await;
}

#[tokio::test]
async fn a_stream_that_says_nothing_holds_nobody_up() {
    for act in [Act::Silent, Act::Events(String::new(), true), Act::Events(": \n\n".to_owned(), true)] {
        let server = RemoteMcp::start();
        server.act(LISTEN, act);
        let raw = start(&server).await;
        eventually("it was asked", || server.messages(LISTEN).len() == 1);
        goes_on(raw, "silence").await;
    }
}

#[tokio::test]
async fn a_gateway_tells_the_one_before_it() {
    let fixture =
        json!({"server_name": "fix", "config": {"command": server_binary("conformance_mcp"), "args": []}});
    let direct = |config: Config| {
        config.common("tool_exposure", json!("direct")).common("direct_prefix", json!(false))
    };
    let inner = Front::start(&direct(Config::new().server(fixture)));
    let url = format!("http://{}/mcp", inner.address);
    let headers = json!({"Authorization": format!("Bearer {KEY}")});
    let far = json!({
        "server_name": "far", "protocol": "modern", "config": {"url": url, "allow_private": true, "headers": headers},
    });
    let mut raw = Raw::initialized(Gateway::prepare(&direct(Config::new().server(far)).text())).await;
    let before = names(&mut raw).await;
    let call = json!({"name": "test_trigger_tool_change", "arguments": {}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call})).await;
    let (mut answered, mut told) = (false, false);
    while !(answered && told) {
        let message = raw.receive().await;
        answered |= message["id"] == 7;
        told |= message["method"] == "notifications/tools/list_changed";
    }
    assert_eq!(names(&mut raw).await.len(), before.len() + 1);
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success());
}

#[tokio::test]
async fn a_stream_keeps_no_place_that_its_session_has_left() {
    let (one, two) = (RemoteMcp::start(), RemoteMcp::start());
    for (server, name) in [(&one, "one"), (&two, "two")] {
        server.act(LISTEN, Act::Events(acknowledged(), true));
        server.set_tools(json!([tool(name)]));
    }
    let far = |server: &RemoteMcp, name: &str| json!({"server_name": name, "protocol": "modern", "config": {"url": server.url("/mcp"), "allow_private": true}});
    let config = Config::new().server(far(&one, "a")).server(far(&two, "b"));
    let config = config.common("tool_exposure", json!("direct")).common("max_sessions", json!(1));
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    for (name, open, closed) in [("a__one", &one, &two), ("b__two", &two, &one), ("a__one", &one, &two)] {
        eventually_async("its turn", async || {
            let call = json!({"name": name, "arguments": {"message": "hi"}});
            raw.send(&json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": call})).await;
            let mut answer = raw.receive().await;
            while answer["id"] != 9 {
                answer = raw.receive().await;
            }
            answer["result"]["content"][0]["text"] == "hi"
        })
        .await;
        eventually("one listens", || open.open_streams() == 1 && closed.open_streams() == 0);
    }
}
