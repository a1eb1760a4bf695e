//! Servers that could not be asked at first, and can be later.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::{ask, direct, names, start};
use crate::support::{CLEAR_CACHE, Config, Raw, eventually_async, server_binary};

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
