//! Whether a server behind an address lets nobody in without a login: the gateway has none, its client may.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::web;

const PATIENCE: Duration = Duration::from_secs(5);

const WANTED: &str = "it wants a login, which the gateway does not do: put a token into `headers`";
const UNKNOWN: &str = "it does not answer now, and may want a login, which the gateway does not do";

/// Asks the server as a client would that has nothing to show. One of this machine or its network may be asleep.
pub(super) fn refused(config: &Value) -> Result<(), &'static str> {
    let (Some(address), None) = (config["url"].as_str(), config.get("headers")) else { return Ok(()) };
    let is_near = config["allow_private"] == true;
    let silent = if is_near { Ok(()) } else { Err(UNKNOWN) };
    let Ok(url) = reqwest::Url::parse(address) else { return silent };
    let Ok(client) = web::outbound(&url, is_near) else { return silent };
    let client = if config["type"] == "sse" {
        client.get(url).header(ACCEPT, "text/event-stream")
    } else {
        // It begins no session, which nobody would end.
        let ping = json!({"jsonrpc": "2.0", "id": 0, "method": "ping"}).to_string();
        let post = client.post(url).header(ACCEPT, "application/json, text/event-stream");
        post.header(CONTENT_TYPE, "application/json").body(ping)
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return silent;
    };
    match runtime.block_on(async { client.timeout(PATIENCE).send().await }) {
        Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED => Err(WANTED),
        Ok(_) => Ok(()),
        Err(_) => silent,
    }
}
