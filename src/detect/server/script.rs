//! Scripts of one line, as entries give them to a shell: those that start a server, and nothing else.

use super::super::FLAGGED;
use super::launch::{has_open, is_misspelt, set};
use super::program::{self, name};
use super::{address, container, environment};

/// What sets up the surroundings of a server in a shell, or starts one.
pub(super) const STARTERS: &[&str] = &[
    ".", "[", "[[", "bun", "bunx", "cargo", "cd", "conda", "deno", "docker", "dotnet", "echo", "export",
    "go", "java", "mise", "node", "npm", "npx", "nvm", "php", "pip", "pip3", "pipx", "pnpm", "podman",
    "poetry", "python", "python3", "ruby", "set", "sleep", "source", "test", "umask", "unset", "uv", "uvx",
    "yarn",
];
/// What starts the program that is named next.
const BEFORE: &[&str] = &["env", "exec", "nice", "nohup", "setsid", "stdbuf", "time", "timeout"];
/// Its options that take no value but a number.
const PASSED: &[&str] = &["-", "--", "-e0", "-eL", "-i", "-i0", "-k", "-n", "-o0", "-oL", "-p", "-w"];
/// Where errors go that nobody wants in the answers.
const AWAY: &[&str] = &["2>&1", "1>&2", ">&2"];

/// Whether a script goes to a folder, sets variables, starts a server, and nothing else.
pub(super) fn only_starts(script: &str) -> bool {
    let script = AWAY.iter().fold(script.to_owned(), |script, away| script.replace(away, " "));
    !script.contains(['`', '|', '<']) && script.split(['\n', ';', '&']).all(is_start)
}

/// One command of a script.
fn is_start(command: &str) -> bool {
    let mut words: Vec<String> = Vec::new();
    for word in command.split_whitespace().map(|word| word.replace(['"', '\''], "")) {
        // Where something goes may stand apart from the sign.
        match words.last_mut().filter(|last| last.ends_with('>')) {
            Some(last) => last.push_str(&word),
            None => words.push(word),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_harmful = |word: &&str| {
        set(word).is_some_and(|sign| sign.score >= FLAGGED)
            || word.contains("$(")
            || writes(word)
            || environment::is_anybodys(word)
            || address::is_open(word)
            || has_open(word)
            || is_misspelt(word)
    };
    if words.iter().any(is_harmful) {
        return false;
    }
    let Some((program, args)) = started(&words) else { return true };
    let is_known = STARTERS.contains(&name(program).as_str()) || program::is_python(&name(program));
    let programs = program::all(program, args).unwrap_or_default();
    (is_known && !program.contains("..") && !environment::is_anybodys(program) || is_of_ones_own(program))
        && !programs.is_empty()
        && programs.iter().all(|(name, args)| {
            let leaves = container::judge(name, args).is_some_and(|sign| sign.score >= FLAGGED);
            !program::is_shell(name) && !program::is_inline(name, args) && !leaves
        })
}

/// The program of a command, behind what is set for it and what starts it.
fn started<'w, 'a>(words: &'w [&'a str]) -> Option<(&'a str, &'w [&'a str])> {
    let is_set = |word: &str| word.split_once('=').is_some_and(|(name, _)| super::launch::is_name(name));
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains('/');
    let mut behind = false;
    let at = words.iter().position(|word| {
        let starts = BEFORE.contains(&name(word).as_str());
        let passed = starts || is_set(word) || behind && (PASSED.contains(word) || is_number(word));
        behind |= starts;
        !passed
    })?;
    Some((words[at], &words[at + 1..]))
}

/// A path that leads to no program of the system.
fn is_of_ones_own(program: &str) -> bool {
    const HOME: &[&str] = &["$HOME", "${HOME}", "$PWD", "${PWD}"];
    const SYSTEM: &[&[&str]] = &[&["bin"], &["sbin"], &["usr", "bin"], &["usr", "sbin"], &["proc"]];
    let Some((folder, _)) = program.rsplit_once('/') else { return false };
    // A variable may be empty.
    let is_there =
        |part: &&str| !matches!(*part, "" | ".") && (HOME.contains(part) || !part.starts_with('$'));
    let parts: Vec<&str> = folder.split('/').filter(is_there).collect();
    let is_system =
        |system: &&[&str]| parts.starts_with(system) && (parts.len() == system.len() || parts[0] == "proc");
    !program.contains("..")
        && !program.contains(['*', '?', '[', '\\'])
        && !environment::is_anybodys(program)
        && (program.starts_with(['.', '~']) || !SYSTEM.iter().any(is_system))
}

/// Into another file than a log of errors.
fn writes(word: &str) -> bool {
    const LOGS: &[&str] = &[".err", ".log", ".txt", "/dev/null"];
    let Some((stream, file)) = word.split_once('>') else { return false };
    let file = file.strip_prefix('>').unwrap_or(file);
    let is_log = file.is_empty() || LOGS.iter().any(|log| file.ends_with(log));
    let is_away = file == "/dev/null" || stream == "2" && is_log;
    !is_away || file.contains('>')
}
