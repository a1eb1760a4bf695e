//! The arguments of a batch: private data taken out, and all of them judged side by side.
//!
//! Only this file makes a `CheckedCall` and a `ClearedCall`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use super::document::Document;
use super::judge::Bench;
use super::pii::uri::Sought;
use super::pii::{self, Allowance, Exposed, Finder, Hideout, Numeral, Unhidden, Vault};
use super::provider::{ProviderFault, Side, Subject};
use super::verdict::Violation;
use super::{Blocked, Guardrails, Verdict};
use crate::call::{Method, Part, ToolCall, each_at, values};
use crate::config::{Detector, Exemption, Server};
use crate::json;
use crate::scope::Scope;
use crate::timeouts::Operation;

/// A call that may go to its server: its check has passed, or it changes nothing and its check runs beside it.
pub struct CheckedCall {
    /// Its place in the batch.
    index: usize,
    call: Arc<ToolCall>,
    /// Where the private data is that was taken out of it.
    vault: Option<Arc<Vault>>,
    /// Whether there was any.
    redacted: bool,
}

/// A verdict that lets the call at one place of a batch pass.
pub struct Passed {
    index: usize,
    verdict: Option<Verdict>,
}

/// A call whose check has passed, so that its result may be looked at.
pub struct ClearedCall {
    checked: CheckedCall,
    verdict: Option<Verdict>,
}

/// The calls of one batch on their way through the input policy; by their place in the batch.
pub struct Inputs<'a> {
    entries: Vec<Entry>,
    pending: FuturesUnordered<Check<'a>>,
}

type Check<'a> = Pin<Box<dyn Future<Output = (usize, Result<Option<Verdict>, Blocked>)> + Send + 'a>>;

struct Entry {
    checked: Option<CheckedCall>,
    outcome: Option<Result<Option<Verdict>, Blocked>>,
}

impl Guardrails {
    /// Takes private data out of the calls, and begins to check them.
    pub async fn inputs<'a>(
        &'a self,
        scope: &'a Scope,
        server: &'a Server,
        calls: Vec<ToolCall>,
    ) -> Inputs<'a> {
        let allowance = Allowance::default();
        let calls = calls.into_iter().enumerate();
        let redacted = join_all(calls.map(|call| self.redact(scope, server, &allowance, call))).await;
        let pending = FuturesUnordered::new();
        let mut entries = Vec::with_capacity(redacted.len());
        for (index, redacted) in redacted.into_iter().enumerate() {
            let entry = match redacted {
                Err(blocked) => Entry { checked: None, outcome: Some(Err(blocked)) },
                Ok(checked) if !server.input.enabled => {
                    Entry { checked: Some(checked), outcome: Some(Ok(None)) }
                }
                Ok(checked) => {
                    let call = Arc::clone(&checked.call);
                    let vault = checked.vault.clone();
                    let check: Check<'a> = Box::pin(async move {
                        (index, self.judge_input(scope, server, &call, vault.as_deref()).await)
                    });
                    pending.push(check);
                    Entry { checked: Some(checked), outcome: None }
                }
            };
            entries.push(entry);
        }
        Inputs { entries, pending }
    }

    async fn judge_input(
        &self,
        scope: &Scope,
        server: &Server,
        call: &ToolCall,
        vault: Option<&Vault>,
    ) -> Result<Option<Verdict>, Blocked> {
        let bench = Bench::of(server, Side::Input, tool(call));
        let vault = vault.filter(|_| self.provider(&scope.settings).writes_placeholders());
        let mut written = self.shown_call(scope, server, call);
        if let Some(vault) = vault {
            let written = written.get_or_insert_with(|| call.clone());
            written.change_at(&mut |_, text| vault.as_written(text));
        }
        let document = Document::Call(written.as_ref().unwrap_or(call));
        let judged = self.judge(scope, bench, document, None).await?;
        match judged {
            // A server is sent what its caller wrote, or nothing: half a command is another command.
            Some(judgement) if !judgement.cuts.is_empty() => Err(Blocked::by(judgement.into_block())),
            judged => Ok(judged.map(|judgement| judgement.verdict)),
        }
    }

    async fn redact(
        &self,
        scope: &Scope,
        server: &Server,
        allowance: &Allowance,
        (index, call): (usize, ToolCall),
    ) -> Result<CheckedCall, Blocked> {
        let bench = Bench::of(server, Side::Input, tool(&call));
        let Some(vault) = self.vaults.of(scope, server) else {
            return Ok(CheckedCall::of(index, call, None));
        };
        // Before a service is asked for what is private in it.
        if server.input.enabled {
            let subject = Subject::new(Side::Input, bench.policy, Document::Call(&call));
            let own = self.own(scope, bench, &subject)?;
            if own.early {
                return Err(Blocked::by(own.into_block()));
            }
        }
        let mut hidden = call.clone();
        let started = Instant::now();
        let reads_texts = self.provider(&scope.settings).writes_placeholders();
        for part in call.private_parts() {
            let Some(value) = hidden.part_mut(&part) else { continue };
            // A service says nothing of what is no text.
            if reads_texts && matches!(part, Part::Beside(_)) && texts_of(value).is_empty() {
                continue;
            }
            let Some((mut spared, numbers)) = spared(bench, &part, value) else { continue };
            if matches!(part, Part::Uri(_)) {
                self.spare_own(scope, server, value, &mut spared);
            }
            if !spared.is_empty() && !spared.contains(&false) && numbers.is_empty() {
                continue;
            }
            let hidden = match (&part, &mut *value) {
                (Part::Uri(_), Value::String(uri)) => {
                    let sought = Sought { uri, lasting: call.method.is_for_later() };
                    self.hide_in_uri(scope, bench, &vault, sought).await
                }
                _ => {
                    let exposed = Exposed { value, spared: &spared, numbers };
                    self.hide(scope, bench, Hideout { vault: &vault, allowance }, exposed).await
                }
            };
            match hidden {
                Ok(()) => {}
                Err(Unhidden::Fixed(why)) => {
                    let verdict = Verdict { elapsed: started.elapsed(), ..Verdict::default() };
                    return Err(Blocked::by(verdict.with(Violation::cannot_be_hidden(why))));
                }
                Err(Unhidden::Fault(fault)) => {
                    let let_pass = self.without_verdict(scope, bench, fault, started.elapsed());
                    return let_pass.map(|_| CheckedCall::of(index, call, Some(vault)));
                }
            }
        }
        let redacted = hidden.texts() != call.texts();
        Ok(CheckedCall { redacted, ..CheckedCall::of(index, hidden, Some(vault)) })
    }

    /// A call as whoever judges may see it, where it is not as it is: its own secret goes to a server and to nobody
    /// else.
    pub(super) fn shown_call(&self, scope: &Scope, server: &Server, call: &ToolCall) -> Option<ToolCall> {
        let (canaries, own) = (self.canaries(scope), (&scope.caller.config.id, &server.name));
        call.texts().iter().any(|text| canaries.holds(text, own)).then(|| {
            let mut shown = call.clone();
            shown.change_at(&mut |_, text| canaries.hide(text, own));
            shown
        })
    }

    /// An address that holds a secret of the server's own is shown to no service, and nothing is taken out of it.
    fn spare_own(&self, scope: &Scope, server: &Server, value: &Value, spared: &mut Vec<bool>) {
        let (canaries, own) = (self.canaries(scope), (&scope.caller.config.id, &server.name));
        let texts = texts_of(value);
        if texts.iter().any(|text| canaries.holds(text, own)) {
            spared.resize(texts.len(), false);
            for (spared, text) in spared.iter_mut().zip(texts) {
                *spared |= canaries.holds(text, own);
            }
        }
    }

    pub(super) async fn hide(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        hideout: Hideout<'_>,
        exposed: Exposed<'_>,
    ) -> Result<(), Unhidden> {
        let provider = self.provider(&scope.settings);
        let finder = Finder { provider: &*provider, policy: bench.policy };
        let Exposed { value, spared, numbers } = exposed;
        let aside = self.set_aside(scope, bench.server, value);
        in_time(scope, pii::hide(finder, hideout, Exposed { value: &mut *value, spared, numbers })).await?;
        aside.put_back(value)
    }

    async fn hide_in_uri(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        vault: &Vault,
        sought: Sought<'_>,
    ) -> Result<(), Unhidden> {
        let provider = self.provider(&scope.settings);
        let finder = Finder { provider: &*provider, policy: bench.policy };
        in_time(scope, pii::uri::hide(finder, vault, sought)).await
    }
}

async fn in_time(scope: &Scope, hiding: impl Future<Output = Result<(), Unhidden>>) -> Result<(), Unhidden> {
    let hidden = scope.timeouts.run(Operation::Guardrail, &scope.cancel, hiding).await;
    hidden.unwrap_or_else(|interrupted| Err(ProviderFault::from(interrupted).into()))
}

fn texts_of(value: &Value) -> Vec<&str> {
    let mut texts = Vec::new();
    values(value, &mut texts);
    texts
}

/// What exemptions go by: what is no tool may be called like one.
pub(super) fn tool(call: &ToolCall) -> &str {
    if call.method == Method::Tool { call.tool.as_str() } else { "" }
}

/// Which string values of a part stay as they are, because the policy lets their place off; and the numbers that it
/// does not let off. Nothing where it lets off the tool.
fn spared(bench: Bench<'_>, part: &Part, value: &Value) -> Option<(Vec<bool>, Vec<Numeral>)> {
    let exemptions: Vec<&Exemption> = bench
        .policy
        .exemptions(bench.tool, SystemTime::now())
        .filter(|exemption| exemption.covers(Detector::Pii))
        .collect();
    if exemptions.iter().any(|exemption| exemption.paths.is_empty()) {
        return None;
    }
    let mut pointer = match part {
        Part::Arguments(pointer) | Part::Uri(pointer) => (*pointer).to_owned(),
        Part::Beside(key) => json::pointer(key),
    };
    let is_spared = |pointer: &str| exemptions.iter().any(|exemption| exemption.reaches(pointer));
    let mut spared = Vec::new();
    if !exemptions.is_empty() {
        each_at(value, &mut pointer, &mut |pointer, _| spared.push(is_spared(pointer)));
    }
    Some((spared, pii::numbers(value, &mut pointer, &is_spared)))
}

impl Inputs<'_> {
    /// Waits for every verdict.
    pub async fn settle(&mut self) {
        while let Some((index, outcome)) = self.pending.next().await {
            self.entries[index].outcome = Some(outcome);
        }
    }

    /// The call, once its own verdict lets it pass.
    pub async fn admit(&mut self, index: usize) -> Result<ClearedCall, Blocked> {
        let passed = self.verdict(index).await?;
        match self.entries.get_mut(index).and_then(|entry| entry.checked.take()) {
            Some(checked) => checked.clear(passed),
            None => Err(Blocked::without_verdict(
                ProviderFault::unavailable("there is no such call"),
                Duration::ZERO,
            )),
        }
    }

    /// A call that only reads, before its verdict, which says afterwards whether its result may be looked at.
    pub fn ahead(&mut self, index: usize) -> Option<CheckedCall> {
        let entry = self.entries.get_mut(index)?;
        if matches!(entry.outcome, Some(Err(_))) {
            return None;
        }
        entry.checked.take()
    }

    /// That of one call; the others get on with theirs meanwhile.
    pub async fn verdict(&mut self, index: usize) -> Result<Passed, Blocked> {
        self.outcome(index).await.map(|verdict| Passed { index, verdict })
    }

    /// Gets on with the checks while something else is waited for; never ends.
    pub async fn progress(&mut self) {
        loop {
            match self.pending.next().await {
                Some((index, outcome)) => self.entries[index].outcome = Some(outcome),
                None => std::future::pending().await,
            }
        }
    }

    async fn outcome(&mut self, index: usize) -> Result<Option<Verdict>, Blocked> {
        while self.entries.get(index).is_some_and(|entry| entry.outcome.is_none()) {
            let Some((done, outcome)) = self.pending.next().await else { break };
            self.entries[done].outcome = Some(outcome);
        }
        let outcome = self.entries.get_mut(index).and_then(|entry| entry.outcome.take());
        outcome.unwrap_or_else(|| {
            let fault = ProviderFault::unavailable("its check was lost");
            Err(Blocked::without_verdict(fault, Duration::ZERO))
        })
    }
}

impl CheckedCall {
    fn of(index: usize, call: ToolCall, vault: Option<Arc<Vault>>) -> Self {
        Self { index, call: Arc::new(call), vault, redacted: false }
    }

    /// With its own verdict, and no other.
    pub fn clear(self, passed: Passed) -> Result<ClearedCall, Blocked> {
        if passed.index == self.index {
            return Ok(ClearedCall { checked: self, verdict: passed.verdict });
        }
        Err(Blocked::without_verdict(
            ProviderFault::unavailable("the verdict is another call's"),
            Duration::ZERO,
        ))
    }

    pub fn call(&self) -> &ToolCall {
        &self.call
    }

    /// Whether the server gets placeholders in it.
    pub fn is_redacted(&self) -> bool {
        self.redacted
    }
}

impl ClearedCall {
    pub fn checked(&self) -> &CheckedCall {
        &self.checked
    }

    pub(super) fn vault(&self) -> Option<&Vault> {
        self.checked.vault.as_deref()
    }

    pub fn note(&mut self, note: &'static str) {
        if let Some(verdict) = &mut self.verdict {
            verdict.note = Some(note);
        }
    }

    /// The call as it was sent.
    pub fn into_parts(self) -> (ToolCall, Option<Verdict>) {
        let call = Arc::try_unwrap(self.checked.call).unwrap_or_else(|shared| (*shared).clone());
        (call, self.verdict)
    }
}
