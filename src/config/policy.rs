//! A guardrail policy of a server: which detectors block, on which side, and what else is asked of the provider.

use std::fmt;
use std::time::SystemTime;

use super::plugins::Sensitivity;
use super::rule::is_under;
use super::server::glob;

/// One policy, input, output or registration. Disabled when the file has none.
#[expect(clippy::struct_excessive_bools, reason = "one per switch of the file")]
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub enabled: bool,
    /// `policy_name` or `guardrail_name`.
    pub name: Option<String>,
    pub enforcement: Enforcement,
    pub block: BlockList,
    /// `action`: what a hit means where it is not the block list that says it.
    pub actions: Vec<(Detector, Action)>,
    /// `additional_config.blocked_keywords`: words of this server on top of the provider's own.
    pub keywords: Vec<String>,
    /// How sure the detectors of `local` have to be, where the policy says otherwise than the provider.
    pub sensitivity: Option<Sensitivity>,
    pub pii_redaction: bool,
    pub pii_scope: PiiScope,
    /// The score below which an answer is not relevant, where that is checked.
    pub relevancy: Option<f64>,
    pub adherence: Option<f64>,
    pub hallucination: bool,
    pub block_binary: bool,
    /// The operator's explicit way out when the provider cannot answer.
    pub fail_open: bool,
    pub exemptions: Vec<Exemption>,
    /// Of all that the file says of it: what was judged under another text is judged again.
    pub fingerprint: [u8; 32],
}

/// What follows from a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Block,
    /// The place is cut out, and the rest passes.
    Redact,
    Warn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enforcement {
    #[default]
    Enforce,
    /// Decides and records, and lets pass.
    Observe,
}

/// Where a placeholder is good: in the results of the server that it was made for, or of all servers of the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PiiScope {
    #[default]
    Server,
    Caller,
}

/// What the operator lets pass although a detector hits: of some tools, at some places, for some time.
#[derive(Clone, Debug)]
pub struct Exemption {
    /// Empty: every detector.
    pub detectors: Vec<Detector>,
    /// A pattern of names; `None`: every tool.
    pub tool: Option<String>,
    /// JSON pointers into the arguments or the result; empty: everywhere.
    pub paths: Vec<String>,
    pub until: Option<SystemTime>,
}

/// The detectors whose hits block, in the file's order, under their canonical names.
#[derive(Clone, Debug, Default)]
pub struct BlockList(pub Vec<Detector>);

/// A detector that a block list can name.
#[expect(clippy::enum_variant_names, reason = "they are named as in the file")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detector {
    TopicDetector,
    Nsfw,
    Toxicity,
    Pii,
    /// Passwords, keys and tokens; of the gateway itself, no name of other products.
    Secrets,
    InjectionAttack,
    KeywordDetector,
    PolicyViolation,
    Bias,
    SpongeAttack,
    SystemPromptProtection,
    CopyrightProtection,
    Relevancy,
    Adherence,
    Hallucination,
}

impl Detector {
    pub const ALL: [Self; 15] = [
        Self::TopicDetector,
        Self::Nsfw,
        Self::Toxicity,
        Self::Pii,
        Self::Secrets,
        Self::InjectionAttack,
        Self::KeywordDetector,
        Self::PolicyViolation,
        Self::Bias,
        Self::SpongeAttack,
        Self::SystemPromptProtection,
        Self::CopyrightProtection,
        Self::Relevancy,
        Self::Adherence,
        Self::Hallucination,
    ];

    /// Reads a name of a block list, its known aliases included.
    pub fn parse(name: &str) -> Option<Self> {
        let canonical = match name {
            "nsfw_content" => "nsfw",
            "toxic_content" => "toxicity",
            "keyword_detected" => "keyword_detector",
            "on_topic" => "topic_detector",
            "secret" => "secrets",
            other => other,
        };
        Self::ALL.into_iter().find(|detector| detector.as_str() == canonical)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TopicDetector => "topic_detector",
            Self::Nsfw => "nsfw",
            Self::Toxicity => "toxicity",
            Self::Pii => "pii",
            Self::Secrets => "secrets",
            Self::InjectionAttack => "injection_attack",
            Self::KeywordDetector => "keyword_detector",
            Self::PolicyViolation => "policy_violation",
            Self::Bias => "bias",
            Self::SpongeAttack => "sponge_attack",
            Self::SystemPromptProtection => "system_prompt_protection",
            Self::CopyrightProtection => "copyright_protection",
            Self::Relevancy => "relevancy",
            Self::Adherence => "adherence",
            Self::Hallucination => "hallucination",
        }
    }
}

impl fmt::Display for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl BlockList {
    pub fn contains(&self, detector: Detector) -> bool {
        self.0.contains(&detector)
    }
}

impl Policy {
    /// What a hit of a detector means; one that the policy does not name is worth a warning.
    pub fn action(&self, detector: Detector) -> Action {
        let given = self.actions.iter().find(|(named, _)| *named == detector).map(|(_, action)| *action);
        given.unwrap_or(if self.block.contains(detector) { Action::Block } else { Action::Warn })
    }

    /// Whether the policy says anything of a detector.
    pub fn names(&self, detector: Detector) -> bool {
        self.block.contains(detector) || self.actions.iter().any(|(named, _)| *named == detector)
    }

    /// The exemptions that are in force for a tool.
    pub fn exemptions(&self, tool: &str, now: SystemTime) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().filter(move |exemption| {
            exemption.until.is_none_or(|until| now < until)
                && exemption.tool.as_deref().is_none_or(|pattern| glob(pattern, tool))
        })
    }
}

impl Exemption {
    pub fn covers(&self, detector: Detector) -> bool {
        self.detectors.is_empty() || self.detectors.contains(&detector)
    }

    /// Whether it holds at a place, and below it.
    pub fn reaches(&self, pointer: &str) -> bool {
        is_under(&self.paths, pointer)
    }
}
