//! The secrets of the gateway's own configuration, in what passes through it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::direct::Script;
use crate::support::guard::{API_KEY, Guard};
use crate::support::{Config, Gateway, INFO, KEY, LIST, Raw, eventually, server_binary, whole_log};

const SECRET: &str = "kX9-plover/27\"Qz";

/// A policy that says nothing of secrets.
fn policy() -> Value {
    json!({"enabled": true, "policy_name": "test", "block": ["keyword_detector"]})
}

/// The server `keeper`, to which the secret belongs, and `other`, which has no business with it.
fn two(secret: &str) -> Config {
    let server = |name: &str, env: Value| json!({"server_name": name, "config": {"command": server_binary("lab_mcp"), "args": [], "env": env}});
    Config::new()
        .keywords(&["never said"])
        .server(server("other", json!({})))
        .with("input_guardrails_policy", policy())
        .server(server(
            "keeper",
            json!({"LAB_TOKEN": secret, "LAB_MODE": "production", "LAB_KEY": "production"}),
        ))
        .with("input_guardrails_policy", policy())
        .with("output_guardrails_policy", policy())
}

fn echo(message: &str) -> Value {
    json!([{"name": "echo", "args": {"message": message}}])
}

fn env(name: &str) -> Value {
    json!([{"name": "env", "args": {"name": name}}])
}

#[tokio::test]
async fn a_server_cannot_print_the_secret_that_it_was_given() {
    let gateway = Gateway::start(&two(SECRET)).await;
    let reply = gateway.batch("keeper", env("LAB_TOKEN")).await;
    assert_eq!(reply.response(), "[SECRET_REDACTED]", "{}", reply.json);
    let verdict = &reply.results()[0]["output_guardrail_response"];
    assert_eq!(
        (&verdict["warnings"][0]["rule"], &verdict["warnings"][0]["action"]),
        (&json!("secret.own"), &json!("redact"))
    );
    for name in ["LAB_MODE", "LAB_KEY"] {
        assert_eq!(gateway.batch("keeper", env(name)).await.response(), "production", "a word is none");
    }
    let log = whole_log(&gateway).await;
    assert!(log.contains("a secret of the configuration") && !log.contains("plover"), "{log}");
}

#[tokio::test]
async fn what_the_policy_says_of_secrets_holds_for_these() {
    let config = two(SECRET)
        .with("output_guardrails_policy", json!({"enabled": true, "policy_name": "t", "block": ["secrets"]}));
    let config = config.provider("local", &json!({}));
    let config = config.edit(|file| {
        file["mcp_configs"]["config-1"]["mcp_config"][0]["input_guardrails_policy"] =
            json!({"enabled": false});
        file["mcp_configs"]["config-1"]["mcp_config"][1]["input_guardrails_policy"] =
            json!({"enabled": false});
    });
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("keeper", env("LAB_TOKEN")).await;
    assert_eq!(reply.statuses(), ["blocked_output"], "{}", reply.json);
    assert!(!reply.json.to_string().contains("plover"));
    // Without a policy nobody looks.
    let reply = gateway.batch("other", echo(SECRET)).await;
    assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    let observing = config.with(
        "output_guardrails_policy",
        json!({"enabled": true, "policy_name": "t", "mode": "observe", "block": ["secrets"]}),
    );
    let reply = Gateway::start(&observing).await.batch("keeper", env("LAB_TOKEN")).await;
    assert_eq!(reply.response(), SECRET, "{}", reply.json);
    assert_eq!(reply.results()[0]["output_guardrail_response"]["warnings"][0]["action"], "observe");
}

#[tokio::test]
async fn a_secret_goes_to_its_own_server_and_to_no_other() {
    let gateway = Gateway::start(&two(SECRET)).await;
    let twice = STANDARD.encode(format!("user:{SECRET}"));
    let web = format!("https://x.example/?t={}", SECRET.replace('/', "%2F").replace('"', "%22"));
    let quoted = json!({"inner": SECRET}).to_string();
    for message in [SECRET, &twice, &web, &quoted, &format!("it is {SECRET}.")] {
        let reply = gateway.batch("other", echo(message)).await;
        assert_eq!(reply.statuses(), ["blocked_input"], "{message}: {}", reply.json);
        assert_eq!(reply.results()[0]["input_guardrail_response"]["violations"][0]["rule"], "secret.own");
        assert!(!reply.json["results"][0]["message"].to_string().contains("plover"));
    }
    let own = gateway.batch("keeper", echo(&format!("log in with {SECRET}"))).await;
    assert_eq!(own.response(), "log in with [SECRET_REDACTED]", "it got it: {}", own.json);
    // The gateway's own key belongs to no server.
    for server in ["other", "keeper"] {
        assert_eq!(gateway.batch(server, echo(KEY)).await.statuses(), ["blocked_input"]);
    }
    assert_eq!(gateway.batch("other", echo("kX9-plover")).await.statuses(), ["success"], "a part is none");
    assert!(!whole_log(&gateway).await.contains("plover"));
}

#[tokio::test]
async fn errors_and_messages_beside_a_call_hold_none() {
    let log =
        json!({"method": "notifications/message", "params": {"level": "error", "data": {"said": SECRET}}});
    let script = Script::tools(
        &json!([{"name": "fail", "inputSchema": {"type": "object"}}]),
        vec![json!({
            "method": "tools/call", "before": [log],
            "error": {"code": -32000, "message": format!("no entry for {SECRET}"), "data": {"t": SECRET}},
        })],
    );
    let config = two(SECRET).server(script.server("s")).with("output_guardrails_policy", policy());
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send(&json!({"jsonrpc": "2.0", "id": 8, "method": "logging/setLevel", "params": {"level": "debug"}}))
        .await;
    assert_eq!(raw.receive().await["id"], 8);
    raw.send_batch(9, "s", json!([{"name": "fail"}])).await;
    let told = raw.receive().await;
    assert_eq!(told["params"]["data"]["said"], "[SECRET_REDACTED]", "{told}");
    let answer = raw.receive().await.to_string();
    assert!(answer.contains("no entry for [SECRET_REDACTED]") && !answer.contains("plover"), "{answer}");
}

#[tokio::test]
async fn a_definition_with_a_secret_of_another_server_is_kept_away() {
    let tool =
        json!({"name": "x", "description": format!("sends {SECRET}"), "inputSchema": {"type": "object"}});
    let script = Script::tools(&json!([tool]), Vec::new());
    let config = two(SECRET).server(script.server("s")).with("tool_guardrails_policy", policy());
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("s", json!([{"name": "x"}])).await;
    assert_eq!(reply.json["results"][0]["error_code"], "TOOL_BLOCKED", "{}", reply.json);
    assert!(!reply.json.to_string().contains("plover"));
}

#[tokio::test]
async fn no_service_is_sent_one() {
    let guard = Guard::start();
    let plugin = json!({"base_url": guard.url(), "api_key": API_KEY});
    let full = |more: Value| json!({"enabled": true, "policy_name": "test", "block": ["injection_attack"], "additional_config": more});
    let config = two(SECRET)
        .provider("enkrypt", &plugin)
        .with("input_guardrails_policy", full(json!({"pii_redaction": true})))
        .with("output_guardrails_policy", full(json!({"relevancy": true})))
        .edit(|file| {
            let other = &mut file["mcp_configs"]["config-1"]["mcp_config"][0];
            other["input_guardrails_policy"] = full(json!({"pii_redaction": true}));
        });
    let gateway = Gateway::start(&config).await;
    for (message, status) in [(SECRET, "blocked_input"), (API_KEY, "blocked_input"), ("fine", "success")] {
        assert_eq!(gateway.batch("other", echo(message)).await.statuses(), [status], "{message}");
    }
    guard.forget();
    let reply = gateway.batch("keeper", env("LAB_TOKEN")).await;
    assert_eq!(reply.response(), "[SECRET_REDACTED]", "{}", reply.json);
    let asked: Vec<String> =
        guard.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert!(asked.iter().any(|body| body.contains("[SECRET_REDACTED]")), "the rest is judged: {asked:?}");
    // What goes to its own server is shown to nobody else, and the rest of it is judged.
    let reply = gateway.batch("keeper", echo(&format!("{SECRET} for the server"))).await;
    assert_eq!(reply.response(), "[SECRET_REDACTED] for the server", "{}", reply.json);
    let asked: Vec<String> =
        guard.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert!(asked.iter().any(|body| body.contains("[SECRET] for the server")), "{asked:?}");
    assert!(!asked.iter().any(|body| body.contains("plover")), "{asked:?}");
    let reply = gateway.batch("keeper", echo(&format!("{SECRET} BAD_INJ"))).await;
    assert_eq!(reply.statuses(), ["blocked_input"], "{}", reply.json);
}

#[tokio::test]
async fn an_edit_changes_what_is_looked_for() {
    let gateway = Gateway::start(&two(SECRET)).await;
    assert_eq!(gateway.batch("other", echo("new-wren-8Yt5w")).await.statuses(), ["success"]);
    gateway.write_config(&two("new-wren-8Yt5w").text());
    eventually("the edit is taken", || gateway.log().contains("the new one is in force"));
    gateway.call(LIST, json!({"discover_tools": false})).await;
    assert_eq!(gateway.batch("other", echo("new-wren-8Yt5w")).await.statuses(), ["blocked_input"]);
    assert_eq!(gateway.batch("other", echo(SECRET)).await.statuses(), ["success"]);
}

#[tokio::test]
async fn a_word_that_opens_the_cache_or_stands_beside_a_secret_is_none() {
    for (password, status) in [("password", "success"), ("kV9x2pQ7-cache", "blocked_input")] {
        let config = two(SECRET)
            .common("enkrypt_mcp_use_external_cache", json!(true))
            .common("enkrypt_cache_host", json!("127.0.0.1:1"))
            .common("enkrypt_cache_password", json!(password))
            .env(json!({"LAB_TOKEN": SECRET, "AWS_SECRETS_MANAGER_REGION": "eu-central-1"}));
        let gateway = Gateway::start(&config).await;
        let reply = gateway.batch("other", echo(&format!("the password is {password}"))).await;
        assert_eq!(reply.statuses(), [status], "{}", reply.json);
        let reply = gateway.batch("keeper", echo("it runs in eu-central-1")).await;
        assert_eq!(reply.response(), "it runs in eu-central-1", "{}", reply.json);
    }
}

#[tokio::test]
async fn a_secret_within_a_connection_string_or_a_command_line_is_one() {
    let [first, second, third, fourth] =
        ["kQ4plover7a", "mW8plover2c", "rT5plover9e", "uB3plover6g"].map(str::to_owned);
    let args = json!([
        format!("Server=tcp:db.example,1433;User ID=sa;Password={first};Encrypt=True"),
        "-u",
        format!("svc:{second}"),
        format!("--access-token {third}"),
    ]);
    let run = format!("exec {}", server_binary("lab_mcp").display());
    let args: Vec<Value> = [json!("-c"), json!(run), json!("sh")]
        .into_iter()
        .chain(args.as_array().expect("a list").clone())
        .collect();
    let env = json!({"STORE": format!("AccountName=lab;AccountKey={fourth}==;EndpointSuffix=core")});
    let config = two(SECRET).edit(|file| {
        let server = &mut file["mcp_configs"]["config-1"]["mcp_config"][1]["config"];
        *server = json!({"command": "sh", "args": args, "env": env});
    });
    let gateway = Gateway::start(&config).await;
    for secret in [&first, &second, &third, &fourth] {
        let reply = gateway.batch("other", echo(&format!("it is {secret}."))).await;
        assert_eq!(reply.statuses(), ["blocked_input"], "{secret}: {}", reply.json);
    }
    let info = gateway.call(INFO, json!({"server_name": "keeper"})).await.json.to_string();
    let (code, out, err) = gateway.run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(
        info.contains("User ID=sa;Password=****;Encrypt=True") && out.contains("svc:****"),
        "{info} {out}"
    );
    assert!(!format!("{info}{out}{}", whole_log(&gateway).await).contains("plover"), "{info} {out}");
}

#[tokio::test]
async fn a_secret_is_found_however_a_result_writes_it() {
    let gateway = Gateway::start(&two(SECRET)).await;
    let percent = SECRET.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
    let encoded = STANDARD.encode(format!("{} {SECRET} {}", "é".repeat(40), "b".repeat(70)));
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("text")).collect();
    for text in [percent.clone(), percent.replace('%', "%25"), lines.join("\n"), lines.join("\r\n  ")] {
        let reply = gateway.batch("keeper", echo(&format!("before {text} after"))).await;
        let response = reply.response();
        assert!(response.starts_with("before ") && response.ends_with(" after"), "{response}");
        assert!(response.contains("[SECRET_REDACTED]"), "{text}: {response}");
        assert_eq!(gateway.batch("other", echo(&text)).await.statuses(), ["blocked_input"], "{text}");
    }
}

#[tokio::test]
async fn a_secret_is_found_however_a_result_conceals_it() {
    let gateway = Gateway::start(&two(SECRET)).await;
    let between = |sign: &str| SECRET.chars().map(String::from).collect::<Vec<_>>().join(sign);
    let hex = |sign: &str| {
        let digits: Vec<String> = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        digits.join(sign)
    };
    let turned: String = SECRET.chars().rev().collect();
    let twice = STANDARD.encode(STANDARD.encode(format!("user:{SECRET}")));
    let lines: Vec<&str> =
        (0..twice.len()).step_by(20).map(|at| &twice[at..twice.len().min(at + 20)]).collect();
    for text in [
        twice.clone(),
        STANDARD.encode(&twice),
        lines.join("\n"),
        hex(" "),
        hex(":"),
        hex("-"),
        hex(","),
        between("\u{200b}"),
        between("\u{1b}[0m"),
        format!("\u{202e}{turned}\u{202c}"),
        json!([SECRET, "%41"]).to_string().replace("plover", "p%6cover"),
    ] {
        let reply = gateway.batch("keeper", echo(&format!("before {text} after"))).await;
        let response = reply.response();
        assert!(response.starts_with("before ") && response.ends_with(" after"), "{text}: {response}");
        assert!(response.contains("[SECRET_REDACTED]"), "{text}: {response}");
        let bare: String = response.chars().filter(char::is_ascii_alphanumeric).collect();
        assert!(!bare.contains("revolp") && !bare.contains("plover"), "{text}: {response}");
        assert_eq!(gateway.batch("other", echo(&text)).await.statuses(), ["blocked_input"], "{text}");
    }
}

/// A text byte by byte.
fn written(text: &str, byte: fn(u8) -> String) -> String {
    text.bytes().map(byte).fold(String::new(), |text, byte| text + &byte)
}

/// The notations that texts are read in.
const NOTATIONS: [fn(&str) -> String; 4] = [
    |text| STANDARD.encode(text),
    |text| written(text, |byte| format!("{byte:02x}")),
    |text| written(text, |byte| format!("%{byte:02X}")),
    |text| written(text, |byte| format!("\\u{byte:04x}")),
];

#[tokio::test]
async fn a_secret_is_found_four_notations_deep() {
    let gateway = Gateway::start(&two(SECRET)).await;
    for first in 0..NOTATIONS.len() {
        // Four times the same, and each within the next.
        for step in [0, 1] {
            let text =
                (0..4).fold(SECRET.to_owned(), |text, depth| NOTATIONS[(first + depth * step) % 4](&text));
            let reply = gateway.batch("other", echo(&text)).await;
            assert_eq!(reply.statuses(), ["blocked_input"], "{text}: {}", reply.json);
            let reply = gateway.batch("keeper", echo(&format!("before {text} after"))).await;
            let response = reply.response();
            // A sign that fills up base64 may be left.
            assert_eq!(response.replace('=', ""), "before [SECRET_REDACTED] after", "{text}");
        }
    }
}

#[tokio::test]
async fn a_password_behind_a_flag_for_logins_is_one_and_a_plain_word_is_none() {
    let run = format!("exec {}", server_binary("lab_mcp").display());
    let args =
        json!(["-c", run, "sh", "-u", "svc:Plover22", "--auth", "mode:basic", "-Dpassword.encoder=bcrypt"]);
    let config = two(SECRET).edit(|file| {
        let server = &mut file["mcp_configs"]["config-1"]["mcp_config"][1]["config"];
        *server = json!({"command": "sh", "args": args});
    });
    let gateway = Gateway::start(&config).await;
    for (said, status) in [("Plover22", "blocked_input"), ("mode:basic with bcrypt", "success")] {
        assert_eq!(gateway.batch("other", echo(said)).await.statuses(), [status], "{said}");
    }
    let info = gateway.call(INFO, json!({"server_name": "keeper"})).await.json.to_string();
    let (code, out, err) = gateway.run(&["config", "check"]).await;
    assert_eq!(code, 0, "{err}");
    for shown in [info, out] {
        assert!(!shown.contains("Plover22") && shown.contains("svc:****"), "{shown}");
        assert!(shown.contains("mode:basic") && shown.contains("-Dpassword.encoder=bcrypt"), "{shown}");
    }
}
