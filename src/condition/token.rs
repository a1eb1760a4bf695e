//! The words of an expression, each with the place where it begins.

use super::Misread;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    End,
    Name(String),
    Whole(i128),
    Fraction(f64),
    Text(String),
    /// Operators and brackets.
    Sign(&'static str),
}

/// The longer ones first, so that they are not taken for the shorter.
const SIGNS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "+", "-", "*", "/", "%", "(", ")", "[", "]",
    ".", ",", "{", "}", "=",
];

/// An expression, and how far it has been read.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The number of the character at a byte, from 1.
    pub(super) fn character(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or(self.text).chars().count() + 1
    }

    pub(super) fn misread(&self, at: usize, expected: impl Into<String>) -> Misread {
        Misread { at: self.character(at), expected: expected.into() }
    }

    /// The next word, and the byte where it begins.
    pub(super) fn next(&mut self) -> Result<(Token, usize), Misread> {
        self.skip();
        let (rest, start) = (self.rest(), self.at);
        let Some(first) = rest.chars().next() else { return Ok((Token::End, start)) };
        let raw = matches!(first, 'r' | 'R') && rest[1..].starts_with(['"', '\'']);
        let token = if raw {
            self.at += 1;
            self.quoted(start, true)?
        } else if matches!(first, '"' | '\'') {
            self.quoted(start, false)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            self.at += end;
            Token::Name(rest[..end].to_owned())
        } else if first.is_ascii_digit()
            || first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            self.number(start)?
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = *sign.ok_or_else(|| self.misread(start, "expected no such character here"))?;
            self.at += sign.len();
            Token::Sign(sign)
        };
        Ok((token, start))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// White space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            if !self.rest().starts_with("//") {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn number(&mut self, start: usize) -> Result<Token, Misread> {
        let rest = self.rest();
        let wrong = || self.misread(start, "expected a number");
        let (token, length) = if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
            let digits = run(hex, u8::is_ascii_hexdigit);
            let whole = i64::from_str_radix(&hex[..digits], 16).map_err(|_| wrong())?;
            (Token::Whole(whole.into()), digits + 2)
        } else {
            let mut length = run(rest, u8::is_ascii_digit);
            let mut fraction = false;
            let after = |length: usize| rest.get(length..).unwrap_or_default();
            if after(length).starts_with('.') && after(length + 1).starts_with(|c: char| c.is_ascii_digit()) {
                fraction = true;
                length += 1 + run(after(length + 1), u8::is_ascii_digit);
            }
            if after(length).starts_with(['e', 'E']) {
                let sign = usize::from(after(length + 1).starts_with(['+', '-']));
                let digits = run(after(length + 1 + sign), u8::is_ascii_digit);
                if digits == 0 {
                    return Err(wrong());
                }
                fraction = true;
                length += 1 + sign + digits;
            }
            let token = if fraction {
                Token::Fraction(rest[..length].parse().map_err(|_| wrong())?)
            } else {
                Token::Whole(rest[..length].parse::<u64>().map_err(|_| wrong())?.into())
            };
            (token, length)
        };
        self.at += length;
        // An unsigned number is a number here.
        if matches!(token, Token::Whole(_)) && self.rest().starts_with(['u', 'U']) {
            self.at += 1;
        }
        if self.rest().starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return Err(self.misread(start, "expected a number"));
        }
        Ok(token)
    }

    fn quoted(&mut self, start: usize, raw: bool) -> Result<Token, Misread> {
        let rest = self.rest();
        let triple = ["\"\"\"", "'''"].into_iter().find(|quote| rest.starts_with(quote));
        let quote = triple.unwrap_or(&rest[..1]);
        self.at += quote.len();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                return Ok(Token::Text(text));
            }
            let Some(c) = rest.chars().next().filter(|c| triple.is_some() || *c != '\n') else {
                return Err(self.misread(start, "expected the end of the string that begins here"));
            };
            self.at += c.len_utf8();
            match c {
                '\\' if !raw => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, Misread> {
        let start = self.at - 1;
        let wrong = || {
            self.misread(
                start,
                "expected an escape: write the backslash twice, or put `r` in front of the string",
            )
        };
        let c = self.rest().chars().next().ok_or_else(wrong)?;
        let plain = match c {
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            '\\' | '"' | '\'' | '`' | '?' => Some(c),
            _ => None,
        };
        if let Some(plain) = plain {
            self.at += 1;
            return Ok(plain);
        }
        let (skipped, digits, radix) = match c {
            'x' | 'X' => (1, 2, 16),
            'u' => (1, 4, 16),
            'U' => (1, 8, 16),
            '0'..='3' => (0, 3, 8),
            _ => return Err(wrong()),
        };
        let code = self.rest().get(skipped..skipped + digits).filter(|code| !code.starts_with('+'));
        let code = code.and_then(|code| u32::from_str_radix(code, radix).ok());
        let character = code.and_then(char::from_u32).ok_or_else(wrong)?;
        self.at += skipped + digits;
        Ok(character)
    }
}

fn run(text: &str, is_part: impl Fn(&u8) -> bool) -> usize {
    text.bytes().take_while(is_part).count()
}
