//! The built-in detectors on the texts of `tests/detect/`, held against the scores in `tests/detect/scores.json`.
//! `UPDATE=1` rewrites that file. Whoever wrote the texts knows the rules: this says what got worse, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::binary;

mod cut;
mod disguise;
mod texts;

/// What is compared, and whether more of it is better. What only ranks texts moves with every training of a model.
const COMPARED: [(&str, bool); 3] = [("precision", true), ("recall", true), ("false_positive_rate", false)];

/// Of these it is the F1.
const ENTITIES: [&str; 3] = ["entities", "names", "addresses"];

/// Scores are kept to so many digits.
const PRECISE: f64 = 0.0005;

#[derive(Clone, Default, Deserialize, Serialize)]
struct Scores {
    /// Of the whole kind and of each tier.
    groups: BTreeMap<String, BTreeMap<String, f64>>,
    /// Ids of the texts that are judged otherwise than they are labelled.
    wrong: BTreeSet<String>,
}

type Kinds = BTreeMap<String, Scores>;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/detect/scores.json")
}

fn measured() -> Kinds {
    let mut kinds = evaluated(&texts::all(), &[]);
    // What is looked for where it is asked for has texts of its own, and ordinary ones.
    let extra = evaluated(&texts::extra(), &["--pii-extra", "names,addresses"]);
    kinds.extend(extra.into_iter().map(|(kind, scores)| (format!("{kind}, names and addresses"), scores)));
    kinds
}

fn evaluated(texts: &[Value], arguments: &[&str]) -> Kinds {
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines: Vec<String> = texts.iter().map(ToString::to_string).collect();
    std::fs::write(folder.path().join("own.jsonl"), lines.join("\n")).expect("written");
    let output = Command::new(binary())
        .args(["eval", "--json", "--wrong", "--data"])
        .arg(folder.path())
        .args(arguments)
        .output()
        .expect("it runs");
    let told: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_slice(&output.stdout).expect("JSON");
    let scores = |groups: BTreeMap<String, Value>| Scores {
        wrong: serde_json::from_value(groups["all"]["wrong"].clone()).expect("ids"),
        groups: groups
            .iter()
            .filter(|(group, _)| *group != "own")
            .map(|(group, told)| (group.clone(), kept(told)))
            .collect(),
    };
    told.into_iter().map(|(kind, groups)| (kind, scores(groups))).collect()
}

fn kept(told: &Value) -> BTreeMap<String, f64> {
    let rounded = |number: f64| (number * 1_000.0).round() / 1_000.0;
    let names = COMPARED.iter().map(|(name, _)| *name).chain(["rows"]);
    let entities = ENTITIES.map(|name| Some((name.to_owned(), rounded(told[name]["f1"].as_f64()?))));
    names
        .filter_map(|name| Some((name.to_owned(), rounded(told[name].as_f64()?))))
        .chain(entities.into_iter().flatten())
        .collect()
}

/// What fell, one line each.
fn fallen(expected: &Kinds, now: &Kinds) -> Vec<String> {
    let mut fallen = Vec::new();
    let names: BTreeSet<_> = expected.keys().chain(now.keys()).collect();
    for kind in names {
        let (Some(before), Some(after)) = (expected.get(kind), now.get(kind)) else {
            fallen.push(format!("{kind}: it has no texts, or no scores yet"));
            continue;
        };
        let groups: BTreeSet<_> = before.groups.keys().chain(after.groups.keys()).collect();
        for group in groups {
            let of =
                |scores: &Scores, name: &str| scores.groups.get(group).and_then(|of| of.get(name)).copied();
            if of(before, "rows") != of(after, "rows") {
                fallen.push(format!("{kind}, {group}: it has other texts than the scores are of"));
                continue;
            }
            for (name, more) in COMPARED.into_iter().chain(ENTITIES.map(|name| (name, true))) {
                // Where nothing is flagged any more there is no precision, and recall says so.
                let (Some(was), Some(is)) = (of(before, name), of(after, name)) else { continue };
                if (if more { was - is } else { is - was }) > PRECISE {
                    fallen.push(format!("{kind}, {group}: {name} {was:.3} -> {is:.3}"));
                }
            }
        }
    }
    fallen
}

/// The texts that are judged otherwise than before, by id.
fn changed(expected: &Kinds, now: &Kinds) -> String {
    let wrong =
        |kinds: &Kinds| kinds.values().flat_map(|scores| scores.wrong.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (wrong(expected), wrong(now));
    let told = |ids: BTreeSet<String>| ids.into_iter().collect::<Vec<_>>().join(", ");
    format!("now wrong: {}\nnow right: {}", told(&after - &before), told(&before - &after))
}

/// One line for each group, so that a difference can be read.
fn written(kinds: &Kinds) -> String {
    let mut parts = Vec::new();
    for (kind, scores) in kinds {
        let groups: Vec<String> =
            scores.groups.iter().map(|(group, of)| format!("    {group:?}: {}", json!(of))).collect();
        let wrong: Vec<String> = scores.wrong.iter().map(|id| format!("    {id:?}")).collect();
        parts.push(format!(
            "  {kind:?}: {{\"groups\": {{\n{}\n  }}, \"wrong\": [\n{}\n  ]}}",
            groups.join(",\n"),
            wrong.join(",\n")
        ));
    }
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}

#[test]
fn no_score_falls() {
    let now = measured();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file(), written(&now)).expect("the file is written");
        return;
    }
    let expected: Kinds =
        serde_json::from_slice(&std::fs::read(file()).expect("no scores: run with UPDATE=1")).expect("JSON");
    let fallen = fallen(&expected, &now);
    assert!(
        fallen.is_empty(),
        "detectors got worse on the texts of tests/detect:\n{}\n{}\nif it is meant: UPDATE=1 cargo test no_score_falls",
        fallen.join("\n"),
        changed(&expected, &now)
    );
}

#[test]
fn a_score_that_fell_is_told_with_its_texts() {
    let scores = |recall: f64, false_alarms: f64, wrong: &[&str]| {
        let group = [("rows", 9.0), ("recall", recall), ("false_positive_rate", false_alarms)];
        let group = group.map(|(name, number)| (name.to_owned(), number)).into_iter().collect();
        let wrong = wrong.iter().map(|id| (*id).to_owned()).collect();
        Kinds::from([(
            "pii".to_owned(),
            Scores { groups: BTreeMap::from([("all".to_owned(), group)]), wrong },
        )])
    };
    let expected = scores(0.9, 0.1, &["b"]);
    assert!(fallen(&expected, &expected).is_empty() && fallen(&expected, &scores(1.0, 0.0, &[])).is_empty());
    assert_eq!(fallen(&expected, &scores(0.8, 0.1, &["b"])), ["pii, all: recall 0.900 -> 0.800"]);
    assert_eq!(
        fallen(&expected, &scores(0.9, 0.2, &["b"])),
        ["pii, all: false_positive_rate 0.100 -> 0.200"]
    );
    assert_eq!(changed(&expected, &scores(0.8, 0.1, &["a"])), "now wrong: a\nnow right: b");
    assert_eq!(fallen(&expected, &Kinds::new()).len(), 1);
    let rewritten: Kinds = serde_json::from_str(&written(&expected)).expect("JSON");
    assert!(fallen(&expected, &rewritten).is_empty() && changed(&expected, &rewritten).lines().count() == 2);
}
