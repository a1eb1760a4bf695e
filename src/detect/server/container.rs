//! What lets a container out of itself, and what runs in it.

use super::Sign;
use super::program::{self, Program};

const HOST: Sign = Sign {
    rule: "server.container",
    label: "container",
    score: 0.9,
    reason: "The container can reach the host: its socket, its root folder, a home, keys or its privileges.",
};

/// Options that take no value.
const SWITCHES: [char; 6] = ['P', 'T', 'd', 'i', 'q', 't'];
const BARE: &[&str] = &[
    "--build",
    "--detach",
    "--disable-content-trust",
    "--env-host",
    "--http-proxy",
    "--init",
    "--interactive",
    "--latest",
    "--no-TTY",
    "--no-deps",
    "--no-healthcheck",
    "--no-hostname",
    "--no-hosts",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--quiet-pull",
    "--read-only",
    "--read-only-tmpfs",
    "--replace",
    "--remove-orphans",
    "--rm",
    "--rmi",
    "--rootfs",
    "--service-ports",
    "--sig-proxy",
    "--tls-verify",
    "--tty",
    "--use-aliases",
    "--use-api-socket",
];

pub(super) fn is_one(name: &str) -> bool {
    matches!(name, "docker" | "podman" | "nerdctl")
}

/// What is run in a container, if it is told: behind its image or name, or in the image's place.
pub(super) fn runs<'p, 'a>(name: &str, args: &'p [&'a str]) -> Vec<Program<'p, 'a>> {
    let verb = args.iter().position(|arg| matches!(*arg, "run" | "exec" | "create"));
    let Some(at) = verb.filter(|_| is_one(name)) else { return Vec::new() };
    let (mut rest, mut entry) = (&args[at + 1..], None);
    while let Some((option, behind)) = rest.split_first().filter(|(arg, _)| arg.starts_with('-')) {
        rest = behind;
        if *option == "--" {
            break;
        }
        let value = option.split_once('=').map(|(_, value)| value);
        let value = value.or_else(|| if takes_none(option) { None } else { behind.first().copied() });
        if !option.contains('=') && !takes_none(option) {
            rest = behind.get(1..).unwrap_or_default();
        }
        if option.split('=').next() == Some("--entrypoint") {
            entry = value;
        }
    }
    let behind = rest.get(1..).unwrap_or_default();
    let told = match entry {
        Some(entry) => Some((entry, behind)),
        None => behind.split_first().map(|(program, args)| (*program, args)),
    };
    let mut programs: Vec<Program<'p, 'a>> =
        told.into_iter().map(|(program, args)| (program::name(program), args)).collect();
    // Whatever stands before it.
    let is_told = |at: &usize| {
        let is_option = |arg: &&str| arg.starts_with('-') && !arg.starts_with("--") && arg.ends_with('c');
        program::is_shell(&program::name(args[*at])) && args.get(at + 1).is_some_and(is_option)
    };
    if programs.iter().all(|(name, _)| !program::is_shell(name)) {
        let hidden = (at + 1..args.len()).find(is_told);
        programs.extend(hidden.map(|at| (program::name(args[at]), &args[at + 1..])));
    }
    programs
}

/// Letters of options without values may stand in one word, and the value of the last with them.
fn takes_none(option: &str) -> bool {
    let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    letters.map_or(BARE.contains(&option), |letters| letters.trim_start_matches(SWITCHES).len() != 1)
}

/// The worst that the options allow.
pub(super) fn judge(name: &str, args: &[&str]) -> Option<Sign> {
    if !is_one(name) {
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
        "-v" | "--volume" => return source(&lower).and_then(given),
        "--mount" => {
            let mut parts = lower.split(',').filter_map(|part| part.split_once('='));
            return parts
                .find(|(name, _)| matches!(*name, "src" | "source"))
                .and_then(|(_, from)| given(from));
        }
        _ => false,
    };
    harms.then_some(HOST)
}

/// The value of `-v` in one word with it, and with options that take none: `-v/:/host`, `-itv`.
fn mounted(arg: &str) -> Option<&str> {
    let letters = arg.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
    let value = letters.trim_start_matches(SWITCHES).strip_prefix('v')?;
    Some(value.strip_prefix('=').unwrap_or(value))
}

/// The folder of the host in `-v FROM:TO`. A drive has a colon of its own.
fn source(volume: &str) -> Option<&str> {
    let is_drive = volume.starts_with(|c: char| c.is_ascii_alphabetic())
        && volume.as_bytes().get(1..3).is_some_and(|signs| matches!(signs, b":\\" | b":/"));
    let from = if is_drive { 2 } else { 0 };
    let at = volume.get(from..)?.find(':')?;
    Some(&volume[..from + at])
}

/// What a container is given of the host.
fn given(folder: &str) -> Option<Sign> {
    /// What many servers sign in to a cloud with.
    const CLOUDS: &[&str] = &[".aws", ".azure", ".docker", ".kube", "gcloud"];
    let folder = folder.trim_matches(['"', '\'']);
    if is_root(folder) || is_home(folder) || holds_keys(folder) {
        return Some(HOST);
    }
    folder.split(['/', '\\']).any(|part| CLOUDS.contains(&part)).then(|| HOST.doubtful())
}

/// The host's root folder, or one of those that it runs on.
fn is_root(folder: &str) -> bool {
    const ROOTS: &[&str] = &["boot", "dev", "etc", "home", "proc", "root", "run", "sys", "users"];
    let parts = folder.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.take(3).collect();
    let is_short = match parts[..] {
        [] => true,
        [first] => ROOTS.contains(&first),
        ["var", second] => second == "run",
        _ => false,
    };
    let is_drive =
        folder.trim_end_matches(['/', '\\']).strip_suffix(':').is_some_and(|drive| drive.len() == 1);
    folder.starts_with('/') && (is_short || folder.contains("..")) || is_drive
}

/// All of a person's files.
fn is_home(folder: &str) -> bool {
    const HOMES: &[&str] = &["$home", "${home}", "%userprofile%", "$env:userprofile", "~"];
    let rest = HOMES.iter().find_map(|home| folder.strip_prefix(home));
    rest.is_some_and(|rest| {
        rest.split(['/', '\\']).all(|part| matches!(part, "" | ".")) || rest.contains("..")
    })
}

/// A folder of keys, or one of them.
fn holds_keys(folder: &str) -> bool {
    const OPEN: &[&str] = &["config", "known_hosts"];
    let mut parts = folder.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
    let of_keys = parts.any(|part| matches!(part, ".ssh" | ".gnupg"));
    of_keys && parts.next().is_none_or(|file| !OPEN.contains(&file) && file.rsplit('.').next() != Some("pub"))
}
