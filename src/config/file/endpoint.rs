//! `config` of a server: the program to run or the address to call, references followed and secrets known.
//!
//! What this version cannot reach safely becomes `Endpoint::Refused`, so that the other servers of the file work.

use serde_json::Value;

use super::super::{Command, Endpoint, RemoteTransport};
use super::secrets::Secrets;
use super::switches::client_closed_by;
use super::{Context, resolve};
use crate::config::environment::Environment;
use crate::config::node::Node;
use crate::config::secretref::Resolved;
use crate::config::spelling;
use crate::secret::{Masker, SecretValue, mask_argument};

mod address;

/// Where a server's tools are chosen.
pub(super) const TOOLS: &str = "expected `tools` beside `config`, which names those that are open, or `denied_tools`, which names those that are not";

const SWITCH: &str =
    "expected `disabled`, which is true or false: this seems to be meant to close the server";

const ELSEWHERE: &str = "the server starts in the gateway's own folder: write absolute paths";

/// `None` is a program's standard streams.
const TRANSPORTS: [(&str, Option<RemoteTransport>); 6] = [
    ("stdio", None),
    ("http", Some(RemoteTransport::StreamableHttp)),
    ("streamable_http", Some(RemoteTransport::StreamableHttp)),
    ("streamable-http", Some(RemoteTransport::StreamableHttp)),
    ("streamableHttp", Some(RemoteTransport::StreamableHttp)),
    ("sse", Some(RemoteTransport::Sse)),
];

/// As clients write it.
const BESIDE: &str = "expected an object with what stands beside `server_name`: put `command`, `args` and `env`, or `url` and `headers`, into it";

/// How a server is reached; `None` after a problem. Its secrets become `own`, also those of a server that is not used.
pub(super) fn read(server: &Node<'_>, own: &mut Secrets, context: Context<'_>) -> Option<Endpoint> {
    let Some(config) = server.child("config") else {
        if server.get("config").is_none() {
            let beside = ["command", "url"].into_iter().any(|key| server.get(key).is_some());
            server.problem(
                "config",
                if beside { BESIDE } else { "expected an object with the `command` that starts the server" },
            );
        }
        return None;
    };
    let written = config.choice("transport", &TRANSPORTS).or_else(|| config.choice("type", &TRANSPORTS));
    let written = written.flatten();
    config.ignore(&["transport", "type"]);
    let address = config.spelling(&["url", "serverUrl"]);
    let headers = values(&config, "headers", context.env);
    own.note_values(&headers);
    let remote = config.get(address).is_some_and(|url| url.as_str() != Some("")) || written.is_some();
    let refusal = refusal(server, &config, remote, context);
    let endpoint = if remote {
        // What would be wrong with a command is of no interest, but two ways to one server are.
        config.ignore(&["args", "env"]);
        if config.text("command").is_some_and(|command| !command.is_empty()) {
            config.problem("command", "expected either a `command` or a `url`, not both");
        }
        let transport = written.unwrap_or(RemoteTransport::StreamableHttp);
        own.note_address(config.get(address).and_then(Value::as_str).unwrap_or_default());
        address::read(&config, address, transport, headers, own).map(Endpoint::Remote)
    } else {
        config.ignore(&["allow_private"]);
        command(&config, &headers, own, context.env).map(Endpoint::Command)
    };
    unheeded(&config);
    let endpoint = endpoint?;
    Some(match refusal {
        Some(reason) => {
            Endpoint::Refused { transport: endpoint.transport(), shown: endpoint.shown(), reason }
        }
        None => endpoint,
    })
}

/// Keys that clients have in such an entry, and that would protect there.
fn unheeded(config: &Node<'_>) {
    let switches = ["disabled", "enabled"];
    let is_switch =
        |key: &str| switches.iter().any(|known| spelling::almost(known, key)) || spelling::ends_access(key);
    config.refuse_unread(|key| key == "tools" || spelling::chooses_tools(key), TOOLS);
    config.refuse_unread(is_switch, SWITCH);
    if config.get("cwd").is_some() {
        config.notes().warn(format!("`{}` is ignored: {ELSEWHERE}", config.path("cwd")));
    }
    config.warn_unread();
}

/// Which key takes a server out of use: that of its entry, or the one that its client knew.
fn switched_off(server: &Node<'_>, config: &Node<'_>) -> Option<String> {
    let (own, of_client) = (client_closed_by(server), client_closed_by(config));
    own.map(str::to_owned).or_else(|| of_client.map(|key| format!("config.{key}")))
}

/// What keeps this server from being used at all.
fn refusal(server: &Node<'_>, config: &Node<'_>, remote: bool, context: Context<'_>) -> Option<String> {
    let sandbox = server.section("sandbox").flag("enabled").unwrap_or(context.rules.sandbox);
    let oauth = server.section("oauth_config");
    let oauth_enabled = oauth.flag("enabled").unwrap_or(false);
    if oauth_enabled && let Some(secret) = oauth.text("OAUTH_CLIENT_SECRET") {
        resolve(secret, &oauth.path("OAUTH_CLIENT_SECRET"), oauth.notes(), context.env);
    }
    let off = switched_off(server, config);
    let reason = if off.is_some() {
        None
    } else if !remote && !context.rules.allow_stdio {
        Some("servers that are started by a command are switched off: `enkrypt_allow_stdio_servers`")
    } else if sandbox {
        Some("sandboxed servers are not part of this version: `sandbox.enabled`")
    } else if oauth_enabled {
        Some("OAuth is not part of this version: `oauth_config.enabled`")
    } else {
        None
    };
    off.map(|key| format!("it is switched off: `{key}`")).or(reason.map(str::to_owned))
}

fn command(
    config: &Node<'_>,
    headers: &[(String, Resolved)],
    own: &mut Secrets,
    env: &Environment,
) -> Option<Command> {
    let program = config.filled("command");
    if program.is_none() && config.get("command").is_none() {
        config.problem("command", "expected a non-empty string: the program that is the server");
    }
    if program.is_some_and(|program| program.contains("${")) {
        config.problem(
            "command",
            "expected a program without references: they are followed in `args` and `env`",
        );
    }
    let variables = values(config, "env", env);
    own.note_values(&variables);
    let (args, shown_args, mut secrets) = arguments(config, own, env);
    for (_, found) in variables.iter().chain(headers) {
        secrets.extend(parts(found.value.expose()));
        secrets.extend(found.secrets.iter().flat_map(|secret| parts(secret.expose())));
    }
    secrets.extend(own.values());
    Some(Command {
        program: text_for_a_process(program?, &config.path("command"), config)?,
        args,
        shown_args,
        env: variables.into_iter().map(|(name, found)| (name, found.value)).collect(),
        masker: Masker::new(secrets),
    })
}

/// The arguments, how they may be shown, and what of them must not be.
fn arguments(
    config: &Node<'_>,
    own: &mut Secrets,
    env: &Environment,
) -> (Vec<SecretValue>, Vec<String>, Vec<SecretValue>) {
    let mut read: Vec<Resolved> = Vec::new();
    for (path, written) in config.texts("args") {
        let Some(found) = resolve(written, &path, config.notes(), env) else { continue };
        if text_for_a_process(found.value.expose(), &path, config).is_none() {
            continue;
        }
        own.note_argument(read.last().map(|found| found.value.expose()).unwrap_or_default(), &found);
        read.push(found);
    }
    let noted = own.masker();
    let (mut shown, mut secrets) = (Vec::new(), Vec::new());
    for (at, found) in read.iter().enumerate() {
        let text = found.value.expose();
        if found.referenced() {
            shown.push("****".to_owned());
            secrets.push(found.value.clone());
            secrets.extend(found.secrets.iter().flat_map(|secret| parts(secret.expose())));
            continue;
        }
        let previous = at.checked_sub(1).map(|before| read[before].value.expose());
        let masked = noted.hide(&mask_argument(text, previous));
        if masked != text {
            secrets.push(found.value.clone());
            secrets.extend(hidden(text, &masked));
        }
        shown.push(masked);
    }
    (read.into_iter().map(|found| found.value).collect(), shown, secrets)
}

/// The pieces of a text that its masked form does not show.
fn hidden(text: &str, masked: &str) -> Vec<SecretValue> {
    let pieces = text.split(|c: char| c.is_whitespace() || "=:/?&#@".contains(c));
    pieces.filter(|piece| !masked.contains(piece)).map(SecretValue::from).collect()
}

/// A secret whole, each of its lines, and what follows the scheme of `Bearer x`.
fn parts(value: &str) -> Vec<SecretValue> {
    let lines = value.lines().filter(|line| *line != value);
    let token = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("Basic "));
    lines.chain(token).chain([value]).map(SecretValue::from).collect()
}

/// `env` or `headers`: names and values, where numbers and booleans count as their spelling.
fn values(config: &Node<'_>, key: &str, env: &Environment) -> Vec<(String, Resolved)> {
    let Some(node) = config.child(key) else { return Vec::new() };
    let mut values = Vec::new();
    for (name, value) in node.members() {
        let path = node.path(name);
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => {
                config.notes().problem(&path, "expected a string");
                continue;
            }
        };
        if name.is_empty() || name.contains(['=', '\0', '\n']) {
            config.notes().problem(&path, "expected a name without `=`, zero bytes and line ends");
        }
        if let Some(found) = resolve(&text, &path, config.notes(), env) {
            text_for_a_process(found.value.expose(), &path, config);
            values.push((name.to_owned(), found));
        }
    }
    values
}

fn text_for_a_process(text: &str, path: &str, config: &Node<'_>) -> Option<String> {
    if text.contains('\0') {
        config.notes().problem(path, "expected a string without zero bytes");
        return None;
    }
    Some(text.to_owned())
}
