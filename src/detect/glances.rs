//! What stands beside a literal where its rule may match: a look at a few bytes, for rules whose literals are
//! everywhere, before a pattern is tried. Each lets pass at least one literal of whatever its pattern matches.

use super::literals::Hit;
use super::rules::is_word;
use super::runs::Class;
use super::words::Words;

/// Whether the rule may match around this literal.
pub(super) type Glance = fn(&[u8], Hit) -> bool;

/// The glance of a rule, by its name.
pub(super) fn of(rule: &str) -> Option<Glance> {
    let glance = match rule {
        "code.mail-command" => mail_command,
        "code.shell-substitution" => substitution,
        "code.nosql-shell" => database,
        "code.sql-arithmetic" => arithmetic,
        "code.sql-breakout" => breakout,
        "code.sql-comment" => comment,
        "code.sql-functions" => function,
        "code.sql-json" => operator,
        "code.sql-nosql" => returned,
        "code.sql-select" => select,
        "code.sql-stacked" => stacked,
        "code.sql-tautology" => tautology,
        "code.sql-word" => sql_word,
        "code.xss-code" => script,
        "code.xss-handler" => handler,
        "code.xss-scheme" => scheme,
        "code.open-redirect" => redirect,
        "prompt.weak-override" => order,
        "secret.age-artifactory" => artifact,
        "secret.aws-access-key" => key_id,
        "secret.discord-bot" => bot,
        "secret.github" => long_word,
        "secret.gitlab" => long_token,
        "secret.jwt" | "secret.jwe" => signed,
        "secret.login-in-address" => login,
        "secret.npm-auth" => registry,
        "secret.scalingo" => access,
        "secret.slack" => slack,
        "secret.twilio" => account,
        "secret.vault" => vault,
        "toxicity.insult" => insult,
        _ => return None,
    };
    Some(glance)
}

static SPACES: Class = Class::of(b" \t\n\x0b\x0c\r");
static PLUSES: Class = Class::of(b" \t\n\x0b\x0c\r+");
static BRACKETS: Class = Class::of(b" \t\n\x0b\x0c\r+)");
static OPENERS: Class = Class::of(b" \t\n\x0b\x0c\r+(!-");
static QUOTES: Class = Class::of(b" \t\n\x0b\x0c\r'\"");

/// Where a text goes on after at most so many bytes of a class.
fn after(bytes: &[u8], from: usize, most: usize, class: &Class) -> usize {
    from + class.length(&bytes[from..bytes.len().min(from + most)])
}

/// The byte before `to` and before at most so many bytes of a class; nothing at the start of the text.
fn before(bytes: &[u8], to: usize, most: usize, class: &Class) -> Option<u8> {
    let near = &bytes[to.saturating_sub(most)..to];
    let count = near.iter().rev().take_while(|byte| class.has(**byte)).count();
    (to - count).checked_sub(1).map(|at| bytes[at])
}

/// Commands of these protocols are capitals.
fn mail_command(bytes: &[u8], hit: Hit) -> bool {
    bytes[hit.start].is_ascii_uppercase()
}

/// A command or its folder follows; a backtick opens one after a separator only.
fn substitution(bytes: &[u8], hit: Hit) -> bool {
    let next = bytes.get(after(bytes, hit.end, 3, &SPACES));
    let opens = || before(bytes, hit.start, 3, &QUOTES).is_none_or(|byte| b";|&=".contains(&byte));
    next.is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/')
        && (bytes[hit.start] != b'`' || opens())
}

/// A value of one word, a quote, and what computes.
fn arithmetic(bytes: &[u8], hit: Hit) -> bool {
    static SUMS: Class = Class::of(b"*/%+-dDmM");
    let next = after(bytes, hit.end, 4, &PLUSES);
    bytes[hit.start] == b'\''
        && (bytes.get(next).is_some_and(|byte| SUMS.has(*byte)) || bytes[hit.end..next].contains(&b'+'))
        && is_value(&bytes[..hit.start])
}

/// Whether a text ends with one word that opens it, or that something is set to.
fn is_value(bytes: &[u8]) -> bool {
    const WORD: usize = 16;
    let value = |byte: &u8| is_word(*byte) || matches!(byte, b'.' | b'\\');
    let blanks =
        |bytes: &[u8], most| bytes.iter().rev().take(most).take_while(|byte| SPACES.has(**byte)).count();
    let bytes = &bytes[..bytes.len() - blanks(bytes, 2)];
    let word = bytes.iter().rev().take(WORD + 1).take_while(|byte| value(byte)).count();
    let bytes = &bytes[..bytes.len() - word];
    let bytes = &bytes[..bytes.len() - blanks(bytes, 3)];
    (1..=WORD).contains(&word) && bytes.last().is_none_or(|byte| *byte == b'=')
}

/// A quote not far after the start or a sign of an assignment, and a condition behind it.
fn breakout(bytes: &[u8], hit: Hit) -> bool {
    static CONDITIONS: Class = Class::of(b"oaxlnrbdmsciOAXLNRBDMSCI|&<>=!^/");
    static ENDS: Class = Class::of(b"'\"`\n{}[]:,;=&?");
    /// How far before the quote the value begins, with what opens it.
    const VALUE: usize = 43;
    let next = bytes.get(after(bytes, hit.end, 8, &BRACKETS));
    if !next.is_some_and(|byte| CONDITIONS.has(*byte)) {
        return false;
    }
    let near = &bytes[hit.start.saturating_sub(VALUE)..hit.start];
    match near.iter().rposition(|byte| ENDS.has(*byte)) {
        Some(at) => near[at.saturating_sub(2)..=at].iter().any(|byte| b"=&?;".contains(byte)),
        None => near.len() < VALUE,
    }
}

/// A quote before the sign of a comment.
fn comment(bytes: &[u8], hit: Hit) -> bool {
    const NEAR: usize = 128;
    static GAPS: Class = Class::of(b" \t\n\x0b\x0c\r);");
    let quote = |byte| matches!(byte, b'\'' | b'"');
    quote(bytes[hit.start]) || before(bytes, hit.start, NEAR, &GAPS).is_some_and(quote)
}

/// The name of a variable follows.
fn function(bytes: &[u8], hit: Hit) -> bool {
    bytes[hit.start] != b'@' || bytes.get(hit.end).is_some_and(u8::is_ascii_alphabetic)
}

/// A value follows.
fn operator(bytes: &[u8], hit: Hit) -> bool {
    static VALUES: Class = Class::of(b"'\"{[0123456789");
    let next = || bytes.get(after(bytes, hit.end, 3, &SPACES));
    !b"@<-#".contains(&bytes[hit.start]) || next().is_some_and(|byte| VALUES.has(*byte))
}

static STATEMENTS: Words = Words::new(&[
    "alter", "begin", "call", "copy", "create", "declare", "delete", "drop", "exec", "grant", "handler",
    "if", "insert", "merge", "select", "set", "shutdown", "truncate", "update", "use", "waitfor",
]);

/// A statement follows.
fn stacked(bytes: &[u8], hit: Hit) -> bool {
    let next = after(bytes, hit.end, 6, &PLUSES);
    STATEMENTS.begin(&bytes[next..], |_| true).is_some()
}

/// What joins two conditions stands after a quote, a bracket or a number, opens the text, or has a number behind it.
fn tautology(bytes: &[u8], hit: Hit) -> bool {
    static VALUES: Class = Class::of(b"0123456789'\"`)");
    if matches!(bytes[hit.start], b'w' | b'W' | b'l' | b'L') {
        return false;
    }
    let next = after(bytes, hit.end, 6, &OPENERS);
    before(bytes, hit.start, 4, &SPACES).is_none_or(|byte| VALUES.has(byte))
        || next > hit.end && bytes.get(next).is_some_and(u8::is_ascii_digit)
}

/// A query, and what it asks for.
fn select(bytes: &[u8], hit: Hit) -> bool {
    static NEXT: Class = Class::of(b" \t\n\x0b\x0c\r+(/*");
    bytes.get(hit.end).is_some_and(|byte| NEXT.has(*byte))
}

/// A word that returns something begins a statement.
fn returned(bytes: &[u8], hit: Hit) -> bool {
    let opens = || before(bytes, hit.start, 1, &SPACES) == Some(b';');
    !matches!(bytes[hit.start], b'r' | b'R') || opens()
}

/// Or follows a string.
fn database(bytes: &[u8], hit: Hit) -> bool {
    let opens = || before(bytes, hit.start, 3, &SPACES).is_some_and(|byte| b"'\";".contains(&byte));
    !matches!(bytes[hit.start], b'r' | b'R') || opens()
}

/// Nothing and truth are what a condition is about, and a session's user or date.
fn sql_word(bytes: &[u8], hit: Hit) -> bool {
    let goes_on = |rest: &[u8]| {
        bytes.get(hit.end..hit.end + rest.len()).is_some_and(|next| next.eq_ignore_ascii_case(rest))
    };
    match bytes[hit.start] {
        b's' | b'S' if bytes[hit.start + 1].eq_ignore_ascii_case(&b'e') => goes_on(b"n_user"),
        b'c' | b'C' if bytes[hit.start + 1].eq_ignore_ascii_case(&b'u') => goes_on(b"t_"),
        // `is null`, `not null`, `notnull`
        b'n' | b'N' if bytes[hit.start + 1].eq_ignore_ascii_case(&b'u') => {
            before(bytes, hit.start, usize::MAX, &SPACES).is_some_and(|byte| b"sStT".contains(&byte))
        }
        // `select @@version`
        b'@' => {
            let apart = hit.start.checked_sub(1).is_some_and(|at| SPACES.has(bytes[at]));
            apart && bytes.get(hit.end).is_some_and(|byte| is_word(*byte))
        }
        // `or true`
        b't' | b'T' => before(bytes, hit.start, 4, &OPENERS).is_some_and(|byte| matches!(byte, b'r' | b'R')),
        _ => true,
    }
}

/// A word that is also one of prose is called.
fn script(bytes: &[u8], hit: Hit) -> bool {
    let next = bytes.get(after(bytes, hit.end, 3, &SPACES));
    match bytes[hit.start] {
        b'p' | b'P' => next.is_some_and(|byte| matches!(byte, b'(' | b'`')),
        b'w' | b'W' => next.is_some_and(|byte| matches!(byte, b'[' | b'.')),
        _ => true,
    }
}

/// A word that begins with `on`.
fn handler(bytes: &[u8], hit: Hit) -> bool {
    is_apart(bytes, hit) && bytes.get(hit.end).is_some_and(u8::is_ascii_alphabetic)
}

/// What ends in `script` is a scheme with a colon behind it.
fn scheme(bytes: &[u8], hit: Hit) -> bool {
    let ends = bytes[hit.start..hit.end].eq_ignore_ascii_case(b"script");
    let gap = |byte: &&u8| **byte <= b' ' || **byte == b'\\';
    !ends || bytes.get(hit.end + bytes[hit.end..].iter().take(6).take_while(gap).count()) == Some(&b':')
}

/// `host@`, or `host/` and soon an `@`.
fn redirect(bytes: &[u8], hit: Hit) -> bool {
    const NEAR: usize = 24;
    static HOST: Class = Class::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    let end = after(bytes, hit.end, 80, &HOST);
    bytes[end..].iter().take(NEAR).any(|byte| *byte == b'@')
}

/// An order has an object.
fn order(bytes: &[u8], hit: Hit) -> bool {
    let end = match bytes[hit.start] {
        b'd' | b'D' => hit.start + "disregard".len(),
        b'f' | b'F' | b'i' | b'I' => hit.end,
        _ => return false,
    };
    bytes.get(end).is_some_and(|byte| SPACES.has(*byte))
}

/// A token begins with capitals.
fn artifact(bytes: &[u8], hit: Hit) -> bool {
    bytes[hit.start] == b'A'
}

/// Capitals and digits follow.
fn key_id(bytes: &[u8], hit: Hit) -> bool {
    let has = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    bytes.get(hit.start..hit.start + 20).is_some_and(|key| key.iter().rev().all(has))
}

/// The shortest token goes on for so long.
fn long_word(bytes: &[u8], hit: Hit) -> bool {
    bytes.get(hit.start..hit.start + 40).is_some_and(|token| token.iter().rev().all(|byte| is_word(*byte)))
}

fn long_token(bytes: &[u8], hit: Hit) -> bool {
    bytes.get(hit.start..hit.start + 25).is_some_and(is_token)
}

/// An object in base64.
fn signed(bytes: &[u8], hit: Hit) -> bool {
    bytes[hit.start] == b'e' && bytes.get(hit.start..hit.start + 17).is_some_and(is_token)
}

fn is_token(bytes: &[u8]) -> bool {
    bytes.iter().rev().all(|byte| is_word(*byte) || *byte == b'-')
}

/// A setting's name begins here.
fn registry(bytes: &[u8], hit: Hit) -> bool {
    hit.start.checked_sub(1).is_none_or(|at| SPACES.has(bytes[at]) || b":/".contains(&bytes[at]))
}

/// A number follows the dash, or another prefix.
fn slack(bytes: &[u8], hit: Hit) -> bool {
    match bytes.get(hit.start + 4..hit.start + 6) {
        Some([b'-', digit]) => digit.is_ascii_digit(),
        Some([b'.', letter]) => matches!(letter, b'x' | b'X'),
        _ => false,
    }
}

/// A number in hex follows capitals.
fn account(bytes: &[u8], hit: Hit) -> bool {
    matches!(&bytes[hit.start..hit.end], b"SK" | b"AC")
        && is_apart(bytes, hit)
        && bytes.get(hit.end).is_some_and(u8::is_ascii_hexdigit)
}

/// What begins with `pat` goes on with a part of so many letters.
fn access(bytes: &[u8], hit: Hit) -> bool {
    const PART: usize = 14;
    let drawn = |rest: &[u8]| rest.iter().all(u8::is_ascii_alphanumeric);
    let goes_on =
        || bytes.get(hit.end) == Some(&b'.') || bytes.get(hit.end..hit.end + PART).is_some_and(drawn);
    !bytes[hit.start..hit.end].eq_ignore_ascii_case(b"pat") || is_apart(bytes, hit) && goes_on()
}

/// A small letter that nothing but a sign stands before.
fn vault(bytes: &[u8], hit: Hit) -> bool {
    static SIGNS: Class = Class::of(b" \t\n\x0b\x0c\r=:\"'");
    bytes[hit.start] == b's'
        && hit.start.checked_sub(1).is_none_or(|at| SIGNS.has(bytes[at]))
        && bytes.get(hit.end).is_some_and(u8::is_ascii_alphanumeric)
}

/// What is also the end of other words is one by itself.
fn insult(bytes: &[u8], hit: Hit) -> bool {
    !bytes[hit.start..hit.end].eq_ignore_ascii_case(b"hoe") || is_apart(bytes, hit)
}

/// Whether a word begins here.
fn is_apart(bytes: &[u8], hit: Hit) -> bool {
    hit.start.checked_sub(1).is_none_or(|at| !is_word(bytes[at]))
}

/// The second part of a bot's token has six characters.
fn bot(bytes: &[u8], hit: Hit) -> bool {
    bytes.get(hit.start + 7) == Some(&b'.')
}

/// `user:`, or `user@host:`
fn login(bytes: &[u8], hit: Hit) -> bool {
    static ENDS: Class = Class::of(b" \t\n\x0b\x0c\r:/'\"<>{}?#");
    let near = &bytes[hit.end..bytes.len().min(hit.end + 161)];
    near.iter().find(|byte| ENDS.has(**byte)) == Some(&b':')
}
