//! What a guardrail provider is: it is given texts and a policy, and says which detectors they hit.
//!
//! It decides nothing. Which hits block is the policy's business, and what a fault means is the caller's.

use std::pin::Pin;
use std::sync::Arc;

use super::keyword::CustomKeyword;
use crate::config::{Detector, Policy, ProviderSettings};
use crate::timeouts::Interrupted;

/// Looks at texts. Implementations must not keep, log or quote them.
pub trait GuardrailProvider: Send + Sync {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a>;
}

pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Vec<Hit>, ProviderFault>> + Send + 'a>>;

/// What is to be looked at, and under which policy.
pub struct Subject<'a> {
    pub side: Side,
    pub policy: &'a Policy,
    pub texts: Vec<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Input,
    Output,
    Registration,
}

/// A detector that found something, and the rule that found it. The rule names a place in the
/// configuration, never the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub detector: Detector,
    pub rule: String,
}

/// No verdict. Whatever the reason, it counts as a block unless the operator said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFault {
    #[error("{0}")]
    Unavailable(String),
    #[error("cancelled")]
    Cancelled,
}

impl From<Interrupted> for ProviderFault {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Timeout { .. } => Self::Unavailable(interrupted.to_string()),
            Interrupted::Cancelled => Self::Cancelled,
        }
    }
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Registration => "registration",
        }
    }
}

pub(super) fn build(settings: &ProviderSettings) -> Arc<dyn GuardrailProvider> {
    match settings {
        ProviderSettings::CustomKeyword(settings) => Arc::new(CustomKeyword::new(settings.clone())),
        ProviderSettings::Unavailable { name, .. } => Arc::new(NotPartOfThisVersion(name.clone())),
    }
}

/// Stands in where no policy may be enabled. Should one be, nothing passes.
struct NotPartOfThisVersion(String);

impl GuardrailProvider for NotPartOfThisVersion {
    fn check<'a>(&'a self, _subject: &'a Subject<'a>) -> Checking<'a> {
        let fault = ProviderFault::Unavailable(format!("provider `{}` is not part of this version", self.0));
        Box::pin(std::future::ready(Err(fault)))
    }
}
