//! The external cache.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::support::authority::Authority;
use crate::support::redis::{Redis, free_port};
use crate::support::{
    CACHE_STATUS, CLEAR_CACHE, Config, DISCOVER, Gateway, KEY, METRICS, Raw, eventually, eventually_async,
    whole_log,
};

const CALLER: &str = "user-1_project-1_config-1";

fn sharing(port: u16) -> Config {
    Config::new()
        .common("enkrypt_mcp_use_external_cache", json!(true))
        .common("enkrypt_cache_host", json!("127.0.0.1"))
        .common("enkrypt_cache_port", json!(port))
}

/// `lab`, which writes its starts to a file.
fn logging(config: Config, log: &Path) -> Config {
    config.lab(&["--log", &log.to_string_lossy()])
}

fn starts(log: &Path) -> usize {
    std::fs::read_to_string(log).unwrap_or_default().lines().filter(|line| line.starts_with("start ")).count()
}

async fn source(gateway: &Gateway) -> String {
    let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    reply.json["source"].as_str().unwrap_or_else(|| panic!("no source: {}", reply.json)).to_owned()
}

async fn cache(gateway: &Gateway) -> Value {
    gateway.call(CACHE_STATUS, json!({})).await.json["cache_status"]["global"].clone()
}

fn md5(name: &str) -> String {
    Md5::digest(name.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// How often the log says that the external cache went and came.
async fn said(gateway: &Gateway) -> (usize, usize) {
    counted(&whole_log(gateway).await)
}

fn counted(log: &str) -> (usize, usize) {
    (log.matches("working from the local cache").count(), log.matches("the external cache is back").count())
}

/// How often a shared value was read since the last time.
fn reads(redis: &Redis) -> usize {
    let mut connection = redis.connect(0);
    let stats: String = ::redis::cmd("INFO").arg("commandstats").query(&mut connection).expect("statistics");
    ::redis::cmd("CONFIG").arg("RESETSTAT").exec(&mut connection).expect("statistics anew");
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_getrange:calls="));
    calls.map(|rest| rest.split(',').next().unwrap_or_default().parse::<usize>().expect("a number")).sum()
}

#[tokio::test]
async fn what_is_shared_is_not_read_again_for_the_same_list() {
    let redis = Redis::start();
    let config = sharing(redis.port).common("tool_exposure", json!("direct")).lab(&[]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    let mut list = async || crate::direct::ask(&mut raw, "tools/list", json!({})).await;
    list().await;
    eventually_async("it is known", async || {
        !list().await["result"]["tools"].as_array().expect("a list").is_empty()
    })
    .await;
    reads(&redis);
    list().await;
    assert_eq!(reads(&redis), 2, "whether there is something to ask, and the list");
}

#[tokio::test]
async fn gateways_share_whole_tools() {
    let (redis, folder) = (Redis::start(), tempfile::TempDir::new().expect("a folder"));
    let log = folder.path().join("calls");
    let config = logging(sharing(redis.port), &log);
    let (first, second) = (Gateway::start(&config).await, Gateway::start(&config).await);
    let live = first.call(DISCOVER, json!({"server_name": "lab"})).await.json;
    assert_eq!(live["source"], "discovery");
    let begun = starts(&log);
    let cached = second.call(DISCOVER, json!({"server_name": "lab"})).await.json;
    assert_eq!(cached["source"], "cache");
    assert_eq!(starts(&log), begun, "the second gateway started the server");
    assert_eq!(cached["tools"].to_string(), live["tools"].to_string());
    let text = cached["tools"].to_string();
    for kept in ["outputSchema", "x-lab-shelf", "icons", "9007199254740993", "\"x-lab\"", "taskSupport"] {
        assert!(text.contains(kept), "{kept} is lost");
    }
    assert_eq!(cache(&second).await["cache_type"], "external_cache");
    // What came from the cache is good enough to check arguments by.
    let reply = second.batch("lab", json!([{"name": "add", "args": {"a": "one"}}])).await;
    assert_eq!(reply.results()[0]["error_code"], "INVALID_ARGUMENTS");
}

#[tokio::test]
async fn keys_have_the_documented_names_and_hold_nothing_secret() {
    let redis = Redis::start();
    let config = sharing(redis.port)
        .lab(&["--instructions", "sk-marker-argument-1"])
        .env(json!({"A": "marker-of-env"}));
    let gateway = Gateway::start(&config).await;
    assert_eq!(source(&gateway).await, "discovery");
    let entries = redis.dump(0);
    let tools = md5(&format!("{CALLER}-lab-tools"));
    let servers = md5(&format!("registry:{CALLER}:servers"));
    let callers = md5("registry:gateway/user");
    let expected: BTreeSet<&String> = [&tools, &servers, &callers].into();
    assert_eq!(entries.keys().collect::<BTreeSet<_>>(), expected);
    assert_eq!((entries[&servers].as_str(), entries[&callers].as_str()), ("lab", CALLER));
    for (key, value) in &entries {
        for secret in [KEY, "marker-of-env", "sk-marker-argument-1"] {
            assert!(!key.contains(secret) && !value.contains(secret), "{key}: {value}");
        }
    }
    let ttl = |key: &str| redis::cmd("TTL").arg(key).query::<i64>(&mut redis.connect(0)).expect("a number");
    for key in [&tools, &servers, &callers] {
        assert!((14_390..=14_400).contains(&ttl(key)), "{key}: {}", ttl(key));
    }
}

#[tokio::test]
async fn what_one_gateway_clears_is_gone_for_all() {
    let redis = Redis::start();
    let config = sharing(redis.port).lab(&[]).echo();
    let (first, second) = (Gateway::start(&config).await, Gateway::start(&config).await);
    assert_eq!(source(&first).await, "discovery");
    assert_eq!(source(&second).await, "cache");
    let status = cache(&first).await;
    assert_eq!((status["total_gateways"].as_u64(), status["total_tool_caches"].as_u64()), (Some(1), Some(1)));
    let cleared = second.call(CLEAR_CACHE, json!({"server_name": "lab"})).await;
    assert_eq!(cleared.json["status"], "success");
    assert_eq!(source(&first).await, "discovery");
    // The second one has it from the first again, although it held a copy of its own before.
    assert_eq!(source(&second).await, "cache");
    let cleared = first.call(CLEAR_CACHE, json!({})).await;
    assert_eq!(
        cleared.json["message"],
        "Cache cleared for all servers (1 servers) and gateway config (cleared)"
    );
    assert!(redis.dump(0).into_values().all(|value| !value.contains("Lab: echo")));
    assert_eq!(source(&second).await, "discovery");
}

#[tokio::test]
async fn a_clearing_that_the_shared_cache_did_not_take_is_no_success() {
    let mut redis = Redis::start();
    let gateway = Gateway::start(&sharing(redis.port).lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    redis.stop();
    for arguments in [json!({"server_name": "lab"}), json!({"cache_type": "server_config"}), json!({})] {
        let reply = gateway.call(CLEAR_CACHE, arguments).await;
        assert!(reply.is_error, "{}", reply.json);
        assert_eq!(reply.json["error_code"], "CACHE_UNAVAILABLE", "{}", reply.json);
        let message = reply.json["message"].as_str().expect("a message");
        assert!(message.contains("only this gateway's own copy"), "{message}");
    }
    // Its own copy is gone.
    assert_eq!(source(&gateway).await, "discovery");
    redis.restart();
    comes_back(&gateway).await;
    assert_eq!(gateway.call(CLEAR_CACHE, json!({})).await.json["status"], "success");
}

#[tokio::test]
async fn a_gateway_with_another_command_does_not_take_the_tools() {
    let redis = Redis::start();
    let first = Gateway::start(&sharing(redis.port).lab(&[])).await;
    let second = Gateway::start(&sharing(redis.port).lab(&["--many", "1"])).await;
    assert_eq!(source(&first).await, "discovery");
    assert_eq!(source(&second).await, "discovery");
    // Each has its own copy: they do not push each other out for ever.
    assert_eq!(source(&first).await, "cache");
    assert_eq!(source(&second).await, "cache");
    let names = second.call(DISCOVER, json!({"server_name": "lab"})).await.json.to_string();
    assert!(names.contains("tool_0001"));
}

#[tokio::test]
async fn database_and_password_are_used() {
    let redis = Redis::with_password("a-good-password");
    let config = sharing(redis.port)
        .common("enkrypt_cache_password", json!("${env:REDIS_PASSWORD}"))
        .common("enkrypt_cache_db", json!(3))
        .lab(&[]);
    let gateway =
        Gateway::prepare(&config.text()).env("REDIS_PASSWORD", Some("a-good-password")).connect().await;
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(cache(&gateway).await["cache_type"], "external_cache");
    assert_eq!((redis.dump(0).len(), redis.dump(3).len()), (0, 3));
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_gateway_works() {
    let redis = Redis::with_password("a-good-password");
    for (password, reason) in
        [(json!("wrong-marker-password"), "refuses the password"), (Value::Null, "wants a password")]
    {
        let config = sharing(redis.port).common("enkrypt_cache_password", password).lab(&[]);
        let gateway = Gateway::start(&config).await;
        assert_eq!(source(&gateway).await, "discovery");
        assert_eq!(source(&gateway).await, "cache");
        let status = cache(&gateway).await;
        assert_eq!(status["cache_type"], "local");
        assert!(status["external_cache_fault"].as_str().expect("a fault").contains(reason), "{status}");
        assert!(
            !whole_log(&gateway).await.contains("wrong-marker-password")
                && !status.to_string().contains("marker")
        );
        assert_eq!(said(&gateway).await, (1, 0));
    }
}

#[tokio::test]
async fn a_cache_that_takes_nothing_says_why() {
    let redis = Redis::start();
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec(&mut redis.connect(0)).expect("set");
    let gateway = Gateway::start(&sharing(redis.port).lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(source(&gateway).await, "cache");
    let status = cache(&gateway).await;
    assert!(status["external_cache_fault"].as_str().expect("a fault").contains("`READONLY`"), "{status}");
}

#[tokio::test]
async fn a_password_that_is_mended_is_noticed() {
    let redis = Redis::with_password("a-good-password");
    let config = sharing(redis.port).common("enkrypt_cache_password", json!("another-password")).lab(&[]);
    let gateway = Gateway::start(&config).await;
    assert_eq!(source(&gateway).await, "discovery");
    let mut admin = redis.connect(0);
    redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("another-password").exec(&mut admin).expect("set");
    comes_back(&gateway).await;
    assert_eq!(said(&gateway).await, (1, 1));
}

/// Asks until the external cache is in use again.
async fn comes_back(gateway: &Gateway) {
    let back = async || cache(gateway).await["cache_type"] == "external_cache";
    eventually_async("the external cache is used again", back).await;
}

#[tokio::test]
async fn without_redis_at_the_start_the_gateway_works() {
    let config = sharing(free_port()).lab(&[]);
    let gateway = Gateway::start(&config).await;
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(source(&gateway).await, "cache");
    let status = cache(&gateway).await;
    assert_eq!(status["cache_type"], "local");
    assert!(status["external_cache_fault"].as_str().expect("a fault").contains("no connection"), "{status}");
    assert_eq!(
        gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x"}}])).await.response(),
        "x"
    );
    assert_eq!(said(&gateway).await, (1, 0), "{}", gateway.log());
}

#[tokio::test]
async fn redis_may_go_and_come_back() {
    let mut redis = Redis::start();
    let gateway = Gateway::start(&sharing(redis.port).lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    redis.stop();
    for _ in 0..5 {
        assert_eq!(source(&gateway).await, "cache");
    }
    assert_eq!(cache(&gateway).await["cache_type"], "local");
    assert_eq!(said(&gateway).await, (1, 0), "{}", gateway.log());
    redis.restart();
    comes_back(&gateway).await;
    assert_eq!(said(&gateway).await, (1, 1));
    // It came back empty, and it is the truth.
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(redis.dump(0).len(), 3);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_no_fault() {
    let redis = Redis::start();
    let gateway = Gateway::start(&sharing(redis.port).lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    let kill = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal").query::<i64>(&mut redis.connect(0));
    assert!(kill.expect("a count") >= 1);
    assert_eq!(source(&gateway).await, "cache");
    assert_eq!(cache(&gateway).await["cache_type"], "external_cache");
    assert_eq!(said(&gateway).await, (0, 0), "{}", gateway.log());
}

/// The port of something that accepts, reads, and says nothing.
/// How many operations ran into their time limit so far.
async fn timed_out(gateway: &Gateway) -> u64 {
    let metrics = gateway.call(METRICS, json!({})).await.json;
    metrics["timeout_metrics"]["timeout_operations"].as_u64().unwrap_or_else(|| panic!("{metrics}"))
}

/// Takes connections, and answers nothing.
fn silent() -> u16 {
    silent_after(b"")
}

/// Says this to whoever comes, and nothing more.
fn silent_after(greeting: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut greeting = greeting;
                while stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(std::mem::take(&mut greeting));
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_redis_that_never_answers_costs_its_time_limit_and_no_more() {
    let gateway = Gateway::start(&sharing(silent()).timeout("cache_timeout", 0.3).lab(&[])).await;
    let status = cache(&gateway).await;
    assert_eq!(status["cache_type"], "local");
    assert!(
        status["external_cache_fault"].as_str().expect("a fault").contains("timed out after 0.3 s"),
        "{status}"
    );
    let waited = timed_out(&gateway).await;
    assert!(waited > 0);
    cache(&gateway).await;
    assert_eq!(timed_out(&gateway).await, waited, "it is left alone for a while");
    assert_eq!(source(&gateway).await, "discovery");
}

#[tokio::test]
async fn an_answer_is_waited_for_as_long_as_the_settings_say() {
    // A connection stands once its two words about the client are answered.
    let port = silent_after(b"+OK\r\n+OK\r\n");
    let gateway = Gateway::start(&sharing(port).timeout("cache_timeout", 2.5).lab(&[])).await;
    let status = cache(&gateway).await;
    assert!(
        status["external_cache_fault"].as_str().expect("a fault").contains("timed out after 2.5 s"),
        "{status}"
    );
}

#[tokio::test]
async fn a_client_that_does_not_wait_says_nothing_about_redis() {
    let mut raw = Raw::initialized(Gateway::prepare(&sharing(silent()).text())).await;
    let params = json!({"name": CACHE_STATUS, "arguments": {}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})).await;
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}))
        .await;
    eventually("the request ends", || raw.gateway.log().contains(CACHE_STATUS));
    assert_eq!(counted(&raw.gateway.log()), (0, 0), "{}", raw.gateway.log());
}

#[tokio::test]
async fn tls_is_checked_against_the_system_and_never_given_up() {
    let authority = Authority::new();
    let redis = Redis::with_tls(&authority);
    let port = redis.tls_port.expect("a port");
    let config = sharing(port).common("enkrypt_cache_host", json!("rediss://127.0.0.1")).lab(&[]);
    let gateway = Gateway::start(&config).await;
    assert_eq!(source(&gateway).await, "discovery");
    let status = cache(&gateway).await;
    assert_eq!(status["cache_type"], "local");
    assert!(status["external_cache_fault"].as_str().expect("a fault").contains("certificate"), "{status}");
    assert_eq!(redis.dump(0).len(), 0);
    assert_eq!(said(&gateway).await, (1, 0));
    let trusted = authority.path("ca.crt");
    let gateway = Gateway::prepare(&config.text()).env("SSL_CERT_FILE", trusted.to_str()).connect().await;
    assert_eq!(source(&gateway).await, "discovery");
    let status = cache(&gateway).await;
    assert_eq!(status["cache_type"], "external_cache", "{status}");
    assert_eq!(redis.dump(0).len(), 3);
}

#[tokio::test]
async fn the_settings_of_the_cache_can_be_edited() {
    let redis = Redis::start();
    let config = Config::new().lab(&[]);
    let gateway = Gateway::start(&config).await;
    assert_eq!(cache(&gateway).await["cache_type"], "local");
    gateway.write_config(&sharing(redis.port).lab(&[]).text());
    eventually("the edit is taken", || gateway.log().contains("the new one is in force"));
    assert_eq!(cache(&gateway).await["cache_type"], "external_cache");
}

#[tokio::test]
async fn a_value_that_is_too_long_is_no_value() {
    let redis = Redis::start();
    let gateway = Gateway::start(&sharing(redis.port).lab(&[])).await;
    assert_eq!(source(&gateway).await, "discovery");
    let key = md5(&format!("{CALLER}-lab-tools"));
    let mut admin = redis.connect(0);
    redis::cmd("SETRANGE").arg(&key).arg(16 << 20).arg("x").exec(&mut admin).expect("set");
    assert_eq!(source(&gateway).await, "discovery");
    assert_eq!(source(&gateway).await, "cache");
}
