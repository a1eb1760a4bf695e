//! Who authenticates and who judges: the providers by name, each with what it needs.

use std::sync::Arc;
use std::time::Duration;

use super::{Detector, Policy, Rule};
use crate::classifier::Classifier;
use crate::detect::Extra;
use crate::secret::ApiKey;

#[derive(Clone, Debug)]
pub enum AuthSettings {
    LocalApikey,
    Enkrypt(RemoteAuth),
}

/// The remote source of gateway configurations.
#[derive(Clone, Debug)]
pub struct RemoteAuth {
    pub base_url: String,
    pub gateway_name: String,
    pub gateway_version: String,
    pub project_name: Option<String>,
    pub cache_ttl: Duration,
}

/// The guardrail provider by name; what it needs is in the variant.
#[derive(Clone, Debug)]
pub enum ProviderSettings {
    Local(LocalSettings),
    Enkrypt(EnkryptSettings),
    OpenAi(OpenAiSettings),
    CustomKeyword(KeywordSettings),
    Composite(CompositeSettings),
}

/// The built-in detectors: no account, no network.
#[derive(Clone, Debug, Default)]
pub struct LocalSettings {
    pub sensitivity: Sensitivity,
    pub keywords: KeywordSettings,
    pub topics: Vec<Rule>,
    pub policies: Vec<Rule>,
    /// What is private data beyond what has a form of its own.
    pub pii_extra: Vec<Extra>,
    /// Whether it says how well a result fits its request, by the words that both have: only where nobody else does.
    pub fit_by_words: bool,
    pub classifier: Option<ClassifierSettings>,
}

/// A model of the operator's, beside the built-in detectors.
#[derive(Clone, Debug)]
pub struct ClassifierSettings {
    pub classifier: Arc<Classifier>,
    /// What its hits are hits of.
    pub detector: Detector,
    /// The score from which on a text is a hit.
    pub threshold: f32,
    /// Longer texts are not judged.
    pub max_bytes: usize,
}

/// How sure a detector has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    Strict,
    #[default]
    Balanced,
    Lenient,
}

#[derive(Clone, Debug)]
pub struct EnkryptSettings {
    pub base_url: String,
    /// Where what it is told stands in the file.
    pub place: String,
    /// A policy that is in force needs one.
    pub api_key: Option<ApiKey>,
    pub style: ApiStyle,
}

/// The two families of paths and headers that the service has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiStyle {
    #[default]
    Guardrail,
    Policy,
}

#[derive(Clone, Debug)]
pub struct OpenAiSettings {
    /// As that of `enkrypt`.
    pub place: String,
    pub base_url: String,
    pub api_key: Option<ApiKey>,
    /// Categories as the service calls them; a listed one stands for its parts as well (`hate`, `hate/threatening`).
    pub categories: Vec<String>,
    pub threshold: f64,
}

#[derive(Clone, Debug, Default)]
pub struct KeywordSettings {
    /// Where what the provider is told stands in the file.
    pub place: String,
    pub keywords: Vec<String>,
    pub case_sensitive: bool,
}

#[derive(Clone, Debug)]
pub struct CompositeSettings {
    /// Never empty, and none of them is composed itself.
    pub members: Vec<ProviderSettings>,
    pub logic: Logic,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logic {
    /// One member that finds something is enough.
    #[default]
    Any,
    /// All members that can check a detector must find it.
    All,
}

impl Sensitivity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Balanced => "balanced",
            Self::Lenient => "lenient",
        }
    }
}

/// Scores below which an answer fails a check.
pub(super) struct Fit {
    pub(super) relevancy: f64,
    pub(super) adherence: f64,
}

impl Fit {
    pub(super) const BY_SERVICE: Self = Self { relevancy: 0.75, adherence: 0.75 };
    /// An answer has words of its own: only one that has next to none of its question's is suspicious.
    const BY_WORDS: Self = Self { relevancy: 0.1, adherence: 0.05 };
}

impl ProviderSettings {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Enkrypt(_) => "enkrypt",
            Self::OpenAi(_) => "openai",
            Self::CustomKeyword(_) => "custom_keyword",
            Self::Composite(_) => "composite",
        }
    }

    /// Whether a hit of this detector can come from it at all.
    pub fn checks(&self, detector: Detector) -> bool {
        use Detector as D;
        match self {
            Self::Local(local) if matches!(detector, D::Relevancy | D::Adherence) => local.fit_by_words,
            Self::Local(_) => matches!(
                detector,
                D::InjectionAttack
                    | D::KeywordDetector
                    | D::Nsfw
                    | D::Pii
                    | D::PolicyViolation
                    | D::Secrets
                    | D::SpongeAttack
                    | D::TopicDetector
                    | D::Toxicity
            ),
            Self::Enkrypt(_) => detector != D::Secrets,
            Self::OpenAi(_) => matches!(detector, D::Nsfw | D::PolicyViolation | D::Toxicity),
            Self::CustomKeyword(_) => detector == D::KeywordDetector,
            Self::Composite(settings) => settings.members.iter().any(|member| member.checks(detector)),
        }
    }

    /// Whether it has something to look for under a policy: lists of words may be empty.
    pub fn looks_for(&self, detector: Detector, policy: &Policy) -> bool {
        let words = |settings: &KeywordSettings| !settings.keywords.is_empty() || !policy.keywords.is_empty();
        self.checks(detector)
            && match (self, detector) {
                (Self::Local(local), Detector::KeywordDetector) => words(&local.keywords),
                (Self::Local(local), Detector::TopicDetector) => !local.topics.is_empty(),
                (Self::Local(local), Detector::PolicyViolation) => !local.policies.is_empty(),
                (Self::CustomKeyword(settings), _) => words(settings),
                _ => true,
            }
    }

    /// Whether it says where in a text a hit of this detector stands, so that it can be cut out.
    pub fn locates(&self, detector: Detector) -> bool {
        match self {
            Self::Local(_) => {
                matches!(detector, Detector::InjectionAttack | Detector::Pii | Detector::Secrets)
            }
            Self::Composite(settings) => {
                let mut members = settings.members.iter().filter(|member| member.checks(detector));
                members.clone().next().is_some() && members.all(|member| member.locates(detector))
            }
            Self::Enkrypt(_) | Self::OpenAi(_) | Self::CustomKeyword(_) => false,
        }
    }

    /// Whether private data can be taken out of arguments with it, and put back into results.
    pub fn hides(&self) -> bool {
        match self {
            Self::Local(_) | Self::Enkrypt(_) => true,
            Self::OpenAi(_) | Self::CustomKeyword(_) => false,
            Self::Composite(settings) => settings.members.iter().any(Self::hides),
        }
    }

    /// The score below which an answer fails a check, where nobody says it.
    pub(super) fn least_fit(&self) -> Fit {
        let by_words = |part: &&Self| matches!(part, Self::Local(local) if local.fit_by_words);
        if self.parts().iter().any(by_words) { Fit::BY_WORDS } else { Fit::BY_SERVICE }
    }

    /// It and what it is composed of.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Composite(settings) => settings.members.iter().collect(),
            single => vec![single],
        }
    }
}
