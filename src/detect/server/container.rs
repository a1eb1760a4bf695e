//! What lets a container out of itself.

use super::Sign;

const HOST: Sign = Sign {
    rule: "server.container",
    label: "container",
    score: 0.9,
    reason: "The container can reach the host: its socket, its root folder or its privileges.",
};

/// The worst that the options allow.
pub(super) fn judge(name: &str, args: &[&str]) -> Option<Sign> {
    if !matches!(name, "docker" | "podman" | "nerdctl") {
        return None;
    }
    if args.iter().any(|arg| arg.contains("docker.sock") || arg.contains("containerd.sock")) {
        return Some(HOST);
    }
    let signs = args.iter().zip(args.iter().skip(1).map(Some).chain([None]));
    let signs = signs.filter_map(|(arg, next)| option(arg, next.copied().unwrap_or_default()));
    signs.max_by(|a, b| a.score.total_cmp(&b.score))
}

/// An option, whose value is in the same word or the next.
fn option(arg: &str, next: &str) -> Option<Sign> {
    const CAPABILITIES: &[&str] =
        &["all", "dac_read_search", "sys_admin", "sys_module", "sys_ptrace", "sys_rawio"];
    let (name, value) = match arg.split_once('=').filter(|_| arg.starts_with("--")) {
        Some((name, value)) => (name, Some(value)),
        None => {
            mounted(arg).map_or((arg, None), |value| ("-v", Some(value).filter(|value| !value.is_empty())))
        }
    };
    let lower = value.unwrap_or(next).to_ascii_lowercase();
    let harms = match name {
        "--privileged" => value != Some("false"),
        "--pid" | "--ipc" | "--userns" | "--uts" => lower == "host",
        "--net" | "--network" if lower == "host" => return Some(HOST.doubtful()),
        "--cap-add" => CAPABILITIES.contains(&lower.trim_start_matches("cap_")),
        "-v" | "--volume" => lower.split_once(':').is_some_and(|(from, _)| is_root(from)),
        "--mount" => {
            let mut parts = lower.split(',').filter_map(|part| part.split_once('='));
            parts.any(|(name, from)| matches!(name, "src" | "source") && is_root(from))
        }
        _ => false,
    };
    harms.then_some(HOST)
}

/// The value of `-v` in one word with it, and with options that take none: `-v/:/host`, `-itv`.
fn mounted(arg: &str) -> Option<&str> {
    let letters = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
    let value = letters.trim_start_matches(['P', 'd', 'i', 'q', 't']).strip_prefix('v')?;
    Some(value.strip_prefix('=').unwrap_or(value))
}

/// The host's root folder, or one of those that it runs on.
fn is_root(folder: &str) -> bool {
    const ROOTS: &[&str] = &["boot", "dev", "etc", "proc", "root", "sys"];
    let mut parts = folder.split('/').filter(|part| !matches!(*part, "" | "."));
    let (first, second) = (parts.next(), parts.next());
    let is_short = second.is_none() && first.is_none_or(|first| ROOTS.contains(&first));
    folder.starts_with('/') && (is_short || folder.contains(".."))
}
