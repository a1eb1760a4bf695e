//! What a road must have come to: who got what, by the records of both ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::client::Left;
use super::search::{is_clean, marks};
use super::walk::Seen;
use super::{Column, Face, Road, Servers};

use crate::support::Poison;

/// What the documented shape of a batch has no room for.
const LEFT_OUT: [&str; 2] = ["kestrel-odd_places-block_annotation-", "kestrel-odd_places-unknown_member-"];

pub(super) struct Judge<'a> {
    pub(super) road: Road,
    /// `None`: nothing was guarded.
    pub(super) column: Option<&'a Column>,
    pub(super) seen: &'a [Seen],
    pub(super) left: &'a Left,
    pub(super) records: &'a Path,
}

impl Judge<'_> {
    pub(super) fn decide(&self) {
        assert!(!self.seen.is_empty());
        let problems = match self.column {
            Some(column) => self.guarded(column),
            None => self.unguarded(),
        };
        assert!(problems.is_empty(), "{:?}:\n{}", self.road, problems.join("\n"));
    }

    fn guarded(&self, column: &Column) -> Vec<String> {
        let missed = |mark: &str| column.misses.contains(&mark);
        let mut problems = Vec::new();
        for seen in self.seen.iter().filter(|seen| !missed(&seen.mark)) {
            let (name, told) = (format!("{} {}", seen.attack, seen.called), &seen.told);
            if seen.outcome != seen.expected {
                problems.push(format!("{name}: {}, expected {}: {told}", seen.outcome, seen.expected));
            }
            if !is_clean(told) {
                problems.push(format!("{name}: the client was told: {told}"));
            }
        }
        let mut leaked = marks(&self.left.heard);
        for attack in self.attacks() {
            let record = self.record(attack);
            leaked.extend(marks(&record));
            problems.extend(self.wrong_calls(attack, &record, &missed));
        }
        let unexpected = leaked.into_iter().filter(|mark| !missed(mark));
        problems.extend(unexpected.map(|mark| format!("got through: {mark}")));
        problems.extend(marks(&self.left.log).into_iter().map(|mark| format!("in the log: {mark}")));
        problems
    }

    /// Whatever could be stopped has arrived.
    fn unguarded(&self) -> Vec<String> {
        let arrived: BTreeSet<String> =
            self.attacks().into_iter().flat_map(|attack| marks(&self.record(attack))).collect();
        let heard = marks(&self.left.heard);
        let left_out = |mark: &str| {
            self.road.face == Face::Meta && LEFT_OUT.contains(&mark)
                // Nobody is asked what nobody knows.
                || mark == "kestrel-asides-odd_question-"
                // Nobody hears its standard error.
                || self.road.servers == Servers::Remote && mark == "kestrel-last_words-crash-"
        };
        let kept = self.seen.iter().filter(|seen| match seen.poison {
            Poison::Harmless => false,
            _ if left_out(&seen.mark) => false,
            Poison::Arguments => !arrived.contains(&seen.mark),
            _ => !heard.contains(&seen.mark),
        });
        kept.map(|seen| format!("{} {} did not arrive: {}", seen.attack, seen.called, seen.told)).collect()
    }

    /// The server's own record, held against the calls that should have reached it; no question was answered.
    fn wrong_calls(&self, attack: &str, record: &str, missed: &impl Fn(&str) -> bool) -> Vec<String> {
        let reaches = |seen: &&Seen| match seen.poison {
            Poison::Harmless | Poison::Result | Poison::Aside => true,
            Poison::Definition | Poison::Arguments => missed(&seen.mark) && seen.outcome == "success",
            Poison::End => seen.expected != "INVALID_ARGUMENTS",
        };
        let own = self.seen.iter().filter(|seen| seen.attack == attack).filter(reaches);
        let mut expected: Vec<&str> = own.map(|seen| seen.called.as_str()).collect();
        let lines: Vec<Value> =
            record.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let mut called: Vec<&str> = lines.iter().filter_map(|line| line["call"].as_str()).collect();
        expected.sort_unstable();
        called.sort_unstable();
        let mut problems = Vec::new();
        if called != expected {
            problems.push(format!("{attack}: called {called:?}, expected {expected:?}"));
        }
        let answered = lines.iter().filter(|line| !line["reply"].is_null()).count();
        let asides = self.seen.iter().filter(|seen| seen.attack == attack && seen.poison == Poison::Aside);
        if answered > asides.filter(|seen| missed(&seen.mark)).count() {
            problems.push(format!("{attack}: a question was answered: {record}"));
        }
        problems
    }

    fn attacks(&self) -> BTreeSet<&str> {
        self.seen.iter().map(|seen| seen.attack.as_str()).collect()
    }

    fn record(&self, attack: &str) -> String {
        fs::read_to_string(self.records.join(attack)).unwrap_or_default()
    }
}
