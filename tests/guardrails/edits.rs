//! Edits of the configuration while a service judges.

use serde_json::{Value, json};

use super::{Bench, echo, one, policy};
use crate::support::guard::API_KEY;
use crate::support::{Config, DISCOVER, Gateway, eventually, eventually_async};

fn edit(gateway: &Gateway, config: &Config) {
    let before = gateway.log().matches("the new one is in force").count();
    gateway.write_config(&config.text());
    eventually("the edit is taken", || gateway.log().matches("the new one is in force").count() > before);
}

/// An edit that has nothing to do with whoever judges.
fn elsewhere(config: &Config) -> Config {
    config.clone().common("max_calls_per_batch", json!(99))
}

fn registration() -> Value {
    json!({"enabled": true, "policy_name": "Reg Policy", "block": ["injection_attack", "policy_violation"]})
}

#[tokio::test]
async fn while_an_older_batch_runs_no_verdict_is_lost() {
    let bench = Bench::new();
    let config = bench.output(&json!({})).with("tool_guardrails_policy", registration());
    let gateway = Gateway::start(&config).await;
    let of_results = || {
        let requests = bench.guard.requests();
        requests
            .iter()
            .filter(|request| request.headers.iter().any(|(_, value)| value == "Out Policy"))
            .count()
    };
    gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    let calls: Value = (0..60).map(|_| json!({"name": "sleep", "args": {"ms": 50}})).collect();
    let asked = async {
        eventually_async("the batch runs", async || of_results() > 0).await;
        edit(&gateway, &elsewhere(&config));
        let mut asked = Vec::new();
        for _ in 0..4 {
            let results = of_results();
            eventually_async("the batch goes on", async || of_results() > results).await;
            let others = || bench.guard.count() - of_results();
            let before = others();
            gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
            asked.push(others() - before);
        }
        asked
    };
    let (reply, asked) = tokio::join!(gateway.batch("lab", calls), asked);
    assert_eq!(reply.json["execution_summary"]["successful_calls"], 60, "{}", reply.json);
    assert!(asked[0] > 0, "other settings, another judgement: {asked:?}");
    assert_eq!(asked[1..], [0, 0, 0], "what has been judged is not judged again");
}

#[tokio::test]
async fn what_is_known_of_a_services_health_outlives_an_edit_elsewhere() {
    let bench = Bench::new();
    let config = bench.input(&json!({}));
    let gateway = Gateway::start(&config).await;
    for _ in 0..5 {
        one(&gateway, echo("HTTP500JSON")).await;
    }
    let asked = bench.guard.count();
    edit(&gateway, &elsewhere(&config));
    let left_alone = one(&gateway, echo("hello")).await;
    assert!(left_alone["message"].to_string().contains("failed 5 times in a row"), "{left_alone}");
    assert_eq!(bench.guard.count(), asked);
    // Another key may be what was missing.
    let other_key = json!({"base_url": bench.guard.url(), "api_key": format!("{API_KEY}-2")});
    edit(
        &gateway,
        &Config::new()
            .provider("enkrypt", &other_key)
            .lab(&["--log", &bench.log().to_string_lossy()])
            .with("input_guardrails_policy", policy("In Policy", &json!({}))),
    );
    one(&gateway, echo("hello")).await;
    assert!(bench.guard.count() > asked);
}
