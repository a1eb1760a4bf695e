//! From words to a tree, by precedence. What is no part of the language here is refused where it stands.

use super::Misread;
use super::token::{Token, Tokens};
use super::tree::{Comparison, Fact, Node, Operator};

mod call;

/// Bytes of one expression.
const MAX_LENGTH: usize = 4_096;

/// Brackets within brackets, and whatever else stands in something of its kind.
const MAX_HEIGHT: usize = 40;

const TOO_DEEP: &str = "expected less that stands in something else";

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<", Comparison::Less),
    ("<=", Comparison::AtMost),
    (">", Comparison::More),
    (">=", Comparison::AtLeast),
];

const SUMS: [(&str, Operator); 2] = [("+", Operator::Plus), ("-", Operator::Minus)];

const PRODUCTS: [(&str, Operator); 3] =
    [("*", Operator::Times), ("/", Operator::Over), ("%", Operator::Modulo)];

pub(super) fn parse(text: &str) -> Result<Node, Misread> {
    if text.len() > MAX_LENGTH {
        let expected = format!("expected an expression of at most {MAX_LENGTH} bytes");
        return Err(Misread { at: MAX_LENGTH + 1, expected });
    }
    let mut tokens = Tokens::of(text);
    let (token, at) = tokens.next()?;
    let mut parser = Parser { tokens, token, at, variables: Vec::new(), depth: 0 };
    let node = parser.expression()?;
    match parser.token {
        Token::End => Ok(node),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'t> {
    tokens: Tokens<'t>,
    /// The next word, and where it begins.
    token: Token,
    at: usize,
    /// Of the macros that are open, the outermost first.
    variables: Vec<String>,
    depth: usize,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Node, Misread> {
        self.within(|parser| {
            let condition = parser.disjunction()?;
            if !parser.takes("?")? {
                return Ok(condition);
            }
            let then = parser.disjunction()?;
            parser.demand(":")?;
            let otherwise = parser.expression()?;
            parser.bounded(Node::Choice(Box::new([condition, then, otherwise])))
        })
    }

    fn disjunction(&mut self) -> Result<Node, Misread> {
        self.chain("||", Self::conjunction, Node::Or)
    }

    fn conjunction(&mut self) -> Result<Node, Misread> {
        self.chain("&&", Self::relation, Node::And)
    }

    fn chain(
        &mut self,
        sign: &'static str,
        part: fn(&mut Self) -> Result<Node, Misread>,
        join: fn(Vec<Node>) -> Node,
    ) -> Result<Node, Misread> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.takes(sign)? {
            parts.push(part(self)?);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => {
                parts.extend(last);
                self.bounded(join(parts))
            }
        }
    }

    fn relation(&mut self) -> Result<Node, Misread> {
        let mut left = self.sum()?;
        loop {
            let comparison = COMPARISONS.iter().find(|(sign, _)| self.token == Token::Sign(sign));
            let is_in = matches!(&self.token, Token::Name(name) if name == "in");
            if comparison.is_none() && !is_in {
                return Ok(left);
            }
            self.advance()?;
            let pair = Box::new([left, self.sum()?]);
            left = self.bounded(match comparison {
                Some((_, comparison)) => Node::Compare(*comparison, pair),
                None => Node::In(pair),
            })?;
        }
    }

    fn sum(&mut self) -> Result<Node, Misread> {
        self.calculation(&SUMS, Self::product)
    }

    fn product(&mut self) -> Result<Node, Misread> {
        self.calculation(&PRODUCTS, Self::unary)
    }

    fn calculation(
        &mut self,
        operators: &[(&'static str, Operator)],
        part: fn(&mut Self) -> Result<Node, Misread>,
    ) -> Result<Node, Misread> {
        let mut left = part(self)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.token == Token::Sign(sign)) {
            self.advance()?;
            let pair = Box::new([left, part(self)?]);
            left = self.bounded(Node::Calculate(*operator, pair))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, Misread> {
        if self.takes("!")? {
            let of = self.within(Self::unary)?;
            return self.bounded(Node::Not(Box::new(of)));
        }
        if self.takes("-")? {
            let of = self.within(Self::unary)?;
            return self.bounded(Node::Negative(Box::new(of)));
        }
        self.member()
    }

    fn member(&mut self) -> Result<Node, Misread> {
        let mut of = self.primary()?;
        loop {
            if self.takes(".")? {
                let at = self.at;
                let name = self.name("expected the name of a field or of a function")?;
                of = if self.takes("(")? {
                    self.method(of, &name, at)?
                } else {
                    Node::Field(Box::new(of), name)
                };
            } else if self.takes("[")? {
                let by = self.expression()?;
                self.demand("]")?;
                of = Node::Index(Box::new(of), Box::new(by));
            } else {
                return Ok(of);
            }
            of = self.bounded(of)?;
        }
    }

    fn primary(&mut self) -> Result<Node, Misread> {
        let at = self.at;
        let token = self.advance()?;
        match token {
            Token::Whole(number) => Ok(Node::Whole(number)),
            Token::Fraction(number) => Ok(Node::Fraction(number)),
            Token::Text(text) => Ok(Node::Text(text)),
            Token::Name(name) if self.takes("(")? => self.function(&name, at),
            Token::Name(name) => self.variable(&name, at),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.demand(")")?;
                Ok(inner)
            }
            Token::Sign("[") => {
                let list = self.list("]")?;
                self.bounded(Node::List(list))
            }
            _ => Err(self.tokens.misread(at, "expected a value")),
        }
    }

    fn variable(&self, name: &str, at: usize) -> Result<Node, Misread> {
        if let Some(place) = self.variables.iter().rposition(|variable| variable == name) {
            return Ok(Node::Local(place));
        }
        match name {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "null" => Ok(Node::Null),
            _ => {
                let fact = Fact::NAMED.iter().find(|(known, _)| *known == name);
                let names = Fact::NAMED.map(|(name, _)| format!("`{name}`")).join(", ");
                let wrong = || self.tokens.misread(at, format!("expected one of {names}"));
                fact.map(|(_, fact)| Node::Fact(*fact)).ok_or_else(wrong)
            }
        }
    }

    /// Expressions up to a closing bracket.
    fn list(&mut self, end: &'static str) -> Result<Vec<Node>, Misread> {
        let mut nodes = Vec::new();
        while !self.takes(end)? {
            nodes.push(self.expression()?);
            if !self.takes(",")? {
                self.demand(end)?;
                break;
            }
        }
        Ok(nodes)
    }

    fn name(&mut self, expected: &str) -> Result<String, Misread> {
        match &self.token {
            Token::Name(name) => {
                let name = name.clone();
                self.advance()?;
                Ok(name)
            }
            _ => Err(self.tokens.misread(self.at, expected)),
        }
    }

    fn advance(&mut self) -> Result<Token, Misread> {
        let (token, at) = self.tokens.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn takes(&mut self, sign: &'static str) -> Result<bool, Misread> {
        let is_it = self.token == Token::Sign(sign);
        if is_it {
            self.advance()?;
        }
        Ok(is_it)
    }

    fn demand(&mut self, sign: &'static str) -> Result<(), Misread> {
        if self.takes(sign)? { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn expected(&self, what: &str) -> Misread {
        self.tokens.misread(self.at, format!("expected {what}"))
    }

    /// Reading takes the stack too.
    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Misread>) -> Result<T, Misread> {
        if self.depth >= MAX_HEIGHT {
            return Err(self.tokens.misread(self.at, TOO_DEEP));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn bounded(&self, node: Node) -> Result<Node, Misread> {
        if node.height() > MAX_HEIGHT { Err(self.tokens.misread(self.at, TOO_DEEP)) } else { Ok(node) }
    }
}
