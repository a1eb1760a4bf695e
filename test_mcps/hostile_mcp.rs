//! A server that misbehaves, for tests of what the gateway survives: `hostile_mcp MODE[,MODE...]`.
//!
//! Modes: `exit`, `silent`, `garbage`, `banner`, `ignore-eof`, `ignore-term` (which ignores the end of input
//! too), `grandchild`, `no-tools`, `bad-tools`, `bad-names`, `page-loop`, `big-pages`, `bad-schema`, `bomb-schema`,
//! `no-init`, `stderr-flood`. Without a mode only its tools are hostile. Pids go to the file that `HOSTILE_PIDFILE` names: its own, then any grandchild's.

// It takes orders through its environment; the gateway's rule on reading that is not for it.
#![allow(clippy::disallowed_methods)]

#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "hostile/lists.rs"]
mod lists;
mod wire;

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::process::{self, Child, Command};
use std::time::Duration;
use std::{env, thread};

use serde_json::{Value, json};

use wire::{Answer, Call, Server, refusal, reply, serve, text, write_line};

const MODES: [&str; 16] = [
    "exit",
    "silent",
    "garbage",
    "banner",
    "ignore-eof",
    "ignore-term",
    "grandchild",
    "no-tools",
    "bad-tools",
    "bad-names",
    "page-loop",
    "big-pages",
    "bad-schema",
    "bomb-schema",
    "no-init",
    "stderr-flood",
];
const RESTARTED: &str = "HOSTILE_IGNORES_TERM";

struct Hostile {
    modes: Vec<String>,
}

impl Server for Hostile {
    fn introduce(&mut self) -> Value {
        self.chatter();
        json!({"capabilities": {"tools": {}}, "serverInfo": {"name": "hostile", "version": "0"}})
    }

    fn list(&mut self, params: &Value) -> Answer {
        self.chatter();
        let mut result = json!({"tools": lists::tools()});
        if self.has("no-tools") {
            let secret = env::var("HOSTILE_STDERR").unwrap_or_default();
            return refusal(-32601, &format!("Method not found: tools/list\u{1b}[31m {secret}"));
        }
        if self.has("bad-tools") {
            result["tools"] = lists::bad_tools();
        }
        if self.has("bad-schema") {
            result["tools"] = lists::bad_schemas();
        }
        if self.has("bad-names") {
            result["tools"] = lists::bad_names();
        }
        if self.has("bomb-schema") {
            result["tools"] = bombs::tools();
        }
        if self.has("big-pages") {
            return Answer::Result(lists::big_page(params));
        }
        if self.has("page-loop") {
            result["nextCursor"] = json!("round-and-round");
        }
        Answer::Result(result)
    }

    fn call(&mut self, id: &Value, mut call: Call) -> Answer {
        self.chatter();
        match call.name.as_str() {
            "ok" | "odd" | "remote_ref" | "recursive_tree" | "many" => text("ok".to_owned()),
            "die" => process::exit(1),
            "hang" => Answer::Nothing,
            "malformed" => malformed(id, &call.take_text("kind")),
            "huge" => huge(&call),
            "wrong-id" => wrong_id(id),
            "late" => late(id, &call),
            "deaf" => deaf(id),
            name if name.starts_with("bomb_") => text("ok".to_owned()),
            _ => call.unknown(),
        }
    }
}

impl Hostile {
    fn has(&self, mode: &str) -> bool {
        self.modes.iter().any(|given| given == mode)
    }

    /// What careless servers print on stdout between their messages.
    fn chatter(&self) {
        if self.has("banner") {
            for line in ["", "Debugger attached.", r#"{"level":"info","msg":"request received"}"#] {
                send(line.as_bytes());
            }
        }
    }
}

fn malformed(id: &Value, kind: &str) -> Answer {
    let result = json!({"content": [{"type": "text", "text": "ok"}]});
    let message = match kind {
        "no-jsonrpc" => json!({"id": id, "result": result}),
        "bad-id" => json!({"jsonrpc": "2.0", "id": 0.5, "result": result}),
        "bad-error" => json!({"jsonrpc": "2.0", "id": id, "error": {"code": "E_BAD", "message": "bad"}}),
        "no-result" => json!({"jsonrpc": "2.0", "id": id}),
        "result-type" => json!({"jsonrpc": "2.0", "id": id, "result": "ok"}),
        "bad-content" => {
            json!({"jsonrpc": "2.0", "id": id, "result": {"content": {"type": "text", "text": "ok"}}})
        }
        "not-json" => {
            send(br#"{"jsonrpc":"2.0","id":"#);
            return Answer::Nothing;
        }
        _ => return refusal(-32602, &format!("Unknown kind: {kind}")),
    };
    send(message.to_string().as_bytes());
    Answer::Nothing
}

fn huge(call: &Call) -> Answer {
    let mb = call.arg("mb").as_u64().and_then(|mb| usize::try_from(mb).ok());
    match mb.and_then(|mb| mb.checked_mul(1 << 20)) {
        Some(bytes) => text("x".repeat(bytes)),
        None => refusal(-32602, "`mb` must be a whole number"),
    }
}

fn wrong_id(id: &Value) -> Answer {
    let stray = json!({"content": [{"type": "text", "text": "for nobody"}]});
    for nobody in [json!("never-asked"), json!(987_654_321)] {
        send(json!({"jsonrpc": "2.0", "id": nobody, "result": stray}).to_string().as_bytes());
    }
    reply(id, text("ok".to_owned())).unwrap_or_else(|_| process::exit(1));
    Answer::Nothing
}

fn late(id: &Value, call: &Call) -> Answer {
    let wait = Duration::from_millis(call.arg("ms").as_u64().unwrap_or_default());
    let id = id.clone();
    thread::spawn(move || {
        thread::sleep(wait);
        reply(&id, text("late".to_owned())).unwrap_or_else(|_| process::exit(1));
    });
    Answer::Nothing
}

/// Answers, and reads nothing from then on.
fn deaf(id: &Value) -> Answer {
    reply(id, text("ok".to_owned())).unwrap_or_else(|_| process::exit(1));
    loop {
        thread::park();
    }
}

/// A line of any bytes; when nobody can read it there is nothing left to do here.
fn send(line: &[u8]) {
    write_line(line.to_vec()).unwrap_or_else(|_| process::exit(1));
}

fn fail_at_once() -> ! {
    let secret = env::var("HOSTILE_STDERR").unwrap_or_default();
    let complaint = format!("hostile: cannot start\nhostile: the reason is {secret}\n");
    // The exit code says it too, should stderr be closed.
    let _ = io::stderr().write_all(complaint.as_bytes());
    process::exit(3)
}

fn flood_stderr() -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    for n in 0..20_000 {
        writeln!(stderr, "hostile: line {n:05} of a great many, none worth reading")?;
    }
    Ok(())
}

fn garbage() -> io::Result<()> {
    for n in 0_u64.. {
        write_line(format!("not json at all, number {n}").into_bytes())?;
        write_line(vec![0xff, 0xfe, 0x00, 0x1b, b'[', b'{', 0xc3, 0x28])?;
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Answers `initialize` with an error that quotes what the server should keep to itself.
fn refuse_to_start() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let request: Value = serde_json::from_str(&line)?;
    let secret = env::var("HOSTILE_STDERR").unwrap_or_default();
    reply(&request["id"], refusal(-32000, &format!("not for you\u{1b}[31m: {secret}")))?;
    silent()
}

fn silent() -> io::Result<()> {
    io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink()).map(drop)
}

/// Holds on to our pipes as well, as a helper process of a real server would.
fn spawn_grandchild() -> io::Result<Child> {
    let child = Command::new("sleep").arg("600").spawn()?;
    note_pid(child.id())?;
    Ok(child)
}

fn note_pid(pid: u32) -> io::Result<()> {
    let Some(path) = env::var_os("HOSTILE_PIDFILE") else { return Ok(()) };
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{pid}\n").as_bytes())
}

/// Starts this program over with SIGTERM ignored: a shell can set that without unsafe code, and it outlasts exec.
#[cfg(unix)]
fn ignore_term() -> io::Error {
    use std::os::unix::process::CommandExt;

    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"trap "" TERM; exec "$0" "$@""#]).arg(program).args(env::args_os().skip(1));
    shell.env(RESTARTED, "1").exec()
}

#[cfg(not(unix))]
fn ignore_term() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "`ignore-term` needs signals")
}

fn parse_modes() -> io::Result<Vec<String>> {
    let given = env::args().nth(1).unwrap_or_default();
    let modes: Vec<_> = given.split(',').filter(|mode| !mode.is_empty()).map(str::to_owned).collect();
    match modes.iter().find(|mode| !MODES.contains(&mode.as_str())) {
        Some(mode) => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("unknown mode {mode}"))),
        None => Ok(modes),
    }
}

fn main() -> io::Result<()> {
    let mut server = Hostile { modes: parse_modes()? };
    if server.has("ignore-term") && env::var_os(RESTARTED).is_none() {
        return Err(ignore_term());
    }
    note_pid(process::id())?;
    if server.has("exit") {
        fail_at_once();
    }
    if server.has("stderr-flood") {
        flood_stderr()?;
    }
    let _grandchild = server.has("grandchild").then(spawn_grandchild).transpose()?;
    if server.has("garbage") {
        return garbage();
    }
    if server.has("no-init") {
        refuse_to_start()?;
    } else if server.has("silent") {
        silent()?;
    } else {
        server.chatter();
        serve(&mut server)?;
    }
    while server.has("ignore-eof") || server.has("ignore-term") {
        thread::park();
    }
    Ok(())
}
