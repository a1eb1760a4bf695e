//! The texts as they are measured: secrets made up on the spot, ordinary traffic for every kind, disguises of both.

use serde_json::{Value, json};

use super::disguise::{DISGUISES, Disguise};

const FILES: [(&str, &str); 7] = [
    ("pii", include_str!("pii.jsonl")),
    ("secrets", include_str!("secrets.jsonl")),
    ("prompt_injection", include_str!("prompt_injection.jsonl")),
    ("code_injection", include_str!("code_injection.jsonl")),
    ("tool_poisoning", include_str!("tool_poisoning.jsonl")),
    ("toxicity", include_str!("toxicity.jsonl")),
    ("server_config", include_str!("server_config.jsonl")),
];

/// What nobody should find anything in, of whatever kind.
const ORDINARY: &str = include_str!("ordinary.jsonl");
const KINDS: [&str; 6] =
    ["pii", "secrets", "prompt_injection", "code_injection", "tool_poisoning", "toxicity"];

/// Longer texts are hidden less often.
const DISGUISED: usize = 160;
/// Each disguise takes every third text, the next one those beside it.
const EVERY: usize = 3;

pub(super) fn all() -> Vec<Value> {
    let mut rows = Vec::new();
    let mut hidden = Vec::new();
    for (kind, text) in FILES {
        for row in lines(text) {
            assert_eq!(row["kind"], kind, "{}", row["id"]);
            let loud = matches!(
                row["meta"]["tier"].as_str(),
                Some("override" | "task" | "vendor" | "email" | "card")
            );
            hidden.extend((loud && row["label"] == true).then(|| row.clone()));
            rows.push(row);
        }
    }
    for row in lines(ORDINARY) {
        for kind in KINDS {
            let mut row = row.clone();
            row["id"] = format!("{}/{kind}", text(&row, "id")).into();
            row["kind"] = kind.into();
            row["meta"]["tier"] =
                format!("ordinary {}", row["meta"]["tier"].as_str().expect("a tier")).into();
            rows.push(row);
        }
        hidden.push(row);
    }
    for (turn, disguise) in DISGUISES.iter().enumerate() {
        let short = hidden.iter().filter(|row| (1..=DISGUISED).contains(&text(row, "text").len()));
        rows.extend(short.skip(turn % EVERY).step_by(EVERY).map(|row| disguised(row, disguise)));
    }
    rows
}

/// Names and addresses, what looks like them, and ordinary traffic.
pub(super) fn extra() -> Vec<Value> {
    let mut rows = lines(include_str!("names.jsonl"));
    rows.extend(lines(ORDINARY).into_iter().map(|mut row| {
        row["kind"] = "pii".into();
        row["meta"]["tier"] = "ordinary".into();
        row
    }));
    rows
}

fn disguised(row: &Value, (name, hide): &Disguise) -> Value {
    json!({
        "id": format!("{name}/{}", text(row, "id")),
        "kind": "evasion",
        "source": "own",
        "direction": "output",
        "text": hide(text(row, "text")),
        "label": row["label"],
        "meta": {"tier": name},
    })
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect("text")
}

fn lines(text: &str) -> Vec<Value> {
    let read = |line: &str| {
        let mut row: Value = serde_json::from_str(line).expect("a line is JSON");
        row["text"] = filled(&row).into();
        row
    };
    text.lines().map(read).collect()
}

/// `⟪prefix alphabet length⟫` is a value of that form: a real one would be taken for a leak wherever this is kept.
fn filled(row: &Value) -> String {
    let mut dice = text(row, "id").bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut parts = text(row, "text").split('⟪');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (form, rest) = part.split_once('⟫').expect("an end of the form");
        let fields: Vec<&str> = form.split(' ').collect();
        filled.push_str(fields[0]);
        let letters = alphabet(fields[1]);
        for _ in 0..fields.get(2).map_or(0, |length| length.parse().expect("a length")) {
            dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let at = usize::try_from(dice >> 33).expect("a small number") % letters.len();
            filled.push(char::from(letters.as_bytes()[at]));
        }
        filled.push_str(rest);
    }
    filled
}

fn alphabet(name: &str) -> &'static str {
    match name {
        "literal" => "",
        "digits" => "0123456789",
        "hex" => "0123456789abcdef",
        "upper" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "alpha" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "alnum" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "base64" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        other => panic!("there is no alphabet `{other}`"),
    }
}
