//! What servers send back: judged, cut where the policy says so, and given its private data again.
//!
//! Only this file makes a `CheckedOutput`.

use aho_corasick::{AhoCorasick, MatchKind};

use super::document::Document;
use super::input::ClearedCall;
use super::judge::{Bench, Cut, Judgement};
use super::pii::Opening;
use super::provider::{ProviderFault, Side};
use super::{Blocked, Guardrails, Verdict, Violation};
use crate::call::{JsonObject, ToolOutput, change, holds_media};
use crate::config::Server;
use crate::scope::Scope;
use crate::timeouts::Operation;
use crate::tool::Tool;

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
        let bench = Bench::of(server, Side::Output, asked.tool.as_str());
        let judged = self.judge(scope, bench, Document::Output(&output), Some(asked)).await?;
        let (mut verdict, cuts) = judged.map(Judgement::into_parts).unzip();
        if let Some(cuts) = cuts.filter(|cuts| !cuts.is_empty()) {
            let Some(replacements) = Replacements::of(&output.texts(), &cuts) else {
                return Err(Blocked::by(
                    verdict.unwrap_or_default().with(Violation::no_longer_fits(), false),
                ));
            };
            output.change_texts(&mut |text| replacements.apply(text));
            // A key, a number: what is not a string value cannot be cut.
            let fits =
                tool.is_none_or(|tool| output.structured().is_none_or(|value| tool.fits_output(value)));
            if !fits || output.texts().iter().any(|text| replacements.are_left_in(text)) {
                return Err(Blocked::by(
                    verdict.unwrap_or_default().with(Violation::no_longer_fits(), false),
                ));
            }
        }
        if server.output.enabled && server.output.block_binary && output.has_binary() {
            let found = verdict.unwrap_or_default().with(Violation::binary(), bench.observes());
            if !found.is_safe() {
                return Err(Blocked::by(found));
            }
            verdict = Some(found);
        }
        self.restore(scope, call.opening(), &mut output).await;
        Ok(CheckedOutput { output, verdict })
    }

    /// A message beside a call as it may be passed on: of the server by its output policy, with the private data
    /// that is in it; of the client by its input policy.
    pub async fn relay(
        &self,
        scope: &Scope,
        server: &Server,
        side: Side,
        (tool, mut message): (&str, JsonObject),
    ) -> Option<JsonObject> {
        let bench = Bench::of(server, side, tool);
        let policy = bench.policy;
        if policy.enabled && policy.block_binary && !bench.observes() && message.values().any(holds_media) {
            return None;
        }
        let judged = self.judge(scope, bench, Document::Message(&message), None).await.ok()?;
        let cuts = judged.map(|judgement| judgement.cuts).unwrap_or_default();
        if !cuts.is_empty() {
            let replacements = Replacements::of(&Document::Message(&message).texts(), &cuts)?;
            message.values_mut().for_each(|value| change(value, &mut |text| replacements.apply(text)));
            if Document::Message(&message).texts().iter().any(|text| replacements.are_left_in(text)) {
                return None;
            }
        }
        if side == Side::Output
            && let Some(vault) = self.vaults.of(scope, server)
        {
            let restore = &mut |text: &mut String| {
                if let Some(restored) = vault.restore(text) {
                    *text = restored;
                }
            };
            message.values_mut().for_each(|value| change(value, restore));
        }
        Some(message)
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

    /// A service first, whose placeholders are inside ours. What cannot be restored stays hidden.
    async fn restore(&self, scope: &Scope, opening: &Opening, output: &mut ToolOutput) {
        if let Some((provider, key)) = &opening.remote {
            let mut texts: Vec<String> = Vec::new();
            output.change_texts(&mut |text| {
                if !super::pii::imitations(text).is_empty() && !texts.contains(text) {
                    texts.push(text.clone());
                }
            });
            texts.truncate(MAX_REMOTE);
            if !texts.is_empty() {
                let asked = scope
                    .timeouts
                    .run(Operation::Guardrail, &scope.cancel, provider.restore(key, &texts))
                    .await;
                match asked.unwrap_or_else(|interrupted| Err(ProviderFault::from(interrupted))) {
                    Ok(restored) if restored.len() == texts.len() => output.change_texts(&mut |text| {
                        if let Some(at) = texts.iter().position(|known| known == text) {
                            text.clone_from(&restored[at]);
                        }
                    }),
                    Ok(_) => tracing::warn!(
                        "private data stays hidden: the service restored another number of texts"
                    ),
                    Err(fault) => {
                        tracing::warn!(%fault, "private data stays hidden: it could not be restored");
                    }
                }
            }
        }
        if let Some(vault) = &opening.vault {
            output.change_texts(&mut |text| {
                if let Some(restored) = vault.restore(text) {
                    *text = restored;
                }
            });
        }
    }
}

/// What is cut out, wherever it stands again: the text copy of a result and its structured copy say the same.
struct Replacements {
    values: AhoCorasick,
    labels: Vec<String>,
}

impl Replacements {
    /// `None` where a cut lies outside its text, or there are too many.
    fn of(texts: &[&str], cuts: &[Cut]) -> Option<Self> {
        let mut values: Vec<&str> = Vec::new();
        let mut labels = Vec::new();
        for cut in cuts {
            let value = texts.get(cut.text)?.get(cut.span.clone()).filter(|value| !value.is_empty())?;
            if !values.contains(&value) {
                values.push(value);
                labels.push(format!("[{}_REDACTED]", cut.label));
            }
        }
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

impl CheckedOutput {
    pub fn asks_for_input(&self) -> bool {
        self.output.asks_for_input()
    }

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
