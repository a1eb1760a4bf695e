//! The revision without sessions.

use serde_json::{Value, json};

use crate::support::{Ask, Config, Front, METRICS, SECURE_CALL};

const META: &str = "io.modelcontextprotocol";

fn call() -> Ask {
    Ask::modern(1, "tools/call", json!({"name": METRICS, "arguments": {}})).known()
}

#[tokio::test]
async fn a_request_stands_for_itself() {
    let front = Front::start(&Config::new().lab(&[]));
    let told = front.send(&Ask::modern(1, "server/discover", json!({})).known()).await;
    assert_eq!((told.status, told.header("mcp-session-id")), (200, None));
    assert!(
        told.json()["result"]["supportedVersions"]
            .as_array()
            .expect("versions")
            .contains(&json!("2026-07-28"))
    );
    let calls = json!([{"name": "echo", "args": {"message": "modern"}}]);
    let params = json!({"name": SECURE_CALL, "arguments": {"server_name": "lab", "tool_calls": calls}});
    let told = front.send(&Ask::modern(2, "tools/call", params).known()).await;
    assert_eq!(told.status, 200);
    let result = &told.json()["result"];
    assert_eq!((&result["isError"], &result["resultType"]), (&json!(false), &json!("complete")), "{result}");
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/x"});
    let told =
        front.send(&Ask::post(&notification).known().header("MCP-Protocol-Version", "2026-07-28")).await;
    assert_eq!(told.status, 202);
}

#[tokio::test]
async fn headers_must_say_what_the_body_says() {
    let front = Front::start(&Config::new());
    for ask in [
        call().set("Mcp-Method", "tools/list"),
        call().set("Mcp-Method", "TOOLS/CALL"),
        call().without("Mcp-Method"),
        call().set("Mcp-Name", "another"),
        call().without("Mcp-Name"),
        call().set("Mcp-Name", "=?base64?x?="),
        call().set("MCP-Protocol-Version", "2025-11-25"),
        call().without("MCP-Protocol-Version"),
        call().header("Mcp-Name", METRICS),
    ] {
        let told = front.send(&ask).await;
        let answer = told.json();
        assert_eq!((told.status, &answer["error"]["code"]), (400, &json!(-32_020)), "{ask:?}: {answer}");
        assert_eq!(answer["id"], 1);
    }
    for ask in [
        call().set("Mcp-Name", &format!("  {METRICS}  ")),
        call().without("Mcp-Method").header("MCP-METHOD", "tools/call"),
        call().set("Mcp-Name", "=?base64?ZW5rcnlwdF9nZXRfdGltZW91dF9tZXRyaWNz?="),
    ] {
        let told = front.send(&ask).await;
        assert!(told.status == 200 && told.json()["result"].is_object(), "{ask:?}: {told:?}");
    }
}

#[tokio::test]
async fn refusals_have_the_status_of_their_code() {
    let front = Front::start(&Config::new());
    let with_meta = |meta: Value| {
        let params = json!({"_meta": meta});
        Ask::request(7, "server/discover", &params)
            .known()
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "server/discover")
    };
    let version = format!("{META}/protocolVersion");
    let capabilities = format!("{META}/clientCapabilities");
    let unknown = json!({version.clone(): "v999.0.0", capabilities.clone(): {}});
    for (ask, status, code) in [
        (
            Ask::request(7, "server/discover", &json!({}))
                .known()
                .header("MCP-Protocol-Version", "2026-07-28"),
            400,
            -32_602,
        ),
        (with_meta(json!({capabilities.clone(): {}})), 400, -32_602),
        (with_meta(json!({version.clone(): "2026-07-28"})), 400, -32_602),
        (with_meta(unknown.clone()), 400, -32_020),
        (with_meta(unknown).set("MCP-Protocol-Version", "v999.0.0"), 400, -32_022),
        (Ask::modern(7, "initialize", json!({})).known(), 404, -32_601),
        (Ask::modern(7, "ping", json!({})).known(), 404, -32_601),
        (Ask::modern(7, "unknown/method", json!({})).known(), 404, -32_601),
    ] {
        let told = front.send(&ask).await;
        let answer = told.json();
        assert_eq!((told.status, &answer["error"]["code"]), (status, &json!(code)), "{ask:?}: {answer}");
        assert_eq!(answer["id"], 7, "{answer}");
    }
}

#[tokio::test]
async fn a_subscription_is_a_stream_until_its_client_leaves() {
    let front = Front::start(&Config::new());
    let params = json!({"notifications": {"toolsListChanged": true}});
    let mut wire = front.wire().await;
    wire.write(&Ask::modern(5, "subscriptions/listen", params).known()).await;
    let told = wire.head().await;
    assert_eq!((told.status, told.header("content-type")), (200, Some("text/event-stream")));
    let event = wire.event().await.expect("an event");
    assert_eq!(event.data["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(event.data["params"]["_meta"][format!("{META}/subscriptionId")], 5);
    assert_eq!(event.id, None, "nothing is kept in this revision");
    drop(wire);
    assert_eq!(front.send(&call()).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_request() {
    let front = Front::start(&Config::new().lab(&[]));
    let calls = json!([{"name": "sleep", "args": {"ms": 60_000}}]);
    let params = json!({"name": SECURE_CALL, "arguments": {"server_name": "lab", "tool_calls": calls}});
    let mut wire = front.wire().await;
    wire.write(&Ask::modern(1, "tools/call", params).known()).await;
    crate::support::eventually("the server runs", || children(front.pid()) > 0);
    drop(wire);
    crate::support::eventually("the server is gone", || front.gateway.log().contains("CANCELLED"));
}

/// Processes of servers, which have the gateway as their parent.
fn children(pid: u32) -> usize {
    let path = format!("/proc/{pid}/task");
    let tasks = std::fs::read_dir(path).expect("a process");
    let of =
        |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let all: String = tasks.filter_map(Result::ok).map(of).collect();
    all.split_whitespace()
        .filter(|pid| {
            let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("lab_mcp")
        })
        .count()
}
