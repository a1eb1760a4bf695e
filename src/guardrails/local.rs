//! The provider `local`: the detectors of `detect`, and the operator's own words. No account, no network.
//!
//! Each text is looked at by itself, and then all of them as one: whoever reads them may put together what was cut
//! in two.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::document::{Document, is_vocabulary};
use super::keyword::{CustomKeyword, Keywords};
use super::provider::{
    Checking, Entity, GuardrailProvider, Hit, Place, Private, ProviderFault, Redacting, Redaction, Side,
    Subject,
};
use crate::config::{Detector, LocalSettings, Sensitivity, WordRule};
use crate::detect::{self, Finding, Kind, Kinds};

/// So much text takes long enough that other requests should not wait for it.
const LARGE: usize = 128 << 10;

/// Bytes on each side of where two texts meet: an order that is cut in two is not longer.
const SEAM: usize = 200;

/// More findings of one detector than anybody cuts out of one subject.
const MAX_HITS: usize = 20_000;
const TOO_MANY: &str = "more findings than are kept";

/// What many tools cannot do without: a host is found by it.
const KEPT: [&str; 2] = ["IP_ADDRESS", "MAC_ADDRESS"];

/// Which kinds of findings make a hit of which detector.
const KINDS: [(Detector, &[Kind]); 6] = [
    (
        Detector::InjectionAttack,
        &[Kind::PromptInjection, Kind::CodeInjection, Kind::ToolPoisoning, Kind::ServerConfig],
    ),
    (Detector::Pii, &[Kind::Pii]),
    (Detector::Secrets, &[Kind::Secret]),
    (Detector::Toxicity, &[Kind::Toxicity]),
    (Detector::Nsfw, &[Kind::Nsfw]),
    (Detector::SpongeAttack, &[Kind::Sponge]),
];

pub(super) struct Local {
    threshold: f32,
    keywords: CustomKeyword,
    topics: Result<Keywords, ProviderFault>,
    policies: Result<Keywords, ProviderFault>,
}

impl Local {
    pub(super) fn new(settings: LocalSettings) -> Self {
        let case_sensitive = settings.keywords.case_sensitive;
        Self {
            threshold: match settings.sensitivity {
                Sensitivity::Strict => detect::FLAGGED * 0.7,
                Sensitivity::Balanced => detect::FLAGGED,
                Sensitivity::Lenient => detect::FLAGGED * 1.6,
            },
            topics: Keywords::compile(named("topics", &settings.topics), case_sensitive),
            policies: Keywords::compile(named("policies", &settings.policies), case_sensitive),
            keywords: CustomKeyword::new(settings.keywords),
        }
    }

    fn find(&self, subject: &Subject<'_>) -> Result<Vec<Hit>, ProviderFault> {
        let mut hits = Vec::new();
        let kinds = kinds(subject);
        if !kinds.is_empty() {
            let place = place(subject.side);
            let mut counts: HashMap<Detector, usize> = HashMap::new();
            for (at, text) in subject.texts.iter().enumerate() {
                let found = detect::inspect(text, place, kinds).into_iter();
                let counted = found.filter(|finding| finding.score >= self.threshold);
                for hit in counted.filter_map(|finding| hit(finding, Some(at))) {
                    let count = counts.entry(hit.detector).or_default();
                    *count += 1;
                    // A flood of one detector hides none of another, and its own rest has no place to be cut.
                    match (*count).cmp(&MAX_HITS) {
                        Ordering::Less => hits.push(hit),
                        Ordering::Equal => hits.push(Hit::new(hit.detector, TOO_MANY)),
                        Ordering::Greater => {}
                    }
                }
            }
            hits.extend(self.across(subject, kinds));
        }
        for (detector, words) in
            [(Detector::TopicDetector, &self.topics), (Detector::PolicyViolation, &self.policies)]
        {
            if subject.asks_for(detector) {
                let words = words.as_ref().map_err(Clone::clone)?;
                hits.extend(words.search(&subject.texts).map(|rule| Hit::new(detector, rule)));
            }
        }
        if subject.asks_for(Detector::KeywordDetector) {
            hits.extend(self.keywords.find(subject)?);
        }
        Ok(hits)
    }

    /// What only shows when the texts are read together.
    fn across(&self, subject: &Subject<'_>, kinds: Kinds) -> Option<Hit> {
        let mut together = Kinds::NONE;
        if kinds.contains(Kind::PromptInjection) {
            together = together.with(Kind::PromptInjection);
        }
        if kinds.contains(Kind::ServerConfig) && matches!(subject.document, Document::Server { .. }) {
            together = together.with(Kind::ServerConfig);
        }
        // Words of the protocol stand between the texts, and say nothing.
        let texts: Vec<&str> = subject.texts.iter().copied().filter(|text| !is_vocabulary(text)).collect();
        if together.is_empty() || texts.len() < 2 {
            return None;
        }
        let mut whole = String::new();
        let ends: Vec<usize> = texts
            .into_iter()
            .map(|text| {
                abbreviate(text, &mut whole);
                whole.push(' ');
                whole.len() - 1
            })
            .collect();
        // What stands within one text has been seen there.
        let crosses = |finding: &Finding| {
            let of = |at: usize| ends.partition_point(|end| *end < at);
            of(finding.span.start + 1) != of(finding.span.end)
        };
        let found = detect::inspect(&whole, place(subject.side), together).into_iter();
        let counted = found.filter(|finding| finding.score >= self.threshold);
        counted.filter(crosses).find_map(|finding| hit(finding, None))
    }
}

impl GuardrailProvider for Local {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async {
            let size = subject.texts.iter().map(|text| text.len()).sum();
            aside(size, || self.find(subject))
        })
    }

    fn redacts(&self) -> bool {
        true
    }

    fn redact<'a>(&'a self, private: &'a Private<'a>) -> Redacting<'a> {
        Box::pin(async {
            let size = private.texts.iter().map(|text| text.len()).sum();
            let entities = |text: &&str| {
                let found =
                    detect::inspect(text, detect::Place::Argument, Kinds::NONE.with(Kind::Pii)).into_iter();
                let counted = found.filter(|finding| finding.score >= self.threshold);
                let private = counted.filter(|finding| !KEPT.contains(&finding.label));
                private.map(|finding| Entity { label: finding.label, span: finding.span }).collect()
            };
            Ok(Redaction::Spans(aside(size, || private.texts.iter().map(entities).collect())))
        })
    }
}

/// The beginning and the end of a text, which is where another one joins it.
fn abbreviate(text: &str, into: &mut String) {
    if text.len() <= 2 * SEAM {
        into.push_str(text);
        return;
    }
    let boundary = |at: usize| (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    into.push_str(&text[..boundary(SEAM)]);
    into.push_str("\n\n");
    into.push_str(&text[boundary(text.len() - SEAM)..]);
}

/// Does long work where it holds up nobody else.
fn aside<T>(size: usize, work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let several =
        Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if size > LARGE && several { tokio::task::block_in_place(work) } else { work() }
}

fn kinds(subject: &Subject<'_>) -> Kinds {
    let asked = KINDS.iter().filter(|(detector, _)| subject.asks_for(*detector));
    asked.flat_map(|(_, kinds)| kinds.iter()).fold(Kinds::NONE, |all, kind| all.with(*kind))
}

fn place(side: Side) -> detect::Place {
    match side {
        Side::Input => detect::Place::Argument,
        Side::Output => detect::Place::Result,
        Side::Registration => detect::Place::Definition,
    }
}

fn hit(finding: Finding, text: Option<usize>) -> Option<Hit> {
    let (detector, _) = KINDS.iter().find(|(_, kinds)| kinds.contains(&finding.kind))?;
    let place = text.map(|text| Place { text, span: Some(finding.span), label: finding.label });
    let reason = Some(finding.reason.to_owned());
    Some(Hit { detector: *detector, rule: finding.rule.to_owned(), reason, place })
}

/// The words of rules, each under its rule's name.
fn named<'a>(key: &'a str, rules: &'a [WordRule]) -> impl Iterator<Item = (String, &'a String)> {
    rules.iter().enumerate().flat_map(move |(at, rule)| {
        let name = format!("plugins.guardrails.config.{key}[{at}] `{}`", rule.name);
        rule.keywords.iter().map(move |word| (name.clone(), word))
    })
}
