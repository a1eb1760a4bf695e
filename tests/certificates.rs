//! Remote servers over TLS: whose certificate is trusted, and what is said of one that is not.

use serde_json::{Value, json};

use crate::support::authority::{Authority, LOOPBACK};
use crate::support::{Config, Front, Gateway, KEY, SECURE_CALL, whole_log};

/// Another gateway, which is the server.
fn far(authority: &Authority, certificate: &str, key: &str) -> Front {
    let config = Config::new().lab(&[]).common("tool_exposure", json!("direct"));
    let config = config.common("direct_prefix", json!(false));
    let (certificate, key) = (authority.file(certificate), authority.file(key));
    Front::open(Gateway::prepare(&config.text()), &["--tls-cert", &certificate, "--tls-key", &key])
}

fn at(far: &Front) -> Config {
    let url = format!("https://127.0.0.1:{}/mcp", far.address.port());
    let remote =
        json!({"url": url, "allow_private": true, "headers": {"Authorization": format!("Bearer {KEY}")}});
    Config::new().server(json!({"server_name": "far", "config": remote}))
}

/// A gateway that trusts the authorities in a file, and no others.
async fn trusting(config: &Config, file: &str) -> Gateway {
    Gateway::prepare(&config.text()).env("SSL_CERT_FILE", Some(file)).connect().await
}

async fn echo(gateway: &Gateway) -> Value {
    let calls = json!([{"name": "echo", "args": {"message": "hi"}}]);
    gateway.call(SECURE_CALL, json!({"server_name": "far", "tool_calls": calls})).await.json
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_it_is_named() {
    let authority = Authority::new();
    // As real ones are: the server's certificate is of one that the authority has signed.
    authority.issue("between", "ca", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign", 2);
    authority.issue("leaf", "between", LOOPBACK, 2);
    let read = |name: &str| std::fs::read_to_string(authority.path(name)).expect("a certificate");
    std::fs::write(authority.path("chain.crt"), read("leaf.crt") + &read("between.crt")).expect("written");
    let far = far(&authority, "chain.crt", "leaf.key");
    for protocol in ["legacy", "modern"] {
        let gateway = trusting(&at(&far).with("protocol", json!(protocol)), &authority.file("ca.crt")).await;
        let answer = echo(&gateway).await;
        assert_eq!(answer["results"][0]["response"], "hi", "{protocol}: {answer}");
    }
    // A file may hold several, and a folder can be named instead.
    authority.own("other", "another authority");
    std::fs::write(authority.path("all.crt"), read("other.crt") + &read("ca.crt")).expect("written");
    let gateway = trusting(&at(&far), &authority.file("all.crt")).await;
    assert_eq!(echo(&gateway).await["status"], "success");
    let folder = authority.path("trusted");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(authority.path("ca.crt"), folder.join("ca.pem")).expect("copied");
    let gateway = Gateway::prepare(&at(&far).text()).env("SSL_CERT_DIR", folder.to_str()).connect().await;
    assert_eq!(echo(&gateway).await["status"], "success");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_and_nothing_is_sent() {
    let authority = Authority::new();
    authority.own("other", "another authority");
    authority.issue("elsewhere", "ca", "subjectAltName=DNS:canary-host.example", 2);
    authority.issue("old", "ca", LOOPBACK, -1);
    authority.issue("between", "ca", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign", 2);
    authority.issue("leaf", "between", LOOPBACK, 2);
    authority.issue("person", "ca", &format!("{LOOPBACK}\nextendedKeyUsage=clientAuth"), 2);
    for (certificate, trusted, words, hint) in [
        ("server", "other", "authority that this machine does not trust", "`SSL_CERT_FILE`"),
        ("leaf", "ca", "authority that this machine does not trust", "between it and the authority"),
        ("elsewhere", "ca", "for another host", "`url`"),
        ("old", "ca", "has run out", "renew"),
        ("ca", "ca", "cannot be used", "its own authority"),
        ("person", "ca", "cannot be used", "for servers"),
    ] {
        let far = far(&authority, &format!("{certificate}.crt"), &format!("{certificate}.key"));
        let gateway = trusting(&at(&far), &authority.file(&format!("{trusted}.crt"))).await;
        let answer = echo(&gateway).await;
        assert_eq!(answer["error_code"], "SERVER_START_FAILED", "{certificate}: {answer}");
        let message = answer["message"].as_str().expect("a text");
        assert!(message.contains("`far`") && message.contains(words), "{certificate}: {answer}");
        assert!(answer["hint"].as_str().expect("a hint").contains(hint), "{certificate}: {answer}");
        // What stands in a certificate is the server's text.
        let log = whole_log(&gateway).await;
        assert!(!answer.to_string().contains("canary-host") && !log.contains("canary-host"), "{log}");
        assert!(!far.gateway.log().contains("tools/"), "nothing reached it");
    }
}

#[tokio::test]
async fn without_authorities_there_is_no_connection() {
    let authority = Authority::new();
    let far = far(&authority, "server.crt", "server.key");
    for file in ["nowhere.crt", "server.key"] {
        let gateway = trusting(&at(&far), &authority.file(file)).await;
        let answer = echo(&gateway).await;
        assert_eq!(answer["error_code"], "SERVER_START_FAILED", "{answer}");
        assert!(answer["message"].as_str().expect("a text").contains("cannot be loaded"), "{answer}");
        assert!(answer["hint"].as_str().expect("a hint").contains("`SSL_CERT_FILE`"), "{answer}");
    }
}
