//! Many checks at once, and a service that fails again and again.

use serde_json::{Value, json};

use super::{Bench, echo, one, policy};
use crate::direct::Script;
use crate::support::{Gateway, Raw, eventually};

fn messages(count: usize, word: &str) -> Value {
    (0..count).map(|number| echo(&format!("{word} {number}"))).collect()
}

#[tokio::test]
async fn the_checks_of_a_batch_run_side_by_side_before_its_first_call() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    let check = async {
        let seen = async || bench.guard.count() == 10;
        crate::support::eventually_async("all ten are asked about", seen).await;
        assert!(bench.calls().is_empty(), "nothing runs before its verdict");
        bench.guard.open();
    };
    let (reply, ()) = tokio::join!(gateway.batch("lab", messages(10, "HELD")), check);
    assert_eq!(reply.json["execution_summary"]["successful_calls"], 10, "{}", reply.json);
    assert_eq!((bench.guard.most_in_flight(), bench.calls().len()), (10, 10));
    // The next ones use the connections that are there.
    gateway.batch("lab", messages(10, "again")).await;
    assert_eq!(bench.guard.count(), 20);
    assert!(bench.guard.connections() <= 15, "{} connections", bench.guard.connections());
}

#[tokio::test]
async fn one_service_is_not_asked_too_much_at_once() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    let check = async {
        crate::support::eventually_async("as many as may be", async || bench.guard.count() == 32).await;
        bench.guard.open();
    };
    let (reply, ()) = tokio::join!(gateway.batch("lab", messages(50, "HELD")), check);
    assert_eq!(reply.json["execution_summary"]["successful_calls"], 50, "{}", reply.json);
    assert_eq!((bench.guard.count(), bench.guard.most_in_flight()), (50, 32));
}

#[tokio::test]
async fn a_service_that_fails_again_and_again_is_left_alone_and_nothing_passes() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    for _ in 0..5 {
        let failed = one(&gateway, echo("HTTP500JSON")).await;
        assert!(failed["message"].to_string().contains("status 500"), "{failed}");
    }
    let asked = bench.guard.count();
    let clean = one(&gateway, echo("hello")).await;
    assert_eq!(
        (&clean["status"], &clean["error_code"]),
        (&json!("blocked_input"), &json!("GUARDRAIL_UNAVAILABLE")),
        "{clean}"
    );
    assert!(clean["message"].to_string().contains("failed 5 times in a row"), "{clean}");
    assert_eq!((bench.guard.count(), bench.calls().len()), (asked, 0));
}

#[tokio::test]
async fn a_service_that_hangs_is_left_alone_too() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({})).timeout("guardrail_timeout", 1.0)).await;
    let calls: Value = (0..5).map(|_| echo("SLOW")).collect();
    assert_eq!(gateway.batch("lab", calls).await.statuses(), ["blocked_input"]);
    let clean = one(&gateway, echo("hello")).await;
    assert!(clean["message"].to_string().contains("failed 5 times in a row"), "{clean}");
    assert_eq!((bench.guard.count(), bench.calls().len()), (5, 0));
}

#[tokio::test]
async fn a_refusal_says_nothing_of_the_services_health() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    for _ in 0..6 {
        assert_eq!(one(&gateway, echo("HTTP404")).await["status"], "blocked_input");
    }
    assert_eq!(one(&gateway, echo("hello")).await["status"], "success");
}

#[tokio::test]
async fn a_lost_connection_is_tried_once_more() {
    let bench = Bench::new();
    let gateway = Gateway::start(&bench.input(&json!({}))).await;
    one(&gateway, echo("DROPCONN")).await;
    eventually("it was asked twice", || bench.guard.count() == 2);
    one(&gateway, echo("HTTP500JSON")).await;
    assert_eq!(bench.guard.count(), 3, "an answer is an answer");
}

/// A server `s` whose tool says so much before it answers, behind the service.
fn talker(bench: &Bench, said: &[Value]) -> (Script, crate::support::Config) {
    let result = json!({"content": [{"type": "text", "text": "done"}]});
    let answer = json!({"method": "tools/call", "before": said, "result": result});
    let script = Script::tools(&json!([{"name": "talk", "inputSchema": {"type": "object"}}]), vec![answer]);
    let config = bench.config().server(script.server("s"));
    (script, config.with("output_guardrails_policy", policy("Out Policy", &json!({}))))
}

fn log(word: &str, number: usize) -> Value {
    let params = json!({"level": "error", "data": format!("{word} {number}")});
    json!({"method": "notifications/message", "params": params})
}

/// The log lines that came before the answer to a call of `talk`, and the answer.
async fn heard(raw: &mut Raw) -> (Vec<String>, Value) {
    let mut lines = Vec::new();
    loop {
        let message = raw.receive().await;
        match message["params"]["data"].as_str() {
            Some(line) => lines.push(line.to_owned()),
            None if message["id"] == 9 => return (lines, message),
            None => panic!("neither a line nor the answer: {message}"),
        }
    }
}

#[tokio::test]
async fn what_a_server_says_beside_a_call_is_judged_side_by_side_and_heard_in_order() {
    let bench = Bench::new();
    let mut said: Vec<Value> = (0..60).map(|number| log("HELD", number)).collect();
    said[20]["params"]["data"] = json!("HELD BAD_INJ");
    let (_script, config) = talker(&bench, &said);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(9, "s", json!([{"name": "talk"}])).await;
    crate::support::eventually_async("as many as may be", async || bench.guard.count() == 16).await;
    assert_eq!(bench.guard.most_in_flight(), 16);
    bench.guard.open();
    let (lines, answer) = heard(&mut raw).await;
    let expected: Vec<String> =
        (0..60).filter(|number| *number != 20).map(|number| format!("HELD {number}")).collect();
    assert_eq!(lines, expected);
    assert!(answer.to_string().contains("done"), "{answer}");
    assert_eq!(bench.guard.most_in_flight(), 16);
}
