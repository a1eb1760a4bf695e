//! The gateway over streamable HTTP, from the status line on.

use serde_json::{Value, json};

use crate::support::{Ask, CACHE_STATUS, Config, Front, Gateway, KEY, LIST, METRICS, SECURE_CALL};

/// Many at once.
mod crowd;
/// The end of the process, and its certificate.
mod ends;
/// Who is let in.
mod entrance;
/// The revision without sessions.
mod modern;
/// Pages in a browser.
mod pages;
/// What is said before an answer.
mod streams;

fn call(id: u64, tool: &str, arguments: &Value) -> Ask {
    Ask::request(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
}

/// Waits until a server works on a call.
async fn begun(front: &Front, session: &str) {
    let metrics = call(99, METRICS, &json!({})).known().session(session);
    crate::support::eventually_async("it has begun", async || {
        let told = front.send(&metrics).await.json();
        let text = told["result"]["content"][0]["text"].as_str().expect("text");
        let shown: Value = serde_json::from_str(text).expect("JSON");
        let active = shown["active_operations"].as_object().expect("an object");
        active.keys().any(|id| id.starts_with("tool_execution_"))
    })
    .await;
}

#[tokio::test]
async fn a_session_is_opened_used_and_ended() {
    let front = Front::start(&Config::new().lab(&[]));
    let told = front.send(&Ask::initialize().known()).await;
    assert_eq!((told.status, told.header("content-type")), (200, Some("application/json")));
    assert_eq!(told.json()["result"]["protocolVersion"], "2025-11-25");
    let session = told.header("mcp-session-id").expect("a session").to_owned();
    assert!(session.len() >= 22 && session.bytes().all(|byte| byte.is_ascii_graphic()), "{session}");
    let mut wire = front.wire().await;
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    wire.write(&Ask::post(&initialized).known().session(&session)).await;
    assert_eq!(wire.answer().await.status, 202);
    for path in ["/mcp", "/mcp/"] {
        wire.write(&Ask::request(1, "tools/list", &json!({})).path(path).known().session(&session)).await;
        let told = wire.answer().await;
        assert_eq!(told.json()["result"]["tools"].as_array().map(Vec::len), Some(7), "{told:?}");
    }
    let calls = json!([{"name": "echo", "args": {"message": "over HTTP"}}]);
    let batch = call(2, SECURE_CALL, &json!({"server_name": "lab", "tool_calls": calls}));
    wire.write(&batch.known().session(&session)).await;
    let told = wire.answer().await.json();
    assert_eq!((&told["id"], &told["result"]["isError"]), (&json!(2), &json!(false)), "{told}");
    assert!(told["result"]["content"][0]["text"].as_str().expect("text").contains("over HTTP"));
    wire.write(&Ask::request(3, "no/such/method", &json!({})).known().session(&session)).await;
    let told = wire.answer().await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (200, &json!(-32_601)));
    let end = Ask::new("DELETE", "/mcp").header("MCP-Protocol-Version", "2025-11-25");
    wire.write(&end.known().session(&session)).await;
    assert_eq!(wire.answer().await.status, 204);
    wire.write(&Ask::request(4, "tools/list", &json!({})).known().session(&session)).await;
    assert_eq!(wire.answer().await.status, 404);
}

#[tokio::test]
async fn a_session_belongs_to_its_key() {
    let other = "test-key-other-77aa55cc";
    let config = Config::new().edit(|config| {
        config["apikeys"][other] = config["apikeys"][KEY].clone();
    });
    let front = Front::start(&config);
    let session = front.session(KEY).await;
    let list = Ask::request(1, "tools/list", &json!({}));
    let mine = front.send(&list.clone().known().session(&session)).await;
    let foreign = front.send(&list.clone().key(other).session(&session)).await;
    let unknown = front.send(&list.clone().key(other).session("no-such-session")).await;
    assert_eq!((mine.status, foreign.status, unknown.status), (200, 404, 404));
    assert_eq!(foreign.json()["error"]["message"], unknown.json()["error"]["message"]);
    for ask in [Ask::new("DELETE", "/mcp"), Ask::new("GET", "/mcp").header("Accept", "text/event-stream")] {
        assert_eq!(front.send(&ask.key(other).session(&session)).await.status, 404);
    }
    assert_eq!(front.send(&list.known().session(&session)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_request_of_a_session_is_refused_with_the_status_for_it() {
    let front = Front::start(&Config::new());
    let session = front.session(KEY).await;
    let list = || Ask::request(1, "tools/list", &json!({})).known();
    for (ask, status) in [
        (list(), 400),
        (list().session(&session).session(&session), 400),
        (list().session(&session).header("MCP-Protocol-Version", "1999-01-01"), 400),
        (list().session(&session).header("MCP-Protocol-Version", "2025-06-18"), 200),
        (list().session(&session).without("Content-Type"), 415),
        (list().session(&session).set("Content-Type", "text/plain"), 415),
        (list().session(&session).set("Accept", "text/html"), 406),
        (list().session(&session).set("Accept", "application/json"), 406),
        (list().session(&session).set("Accept", "*/*"), 200),
        (list().session(&session).without("Accept"), 200),
        (list().session(&session).body(b"{oops"), 400),
        (list().session(&session).body(b""), 400),
        (list().session(&session).body(b"[]"), 400),
        (Ask::new("GET", "/mcp").known().session(&session).header("Accept", "application/json"), 406),
        (Ask::new("GET", "/mcp").known(), 400),
        (Ask::new("GET", "/mcp").known().session(&session).header("Last-Event-ID", "x"), 400),
        (Ask::new("GET", "/mcp").known().session(&session).header("Last-Event-ID", "7-7"), 400),
        (Ask::new("PUT", "/mcp").known(), 405),
        (Ask::new("OPTIONS", "/mcp").known(), 405),
        (Ask::new("GET", "/elsewhere"), 404),
        (Ask::new("GET", "/"), 404),
        (Ask::new("POST", "/health"), 405),
        (Ask::new("GET", "/health"), 200),
        (Ask::new("GET", "/ready"), 200),
    ] {
        let told = front.send(&ask).await;
        assert_eq!(told.status, status, "{ask:?}: {told:?}");
        if status >= 400 {
            assert!(told.json()["error"]["message"].is_string(), "{told:?}");
        }
        assert_eq!(told.header("allow").is_some(), status == 405);
    }
    assert_eq!(front.send(&Ask::new("GET", "/health")).await.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn a_body_that_is_too_long_or_too_slow_is_refused() {
    let front = Front::start(&Config::new().common("max_argument_bytes", json!(1_000)));
    let session = front.session(KEY).await;
    let limit = 4_000 + (1 << 20);
    let long = json!({"name": METRICS, "arguments": {"x": "x".repeat(limit)}});
    let told = front.send(&Ask::request(1, "tools/call", &long).known().session(&session)).await;
    assert_eq!(told.status, 413);
    let error = &told.json()["error"]["data"];
    assert_eq!(error["error_code"], "LIMIT_EXCEEDED");
    assert!(error["hint"].as_str().expect("a hint").contains("`max_argument_bytes`"), "{error}");
    // In pieces, of which none says how many there are.
    let chunked = Ask::request(1, "tools/call", &json!({})).known().session(&session).body(b"");
    let chunked = chunked.header("Transfer-Encoding", "chunked");
    let head = String::from_utf8(chunked.bytes()).expect("text").replace("Content-Length: 0\r\n", "");
    let mut wire = front.wire().await;
    wire.write_bytes(head.as_bytes()).await.expect("written");
    let piece = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
    for _ in 0..20 {
        let _ = wire.write_bytes(piece.as_bytes()).await;
    }
    let _ = wire.write_bytes(b"0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 413);
    // Whose body never comes.
    let mut slow = front.wire().await;
    let ask = Ask::request(1, "tools/list", &json!({})).known().session(&session);
    slow.write(&ask.set("Content-Length", "100000")).await;
    assert_eq!(front.send(&Ask::request(2, "ping", &json!({})).known().session(&session)).await.status, 200);
    assert_eq!(slow.answer().await.status, 408);
}

#[tokio::test]
async fn the_standing_stream_is_open_until_the_session_ends() {
    let front = Front::start(&Config::new());
    let session = front.session(KEY).await;
    let get = Ask::new("GET", "/mcp").known().session(&session).header("Accept", "text/event-stream");
    let (mut first, mut second) = (front.wire().await, front.wire().await);
    first.write(&get).await;
    let told = first.head().await;
    assert_eq!((told.status, told.header("content-type")), (200, Some("text/event-stream")));
    second.write(&get).await;
    assert_eq!(second.head().await.status, 200);
    assert!(first.event().await.is_none(), "the newer one takes its place");
    assert_eq!(front.send(&Ask::new("DELETE", "/mcp").known().session(&session)).await.status, 204);
    assert!(second.event().await.is_none());
}

#[tokio::test]
async fn a_broken_connection_cancels_nothing_and_a_notification_does() {
    let front = Front::start(&Config::new().lab(&[]));
    let session = front.session(KEY).await;
    let batch = |id: u64, ms: u64| {
        let calls = json!([{"name": "sleep", "args": {"ms": ms}}]);
        call(id, SECURE_CALL, &json!({"server_name": "lab", "tool_calls": calls})).known().session(&session)
    };
    let done = |line: &str| line.contains(SECURE_CALL) && line.contains("outcome=\"success\"");
    let mut gone = front.wire().await;
    gone.write(&batch(1, 700)).await;
    begun(&front, &session).await;
    drop(gone);
    crate::support::eventually("it was done all the same", || front.gateway.log().lines().any(done));
    let mut waiting = front.wire().await;
    waiting.write(&batch(2, 60_000)).await;
    begun(&front, &session).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    assert_eq!(front.send(&Ask::post(&cancel).known().session(&session)).await.status, 202);
    assert_eq!(waiting.answer().await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_disabled_is_refused_with_its_next_request() {
    let config = Config::new();
    let front = Front::start(&config);
    let session = front.session(KEY).await;
    let list = Ask::request(1, "tools/list", &json!({})).known().session(&session);
    assert_eq!(front.send(&list).await.status, 200);
    let disabled = config.edit(|config| config["apikeys"][KEY]["disabled"] = json!(true));
    front.gateway.write_config(&disabled.text());
    crate::support::eventually_async("the key is refused", async || front.send(&list).await.status == 401)
        .await;
}

#[tokio::test]
async fn arguments_that_contradict_each_other_are_said_before_anything_starts() {
    let gateway = Gateway::prepare(&Config::new().text());
    for (arguments, word) in [
        (&["serve", "--port", "8000"][..], "`--port`"),
        (&["serve", "--transport", "stdio", "--host", "::1"], "`--host`"),
        (&["serve", "--transport", "http", "--tls-cert", "x.pem"], "`--tls-key`"),
        (&["serve", "--transport", "http", "--tls-cert", "x.pem", "--tls-key", "y.pem"], "x.pem"),
    ] {
        let (code, _, err) = gateway.run(arguments).await;
        assert!(code == 78 && err.contains(word), "{arguments:?}: {code} {err}");
    }
    let (code, _, err) = gateway.env("MCP_TRANSPORT", Some("pigeon")).run(&[]).await;
    assert!(code == 78 && err.contains("pigeon") && err.contains("`http`"), "{err}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let front = Front::start(&Config::new());
    let port = front.address.port().to_string();
    let second = Gateway::prepare(&Config::new().text()).env("MCP_TRANSPORT", Some("streamable-http"));
    let (code, _, err) = second.run(&["serve", "--port", &port]).await;
    assert!(code == 69 && err.contains(&port) && err.contains("--port"), "{code} {err}");
}

#[tokio::test]
async fn requests_without_servers_are_answered_too() {
    let front = Front::start(&Config::new());
    let session = front.session(KEY).await;
    for (id, tool) in [CACHE_STATUS, LIST, METRICS].into_iter().enumerate() {
        let told = front.send(&call(id as u64, tool, &json!({})).known().session(&session)).await.json();
        assert_eq!((&told["id"], &told["result"]["isError"]), (&json!(id), &json!(false)), "{told}");
    }
}
