//! What stands in front of a bracket: functions, methods, `has`, and the macros over lists.

use super::Parser;
use crate::condition::Misread;
use crate::condition::pattern::pattern;
use crate::condition::token::Token;
use crate::condition::tree::{Each, Function, Kind, Node};

/// Macros within macros: each goes over a whole list again.
const MAX_MACROS: usize = 2;

impl Parser<'_> {
    /// `name(`, already read up to the bracket.
    pub(super) fn function(&mut self, name: &str, at: usize) -> Result<Node, Misread> {
        match name {
            "has" => {
                let start = self.at;
                let of = self.expression()?;
                self.demand(")")?;
                match of {
                    Node::Field(of, name) => Ok(Node::Has(of, name)),
                    _ => Err(self.tokens.misread(start, "expected a field, as in `has(args.query)`")),
                }
            }
            "matches" => {
                let of = self.expression()?;
                self.demand(",")?;
                self.matches(of)
            }
            _ => {
                let arguments = self.list(")")?;
                self.call(name, false, arguments, at)
            }
        }
    }

    /// `of.name(`, already read up to the bracket.
    pub(super) fn method(&mut self, of: Node, name: &str, at: usize) -> Result<Node, Misread> {
        if let Some((_, kind)) = Kind::NAMED.iter().find(|(known, _)| *known == name) {
            return self.each(*kind, of, at);
        }
        if name == "matches" {
            return self.matches(of);
        }
        let mut arguments = vec![of];
        arguments.extend(self.list(")")?);
        self.call(name, true, arguments, at)
    }

    fn call(&self, name: &str, method: bool, arguments: Vec<Node>, at: usize) -> Result<Node, Misread> {
        let called = |(known, _, on_value, _): &&(&str, _, bool, _)| *known == name && *on_value == method;
        let Some((_, function, _, count)) = Function::NAMED.iter().find(called) else {
            let mut names: Vec<_> = Function::NAMED
                .iter()
                .filter(|(_, _, on_value, _)| *on_value == method)
                .map(|(name, ..)| *name)
                .collect();
            names.extend(if method {
                &["matches", "all", "exists", "exists_one", "filter", "map"][..]
            } else {
                &["matches", "has"]
            });
            let names = names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(self.tokens.misread(at, format!("expected one of the functions {names}")));
        };
        if arguments.len() != *count {
            let count = count - usize::from(method);
            return Err(self.tokens.misread(at, format!("expected {count} arguments of this function")));
        }
        self.bounded(Node::Call(*function, arguments))
    }

    /// The pattern is part of the expression, so that it is known to be good before it is used.
    fn matches(&mut self, of: Node) -> Result<Node, Misread> {
        let at = self.at;
        let Token::Text(text) = self.advance()? else {
            return Err(self.tokens.misread(at, "expected the pattern itself, in quotes"));
        };
        let regex = pattern(&text).map_err(|expected| self.tokens.misread(at, expected))?;
        self.demand(")")?;
        Ok(Node::Matches(Box::new(of), regex))
    }

    fn each(&mut self, kind: Kind, range: Node, at: usize) -> Result<Node, Misread> {
        if self.variables.len() >= MAX_MACROS {
            let expected =
                format!("expected at most {MAX_MACROS} of `all`, `exists` and the like in each other");
            return Err(self.tokens.misread(at, expected));
        }
        let variable = self.name("expected the name of a variable")?;
        self.demand(",")?;
        self.variables.push(variable);
        let body = self.body(kind);
        self.variables.pop();
        let (test, made) = body?;
        self.demand(")")?;
        self.bounded(Node::Each(Box::new(Each { kind, range, test, made })))
    }

    fn body(&mut self, kind: Kind) -> Result<(Option<Node>, Option<Node>), Misread> {
        let first = self.expression()?;
        if kind != Kind::Map {
            return Ok((Some(first), None));
        }
        if self.takes(",")? {
            return Ok((Some(first), Some(self.expression()?)));
        }
        Ok((None, Some(first)))
    }
}
