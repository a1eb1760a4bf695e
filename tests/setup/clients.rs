//! The files of all clients: found, registered in, given back.

use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::json;

use super::*;

struct Client {
    name: &'static str,
    title: &'static str,
    file: &'static str,
    list: &'static str,
    entry: &'static str,
    /// Whether its entries have a type.
    typed: bool,
}

const CLIENTS: [Client; 7] = [
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        file: DESKTOP,
        list: "mcpServers",
        entry: ENTRY,
        typed: false,
    },
    Client { name: "cursor", title: "Cursor", file: CURSOR, list: "mcpServers", entry: ENTRY, typed: false },
    Client {
        name: "claude-code",
        title: "Claude Code",
        file: CODE,
        list: "mcpServers",
        entry: PLAIN,
        typed: true,
    },
    Client {
        name: "vscode",
        title: "VS Code",
        file: if cfg!(target_os = "macos") {
            "Library/Application Support/Code/User/mcp.json"
        } else {
            ".config/Code/User/mcp.json"
        },
        list: "servers",
        entry: PLAIN,
        typed: true,
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        file: ".codeium/windsurf/mcp_config.json",
        list: "mcpServers",
        entry: PLAIN,
        typed: false,
    },
    Client {
        name: "gemini-cli",
        title: "Gemini CLI",
        file: ".gemini/settings.json",
        list: "mcpServers",
        entry: PLAIN,
        typed: false,
    },
    Client {
        name: "zed",
        title: "Zed",
        file: ".config/zed/settings.json",
        list: "context_servers",
        entry: PLAIN,
        typed: false,
    },
];

impl Client {
    fn commented(&self) -> String {
        COMMENTED.replace("mcpServers", self.list)
    }

    /// The entry in a file that has comments elsewhere only: it is written in one piece.
    fn entry_in(&self, text: &str) -> Value {
        entry_in(text, self.entry)
    }
}

pub(super) fn entry_in(text: &str, name: &str) -> Value {
    let (_, behind) = text.split_once(&format!("\"{name}\": ")).expect("our entry");
    let mut values = serde_json::Deserializer::from_str(behind).into_iter::<Value>();
    values.next().expect("a value").expect("JSON")
}

/// What a client of that entry gets from a tool.
pub(super) fn told_by(home: &Home, entry: &Value, tool: &str, asked: &Value) -> Value {
    let arguments: Vec<&str> = entry["args"]
        .as_array()
        .expect("arguments")
        .iter()
        .map(|text| text.as_str().expect("text"))
        .collect();
    let mut command = home.command(Path::new(entry["command"].as_str().expect("a command")), &arguments);
    for (name, value) in entry["env"].as_object().expect("variables") {
        command.env(name, value.as_str().expect("text"));
    }
    // A client starts it wherever it likes.
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut gateway = command.spawn().expect("started");
    let mut stdin = gateway.stdin.take().expect("stdin");
    let client = json!({"name": "t", "version": "1"});
    let opening = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    for message in [
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": opening}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": asked}}),
    ] {
        writeln!(stdin, "{message}").expect("written");
    }
    let messages = BufReader::new(gateway.stdout.take().expect("stdout")).lines();
    let mut messages =
        messages.map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON"));
    let answer = messages.find(|message| message["id"] == 1).expect("an answer");
    drop(stdin);
    gateway.wait().expect("an end");
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn each_is_found_gets_an_entry_that_starts_the_gateway_and_its_file_back() {
    for client in &CLIENTS {
        let before = client.commented();
        let home = Home::new().with(client.file, &before);
        let out = home.ok(&["setup"]);
        assert!(out.contains(&format!("restart        {}\n", client.title)), "{out}");
        assert_eq!(out.matches("not found").count(), CLIENTS.len() - 1, "{out}");
        let added = home.text(client.file);
        let mut rest = added.as_str();
        for line in before.lines() {
            rest = rest.split_once(line).unwrap_or_else(|| panic!("{line} is not in {added}")).1;
        }
        let entry = client.entry_in(&added);
        let members: Vec<&String> = entry.as_object().expect("members").keys().collect();
        let expected: &[&str] =
            if client.typed { &["type", "command", "args", "env"] } else { &["command", "args", "env"] };
        assert_eq!(members, expected, "{}", client.name);
        assert!(!client.typed || entry["type"] == "stdio", "{entry}");
        let servers = told_by(&home, &entry, "enkrypt_list_all_servers", &json!({}));
        assert!(servers["available_servers"]["echo_server"].is_object(), "{}: {servers}", client.name);
        assert!(home.ok(&["setup"]).contains("unchanged"));
        assert_eq!(home.text(client.file), added);
        let undone = home.ok(&["setup", "--undo"]);
        assert!(undone.contains("taken out"), "{undone}");
        assert_eq!(home.text(client.file), before);
        assert!(!home.path(&format!("{}.before-secure-mcp-gateway", client.file)).exists());
    }
}

#[test]
fn each_gets_a_file_where_it_has_none() {
    for client in &CLIENTS {
        let home = Home::new();
        home.ok(&["setup", "--client", client.name]);
        let entry = &home.json(client.file)[client.list][client.entry];
        assert_eq!(entry["env"]["ENKRYPT_GATEWAY_KEY"], home.key().as_str(), "{}", client.name);
        #[cfg(unix)]
        assert_eq!(home.mode(client.file), 0o600, "{}", client.name);
        home.ok(&["install", "--client", client.name]);
        home.ok(&["setup", "--undo", "--client", client.name]);
        assert_eq!(home.json(client.file), json!({client.list: {}}), "{}", client.name);
    }
}

#[test]
fn a_list_that_is_none_is_called_by_its_name() {
    for client in &CLIENTS {
        let text = format!("{{\"{}\": []}}", client.list);
        let home = Home::new().with(client.file, &text);
        let err = home.fails(&["setup"]).err;
        assert!(err.contains(&format!("has a `{}` that is not an object", client.list)), "{err}");
        assert_eq!(home.text(client.file), text);
    }
}

#[test]
fn what_others_keep_in_the_same_folders_is_no_client() {
    let home = Home::new()
        .with(".gemini/antigravity/mcp_config.json", "{}")
        .with(".codeium/config.json", "{}")
        .with(".config/Code - Insiders/User/mcp.json", "{}");
    let out = home.ok(&["setup"]);
    assert_eq!(out.matches("not found").count(), CLIENTS.len(), "{out}");
    for client in &CLIENTS {
        assert!(!home.path(client.file).exists(), "{}", client.name);
    }
}

#[cfg(unix)]
#[test]
fn those_of_the_terminal_are_found_by_their_programs() {
    use std::os::unix::fs::PermissionsExt as _;
    for (program, name) in [("bin/claude", "claude-code"), ("bin/gemini", "gemini-cli")] {
        let home = Home::new().with(program, "#!/bin/sh\n");
        fs::set_permissions(home.path(program), fs::Permissions::from_mode(0o755)).expect("set");
        home.ok(&["setup"]);
        for client in &CLIENTS {
            assert_eq!(home.path(client.file).exists(), client.name == name, "{}", client.name);
        }
    }
}

#[test]
fn an_entry_for_pasting_is_of_the_clients_kind() {
    let home = Home::new();
    home.run(&["generate-config"]);
    let (key, digest) = (home.key(), format!("sha256:{}", "0".repeat(64)));
    let home = home.configured(&key, &digest);
    for client in &CLIENTS {
        let err = home.fails(&["install", "--client", client.name]).err;
        let (head, pasted) = err.split_once("with a key of yours\n").expect("an entry");
        assert!(head.contains(&home.path(client.file).display().to_string()), "{err}");
        let pasted: Value = serde_json::from_str(pasted).expect("JSON");
        let entry = &pasted[client.list][client.entry];
        assert_eq!((entry["command"].is_string(), entry["type"] == "stdio"), (true, client.typed), "{err}");
    }
}

#[test]
fn all_are_named_wherever_one_is_asked_for() {
    let home = Home::new();
    let names = CLIENTS.map(|client| client.name).join(", ");
    for command in ["setup", "install"] {
        let help = home.ok(&[command, "--help"]);
        assert!(help.contains(&names), "{help}");
        assert!(help.lines().count() <= 24 && help.lines().all(|line| line.len() <= 110), "{help}");
        let unknown = home.fails(&[command, "--client", "emacs"]).err;
        assert!(unknown.contains("`emacs`") && unknown.replace('`', "").contains(&names), "{unknown}");
    }
}
