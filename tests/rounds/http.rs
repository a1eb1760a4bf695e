//! Over HTTP, where every request is another connection, or may be.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ada, back, batch, capable, fixture, question, refusal, report, response, who};
use crate::processes::watch::signal;
use crate::support::{Ask, Config, Front, eventually};

const OTHER: &str = "another-key-8d2e71c40b";

fn ask(id: u64, params: &Value) -> Ask {
    let mut params = params.clone();
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capable();
    Ask::modern_of(id, "tools/call", params)
}

#[tokio::test]
async fn the_answer_comes_over_another_connection() {
    let front = Front::start(&fixture());
    let params = who("Who?");
    let mut wire = front.wire().await;
    wire.write(&ask(1, &params).known()).await;
    let told = wire.answer().await;
    assert_eq!(told.status, 200);
    let asked = told.json();
    assert_eq!(question(&asked).1["params"]["message"], "[fix] Who?");
    // A connection that breaks while the client thinks breaks nothing else.
    drop(wire);
    let told = front.send(&ask(2, &back(&params, &asked, &ada())).known()).await;
    assert!(response(&told.json()).contains("ada@example.com"), "{told:?}");
}

#[tokio::test]
async fn a_state_is_nobody_elses() {
    let config = fixture().edit(|file| {
        file["apikeys"][OTHER] = json!({"project_id": "project-1", "user_id": "user-1"});
    });
    let front = Front::start(&config);
    let params = who("Who?");
    let asked = front.send(&ask(1, &params).known()).await.json();
    let retry = back(&params, &asked, &ada());
    let unknown = refusal(&front.send(&ask(2, &retry).key(OTHER)).await.json());
    let mut made_up = retry.clone();
    made_up["requestState"] = json!(format!("enkrypt-suspended-{}", "0".repeat(64)));
    assert_eq!(refusal(&front.send(&ask(3, &made_up).key(OTHER)).await.json()), unknown);
    assert!(response(&front.send(&ask(4, &retry).known()).await.json()).contains("ada@"), "still there");
}

#[tokio::test]
async fn a_key_that_is_closed_meanwhile_opens_nothing() {
    let config = fixture().common("enkrypt_config_watcher_poll_seconds", json!(0.05));
    let front = Front::start(&config);
    let params = who("Who?");
    let asked = front.send(&ask(1, &params).known()).await.json();
    let closed = config.edit(|file| {
        for (_, key) in file["apikeys"].as_object_mut().expect("keys") {
            key["disabled"] = json!(true);
        }
    });
    front.gateway.write_config(&closed.text());
    let retry = ask(2, &back(&params, &asked, &ada())).known();
    crate::support::eventually_async("it is refused", async || front.send(&retry).await.status == 401).await;
}

#[tokio::test]
async fn a_client_that_leaves_while_the_call_runs_cancels_it() {
    let script = r#"while read -r line; do case "$line" in
        *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
        *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
        *'"tools/call"'*) echo '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"?"}}' ;;
        *'"q"'*) echo "$line" >> "$1" ;;
    esac; done"#;
    let folder = tempfile::TempDir::new().expect("a folder");
    let heard = folder.path().join("heard");
    let server =
        json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script, "sh", heard]}});
    let front = Front::start(&Config::new().server(server));
    let params = batch("s", &json!([{"name": "t"}]));
    let asked = front.send(&ask(1, &params).known()).await.json();
    let mut wire = front.wire().await;
    wire.write(&ask(2, &back(&params, &asked, &ada())).known()).await;
    eventually("the server is answered", || heard.exists());
    assert!(!front.gateway.log().contains("CANCELLED"));
    drop(wire);
    eventually("the call is cancelled", || front.gateway.log().contains("CANCELLED"));
}

#[tokio::test]
async fn the_end_does_not_wait_for_clients_that_are_away() {
    let mut front = Front::start(&fixture());
    question(&front.send(&ask(1, &who("Who?")).known()).await.json());
    signal(front.pid(), Signal::TERM);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), front.child.wait()).await;
    assert!(ended.expect("in time").expect("a status").success());
}

#[tokio::test]
async fn a_batch_over_http_goes_on_where_it_was() {
    let front = Front::start(&fixture().with("protocol", json!("modern")));
    let calls = json!([{"name": "test_simple_text"}, {"name": "test_input_required_result_elicitation"}]);
    let params = batch("fix", &calls);
    let asked = front.send(&ask(1, &params).known()).await.json();
    let answer = json!({"action": "accept", "content": {"name": "ada"}});
    let told = front.send(&ask(2, &back(&params, &asked, &answer)).known()).await.json();
    assert_eq!(report(&told)["results"][1]["response"], "Hello, ada!", "{told}");
}
