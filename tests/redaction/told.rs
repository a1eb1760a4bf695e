//! What a client is told of arguments that were changed, and what is not changed because it would be broken.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ADDRESS, echo, local, message, redacting};
use crate::direct::{call, direct, start};
use crate::support::Gateway;

#[tokio::test]
async fn a_call_whose_arguments_were_changed_says_so() {
    let folder = TempDir::new().expect("a folder");
    let config = redacting(local(), "lab", &folder.path().join("calls"), "server")
        .common("enkrypt_result_detail", json!("compact"));
    let gateway = Gateway::start(&config).await;
    let fails = json!({"name": "fail", "args": {"message": ADDRESS}});
    let calls = json!([echo(ADDRESS), fails, echo("nobody's")]);
    let arguments = json!({"server_name": "lab", "tool_calls": calls, "enkrypt_on_failure": "continue"});
    let reply = gateway.call(crate::support::SECURE_CALL, arguments).await.json;
    let said =
        |at: usize| reply["results"][at]["hint"].as_str().is_some_and(|hint| hint.contains("placeholders"));
    assert_eq!([0, 1, 2].map(said), [true, true, false], "{reply}");

    let mut raw = start(&direct(config)).await;
    for (text, expected) in [(ADDRESS, true), ("nobody's", false)] {
        let answer = call(&mut raw, "lab__echo", json!({"message": text})).await;
        let hint = &answer["result"]["_meta"]["enkrypt_hint"];
        assert_eq!(hint.as_str().is_some_and(|hint| hint.contains("placeholders")), expected, "{answer}");
        assert_eq!(answer["result"]["content"][0]["text"], text);
    }
}

#[tokio::test]
async fn a_text_that_is_json_stays_json_or_is_not_sent() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let gateway = Gateway::start(&redacting(local(), "lab", &log, "server")).await;
    for (text, sent) in [
        (r#"{"phone": 2125550187, "id": 7}"#, false),
        ("{\"id\": 1}\n{\"phone\": 2125550187}\n", false),
        (r#"[{"phone": "2125550187"}]"#, true),
        ("phone = 2125550187", true),
    ] {
        let reply = gateway.batch("lab", json!([echo(text)])).await;
        let result = &reply.results()[0];
        if sent {
            assert_eq!(result["response"], text);
            assert!(message(result).contains("<PHONE_NUMBER_"), "{result}");
            let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(is_json(&message(result)), is_json(text), "{result}");
        } else {
            assert_eq!(result["status"], "blocked_input", "{result}");
            let why = result["input_guardrail_response"].to_string();
            assert!(why.contains("JSON text"), "{why}");
        }
    }
    let received = std::fs::read_to_string(&log).expect("a record");
    assert_eq!(received.matches("call echo").count(), 2, "{received}");
}
