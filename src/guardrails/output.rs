//! What servers send back: judged, cut where the policy says so, and given its private data again.
//!
//! Only this file makes a `CheckedOutput`.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;

use super::document::{Document, is_vocabulary};
use super::input::ClearedCall;
use super::judge::Bench;
use super::pii::{self, Vault, bring_back, is_address};
use super::provider::Side;
use super::replacements::Replacements;
use super::{Blocked, Guardrails, Verdict, Violation};
use crate::call::{ToolCall, ToolOutput};
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
    /// Checks every text of a result, wherever it stands, against the server's output policy: as the server wrote it,
    /// and as its client will read it.
    pub async fn check_output(
        &self,
        scope: &Scope,
        server: &Server,
        (call, tool): (&ClearedCall, Option<&Tool>),
        mut output: ToolOutput,
    ) -> Result<CheckedOutput, Blocked> {
        let asked = call.checked().call();
        let bench = Bench::of(server, Side::Output, super::input::tool(asked));
        let shown = self.shown_call(scope, server, asked)?;
        let asked = Asked { call, shown: shown.as_ref().unwrap_or(asked), tool };
        let mut verdict = self.settled(scope, bench, asked, &mut output).await?;
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
            let (only_own, mut changed) = (says_only(&output, &asked.call.checked().call().texts()), false);
            let mut restore = |text: &mut String| changed |= restore(vault, &opened, text);
            output.change_but(&is_address, &mut restore);
            if changed && !only_own {
                let more = self.settled(scope, bench.restored(), asked, &mut output).await?;
                verdict = verdict.map(|verdict| verdict.with_warnings(more));
            }
        }
        Ok(CheckedOutput { output, verdict })
    }

    /// The verdict on what is left of a result without what is to be cut out of it.
    async fn settled(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        asked: Asked<'_>,
        output: &mut ToolOutput,
    ) -> Result<Option<Verdict>, Blocked> {
        let mut warnings = Vec::new();
        let mut verdict = loop {
            let (verdict, found) = self.judge_output(scope, bench, asked, output).await?;
            let Some(found) = found else { break verdict };
            let withheld = |why| Blocked::by(verdict.clone().unwrap_or_default().with(why));
            let replacements = found.replacements.ok_or_else(|| withheld(Violation::cannot_be_cut()))?;
            let mut broken = false;
            output.change_texts(&mut |text| broken |= !replacements.apply(text));
            let left = broken || replacements.are_left_in(&Document::Output(output));
            let again = found.early && warnings.is_empty();
            if left || !again && !self.cuts(scope, bench, Document::Output(output)).await?.is_empty() {
                return Err(withheld(Violation::cannot_be_cut()));
            }
            let fits =
                |tool: &Tool| output.structured().is_none_or(|structured| tool.fits_output(structured));
            if !asked.tool.is_none_or(fits) {
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
        Ok(verdict)
    }

    /// The verdict, and what is to be cut out first.
    async fn judge_output(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        asked: Asked<'_>,
        output: &ToolOutput,
    ) -> Result<(Option<Verdict>, Option<Found>), Blocked> {
        // A service is asked about its own placeholders as it wrote them.
        let writes = self.provider(&scope.settings).writes_placeholders();
        let written = asked.call.vault().filter(|_| writes).map(|vault| {
            let mut written = output.clone();
            written.change_texts(&mut |text| vault.as_written(text));
            written
        });
        let output = written.as_ref().unwrap_or(output);
        let judged = self.judge(scope, bench, Document::Output(output), Some(asked.shown)).await?;
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
                Ok(back) => drop(known.insert(text, back)),
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

/// From what services brought back, or from the vault. Whether the text is another one now.
pub(super) fn restore(vault: &Vault, opened: &HashMap<String, String>, text: &mut String) -> bool {
    let back = opened.get(text).cloned().or_else(|| pii::restored(vault, text));
    let Some(back) = back.filter(|back| back != text) else { return false };
    *text = back;
    true
}

/// Whether a result tells its caller nothing but the caller's own words, as an echo does.
fn says_only(output: &ToolOutput, own: &[&str]) -> bool {
    output.texts().iter().all(|text| is_vocabulary(text) || own.iter().any(|own| own.contains(*text)))
}

/// What a result answers.
#[derive(Clone, Copy)]
struct Asked<'a> {
    call: &'a ClearedCall,
    /// As whoever judges may see it.
    shown: &'a ToolCall,
    tool: Option<&'a Tool>,
}

/// Something to cut out; nothing to do it with where it cannot be.
struct Found {
    replacements: Option<Replacements>,
    /// The rest is still to be judged.
    early: bool,
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
