//! The policies of a server, under every name they have had, and whether the chosen provider can keep them.
//!
//! An enabled policy that the provider cannot check is a problem: text must not pass because nobody could look at
//! it.

use super::super::plugins::Fit;
use super::super::{Action, BlockList, Detector, Enforcement, PiiScope, Policy, ProviderSettings};
use super::plugins::words;
use super::providers::SENSITIVITIES;
use super::{Context, fingerprint};
use crate::config::node::{Node, names};

mod fit;
mod rules;

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

/// What `additional_config` says of what a policy protects.
const WITHIN: [&str; 4] = ["pii_redaction", "pii_scope", "blocked_keywords", "binary"];

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
    let enabled = node.flag("enabled").unwrap_or(false) && !context.rules.guardrails_off;
    let extra = node.section("additional_config");
    node.ignore(&["debug"]);
    let on = |key| extra.flag(key).unwrap_or(false);
    let score = |key, general: Option<f64>, least: f64| {
        let given = extra.number(key);
        if given.is_some_and(|given| !(0.0..=1.0).contains(&given)) {
            extra.problem(key, "expected a number from 0 to 1");
        }
        given.or(general).unwrap_or(least)
    };
    let thresholds = context.rules.thresholds;
    let least = context.guardrails.map_or(Fit::BY_SERVICE, ProviderSettings::least_fit);
    let relevancy = score("relevancy_threshold", thresholds.relevancy, least.relevancy);
    let adherence = score("adherence_threshold", thresholds.adherence, least.adherence);
    let scopes = [("server", PiiScope::Server), ("caller", PiiScope::Caller)];
    let modes = [("enforce", Enforcement::Enforce), ("observe", Enforcement::Observe)];
    let mut policy = Policy {
        enabled,
        name: node.text(node.spelling(&["policy_name", "guardrail_name"])).map(str::to_owned),
        enforcement: node.choice("mode", &modes).unwrap_or_default(),
        block: block(&node, enabled),
        actions: rules::actions(&node, enabled),
        keywords: words(&extra, "blocked_keywords"),
        sensitivity: extra.choice("sensitivity", &SENSITIVITIES),
        pii_redaction: on("pii_redaction"),
        pii_scope: extra.choice("pii_scope", &scopes).unwrap_or_default(),
        relevancy: on("relevancy").then_some(relevancy),
        adherence: on("adherence").then_some(adherence),
        hallucination: on("hallucination"),
        block_binary: extra.choice("binary", &[("pass", false), ("block", true)]).unwrap_or(false),
        fail_open: node.flag("fail_open").unwrap_or(false),
        exemptions: rules::exemptions(&node, enabled),
        fingerprint: [0; 32],
    };
    let cuts = policy.actions.iter().any(|(_, action)| *action == Action::Redact);
    if enabled && cuts && *spellings != OUTPUT {
        node.problem(
            "action",
            "expected `block` or `warn` here: only results can be cut, and `pii_redaction` is for arguments",
        );
    }
    policy.fingerprint = fingerprint(&format!("{policy:?}"));
    if policy.pii_redaction && !enabled && !context.rules.guardrails_off {
        let path = extra.path("pii_redaction");
        node.notes().warn(format!("`{path}` has no effect, because the policy is not enabled"));
    }
    let provider = node.text("provider").map(str::to_owned);
    extra.refuse_misspelt();
    node.refuse_misplaced(&WITHIN, "additional_config");
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
    let Some(settings) = context.guardrails else { return };
    for problem in fit::problems(&written.policy, written.provider.as_deref(), settings) {
        at.notes().problem(&written.path, problem);
    }
    for warning in fit::warnings(&written.policy, settings) {
        at.notes().warn(format!("`{}` {warning}", written.path));
    }
}

/// A name that is no detector would block nothing, so it is a problem where the policy is in force.
fn block(node: &Node<'_>, in_force: bool) -> BlockList {
    let mut list = BlockList::default();
    for (path, name) in node.texts("block") {
        match detector(node, &path, name, in_force) {
            Some(detector) if list.contains(detector) => {}
            Some(detector) => list.0.push(detector),
            None => {}
        }
    }
    list
}

fn detector(node: &Node<'_>, path: &str, name: &str, in_force: bool) -> Option<Detector> {
    let detector = Detector::parse(name);
    if detector.is_none() && in_force {
        let known = names(Detector::ALL.iter().map(|detector| detector.as_str()));
        node.notes().problem(path, format!("expected the name of a detector: one of {known}"));
    } else if detector.is_none() {
        node.notes().warn(format!("`{path}` is no detector that this version knows"));
    }
    detector
}
