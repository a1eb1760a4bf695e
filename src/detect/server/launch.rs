//! The program that a server is, or that starts it.

use super::program::{self, Program};
use super::script::only_starts;
use super::{Sign, address, container, environment};

const SHELL: Sign = Sign {
    rule: "server.shell",
    label: "shell",
    score: 0.9,
    reason: "A shell or inline code does more than start the server.",
};
const META: Sign = Sign {
    rule: "server.shell-signs",
    label: "shell",
    score: 0.85,
    reason: "The command holds signs that only a shell understands.",
};
const CLIMB: Sign = Sign {
    rule: "server.path",
    label: "path",
    score: 0.85,
    reason: "The command's path climbs out of its folder, or leads to one that everybody may write to.",
};
const REMOTE: Sign = Sign {
    rule: "server.unpinned",
    label: "unpinned",
    score: 0.8,
    reason: "The server's code comes from an address that can change, or over plain HTTP.",
};
const NAME: Sign = Sign {
    rule: "server.name",
    label: "typosquat",
    score: 0.8,
    reason: "The package's name is nearly that of a well-known publisher.",
};

pub(super) fn judge(command: &str, args: &[&str], signs: &mut Vec<Sign>) {
    let programs = program::all(command, args);
    let scripts = programs.iter().flatten().filter_map(|(name, args)| program::script(name, args));
    let scripts: Vec<String> = scripts.collect();
    let is_inline =
        |programs: &Vec<Program<'_, '_>>| programs.iter().any(|(name, args)| program::is_inline(name, args));
    if programs.as_ref().is_none_or(is_inline) || !scripts.iter().all(|script| only_starts(script)) {
        signs.push(SHELL);
    }
    if program::is_wrapper(&program::name(command)) {
        signs.extend(args.iter().filter_map(|arg| set(arg)));
    }
    let understood = |text: &str| ["$(", "`", "&&", " | ", "> /"].iter().any(|sign| text.contains(sign));
    let signs_of_a_shell = understood(command) || command.contains("||") || command.contains(';');
    if signs_of_a_shell || scripts.is_empty() && args.iter().any(|arg| understood(arg)) {
        signs.push(META);
    }
    if command.contains("../") || command.contains("..\\") || environment::is_anybodys(command) {
        signs.push(CLIMB);
    }
    if args.iter().any(|arg| address::is_open(arg.strip_prefix("git+").unwrap_or(arg)) || has_open(arg)) {
        signs.push(REMOTE);
    } else if args.iter().any(|arg| arg.starts_with("git+") && !is_pinned(arg)) {
        signs.push(REMOTE.doubtful());
    }
    signs.extend(programs.iter().flatten().filter_map(|(name, args)| container::judge(name, args)));
    if args.iter().any(|arg| is_misspelt(arg)) {
        signs.push(NAME);
    }
}

/// A variable that is set to something harmful.
pub(super) fn set(word: &str) -> Option<Sign> {
    let (name, value) = word.split_once('=').filter(|(name, _)| is_name(name))?;
    environment::judge(name, value)
}

pub(super) fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// An option with an address that can be read on the way: `--url=http://…`.
pub(super) fn has_open(arg: &str) -> bool {
    arg.split_once('=').is_some_and(|(_, value)| address::is_open(value))
}

/// `git+https://…@<commit>`.
fn is_pinned(arg: &str) -> bool {
    let commit = arg.rsplit('@').next().unwrap_or_default();
    arg.starts_with("git+https://")
        && commit.len() == 40
        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The scopes that most servers come from.
const SCOPES: &[&str] =
    &["modelcontextprotocol", "anthropic-ai", "playwright", "github", "cloudflare", "upstash", "supabase"];

pub(super) fn is_misspelt(arg: &str) -> bool {
    let scope = arg.strip_prefix('@').and_then(|rest| rest.split_once('/')).map(|(scope, _)| scope);
    scope.is_some_and(|scope| {
        scope.len() > 5 && SCOPES.iter().any(|known| scope != *known && is_near(scope, known))
    })
}

/// At most two signs apart: put in, left out, or another.
fn is_near(left: &str, right: &str) -> bool {
    let allowed = if right.len() > 9 { 2 } else { 1 };
    if left.len().abs_diff(right.len()) > allowed || left.len() > 40 {
        return false;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, byte) in left.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, other) in right.bytes().enumerate() {
            let above = row[place + 1];
            row[place + 1] = (corner + usize::from(byte != other)).min(above + 1).min(row[place] + 1);
            corner = above;
        }
    }
    row[right.len()] <= allowed
}
