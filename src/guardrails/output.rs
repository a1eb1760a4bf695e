//! What servers send back: judged, cut where the policy says so, and given its private data again.
//!
//! Only this file makes a `CheckedOutput`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::time::Instant;

use aho_corasick::{AhoCorasick, MatchKind};
use futures_util::future::join_all;
use serde_json::Value;

use super::document::Document;
use super::input::ClearedCall;
use super::judge::{Bench, Cut};
use super::pii::{self, Allowance, Exposed, Unhidden, Vault, bring_back, is_address};
use super::provider::{Side, Subject};
use super::{Blocked, Guardrails, Verdict, Violation};
use crate::call::{JsonObject, ToolCall, ToolOutput, change, change_named, holds_media};
use crate::config::Server;
use crate::scope::Scope;
use crate::timeouts::Operation;
use crate::tool::Tool;

/// What is passed on beside a call.
pub struct Beside<'a> {
    /// The tool that is being called, or nothing.
    pub tool: &'a str,
    pub message: JsonObject,
    /// Whether a server asks and waits for the answer.
    pub asks: bool,
    /// Whether its reader may have the private data that is in it: what the server is answered must not.
    pub opens: bool,
}

/// Why a message is not passed on, for the log.
#[derive(Debug, Default)]
pub struct KeptBack {
    pub rules: String,
}

fn beside(asks: bool, message: &JsonObject) -> Document<'_> {
    if asks { Document::Question(message) } else { Document::Message(message) }
}

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
            let withheld = |why| Blocked::by(verdict.clone().unwrap_or_default().with(why, false));
            let replacements = found.replacements.ok_or_else(|| withheld(Violation::cannot_be_cut()))?;
            output.change_texts(&mut |text| replacements.apply(text));
            // A key, a number: what is not a string value cannot be cut.
            let left = output.texts().iter().any(|text| replacements.are_left_in(text))
                || output.has_number(&|number| replacements.are_left_in(number));
            let again = found.early && warnings.is_empty();
            if left || !again && self.has_more(scope, bench, Document::Output(&output)).await? {
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
            let found = verdict.unwrap_or_default().with(violation, bench.observes());
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

    /// Whether there would be something to cut out once more.
    async fn has_more(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        document: Document<'_>,
    ) -> Result<bool, Blocked> {
        let again = self.judge(scope, bench, document, None).await?;
        Ok(again.is_some_and(|judgement| !judgement.cuts.is_empty()))
    }

    /// A message beside a call as it may be passed on: of the server by its output policy, with the private data
    /// that is in it; of the client by its input policy, and without.
    pub async fn relay(
        &self,
        scope: &Scope,
        server: &Server,
        side: Side,
        Beside { tool, mut message, asks, opens }: Beside<'_>,
    ) -> Result<JsonObject, KeptBack> {
        let bench = Bench::of(server, side, tool);
        let policy = bench.policy;
        if policy.enabled && policy.block_binary && !bench.observes() && message.values().any(holds_media) {
            return Err(KeptBack::default());
        }
        let vault = self.vaults.of(scope, server);
        if side == Side::Input
            && let Some(vault) = &vault
        {
            // Before a service is asked for what is private in it.
            let subject = Subject::new(side, policy, Document::Message(&message));
            if policy.enabled && self.own(scope, bench, &subject).map_or(true, |own| own.early) {
                return Err(KeptBack::default());
            }
            let mut spared = Vec::new();
            let mut value = Value::Object(message);
            self.spare_own(scope, server, &value, &mut spared);
            message = self
                .hidden(scope, bench, (vault, &spared), &mut value)
                .await
                .ok_or_else(KeptBack::default)?;
        }
        let shown = (side == Side::Input).then(|| self.shown_to_others(scope, server, &message));
        let judged = beside(asks, shown.as_ref().unwrap_or(&message));
        let judged = self.judge(scope, bench, judged, None).await;
        let judged = judged.map_err(|blocked| KeptBack { rules: blocked.verdict.rules() })?;
        let cuts = judged.map(|judgement| judgement.cuts).unwrap_or_default();
        if !cuts.is_empty() {
            // Half an answer is another answer.
            if side == Side::Input {
                return Err(KeptBack::default());
            }
            let replacements = Replacements::of(&beside(asks, &message).texts(), &cuts);
            let replacements = replacements.ok_or_else(KeptBack::default)?;
            message.values_mut().for_each(|value| change(value, &mut |text| replacements.apply(text)));
            let left = beside(asks, &message).texts().iter().any(|text| replacements.are_left_in(text));
            if left || self.has_more(scope, bench, beside(asks, &message)).await.unwrap_or(true) {
                return Err(KeptBack::default());
            }
        }
        if let Some(vault) = vault.filter(|_| side == Side::Output && opens) {
            let texts = Document::Message(&message).texts().into_iter();
            let texts = texts.filter(|text| !vault.keys(text).is_empty()).map(str::to_owned);
            let opened = self.opened(scope, &vault, texts.collect()).await;
            let restore = &mut |name: &str, text: &mut String| restore(&vault, &opened, (name, text));
            message.iter_mut().for_each(|(name, value)| change_named(name, value, restore));
        }
        Ok(message)
    }

    async fn hidden(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        (vault, spared): (&Vault, &[bool]),
        message: &mut Value,
    ) -> Option<JsonObject> {
        let started = Instant::now();
        let kept = message.clone();
        let allowance = Allowance::default();
        let numbers = pii::numbers(message, &mut String::new(), &|_| false);
        let exposed = Exposed { value: message, spared, numbers };
        let message = match self.hide(scope, bench, (vault, &allowance), exposed).await {
            Ok(()) => message.take(),
            Err(Unhidden::Fixed(_)) => return None,
            Err(Unhidden::Fault(fault)) => {
                self.without_verdict(scope, bench, &fault, started.elapsed()).ok().map(|_| kept)?
            }
        };
        match message {
            Value::Object(message) => Some(message),
            _ => None,
        }
    }

    /// A message to a server as whoever judges may see it: without the server's own secrets.
    fn shown_to_others(&self, scope: &Scope, server: &Server, message: &JsonObject) -> JsonObject {
        let (canaries, own) = (self.canaries(scope), (&scope.caller.config.id, &server.name));
        let mut shown = message.clone();
        shown.values_mut().for_each(|value| change(value, &mut |text| canaries.hide(text, own)));
        shown
    }

    /// What services bring back of some texts, by text. What cannot be brought back stays hidden.
    async fn opened(&self, scope: &Scope, vault: &Vault, texts: HashSet<String>) -> HashMap<String, String> {
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
        match self.judge(scope, bench, words, None).await {
            Ok(judged) if judged.as_ref().is_none_or(|judgement| judgement.cuts.is_empty()) => details,
            _ => vec!["the server's own words were withheld by its output policy".to_owned()],
        }
    }
}

/// From what services brought back, or from the vault; no address, which leads back to whoever wrote it.
fn restore(vault: &Vault, opened: &HashMap<String, String>, (name, text): (&str, &mut String)) {
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
struct Replacements {
    values: AhoCorasick,
    labels: Vec<String>,
}

impl Replacements {
    /// `None` where a cut lies outside its text, or there are too many.
    fn of(texts: &[&str], cuts: &[Cut]) -> Option<Self> {
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

    fn apply(&self, text: &mut String) {
        if self.values.is_match(text.as_str()) {
            *text = self.values.replace_all(text, &self.labels);
        }
    }

    fn are_left_in(&self, text: &str) -> bool {
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
