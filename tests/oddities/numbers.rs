//! Numbers that no machine word holds: amounts of money in the smallest unit, measurements, limits.

use serde_json::{Value, json};

use super::{OK, answering, raw, shell};
use crate::direct::{Script, ask, call};
use crate::processes::watch::Record;
use crate::support::{Config, Gateway};

const NUMBERS: &str = "[123456789012345678901234567890,-99999999999999999999,18446744073709551616,0.12345678901234567890123,1.50,9007199254740993,1e+400]";
const LARGEST: &str = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

fn numbers() -> Value {
    serde_json::from_str(NUMBERS).expect("JSON")
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn numbers_pass_in_all_their_digits_both_ways() {
    let policy = json!({"enabled": true, "policy_name": "p", "block": ["secrets"], "additional_config": {"pii_redaction": true}});
    let (script, config) = answering(&json!({"result": {
        "content": [], "structuredContent": {"n": numbers()}, "_meta": {"n": numbers()},
    }}));
    let config = config
        .with("input_guardrails_policy", policy.clone())
        .with("output_guardrails_policy", policy)
        .provider("local", &json!({}))
        .common("tool_exposure", json!("both"));
    let mut raw = raw(&config, json!({})).await;
    let answer = call(&mut raw, "s__x", json!({"n": numbers()})).await;
    let result = &answer["result"];
    assert_eq!(result["structuredContent"]["n"].to_string(), NUMBERS, "{answer}");
    assert_eq!(result["_meta"]["n"].to_string(), NUMBERS, "{answer}");
    let calls = json!([{"name": "x", "args": {"n": numbers()}}]);
    let params =
        json!({"name": crate::support::SECURE_CALL, "arguments": {"server_name": "s", "tool_calls": calls}});
    let answer = ask(&mut raw, "tools/call", params).await;
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(text.matches(NUMBERS).count(), 3, "the echo, the content and its _meta: {text}");
    let asked = script.asked("tools/call");
    assert_eq!(asked.len(), 2);
    for params in asked {
        assert_eq!(params["arguments"]["n"].to_string(), NUMBERS);
    }
}

#[tokio::test]
async fn schemas_and_rules_hold_for_them() {
    let property = json!({"type": "integer", "maximum": number(LARGEST)});
    let tool = json!({"name": "x", "inputSchema": {"type": "object", "properties": {"n": property, "m": {"maximum": 5}}}});
    let script =
        Script::tools(&json!([tool]), vec![json!({"method": "tools/call", "result": {"content": []}})]);
    let rule = json!({"name": "amounts", "when": "args.amount > 1000"});
    let config = Config::new().server(script.server("s")).provider("local", &json!({"policies": [rule]}));
    let policy = json!({"enabled": true, "policy_name": "p", "block": ["policy_violation"]});
    let config = config.with("input_guardrails_policy", policy).common("tool_exposure", json!("both"));
    let mut raw = raw(&config, json!({})).await;
    let listed = ask(&mut raw, "tools/list", json!({})).await.to_string();
    assert!(listed.contains(&format!("\"maximum\":{LARGEST}")), "{listed}");
    let gateway = Gateway::start(&config).await;
    for (arguments, status) in [
        (json!({"n": number(LARGEST)}), "success"),
        (json!({"n": number(&format!("{LARGEST}0"))}), "error"),
        (json!({"n": number("1.5")}), "error"),
        (json!({"m": number("1e400")}), "error"),
        (json!({"amount": number("1e400")}), "blocked_input"),
        (json!({"amount": number(LARGEST)}), "blocked_input"),
        (json!({"amount": number("-1e400")}), "success"),
    ] {
        let reply = gateway.batch("s", json!([{"name": "x", "args": arguments}])).await;
        assert_eq!(reply.statuses(), [status], "{arguments}: {}", reply.json);
    }
}

#[tokio::test]
async fn an_object_that_would_be_read_as_a_number_is_refused_in_clear_words() {
    const NAME: &str = "$serde_json::private::Number";
    let record = Record::new();
    let result =
        OK.replace(r#""content""#, &format!(r#""structuredContent":{{"a":{{"{NAME}":"12"}}}},"content""#));
    let config = shell(&format!("say '{result}'"), &record);
    let mut raw = raw(&config, json!({})).await;
    raw.send_line(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"x","arguments":{{"{NAME}":"12"}}}}}}"#)).await;
    let answer = raw.receive().await;
    assert!(answer["id"] == 7 && answer["error"].to_string().contains(NAME), "{answer}");
    super::call(&mut raw).await;
    let answer = raw.receive().await.to_string();
    assert!(answer.contains("SERVER_PROTOCOL") && answer.contains(NAME), "{answer}");
}
