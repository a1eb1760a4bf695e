//! The provider `local`: the detectors of `detect`, and the operator's own words. No account, no network.
//!
//! Each text is looked at by itself, and then all of them as one: whoever reads them may put together what was cut
//! in two.

mod classifier;
mod contract;
mod entry;
mod joined;
mod operators;
mod overlap;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::document::Document;
use super::figure;
use super::keyword::CustomKeyword;
use super::provider::{
    Answer, Checking, Entity, GuardrailProvider, Hidden, Hiding, Hit, Place, Private, ProviderFault, Side,
    Subject,
};
use crate::config::{Detector, LocalSettings, Policy, Sensitivity};
use crate::detect::{self, Finding, Kind, Kinds};

mod rules;

use classifier::Expert;
use contract::Contract;
use joined::Joined;
use rules::{Look, Rules};

/// So much text takes long enough that other requests should not wait for it.
const LARGE: usize = 128 << 10;

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
    fit_by_words: bool,
    sensitivity: Sensitivity,
    keywords: CustomKeyword,
    topics: Rules,
    policies: Rules,
    expert: Option<Expert>,
    /// Private data that the operator asked for as well.
    extras: Kinds,
}

impl Local {
    pub(super) fn new(settings: LocalSettings) -> Self {
        let case_sensitive = settings.keywords.case_sensitive;
        let place = |key: &str| format!("{}.{key}", settings.keywords.place);
        let extras = settings.pii_extra.iter().fold(Kinds::NONE, |all, extra| all.with_extra(*extra));
        Self {
            extras,
            sensitivity: settings.sensitivity,
            fit_by_words: settings.fit_by_words,
            topics: Rules::new(&place("topics"), settings.topics, case_sensitive),
            policies: Rules::new(&place("policies"), settings.policies, case_sensitive),
            keywords: CustomKeyword::new(settings.keywords),
            expert: settings.classifier.map(Expert::new),
        }
    }

    fn sensitivity(&self, policy: &Policy) -> Sensitivity {
        policy.sensitivity.unwrap_or(self.sensitivity)
    }

    /// The score from which on a finding counts under a policy.
    fn threshold(&self, policy: &Policy) -> f32 {
        match self.sensitivity(policy) {
            Sensitivity::Strict => detect::FLAGGED * 0.7,
            Sensitivity::Balanced => detect::FLAGGED,
            Sensitivity::Lenient => detect::FLAGGED * 1.6,
        }
    }

    fn find(&self, subject: &Subject<'_>) -> Result<Vec<Hit>, ProviderFault> {
        let threshold = self.threshold(subject.policy);
        let mut hits = Vec::new();
        let kinds = kinds(subject).with_extras_of(self.extras);
        if !kinds.is_empty() {
            let place = place(subject.side);
            let contract = Contract::of(subject);
            // Who wants it strict wants no code in any argument.
            let waives = self.sensitivity(subject.policy) != Sensitivity::Strict;
            let mut found = Found::default();
            // What a client shows stands in a result twice: in one piece, and at its place.
            let mut seen = HashSet::with_capacity(subject.texts.len());
            let fresh = subject.texts.iter().enumerate().filter(|(_, text)| seen.insert(text.as_ptr()));
            for (at, text) in fresh {
                for finding in detect::inspect(text, place, kinds) {
                    let is_asked_for = waives && contract.waives(text, &finding);
                    if counts(subject, text, &finding, threshold) && !is_asked_for {
                        found.keep(finding, at);
                    }
                }
            }
            if place == detect::Place::Result {
                self.by_name(subject, kinds, &mut found);
            }
            hits = found.hits;
            self.by_figure(subject, kinds, &mut hits);
            hits.extend(self.across(subject, kinds));
            if let Document::Server { entry: Some(server), .. } = &subject.document
                && kinds.contains(Kind::ServerConfig)
            {
                let told = entry::judge(server).into_iter().filter(|finding| finding.score >= threshold);
                hits.extend(told.filter_map(|finding| hit(finding, None)));
            }
            if kinds.contains(Kind::CodeInjection) {
                for finding in contract.harm().filter(|finding| finding.score >= threshold) {
                    if hits.iter().all(|known| known.rule != finding.rule) {
                        hits.extend(hit(finding, None));
                    }
                }
            }
        }
        let look = Look::at(subject);
        for (detector, rules) in
            [(Detector::TopicDetector, &self.topics), (Detector::PolicyViolation, &self.policies)]
        {
            if subject.asks_for(detector) {
                hits.extend(rules.find(detector, &look)?);
            }
        }
        if subject.asks_for(Detector::KeywordDetector) {
            hits.extend(self.keywords.find(subject)?);
        }
        if self.fit_by_words {
            hits.extend(fit(subject));
        }
        Ok(hits)
    }

    /// What is secret or private by the name of the member that it is the value of.
    fn by_name(&self, subject: &Subject<'_>, kinds: Kinds, found: &mut Found) {
        let threshold = self.threshold(subject.policy);
        let mut told = Vec::new();
        subject.document.each_named(&mut |name, text| {
            let of = detect::inspect_member(name, text, kinds).into_iter();
            told.extend(of.filter(|one| one.score >= threshold).map(|one| (text.as_ptr(), one)));
        });
        if told.is_empty() {
            return;
        }
        let texts = subject.texts.iter().enumerate();
        let places: HashMap<*const u8, usize> = texts.map(|(at, text)| (text.as_ptr(), at)).collect();
        let known = found.known();
        for (text, finding) in told {
            // What it is by itself has been found.
            let by_itself = |at: &usize| detector(finding.kind).is_some_and(|of| known.contains(&(of, *at)));
            if let Some(at) = places.get(&text).filter(|at| !by_itself(at)) {
                found.keep(finding, *at);
            }
        }
    }

    /// What is secret or private as a number. Nothing can be cut out there, so one of a rule says as much as many.
    fn by_figure(&self, subject: &Subject<'_>, kinds: Kinds, hits: &mut Vec<Hit>) {
        let (threshold, place) = (self.threshold(subject.policy), place(subject.side));
        let of_person = Kinds::NONE.with(Kind::Pii);
        for figure in subject.figures.iter().filter(|figure| figure.may_be_private()) {
            let (mut found, digits) = (Vec::new(), figure.digits());
            if figure.may_be_a_card() && kinds.contains(Kind::Pii) {
                found = detect::inspect(digits, place, of_person);
            }
            if place == detect::Place::Result {
                found.extend(detect::inspect_member(figure.name, digits, kinds));
            }
            for finding in found.into_iter().filter(|finding| finding.score >= threshold) {
                hits.extend(hit(finding, None).filter(|hit| !hits.contains(hit)));
            }
        }
        if kinds.contains(Kind::Secret) || kinds.contains(Kind::Pii) {
            subject.document.each_embedded_number(&mut |number| {
                let mut found = Vec::new();
                if number.is_spelt && kinds.contains(Kind::Pii) && figure::is_card(number.digits) {
                    found = detect::inspect(number.digits, place, of_person);
                }
                if let Some(name) = number.name.filter(|_| kinds.contains(Kind::Secret)) {
                    found.extend(detect::inspect_member(name, number.digits, kinds));
                }
                for finding in found.into_iter().filter(|finding| finding.score >= threshold) {
                    hits.extend(hit(finding, None).filter(|hit| !hits.contains(hit)));
                }
            });
        }
    }

    /// What only shows when the texts are read together.
    fn across(&self, subject: &Subject<'_>, kinds: Kinds) -> Option<Hit> {
        let mut together = Kinds::NONE;
        for kind in [Kind::PromptInjection, Kind::ToolPoisoning] {
            if kinds.contains(kind) {
                together = together.with(kind);
            }
        }
        if together.is_empty() {
            return None;
        }
        let joined = Some(Joined::of(subject)).filter(Joined::has_seams)?;
        let whole = joined.whole();
        let found = detect::inspect(whole, place(subject.side), together).into_iter();
        let threshold = self.threshold(subject.policy);
        let counted = found.filter(|finding| counts(subject, whole, finding, threshold));
        counted.filter(|finding| joined.is_crossed_by(finding)).find_map(|finding| hit(finding, None))
    }
}

/// A question reads like a task because it is one; what it must not ask for, other rules say. Its state may look like
/// a token: it goes back to where it came from.
fn counts(subject: &Subject<'_>, text: &str, finding: &Finding, threshold: f32) -> bool {
    let (asks, state) = match &subject.document {
        Document::Question(_) => (true, None),
        Document::Output(output) => (output.only_asks(), output.state()),
        _ => (false, None),
    };
    let is_state = state.is_some_and(|state| state.as_ptr() == text.as_ptr());
    finding.score >= threshold
        && !(asks && finding.is_a_task())
        && !(is_state && finding.kind == Kind::Secret)
}

/// What has been found by now, and how much of each detector.
#[derive(Default)]
struct Found {
    hits: Vec<Hit>,
    counts: [usize; KINDS.len()],
}

impl Found {
    fn keep(&mut self, finding: Finding, text: usize) {
        let Some(at) = KINDS.iter().position(|(_, kinds)| kinds.contains(&finding.kind)) else { return };
        self.counts[at] += 1;
        // A flood of one detector hides none of another, and its own rest has no place to be cut.
        match self.counts[at].cmp(&MAX_HITS) {
            Ordering::Less => self.hits.extend(hit(finding, Some(text))),
            Ordering::Equal => self.hits.push(Hit::new(KINDS[at].0, TOO_MANY)),
            Ordering::Greater => {}
        }
    }

    /// Which detectors have found something in which texts.
    fn known(&self) -> HashSet<(Detector, usize)> {
        let placed = self.hits.iter().filter_map(|hit| Some((hit.detector, hit.place.as_ref()?.text)));
        placed.collect()
    }
}

impl GuardrailProvider for Local {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async {
            let size = subject.texts.iter().map(|text| text.len()).sum();
            let found = as_blocking(size, || self.find(subject));
            match &self.expert {
                Some(expert) => Answer::from(found).and(expert.judge(subject).await.into()),
                None => found.into(),
            }
        })
    }

    fn check_here<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        self.check(subject)
    }

    fn hide<'a>(&'a self, private: &'a Private<'a>) -> Hiding<'a> {
        Box::pin(async {
            let size = private.texts.iter().map(|text| text.len()).sum();
            let threshold = self.threshold(private.policy);
            let entities = |(at, text): (usize, &&str)| {
                let kinds = Kinds::NONE.with(Kind::Pii).with_extras_of(self.extras);
                let found = detect::inspect(text, detect::Place::Argument, kinds).into_iter();
                let name = private.names.get(at).copied().unwrap_or_default();
                let counted = found.chain(detect::inspect_member(name, text, kinds));
                let counted = counted.filter(|finding| finding.score >= threshold);
                let private = counted.filter(|finding| !KEPT.contains(&finding.label));
                private.map(|finding| Entity { label: finding.label, span: finding.span }).collect()
            };
            Ok(Hidden::Spans(as_blocking(size, || private.texts.iter().enumerate().map(entities).collect())))
        })
    }
}

/// How well a result fits its request, where the policy asks for that.
fn fit(subject: &Subject<'_>) -> Vec<Hit> {
    let policy = subject.policy;
    let (Document::Output(output), Some(request)) = (&subject.document, subject.request) else {
        return Vec::new();
    };
    if policy.relevancy.is_none() && policy.adherence.is_none() {
        return Vec::new();
    }
    let Some(overlap) = overlap::of(request, output) else { return Vec::new() };
    let low = |detector: Detector, score: f64, threshold: Option<f64>, what: &str| {
        let threshold = threshold.filter(|threshold| score < *threshold)?;
        let reason = Some(format!("By shared words only: {what}."));
        Some(Hit { reason, ..Hit::new(detector, format!("{detector} by words {score:.2} < {threshold:.2}")) })
    };
    let relevancy = low(
        Detector::Relevancy,
        overlap.relevancy,
        policy.relevancy,
        "the result has few words of the request",
    );
    let adherence = low(
        Detector::Adherence,
        overlap.adherence,
        policy.adherence,
        "few sentences have a word of the request",
    );
    relevancy.into_iter().chain(adherence).collect()
}

/// Does long work where it holds up nobody else.
fn as_blocking<T>(size: usize, work: impl FnOnce() -> T) -> T {
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

fn detector(kind: Kind) -> Option<Detector> {
    KINDS.iter().find(|(_, kinds)| kinds.contains(&kind)).map(|(detector, _)| *detector)
}

fn hit(finding: Finding, text: Option<usize>) -> Option<Hit> {
    let detector = detector(finding.kind)?;
    let place = text.map(|text| Place { text, span: Some(finding.span), label: finding.label });
    let reason = Some(finding.reason.to_owned());
    Some(Hit { detector, rule: finding.rule.to_owned(), reason, place })
}
