//! Servers that are odd but mean well: what a typed model of the protocol drops, reorders, answers or waits for.

use serde_json::{Value, json};

use crate::direct::Script;
use crate::processes::watch::Record;
use crate::support::{Config, Gateway, Raw, SECURE_CALL};

mod definitions;
mod numbers;
mod texts;

fn tool(name: &str) -> Value {
    json!({"name": name, "inputSchema": {"type": "object"}})
}

/// A server `s` with the tool `x` that answers like this.
fn answering(entry: &Value) -> (Script, Config) {
    let mut answer = json!({"method": "tools/call"});
    answer.as_object_mut().expect("an object").extend(entry.as_object().expect("an object").clone());
    let script = Script::tools(&json!([tool("x")]), vec![answer]);
    let config = Config::new().server(script.server("s"));
    (script, config)
}

/// A server `s` of a few lines of shell that answers `tools/call` by running `answer`; its tool is `x`.
fn shell(answer: &str, record: &Record) -> Config {
    let script = format!(
        r#"
        say() {{ printf '%s\n' "$1"; }}
        while read -r line; do printf '%s\n' "$line" >> "$RECORD"; case "$line" in
            *'"initialize"'*) say '{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}' ;;
            *'"tools/call"'*) {answer} ;;
        esac; done"#
    );
    Config::new()
        .server(json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}}))
        .env(json!({"RECORD": record.as_str()}))
        .with("tools", json!({"x": tool("x")}))
        .common("standby_idle_seconds", json!(0))
}

const OK: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"ok"}]}}"#;

async fn raw(config: &Config, capabilities: Value) -> Raw {
    let mut raw = Raw::start(Gateway::prepare(&config.text()));
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": {"name": "t", "version": "1"}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await;
    raw.receive().await;
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    raw
}

async fn call(raw: &mut Raw) {
    let arguments = json!({"server_name": "s", "tool_calls": [{"name": "x"}]});
    let params = json!({"name": SECURE_CALL, "arguments": arguments, "_meta": {"progressToken": "p"}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})).await;
}

/// What is said until the answer, without the gateway's own signs of life.
async fn said_before_the_answer(raw: &mut Raw) -> Vec<Value> {
    let mut said = Vec::new();
    loop {
        let message = raw.receive().await;
        if message["id"] == 1 && message["method"].is_null() {
            return said;
        }
        said.push(message);
    }
}

#[tokio::test]
async fn what_is_said_after_an_answer_is_not_passed_on_and_not_taken_for_the_next_call() {
    let progress = |token: u64| json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "message": format!("of {token}")}});
    let log = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "error", "data": "late"}});
    let (_script, config) = answering(&json!({
        "before": [progress(2), progress(7)], "result": {"content": []}, "after": [progress(1), log],
    }));
    let mut raw = raw(&config.with("session_mode", json!("keep")), json!({})).await;
    call(&mut raw).await;
    assert_eq!(said_before_the_answer(&mut raw).await, Vec::<Value>::new(), "no report has the call's token");
    call(&mut raw).await;
    let said = said_before_the_answer(&mut raw).await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["params"]["message"], "of 2");
    raw.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "ping"})).await;
    assert_eq!(raw.receive().await["id"], 2);
}

#[tokio::test]
async fn a_result_without_anything_in_it_is_none() {
    let task = json!({"task": {"taskId": "t1", "status": "working", "createdAt": "2026-01-01T00:00:00Z", "ttl": 1000}});
    let empty =
        "tool `x` on server `s` broke the protocol: its result has neither `content` nor `structuredContent`";
    let asked = "tool `x` on server `s` broke the protocol: its result is a task that nobody asked for";
    for (result, said) in [
        (json!({}), empty),
        (json!({"structuredContent": null, "isError": false}), empty),
        (json!({"resultType": "complete", "_meta": {"a": 1}}), empty),
        (task, asked),
    ] {
        let (_script, config) = answering(&json!({"result": result}));
        let config = config.common("tool_exposure", json!("both"));
        let reply = Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await;
        let failed = &reply.results()[0];
        assert_eq!(
            (&failed["status"], &failed["error_code"]),
            (&json!("error"), &json!("SERVER_PROTOCOL")),
            "{failed}"
        );
        assert_eq!(failed["message"], said, "{result}");
        let answer = crate::direct::call(&mut crate::direct::start(&config).await, "s__x", json!({})).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(answer.to_string().contains(said), "{answer}");
    }
    for (result, status) in [
        (json!({"content": []}), "success"),
        (json!({"structuredContent": {}}), "success"),
        (json!({"structuredContent": 0}), "success"),
        (json!({"isError": true}), "error"),
    ] {
        let (_script, config) = answering(&json!({"result": result}));
        let reply = Gateway::start(&config).await.batch("s", json!([{"name": "x"}])).await;
        assert_eq!(reply.statuses(), [status], "{result}: {}", reply.json);
        assert_ne!(reply.results()[0]["error_code"], "SERVER_PROTOCOL", "{}", reply.json);
    }
}

#[tokio::test]
async fn reports_and_log_messages_keep_their_order() {
    let mut expected = Vec::new();
    let mut before = Vec::new();
    for n in 1..=60 {
        before.push(json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": n, "message": format!("p{n}")}}));
        before.push(json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": format!("l{n}")}}));
        expected.extend([format!("p{n}"), format!("l{n}")]);
    }
    let (_script, config) = answering(&json!({"before": before, "result": {"content": []}}));
    let mut raw = raw(&config, json!({})).await;
    call(&mut raw).await;
    let word = |message: Value| {
        let params = &message["params"];
        params["message"].as_str().or(params["data"].as_str()).expect("a word").to_owned()
    };
    let said = said_before_the_answer(&mut raw).await.into_iter().map(word);
    assert_eq!(said.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_question_arrives_whole_and_so_does_the_reply() {
    let elicitation = json!({
        "message": "Which?", "x-vendor": {"n": 0.1},
        "requestedSchema": {"type": "object", "properties": {"a": {"type": "string", "x-widget": "slider", "pattern": "^a"}}, "x-order": ["a"]},
    });
    let sampling = json!({
        "messages": [{"role": "user", "content": {"type": "x-odd", "text": "hi"}}], "maxTokens": 5, "temperature": 0.1,
        "modelPreferences": {"speedPriority": 0.7, "hints": [{"name": "m", "x": 1}]}, "x-vendor": [1],
    });
    for (method, params) in [("elicitation/create", elicitation), ("sampling/createMessage", sampling)] {
        let question = json!({"jsonrpc": "2.0", "id": "q-1", "method": method, "params": params});
        let (_script, config) = answering(&json!({"before": [question], "heard": true}));
        let mut raw = raw(&config, json!({"elicitation": {}, "sampling": {}})).await;
        call(&mut raw).await;
        let mut asked = raw.receive().await;
        let own = asked["params"].as_object_mut().expect("params");
        own.remove("_meta");
        if method == "elicitation/create" {
            assert_eq!(own["message"], "[s] Which?");
            own["message"] = "Which?".into();
        }
        assert_eq!(asked["params"], params);
        let reply = json!({"action": "accept", "content": {"a": 0.1}, "model": "m", "x-vendor": {"n": 1}});
        raw.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": reply})).await;
        let answer = raw.receive().await["result"]["content"][0]["text"].take();
        let answer: Value = serde_json::from_str(answer.as_str().expect("text")).expect("JSON");
        let heard = answer["results"][0]["response"].as_str().expect("a response");
        let heard: Value = serde_json::from_str(heard).expect("JSON");
        assert_eq!(heard, json!({"jsonrpc": "2.0", "id": "q-1", "result": reply}));
    }
}

#[tokio::test]
async fn a_question_that_is_too_long_is_refused_and_its_server_goes_on() {
    let params =
        json!({"message": "x".repeat(1 << 20), "requestedSchema": {"type": "object", "properties": {}}});
    let question = json!({"jsonrpc": "2.0", "id": "q-1", "method": "elicitation/create", "params": params});
    let (_script, config) = answering(&json!({"before": [question], "heard": true}));
    let mut raw = raw(&config, json!({"elicitation": {}})).await;
    call(&mut raw).await;
    let answer = raw.receive().await["result"]["content"][0]["text"].take();
    let answer: Value = serde_json::from_str(answer.as_str().expect("text")).expect("JSON");
    let heard = answer["results"][0]["response"].as_str().expect("a response");
    assert!(heard.contains(r#""id":"q-1""#) && heard.contains("more than 1048576 bytes"), "{heard}");
}

#[tokio::test]
async fn one_odd_tool_or_block_spoils_no_other() {
    let mut odd = tool("odd");
    odd["x-vendor"] = json!(["odd", null]);
    let tools = json!([tool("x"), odd, {"name": "bare"}, {"title": "nameless"}, null, "text"]);
    let blocks = json!([
        {"type": "text", "text": "fine"},
        {"type": "image", "data": "AAAA"},
        {"type": "x-hologram", "beam": [1]},
        {"type": "resource_link", "uri": 7},
        {"kind": "untyped"},
    ]);
    let answer = json!({"method": "tools/call", "result": {"content": blocks}});
    let script = Script::tools(&tools, vec![answer]);
    let gateway = Gateway::start(&Config::new().server(script.server("s"))).await;
    let found = gateway.batch("s", json!([])).await;
    let listed = found.json["tools"]["tools"].as_array().expect("a list");
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert_eq!(listed[1], tools[1], "as it was written");
    let config = Config::new().server(script.server("s")).common("tool_exposure", json!("direct"));
    let mut raw = raw(&config, json!({})).await;
    let answer = crate::direct::call(&mut raw, "s__x", json!({})).await;
    assert_eq!(answer["result"], json!({"content": blocks}), "{answer}");
}

#[tokio::test]
async fn a_last_line_that_nothing_ends_is_read() {
    let record = Record::new();
    let gateway = Gateway::start(&shell(&format!("printf '%s' '{OK}'; exit 0"), &record)).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
}

#[tokio::test]
async fn lines_that_are_no_messages_are_passed_over_and_not_answered() {
    let record = Record::new();
    let noise = r#"
        say ''; say 'Listening on stdio'; say '{"level":"info","msg":"request"}';
        say '[1,2]'; say 'null'; printf '\377\376 no text\n'; say '{"jsonrpc":"2.0","method":"notifications/odd"}'"#;
    let gateway = Gateway::start(&shell(&format!("{noise}; say '{OK}'"), &record)).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
    let methods: Vec<Value> = record
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["method"].take())
        .collect();
    assert_eq!(methods, ["initialize", "notifications/initialized", "tools/call"]);
}

#[tokio::test]
async fn a_server_may_ping_before_it_answers_the_handshake() {
    let record = Record::new();
    let config = shell(&format!("say '{OK}'"), &record);
    let pinging = r#"printf '%s\n' '{"jsonrpc":"2.0","id":"p","method":"ping"}'
        read -r hello; read -r pong; case "$pong" in *'"result"'*) ;; *) exit 1 ;; esac
        printf '%s\n' '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}'
        "#;
    let config = config.edit(|config| {
        let script = &mut config["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["args"][1];
        *script = format!("{pinging}{}", script.as_str().expect("a script")).into();
    });
    let gateway = Gateway::start(&config).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
}

#[tokio::test]
async fn a_result_of_more_than_sixteen_mebibytes_passes_where_the_limit_is_raised() {
    let config = Config::new().common("max_result_bytes", json!(24 << 20)).hostile("");
    let mut raw = raw(&config, json!({})).await;
    raw.send_batch(1, "hostile", json!([{"name": "huge", "args": {"mb": 17}}])).await;
    let answer = raw.receive().await;
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text");
    assert!(text.len() > 17 << 20 && text.contains(r#""status":"success""#), "{}", &text[..200]);
}

#[tokio::test]
async fn answers_that_come_together_are_taken_apart() {
    let record = Record::new();
    let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#;
    let gateway = Gateway::start(&shell(&format!("say '[{note},{OK}]'"), &record)).await;
    assert_eq!(gateway.batch("s", json!([{"name": "x"}])).await.response(), "ok");
}
