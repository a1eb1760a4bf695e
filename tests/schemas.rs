//! Input schemas that a server made to be expensive: every call is answered, and soon.

use serde_json::{Value, json};

use crate::support::{Config, DISCOVER, Gateway};

async fn start() -> Gateway {
    Gateway::start(&Config::new().hostile("bomb-schema")).await
}

#[tokio::test]
async fn no_schema_holds_up_the_gateway() {
    let gateway = start().await;
    let listed = gateway.call(DISCOVER, json!({"server_name": "hostile"})).await.json;
    let tools = listed["tools"]["tools"].as_array().expect("tools");
    let bombs: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .filter(|name| name.starts_with("bomb_"))
        .collect();
    assert!(bombs.len() >= 8, "{bombs:?}");
    let nested = (0..100).fold(json!([]), |inner, _| json!([inner]));
    for bomb in bombs {
        let arguments = json!({"a": nested, "p0": "x".repeat(5_000)});
        let (reply, meanwhile) = tokio::join!(
            gateway.batch("hostile", json!([{"name": bomb, "args": arguments}])),
            gateway.batch("hostile", json!([{"name": "ok"}])),
        );
        assert_eq!(reply.results().len(), 1, "{bomb}: {}", reply.json);
        assert_eq!(meanwhile.response(), "ok", "{bomb}");
    }
    for bomb in ["bomb_allof", "bomb_chain", "bomb_patterns"] {
        let said = gateway.log().lines().filter(|line| line.contains(bomb) && line.contains("WARN")).count();
        assert_eq!(said, 1, "{bomb}: {}", gateway.log());
    }
}

#[tokio::test]
async fn a_schema_that_repeats_itself_is_enforced() {
    let gateway = start().await;
    let call = |leaf: Value| {
        let tree = json!({"n": 1, "left": {"n": 2, "right": {"n": leaf}}, "right": {"n": 3}});
        json!([{"name": "recursive_tree", "args": tree}])
    };
    assert_eq!(gateway.batch("hostile", call(json!(4))).await.response(), "ok");
    let reply = gateway.batch("hostile", call(json!("four"))).await;
    let result = &reply.results()[0];
    assert_eq!(result["error_code"], "INVALID_ARGUMENTS", "{}", reply.json);
    assert!(result["details"].to_string().contains("/left/right/n"), "{result}");
}

#[tokio::test]
async fn arguments_of_megabytes_are_answered_soon() {
    let gateway = start().await;
    for (length, status) in [(2_000, "error"), (400_000, "success")] {
        let reply = gateway.batch("hostile", json!([{"name": "many", "args": {"a": vec![0; length]}}])).await;
        assert_eq!(reply.statuses(), [status], "{length}");
    }
}
