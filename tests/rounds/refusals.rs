//! Who may not come back, or not like this; and what is asked of nobody.

use serde_json::{Value, json};

use super::{
    Talk, accept, ada, asking, back, batch, capable, fixture, meta, question, refusal, report, response,
};
use super::{who, with};
use crate::direct::direct;
use crate::support::Config;

#[tokio::test]
async fn only_what_the_client_declared_is_asked() {
    let mut talk = Talk::start(&fixture());
    for capabilities in [json!({}), json!({"sampling": {}})] {
        talk.meta = meta(&capabilities);
        let answer = report(&talk.call(&who("?")).await);
        assert_eq!(answer["status"], "error", "{answer}");
    }
    // Each request says it anew.
    talk.meta = meta(&capable());
    let params = batch("fix", &json!([{"name": "test_input_required_result_multi_round"}]));
    let asked = talk.call(&params).await;
    talk.meta = meta(&json!({}));
    let answer = report(&talk.call(&back(&params, &asked, &accept(&json!({"name": "ada"})))).await);
    assert_eq!(answer["status"], "error", "its second question is not asked: {answer}");
}

#[tokio::test]
async fn a_state_is_good_for_one_request_one_time_and_as_long_as_it_is_known() {
    let mut talk = Talk::start(&fixture());
    let params = who("Who?");
    let asked = talk.call(&params).await;
    let good = back(&params, &asked, &ada());
    for changed in [who("Who else?"), batch("fix", &json!([{"name": "test_simple_text"}]))] {
        let other = with(&changed, &asked, good["inputResponses"].clone());
        assert!(refusal(&talk.call(&other).await).contains("another request"));
    }
    let mut as_prompt = good.clone();
    as_prompt["name"] = json!("x");
    assert!(refusal(&talk.ask("prompts/get", &as_prompt).await).contains("another request"));
    // Members in another order are the same request.
    let arguments = good["arguments"].as_object().expect("an object").clone();
    let mut turned = good.clone();
    turned["arguments"] = Value::Object(arguments.into_iter().rev().collect());
    assert!(response(&talk.call(&turned).await).contains("ada@"));
    assert!(refusal(&talk.call(&good).await).contains("has been used"));
    let state = good["requestState"].as_str().expect("a state");
    for made_up in
        [format!("{}0", &state[..state.len() - 1]), state.to_uppercase(), "state".to_owned(), String::new()]
    {
        let mut params = good.clone();
        params["requestState"] = json!(made_up);
        assert!(refusal(&talk.call(&params).await).contains("requestState"), "{made_up}");
    }
    let mut stateless = good.clone();
    stateless.as_object_mut().expect("an object").shift_remove("requestState");
    refusal(&talk.call(&stateless).await);
}

#[tokio::test]
async fn answers_that_are_none_are_refused_and_the_call_goes_on_waiting() {
    for config in [fixture(), direct(fixture())] {
        let in_direct = config.text().contains("\"direct\"");
        let mut talk = Talk::start(&config);
        let params = if in_direct {
            json!({"name": "fix__test_elicitation", "arguments": {"message": "Who?"}})
        } else {
            who("Who?")
        };
        let asked = talk.call(&params).await;
        let (key, _) = question(&asked);
        for (responses, problem) in [
            (json!({}), "must have an answer under `question-1`"),
            (json!({"another": ada()}), "must have an answer under `question-1`"),
            (json!({key.as_str(): 7}), "must be an object"),
            (json!({key.as_str(): {"action": "perhaps"}}), "`accept`"),
            (json!({key.as_str(): {"action": "accept", "content": "ada"}}), "`content`"),
            (json!([ada()]), "must be an object"),
            (Value::Null, "must be an object"),
        ] {
            let said = refusal(&talk.call(&with(&params, &asked, responses)).await);
            assert!(said.contains(problem), "{said}");
        }
        // What nobody has asked for is passed over.
        let all = json!({key.as_str(): ada(), "another": 7});
        let retry = with(&params, &asked, all);
        let answer = talk.call(&retry).await;
        assert!(answer.to_string().contains("ada@example.com"), "{answer}");
        assert!(refusal(&talk.call(&retry).await).contains("has been used"));
    }
}

#[tokio::test]
async fn questions_and_answers_pass_the_guardrails() {
    let script = asking(&[]);
    let config = || Config::new().server(script.server("s")).keywords(&["crown jewels", "go on"]).guarded();
    let params = batch("s", &json!([{"name": "asks"}]));
    let answer = report(&Talk::start(&config()).call(&params).await);
    assert!(answer["results"][0]["response"].as_str().expect("a response").contains("policy"), "{answer}");
    assert!(!answer.to_string().to_lowercase().contains("go on"), "{answer}");

    let mut talk = Talk::start(&config().keywords(&["crown jewels"]));
    let asked = talk.call(&params).await;
    let answer = report(&talk.call(&back(&params, &asked, &accept(&json!({"a": "the crown jewels"})))).await);
    let heard = answer["results"][0]["response"].as_str().expect("a response");
    assert!(heard.contains("a policy of the gateway forbids the answer"), "{answer}");
}

/// A tool that only reads runs beside its check; nobody is asked for a call that is blocked.
#[tokio::test]
async fn a_call_that_runs_ahead_of_its_check_asks_nobody_before_it() {
    let script = asking(&[]);
    let mut read_only = json!({"name": "asks", "inputSchema": {"type": "object"}});
    read_only["annotations"] = json!({"readOnlyHint": true});
    let question =
        json!({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": {"message": "?"}});
    script.rewrite(&json!({"capabilities": {"tools": {}}, "answers": [
        {"method": "tools/list", "result": {"tools": [read_only]}},
        {"method": "tools/call", "before": [question], "heard": true},
    ]}));
    let config = Config::new().server(script.server("s")).keywords(&["forbidden"]).guarded();
    let mut talk = Talk::start(&config.common("enkrypt_async_input_guardrails_enabled", json!(true)));
    let answer =
        report(&talk.call(&batch("s", &json!([{"name": "asks", "args": {"a": "forbidden"}}]))).await);
    assert_eq!(answer["results"][0]["status"], "blocked_input", "{answer}");
    let params = batch("s", &json!([{"name": "asks", "args": {"a": "allowed"}}]));
    let asked = talk.call(&params).await;
    let answer = report(&talk.call(&back(&params, &asked, &accept(&json!({"b": "c"})))).await);
    assert_eq!(answer["status"], "success", "{answer}");
}
