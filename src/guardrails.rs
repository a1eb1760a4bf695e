//! What may pass: every call before it reaches a server, every result before it reaches the client.
//!
//! Only this module makes a `CheckedCall` or a `CheckedOutput`, so that an unchecked call does not compile.
//! A provider that cannot answer is a block, unless the policy says `fail_open`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::config::{ServerList, Settings};
use crate::fault::ErrorCode;
use crate::scope::Scope;

mod canary;
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

use canary::Canaries;
pub use document::Document;
pub use input::{CheckedCall, ClearedCall, Inputs, Passed};
pub use output::{Beside, CheckedOutput, KeptBack};
#[cfg(fuzzing)]
pub use pii::hidden_and_restored;
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
    /// The servers that the settings know.
    lists: Vec<Arc<ServerList>>,
    /// What of them must be read nowhere; and, behind it, with a list of somebody else's each.
    canaries: Arc<Canaries>,
    foreign: VecDeque<(Arc<ServerList>, Arc<Canaries>)>,
    /// Sets of canaries that were made.
    made: u64,
}

/// Lists of servers from elsewhere whose canaries are kept.
const MAX_FOREIGN: usize = 64;

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

    /// What decides besides the policy: the provider, and what of the configuration must not be read.
    fn epoch(&self, scope: &Scope) -> (u64, u64) {
        let canaries = self.canaries(scope).id;
        (self.current(&scope.settings, |current| current.epoch), canaries)
    }

    fn canaries(&self, scope: &Scope) -> Arc<Canaries> {
        self.current(&scope.settings, |current| current.canaries_of(&scope.caller.config))
    }

    fn current<T>(&self, settings: &Arc<Settings>, read: impl FnOnce(&mut Current) -> T) -> T {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = current.as_ref().map_or(0, |known| known.epoch + 1);
        match &mut *current {
            Some(known) if Arc::ptr_eq(&known.settings, settings) => read(known),
            _ => read(current.insert(Current::of(settings, epoch))),
        }
    }
}

impl Current {
    fn of(settings: &Arc<Settings>, epoch: u64) -> Self {
        Self {
            provider: provider::build(&settings.guardrails, settings.timeouts.guardrail),
            epoch,
            lists: settings.server_lists(),
            canaries: Arc::new(Canaries::of(settings, None, 0)),
            foreign: VecDeque::new(),
            made: 0,
            settings: Arc::clone(settings),
        }
    }

    fn canaries_of(&mut self, list: &Arc<ServerList>) -> Arc<Canaries> {
        if self.lists.iter().any(|known| Arc::ptr_eq(known, list)) {
            return Arc::clone(&self.canaries);
        }
        if let Some((_, canaries)) = self.foreign.iter().find(|(known, _)| Arc::ptr_eq(known, list)) {
            return Arc::clone(canaries);
        }
        self.made += 1;
        let canaries = Arc::new(Canaries::of(&self.settings, Some(list), self.made));
        if self.foreign.len() == MAX_FOREIGN {
            self.foreign.pop_front();
        }
        self.foreign.push_back((Arc::clone(list), Arc::clone(&canaries)));
        canaries
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
