//! Values that stand under a secret's name somewhere in a text: in a connection string, in a command line or in a
//! header that is one argument.

use std::ops::Range;

use crate::detect::{is_placeholder, is_plain_password, names_a_secret};

/// A longer name is a sentence.
const LONGEST_NAME: usize = 64;

/// Flags that take a user and a password in one.
const LOGINS: [&str; 8] =
    ["-u", "-U", "--user", "--auth", "--credentials", "--userpwd", "--proxy-user", "--basic-auth"];
/// As many of them take other pairs as well.
const LOOSE: usize = 5;

/// A shorter password does not tell whether it is one.
const SHORTEST_DRAWN: usize = 8;

const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];

/// Short for a secret where settings are written.
const SHORT: [&str; 3] = ["pw", "otp", "sig"];

/// What may be a secret and is often none: it is one if it looks drawn.
const HINTS: [&str; 12] =
    ["access", "cookie", "hook", "k", "license", "p", "salt", "sas", "session", "sid", "signing", "webhook"];

/// Whether a setting of this name holds a secret.
pub fn names_one(name: &str) -> bool {
    names_a_secret(name) || words(name).next_back().is_some_and(|word| is_any(word, &SHORT))
}

/// Whether a setting of this name may hold one, and this looks like it.
pub fn hints_at_one(name: &str, value: &str) -> bool {
    is_long_drawn(value) && words(name).any(|word| is_any(word, &HINTS))
}

/// The password behind `-p`, as clients of databases take it.
pub fn attached(argument: &str) -> Option<&str> {
    let value = argument.strip_prefix("-p")?;
    // `-project=x` is another flag.
    (is_long_drawn(value) && !value.trim_end_matches('=').contains('=')).then_some(value)
}

fn words(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Letters of both cases and digits by turns, as no word, path, number or digest has them.
fn is_long_drawn(value: &str) -> bool {
    const LONG: usize = 16;
    value.len() >= LONG
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte))
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase())
        && is_drawn(value)
}

/// Where they stand, in order and apart; `previous` is the argument before this one.
pub fn named_in(text: &str, previous: Option<&str>) -> Vec<Range<usize>> {
    let mut spans = assigned(text);
    flags(text, &mut spans);
    if let Some(flag) = previous.filter(|flag| LOGINS.contains(flag)) {
        spans.extend(password(text, flag, 0..text.len(), false));
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

/// Whether the value of this flag or name is a pair, of which at most the second half is a secret.
pub fn is_pair(name: &str, value: &str) -> bool {
    LOGINS.contains(&name) && value.contains(':') && !value.contains("://")
}

/// Whether `name: value` only says what a password is like: `password: at-least-12-chars`.
pub fn is_told(name: &str, value: &str) -> bool {
    is_plain_password(name) && is_phrase(value, 2)
}

/// Words, at least so many, and numbers joined by dashes: `client-credentials-v2`.
pub fn is_phrase(value: &str, least: usize) -> bool {
    const LONGEST_WORD: usize = 16;
    let (mut words, mut numbers) = (0, 0);
    for part in value.split(['-', '_']) {
        let number = part.strip_prefix('v').unwrap_or(part);
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers += 1;
        } else if (1..=LONGEST_WORD).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_lowercase())
        {
            words += 1;
        } else {
            return false;
        }
    }
    words >= least && numbers > 0
}

/// Whether the last word of this is what opens something, whatever the scheme before it is.
pub fn is_authorization(name: &str) -> bool {
    const NAME: &str = "authorization";
    let start = name.len().saturating_sub(NAME.len());
    name.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(NAME))
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
        if assigns && names_one(name) {
            let start = at + 1 + (after.len() - after.trim_start_matches(' ').len());
            let before = before[..before.len() - name.len()].trim_end_matches(' ');
            // One setting of a list, and whatever is in it.
            let whole = listed && (before.is_empty() || before.ends_with(';'));
            let token = after_scheme(text, start);
            let span = value(text, token, before.chars().next_back(), whole);
            let said = &text[span.clone()];
            let colon = text[at..].starts_with(':');
            if token == start && is_authorization(name) && (colon || !before.contains(char::is_whitespace)) {
                spans.push(header(text, span, before, colon));
            } else if !is_pair(name, said) && (!colon || quoted || !is_told(name, said)) {
                spans.push(span);
            }
        }
    }
    spans
}

/// All of a header whose scheme nobody knows: to the quote that is open, or to the end of the line.
fn header(text: &str, span: Range<usize>, before: &str, colon: bool) -> Range<usize> {
    if text[..span.start].ends_with(['"', '\'']) {
        return span;
    }
    let open = ['"', '\''].into_iter().find(|quote| before.matches(*quote).count() % 2 == 1);
    let ends = |c: char| c == '\n' || Some(c) == open || !colon && matches!(c, '&' | ',' | ';');
    let rest = &text[span.start..];
    let end = span.start + rest.find(ends).unwrap_or(rest.len());
    span.start..end.max(span.end)
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
    let fetches = fetches(text);
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
                spans.extend(password(text, login, word(text, next), fetches));
            }
            (Some(login), _) => spans.extend(password(text, login, start + login.len()..at, fetches)),
            (None, Some(next)) if !flag.contains('=') && names_one(flag.trim_start_matches('-')) => {
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

/// Whether a program is called for which every login is one.
fn fetches(text: &str) -> bool {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | '(' | '`'));
    words
        .filter_map(|word| word.rsplit(['/', '\\']).next())
        .any(|program| ["curl", "curl.exe", "wget", "wget.exe"].contains(&program))
}

/// Whether a value says what it is: numbers, and words with at most a number behind them (`bcrypt`, `data/2024-archive`,
/// `team-eu-west1`, `img:v1.2`). A single word with a number (`hunter2`) does not.
pub fn is_plain(value: &str) -> bool {
    const LONGEST_WORD: usize = 16;
    const LONGEST_NUMBER: usize = 2;
    let joint = ['-', '_', '.', '/', '\\', ':'];
    let alone = !value.contains(joint);
    value.split(joint).all(|part| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = part.len() - word.len();
        let same = |is: fn(&u8) -> bool| word.bytes().skip(1).all(|byte| is(&byte));
        let is_word = word.bytes().all(|byte| byte.is_ascii_alphabetic())
            && (same(u8::is_ascii_lowercase)
                || same(u8::is_ascii_uppercase) && !word.starts_with(|c: char| c.is_ascii_lowercase()));
        let few = number == 0 || number <= LONGEST_NUMBER && !alone;
        word.is_empty() || word == "v" || is_word && word.len() <= LONGEST_WORD && few
    })
}

/// Whether the second half of a pair is a password, where other pairs stand as well.
fn opens(password: &str) -> bool {
    // A path, or a variable of a shell.
    let elsewhere = password.starts_with(['/', '~', '\\', '$']);
    is_drawn(password) || !elsewhere && !is_plain(password) && !is_placeholder(password)
}

/// Letters and digits by turns, as no name of an image, a team or a version has them.
fn is_drawn(password: &str) -> bool {
    let turns = |run: &str| {
        run.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count()
    };
    let both = |run: &str| {
        run.bytes().any(|byte| byte.is_ascii_uppercase()) && run.bytes().any(|byte| byte.is_ascii_lowercase())
    };
    let mixed = |run: &str| turns(run) > 2 || turns(run) == 2 && both(run);
    let has_digit = password.bytes().any(|byte| byte.is_ascii_digit());
    password.len() >= SHORTEST_DRAWN
        && !password.contains('/')
        && !is_placeholder(password)
        && (has_digit && password.contains(['!', '#', '^', '&'])
            || password
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|run| run.len() >= SHORTEST_DRAWN && mixed(run)))
}

/// The second half of `user:password`; what a container runs as is two numbers.
fn password(text: &str, flag: &str, login: Range<usize>, sure: bool) -> Option<Range<usize>> {
    let pair = &text[login.clone()];
    let (user, password) = pair.split_once(':')?;
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_login = !password.starts_with("//") && !pair.contains(char::is_whitespace);
    let sure = sure || LOGINS[LOOSE..].contains(&flag) || opens(password);
    (sure && is_login && !(is_number(user.trim_start_matches('=')) && is_number(password)))
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
            ("--header=Authorization: SSWS xyz", "SSWS xyz"),
            ("-H \"Authorization: ApiKey xyz\" --port 80", "ApiKey xyz"),
            ("\"--header=Authorization: Bot xyz\" --port 80", "Bot xyz"),
            ("--header=authorization=Key xyz", "Key xyz"),
            ("{\"Authorization\": \"Key xyz\", \"b\": 1}", "Key xyz"),
            ("x --header=Proxy-Authorization: a=\"b\", c=xyz", "a=\"b\", c=xyz"),
            ("password=at-least-12-chars", "at-least-12-chars"),
            ("password: hunter2-Xy9", "hunter2-Xy9"),
            ("-u svc:mW8plover2c", "mW8plover2c"),
            ("--userpwd svc:xyz", "xyz"),
            ("sh -c '/usr/bin/wget --user svc:xyz'", "xyz'"),
            ("curl -usvc:xyz https://h", "xyz"),
            ("--user=svc:kV9x2pQ7", "kV9x2pQ7"),
            ("-u svc:hunter2", "hunter2"),
            ("--auth=svc:hunter2", "hunter2"),
            ("--credentials svc:Summer!", "Summer!"),
            ("DB_PW=xyz", "xyz"),
            ("sv=2020&sig=xyz", "xyz"),
            ("--otp xyz --port 80", "xyz"),
        ] {
            let found: Vec<&str> = named_in(text, None).into_iter().map(|span| &text[span]).collect();
            assert_eq!(found, [expected], "{text}");
        }
        assert_eq!(named_in("svc:kV9x2pQ7", Some("-u")).first(), Some(&(4..12)));
    }

    #[test]
    fn what_may_be_one_is_one_if_it_looks_drawn() {
        for (name, value, expected) in [
            ("-p", "kX9ploverWren27Zq8", true),
            ("X-Session", "kX9ploverWren27Zq8", true),
            ("--license", "Apache-2.0", false),
            ("--license", "kX9plover-Wren27Zq8", true),
            ("-p", "my-project-2024-x1", false),
            ("session", "550e8400-e29b-41d4-a716-446655440000", false),
            ("access", "3f2a9c1b7d5e8f6a4c2b0d9e", false),
            ("--sheet", "kX9ploverWren27Zq8", false),
        ] {
            assert_eq!(hints_at_one(name, value), expected, "{name} {value}");
        }
        assert_eq!(attached("-pkX9ploverWren27Zq8"), Some("kX9ploverWren27Zq8"));
        assert_eq!((attached("-p8080"), attached("-project=ReadMe2024x")), (None, None));
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
            "-u backup:data/2024-archive",
            "-U registry.example:5000/img:v1.2",
            "-u svc-user:team-eu-west1",
            "--auth oauth2:client-credentials-v2",
            "--auth=oauth2:client-credentials-v2",
            "--auth x:y",
            "-u app:Users",
            "-u img:v2",
            "-U host:/srv/MyApp2",
            "-u svc:$PASSWORD",
            "password: at-least-12-chars",
            "-Dpassword.encoder=bcrypt-2024",
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
