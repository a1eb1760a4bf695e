//! A JSON file that belongs to someone else, cut and joined at places that the parser names.
//!
//! It is never printed anew, so every byte outside the edit stays. A new property goes to the front of its object:
//! what stands behind it needs no new comma, so taking it out again is exact.

use jsonc_parser::ast::{self, Array, Object, ObjectProp};
use jsonc_parser::common::Range;
use jsonc_parser::tokens::{Token, TokenAndRange};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::edit::Unfit;

const BOM: char = '\u{feff}';

pub(in crate::cli) struct Document<'a> {
    bom: bool,
    text: &'a str,
    pub(in crate::cli) root: Option<Object<'a>>,
    /// Comments are among them.
    tokens: Vec<TokenAndRange<'a>>,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn parse(text: &'a str) -> Result<Self, Unfit> {
        let bare = text.trim_start_matches(BOM);
        let collect = CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed = parse_to_ast(bare, &collect, &lenient())
            .map_err(|error| Unfit::NotJson { line: error.line_display(), column: error.column_display() })?;
        let root = match parsed.value {
            None => None,
            Some(ast::Value::Object(root)) => Some(root),
            Some(_) => return Err(Unfit::NotAnObject),
        };
        Ok(Self { bom: bare.len() < text.len(), text: bare, root, tokens: parsed.tokens.unwrap_or_default() })
    }

    /// A value behind a text that has none: nothing, or comments.
    pub(super) fn append(&self, value: &Value) -> String {
        let end = self.text.len();
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { self.newline() };
        self.replace(Range::new(end, end), &format!("{gap}{}{}", self.pretty(value, end), self.newline()))
    }

    pub(super) fn insert(&self, object: &Object<'_>, name: &str, value: &Value) -> String {
        let (open, close) = (object.range.start + 1, object.range.end - 1);
        let (key, newline) = (Value::from(name), self.newline());
        let Some(first) = object.properties.first() else {
            let outer = self.indent(object.range.start);
            let indent = format!("{outer}{}", self.unit());
            let entry = format!("{newline}{indent}{key}: {}", self.pretty_at(value, &indent));
            if blank(&self.text[open..close]) {
                return self.replace(Range::new(open, close), &format!("{entry}{newline}{outer}"));
            }
            return self.replace(Range::new(open, open), &entry);
        };
        if !self.text[open..first.range.start].contains('\n') {
            return self.replace(Range::new(open, open), &format!("{key}: {value},"));
        }
        let at = self.past_comments(open);
        let indent = self.indent(first.range.start);
        self.replace(
            Range::new(at, at),
            &format!("{newline}{indent}{key}: {},", self.pretty_at(value, indent)),
        )
    }

    /// A new last element of a list that has no comments and no trailing comma.
    pub(in crate::cli) fn push(&self, list: &Array<'_>, value: &Value) -> String {
        let newline = self.newline();
        let Some(end) = list.elements.last().map(jsonc_parser::common::Ranged::range) else {
            let outer = self.indent(list.range.start);
            let indent = format!("{outer}{}", self.unit());
            let element = self.pretty_at(value, &indent);
            return self.replace(list.range, &format!("[{newline}{indent}{element}{newline}{outer}]"));
        };
        let at = Range::new(end.end, end.end);
        if !self.text[list.range.start..end.start].contains('\n') {
            return self.replace(at, &format!(", {value}"));
        }
        let indent = self.indent(end.start);
        self.replace(at, &format!(",{newline}{indent}{}", self.pretty_at(value, indent)))
    }

    /// The text without a property, its comma, and the line it stood on.
    pub(super) fn cut(&self, property: &ObjectProp<'_>) -> Option<String> {
        let Range { start, end } = property.range;
        let first = self.tokens.iter().position(|token| token.range.start == start)?;
        let last = self.tokens.iter().position(|token| token.range.end == end)?;
        let before = self.tokens[..first].iter().rev().find(|token| !is_comment(token))?;
        let after = self.tokens[last + 1..].iter().find(|token| !is_comment(token))?;
        let neighbour = &self.tokens[first - 1];
        let comma_behind = after.token == Token::Comma;
        let end = if comma_behind { after.range.end } else { end };
        // What follows on the same line must not move up behind a line comment.
        let safe = !matches!(neighbour.token, Token::CommentLine(_)) || self.line_ends(end);
        let start = if safe { neighbour.range.end } else { start };
        let rest = &self.text[end..];
        let head = match (&before.token, &after.token) {
            (Token::OpenBrace, Token::CloseBrace)
                if before.range.end == start && blank(&self.text[end..after.range.start]) =>
            {
                return Some(self.replace(Range::new(start, after.range.start), ""));
            }
            (Token::Comma, _) if !comma_behind => {
                format!("{}{}", &self.text[..before.range.start], &self.text[before.range.end..start])
            }
            _ => self.text[..start].to_owned(),
        };
        Some(self.marked(&format!("{head}{rest}")))
    }

    pub(super) fn replace(&self, range: Range, with: &str) -> String {
        self.marked(&format!("{}{with}{}", &self.text[..range.start], &self.text[range.end..]))
    }

    fn marked(&self, text: &str) -> String {
        if self.bom { format!("{BOM}{text}") } else { text.to_owned() }
    }

    /// Where the comments end that share a line with an opening brace.
    fn past_comments(&self, open: usize) -> usize {
        let mut at = open;
        for token in self
            .tokens
            .iter()
            .skip_while(|token| token.range.start < open)
            .take_while(|token| is_comment(token))
        {
            if self.text[at..token.range.start].contains('\n') {
                break;
            }
            at = token.range.end;
        }
        at
    }

    fn line_ends(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start_matches([' ', '\t']);
        rest.is_empty() || rest.starts_with(['\r', '\n'])
    }

    /// The white space at the start of the line.
    fn indent(&self, at: usize) -> &'a str {
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let written = self.text[line..at].trim_start_matches([' ', '\t']);
        &self.text[line..at - written.len()]
    }

    /// One step of indentation, as the file has it.
    fn unit(&self) -> &'a str {
        let first = self.root.as_ref().and_then(|root| root.properties.first());
        first.map(|first| self.indent(first.range.start)).filter(|unit| !unit.is_empty()).unwrap_or("  ")
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    pub(super) fn pretty(&self, value: &Value, at: usize) -> String {
        self.pretty_at(value, self.indent(at))
    }

    fn pretty_at(&self, value: &Value, indent: &str) -> String {
        // Inside strings a line break is escaped, so each one here is the printer's.
        let text = format!("{value:#}");
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |text, line| {
            let content = line.trim_start_matches(' ');
            let depth = (line.len() - content.len()) / 2;
            format!("{text}{}{indent}{}{content}", self.newline(), self.unit().repeat(depth))
        })
    }
}

/// Comments and trailing commas are what these files have; anything else is a mistake in them.
fn lenient() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn is_comment(token: &TokenAndRange<'_>) -> bool {
    matches!(token.token, Token::CommentLine(_) | Token::CommentBlock(_))
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}
