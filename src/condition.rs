//! A condition of a rule, in a part of CEL: read once, and then decided in bounded time on any JSON.
//!
//! Where CEL decides, this decides the same, but for a division by zero, which is never a number here. It decides more:
//! whole numbers and fractions mix, and of a field that is not there, or null, every test is false but `!=`. So who
//! leaves a field out gets round no `!`, and a rule for one tool says nothing of others. What looks into arguments
//! says nothing of what has none, such as the result of the same call; so with results and definitions.

use std::cell::OnceCell;
use std::fmt;

use serde_json::{Map, Value as Json};

mod evaluation;
mod function;
mod parser;
mod pattern;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod value;

pub use pattern::pattern;
use tree::Fact;

/// An expression that has been read.
#[derive(Clone, Debug)]
pub struct Condition {
    node: tree::Node,
    /// What it looks into.
    about: Vec<Fact>,
}

/// What a condition may ask about.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    pub server: &'a str,
    pub tool: &'a str,
    pub side: &'a str,
    pub args: Option<&'a Json>,
    pub result: Option<&'a Map<String, Json>>,
    pub definition: Option<&'a Map<String, Json>>,
    /// Every string, keys as well.
    pub texts: &'a [&'a str],
    /// About the bytes of all that; the more there are, the more may be done.
    pub size: usize,
    joined: OnceCell<String>,
}

/// Why an expression cannot be read, and at which of its characters. It repeats nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    pub at: usize,
    pub expected: String,
}

/// Why a condition is neither true nor false, in words of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    Wrong(&'static str),
    TooLong,
}

impl Condition {
    pub fn parse(text: &str) -> Result<Self, Misread> {
        let node = parser::parse(text)?;
        let mut about = Vec::new();
        node.looks_into(&mut about);
        Ok(Self { node, about })
    }

    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, Undecided> {
        let mut there = self.about.iter().filter_map(|fact| facts.has(*fact)).peekable();
        // It is about something of another kind.
        if there.peek().is_some() && !there.any(|is_there| is_there) {
            return Ok(false);
        }
        evaluation::decide(&self.node, facts)
    }
}

impl<'a> Facts<'a> {
    pub fn new(server: &'a str, tool: &'a str, side: &'a str) -> Self {
        Self { server, tool, side, ..Self::default() }
    }

    /// Whether it is there, of what only some have.
    fn has(&self, fact: Fact) -> Option<bool> {
        match fact {
            Fact::Args => Some(self.args.is_some()),
            Fact::Result => Some(self.result.is_some()),
            Fact::Definition => Some(self.definition.is_some()),
            _ => None,
        }
    }

    /// The texts as one.
    fn text(&self) -> &str {
        self.joined.get_or_init(|| self.texts.join("\n"))
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at character {}", self.expected, self.at)
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong(why) => why,
            Self::TooLong => "it takes too long",
        })
    }
}
