//! The end of the process, its certificate, and what it reads again when it is asked to.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{begun, call};
use crate::support::authority::Authority;
use crate::support::{Ask, Config, Front, Gateway, KEY, SECURE_CALL, eventually_async};

fn signal(front: &Front, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &front.pid().to_string()]).status();
    assert!(done.expect("kill runs").success());
}

async fn ended(front: &mut Front) -> std::process::ExitStatus {
    let status = tokio::time::timeout(Duration::from_secs(20), front.child.wait()).await;
    status.expect("it ends in time").expect("a status")
}

fn sleep(ms: u64) -> Ask {
    let calls = json!([{"name": "sleep", "args": {"ms": ms}}]);
    call(1, SECURE_CALL, &json!({"server_name": "lab", "tool_calls": calls})).known()
}

#[tokio::test]
async fn calls_on_their_way_are_answered_before_the_end_and_new_ones_are_not_taken() {
    let mut front = Front::start(&Config::new().lab(&[]));
    let session = front.session(KEY).await;
    let (mut kept, mut waiting) = (front.wire().await, front.wire().await);
    kept.write(&Ask::new("GET", "/ready")).await;
    assert_eq!(kept.answer().await.status, 200);
    waiting.write(&sleep(2_000).session(&session)).await;
    begun(&front, &session).await;
    signal(&front, "TERM");
    eventually_async("it is not ready any more", async || {
        kept.write(&Ask::new("GET", "/ready")).await;
        kept.answer().await.status == 503
    })
    .await;
    for ask in
        [Ask::initialize().known(), Ask::request(5, "tools/list", &json!({})).known().session(&session)]
    {
        kept.write(&ask).await;
        let told = kept.answer().await;
        assert_eq!((told.status, told.header("retry-after").is_some()), (503, true), "{told:?}");
    }
    assert!(tokio::net::TcpStream::connect(front.address).await.is_err(), "nobody new is let in");
    let told = waiting.answer().await;
    assert_eq!(told.json()["result"]["isError"], false, "{told:?}");
    assert!(ended(&mut front).await.success());
}

#[tokio::test]
async fn a_second_signal_ends_what_the_first_has_left() {
    let mut front = Front::start(&Config::new().lab(&[]));
    let session = front.session(KEY).await;
    let mut waiting = front.wire().await;
    waiting.write(&sleep(60_000).session(&session)).await;
    begun(&front, &session).await;
    signal(&front, "TERM");
    let log = || front.gateway.log().contains("no new requests");
    crate::support::eventually("the first is seen", log);
    signal(&front, "INT");
    crate::support::eventually("the second is seen", || front.gateway.log().contains("at once"));
    assert!(ended(&mut front).await.success());
}

#[tokio::test]
async fn an_idle_gateway_ends_at_once_whoever_is_connected() {
    let mut front = Front::start(&Config::new());
    let session = front.session(KEY).await;
    let (mut stream, mut listening) = (front.wire().await, front.wire().await);
    stream.write(&Ask::new("GET", "/mcp").known().session(&session)).await;
    assert_eq!(stream.head().await.status, 200);
    let params = json!({"notifications": {}});
    listening.write(&Ask::modern(5, "subscriptions/listen", params).known()).await;
    assert_eq!(listening.head().await.status, 200);
    assert!(listening.event().await.is_some());
    signal(&front, "TERM");
    assert_eq!(listening.event().await.expect("its end").data["id"], 5);
    assert!(stream.event().await.is_none());
    assert!(ended(&mut front).await.success());
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls() {
    let authority = Authority::new();
    let file = |name: &str| authority.path(name).to_string_lossy().into_owned();
    let (certificate, key) = (file("server.crt"), file("server.key"));
    let gateway = Gateway::prepare(&Config::new().text());
    let front = Front::open(gateway, &["--tls-cert", &certificate, "--tls-key", &key]);
    secure_mcp_gateway::install_crypto();
    let root = std::fs::read(authority.path("ca.crt")).expect("a certificate");
    let root = reqwest::Certificate::from_pem(&root).expect("a certificate");
    let client = reqwest::Client::builder().tls_certs_only([root]).build().expect("a client");
    let url = format!("https://127.0.0.1:{}", front.address.port());
    let health = client.get(format!("{url}/health")).send().await.expect("an answer");
    assert_eq!(health.status(), 200);
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}});
    let ask = client.post(format!("{url}/mcp")).bearer_auth(KEY).json(&message);
    assert_eq!(ask.send().await.expect("an answer").status(), 200);
    // Whoever says nothing is not waited for long.
    let mut silent = front.wire().await;
    // Whoever speaks plainly is not understood, and holds nobody up.
    let mut plain = front.wire().await;
    plain.write_bytes(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    assert!(!plain.end().await.starts_with(b"HTTP"));
    assert_eq!(silent.end().await, b"");
    // A certificate and the key of another.
    let (code, _, err) = Gateway::prepare(&Config::new().text())
        .run(&[
            "serve",
            "--transport",
            "http",
            "--port",
            "0",
            "--tls-cert",
            &certificate,
            "--tls-key",
            &file("ca.key"),
        ])
        .await;
    assert!(code == 78 && err.contains("ca.key") && err.contains("does not fit"), "{code} {err}");
    let (code, _, err) = Gateway::prepare(&Config::new().text())
        .run(&["serve", "--transport", "http", "--port", "0", "--tls-cert", &key, "--tls-key", &key])
        .await;
    assert!(code == 78 && err.contains("no certificate"), "{code} {err}");
}

#[tokio::test]
async fn a_hangup_has_configuration_references_and_certificate_read_again() {
    let authority = Authority::new();
    let file = |name: &str| authority.path(name).to_string_lossy().into_owned();
    let (certificate, key) = (file("server.crt"), file("server.key"));
    let folder = tempfile::TempDir::new().expect("a folder");
    let secret = folder.path().join("key");
    std::fs::write(&secret, "first-key-000000000001").expect("written");
    let reference = format!("${{file:{}}}", secret.display());
    let config = Config::new().edit(|file| {
        file["apikeys"] = json!({reference: {"project_id": "project-1", "user_id": "user-1"}});
    });
    let front =
        Front::open(Gateway::prepare(&config.text()), &["--tls-cert", &certificate, "--tls-key", &key]);
    secure_mcp_gateway::install_crypto();
    let url = format!("https://127.0.0.1:{}/mcp", front.address.port());
    let status = async |key: &str| {
        // Each client has a connection of its own.
        let root = std::fs::read(authority.path("ca.crt")).expect("a certificate");
        let root = reqwest::Certificate::from_pem(&root).expect("a certificate");
        let client = reqwest::Client::builder().tls_certs_only([root]).build().expect("a client");
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}});
        client
            .post(&url)
            .bearer_auth(key)
            .json(&message)
            .send()
            .await
            .ok()
            .map(|answer| answer.status().as_u16())
    };
    assert_eq!(status("first-key-000000000001").await, Some(200));
    std::fs::write(&secret, "second-key-00000000002").expect("written");
    // The new certificate is by a new authority, which the client reads above.
    authority.own("ca", "another authority");
    authority.issue("server", "ca", crate::support::authority::LOOPBACK, 2);
    assert_eq!(status("first-key-000000000001").await, None, "the old certificate is still served");
    signal(&front, "HUP");
    eventually_async("the new ones are in force", async || {
        status("second-key-00000000002").await == Some(200)
    })
    .await;
    assert_eq!(status("first-key-000000000001").await, Some(401));
    // What cannot be used changes nothing.
    std::fs::write(&certificate, "none").expect("written");
    front.gateway.write_config("{");
    signal(&front, "HUP");
    crate::support::eventually("it says so", || {
        let log = front.gateway.log();
        log.contains("the certificate stays as it was") && log.contains("the last good configuration stays")
    });
    assert_eq!(status("second-key-00000000002").await, Some(200));
}
