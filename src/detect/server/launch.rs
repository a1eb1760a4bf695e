//! The program that a server is, or that starts it.

use super::super::FLAGGED;
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

const SHELLS: &[&str] = &["bash", "dash", "fish", "ksh", "sh", "zsh"];
/// What runs something else, and is no server itself.
const RUNNERS: &[&str] =
    &["curl", "eval", "mshta", "nc", "ncat", "netcat", "osascript", "rundll32", "su", "sudo", "wget"];
/// What sets up the surroundings of a server in a shell, or starts one.
const STARTERS: &[&str] = &[
    ".", "[", "[[", "bun", "bunx", "cargo", "cd", "conda", "deno", "docker", "dotnet", "echo", "export",
    "go", "java", "mise", "node", "npm", "npx", "nvm", "php", "pip", "pip3", "pipx", "pnpm", "podman",
    "poetry", "python", "python3", "ruby", "set", "sleep", "source", "test", "umask", "unset", "uv", "uvx",
    "yarn",
];

pub(super) fn judge(command: &str, args: &[&str], signs: &mut Vec<Sign>) {
    let name = name(command);
    // The usual way on Windows, where a package's program is a script.
    if let ("cmd", [run, started, rest @ ..]) = (name, args)
        && run.eq_ignore_ascii_case("/c")
        && STARTERS.contains(&self::name(started))
    {
        return judge(started, rest, signs);
    }
    // What runs another program: it is judged as if it stood there alone, with what is set for it.
    if WRAPPERS.contains(&name) {
        signs.extend(args.iter().filter_map(|arg| set(arg)));
        let is_program = |arg: &&str| runs_code(self::name(arg));
        if let Some(at) = args.iter().position(is_program) {
            return judge(args[at], &args[at + 1..], signs);
        }
    }
    let script = script(name, args);
    if is_inline(name, args) || script.is_some_and(|script| !only_starts(script)) {
        signs.push(SHELL);
    }
    let understood = |text: &str| ["$(", "`", "&&", " | ", "> /"].iter().any(|sign| text.contains(sign));
    let signs_of_a_shell = understood(command) || command.contains("||") || command.contains(';');
    if signs_of_a_shell || script.is_none() && args.iter().any(|arg| understood(arg)) {
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
    signs.extend(container::judge(name, args));
    if args.iter().any(|arg| is_misspelt(arg)) {
        signs.push(NAME);
    }
}

/// What runs a program that stands among its arguments.
const WRAPPERS: &[&str] =
    &["conda", "env", "mise", "nice", "nohup", "poetry", "setsid", "stdbuf", "time", "timeout", "uv", "wsl"];

/// Whether a program can be told what to do by its arguments.
fn runs_code(name: &str) -> bool {
    SHELLS.contains(&name)
        || RUNNERS.contains(&name)
        || name.starts_with("python")
        || matches!(name, "bun" | "cmd" | "deno" | "node" | "perl" | "powershell" | "pwsh" | "ruby")
}

/// A variable that is set to something harmful.
fn set(word: &str) -> Option<Sign> {
    let (name, value) = word.split_once('=').filter(|(name, _)| is_name(name))?;
    environment::judge(name, value)
}

/// The program's own name.
fn name(command: &str) -> &str {
    command.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe").trim_end_matches(".cmd")
}

/// What a shell is told to do.
fn script<'a>(name: &str, args: &[&'a str]) -> Option<&'a str> {
    let told = |arg: &&str| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('c');
    let at = args.iter().position(told).filter(|_| SHELLS.contains(&name))?;
    args.get(at + 1).copied()
}

/// Code among the arguments, or a program that is there to run some.
fn is_inline(name: &str, args: &[&str]) -> bool {
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.to_ascii_lowercase().as_str()));
    match name {
        "powershell" | "pwsh" => !has(&["-file"]) || args.iter().any(|arg| is_encoded(arg)),
        "cmd" => true,
        "node" | "perl" | "ruby" | "deno" | "bun" => has(&["-e", "--eval", "eval", "-p", "--print"]),
        _ if SHELLS.contains(&name) => has(&["-i"]),
        _ if name.starts_with("python") => {
            let code = args.iter().position(|arg| *arg == "-c").map(|at| args.get(at + 1));
            code.is_some_and(|code| !code.is_some_and(|code| only_imports(code)))
        }
        _ => RUNNERS.contains(&name),
    }
}

/// Whether code in Python imports a server and starts it: `from notes import main; main()`
fn only_imports(code: &str) -> bool {
    const ELSE: &[&str] = &["eval", "exec", "input", "popen", "system"];
    let is_call = |line: &str| {
        line.ends_with(')')
            && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.()".contains(&byte))
            && !line.split(['.', '(', ')']).any(|word| ELSE.contains(&word))
    };
    let is_start = |line: &str| {
        let is_import = line.starts_with("import ") || line.starts_with("from ");
        line.is_empty() || is_import || line.starts_with("sys.path.") || is_call(line)
    };
    !code.contains("http") && code.split([';', '\n']).map(str::trim).all(is_start)
}

/// `-enc`, `-EncodedCommand` and what else PowerShell takes for it.
fn is_encoded(arg: &str) -> bool {
    let lower = arg.to_ascii_lowercase();
    lower.len() > 1 && "-encodedcommand".starts_with(&lower)
}

/// Whether a script goes to a folder, sets variables, starts a server, and nothing else.
fn only_starts(script: &str) -> bool {
    let mut commands = script.split(['\n', ';']).flat_map(|line| line.split("&&"));
    !script.contains(['`', '|', '<']) && commands.all(is_start)
}

/// One command of a script.
fn is_start(command: &str) -> bool {
    let unquoted = |word: &'_ str| word.replace(['"', '\''], "");
    let words: Vec<String> = command.split_whitespace().map(unquoted).collect();
    let is_set = |word: &str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
    let from = words.iter().take_while(|word| is_set(word) || *word == "exec").count();
    let Some((program, args)) = words[from..].split_first() else { return true };
    // Errors may go to a log.
    let to_a_log = |arg: &str| arg.starts_with("2>") || arg.ends_with("/dev/null") || arg.ends_with("&2");
    let writes = |arg: &String| arg.contains('>') && !to_a_log(arg);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let harms = |word: &String| {
        set(word).is_some_and(|sign| sign.score >= FLAGGED)
            || environment::is_anybodys(word)
            || address::is_open(word)
            || has_open(word)
            || is_misspelt(word)
    };
    let is_path = program.contains('/') && !program.contains("..") && !environment::is_anybodys(program);
    (STARTERS.contains(&program.as_str()) || is_path && !SHELLS.contains(&name(program)))
        && !words.iter().any(|word| word.contains("$(") || writes(word) || harms(word))
        && !is_inline(name(program), &args)
        && container::judge(name(program), &args).is_none()
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// An option with an address that can be read on the way: `--url=http://…`.
fn has_open(arg: &str) -> bool {
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

fn is_misspelt(arg: &str) -> bool {
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
