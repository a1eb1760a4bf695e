//! What a guardrail provider is: it is given texts and a policy, and says which detectors they hit.
//!
//! It decides nothing. Which hits block is the policy's business, and what a fault means is the caller's.

use std::collections::HashSet;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::composite::Composite;
use super::document::Document;
use super::embedded;
use super::enkrypt::Enkrypt;
use super::figure::Figure;
use super::keyword::CustomKeyword;
use super::local::Local;
use super::openai::OpenAi;
use super::remote::Services;
use crate::call::ToolCall;
use crate::config::{Detector, Policy, ProviderSettings};
use crate::secret::SecretValue;
use crate::timeouts::Interrupted;

/// Looks at texts. Implementations must not keep, log or quote them.
pub trait GuardrailProvider: Send + Sync {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a>;

    /// Several at once: the answers stand in the order of the subjects, one for each.
    fn check_all<'a>(&'a self, subjects: &'a [Subject<'a>]) -> CheckingAll<'a> {
        Box::pin(join_all(subjects.iter().map(|subject| self.check(subject))))
    }

    /// As `check`, by those who tell nobody outside what they look at; nobody else is asked.
    fn check_here<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        let _ = subject;
        Box::pin(std::future::ready(Answer::default()))
    }

    /// Whether the placeholders are the provider's, so that others must not look like them.
    fn writes_placeholders(&self) -> bool {
        false
    }

    /// Finds private data in arguments.
    fn hide<'a>(&'a self, private: &'a Private<'a>) -> Hiding<'a> {
        let _ = private;
        Box::pin(std::future::ready(Err(ProviderFault::unavailable("it hides nothing"))))
    }

    /// Brings back what `hide` took out of texts under this key; the answers stand in the order of the texts.
    fn restore<'a>(&'a self, key: &'a PiiKey, texts: &'a [String]) -> Restoring<'a> {
        let _ = (key, texts);
        Box::pin(std::future::ready(Err(ProviderFault::unavailable("it does not restore"))))
    }
}

pub type Checking<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;
pub type CheckingAll<'a> = Pin<Box<dyn Future<Output = Vec<Answer>> + Send + 'a>>;
pub type Hiding<'a> = Pin<Box<dyn Future<Output = Result<Hidden, ProviderFault>> + Send + 'a>>;
pub type Restoring<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, ProviderFault>> + Send + 'a>>;

/// What was found counts, also where somebody failed who might have found more.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub hits: Vec<Hit>,
    pub fault: Option<ProviderFault>,
}

/// What is to be looked at, and under which policy.
pub struct Subject<'a> {
    pub side: Side,
    pub policy: &'a Policy,
    /// By name; empty where it is not known.
    pub server: &'a str,
    /// By name; empty for what is no tool.
    pub tool: &'a str,
    pub document: Document<'a>,
    /// Every string of the document: values in reading order, then keys.
    pub texts: Vec<&'a str>,
    /// Its numbers.
    pub figures: Vec<Figure<'a>>,
    /// The call that a result answers.
    pub request: Option<&'a ToolCall>,
}

/// Arguments whose private data is to be found.
pub struct Private<'a> {
    pub policy: &'a Policy,
    pub value: &'a Value,
    /// Its string values, in the order in which they stand in it.
    pub texts: Vec<&'a str>,
    /// The name that each of them stands under.
    pub names: Vec<&'a str>,
}

/// Private data, as the provider gives it back.
#[derive(Debug)]
pub enum Hidden {
    /// Where it stands in each text, in order and without overlap: the gateway puts placeholders of its own there.
    Spans(Vec<Vec<Entity>>),
    /// The texts with placeholders of the provider's, which only the provider can turn back.
    Texts { texts: Vec<String>, key: Option<PiiKey> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// What it is, in capitals: `EMAIL_ADDRESS`.
    pub label: &'static str,
    pub span: Range<usize>,
}

/// What opens the placeholders of one hiding.
#[derive(Clone, Debug)]
pub struct PiiKey(pub SecretValue);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Input,
    Output,
    Registration,
}

/// A detector that found something, and the rule that found it. The rule names a place in the configuration or a
/// rule of the provider, never the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub detector: Detector,
    pub rule: String,
    /// What was found, in words of the provider's own.
    pub reason: Option<String>,
    pub place: Option<Place>,
}

/// Where in a subject's `texts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub text: usize,
    /// What to cut out, where that is known.
    pub span: Option<Range<usize>>,
    /// What to leave in its place.
    pub label: &'static str,
}

/// No verdict. Whatever the reason, it counts as a block unless the operator said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFault {
    #[error("{0}")]
    Unavailable(String),
    #[error("cancelled")]
    Cancelled,
}

impl ProviderFault {
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(reason.into())
    }
}

impl From<ProviderFault> for Answer {
    fn from(fault: ProviderFault) -> Self {
        Self { hits: Vec::new(), fault: Some(fault) }
    }
}

impl From<Result<Vec<Hit>, ProviderFault>> for Answer {
    fn from(result: Result<Vec<Hit>, ProviderFault>) -> Self {
        result.map_or_else(Self::from, |hits| Self { hits, fault: None })
    }
}

impl From<Interrupted> for ProviderFault {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Timeout { .. } => Self::unavailable(interrupted.to_string()),
            Interrupted::Cancelled => Self::Cancelled,
        }
    }
}

impl<'a> Subject<'a> {
    pub fn new(side: Side, policy: &'a Policy, document: Document<'a>) -> Self {
        let (texts, figures) = (document.texts(), document.figures());
        Self { side, policy, server: "", tool: "", document, texts, figures, request: None }
    }

    /// Every string, and every number as one.
    pub fn written(&self) -> Vec<&str> {
        self.texts.iter().copied().chain(self.figures.iter().flat_map(Figure::texts)).collect()
    }

    /// The numbers of texts that are JSON, where their digits are not what is written there.
    pub(super) fn respelt_numbers(&self) -> Vec<String> {
        let mut seen = HashSet::with_capacity(self.texts.len());
        let mut numbers = Vec::new();
        for text in self.texts.iter().filter(|text| seen.insert(text.as_ptr())) {
            embedded::each_number(text, &mut |number| {
                numbers.extend(number.is_spelt.then(|| number.digits.to_owned()));
            });
        }
        numbers
    }

    /// Whether a hit of this detector means anything under the policy.
    pub fn asks_for(&self, detector: Detector) -> bool {
        let all = self.side == Side::Registration && self.policy.block.0.is_empty();
        all || self.policy.names(detector)
    }
}

impl Answer {
    /// Several answers about one subject as one.
    pub(super) fn join(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().fold(Self::default(), Self::and)
    }

    /// One for each of so many subjects that were asked about together.
    pub(super) fn each(found: Result<Vec<Vec<Hit>>, ProviderFault>, subjects: usize) -> Vec<Self> {
        match found {
            Ok(found) => found.into_iter().map(|hits| Self { hits, fault: None }).collect(),
            Err(fault) => vec![fault.into(); subjects],
        }
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.hits.extend(other.hits);
        Self { fault: other.fault.or(self.fault), ..self }
    }
}

impl Hit {
    pub fn new(detector: Detector, rule: impl Into<String>) -> Self {
        Self { detector, rule: rule.into(), reason: None, place: None }
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

/// `patience` is how long a check may take.
pub(super) fn build(
    settings: &ProviderSettings,
    patience: Duration,
    services: &Services,
) -> Arc<dyn GuardrailProvider> {
    match settings {
        ProviderSettings::Local(settings) => Arc::new(Local::new(settings.clone())),
        ProviderSettings::Enkrypt(settings) => Arc::new(Enkrypt::new(settings, patience, services)),
        ProviderSettings::OpenAi(settings) => Arc::new(OpenAi::new(settings.clone(), patience, services)),
        ProviderSettings::CustomKeyword(settings) => Arc::new(CustomKeyword::new(settings.clone())),
        ProviderSettings::Composite(settings) => {
            let members = settings.members.iter().map(|member| build(member, patience, services));
            Arc::new(Composite::new(members.collect(), settings.clone()))
        }
    }
}
