//! Servers that could not be asked at first, and can be later.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::{Script, ask, direct, names, start};
use crate::support::{
    Ask, CLEAR_CACHE, Config, Front, KEY, Raw, Wire, eventually, eventually_async, server_binary,
};

const CHANGED: &str = "notifications/tools/list_changed";
const MESSAGE: &str = "notifications/message";

/// A server whose command is put in place by the test.
struct Missing(tempfile::TempDir);

impl Missing {
    fn new() -> Self {
        Self(tempfile::TempDir::new().expect("a folder"))
    }

    fn server(&self) -> Value {
        json!({"server_name": "lab", "config": {"command": self.0.path().join("command"), "args": []}})
    }

    fn mend(&self) {
        symlink(server_binary("lab_mcp"), self.0.path().join("command")).expect("a link");
    }
}

async fn shown(raw: &mut Raw) -> usize {
    names(raw).await.iter().filter(|name| name.starts_with("lab__")).count()
}

#[tokio::test]
async fn clearing_the_cache_forgets_that_a_server_could_not_be_asked() {
    for arguments in [json!({"server_name": "lab"}), json!({"cache_type": "server_config"}), json!({})] {
        let missing = Missing::new();
        let config = Config::new().common("tool_exposure", json!("both")).server(missing.server());
        let mut raw = start(&config).await;
        assert_eq!(shown(&mut raw).await, 0);
        missing.mend();
        assert_eq!(shown(&mut raw).await, 0, "it is left alone for a moment");
        ask(&mut raw, "tools/call", json!({"name": CLEAR_CACHE, "arguments": arguments})).await;
        assert_eq!(shown(&mut raw).await, 17, "{arguments}");
    }
}

#[tokio::test]
async fn a_server_that_could_not_be_asked_is_asked_again_soon() {
    let missing = Missing::new();
    let mut raw = start(&direct(Config::new()).server(missing.server())).await;
    assert!(names(&mut raw).await.is_empty());
    missing.mend();
    eventually_async("it is asked again", async || shown(&mut raw).await == 17).await;
}

#[tokio::test]
async fn an_edit_of_a_server_asks_it_at_once() {
    let missing = Missing::new();
    let config = direct(Config::new()).server(missing.server());
    let mut raw = start(&config).await;
    assert!(names(&mut raw).await.is_empty());
    let mended = config.edit(|config| {
        config["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["command"] =
            json!(server_binary("lab_mcp"));
    });
    raw.gateway.write_config(&mended.text());
    while raw.receive().await["method"] != "notifications/tools/list_changed" {}
    assert_eq!(shown(&mut raw).await, 17);
}

/// The tools that are shown, and what came before them.
async fn list(raw: &mut Raw) -> (usize, Vec<Value>) {
    raw.send(&json!({"jsonrpc": "2.0", "id": "list", "method": "tools/list"})).await;
    let mut before = Vec::new();
    loop {
        let message = raw.receive().await;
        if message["id"] == "list" {
            return (message["result"]["tools"].as_array().expect("a list").len(), before);
        }
        before.push(message);
    }
}

#[tokio::test]
async fn a_server_that_is_mended_comes_into_the_list_by_itself() {
    let missing = Missing::new();
    let mut raw = start(&direct(Config::new()).server(missing.server())).await;
    assert!(names(&mut raw).await.is_empty());
    missing.mend();
    while raw.receive().await["method"] != CHANGED {}
    assert_eq!(shown(&mut raw).await, 17);
}

#[tokio::test]
async fn a_client_is_told_once_what_is_missing_and_why() {
    let missing = Missing::new();
    let config = direct(Config::new().echo()).server(missing.server());
    let mut raw = start(&config).await;
    let (tools, told) = list(&mut raw).await;
    assert!(tools > 0);
    let [message] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&message["method"], &message["params"]["level"]), (&json!(MESSAGE), &json!("warning")));
    let data = &message["params"]["data"];
    assert_eq!((&data["server_name"], &data["error_code"]), (&json!("lab"), &json!("SERVER_START_FAILED")));
    assert!(
        data["message"].as_str().expect("a text").contains("`lab`") && data["hint"].is_string(),
        "{data}"
    );
    assert_eq!(list(&mut raw).await, (tools, Vec::new()), "it knows");
    missing.mend();
    // An attempt that comes too early tells it nothing new.
    assert_eq!(raw.receive().await["method"], CHANGED);
    assert_eq!(list(&mut raw).await, (tools + 17, Vec::new()));
}

#[tokio::test]
async fn who_wants_errors_only_is_not_told_what_is_missing() {
    let missing = Missing::new();
    let mut raw = start(&direct(Config::new()).server(missing.server())).await;
    ask(&mut raw, "logging/setLevel", json!({"level": "error"})).await;
    assert_eq!(list(&mut raw).await, (0, Vec::new()));
    missing.mend();
    assert_eq!(raw.receive().await["method"], CHANGED);
}

#[tokio::test]
async fn a_client_is_told_of_a_server_that_was_too_slow_when_it_has_failed() {
    let slow = json!({"server_name": "slow", "config": {"command": server_binary("lab_mcp"), "args": ["--start-delay", "3600000"]}});
    let config = direct(Config::new()).server(slow).timeout("discovery_timeout", 6.0);
    let mut raw = start(&config).await;
    assert_eq!(list(&mut raw).await, (0, Vec::new()));
    let told = raw.receive().await;
    assert_eq!(
        (&told["method"], &told["params"]["data"]["error_code"]),
        (&json!(MESSAGE), &json!("TIMEOUT"))
    );
}

#[tokio::test]
async fn what_has_no_tools_or_is_switched_off_is_not_missing() {
    let prompts = Script::new(&json!({"capabilities": {"prompts": {}}, "answers": [
        {"method": "prompts/list", "result": {"prompts": [{"name": "p"}]}},
    ]}));
    let config = direct(Config::new()).server(prompts.server("s")).server(
        json!({"server_name": "off", "config": {"command": server_binary("lab_mcp")}, "disabled": true}),
    );
    let mut raw = start(&config).await;
    assert_eq!(list(&mut raw).await, (0, Vec::new()));
    let prompts = ask(&mut raw, "prompts/list", json!({})).await;
    assert_eq!(prompts["result"]["prompts"][0]["name"], "s__p", "{prompts}");
    assert!(!raw.gateway.log().contains("could not ask"), "{}", raw.gateway.log());
}

/// A server that fails until it is mended, and notes each start.
struct Counted(tempfile::TempDir);

impl Counted {
    fn server(&self) -> Value {
        let script = r#"echo started >> "$0/starts"; [ -e "$0/mended" ] && exec "$1"; exit 1"#;
        let args = json!(["-c", script, self.0.path(), server_binary("lab_mcp")]);
        json!({"server_name": "lab", "config": {"command": "sh", "args": args}, "standby_idle_seconds": 0})
    }

    fn starts(&self) -> usize {
        std::fs::read_to_string(self.0.path().join("starts")).unwrap_or_default().lines().count()
    }

    fn mend(&self) {
        std::fs::write(self.0.path().join("mended"), "").expect("written");
    }
}

async fn changed(wire: &mut Wire) {
    while wire.event().await.expect("an event").data["method"] != CHANGED {}
}

#[tokio::test]
async fn over_http_one_question_serves_all_who_can_be_told() {
    let (counted, other) = (Counted(tempfile::TempDir::new().expect("a folder")), "test-key-other-77aa55cc");
    let config = direct(Config::new()).server(counted.server()).edit(|config| {
        config["projects"]["project-2"] =
            json!({"project_name": "o", "mcp_config_id": "config-1", "users": ["user-1"]});
        config["apikeys"][other] = json!({"project_id": "project-2", "user_id": "user-1"});
    });
    let front = Front::start(&config);
    let list = Ask::request(1, "tools/list", &json!({}));
    let mut streams = Vec::new();
    for key in [KEY, other] {
        let session = front.session(key).await;
        let told = front.send(&list.clone().key(key).session(&session)).await;
        let text = String::from_utf8(told.body).expect("text");
        assert!(text.contains(MESSAGE) && text.contains("SERVER_START_FAILED"), "{text}");
        let again = front.send(&list.clone().key(key).session(&session)).await;
        assert_eq!(again.json()["result"]["tools"], json!([]), "it knows");
        let mut wire = front.wire().await;
        let get = Ask::new("GET", "/mcp").key(key).session(&session).header("Accept", "text/event-stream");
        wire.write(&get).await;
        assert_eq!(wire.head().await.status, 200);
        streams.push(wire);
    }
    let mut subscribed = front.wire().await;
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    subscribed.write(&Ask::modern(5, "subscriptions/listen", wanted).known()).await;
    assert_eq!(subscribed.head().await.status, 200);
    let before = counted.starts();
    assert_eq!(before, 2, "each was told by its own first list");
    eventually("one of them asks again", || counted.starts() > before);
    assert_eq!(counted.starts(), before + 1, "and not the other");
    counted.mend();
    for wire in streams.iter_mut().chain([&mut subscribed]) {
        changed(wire).await;
    }
}
