//! Who is turned away over HTTP, in the log.

use serde_json::json;

use crate::support::{Ask, Config, Front, KEY, eventually};

fn list() -> Ask {
    Ask::modern(1, "tools/list", json!({}))
}

#[tokio::test]
async fn each_refusal_is_a_line_with_the_id_that_the_client_gets() {
    let front = Front::start(&Config::new());
    for (ask, status, words) in [
        (
            list().known().header("Host", "proxy.example.com"),
            403,
            &["WARN", "place=\"proxy.example.com\""][..],
        ),
        (
            list().known().header("Origin", "http://page.example.com"),
            403,
            &["place=\"http://page.example.com\""],
        ),
        (list().header("Authorization", "Basic dTpw"), 401, &["WARN", "not `Bearer`"]),
        (list().header("apikey", KEY).header("ENKRYPT_GATEWAY_KEY", "another"), 401, &["several keys"]),
        (list().key("wrong-key-0000-a1b2"), 401, &["****a1b2", "the key is not known"]),
        (list(), 401, &["key=\"none\"", "no key was given"]),
        (
            Ask::request(1, "tools/list", &json!({})).known().session("x"),
            404,
            &["INFO", "this session is not known", "key=\"****", "user=\"user-1\""],
        ),
    ] {
        let told = front.send(&ask).await;
        assert_eq!(told.status, status, "{ask:?}");
        let id = told.json()["error"]["data"]["correlation_id"].as_str().expect("an id").to_owned();
        let line = |line: &str| {
            line.contains(&format!("request={id}"))
                && line.contains("peer=127.0.0.1")
                && words.iter().all(|word| line.contains(word))
        };
        eventually(&format!("{words:?}"), || front.gateway.log().lines().any(line));
    }
    assert!(!front.gateway.log().contains(KEY) && !front.gateway.log().contains("dTpw"));
}

#[tokio::test]
async fn what_a_client_sends_does_not_break_a_line() {
    let front = Front::start(&Config::new());
    let told = front.send(&list().known().header("Host", "a\u{9}\u{9b}31m\" key=\"x")).await;
    assert_eq!(told.status, 403);
    eventually("it is said", || front.gateway.log().contains("refused a request"));
    let log = front.gateway.log();
    assert!(!log.contains("key=\"x") && !log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
}

#[tokio::test]
async fn a_flood_does_not_fill_the_log() {
    let front = Front::start(&Config::new());
    let mut wire = front.wire().await;
    for _ in 0..400 {
        wire.write(&list().key("wrong")).await;
        assert_eq!(wire.answer().await.status, 401);
    }
    let said = front.gateway.log().matches("refused a request").count();
    assert!((1..200).contains(&said), "{said}");
    // With room for a line again, it says how many had none.
    eventually("they are counted", || {
        let ask = list().key("wrong").bytes();
        let mut stream = std::net::TcpStream::connect(front.address).expect("a connection");
        std::io::Write::write_all(&mut stream, &ask).expect("written");
        std::io::Read::read(&mut stream, &mut [0; 64]).expect("an answer");
        front.gateway.log().contains("unsaid=")
    });
}
