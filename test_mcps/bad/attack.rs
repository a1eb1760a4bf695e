//! What an attack is made of: a server's tools, prompts and resources, and where in them the poison is.

use serde_json::{Map, Value, json};

use super::mark::{mark, name_mark};
use super::offer::Offer;

pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Of `initialize`; poisoned where they are there.
    pub(crate) instructions: Option<Value>,
    /// A method, and the error that it is answered with.
    pub(crate) refusal: Option<(&'static str, Value)>,
    pub(crate) tools: Vec<Tool>,
    /// The definitions that are listed once the server has turned.
    pub(crate) later: Vec<Value>,
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
    /// A harmless result, and from then on the server is another.
    Turns,
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
            later: Vec::new(),
            prompts: Vec::new(),
            resources: Vec::new(),
        }
    }

    pub(crate) fn instructions(mut self, text: &str) -> Self {
        self.instructions = Some(mark(&json!(text), &name_mark(self.name, "instructions")));
        self
    }

    pub(crate) fn refuses(mut self, method: &'static str, error: &Value) -> Self {
        self.refusal = Some((method, mark(error, &name_mark(self.name, "refusal"))));
        self
    }

    /// Its tools are others from some call on; each has the mark of its first.
    pub(crate) fn turns(mut self, later: &[Value]) -> Self {
        let name = name_mark(self.name, self.tools[0].name());
        self.later = later.iter().map(|definition| mark(definition, &name)).collect();
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
            "greets": self.instructions.is_none(),
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

impl Poison {
    pub(crate) fn as_str(self) -> &'static str {
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
