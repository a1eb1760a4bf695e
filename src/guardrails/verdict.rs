//! What the guardrails decided about one call or one result.
//!
//! A verdict names detectors and rules; the text that was judged is never in it.

use std::time::Duration;

use super::provider::{Hit, ProviderFault, Side};

/// Detectors or rules that are named together.
const MAX_NAMED: usize = 8;

/// The outcome of one check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub violations: Vec<Violation>,
    /// What was found and passes, whole or cut.
    pub warnings: Vec<Violation>,
    pub elapsed: Duration,
    pub judged: Judged,
    /// Why nobody judged, in words of ours.
    pub fault: Option<String>,
    /// Whether the call was made beside the check.
    pub made: bool,
    /// Something the reader should know of how it came about.
    pub note: Option<&'static str>,
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
    /// What came of it: `block`, `warn`, `redact`, or `observe` where it would have been a block.
    pub action: &'static str,
}

impl Verdict {
    pub(super) fn unavailable(fault: &ProviderFault, elapsed: Duration) -> Self {
        Self { elapsed, judged: Judged::Unavailable, fault: Some(fault.to_string()), ..Self::default() }
    }

    pub(super) fn unchecked(fault: &ProviderFault, elapsed: Duration) -> Self {
        Self { elapsed, judged: Judged::LetPass, fault: Some(fault.to_string()), ..Self::default() }
    }

    /// With one more reason to block, or to say that it would have been one.
    pub(super) fn with(mut self, violation: Violation, observed: bool) -> Self {
        if observed {
            self.warnings.push(Violation { action: "observe", ..violation });
        } else {
            self.violations.push(violation);
        }
        self
    }

    pub fn is_safe(&self) -> bool {
        self.violations.is_empty() && self.judged != Judged::Unavailable
    }

    /// The detectors that hit, each once, for a sentence.
    pub fn detectors(&self) -> String {
        named(self.violations.iter().map(|violation| violation.detector))
    }

    /// The rules that hit, each once: whoever wants to let something off has to know them.
    pub fn rules(&self) -> String {
        named(self.violations.iter().map(|violation| violation.rule.as_str()))
    }

    /// What hit, and by which rule.
    pub fn reasons(&self) -> Vec<String> {
        let reason = |violation: &Violation| format!("{} ({})", violation.message, violation.rule);
        self.violations.iter().map(reason).collect()
    }
}

/// Each once, and a few at most.
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<&str> = Vec::new();
    for name in names {
        if shown.len() < MAX_NAMED && !shown.contains(&name) {
            shown.push(name);
        }
    }
    shown.join(", ")
}

impl Violation {
    pub(super) fn of(side: Side, hit: &Hit, pointer: Option<&str>, action: &'static str) -> Self {
        let what = match side {
            Side::Input => "the arguments hit",
            Side::Output => "the result hit",
            Side::Registration => "the definition hit",
        };
        let at = pointer.map(|pointer| format!(" at `{pointer}`")).unwrap_or_default();
        let why = hit.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        Self {
            detector: hit.detector.as_str(),
            message: format!("{what} the detector `{}`{at}{why}", hit.detector),
            rule: hit.rule.clone(),
            action,
        }
    }

    pub(super) fn binary() -> Self {
        Self {
            detector: "binary",
            message: "the result holds binary content, which this policy blocks".to_owned(),
            rule: "additional_config.binary".to_owned(),
            action: "block",
        }
    }

    pub(super) fn unread() -> Self {
        Self {
            detector: "charset",
            message:
                "the result holds text in a charset that nothing here can read, so that nobody has judged it"
                    .to_owned(),
            rule: "charset".to_owned(),
            action: "block",
        }
    }

    /// Something stands where nothing can be taken out: in a name, in a number, or again and again.
    pub(super) fn cannot_be_cut() -> Self {
        Self {
            detector: "redaction",
            message: "the result holds something that is to be cut out where nothing can be cut out"
                .to_owned(),
            rule: "action".to_owned(),
            action: "block",
        }
    }

    /// Something private stands where no placeholder can stand for it.
    pub(super) fn cannot_be_hidden(why: &str) -> Self {
        Self {
            detector: "pii",
            message: format!("the arguments hold private data that cannot be hidden: {why}"),
            rule: "additional_config.pii_redaction".to_owned(),
            action: "block",
        }
    }

    /// What was cut out left something that the tool's own schema does not allow.
    pub(super) fn no_longer_fits() -> Self {
        Self {
            detector: "output_schema",
            message: "what was cut out of the structured result leaves it outside the tool's output schema"
                .to_owned(),
            rule: "outputSchema".to_owned(),
            action: "block",
        }
    }
}
