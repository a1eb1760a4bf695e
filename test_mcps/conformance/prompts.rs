//! The prompts, and completion of their arguments.

use serde_json::{Value, json};

use crate::asking::{Step, Turn, drive};
use crate::client::Client;
use crate::content::{embedded, image, text};
use crate::questions::form;
use crate::request::{Answer, Request, refusal};

struct Prompt {
    name: &'static str,
    description: &'static str,
    arguments: &'static [&'static str],
    messages: fn(&Turn) -> Step,
}

const PROMPTS: [Prompt; 5] = [
    Prompt {
        name: "test_simple_prompt",
        description: "A prompt without arguments.",
        arguments: &[],
        messages: |_| said([text("This is a simple prompt for testing.")]),
    },
    Prompt {
        name: "test_prompt_with_arguments",
        description: "A prompt with two arguments.",
        arguments: &["arg1", "arg2"],
        messages: |turn| {
            let (one, two) = (turn.request.argument("arg1"), turn.request.argument("arg2"));
            said([text(&format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))])
        },
    },
    Prompt {
        name: "test_prompt_with_embedded_resource",
        description: "A prompt that embeds a resource.",
        arguments: &["resourceUri"],
        messages: |turn| {
            let uri = turn.request.argument("resourceUri");
            let resource = embedded(uri, "text/plain", "Embedded resource content for testing.");
            said([resource, text("Please process the embedded resource above.")])
        },
    },
    Prompt {
        name: "test_prompt_with_image",
        description: "A prompt with an image.",
        arguments: &[],
        messages: |_| said([image(), text("Please analyze the image above.")]),
    },
    Prompt {
        name: "test_input_required_result_prompt",
        description: "A prompt that asks the user for its context.",
        arguments: &[],
        messages: |turn| match turn.answers.get("user_context") {
            Some(answer) => said([text(&format!("Context: {}", answer["content"]["context"]))]),
            None => Step::Ask(
                vec![("user_context", form("What context should the prompt use?", "context", "string"))],
                None,
            ),
        },
    },
];

pub(crate) fn list(extra: bool) -> Value {
    let mut prompts: Vec<_> = PROMPTS.iter().map(describe).collect();
    if extra {
        prompts.push(json!({"name": "test_extra_prompt", "description": "Comes and goes on demand."}));
    }
    Value::Array(prompts)
}

fn describe(prompt: &Prompt) -> Value {
    let argument =
        |name: &&str| json!({"name": name, "description": format!("The {name}."), "required": true});
    let arguments: Vec<_> = prompt.arguments.iter().map(argument).collect();
    json!({"name": prompt.name, "description": prompt.description, "arguments": arguments})
}

pub(crate) fn get(client: &Client, request: &Request) -> Answer {
    match PROMPTS.iter().find(|prompt| prompt.name == request.name()) {
        Some(prompt) => drive(client, request, prompt.messages),
        None => Err(refusal(-32602, &format!("Unknown prompt: {}", request.name()))),
    }
}

fn said<const N: usize>(contents: [Value; N]) -> Step {
    let messages: Vec<_> =
        contents.into_iter().map(|content| json!({"role": "user", "content": content})).collect();
    Step::Done(json!({"messages": messages}))
}

pub(crate) fn complete(request: &Request) -> Value {
    let begun = request.params["argument"]["value"].as_str().unwrap_or_default();
    let values: Vec<_> = ["paris", "park", "party", "test", "tested"]
        .into_iter()
        .filter(|word| word.starts_with(begun))
        .collect();
    json!({"completion": {"values": values, "total": values.len(), "hasMore": false}})
}
