//! How calls that wait for their client end when it does not come back, and how many there may be.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Talk, asking, back, batch, fixture, question, report, who};
use crate::direct::direct;
use crate::processes::watch::children;
use crate::support::{Config, alive, eventually};

#[tokio::test]
async fn the_end_of_the_gateway_leaves_nothing_behind_and_is_not_held_up() {
    let mut talk = Talk::start(&fixture());
    for number in 0..3 {
        question(&talk.call(&who(&format!("Number {number}?"))).await);
    }
    let servers = children(talk.raw.child.id().expect("running"));
    assert!(servers.len() >= 3, "{servers:?}");
    talk.raw.close();
    let (status, time) = talk.raw.ended().await;
    assert!(status.success() && time < Duration::from_secs(5), "{status} after {time:?}");
    eventually("all servers are gone", || servers.iter().all(|pid| !alive(*pid)));
    let log = talk.raw.gateway.log();
    assert!(!log.contains("did not end in time") && !log.contains("wind down"), "{log}");
}

#[tokio::test]
async fn past_the_bound_the_server_is_told_that_nobody_can_be_asked() {
    let script = asking(&[]);
    let mut talk = Talk::start(&Config::new().server(script.server("s")).common("max_sessions", json!(12)));
    let params = |n: usize| batch("s", &json!([{"name": "asks", "args": {"n": n}}]));
    let mut first = Value::Null;
    for number in 0..3 {
        let asked = talk.call(&params(number)).await;
        question(&asked);
        if number == 0 {
            first = asked;
        }
    }
    let answer = report(&talk.call(&params(3)).await);
    let heard = answer["results"][0]["response"].as_str().expect("a response");
    assert!(heard.contains("the client cannot be asked"), "{answer}");
    let answer = report(&talk.call(&back(&params(0), &first, &super::accept(&json!({})))).await);
    assert_eq!(answer["status"], "success", "{answer}");
    question(&talk.call(&params(4)).await);
}

/// A server that dies while its question is open: whoever comes back is told.
#[tokio::test]
async fn a_server_that_ends_meanwhile_is_an_error_of_its_call() {
    let script = r#"while read -r line; do case "$line" in
        *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
        *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
        *'"tools/call"'*) echo '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?"}}'; exit 3 ;;
    esac; done"#;
    let server = json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}});
    let mut talk = Talk::start(&Config::new().server(server));
    let params = batch("s", &json!([{"name": "t"}]));
    let answer = talk.call(&params).await;
    let answer = match answer["result"]["resultType"].as_str() {
        Some("input_required") => talk.call(&back(&params, &answer, &super::ada())).await,
        _ => answer,
    };
    assert_eq!(report(&answer)["results"][0]["error_code"], "SERVER_CLOSED", "{answer}");
}

/// A question that its server takes back: the call goes on by itself, and its result waits for the client.
#[tokio::test]
async fn a_question_that_is_taken_back_leaves_the_result_to_whoever_comes() {
    let script = r#"while read -r line; do case "$line" in
        *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
        *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
        *'"tools/call"'*) echo '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?"}}'
            sleep 0.5
            echo '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}'
            echo '{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"by itself"}]}}' ;;
    esac; done"#;
    let server = json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}});
    let mut talk = Talk::start(&Config::new().server(server));
    let params = batch("s", &json!([{"name": "t"}]));
    let asked = talk.call(&params).await;
    let answer = talk.call(&back(&params, &asked, &super::ada())).await;
    assert_eq!(super::response(&answer), "by itself");
}

#[tokio::test]
async fn a_cancelled_retry_cancels_the_call() {
    let script = r#"while read -r line; do case "$line" in
        *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
        *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
        *'"tools/call"'*) echo '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?"}}' ;;
        *cancelled*) echo "$line" >> "$1" ;;
    esac; done"#;
    let folder = tempfile::TempDir::new().expect("a folder");
    let heard = folder.path().join("heard");
    let arguments = json!(["-c", script, "sh", heard]);
    let server = json!({"server_name": "s", "config": {"command": "sh", "args": arguments}});
    let mut talk = Talk::start(&Config::new().server(server));
    let params = batch("s", &json!([{"name": "t"}]));
    let asked = talk.call(&params).await;
    let id = talk.send("tools/call", back(&params, &asked, &super::ada())).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    talk.raw.send(&cancel).await;
    eventually("the server is told", || std::fs::read_to_string(&heard).is_ok_and(|text| !text.is_empty()));
    let listed = talk.ask("tools/list", &json!({})).await;
    assert!(listed["result"].is_object(), "nothing else is said: {listed}");
}

/// In direct mode a session is kept between calls; one that waits for its client is not in the others' way.
#[tokio::test]
async fn other_calls_do_not_wait_for_a_client_that_is_away() {
    let mut talk = Talk::start(&direct(fixture()).timeout("default_timeout", 600.0));
    let params = json!({"name": "fix__test_elicitation", "arguments": {"message": "Who?"}});
    let asked = talk.call(&params).await;
    for _ in 0..2 {
        let plain = json!({"name": "fix__test_simple_text", "arguments": {}});
        assert!(talk.call(&plain).await["result"]["content"].is_array());
    }
    let second = talk.call(&params).await;
    for asked in [&second, &asked] {
        let answer = talk.call(&back(&params, asked, &super::ada())).await;
        assert!(answer.to_string().contains("ada@example.com"), "{answer}");
    }
}

/// Where the operator wants one session, there is one.
#[tokio::test]
async fn a_session_that_is_to_be_the_only_one_is_waited_for() {
    let config = direct(fixture().with("session_mode", json!("keep"))).timeout("default_timeout", 1.0);
    let mut talk = Talk::start(&config);
    let params = json!({"name": "fix__test_elicitation", "arguments": {"message": "Who?"}});
    let asked = talk.call(&params).await;
    question(&asked);
    let plain = json!({"name": "fix__test_simple_text", "arguments": {}});
    let refused = talk.call(&plain).await;
    assert!(refused.to_string().contains("while another batch had its session"), "{refused}");
    let answer = talk.call(&back(&params, &asked, &super::ada())).await;
    assert!(answer.to_string().contains("ada@example.com"), "{answer}");
    assert!(talk.call(&plain).await["result"]["isError"] != true);
}
