//! The entry of a server in a configuration, as JSON: what it starts, and whom it talks to.

use serde_json::Value;

use super::{Finding, Kind};

/// A longer text is no entry of a server.
const LONGEST: usize = 64 * 1024;

struct Sign {
    rule: &'static str,
    label: &'static str,
    score: f32,
    reason: &'static str,
}

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let entry = text.trim_start();
    if text.len() > LONGEST
        || !entry.starts_with('{')
        || !(text.contains("\"command\"") || text.contains("\"url\""))
    {
        return;
    }
    let Ok(Value::Object(entry)) = serde_json::from_str::<Value>(text) else { return };
    let word = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = entry.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let args: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let mut signs = Vec::new();
    command(word("command"), &args, &mut signs);
    address(word("url"), &mut signs);
    for name in entry.get("env").and_then(Value::as_object).into_iter().flat_map(|env| env.keys()) {
        if HIJACKED.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            signs.push(ENVIRONMENT);
        }
    }
    for sign in signs {
        let Sign { rule, label, score, reason } = sign;
        found.push(Finding { kind: Kind::ServerConfig, label, span: 0..text.len(), score, rule, reason });
    }
}

/// Variables that make a program load code of somebody else.
const HIJACKED: &[&str] = &[
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "NODE_OPTIONS",
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PYTHONHOME",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "BASH_ENV",
    "ENV",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "GIT_SSH_COMMAND",
    "PROMPT_COMMAND",
    "NODE_PATH",
    "PATH",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "PYTHONINSPECT",
    "GCONV_PATH",
    "ELECTRON_RUN_AS_NODE",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "PIP_INDEX_URL",
    "NPM_CONFIG_REGISTRY",
    "UV_INDEX_URL",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
];

const ENVIRONMENT: Sign = Sign {
    rule: "server.environment",
    label: "environment",
    score: 0.85,
    reason: "A variable makes the server load other code, or trust other hosts.",
};
const SHELL: Sign = Sign {
    rule: "server.shell",
    label: "shell",
    score: 0.9,
    reason: "The server is started through a shell or as inline code.",
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
    reason: "The command's path climbs out of its folder.",
};
const REMOTE: Sign = Sign {
    rule: "server.unpinned",
    label: "unpinned",
    score: 0.8,
    reason: "The server's code comes from an address that can change, or over plain HTTP.",
};
const HOST: Sign = Sign {
    rule: "server.container",
    label: "container",
    score: 0.9,
    reason: "The container can reach the host: its socket, its root folder or its privileges.",
};
const NAME: Sign = Sign {
    rule: "server.name",
    label: "typosquat",
    score: 0.8,
    reason: "The package's name is nearly that of a well-known publisher.",
};
const ADDRESS: Sign = Sign {
    rule: "server.address",
    label: "address",
    score: 0.85,
    reason: "The server's address is inside the network, hides its host, or is no web address.",
};
const PLAIN: Sign = Sign {
    rule: "server.plain-http",
    label: "address",
    score: 0.7,
    reason: "The server is reached over plain HTTP.",
};

fn command(command: &str, args: &[&str], signs: &mut Vec<Sign>) {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe");
    let has = |wanted: &[&str]| args.iter().any(|arg| wanted.contains(&arg.to_ascii_lowercase().as_str()));
    let shell =
        matches!(name, "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" | "cmd" | "powershell" | "pwsh");
    let inline = match name {
        "powershell" | "pwsh" | "cmd" => true,
        "node" | "perl" | "ruby" | "deno" | "bun" => has(&["-e", "--eval", "eval", "-p", "--print"]),
        _ if shell => has(&["-c", "-lc", "-ic", "-i"]),
        _ if name.starts_with("python") => has(&["-c"]),
        _ => matches!(
            name,
            "nc" | "ncat"
                | "netcat"
                | "curl"
                | "wget"
                | "eval"
                | "sudo"
                | "su"
                | "osascript"
                | "mshta"
                | "rundll32"
        ),
    };
    if inline {
        signs.push(SHELL);
    }
    let meta = |text: &str| {
        text.contains("$(")
            || text.contains('`')
            || text.contains("&&")
            || text.contains("||")
            || text.contains(';')
            || text.contains(" | ")
            || text.contains("> /")
    };
    if meta(command) || args.iter().any(|arg| meta(arg)) {
        signs.push(META);
    }
    if command.contains("../")
        || command.contains("..\\")
        || command.starts_with("/tmp/")
        || command.starts_with("/dev/shm/")
    {
        signs.push(CLIMB);
    }
    if args.iter().any(|arg| {
        let plain = (arg.contains("http://") || arg.starts_with("git+"))
            && !arg.contains("http://localhost")
            && !arg.contains("http://127.0.0.1");
        plain && !is_pinned(arg)
    }) {
        signs.push(REMOTE);
    }
    if matches!(name, "docker" | "podman" | "nerdctl") && args.iter().any(|arg| is_host(arg)) {
        signs.push(HOST);
    }
    if args.iter().any(|arg| is_misspelt(arg)) {
        signs.push(NAME);
    }
}

/// `git+https://…@<commit>`.
fn is_pinned(arg: &str) -> bool {
    arg.starts_with("git+https://")
        && arg
            .rsplit('@')
            .next()
            .is_some_and(|last| last.len() == 40 && last.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_host(arg: &str) -> bool {
    const OPTIONS: &[&str] = &[
        "--privileged",
        "--pid=host",
        "--net=host",
        "--network=host",
        "--ipc=host",
        "--cap-add=all",
        "--cap-add=sys_admin",
        "--userns=host",
    ];
    let lower = arg.to_ascii_lowercase();
    lower.contains("docker.sock")
        || lower.contains("containerd.sock")
        || OPTIONS.contains(&lower.as_str())
        || lower.starts_with("/:/")
        || lower.starts_with("/etc:")
        || lower.starts_with("/root:")
        || lower.contains("src=/,")
        || lower.contains("source=/,")
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

fn address(url: &str, signs: &mut Vec<Sign>) {
    let Some((scheme, rest)) = url.split_once("://") else { return };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let local = matches!(name.as_str(), "localhost" | "127.0.0.1") || host.starts_with("[::1]");
    let metadata = name.starts_with("169.254.")
        || name.starts_with("metadata.")
        || name == "100.100.100.200"
        || host.contains("fd00:ec2");
    if !matches!(scheme, "http" | "https" | "ws" | "wss") || authority.contains('@') || metadata {
        signs.push(ADDRESS);
    } else if matches!(scheme, "http" | "ws") && !local {
        signs.push(PLAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        scan(text, &mut found);
        found.into_iter().map(|one| one.rule).collect()
    }

    #[test]
    fn entries_are_judged() {
        assert_eq!(
            rules(r#"{"command": "npx", "args": ["-y", "@modelcontextprotocol/server-time@1.2.0"]}"#),
            Vec::<&str>::new()
        );
        assert_eq!(rules(r#"{"url": "http://localhost:8080/mcp"}"#), Vec::<&str>::new());
        assert_eq!(rules(r#"{"command": "bash", "args": ["-c", "node x.js"]}"#), ["server.shell"]);
        assert_eq!(
            rules(r#"{"command": "npx", "args": ["@modelcontextprotoco1/server-time"]}"#),
            ["server.name"]
        );
        assert_eq!(rules(r#"{"url": "https://a.example@b.example/mcp"}"#), ["server.address"]);
        assert_eq!(rules(r#"{"command": "node", "env": {"LD_PRELOAD": "x.so"}}"#), ["server.environment"]);
    }
}
