//! A server as a client has it, as the gateway has it: pure, and either whole or not at all.
//!
//! What would make it run in another way than in its client is no reason to guess: the entry stays where it is. What
//! references stand for, and what a header may be, is judged by the configuration's own reader.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::cli::clients::Reading;
use crate::cli::listed;

/// What only the client does with it.
const OF_CLIENTS: [&str; 8] =
    ["alwaysAllow", "autoApprove", "gallery", "icon", "source", "timeout", "trust", "version"];

/// As the configuration's reader has them.
const STREAMABLE: [&str; 4] = ["http", "streamable_http", "streamable-http", "streamableHttp"];

/// Ends of names that a network gives itself.
const OWN_NAMES: [&str; 5] = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

pub(super) struct Adopted {
    /// What stands under `config`.
    pub(super) config: Value,
    pub(super) description: Option<Value>,
    /// Members that only meant something to the client.
    pub(super) dropped: Vec<String>,
    /// It is on this machine or in its network, and was allowed to be.
    pub(super) is_near: bool,
}

/// The members of an entry, sorted by what they are for.
#[derive(Default)]
struct Read<'e> {
    command: Option<&'e Value>,
    args: Option<&'e Value>,
    env: Option<&'e Value>,
    headers: Option<&'e Value>,
    address: Option<(&'e str, &'e Value)>,
    kind: Option<&'e Value>,
    description: Option<Value>,
    dropped: Vec<String>,
}

/// The server, or why it stays with its client.
pub(super) fn adopt(entry: &Value, reading: Reading) -> Result<Adopted, String> {
    let read = Read::of(entry)?;
    if any_text(entry, |text| text.contains("$${")) {
        return Err("`$${` is a plain `${` to the gateway only".to_owned());
    }
    if reading.dollars && any_text(entry, names_a_variable) {
        return Err("`$NAME` is a variable to its client only: write `${env:NAME}` or the value".to_owned());
    }
    let (config, is_near) = match (read.command, read.address) {
        (Some(_), Some(_)) => return Err("it has a command and an address".to_owned()),
        (None, None) => return Err("it has neither `command` nor `url`".to_owned()),
        (Some(command), None) => (read.program(command)?, false),
        (None, Some((key, address))) => read.remote(key, address, reading)?,
    };
    Ok(Adopted {
        config: Value::Object(config),
        description: read.description,
        dropped: read.dropped,
        is_near,
    })
}

impl<'e> Read<'e> {
    fn of(entry: &'e Value) -> Result<Self, String> {
        let Value::Object(entry) = entry else { return Err("it is no object".to_owned()) };
        let (mut read, mut unknown) = (Self::default(), Vec::new());
        for (key, value) in entry.iter().filter(|(_, value)| !value.is_null()) {
            let slot = match key.as_str() {
                "command" => &mut read.command,
                "args" => &mut read.args,
                "env" => &mut read.env,
                "headers" => &mut read.headers,
                "type" | "transport" => &mut read.kind,
                "url" | "serverUrl" | "httpUrl" => {
                    if read.address.replace((key, value)).is_some() {
                        return Err("it has more than one address".to_owned());
                    }
                    continue;
                }
                "description" if value.is_string() => {
                    read.description = Some(value.clone());
                    continue;
                }
                // One that is off was not asked for.
                "disabled" | "enabled" if value.is_boolean() => continue,
                "source" if value != "custom" => {
                    return Err("its client has it from an extension".to_owned());
                }
                own if OF_CLIENTS.contains(&own) => {
                    read.dropped.push(key.clone());
                    continue;
                }
                _ => {
                    unknown.push(key);
                    continue;
                }
            };
            if slot.replace(value).is_some() {
                return Err("it has two types".to_owned());
            }
        }
        if unknown.is_empty() {
            return Ok(read);
        }
        Err(format!("the gateway does not heed {}", listed(unknown.iter().map(|key| format!("`{key}`")))))
    }

    fn program(&self, command: &Value) -> Result<Map<String, Value>, String> {
        let program = command.as_str().filter(|program| !program.trim().is_empty());
        let program = program.ok_or("its `command` is no program")?;
        if self.headers.is_some_and(holds) {
            return Err("it has a command and `headers`".to_owned());
        }
        if self.kind.is_some_and(|kind| !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("stdio")))
        {
            return Err("its `type` is not that of a command".to_owned());
        }
        if program.contains(char::is_whitespace) && !is_whole_path(program) {
            return Err("its `command` is more than a program: put the rest into `args`".to_owned());
        }
        let args: Vec<&Value> = match self.args {
            None => Vec::new(),
            Some(Value::Array(args)) if args.iter().all(Value::is_string) => args.iter().collect(),
            Some(_) => return Err("its `args` are no list of texts".to_owned()),
        };
        if std::iter::once(program).chain(args.iter().filter_map(|arg| arg.as_str())).any(is_of_home) {
            return Err("the gateway does not follow `~`: write the whole path".to_owned());
        }
        let mut config = Map::new();
        config.insert("command".to_owned(), command.clone());
        config.insert("args".to_owned(), args.into_iter().cloned().collect());
        if let Some(env) = self.env {
            config.insert("env".to_owned(), texts(env).ok_or("its `env` is no list of texts")?);
        }
        Ok(config)
    }

    fn remote(
        &self,
        key: &str,
        address: &Value,
        reading: Reading,
    ) -> Result<(Map<String, Value>, bool), String> {
        let address = address.as_str().ok_or("its address is no text")?;
        let url = reqwest::Url::parse(address).ok().filter(reqwest::Url::has_host);
        let url = url.ok_or("its address is none that starts with `https://` or `http://`")?;
        if [self.args, self.env].into_iter().flatten().any(holds) {
            return Err("it has an address, and `args` or `env`".to_owned());
        }
        let kind = match self.kind.map(|kind| kind.as_str().unwrap_or_default()) {
            Some(kind) if STREAMABLE.iter().any(|known| known.eq_ignore_ascii_case(kind)) => Some("http"),
            Some(kind) if kind.eq_ignore_ascii_case("sse") => Some("sse"),
            Some(_) => return Err("its `type` is not that of an address".to_owned()),
            None if key == "httpUrl" => Some("http"),
            // What is called like this speaks it, and clients find that out by trying.
            None if reading.sse && key == "url" || url.path().ends_with("/sse") => Some("sse"),
            None => None,
        };
        let is_near = is_near(&url);
        let mut config = Map::new();
        config.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
        config.insert("url".to_owned(), address.into());
        if let Some(headers) = self.headers.filter(|headers| holds(headers)) {
            config.insert("headers".to_owned(), texts(headers).ok_or("its `headers` are no texts")?);
        }
        if is_near {
            config.insert("allow_private".to_owned(), true.into());
        }
        Ok((config, is_near))
    }
}

fn holds(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

/// Names and values, where numbers and switches are their spelling.
fn texts(value: &Value) -> Option<Value> {
    let is_text = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    value.as_object().filter(|map| map.values().all(is_text)).map(|_| value.clone())
}

fn is_of_home(text: &str) -> bool {
    text == "~" || text.starts_with("~/") || text.starts_with("~\\")
}

/// A path from the top may have blanks in it.
fn is_whole_path(program: &str) -> bool {
    let mut start = program.chars();
    program.starts_with(['/', '\\'])
        || start.next().is_some_and(char::is_alphabetic) && start.next() == Some(':')
}

fn any_text(value: &Value, is_it: fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(list) => list.iter().any(|value| any_text(value, is_it)),
        Value::Object(map) => map.values().any(|value| any_text(value, is_it)),
        _ => false,
    }
}

fn names_a_variable(text: &str) -> bool {
    let mut pieces = text.split('$').skip(1);
    pieces.any(|piece| piece.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// Whether an address is of this machine or its network, as far as it shows.
fn is_near(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => !host.contains('.') || OWN_NAMES.iter().any(|end| host.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn adopted(entry: &Value) -> Result<Value, String> {
        adopt(entry, Reading::default()).map(|adopted| adopted.config)
    }

    #[test]
    fn what_the_gateway_takes_is_taken_whole() {
        let command = json!({"command": "npx", "args": ["-y", "x"], "env": {"A": "1", "B": 2}});
        let url = |url: &str| json!({"url": url});
        for (entry, config) in [
            (command.clone(), command),
            (
                json!({"type": "stdio", "command": "/a b/c", "disabled": false}),
                json!({"command": "/a b/c", "args": []}),
            ),
            (url("https://h.example.com/mcp"), url("https://h.example.com/mcp")),
            (url("https://h.example.com/sse"), json!({"type": "sse", "url": "https://h.example.com/sse"})),
            (
                json!({"serverUrl": "https://h.example.com/mcp", "headers": {"A": "b"}, "args": []}),
                json!({"url": "https://h.example.com/mcp", "headers": {"A": "b"}}),
            ),
            (
                json!({"httpUrl": "https://h.example.com/sse"}),
                json!({"type": "http", "url": "https://h.example.com/sse"}),
            ),
            (
                json!({"type": "streamable-http", "url": "http://localhost:3/mcp"}),
                json!({"type": "http", "url": "http://localhost:3/mcp", "allow_private": true}),
            ),
        ] {
            assert_eq!(adopted(&entry), Ok(config), "{entry}");
        }
        let entry = json!({"command": "a", "description": "d", "autoApprove": ["x"], "timeout": 3});
        let adopted = adopt(&entry, Reading::default()).expect("taken");
        assert_eq!(adopted.description, Some("d".into()));
        assert_eq!((adopted.dropped.join(" "), adopted.is_near), ("autoApprove timeout".to_owned(), false));
    }

    #[test]
    fn what_would_run_in_another_way_stays() {
        for (entry, reason) in [
            (json!([]), "no object"),
            (json!({}), "neither"),
            (json!({"command": "a", "url": "https://h.example.com/"}), "a command and an address"),
            (json!({"url": "https://a.example.com/", "httpUrl": "https://b.example.com/"}), "more than one"),
            (json!({"command": "a", "cwd": "/x", "envFile": ".env"}), "does not heed `cwd`, `envFile`"),
            (json!({"url": "https://h.example.com/", "oauth": {}}), "does not heed `oauth`"),
            (json!({"command": "a", "disabledTools": ["x"]}), "does not heed `disabledTools`"),
            (json!({"command": "npx -y @scope/x"}), "more than a program"),
            (json!({"command": "~/bin/x"}), "`~`"),
            (json!({"command": "a", "args": ["~/x"]}), "`~`"),
            (json!({"command": "a", "args": "x"}), "`args`"),
            (json!({"command": "a", "env": {"A": null}}), "`env`"),
            (json!({"command": "a", "args": ["$${A}"]}), "`$${`"),
            (json!({"command": "a", "type": "http"}), "`type`"),
            (json!({"command": "a", "type": "stdio", "transport": "stdio"}), "two types"),
            (json!({"url": "https://h.example.com/", "type": "ws"}), "`type`"),
            (json!({"url": "https://h.example.com/", "env": {"A": "1"}}), "`args` or `env`"),
            (json!({"url": "${input:x}"}), "address"),
            (json!({"source": "extension", "settings": {}}), "extension"),
        ] {
            let refused = adopted(&entry).expect_err("a reason");
            assert!(refused.contains(reason), "{entry}: {refused}");
        }
    }

    #[test]
    fn a_client_may_mean_something_else_by_the_same_words() {
        let gemini = Reading { dollars: true, sse: true };
        let config = |entry: &Value| adopt(entry, gemini).map(|adopted| adopted.config);
        assert!(config(&json!({"command": "a", "env": {"TOKEN": "$TOKEN"}})).is_err());
        assert!(config(&json!({"command": "a", "args": ["cost: $5", "${env:HOME}"]})).is_ok());
        let url = json!({"url": "https://h.example.com/mcp"});
        assert_eq!(config(&url).expect("taken")["type"], "sse");
        assert_eq!(
            adopted(&json!({"command": "sh", "args": ["echo $A"]})).expect("taken")["args"][0],
            "echo $A"
        );
    }

    #[test]
    fn near_is_what_is_near_by_its_own_words() {
        for (host, near) in [
            ("localhost", true),
            ("127.0.0.1:80", true),
            ("[::1]", true),
            ("192.168.0.7", true),
            ("nas.local", true),
            ("intranet", true),
            ("LOCALHOST.", true),
            ("example.com", false),
            ("203.0.113.7", false),
            ("localhost.example.com", false),
        ] {
            let url = reqwest::Url::parse(&format!("http://{host}/mcp")).expect("an address");
            assert_eq!(is_near(&url), near, "{host}");
        }
    }
}
