//! Which process groups have somebody in them who runs: a signal reaches the dead too, until they are buried.

use super::Group;

#[cfg(target_os = "linux")]
pub(super) fn among(groups: Vec<Group>) -> Vec<Group> {
    if groups.is_empty() {
        return groups;
    }
    // Where nobody can look, none counts as gone.
    let Ok(processes) = std::fs::read_dir("/proc") else { return groups };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let stats = pids.filter_map(|pid| std::fs::read(format!("/proc/{pid}/stat")).ok());
    let running: Vec<Group> =
        stats.filter_map(|stat| group_of_running(&String::from_utf8_lossy(&stat))).collect();
    groups.into_iter().filter(|group| running.contains(group)).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn among(groups: Vec<Group>) -> Vec<Group> {
    groups
}

/// The group that `stat` names, unless its process is dead. The name before it may hold anything.
#[cfg(target_os = "linux")]
fn group_of_running(stat: &str) -> Option<Group> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X" | "x");
    let group = fields.nth(1)?.parse().ok()?;
    (!is_dead).then(|| Group::of(Some(group)))
}
