//! References to secrets that live outside the file: `${env:NAME}`, `${NAME}`, `${file:PATH}`, `${keyring:NAME}`.
//!
//! They may stand anywhere in a value; `$${` is a literal `${`. Names and paths may be shown, what they stand for
//! may not.

use std::io::Read as _;
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::sync::mpsc;
#[cfg(unix)]
use std::time::{Duration, Instant};

use super::environment::Environment;
use crate::detect;
use crate::secret::SecretValue;

const LARGEST_FILE: u64 = 64 << 10;

/// A keyring that asks its user for a password must not hold up the gateway.
#[cfg(unix)]
const KEYRING_WAIT: Duration = Duration::from_secs(2);

/// A value with its references followed.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) value: SecretValue,
    /// What the references stood for; empty when the value was written out.
    pub(super) secrets: Vec<SecretValue>,
    /// What of them is a secret by where it was kept: a file, the keyring, a variable that is named after one.
    pub(super) kept: Vec<SecretValue>,
}

impl Resolved {
    pub(super) fn referenced(&self) -> bool {
        !self.secrets.is_empty()
    }
}

/// Follows every reference in a text, or says of each one that cannot be followed why.
pub(super) fn resolve(text: &str, env: &Environment) -> Result<Resolved, Vec<String>> {
    let (mut value, mut secrets, mut kept) = (String::with_capacity(text.len()), Vec::new(), Vec::new());
    each_piece(text, |piece| {
        match piece {
            Piece::Plain(text) => value.push_str(text),
            Piece::Brace => value.push_str("${"),
            Piece::Reference(name) => {
                let secret = follow(name, env)?;
                value.push_str(&secret);
                if Reference::parse(name).is_some_and(|reference| reference.is_to_a_secret()) {
                    kept.push(secret.as_str().into());
                }
                secrets.push(secret.into());
            }
        }
        Ok(())
    })?;
    Ok(Resolved { value: value.into(), secrets, kept })
}

/// Follows every reference now, for a text that is read later: there each one leads into `found`.
pub(super) fn follow_now(
    text: &str,
    env: &Environment,
    found: &mut Vec<(String, String)>,
) -> Result<String, Vec<String>> {
    let mut moved = String::with_capacity(text.len());
    each_piece(text, |piece| {
        match piece {
            Piece::Plain(text) => moved.push_str(text),
            Piece::Brace => moved.push_str("$${"),
            Piece::Reference(name) => {
                let secret = follow(name, env)?;
                let name = format!("FOUND_{}", found.len());
                moved.extend(["${env:", &name, "}"]);
                found.push((name, secret));
            }
        }
        Ok(())
    })?;
    Ok(moved)
}

/// Whether `resolve` would have something to follow, or to complain about.
pub(super) fn refers(text: &str) -> bool {
    let refused = |piece: Piece<'_>| match piece {
        Piece::Reference(_) => Err(String::new()),
        Piece::Plain(_) | Piece::Brace => Ok(()),
    };
    each_piece(text, refused).is_err()
}

enum Piece<'t> {
    Plain(&'t str),
    /// A literal `${`, written `$${`.
    Brace,
    Reference(&'t str),
}

/// Gives back every complaint, in order.
fn each_piece<'t>(
    text: &'t str,
    mut take: impl FnMut(Piece<'t>) -> Result<(), String>,
) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        problems.extend(take(Piece::Plain(&rest[..at])).err());
        rest = &rest[at..];
        let (piece, after) = if let Some(after) = rest.strip_prefix("$${") {
            (Piece::Brace, after)
        } else if let Some(inside) = rest.strip_prefix("${") {
            let Some((name, after)) = inside.split_once('}') else {
                problems.push(
                    "expected a `}` that ends the reference; a literal `${` is written `$${`".to_owned(),
                );
                return Err(problems);
            };
            (Piece::Reference(name), after)
        } else {
            (Piece::Plain(&rest[..1]), &rest[1..])
        };
        problems.extend(take(piece).err());
        rest = after;
    }
    problems.extend(take(Piece::Plain(rest)).err());
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Whether the text is one well-formed reference and nothing else, so that it may be shown.
pub(super) fn is_reference(text: &str) -> bool {
    let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|name| !name.contains('}') && Reference::parse(name).is_some())
}

enum Reference<'a> {
    Env(&'a str),
    File(&'a str),
    Keyring(&'a str),
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        match text.split_once(':') {
            None => is_name(text).then_some(Self::Env(text)),
            Some(("env", name)) => is_name(name).then_some(Self::Env(name)),
            Some(("file", path)) => (!path.is_empty()).then_some(Self::File(path)),
            Some(("keyring", name)) => (!name.is_empty()).then_some(Self::Keyring(name)),
            Some(_) => None,
        }
    }

    /// Variables hold much else.
    fn is_to_a_secret(&self) -> bool {
        match self {
            Self::Env(name) => detect::names_a_secret(name),
            Self::File(_) | Self::Keyring(_) => true,
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')'))
}

fn follow(text: &str, env: &Environment) -> Result<String, String> {
    let Some(reference) = Reference::parse(text) else {
        return Err("expected a reference like `${env:NAME}`, `${file:PATH}` or `${keyring:NAME}`; a literal `${` is \
                    written `$${`"
            .to_owned());
    };
    let found = match reference {
        Reference::Env(name) => {
            env.get(name).map(str::to_owned).ok_or_else(|| "the variable is not set".to_owned())
        }
        Reference::File(path) => read_file(&env.expand(path)),
        Reference::Keyring(name) => read_keyring(name),
    };
    match found {
        Ok(secret) if secret.is_empty() => {
            Err(format!("the reference `${{{text}}}` gives no value: it is empty"))
        }
        Ok(secret) => Ok(secret),
        Err(reason) => Err(format!("the reference `${{{text}}}` gives no value: {reason}")),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let read = || {
        // A pipe or a terminal would wait for a writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is not a file"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("the file is larger than 64 KiB".to_owned());
    }
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    let mut text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[cfg(target_os = "macos")]
fn read_keyring(name: &str) -> Result<String, String> {
    ask("security", &["find-generic-password", "-s", "secure-mcp-gateway", "-a", name, "-w"])
}

#[cfg(all(unix, not(target_os = "macos")))]
fn read_keyring(name: &str) -> Result<String, String> {
    ask("secret-tool", &["lookup", "service", "secure-mcp-gateway", "name", name])
}

#[cfg(not(unix))]
fn read_keyring(_name: &str) -> Result<String, String> {
    Err("there is no keyring on this system: use `${env:NAME}` or `${file:PATH}`".to_owned())
}

/// What a program prints, for as long as somebody can be kept waiting.
#[cfg(unix)]
fn ask(program: &str, args: &[&str]) -> Result<String, String> {
    let deadline = Instant::now() + KEYRING_WAIT;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("`{program}` does not start: {error}"))?;
    let Some(stdout) = child.stdout.take() else { return Err(format!("`{program}` has no output")) };
    let (answer, output) = mpsc::sync_channel(1);
    // The thread ends with the pipe; a grandchild that keeps the pipe open keeps only the thread.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if stdout.take(LARGEST_FILE).read_to_end(&mut bytes).is_ok() {
            let _ = answer.send(bytes);
        }
    });
    let bytes = output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
        }
    };
    match (bytes, status) {
        (Ok(bytes), Some(status)) if status.success() => text(bytes),
        (_, Some(_)) => Err(format!("`{program}` has no such entry")),
        (_, None) => Err(format!("`{program}` did not answer within 2 s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<String, String> {
        let env = Environment::from_pairs([("TOKEN", "s3cret"), ("EMPTY", "")]);
        resolve(text, &env)
            .map(|found| found.value.expose().to_owned())
            .map_err(|problems| problems.join("; "))
    }

    #[test]
    fn references_are_followed_anywhere_in_a_text() {
        for (text, value) in [
            ("plain $5 $", "plain $5 $"),
            ("${env:TOKEN}", "s3cret"),
            ("Bearer ${TOKEN}!", "Bearer s3cret!"),
            ("a${TOKEN}b${env:TOKEN}", "as3cretbs3cret"),
            ("$${TOKEN}", "${TOKEN}"),
            ("$$${TOKEN}", "$${TOKEN}"),
        ] {
            assert_eq!(resolved(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_named_and_malformed_text_is_not() {
        assert_eq!(
            resolved("${env:NONE}${EMPTY}").expect_err("two problems"),
            "the reference `${env:NONE}` gives no value: the variable is not set; \
             the reference `${EMPTY}` gives no value: it is empty"
        );
        for text in ["pa$s${word-hunter2}", "${input:hunter2}", "${}", "x${hunter2"] {
            assert!(!resolved(text).expect_err(text).contains("hunter2"), "{text}");
        }
        assert!(is_reference("${env:KEY}") && !is_reference("${a b}") && !is_reference("x${KEY}"));
    }

    #[test]
    fn what_is_followed_now_reads_the_same_later() {
        let env = Environment::from_pairs([("TOKEN", "${s3cret}$")]);
        for text in ["plain $5 $", "a${TOKEN}b${env:TOKEN}", "$${TOKEN}${TOKEN}", "$$${TOKEN}"] {
            let mut found = Vec::new();
            let moved = follow_now(text, &env, &mut found).expect("followed");
            assert_eq!(refers(text), !found.is_empty(), "{text}");
            let (later, now) = (resolve(&moved, &Environment::from_pairs(found)), resolve(text, &env));
            let (later, now) = (later.expect("a value"), now.expect("a value"));
            assert_eq!(later.value.expose(), now.value.expose());
            assert_eq!(later.secrets.len(), now.secrets.len());
        }
        assert!(refers("${x") && follow_now("${NONE}", &env, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_line_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let env = Environment::from_pairs([("HOME", folder.path().to_str().expect("a path"))]);
        std::fs::write(folder.path().join("token"), "abc\r\n").expect("written");
        let found = resolve("${file:~/token}", &env).expect("a value");
        assert_eq!((found.value.expose(), found.secrets.len()), ("abc", 1));
        std::fs::write(folder.path().join("token"), "x".repeat(65_537)).expect("written");
        assert!(resolve("${file:~/token}", &env).expect_err("too large")[0].contains("64 KiB"));
        assert!(resolve("${file:~/}", &env).expect_err("a folder")[0].contains("not a file"));
    }

    #[cfg(unix)]
    #[test]
    fn a_keyring_that_says_nothing_is_not_waited_for() {
        assert_eq!(ask("sh", &["-c", "echo abc"]).as_deref(), Ok("abc"));
        assert_eq!(ask("sh", &["-c", "exit 1"]), Err("`sh` has no such entry".to_owned()));
        let start = Instant::now();
        assert_eq!(ask("sleep", &["30"]), Err("`sleep` did not answer within 2 s".to_owned()));
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}
