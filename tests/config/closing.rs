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
async fn a_server_that_its_client_had_switched_off_stays_off() {
    let server = "/mcp_configs/config-1/mcp_config/0";
    for (place, key, value) in [
        ("", "enabled", json!(false)),
        ("", "status", json!("Disabled")),
        ("", "status", json!("inactive")),
        ("/config", "disabled", json!(true)),
        ("/config", "enabled", json!(false)),
        ("/config", "status", json!("disabled")),
    ] {
        let set = |on: Value| {
            Config::new().echo().edit(|file| {
                file.pointer_mut(&format!("{server}{place}")).expect("a place")[key] = on;
            })
        };
        let gateway = Gateway::start(&set(value.clone())).await;
        let reply = gateway.batch("echo", json!([{"name": "echo", "args": {"message": "x"}}])).await;
        assert!(reply.json["message"].as_str().expect("text").contains("switched off"), "{}", reply.json);
        let open = set(if value.is_string() { json!("active") } else { json!(value == false) });
        let (code, out, err) = Gateway::prepare(&open.text()).run(&["config", "check"]).await;
        assert!(code == 0 && err.is_empty(), "{out}{err}");
    }
}

#[tokio::test]
async fn what_is_meant_to_close_a_server_or_its_tools_is_never_passed_over() {
    for (key, value, expected) in [
        ("allowed_tools", json!(["echo"]), "expected `tools` beside `config`"),
        ("enabledTools", json!(["echo"]), "expected `tools` beside `config`"),
        ("disabledTools", json!(["echo"]), "denied_tools`"),
        ("toolFilter", json!({"list": ["echo"]}), "expected `tools` beside `config`"),
        ("isActive", json!(false), "expected `"),
        ("isDisabled", json!(true), "expected `disabled`"),
        ("status", json!("revoked"), "expected one of"),
    ] {
        for place in ["/mcp_configs/config-1/mcp_config/0", "/mcp_configs/config-1/mcp_config/0/config"] {
            let (code, said) =
                check(|file| file.pointer_mut(place).expect("a place")[key] = value.clone()).await;
            assert!(code == 78 && said.contains(expected), "{place} {key}: {said}");
            assert!(said.contains(&format!(".{key} (server `echo`)")), "{said}");
        }
    }
    for (key, value) in [("tools", json!(["echo"])), ("denied_tools", json!(["echo"]))] {
        let (code, said) =
            check(|file| file["mcp_configs"]["config-1"]["mcp_config"][0]["config"][key] = value).await;
        assert!(code == 78 && said.contains("beside `config`"), "{said}");
    }
    // What takes nothing away, and what is no limit at all.
    for (key, value) in [
        ("disabledTools", json!([])),
        ("isActive", json!(true)),
        ("status", json!("connected")),
        ("autoApprove", json!(["echo"])),
        ("timeout", json!(60)),
    ] {
        let (code, said) =
            check(|file| file["mcp_configs"]["config-1"]["mcp_config"][0]["config"][key] = value).await;
        assert!(code == 0 && said.contains(&format!("{key}` is not a known key")), "{said}");
    }
    let (code, said) =
        check(|file| file["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["cwd"] = json!("/tmp")).await;
    assert!(code == 0 && said.contains("config.cwd` is ignored: the server starts in"), "{said}");
}

#[tokio::test]
async fn what_stands_in_the_place_of_a_key_is_no_key() {
    for key in ["UNIQUE_GATEWAY_KEY", "UNIQUE_GATEWAY_KEY_1", "YOUR_GATEWAY_KEY", "<your-gateway-key>"] {
        for section in ["apikeys", "gateways"] {
            let (code, said) = check(|file| {
                let entry = json!({
                    "project_id": "project-1", "user_id": "user-1", "id": "g", "mcp_config": [],
                });
                file[section][key] = entry;
            })
            .await;
            assert!(code == 78 && said.contains("expected a gateway key of your own"), "{key}: {said}");
        }
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
        for (key, value) in [
            ("disabled", json!(true)),
            ("enabled", json!(false)),
            ("status", json!("disabled")),
            ("status", json!("Inactive")),
            ("disabled_at", json!("2026-01-01T00:00:00Z")),
        ] {
            let config = Config::new().edit(|file| file[section][entry][key] = value);
            let front = Front::start(&config);
            assert_eq!(front.send(&Ask::initialize().known()).await.status, 401, "{section} {key}");
            let line = |line: &str| line.contains(reason) && line.contains("user=\"user-1\"");
            eventually("the log says whose key it is", || front.gateway.log().lines().any(line));
        }
    }
}

#[tokio::test]
async fn when_something_was_disabled_closes_it_unless_it_is_said_to_be_open() {
    for (section, entry) in [("apikeys", KEY), ("users", "user-1"), ("projects", "project-1")] {
        for (beside, opens) in [
            (json!({"disabled": false}), true),
            (json!({"enabled": true}), false),
            (json!({"status": "active"}), false),
            (json!({"disabled": false, "enabled": false}), false),
        ] {
            let (code, said) = check(|file| {
                let entry = file[section][entry].as_object_mut().expect("an object");
                entry.insert("disabled_at".to_owned(), json!("2026-01-01T00:00:00Z"));
                entry.extend(beside.as_object().expect("an object").clone());
            })
            .await;
            let state = if opens { "it is open" } else { "it is closed" };
            assert!(code == 0 && said.contains("contradict each other") && said.contains(state), "{said}");
            assert_eq!(said.contains("no gateway key opens anything"), !opens, "{section} {beside}: {said}");
        }
        let (code, said) = check(|file| file[section][entry]["disabled_at"] = Value::Null).await;
        assert!(code == 0 && !said.contains("disabled_at"), "{said}");
    }
}

#[tokio::test]
async fn a_file_of_which_no_key_opens_anything_does_not_look_fine() {
    for (edit, expected) in [
        (("/apikeys", json!({})), "there is none in `apikeys`"),
        (("/users/user-1", json!({"disabled": true})), "stands under `keys`"),
        (("/projects/project-1/users", json!([])), "stands under `keys`"),
    ] {
        let (place, value) = edit;
        let config = Config::new().echo().edit(|file| *file.pointer_mut(place).expect("a place") = value);
        let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!(code, 0, "{err}");
        let warned = err.lines().any(|line| {
            line.starts_with("warning: no gateway key opens anything") && line.contains(expected)
        });
        assert!(warned, "{err}");
    }
    let (_, said) = check(|_| ()).await;
    assert!(!said.contains("opens anything"), "{said}");
}
