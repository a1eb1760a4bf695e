//! Servers that are reached over HTTP, from configuration to answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::http::{Answer, Http};
use crate::support::remote_mcp::{Act, RemoteMcp};
use crate::support::{Config, DISCOVER, Gateway, INFO, KEY, LIST, Raw, Reply, eventually, whole_log};

const SECRET: &str = "canary-remote-4be1d2c7";

fn at(url: &str) -> Config {
    Config::new().server(json!({"server_name": "far", "config": {"url": url, "allow_private": true}}))
}

fn old(server: &RemoteMcp) -> Config {
    at(&server.url("/sse")).edit(|config| remote(config)["type"] = json!("sse"))
}

fn remote(config: &mut Value) -> &mut Value {
    &mut config["mcp_configs"]["config-1"]["mcp_config"][0]["config"]
}

async fn echo(gateway: &Gateway, message: &str) -> Reply {
    gateway.batch("far", json!([{"name": "echo", "args": {"message": message}}])).await
}

/// The code of a batch's first failure, wherever it stands, and the whole answer as text.
fn code(reply: &Reply) -> (String, String) {
    let first = reply.json["results"].get(0).map_or(&reply.json, |result| result);
    (first["error_code"].as_str().unwrap_or_default().to_owned(), reply.json.to_string())
}

#[tokio::test]
async fn both_transports_list_and_call() {
    for (name, server, old_transport) in [
        ("json", RemoteMcp::start(), false),
        ("events", RemoteMcp::start().with_events(), false),
        ("sse", RemoteMcp::start(), true),
    ] {
        let config = if old_transport { old(&server) } else { at(&server.url("/mcp")) };
        let gateway = Gateway::start(&config).await;
        let found = gateway.call(DISCOVER, json!({"server_name": "far"})).await.json;
        assert_eq!(found["tools"]["tools"][0]["x-vendor"], json!([1]), "{name}: {found}");
        let reply = echo(&gateway, "grüße\n").await;
        assert_eq!(reply.response(), "grüße\n", "{name}");
    }
}

#[tokio::test]
async fn a_session_is_kept_told_and_ended() {
    let server = RemoteMcp::start();
    let mut gateway =
        Gateway::start(&at(&server.url("/mcp")).with("tools", json!({"echo": "Repeats."}))).await;
    let calls =
        json!([{"name": "echo", "args": {"message": "1"}}, {"name": "echo", "args": {"message": "2"}}]);
    assert_eq!(gateway.batch("far", calls).await.statuses(), ["success", "success"]);
    let calls = server.messages("tools/call");
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert!(call.header("mcp-session-id").is_some_and(|id| id.starts_with("session-")));
        assert_eq!(call.header("mcp-protocol-version"), Some("2025-06-18"));
        assert_eq!(call.header("accept"), Some("application/json, text/event-stream"));
        assert_eq!(call.header("mcp-method"), None, "headers of a later version");
        assert_eq!(call.header("mcp-param-message"), None);
    }
    let first = &server.messages("initialize")[0];
    assert_eq!((first.header("mcp-session-id"), first.header("mcp-protocol-version")), (None, None));
    gateway.leave().await.wait().await.expect("an end");
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_session_that_is_just_beginning_at_the_end_is_ended_too() {
    let server = RemoteMcp::start();
    server.delay("initialize", Duration::from_millis(60));
    let mut gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    assert_eq!(echo(&gateway, "x").await.statuses(), ["success"]);
    // The session for the next batch, which is opened in advance.
    crate::support::eventually_async("another session", async || server.messages("initialize").len() == 2)
        .await;
    gateway.leave().await.wait().await.expect("an end");
    assert_eq!((server.times("DELETE").len(), server.open_sessions()), (2, 0));
}

#[tokio::test]
async fn only_the_configured_headers_are_sent() {
    let server = RemoteMcp::start();
    let config = at(&server.url("/mcp")).edit(|config| {
        remote(config)["headers"] = json!({"Authorization": "Bearer ${env:FAR_TOKEN}", "X-Team": "blue"});
    });
    let gateway = Gateway::prepare(&config.text()).env("FAR_TOKEN", Some(SECRET)).connect().await;
    assert_eq!(echo(&gateway, "x").await.statuses(), ["success"]);
    let authorization = format!("Bearer {SECRET}");
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some(authorization.as_str()));
        assert_eq!(request.header("x-team"), Some("blue"));
        let all = format!("{:?}{}", request.headers, String::from_utf8_lossy(&request.body));
        assert!(!all.contains(KEY), "the caller's key went to a server: {all}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_unless_they_are_allowed() {
    let server = RemoteMcp::start();
    let port = server.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "0.0.0.0"] {
        for (path, kind) in [("mcp", "http"), ("sse", "sse")] {
            let config = at(&format!("http://{host}:{port}/{path}")).edit(|config| {
                remote(config)["allow_private"] = json!(false);
                remote(config)["type"] = json!(kind);
            });
            let gateway = Gateway::start(&config).await;
            let (code, text) = code(&echo(&gateway, "x").await);
            assert_eq!(code, "SERVER_START_FAILED", "{host}: {text}");
            assert!(text.contains("private address") && text.contains("allow_private"), "{host}: {text}");
        }
    }
    assert!(server.requests().is_empty());
    let gateway = Gateway::start(&at(&format!("http://localhost:{port}/mcp"))).await;
    assert_eq!(echo(&gateway, "x").await.statuses(), ["success"]);
}

#[tokio::test]
async fn redirects_stay_within_the_origin() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/moved"))).await;
    let moved = gateway.call(DISCOVER, json!({"server_name": "far"})).await;
    assert!(!moved.is_error, "{}", moved.json);
    let elsewhere = Http::start(Answer::status(200));
    for (status, to) in [
        (307, elsewhere.url()),
        (308, format!("http://localhost:{}/mcp", server.port())),
        (302, server.url("/mcp")),
        (307, server.url("/loop")),
        (307, String::new()),
    ] {
        server.act("initialize", Act::Reply(status, "text/plain", String::new(), Some(to.clone())));
        let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
        let (code, text) = code(&echo(&gateway, "x").await);
        assert_eq!(code, "SERVER_START_FAILED", "{status} {to}: {text}");
    }
    assert_eq!(elsewhere.count(), 0, "nobody else is told anything");
}

#[tokio::test]
async fn statuses_are_explained_and_bodies_are_not_shown() {
    let server = RemoteMcp::start();
    let config = at(&server.url("/mcp")).edit(|config| {
        remote(config)["headers"] = json!({"Authorization": format!("Bearer {SECRET}")});
    });
    let gateway = Gateway::start(&config).await;
    for (status, hint) in [
        (401, "`headers`"),
        (403, "`headers`"),
        (404, "path"),
        (405, "`\"type\": \"sse\"`"),
        (429, "wait"),
        (500, "later"),
        (503, "later"),
        (418, ""),
    ] {
        let body = format!("<h1>page-body</h1> {SECRET}");
        server.act("initialize", Act::Reply(status, "text/html", body, None));
        let reply = echo(&gateway, "x").await;
        let (code, text) = code(&reply);
        assert_eq!(code, "SERVER_START_FAILED", "{text}");
        assert!(text.contains(&status.to_string()), "{text}");
        assert!(reply.json["hint"].as_str().unwrap_or_default().contains(hint), "{status}: {text}");
        assert!(!text.contains("page-body") && !text.contains(SECRET), "{text}");
    }
    let said =
        json!({"jsonrpc": "2.0", "id": null, "error": {"code": -1, "message": format!("no {SECRET} here")}});
    server.act("initialize", Act::Reply(400, "application/json", said.to_string(), None));
    let (_, text) = code(&echo(&gateway, "x").await);
    assert!(text.contains("no **** here"), "{text}");
}

/// The address of something that answers every connection with plain text.
fn speaks_no_tls() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
            open.push(stream);
        }
    });
    address
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_in_words() {
    let closed =
        std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|port| port.local_addr()).expect("a port");
    let plain = RemoteMcp::start();
    for (url, words) in [
        (format!("http://{closed}/mcp"), "no connection"),
        ("http://no-such-host.invalid/mcp".to_owned(), "has no address"),
        (format!("https://{}/mcp", speaks_no_tls()), "no secure connection"),
        (plain.url("/nowhere"), "status 404"),
    ] {
        for kind in ["http", "sse"] {
            let gateway = Gateway::start(&at(&url).edit(|config| remote(config)["type"] = json!(kind))).await;
            let (code, text) = code(&echo(&gateway, "x").await);
            assert_eq!(code, "SERVER_START_FAILED", "{url} {kind}: {text}");
            assert!(text.contains(words), "{url} {kind}: {text}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_will_not_come_fails_its_call_at_once() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    let text = |status, kind, body: &str| Act::Reply(status, kind, body.to_owned(), None);
    for (act, expected) in [
        (Act::Broken, "SERVER_CLOSED"),
        (text(202, "text/plain", ""), "SERVER_PROTOCOL"),
        (text(200, "text/html", "<html>"), "SERVER_PROTOCOL"),
        (text(200, "application/json\r\nContent-Encoding: gzip", "packed"), "SERVER_PROTOCOL"),
        (text(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{}}"), "SERVER_PROTOCOL"),
        (text(200, "application/json", "{\"jsonrpc\":"), "SERVER_PROTOCOL"),
        (text(200, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n"), "SERVER_CLOSED"),
        (text(429, "text/plain", ""), "SERVER_CLOSED"),
        (text(500, "application/json", "{}"), "SERVER_CLOSED"),
    ] {
        let packed = matches!(&act, Act::Reply(_, kind, ..) if kind.contains("gzip"));
        server.act("tools/call", act);
        let (code, text) = code(&echo(&gateway, "x").await);
        assert_eq!(code, expected, "{text}");
        assert!(text.contains("compressed") == packed, "{text}");
    }
    server.behave();
    assert_eq!(echo(&gateway, "x").await.statuses(), ["success"]);
}

#[tokio::test]
async fn an_error_for_the_request_is_one_whatever_its_status() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32600, "message": "not today"}});
    server.act("tools/call", Act::Reply(400, "application/json", error.to_string(), None));
    // Ids count up from the handshake's; the session's first call has the one after it, or after a listing.
    let (code, text) = code(&echo(&gateway, "x").await);
    assert!(code == "TOOL_FAILED" || code == "SERVER_CLOSED", "{text}");
    assert!(text.contains("not today"), "{text}");
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_again_when_the_server_says() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    server.act("tools/call", Act::Resumed { retry: 300 });
    assert_eq!(echo(&gateway, "later").await.response(), "later");
    let resumed: Vec<_> =
        server.requests().into_iter().filter(|request| request.header("last-event-id").is_some()).collect();
    assert_eq!(resumed.len(), 1);
    let (posts, gets) = (server.times("POST"), server.times("GET"));
    let called = posts.last().expect("a call");
    let waited = gets.last().expect("a stream").duration_since(*called);
    assert!(waited >= Duration::from_millis(300), "{waited:?}");
}

#[tokio::test]
async fn what_is_too_long_fails_its_call_only() {
    for server in [RemoteMcp::start(), RemoteMcp::start().with_events()] {
        let gateway =
            Gateway::start(&at(&server.url("/mcp")).common("max_result_bytes", json!(50_000))).await;
        server.act("tools/call", Act::Huge(1_000_000));
        let (code, text) = code(&echo(&gateway, "x").await);
        assert_eq!(code, "LIMIT_EXCEEDED", "{text}");
        server.act("tools/call", Act::Huge(40_000));
        assert_eq!(echo(&gateway, "x").await.response().len(), 40_000);
    }
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&old(&server).common("max_result_bytes", json!(50_000))).await;
    server.act("tools/call", Act::Huge(1_000_000));
    let (code, text) = code(&echo(&gateway, "x").await);
    assert_eq!(code, "LIMIT_EXCEEDED", "{text}");
}

#[tokio::test]
async fn a_lost_session_is_said_and_replaced() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    let sleepy = json!([{"name": "sleep", "args": {"ms": 300}}, {"name": "echo", "args": {"message": "x"}}]);
    let (reply, ()) = tokio::join!(gateway.batch("far", sleepy), async {
        let asked = || !server.messages("tools/call").is_empty();
        crate::support::eventually_async("the first call", async || asked()).await;
        server.forget_sessions();
    });
    let text = reply.json.to_string();
    assert_eq!(reply.statuses(), ["success", "error"], "{text}");
    assert_eq!(reply.results()[1]["error_code"], "SERVER_CLOSED", "{text}");
    assert!(text.contains("no longer knows the session"), "{text}");
    assert_eq!(echo(&gateway, "again").await.response(), "again");
}

#[tokio::test]
async fn a_kept_session_is_one_and_is_replaced_when_it_is_lost() {
    let server = RemoteMcp::start().with_events();
    let gateway = Gateway::start(&at(&server.url("/mcp")).with("session_mode", json!("keep"))).await;
    for message in ["1", "2", "3"] {
        assert_eq!(echo(&gateway, message).await.response(), message);
    }
    assert_eq!(server.messages("initialize").len(), 1);
    // What concerns one answer alone ends no session.
    server.act("tools/call", Act::Reply(429, "text/plain", String::new(), None));
    assert_eq!(code(&echo(&gateway, "x").await).0, "SERVER_CLOSED");
    server.behave();
    assert_eq!(echo(&gateway, "4").await.response(), "4");
    assert_eq!(server.messages("initialize").len(), 1);
    server.forget_sessions();
    assert_eq!(echo(&gateway, "5").await.response(), "5");
    assert_eq!(server.messages("initialize").len(), 2);
}

#[tokio::test]
async fn a_session_that_waited_and_was_forgotten_is_replaced_unseen() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    assert_eq!(echo(&gateway, "1").await.response(), "1");
    let opened = || server.messages("notifications/initialized").len() >= 2;
    crate::support::eventually_async("a session that waits", async || opened()).await;
    server.forget_sessions();
    assert_eq!(echo(&gateway, "2").await.response(), "2");
}

#[tokio::test]
async fn an_old_servers_stream_is_its_session() {
    let server = RemoteMcp::start();
    let gateway = Gateway::start(&old(&server)).await;
    server.act("tools/call", Act::Silent);
    let (reply, ()) = tokio::join!(echo(&gateway, "x"), async {
        let asked = || !server.messages("tools/call").is_empty();
        crate::support::eventually_async("the call", async || asked()).await;
        server.cut_streams();
    });
    let (code, text) = code(&reply);
    assert_eq!(code, "SERVER_CLOSED", "{text}");
    assert!(text.contains("broke off"), "{text}");
    server.behave();
    assert_eq!(echo(&gateway, "again").await.response(), "again");
    server.act("endpoint", Act::Reply(0, "", String::new(), None));
    let reply = Gateway::start(&old(&server)).await.call(DISCOVER, json!({"server_name": "far"})).await;
    assert!(reply.json.to_string().contains("another origin"), "{}", reply.json);
}

#[tokio::test]
async fn a_slow_answer_has_a_limit_and_the_server_is_told() {
    for old_transport in [false, true] {
        let server = RemoteMcp::start();
        let config = if old_transport { old(&server) } else { at(&server.url("/mcp")) };
        let gateway = Gateway::start(&config.timeout("tool_execution_timeout", 0.5)).await;
        server.act("tools/call", Act::Silent);
        let (code, text) = code(&echo(&gateway, "x").await);
        assert_eq!(code, "TIMEOUT", "{text}");
        eventually("the cancellation", || server.messages("notifications/cancelled").len() == 1);
    }
}

#[tokio::test]
async fn batches_run_side_by_side() {
    let server = RemoteMcp::start().with_events();
    let mut gateway = Gateway::start(&at(&server.url("/mcp"))).await;
    let calls = (0..40).map(|n| {
        let gateway = &gateway;
        async move {
            let text = format!("message {n}");
            let calls = json!([
                {"name": "sleep", "args": {"ms": 20}}, {"name": "echo", "args": {"message": text}},
            ]);
            let reply = gateway.batch("far", calls).await;
            assert_eq!(reply.results()[1]["response"], json!(text), "{}", reply.json);
        }
    });
    futures_util::future::join_all(calls).await;
    gateway.leave().await.wait().await.expect("an end");
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn sessions_have_their_places() {
    let server = RemoteMcp::start();
    let config = at(&server.url("/mcp"))
        .common("max_sessions", json!(1))
        .with("tools", json!({"echo": "E", "sleep": "S"}));
    let gateway = Gateway::start(&config).await;
    let sleepy = gateway.batch("far", json!([{"name": "sleep", "args": {"ms": 800}}]));
    let (_, reply) = tokio::join!(sleepy, async {
        let asked = || !server.messages("tools/call").is_empty();
        crate::support::eventually_async("the first call", async || asked()).await;
        echo(&gateway, "x").await
    });
    let (code, text) = code(&reply);
    assert_eq!(code, "LIMIT_EXCEEDED", "{text}");
    assert_eq!(echo(&gateway, "x").await.statuses(), ["success"]);
}

#[tokio::test]
async fn secrets_of_an_address_are_never_shown() {
    let server = RemoteMcp::start();
    let config = at(&server.url(&format!("/mcp?key={SECRET}"))).edit(|config| {
        remote(config)["headers"] = json!({"X-Key": SECRET});
        config["common_mcp_gateway_config"]["enkrypt_log_level"] = json!("TRACE");
    });
    let gateway = Gateway::start(&config).await;
    let mut shown = String::new();
    for (tool, arguments) in [(LIST, json!({})), (INFO, json!({"server_name": "far"}))] {
        shown += &gateway.call(tool, arguments).await.json.to_string();
    }
    assert!(shown.contains("/mcp?key=****") && shown.contains("X-Key"), "{shown}");
    let echoed = echo(&gateway, "x").await;
    assert_eq!(echoed.statuses(), ["success"]);
    for act in [Act::Broken, Act::Reply(401, "text/plain", SECRET.to_owned(), None)] {
        server.act("initialize", act);
        shown += &echo(&gateway, "x").await.json.to_string();
    }
    let (exit, out, err) = gateway.run(&["config", "check"]).await;
    assert_eq!(exit, 0, "{err}");
    shown = shown + &out + &err;
    shown += &whole_log(&gateway).await;
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn a_gateway_that_is_left_in_the_midst_of_a_call_ends_in_time() {
    let server = RemoteMcp::start();
    let mut raw = Raw::initialized(Gateway::prepare(&at(&server.url("/mcp")).text())).await;
    server.act("tools/call", Act::Silent);
    raw.send_batch(1, "far", json!([{"name": "echo", "args": {"message": "x"}}])).await;
    eventually("the call", || !server.messages("tools/call").is_empty());
    raw.close();
    let (status, took) = raw.ended().await;
    assert!(status.success() && took < Duration::from_secs(4), "{status} {took:?}");
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_server_of_the_newer_revision_is_told_in_headers() {
    let server = RemoteMcp::start().with_events();
    let gateway = Gateway::start(&at(&server.url("/mcp")).with("protocol", json!("modern"))).await;
    assert_eq!(echo(&gateway, "süß").await.response(), "süß");
    let call = &server.messages("tools/call")[0];
    assert_eq!(call.header("mcp-param-message"), Some("=?base64?c8O8w58=?="));
    let found = gateway.call(DISCOVER, json!({"server_name": "far"})).await.json;
    assert_eq!(found["tools"]["tools"].as_array().map(Vec::len), Some(2), "{found}");
    assert!(server.messages("initialize").is_empty() && server.times("GET").is_empty());
    for (method, name) in [("server/discover", None), ("tools/list", None), ("tools/call", Some("echo"))] {
        let request = &server.messages(method)[0];
        assert_eq!(request.header("mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!(request.header("mcp-method"), Some(method));
        assert_eq!(request.header("mcp-name"), name);
        assert_eq!(request.header("mcp-session-id"), None);
    }
}

#[tokio::test]
async fn a_call_of_the_newer_revision_is_cancelled_by_closing_its_stream() {
    let server = RemoteMcp::start();
    let config =
        at(&server.url("/mcp")).with("protocol", json!("modern")).timeout("tool_execution_timeout", 0.5);
    let gateway = Gateway::start(&config).await;
    server.act("tools/call", Act::Silent);
    let (code, text) = code(&echo(&gateway, "x").await);
    assert_eq!(code, "TIMEOUT", "{text}");
    eventually("the stream is closed", || server.left() == 1);
    assert!(server.messages("notifications/cancelled").is_empty());
}
