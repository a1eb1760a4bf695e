//! Every way in which the service gives no verdict, on every side: nothing passes, unless the policy says so.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{Bench, echo, policy};
use crate::support::guard::{API_KEY, Guard};
use crate::support::http::{Answer, Http};
use crate::support::{Config, DISCOVER, Gateway, METRICS, eventually, whole_log};

/// A word that is nowhere but in what is judged.
const MARK: &str = "quokka";

/// The word that causes a fault, and what is said of it.
const FAULTS: [(&str, &str); 14] = [
    ("REFUSED", "cannot be reached"),
    ("DROPCONN", "closed the connection without an answer"),
    ("DROPBODY", "broke off in the midst of its answer"),
    ("HTTP401", "refused the API key (status 401)"),
    ("HTTP404", "knows no such policy or address (status 404)"),
    ("HTTP429", "is asked too often (status 429)"),
    ("HTTP500JSON", "answered with status 500"),
    ("HTTP500ERROR", "answered with status 500"),
    ("HTTPHTML", "gave an answer that is not JSON"),
    ("EMPTY", "gave an empty answer"),
    ("NOSUMMARY", "gave an answer without a `summary`"),
    ("NOVERDICT", "gave `null` as the verdict of a detector that is to block"),
    ("SLOW", "timed out after 0.4 s"),
    ("HUGE", "gave an answer of more than "),
];

/// The fault of `word` before two servers: `lab` as policies are by default, `open` with `fail_open`.
fn config(bench: &Bench, word: &str, server: impl Fn(Config, bool) -> Config) -> Config {
    let mut config = server(bench.config().common("enkrypt_log_level", json!("TRACE")), false);
    let lab = config.value()["mcp_configs"]["config-1"]["mcp_config"][0]["config"].clone();
    config = server(config.server(json!({"server_name": "open", "config": lab})), true);
    if word == "REFUSED" {
        let nobody = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address");
        let nobody = json!(format!("http://{nobody}"));
        config = config.edit(|config| config["plugins"]["guardrails"]["config"]["base_url"] = nobody);
    }
    if word == "SLOW" { config.timeout("guardrail_timeout", 0.4) } else { config }
}

fn guarded(key: &'static str, more: &Value) -> impl Fn(Config, bool) -> Config + use<> {
    let more = more.clone();
    move |config, open| {
        let mut policy = policy("Policy", &more);
        policy["fail_open"] = json!(open);
        config.with(key, policy)
    }
}

/// What every fault has in common, whichever side it is on.
async fn closed(gateway: &Gateway, status: &str, said: &str) {
    let reply = gateway.batch("lab", json!([echo(&said_in(gateway))])).await;
    let result = &reply.results()[0];
    assert_eq!(result["status"], status, "{result}");
    assert_eq!(result["error_code"], "GUARDRAIL_UNAVAILABLE", "{result}");
    assert_eq!(result["response"], "");
    assert!(result["message"].as_str().expect("a message").contains(said), "{said}: {result}");
    // The echo of the arguments is the caller's own text.
    let mut told = reply.json.clone();
    told["results"][0]["enkrypt_mcp_data"].take();
    assert!(!told.to_string().contains(MARK) && !told.to_string().contains(API_KEY), "{told}");
}

fn said_in(gateway: &Gateway) -> String {
    std::fs::read_to_string(gateway.path("word")).expect("the word of the test")
}

async fn started(config: &Config, word: &str) -> Gateway {
    let gateway = Gateway::start(config).await;
    std::fs::write(gateway.path("word"), format!("{word} {MARK}")).expect("written");
    gateway
}

/// Passes, and everybody can know it.
async fn open(gateway: &Gateway, verdict: &str, said: &str) {
    let text = said_in(gateway);
    let reply = gateway.batch("open", json!([echo(&text)])).await;
    let result = &reply.results()[0];
    assert_eq!((&result["status"], &result["response"]), (&json!("success"), &json!(text)), "{result}");
    let verdict = &result[verdict];
    assert_eq!((&verdict["is_safe"], &verdict["failed_open"]), (&json!(true), &json!(true)), "{result}");
    assert!(verdict["reason"].as_str().expect("a reason").contains(said), "{result}");
    unquoted(gateway, said).await;
}

/// The log says why, once for the block and once for what passed, and nothing of the text.
async fn unquoted(gateway: &Gateway, said: &str) {
    let log = whole_log(gateway).await;
    assert!(!log.contains(MARK) && !log.contains(API_KEY), "{log}");
    assert!(log.contains("gave no verdict") && log.contains(said), "{log}");
    assert!(log.contains("let pass unchecked"), "{log}");
    let metrics = gateway.call(METRICS, json!({})).await.json;
    // A session that is opened in advance is judged as well, at any moment.
    let times = |log: &str| log.matches("let pass unchecked").count();
    let counted = metrics["guardrail_metrics"]["failed_open"].as_u64().expect("a number");
    let counted = usize::try_from(counted).expect("a small number");
    assert!(times(&log) <= counted, "{metrics}");
    eventually("each time is in the log", || times(&gateway.log()) >= counted);
}

#[tokio::test]
async fn inputs() {
    for (word, said) in FAULTS {
        let bench = Bench::new();
        let config = config(&bench, word, guarded("input_guardrails_policy", &json!({})));
        let gateway = started(&config, word).await;
        closed(&gateway, "blocked_input", said).await;
        assert!(bench.calls().is_empty(), "{word}: the call reached the server");
        open(&gateway, "input_guardrail_response", said).await;
        assert_eq!(bench.calls().len(), 1, "{word}");
    }
}

#[tokio::test]
async fn outputs() {
    for (word, said) in FAULTS {
        let bench = Bench::new();
        let config = config(&bench, word, guarded("output_guardrails_policy", &json!({})));
        let gateway = started(&config, word).await;
        closed(&gateway, "blocked_output", said).await;
        open(&gateway, "output_guardrail_response", said).await;
    }
}

#[tokio::test]
async fn private_data() {
    let redacts = json!({"additional_config": {"pii_redaction": true}});
    let more = [
        ("PIIBREAK", "gave back arguments that are no longer JSON"),
        ("PIINUMBER", "gave back other arguments than it was given"),
    ];
    for (word, said) in FAULTS.into_iter().chain(more) {
        let said = if word.starts_with("NO") { "gave an answer without a `text`" } else { said };
        let bench = Bench::new();
        let config = config(&bench, word, guarded("input_guardrails_policy", &redacts));
        let gateway = started(&config, word).await;
        let text = said_in(&gateway);
        let call = json!([{"name": "echo", "args": {"message": text, "number": 7}}]);
        let reply = gateway.batch("lab", call.clone()).await;
        let result = &reply.results()[0];
        assert_eq!(
            (&result["status"], &result["error_code"]),
            (&json!("blocked_input"), &json!("GUARDRAIL_UNAVAILABLE")),
            "{word}: {result}"
        );
        assert!(result["message"].as_str().expect("a message").contains(said), "{word}: {result}");
        assert!(bench.calls().is_empty(), "{word}: the call reached the server");
        let reply = gateway.batch("open", call).await;
        assert_eq!(reply.response(), text, "{word}: {}", reply.json);
        unquoted(&gateway, said).await;
    }
}

#[tokio::test]
async fn servers() {
    for (word, said) in FAULTS.into_iter().chain([("COUNT", "answered for another number of texts")]) {
        let said = if word.starts_with("NO") { "answered for another number of texts" } else { said };
        let bench = Bench::new();
        let registered = guarded("server_tools_guardrails_config", &json!({}));
        let config = config(&bench, word, |config, open| {
            registered(config.with("description", json!(format!("{word} {MARK}"))), open)
        });
        let gateway = started(&config, word).await;
        let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
        assert_eq!(answer["error_code"], "GUARDRAIL_UNAVAILABLE", "{word}: {answer}");
        assert!(answer["hint"].as_str().expect("a hint").contains("`fail_open`"), "{word}: {answer}");
        assert!(answer.to_string().contains(said), "{word}: {answer}");
        let reply = gateway.batch("lab", json!([echo("x")])).await.json;
        assert_eq!(reply["error_code"], "GUARDRAIL_UNAVAILABLE", "{word}: {reply}");
        assert!(!bench.log().exists(), "{word}: the server was started");
        assert_eq!(gateway.batch("open", json!([echo("x")])).await.response(), "x", "{word}");
        unquoted(&gateway, said).await;
    }
}

#[tokio::test]
async fn tools() {
    for (word, said) in FAULTS.into_iter().chain([("COUNT", "answered for another number of texts")]) {
        let said = if word.starts_with("NO") { "answered for another number of texts" } else { said };
        let bench = Bench::new();
        let registered = guarded("server_tools_guardrails_config", &json!({}));
        let config = config(&bench, word, |config, open| {
            let echo = json!({"description": format!("{word} {MARK}"), "inputSchema": {"type": "object"}});
            registered(config.with("tools", json!({"echo": echo})), open)
        });
        let gateway = started(&config, word).await;
        let answer = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
        // Nobody answers about the server either then.
        if word != "REFUSED" {
            assert_eq!(answer["blocked_tools"][0]["name"], "echo", "{word}: {answer}");
            assert!(answer["blocked_tools"].to_string().contains(said), "{word}: {answer}");
        }
        assert!(!answer["tools"].to_string().contains("echo"), "{word}: {answer}");
        let reply = gateway.batch("lab", json!([echo("x")])).await;
        assert!(reply.is_error && bench.calls().is_empty(), "{word}: {}", reply.json);
        assert_eq!(gateway.batch("open", json!([echo("x")])).await.response(), "x", "{word}");
        unquoted(&gateway, said).await;
    }
}

#[tokio::test]
async fn one_of_four_checks_of_an_answer_is_enough_to_close() {
    let bench = Bench::new();
    let checks = json!({"relevancy": true, "adherence": true, "hallucination": true});
    let gateway = Gateway::start(&bench.output(&json!({"additional_config": checks}))).await;
    let reply = gateway.batch("lab", json!([echo("NOPOINTS")])).await;
    assert_eq!(reply.statuses(), ["blocked_output"]);
    assert_eq!(reply.results()[0]["error_code"], "GUARDRAIL_UNAVAILABLE");
    // What is found all the same is a violation, whatever else fails and whatever a fault is worth.
    let open = json!({"additional_config": checks, "fail_open": true});
    let gateway = Gateway::start(&bench.output(&open)).await;
    let reply = gateway.batch("lab", json!([echo("NOPOINTS BAD_INJ")])).await;
    assert_eq!(reply.results()[0]["error_code"], "GUARDRAIL_VIOLATION", "{}", reply.json);
}

#[tokio::test]
async fn nothing_is_sent_where_a_redirect_points() {
    let (elsewhere, bench) = (Guard::start(), Bench::new());
    let service = Http::start(Answer::redirect(&format!("{}/guardrails/guardrail/detect", elsewhere.url())));
    let config = bench.input(&json!({})).edit(|config| {
        config["plugins"]["guardrails"]["config"]["base_url"] = json!(service.url());
    });
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([echo("hello")])).await;
    assert!(reply.results()[0]["message"].to_string().contains("redirects elsewhere"), "{}", reply.json);
    assert_eq!((elsewhere.count(), bench.calls().len()), (0, 0));
}

#[tokio::test]
async fn what_cannot_be_restored_stays_hidden() {
    let bench = Bench::new();
    let redacts = json!({"additional_config": {"pii_redaction": true}});
    let gateway = Gateway::start(&bench.input(&redacts)).await;
    bench.guard.lose_keys();
    let reply = gateway.batch("lab", json!([echo("mail ann@example.com")])).await;
    assert!(reply.response().starts_with("mail <EMAIL_ADDRESS_0_"), "{}", reply.json);
    assert!(whole_log(&gateway).await.contains("stays hidden"));
}
