//! Whole files: the generations against each other, all problems at once, and nothing of a value in any of them.

use std::path::Path;
use std::sync::Arc;

use secure_mcp_gateway_schema::Schema;
use serde_json::{Value, json};

use super::*;
use crate::config::{Endpoint, Grant, KeyState, Server, SessionMode, write};
use crate::secret::GatewayKey;

const KEY: &str = "correct-horse-battery-KEQ5";

fn parsed(file: &Value) -> Result<Settings, ConfigError> {
    let env = Environment::from_pairs([("TOKEN", "s3cret-token-value"), ("GATEWAY", KEY)]);
    parse(Path::new("c.json"), &file.to_string(), &env)
}

fn settings(file: &Value) -> Settings {
    parsed(file).expect("settings")
}

fn problems(file: &Value) -> Vec<String> {
    let Err(ConfigError::Invalid { problems, .. }) = parsed(file) else { panic!("no problem was found") };
    problems.into_iter().map(|problem| problem.to_string()).collect()
}

fn grant(settings: &Settings) -> &Grant {
    settings.keys.get(&GatewayKey::from(KEY).digest()).expect("the key's grant")
}

fn echo() -> Value {
    json!({"server_name": "echo", "config": {"command": "echo_mcp"}})
}

/// A file of the second generation with these servers and the keyword provider.
fn with_servers(servers: &Value) -> Value {
    json!({
        "plugins": {"guardrails": {"provider": "custom_keyword", "config": {"blocked_keywords": ["whoami"]}}},
        "mcp_configs": {"c1": {"mcp_config_name": "n", "mcp_config": servers}},
        "projects": {"p1": {"mcp_config_id": "c1", "users": ["u1"]}},
        "users": {"u1": {"email": "a@example.com"}},
        "apikeys": {KEY: {"project_id": "p1", "user_id": "u1"}},
    })
}

fn with_server(changes: Value) -> Value {
    let mut server = echo();
    let Value::Object(changes) = changes else { panic!("no object") };
    server.as_object_mut().expect("an object").extend(changes);
    with_servers(&json!([server]))
}

fn server(file: &Value) -> Arc<Server> {
    Arc::clone(&grant(&settings(file)).config.servers[0])
}

#[test]
fn the_generations_mean_the_same() {
    let policy = |name: &str| json!({"enabled": true, name: "P", "block": ["keyword_detected"]});
    let server = |input: &str, output: &str, name: &str| {
        json!([{
            "server_name": "echo", "description": "Echo",
            "config": {"command": "echo_mcp", "args": ["-v"], "env": {"A": "b", "N": 1}},
            "tools": {"echo": "Echo a message", "add": {"inputSchema": {"type": "object"}}},
            input: policy(name), output: policy(name),
        }])
    };
    let plugins = json!({"guardrails": {"provider": "custom_keyword", "config": {"keywords": ["whoami"]}}});
    let first = json!({
        "common_mcp_gateway_config": {"enkrypt_guardrails_enabled": true}, "plugins": plugins,
        "gateways": {KEY: {"id": "g", "mcp_config": server("input_guardrails_policy", "output_guardrails_policy", "policy_name")}},
    });
    let second = with_servers(&server("input_guardrails_policy", "output_guardrails_policy", "policy_name"));
    let third =
        with_servers(&server("input_guardrails_config", "output_guardrails_config", "guardrail_name"));
    let shown = |file: &Value| {
        let settings = settings(file);
        assert_eq!(settings.warnings, Vec::<String>::new());
        format!("{:?}", grant(&settings).config.servers)
    };
    assert_eq!(shown(&first), shown(&second));
    assert_eq!(shown(&second), shown(&third));
    assert_eq!(grant(&settings(&first)).caller.as_str(), "g");
    assert_eq!(grant(&settings(&second)).caller.as_str(), "u1_p1_c1");
}

#[test]
fn what_other_versions_write_loads_without_a_word() {
    let policy = |name: &str| {
        let extra = json!({"pii_redaction": false, "relevancy": false});
        json!({"enabled": false, name: "P", "additional_config": extra, "block": ["policy_violation", "nsfw"]})
    };
    let mut file = with_server(json!({
        "oauth_config": {"enabled": false, "OAUTH_CLIENT_SECRET": "${env:NONE}"}, "sandbox": {"enabled": false},
        "tool_guardrails_policy": policy("policy_name"), "enable_server_info_validation": false,
        "input_guardrails_config": policy("guardrail_name"), "denied_tools": [], "tools": {},
    }));
    file["plugins"] = json!({
        "auth": {"provider": "local_apikey", "config": {}},
        "guardrails": {"provider": "enkrypt", "config": {"api_key": "YOUR_ENKRYPT_API_KEY", "base_url": "https://h"}},
        "telemetry": {"provider": "opentelemetry", "config": {"enabled": false, "url": "http://localhost:4317"}},
    });
    file["admin_apikey"] = "a".into();
    file["enkrypt_config"] =
        json!({"api_key": "YOUR_ENKRYPT_API_KEY", "base_url": "https://h", "org_id": null});
    file["common_mcp_gateway_config"] = json!({"session_pool_enabled": true, "enkrypt_cache_password": null});
    assert_eq!(settings(&file).warnings, Vec::<String>::new());
}

#[test]
fn two_spellings_must_not_disagree() {
    let policy = json!({"enabled": true, "block": ["keyword_detector"]});
    let mut file = with_server(json!({"input_guardrails_config": policy, "input_guardrails_policy": policy}));
    assert!(server(&file).input.enabled);
    file["mcp_configs"]["c1"]["mcp_config"][0]["input_guardrails_config"]["enabled"] = false.into();
    let said = problems(&file);
    assert!(
        said.len() == 1 && said[0].contains("input_guardrails_config (server `echo`): says something else"),
        "{said:?}"
    );
}

#[test]
fn all_problems_are_said_at_once() {
    let mut file = with_servers(&json!([
        {"server_name": "a", "config": {"args": [1]}},
        {"server_name": "a", "config": {"command": "x", "env": {"T": "${env:NONE}"}}, "denied_tools": [{"delete_*": {}}]},
        {"server_name": "", "config": {"url": "ftp://h"}, "tools": {"echo": 1}},
    ]));
    file["common_mcp_gateway_config"] =
        json!({"enkrypt_cache_port": "6379", "timeout_settings": {"auth_timeout": 0}});
    file["plugins"]["auth"] = json!({"provider": "ldap"});
    file["apikeys"]["UNIQUE_GATEWAY_KEY"] = json!({"project_id": "p1", "user_id": "u1"});
    let paths: Vec<_> =
        problems(&file).iter().map(|text| text.split(": ").next().unwrap_or("").to_owned()).collect();
    let list = "mcp_configs.c1.mcp_config";
    assert_eq!(
        paths,
        [
            "common_mcp_gateway_config.timeout_settings.auth_timeout".to_owned(),
            "common_mcp_gateway_config.enkrypt_cache_port".to_owned(),
            "plugins.auth.provider".to_owned(),
            format!("{list}[0].config.command (server `a`)"),
            format!("{list}[0].config.args[0] (server `a`)"),
            format!("{list}[1].config.env.T (server `a`)"),
            format!("{list}[1].denied_tools[0] (server `a`)"),
            format!("{list}[1].server_name (server `a`)"),
            format!("{list}[2].server_name"),
            format!("{list}[2].config.url"),
            format!("{list}[2].tools.echo"),
            "apikeys.****_KEY (user `u1`, project `p1`)".to_owned(),
        ]
    );
}

/// Replaces every value below by the marker, one at a time, and shows each document.
fn with_marker(value: &Value, marker: &Value, show: &mut dyn FnMut(Value)) {
    show(marker.clone());
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                with_marker(inner, marker, &mut |changed| {
                    let mut map = map.clone();
                    map.insert(key.clone(), changed);
                    show(Value::Object(map));
                });
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                with_marker(inner, marker, &mut |changed| {
                    let mut list = list.clone();
                    list[index] = changed;
                    show(Value::Array(list));
                });
            }
        }
        _ => {}
    }
}

/// A value for each property that the schema lists, all in one document.
fn sample(schema: &Value, root: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(root.pointer(name.trim_start_matches('#')).expect("a definition"), root);
    }
    if let Some(value) =
        schema["enum"].get(0).or_else(|| schema.get("default").filter(|value| !value.is_null()))
    {
        return value.clone();
    }
    match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let mut map: serde_json::Map<_, _> =
                properties.map(|(key, schema)| (key.clone(), sample(schema, root))).collect();
            if schema["additionalProperties"].is_object() {
                map.insert("member".to_owned(), sample(&schema["additionalProperties"], root));
            }
            Value::Object(map)
        }
        Some("array") => json!([sample(&schema["items"], root)]),
        // Without a character that means something in a pattern, which would take long to compile.
        Some("string") => "https://example".into(),
        Some("boolean") => true.into(),
        _ => 1.into(),
    }
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../schema.json")).expect("a schema")
}

#[test]
fn every_property_of_the_schema_is_known() {
    let schema = schema();
    let mut file = sample(&schema, &schema);
    // Each provider has keys of its own: none may be unknown to all of them.
    let unknown = ["local", "enkrypt", "openai", "composite"].map(|provider| {
        file["plugins"]["guardrails"]["provider"] = provider.into();
        let notes = Notes::default();
        read(&Node::open(&file, String::new(), &notes).expect("an object"), &Environment::default());
        notes.into_parts().1
    });
    let is_unknown = |text: &&String| {
        text.contains("not a known key") && unknown.iter().all(|others| others.contains(text))
    };
    assert_eq!(unknown[0].iter().find(is_unknown), None);
    assert!(file.to_string().len() > 3_000);
}

#[test]
fn no_problem_and_no_warning_shows_a_value() {
    let schema = schema();
    let file = sample(&schema, &schema);
    for marker in [
        json!("hunter2-hunter2"),
        json!(["hunter2-hunter2"]),
        json!({"hunter2-hunter2": 1}),
        json!("${hunter2-x"),
    ] {
        with_marker(&file, &marker, &mut |file| {
            let notes = Notes::default();
            if let Some(root) = Node::open(&file, String::new(), &notes) {
                read(&root, &Environment::default());
            }
            let (problems, warnings) = notes.into_parts();
            // Names of servers and of unknown members may be shown, other values may not.
            let problems = problems.into_iter().map(|problem| Problem { whose: None, ..problem });
            let problems: Vec<_> = problems.collect();
            let shown = format!(
                "{problems:?}{}",
                if marker.is_object() { String::new() } else { warnings.join("\n") }
            );
            let paths = problems.iter().any(|problem| problem.path.contains("hunter2"));
            assert!(!shown.contains("hunter2") || (marker.is_object() && paths), "{shown}");
        });
    }
}

#[test]
fn the_example_and_what_is_generated_fit_the_schema_and_the_reader() {
    let schema = Schema::compile(&schema()).expect("a valid schema");
    let example: Value = serde_json::from_str(write::EXAMPLE).expect("JSON");
    assert!(schema.fits(&example));
    let (text, key) = write::generate(Some(Path::new("/opt/echo mcp")), &write::Ids::fresh());
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert!(schema.fits(&file));
    let settings = settings(&file);
    assert_eq!(settings.warnings, Vec::<String>::new());
    let grant = settings.keys.get(&key.digest()).expect("the key's grant");
    let server = grant.config.find("echo_server").expect("the server");
    assert!(server.input.enabled && server.output.enabled && grant.state == KeyState::Active);
    let Endpoint::Command(command) = &server.endpoint else { panic!("no command") };
    assert_eq!(command.program, "/opt/echo mcp");
}

#[test]
fn the_switch_of_the_first_generation_is_off_until_it_is_on() {
    let policy = json!({"enabled": true, "block": ["injection_attack"]});
    let server = json!([{"server_name": "e", "config": {"command": "x"}, "input_guardrails_policy": policy}]);
    let file = |common: Value| json!({"common_mcp_gateway_config": common, "gateways": {KEY: {"id": "g", "mcp_config": server}}});
    for common in [json!({}), json!({"enkrypt_guardrails_enabled": false})] {
        let settings = settings(&file(common));
        assert_eq!(settings.warnings, [MASTER_SWITCH]);
        assert!(!grant(&settings).config.servers[0].input.enabled);
    }
    let on = settings(&file(json!({"enkrypt_guardrails_enabled": true})));
    assert!(on.warnings.is_empty() && grant(&on).config.servers[0].input.enabled, "{:?}", on.warnings);
    let mut second = with_server(json!({"input_guardrails_config": {"enabled": true, "block": ["pii"]}}));
    second["common_mcp_gateway_config"] = json!({"enkrypt_guardrails_enabled": false});
    assert!(!self::server(&second).input.enabled);
}

#[test]
fn a_policy_that_nobody_can_check_does_not_load() {
    let policy = |policy: Value| with_server(json!({"input_guardrails_config": policy}));
    for (file, words) in [
        (policy(json!({"enabled": true, "block": ["pii"]})), "cannot check `pii`"),
        (policy(json!({"enabled": true, "block": ["typo"]})), "name of a detector"),
        (
            policy(json!({"enabled": true, "block": [], "additional_config": {"hallucination": true}})),
            "cannot check `hallucination`",
        ),
        (
            policy(json!({"enabled": true, "provider": "openai", "block": ["keyword_detector"]})),
            "its `provider`",
        ),
    ] {
        let said = problems(&file);
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }
    let mut file = policy(json!({"enabled": true, "block": ["keyword_detector"]}));
    file["plugins"] = json!({"guardrails": {"provider": "custom_keyword"}});
    assert!(problems(&file)[0].contains("no keyword to look for"));
    file["plugins"] = json!({});
    assert!(settings(&file).warnings[0].contains("nothing to look for"), "`local` has no word of its own");
    file["enkrypt_config"] = json!({"api_key": "a-real-key"});
    assert!(problems(&file)[0].contains("expected `policy_name`"));
    file["enkrypt_config"] = json!({});
    file["plugins"] = json!({"guardrails": {"provider": "enkrypt"}});
    let said = &problems(&file)[0];
    assert!(said.contains("needs an API key") && said.contains("`local`"), "{said}");
    for detector in ["bias", "hallucination", "copyright_protection"] {
        let mut file = policy(json!({"enabled": true, "block": [detector]}));
        file["plugins"] = json!({"guardrails": {"provider": "local"}});
        assert!(problems(&file)[0].contains("cannot be decided"), "{detector}");
    }
    let idle = settings(&policy(json!({"enabled": true, "block": []})));
    assert!(idle.warnings[0].contains("name the detectors"));
}

#[test]
fn a_registration_policy_comes_from_many_places() {
    let policy = json!({"enabled": true, "block": ["keyword_detector"]});
    for changes in [
        json!({"tool_guardrails_policy": policy}),
        json!({"server_tools_guardrails_config": policy}),
        json!({"tool_guardrails_policy": {"enabled": false}, "enable_tool_guardrails": true}),
        json!({"enable_server_info_validation": true}),
    ] {
        assert!(server(&with_server(changes.clone())).registration.enabled, "{changes}");
    }
    let mut file = with_server(json!({"server_tools_guardrails_config": {"enabled": false}}));
    file["mcp_configs"]["c1"]["common_overrides"] = json!({"server_tools_guardrails_config": policy});
    assert!(server(&file).registration.enabled);
    file["mcp_configs"]["c1"]["common_overrides"]["server_tools_guardrails_config"]["block"] =
        json!(["bias"]);
    let path = "mcp_configs.c1.common_overrides.server_tools_guardrails_config: ";
    assert!(problems(&file).len() == 1 && problems(&file)[0].starts_with(path));
}

#[test]
fn deny_rules_have_three_forms() {
    let rules = json!([" delete_*", {"name": "wipe", "description": "old"}, {"pattern": "drop_*", "reason": "policy"}]);
    let server = server(&with_server(json!({"denied_tools": rules})));
    let looks = "\u{501}elete_\u{ff41}ll";
    for (tool, reason) in
        [("delete_all", None), (looks, None), ("wipe", Some("old")), ("drop_table", Some("policy"))]
    {
        assert_eq!(server.denied(&tool.into()).expect("a denial").reason.as_deref(), reason);
    }
    for pattern in ["^delete_.*", "delete_.*$", "delete|drop", "(delete)", r"delete\w"] {
        let problems = problems(&with_server(json!({"denied_tools": [pattern]})));
        assert!(problems.len() == 1 && problems[0].contains("no regular expression"), "{problems:?}");
    }
}

#[test]
fn a_key_opens_what_its_entry_and_membership_say() {
    let standing = |file: &Value| settings(file).keys.values().next().map(|grant| grant.state);
    let base = with_servers(&json!([echo()]));
    assert_eq!(standing(&base), Some(KeyState::Active));
    for disabled in [json!({"disabled": true}), json!({"enabled": false}), json!({"status": "disabled"})] {
        let mut file = base.clone();
        let entry = file["apikeys"][KEY].as_object_mut().expect("an object");
        entry.extend(disabled.as_object().expect("an object").clone());
        assert_eq!(standing(&file), Some(KeyState::Disabled));
    }
    for users in [json!([]), json!(null)] {
        let mut file = base.clone();
        file["projects"]["p1"]["users"] = users;
        assert_eq!(standing(&file), Some(KeyState::NotAMember));
        assert!(
            settings(&file).warnings[0]
                .starts_with("`apikeys.****KEQ5` opens nothing: its user is no member")
        );
    }
    for (section, id, value) in
        [("projects", "p1", json!({})), ("users", "u1", json!(null)), ("mcp_configs", "c1", json!(null))]
    {
        let mut file = base.clone();
        file[section] = if value.is_null() { json!({}) } else { json!({id: value}) };
        assert_eq!(standing(&file), None, "{section}");
        assert!(settings(&file).warnings[0].contains("opens nothing"));
    }
}

#[test]
fn a_key_may_be_a_digest_or_a_reference_but_only_once() {
    let mut digest = String::from("sha256:");
    crate::ids::push_hex(&mut digest, &fingerprint(KEY));
    let mut file = with_servers(&json!([echo()]));
    for name in [digest.as_str(), "${env:GATEWAY}"] {
        file["apikeys"] = json!({name: {"project_id": "p1", "user_id": "u1"}});
        assert_eq!(grant(&settings(&file)).state, KeyState::Active);
    }
    file["gateways"] = json!({KEY: {"id": "g", "mcp_config": [echo()]}});
    assert_eq!(problems(&file), ["gateways.****KEQ5: expected a key that no other entry has"]);
    file["gateways"] = json!({"another-horse-0001": {"id": "u1_p1_c1", "mcp_config": [echo()]}});
    assert!(problems(&file)[0].starts_with("gateways.****0001: expected an `id` of its own"));
    file["gateways"] = json!({"another-horse-0001": {"id": "g", "mcp_config": [echo()]}});
    assert_eq!(settings(&file).keys.len(), 2);
}

#[test]
fn what_this_version_cannot_reach_is_refused_alone() {
    let mut file = with_servers(&json!([
        {"server_name": "u", "config": {"url": "https://h/x?token=1"}, "disabled": true},
        {"server_name": "t", "config": {"type": "sse", "serverUrl": "http://h/sse"}, "oauth_config": {"enabled": true}},
        {"server_name": "r", "config": {"url": "https://h/x"}},
        {"server_name": "s", "config": {"command": "x", "args": ["--token", "abc"]}, "sandbox": {"enabled": true}},
        {"server_name": "o", "config": {"command": "x"}, "oauth_config": {"enabled": true, "OAUTH_CLIENT_ID": "i"}},
        {"server_name": "c", "config": {"command": "x"}},
    ]));
    let shown = |file: &Value| -> Vec<String> {
        let settings = settings(file);
        let refused = |server: &Arc<Server>| match &server.endpoint {
            Endpoint::Refused { transport, shown, .. } => Some(format!("{transport} {shown}")),
            Endpoint::Command(_) | Endpoint::Remote(_) => None,
        };
        let refused: Vec<_> = grant(&settings).config.servers.iter().filter_map(refused).collect();
        assert_eq!(
            refused.len(),
            settings.warnings.iter().filter(|text| text.contains("cannot be used")).count()
        );
        refused
    };
    let first =
        ["streamable_http https://h/x?token=****", "sse http://h/sse", "stdio x --token ****", "stdio x"];
    assert_eq!(shown(&file), first);
    file["common_mcp_gateway_config"] = json!({"enkrypt_allow_stdio_servers": false});
    assert_eq!(shown(&file).len(), 5);
}

#[test]
fn secrets_of_a_server_are_known_and_not_shown() {
    let config = json!({
        "command": "npx", "args": ["-y", "--token=${TOKEN}", "--password=hunter2-pass", "$${HOME}"],
        "env": {"HEADER": "Bearer ${env:TOKEN}", "PORT": 8_080},
    });
    let server = server(&with_servers(&json!([{"server_name": "s", "config": config}])));
    let Endpoint::Command(command) = &server.endpoint else { panic!("no command") };
    assert_eq!(command.shown(), "npx -y **** --password=**** ${HOME}");
    assert_eq!(command.args[1].expose(), "--token=s3cret-token-value");
    assert_eq!(command.env[1].1.expose(), "8080");
    assert_eq!(command.masker.mask("got s3cret-token-value and hunter2-pass"), "got **** and ****");
    assert!(!format!("{server:?}").contains("s3cret"));
}

#[test]
fn numbers_have_units_and_sessions_are_inherited() {
    let mut file = with_server(json!({"session_mode": "keep"}));
    file["common_mcp_gateway_config"] = json!({
        "enkrypt_tool_cache_expiration": 0.5, "enkrypt_gateway_cache_expiration": 24,
        "enkrypt_gateway_cache_expiration_minutes": null, "enkrypt_config_watcher_poll_seconds": 0,
        "standby_idle_seconds": 0, "timeout_settings": {"tool_execution_timeout": 900},
    });
    let settings = settings(&file);
    assert_eq!(settings.cache.tools_ttl.as_secs(), 1_800);
    assert_eq!(settings.config_ttl().as_secs(), 86_400);
    assert_eq!(settings.timeouts.tool_execution_max.as_secs(), 900);
    assert!(!settings.reload);
    let session = grant(&settings).config.servers[0].session;
    assert_eq!(
        (session.mode, session.standby_idle.is_zero(), session.idle.as_secs()),
        (Some(SessionMode::Keep), true, 300)
    );
}

#[test]
fn a_remote_body_is_read_under_the_local_rules() {
    let mut file = with_servers(&json!([echo()]));
    file["plugins"]["auth"] = json!({"provider": "enkrypt", "config": {"gateway_name": "g1"}});
    file["local_server_overrides"] = json!({"b": {"denied_tools": ["x"]}});
    let settings = settings(&file);
    let body = json!({"id": "r1", "mcp_config": [
        {"server_name": "a", "config": {"command": "a"}, "is_active": false},
        {"server_name": "b", "config": {"command": "b"}, "input_guardrails_config": {"enabled": true, "block": ["keyword_detector"]}},
    ]});
    let list = parse_servers(&body, &settings).expect("a list");
    assert_eq!((list.id.as_str(), list.servers.len()), ("r1", 1));
    assert!(list.servers[0].denied(&"x".into()).is_some());
    let bad = json!({"mcp_config": [{"server_name": "b", "config": {"command": "b"}, "output_guardrails_config": {"enabled": true, "block": ["pii"]}}]});
    let problems = parse_servers(&bad, &settings).expect_err("a problem");
    assert_eq!(problems[0].path, "mcp_config[0].output_guardrails_config");
}
