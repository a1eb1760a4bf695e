//! Messages whose text is odd: halves of characters, numbers that are none, marks, lines that are no messages.

use serde_json::{Value, json};

use super::{OK, raw, shell};
use crate::direct::{ask, call};
use crate::processes::watch::Record;
use crate::support::{Config, Gateway, Raw};

/// A server `s` with the tools `good` and `cut`, which answers a call by running `answer`.
fn cutting(answer: &str, record: &Record) -> Config {
    let script = format!(
        r#"
        say() {{ printf '%s\n' "$1"; }}
        while read -r line; do printf '%s\n' "$line" >> "$RECORD"; id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
        answer() {{ say "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}}"; }}
        case "$line" in
            *'"initialize"'*) answer '{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}' ;;
            *'"tools/list"'*) answer '{{"tools":[{{"name":"good","inputSchema":{{"type":"object"}}}},{{"name":"cut","description":"Previews \ud83d","inputSchema":{{"type":"object"}}}}]}}' ;;
            *'"tools/call"'*) {answer} ;;
        esac; done"#
    );
    Config::new()
        .server(json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}}))
        .env(json!({"RECORD": record.as_str()}))
        .common("tool_exposure", json!("direct"))
}

async fn answer_to(raw: &mut Raw, line: &str) -> Value {
    raw.send_line(line).await;
    loop {
        let message = raw.receive().await;
        if message["method"].is_null() {
            return message;
        }
    }
}

#[tokio::test]
async fn half_a_character_costs_nothing_else() {
    let record = Record::new();
    let answer = r#"answer '{"content":[{"type":"text","text":"party \ud83c... \ud83c\udf89 \udf89!"}]}'"#;
    let mut raw = raw(&cutting(answer, &record), json!({})).await;
    let list = ask(&mut raw, "tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().expect("a list");
    assert_eq!((tools.len(), &tools[1]["description"]), (2, &json!("Previews \u{fffd}")));
    let answer = call(&mut raw, "s__cut", json!({})).await;
    assert_eq!(answer["result"]["content"][0]["text"], "party \u{fffd}... \u{1f389} \u{fffd}!", "{answer}");
    let line = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"s__cut","arguments":{"t":"cut \ud83c"}}}"#;
    let answer = answer_to(&mut raw, line).await;
    assert_eq!(
        (&answer["id"], &answer["result"]["content"][0]["type"]),
        (&json!(7), &json!("text")),
        "{answer}"
    );
    assert!(record.text().contains("cut \u{fffd}"), "{}", record.text());
}

#[tokio::test]
async fn what_is_judged_is_what_the_client_would_see() {
    let record = Record::new();
    let answer = r#"answer '{"content":[{"type":"text","text":"the kestrel\ud83c has landed"}]}'"#;
    let config = cutting(answer, &record).keywords(&["kestrel\u{fffd}"]).guarded();
    let mut raw = raw(&config, json!({})).await;
    let answer = call(&mut raw, "s__cut", json!({})).await.to_string();
    assert!(answer.contains("GUARDRAIL_VIOLATION") && !answer.contains("landed"), "{answer}");
}

#[tokio::test]
async fn a_number_that_is_none_fails_its_own_call_and_says_where() {
    let record = Record::new();
    let answer = r#"case "$line" in *'"cut"'*) answer '{"content":[],"structuredContent":{"a":1e}}' ;; *) answer '{"content":[]}' ;; esac"#;
    let mut raw = raw(&cutting(answer, &record), json!({})).await;
    let answer = call(&mut raw, "s__cut", json!({})).await.to_string();
    assert!(answer.contains("SERVER_PROTOCOL") && answer.contains("invalid number at line 1"), "{answer}");
    assert_eq!(call(&mut raw, "s__good", json!({})).await["result"], json!({"content": []}));
    let line =
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"s__good","arguments":{"a":1e}}}"#;
    let answer = answer_to(&mut raw, line).await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32700)), "{answer}");
    assert!(answer["error"]["message"].as_str().expect("a text").contains("invalid number"), "{answer}");
}

#[tokio::test]
async fn a_mark_before_a_message_is_passed_over() {
    let record = Record::new();
    let gateway = Gateway::start(&shell(&format!(r"printf '\357\273\277'; say '{OK}'"), &record)).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
}

#[tokio::test]
async fn who_waits_in_vain_hears_of_lines_that_are_no_messages() {
    let record = Record::new();
    let answer = r#"say '{"jsonrpc":"2.0",'; say '  "id":1,'; say '  "result":{"content":[]}}'"#;
    let config = shell(answer, &record).timeout("tool_execution_timeout", 0.5);
    let reply = Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await;
    let result = &reply.results()[0];
    assert_eq!(result["error_code"], "TIMEOUT", "{result}");
    assert!(result.to_string().contains("no MCP messages: 3"), "{result}");
}

#[tokio::test]
async fn a_server_that_ends_while_something_it_left_holds_its_output_is_not_waited_for() {
    let record = Record::new();
    let config = shell("sleep 600 & exit 3", &record).timeout("tool_execution_timeout", 300.0);
    let reply = Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await;
    let result = &reply.results()[0];
    assert_eq!(result["error_code"], "SERVER_CLOSED", "{result}");
    assert!(result["message"].as_str().expect("a text").contains("exit code 3"), "{result}");
}

#[tokio::test]
async fn a_server_that_left_another_in_its_place_is() {
    let record = Record::new();
    // The other one answers the call once it has been pinged.
    let answer = format!(
        r#"exec 3<&0; ( while read -r line; do case "$line" in *'"ping"'*)
            id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
            say "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{{}}}}"; say '{OK}' ;;
        esac; done ) <&3 & exit 0"#
    );
    let gateway = Gateway::start(&shell(&answer, &record)).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
}
