//! What a policy says beyond its block list: actions by detector, what tools are let off, and for how long.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::super::super::{Action, Detector, Exemption};
use super::super::plugins::pointers;
use super::detector;
use crate::config::node::Node;

const DAY: u64 = 86_400;

/// `action`: by detector.
pub(super) fn actions(policy: &Node<'_>, in_force: bool) -> Vec<(Detector, Action)> {
    let names = [("block", Action::Block), ("redact", Action::Redact), ("warn", Action::Warn)];
    let Some(node) = policy.child("action") else { return Vec::new() };
    let members = node.members().into_iter();
    members
        .filter_map(|(name, _)| {
            let action = node.choice(name, &names);
            Some((detector(&node, &node.path(name), name, in_force)?, action?))
        })
        .collect()
}

/// `tools` by name and `exceptions` with an end: both let something pass that a detector hits.
pub(super) fn exemptions(policy: &Node<'_>, in_force: bool) -> Vec<Exemption> {
    let mut exemptions = Vec::new();
    if let Some(tools) = policy.child("tools") {
        for (name, value) in tools.members() {
            let Some(node) = Node::open(value, tools.path(name), policy.notes()) else { continue };
            let allowed = node.texts("allow");
            if allowed.is_empty() {
                node.problem("allow", "expected a list of the detectors that the tool is let off");
            }
            let detectors = detectors(&node, allowed, in_force);
            let paths = pointers(&node, "paths");
            // For whoever reads the file.
            node.text("reason");
            node.refuse_misspelt();
            if !detectors.is_empty() {
                exemptions.push(Exemption { detectors, tool: Some(name.to_owned()), paths, until: None });
            }
        }
    }
    for (path, value) in policy.items("exceptions").unwrap_or_default() {
        exemptions.extend(exception(policy, path, value, in_force));
    }
    exemptions
}

fn exception(policy: &Node<'_>, path: String, value: &Value, in_force: bool) -> Option<Exemption> {
    let node = Node::open(value, path, policy.notes())?;
    let one = node.text("detector").map(|name| (node.path("detector"), name));
    let named: Vec<_> = one.into_iter().chain(node.texts("detectors")).collect();
    if named.is_empty() {
        node.problem("detector", "expected the name of a detector");
    }
    let detectors = detectors(&node, named, in_force);
    // For whoever reads the file.
    if node.filled("reason").is_none() && node.get("reason").is_none() {
        node.problem("reason", "expected a non-empty string: why this may pass");
    }
    let until = node.text("until").and_then(instant);
    if until.is_none() {
        node.problem("until", "expected the last day on which it holds, as `2030-01-31`");
    }
    let tool = node.filled("tool").map(str::to_owned);
    let paths = pointers(&node, "paths");
    node.refuse_misspelt();
    if until.is_some_and(|until| until <= SystemTime::now()) {
        node.notes().warn(format!("`{}` has run out: what it let pass is blocked again", node.here()));
    }
    (!detectors.is_empty()).then_some(Exemption { detectors, tool, paths, until: Some(until?) })
}

fn detectors(node: &Node<'_>, names: Vec<(String, &str)>, in_force: bool) -> Vec<Detector> {
    names.into_iter().filter_map(|(path, name)| detector(node, &path, name, in_force)).collect()
}

/// The end of a day, UTC.
fn instant(day: &str) -> Option<SystemTime> {
    let mut parts = day.split('-');
    let mut part = |length: usize| -> Option<u64> {
        parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let leap = |year: u64| {
        u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
    };
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?;
    if day == 0 || day > lengths[month - 1] {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + leap(year)).sum();
    let days = years + lengths[..month - 1].iter().sum::<u64>() + day;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(days * DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight() {
        let seconds = |day| {
            instant(day).map(|at| at.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs())
        };
        assert_eq!(seconds("1970-01-01"), Some(DAY));
        assert_eq!(seconds("2000-02-29"), Some(951_868_800));
        assert_eq!(seconds("2030-12-31"), Some(1_924_992_000));
        for wrong in ["2001-02-29", "2030-13-01", "2030-1-1", "2030-01-00", "tomorrow", "2030-01-01-01", ""] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
