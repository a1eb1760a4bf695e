//! Where tools come from, and for how long they are known.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::redis::Redis;
use crate::support::{
    CLEAR_CACHE, Config, DISCOVER, Gateway, INFO, KEY, LIST, Raw, eventually, eventually_async,
};

/// The starts and calls of `lab`.
struct Log(TempDir);

impl Log {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("calls")
    }

    fn starts(&self) -> usize {
        let text = std::fs::read_to_string(self.path()).unwrap_or_default();
        text.lines().filter(|line| line.starts_with("start ")).count()
    }

    /// The server `lab` that writes this log.
    fn lab(&self, config: Config, args: &[&str]) -> Config {
        let path = self.path().to_string_lossy().into_owned();
        config.lab(&[&["--log", &path], args].concat())
    }
}

async fn discover(gateway: &Gateway, server: &str) -> Value {
    gateway.call(DISCOVER, json!({"server_name": server})).await.json
}

async fn source(gateway: &Gateway) -> Value {
    discover(gateway, "lab").await["source"].clone()
}

fn tools(answer: &Value) -> &Vec<Value> {
    answer["tools"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {answer}"))
}

fn names(answer: &Value) -> Vec<&str> {
    tools(answer).iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

fn tool<'a>(answer: &'a Value, name: &str) -> &'a Value {
    tools(answer).iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no {name}: {answer}"))
}

fn edit(gateway: &Gateway, config: &Config) {
    let before = gateway.log().matches("the new one is in force").count();
    gateway.write_config(&config.text());
    eventually("the edit is taken", || gateway.log().matches("the new one is in force").count() > before);
}

#[tokio::test]
async fn configuration_comes_before_cache_and_cache_before_the_server() {
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(source(&gateway).await, "cache");
    edit(&gateway, &Config::new().lab(&[]).with("tools", json!({"echo": "", "add": "Sums up."})));
    let answer = discover(&gateway, "lab").await;
    assert_eq!(answer["source"], "config");
    assert_eq!(names(&answer), ["echo", "add"]);
    // What is known of the tools fills them up; the operator's words stay.
    assert_eq!(tool(&answer, "echo")["description"], "Repeats the message.");
    assert_eq!(tool(&answer, "add")["description"], "Sums up.");
    assert_eq!(tool(&answer, "add")["outputSchema"]["required"], json!(["sum"]));
    edit(&gateway, &Config::new().lab(&[]));
    assert_eq!(source(&gateway).await, "cache");
}

#[tokio::test]
async fn described_tools_are_whole_wherever_they_are_asked_for() {
    let log = Log::new();
    let config =
        log.lab(Config::new(), &[]).with("tools", json!({"add": "Sums up.", "no_such_tool": "Dreamt of."}));
    let gateway = Gateway::start(&config).await;
    let info = gateway.call(INFO, json!({"server_name": "lab"})).await.json;
    assert_eq!(info["server_info"]["tools_source"], "config");
    assert_eq!(log.starts(), 0, "showing what is known starts nothing");
    for _ in 0..2 {
        let answer = discover(&gateway, "lab").await;
        assert_eq!((names(&answer), answer["source"].as_str()), (vec!["add"], Some("config")));
        let add = tool(&answer, "add");
        assert_eq!((&add["description"], add["inputSchema"].is_object()), (&json!("Sums up."), true));
    }
    assert_eq!(log.starts(), 1, "it was asked once");
    // What only the configuration knows of is not there.
    let reply = gateway.batch("lab", json!([{"name": "no_such_tool"}])).await;
    let refused = &reply.results()[0];
    assert_eq!(refused["error_code"], "TOOL_NOT_FOUND", "{}", reply.json);
    assert_eq!(refused["message"], "server `lab` has no tool `no_such_tool`");
    assert!(gateway.log().contains("unknown=\"no_such_tool\""), "{}", gateway.log());
}

#[tokio::test]
async fn the_first_call_of_a_described_tool_is_held_against_its_schema() {
    let gateway = Gateway::start(&Config::new().lab(&[]).with("tools", json!({"add": "Sums up."}))).await;
    let reply = gateway.batch("lab", json!([{"name": "add", "args": {"a": "one"}}])).await;
    assert_eq!(reply.results()[0]["error_code"], "INVALID_ARGUMENTS", "{}", reply.json);
}

#[tokio::test]
async fn a_described_tool_of_a_server_that_cannot_be_asked_does_not_run() {
    let config = Config::new().hostile("exit").with("tools", json!({"ok": "Works."}));
    let gateway = Gateway::start(&config).await;
    let answer = discover(&gateway, "hostile").await;
    assert_eq!(answer["error_code"], "SERVER_START_FAILED", "{answer}");
    let reply = gateway.batch("hostile", json!([{"name": "ok"}])).await;
    assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
}

#[tokio::test]
async fn all_pages_are_read() {
    let gateway = Gateway::start(&Config::new().lab(&["--page-size", "4", "--many", "50"])).await;
    let answer = discover(&gateway, "lab").await;
    assert_eq!(names(&answer).len(), 67);
    assert!(answer["tools"].get("nextCursor").is_none());
    let reply = gateway.batch("lab", json!([{"name": "tool_0050"}])).await;
    assert_eq!(reply.response(), "tool_0050");
}

#[tokio::test]
async fn what_ran_out_is_discovered_anew() {
    // 0.0003 hours are 1.08 seconds.
    let gateway =
        Gateway::start(&Config::new().common("enkrypt_tool_cache_expiration", json!(0.0003)).lab(&[])).await;
    let begun = Instant::now();
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(source(&gateway).await, "cache");
    eventually_async("it runs out", async || source(&gateway).await == "discovery").await;
    assert!(begun.elapsed().as_millis() >= 1_080, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_was_cleared_is_discovered_anew() {
    let log = Log::new();
    let gateway = Gateway::start(&log.lab(Config::new(), &[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    for cleared in [json!({"server_name": "lab"}), json!({"cache_type": "server_config"}), json!({})] {
        let begun = log.starts();
        gateway.call(CLEAR_CACHE, cleared).await;
        assert_eq!(source(&gateway).await, "discovery");
        assert!(log.starts() > begun);
    }
    gateway.call(CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
    assert_eq!(source(&gateway).await, "cache");
}

#[tokio::test]
async fn cached_tools_are_judged_by_the_policies_of_now() {
    let guarded = |words: &[&str]| {
        let policy = json!({"enabled": true, "block": ["keyword_detector"]});
        Config::new().keywords(words).lab(&[]).with("tool_guardrails_policy", policy)
    };
    let gateway = Gateway::start(&guarded(&["no such word"])).await;
    let answer = discover(&gateway, "lab").await;
    assert_eq!((&answer["source"], &answer["blocked_count"]), (&json!("discovery"), &json!(0)));
    edit(&gateway, &guarded(&["repeats"]).with("denied_tools", json!(["c*"])));
    let answer = discover(&gateway, "lab").await;
    assert_eq!(answer["source"], "cache");
    assert_eq!(answer["blocked_tools"][0]["name"], "echo");
    assert_eq!(answer["policy_denied_tools"], json!(["counter", "cwd"]));
    assert!(!names(&answer).iter().any(|name| ["echo", "counter", "cwd"].contains(name)));
    let reply =
        gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x"}}, {"name": "pid"}])).await;
    assert_eq!(reply.results()[0]["error_code"], "TOOL_BLOCKED");
    // And what was blocked is open again when the policy says so.
    edit(&gateway, &guarded(&["no such word"]));
    let answer = discover(&gateway, "lab").await;
    assert_eq!((&answer["source"], &answer["blocked_count"]), (&json!("cache"), &json!(0)));
}

#[tokio::test]
async fn another_command_has_other_tools() {
    let gateway = Gateway::start(&Config::new().lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    edit(&gateway, &Config::new().lab(&["--many", "1"]));
    let answer = discover(&gateway, "lab").await;
    assert_eq!(answer["source"], "discovery");
    assert!(names(&answer).contains(&"tool_0001"));
}

#[tokio::test]
async fn ten_who_ask_at_once_start_the_server_once() {
    let log = Log::new();
    let gateway = Gateway::start(&log.lab(Config::new(), &["--list-delay", "300"])).await;
    let one = discover(&gateway, "lab");
    let others = futures_util::future::join_all((0..9).map(|_| discover(&gateway, "lab")));
    let (one, others) = tokio::join!(one, others);
    assert_eq!(one["source"], "discovery");
    assert!(others.iter().all(|other| other["tools"] == one["tools"]));
    assert_eq!(log.starts(), 1);
}

#[tokio::test]
async fn ten_who_ask_a_dead_server_wait_once() {
    // One after the other they would be out of patience.
    let gateway = Gateway::start(&Config::new().timeout("default_timeout", 2.5).hostile("silent")).await;
    let answers = futures_util::future::join_all((0..10).map(|_| discover(&gateway, "hostile"))).await;
    assert!(answers.iter().all(|answer| answer["error_code"] == "TIMEOUT"), "{answers:?}");
}

#[tokio::test]
async fn who_asked_first_may_leave_without_harm() {
    let log = Log::new();
    let config = log.lab(Config::new(), &["--list-delay", "400"]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    for id in 1..=4 {
        let params = json!({"name": DISCOVER, "arguments": {"server_name": "lab"}});
        raw.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).await;
        eventually("the server starts for the first one", || log.starts() == 1);
    }
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}))
        .await;
    let mut answered = Vec::new();
    while answered.len() < 3 {
        let answer = raw.receive().await;
        if answer["id"] != 1 {
            let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
            assert!(text.contains("\"status\":\"success\""), "{text}");
            answered.push(answer["id"].as_u64().expect("an id"));
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, [2, 3, 4]);
    assert_eq!(log.starts(), 2, "the next one took over, for all who are left");
}

#[tokio::test]
async fn callers_share_nothing_but_keys_of_one_caller_do() {
    let redis = Redis::start();
    let config = Config::new()
        .common("enkrypt_mcp_use_external_cache", json!(true))
        .common("enkrypt_cache_host", json!("127.0.0.1"))
        .common("enkrypt_cache_port", json!(redis.port))
        .lab(&[])
        .edit(|config| {
            config["projects"]["project-1"]["users"] = json!(["user-1", "user-2"]);
            config["users"]["user-2"] = json!({"email": "other@example.com"});
            config["apikeys"]["second-key-of-user-1"] =
                json!({"project_id": "project-1", "user_id": "user-1"});
            config["apikeys"]["only-key-of-user-2"] = json!({"project_id": "project-1", "user_id": "user-2"});
        });
    let gateway =
        async |key| Gateway::prepare(&config.text()).env("ENKRYPT_GATEWAY_KEY", Some(key)).connect().await;
    let (first, second) = (gateway(KEY).await, gateway("second-key-of-user-1").await);
    let other = gateway("only-key-of-user-2").await;
    assert_eq!(source(&first).await, "discovery");
    assert_eq!(source(&second).await, "cache");
    assert_eq!(source(&other).await, "discovery");
    other.call(CLEAR_CACHE, json!({})).await;
    assert_eq!(source(&first).await, "cache", "a caller clears only what is its own");
}

#[tokio::test]
async fn a_list_of_servers_starts_each_once_and_keeps_their_order() {
    let log = Log::new();
    let gateway = Gateway::start(&log.lab(Config::new().echo(), &[])).await;
    let listed = gateway.call(LIST, json!({})).await.json;
    let servers: Vec<&String> = listed["available_servers"].as_object().expect("servers").keys().collect();
    assert_eq!(servers, ["echo", "lab"]);
    assert_eq!(listed["available_servers"]["lab"]["source"], "discovery");
    gateway.call(LIST, json!({})).await;
    assert_eq!(log.starts(), 1);
}
