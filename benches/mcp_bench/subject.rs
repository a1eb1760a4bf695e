//! What is measured: the echo server called directly, a program that only copies between it and the client, and
//! the gateway in each of its modes before it.
//!
//! A subject knows how it is started, how a number of calls is put to it, and what a right answer looks like.
//! A new mode of the gateway is one more line in `MODES`.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::between::{self, Way};
use crate::judges::Judge;
use crate::options::Options;

const MODES: &[Mode] = &[
    Mode { name: "gateway, batch, no standby", session: "batch", standby_idle_seconds: 0 },
    Mode { name: "gateway, batch, standby", session: "batch", standby_idle_seconds: 300 },
    Mode { name: "gateway, keep", session: "keep", standby_idle_seconds: 0 },
];

const GATEWAY_KEY: &str = "bench-key-0000000000000000";
const SERVERS: usize = 10;
const CALLED_SERVER: &str = "echo_server";
const SIZE_LIMIT: u32 = 32 * 1024 * 1024;

struct Mode {
    name: &'static str,
    session: &'static str,
    standby_idle_seconds: u32,
}

/// What a mode leaves behind when a batch on one server is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    /// A server that is started then.
    Standby,
    /// The server that was there before.
    Kept,
}

#[derive(Clone)]
enum Kind {
    Direct,
    Between(Way),
    /// With its configuration.
    Gateway(PathBuf),
}

#[derive(Clone)]
pub(crate) struct Subject {
    name: &'static str,
    kind: Kind,
    left: Left,
    program: PathBuf,
    echo: PathBuf,
    home: PathBuf,
    stderr: PathBuf,
}

impl Subject {
    /// The direct call first, then what only copies, then the modes.
    pub(crate) fn all(options: &Options) -> Outcome<Vec<Self>> {
        let this = env::current_exe().map_err(|error| error.to_string())?;
        let mut subjects = vec![Self::of(options, "direct", Kind::Direct, Left::Nothing, &options.echo)];
        for way in Way::ALL {
            subjects.push(Self::of(options, way.name(), Kind::Between(way), way.left(), &this));
        }
        let modes = options.gateway.iter().flat_map(|gateway| MODES.iter().map(move |mode| (gateway, mode)));
        for (number, (gateway, mode)) in modes.enumerate() {
            let path = options.config(&number.to_string());
            let text = configuration(mode, &options.echo).to_string();
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
            subjects.push(Self::of(options, mode.name, Kind::Gateway(path), mode.left(), gateway));
        }
        File::create(options.stderr_file()).map_err(|error| error.to_string())?;
        Ok(subjects)
    }

    /// The gateway on a kept session, once for each judge.
    pub(crate) fn judged(options: &Options, judges: &[Judge]) -> Outcome<Vec<Self>> {
        let Some(gateway) = &options.gateway else { return Ok(Vec::new()) };
        let subject = |(number, judge): (usize, &Judge)| {
            let path = options.config(&format!("judge_{number}"));
            let mut config = configuration(&MODES[MODES.len() - 1], &options.echo);
            judge.sit(&mut config);
            fs::write(&path, config.to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(Self::of(options, judge.name, Kind::Gateway(path), Left::Kept, gateway))
        };
        judges.iter().enumerate().map(subject).collect()
    }

    fn of(options: &Options, name: &'static str, kind: Kind, left: Left, program: &Path) -> Self {
        Self {
            name,
            kind,
            left,
            program: program.to_owned(),
            echo: options.echo.clone(),
            home: options.dir.clone(),
            stderr: options.stderr_file(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn left(&self) -> Left {
        self.left
    }

    pub(crate) fn is_direct(&self) -> bool {
        matches!(self.kind, Kind::Direct)
    }

    /// Whether a batch is one request.
    fn batches(&self) -> bool {
        matches!(self.kind, Kind::Gateway(_))
    }

    /// Its children that are no servers: the gateway has a watchdog.
    pub(crate) fn attendants(&self) -> usize {
        usize::from(self.batches())
    }

    /// The environment is a fixed one, so that no setting of the person who measures gets in.
    pub(crate) fn command(&self) -> Outcome<Command> {
        let stderr = OpenOptions::new().append(true).open(&self.stderr).map_err(|error| error.to_string())?;
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", &self.home);
        command.current_dir(&self.home).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        match &self.kind {
            Kind::Direct => {}
            Kind::Between(way) => {
                command.args([between::ARGUMENT, way.word()]).arg(&self.echo);
            }
            Kind::Gateway(config) => {
                command.arg("--config").arg(config).env("ENKRYPT_GATEWAY_KEY", GATEWAY_KEY);
            }
        }
        Ok(command)
    }

    /// How it is started to serve over HTTP, and the key; `None` for what cannot, or is no faster for it.
    pub(crate) fn http(&self, port: u16) -> Outcome<Option<(Command, &'static str)>> {
        let port = port.to_string();
        let mut command = match &self.kind {
            Kind::Between(Way::Keep) => {
                let mut command = self.command()?;
                command.arg(&port);
                command
            }
            Kind::Gateway(config) if self.left == Left::Kept => {
                let direct = exposed_directly(config)?;
                let mut command = Self { kind: Kind::Gateway(direct), ..self.clone() }.command()?;
                command.args(["serve", "--transport", "http", "--port", &port]);
                command
            }
            _ => return Ok(None),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Some((command, GATEWAY_KEY)))
    }

    /// The tool of one of the servers, as it is called over HTTP.
    pub(crate) fn direct_name(&self, number: usize) -> String {
        if self.batches() { format!("{}__echo", server_name(number % SERVERS)) } else { "echo".to_owned() }
    }

    /// The parameters of the `tools/call` requests that make `calls` calls: one for each, or one for all.
    pub(crate) fn requests(&self, calls: usize, message: &str) -> Vec<Value> {
        let args = json!({"message": message});
        if !self.batches() {
            return vec![json!({"name": "echo", "arguments": args}); calls];
        }
        vec![batch(CALLED_SERVER, &vec![json!({"name": "echo", "args": args}); calls])]
    }

    /// `requests` of one call each, on as many servers by turns.
    pub(crate) fn spread(&self, requests: usize, servers: usize, message: &str) -> Vec<Value> {
        let args = json!({"message": message});
        let request = |number: usize| {
            if self.batches() {
                batch(&server_name(number % servers), &[json!({"name": "echo", "args": args})])
            } else {
                json!({"name": "echo", "arguments": args})
            }
        };
        (0..requests).map(request).collect()
    }

    /// Whether `result` says that `calls` messages of `length` bytes came back; without a batch it is one.
    pub(crate) fn check(&self, result: &Value, calls: usize, length: usize) -> Outcome<()> {
        if self.batches() {
            return check_batch(result, calls, length).map_err(|flaw| self.complain(&flaw, result));
        }
        check_echo(result, length).map_err(|flaw| self.complain(flaw, result))
    }

    fn complain(&self, flaw: &str, result: &Value) -> String {
        let shown: String = result.to_string().chars().take(3000).collect();
        format!("{}: wrong answer ({flaw}): {shown}", self.name)
    }
}

/// The same configuration with the servers' tools under names of their own.
fn exposed_directly(config: &Path) -> Outcome<PathBuf> {
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", config.display());
    let text = fs::read_to_string(config).map_err(|error| broken(&error))?;
    let mut direct: Value = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    direct["common_mcp_gateway_config"]["tool_exposure"] = "direct".into();
    let path = config.with_extension("http.json");
    fs::write(&path, direct.to_string()).map_err(|error| broken(&error))?;
    Ok(path)
}

fn check_echo(result: &Value, length: usize) -> Result<(), &'static str> {
    if result["isError"] == true {
        return Err("an error result");
    }
    match result["content"][0]["text"].as_str() {
        Some(text) if text.len() == length => Ok(()),
        Some(_) => Err("an echo of another length"),
        None => Err("no text"),
    }
}

fn check_batch(result: &Value, calls: usize, length: usize) -> Outcome<()> {
    if result["isError"] == true {
        return Err("an error result".to_owned());
    }
    let text = result["content"][0]["text"].as_str().ok_or("no text")?;
    let report: Value =
        serde_json::from_str(text).map_err(|error| format!("a text that is no JSON: {error}"))?;
    let outcomes = report["results"].as_array().map(Vec::as_slice).unwrap_or_default();
    if report["status"] != "success" || report["execution_summary"]["successful_calls"] != calls {
        return Err("a batch that did not succeed".to_owned());
    }
    let is_right = |outcome: &Value| outcome["response"].as_str().is_some_and(|text| text.len() == length);
    if outcomes.len() != calls || !outcomes.iter().all(is_right) {
        return Err("a batch with a wrong response".to_owned());
    }
    Ok(())
}

fn batch(server: &str, calls: &[Value]) -> Value {
    let arguments = json!({"server_name": server, "tool_calls": calls});
    json!({"name": "enkrypt_secure_call_tools", "arguments": arguments})
}

fn server_name(number: usize) -> String {
    if number == 0 { CALLED_SERVER.to_owned() } else { format!("{CALLED_SERVER}_{number}") }
}

impl Mode {
    fn left(&self) -> Left {
        match (self.session, self.standby_idle_seconds) {
            ("keep", _) => Left::Kept,
            (_, 0) => Left::Nothing,
            _ => Left::Standby,
        }
    }
}

fn configuration(mode: &Mode, echo: &Path) -> Value {
    let server = |number: usize| json!({"server_name": server_name(number), "config": {"command": echo, "args": []}, "tools": {}});
    let servers: Vec<_> = (0..SERVERS).map(server).collect();
    let mut keys = Map::new();
    keys.insert(GATEWAY_KEY.to_owned(), json!({"project_id": "p", "user_id": "u"}));
    json!({
        "common_mcp_gateway_config": {
            "session_mode": mode.session,
            "standby_idle_seconds": mode.standby_idle_seconds,
            "max_argument_bytes": SIZE_LIMIT,
            "max_result_bytes": SIZE_LIMIT,
        },
        "mcp_configs": {"c": {"mcp_config_name": "bench", "mcp_config": servers}},
        "projects": {"p": {"project_name": "bench", "mcp_config_id": "c", "users": ["u"]}},
        "users": {"u": {"email": "bench@example.com"}},
        "apikeys": keys,
    })
}
