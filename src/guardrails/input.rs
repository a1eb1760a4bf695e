//! The arguments of a batch: private data taken out, and all of them judged side by side.
//!
//! Only this file makes a `CheckedCall` and a `ClearedCall`. Until then a call is `Prepared`, which nobody can send.

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
use crate::tool::ToolSet;

/// Said where checks run beside calls, of a call that waited.
const WAITED: &str = "checked before the call: the tool is not marked as one that only reads";

/// A call that may go to its server: its verdict lets it pass (`Inputs::admit`), or the settings let checks run beside
/// calls, its tool says of itself that it only reads, and its verdict is pending (`Inputs::ahead`).
pub struct CheckedCall(Prepared);

/// A call without its private data, which nobody has let pass yet.
struct Prepared {
    /// Its place in the batch.
    index: usize,
    call: Arc<ToolCall>,
    /// Where the private data is that was taken out of it.
    vault: Option<Arc<Vault>>,
    /// Whether there was any.
    has_placeholders: bool,
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
    /// Checks run beside the calls of tools that only read.
    beside: bool,
    pending: FuturesUnordered<Check<'a>>,
}

type Check<'a> = Pin<Box<dyn Future<Output = (usize, Result<Option<Verdict>, Blocked>)> + Send + 'a>>;

struct Entry {
    call: Option<Prepared>,
    /// It may be made before its verdict.
    may_go_ahead: bool,
    outcome: Option<Result<Option<Verdict>, Blocked>>,
}

impl Guardrails {
    /// Takes private data out of the calls, and begins to check them. `tools` says which of them only read.
    pub async fn inputs<'a>(
        &'a self,
        scope: &'a Scope,
        server: &'a Server,
        calls: Vec<ToolCall>,
        tools: &ToolSet,
    ) -> Inputs<'a> {
        let allowance = Allowance::default();
        let beside = scope.settings.async_input && server.input.enabled;
        let may_go_ahead: Vec<bool> = calls.iter().map(|call| beside && only_reads(call, tools)).collect();
        let calls = calls.into_iter().enumerate();
        let prepared = join_all(calls.map(|call| self.prepare(scope, server, &allowance, call))).await;
        let pending = FuturesUnordered::new();
        let mut entries = Vec::with_capacity(prepared.len());
        for ((index, prepared), may_go_ahead) in prepared.into_iter().enumerate().zip(may_go_ahead) {
            let (call, outcome) = match prepared {
                Err(blocked) => (None, Some(Err(blocked))),
                Ok(prepared) if !server.input.enabled => (Some(prepared), Some(Ok(None))),
                Ok(prepared) => {
                    let call = Arc::clone(&prepared.call);
                    let vault = prepared.vault.clone();
                    let check: Check<'a> = Box::pin(async move {
                        (index, self.judge_input(scope, server, &call, vault.as_deref()).await)
                    });
                    pending.push(check);
                    (Some(prepared), None)
                }
            };
            entries.push(Entry { call, may_go_ahead, outcome });
        }
        Inputs { entries, beside, pending }
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
        let mut written = self.shown_call(scope, server, call)?;
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

    /// The call as it is to go out, with placeholders for private data.
    async fn prepare(
        &self,
        scope: &Scope,
        server: &Server,
        allowance: &Allowance,
        (index, call): (usize, ToolCall),
    ) -> Result<Prepared, Blocked> {
        let bench = Bench::of(server, Side::Input, tool(&call));
        let Some(vault) = self.vaults.of(scope, server) else {
            return Ok(Prepared::of(index, call, None));
        };
        // Before a service is asked for what is private in it.
        if server.input.enabled {
            let subject = Subject::new(Side::Input, bench.policy, Document::Call(&call));
            let own = self.find_own_secrets(scope, bench, &subject)?;
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
                self.spare_own(scope, server, value, &mut spared)?;
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
                    return let_pass.map(|_| Prepared::of(index, call, Some(vault)));
                }
            }
        }
        let has_placeholders = hidden.texts() != call.texts();
        Ok(Prepared { has_placeholders, ..Prepared::of(index, hidden, Some(vault)) })
    }

    /// A call as whoever judges may see it, where it is not as it is: its own secret goes to a server and to nobody
    /// else.
    pub(super) fn shown_call(
        &self,
        scope: &Scope,
        server: &Server,
        call: &ToolCall,
    ) -> Result<Option<ToolCall>, Blocked> {
        let (canaries, own) = (self.canaries(scope)?, (&scope.caller.config.id, &server.name));
        Ok(call.texts().iter().any(|text| canaries.holds(text, own)).then(|| {
            let mut shown = call.clone();
            shown.change_at(&mut |_, text| canaries.hide(text, own));
            shown
        }))
    }

    /// An address that holds a secret of the server's own is shown to no service, and nothing is taken out of it.
    fn spare_own(
        &self,
        scope: &Scope,
        server: &Server,
        value: &Value,
        spared: &mut Vec<bool>,
    ) -> Result<(), Blocked> {
        let (canaries, own) = (self.canaries(scope)?, (&scope.caller.config.id, &server.name));
        let texts = texts_of(value);
        if texts.iter().any(|text| canaries.holds(text, own)) {
            spared.resize(texts.len(), false);
            for (spared, text) in spared.iter_mut().zip(texts) {
                *spared |= canaries.holds(text, own);
            }
        }
        Ok(())
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
        let aside = self.set_aside(scope, bench.server, value)?;
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

/// By its tool's own word; what is no tool says nothing of itself.
fn only_reads(call: &ToolCall, tools: &ToolSet) -> bool {
    call.method == Method::Tool && tools.find(&call.tool).is_some_and(|tool| tool.only_reads())
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
        let mut passed = self.verdict(index).await?;
        if self.beside
            && let Some(verdict) = &mut passed.verdict
        {
            verdict.note = Some(WAITED);
        }
        match self.entries.get_mut(index).and_then(|entry| entry.call.take()) {
            Some(prepared) => CheckedCall(prepared).clear(passed),
            None => Err(Blocked::without_verdict(
                ProviderFault::unavailable("there is no such call"),
                Duration::ZERO,
            )),
        }
    }

    /// The call before its verdict, which says afterwards whether its result may be looked at. Nothing where the
    /// settings do not let it run beside its check, its tool does not say that it only reads, or the verdict is a block.
    pub fn ahead(&mut self, index: usize) -> Option<CheckedCall> {
        let entry = self.entries.get_mut(index)?;
        if !entry.may_go_ahead || matches!(entry.outcome, Some(Err(_))) {
            return None;
        }
        entry.call.take().map(CheckedCall)
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

impl Prepared {
    fn of(index: usize, call: ToolCall, vault: Option<Arc<Vault>>) -> Self {
        Self { index, call: Arc::new(call), vault, has_placeholders: false }
    }
}

impl CheckedCall {
    /// With its own verdict, and no other.
    pub fn clear(self, passed: Passed) -> Result<ClearedCall, Blocked> {
        if passed.index == self.0.index {
            return Ok(ClearedCall { checked: self, verdict: passed.verdict });
        }
        Err(Blocked::without_verdict(
            ProviderFault::unavailable("the verdict is another call's"),
            Duration::ZERO,
        ))
    }

    pub fn call(&self) -> &ToolCall {
        &self.0.call
    }

    /// Whether the server gets placeholders in it.
    pub fn has_placeholders(&self) -> bool {
        self.0.has_placeholders
    }
}

impl ClearedCall {
    pub fn checked(&self) -> &CheckedCall {
        &self.checked
    }

    pub(super) fn vault(&self) -> Option<&Vault> {
        self.checked.0.vault.as_deref()
    }

    /// The call as it was sent.
    pub fn into_parts(self) -> (ToolCall, Option<Verdict>) {
        let call = Arc::try_unwrap(self.checked.0.call).unwrap_or_else(|shared| (*shared).clone());
        (call, self.verdict)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::JsonObject;
    use crate::ids::ToolName;
    use crate::tool::Tool;

    fn entry(call: ToolCall, tools: &ToolSet, outcome: Option<Result<Option<Verdict>, Blocked>>) -> Entry {
        let may_go_ahead = only_reads(&call, tools);
        Entry { call: Some(Prepared::of(0, call, None)), may_go_ahead, outcome }
    }

    #[tokio::test]
    async fn only_what_reads_goes_ahead_of_its_verdict_and_nothing_past_a_block() {
        let tool = |name: &str, reads: bool| {
            Tool::parse(json!({"name": name, "annotations": {"readOnlyHint": reads}})).map(Arc::new)
        };
        let tools =
            [tool("look", true), tool("write", false), Tool::described(&"say".into(), "x").map(Arc::new)];
        let tools = ToolSet { tools: tools.into_iter().flatten().collect(), ..ToolSet::default() };
        let call = |name: &str| ToolCall::new(0, ToolName::from(name), JsonObject::new());
        let blocked = || Err(Blocked::without_verdict(ProviderFault::Cancelled, Duration::ZERO));
        let entries = vec![
            entry(call("look"), &tools, None),
            entry(call("look"), &tools, Some(Ok(None))),
            entry(call("look"), &tools, Some(blocked())),
            entry(call("write"), &tools, None),
            entry(call("say"), &tools, None),
            entry(call("none"), &tools, None),
            entry(ToolCall::of(Method::Resource, "look".into(), JsonObject::new()), &tools, None),
        ];
        let mut inputs = Inputs { entries, beside: true, pending: FuturesUnordered::new() };
        let ahead: Vec<bool> = (0..8).map(|at| inputs.ahead(at).is_some()).collect();
        assert_eq!(ahead, [true, true, false, false, false, false, false, false]);
        assert!(inputs.admit(3).await.is_err(), "a call whose check was lost is not made");
    }
}
