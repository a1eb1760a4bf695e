//! Decides a tree, within so many steps.
//!
//! As in CEL, `false` decides an `&&` and `true` an `||` whatever else in it goes wrong; only time that has run out
//! cannot be made up for.

use std::cmp::Ordering;
use std::rc::Rc;

use super::function::{calculate, call, negative};
use super::tree::{Comparison, Each, Fact, Function, Kind, Node};
use super::value::{List, Value};
use super::{Facts, Undecided};

/// Steps that one decision may take on anything.
const STEPS: usize = 200_000;

/// And so many more for each byte of what it is about.
const STEPS_PER_BYTE: usize = 2;

/// Bytes of text that are looked at in one step.
const BYTES_PER_STEP: usize = 8;

const NO_OBJECT: Undecided = Undecided::Wrong("a field is asked of something that has none");

pub(super) fn decide(node: &Node, facts: &Facts<'_>) -> Result<bool, Undecided> {
    let left = STEPS.saturating_add(facts.size.saturating_mul(STEPS_PER_BYTE));
    Evaluation { facts, left, locals: Vec::new() }.value(node)?.truth()
}

struct Evaluation<'a> {
    facts: &'a Facts<'a>,
    left: usize,
    /// What the variables of the open macros stand for, the outermost first.
    locals: Vec<Value<'a>>,
}

impl<'a> Evaluation<'a> {
    fn spend(&mut self, steps: usize) -> Result<(), Undecided> {
        self.left = self.left.checked_sub(steps).ok_or(Undecided::TooLong)?;
        Ok(())
    }

    fn read(&mut self, value: &Value<'_>) -> Result<(), Undecided> {
        let Value::Text(text) = value else { return Ok(()) };
        self.spend(text.len() / BYTES_PER_STEP)
    }

    fn value(&mut self, node: &'a Node) -> Result<Value<'a>, Undecided> {
        self.spend(1)?;
        Ok(match node {
            Node::Null => Value::Null,
            Node::Bool(is_so) => Value::Bool(*is_so),
            Node::Whole(number) => Value::Whole(*number),
            Node::Fraction(number) => Value::Fraction(*number),
            Node::Text(text) => Value::text(text),
            Node::Fact(fact) => self.fact(*fact),
            Node::Local(place) => {
                let value = self.locals.get(*place).cloned().unwrap_or(Value::Missing);
                // Text that was made is copied each time it is named.
                self.read(&value)?;
                value
            }
            Node::List(nodes) => {
                let list = nodes.iter().map(|node| self.value(node)).collect::<Result<Vec<_>, _>>()?;
                Value::List(List::Made(list.into()))
            }
            Node::Field(of, name) => field(&self.value(of)?, name)?,
            Node::Has(of, name) => match self.value(of)? {
                Value::Object(object) => Value::Bool(object.contains_key(name)),
                _ => Value::Bool(false),
            },
            Node::Index(of, by) => {
                let (of, by) = (self.value(of)?, self.value(by)?);
                index(&of, &by)?
            }
            Node::Not(of) => Value::Bool(!self.value(of)?.truth()?),
            Node::Negative(of) => negative(&self.value(of)?)?,
            Node::And(nodes) => Value::Bool(!self.any(nodes, false)?),
            Node::Or(nodes) => Value::Bool(self.any(nodes, true)?),
            Node::Choice(nodes) => {
                let [condition, then, otherwise] = &**nodes;
                let chosen = if self.value(condition)?.truth()? { then } else { otherwise };
                self.value(chosen)?
            }
            Node::Compare(comparison, pair) => {
                let (left, right) = self.pair(pair)?;
                Value::Bool(self.compare(*comparison, &left, &right)?)
            }
            Node::In(pair) => {
                let (left, right) = self.pair(pair)?;
                Value::Bool(self.is_in(&left, &right)?)
            }
            Node::Calculate(operator, pair) => {
                let (left, right) = self.pair(pair)?;
                self.read(&left)?;
                self.read(&right)?;
                calculate(*operator, &left, &right)?
            }
            Node::Call(function, nodes) => self.call(*function, nodes)?,
            Node::Matches(of, regex) => match self.value(of)? {
                Value::Text(text) => {
                    self.spend(text.len() / BYTES_PER_STEP)?;
                    Value::Bool(regex.is_match(&text))
                }
                nothing if nothing.is_nothing() => Value::Bool(false),
                _ => return Err(Undecided::Wrong("a pattern is held against something that is no text")),
            },
            Node::Each(each) => self.each(each)?,
        })
    }

    fn fact(&self, fact: Fact) -> Value<'a> {
        let facts = self.facts;
        match fact {
            Fact::Server => Value::text(facts.server),
            Fact::Tool => Value::text(facts.tool),
            Fact::Side => Value::text(facts.side),
            Fact::Args => facts.args.map_or(Value::Null, Value::of),
            Fact::Result => facts.result.map_or(Value::Null, Value::Object),
            Fact::Definition => facts.definition.map_or(Value::Null, Value::Object),
            Fact::Text => Value::text(facts.text()),
            Fact::Texts => Value::List(List::Texts(facts.texts)),
        }
    }

    fn pair(&mut self, pair: &'a [Node; 2]) -> Result<(Value<'a>, Value<'a>), Undecided> {
        Ok((self.value(&pair[0])?, self.value(&pair[1])?))
    }

    fn call(&mut self, function: Function, nodes: &'a [Node]) -> Result<Value<'a>, Undecided> {
        let arguments = nodes.iter().map(|node| self.value(node)).collect::<Result<Vec<_>, _>>()?;
        for argument in &arguments {
            self.read(argument)?;
        }
        call(function, &arguments)
    }

    /// Whether one of these is what decides, `true` or `false`.
    fn any(&mut self, nodes: &'a [Node], decisive: bool) -> Result<bool, Undecided> {
        let mut wrong = Ok(false);
        for node in nodes {
            match self.value(node).and_then(|value| value.truth()) {
                Ok(truth) if truth == decisive => return Ok(true),
                Ok(_) => {}
                Err(Undecided::TooLong) => return Err(Undecided::TooLong),
                Err(why) => wrong = Err(why),
            }
        }
        wrong
    }

    fn equal(&mut self, left: &Value<'_>, right: &Value<'_>) -> Result<bool, Undecided> {
        self.read(left)?;
        left.equals(right, &mut |steps| self.spend(steps))
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value<'_>,
        right: &Value<'_>,
    ) -> Result<bool, Undecided> {
        match comparison {
            Comparison::Equal => return self.equal(left, right),
            Comparison::Unequal => return self.equal(left, right).map(|equal| !equal),
            _ if left.is_nothing() || right.is_nothing() => return Ok(false),
            _ => self.read(left)?,
        }
        let order = left.order(right)?;
        Ok(match comparison {
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Comparison::More => order == Some(Ordering::Greater),
            _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        })
    }

    fn is_in(&mut self, one: &Value<'_>, of: &Value<'_>) -> Result<bool, Undecided> {
        match (one, of) {
            (Value::Missing, _) | (_, Value::Missing | Value::Null) => Ok(false),
            (one, Value::List(list)) => {
                for at in 0..list.len() {
                    let Some(element) = list.get(at) else { break };
                    if self.equal(one, &element)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Value::Text(key), Value::Object(object)) => Ok(object.contains_key(&**key)),
            (_, Value::Object(_)) => Ok(false),
            _ => Err(Undecided::Wrong("`in` is asked of something that holds nothing")),
        }
    }

    fn each(&mut self, each: &'a Each) -> Result<Value<'a>, Undecided> {
        let (list, keys) = match self.value(&each.range)? {
            Value::List(list) => (list, Vec::new()),
            Value::Object(object) => {
                let keys = object.keys().map(|key| Value::text(key)).collect::<Vec<_>>();
                self.spend(keys.len())?;
                (List::Made(Rc::from([])), keys)
            }
            nothing if nothing.is_nothing() => {
                let is_test = matches!(each.kind, Kind::All | Kind::Exists | Kind::ExistsOne);
                return Ok(if is_test { Value::Bool(false) } else { Value::Missing });
            }
            _ => return Err(Undecided::Wrong("something is gone through that holds nothing")),
        };
        let list = if keys.is_empty() { list } else { List::Made(keys.into()) };
        match each.kind {
            Kind::All | Kind::Exists => self.some(each, &list),
            Kind::ExistsOne => Ok(Value::Bool(self.taken(each, &list)?.len() == 1)),
            Kind::Filter | Kind::Map => Ok(Value::List(List::Made(self.taken(each, &list)?.into()))),
        }
    }

    /// `exists` looks for one that is, `all` for one that is not.
    fn some(&mut self, each: &'a Each, list: &List<'a>) -> Result<Value<'a>, Undecided> {
        let decisive = each.kind == Kind::Exists;
        let mut wrong = Ok(Value::Bool(!decisive));
        for at in 0..list.len() {
            let Some(element) = list.get(at) else { break };
            match self.of(each.test.as_ref(), element).and_then(|value| value.truth()) {
                Ok(truth) if truth == decisive => return Ok(Value::Bool(decisive)),
                Ok(_) => {}
                Err(Undecided::TooLong) => return Err(Undecided::TooLong),
                Err(why) => wrong = Err(why),
            }
        }
        wrong
    }

    /// The elements that pass the test, as they are or as `map` makes them.
    fn taken(&mut self, each: &'a Each, list: &List<'a>) -> Result<Vec<Value<'a>>, Undecided> {
        let mut taken = Vec::new();
        for at in 0..list.len() {
            let Some(element) = list.get(at) else { break };
            let passes = each.test.is_none() || self.of(each.test.as_ref(), element.clone())?.truth()?;
            if passes {
                taken.push(if each.made.is_some() { self.of(each.made.as_ref(), element)? } else { element });
            }
        }
        Ok(taken)
    }

    fn of(&mut self, node: Option<&'a Node>, element: Value<'a>) -> Result<Value<'a>, Undecided> {
        self.locals.push(element);
        let value = node.map_or(Ok(Value::Missing), |node| self.value(node));
        self.locals.pop();
        value
    }
}

fn field<'a>(of: &Value<'a>, name: &str) -> Result<Value<'a>, Undecided> {
    match of {
        Value::Object(object) => Ok(object.get(name).map_or(Value::Missing, Value::of)),
        nothing if nothing.is_nothing() => Ok(Value::Missing),
        _ => Err(NO_OBJECT),
    }
}

fn index<'a>(of: &Value<'a>, by: &Value<'_>) -> Result<Value<'a>, Undecided> {
    match (of, by) {
        (Value::Object(_), Value::Text(name)) => field(of, name),
        (Value::List(list), Value::Whole(at)) => {
            Ok(usize::try_from(*at).ok().and_then(|at| list.get(at)).unwrap_or(Value::Missing))
        }
        (of, by) if of.is_nothing() || by.is_nothing() => Ok(Value::Missing),
        _ => Err(NO_OBJECT),
    }
}
