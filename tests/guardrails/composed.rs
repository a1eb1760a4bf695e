//! Several providers as one, and the provider `openai`.

use serde_json::{Value, json};

use super::{Bench, echo, one, policy};
use crate::support::guard::API_KEY;
use crate::support::{Config, DISCOVER, Gateway};

/// `custom_keyword` with one word, and the service.
fn both(bench: &Bench, logic: &str) -> Config {
    let service = json!({"base_url": bench.guard.url(), "api_key": API_KEY});
    let members = json!([
        {"provider": "custom_keyword", "config": {"blocked_keywords": ["whoami"]}},
        {"provider": "enkrypt", "config": service},
    ]);
    let block = json!({"block": ["keyword_detector", "injection_attack"]});
    bench.input(&block).provider("composite", &json!({"providers": members, "logic": logic}))
}

fn rules(result: &Value) -> Vec<&str> {
    let violations = result["input_guardrail_response"]["violations"].as_array().into_iter().flatten();
    violations.map(|violation| violation["rule"].as_str().expect("a rule")).collect()
}

#[tokio::test]
async fn any_takes_every_hit() {
    let bench = Bench::new();
    let gateway = Gateway::start(&both(&bench, "any")).await;
    assert_eq!(one(&gateway, echo("hello")).await["status"], "success");
    for text in ["BAD_KW", "whoami", "BAD_INJ"] {
        let blocked = one(&gateway, echo(text)).await;
        assert_eq!((&blocked["status"], rules(&blocked).len()), (&json!("blocked_input"), 1), "{blocked}");
    }
    assert_eq!(rules(&one(&gateway, echo("whoami BAD_KW")).await).len(), 2);
    // A fault of one member is no verdict, unless another has found what blocks.
    let failed = one(&gateway, echo("HTTP404")).await;
    assert_eq!(failed["error_code"], "GUARDRAIL_UNAVAILABLE", "{failed}");
    let found = one(&gateway, echo("HTTP404 whoami")).await;
    assert_eq!(found["error_code"], "GUARDRAIL_VIOLATION", "{found}");
    assert_eq!(bench.calls().len(), 1);
}

#[tokio::test]
async fn all_takes_what_each_member_that_can_find_it_found() {
    let bench = Bench::new();
    let gateway = Gateway::start(&both(&bench, "all")).await;
    for text in ["BAD_KW", "whoami"] {
        assert_eq!(one(&gateway, echo(text)).await["status"], "success", "{text}");
    }
    for text in ["BAD_KW whoami", "BAD_INJ"] {
        assert_eq!(one(&gateway, echo(text)).await["status"], "blocked_input", "{text}");
    }
    let failed = one(&gateway, echo("HTTP404 whoami")).await;
    assert_eq!(failed["error_code"], "GUARDRAIL_UNAVAILABLE", "{failed}");
}

#[tokio::test]
async fn what_is_said_of_a_member_names_its_own_place() {
    let keyless = json!({"providers": ["local", "enkrypt"]});
    let block = |detector: &str| json!({"enabled": true, "policy_name": "P", "block": [detector]});
    let with = |settings: &Value, detector: &str| {
        Config::new()
            .provider("composite", settings)
            .lab(&[])
            .with("input_guardrails_policy", block(detector))
    };
    let check = async |config: Config| Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    let place = "plugins.guardrails.config.providers[1].config";
    let (code, _, err) = check(with(&keyless, "injection_attack")).await;
    assert!(code == 78 && err.contains(&format!("`{place}.api_key`")), "{err}");
    let words = json!({"provider": "custom_keyword", "config": {"blocked_keywords": ["Foo Bar"]}});
    let (code, _, err) = check(with(&json!({"providers": ["local", words]}), "keyword_detector")).await;
    assert!(code == 0 && err.is_empty(), "{err}");
    let topics = json!({"providers": [words, "local"]});
    let (code, _, err) = check(with(&topics, "topic_detector")).await;
    assert!(code == 0 && err.contains(&format!("list it under `{place}.topics`")), "{err}");
    let gateway = Gateway::start(&with(&json!({"providers": ["local", words]}), "keyword_detector")).await;
    let blocked = one(&gateway, echo("a foo bar")).await;
    assert_eq!(rules(&blocked), [format!("{place}.blocked_keywords[0]")], "{blocked}");
}

fn openai(bench: &Bench, key: &str) -> Config {
    let mut policy = policy("moderation", &json!({}));
    policy["block"] = json!(["toxicity", "nsfw"]);
    let service = json!({"base_url": bench.guard.url(), "api_key": API_KEY});
    bench.config().provider("openai", &service).with(key, policy)
}

#[tokio::test]
async fn moderation() {
    let bench = Bench::new();
    let gateway = Gateway::start(&openai(&bench, "input_guardrails_policy")).await;
    assert_eq!(one(&gateway, echo("hello")).await["status"], "success");
    let request = &bench.guard.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/moderations"));
    assert_eq!(request.header("authorization"), Some(format!("Bearer {API_KEY}").as_str()));
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body, json!({"input": r#"{"message": "hello"}"#}));
    let blocked = one(&gateway, echo("BAD_HATE")).await;
    assert_eq!(rules(&blocked), ["hate 0.91 >= 0.70"], "{blocked}");
    assert_eq!(blocked["input_guardrail_response"]["violations"][0]["type"], "toxicity");
    assert_eq!(bench.calls().len(), 1);
    let result = gateway.batch("lab", json!([echo("hello"), echo("BAD_HATE")])).await;
    assert_eq!(result.statuses(), ["success", "blocked_input"]);
}

#[tokio::test]
async fn moderation_of_results_and_definitions() {
    let bench = Bench::new();
    let gateway = Gateway::start(&openai(&bench, "output_guardrails_policy")).await;
    let blocked = one(&gateway, echo("BAD_HATE")).await;
    assert_eq!(blocked["status"], "blocked_output", "{blocked}");
    let tools = json!({"echo": "Fine.", "pid": "BAD_HATE"});
    let config = openai(&bench, "server_tools_guardrails_config").with("tools", tools);
    let gateway = Gateway::start(&config).await;
    let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
    assert_eq!(answer["blocked_tools"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(answer["blocked_tools"][0]["name"], "pid");
}

#[tokio::test]
async fn moderation_that_fails_closes() {
    for (word, said) in [
        ("DROPCONN", "closed the connection"),
        ("DROPBODY", "broke off"),
        ("HTTP401", "refused the API key"),
        ("HTTP500JSON", "status 500"),
        ("HTTPHTML", "not JSON"),
        ("EMPTY", "empty answer"),
        ("NOSUMMARY", "another number of texts"),
        ("HUGE", "more than"),
        ("SLOW", "timed out after 0.4 s"),
    ] {
        let bench = Bench::new();
        let config = openai(&bench, "input_guardrails_policy");
        let config = if word == "SLOW" { config.timeout("guardrail_timeout", 0.4) } else { config };
        let gateway = Gateway::start(&config).await;
        let failed = one(&gateway, echo(word)).await;
        assert_eq!(failed["error_code"], "GUARDRAIL_UNAVAILABLE", "{word}: {failed}");
        assert!(failed["message"].to_string().contains(said), "{word}: {failed}");
        assert!(bench.calls().is_empty(), "{word}");
    }
}
