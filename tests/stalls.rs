//! Remote servers that begin something and do not go on.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::remote_mcp::{Act, RemoteMcp};
use crate::support::{Config, Gateway, Raw, eventually_async};

/// Of protocols in which answers come as they are, and as streams.
fn config(server: &RemoteMcp, kind: &str) -> Config {
    let path = if kind == "sse" { "/sse" } else { "/mcp" };
    let protocol = if kind == "modern" { "modern" } else { "legacy" };
    let kind = if kind == "sse" { "sse" } else { "http" };
    let far = json!({"type": kind, "url": server.url(path), "allow_private": true});
    Config::new()
        .server(json!({"server_name": "far", "protocol": protocol, "config": far}))
        .timeout("tool_execution_timeout", 0.5)
}

async fn echo(gateway: &Gateway) -> Value {
    let reply = gateway.batch("far", json!([{"name": "echo", "args": {"message": "hi"}}])).await;
    reply.json["results"].get(0).unwrap_or(&reply.json).clone()
}

#[tokio::test]
async fn an_answer_that_stalls_is_waited_for_as_long_as_its_limit_says() {
    let stalled = async |(kind, act): (&str, Act)| {
        let (server, of) = (RemoteMcp::start(), format!("{kind} {act:?}"));
        let gateway = Gateway::start(&config(&server, kind)).await;
        assert_eq!(echo(&gateway).await["status"], "success", "{of}");
        server.act("tools/call", act);
        let answer = echo(&gateway).await;
        assert_eq!(answer["error_code"], "TIMEOUT", "{of}: {answer}");
        assert!(answer["hint"].as_str().expect("a hint").contains("tool_execution_timeout"), "{answer}");
        // Neither it nor what is left of it is in the way of the next.
        server.behave();
        assert_eq!(echo(&gateway).await["status"], "success", "{of}");
    };
    let begun = "data: {\"jsonrpc\":\"2.0\",";
    let mut cases = vec![("sse", Act::Silent)];
    for kind in ["legacy", "modern"] {
        cases.extend([
            (kind, Act::Silent),
            (kind, Act::Stuck("")),
            (kind, Act::Stuck("{\"jsonrpc\":\"2.0\",")),
            (kind, Act::Events(String::new(), true)),
            (kind, Act::Events(begun.to_owned(), true)),
            // Signs of life are no answer.
            (kind, Act::Flood(String::new(), ": alive\n\n".to_owned())),
        ]);
    }
    join_all(cases.into_iter().map(stalled)).await;
}

#[tokio::test]
async fn a_stream_of_no_messages_ends_by_time_or_by_their_number() {
    for kind in ["legacy", "modern"] {
        let server = RemoteMcp::start();
        let gateway = Gateway::start(&config(&server, kind)).await;
        assert_eq!(echo(&gateway).await["status"], "success", "{kind}");
        server.act("tools/call", Act::Flood(String::new(), "data: {}\n\n".to_owned()));
        let answer = echo(&gateway).await;
        let code = answer["error_code"].as_str().expect("a code");
        assert!(["TIMEOUT", "SERVER_PROTOCOL"].contains(&code), "{kind}: {answer}");
        server.behave();
        assert_eq!(echo(&gateway).await["status"], "success", "{kind}");
    }
}

#[tokio::test]
async fn a_stream_that_goes_on_after_its_answer_holds_nobody_up() {
    let result = json!({"content": [{"type": "text", "text": "hi"}]}).to_string();
    let answer = format!("data: {{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{result}}}\n\n");
    for act in [Act::Events(answer.clone(), true), Act::Flood(answer, ": more\n\n".to_owned())] {
        let server = RemoteMcp::start();
        let gateway = Gateway::start(&config(&server, "legacy")).await;
        server.act("tools/call", act);
        for _ in 0..3 {
            assert_eq!(echo(&gateway).await["response"], "hi");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_has_its_limit() {
    let stalled = async |(kind, method): (&str, &'static str)| {
        let server = RemoteMcp::start();
        let config = config(&server, kind).timeout("default_timeout", 0.5).timeout("discovery_timeout", 0.5);
        let gateway = Gateway::start(&config.with("tools", json!({"echo": "Repeats."}))).await;
        server.act(method, Act::Stuck("{"));
        let answer = echo(&gateway).await;
        assert_eq!(answer["error_code"], "TIMEOUT", "{kind} {method}: {answer}");
        server.behave();
        assert_eq!(echo(&gateway).await["status"], "success", "{kind} {method}");
    };
    let cases = vec![
        ("legacy", "initialize"),
        ("legacy", "notifications/initialized"),
        ("modern", "server/discover"),
    ];
    join_all(cases.into_iter().map(stalled)).await;
}

#[tokio::test]
async fn what_nobody_waits_for_may_stall() {
    let server = RemoteMcp::start();
    let mut raw = Raw::initialized(Gateway::prepare(&config(&server, "legacy").text())).await;
    for method in ["tools/call", "notifications/cancelled", "DELETE"] {
        server.act(method, Act::Silent);
    }
    raw.send_batch(1, "far", json!([{"name": "echo", "args": {"message": "hi"}}])).await;
    let answer = raw.receive().await;
    assert!(answer.to_string().contains("TIMEOUT"), "{answer}");
    eventually_async("the server is told", async || !server.messages("notifications/cancelled").is_empty())
        .await;
    raw.close();
    let (status, _) = raw.ended().await;
    assert!(status.success());
}
