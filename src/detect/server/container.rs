//! What lets a container out of itself.

use super::Sign;

const HOST: Sign = Sign {
    rule: "server.container",
    label: "container",
    score: 0.9,
    reason: "The container can reach the host: its socket, its root folder or its privileges.",
};

pub(super) fn judge(name: &str, args: &[&str]) -> Option<Sign> {
    (matches!(name, "docker" | "podman" | "nerdctl") && args.iter().any(|arg| is_host(arg))).then_some(HOST)
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
