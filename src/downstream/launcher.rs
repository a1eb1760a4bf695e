//! Programs that fetch what they run: their first start takes as long as a download does.

use crate::config::{Command, Endpoint, Server};

const FETCHERS: [&str; 15] = [
    "bun", "bunx", "deno", "dnx", "docker", "nerdctl", "npm", "npx", "pipx", "pnpm", "pnpx", "podman", "uv",
    "uvx", "yarn",
];

/// They run what their arguments say.
const WRAPPERS: [&str; 9] = ["bash", "cmd", "env", "nice", "powershell", "pwsh", "sh", "wsl", "zsh"];

pub(super) fn fetches(server: &Server) -> bool {
    match &server.endpoint {
        Endpoint::Command(Command { program, shown_args, .. }) => {
            is_one_of(&FETCHERS, program)
                || is_one_of(&WRAPPERS, program)
                    && shown_args
                        .iter()
                        .flat_map(|arg| arg.split_whitespace())
                        .any(|word| is_one_of(&FETCHERS, word))
        }
        Endpoint::Remote(_) | Endpoint::Refused { .. } => false,
    }
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
