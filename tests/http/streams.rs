//! What is said before an answer.

use serde_json::{Value, json};

use crate::support::{Ask, Config, Front, KEY, SECURE_CALL, Wire, eventually_async, server_binary};

/// A call that reports its progress in so many steps.
fn progress(steps: u64, ms: u64) -> Value {
    let calls = json!([{"name": "progress", "args": {"steps": steps, "ms": ms}}]);
    json!({
        "name": SECURE_CALL,
        "arguments": {"server_name": "lab", "tool_calls": calls},
        "_meta": {"progressToken": "p"},
    })
}

/// All that is still to come on a stream: its ids, its messages.
async fn rest(wire: &mut Wire) -> (Vec<Option<String>>, Vec<Value>) {
    let mut all = (Vec::new(), Vec::new());
    while let Some(event) = wire.event().await {
        all.0.push(event.id);
        all.1.push(event.data);
    }
    all
}

#[tokio::test]
async fn progress_comes_before_the_answer_on_the_same_stream() {
    let front = Front::start(&Config::new().lab(&[]));
    let session = front.session(KEY).await;
    let mut wire = front.wire().await;
    wire.write(&Ask::request(1, "tools/call", &progress(5, 20)).known().session(&session)).await;
    let told = wire.head().await;
    assert_eq!((told.status, told.header("content-type")), (200, Some("text/event-stream")));
    let (ids, messages) = rest(&mut wire).await;
    assert!(ids.iter().all(Option::is_some), "{ids:?}");
    let (answer, before) = messages.split_last().expect("messages");
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(1), &json!(false)), "{answer}");
    assert!(!before.is_empty());
    for message in before {
        assert_eq!(message["method"], "notifications/progress", "{message}");
        assert_eq!(message["params"]["progressToken"], "p");
    }
    // The connection is good for more.
    wire.write(&Ask::request(2, "ping", &json!({})).known().session(&session)).await;
    assert_eq!(wire.answer().await.json()["id"], 2);
}

#[tokio::test]
async fn a_modern_stream_has_progress_and_no_ids() {
    let front = Front::start(&Config::new().lab(&[]));
    let mut ask = Ask::modern(1, "tools/call", progress(3, 20));
    ask = ask.known();
    let mut wire = front.wire().await;
    wire.write(&ask).await;
    assert_eq!(wire.head().await.status, 200);
    let (ids, messages) = rest(&mut wire).await;
    assert!(ids.iter().all(Option::is_none) && messages.len() > 1, "{messages:?}");
    assert_eq!(messages.last().expect("an answer")["result"]["resultType"], "complete");
}

#[tokio::test]
async fn a_stream_that_broke_is_read_to_its_end_over_another_connection() {
    let front = Front::start(&Config::new().lab(&[]));
    let session = front.session(KEY).await;
    let mut wire = front.wire().await;
    wire.write(&Ask::request(1, "tools/call", &progress(10, 60)).known().session(&session)).await;
    wire.head().await;
    let first = wire.event().await.expect("an event");
    drop(wire);
    let last = first.id.expect("an id");
    let get = |session: &str, key: &str, last: &str| {
        let get = Ask::new("GET", "/mcp").key(key).session(session).header("Accept", "text/event-stream");
        get.header("Last-Event-ID", last)
    };
    let mut again = front.wire().await;
    again.write(&get(&session, KEY, &last)).await;
    assert_eq!(again.head().await.status, 200);
    let (ids, messages) = rest_until_answer(&mut again).await;
    assert!(!ids.contains(&Some(last.clone())), "what was read is not said again: {ids:?}");
    let progress = |message: &Value| message["params"]["progress"].as_f64();
    let seen: Vec<f64> = messages.iter().filter_map(progress).collect();
    assert!(seen.is_sorted() && !seen.is_empty(), "{seen:?}");
    assert_eq!(messages.last().expect("an answer")["result"]["isError"], false);
    // And once more, now that all is over.
    let mut later = front.wire().await;
    later.write(&get(&session, KEY, &last)).await;
    later.head().await;
    assert_eq!(rest_until_answer(&mut later).await.1.len(), messages.len());
    // Another session has other streams.
    let other = front.session(KEY).await;
    assert_eq!(front.send(&get(&other, KEY, &last)).await.status, 400);
}

async fn rest_until_answer(wire: &mut Wire) -> (Vec<Option<String>>, Vec<Value>) {
    let all = rest(wire).await;
    assert!(all.1.last().is_some_and(|last| last["id"] == 1), "{all:?}");
    all
}

#[tokio::test]
async fn a_question_of_a_server_is_answered_by_a_post() {
    let server =
        json!({"server_name": "fix", "config": {"command": server_binary("conformance_mcp"), "args": []}});
    let front = Front::start(&Config::new().server(server));
    let client = json!({"name": "t", "version": "1"});
    let hello =
        json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": client});
    let told = front.send(&Ask::request(0, "initialize", &hello).known()).await;
    let session = told.header("mcp-session-id").expect("a session").to_owned();
    let calls = json!([{"name": "test_elicitation", "args": {"message": "Who are you?"}}]);
    let params = json!({"name": SECURE_CALL, "arguments": {"server_name": "fix", "tool_calls": calls}});
    let mut wire = front.wire().await;
    wire.write(&Ask::request(1, "tools/call", &params).known().session(&session)).await;
    assert_eq!(wire.head().await.status, 200);
    let question = wire.event().await.expect("a question").data;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "accept", "content": {"username": "u", "email": "u@example.com"}}});
    assert_eq!(front.send(&Ask::post(&answer).known().session(&session)).await.status, 202);
    let (_, messages) = rest(&mut wire).await;
    let answer = messages.last().expect("an answer");
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}

#[tokio::test]
async fn a_changed_list_is_told_on_the_standing_stream_and_to_subscribers() {
    let server =
        json!({"server_name": "fix", "config": {"command": server_binary("conformance_mcp"), "args": []}});
    let config = Config::new().server(server).common("tool_exposure", json!("direct"));
    let config = config.common("direct_prefix", json!(false)).common("session_mode", json!("keep"));
    let front = Front::start(&config);
    let session = front.session(KEY).await;
    eventually_async("the server's tools are listed", async || {
        let list = Ask::request(1, "tools/list", &json!({})).known().session(&session);
        front.send(&list).await.json().to_string().contains("test_trigger_tool_change")
    })
    .await;
    let (mut standing, mut subscribed) = (front.wire().await, front.wire().await);
    let get = Ask::new("GET", "/mcp").known().session(&session).header("Accept", "text/event-stream");
    standing.write(&get).await;
    assert_eq!(standing.head().await.status, 200);
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    subscribed.write(&Ask::modern(5, "subscriptions/listen", wanted).known()).await;
    assert_eq!(subscribed.head().await.status, 200);
    let acknowledged = subscribed.event().await.expect("an event").data;
    assert_eq!(acknowledged["params"]["notifications"], json!({"toolsListChanged": true}));
    let change = json!({"name": "test_trigger_tool_change", "arguments": {}});
    let told = front.send(&Ask::request(2, "tools/call", &change).known().session(&session)).await;
    assert_eq!(told.status, 200);
    for wire in [&mut standing, &mut subscribed] {
        let event = wire.event().await.expect("an event");
        assert_eq!(event.data["method"], "notifications/tools/list_changed", "{event:?}");
    }
}
