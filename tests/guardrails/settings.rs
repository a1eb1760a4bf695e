//! Policies that the chosen provider cannot keep: the program says so and does not start.

use serde_json::{Value, json};

use super::policy;
use crate::support::guard::API_KEY;
use crate::support::{Config, Gateway};

async fn refused(config: &Config) -> String {
    let gateway = Gateway::prepare(&config.text());
    let mut said = String::new();
    for arguments in [&["config", "check"][..], &["serve"]] {
        let (code, out, err) = gateway.run(arguments).await;
        assert_eq!((code, out.as_str()), (78, ""), "{err}");
        said = err;
    }
    assert!(!said.contains(API_KEY));
    said
}

fn with(provider: &str, settings: &Value, more: &Value) -> Config {
    Config::new().provider(provider, settings).lab(&[]).with("input_guardrails_policy", policy("P", more))
}

#[tokio::test]
async fn a_service_without_a_real_key() {
    for key in [json!({}), json!({"api_key": "YOUR_ENKRYPT_API_KEY"}), json!({"api_key": ""})] {
        let said = refused(&with("enkrypt", &key, &json!({}))).await;
        assert!(said.contains("mcp_config[0].input_guardrails_policy"), "{said}");
        assert!(said.contains("plugins.guardrails.config.api_key") && said.contains("`local`"), "{said}");
    }
    let said = refused(&with("openai", &json!({}), &json!({"block": ["toxicity"]}))).await;
    assert!(said.contains("plugins.guardrails.config.api_key") && said.contains("`local`"), "{said}");
    // Nothing is asked for by a policy that is off.
    let off = with("enkrypt", &json!({}), &json!({"enabled": false}));
    assert_eq!(Gateway::prepare(&off.text()).run(&["config", "check"]).await.0, 0);
}

#[tokio::test]
async fn what_a_provider_cannot_check() {
    let key = json!({"api_key": API_KEY});
    for (provider, settings, more, said) in [
        ("enkrypt", key.clone(), json!({"block": ["secrets"]}), "cannot check `secrets`"),
        ("enkrypt", key.clone(), json!({"block": ["no_detector"]}), "expected the name of a detector"),
        ("enkrypt", key.clone(), json!({"policy_name": ""}), "expected `policy_name`"),
        ("openai", key.clone(), json!({"block": ["injection_attack"]}), "cannot check `injection_attack`"),
        (
            "openai",
            key.clone(),
            json!({"block": ["toxicity"], "additional_config": {"relevancy": true}}),
            "cannot check `relevancy`",
        ),
        (
            "openai",
            key.clone(),
            json!({"block": ["toxicity"], "additional_config": {"pii_redaction": true}}),
            "cannot check `pii_redaction`",
        ),
        (
            "custom_keyword",
            json!({"blocked_keywords": ["x"]}),
            json!({"block": ["toxicity"]}),
            "cannot check `toxicity`",
        ),
        ("local", json!({}), json!({"block": ["bias"]}), "`local` cannot check `bias`"),
        (
            "composite",
            json!({"providers": ["local", "custom_keyword"], "logic": "any"}),
            json!({"block": ["hallucination"]}),
            "cannot check `hallucination`",
        ),
    ] {
        let err = refused(&with(provider, &settings, &more)).await;
        assert!(err.contains(said), "{provider}: {said} is not in:\n{err}");
    }
}

#[tokio::test]
async fn aliases_and_plain_names_are_the_same() {
    let names = json!(["nsfw_content", "toxic_content", "keyword_detected", "on_topic", "bias"]);
    let config = with("enkrypt", &json!({"api_key": API_KEY}), &json!({"block": names}));
    let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
}
