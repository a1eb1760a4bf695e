//! How a server comes to run: by an address, by a program, or by one that fetches what it runs, whose first start takes
//! as long as a download does.

use crate::config::{Command, Endpoint, Server};

const FETCHERS: [&str; 15] = [
    "bun", "bunx", "deno", "dnx", "docker", "nerdctl", "npm", "npx", "pipx", "pnpm", "pnpx", "podman", "uv",
    "uvx", "yarn",
];

/// They run what their arguments say.
const WRAPPERS: [&str; 9] = ["bash", "cmd", "env", "nice", "powershell", "pwsh", "sh", "wsl", "zsh"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Address,
    Program,
    Fetched,
}

impl Start {
    pub(super) fn of(server: &Server) -> Self {
        match &server.endpoint {
            Endpoint::Command(command) if fetches(command) => Self::Fetched,
            Endpoint::Command(_) | Endpoint::Refused { .. } => Self::Program,
            Endpoint::Remote(_) => Self::Address,
        }
    }
}

fn fetches(Command { program, shown_args, .. }: &Command) -> bool {
    let mut words = shown_args.iter().flat_map(|arg| arg.split_whitespace());
    is_one_of(&FETCHERS, program)
        || is_one_of(&WRAPPERS, program) && words.any(|word| is_one_of(&FETCHERS, word))
}

fn is_one_of(names: &[&str], program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let stem = name.rsplit_once('.').filter(|(_, ending)| ["bat", "cmd", "exe"].contains(ending));
    names.contains(&stem.map_or(name.as_str(), |(stem, _)| stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_name() {
        for program in ["npx", "/usr/bin/uvx", r"C:\Program Files\nodejs\NPX.CMD", "docker.exe"] {
            assert!(is_one_of(&FETCHERS, program), "{program}");
        }
        for program in ["node", "/opt/npx/server", "npx-server", "uvx.py", ""] {
            assert!(!is_one_of(&FETCHERS, program), "{program}");
        }
    }
}
