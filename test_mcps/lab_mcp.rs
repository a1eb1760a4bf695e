//! A well-behaved server with something of everything a tool can do, for tests of what the gateway passes on.
//!
//! Flags: `--name NAME`, `--instructions TEXT`, `--page-size N`, `--many N`, `--start-delay MS`,
//! `--list-delay MS`, and `--log FILE`, which gets one line per start, call, cancellation and end of input.
//! `sleep` and `progress` work in threads of their own, so pings and cancellations are heard meanwhile.

// A server under test reports on its surroundings; the gateway's rule on reading the environment is not for it.
#![allow(clippy::disallowed_methods)]

#[path = "lab/catalogue.rs"]
mod catalogue;
#[path = "lab/options.rs"]
mod options;
mod wire;

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use std::{env, io, process, thread};

use serde_json::{Value, json};

use options::Options;
use wire::{Answer, Call, Server, refusal, reply, serve, text, write_line};

struct Lab {
    options: Options,
    count: u64,
    /// What arrives at the receiver, if it is still there, cancels the call.
    running: HashMap<String, Sender<()>>,
}

impl Server for Lab {
    fn introduce(&mut self) -> Value {
        thread::sleep(self.options.start_delay);
        let mut result = json!({
            "capabilities": {"tools": {}},
            "serverInfo": {"name": self.options.name, "title": "Lab", "version": env!("CARGO_PKG_VERSION")},
        });
        if let Some(instructions) = &self.options.instructions {
            result["instructions"] = json!(instructions);
        }
        result
    }

    fn list(&mut self, params: &Value) -> Answer {
        thread::sleep(self.options.list_delay);
        let mut tools = catalogue::tools(self.options.many);
        let start = match params["cursor"].as_str().map(decode_cursor) {
            None => 0,
            Some(Some(start)) if start < tools.len() => start,
            Some(_) => return refusal(-32602, "Invalid cursor"),
        };
        let end = start.saturating_add(self.options.page_size).min(tools.len());
        let more = end < tools.len();
        let mut result = json!({"tools": tools.drain(start..end).collect::<Vec<_>>()});
        if more {
            result["nextCursor"] = json!(encode_cursor(end));
        }
        Answer::Result(result)
    }

    fn call(&mut self, id: &Value, mut call: Call) -> Answer {
        if let Err(error) = self.log_call(&call) {
            return refusal(-32603, &format!("the log cannot be written: {error}"));
        }
        match call.name.as_str() {
            "echo" => text(call.take_text("message")),
            "add" => add(&call),
            "counter" => self.counter(),
            "pid" => text(process::id().to_string()),
            "env" => env_value(&call.take_text("name")),
            "env_names" => env_names(),
            "cwd" => cwd(),
            "sleep" => self.sleep(id, &call),
            "fail" => fail(&[call.take_text("message"), call.take_text("why")].concat()),
            "rpc_error" => rpc_error(),
            "media" => media(),
            "empty" => Answer::Result(json!({"content": []})),
            "big" => big(&call),
            "progress" => self.progress(id, &call),
            "structured_only" => Answer::Result(json!({
                "content": [],
                "structuredContent": {"a": 1, "nested": {"b": [1, 2, 3]}},
            })),
            "unknown_content" => unknown_content(),
            "delete_thing" => text("deleted".to_owned()),
            name if self.is_numbered(name) => text(call.name),
            _ => call.unknown(),
        }
    }

    fn notified(&mut self, method: &str, params: &Value) {
        if method != "notifications/cancelled" {
            return;
        }
        let id = params["requestId"].to_string();
        let cancelled = self.running.remove(&id).is_some_and(|running| running.send(()).is_ok());
        // Written here and not by the call's own thread, which an end of input right after this would outrun.
        if cancelled && self.options.log.line(&format!("cancelled {id}")).is_err() {
            process::exit(1);
        }
    }
}

impl Lab {
    fn log_call(&self, call: &Call) -> io::Result<()> {
        let args = serde_json::to_string(&call.params["arguments"])?;
        self.options.log.line(&format!("call {} {args}", call.name))
    }

    fn is_numbered(&self, name: &str) -> bool {
        let number = name.strip_prefix("tool_").and_then(|digits| digits.parse().ok());
        number.is_some_and(|number| {
            (1..=self.options.many).contains(&number) && name == format!("tool_{number:04}")
        })
    }

    fn counter(&mut self) -> Answer {
        self.count += 1;
        text(self.count.to_string())
    }

    fn sleep(&mut self, id: &Value, call: &Call) -> Answer {
        let ms = whole(call, "ms");
        self.work(id, move |pause| {
            pause.wait(ms)?;
            Some(text(format!("slept {ms} ms")))
        })
    }

    /// `ms`, which the schema does not ask for, is the time between two steps.
    fn progress(&mut self, id: &Value, call: &Call) -> Answer {
        let (steps, ms) = (whole(call, "steps"), whole(call, "ms"));
        let token = call.params["_meta"]["progressToken"].clone();
        self.work(id, move |pause| {
            for step in 1..=steps {
                pause.wait(ms)?;
                if !token.is_null() {
                    notify_progress(&token, step, steps).ok()?;
                }
            }
            Some(text(format!("{steps} steps done")))
        })
    }

    /// Runs `job` in a thread and answers with what it returns; `None` means cancelled, which is not answered.
    fn work(&mut self, id: &Value, job: impl FnOnce(&Pause) -> Option<Answer> + Send + 'static) -> Answer {
        let (cancel, cancelled) = mpsc::channel();
        self.running.insert(id.to_string(), cancel);
        let id = id.clone();
        thread::spawn(move || {
            if let Some(answer) = job(&Pause(cancelled)) {
                // Nobody reads any more: there is nothing left to do.
                reply(&id, answer).unwrap_or_else(|_| process::exit(1));
            }
        });
        Answer::Nothing
    }
}

/// The waiting of a job that can be cancelled.
struct Pause(Receiver<()>);

impl Pause {
    fn wait(&self, ms: u64) -> Option<()> {
        let over = self.0.recv_timeout(Duration::from_millis(ms));
        (over == Err(RecvTimeoutError::Timeout)).then_some(())
    }
}

fn notify_progress(token: &Value, step: u64, steps: u64) -> io::Result<()> {
    let message = format!("step {step}");
    let params = json!({"progressToken": token, "progress": step, "total": steps, "message": message});
    let note = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
    write_line(serde_json::to_vec(&note)?)
}

fn whole(call: &Call, key: &str) -> u64 {
    call.arg(key).as_u64().unwrap_or_default()
}

fn add(call: &Call) -> Answer {
    let term = |key| call.arg(key).as_f64();
    let (Some(a), Some(b)) = (term("a"), term("b")) else {
        return fail("`a` and `b` must be numbers");
    };
    let structured = json!({"sum": a + b});
    let copy = structured.to_string();
    Answer::Result(json!({"content": [{"type": "text", "text": copy}], "structuredContent": structured}))
}

fn env_value(name: &str) -> Answer {
    let value = env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    text(value.unwrap_or_else(|| "(unset)".to_owned()))
}

fn env_names() -> Answer {
    let mut names: Vec<_> = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort();
    text(names.join("\n"))
}

fn cwd() -> Answer {
    match env::current_dir() {
        Ok(dir) => text(dir.display().to_string()),
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> Answer {
    Answer::Result(json!({"content": [{"type": "text", "text": message}], "isError": true}))
}

fn rpc_error() -> Answer {
    let data = json!({"looked_in": ["shelf", "drawer"], "x-lab": 7});
    Answer::Error(json!({"code": -32000, "message": "no such thing", "data": data}))
}

fn media() -> Answer {
    Answer::Result(json!({"content": [
        {"type": "text", "text": "before"},
        {
            "type": "image", "data": catalogue::PIXEL, "mimeType": "image/png",
            "annotations": {"audience": ["user"], "priority": 0.1, "x-lab-frame": "oak"},
            "_meta": {"lab.example/block": {"n": 1}},
        },
        {"type": "text", "text": "after"},
        {"type": "audio", "data": "UklGRgQAAABXQVZF", "mimeType": "audio/wav"},
        {"type": "resource_link", "uri": "file:///lab/readme.txt", "name": "readme"},
        {"type": "resource", "resource": {"uri": "lab://note", "text": "embedded text", "mimeType": "text/plain"}},
    ]}))
}

fn big(call: &Call) -> Answer {
    match usize::try_from(whole(call, "bytes")) {
        Ok(bytes) => text("x".repeat(bytes)),
        Err(_) => fail("`bytes` is too large"),
    }
}

fn unknown_content() -> Answer {
    Answer::Result(json!({"content": [
        {"type": "x-vendor", "shape": {"sides": 5}, "label": "a block of a vendor's kind"},
        {"type": "text", "text": "a text beside it"},
    ]}))
}

// Not a plain number, so that a client which computes cursors instead of passing them back fails.
fn encode_cursor(start: usize) -> String {
    format!("lab~{:x}", start.rotate_left(7) ^ 0x5a)
}

fn decode_cursor(cursor: &str) -> Option<usize> {
    let digits = cursor.strip_prefix("lab~")?;
    Some((usize::from_str_radix(digits, 16).ok()? ^ 0x5a).rotate_right(7))
}

fn main() -> io::Result<()> {
    let options = Options::parse()?;
    let log = options.log.clone();
    log.line(&format!("start {}", process::id()))?;
    let mut lab = Lab { options, count: 0, running: HashMap::new() };
    serve(&mut lab)?;
    log.line(&format!("eof {}", process::id()))?;
    Ok(())
}
