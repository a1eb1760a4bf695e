//! Whether the chosen provider can keep a policy: what it cannot check is a problem at load.
//!
//! Text must not pass because nobody could look at it.

use super::super::super::{Action, Detector, Enforcement, Policy, ProviderSettings};

/// More words than most answers share with what they answer.
const MOST_BY_WORDS: f64 = 0.5;

const CANNOT_BE_DECIDED: &str = "cannot be decided without a service that knows what is true";

/// Why the policy cannot be kept; `provider` is what it names itself.
pub(super) fn problems(policy: &Policy, provider: Option<&str>, settings: &ProviderSettings) -> Vec<String> {
    let name = settings.name();
    let mut problems = Vec::new();
    if provider.is_some_and(|own| own.replace('-', "_").trim_end_matches("_moderation") != name) {
        problems.push(format!(
            "its `provider` is not the gateway's, which is `{name}`: one provider serves all policies, and \
             `composite` joins several"
        ));
    }
    for part in settings.parts() {
        problems.extend(missing(policy, part));
    }
    let named = policy.block.0.iter().chain(policy.actions.iter().map(|(detector, _)| detector));
    for detector in named.filter(|detector| !settings.checks(**detector)) {
        problems.push(match detector {
            Detector::Bias | Detector::CopyrightProtection | Detector::Hallucination
                if matches!(settings, ProviderSettings::Local(_)) =>
            {
                format!("`local` cannot check `{detector}`, which {CANNOT_BE_DECIDED}: take it out")
            }
            _ => format!("`{name}` cannot check `{detector}`: take it out"),
        });
    }
    let cut = policy.actions.iter().filter(|(_, action)| *action == Action::Redact);
    for (detector, _) in
        cut.filter(|(detector, _)| settings.checks(*detector) && !settings.locates(*detector))
    {
        problems.push(format!(
            "`{name}` does not say where `{detector}` stands: choose another `action` than `redact`"
        ));
    }
    let asked = [
        ("relevancy", policy.relevancy.is_some(), Detector::Relevancy),
        ("adherence", policy.adherence.is_some(), Detector::Adherence),
        ("hallucination", policy.hallucination, Detector::Hallucination),
    ];
    for (key, _, _) in asked.iter().filter(|(_, asked, detector)| *asked && !settings.checks(*detector)) {
        problems.push(format!("`{name}` cannot check `{key}`: set it to false in `additional_config`"));
    }
    let is_local = |part: &&ProviderSettings| matches!(part, ProviderSettings::Local(_));
    if policy.sensitivity.is_some() && !settings.parts().iter().any(is_local) {
        problems.push(format!(
            "`{name}` knows no `sensitivity`, which is of `local`: take it out of `additional_config`"
        ));
    }
    if policy.pii_redaction && !settings.hides() {
        problems
            .push(format!("`{name}` cannot check `pii_redaction`: set it to false in `additional_config`"));
    }
    problems
}

/// What one provider needs and has not got.
fn missing(policy: &Policy, part: &ProviderSettings) -> Option<String> {
    match part {
        ProviderSettings::Enkrypt(settings) if settings.api_key.is_none() => {
            Some(needs_key(part, &settings.place))
        }
        ProviderSettings::Enkrypt(_) if policy.name.as_deref().is_none_or(|name| name.trim().is_empty()) => {
            Some("expected `policy_name`: the provider `enkrypt` keeps its policies by name".to_owned())
        }
        ProviderSettings::OpenAi(settings) if settings.api_key.is_none() => {
            Some(needs_key(part, &settings.place))
        }
        ProviderSettings::CustomKeyword(settings)
            if policy.keywords.is_empty() && settings.keywords.is_empty() =>
        {
            Some(format!(
                "there is no keyword to look for: list some under `{}.blocked_keywords` or \
                 `additional_config.blocked_keywords`",
                settings.place
            ))
        }
        _ => None,
    }
}

fn needs_key(part: &ProviderSettings, place: &str) -> String {
    format!(
        "the provider `{}` needs an API key: put one under `{place}.api_key`, or choose `local` as the provider, \
         which needs none",
        part.name()
    )
}

/// What is allowed and perhaps not meant.
pub(super) fn warnings(policy: &Policy, settings: &ProviderSettings) -> Vec<String> {
    let mut warnings = Vec::new();
    let heeds = [policy.pii_redaction, policy.block_binary, policy.hallucination];
    let fits = policy.relevancy.is_some() || policy.adherence.is_some();
    if policy.block.0.is_empty() && policy.actions.is_empty() && !fits && !heeds.contains(&true) {
        warnings.push("is enabled, but its `block` list is empty: name the detectors that block".to_owned());
    }
    if policy.pii_redaction && policy.enforcement == Enforcement::Observe {
        warnings.push("only observes, so that no private data is taken out".to_owned());
    }
    if !policy.keywords.is_empty() && !policy.names(Detector::KeywordDetector) {
        let detector = Detector::KeywordDetector;
        warnings.push(format!("has `blocked_keywords` that nobody looks for: put `{detector}` into `block`"));
    }
    if let Some(most) = [policy.relevancy, policy.adherence].into_iter().flatten().max_by(f64::total_cmp)
        && most > MOST_BY_WORDS
        && settings
            .parts()
            .iter()
            .any(|part| matches!(part, ProviderSettings::Local(local) if local.fit_by_words))
    {
        warnings.push(format!(
            "has a threshold of {most}, which is for a service: `local` compares words, and few answers share \
             so many with their request"
        ));
    }
    // What another member looks for is looked for.
    let parts = settings.parts();
    let local = parts.iter().find_map(|part| match part {
        ProviderSettings::Local(local) => Some(local),
        _ => None,
    });
    let lists = [
        (Detector::KeywordDetector, "blocked_keywords"),
        (Detector::TopicDetector, "topics"),
        (Detector::PolicyViolation, "policies"),
    ];
    for (detector, key) in lists.into_iter().filter(|(detector, _)| policy.names(*detector)) {
        if let Some(local) = local
            && !parts.iter().any(|part| part.looks_for(detector, policy))
        {
            warnings.push(format!(
                "asks for `{detector}`, but there is nothing to look for: list it under `{}.{key}`",
                local.keywords.place
            ));
        }
    }
    warnings
}
