//! Direct mode.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Config, Gateway, KEY, Raw, SECURE_CALL, server_binary};

mod mended;
mod offers;
mod results;

/// The lab server under a name.
fn lab(name: &str, args: &[&str]) -> Value {
    json!({"server_name": name, "config": {"command": server_binary("lab_mcp"), "args": args}})
}

/// A server that follows a script, which is written beside the test's other files.
pub(crate) struct Script(tempfile::TempDir);

impl Script {
    pub(crate) fn new(script: &Value) -> Self {
        let folder = tempfile::TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("script.json"), script.to_string()).expect("written");
        Self(folder)
    }

    /// One that has tools only: their definitions, and what is answered.
    pub(crate) fn tools(tools: &Value, answers: Vec<Value>) -> Self {
        let mut all = vec![json!({"method": "tools/list", "result": {"tools": tools}})];
        all.extend(answers);
        Self::new(&json!({"capabilities": {"tools": {}}, "answers": all}))
    }

    pub(crate) fn server(&self, name: &str) -> Value {
        let path = |file: &str| self.0.path().join(file).to_string_lossy().into_owned();
        json!({"server_name": name, "config": {
            "command": server_binary("script_mcp"), "args": [path("script.json"), "--log", path("log")],
        }})
    }

    /// What it says from the next request on.
    pub(crate) fn rewrite(&self, script: &Value) {
        std::fs::write(self.0.path().join("script.json"), script.to_string()).expect("written");
    }

    /// What the server was asked: methods and params.
    pub(crate) fn asked(&self, method: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.0.path().join("log")).unwrap_or_default();
        let params = log.lines().filter_map(|line| line.strip_prefix(&format!("{method} ")));
        params.map(|params| serde_json::from_str(params).expect("JSON")).collect()
    }
}

pub(crate) fn direct(config: Config) -> Config {
    config.common("tool_exposure", json!("direct"))
}

pub(crate) async fn start(config: &Config) -> Raw {
    Raw::initialized(Gateway::prepare(&config.text())).await
}

/// The answer to a request; what comes before it is passed over.
pub(crate) async fn ask(raw: &mut Raw, method: &str, params: Value) -> Value {
    raw.send(&json!({"jsonrpc": "2.0", "id": "ask", "method": method, "params": params})).await;
    loop {
        let message = raw.receive().await;
        if message["id"] == "ask" {
            return message;
        }
    }
}

pub(crate) async fn call(raw: &mut Raw, name: &str, arguments: Value) -> Value {
    ask(raw, "tools/call", json!({"name": name, "arguments": arguments})).await
}

/// The error of ours that stands in a result.
#[track_caller]
pub(crate) fn failure(answer: &Value) -> Value {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(answer["result"].as_object().expect("an object").len(), 2, "{answer}");
    let content = answer["result"]["content"].as_array().expect("a list");
    assert_eq!(content.len(), 1);
    let failure: Value = serde_json::from_str(content[0]["text"].as_str().expect("a text")).expect("JSON");
    assert_eq!(failure["status"], "error");
    assert!(failure["message"].is_string() && failure["correlation_id"].is_string(), "{failure}");
    assert!(failure.get("response").is_none());
    failure
}

async fn tools(raw: &mut Raw) -> Vec<Value> {
    let answer = ask(raw, "tools/list", json!({})).await;
    answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no list: {answer}")).clone()
}

async fn names(raw: &mut Raw) -> Vec<String> {
    tools(raw).await.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

/// What the lab server itself answers.
fn straight(args: &[&str], requests: &[(&str, Value)]) -> Vec<Value> {
    let mut child = Command::new(server_binary("lab_mcp"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("stdin");
    for (id, (method, params)) in requests.iter().enumerate() {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        writeln!(input, "{request}").expect("written");
    }
    drop(input);
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn the_first_list_has_every_tool_whole_and_only_its_name_is_another() {
    let mut raw = start(&direct(Config::new().lab(&["--page-size", "4"]))).await;
    let mut expected = straight(&[], &[("tools/list", json!({}))]).remove(0)["result"]["tools"].take();
    for tool in expected.as_array_mut().expect("a list") {
        tool["name"] = json!(format!("lab__{}", tool["name"].as_str().expect("a name")));
    }
    assert_eq!(Value::Array(tools(&mut raw).await), expected);
}

#[tokio::test]
async fn names_are_legal_ordered_and_lead_back_to_their_tools() {
    let very_long = "very_long_".repeat(12);
    let named = ["plain", "with.dot", "with/dot", "naïve", &very_long, "查询", "搜索", "..", "::"];
    let count = named.len();
    let definitions: Vec<Value> =
        named.iter().map(|name| json!({"name": name, "inputSchema": {"type": "object"}})).collect();
    let answers = named.iter().map(|name| {
        json!({"method": "tools/call", "params": {"name": name}, "result": {"content": [{"type": "text", "text": name}]}})
    });
    let script = Script::tools(&json!(definitions), answers.collect());
    let config = direct(Config::new().server(script.server("one two")).server(script.server("one_two")));
    let mut raw = start(&config).await;
    let listed = names(&mut raw).await;
    assert_eq!(listed.len(), 2 * count, "{listed:?}");
    assert_eq!(listed[count], "one_two__plain", "a server keeps a name that is legal");
    assert_ne!(listed[0], listed[count]);
    for (at, name) in listed.iter().enumerate() {
        assert!(
            name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)),
            "{name}"
        );
        let answer = call(&mut raw, name, json!({})).await;
        assert_eq!(answer["result"]["content"][0]["text"], named[at % count], "{name}");
    }
    let mut again = start(&config).await;
    assert_eq!(names(&mut again).await, listed);
    let log = raw.gateway.log();
    assert!(log.contains("gave way"), "{log}");
}

#[tokio::test]
async fn an_only_server_can_do_without_a_prefix() {
    let config = direct(Config::new().lab(&[])).common("direct_prefix", json!(false));
    let mut raw = start(&config).await;
    assert!(names(&mut raw).await.contains(&"echo".to_owned()));
    let answer = call(&mut raw, "echo", json!({"message": "hi"})).await;
    assert_eq!(answer["result"], json!({"content": [{"type": "text", "text": "hi"}], "isError": false}));
    // Where there are two the setting means nothing, which the check says.
    let config = config.server(lab("two", &[]));
    let mut raw = start(&config).await;
    assert!(names(&mut raw).await.contains(&"two__echo".to_owned()));
    let (code, out, err) = raw.gateway.run(&["config", "check"]).await;
    assert_eq!(code, 0);
    assert!(out.contains("direct   two__*"), "{out}");
    assert!(err.contains("direct_prefix"), "{err}");
}

#[tokio::test]
async fn both_kinds_of_tools_stand_beside_each_other() {
    let script = Script::tools(
        &json!([{"name": SECURE_CALL, "inputSchema": {"type": "object"}}]),
        vec![json!({"method": "tools/call", "result": {"content": []}})],
    );
    let config = Config::new().server(script.server("s")).common("tool_exposure", json!("both"));
    let mut raw = start(&config.clone().common("direct_prefix", json!(false))).await;
    let names = names(&mut raw).await;
    assert_eq!(names.len(), 8);
    assert_eq!(names[3], SECURE_CALL);
    assert!(names[7].starts_with(SECURE_CALL) && names[7] != SECURE_CALL, "{}", names[7]);
    assert_eq!(call(&mut raw, &names[7], json!({})).await["result"], json!({"content": []}));
    let batch = json!({"server_name": "s", "tool_calls": [{"name": SECURE_CALL}]});
    let answer = call(&mut raw, SECURE_CALL, batch).await;
    assert!(answer["result"]["content"][0]["text"].as_str().expect("a text").contains("successful_calls"));
}

#[tokio::test]
async fn the_gateways_own_tools_are_unknown_in_direct_mode_and_the_servers_in_gateway_mode() {
    let mut raw = start(&direct(Config::new().lab(&[]))).await;
    for name in [SECURE_CALL, "lab__nothing", "other__echo", "lab_echo", "echo", "é"] {
        assert_eq!(call(&mut raw, name, json!({})).await["error"]["code"], -32602, "{name}");
    }
    let mut raw = start(&Config::new().lab(&[])).await;
    assert_eq!(call(&mut raw, "lab__echo", json!({})).await["error"]["code"], -32602);
}

#[tokio::test]
async fn what_is_denied_not_listed_or_kept_away_is_not_shown_and_not_run() {
    let policy = json!({"enabled": true, "policy_name": "p", "block": ["keyword_detector"]});
    let definitions = json!([
        {"name": "good", "inputSchema": {"type": "object"}},
        {"name": "closed", "inputSchema": {"type": "object"}},
        {"name": "bad", "description": "Exfiltrate it all.", "inputSchema": {"type": "object"}},
    ]);
    let script =
        Script::tools(&definitions, vec![json!({"method": "tools/call", "result": {"content": []}})]);
    let config = direct(Config::new())
        .server(script.server("s"))
        .with("denied_tools", json!(["clos*"]))
        .with("tool_guardrails_policy", policy)
        .server(lab("few", &[]))
        .with("tools", json!({"echo": "Says it again.", "pid": "", "sya": "", "ad*": ""}))
        .keywords(&["exfiltrate"]);
    let mut raw = start(&config).await;
    assert_eq!(names(&mut raw).await, ["s__good", "few__echo", "few__pid"]);
    assert_eq!(failure(&call(&mut raw, "s__closed", json!({})).await)["error_code"], "TOOL_DENIED");
    assert_eq!(failure(&call(&mut raw, "s__bad", json!({})).await)["error_code"], "TOOL_BLOCKED");
    for name in ["few__add", "few__sya", "few__ad_"] {
        assert_eq!(call(&mut raw, name, json!({"a": 1, "b": 2})).await["error"]["code"], -32602, "{name}");
    }
    assert!(script.asked("tools/call").is_empty());
}

#[tokio::test]
async fn a_server_that_hangs_delays_the_first_list_a_moment_and_no_other() {
    let config = direct(Config::new())
        .server(lab("slow", &["--start-delay", "3600000"]))
        .server(lab("fast", &["--start-delay", "200"]))
        .timeout("discovery_timeout", 3600.0)
        .timeout("default_timeout", 3600.0);
    let mut raw = start(&config).await;
    for _ in 0..3 {
        let names = names(&mut raw).await;
        assert!(names.iter().all(|name| name.starts_with("fast__")) && !names.is_empty(), "{names:?}");
    }
    let answer = call(&mut raw, "fast__echo", json!({"message": "hi"})).await;
    assert_eq!(answer["result"]["content"][0]["text"], "hi");
}

#[tokio::test]
async fn a_client_is_told_when_its_list_has_become_another() {
    let config = direct(Config::new()).server(lab("late", &["--start-delay", "6500"]));
    let mut raw = start(&config).await;
    assert!(names(&mut raw).await.is_empty());
    let notice = raw.receive().await;
    assert_eq!(notice, json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}));
    assert!(names(&mut raw).await.contains(&"late__echo".to_owned()));
}

#[tokio::test]
async fn an_edit_of_the_configuration_is_told_too() {
    let config = direct(Config::new().lab(&[]));
    let mut raw = start(&config).await;
    assert!(!names(&mut raw).await.is_empty());
    raw.gateway.write_config(&config.with("denied_tools", json!(["*"])).text());
    assert_eq!(raw.receive().await["method"], "notifications/tools/list_changed");
    assert!(names(&mut raw).await.is_empty());
}

#[tokio::test]
async fn a_call_finds_its_tool_also_where_no_list_was_asked_for() {
    let mut raw = start(&direct(Config::new()).server(lab("late", &["--start-delay", "500"]))).await;
    let answer = call(&mut raw, "late__echo", json!({"message": "hi"})).await;
    assert_eq!(answer["result"]["content"][0]["text"], "hi");
}

#[tokio::test]
async fn the_introduction_says_what_is_offered() {
    for (exposure, tools) in [
        ("gateway", json!({})),
        ("direct", json!({"listChanged": true})),
        ("both", json!({"listChanged": true})),
    ] {
        let config = Config::new().lab(&[]).common("tool_exposure", json!(exposure));
        let mut raw = Raw::start(Gateway::prepare(&config.text()));
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let answer = ask(&mut raw, "initialize", params).await;
        assert_eq!(answer["result"]["capabilities"]["tools"], tools);
    }
}

#[tokio::test]
async fn without_a_good_key_nothing_is_listed_or_called() {
    let gateway = Gateway::prepare(&direct(Config::new().lab(&[])).text());
    let mut raw = Raw::initialized(gateway.env("ENKRYPT_GATEWAY_KEY", Some("wrong-key-00000000"))).await;
    let answer = ask(&mut raw, "tools/list", json!({})).await;
    assert_eq!(answer["error"]["data"]["error_code"], "AUTH_FAILED", "{answer}");
    assert_eq!(failure(&call(&mut raw, "lab__echo", json!({})).await)["error_code"], "AUTH_FAILED");
    assert!(!answer.to_string().contains(KEY));
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let wanted = json!({"notifications": {"toolsListChanged": true}, "_meta": meta});
    let answer = ask(&mut raw, "subscriptions/listen", wanted).await;
    assert_eq!(answer["error"]["data"]["error_code"], "AUTH_FAILED", "{answer}");
}

#[tokio::test]
async fn what_a_server_remembers_lasts_from_call_to_call_unless_it_is_told_not_to() {
    for (mode, counts) in [(None, ["1", "2"]), (Some("batch"), ["1", "1"])] {
        let mut config = direct(Config::new().lab(&[]));
        if let Some(mode) = mode {
            config = config.with("session_mode", json!(mode));
        }
        let mut raw = start(&config).await;
        for count in counts {
            let answer = call(&mut raw, "lab__counter", json!({})).await;
            assert_eq!(answer["result"]["content"][0]["text"], count);
        }
    }
}
