//! The documents, so that they cannot rot: each JSON block is used, each key and tool that is named exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::direct::Script;
use crate::support::{Ask, Config, Front, Gateway, KEY};

/// Where they lead.
mod links;

const SCHEMA: &str = include_str!("../src/config/schema.json");

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|_| panic!("no {}", path.display()))
}

/// The texts of a folder, in order.
fn texts_in(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(repository().join(folder)).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    let mut texts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    texts.sort();
    texts
}

/// What a user reads: the README and `docs`, as one text.
fn documents() -> String {
    let paths = [repository().join("README.md")].into_iter().chain(texts_in("docs"));
    paths.map(|path| read(&path) + "\n").collect()
}

/// The JSON blocks that have a member.
fn blocks_with(member: &str) -> Vec<Value> {
    let blocks = blocks().into_iter().filter(|block| block.get(member).is_some());
    let blocks: Vec<Value> = blocks.collect();
    assert!(!blocks.is_empty(), "no block has `{member}`");
    blocks
}

fn blocks() -> Vec<Value> {
    let parse = |block: &str| {
        let block = block.split("```").next().expect("an end");
        serde_json::from_str(block).unwrap_or_else(|fault| panic!("{fault} in {block}"))
    };
    documents().split("```json").skip(1).map(parse).collect()
}

/// The names in the first column of all tables whose first heading is this one.
fn first_column(heading: &str) -> Vec<String> {
    let documents = documents();
    let heading = format!("\n| {heading} |");
    let tables = documents.split(&heading).skip(1);
    let rows = tables.flat_map(|table| {
        table
            .lines()
            .skip(1)
            .skip_while(|line| line.starts_with("| ---"))
            .take_while(|line| line.starts_with('|'))
    });
    let cells = rows.map(|row| row.split('|').nth(1).expect("a cell"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

fn local() -> Config {
    let policies = json!([{"name": "x", "keywords": ["x"]}]);
    let config = json!({"policies": policies});
    Config::new()
        .edit(|file| file["plugins"] = json!({"guardrails": {"provider": "local", "config": config}}))
}

#[test]
fn every_block_is_of_a_kind_that_is_used() {
    let kinds = ["server_name", "block", "policies", "mcpServers", "apikeys"];
    for block in blocks() {
        assert!(kinds.iter().any(|kind| block.get(kind).is_some()), "{block}");
    }
}

#[tokio::test]
async fn the_server_of_the_readme_loads() {
    for server in blocks_with("server_name") {
        let config = local().server(server).env(json!({"GITHUB_PERSONAL_ACCESS_TOKEN": "x"}));
        let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.contains("denied   delete_*, merge_*"), "{out}");
    }
}

#[tokio::test]
async fn the_policies_load() {
    for policy in blocks_with("block") {
        let whole = policy.get("fail_open").is_some();
        let config = local().lab(&[]).with("output_guardrails_policy", policy);
        let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let rest = if whole { "; 2 exceptions" } else { "" };
        assert!(out.contains(&format!("redacts secrets; warns of toxicity{rest}")), "{out}");
    }
    assert_eq!(blocks_with("fail_open").len(), 1);
}

#[tokio::test]
async fn the_configuration_with_two_keys_loads() {
    for config in blocks_with("apikeys") {
        let gateway = Gateway::prepare(&config.to_string()).env("KEY_OF_ANN", Some(KEY));
        let (code, out, err) = gateway.run(&["config", "check"]).await;
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(
            out.contains("user ann, project everyone") && out.contains("user ben, project support"),
            "{out}"
        );
    }
}

#[tokio::test]
async fn the_rules_of_the_readme_do_what_they_say() {
    let rules = blocks_with("topics").remove(0);
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
        ("transfer", json!({"amount": null}), "policies[1] `large sums`"),
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
    let entry = blocks_with("mcpServers").remove(0);
    let entry = &entry["mcpServers"]["Enkrypt Secure MCP Gateway"];
    let keys: Vec<&String> = entry.as_object().expect("an entry").keys().collect();
    assert_eq!(keys, ["command", "args", "env"]);
    assert_eq!(entry["args"][0], "--config");
    assert!(entry["env"]["ENKRYPT_GATEWAY_KEY"].is_string());
}

#[tokio::test]
async fn every_client_of_the_table_is_known_and_none_is_missing() {
    let (_, _, err) = Gateway::prepare("{}").run(&["install", "--client", "nobody"]).await;
    let (_, known) = err.split_once("the known ones are `").expect("the names");
    let known: Vec<&str> = known.trim_end().trim_end_matches('`').split("`, `").collect();
    assert_eq!(first_column("client"), known);
}

#[tokio::test]
async fn over_http_the_entry_and_the_request_of_the_documents_open_a_session() {
    let entries = blocks_with("mcpServers");
    let entry = &entries.last().expect("an entry")["mcpServers"]["Enkrypt Secure MCP Gateway"];
    let keys: Vec<&String> = entry.as_object().expect("an entry").keys().collect();
    assert_eq!(keys, ["type", "url", "headers"]);
    let path =
        entry["url"].as_str().expect("a URL").strip_prefix("http://127.0.0.1:8000").expect("the default");
    let header = entry["headers"]["Authorization"].as_str().expect("a header").replace("KEY", KEY);
    let documents = documents();
    let request = documents.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a request");
    let ask = Ask::new("POST", path)
        .header("Authorization", &header)
        .header("Content-Type", "application/json")
        .body(request.as_bytes());
    let front = Front::start(&Config::new());
    let told = front.send(&ask).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.json()["result"]["protocolVersion"], "2025-11-25");
    for path in ["/ready", "/health"] {
        assert_eq!(front.send(&Ask::new("GET", path)).await.status, 200);
    }
}

#[test]
fn every_key_of_the_tables_is_in_the_schema() {
    let keys = first_column("key");
    assert!(keys.len() > 70, "{keys:?}");
    for key in keys {
        assert!(SCHEMA.contains(&format!("\"{key}\":")), "`{key}` is not in the schema");
    }
}

/// Names of members, but for what is another spelling, kept for others, or told by those that stand there.
fn keys_of(schema: &Value, into: &mut BTreeSet<String>) {
    const PASSED_OVER: [&str; 5] =
        ["Accepted", "Another ", "Kept for other versions", "Used when", "What people call"];
    let members = schema["properties"].as_object().into_iter().flatten();
    for (key, member) in members {
        let said = member["description"].as_str().unwrap_or_default();
        if !PASSED_OVER.iter().any(|words| said.starts_with(words)) && !said.contains("ot used") {
            into.insert(key.clone());
            keys_of(member, into);
        }
    }
}

#[test]
fn every_key_of_the_schema_is_in_a_document() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut keys = BTreeSet::new();
    keys_of(&schema, &mut keys);
    for part in schema["$defs"].as_object().expect("parts").values() {
        keys_of(part, &mut keys);
    }
    assert!(keys.len() > 100, "{keys:?}");
    let documents = documents();
    let words: BTreeSet<&str> =
        documents.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_$".contains(letter)).collect();
    let missing: Vec<&String> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_variable_of_the_table_is_read() {
    let read = include_str!("../src/config/environment.rs");
    let variables = first_column("variable");
    assert!(variables.len() > 8, "{variables:?}");
    for name in variables.iter().filter(|name| name.starts_with("ENKRYPT_") || name.starts_with("MCP_")) {
        assert!(read.contains(&format!("\"{name}\"")), "`{name}` is not read");
    }
}

/// Variant and code of each error.
fn error_codes() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("../src/fault.rs").lines();
    let rows =
        rows.filter_map(|row| row.trim().strip_prefix("Self::")?.strip_suffix("\",")?.split_once(" => \""));
    rows.collect()
}

/// Whether a source but the list itself names a variant.
fn is_used(variant: &str) -> bool {
    let mut folders = vec![repository().join("src")];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path()) {
            let is_other = file.extension().is_some_and(|end| end == "rs") && !file.ends_with("src/fault.rs");
            if is_other && read(&file).contains(&format!("::{variant}")) {
                return true;
            }
            if file.is_dir() {
                folders.push(file);
            }
        }
    }
    false
}

#[test]
fn the_table_of_error_codes_is_whole_and_tells_which_are_sent() {
    let codes = error_codes();
    assert!(codes.len() > 12, "{codes:?}");
    let all: BTreeSet<String> = codes.iter().map(|(_, code)| (*code).to_owned()).collect();
    assert_eq!(first_column("`error_code`").into_iter().collect::<BTreeSet<_>>(), all);
    let documents = documents();
    let rows = documents.lines().filter(|row| row.starts_with('|') && row.contains("reserved: "));
    let reserved: String = rows.collect();
    for (variant, code) in codes {
        let is_reserved = reserved.contains(&format!("`{code}`"));
        assert!(is_used(variant) != is_reserved, "`{code}` is reserved: {is_reserved}");
    }
}

#[tokio::test]
async fn every_command_that_is_named_exists() {
    let documents = documents();
    let gateway = Gateway::prepare(&Config::new().text());
    let calls = documents.split("secure-mcp-gateway ").skip(1);
    let words = calls
        .filter_map(|call| call.split(|letter: char| !letter.is_ascii_lowercase() && letter != '-').next());
    let commands: BTreeSet<&str> =
        words.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    assert!(commands.len() > 3, "{commands:?}");
    let own = ["name"]; // an entry of a keyring
    for command in commands.into_iter().filter(|command| !own.contains(command)) {
        let (code, _, err) = gateway.run(&[command, "--help"]).await;
        assert_eq!((code, err.as_str()), (0, ""), "`{command}`");
    }
}

#[tokio::test]
async fn every_tool_of_the_table_is_listed_and_none_is_missing() {
    let gateway = Gateway::start(&Config::new()).await;
    let tools = gateway.client().list_all_tools().await.expect("tools");
    let listed: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(first_column("tool"), listed);
}

/// All that a test module consists of.
fn module(name: &str) -> String {
    let tests = repository().join("tests");
    let files = fs::read_dir(tests.join(name)).into_iter().flatten().map(|file| file.expect("a file").path());
    let all = files.chain([tests.join(format!("{name}.rs"))]);
    all.map(|path| read(&path)).collect()
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
