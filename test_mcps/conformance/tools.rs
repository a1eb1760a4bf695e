//! The tools: what each is called, takes and does.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::asking::{Step, Turn, capability_for, drive};
use crate::client::{self, Change, Client};
use crate::content::{audio, embedded, image, text};
use crate::questions::{choices, contact, defaults, form, roots, sample};
use crate::request::{Answer, Era, Request, refusal};
use crate::resources::WATCHED;

/// Between two notifications, so that they are seen to come one by one.
const BEAT: Duration = Duration::from_millis(50);

struct Tool {
    name: &'static str,
    description: &'static str,
    schema: fn() -> Value,
    run: fn(&Turn) -> Step,
}

const fn tool(name: &'static str, description: &'static str, run: fn(&Turn) -> Step) -> Tool {
    Tool { name, description, schema: || json!({"type": "object", "properties": {}}), run }
}

impl Tool {
    const fn with(mut self, schema: fn() -> Value) -> Self {
        self.schema = schema;
        self
    }
}

/// The first must take no arguments: the header scenarios call whatever is first.
const TOOLS: [Tool; 29] = [
    tool("test_simple_text", "Answers with one text.", |_| {
        done([text("This is a simple text response for testing.")])
    }),
    tool("test_image_content", "Answers with an image.", |_| done([image()])),
    tool("test_audio_content", "Answers with a sound.", |_| done([audio()])),
    tool("test_embedded_resource", "Answers with an embedded resource.", |_| {
        done([embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")])
    }),
    tool("test_multiple_content_types", "Answers with text, image and resource.", |_| {
        let data =
            embedded("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#);
        done([text("Multiple content types test:"), image(), data])
    }),
    tool("test_tool_with_logging", "Logs three times at level info.", logging),
    tool("test_logging_tool", "Logs once at level info.", |turn| {
        turn.client.log(turn.request, "Logged by test_logging_tool");
        done([text("Logged, if that was wanted.")])
    }),
    tool("test_tool_with_progress", "Reports progress 0, 50 and 100 of 100.", progress),
    tool("test_error_handling", "Always fails.", |_| {
        Step::Done(failure("This tool intentionally returns an error for testing"))
    }),
    tool("test_reconnection", "Takes a while, so that its stream can be cut meanwhile.", |_| {
        thread::sleep(BEAT * 4);
        done([text("Reconnection test completed successfully")])
    }),
    tool("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", echo_arguments)
        .with(schema_2020_12),
    tool("test_x_mcp_header", "Takes a parameter that HTTP clients mirror into a header.", echo_arguments)
        .with(header_schema),
    tool("test_sampling", "Asks the client's model.", sampling)
        .with(|| text_argument("prompt", "What to ask the model")),
    tool("test_elicitation", "Asks the user for a name and an address.", |turn| {
        let message = turn.request.argument("message");
        ask_once(turn, "contact", contact(message), |answer| format!("User response: {answer}"))
    })
    .with(|| text_argument("message", "What to tell the user")),
    tool("test_elicitation_sep1034_defaults", "Shows the user a form full of defaults.", |turn| {
        ask_once(turn, "defaults", defaults(), elicited)
    }),
    tool("test_elicitation_sep1330_enums", "Shows the user every kind of choice.", |turn| {
        ask_once(turn, "choices", choices(), elicited)
    }),
    tool("test_streaming_elicitation", "Asks the user to confirm.", |turn| {
        ask_once(turn, "confirm", form("Please confirm", "ok", "boolean"), elicited)
    }),
    tool("test_missing_capability", "Cannot do without the client's model.", |turn| {
        ask_once(turn, "model", sample("Are you there?", 10), |answer| format!("The model said: {answer}"))
    }),
    tool("test_trigger_tool_change", "Adds a tool to the list, or takes it away.", |turn| {
        changed(turn, &Change::Tools)
    }),
    tool("test_trigger_prompt_change", "Adds a prompt to the list, or takes it away.", |turn| {
        changed(turn, &Change::Prompts)
    }),
    tool("test_trigger_resource_update", "Says that the watched resource has changed.", |turn| {
        changed(turn, &Change::Resource(WATCHED))
    }),
    tool("test_input_required_result_elicitation", "Asks the user for a name.", |turn| {
        let question = form("What is your name?", "name", "string");
        ask_once(turn, "user_name", question, |answer| {
            format!("Hello, {}!", plain(&answer["content"]["name"]))
        })
    }),
    tool("test_input_required_result_sampling", "Asks the client's model.", |turn| {
        let question = sample("What is the capital of France?", 100);
        ask_once(turn, "capital_question", question, |answer| plain(&answer["content"]["text"]))
    }),
    tool("test_input_required_result_list_roots", "Asks for the client's roots.", |turn| {
        ask_once(turn, "client_roots", roots(), |answer| format!("Roots: {}", answer["roots"]))
    }),
    tool("test_input_required_result_request_state", "Asks once, and wants its state back.", confirmed),
    tool("test_input_required_result_tampered_state", "Asks once, and proves its state.", confirmed),
    tool("test_input_required_result_multiple_inputs", "Asks three things at once.", three_questions),
    tool("test_input_required_result_multi_round", "Asks one thing after the other.", two_rounds),
    tool(
        "test_input_required_result_capabilities",
        "Asks whatever the client can answer.",
        what_the_client_can,
    ),
];

pub(crate) fn list(extra: bool) -> Value {
    let mut tools: Vec<_> = TOOLS
        .iter()
        .map(|tool| json!({"name": tool.name, "description": tool.description, "inputSchema": (tool.schema)()}))
        .collect();
    if extra {
        tools.push(json!({
            "name": "test_extra_tool", "description": "Comes and goes on demand.",
            "inputSchema": {"type": "object", "properties": {}},
        }));
    }
    Value::Array(tools)
}

pub(crate) fn call(client: &Client, request: &Request) -> Answer {
    let run = match TOOLS.iter().find(|tool| tool.name == request.name()) {
        Some(tool) => tool.run,
        None if request.name() == "test_extra_tool" && client.has_extra_tool() => {
            |_: &Turn| done([text("Extra")])
        }
        None => return Err(refusal(-32602, &format!("Unknown tool: {}", request.name()))),
    };
    match drive(client, request, run) {
        // The old era has no code for this: the model reads that the tool could not work.
        Err(error) if request.era == Era::Legacy => Ok(failure(&plain(&error["message"]))),
        answer => answer,
    }
}

fn done<const N: usize>(content: [Value; N]) -> Step {
    let content = Value::from(Vec::from(content));
    Step::Done(json!({"content": content}))
}

fn failure(message: &str) -> Value {
    json!({"content": [text(message)], "isError": true})
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn ask_once(turn: &Turn, name: &'static str, question: Value, conclude: fn(&Value) -> String) -> Step {
    match turn.answers.get(name) {
        Some(answer) => done([text(&conclude(answer))]),
        None => Step::Ask(vec![(name, question)], None),
    }
}

fn elicited(answer: &Value) -> String {
    format!("Elicitation completed: action={}, content={}", plain(&answer["action"]), answer["content"])
}

fn echo_arguments(turn: &Turn) -> Step {
    done([text(&turn.request.params["arguments"].to_string())])
}

fn changed(turn: &Turn, change: &Change) -> Step {
    turn.client.change(change);
    done([text("Changed.")])
}

fn logging(turn: &Turn) -> Step {
    for (at, line) in
        ["Tool execution started", "Tool processing data", "Tool execution completed"].into_iter().enumerate()
    {
        if at > 0 {
            thread::sleep(BEAT);
        }
        turn.client.log(turn.request, line);
    }
    done([text("Logged three times.")])
}

fn progress(turn: &Turn) -> Step {
    for reached in [0, 50, 100] {
        if reached > 0 {
            thread::sleep(BEAT);
        }
        client::progress(turn.request, reached);
    }
    done([text("All of it is done.")])
}

fn sampling(turn: &Turn) -> Step {
    let question = sample(turn.request.argument("prompt"), 100);
    ask_once(turn, "reply", question, |answer| format!("LLM response: {}", plain(&answer["content"]["text"])))
}

fn confirmed(turn: &Turn) -> Step {
    match (turn.answers.get("confirm"), turn.state) {
        (Some(_), Some("asked")) => done([text("state-ok")]),
        _ => Step::Ask(vec![("confirm", form("Please confirm", "ok", "boolean"))], Some("asked".to_owned())),
    }
}

fn three_questions(turn: &Turn) -> Step {
    let questions = vec![
        ("user_name", form("What is your name?", "name", "string")),
        ("greeting", sample("Generate a greeting", 50)),
        ("client_roots", roots()),
    ];
    if questions.iter().all(|(name, _)| turn.answers.contains_key(*name)) {
        return done([text("All three were answered.")]);
    }
    Step::Ask(questions, Some("asked".to_owned()))
}

fn two_rounds(turn: &Turn) -> Step {
    let answer = |step, field| turn.answers.get(step).map(|answer: &Value| plain(&answer["content"][field]));
    let name = turn.state.and_then(|state| state.strip_prefix("name:"));
    if let (Some(name), Some(color)) = (name, answer("step2", "color")) {
        return done([text(&format!("{name} likes {color}."))]);
    }
    match (turn.state, answer("step1", "name")) {
        (Some("begun"), Some(name)) => {
            let question = form("Step 2: What is your favorite color?", "color", "string");
            Step::Ask(vec![("step2", question)], Some(format!("name:{name}")))
        }
        _ => {
            let question = form("Step 1: What is your name?", "name", "string");
            Step::Ask(vec![("step1", question)], Some("begun".to_owned()))
        }
    }
}

fn what_the_client_can(turn: &Turn) -> Step {
    if !turn.answers.is_empty() {
        return done([text("Answered.")]);
    }
    let mut questions =
        vec![("user_name", form("What is your name?", "name", "string")), ("greeting", sample("Greet", 50))];
    questions.retain(|(_, question)| turn.request.client_can(capability_for(question)));
    if questions.is_empty() {
        return done([text("The client can answer nothing.")]);
    }
    Step::Ask(questions, None)
}

fn text_argument(name: &str, description: &str) -> Value {
    json!({
        "type": "object",
        "properties": {name: {"type": "string", "description": description}},
        "required": [name],
    })
}

fn header_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "region": {"type": "string", "description": "Mirrored", "x-mcp-header": "Region"},
            "query": {"type": "string", "description": "Not mirrored"},
        },
        "required": ["region"],
    })
}

fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}
