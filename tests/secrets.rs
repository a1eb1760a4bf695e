//! The canary: marked secrets go in everywhere, and must not come out anywhere.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::http::{Answer, Http};
use crate::support::redis::Redis;
use crate::support::{
    CACHE_STATUS, CLEAR_CACHE, Config, DISCOVER, Gateway, INFO, LIST, METRICS, SECURE_CALL, eventually,
    server_binary, whole_log,
};

/// In each of these stands a part that occurs nowhere else.
const GATEWAY_KEY: &str = "canarygateway-0b1c2d3e4f5a6b7c";
const ENV_PLAIN: &str = "canary plain value";
const ENV_REFERENCE: &str = "canaryreference-11aa22bb33cc";
const ARGUMENT_REFERENCE: &str = "canaryargument";
const TOKEN: &str = "sk-canarytoken1234567890abcdef";
const HEADER: &str = "Bearer canaryheader-998877";
const URL: &str = "http://127.0.0.1:1/mcp?key=canaryquery#canaryfragment";
const URL_WITH_USER: &str = "https://canaryuser:canarypass@example.com/mcp?key=canaryquery#canaryfragment";
const REDIS: &str = "canaryredis-password";
const API_KEY: &str = "canaryapikey-5566778899";

/// What is searched for.
const MARKERS: [&str; 12] = [
    "canarygateway",
    "canary plain",
    "canaryreference",
    "canaryargument",
    "canarytoken",
    "canaryheader",
    "canaryuser",
    "canarypass",
    "canaryquery",
    "canaryfragment",
    "canaryredis",
    "canaryapikey",
];

/// Everything that the gateway let out.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    fn add(&mut self, place: &str, text: impl Into<String>) {
        self.0.push((place.to_owned(), text.into()));
    }

    async fn ask(&mut self, gateway: &Gateway, tool: &str, arguments: Value) -> Value {
        let reply = gateway.call(tool, arguments).await;
        self.add(tool, reply.json.to_string());
        reply.blocks.iter().for_each(|block| self.add(tool, block.to_string()));
        reply.json
    }

    /// The log, and every file but the configuration and its broken edits, which the test wrote.
    fn add_files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                self.add_files(&path);
            } else if !path.ends_with("config.json") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
                self.add(&path.display().to_string(), text);
            }
        }
    }

    #[track_caller]
    fn check(&self, markers: &[&str]) {
        for (place, text) in &self.0 {
            for marker in markers {
                assert!(!text.contains(marker), "`{marker}` got out through {place}:\n{text}");
            }
        }
    }
}

fn with_key(config: &mut Value) {
    let keys = config["apikeys"].as_object_mut().expect("keys");
    let record = keys.remove(crate::support::KEY).expect("the key");
    keys.insert(GATEWAY_KEY.to_owned(), record);
}

fn config(redis: &Redis) -> Config {
    let policy = json!({"enabled": true, "policy_name": "p", "block": ["keyword_detector"]});
    let env = json!({"PLAIN": ENV_PLAIN, "REFERENCE": "${env:CANARY_ENV}", "HEADER": HEADER});
    Config::new()
        .keywords(&["no such word"])
        .common("enkrypt_mcp_use_external_cache", json!(true))
        .common("enkrypt_cache_host", json!("127.0.0.1"))
        .common("enkrypt_cache_port", json!(redis.port))
        .common("enkrypt_cache_password", json!(REDIS))
        .lab(&["--name", "${env:CANARY_ARGUMENT}", "--instructions", TOKEN])
        .env(env.clone())
        .guarded()
        .with("tool_guardrails_policy", policy)
        .server(json!({"server_name": "remote", "config": {"url": URL, "allow_private": true, "headers": {"Authorization": HEADER, "X-Other": ENV_PLAIN}}}))
        // Fails at its start and says why: with its secrets.
        .hostile("exit")
        .env(json!({"HOSTILE_STDERR": format!("{ENV_PLAIN}, {ENV_REFERENCE} and {HEADER}"), "A": ENV_PLAIN, "B": "${env:CANARY_ENV}", "C": HEADER}))
        .server(json!({"server_name": "complains", "config": {
            "command": "sh",
            "args": ["-c", "echo \"cannot log in as $1 with $2 and $PLAIN, see https://u:canarypass@h/?k=canaryquery\" >&2; exit 1", "sh", "${env:CANARY_ARGUMENT}", TOKEN],
            "env": env,
        }}))
        .server(json!({"server_name": "missing", "config": {"command": "/no/such/program", "args": [TOKEN], "env": {"A": ENV_PLAIN}}}))
        .edit(|config| {
            with_key(config);
            config["enkrypt_config"] = json!({"api_key": API_KEY});
            config["admin_apikey"] = json!(API_KEY);
        })
}

async fn start(config: &Config) -> Gateway {
    Gateway::prepare(&config.text())
        .env("ENKRYPT_GATEWAY_KEY", Some(GATEWAY_KEY))
        .env("ENKRYPT_LOG_LEVEL", Some("TRACE"))
        .env("CANARY_ENV", Some(ENV_REFERENCE))
        .env("CANARY_ARGUMENT", Some(ARGUMENT_REFERENCE))
        .connect()
        .await
}

#[tokio::test]
async fn no_secret_gets_out() {
    let mut redis = Redis::with_password(REDIS);
    let config = config(&redis);
    let gateway = start(&config).await;
    let mut seen = Seen::default();
    all_tools(&gateway, &mut seen).await;
    for (key, value) in redis.dump(0) {
        seen.add("redis", format!("{key} {value}"));
    }
    mistakes(&gateway, &config, &mut seen).await;
    // And once more with nobody to answer for the cache.
    redis.stop();
    seen.ask(&gateway, CACHE_STATUS, json!({})).await;
    seen.ask(&gateway, DISCOVER, json!({"server_name": "lab"})).await;
    assert!(whole_log(&gateway).await.contains("working from the local cache"));
    seen.add_files(gateway.folder());
    // The log was searched, and it said all it can say.
    assert!(seen.0.iter().any(|(place, text)| place.ends_with("stderr.log") && text.contains("server says")));
    seen.check(&MARKERS);
}

async fn all_tools(gateway: &Gateway, seen: &mut Seen) {
    let listed = seen.ask(gateway, LIST, json!({})).await;
    assert_eq!(listed["discovery_success_servers"], json!(["lab"]), "{listed}");
    let error = |server: &str| listed["available_servers"][server]["discovery_error"].clone();
    for server in ["hostile", "complains", "missing", "remote"] {
        assert_eq!(error(server)["error_code"], "SERVER_START_FAILED", "{listed}");
    }
    // The words are there, and the secrets are not.
    assert!(error("complains")["details"].to_string().contains("cannot log in as **** with"), "{listed}");
    seen.ask(gateway, LIST, json!({"discover_tools": false})).await;
    for server in ["lab", "remote", "hostile", "complains", "missing", "nobody"] {
        seen.ask(gateway, INFO, json!({"server_name": server})).await;
        seen.ask(gateway, DISCOVER, json!({"server_name": server})).await;
        seen.ask(gateway, SECURE_CALL, json!({"server_name": server, "tool_calls": [{"name": "pid"}]})).await;
    }
    let calls = json!([{"name": "echo", "args": {}}, {"name": "nothing"}, "echo"]);
    seen.ask(gateway, SECURE_CALL, json!({"server_name": "lab", "tool_calls": calls})).await;
    let calls = json!([{"name": "counter"}, {"name": "fail", "args": {"message": "no"}}]);
    seen.ask(gateway, SECURE_CALL, json!({"server_name": "lab", "tool_calls": calls})).await;
    seen.ask(gateway, CACHE_STATUS, json!({})).await;
    seen.ask(gateway, METRICS, json!({})).await;
    seen.ask(gateway, CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
    seen.ask(gateway, CLEAR_CACHE, json!({"cache_type": "bogus"})).await;
    seen.ask(gateway, DISCOVER, json!({})).await;
}

/// Edits with mistakes in the places where secrets stand, and `config check` of the same.
async fn mistakes(gateway: &Gateway, config: &Config, seen: &mut Seen) {
    let edits: [fn(&mut Value); 5] = [
        |config| {
            let server = &mut config["mcp_configs"]["config-1"]["mcp_config"][0]["config"];
            server["args"] = json!(TOKEN);
            server["env"] = json!({"A": [ENV_PLAIN], "B": {"C": HEADER}});
        },
        |config| {
            config["common_mcp_gateway_config"]["enkrypt_cache_password"] = json!([REDIS]);
            config["common_mcp_gateway_config"]["enkrypt_cache_host"] = json!(format!("redis://x:{REDIS}@h"));
            config["enkrypt_config"]["api_key"] = json!({"x": API_KEY});
            config["enkrypt_config"]["base_url"] = json!(URL_WITH_USER);
        },
        |config| config["apikeys"][GATEWAY_KEY] = json!(GATEWAY_KEY),
        |config| {
            config["mcp_configs"]["config-1"]["mcp_config"][1]["config"] =
                json!({"url": [URL], "headers": {"A": [HEADER]}, TOKEN: 1});
        },
        |config| {
            let headers = json!({"Host": HEADER, "A": format!("{ENV_PLAIN}\n"), HEADER: "x"});
            config["mcp_configs"]["config-1"]["mcp_config"][1]["config"] =
                json!({"url": URL_WITH_USER, "headers": headers});
        },
    ];
    for edit in edits {
        let text = config.clone().edit(edit).text();
        let before = gateway.log().matches("is not valid").count();
        gateway.write_config(&text);
        eventually("the mistake is said", || gateway.log().matches("is not valid").count() > before);
        let checked = Gateway::prepare(&text)
            .env("CANARY_ENV", Some(ENV_REFERENCE))
            .env("CANARY_ARGUMENT", Some(ARGUMENT_REFERENCE));
        let (code, out, err) = checked.run(&["config", "check"]).await;
        assert_eq!(code, 78, "{err}");
        seen.add("config check", out + &err);
    }
    gateway.write_config(&config.text().replacen(GATEWAY_KEY, &format!("{GATEWAY_KEY}\\x"), 1));
    eventually("the mistake is said", || gateway.log().contains("is not JSON"));
    gateway.write_config(&config.text());
    eventually("the good one is back", || gateway.log().contains("as it was before the edit"));
    let good = Gateway::prepare(&config.text())
        .env("CANARY_ENV", Some(ENV_REFERENCE))
        .env("CANARY_ARGUMENT", Some(ARGUMENT_REFERENCE));
    let (code, out, err) = good.run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    seen.add("config check", out + &err);
}

/// A vendor's token, made up on the spot: a real one would be taken for a leak wherever this is kept.
fn token(at: usize, parts: &[(&str, &str, usize)]) -> String {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(at as u64 + 1);
    let mut token = String::new();
    for (prefix, letters, length) in parts {
        token.push_str(prefix);
        token.extend((0..*length).map(|_| {
            dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let at = usize::try_from(dice >> 33).expect("a small number") % letters.len();
            char::from(letters.as_bytes()[at])
        }));
    }
    token
}

fn tokens() -> Vec<String> {
    const ANY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const HEX: &str = "0123456789abcdef";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const ALPHA: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const DIGITS: &str = "0123456789";
    let vendors: &[&[(&str, &str, usize)]] = &[
        &[("SG.", ANY, 22), (".", ANY, 43)],
        &[("AIza", ANY, 35)],
        &[("ya29.", ANY, 40)],
        &[("1//0", ANY, 40)],
        &[("ghp_", ANY, 36)],
        &[("glpat-", ANY, 20)],
        &[("xoxb-", DIGITS, 12), ("-", DIGITS, 12), ("-", ANY, 24)],
        &[("hooks.slack.com/services/T", UPPER, 8), ("/B", UPPER, 8), ("/", ANY, 24)],
        &[("sk_live_", ANY, 24)],
        &[("sk-proj-", ANY, 64)],
        &[("sk-ant-api03-", ANY, 60)],
        &[("hf_", ALPHA, 34)],
        &[("AKIA", UPPER, 16)],
        &[("dop_v1_", HEX, 64)],
        &[("dapi", HEX, 32)],
        &[("npm_", ANY, 36)],
        &[("hvs.", ANY, 24)],
        &[("", HEX, 32), ("-us", DIGITS, 2)],
        &[("1000.", HEX, 32), (".", HEX, 32)],
        &[("mlsn.", HEX, 64)],
        &[("NRAK-", UPPER, 27)],
        &[("waka_", HEX, 8), ("-", HEX, 4), ("-", HEX, 4), ("-", HEX, 4), ("-", HEX, 12)],
    ];
    vendors.iter().enumerate().map(|(at, parts)| token(at, parts)).collect()
}

#[tokio::test]
async fn what_is_looked_for_in_texts_is_shown_nowhere() {
    let tokens = tokens();
    let run = format!("exec {}", server_binary("lab_mcp").display());
    let mut args = vec!["-c".to_owned(), run, "sh".to_owned()];
    for token in &tokens {
        args.extend([token.clone(), format!("--value={token}"), format!("run this: {token} and end")]);
        if !token.contains('/') {
            args.extend([format!("https://h.example/v1/{token}/x"), format!("-H X-Thing: {token}")]);
        }
    }
    // Known by the name of a variable, and written once more as an argument.
    let twice = token(99, &[("plover-", "abcdefgh2345", 12)]);
    args.push(format!("--color=x{twice}"));
    let everywhere = json!({"enabled": true, "policy_name": "p", "block": ["keyword_detector"]});
    let config = Config::new()
        .keywords(&["no such word"])
        .server(json!({"server_name": "lab", "config": {"command": "sh", "args": args, "env": {"MY_TOKEN": twice}}}))
        .with("tool_guardrails_policy", everywhere)
        .server(json!({"server_name": "far", "config": {"url": format!("https://h.example/{}/{}", tokens[0], tokens[1])}}));
    let gateway = Gateway::prepare(&config.text()).env("ENKRYPT_LOG_LEVEL", Some("TRACE")).connect().await;
    let mut seen = Seen::default();
    let found = seen.ask(&gateway, DISCOVER, json!({"server_name": "lab"})).await;
    assert_eq!(
        found["status"], "success",
        "the server was given them, so it is not refused for them: {found}"
    );
    let info = seen.ask(&gateway, INFO, json!({"server_name": "lab"})).await;
    assert_eq!(info["server_info"]["blocked"], Value::Null, "{info}");
    for server in ["lab", "far"] {
        seen.ask(&gateway, INFO, json!({"server_name": server})).await;
    }
    seen.ask(&gateway, LIST, json!({"discover_tools": false})).await;
    seen.ask(&gateway, LIST, json!({})).await;
    let (code, out, err) = gateway.run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    seen.add("config check", out + &err);
    whole_log(&gateway).await;
    seen.add_files(gateway.folder());
    let markers: Vec<&str> = tokens.iter().chain([&twice]).map(String::as_str).collect();
    seen.check(&markers);
}

#[tokio::test]
async fn a_key_that_opens_nothing_gets_out_no_more_than_a_good_one() {
    let config = Config::new().echo();
    for key in [GATEWAY_KEY, "canarygateway"] {
        let gateway = Gateway::prepare(&config.text())
            .env("ENKRYPT_GATEWAY_KEY", Some(key))
            .env("ENKRYPT_LOG_LEVEL", Some("TRACE"))
            .connect()
            .await;
        let mut seen = Seen::default();
        assert_eq!(seen.ask(&gateway, LIST, json!({})).await["error_code"], "AUTH_FAILED");
        whole_log(&gateway).await;
        seen.add_files(gateway.folder());
        seen.check(&["canarygateway"]);
    }
}

#[tokio::test]
async fn what_a_service_answers_stays_inside() {
    let server = json!({"server_name": "lab", "config": {
        "command": server_binary("lab_mcp"), "args": ["--instructions", TOKEN], "env": {"PLAIN": ENV_PLAIN, "HEADER": HEADER},
    }});
    let mut broken = server.clone();
    broken["config"]["env"]["PLAIN"] = json!([ENV_PLAIN]);
    broken["config"]["args"] = json!(TOKEN);
    let service = Http::start(Answer::json(&json!({"mcp_config": [server]})));
    let config = Config::new().edit(|config| {
        config["plugins"]["auth"] =
            json!({"provider": "enkrypt", "config": {"gateway_name": "g", "base_url": service.url()}});
        config["enkrypt_config"] = json!({"api_key": API_KEY});
    });
    let gateway = start(&config).await;
    let mut seen = Seen::default();
    assert_eq!(seen.ask(&gateway, LIST, json!({})).await["status"], "success");
    let failures = [
        Answer::json(&json!({"mcp_config": [broken]})),
        Answer::text(200, &format!("{{\"mcp_config\": {GATEWAY_KEY}")),
        Answer::text(500, GATEWAY_KEY),
        Answer::redirect(&format!("{}/{GATEWAY_KEY}", service.url())),
        Answer::status(401),
    ];
    for failure in failures {
        service.answer(failure);
        seen.ask(&gateway, CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
        seen.ask(&gateway, LIST, json!({})).await;
    }
    whole_log(&gateway).await;
    seen.add_files(gateway.folder());
    seen.check(&MARKERS);
}

#[tokio::test]
async fn arguments_and_results_are_in_no_log() {
    for level in ["INFO", "TRACE"] {
        let config = Config::new().keywords(&["forbidden"]).lab(&[]).guarded();
        let gateway = Gateway::prepare(&config.text()).env("ENKRYPT_LOG_LEVEL", Some(level)).connect().await;
        let calls = json!([
            {"name": "echo", "args": {"message": "canary of arguments"}},
            {"name": "fail", "args": {"message": "canary of failures"}},
        ]);
        let reply = gateway.batch("lab", calls).await;
        assert_eq!(reply.statuses(), ["success", "error"]);
        let blocked = json!([{"name": "echo", "args": {"message": "canary and forbidden"}}]);
        assert_eq!(gateway.batch("lab", blocked).await.statuses(), ["blocked_input"]);
        gateway
            .batch("lab", json!([{"name": "canary tool"}, {"name": "add", "args": {"canary": "canary"}}]))
            .await;
        let log = whole_log(&gateway).await;
        assert!(!log.contains("canary"), "{level}: {log}");
    }
}
