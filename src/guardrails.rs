//! What may pass: every call before it reaches a server, every result before it reaches the client.
//!
//! Only this module makes a `CheckedCall` or a `CheckedOutput`, so that an unchecked call does not compile.
//! A provider that cannot answer is a block, unless the policy says `fail_open`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::call::{JsonObject, ToolCall, ToolOutput, holds_media};
use crate::config::{Policy, Server, Settings};
use crate::fault::ErrorCode;
use crate::scope::Scope;
use crate::timeouts::Operation;

mod keyword;
mod provider;
mod registration;
mod verdict;

pub use provider::{Checking, GuardrailProvider, Hit, ProviderFault, Side, Subject};
pub use registration::ServerBlocked;
pub use verdict::{Judged, Verdict, Violation};

/// The door's keeper: one for the process, with the provider of the settings that a scope carries.
#[derive(Default)]
pub struct Guardrails {
    current: Mutex<Option<Current>>,
    failed_open: AtomicU64,
}

/// The provider, and the settings it was made from.
type Current = (Arc<Settings>, Arc<dyn GuardrailProvider>);

/// A call that may go to its server.
#[derive(Debug)]
pub struct CheckedCall {
    call: ToolCall,
    verdict: Option<Verdict>,
}

/// A result that may go to the client.
#[derive(Debug)]
pub struct CheckedOutput {
    output: ToolOutput,
    verdict: Option<Verdict>,
}

/// A call or a result that was stopped. The text that caused it is gone.
#[derive(Debug)]
pub struct Blocked {
    pub verdict: Verdict,
    pub code: ErrorCode,
}

impl Guardrails {
    /// Checks the arguments, keys and values, against the server's input policy.
    pub async fn check_input(
        &self,
        scope: &Scope,
        server: &Server,
        call: ToolCall,
    ) -> Result<CheckedCall, Blocked> {
        let verdict = self.judge(scope, Side::Input, &server.input, || call.texts()).await?;
        Ok(CheckedCall { call, verdict })
    }

    /// Checks every text of a result, wherever it stands, against the server's output policy.
    pub async fn check_output(
        &self,
        scope: &Scope,
        server: &Server,
        output: ToolOutput,
    ) -> Result<CheckedOutput, Blocked> {
        let verdict = self.judge(scope, Side::Output, &server.output, || output.texts()).await?;
        if server.output.enabled && server.output.block_binary && output.has_binary() {
            return Err(Blocked::by(verdict.unwrap_or_default().with(Violation::binary())));
        }
        Ok(CheckedOutput { output, verdict })
    }

    /// Lets a server's own words into an error only if its output policy would let them into a result.
    pub async fn screen(&self, scope: &Scope, server: &Server, details: Vec<String>) -> Vec<String> {
        if details.is_empty() {
            return details;
        }
        let texts = || details.iter().map(String::as_str).collect();
        match self.judge(scope, Side::Output, &server.output, texts).await {
            Ok(_) => details,
            Err(_) => vec!["the server's own words were withheld by its output policy".to_owned()],
        }
    }

    /// How often a policy let something pass that no provider had judged.
    pub fn failed_open(&self) -> u64 {
        self.failed_open.load(Ordering::Relaxed)
    }

    /// Whether a message beside a call may pass: of the server by its output policy, of the client by its input policy.
    pub async fn passes(&self, scope: &Scope, server: &Server, side: Side, message: &JsonObject) -> bool {
        let policy = match side {
            Side::Input => &server.input,
            Side::Output => &server.output,
            Side::Registration => &server.registration,
        };
        let texts = || {
            let mut texts = Vec::new();
            message.iter().for_each(|(key, value)| {
                texts.push(key.as_str());
                crate::call::strings(value, &mut texts);
            });
            texts
        };
        let binary = policy.enabled && policy.block_binary && message.values().any(holds_media);
        !binary && self.judge(scope, side, policy, texts).await.is_ok()
    }

    /// `None` where the policy is off.
    async fn judge<'a>(
        &self,
        scope: &Scope,
        side: Side,
        policy: &'a Policy,
        texts: impl FnOnce() -> Vec<&'a str>,
    ) -> Result<Option<Verdict>, Blocked> {
        if !policy.enabled {
            return Ok(None);
        }
        let provider = self.provider(&scope.settings);
        let started = Instant::now();
        let subject = Subject { side, policy, texts: texts() };
        let answer =
            match scope.timeouts.run(Operation::Guardrail, &scope.cancel, provider.check(&subject)).await {
                Ok(answer) => answer,
                Err(interrupted) => Err(ProviderFault::from(interrupted)),
            };
        let elapsed = started.elapsed();
        match answer {
            Ok(hits) => {
                let verdict = Verdict::of(policy, side, hits, elapsed);
                if verdict.is_safe() { Ok(Some(verdict)) } else { Err(Blocked::by(verdict)) }
            }
            Err(fault) if policy.fail_open && fault != ProviderFault::Cancelled => {
                self.failed_open.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(side = side.as_str(), %fault, "let pass unchecked, as `fail_open` says");
                Ok(Some(Verdict::unchecked(elapsed)))
            }
            Err(fault) => {
                tracing::error!(side = side.as_str(), %fault, "blocked, because the guardrail gave no verdict");
                Err(Blocked::without_verdict(&fault, elapsed))
            }
        }
    }

    fn provider(&self, settings: &Arc<Settings>) -> Arc<dyn GuardrailProvider> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some((known, provider)) if Arc::ptr_eq(known, settings) => Arc::clone(provider),
            _ => {
                let provider = provider::build(&settings.guardrails);
                *current = Some((Arc::clone(settings), Arc::clone(&provider)));
                provider
            }
        }
    }
}

impl CheckedCall {
    pub fn call(&self) -> &ToolCall {
        &self.call
    }

    pub fn into_parts(self) -> (ToolCall, Option<Verdict>) {
        (self.call, self.verdict)
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

impl Blocked {
    fn by(verdict: Verdict) -> Self {
        Self { verdict, code: ErrorCode::GuardrailViolation }
    }

    fn without_verdict(fault: &ProviderFault, elapsed: std::time::Duration) -> Self {
        let code = match fault {
            ProviderFault::Cancelled => ErrorCode::Cancelled,
            ProviderFault::Unavailable(_) => ErrorCode::GuardrailUnavailable,
        };
        Self { verdict: Verdict::unavailable(elapsed), code }
    }
}
