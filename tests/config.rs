//! The configuration file.

use secure_mcp_gateway_schema::Schema;
use serde_json::{Value, json};

use crate::support::{Config, Gateway, KEY, LIST, eventually, example};

mod closing;
mod replaced;
mod trial;

#[tokio::test]
async fn all_mistakes_are_said_at_once_and_no_value() {
    let config = Config::new()
        .server(json!({"server_name": "a", "config": {"command": 7, "args": "MARKER"}}))
        .server(json!({"server_name": "a", "config": {"command": "x"}}))
        .common("max_sessions", json!("MARKER"))
        .edit(|config| config["plugins"] = json!({"guardrails": {"provider": "MARKER"}}));
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!((code, out.as_str()), (78, ""));
    for path in [
        "mcp_configs.config-1.mcp_config[0].config.command (server `a`): ",
        "mcp_configs.config-1.mcp_config[0].config.args",
        "mcp_configs.config-1.mcp_config[1].server_name",
        "common_mcp_gateway_config.max_sessions",
        "plugins.guardrails.provider",
    ] {
        assert!(err.contains(path), "{path} is not in:\n{err}");
    }
    assert!(!err.contains("MARKER"), "{err}");
}

#[tokio::test]
async fn names_that_no_tool_has_are_a_warning() {
    let config = Config::new()
        .echo()
        .with("tools", json!({"good_name": "", "sa*": "", "two words": "", "an other": {"description": "x"}}))
        .with("denied_tools", json!(["delete_*", "[a b]*", "re move", "drop\t?"]));
    let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    let warnings: Vec<&str> = err.lines().filter(|line| line.contains("tools")).collect();
    assert_eq!(warnings.len(), 5, "{err}");
    for (place, word) in [
        ("tools.sa*", "none is a pattern"),
        ("tools[\"two words\"]", "no tool has such a name"),
        ("tools[\"an other\"]", "no tool has such a name"),
        ("denied_tools[2]", "no tool has such a name"),
        ("denied_tools[3]", "no tool has such a name"),
    ] {
        assert!(warnings.iter().any(|line| line.contains(place) && line.contains(word)), "{place}: {err}");
    }
}

#[tokio::test]
async fn a_word_of_the_environment_that_nobody_understands_is_refused() {
    for name in ["ENKRYPT_LOG_LEVEL", "ENKRYPT_ALLOW_STDIO_SERVERS"] {
        let gateway = Gateway::prepare(&Config::new().echo().text()).env(name, Some("perhaps"));
        let (code, _, err) = gateway.run(&["config", "check"]).await;
        assert_eq!(code, 78, "{err}");
        assert!(err.contains(&format!("{name}: expected ")) && !err.contains("perhaps"), "{err}");
    }
}

#[tokio::test]
async fn a_key_that_is_almost_one_that_protects_is_refused() {
    for (expected, key, value) in [
        ("expected `input_guardrails_policy`", "input_guardrail_policy", json!({"enabled": true})),
        ("expected `denied_tools`", "denied_tool", json!(["x"])),
        ("expected `enabled`", "output_guardrails_policy", json!({"enable": true})),
        ("expected `enabled`", "output_guardrails_policy", json!({"is_enabled": true})),
        ("expected `input_guardrails_policy`", "inputGuardrailsPolicy", json!({"enabled": true})),
        ("expected `input_guardrails_policy`", "input_guardrails", json!({"enabled": true})),
        ("expected `denied_tools`", "disallowed_tools", json!(["x"])),
        (
            "expected it in `mcp_configs.config-1.mcp_config[0].input_guardrails_policy.additional_config`",
            "input_guardrails_policy",
            json!({"enabled": true, "pii_redaction": true}),
        ),
    ] {
        let config = Config::new().echo().with(key, value);
        let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!(code, 78, "{err}");
        assert!(err.contains(expected), "{err}");
    }
    let edits: [fn(&mut Value); 2] = [
        |file| file["common_mcp_gateway_config"]["enkrypt_allow_stdio_server"] = json!(false),
        |file| file["mcp_configs"]["config-1"]["common_override"] = json!({}),
    ];
    for edit in edits {
        let config = Config::new().echo().edit(edit);
        let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert!(code == 78 && err.contains("a misspelling"), "{err}");
    }
    // What resembles nothing is only named.
    let (code, _, err) = Gateway::prepare(&Config::new().echo().with("colour", json!("red")).text())
        .run(&["config", "check"])
        .await;
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("colour"), "{err}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_can_read_or_change_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    for (file, folder, expected) in [
        (0o600, 0o700, ""),
        (0o600, 0o1777, ""),
        (0o644, 0o700, "others can read the configuration file: `chmod 600 "),
        (0o622, 0o700, "others can change the configuration file: `chmod 600 "),
        (0o620, 0o700, "others can change the configuration file: `chmod 600 "),
        (0o600, 0o777, "others can replace the configuration file in its folder: `chmod o-w "),
    ] {
        let gateway = Gateway::prepare(&Config::new().echo().text());
        let path = gateway.config_path();
        let set = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
        };
        set(&path, file);
        set(path.parent().expect("a folder"), folder);
        let (code, out, err) = gateway.run(&["config", "check"]).await;
        assert_eq!(code, 0, "{err}");
        assert!((out + &err).contains(expected), "{file:o} {folder:o}: {err}");
        assert_eq!(err.contains("others can"), !expected.is_empty(), "{file:o} {folder:o}: {err}");
    }
}

#[tokio::test]
async fn a_disabled_server_is_not_started() {
    let gateway = Gateway::start(&Config::new().echo().with("disabled", json!(true))).await;
    let reply = gateway.batch("echo", json!([{"name": "echo", "args": {"message": "x"}}])).await;
    assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
    assert!(reply.json["message"].as_str().expect("text").contains("switched off"), "{}", reply.json);
}

#[tokio::test]
async fn a_bad_file_ends_the_program_with_78_and_a_hint() {
    for (text, expected) in [("{\"a\": ", "is not JSON: line 1"), ("", "is empty"), ("[]", "is not valid")] {
        let gateway = Gateway::prepare(text);
        for arguments in [&["config", "check"][..], &["serve"], &[]] {
            let (code, out, err) = gateway.run(arguments).await;
            assert_eq!((code, out.as_str()), (78, ""), "{err}");
            assert!(err.contains(expected), "{err}");
        }
    }
    let gateway = Gateway::prepare("{}");
    std::fs::remove_file(gateway.config_path()).expect("removed");
    let (code, _, err) = gateway.run(&[]).await;
    assert_eq!(code, 78);
    assert!(err.contains("no configuration file") && err.contains("generate-config"), "{err}");
}

#[tokio::test]
async fn a_mistake_in_the_json_is_said_with_its_remedy_and_without_the_text() {
    for (text, said, remedy) in [
        (r#"{"hunter2": "C:\xyz"}"#, "a backslash", "write each backslash of a string twice"),
        (r#"{"a": "hunter2\ud800\u0041"}"#, "half a character", "or both of its halves"),
        (r#"{"hunter2": NaN}"#, "no value where there must be one", "there is no `NaN`"),
        (r#"{"hunter2": True}"#, "no value where there must be one", "are written small"),
        (r#"{"a": 'hunter2'}"#, "no value where there must be one", "stand in double quotes"),
        ("{hunter2: 1}", "has no double quotes", "names stand in double quotes"),
        (r#"{"a": [1,]}"#, "a comma with nothing behind it", "take the comma out"),
        ("{\"a\": \"hunter2\n\"}", "a line break", "close the string on its own line"),
        (r#"{"a": [1"#, "ends before everything is closed", "never closed"),
        (r#"{} {"hunter2": 1}"#, "stands behind the end", "closes too early"),
        (r#"{"a": 1 "hunter2": 2}"#, "something is missing", "look just before that place"),
    ] {
        let (code, _, err) = Gateway::prepare(text).run(&["config", "check"]).await;
        assert!(code == 78 && err.contains(said) && err.contains(remedy), "{text}: {err}");
        assert!(err.contains("line ") && !err.contains("hunter2"), "{err}");
    }
}

#[tokio::test]
async fn what_a_policy_blocks_beside_its_list_is_shown_and_not_warned_of() {
    for (extra, shown) in [
        (json!({"binary": "block"}), "output   blocks binary content"),
        (json!({"relevancy": true}), "output   warns of relevancy"),
    ] {
        let policy = json!({"enabled": true, "additional_config": extra});
        let config = Config::new().echo().with("output_guardrails_policy", policy);
        let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert!(code == 0 && err.is_empty() && out.contains(shown), "{out}{err}");
    }
}

#[tokio::test]
async fn a_reference_that_resolves_to_nothing_is_named() {
    let config = Config::new()
        .echo()
        .env(json!({"TOKEN": "${env:NO_SUCH_VARIABLE}", "FILE": "${file:/no/such/file}"}));
    let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!(code, 78);
    assert!(err.contains("NO_SUCH_VARIABLE") && err.contains("/no/such/file"), "{err}");
}

#[tokio::test]
async fn references_reach_the_server_and_nobody_else() {
    let config = Config::new().lab(&[]).env(json!({"TOKEN": "Bearer ${env:THE_SECRET}"}));
    let gateway = Gateway::prepare(&config.text()).env("THE_SECRET", Some("s3cr3t-value")).connect().await;
    assert_eq!(
        gateway.batch("lab", json!([{"name": "env", "args": {"name": "TOKEN"}}])).await.response(),
        "Bearer s3cr3t-value"
    );
    let listed = gateway.call(LIST, json!({"discover_tools": false})).await;
    assert!(!listed.json.to_string().contains("s3cr3t"));
}

#[tokio::test]
async fn three_generations_mean_the_same() {
    let server = |input: &str, name: &str| {
        json!({
            "server_name": "echo",
            "description": "Echo",
            "config": {"command": crate::support::server_binary("echo_mcp"), "args": []},
            "tools": {},
            input: {"enabled": true, name: "P", "additional_config": {}, "block": ["keyword_detector"]},
        })
    };
    let plugins =
        json!({"guardrails": {"provider": "custom_keyword", "config": {"blocked_keywords": ["whoami"]}}});
    let v1 = json!({
        "common_mcp_gateway_config": {"enkrypt_guardrails_enabled": true},
        "plugins": plugins,
        "gateways": {KEY: {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "mcp_config": [server("input_guardrails_policy", "policy_name")]}},
    });
    let second = |input: &str, name: &str| {
        let mut config = Config::new().server(server(input, name)).value().clone();
        config["plugins"] = plugins.clone();
        config
    };
    let files = [
        v1,
        second("input_guardrails_policy", "policy_name"),
        second("input_guardrails_config", "guardrail_name"),
    ];
    let mut answers = Vec::new();
    for file in files {
        let gateway = Gateway::prepare(&file.to_string()).connect().await;
        let listed = gateway.call(LIST, json!({})).await.json;
        let blocked = gateway.batch("echo", json!([{"name": "echo", "args": {"message": "whoami"}}])).await;
        assert_eq!(blocked.statuses(), ["blocked_input"]);
        answers.push(listed);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
}

#[tokio::test]
async fn two_gateways_with_one_id_are_both_named() {
    let gateway = |name: &str| json!({"id": "7c9e6679", "mcp_config": [{"server_name": name, "config": {"command": "true"}}]});
    let file = json!({"gateways": {"first-key-of-this-test-aaaa": gateway("a"), "second-key-of-this-test-bbbb": gateway("b")}});
    let (code, _, err) = Gateway::prepare(&file.to_string()).run(&["config", "check"]).await;
    assert_eq!(code, 78);
    assert!(err.contains("an `id` of its own") && err.contains("aaaa`") && err.contains("bbbb`"), "{err}");
    assert!(!err.contains("first-key") && !err.contains("second-key"), "{err}");
}

#[tokio::test]
async fn a_good_edit_takes_effect_and_a_bad_one_does_not() {
    let gateway = Gateway::start(&Config::new().echo()).await;
    let servers = async || {
        let listed = gateway.call(LIST, json!({"discover_tools": false})).await.json;
        listed["available_servers"].as_object().expect("servers").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(servers().await, ["echo"]);
    gateway.write_config(&Config::new().echo().lab(&[]).text());
    eventually("the edit is taken", || gateway.log().contains("the new one is in force"));
    assert_eq!(servers().await, ["echo", "lab"]);
    gateway.write_config("{ oops");
    eventually("the mistake is said", || gateway.log().contains("is not JSON"));
    assert_eq!(servers().await, ["echo", "lab"]);
}

#[tokio::test]
async fn the_example_and_the_schema_are_good() {
    let example = Value::Object(example());
    let gateway = Gateway::prepare(&example.to_string());
    let (code, out, err) = gateway.run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("custom_keyword") && out.contains("****7a3b") || out.contains("****"), "{out}");
    assert!(!out.contains(KEY));
    let (code, schema, _) = gateway.run(&["config", "schema"]).await;
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert!(Schema::compile(&schema).expect("a schema").fits(&example));
}

#[tokio::test]
async fn redaction_is_off_in_a_new_configuration_and_the_check_says_what_it_means() {
    let policy = |on: bool| json!({"enabled": on, "policy_name": "t", "block": ["secrets"], "additional_config": {"pii_redaction": true}});
    assert!(!Value::Object(example()).to_string().contains(r#""pii_redaction":true"#));
    for on in [true, false] {
        let config = Config::new().echo().with("input_guardrails_policy", policy(on));
        let gateway = Gateway::prepare(&config.text());
        let (_, out, _) = gateway.run(&["config", "check"]).await;
        assert_eq!(
            out.lines().filter(|line| line.contains("stores the placeholders")).count(),
            usize::from(on),
            "{out}"
        );
    }
}

#[tokio::test]
async fn the_check_says_how_long_sessions_last() {
    let config = Config::new()
        .common("standby_idle_seconds", json!(20))
        .lab(&[])
        .echo()
        .with("session_mode", json!("keep"))
        .hostile("")
        .with("standby_idle_seconds", json!(0));
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let said: Vec<&str> = out.lines().filter_map(|line| line.trim().strip_prefix("sessions ")).collect();
    assert_eq!(
        said,
        [
            "one per batch, the next opened in advance for 20 s",
            "one, kept 300 s after its last use",
            "one per batch"
        ]
    );
}

#[tokio::test]
async fn where_uses_differ_the_check_says_how_long_each_one_s_session_lasts() {
    let both = "batches: one per batch, the next opened in advance for 20 s; \
        direct calls, listings: one, kept 300 s after its last use";
    let kept = "one, kept 300 s after its last use";
    let single = "one per batch, the next opened in advance for 20 s";
    for (exposure, usual) in [("both", both), ("direct", kept), ("gateway", single)] {
        let config = Config::new()
            .common("tool_exposure", json!(exposure))
            .common("standby_idle_seconds", json!(20))
            .lab(&[])
            .echo()
            .with("session_mode", json!("batch"));
        let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!((code, err.as_str()), (0, ""));
        let said: Vec<&str> = out.lines().filter_map(|line| line.trim().strip_prefix("sessions ")).collect();
        assert_eq!(said, [usual, single], "{exposure}");
    }
}

#[tokio::test]
async fn help_fits_a_screen_and_shows_the_commonest_uses() {
    let (code, out, _) = Gateway::prepare("{}").run(&["--help"]).await;
    assert_eq!(code, 0);
    assert!(out.lines().count() <= 24, "{out}");
    assert!(out.contains("Commonest uses"));
    let asked = Gateway::prepare("{}").run(&["help"]).await;
    assert_eq!((asked.0, asked.1), (0, out));
}

#[tokio::test]
async fn a_threshold_is_a_share_of_a_limit() {
    for number in [json!(1e30), json!(0), json!(10.5)] {
        let policies = json!({"timeout_threshold": number});
        let config = Config::new().common("timeout_settings", json!({"escalation_policies": policies}));
        let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!(code, 78);
        let path = "timeout_settings.escalation_policies.timeout_threshold";
        assert!(err.contains(path) && err.contains("a number above 0 and not above 10"), "{err}");
    }
    // Ten times the longest limit is a time that can be waited for.
    let policies = json!({"timeout_threshold": 10});
    let settings = json!({"discovery_timeout": 316_000_000, "escalation_policies": policies});
    let gateway = Gateway::start(&Config::new().common("timeout_settings", settings).lab(&[])).await;
    assert_eq!(gateway.batch("lab", json!([{"name": "counter"}])).await.response(), "1");
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_said_at_the_start() {
    for (key, words) in
        [(None, "`ENKRYPT_GATEWAY_KEY` is not set"), (Some("another-key-0000-wxyz"), "****wxyz")]
    {
        let gateway = Gateway::prepare(&Config::new().text()).env("ENKRYPT_GATEWAY_KEY", key).connect().await;
        eventually("it is said", || gateway.log().contains("every request will be refused"));
        let log = gateway.log();
        assert!(log.contains(words) && !log.contains("another-key"), "{log}");
    }
    let log = crate::support::whole_log(&Gateway::start(&Config::new()).await).await;
    assert!(!log.contains("will be refused"), "{log}");
}

#[tokio::test]
async fn the_servers_of_a_pasted_client_file_are_not_passed_over_in_silence() {
    for list in ["mcpServers", "servers", "context_servers"] {
        let pasted = Config::new().echo().edit(|config| config[list] = json!({"memory": {"command": "npx"}}));
        let (code, _, err) = Gateway::prepare(&pasted.text()).run(&["config", "check"]).await;
        assert!(code == 0 && err.contains("each of its servers goes into `mcp_config`"), "{err}");
        assert!(err.contains(&format!("`{list}` is what")) && !err.contains("is not a known key"), "{err}");
    }
}
