//! Topics and policies of the operator: words, patterns, and conditions on calls, results and definitions.

use serde_json::{Value, json};

use crate::direct::{Script, call as direct_call, direct, start};
use crate::support::{Config, Gateway, whole_log};

/// A server `db` with some tools that answer what they are told to, under these rules on all three sides.
fn database(rules: &Value, result: &Value) -> (Script, Config) {
    let tools = ["run_sql", "transfer", "fetch", "now"]
        .map(|name| json!({"name": name, "description": format!("Does {name}"), "inputSchema": {"type": "object"}}));
    let script = Script::tools(&json!(tools), vec![json!({"method": "tools/call", "result": result})]);
    let plugin = json!({"provider": "local", "config": {"policies": rules}});
    let policy = json!({"enabled": true, "policy_name": "test", "block": ["policy_violation"]});
    let config = Config::new()
        .edit(|file| file["plugins"] = json!({"guardrails": plugin}))
        .server(script.server("db"))
        .with("input_guardrails_policy", policy.clone())
        .with("output_guardrails_policy", policy);
    (script, config)
}

fn plain() -> Value {
    json!({"content": [{"type": "text", "text": "done"}]})
}

/// The entry of one call under these rules.
async fn call(rules: &Value, tool: &str, args: &Value) -> Value {
    let (_script, config) = database(rules, &plain());
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("db", json!([{"name": tool, "args": args}])).await;
    reply.results()[0].clone()
}

fn violation(entry: &Value, side: &str) -> Value {
    entry[format!("{side}_guardrail_response")]["violations"][0].clone()
}

#[tokio::test]
async fn a_table_is_not_dropped() {
    let rules = json!([{"name": "no-drops", "when": r"tool == 'run_sql' && args.query.matches(r'(?i)drop\s+table')"}]);
    let (script, config) = database(&rules, &plain());
    let gateway = Gateway::start(&config).await;
    let calls = json!([{"name": "run_sql", "args": {"query": "Drop \n TABLE users"}}]);
    let reply = gateway.batch("db", calls).await;
    assert_eq!(reply.statuses(), ["blocked_input"], "{}", reply.json);
    let found = violation(&reply.results()[0], "input");
    assert_eq!(found["rule"], "plugins.guardrails.config.policies[0] `no-drops`", "{found}");
    assert_eq!(found["message"], "the arguments hit the detector `policy_violation`: `when` holds");
    assert_eq!(script.asked("tools/call"), Vec::<Value>::new());
    let calls = json!([
        {"name": "run_sql", "args": {"query": "SELECT drop, table FROM x"}},
        {"name": "fetch", "args": {"query": "drop table"}},
    ]);
    assert_eq!(gateway.batch("db", calls).await.statuses(), ["success", "success"]);
    assert!(!whole_log(&gateway).await.to_lowercase().contains("drop \n"));
}

#[tokio::test]
async fn numbers_and_switches_are_judged_although_they_are_no_text() {
    let rules = json!([
        {"name": "large", "when": "args.amount > 1000"},
        {"name": "forced", "when": "args.force || args.list.exists(n, n == 7)"},
    ]);
    for (args, status) in [
        (json!({"amount": 1000}), "success"),
        (json!({"amount": 1000.5}), "blocked_input"),
        (json!({"amount": 2000}), "blocked_input"),
        (json!({"amount": 1e300}), "blocked_input"),
        (json!({"amount": null}), "success"),
        (json!({"force": true}), "blocked_input"),
        (json!({"force": false, "list": [1, 2]}), "success"),
        (json!({"list": [1, 7.0]}), "blocked_input"),
        (json!({}), "success"),
        // Whoever writes a number as a text is not believed to have written a small one.
        (json!({"amount": "2000"}), "blocked_input"),
    ] {
        let entry = call(&rules, "transfer", &args).await;
        assert_eq!(entry["status"], status, "{args}: {entry}");
    }
    let entry = call(&rules, "transfer", &json!({"amount": "much"})).await;
    let message = violation(&entry, "input")["message"].to_string();
    assert!(
        message.contains("`when` could not be decided, since two values are compared that have no order")
            && !entry["input_guardrail_response"].to_string().contains("much"),
        "{entry}"
    );
}

#[tokio::test]
async fn a_call_without_any_argument_is_judged() {
    for (when, status) in [
        ("tool == 'now'", "blocked_input"),
        ("size(args) == 0", "blocked_input"),
        ("server == 'db' && side == 'input' && texts == [] && text == ''", "blocked_input"),
        ("tool == 'now' && server != 'db'", "success"),
    ] {
        let rules = json!([{"name": "r", "when": when}]);
        let entry = call(&rules, "now", &json!({})).await;
        assert_eq!(entry["status"], status, "{when}: {entry}");
    }
}

#[tokio::test]
async fn who_leaves_a_field_out_gets_round_no_negation_and_meets_no_other_rule() {
    for (when, status) in [
        ("args.amount > 1000", "success"),
        ("args.path.matches('^/etc')", "success"),
        ("!args.path.startsWith('/srv/')", "blocked_input"),
        ("has(args.path) && !args.path.startsWith('/srv/')", "success"),
        ("args.environment != 'staging'", "blocked_input"),
        ("!args.hosts.all(h, h.endsWith('.example.com'))", "blocked_input"),
    ] {
        let entry = call(&json!([{"name": "r", "when": when}]), "fetch", &json!({"other": 1})).await;
        assert_eq!(entry["status"], status, "{when}: {entry}");
    }
}

#[tokio::test]
async fn a_rule_about_arguments_says_nothing_of_results_and_definitions() {
    let rules = json!([{"name": "large sums", "when": "tool == 'transfer' && (!has(args.amount) || args.amount > 1000)"}]);
    let (_script, config) = database(&rules, &plain());
    let policy = json!({"enabled": true, "policy_name": "test", "block": ["policy_violation"]});
    let gateway = Gateway::start(&config.with("tool_guardrails_policy", policy)).await;
    for (args, status) in [
        (json!({"amount": 5}), "success"),
        (json!({"amount": 5000}), "blocked_input"),
        (json!({}), "blocked_input"),
    ] {
        let reply = gateway.batch("db", json!([{"name": "transfer", "args": args}])).await;
        assert_eq!(reply.statuses(), [status], "{args}: {}", reply.json);
    }
}

#[tokio::test]
async fn a_pattern_is_held_against_its_places_only() {
    let rules = json!([{"name": "inner", "regex": ["^never$", r"(?i)\.corp\.example\b"], "paths": ["/url", "/more/urls"]}]);
    for (args, place) in [
        (json!({"url": "https://a.corp.example/x"}), Some("`/url`")),
        (json!({"url": "https://a.corp\u{200b}.example/x"}), Some("`/url`")),
        (json!({"more": {"urls": ["a", "b.CORP.example"]}}), Some("`/more/urls/1`")),
        (
            json!({"note": "a.corp.example", "more": {"url": "a.corp.example"}, "url2": "a.corp.example"}),
            None,
        ),
        (json!({"url": {"a.corp.example": "key"}}), None),
    ] {
        let entry = call(&rules, "fetch", &args).await;
        match place {
            Some(place) => {
                let found = violation(&entry, "input");
                let said = format!(
                    "the arguments hit the detector `policy_violation` at {place}: a pattern matches"
                );
                assert_eq!(found["message"], said, "{args}: {entry}");
                assert_eq!(found["rule"], "plugins.guardrails.config.policies[0] `inner`");
            }
            None => assert_eq!(entry["status"], "success", "{args}: {entry}"),
        }
    }
}

#[tokio::test]
async fn a_number_at_a_place_is_held_against_a_pattern() {
    let rules = json!([{"name": "account", "regex": "^4711$", "paths": ["/account"]}]);
    for (args, status) in [
        (json!({"account": 4711}), "blocked_input"),
        (json!({"account": {"numbers": [1, 4711]}}), "blocked_input"),
        (json!({"account": 47110, "amount": 4711}), "success"),
    ] {
        assert_eq!(call(&rules, "transfer", &args).await["status"], status, "{args}");
    }
}

#[tokio::test]
async fn all_conditions_of_a_rule_must_hold() {
    let rules = json!([{
        "name": "all", "keywords": ["secret plan"], "regex": "[0-9]{4}", "paths": ["/a"], "when": "tool == 'fetch'",
        "description": "keeps plans here",
    }]);
    for (tool, a, status) in [
        ("fetch", "the SECRET plan 1234", "blocked_input"),
        ("fetch", "the secret plan", "success"),
        ("fetch", "the plan 1234", "success"),
        ("run_sql", "the secret plan 1234", "success"),
    ] {
        let entry = call(&rules, tool, &json!({"a": a, "b": "secret plan 1234"})).await;
        assert_eq!(entry["status"], status, "{tool} {a}: {entry}");
        if status != "success" {
            let said = "the arguments hit the detector `policy_violation` at `/a`: a keyword is there, a pattern matches, `when` holds";
            assert_eq!(violation(&entry, "input")["message"], said);
        }
    }
}

#[tokio::test]
async fn an_exception_lets_off_a_rule_at_its_place() {
    let rules =
        json!([{"name": "p", "regex": "kestrel"}, {"name": "w", "when": "args.b.contains('kestrel')"}]);
    let (_script, config) = database(&rules, &plain());
    let policy = json!({
        "enabled": true, "policy_name": "t", "block": ["policy_violation"],
        "tools": {"fetch": {"allow": ["policy_violation"], "paths": ["/a", "/b"]}},
    });
    let gateway = Gateway::start(&config.with("input_guardrails_policy", policy)).await;
    let many: Vec<&str> = vec!["a kestrel"; 50];
    for (args, status) in [
        (json!({"a": "a kestrel", "b": "a kestrel"}), "success"),
        (json!({"a": many}), "success"),
        (json!({"a": many, "c": "a kestrel"}), "blocked_input"),
        (json!({"c": "a kestrel"}), "blocked_input"),
    ] {
        let reply = gateway.batch("db", json!([{"name": "fetch", "args": args}])).await;
        assert_eq!(reply.statuses(), [status], "{args}: {}", reply.json);
    }
}

#[tokio::test]
async fn results_are_judged_by_their_fields() {
    let rules = json!([{"name": "r", "when": "side == 'output' && result.structuredContent.total > 5 && tool == 'fetch' && args == null"}]);
    for (total, tool, status) in
        [(json!(6), "fetch", "blocked_output"), (json!(5), "fetch", "success"), (json!(6), "now", "success")]
    {
        let result =
            json!({"content": [{"type": "text", "text": "done"}], "structuredContent": {"total": total}});
        let (_script, config) = database(&rules, &result);
        let reply =
            Gateway::start(&config).await.batch("db", json!([{"name": tool, "args": {"total": 9}}])).await;
        assert_eq!(reply.statuses(), [status], "{total} {tool}: {}", reply.json);
    }
    let rules = json!([{"name": "r", "regex": "^done$", "paths": ["/content"]}]);
    let (_script, config) = database(&rules, &plain());
    let reply = Gateway::start(&config).await.batch("db", json!([{"name": "now"}])).await;
    assert_eq!(reply.statuses(), ["blocked_output"], "{}", reply.json);
    let said = "the result hit the detector `policy_violation` at `/content/0/text`: a pattern matches";
    assert_eq!(violation(&reply.results()[0], "output")["message"], said);
}

#[tokio::test]
async fn definitions_are_judged_by_server_and_by_name() {
    let rules = json!([{"name": "r", "when": "side == 'definition' && server == 'db' && tool == 'transfer' && definition.description.contains('transfer')"}]);
    let (script, config) = database(&rules, &plain());
    let policy = json!({"enabled": true, "policy_name": "t", "block": ["policy_violation"]});
    let config = config
        .with("tool_guardrails_policy", policy.clone())
        .server(script.server("other"))
        .with("tool_guardrails_policy", policy);
    let gateway = Gateway::start(&config).await;
    // The same definition, and a rule for one of the servers.
    for (server, blocked) in [("other", false), ("db", true)] {
        let reply = gateway.batch(server, json!([{"name": "transfer"}])).await;
        assert_eq!(reply.json.to_string().contains("TOOL_BLOCKED"), blocked, "{server}: {}", reply.json);
        let reply = gateway.batch(server, json!([{"name": "fetch"}])).await;
        assert_eq!(reply.statuses(), ["success"], "{server}: {}", reply.json);
    }
}

#[tokio::test]
async fn a_call_by_its_direct_name_meets_the_rules() {
    let rules = json!([{"name": "large", "when": "tool == 'transfer' && args.amount > 1000"}]);
    let (_script, config) = database(&rules, &plain());
    let mut raw = start(&direct(config)).await;
    for (amount, blocked) in [(2000, true), (10, false)] {
        let answer = direct_call(&mut raw, "db__transfer", json!({"amount": amount})).await;
        assert_eq!(answer.to_string().contains("policy_violation"), blocked, "{answer}");
    }
}

#[tokio::test]
async fn what_would_take_too_long_is_a_hit_and_takes_no_time() {
    let rules = json!([{"name": "bomb", "when": "args.list.exists(a, args.list.exists(b, a * b == -1))"}]);
    let list: Vec<u32> = (0..100_000).collect();
    let entry = call(&rules, "fetch", &json!({"list": list})).await;
    assert_eq!(entry["status"], "blocked_input");
    let said = "the arguments hit the detector `policy_violation`: `when` could not be decided, since it takes too long";
    assert_eq!(violation(&entry, "input")["message"], said);
    let entry = call(&rules, "fetch", &json!({"list": [1, 2, 3]})).await;
    assert_eq!(entry["status"], "success", "{entry}");
}

#[tokio::test]
async fn a_rule_that_cannot_be_used_does_not_load() {
    for (rule, said) in [
        (json!({"name": "r"}), "policies[0]: expected at least one of `keywords`, `regex` and `when`"),
        (
            json!({"when": "true"}),
            "policies[0].name: expected a non-empty string: answers name the rule by it",
        ),
        (json!({"name": "r", "keywords": []}), "policies[0].keywords: expected a list of words and phrases"),
        (
            json!({"name": "r", "regex": "(a"}),
            "policies[0].regex: expected a regular expression: unclosed group, at its character 1",
        ),
        (
            json!({"name": "r", "regex": ["a", "b("]}),
            "policies[0].regex[1]: expected a regular expression: unclosed group, at its character 2",
        ),
        (
            json!({"name": "r", "regex": r"(\w{200}){200}"}),
            "policies[0].regex: expected a smaller pattern: compiled it is too large, by its repetitions",
        ),
        (json!({"name": "r", "regex": []}), "policies[0].regex: expected a pattern, or a list of them"),
        (
            json!({"name": "r", "regex": "a", "paths": ["url"]}),
            "policies[0].paths[0]: expected a JSON pointer, as `/query`",
        ),
        (
            json!({"name": "r", "when": "true", "paths": ["/url"]}),
            "policies[0].paths: expected `keywords` or `regex` beside it: `when` names its fields itself",
        ),
        (json!({"name": "r", "when": "args.a >"}), "policies[0].when: expected a value, at character 9"),
        (json!({"name": "r", "when": ""}), "policies[0].when: expected a non-empty string"),
        (json!({"name": "r", "when": 1}), "policies[0].when: expected a non-empty string"),
        (
            json!({"name": "r", "when": "arg.a == 1"}),
            "policies[0].when: expected one of `server`, `tool`, `side`, `args`, `result`, `definition`, `text`, `texts`, at character 1",
        ),
        (
            json!({"name": "r", "when": "args.a.all(x, x.all(y, y.all(z, z)))"}),
            "policies[0].when: expected at most 2 of `all`, `exists` and the like in each other, at character 26",
        ),
        (
            json!({"name": "r", "when": "args.a.matches('*')"}),
            "policies[0].when: expected a regular expression: repetition operator missing expression, at its character 1, at character 16",
        ),
        (
            json!({"name": "r", "whem": "true", "regex": "a"}),
            "policies[0].whem: expected `when`, of which this seems to be a misspelling",
        ),
    ] {
        let (_script, config) = database(&json!([rule]), &plain());
        let (code, _, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!(code, 78, "{rule}: {err}");
        assert!(err.contains(&format!("plugins.guardrails.config.{said}\n")), "{rule}: {err}");
    }
}
