//! The arguments of a batch: private data taken out, and all of them judged side by side.
//!
//! Only this file makes a `CheckedCall` and a `ClearedCall`.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use super::document::Document;
use super::judge::Bench;
use super::pii::{self, Opening, Vault};
use super::provider::{GuardrailProvider, PiiKey, Private, ProviderFault, Redaction, Side};
use super::{Blocked, Guardrails, Verdict};
use crate::call::ToolCall;
use crate::config::{Detector, Exemption, Policy, Server};
use crate::scope::Scope;
use crate::timeouts::Operation;

/// A call that may go to its server: its check has passed, or it changes nothing and its check runs beside it.
pub struct CheckedCall {
    /// Its place in the batch.
    index: usize,
    call: Arc<ToolCall>,
    opening: Opening,
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
        let redacted = join_all(
            calls.into_iter().enumerate().map(|(index, call)| self.redact(scope, server, index, call)),
        )
        .await;
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
                    let check: Check<'a> =
                        Box::pin(async move { (index, self.judge_input(scope, server, &call).await) });
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
    ) -> Result<Option<Verdict>, Blocked> {
        let bench = Bench::of(server, Side::Input, call.tool.as_str());
        let judged = self.judge(scope, bench, Document::Call(call), None).await?;
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
        index: usize,
        mut call: ToolCall,
    ) -> Result<CheckedCall, Blocked> {
        let policy = &server.input;
        let Some(vault) = self.vaults.of(scope, server) else { return Ok(CheckedCall::plain(index, call)) };
        if Bench::of(server, Side::Input, call.tool.as_str()).observes() {
            return Ok(CheckedCall::plain(index, call));
        }
        let spared = spared(policy, &call);
        if !spared.is_empty() && !spared.contains(&false) {
            return Ok(CheckedCall::plain(index, call));
        }
        let provider = self.provider(&scope.settings);
        let started = Instant::now();
        let escaped = if provider.writes_placeholders() {
            pii::escape(&vault, &call.private_texts())
        } else {
            Ok(Vec::new())
        };
        let hidden = match escaped {
            Ok(texts) => {
                put(&mut call, texts, &spared);
                let hiding = hide(provider, &vault, &call);
                let hidden = scope.timeouts.run(Operation::Guardrail, &scope.cancel, hiding).await;
                hidden.unwrap_or_else(|interrupted| Err(ProviderFault::from(interrupted)))
            }
            Err(fault) => Err(fault),
        };
        match hidden {
            Ok((texts, remote)) => {
                put(&mut call, texts, &spared);
                Ok(CheckedCall {
                    index,
                    call: Arc::new(call),
                    opening: Opening { vault: Some(vault), remote },
                })
            }
            Err(fault) => {
                let bench = Bench { side: Side::Input, policy, tool: call.tool.as_str() };
                let opening = Opening { vault: Some(vault), remote: None };
                self.without_verdict(bench, &fault, started.elapsed()).map(|_| CheckedCall {
                    index,
                    call: Arc::new(call),
                    opening,
                })
            }
        }
    }
}

/// Which of the private texts stay as they are, because the policy lets their tool or their place off.
fn spared(policy: &Policy, call: &ToolCall) -> Vec<bool> {
    let exemptions: Vec<&Exemption> = policy
        .exemptions(call.tool.as_str(), SystemTime::now())
        .filter(|exemption| exemption.covers(Detector::Pii))
        .collect();
    let pointers = if exemptions.is_empty() { HashMap::new() } else { Document::Call(call).pointers() };
    let is_spared = |text: &&str| {
        let reaches = |exemption: &&Exemption| {
            let pointer = pointers.get(&text.as_ptr());
            exemption.paths.is_empty() || pointer.is_some_and(|pointer| exemption.reaches(pointer))
        };
        exemptions.iter().any(reaches)
    };
    call.private_texts().iter().map(is_spared).collect()
}

/// Puts texts in the place of the `private_texts`, where there are any; what is spared stays.
fn put(call: &mut ToolCall, texts: Vec<Option<String>>, spared: &[bool]) {
    let mut texts = texts.into_iter().zip(spared);
    call.change_private_texts(&mut |text| {
        if let Some((Some(changed), false)) = texts.next() {
            *text = changed;
        }
    });
}

type Remote = (Arc<dyn GuardrailProvider>, PiiKey);

/// The texts of a call with placeholders, `None` where nothing changes, and what else it takes to restore them.
async fn hide(
    provider: Arc<dyn GuardrailProvider>,
    vault: &Vault,
    call: &ToolCall,
) -> Result<(Vec<Option<String>>, Option<Remote>), ProviderFault> {
    let texts = call.private_texts();
    match provider.redact(&Private { call, texts: texts.clone() }).await? {
        Redaction::Spans(spans) => Ok((pii::hide(vault, &texts, spans)?, None)),
        Redaction::Texts { texts: hidden, key } => {
            if hidden.len() != texts.len() {
                return Err(ProviderFault::unavailable("it gave back another number of texts"));
            }
            let hidden = hidden.into_iter().map(Some).collect();
            Ok((hidden, key.map(|key| (provider, key))))
        }
    }
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
                &ProviderFault::unavailable("there is no such call"),
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

    async fn outcome(&mut self, index: usize) -> Result<Option<Verdict>, Blocked> {
        while self.entries.get(index).is_some_and(|entry| entry.outcome.is_none()) {
            let Some((done, outcome)) = self.pending.next().await else { break };
            self.entries[done].outcome = Some(outcome);
        }
        let outcome = self.entries.get_mut(index).and_then(|entry| entry.outcome.take());
        outcome.unwrap_or_else(|| {
            let fault = ProviderFault::unavailable("its check was lost");
            Err(Blocked::without_verdict(&fault, Duration::ZERO))
        })
    }
}

impl CheckedCall {
    fn plain(index: usize, call: ToolCall) -> Self {
        Self { index, call: Arc::new(call), opening: Opening::default() }
    }

    /// With its own verdict, and no other.
    pub fn clear(self, passed: Passed) -> Result<ClearedCall, Blocked> {
        if passed.index == self.index {
            return Ok(ClearedCall { checked: self, verdict: passed.verdict });
        }
        Err(Blocked::without_verdict(
            &ProviderFault::unavailable("the verdict is another call's"),
            Duration::ZERO,
        ))
    }

    pub fn call(&self) -> &ToolCall {
        &self.call
    }
}

impl ClearedCall {
    pub fn checked(&self) -> &CheckedCall {
        &self.checked
    }

    pub(super) fn opening(&self) -> &Opening {
        &self.checked.opening
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
