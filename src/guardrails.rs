//! What may pass: every call before it reaches a server, every result before it reaches the client.
//!
//! Only this module makes a `CheckedCall` or a `CheckedOutput`, so that an unchecked call does not compile.
//! A provider that cannot answer is a block, unless the policy says `fail_open`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::Settings;
use crate::fault::ErrorCode;

mod composite;
mod document;
mod enkrypt;
mod input;
mod judge;
mod keyword;
mod local;
mod openai;
mod output;
mod pii;
mod provider;
mod registration;
mod remote;
mod verdict;

pub use document::Document;
pub use input::{CheckedCall, ClearedCall, Inputs, Passed};
pub use output::{Beside, CheckedOutput};
pub use provider::{
    Answer, Checking, CheckingAll, Entity, GuardrailProvider, Hit, PiiKey, Place, Private, ProviderFault,
    Redacting, Redaction, Restoring, Side, Subject,
};
pub use registration::ServerBlocked;
pub use verdict::{Judged, Verdict, Violation};

/// The door's keeper: one for the process, with the provider of the settings that a scope carries.
#[derive(Default)]
pub struct Guardrails {
    current: Mutex<Option<Current>>,
    vaults: pii::Vaults,
    known: registration::Known,
    failed_open: AtomicU64,
}

/// The provider, and the settings it was made from.
struct Current {
    settings: Arc<Settings>,
    provider: Arc<dyn GuardrailProvider>,
    /// Another one for each provider that was made.
    epoch: u64,
}

/// A call or a result that was stopped. The text that caused it is gone.
#[derive(Clone, Debug)]
pub struct Blocked {
    pub verdict: Verdict,
    pub code: ErrorCode,
}

impl Guardrails {
    /// How often a policy let something pass that no provider had judged.
    pub fn failed_open(&self) -> u64 {
        self.failed_open.load(Ordering::Relaxed)
    }

    fn provider(&self, settings: &Arc<Settings>) -> Arc<dyn GuardrailProvider> {
        self.current(settings, |current| Arc::clone(&current.provider))
    }

    fn epoch(&self, settings: &Arc<Settings>) -> u64 {
        self.current(settings, |current| current.epoch)
    }

    fn current<T>(&self, settings: &Arc<Settings>, read: impl FnOnce(&Current) -> T) -> T {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = current.as_ref().map_or(0, |known| known.epoch + 1);
        match &*current {
            Some(known) if Arc::ptr_eq(&known.settings, settings) => read(known),
            _ => {
                let provider = provider::build(&settings.guardrails, settings.timeouts.guardrail);
                read(current.insert(Current { settings: Arc::clone(settings), provider, epoch }))
            }
        }
    }
}

impl Blocked {
    fn by(verdict: Verdict) -> Self {
        Self { verdict, code: ErrorCode::GuardrailViolation }
    }

    fn without_verdict(fault: &ProviderFault, elapsed: Duration) -> Self {
        let code = match fault {
            ProviderFault::Cancelled => ErrorCode::Cancelled,
            ProviderFault::Unavailable { .. } => ErrorCode::GuardrailUnavailable,
        };
        Self { verdict: Verdict::unavailable(fault, elapsed), code }
    }
}
