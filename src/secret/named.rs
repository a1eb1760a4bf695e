//! Values that stand under a secret's name somewhere in a text: in a connection string, in a command line or in a
//! header that is one argument.

use std::ops::Range;

use crate::detect::names_a_secret;

/// A longer name is a sentence.
const LONGEST_NAME: usize = 64;

/// Flags that take a user and a password in one.
const LOGINS: [&str; 8] =
    ["-u", "-U", "--user", "--userpwd", "--proxy-user", "--basic-auth", "--auth", "--credentials"];

const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];

/// Where they stand, in order and apart; `previous` is the argument before this one.
pub fn named_in(text: &str, previous: Option<&str>) -> Vec<Range<usize>> {
    let mut spans = assigned(text);
    flags(text, &mut spans);
    if previous.is_some_and(|flag| LOGINS.contains(&flag)) {
        spans.extend(password(text, 0..text.len()));
    }
    spans.retain(|span| !span.is_empty());
    spans.sort_by_key(|span| span.start);
    spans.dedup_by(|next, span| {
        let meets = next.start < span.end;
        if meets {
            span.end = span.end.max(next.end);
        }
        meets
    });
    spans
}

/// `name=value` and `name: value`, with or without quotes.
fn assigned(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let listed = text.contains(';');
    for at in memchr::memchr2_iter(b'=', b':', text.as_bytes()) {
        if spans.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let before = text[..at].trim_end_matches(' ');
        let quoted = before.ends_with(['"', '\'']);
        let before = before.strip_suffix(['"', '\'']).unwrap_or(before);
        let before = before.strip_suffix('\\').filter(|_| quoted).unwrap_or(before);
        let after = &text[at + 1..];
        // An address, a place or a comparison has one of them as well.
        let assigns = match &text[at..=at] {
            ":" => quoted || after.starts_with(' '),
            _ => !after.starts_with('='),
        };
        let name = name(before);
        if assigns && names_a_secret(name) {
            let start = at + 1 + (after.len() - after.trim_start_matches(' ').len());
            let before = before[..before.len() - name.len()].trim_end_matches(' ');
            // One setting of a list, and whatever is in it.
            let whole = listed && (before.is_empty() || before.ends_with(';'));
            spans.push(value(text, after_scheme(text, start), before.chars().next_back(), whole));
        }
    }
    spans
}

/// The name that a text ends with.
fn name(text: &str) -> &str {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let length = text.bytes().rev().take(LONGEST_NAME).take_while(part).count();
    &text[text.len() - length..]
}

/// The value that begins at `start`; `before` stands before its name.
fn value(text: &str, start: usize, before: Option<char>, whole: bool) -> Range<usize> {
    let rest = &text[start..];
    if rest.strip_prefix('\\').unwrap_or(rest).starts_with(['"', '\'']) {
        return word(text, start);
    }
    let ends = |c: char| match before {
        _ if whole => c == ';',
        // A header in quotes.
        Some(quote @ ('"' | '\'')) => c == quote,
        _ => c.is_whitespace() || matches!(c, ';' | ',' | '&' | '|' | '"' | '\'' | '}' | ')'),
    };
    start..start + rest.find(ends).unwrap_or(rest.len())
}

fn after_scheme(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let scheme = rest.split(' ').next().unwrap_or_default();
    let known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    let after = rest[scheme.len()..].trim_start_matches(' ');
    if known && !after.is_empty() { text.len() - after.len() } else { start }
}

/// `--token value`, and a login in the same way.
fn flags(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(found) = text[at..].find('-') {
        let start = at + found;
        let length = text[start..].find(char::is_whitespace).unwrap_or(text.len() - start);
        let flag = &text[start..start + length];
        at = start + length;
        if !text[..start].ends_with(|c: char| c.is_whitespace()) && start > 0 {
            continue;
        }
        let next = text[at..].find(|c: char| !c.is_whitespace()).map(|blank| at + blank);
        let login = LOGINS.iter().find(|login| {
            flag.strip_prefix(**login).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('=') || login.len() == 2 && rest.contains(':')
            })
        });
        match (login, next) {
            (Some(login), Some(next)) if flag == *login => {
                spans.extend(password(text, word(text, next)));
            }
            (Some(login), _) => spans.extend(password(text, start + login.len()..at)),
            (None, Some(next)) if !flag.contains('=') && names_a_secret(flag.trim_start_matches('-')) => {
                spans.push(word(text, next));
            }
            _ => {}
        }
    }
}

/// A word, or what is in quotes.
fn word(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    let opened = rest.strip_prefix('\\').filter(|rest| rest.starts_with(['"', '\''])).unwrap_or(rest);
    let start = text.len() - opened.len();
    if let Some(quote) = opened.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = &opened[1..];
        let end = inside.find(quote).unwrap_or(inside.len());
        let end = end - usize::from(opened.len() < rest.len() && inside[..end].ends_with('\\'));
        return start + 1..start + 1 + end;
    }
    start..start + opened.find(char::is_whitespace).unwrap_or(opened.len())
}

/// The second half of `user:password`; what a container runs as is two numbers.
fn password(text: &str, login: Range<usize>) -> Option<Range<usize>> {
    let pair = &text[login.clone()];
    let (user, password) = pair.split_once(':')?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_login = !password.starts_with("//") && !pair.contains(char::is_whitespace);
    (is_login && !(is_number(user.trim_start_matches('=')) && is_number(password)))
        .then(|| login.end - password.len()..login.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_programs_take_them() {
        for (text, expected) in [
            ("Server=tcp:db,1433;User ID=sa;Password=a b,c&d;Encrypt=True", "a b,c&d"),
            ("Pwd=xyz;Server=db", "xyz"),
            ("AccountName=x;AccountKey=abc+/d==;EndpointSuffix=core", "abc+/d=="),
            ("SharedAccessKeyName=Root;SharedAccessKey=abc=", "abc="),
            ("jdbc:sqlserver://h:1433;user=sa;password=xyz", "xyz"),
            ("host=db user=a password='x z' dbname=q", "x z"),
            ("host:6379,password=xyz,ssl=True", "xyz"),
            ("org.Login required username=\"a\" password=\"x;z\";", "x;z"),
            ("{\"api_key\": \"xyz\", \"b\": 1}", "xyz"),
            ("{\\\"api_key\\\":\\\"xyz\\\"}", "xyz"),
            ("curl -H 'Authorization: Bearer xyz' https://h", "xyz"),
            ("--header=X-Api-Key: xyz", "xyz"),
            ("--header=Authorization: Bearer xyz", "xyz"),
            ("--access-token xyz", "xyz"),
            ("start --api-key \"xyz\" --port 80", "xyz"),
            ("export TOKEN=xyz && run", "xyz"),
            ("-u svc:xyz", "xyz"),
            ("curl -usvc:xyz https://h", "xyz"),
            ("--user=svc:xyz", "xyz"),
        ] {
            let found: Vec<&str> = named_in(text, None).into_iter().map(|span| &text[span]).collect();
            assert_eq!(found, [expected], "{text}");
        }
        assert_eq!(named_in("svc:xyz", Some("-u")).first(), Some(&(4..7)));
    }

    #[test]
    fn what_only_mentions_one_is_none() {
        for text in [
            "arn:aws:secretsmanager:eu-west-1:1:secret:prod/db-x1",
            "--port 80 --token-file /run/x",
            "token==1.2.3",
            "-u 1000:1000",
            "--user https://h",
            "-u root",
            "password=",
            "a - b -- c",
            "-",
            "é=ü: -ö",
        ] {
            assert_eq!(named_in(text, None), Vec::<Range<usize>>::new(), "{text}");
        }
        assert!(named_in("1000:1000", Some("-u")).is_empty() && named_in("svc:x", Some("-v")).is_empty());
    }
}
