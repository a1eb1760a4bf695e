//! The measured numbers as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::entities::TOLD;
use super::score::Tally;
use super::{Group, Tallies};

pub(super) fn table(tallies: &Tallies, wrong: bool) -> String {
    let mut text =
        "| kind | of | rows | positive | precision | recall | false positives | recall at 1 % | AUC |\n\
                    |---|---|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
    for (kind, groups) in tallies {
        for (group, tally) in groups {
            let numbers = [
                tally.precision(),
                tally.recall(),
                tally.false_positives(),
                tally.recall_at_fixed_rate(),
                tally.auc(),
            ];
            let numbers =
                numbers.map(|number| number.map_or("-".to_owned(), |number| format!("{number:.3}")));
            let (rows, positives) = (tally.rows(), tally.positives());
            let _ = writeln!(
                text,
                "| {kind} | {} | {rows} | {positives} | {} |",
                group.shown(),
                numbers.join(" | ")
            );
        }
    }
    for (kind, groups) in tallies {
        for (name, _) in TOLD {
            let Some((precision, recall, f1)) = groups.get(&Group::All).and_then(|all| all.entities(name))
            else {
                continue;
            };
            let _ = writeln!(
                text,
                "\nEntities of `{kind}` {name}: precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}"
            );
        }
        let ids = groups.get(&Group::All).filter(|_| wrong).map(|tally| shown(&tally.wrong));
        if let Some(ids) = ids.filter(|ids| !ids.is_empty()) {
            let _ =
                writeln!(text, "\nOf `{kind}` judged otherwise than labelled, by `id`: {}", ids.join(", "));
        }
    }
    text
}

pub(super) fn json(tallies: &Tallies, wrong: bool) -> String {
    let of_kind = |groups: &std::collections::BTreeMap<Group, Tally>| {
        let members = groups.iter().map(|(group, tally)| {
            let mut numbers = numbers(tally);
            if wrong && *group == Group::All {
                numbers["wrong"] = shown(&tally.wrong).into();
            }
            (group.shown(), numbers)
        });
        Value::Object(members.collect::<Map<_, _>>())
    };
    let kinds: Map<String, Value> =
        tallies.iter().map(|(kind, groups)| (kind.clone(), of_kind(groups))).collect();
    format!("{:#}", Value::Object(kinds))
}

fn numbers(tally: &Tally) -> Value {
    let mut numbers = json!({
        "rows": tally.rows(),
        "positives": tally.positives(),
        "precision": tally.precision(),
        "recall": tally.recall(),
        "false_positive_rate": tally.false_positives(),
        "recall_at_1_percent": tally.recall_at_fixed_rate(),
        "auc": tally.auc(),
    });
    for (name, key) in TOLD {
        if let Some((precision, recall, f1)) = tally.entities(name) {
            numbers[key] = json!({"precision": precision, "recall": recall, "f1": f1});
        }
    }
    numbers
}

/// Ids come from the data.
fn shown(ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| crate::cli::printable(id)).collect()
}

impl Group {
    /// Names come from the data.
    fn shown(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Source(name) => crate::cli::printable(name),
            Self::Tier(name) => format!("tier {}", crate::cli::printable(name)),
        }
    }
}
