//! What the guardrails decided about one call or one result.
//!
//! A verdict names detectors and rules; the text that was judged is never in it.

use std::time::Duration;

use super::provider::{Hit, Side};
use crate::config::Policy;

/// The outcome of one check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub violations: Vec<Violation>,
    /// Hits of detectors that the policy does not block on.
    pub warnings: Vec<Violation>,
    pub elapsed: Duration,
    pub judged: Judged,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judged {
    #[default]
    Yes,
    /// The provider failed, and the policy blocks then.
    Unavailable,
    /// The provider failed, and the policy lets pass then.
    LetPass,
}

/// One detector that hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The name under which block lists know it.
    pub detector: &'static str,
    pub message: String,
    pub rule: String,
}

impl Verdict {
    pub(super) fn of(policy: &Policy, side: Side, hits: Vec<Hit>, elapsed: Duration) -> Self {
        // A registration policy without a list, such as the old `enable_tool_guardrails`, blocks whatever hits.
        let all = side == Side::Registration && policy.block.0.is_empty();
        let blocks = |hit: &Hit| all || policy.block.contains(hit.detector);
        let (violations, warnings) = hits.into_iter().partition::<Vec<_>, _>(blocks);
        let describe = |hit: Hit| Violation {
            detector: hit.detector.as_str(),
            message: match side {
                Side::Input => format!("the arguments hit the detector `{}`", hit.detector),
                Side::Output => format!("the result hit the detector `{}`", hit.detector),
                Side::Registration => format!("the definition hit the detector `{}`", hit.detector),
            },
            rule: hit.rule,
        };
        Self {
            violations: violations.into_iter().map(describe).collect(),
            warnings: warnings.into_iter().map(describe).collect(),
            elapsed,
            judged: Judged::Yes,
        }
    }

    pub(super) fn unavailable(elapsed: Duration) -> Self {
        Self { elapsed, judged: Judged::Unavailable, ..Self::default() }
    }

    pub(super) fn unchecked(elapsed: Duration) -> Self {
        Self { elapsed, judged: Judged::LetPass, ..Self::default() }
    }

    pub(super) fn with(mut self, violation: Violation) -> Self {
        self.violations.push(violation);
        self
    }

    pub fn is_safe(&self) -> bool {
        self.violations.is_empty() && self.judged != Judged::Unavailable
    }

    /// The detectors that hit, each once, for a sentence.
    pub fn detectors(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for violation in &self.violations {
            if !names.contains(&violation.detector) {
                names.push(violation.detector);
            }
        }
        names.join(", ")
    }
}

impl Violation {
    pub(super) fn binary() -> Self {
        Self {
            detector: "binary",
            message: "the result holds binary content, which this policy blocks".to_owned(),
            rule: "additional_config.binary".to_owned(),
        }
    }
}
