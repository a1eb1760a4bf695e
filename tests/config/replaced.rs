//! Edits of a configuration whose folder, or whose file itself, is no longer the one that was there at the start.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::json;

use crate::support::{CLEAR_CACHE, Config, Gateway, KEY, LIST, eventually};

/// A configuration that is unlike any other by its server's name.
fn text(server: &str) -> String {
    Config::new().server(json!({"server_name": server, "config": {"command": "none"}})).text()
}

fn put(path: &Path, server: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text(server)).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
}

/// A gateway that has read its file once more since it watches it.
async fn watching(config: impl FnOnce(&Gateway)) -> Gateway {
    let gateway = Gateway::prepare(&text("first")).config_at("own/config.json");
    config(&gateway);
    let gateway = gateway.connect().await;
    taken(&gateway, &gateway.config_path(), "second");
    gateway
}

fn taken(gateway: &Gateway, path: &Path, server: &str) {
    let before = gateway.log().matches("the new one is in force").count();
    put(path, server);
    eventually(server, || gateway.log().matches("the new one is in force").count() > before);
}

async fn servers(gateway: &Gateway) -> Vec<String> {
    let listed = gateway.call(LIST, json!({"discover_tools": false})).await.json;
    listed["available_servers"].as_object().expect("servers").keys().cloned().collect()
}

#[tokio::test]
async fn a_folder_that_was_removed_and_made_again_is_watched_again() {
    let gateway = watching(|_| {}).await;
    fs::remove_dir_all(gateway.path("own")).expect("removed");
    eventually("it is missed", || gateway.log().contains("no configuration file"));
    for server in ["third", "fourth"] {
        taken(&gateway, &gateway.config_path(), server);
    }
    assert_eq!(servers(&gateway).await, ["fourth"]);
}

#[tokio::test]
async fn an_edit_is_said_also_where_a_cleared_cache_finds_it_first() {
    let gateway = watching(|_| {}).await;
    fs::write(gateway.config_path(), "{").expect("written");
    eventually("it is refused", || gateway.log().contains("last good configuration stays"));
    for arguments in [json!({}), json!({"cache_type": "gateway_config"})] {
        let refused = gateway.call(CLEAR_CACHE, arguments).await.json;
        assert_eq!((&refused["status"], &refused["error_code"]), (&json!("error"), &json!("CONFIG_INVALID")));
        assert!(refused["hint"].as_str().is_some_and(|hint| hint.contains("config check")), "{refused}");
    }
    for server in ["third", "fourth"] {
        let before = gateway.log().matches("the new one is in force").count();
        put(&gateway.config_path(), server);
        assert_eq!(gateway.call(CLEAR_CACHE, json!({})).await.json["status"], "success");
        let said = || gateway.log().matches("the new one is in force").count() == before + 1;
        eventually(server, said);
        assert_eq!(servers(&gateway).await, [server]);
    }
    assert!(!gateway.log().contains("as it was before"), "{}", gateway.log());
}

#[tokio::test]
async fn a_copy_in_the_place_of_its_folder_is_the_configuration() {
    let gateway = watching(|_| {}).await;
    let copy = gateway.path("copy");
    fs::create_dir(&copy).expect("made");
    fs::copy(gateway.config_path(), copy.join("config.json")).expect("copied");
    fs::rename(gateway.path("own"), gateway.path("own.bak")).expect("moved");
    fs::rename(copy, gateway.path("own")).expect("moved");
    let disabled =
        Config::new().echo().edit(|config| config["apikeys"][KEY]["disabled"] = json!(true)).text();
    let before = gateway.log().matches("the new one is in force").count();
    fs::write(gateway.config_path(), disabled).expect("written");
    eventually("it is taken", || gateway.log().matches("the new one is in force").count() > before);
    let refused = gateway.call(LIST, json!({"discover_tools": false})).await.json;
    assert_eq!(refused["error_code"], "AUTH_FAILED", "{refused}");
}

#[tokio::test]
async fn a_file_that_became_a_link_is_followed() {
    let gateway = watching(|_| {}).await;
    let target = gateway.path("dots/real.json");
    put(&target, "third");
    let before = gateway.log().matches("the new one is in force").count();
    fs::remove_file(gateway.config_path()).expect("removed");
    symlink(&target, gateway.config_path()).expect("a link");
    eventually("the link", || gateway.log().matches("the new one is in force").count() > before);
    taken(&gateway, &target, "fourth");
    assert_eq!(servers(&gateway).await, ["fourth"]);
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_followed_there() {
    let point = |gateway: &Gateway, target: &str| {
        symlink(gateway.path(target), gateway.path("own/next")).expect("a link");
        fs::rename(gateway.path("own/next"), gateway.config_path()).expect("renamed");
    };
    let gateway = watching(|gateway| {
        put(&gateway.path("one/real.json"), "first");
        point(gateway, "one/real.json");
    })
    .await;
    let target = gateway.path("two/real.json");
    put(&target, "third");
    let before = gateway.log().matches("the new one is in force").count();
    point(&gateway, "two/real.json");
    eventually("the other one", || gateway.log().matches("the new one is in force").count() > before);
    taken(&gateway, &target, "fourth");
    assert_eq!(servers(&gateway).await, ["fourth"]);
}

#[tokio::test]
async fn a_pipe_in_the_place_of_the_file_is_not_waited_for() {
    let gateway = watching(|_| {}).await;
    let pipe = gateway.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    fs::rename(&pipe, gateway.config_path()).expect("renamed");
    eventually("it is refused", || gateway.log().contains("it is no ordinary file"));
    fs::remove_file(gateway.config_path()).expect("removed");
    taken(&gateway, &gateway.config_path(), "third");
    assert_eq!(servers(&gateway).await, ["third"]);
}
