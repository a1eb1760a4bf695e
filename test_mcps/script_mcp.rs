//! A server that says what a file tells it to: `script_mcp FILE`, and `--log FILE` for what it was asked.
//!
//! The file has `capabilities` and `answers`. A request gets the first answer whose `method` is its own and whose
//! `params` it has, member by member: the `result` or the `error`, or with `echo` its own params as a text. What
//! stands in `before` is sent before, in `after` after the answer. A question `before` it waits for its reply, and
//! `heard` as the answer gives that reply as a text. With `never` there is no answer.

use std::io::{self, BufRead, BufReader, Lines, StdinLock, Write};
use std::{env, fs};

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let log = arguments.iter().position(|argument| argument == "--log").map(|at| &arguments[at + 1]);
    let mut input = BufReader::new(io::stdin().lock()).lines();
    while let Some(line) = input.next() {
        let message: Value = serde_json::from_str(&line?)?;
        if let Some(log) = log {
            let mut log = fs::OpenOptions::new().create(true).append(true).open(log)?;
            // In one piece: several servers may write to it at once.
            let line = format!("{} {}\n", message["method"].as_str().unwrap_or_default(), message["params"]);
            log.write_all(line.as_bytes())?;
        }
        if message.get("id").is_some() && message.get("method").is_some() {
            // Read anew each time, so that a test can change it.
            let script: Value = serde_json::from_str(&fs::read_to_string(&arguments[0])?)?;
            answer(&script, &message, &mut input)?;
        }
    }
    Ok(())
}

type Input<'a> = Lines<BufReader<StdinLock<'a>>>;

fn answer(script: &Value, request: &Value, input: &mut Input<'_>) -> io::Result<()> {
    let mut reply = json!({"jsonrpc": "2.0", "id": request["id"]});
    let found = script["answers"].as_array().into_iter().flatten().find(|answer| fits(answer, request));
    let none = Value::Null;
    let answer = found.unwrap_or(&none);
    let mut heard = String::new();
    for message in answer["before"].as_array().into_iter().flatten() {
        send(message)?;
        if message.get("id").is_some() {
            heard = input.next().transpose()?.unwrap_or_default();
        }
    }
    if request["method"] == "initialize" {
        reply["result"] = json!({
            "protocolVersion": request["params"]["protocolVersion"],
            "capabilities": script["capabilities"],
            "serverInfo": {"name": "script", "version": "1"},
        });
    } else if request["method"] == "ping" {
        reply["result"] = json!({});
    } else if answer["never"] == true {
        return Ok(());
    } else if answer.get("error").is_some() {
        reply["error"] = answer["error"].clone();
    } else if answer["echo"] == true {
        reply["result"] = json!({"content": [{"type": "text", "text": request["params"].to_string()}]});
    } else if answer["heard"] == true {
        reply["result"] = json!({"content": [{"type": "text", "text": heard}]});
    } else if answer.get("result").is_some() {
        reply["result"] = answer["result"].clone();
    } else {
        reply["error"] = json!({"code": -32601, "message": "Method not found"});
    }
    send(&reply)?;
    answer["after"].as_array().into_iter().flatten().try_for_each(send)
}

fn fits(answer: &Value, request: &Value) -> bool {
    let params = answer["params"].as_object();
    answer["method"] == request["method"]
        && params.into_iter().flatten().all(|(name, value)| request["params"][name] == *value)
}

fn send(message: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{message}")?;
    out.flush()
}
