//! Memory and processor time of other processes, and the machine, as `/proc` tells them. Linux only.

use std::collections::HashMap;
use std::fs;
use std::thread;
use std::time::Duration;

use crate::Outcome;

/// The kernel counts in these whatever its own clock; it has been 100 a second on every platform for long.
const MS_PER_TICK: u32 = 10;

/// How often, and how many times, a process is looked at that is to end.
const LOOK: Duration = Duration::from_micros(200);
const PATIENCE: u32 = 10_000;

/// Resident memory of a process and all its descendants.
pub(crate) fn tree_rss_kb(root: u32) -> Outcome<f64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        // A process that ended in the meantime is no member.
        if let Some((pid, parent)) = pid.and_then(|pid| Some((pid, stat(pid, 1).ok()?))) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut sum = status_kb(root, "VmRSS:")?;
    let mut left = children.remove(&root).unwrap_or_default();
    while let Some(pid) = left.pop() {
        sum += status_kb(pid, "VmRSS:").unwrap_or_default();
        left.extend(children.remove(&pid).unwrap_or_default());
    }
    Ok(sum)
}

/// Waits until a process has at most so many children.
pub(crate) fn until_children(pid: u32, most: usize) -> Outcome<()> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    for _ in 0..PATIENCE {
        let children = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        if children.split_whitespace().count() <= most {
            return Ok(());
        }
        thread::sleep(LOOK);
    }
    Err(format!("process {pid} still has more than {most} children"))
}

/// The most memory a process has had resident so far.
pub(crate) fn peak_rss_kb(pid: u32) -> Outcome<f64> {
    status_kb(pid, "VmHWM:")
}

/// User and system time of one process, without its children.
pub(crate) fn cpu_ms(pid: u32) -> Outcome<u32> {
    Ok((stat(pid, 11)? + stat(pid, 12)?) * MS_PER_TICK)
}

/// One line on what the numbers were measured on.
pub(crate) fn machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let status = read("/proc/self/status");
    let model = field(&cpuinfo, "model name").unwrap_or("unknown processor");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let allowed = field(&status, "Cpus_allowed_list:").unwrap_or("unknown");
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {cores} cores usable (CPU {allowed}), Linux {}", kernel.trim())
}

/// The fields after the process name, which may hold spaces itself; 0 is the state.
fn stat(pid: u32, index: usize) -> Outcome<u32> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let value = after_name.split_whitespace().nth(index).and_then(|value| value.parse().ok());
    value.ok_or_else(|| format!("{path}: no field {index}"))
}

fn status_kb(pid: u32, key: &str) -> Outcome<f64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let value = field(&text, key).and_then(|value| value.strip_suffix("kB")?.trim().parse().ok());
    value.ok_or_else(|| format!("{path}: no {key}"))
}

fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(rest.trim_start_matches([':', ' ', '\t']).trim())
}
