//! `enkrypt_secure_call_tools`.

use serde_json::json;

use crate::support::{Config, DISCOVER, Gateway, SECURE_CALL, eventually, wire};

#[tokio::test]
async fn a_batch_runs_in_order_in_one_session() {
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    let reply =
        gateway.batch("lab", json!([{"name": "counter"}, {"name": "counter"}, {"name": "counter"}])).await;
    assert!(!reply.is_error);
    let responses: Vec<&str> =
        reply.results().iter().map(|result| result["response"].as_str().expect("text")).collect();
    assert_eq!(responses, ["1", "2", "3"]);
    // State does not leak into the next batch.
    assert_eq!(gateway.batch("lab", json!([{"name": "counter"}])).await.response(), "1");
}

#[tokio::test]
async fn the_documented_answer() {
    let config = Config::new().keywords(&["whoami"]).lab(&[]).guarded();
    let gateway = Gateway::start(&config).await;
    let calls =
        json!([{"name": "echo", "args": {"message": "hi"}}, {"name": "add", "args": {"a": 1, "b": 2}}]);
    let reply = gateway.batch("lab", calls).await;
    wire("batch_success", &reply.json);
    let reply =
        gateway.batch("lab", json!([{"name": "echo", "args": {"message": "hello; ls -la; whoami"}}])).await;
    assert!(reply.is_error);
    wire("batch_blocked_input", &reply.json);
}

#[tokio::test]
async fn compact_detail_leaves_the_echo_out() {
    let config = Config::new()
        .keywords(&["whoami"])
        .common("enkrypt_result_detail", json!("compact"))
        .lab(&[])
        .guarded();
    let gateway = Gateway::start(&config).await;
    wire(
        "batch_compact",
        &gateway.batch("lab", json!([{"name": "echo", "args": {"message": "hi"}}])).await.json,
    );
}

#[tokio::test]
async fn a_blocked_input_never_reaches_the_server() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let config = Config::new().keywords(&["whoami"]).lab(&["--log", &log.to_string_lossy()]).guarded();
    let gateway = Gateway::start(&config).await;
    let reply = gateway
        .batch("lab", json!([{"name": "echo", "args": {"nested": [{"WHOAMI": 1}], "message": "x"}}]))
        .await;
    assert_eq!(reply.statuses(), ["blocked_input"]);
    assert!(!reply.json.to_string().to_lowercase().contains("whoami"), "{}", reply.json);
    let calls = std::fs::read_to_string(log).expect("the server was listed");
    assert!(!calls.contains("call "), "{calls}");
}

#[tokio::test]
async fn a_blocked_output_is_nowhere_in_the_answer() {
    let config = Config::new().keywords(&["embedded text"]).lab(&[]).guarded();
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "media"}, {"name": "pid"}])).await;
    assert_eq!(reply.statuses(), ["blocked_output"]);
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
    assert!(reply.blocks.is_empty());
    assert!(!reply.json.to_string().contains("embedded"));
    wire("batch_blocked_output", &reply.json);
}

#[tokio::test]
async fn errors_of_tools_are_errors_and_are_checked_too() {
    let config = Config::new().keywords(&["no such thing"]).lab(&[]).guarded();
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "rpc_error"}])).await;
    assert_eq!(reply.statuses(), ["blocked_output"]);
    assert!(!reply.json.to_string().contains("no such thing"));
    let reply = gateway
        .batch("lab", json!([{"name": "fail", "args": {"message": "out of paper"}}, {"name": "pid"}]))
        .await;
    assert_eq!(reply.statuses(), ["error"]);
    assert_eq!(reply.results()[0]["error_code"], "TOOL_FAILED");
    assert_eq!(reply.response(), "out of paper");
}

#[tokio::test]
async fn one_bad_item_and_nothing_runs() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let config = Config::new()
        .lab(&["--log", &log.to_string_lossy()])
        .with("denied_tools", json!([{"pattern": "DELETE_*", "reason": "it deletes"}]));
    let gateway = Gateway::start(&config).await;
    let calls = json!([
        {"name": "counter"},
        {"name": "delete_thing"},
        {"name": "add", "args": {"a": "one"}},
        {"name": "no_such_tool"},
        "echo",
        {"args": {}},
        {"name": "echo", "args": [1]},
    ]);
    let reply = gateway.batch("lab", calls).await;
    assert_eq!(reply.statuses(), ["denied", "error", "error", "error", "error", "error"]);
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
    wire("batch_refused", &reply.json);
    assert!(!std::fs::read_to_string(log).expect("a log").contains("call "));
}

#[tokio::test]
async fn the_batch_stops_at_the_first_failure_or_goes_on() {
    let calls = json!([{"name": "pid"}, {"name": "fail", "args": {"message": "no"}}, {"name": "pid"}]);
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    let reply = gateway.batch("lab", calls.clone()).await;
    assert_eq!(reply.statuses(), ["success", "error"]);
    assert!(reply.is_error);
    let gateway =
        Gateway::start(&Config::new().common("enkrypt_on_failure", json!("continue")).lab(&[])).await;
    let reply = gateway.batch("lab", calls).await;
    assert_eq!(reply.statuses(), ["success", "error", "success"]);
    assert!(reply.is_error, "a failed call makes the batch an error");
}

#[tokio::test]
async fn content_of_every_kind_survives() {
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    let reply = gateway.batch("lab", json!([{"name": "pid"}, {"name": "media"}])).await;
    assert_eq!(reply.results()[1]["response"], "before\nafter");
    let kinds: Vec<&str> = reply.blocks.iter().map(|block| block["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["image", "audio", "resource_link", "resource"]);
    for block in &reply.blocks {
        assert_eq!(block["_meta"]["enkrypt_call_index"], 1, "{block}");
    }
    assert_eq!(reply.blocks[0]["_meta"]["lab.example/block"]["n"], 1, "the server's own _meta stays");
    let reply = gateway
        .batch("lab", json!([{"name": "structured_only"}, {"name": "unknown_content"}, {"name": "empty"}]))
        .await;
    assert_eq!(reply.results()[0]["structured_content"], json!({"a": 1, "nested": {"b": [1, 2, 3]}}));
    assert_eq!(reply.results()[1]["other_content"][0]["type"], "x-vendor");
    assert_eq!(reply.results()[2]["response"], "");
}

#[tokio::test]
async fn arguments_are_read_kindly() {
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    let as_text = r#"[{"tool_name": "echo", "parameters": "{\"message\": \"hi\"}"}]"#;
    let reply = gateway.call(SECURE_CALL, json!({"server_name": "lab", "tool_calls": as_text})).await;
    assert_eq!(reply.response(), "hi");
    let one = json!({"server_name": "lab", "tool_calls": {"function": "echo", "input": {"message": "one"}}});
    assert_eq!(gateway.call(SECURE_CALL, one).await.response(), "one");
    let reply = gateway.call(SECURE_CALL, json!({"server_name": "lab", "tool_calls": 7})).await;
    assert_eq!(reply.json["error_code"], "INVALID_ARGUMENTS");
    let reply = gateway.call(SECURE_CALL, json!({"tool_calls": []})).await;
    assert_eq!(reply.json["error_code"], "INVALID_ARGUMENTS");
}

#[tokio::test]
async fn an_empty_list_is_a_question_for_the_tools_and_hides_denied_ones() {
    let gateway = Gateway::start(&Config::new().lab(&[]).with("denied_tools", json!(["delete_*"]))).await;
    for calls in [json!([]), json!(null), json!("")] {
        let reply = gateway.call(SECURE_CALL, json!({"server_name": "lab", "tool_calls": calls})).await;
        let names: Vec<&str> = reply.json["tools"]["tools"]
            .as_array()
            .expect("tools")
            .iter()
            .map(|tool| tool["name"].as_str().expect("name"))
            .collect();
        assert!(names.contains(&"echo") && !names.contains(&"delete_thing"));
        assert_eq!(reply.json["policy_denied_tools"], json!(["delete_thing"]));
    }
}

#[tokio::test]
async fn an_allow_list_closes_all_other_tools() {
    let gateway =
        Gateway::start(&Config::new().lab(&[]).with("tools", json!({"echo": "Echo a message"}))).await;
    let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    let tools = reply.json["tools"]["tools"].as_array().expect("tools");
    assert_eq!((tools.len(), &tools[0]["description"]), (1, &json!("Echo a message")), "{}", reply.json);
    assert_eq!(
        gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x"}}])).await.response(),
        "x"
    );
    let reply = gateway.batch("lab", json!([{"name": "pid"}])).await;
    let refused = &reply.results()[0];
    assert_eq!(refused["error_code"], "TOOL_NOT_FOUND");
    let message = refused["message"].as_str().expect("a text");
    assert!(message.contains("`tools` in its configuration") && message.contains("`pid`"), "{message}");
    assert!(!message.contains("has no tool"), "{message}");
}

#[tokio::test]
async fn limits_are_named() {
    let config = Config::new()
        .common("max_calls_per_batch", json!(3))
        .common("max_argument_bytes", json!(1000))
        .common("max_result_bytes", json!(10_000))
        .lab(&[]);
    let gateway = Gateway::start(&config).await;
    let many: Vec<_> = (0..10_000).map(|_| json!({"name": "pid"})).collect();
    let reply = gateway.batch("lab", json!(many)).await;
    assert_eq!(reply.json["error_code"], "LIMIT_EXCEEDED");
    assert!(reply.json["hint"].as_str().expect("a hint").contains("max_calls_per_batch"));
    let reply = gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x".repeat(2000)}}])).await;
    assert!(reply.results()[0]["hint"].as_str().expect("a hint").contains("max_argument_bytes"));
    let reply = gateway.batch("lab", json!([{"name": "big", "args": {"bytes": 200_000}}])).await;
    assert_eq!(reply.results()[0]["error_code"], "LIMIT_EXCEEDED");
    assert!(reply.results()[0]["hint"].as_str().expect("a hint").contains("max_result_bytes"));
}

#[tokio::test]
async fn a_schema_that_does_not_compile_is_not_enforced() {
    let gateway = Gateway::start(&Config::new().hostile("bad-schema")).await;
    for tool in ["odd", "remote_ref"] {
        let reply = gateway.batch("hostile", json!([{"name": tool, "args": {"a": 1}}])).await;
        assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    }
    let said = || gateway.log().matches("input schema is not enforced").count();
    eventually("both are said", || said() == 2);
}

#[tokio::test]
async fn the_results_of_a_batch_have_a_limit_together() {
    let config = Config::new()
        .common("max_result_bytes", json!(10_000))
        .common("enkrypt_on_failure", json!("continue"))
        .lab(&[]);
    let gateway = Gateway::start(&config).await;
    let big = || json!({"name": "big", "args": {"bytes": 9_000}});
    let reply = gateway.batch("lab", json!([big(), big(), big(), big()])).await;
    assert_eq!(reply.statuses(), ["success"; 4]);
    let reply = gateway.batch("lab", json!([big(), big(), big(), big(), big(), big(), big()])).await;
    assert_eq!(reply.statuses(), ["success", "success", "success", "success", "error"]);
    let last = &reply.results()[4];
    assert_eq!((&last["error_code"], &last["response"]), (&json!("LIMIT_EXCEEDED"), &json!("")));
    assert!(last["hint"].as_str().expect("a hint").contains("max_result_bytes"));
    assert_eq!(
        reply.json["execution_summary"]["not_run_calls"], 2,
        "it stops, whatever is told about failures"
    );
}

#[tokio::test]
async fn an_allow_list_of_what_is_no_tool_opens_none() {
    for tools in [json!({"a b": {"description": "x"}}), json!({"a b": "x"}), json!({"ech*": "x"})] {
        let gateway = Gateway::start(&Config::new().lab(&[]).with("tools", tools.clone())).await;
        let reply = gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x"}}])).await;
        assert_eq!(reply.results()[0]["error_code"], "TOOL_NOT_FOUND", "{tools}");
        let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        assert_eq!(reply.json["tools"]["tools"], json!([]), "{tools}");
    }
}
