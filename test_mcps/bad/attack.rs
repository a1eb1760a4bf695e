//! What an attack is made of: a server's tools, prompts and resources, and where in them the poison is.
//!
//! `{mark}` in any text becomes a mark, which stands in every poisoned text and in no other: so a test can search for
//! what must be nowhere. `{token}` becomes the progress token of the call.

use serde_json::{Map, Value, json};

/// How each mark begins.
const CANARY: &str = "kestrel";

pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Of `initialize`; poisoned where they are there.
    pub(crate) instructions: Option<Value>,
    /// The error that `initialize` is answered with.
    pub(crate) refusal: Option<Value>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) prompts: Vec<Offer>,
    pub(crate) resources: Vec<Offer>,
}

pub(crate) struct Tool {
    pub(crate) definition: Value,
    pub(crate) poison: Poison,
    /// The arguments of the calls that a victim, or an attacker, makes.
    pub(crate) calls: Vec<Value>,
    pub(crate) reply: Reply,
}

/// A prompt or a resource.
pub(crate) struct Offer {
    pub(crate) definition: Value,
    pub(crate) poison: Poison,
    pub(crate) result: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poison {
    Harmless,
    /// In what the server says of the tool.
    Definition,
    /// In the arguments: the server may mean well.
    Arguments,
    Result,
    /// In what the server says or asks before it answers, well, in the end.
    Aside,
    /// In what it costs, or in how it ends, which should be like this.
    End(&'static str),
}

pub(crate) enum Reply {
    Result(Value),
    /// A JSON-RPC error.
    Error(Value),
    /// Messages, and then a harmless result.
    Says(Vec<Value>),
    /// A request to the client, and once that is answered a harmless result.
    Asks(Value),
    /// Log messages, that many, and then a harmless result.
    Chatter(u32),
    Never,
    /// Last words on standard error.
    Dies(String),
    /// A text of that many bytes.
    Long(usize),
    /// A list of that many numbers.
    Many(usize),
}

impl Attack {
    pub(crate) fn new(name: &'static str, what: &'static str, tools: Vec<Tool>) -> Self {
        let mut tools = tools;
        tools.push(Tool::harmless("word_count", "Counts the words of a text.", "text"));
        let tools = tools.into_iter().map(|tool| tool.marked(name)).collect();
        Self {
            name,
            what,
            instructions: None,
            refusal: None,
            tools,
            prompts: Vec::new(),
            resources: Vec::new(),
        }
    }

    pub(crate) fn instructions(mut self, text: &str) -> Self {
        self.instructions = Some(mark(&json!(text), &name_mark(self.name, "instructions")));
        self
    }

    pub(crate) fn refuses(mut self, error: &Value) -> Self {
        self.refusal = Some(mark(error, &name_mark(self.name, "refusal")));
        self
    }

    pub(crate) fn prompts(mut self, prompts: Vec<Offer>) -> Self {
        self.prompts = prompts.into_iter().map(|offer| offer.marked(self.name)).collect();
        self
    }

    pub(crate) fn resources(mut self, resources: Vec<Offer>) -> Self {
        self.resources = resources.into_iter().map(|offer| offer.marked(self.name)).collect();
        self
    }

    /// What a test or a reader has to know of it.
    pub(crate) fn table(&self) -> Value {
        let offers = |offers: &[Offer]| offers.iter().map(|offer| offer.row(self.name)).collect::<Vec<_>>();
        json!({
            "attack": self.name,
            "what": self.what,
            "starts": self.refusal.is_none(),
            "tools": self.tools.iter().map(|tool| tool.row(self.name)).collect::<Vec<_>>(),
            "prompts": offers(&self.prompts),
            "resources": offers(&self.resources),
        })
    }
}

impl Tool {
    /// A tool of text parameters that looks harmless; it is until it is given something else.
    pub(crate) fn harmless(name: &str, description: &str, parameters: &str) -> Self {
        let names: Vec<&str> = parameters.split_whitespace().collect();
        let properties: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        let schema = json!({"type": "object", "properties": properties, "required": names});
        let arguments: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!("a small example"))).collect();
        Self {
            definition: json!({"name": name, "description": description, "inputSchema": schema}),
            poison: Poison::Harmless,
            calls: vec![Value::Object(arguments)],
            reply: Reply::Result(fine()),
        }
    }

    /// Its definition is what is poisoned.
    pub(crate) fn poisoned(definition: Value) -> Self {
        let poison = Poison::Definition;
        Self { definition, poison, calls: vec![json!({})], reply: Reply::Result(fine()) }
    }

    /// It is called with each of these values of one parameter.
    pub(crate) fn attacked(mut self, parameter: &str, values: &[&str]) -> Self {
        let with = |value: &&str| {
            let mut arguments = self.calls[0].clone();
            arguments[parameter] = json!(value);
            arguments
        };
        self.calls = values.iter().map(with).collect();
        self.poison = Poison::Arguments;
        self
    }

    /// It answers with this text.
    pub(crate) fn says(self, text: &str) -> Self {
        self.answers(json!({"content": [{"type": "text", "text": text}]}))
    }

    pub(crate) fn answers(self, result: Value) -> Self {
        self.replies(Poison::Result, Reply::Result(result))
    }

    pub(crate) fn replies(mut self, poison: Poison, reply: Reply) -> Self {
        (self.poison, self.reply) = (poison, reply);
        self
    }

    pub(crate) fn with(mut self, member: &str, value: Value) -> Self {
        self.definition[member] = value;
        self
    }

    pub(crate) fn called_with(mut self, arguments: Value) -> Self {
        self.calls = vec![arguments];
        self
    }

    pub(crate) fn name(&self) -> &str {
        self.definition["name"].as_str().unwrap_or_default()
    }

    fn marked(mut self, attack: &str) -> Self {
        let name = name_mark(attack, self.name());
        self.definition = mark(&self.definition, &name);
        let calls = self.calls.iter().enumerate();
        self.calls = calls.map(|(at, call)| mark(call, &format!("{name}{at}-"))).collect();
        self.reply = match self.reply {
            Reply::Result(value) => Reply::Result(mark(&value, &name)),
            Reply::Error(value) => Reply::Error(mark(&value, &name)),
            Reply::Asks(value) => Reply::Asks(mark(&value, &name)),
            Reply::Says(values) => Reply::Says(values.iter().map(|value| mark(value, &name)).collect()),
            Reply::Dies(text) => Reply::Dies(text.replace("{mark}", &name)),
            other => other,
        };
        self
    }

    fn row(&self, attack: &str) -> Value {
        let name = name_mark(attack, self.name());
        let call = |(at, call): (usize, &Value)| {
            let mark = match self.poison {
                Poison::Arguments => format!("{name}{at}-"),
                _ => name.clone(),
            };
            json!({"arguments": call, "mark": mark})
        };
        json!({
            "name": self.name(),
            "definition": self.definition,
            "poison": self.poison.as_str(),
            "code": if let Poison::End(code) = self.poison { code } else { "" },
            "calls": self.calls.iter().enumerate().map(call).collect::<Vec<_>>(),
        })
    }
}

impl Offer {
    pub(crate) fn new(poison: Poison, definition: Value, result: Value) -> Self {
        Self { definition, poison, result }
    }

    fn name(&self) -> &str {
        self.definition["name"].as_str().unwrap_or_default()
    }

    fn marked(mut self, attack: &str) -> Self {
        let name = name_mark(attack, self.name());
        self.definition = mark(&self.definition, &name);
        self.result = mark(&self.result, &name);
        self
    }

    fn row(&self, attack: &str) -> Value {
        let mark = name_mark(attack, self.name());
        json!({"definition": self.definition, "poison": self.poison.as_str(), "mark": mark})
    }
}

impl Poison {
    fn as_str(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Definition => "definition",
            Self::Arguments => "arguments",
            Self::Result => "result",
            Self::Aside => "aside",
            Self::End(_) => "end",
        }
    }
}

/// What every harmless call comes to.
pub(crate) fn fine() -> Value {
    json!({"content": [{"type": "text", "text": "done"}]})
}

/// Ends in a dash: no mark is the beginning of another tool's.
fn name_mark(attack: &str, name: &str) -> String {
    format!("{CANARY}-{attack}-{name}-")
}

fn mark(value: &Value, name: &str) -> Value {
    replaced(value, &mut |text| json!(text.replace("{mark}", name)))
}

/// With each text replaced, keys included.
pub(crate) fn replaced(value: &Value, replace: &mut impl FnMut(&str) -> Value) -> Value {
    match value {
        Value::String(text) => replace(text),
        Value::Array(items) => items.iter().map(|item| replaced(item, replace)).collect(),
        Value::Object(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                let key = replace(key).as_str().unwrap_or(key).to_owned();
                object.insert(key, replaced(value, replace));
            }
            Value::Object(object)
        }
        other => other.clone(),
    }
}
