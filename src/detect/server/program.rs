//! Programs that do what their arguments say: shells, interpreters, and what starts another program.

use super::{container, environment};

/// A longer row of programs is there to hide the last.
const MOST: usize = 16;

pub(super) const SHELLS: &[&str] =
    &["ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh"];
/// What runs something else, and is no server itself.
const RUNNERS: &[&str] = &[
    "awk",
    "curl",
    "doas",
    "eval",
    "gawk",
    "mawk",
    "mshta",
    "nc",
    "ncat",
    "netcat",
    "osascript",
    "rundll32",
    "su",
    "sudo",
    "wget",
    "xargs",
];
/// What runs a program that stands among its arguments.
const WRAPPERS: &[&str] = &[
    "bunx", "busybox", "conda", "env", "mise", "nice", "nohup", "npm", "npx", "pipx", "pnpm", "poetry",
    "setsid", "stdbuf", "time", "timeout", "unshare", "uv", "uvx", "wsl", "yarn",
];

/// Whose options take code: its name, the letters that do, and those that take another value.
const INTERPRETERS: &[(&str, &str, &str)] = &[
    ("bun", "ep", "r"),
    ("deno", "", ""),
    ("lua", "e", "l"),
    ("node", "ep", "rC"),
    ("npx", "c", "pw"),
    ("perl", "eE", "CDFIMVdimx"),
    ("php", "BERr", "FSTcdftz"),
    ("ruby", "e", "CEFIKTWrx"),
    ("ts-node", "ep", "CDIOPTr"),
    ("tsx", "ep", "rC"),
];

/// The program's own name.
pub(super) fn name(command: &str) -> String {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let bare = [".exe", ".cmd", ".bat"].iter().find_map(|end| name.strip_suffix(end));
    bare.map(str::to_owned).unwrap_or(name)
}

pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

pub(super) fn is_python(name: &str) -> bool {
    name.starts_with("python") || name.starts_with("pypy") || name == "py"
}

/// Whether a program can be told what to do by its arguments.
fn runs_code(name: &str) -> bool {
    is_shell(name)
        || is_python(name)
        || RUNNERS.contains(&name)
        || container::is_one(name)
        || matches!(name, "cmd" | "npm" | "pnpm" | "powershell" | "pwsh" | "yarn")
        || INTERPRETERS.iter().any(|(known, ..)| *known == name)
}

pub(super) fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&name)
}

/// A program by its name, with its arguments.
pub(super) type Program<'p, 'a> = (String, &'p [&'a str]);

/// A program, and whatever it may run: of one that runs another each argument that can be told what to do, of a
/// container what runs in it. Nothing where there are more than anybody writes.
pub(super) fn all<'p, 'a>(command: &str, args: &'p [&'a str]) -> Option<Vec<Program<'p, 'a>>> {
    let mut programs = vec![(name(command), args)];
    let (mut next, mut is_read) = (0, false);
    while let Some((name, args)) = programs.get(next).cloned() {
        if is_wrapper(&name) && !is_read {
            programs.extend(wrapped(args));
            is_read = true;
        }
        programs.extend(container::runs(&name, args));
        next += 1;
        if programs.len() > MOST {
            return None;
        }
    }
    Some(programs)
}

/// Each argument that can be told what to do.
fn wrapped<'p, 'a>(args: &'p [&'a str]) -> impl Iterator<Item = Program<'p, 'a>> {
    // A folder may be called like a program.
    let is_program = |name: &str, arg: &str| {
        let is_bare = !arg.contains('/') || arg.contains("bin/");
        name != "eval" && runs_code(name) && (is_bare || !RUNNERS.contains(&name))
    };
    let inner = (1..).zip(args).map(|(from, arg)| (package(arg), *arg, &args[from..]));
    let inner = inner.filter(move |(name, arg, _)| is_program(name, arg)).take(MOST);
    inner.map(|(name, _, args)| (name, args))
}

/// Without the version that a package is wanted in.
fn package(arg: &str) -> String {
    let at = arg.rfind('@').filter(|at| *at > 0 && !arg[*at..].contains('/'));
    name(&arg[..at.unwrap_or(arg.len())])
}

/// What a shell is told to do, or `env` to run.
pub(super) fn script(name: &str, args: &[&str]) -> Option<String> {
    let own = own(args);
    if name == "cmd" {
        let is_run = |arg: &&str| ["/c", "/k"].iter().any(|run| arg.eq_ignore_ascii_case(run));
        let at = args.iter().take_while(|arg| arg.starts_with('/')).position(is_run)?;
        return Some(args[at + 1..].join(" "));
    }
    let short = |arg: &str, letter: char| {
        let letters = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        letters.split_once(letter).map(|(_, rest)| rest.to_owned())
    };
    let next = |at: usize| args.get(at + 1).map(|next| (*next).to_owned());
    let long =
        |arg: &str| arg.strip_prefix("--split-string").map(|rest| rest.trim_start_matches('=').to_owned());
    own.iter().enumerate().find_map(|(at, arg)| match name {
        "env" => short(arg, 'S')
            .or_else(|| long(arg))
            .map(|text| if text.is_empty() { next(at) } else { Some(text) }),
        _ if is_shell(name) => short(arg, 'c').map(|_| next(at)),
        _ => None,
    })?
}

/// Code among the arguments, or a program that is there to run some.
pub(super) fn is_inline(name: &str, args: &[&str]) -> bool {
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.to_ascii_lowercase().as_str()));
    match name {
        "powershell" | "pwsh" => !has(&["-file"]) || args.iter().any(|arg| is_encoded(arg)),
        "cmd" => script(name, args).is_none(),
        "npm" | "pnpm" | "yarn" => {
            let runs = args.iter().position(|arg| matches!(*arg, "exec" | "x" | "dlx"));
            runs.is_some_and(|at| takes_code("npx", &args[at + 1..]))
        }
        _ if is_shell(name) => has(&["-i"]) || own(args).iter().any(|arg| arg.starts_with("--command")),
        _ if is_python(name) => python(args).is_some_and(|code| !only_imports(code)),
        _ => RUNNERS.contains(&name) || takes_code(name, args),
    }
}

/// The options of a program itself: those of the script that it runs are none. What follows an option may be its value.
fn own<'s, 'a>(args: &'s [&'a str]) -> &'s [&'a str] {
    const BARE: &[&str] = &["-y", "--yes", "-q", "--quiet", "-s", "--silent"];
    let is_alone = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |before| args[before]);
        let is_value = before.starts_with('-')
            && !before.contains('=')
            && !before.starts_with("--no-")
            && !BARE.contains(&before);
        !args[*at].starts_with(['-', '+']) && !is_value
    };
    &args[..(0..args.len()).find(is_alone).unwrap_or(args.len())]
}

fn takes_code(name: &str, args: &[&str]) -> bool {
    const LONG: &[&str] = &["--call", "--eval", "--print", "--run"];
    let Some((_, code, values)) = INTERPRETERS.iter().find(|(known, ..)| *known == name) else {
        return false;
    };
    let takes = |arg: &&str| {
        let is_long = LONG.contains(&arg.split('=').next().unwrap_or_default());
        is_long || is_code(arg, code, values) || arg.contains("data:")
    };
    own(args).iter().any(takes) || matches!(name, "deno" | "bun") && args.contains(&"eval")
}

/// Whether one of the letters of an option takes code: `-e`, `-we`, `-e1`.
fn is_code(arg: &str, code: &str, values: &str) -> bool {
    let letters = arg.strip_prefix('-').unwrap_or_default();
    let decides = |c: &char| code.contains(*c) || values.contains(*c) || !c.is_ascii_alphanumeric();
    letters.chars().find(decides).is_some_and(|c| code.contains(c))
}

/// The code that Python is given.
fn python<'a>(args: &[&'a str]) -> Option<&'a str> {
    let mut rest = args.iter().copied();
    while let Some(arg) = rest.next() {
        let letters = arg.strip_prefix('-').filter(|letters| !letters.is_empty())?;
        if letters == "-check-hash-based-pycs" {
            rest.next();
        }
        let Some(at) = letters.find(['-', 'c', 'm', 'W', 'X', 'Q']) else { continue };
        let value = &letters[at + 1..];
        match letters.as_bytes()[at] {
            b'-' => {}
            b'c' if value.is_empty() => return rest.next().or(Some("")),
            b'c' => return Some(value),
            b'm' => return None,
            _ if value.is_empty() => drop(rest.next()),
            _ => {}
        }
    }
    None
}

/// Whether code in Python imports a server and starts it: `from notes import main; main()`
fn only_imports(code: &str) -> bool {
    const STARTED_BY: &[&str] = &["asyncio.run(", "sys.exit("];
    let of = |text: &str, signs: &[u8]| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || signs.contains(&byte))
    };
    let is_call = |line: &str| {
        let inner = STARTED_BY.iter().find_map(|by| line.strip_prefix(by)?.strip_suffix(')'));
        let call = inner.unwrap_or(line).strip_suffix(')').and_then(|call| call.split_once('('));
        call.is_some_and(|(called, with)| !called.is_empty() && of(called, b".") && is_transport(with))
    };
    let is_folder = |line: &str| {
        let args = line.strip_prefix("sys.path.").and_then(|rest| rest.split_once('('));
        let args = args.filter(|(how, _)| matches!(*how, "append" | "insert"));
        args.and_then(|(_, args)| args.strip_suffix(')')).is_some_and(|args| {
            let mut folders = args.split(',').map(|arg| arg.trim().trim_matches(['\'', '"']));
            of(args, b" ,'\"/.~-:\\") && !folders.any(environment::is_within_open)
        })
    };
    let is_import =
        |line: &str| (line.starts_with("import ") || line.starts_with("from ")) && of(line, b" .,*");
    let is_start = |line: &str| line.is_empty() || is_import(line) || is_folder(line) || is_call(line);
    !code.trim().is_empty() && code.split([';', '\n']).map(str::trim).all(is_start)
}

/// What a server is told when it is started: nothing, or how it is spoken to.
fn is_transport(with: &str) -> bool {
    let how = with.trim_start_matches("transport=").trim_matches(['\'', '"']);
    matches!(how, "" | "stdio" | "sse" | "streamable-http")
}

/// `-enc`, `-EncodedCommand` and what else PowerShell takes for it.
fn is_encoded(arg: &str) -> bool {
    let lower = arg.to_ascii_lowercase();
    lower.len() > 1 && "-encodedcommand".starts_with(&lower)
}
