//! What may pass: every call before it reaches a server, every result before it reaches the client.
//!
//! Only this module makes a `CheckedCall` or a `CheckedOutput`, so that no other one can send a call or hand on a result
//! without it.
//! A provider that cannot answer is a block, unless the policy says `fail_open`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::config::Settings;
use crate::fault::ErrorCode;
use crate::scope::Scope;

mod aside;
mod beside;
mod canary;
mod composite;
mod copies;
mod document;
mod embedded;
mod enkrypt;
mod figure;
mod generation;
mod input;
mod judge;
mod kept_away;
mod keyword;
mod local;
mod openai;
mod output;
mod pii;
mod provider;
mod registration;
mod remote;
mod replacements;
mod verdict;

pub use beside::{Beside, KeptBack, Speech};
use canary::Canaries;
use generation::Generations;
pub use input::{CheckedCall, ClearedCall, Inputs};
pub use output::CheckedOutput;
#[cfg(fuzzing)]
pub use pii::{hidden_and_restored, restored_in};
pub use provider::Side;
use provider::{GuardrailProvider, ProviderFault};
pub use registration::ServerBlocked;
#[cfg(fuzzing)]
pub use replacements::cut_out;
pub use verdict::{Judged, Verdict, Violation};

/// The door's keeper: one for the process, with the provider of the settings that a scope carries.
#[derive(Default)]
pub struct Guardrails {
    generations: Generations,
    vaults: pii::Vaults,
    known: registration::Known,
    told: kept_away::Told,
    failed_open: AtomicU64,
}

/// A call or a result that was stopped. The text that caused it is gone.
#[derive(Clone, Debug)]
pub struct Blocked {
    pub verdict: Verdict,
}

impl Guardrails {
    /// How often a policy let something pass that no provider had judged.
    pub fn failed_open(&self) -> u64 {
        self.failed_open.load(Ordering::Relaxed)
    }

    fn provider(&self, settings: &Arc<Settings>) -> Arc<dyn GuardrailProvider> {
        Arc::clone(&self.generations.of(settings).provider)
    }

    /// What decides besides the policy: the provider, and what of the configuration must not be read.
    fn epoch(&self, scope: &Scope) -> Result<(u64, u64), Blocked> {
        Ok((self.generations.of(&scope.settings).epoch, self.canaries(scope)?.id))
    }

    /// A block where nobody can tell what they are, which is no fault of the provider: no `fail_open` lets it pass.
    fn canaries(&self, scope: &Scope) -> Result<Arc<Canaries>, Blocked> {
        self.generations.of(&scope.settings).canaries(&scope.caller.config).map_err(|fault| {
            tracing::error!(request = %scope.id, %fault, "blocked, because nothing can be let pass");
            Blocked::without_verdict(fault, Duration::ZERO)
        })
    }
}

impl Blocked {
    fn by(verdict: Verdict) -> Self {
        Self { verdict }
    }

    fn without_verdict(fault: ProviderFault, elapsed: Duration) -> Self {
        Self { verdict: Verdict::without(Judged::Unavailable(fault), elapsed) }
    }

    pub fn code(&self) -> ErrorCode {
        match self.verdict.judged {
            Judged::Unavailable(ProviderFault::Cancelled) => ErrorCode::Cancelled,
            Judged::Unavailable(ProviderFault::Unavailable(_)) => ErrorCode::GuardrailUnavailable,
            Judged::Yes | Judged::LetPass(_) => ErrorCode::GuardrailViolation,
        }
    }
}
