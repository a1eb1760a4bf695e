//! An expression as it is decided: names resolved, patterns compiled, nothing left to look up.

use regex::Regex;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Whole(i128),
    Fraction(f64),
    Text(String),
    List(Vec<Node>),
    Fact(Fact),
    /// A variable of a macro, by its place among those that are open.
    Local(usize),
    Field(Box<Node>, String),
    Has(Box<Node>, String),
    Index(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    /// Chains, so that a long one is not a deep one.
    And(Vec<Node>),
    Or(Vec<Node>),
    Choice(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    Calculate(Operator, Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    Matches(Box<Node>, Regex),
    Each(Box<Each>),
}

/// A macro over the elements of a list, or the keys of an object.
#[derive(Clone, Debug)]
pub(super) struct Each {
    pub(super) kind: Kind,
    pub(super) range: Node,
    /// Of each element: whether it counts, or for `map` whether it is taken.
    pub(super) test: Option<Node>,
    /// Of each element that `map` takes: what it becomes.
    pub(super) made: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

/// What an expression is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Server,
    Tool,
    Side,
    Args,
    Result,
    Definition,
    Text,
    Texts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    LowerAscii,
    UpperAscii,
    Int,
    Double,
    String,
}

impl Fact {
    pub(super) const NAMED: [(&str, Self); 8] = [
        ("server", Self::Server),
        ("tool", Self::Tool),
        ("side", Self::Side),
        ("args", Self::Args),
        ("result", Self::Result),
        ("definition", Self::Definition),
        ("text", Self::Text),
        ("texts", Self::Texts),
    ];
}

impl Kind {
    pub(super) const NAMED: [(&str, Self); 5] = [
        ("all", Self::All),
        ("exists", Self::Exists),
        ("exists_one", Self::ExistsOne),
        ("filter", Self::Filter),
        ("map", Self::Map),
    ];
}

impl Function {
    /// By name, with whether it is called on a value, and how many arguments it has with that value.
    pub(super) const NAMED: [(&str, Self, bool, usize); 10] = [
        ("size", Self::Size, true, 1),
        ("size", Self::Size, false, 1),
        ("contains", Self::Contains, true, 2),
        ("startsWith", Self::StartsWith, true, 2),
        ("endsWith", Self::EndsWith, true, 2),
        ("lowerAscii", Self::LowerAscii, true, 1),
        ("upperAscii", Self::UpperAscii, true, 1),
        ("int", Self::Int, false, 1),
        ("double", Self::Double, false, 1),
        ("string", Self::String, false, 1),
    ];
}

impl Node {
    /// How deep it goes.
    pub(super) fn height(&self) -> usize {
        1 + self.parts().into_iter().map(Self::height).max().unwrap_or(0)
    }

    /// Adds what it looks into. To ask whether something is null is no look into it.
    pub(super) fn looks_into(&self, facts: &mut Vec<Fact>) {
        match self {
            Self::Fact(fact) => facts.push(*fact),
            Self::Compare(Comparison::Equal | Comparison::Unequal, pair)
                if matches!(&**pair, [Self::Fact(_), Self::Null] | [Self::Null, Self::Fact(_)]) => {}
            _ => self.parts().into_iter().for_each(|part| part.looks_into(facts)),
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Whole(_)
            | Self::Fraction(_)
            | Self::Text(_)
            | Self::Fact(_)
            | Self::Local(_) => Vec::new(),
            Self::Not(of)
            | Self::Negative(of)
            | Self::Field(of, _)
            | Self::Has(of, _)
            | Self::Matches(of, _) => vec![of],
            Self::Index(of, by) => vec![of, by],
            Self::List(nodes) | Self::And(nodes) | Self::Or(nodes) | Self::Call(_, nodes) => {
                nodes.iter().collect()
            }
            Self::Choice(nodes) => nodes.iter().collect(),
            Self::Compare(_, nodes) | Self::In(nodes) | Self::Calculate(_, nodes) => nodes.iter().collect(),
            Self::Each(each) => {
                [Some(&each.range), each.test.as_ref(), each.made.as_ref()].into_iter().flatten().collect()
            }
        }
    }
}
