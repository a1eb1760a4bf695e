//! Servers that a client has beside the gateway: named, moved behind it, given back.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use super::clients::{entry_in, told_by};
use super::*;

const MOVED: &str = ".cursor/mcp.json.moved-to-secure-mcp-gateway";
const CODE_USER: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Code/User/mcp.json"
} else {
    ".config/Code/User/mcp.json"
};

/// Two that can go, one that cannot, and one that nobody uses.
const MIXED: &str = r#"{
  // what I gave up on is in old.json
  "mcpServers": { // mine
    "say": { "command": ECHO, "args": [], "env": { "TOKEN": "token-of-mine" }, "autoApprove": ["echo"], }, // good
    /* "weather": {}, */
    "near": { "type": "http", "url": "http://127.0.0.1:9/mcp", "headers": { "X-Key": "${env:HOME}" } },
    "there": { "command": "python3", "cwd": "/srv" }, // far
    "off": { "command": "nothing", "disabled": true },
  },
  "unknown": 1.50, // stays
}
"#;

fn echo() -> String {
    let folder = Path::new(BINARY).parent().expect("a folder").join("examples");
    json!(folder.join(format!("echo_mcp{}", std::env::consts::EXE_SUFFIX))).to_string()
}

fn mixed(list: &str) -> String {
    MIXED.replace("ECHO", &echo()).replace("mcpServers", list)
}

fn servers(home: &Home) -> Vec<Value> {
    let lists = home.json(CONFIG)["mcp_configs"].clone();
    let list = lists.as_object().expect("lists").values().next().expect("a list")["mcp_config"].clone();
    list.as_array().expect("servers").clone()
}

fn names(home: &Home) -> Vec<String> {
    servers(home).iter().map(|server| server["server_name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_goes_past_the_gateway_is_named_with_what_to_do() {
    let home = Home::new().with(CURSOR, &mixed("mcpServers"));
    for word in ["registered", "unchanged"] {
        let out = home.ok(&["setup"]);
        let told = "3 servers go past the gateway: say, near, there\n                 `setup --import` moves";
        assert!(out.contains(word) && out.contains(told), "{out}");
        assert!(!out.contains("token-of-mine"), "{out}");
    }
    assert!(home.ok(&["install", "--client", "cursor"]).contains("3 servers go past the gateway"));
    let many: Vec<String> = (0..40).map(|n| format!("\"s{n}\\u202e\\n\": {{}}")).collect();
    let home = Home::new().with(CURSOR, &format!("{{\"mcpServers\": {{{}}}}}", many.join(",")));
    let out = home.ok(&["--config", "my.json", "setup"]);
    assert!(
        out.contains("40 servers go past the gateway: s0\\u{202e}\\n, ") && out.contains(" and 32 more"),
        "{out}"
    );
    assert!(out.contains(&format!("`setup --config {}", home.path("my.json").display())), "{out}");
    let alone = Home::new().with(CURSOR, "{\"mcpServers\": {\"x\": {\"url\": \"https://x.example.com\"}}}");
    assert!(alone.ok(&["setup"]).contains("1 server goes past the gateway: x\n"));
    let none =
        Home::new().with(CURSOR, "{\"mcpServers\": {\"x\": {\"command\": \"x\", \"enabled\": false}}}");
    assert!(!none.ok(&["setup"]).contains("past the gateway"));
}

/// What was said of `MIXED`, and what became of it in the configuration.
fn is_told_and_configured(home: &Home, out: &str) {
    for told in [
        "(2 servers more; as it was: ",
        "moved",
        "say, near\n",
        "`say` went without `autoApprove`",
        "`near` may be on this machine or in its network: `allow_private`",
        "`there` stays here: the gateway does not heed `cwd`",
        "add there what else it needs",
        "came back through `echo_server`",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    assert!(!out.contains("token-of-mine"), "{out}");
    assert_eq!(names(home), ["echo_server", "say", "near"]);
    let all = servers(home);
    let command: Value = serde_json::from_str(&echo()).expect("a path");
    assert_eq!(all[1]["config"], json!({"command": command, "args": [], "env": {"TOKEN": "token-of-mine"}}));
    assert_eq!(
        all[2]["config"],
        json!({"type": "http", "url": "http://127.0.0.1:9/mcp", "headers": {"X-Key": "${env:HOME}"}, "allow_private": true})
    );
    for policy in ["input_guardrails_policy", "output_guardrails_policy", "tool_guardrails_policy"] {
        assert!(all[0][policy]["enabled"] == true && all[1][policy] == all[0][policy], "{policy}");
    }
}

#[test]
fn servers_go_behind_the_gateway_and_come_back() {
    for (file, list, name, again) in
        [(CURSOR, "mcpServers", ENTRY, true), (CODE_USER, "servers", PLAIN, false)]
    {
        let before = mixed(list);
        let home = Home::new().with(file, &before);
        if again {
            home.ok(&["setup"]);
        } else {
            home.run(&["generate-config"]);
        }
        let config = home.text(CONFIG);
        let out = home.ok(&["setup", "--import"]);
        assert_eq!(home.text(&format!("{CONFIG}.bak")), config);
        is_told_and_configured(&home, &out);
        let text = home.text(file);
        for kept in [
            "// what I gave up",
            "// mine",
            "// good",
            "\"weather\"",
            "\"there\"",
            "// far",
            "\"off\"",
            "1.50, // stays",
        ] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert!(!text.contains("\"say\"") && !text.contains("\"near\""), "{text}");
        #[cfg(unix)]
        for private in
            [CONFIG, file, &format!("{CONFIG}.bak"), &format!("{file}.moved-to-secure-mcp-gateway")]
        {
            assert_eq!(home.mode(private), 0o600, "{private}");
        }
        home.ok(&["config", "check"]);
        let call =
            json!({"server_name": "say", "tool_calls": [{"name": "echo", "args": {"message": "through"}}]});
        let entry = entry_in(&text, name);
        let answer = told_by(&home, &entry, "enkrypt_secure_call_tools", &call);
        assert_eq!(answer["results"][0]["response"], "through", "{answer}");
        // A second time there is nothing to do.
        let config = home.text(CONFIG);
        let out = home.ok(&["setup", "--import"]);
        assert!(out.contains("`there` stays here") && !out.contains("moved"), "{out}");
        assert_eq!((home.text(CONFIG), home.text(file)), (config.clone(), text));
        let out = home.ok(&["setup", "--undo"]);
        assert!(out.contains("in it again, and still behind the gateway: say, near"), "{out}");
        assert_eq!((home.text(file), home.text(CONFIG)), (before, config));
        assert!(!home.path(&format!("{file}.moved-to-secure-mcp-gateway")).exists());
        assert!(!home.path(&format!("{file}.before-secure-mcp-gateway")).exists());
        // They stand there already, as they are.
        let out = home.ok(&["setup", "--import"]);
        assert!(out.contains("say, near\n") && !out.contains("more; as it was"), "{out}");
        assert!(!home.text(file).contains("\"say\""));
    }
}

#[test]
fn servers_come_back_as_entries_where_the_file_has_changed_since() {
    let home = Home::new().with(CURSOR, &mixed("mcpServers"));
    home.ok(&["setup", "--import"]);
    fs::write(home.path(CURSOR), home.text(CURSOR).replace("1.50", "2")).expect("written");
    home.ok(&["setup", "--undo"]);
    let text = home.text(CURSOR);
    assert!(text.contains("2, // stays") && text.contains("// good"), "{text}");
    assert_eq!(entry_in(&text, "say")["autoApprove"], json!(["echo"]));
    assert_eq!(entry_in(&text, "near")["headers"]["X-Key"], "${env:HOME}");
    assert!(!text.contains(ENTRY) && !home.path(MOVED).exists(), "{text}");
}

#[test]
fn what_the_configuration_would_not_take_stays_with_its_client() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let login = format!("http://{}/mcp", closed.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in closed.incoming().flatten() {
            let (mut stream, mut head) = (stream, [0; 2048]);
            let _ = stream.read(&mut head);
            let _ = stream
                .write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let home = Home::new();
    home.run(&["generate-config"]);
    let key = home.key();
    let cursor = json!({"mcpServers": {
        "echo_server": {"command": "another"},
        "variable": {"command": "a", "env": {"T": "${env:NOT_SET_HERE}"}},
        "prompted": {"command": "a", "args": ["${input:secret-name}"]},
        "login": {"url": login},
        "silent": {"url": "https://nowhere.invalid/mcp"},
        "asleep": {"url": "http://127.0.0.1:9/mcp"},
        "twin": {"command": "a", "args": ["1"]},
        "same": {"command": "b"},
        "wrong": {"url": "https://h.example.com/", "headers": {"Host": "x"}},
        "itself": {"url": "http://127.0.0.1:8000/mcp", "headers": {"Authorization": format!("Bearer {key}")}},
    }});
    let code = json!({"mcpServers": {"twin": {"command": "a", "args": ["2"]}, "same": {"command": "b"}}});
    let home = home.with(CURSOR, &cursor.to_string()).with(CODE, &code.to_string());
    let out = home.ok(&["setup", "--import"]);
    for (name, reason) in [
        ("echo_server", "another server of this name"),
        ("variable", "the variable is not set"),
        ("prompted", "expected a reference"),
        ("login", "it wants a login"),
        ("silent", "it does not answer now"),
        ("twin", "another server of this name"),
        ("wrong", "expected no header"),
        ("itself", "it holds a key of this gateway"),
    ] {
        let told = out.lines().find(|line| line.contains(&format!("`{name}` stays here: ")));
        assert!(told.is_some_and(|told| told.contains(reason)), "{name}: {out}");
    }
    assert!(!out.contains(&key) && !out.contains("secret-name"), "{out}");
    assert_eq!(names(&home), ["echo_server", "asleep", "twin", "same"]);
    let left = home.json(CURSOR)["mcpServers"].clone();
    let left: Vec<&String> =
        left.as_object().expect("entries").keys().filter(|name| *name != ENTRY).collect();
    assert_eq!(left, ["echo_server", "variable", "prompted", "login", "silent", "wrong", "itself"]);
    let left = home.json(CODE)["mcpServers"].clone();
    assert!(left["twin"].is_object() && left.get("same").is_none(), "{left}");
    home.ok(&["config", "check"]);
}

#[test]
fn a_client_that_cannot_be_written_has_its_servers_twice_and_loses_none() {
    let home = Home::new()
        .with(CURSOR, "{\"mcpServers\": {\"x\": {\"command\": \"x\"}}}")
        .with(&format!("{MOVED}/x"), "");
    let Outcome { out, err, .. } = home.fails(&["setup", "--import"]);
    assert!(
        out.contains("FAILED") && err.contains("its servers stand here and behind the gateway"),
        "{out}{err}"
    );
    assert!(home.json(CURSOR)["mcpServers"]["x"].is_object());
    assert_eq!(names(&home), ["echo_server", "x"]);
    fs::remove_dir_all(home.path(MOVED)).expect("removed");
    home.ok(&["setup", "--import"]);
    assert!(home.json(CURSOR)["mcpServers"].get("x").is_none());
    assert_eq!(names(&home), ["echo_server", "x"]);
}

#[test]
fn only_the_named_client_gives_its_servers_and_only_one_with_a_gateway_that_works() {
    let entry = "{\"mcpServers\": {\"x\": {\"command\": \"x\"}}}";
    let home = Home::new().with(CURSOR, entry).with(CODE, entry);
    home.ok(&["setup", "--import", "--client", "cursor"]);
    assert_eq!(home.text(CODE), entry);
    let broken = Home::new().configured("examples/echo_mcp", "examples/nowhere/echo_mcp").with(CURSOR, entry);
    broken.fails(&["setup", "--import"]);
    assert!(broken.json(CURSOR)["mcpServers"]["x"].is_object(), "it is taken out after the proof");
    assert!(broken.run(&["setup", "--import", "--undo"]).code == Some(2));
    let first = r#"{"gateways": {"a-key-of-the-first-kind": {"id": "g", "mcp_config": []}}}"#;
    let first = Home::new().with(CONFIG, first).with(CURSOR, entry);
    let outcome = first.run(&["setup", "--import"]);
    assert_eq!(outcome.code, Some(0), "{}{}", outcome.out, outcome.err);
    assert_eq!(
        first.json(CONFIG)["gateways"]["a-key-of-the-first-kind"]["mcp_config"][0]["server_name"],
        "x"
    );
}

#[test]
fn servers_go_to_the_list_that_the_clients_key_opens() {
    let config = json!({
        "mcp_configs": {"one": {"mcp_config": []}, "two": {"mcp_config": []}},
        "projects": {"p": {"mcp_config_id": "one", "users": ["u"]}, "q": {"mcp_config_id": "two", "users": ["u"]}},
        "users": {"u": {}},
        "apikeys": {
            "first-key-of-all-0001": {"project_id": "p", "user_id": "u"},
            "second-key-of-all-002": {"project_id": "q", "user_id": "u"},
        },
    });
    let own = json!({"command": BINARY, "env": {"ENKRYPT_GATEWAY_KEY": "second-key-of-all-002"}});
    let entry = json!({"mcpServers": {ENTRY: own, "x": {"command": "x"}}});
    let home = Home::new().with(CONFIG, &config.to_string()).with(CURSOR, &entry.to_string());
    home.run(&["setup", "--import"]);
    let lists = home.json(CONFIG)["mcp_configs"].clone();
    assert_eq!(lists["one"], json!({"mcp_config": []}));
    assert_eq!(lists["two"]["mcp_config"][0]["server_name"], "x");
    // Where a service says it, the file is of no use.
    let service = json!({"auth": {"provider": "enkrypt", "config": {
        "gateway_name": "g", "api_key": "k", "base_url": "https://service.example.com",
    }}});
    let mut config = config;
    config["plugins"] = service;
    let home = Home::new().with(CONFIG, &config.to_string()).with(CURSOR, &entry.to_string());
    assert!(home.fails(&["setup", "--import"]).err.contains("a service says which servers a key opens"));
    assert_eq!(home.json(CONFIG), config);
    assert!(home.json(CURSOR)["mcpServers"]["x"].is_object());
}
