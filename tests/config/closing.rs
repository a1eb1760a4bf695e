//! Keys of the file by which somebody is shut out: heeded, or refused.

use serde_json::{Value, json};

use crate::support::{Ask, Config, Front, Gateway, KEY, eventually};

async fn check(edit: impl FnOnce(&mut Value)) -> (i32, String) {
    let config = Config::new().echo().edit(edit);
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    (code, out + &err)
}

#[tokio::test]
async fn a_key_that_is_meant_to_shut_somebody_out_is_never_passed_over() {
    for (key, value, expected) in [
        ("disable", json!(true), "expected `disabled`"),
        ("isDisabled", json!(true), "expected `disabled`"),
        ("state", json!("disabled"), "expected `status`"),
        ("expires_at", json!("2026-01-01T00:00:00Z"), "expected `\"disabled\": true`"),
        ("active", json!(false), "expected `\"disabled\": true`"),
        ("revoked_at", json!("2026-01-01"), "expected `\"disabled\": true`"),
    ] {
        for (section, entry, whose) in [
            ("apikeys", KEY, "(user `user-1`, project `project-1`)"),
            ("users", "user-1", "users.user-1."),
            ("projects", "project-1", "projects.project-1."),
        ] {
            let (code, said) = check(|file| file[section][entry][key] = value.clone()).await;
            assert!(code == 78 && said.contains(expected) && said.contains(whose), "{section} {key}: {said}");
            assert!(said.contains(&format!(".{key}")) && !said.contains(KEY), "{said}");
        }
    }
    let (code, said) = check(|file| {
        file["gateways"] =
            json!({"another-key-5f1c0d9e7a3b": {"id": "g", "mcp_config": [], "disable": true}});
    })
    .await;
    assert!(code == 78 && said.contains("expected `disabled`"), "{said}");
}

#[tokio::test]
async fn a_limit_or_a_provider_that_is_misspelt_or_elsewhere_is_refused() {
    let common = "/common_mcp_gateway_config";
    for (place, value, expected) in [
        (
            common,
            json!({"timeout_settings": {"tool_execution_timout": 5}}),
            "expected `tool_execution_timeout`",
        ),
        ("/timeout_settings", json!({}), "expected it in `common_mcp_gateway_config`"),
        ("/plugins", json!({"guardrail": {"provider": "local"}}), "expected `guardrails`"),
        ("/plugins", json!({"guardrails": {"providor": "local"}}), "expected `provider`"),
    ] {
        let (code, said) = check(|file| file[&place[1..]] = value).await;
        assert!(code == 78 && said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn what_says_nothing_of_access_is_a_warning_that_says_whose_it_is() {
    let (code, said) = check(|file| {
        file["apikeys"][KEY]["team"] = json!("red");
        file["apikeys"][KEY]["expires_at"] = Value::Null;
        // Almost `name`, which nobody reads.
        file["users"]["user-1"]["note"] = json!("x");
        file["projects"]["project-1"]["last_active_at"] = json!("x");
    })
    .await;
    assert_eq!(code, 0, "{said}");
    for expected in [
        "team` is not a known key and is ignored (user `user-1`, project `project-1`)",
        "user-1.note`",
        "last_active_at`",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn who_is_shut_out_is_refused_by_whatever_entry_says_so() {
    for (section, entry, reason) in [
        ("apikeys", KEY, "the key is disabled"),
        ("users", "user-1", "the key's user is disabled"),
        ("projects", "project-1", "the key's project is disabled"),
    ] {
        for (key, value) in
            [("disabled", json!(true)), ("enabled", json!(false)), ("status", json!("disabled"))]
        {
            let config = Config::new().edit(|file| file[section][entry][key] = value);
            let front = Front::start(&config);
            assert_eq!(front.send(&Ask::initialize().known()).await.status, 401, "{section} {key}");
            let line = |line: &str| line.contains(reason) && line.contains("user=\"user-1\"");
            eventually("the log says whose key it is", || front.gateway.log().lines().any(line));
        }
    }
}
