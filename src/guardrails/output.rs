//! What servers send back: judged, cut where the policy says so, and given its private data again.
//!
//! Only this file makes a `CheckedOutput`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use aho_corasick::{AhoCorasick, MatchKind};
use futures_util::future::join_all;
use serde_json::Value;

use super::document::Document;
use super::input::ClearedCall;
use super::judge::{Bench, Cut};
use super::pii::{self, Vault, bring_back, is_address};
use super::provider::Side;
use super::{Blocked, Guardrails, Verdict, Violation};
use crate::call::{ToolCall, ToolOutput};
use crate::config::Server;
use crate::scope::Scope;
use crate::timeouts::Operation;
use crate::tool::Tool;

/// Values that are cut out of one result; it is withheld where there are more.
const MAX_CUTS: usize = 50_000;

/// Texts of one result that a service is asked to restore; in more, the placeholders stay.
const MAX_REMOTE: usize = 32;

/// A result that may go to the client.
#[derive(Debug)]
pub struct CheckedOutput {
    output: ToolOutput,
    verdict: Option<Verdict>,
}

impl Guardrails {
    /// Checks every text of a result, wherever it stands, against the server's output policy.
    pub async fn check_output(
        &self,
        scope: &Scope,
        server: &Server,
        (call, tool): (&ClearedCall, Option<&Tool>),
        mut output: ToolOutput,
    ) -> Result<CheckedOutput, Blocked> {
        let asked = call.checked().call();
        let bench = Bench::of(server, Side::Output, super::input::tool(asked));
        let shown = self.shown_call(scope, server, asked);
        let mut warnings = Vec::new();
        let mut verdict = loop {
            let (verdict, found) =
                self.judge_output(scope, bench, (call, shown.as_ref().unwrap_or(asked)), &output).await?;
            let Some(found) = found else { break verdict };
            let withheld = |why| Blocked::by(verdict.clone().unwrap_or_default().with(why));
            let replacements = found.replacements.ok_or_else(|| withheld(Violation::cannot_be_cut()))?;
            output.change_texts(&mut |text| replacements.apply(text));
            // A key, a number: what is not a string value cannot be cut.
            let left = output.texts().iter().any(|text| replacements.are_left_in(text))
                || output.has_number(&|number| replacements.are_left_in(number));
            let again = found.early && warnings.is_empty();
            if left || !again && !self.cuts(scope, bench, Document::Output(&output)).await?.is_empty() {
                return Err(withheld(Violation::cannot_be_cut()));
            }
            if !tool.is_none_or(|tool| output.structured().is_none_or(|value| tool.fits_output(value))) {
                return Err(withheld(Violation::no_longer_fits()));
            }
            if !again {
                break verdict;
            }
            // What is left has not been judged.
            warnings = verdict.unwrap_or_default().warnings;
        };
        if let Some(verdict) = &mut verdict {
            verdict.warnings.splice(0..0, warnings);
        }
        let kept_out = [
            (server.output.block_binary && output.has_binary()).then(Violation::binary),
            output.has_unread_text().then(Violation::unread),
        ];
        for violation in kept_out.into_iter().flatten().filter(|_| server.output.enabled) {
            let found = verdict.unwrap_or_default().with(bench.violation(violation));
            if !found.is_safe() {
                return Err(Blocked::by(found));
            }
            verdict = Some(found);
        }
        if let Some(vault) = call.vault() {
            let texts = output.texts().into_iter().filter(|text| !vault.keys(text).is_empty());
            let opened = self.opened(scope, vault, texts.map(str::to_owned).collect()).await;
            output.change_named(&mut |name, text| restore(vault, &opened, (name, text)));
        }
        Ok(CheckedOutput { output, verdict })
    }

    /// The verdict, and what is to be cut out first.
    async fn judge_output(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        (call, asked): (&ClearedCall, &ToolCall),
        output: &ToolOutput,
    ) -> Result<(Option<Verdict>, Option<Found>), Blocked> {
        // A service is asked about its own placeholders as it wrote them.
        let writes = self.provider(&scope.settings).writes_placeholders();
        let written = call.vault().filter(|_| writes).map(|vault| {
            let mut written = output.clone();
            written.change_texts(&mut |text| vault.as_written(text));
            written
        });
        let output = written.as_ref().unwrap_or(output);
        let judged = self.judge(scope, bench, Document::Output(output), Some(asked)).await?;
        let Some(judgement) = judged else { return Ok((None, None)) };
        let early = judgement.early;
        let (verdict, cuts) = judgement.into_parts();
        let found = (!cuts.is_empty())
            .then(|| Found { replacements: Replacements::of(&output.texts(), &cuts), early });
        Ok((Some(verdict), found))
    }

    /// What services bring back of some texts, by text. What cannot be brought back stays hidden.
    pub(super) async fn opened(
        &self,
        scope: &Scope,
        vault: &Vault,
        texts: HashSet<String>,
    ) -> HashMap<String, String> {
        if texts.is_empty() {
            return HashMap::new();
        }
        let provider = self.provider(&scope.settings);
        let opening = join_all(texts.into_iter().take(MAX_REMOTE).map(|text| {
            let provider = &provider;
            async move { (bring_back(&**provider, vault, &text).await, text) }
        }));
        let opened = scope.timeouts.run(Operation::Guardrail, &scope.cancel, opening).await;
        let mut known = HashMap::new();
        for (back, text) in opened.unwrap_or_default() {
            match back {
                Ok(back) => drop(back.map(|back| known.insert(text, back))),
                Err(fault) => tracing::warn!(%fault, "private data stays hidden: it could not be restored"),
            }
        }
        known
    }

    /// Lets a server's own words into an error only if its output policy would let them into a result.
    pub async fn screen(&self, scope: &Scope, server: &Server, details: Vec<String>) -> Vec<String> {
        if details.is_empty() {
            return details;
        }
        let bench = Bench::of(server, Side::Output, "");
        let words = Document::Words(details.iter().map(String::as_str).collect());
        match self.cuts(scope, bench, words).await {
            Ok(cuts) if cuts.is_empty() => details,
            _ => vec!["the server's own words were withheld by its output policy".to_owned()],
        }
    }
}

/// From what services brought back, or from the vault; no address, which leads back to whoever wrote it.
pub(super) fn restore(vault: &Vault, opened: &HashMap<String, String>, (name, text): (&str, &mut String)) {
    if is_address(name) {
        return;
    }
    if let Some(back) = opened.get(text).cloned().or_else(|| pii::restored(vault, text)) {
        *text = back;
    }
}

/// Something to cut out; nothing to do it with where it cannot be.
struct Found {
    replacements: Option<Replacements>,
    /// The rest is still to be judged.
    early: bool,
}

/// What is cut out, wherever it stands again: the text copy of a result and its structured copy say the same.
pub(super) struct Replacements {
    values: AhoCorasick,
    labels: Vec<String>,
}

impl Replacements {
    /// `None` where a cut lies outside its text, or there are too many.
    pub(super) fn of(texts: &[&str], cuts: &[Cut]) -> Option<Self> {
        let mut labels: HashMap<String, &'static str> = HashMap::new();
        for cut in cuts {
            let value = texts.get(cut.text)?.get(cut.span.clone()).filter(|value| !value.is_empty())?;
            // A text copy of structured content has the escapes of JSON, or lost them.
            let [plain, ascii] = escaped(value);
            for value in [Some(value.to_owned()), plain, ascii, unescaped(value)].into_iter().flatten() {
                labels.entry(value).or_insert(cut.label);
            }
            if labels.len() > MAX_CUTS {
                return None;
            }
        }
        let (values, labels): (Vec<String>, Vec<String>) =
            labels.into_iter().map(|(value, label)| (value, format!("[{label}_REDACTED]"))).unzip();
        let values = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok()?;
        Some(Self { values, labels })
    }

    pub(super) fn apply(&self, text: &mut String) {
        if self.values.is_match(text.as_str()) {
            *text = self.values.replace_all(text, &self.labels);
        }
    }

    pub(super) fn are_left_in(&self, text: &str) -> bool {
        self.values.is_match(text)
    }
}

/// As JSON writes it: as it is beyond ASCII, or escaped there too.
fn escaped(value: &str) -> [Option<String>; 2] {
    let quoted = Value::from(value).to_string();
    let plain = quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned();
    let mut ascii = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    [plain, ascii].map(|text| (text != value && !text.is_empty()).then_some(text))
}

fn unescaped(value: &str) -> Option<String> {
    let text: String = serde_json::from_str(&format!("\"{value}\"")).ok()?;
    (text != value && !text.is_empty()).then_some(text)
}

impl CheckedOutput {
    pub fn is_error(&self) -> bool {
        self.output.is_error()
    }

    /// About the bytes that the answer takes for it.
    pub fn size(&self) -> usize {
        self.output.size()
    }

    pub fn take_verdict(&mut self) -> Option<Verdict> {
        self.verdict.take()
    }

    pub fn into_output(self) -> ToolOutput {
        self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_out_of_every_copy_however_it_is_escaped() {
        let value = "q\"ä\\-Tr0ub4dor";
        let plain = format!("is {value}.");
        let copies = [
            plain.clone(),
            serde_json::json!({"a": value}).to_string(),
            r#"{"a": "q\"\u00e4\\-Tr0ub4dor"}"#.to_owned(),
        ];
        for (at, whole) in copies.iter().enumerate() {
            let found = if at == 0 { value } else { &whole[6..whole.len() - 2] };
            let found = found.trim_start_matches('"');
            let start = whole.find(found).expect("it is there");
            let cut = Cut { text: 0, span: start..start + found.len(), label: "PASSWORD" };
            let replacements = Replacements::of(&[whole], &[cut]).expect("replacements");
            for copy in &copies {
                // A copy that escapes otherwise is known from the value, not from another copy of it.
                if at > 0 && copy != whole && copy != &plain {
                    continue;
                }
                let mut text = copy.clone();
                replacements.apply(&mut text);
                assert!(!text.contains("Tr0ub4dor") && text.contains("[PASSWORD_REDACTED]"), "{at}: {text}");
            }
        }
    }
}
