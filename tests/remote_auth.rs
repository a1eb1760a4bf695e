//! The authenticator `enkrypt`, against a service of the test's own.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::http::{Answer, Http};
use crate::support::{
    Ask, CACHE_STATUS, CLEAR_CACHE, Config, DISCOVER, Front, Gateway, INFO, KEY, LIST, eventually,
    eventually_async, server_binary, whole_log,
};

fn asking(service: &Http) -> Config {
    configured(&json!({"gateway_name": "my-gateway", "base_url": service.url()}))
}

fn configured(auth: &Value) -> Config {
    Config::new().edit(|config| {
        // Whatever the file holds, the service decides.
        for key in ["mcp_configs", "projects", "users", "apikeys"] {
            config.as_object_mut().expect("an object").remove(key);
        }
        config["plugins"]["auth"] = json!({"provider": "enkrypt", "config": auth});
    })
}

fn server(name: &str) -> Value {
    json!({"server_name": name, "config": {"command": server_binary("echo_mcp"), "args": []}})
}

fn answer(servers: &Value) -> Answer {
    Answer::json(&body(servers))
}

fn body(servers: &Value) -> Value {
    json!({"mcp_config_id": "remote-1", "project_id": "p", "user_id": "u", "mcp_config": servers})
}

async fn list(gateway: &Gateway) -> Value {
    gateway.call(LIST, json!({"discover_tools": false})).await.json
}

async fn servers(gateway: &Gateway) -> Vec<String> {
    let listed = list(gateway).await;
    let servers = listed["available_servers"].as_object().unwrap_or_else(|| panic!("no servers: {listed}"));
    servers.keys().cloned().collect()
}

#[tokio::test]
async fn the_service_is_asked_as_documented_and_once() {
    let service = Http::start(answer(&json!([server("echo")])));
    let gateway = Gateway::start(&asking(&service)).await;
    assert_eq!(servers(&gateway).await, ["echo"]);
    let reply = gateway.batch("echo", json!([{"name": "echo", "args": {"message": "hi"}}])).await;
    assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    assert_eq!(service.count(), 1, "one fetch serves many calls");
    let request = &service.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/mcp-gateway/get-gateway-config"));
    assert_eq!(request.header("apikey"), Some(KEY));
    assert_eq!(request.header("x-enkrypt-mcp-gateway"), Some("my-gateway"));
    assert_eq!(request.header("x-enkrypt-mcp-gateway-version"), Some("v1"));
    assert_eq!(request.header("x-enkrypt-project"), None);
    assert!(request.body.is_empty());
    assert!(!whole_log(&gateway).await.contains(KEY));
}

#[tokio::test]
async fn version_and_project_go_along() {
    let service = Http::start(answer(&json!([])));
    let auth = json!({
        "gateway_name": "g", "gateway_version": "v7", "project_name": "my project", "base_url": format!("{}/", service.url()),
    });
    let gateway = Gateway::start(&configured(&auth)).await;
    assert!(servers(&gateway).await.is_empty());
    let request = &service.requests()[0];
    assert_eq!(request.path, "/mcp-gateway/get-gateway-config");
    assert_eq!(request.header("x-enkrypt-mcp-gateway-version"), Some("v7"));
    assert_eq!(request.header("x-enkrypt-project"), Some("my project"));
}

#[tokio::test]
async fn overrides_have_an_order() {
    let mut echo = server("echo");
    echo["description"] = json!("own");
    echo["denied_tools"] = json!(["own_*"]);
    echo["gateway_overrides"] = json!({"description": "of the gateway", "tools": {"echo": "of the gateway"}});
    let mut plain = server("plain");
    plain["description"] = json!("own");
    let mut off = server("off");
    off["is_active"] = json!(false);
    let mut body = body(&json!([echo, plain, off]));
    body["common_overrides"] = json!({"tool_guardrails_policy": {"enabled": true, "policy_name": "common", "block": ["keyword_detector"]}});
    let service = Http::start(Answer::json(&body));
    let config = asking(&service).edit(|config| {
        config["plugins"]["guardrails"] =
            json!({"provider": "custom_keyword", "config": {"blocked_keywords": ["x"]}});
        config["local_server_overrides"] = json!({
            "echo": {"description": "local", "denied_tools": ["echo"]},
            "plain": {"denied_tools": ["echo"]},
        });
    });
    let gateway = Gateway::start(&config).await;
    let listed = list(&gateway).await["available_servers"].clone();
    let names: Vec<&String> = listed.as_object().expect("servers").keys().collect();
    assert_eq!(names, ["echo", "plain"], "what is not active is not there");
    assert_eq!(listed["echo"]["description"], "of the gateway");
    assert_eq!(listed["plain"]["description"], "own");
    for server in ["echo", "plain"] {
        assert_eq!(listed[server]["tool_guardrails_policy"]["policy_name"], "common");
    }
    // The local deny list fills the gap of the one server, and leaves the other's own alone.
    let denied = async |server: &str| {
        gateway.call(DISCOVER, json!({"server_name": server})).await.json["policy_denied_tools"].clone()
    };
    assert_eq!(denied("echo").await, json!([]));
    assert_eq!(denied("plain").await, json!(["echo"]));
}

#[tokio::test]
async fn a_refusal_has_the_words_of_a_wrong_local_key() {
    let service = Http::start(Answer::status(401));
    let gateway = Gateway::start(&asking(&service)).await;
    let local = Gateway::prepare(&Config::new().text())
        .env("ENKRYPT_GATEWAY_KEY", Some("wrong-key-0000"))
        .connect()
        .await;
    let (mut refused, mut wrong) = (list(&gateway).await, list(&local).await);
    assert_eq!(refused["error_code"], "AUTH_FAILED");
    for answer in [&mut refused, &mut wrong] {
        answer.as_object_mut().expect("an object").remove("correlation_id");
    }
    assert_eq!(refused, wrong);
    service.answer(Answer::status(403));
    assert_eq!(list(&gateway).await["message"], wrong["message"]);
    assert!(!whole_log(&gateway).await.contains(KEY));
}

#[tokio::test]
async fn a_refusal_drops_what_was_good() {
    let service = Http::start(answer(&json!([server("echo")])));
    let gateway = Gateway::start(&asking(&service)).await;
    assert_eq!(servers(&gateway).await, ["echo"]);
    service.answer(Answer::status(401));
    gateway.call(CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
    assert_eq!(list(&gateway).await["error_code"], "AUTH_FAILED");
    // Nor does a failing service bring it back.
    service.answer(Answer::status(500));
    assert_eq!(list(&gateway).await["error_code"], "AUTH_FAILED");
}

#[tokio::test]
async fn a_service_that_fails_opens_nothing_but_keeps_what_was_open() {
    let good = || answer(&json!([server("echo")]));
    let failures = [
        ("status", Answer::status(500)),
        ("missing", Answer::status(404)),
        ("no JSON", Answer::text(200, "{\"mcp_config\": [")),
        ("no object", Answer::text(200, "[]")),
        ("not valid", answer(&json!([{"server_name": "echo", "config": {"command": 7}}]))),
        ("no list", Answer::json(&json!({"message": "ok"}))),
        (
            "too long",
            Answer::text(200, &format!("{{\"mcp_config\": [], \"x\": \"{}\"}}", "x".repeat(5 << 20))),
        ),
        ("silence", Answer::Silence),
    ];
    for (name, failure) in failures {
        let service = Http::start(failure.clone());
        let gateway = Gateway::start(&asking(&service).timeout("auth_timeout", 0.3)).await;
        let refused = list(&gateway).await;
        assert_eq!(refused["error_code"], "AUTH_FAILED", "{name}");
        assert!(
            refused["message"].as_str().expect("a message").contains("gave no answer"),
            "{name}: {refused}"
        );
        service.answer(good());
        assert_eq!(servers(&gateway).await, ["echo"], "{name}");
        service.answer(failure);
        gateway.call(CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
        let asked = service.count();
        assert_eq!(servers(&gateway).await, ["echo"], "{name}");
        assert_eq!(service.count(), asked + 1, "{name}");
        eventually("the fault is said", || gateway.log().contains("its last good answer serves on"));
        // And it is not asked again at once.
        assert_eq!(servers(&gateway).await, ["echo"], "{name}");
        assert_eq!(service.count(), asked + 1, "{name}");
        assert!(!whole_log(&gateway).await.contains(KEY), "{name}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said() {
    let url = format!("http://127.0.0.1:{}", crate::support::redis::free_port());
    let gateway = Gateway::start(&configured(&json!({"gateway_name": "g", "base_url": url}))).await;
    assert_eq!(list(&gateway).await["error_code"], "AUTH_FAILED");
    eventually("the reason is said", || gateway.log().contains("no connection"));
}

#[tokio::test]
async fn what_was_fetched_serves_for_its_time() {
    let service = Http::start(answer(&json!([server("first")])));
    let auth = json!({"gateway_name": "g", "base_url": service.url(), "cache_ttl_seconds": 0.5});
    let gateway = Gateway::start(&configured(&auth)).await;
    let fetched = Instant::now();
    assert_eq!(servers(&gateway).await, ["first"]);
    service.answer(answer(&json!([server("second")])));
    eventually_async("it is fetched again", async || servers(&gateway).await != ["first"]).await;
    assert!(fetched.elapsed().as_millis() >= 500);
    assert_eq!(service.count(), 2);
}

#[tokio::test]
async fn the_gateway_s_own_time_holds_where_the_authenticator_has_none() {
    let service = Http::start(answer(&json!([server("first")])));
    let short = |config: Config| config.common("enkrypt_gateway_cache_expiration_minutes", json!(0.01));
    let gateway = Gateway::start(&short(asking(&service))).await;
    assert_eq!(servers(&gateway).await, ["first"]);
    service.answer(answer(&json!([server("second")])));
    eventually_async("it is fetched again", async || servers(&gateway).await != ["first"]).await;
    // And the status shows what holds.
    let auth = json!({"gateway_name": "g", "base_url": service.url(), "cache_ttl_seconds": 7_200});
    for (config, hours) in [(short(configured(&auth)), 2.0), (asking(&service), 0.1667)] {
        let gateway = Gateway::start(&config).await;
        let status = gateway.call(CACHE_STATUS, json!({})).await.json["cache_status"].clone();
        assert_eq!(status["global"]["config_cache_expiration_hours"], hours, "{status}");
    }
}

#[tokio::test]
async fn one_key_more_than_are_remembered_costs_the_others_nothing() {
    let service = Http::start(answer(&json!([])));
    let front = Front::start(&asking(&service));
    let told = async |number: usize| {
        let ask = Ask::modern(1, "tools/list", json!({}));
        front.send(&ask.key(&format!("key-of-caller-{number:04}"))).await.status
    };
    for number in 0..=1_024 {
        assert_eq!(told(number).await, 200);
    }
    service.answer(Answer::status(500));
    assert_eq!((told(0).await, told(1_000).await, told(1_024).await), (503, 200, 200));
}

#[tokio::test]
async fn clearing_the_gateway_configuration_fetches_it_again() {
    let service = Http::start(answer(&json!([server("first")])));
    let gateway = Gateway::start(&asking(&service)).await;
    assert_eq!(servers(&gateway).await, ["first"]);
    service.answer(answer(&json!([server("second")])));
    assert_eq!(servers(&gateway).await, ["first"]);
    gateway.call(CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
    assert_eq!(servers(&gateway).await, ["second"]);
    assert_eq!(service.count(), 2);
}

#[tokio::test]
async fn ten_at_once_fetch_once() {
    let service = Http::start(answer(&json!([server("echo")])).held());
    let gateway = Gateway::start(&asking(&service)).await;
    let asked = (0..10).map(|_| servers(&gateway));
    let opened = async {
        eventually_async("the service is asked", async || service.count() > 0).await;
        service.open();
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(asked), opened);
    assert!(answers.iter().all(|servers| *servers == ["echo"]), "{answers:?}");
    assert_eq!(service.count(), 1);
}

#[tokio::test]
async fn ten_at_once_do_not_wait_one_after_the_other_for_a_dead_service() {
    let service = Http::start(Answer::Silence);
    // One after the other they would be out of patience.
    let gateway = Gateway::start(&asking(&service).timeout("auth_timeout", 2.5)).await;
    let answers = futures_util::future::join_all((0..10).map(|_| list(&gateway))).await;
    assert!(answers.iter().all(|answer| answer["error_code"] == "AUTH_FAILED"), "{answers:?}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Http::start(answer(&json!([server("echo")])));
    let service =
        Http::start(Answer::redirect(&format!("{}/mcp-gateway/get-gateway-config", elsewhere.url())));
    let gateway = Gateway::start(&asking(&service)).await;
    assert_eq!(list(&gateway).await["error_code"], "AUTH_FAILED");
    assert_eq!((service.count(), elsewhere.count()), (1, 0), "the key went where nobody sent it");
}

#[tokio::test]
async fn project_and_user_must_be_the_keys() {
    let service = Http::start(answer(&json!([server("echo")])));
    for (name, value, opens) in [
        ("ENKRYPT_PROJECT_ID", "p", true),
        ("ENKRYPT_PROJECT_ID", "another", false),
        ("ENKRYPT_USER_ID", "u", true),
        ("ENKRYPT_USER_ID", "another", false),
    ] {
        let gateway = Gateway::prepare(&asking(&service).text()).env(name, Some(value)).connect().await;
        let listed = list(&gateway).await;
        assert_eq!(listed["status"] == "success", opens, "{name}={value}: {listed}");
        if !opens {
            assert_eq!(listed["message"], "authentication failed");
        }
    }
}

#[tokio::test]
async fn edited_settings_read_the_fetched_servers_anew() {
    let service = Http::start(answer(&json!([server("echo")])));
    let gateway = Gateway::start(&asking(&service)).await;
    let denied = async || {
        gateway.call(DISCOVER, json!({"server_name": "echo"})).await.json["policy_denied_tools"].clone()
    };
    assert_eq!(denied().await, json!([]));
    let edited = asking(&service)
        .edit(|config| config["local_server_overrides"] = json!({"echo": {"denied_tools": ["echo"]}}));
    gateway.write_config(&edited.text());
    eventually("the edit is taken", || gateway.log().contains("the new one is in force"));
    assert_eq!(denied().await, json!(["echo"]));
    assert_eq!(service.count(), 1);
    // Another source is another question.
    let other = Http::start(answer(&json!([server("other")])));
    gateway.write_config(&asking(&other).text());
    eventually("the edit is taken", || gateway.log().matches("the new one is in force").count() == 2);
    assert_eq!(servers(&gateway).await, ["other"]);
    let info = gateway.call(INFO, json!({"server_name": "echo"})).await;
    assert_eq!(info.json["error_code"], "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn a_service_reads_nothing_of_this_machine() {
    let referring = |value: &str| json!([{"server_name": "lab", "config": {"command": server_binary("lab_mcp"), "args": [], "env": {"TOKEN": value}}}]);
    for reference in ["${env:THE_SECRET}", "${THE_SECRET}", "x${file:/etc/hostname}", "${keyring:anything}"] {
        let service = Http::start(answer(&referring(reference)));
        let gateway = Gateway::prepare(&asking(&service).text())
            .env("THE_SECRET", Some("s3cr3t-value"))
            .connect()
            .await;
        assert_eq!(list(&gateway).await["error_code"], "AUTH_FAILED", "{reference}");
        let log = whole_log(&gateway).await;
        assert!(
            log.contains("mcp_config[0].config.env.TOKEN") && log.contains("expected no reference"),
            "{log}"
        );
    }
    let service = Http::start(answer(&referring("$${THE_SECRET}")));
    let gateway = Gateway::start(&asking(&service)).await;
    let reply = gateway.batch("lab", json!([{"name": "env", "args": {"name": "TOKEN"}}])).await;
    assert_eq!(reply.response(), "${THE_SECRET}");
}

#[tokio::test]
async fn references_of_the_local_file_are_followed_when_it_is_loaded() {
    let service = Http::start(answer(&json!([{"server_name": "lab"}])));
    let overridden = |env: Value| {
        let lab = json!({"command": server_binary("lab_mcp"), "args": ["--name", "${env:NAME}"], "env": env});
        asking(&service).edit(|config| config["local_server_overrides"] = json!({"lab": {"config": lab}}))
    };
    let config = overridden(json!({"TOKEN": "a$${b}${env:THE_SECRET}"}));
    let gateway = Gateway::prepare(&config.text())
        .env("THE_SECRET", Some("s3cr3t-value"))
        .env("NAME", Some("name-value"))
        .connect()
        .await;
    let reply = gateway.batch("lab", json!([{"name": "env", "args": {"name": "TOKEN"}}])).await;
    assert_eq!(reply.response(), "a${b}s3cr3t-value");
    let listed = list(&gateway).await.to_string();
    assert!(!listed.contains("name-value") && !listed.contains("s3cr3t"), "{listed}");
    let missing = overridden(json!({"TOKEN": "${env:NOT_THERE}"}));
    let (code, _, err) = Gateway::prepare(&missing.text()).run(&["config", "check"]).await;
    assert_eq!(code, 78);
    assert!(
        err.contains("local_server_overrides.lab.config.env.TOKEN: the reference `${env:NOT_THERE}`"),
        "{err}"
    );
}

#[tokio::test]
async fn keys_that_the_service_knows_are_not_missed() {
    let service = Http::start(answer(&json!([])));
    let (code, out, _) = Gateway::prepare(&asking(&service).text()).run(&["config", "check"]).await;
    assert!(code == 0 && out.contains("none here: the service knows them"), "{out}");
}
