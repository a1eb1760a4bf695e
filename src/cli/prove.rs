//! The proof that the gateway works: it is started as a client starts it, and spoken to as a client speaks.
//!
//! Only what the configuration promises is tried. A promise that does not hold is a failure, and what was not tried
//! is said.

use serde_json::{Value, json};

use super::setup::Opening;
use super::{Failure, print};
use crate::config::environment::Environment;
use crate::config::{Action, Detector, Endpoint, Enforcement, ProviderSettings, Server};
use crate::ids::{ServerName, ToolName};
use session::Session;

mod session;

const HARMLESS: &str = "hello";
const MALICIOUS: &str = "hello; ls -la; whoami";

const PRIVATE: &str = "write to ann@example.com";
const ADDRESS: &str = "ann@example.com";

/// The keyword of the generated configuration that stands in `MALICIOUS`.
const KEYWORD: &str = "whoami";

const WIDTH: usize = 100;
const LONGEST_REMARK: usize = 400;

/// Gives back whether there is an echo server to play with.
pub(super) fn run(opening: &Opening, environment: &Environment) -> Result<bool, Failure> {
    let mut session = Session::open(&opening.entry, environment)?;
    let tried = attempt(&mut session, opening);
    let complaint = session.close();
    tried.map_err(|failure| match complaint {
        Some(complaint) if failure.hint.is_none() => {
            failure.hint(format!("the gateway says: {}", plain(complaint.trim())))
        }
        _ => failure,
    })
}

fn attempt(session: &mut Session, opening: &Opening) -> Result<bool, Failure> {
    let server = session.initialize()?;
    proved("ok", "start", &server);
    let tools = session.tools()?;
    proved("ok", "tools", &tools.len().to_string());
    if !tools.is_empty() {
        print::out(&folded(&tools));
    }
    if !opening.exposure.has_gateway_tools() {
        proved("untried", "tool calls", "`tool_exposure` is `direct`: these are the tools of your servers");
        return Ok(false);
    }
    if tools.is_empty() {
        return Err(Failure::new("the proof failed: the gateway lists no tools"));
    }
    if opening.servers.servers.is_empty() {
        proved("untried", "servers", &format!("the key {} opens none yet", opening.hint));
        return Ok(false);
    }
    let Some(echo) = opening.servers.servers.iter().find(|server| is_echo(server)) else {
        listing(session, opening)?;
        return Ok(false);
    };
    call_echo(session, echo)?;
    if blocks(echo, &opening.guardrails) {
        call_blocked(session, echo)?;
    } else {
        proved(
            "untried",
            "guardrail",
            &format!("no policy of `{}` is sure to stop `{MALICIOUS}`", echo.name),
        );
    }
    if redacts(echo, &opening.guardrails) {
        call_redacted(session, echo)?;
    }
    Ok(true)
}

/// All that can be said of a configuration with other servers, none of which is started.
fn listing(session: &mut Session, opening: &Opening) -> Result<(), Failure> {
    let reply = session.call("enkrypt_list_all_servers", &json!({"discover_tools": false}))?;
    let names: Vec<&str> = opening.servers.names().map(ServerName::as_str).collect();
    if names.iter().any(|name| reply["available_servers"].get(name).is_none()) {
        return Err(broken("the list of servers", &reply));
    }
    proved("ok", "servers", &format!("{}: {}", names.len(), names.join(", ")));
    proved("untried", "tool calls", "this configuration has no open `echo` tool to try them with");
    Ok(())
}

fn call_echo(session: &mut Session, echo: &Server) -> Result<(), Failure> {
    let reply = echo_reply(session, echo, HARMLESS)?;
    let result = &reply["results"][0];
    if result["status"] != "success" || result["response"] != HARMLESS {
        return Err(broken("the call of `echo`", &reply));
    }
    proved("ok", "echo", &format!("\"{HARMLESS}\" came back through `{}`", echo.name));
    Ok(())
}

fn call_blocked(session: &mut Session, echo: &Server) -> Result<(), Failure> {
    let reply = echo_reply(session, echo, MALICIOUS)?;
    let result = &reply["results"][0];
    if result["status"] != "blocked_input" {
        return Err(broken("the block of a malicious call", &reply));
    }
    let detector = &result["input_guardrail_response"]["violations"][0]["type"];
    let detector = detector.as_str().unwrap_or("the input policy");
    proved("blocked", "echo", &format!("\"{MALICIOUS}\" was stopped by {detector}"));
    Ok(())
}

/// What the caller sees beside what the server saw.
fn call_redacted(session: &mut Session, echo: &Server) -> Result<(), Failure> {
    let reply = echo_reply(session, echo, PRIVATE)?;
    let result = &reply["results"][0];
    let received = result["enkrypt_mcp_data"]["args"]["message"].as_str().unwrap_or(PRIVATE);
    if result["response"] != PRIVATE || received.contains(ADDRESS) {
        return Err(broken("the redaction of an e-mail address", &reply));
    }
    proved("redacted", "echo", &format!("sent and got back: \"{PRIVATE}\""));
    proved("", "", &format!("the server received: \"{}\"", plain(received)));
    Ok(())
}

fn echo_reply(session: &mut Session, echo: &Server, message: &str) -> Result<Value, Failure> {
    let calls = json!([{"name": "echo", "args": {"message": message}}]);
    session
        .call("enkrypt_secure_call_tools", &json!({"server_name": echo.name.as_str(), "tool_calls": calls}))
}

/// Whether it runs our demo server, or the one of the Python gateway, with `echo` open.
fn is_echo(server: &Server) -> bool {
    let Endpoint::Command(command) = &server.endpoint else { return false };
    let mut words = std::iter::once(&command.program).chain(&command.shown_args);
    let tool = ToolName::from("echo");
    let listed = server.tools.is_empty() || server.tools.iter().any(|open| *open.name() == tool);
    let is_demo = |word: &String| {
        word.rsplit(['/', '\\']).next().is_some_and(|file| file.split('.').next() == Some("echo_mcp"))
    };
    listed && server.denied(&tool).is_none() && words.any(is_demo)
}

fn blocks(server: &Server, guardrails: &ProviderSettings) -> bool {
    let policy = &server.input;
    if !policy.enabled || policy.enforcement == Enforcement::Observe || !policy.exemptions.is_empty() {
        return false;
    }
    let stops = |detector| policy.action(detector) == Action::Block;
    match guardrails {
        ProviderSettings::Local(_) => stops(Detector::InjectionAttack),
        ProviderSettings::CustomKeyword(settings) => {
            let mut keywords = settings.keywords.iter().chain(&policy.keywords);
            stops(Detector::KeywordDetector) && keywords.any(|word| word == KEYWORD)
        }
        _ => false,
    }
}

fn redacts(server: &Server, guardrails: &ProviderSettings) -> bool {
    let policy = &server.input;
    let on = policy.enabled && policy.pii_redaction && policy.enforcement == Enforcement::Enforce;
    on && policy.action(Detector::Pii) != Action::Block && matches!(guardrails, ProviderSettings::Local(_))
}

fn proved(outcome: &str, what: &str, detail: &str) {
    print::out(&format!("  {outcome:<9} {what:<10} {detail}"));
}

fn broken(what: &str, reply: &Value) -> Failure {
    let result = &reply["results"][0];
    let message =
        result["message"].as_str().or_else(|| reply["message"].as_str()).unwrap_or("no reason was given");
    let hint = result["hint"].as_str().or_else(|| reply["hint"].as_str());
    let failure = Failure::new(format!("the proof failed at {what}: {}", plain(message)));
    match hint {
        Some(hint) => failure.hint(plain(hint)),
        None => failure,
    }
}

/// What the gateway says, without what could steer a terminal.
fn plain(text: &str) -> String {
    crate::fault::shown(text, LONGEST_REMARK)
}

/// The names in lines of a bounded width, under the column of the details.
fn folded(names: &[String]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut().filter(|line| line.len() + name.len() < WIDTH) {
            Some(line) => line.extend([", ", name]),
            None => lines.push(format!("{:23}{name}", "")),
        }
    }
    lines.join(",\n")
}
