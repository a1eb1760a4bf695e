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
    /// Whether the call was made beside the check.
    pub made: bool,
    /// Whether the call whose result this is may have changed something.
    pub wrote: bool,
    /// Something the reader should know of how it came about.
    pub note: Option<&'static str>,
}

/// Whether somebody judged; if not, why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Judged {
    #[default]
    Yes,
    /// The policy blocks then.
    Unavailable(ProviderFault),
    /// The policy lets pass then.
    LetPass(ProviderFault),
}

/// One detector that hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The name under which block lists know it.
    pub detector: &'static str,
    pub message: String,
    pub rule: String,
    pub effect: Effect,
}

/// What several verdicts name, for the log; `None` where there is nothing.
#[derive(Debug, Default)]
pub struct Named {
    pub detectors: Option<String>,
    pub rules: Option<String>,
    /// Detectors that let pass, each with what came of it.
    pub warned: Option<String>,
    pub warned_rules: Option<String>,
}

/// What came of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Block,
    Warn,
    Redact,
    /// It would have been a block.
    Observe,
}

impl Verdict {
    pub(super) fn without(judged: Judged, elapsed: Duration) -> Self {
        Self { elapsed, judged, ..Self::default() }
    }

    /// With one more reason to block, or to say that it would have been one.
    pub(super) fn with(mut self, violation: Violation) -> Self {
        let into = match violation.effect {
            Effect::Block => &mut self.violations,
            Effect::Warn | Effect::Redact | Effect::Observe => &mut self.warnings,
        };
        into.push(violation);
        self
    }

    /// With what another look at the same warned of besides.
    pub(super) fn with_warnings(mut self, other: Option<Self>) -> Self {
        for warning in other.into_iter().flat_map(|other| other.warnings) {
            if self.warnings.len() < MAX_NAMED && !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self
    }

    /// Why nobody judged.
    pub fn fault(&self) -> Option<&ProviderFault> {
        match &self.judged {
            Judged::Yes => None,
            Judged::Unavailable(fault) | Judged::LetPass(fault) => Some(fault),
        }
    }

    pub fn is_safe(&self) -> bool {
        self.violations.is_empty() && !matches!(self.judged, Judged::Unavailable(_))
    }

    /// The detectors that hit, each once, for a sentence.
    pub fn detectors(&self) -> String {
        named(self.violations.iter().map(|violation| violation.detector))
    }

    /// The rules that hit, each once: whoever wants to let something off has to know them.
    pub fn rules(&self) -> String {
        named(self.violations.iter().map(|violation| violation.rule.as_str()))
    }

    /// What all of them name.
    pub fn named(verdicts: &[Option<&Self>]) -> Named {
        let all = || verdicts.iter().copied().flatten();
        if all().all(|verdict| verdict.violations.is_empty() && verdict.warnings.is_empty()) {
            return Named::default();
        }
        let (stopped, warned) = (
            || all().flat_map(|verdict| &verdict.violations),
            || all().flat_map(|verdict| &verdict.warnings),
        );
        let effects: Vec<String> =
            warned().map(|one| format!("{} ({})", one.detector, one.effect.as_str())).collect();
        let some = |names: String| Some(names).filter(|names| !names.is_empty());
        Named {
            detectors: some(named(stopped().map(|one| one.detector))),
            rules: some(named(stopped().map(|one| one.rule.as_str()))),
            warned: some(named(effects.iter().map(String::as_str))),
            warned_rules: some(named(warned().map(|one| one.rule.as_str()))),
        }
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

impl Effect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn => "warn",
            Self::Redact => "redact",
            Self::Observe => "observe",
        }
    }
}

impl Violation {
    pub(super) fn of(side: Side, hit: &Hit, places: &[String], effect: Effect) -> Self {
        let what = match side {
            Side::Input => "the arguments hit",
            Side::Output => "the result hit",
            Side::Registration => "the definition hit",
        };
        let at = if places.is_empty() { String::new() } else { format!(" at `{}`", places.join("` and `")) };
        let why = hit.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        Self {
            detector: hit.detector.as_str(),
            message: format!("{what} the detector `{}`{at}{why}", hit.detector),
            rule: hit.rule.clone(),
            effect,
        }
    }

    pub(super) fn binary() -> Self {
        Self {
            detector: "binary",
            message: "the result holds binary content, which this policy blocks".to_owned(),
            rule: "additional_config.binary".to_owned(),
            effect: Effect::Block,
        }
    }

    pub(super) fn unread() -> Self {
        Self {
            detector: "charset",
            message:
                "the result holds text in a charset that nothing here can read, so that nobody has judged it"
                    .to_owned(),
            rule: "charset".to_owned(),
            effect: Effect::Block,
        }
    }

    /// Something stands where nothing can be taken out: in a name, in a number, or again and again.
    pub(super) fn cannot_be_cut() -> Self {
        Self {
            detector: "redaction",
            message: "the result holds something that is to be cut out where nothing can be cut out"
                .to_owned(),
            rule: "action".to_owned(),
            effect: Effect::Block,
        }
    }

    /// Something private stands where no placeholder can stand for it.
    pub(super) fn cannot_be_hidden(why: &str) -> Self {
        Self {
            detector: "pii",
            message: format!("the arguments hold private data that cannot be hidden: {why}"),
            rule: "additional_config.pii_redaction".to_owned(),
            effect: Effect::Block,
        }
    }

    /// What was cut out left something that the tool's own schema does not allow.
    pub(super) fn no_longer_fits() -> Self {
        Self {
            detector: "output_schema",
            message: "what was cut out of the structured result leaves it outside the tool's output schema"
                .to_owned(),
            rule: "outputSchema".to_owned(),
            effect: Effect::Block,
        }
    }
}
