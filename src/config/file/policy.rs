//! The policies of a server, under every name they have had, and whether the chosen provider can keep them.
//!
//! An enabled policy that the provider cannot check is a problem: text must not pass because nobody could look at
//! it.

use super::super::{BlockList, Detector, KeywordSettings, Policy, ProviderSettings};
use super::Context;
use super::plugins::words;
use crate::config::node::{Node, names};

pub(super) const INPUT: [&str; 2] = ["input_guardrails_policy", "input_guardrails_config"];
pub(super) const OUTPUT: [&str; 2] = ["output_guardrails_policy", "output_guardrails_config"];
pub(super) const REGISTRATION: [&str; 4] = [
    "server_tools_guardrails_config",
    "tool_guardrails_policy",
    "server_tools_guardrails_policy",
    "tool_guardrails_config",
];

/// The switches that stood for a registration policy before there was one.
pub(super) const REGISTRATION_SWITCHES: [&str; 2] =
    ["enable_tool_guardrails", "enable_server_info_validation"];

/// A policy as read, not yet held against the provider.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) policy: Policy,
    path: String,
    /// `provider` of the policy itself.
    provider: Option<String>,
}

/// Reads one policy of an object; a missing one is disabled.
pub(super) fn read(owner: &Node<'_>, spellings: &[&'static str], context: Context<'_>) -> Option<Written> {
    let node = owner.child(owner.spelling(spellings))?;
    let enabled = node.flag("enabled").unwrap_or(false);
    let extra = node.section("additional_config");
    extra.ignore(&["adherence_threshold", "pii_scope", "relevancy_threshold"]);
    node.ignore(&["debug"]);
    let on = |key| extra.flag(key).unwrap_or(false);
    let policy = Policy {
        enabled: enabled && !context.rules.guardrails_off,
        name: node.text(node.spelling(&["policy_name", "guardrail_name"])).map(str::to_owned),
        block: block(&node, enabled && !context.rules.guardrails_off),
        keywords: words(&extra, "blocked_keywords"),
        pii_redaction: on("pii_redaction"),
        relevancy: on("relevancy"),
        adherence: on("adherence"),
        hallucination: on("hallucination"),
        block_binary: extra.choice("binary", &[("pass", false), ("block", true)]).unwrap_or(false),
        fail_open: node.flag("fail_open").unwrap_or(false),
    };
    let provider = node.text("provider").map(str::to_owned);
    extra.refuse_misspelt();
    node.refuse_misspelt();
    Some(Written { policy, path: node.here().to_owned(), provider })
}

/// Reads a policy that stands on its own and holds it against the provider.
pub(super) fn checked(owner: &Node<'_>, spellings: &[&'static str], context: Context<'_>) -> Policy {
    let Some(written) = read(owner, spellings, context) else { return Policy::default() };
    check(&written, owner, context);
    written.policy
}

/// The registration policy of a server: the common one where there is one, and the switches on top.
pub(super) fn registration(server: &Node<'_>, common: Option<&Written>, context: Context<'_>) -> Policy {
    let own = read(server, &REGISTRATION, context);
    let shared = common.is_some();
    let written = common.cloned().or(own);
    let switches: Vec<_> =
        REGISTRATION_SWITCHES.iter().filter(|key| server.flag(key) == Some(true)).collect();
    let mut written = written.unwrap_or_else(|| Written {
        policy: Policy::default(),
        path: server.path(switches.first().unwrap_or(&&REGISTRATION[0])),
        provider: None,
    });
    let switched_on = !written.policy.enabled && !switches.is_empty() && !context.rules.guardrails_off;
    if switched_on {
        written.policy.enabled = true;
        written.path = server.path(switches[0]);
    }
    // A common policy has been checked where it stands.
    if switched_on || !shared {
        check(&written, server, context);
    }
    written.policy
}

/// Says what keeps an enabled policy from being kept.
pub(super) fn check(written: &Written, at: &Node<'_>, context: Context<'_>) {
    if !written.policy.enabled {
        return;
    }
    let notes = at.notes();
    match context.guardrails {
        None => {}
        Some(ProviderSettings::Unavailable { name, .. }) => notes.problem(
            &written.path,
            format!(
                "the guardrail provider `{name}` is not part of this version, so nothing would be checked: choose \
                 `custom_keyword` under `plugins.guardrails`, or set `enabled` to false"
            ),
        ),
        Some(ProviderSettings::CustomKeyword(settings)) => {
            for problem in keyword_problems(written, settings) {
                notes.problem(&written.path, problem);
            }
            if written.policy.block.0.is_empty() {
                notes.warn(format!("`{}` is enabled, but its `block` list is empty: name the detectors that block", written.path));
            }
        }
    }
}

fn keyword_problems(written: &Written, settings: &KeywordSettings) -> Vec<String> {
    let policy = &written.policy;
    let mut problems = Vec::new();
    if written.provider.as_deref().is_some_and(|name| !matches!(name, "custom_keyword" | "custom-keyword")) {
        problems.push(
            "its `provider` is not the gateway's: one provider serves all policies in this version"
                .to_owned(),
        );
    }
    for detector in policy.block.0.iter().filter(|detector| **detector != Detector::KeywordDetector) {
        problems.push(format!("`custom_keyword` cannot check `{detector}`: take it out of `block`"));
    }
    let asked = [
        ("pii_redaction", policy.pii_redaction),
        ("relevancy", policy.relevancy),
        ("adherence", policy.adherence),
        ("hallucination", policy.hallucination),
    ];
    for (name, _) in asked.into_iter().filter(|(_, asked)| *asked) {
        problems
            .push(format!("`custom_keyword` cannot check `{name}`: set it to false in `additional_config`"));
    }
    if policy.keywords.is_empty() && settings.keywords.is_empty() {
        let places = "`plugins.guardrails.config.blocked_keywords` or `additional_config.blocked_keywords`";
        problems.push(format!("there is no keyword to look for: list some under {places}"));
    }
    problems
}

/// A name that is no detector would block nothing, so it is a problem where the policy is in force.
fn block(node: &Node<'_>, in_force: bool) -> BlockList {
    let mut list = BlockList::default();
    for (path, name) in node.texts("block") {
        match Detector::parse(name) {
            Some(detector) if list.contains(detector) => {}
            Some(detector) => list.0.push(detector),
            None if in_force => {
                let known = names(Detector::ALL.iter().map(|detector| detector.as_str()));
                node.notes().problem(&path, format!("expected the name of a detector: one of {known}"));
            }
            None => node.notes().warn(format!("`{path}` is no detector that this version knows")),
        }
    }
    list
}
