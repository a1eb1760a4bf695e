//! A guardrail policy of a server: which detectors block, on which side, and what else is asked of the provider.

use std::fmt;

/// One policy, input, output or registration. Disabled when the file has none.
#[expect(clippy::struct_excessive_bools, reason = "one per switch of the file")]
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub enabled: bool,
    /// `policy_name` or `guardrail_name`.
    pub name: Option<String>,
    pub block: BlockList,
    /// `additional_config.blocked_keywords`: words of this server on top of the provider's own.
    pub keywords: Vec<String>,
    pub pii_redaction: bool,
    pub relevancy: bool,
    pub adherence: bool,
    pub hallucination: bool,
    pub block_binary: bool,
    /// The operator's explicit way out when the provider cannot answer.
    pub fail_open: bool,
}

/// The detectors whose hits block, in the file's order, under their canonical names.
#[derive(Clone, Debug, Default)]
pub struct BlockList(pub Vec<Detector>);

/// A detector that a block list can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detector {
    TopicDetector,
    Nsfw,
    Toxicity,
    Pii,
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
    pub const ALL: [Self; 14] = [
        Self::TopicDetector,
        Self::Nsfw,
        Self::Toxicity,
        Self::Pii,
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
