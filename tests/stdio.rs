//! What stands on the wire between a client and the gateway, line by line.

use std::fs::File;
use std::io::{BufRead as _, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::processes::watch::{Record, until};
use crate::support::{Config, Gateway, LIST, METRICS, Raw};

fn gateway() -> Gateway {
    Gateway::prepare(&Config::new().lab(&[]).text())
}

fn request(id: u64, method: &str, params: Value) -> Value {
    let mut request = json!({"jsonrpc": "2.0", "id": id, "method": method});
    if !params.is_null() {
        request["params"] = params;
    }
    request
}

fn initialize(version: &str) -> Value {
    let client = json!({"name": "t", "version": "1"});
    request(0, "initialize", json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client}))
}

/// All that the gateway says to this input, as `printf … | secure-mcp-gateway` would show it.
async fn answers_to(input: &[u8]) -> Vec<Value> {
    let gateway = gateway();
    let mut child = gateway.command().spawn().expect("it starts");
    child.stdin.take().expect("stdin").write_all(input).await.expect("written");
    let mut out = String::new();
    child.stdout.take().expect("stdout").read_to_string(&mut out).await.expect("text");
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The session goes on.
async fn still_answers(raw: &mut Raw) {
    raw.send(&request(99, "ping", Value::Null)).await;
    let answer = raw.receive().await;
    assert_eq!((&answer["id"], &answer["result"]), (&json!(99), &json!({})), "{answer}");
}

#[tokio::test]
async fn a_line_that_is_not_json_is_answered_and_the_session_goes_on() {
    let mut raw = Raw::initialized(gateway()).await;
    // A request that can be told by its id is answered by it: its sender waits.
    let cut = r#"{"jsonrpc":"2.0","id":5,"method":"#;
    for (line, id) in [
        ("{", Value::Null),
        ("hello", Value::Null),
        (cut, json!(5)),
        ("\u{1b}[31m", Value::Null),
        ("[1,", Value::Null),
        ("\"open", Value::Null),
    ] {
        raw.send_line(line).await;
        let answer = raw.receive().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32_700)), "{line}: {answer}");
    }
    // Blank lines and answers to nothing are no requests.
    for line in [
        "",
        "\r",
        r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
        r#"{"level":"info"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/x"}"#,
    ] {
        raw.send_line(line).await;
    }
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_no_json_either() {
    let mut input = initialize("2025-11-25").to_string().into_bytes();
    input.extend_from_slice(b"\n\xff\xfe{\n");
    // The last line need not end.
    input.extend_from_slice(request(99, "ping", Value::Null).to_string().as_bytes());
    let answers = answers_to(&input).await;
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(0), &Value::Null, &json!(99)], "{answers:?}");
    assert_eq!(answers[1]["error"]["code"], -32_700);
}

#[tokio::test]
async fn a_batch_of_json_rpc_is_refused() {
    let mut raw = Raw::initialized(gateway()).await;
    raw.send(&json!([request(1, "ping", Value::Null), request(2, "ping", Value::Null)])).await;
    let answer = raw.receive().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(-32_600)), "{answer}");
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_under_its_id_if_it_has_one() {
    let mut raw = Raw::initialized(gateway()).await;
    for (line, id) in [
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, json!(1)),
        (r#"{"id":"two","method":"ping"}"#, json!("two")),
        (r#"{"jsonrpc":"2.0","id":3.5,"method":"ping"}"#, json!(3.5)),
        (r#"{"jsonrpc":"2.0","id":{"deep":4},"method":"ping"}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","id":5,"method":["ping"]}"#, json!(5)),
    ] {
        raw.send_line(line).await;
        let answer = raw.receive().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32_600)), "{line}: {answer}");
    }
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn a_request_that_is_too_long_is_answered_under_its_id() {
    let config = Config::new().common("max_argument_bytes", json!(1_000)).lab(&[]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    let filler = "x".repeat(3 << 20);
    for line in [
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{filler}"}}}}"#),
        // As the TypeScript SDK writes them.
        format!(r#"{{"method":"tools/call","params":{{"name":"{filler}"}},"jsonrpc":"2.0","id":7}}"#),
        format!(
            r#"{{"jsonrpc": "2.0", "method": "tools/call", "id": 7, "params": {{"id": 1, "name": "{filler}"}}}}"#
        ),
    ] {
        raw.send_line(&line).await;
        let answer = raw.receive().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32_600)), "{answer}");
        assert!(
            answer["error"]["message"].as_str().expect("text").contains("`max_argument_bytes`"),
            "{answer}"
        );
        still_answers(&mut raw).await;
    }
}

#[tokio::test]
async fn arguments_as_text_are_read_and_as_a_list_are_not() {
    let mut raw = Raw::initialized(gateway()).await;
    raw.send(&request(1, "tools/call", json!({"name": LIST, "arguments": "{\"discover_tools\": false}"})))
        .await;
    let answer = raw.receive().await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    for arguments in [json!([]), json!([{"discover_tools": false}]), json!("not an object"), json!(7)] {
        raw.send(&request(2, "tools/call", json!({"name": LIST, "arguments": arguments}))).await;
        let answer = raw.receive().await;
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(2), &json!(-32_602)),
            "{arguments}: {answer}"
        );
    }
    for params in [json!({}), json!({"name": 7}), json!({"name": "no_such_tool"}), Value::Null] {
        raw.send(&request(3, "tools/call", params.clone())).await;
        assert_eq!(raw.receive().await["error"]["code"], -32_602, "{params}");
    }
    for empty in [
        json!({"name": METRICS}),
        json!({"name": METRICS, "arguments": null}),
        json!({"name": METRICS, "arguments": {}}),
    ] {
        raw.send(&request(4, "tools/call", empty)).await;
        assert_eq!(raw.receive().await["result"]["isError"], false);
    }
}

#[tokio::test]
async fn an_unknown_method_is_said_to_be_unknown() {
    let mut raw = Raw::initialized(gateway()).await;
    for method in ["no/such/method", "tools/forget", "x"] {
        raw.send(&request(1, method, json!({}))).await;
        let answer = raw.receive().await;
        assert_eq!(answer["error"]["code"], -32_601, "{method}: {answer}");
    }
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn ids_come_back_as_they_were_sent() {
    let mut raw = Raw::initialized(gateway()).await;
    for id in [json!("a string"), json!("7"), json!(0), json!(-1), json!(9_007_199_254_740_993_i64)] {
        raw.send(&json!({"jsonrpc": "2.0", "id": id, "method": "ping"})).await;
        assert_eq!(raw.receive().await["id"], id);
    }
}

#[tokio::test]
async fn each_version_with_a_handshake_is_spoken() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut raw = Raw::start(gateway());
        raw.send(&initialize(version)).await;
        let answer = raw.receive().await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        assert_eq!(answer["result"]["serverInfo"]["name"], "Enkrypt Secure MCP Gateway");
        raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        raw.send(&request(1, "tools/list", Value::Null)).await;
        assert_eq!(raw.receive().await["result"]["tools"].as_array().map(Vec::len), Some(7));
    }
    for version in ["1999-01-01", "2026-07-28", "nonsense"] {
        let mut raw = Raw::start(gateway());
        raw.send(&initialize(version)).await;
        assert_eq!(raw.receive().await["result"]["protocolVersion"], "2025-11-25", "{version}");
    }
}

/// The `_meta` that a request of the revision without a handshake carries.
fn modern() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    })
}

#[tokio::test]
async fn a_client_of_the_revision_without_a_handshake_is_served() {
    let mut raw = Raw::start(gateway());
    raw.send(&request(1, "server/discover", json!({"_meta": modern()}))).await;
    let answer = raw.receive().await;
    let versions = answer["result"]["supportedVersions"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert!(versions.contains(&json!("2026-07-28")), "{answer}");
    raw.send(&request(2, "tools/list", json!({"_meta": modern()}))).await;
    let answer = raw.receive().await;
    assert_eq!(answer["result"]["tools"].as_array().map(Vec::len), Some(7), "{answer}");
    let calls = json!([{"name": "echo", "args": {"message": "modern"}}]);
    let arguments = json!({"server_name": "lab", "tool_calls": calls});
    raw.send(&request(
        3,
        "tools/call",
        json!({"_meta": modern(), "name": crate::support::SECURE_CALL, "arguments": arguments}),
    ))
    .await;
    let answer = raw.receive().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(3), &json!(false)), "{answer}");
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    assert!(answer["result"]["content"][0]["text"].as_str().expect("text").contains("modern"), "{answer}");
}

#[tokio::test]
async fn a_client_may_look_first_and_shake_hands_then() {
    let mut raw = Raw::start(gateway());
    raw.send(&request(1, "server/discover", json!({"_meta": modern()}))).await;
    assert_eq!(raw.receive().await["id"], 1);
    raw.send(&initialize("2025-11-25")).await;
    assert_eq!(raw.receive().await["result"]["protocolVersion"], "2025-11-25");
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn a_client_that_asks_too_early_is_told_and_may_start_over() {
    let mut raw = Raw::start(gateway());
    raw.send(&request(1, "tools/list", Value::Null)).await;
    let answer = raw.receive().await;
    assert!(answer["id"] == 1 && answer["error"].is_object(), "{answer}");
    still_answers(&mut raw).await;
    raw.send(&initialize("2025-11-25")).await;
    assert!(raw.receive().await["result"].is_object());
}

#[tokio::test]
async fn initialize_waits_for_no_server() {
    let record = Record::new();
    let config = Config::new()
        .hostile("silent")
        .env(json!({"HOSTILE_PIDFILE": record.as_str()}))
        .lab(&["--start-delay", "60000"]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    // And no request waits for another.
    raw.send(&request(1, "tools/call", json!({"name": LIST, "arguments": {}}))).await;
    until("the servers are being asked", || record.alive() == 1).await;
    raw.send(&request(2, "tools/list", Value::Null)).await;
    assert_eq!(raw.receive().await["id"], 2);
    still_answers(&mut raw).await;
}

#[tokio::test]
async fn a_client_that_closes_its_side_after_a_request_still_gets_the_answer() {
    let mut raw = Raw::start(gateway());
    raw.send(&initialize("2025-11-25")).await;
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    raw.send_batch(1, "lab", json!([{"name": "echo", "args": {"message": "in time"}}])).await;
    raw.close();
    assert_eq!(raw.receive().await["id"], 0);
    let answer = raw.receive().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(1), &json!(false)), "{answer}");
    let (status, _) = raw.ended().await;
    assert!(status.success());
}

/// Node starts its children on socket pairs.
#[tokio::test]
async fn a_pair_of_sockets_will_do() {
    let gateway = gateway();
    let (input, its_input) = UnixStream::pair().expect("a pair");
    let (output, its_output) = UnixStream::pair().expect("a pair");
    output.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut command = gateway.command();
    command.stdin(Stdio::from(OwnedFd::from(its_input)));
    command.stdout(Stdio::from(OwnedFd::from(its_output)));
    let mut child = command.spawn().expect("it starts");
    drop(command);
    let talk = std::thread::spawn(move || {
        let mut lines = std::io::BufReader::new(output).lines();
        let mut ask = |message: &Value| {
            writeln!(&input, "{message}").expect("written");
            serde_json::from_str::<Value>(&lines.next().expect("a line").expect("text")).expect("JSON")
        };
        assert_eq!(ask(&initialize("2025-11-25"))["id"], 0);
        let calls = json!([{"name": "big", "args": {"bytes": 1 << 20}}]);
        let arguments = json!({"server_name": "lab", "tool_calls": calls});
        let answer = ask(&request(
            1,
            "tools/call",
            json!({"name": crate::support::SECURE_CALL, "arguments": arguments}),
        ));
        assert_eq!(answer["result"]["isError"], false);
        assert!(answer.to_string().len() > 1 << 20);
        drop(input);
        assert!(lines.next().is_none(), "it closes its side");
    });
    tokio::task::spawn_blocking(|| talk.join().expect("the talk")).await.expect("joined");
    let status =
        tokio::time::timeout(Duration::from_secs(3), child.wait()).await.expect("in time").expect("a status");
    assert!(status.success());
}

/// Each stream is what it is: some clients give a socket for the one and a pipe for the other.
#[tokio::test]
async fn a_socket_and_a_pipe_will_do() {
    for socket_in in [false, true] {
        let gateway = gateway();
        let mut command = gateway.command();
        let (socket, its_socket) = UnixStream::pair().expect("a pair");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        // Another program that has the socket too, as a shell may.
        let shared = its_socket.try_clone().expect("cloned");
        let its_socket = Stdio::from(OwnedFd::from(its_socket));
        let (from_pipe, to_pipe) = std::io::pipe().expect("a pipe");
        let (input, output) = if socket_in {
            command.stdin(its_socket).stdout(to_pipe);
            (OwnedFd::from(socket), OwnedFd::from(from_pipe))
        } else {
            command.stdin(from_pipe).stdout(its_socket);
            (OwnedFd::from(to_pipe), OwnedFd::from(socket))
        };
        let mut child = command.spawn().expect("it starts");
        drop(command);
        let talk =
            tokio::task::spawn_blocking(|| large_answers(File::from(input), File::from(output), shared));
        tokio::time::timeout(Duration::from_secs(20), talk).await.expect("in time").expect("the talk");
        let status = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
        assert!(status.expect("it ends").expect("a status").success(), "{socket_in}");
    }
}

/// Two large answers, read more slowly than they are written, and a small one after them.
fn large_answers(mut input: File, output: File, shared: UnixStream) {
    let mut lines = std::io::BufReader::with_capacity(16 << 10, Slow(output)).lines();
    let calls = json!([{"name": "big", "args": {"bytes": 3_000_000}}]);
    let arguments = json!({"server_name": "lab", "tool_calls": calls});
    let call = json!({"name": crate::support::SECURE_CALL, "arguments": arguments});
    for message in [
        initialize("2025-11-25"),
        request(1, "tools/call", call.clone()),
        request(2, "tools/call", call),
        request(3, "ping", Value::Null),
    ] {
        writeln!(input, "{message}").expect("written");
        if message["id"] == 2 {
            continue;
        }
        // The ping is sent while the answer before it is on its way.
        let awaited = if message["id"] == 3 { 2 } else { 1 };
        for _ in 0..awaited {
            let line = lines.next().expect("a line").expect("text");
            let answer: Value = serde_json::from_str(&line).expect("JSON");
            assert!(answer["result"].is_object(), "{answer}");
            let large = answer["id"] == 1 || answer["id"] == 2;
            assert_eq!(line.len() > 3_000_000, large, "{}", answer["id"]);
        }
    }
    #[cfg(target_os = "linux")]
    {
        let flags = rustix::fs::fcntl_getfl(&shared).expect("flags");
        assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK), "it blocks for whoever shares it");
    }
    drop((input, shared));
    assert!(lines.next().is_none(), "it closes its side");
}

/// Leaves time for the buffer in between to fill.
struct Slow(File);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(1));
        self.0.read(buffer)
    }
}

/// It may keep the gateway's input open.
#[tokio::test]
async fn a_client_that_no_longer_listens_has_left() {
    for pair in [false, true] {
        let gateway = gateway();
        let mut command = gateway.command();
        let (output, its_output) = UnixStream::pair().expect("a pair");
        let (input, its_input) = UnixStream::pair().expect("a pair");
        if pair {
            command.stdin(Stdio::from(OwnedFd::from(its_input)));
            command.stdout(Stdio::from(OwnedFd::from(its_output)));
        }
        let mut child = command.spawn().expect("it starts");
        drop(command);
        if pair {
            writeln!(&input, "{}", initialize("2025-11-25")).expect("written");
            let line = std::io::BufReader::new(&output).lines().next().expect("a line").expect("text");
            assert!(line.contains("serverInfo"), "{line}");
        } else {
            let stdin = child.stdin.as_mut().expect("stdin");
            stdin.write_all(format!("{}\n", initialize("2025-11-25")).as_bytes()).await.expect("written");
            let mut stdout = BufReader::new(child.stdout.take().expect("stdout")).lines();
            assert!(stdout.next_line().await.expect("a line").expect("text").contains("serverInfo"));
        }
        drop(output);
        let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
        assert!(ended.expect("it ends").expect("a status").success(), "{pair}");
        drop(input);
    }
}

#[tokio::test]
async fn a_cursor_that_nobody_gave_is_refused() {
    let config = Config::new().lab(&[]).common("tool_exposure", json!("both"));
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        for (cursor, refused) in
            [(json!("page-2"), true), (json!(7), true), (json!(""), false), (Value::Null, false)]
        {
            let answer = crate::direct::ask(&mut raw, method, json!({"cursor": cursor})).await;
            let code = if refused { json!(-32602) } else { Value::Null };
            assert_eq!(answer["error"]["code"], code, "{method} {cursor}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let gateway = gateway().env("ENKRYPT_LOG_LEVEL", Some("DEBUG"));
    let mut child = gateway.command().stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout")).lines();
    // Some hundred kilobytes of log: a pipe holds 64.
    for id in 0..3_000 {
        let message = if id == 0 {
            initialize("2025-11-25")
        } else {
            request(id, "tools/call", json!({"name": METRICS}))
        };
        stdin.write_all(format!("{message}\n").as_bytes()).await.expect("written");
        let line = tokio::time::timeout(Duration::from_secs(20), stdout.next_line()).await.expect("in time");
        assert!(line.expect("a line").expect("not the end").contains("result"));
    }
    drop(stdin);
    let status =
        tokio::time::timeout(Duration::from_secs(3), child.wait()).await.expect("in time").expect("a status");
    assert!(status.success(), "{status}");
    // A pipe that was filled in pieces is full before it holds all it could.
    let mut log = vec![0; 30_000];
    child.stderr.take().expect("stderr").read_exact(&mut log).await.expect("it did log");
}
