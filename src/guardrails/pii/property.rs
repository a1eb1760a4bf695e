//! Whatever is hidden comes back: any JSON, with private data, placeholders and what looks like either.

use futures_util::FutureExt as _;
use serde_json::{Map, Value, json};

use super::{Allowance, Exposed, Finder, Hideout, Vault, hide};
use crate::call::{Method, ToolOutput, values};
use crate::config::{LocalSettings, Policy};
use crate::detect::Extra;
use crate::dice::Dice;
use crate::guardrails::local::Local;

const CASES: u64 = 3_000;

const ADDRESS: &str = "ann.lee@example.com";

impl Dice {
    fn text(&mut self, known: &[String]) -> String {
        const PIECES: [&str; 22] = [
            "Mr. Ödegård",
            "12 Elm Street, Apt 4",
            ADDRESS,
            "bob@example.org",
            "+1 202-555-0173",
            "4111 1111 1111 1111",
            "078-05-1120",
            "GB82 WEST 1234 5698 7654 32",
            "<EMAIL_ADDRESS_0>",
            "<LITERAL_1",
            "<",
            ">",
            "_",
            "\"",
            "\\",
            "\n",
            "é",
            "\u{200b}",
            "ＡＮＮ",
            " ",
            "word",
            "0",
        ];
        let mut text = String::new();
        for _ in 0..self.below(7) {
            match self.below(PIECES.len() + 6) {
                at if at < PIECES.len() => text.push_str(PIECES[at]),
                at if !known.is_empty() => {
                    let placeholder = &known[self.below(known.len())];
                    // Whole, or without its beginning or end.
                    let (from, to) = [(0, 0), (0, 0), (1, 0), (0, 1)][at % 4];
                    text.push_str(&placeholder[from..placeholder.len() - to]);
                }
                _ => text.push(' '),
            }
        }
        text
    }

    fn value(&mut self, depth: usize, known: &[String]) -> Value {
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => json!(self.below(1_000_000)),
            1 => json!(null),
            2..=4 => json!(self.text(known)),
            5 => (0..self.below(4)).map(|_| self.value(depth - 1, known)).collect(),
            _ => Value::Object(self.object(depth - 1, known)),
        }
    }

    fn object(&mut self, depth: usize, known: &[String]) -> Map<String, Value> {
        (0..self.below(4)).map(|at| (format!("key{at}"), self.value(depth, known))).collect()
    }
}

#[test]
fn what_is_hidden_in_any_json_comes_back() {
    let local = Local::new(LocalSettings { pii_extra: Extra::ALL.to_vec(), ..LocalSettings::default() });
    let (vault, policy) = (Vault::new(), Policy::default());
    let (mut dice, mut known) = (Dice(0x9e37_79b9_7f4a_7c15), Vec::new());
    let mut hidden = 0;
    for case in 0..CASES {
        let arguments = dice.object(3, &known);
        let mut value = Value::Object(arguments.clone());
        let allowance = Allowance::default();
        let exposed = Exposed { value: &mut value, spared: &[], numbers: Vec::new() };
        let hiding = hide(
            Finder { provider: &local, policy: &policy },
            Hideout { vault: &vault, allowance: &allowance },
            exposed,
        );
        hiding.now_or_never().expect("at once").expect("hidden");
        let mut before = Vec::new();
        let original = Value::Object(arguments.clone());
        values(&original, &mut before);
        let mut after = Vec::new();
        values(&value, &mut after);
        for (text, other) in before.into_iter().zip(after) {
            known.extend(other.split_inclusive('>').filter_map(|part| {
                part.rfind('<').map(|at| part[at..].to_owned()).filter(|part| vault.restore(part).is_some())
            }));
            hidden += usize::from(text.contains(ADDRESS));
            assert!(!other.split(' ').any(|word| word == ADDRESS), "case {case}: {other}");
        }
        known.truncate(200);
        let result = json!({"content": [], "structuredContent": value});
        let mut output = ToolOutput::parse(Method::Tool, result).expect("a result");
        output.change_texts(&mut |text| {
            if let Some(restored) = vault.restore(text) {
                *text = restored;
            }
        });
        assert_eq!(output.structured(), Some(&Value::Object(arguments)), "case {case}");
    }
    assert!(hidden > 100, "{hidden} addresses were hidden");
}
