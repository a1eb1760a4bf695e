//! The documents, so that they cannot rot: each JSON block is used, each key and tool that is named exists.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::direct::Script;
use crate::support::{Config, Gateway};

const README: &str = include_str!("../README.md");

fn blocks() -> Vec<Value> {
    let parse = |block: &str| {
        serde_json::from_str(block.split("```").next().expect("an end")).expect("README has JSON")
    };
    README.split("```json").skip(1).map(parse).collect()
}

/// The names in the first column of the table after a heading line.
fn first_column(after: &str) -> Vec<String> {
    let table = README.split(after).nth(1).expect("the table is there");
    let rows = table
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).expect("a cell").to_owned());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn local() -> Config {
    let policies = json!([{"name": "x", "keywords": ["x"]}]);
    let config = json!({"policies": policies});
    Config::new()
        .edit(|file| file["plugins"] = json!({"guardrails": {"provider": "local", "config": config}}))
}

#[tokio::test]
async fn the_server_of_the_readme_loads() {
    let server = blocks().into_iter().find(|block| block.get("server_name").is_some()).expect("a server");
    let config = local().server(server).env(json!({"GITHUB_PERSONAL_ACCESS_TOKEN": "x"}));
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("denied   delete_*, merge_*"), "{out}");
}

#[tokio::test]
async fn the_policy_of_the_readme_loads() {
    let policy = blocks().into_iter().find(|block| block.get("fail_open").is_some()).expect("a policy");
    let config = local().lab(&[]).with("output_guardrails_policy", policy);
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("redacts secrets; warns of toxicity; 2 exceptions"), "{out}");
}

#[tokio::test]
async fn the_rules_of_the_readme_do_what_they_say() {
    let rules = blocks().into_iter().find(|block| block.get("topics").is_some()).expect("rules");
    let tools =
        ["run_sql", "transfer", "fetch"].map(|name| json!({"name": name, "inputSchema": {"type": "object"}}));
    let script =
        Script::tools(&json!(tools), vec![json!({"method": "tools/call", "result": {"content": []}})]);
    let policy = json!({"enabled": true, "block": ["policy_violation", "topic_detector"]});
    let config = Config::new()
        .edit(|file| file["plugins"] = json!({"guardrails": {"provider": "local", "config": rules}}))
        .server(script.server("s"))
        .with("input_guardrails_policy", policy);
    let gateway = Gateway::start(&config).await;
    for (tool, args, rule) in [
        ("run_sql", json!({"query": "drop table x"}), "policies[0] `no drops`"),
        ("run_sql", json!({"query": "select 1"}), ""),
        ("transfer", json!({"amount": 1000.5}), "policies[1] `large sums`"),
        ("transfer", json!({}), "policies[1] `large sums`"),
        ("transfer", json!({"amount": 1000, "query": "drop table x"}), ""),
        ("fetch", json!({"url": "https://a.corp.example/"}), "policies[2] `inner hosts`"),
        ("fetch", json!({"note": "https://a.corp.example/"}), ""),
        ("fetch", json!({"note": "The settlement  offer"}), "topics[0] `lawsuit`"),
    ] {
        let reply = gateway.batch("s", json!([{"name": tool, "args": args}])).await;
        let entry = &reply.results()[0];
        let found = &entry["input_guardrail_response"]["violations"][0]["rule"];
        let found = found.as_str().unwrap_or_default().trim_start_matches("plugins.guardrails.config.");
        assert_eq!(found, rule, "{args}: {entry}");
    }
}

#[test]
fn the_clients_entry_is_the_one_that_setup_writes() {
    let entry = blocks().into_iter().find(|block| block.get("mcpServers").is_some()).expect("an entry");
    let entry = &entry["mcpServers"]["Enkrypt Secure MCP Gateway"];
    let keys: Vec<&String> = entry.as_object().expect("an entry").keys().collect();
    assert_eq!(keys, ["command", "args", "env"]);
    assert_eq!(entry["args"][0], "--config");
    assert!(entry["env"]["ENKRYPT_GATEWAY_KEY"].is_string());
}

#[test]
fn every_key_of_the_tables_is_in_the_schema() {
    let schema = include_str!("../src/config/schema.json");
    let tables = ["`common_mcp_gateway_config`:", "A server:"];
    let keys: Vec<String> = tables.iter().flat_map(|table| first_column(table)).collect();
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        assert!(schema.contains(&format!("\"{key}\":")), "`{key}` is not in the schema");
    }
}

#[tokio::test]
async fn every_tool_of_the_table_is_listed_and_none_is_missing() {
    let gateway = Gateway::start(&Config::new()).await;
    let tools = gateway.client().list_all_tools().await.expect("tools");
    let listed: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(first_column("## The tools"), listed);
}

/// All that a test module consists of.
fn module(name: &str) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = fs::read_dir(tests.join(name)).into_iter().flatten().map(|file| file.expect("a file").path());
    let all = files.chain([tests.join(format!("{name}.rs"))]);
    all.map(|path| fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {}", path.display()))).collect()
}

#[test]
fn every_test_that_proves_a_promise_is_there() {
    let quoted = include_str!("../.github/SECURITY.md").split('`').skip(1).step_by(2);
    let tests: Vec<&str> = quoted.filter(|name| name.contains("::")).collect();
    assert!(tests.len() > 30, "{tests:?}");
    for test in tests {
        let (first, name) =
            (test.split("::").next().expect("a module"), test.rsplit("::").next().expect("a name"));
        let text = module(first);
        // The rows of a table of tests have a name and a colon.
        assert!(
            text.contains(&format!("fn {name}(")) || text.contains(&format!(" {name}: ")),
            "there is no test `{test}`"
        );
    }
}

#[test]
fn every_attack_has_its_row() {
    let rows = include_str!("../test_mcps/README.md").split("| attack |").nth(1).expect("the table is there");
    let named: Vec<&str> =
        rows.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let attacks = crate::support::attacks();
    assert_eq!(named, attacks.iter().map(|attack| attack.name.as_str()).collect::<Vec<_>>());
}
