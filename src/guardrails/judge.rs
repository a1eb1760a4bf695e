//! From what a provider finds to what follows from it: the policy's actions, what it exempts, and faults.
//!
//! A fault is a block, unless the policy says `fail_open` or only observes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use super::canary;
use super::document::{Document, is_vocabulary};
use super::figure::Figure;
use super::provider::{Answer, GuardrailProvider, Hit, ProviderFault, Side, Subject};
use super::verdict::{Effect, Judged, Verdict, Violation};
use super::{Blocked, Guardrails};
use crate::call::ToolCall;
use crate::config::{Action, Detector, Enforcement, Policy, Server};
use crate::scope::Scope;
use crate::timeouts::Operation;

/// A rule may hit at many places; answers name so many of them.
const MAX_NAMED: usize = 8;

/// One text may stand at several places, such as a result's text and its structured copy; a finding names so many.
const MAX_PLACES: usize = 4;

/// Segments of a pointer that are shown; what a server wrote below may be part of what it is blocked for.
const SHOWN_SEGMENTS: usize = 4;

/// Which policy, and for which tool.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) server: &'a Server,
    pub(super) side: Side,
    pub(super) policy: &'a Policy,
    pub(super) tool: &'a str,
    /// Whether the caller's private data stands in its place again: no service is shown it, and it is no finding.
    restored: bool,
}

/// An answer, and how long it took.
struct Timed {
    answer: Answer,
    elapsed: Duration,
}

/// A verdict that lets pass, and what is to be cut out first.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) cuts: Vec<Cut>,
    /// Nobody has been asked yet: what is left without the cuts is still to be judged.
    pub(super) early: bool,
}

#[derive(Debug)]
pub(super) struct Cut {
    pub(super) text: usize,
    pub(super) span: Range<usize>,
    pub(super) label: &'static str,
}

impl Judgement {
    pub(super) fn into_parts(self) -> (Verdict, Vec<Cut>) {
        (self.verdict, self.cuts)
    }

    /// With what was noticed before it.
    fn after(mut self, own: Self) -> Self {
        self.verdict.warnings.splice(0..0, own.verdict.warnings);
        self
    }

    /// Where nothing can be cut out, what would be cut out blocks.
    pub(super) fn into_block(self) -> Verdict {
        let (cut, warnings): (Vec<_>, _) =
            self.verdict.warnings.into_iter().partition(|warning| warning.effect == Effect::Redact);
        let violations =
            cut.into_iter().map(|violation| Violation { effect: Effect::Block, ..violation }).collect();
        Verdict { violations, warnings, ..self.verdict }
    }
}

impl<'a> Bench<'a> {
    pub(super) fn of(server: &'a Server, side: Side, tool: &'a str) -> Self {
        let policy = match side {
            Side::Input => &server.input,
            Side::Output => &server.output,
            Side::Registration => &server.registration,
        };
        Self { server, side, policy, tool, restored: false }
    }

    /// For what has its private data again.
    pub(super) fn restored(self) -> Self {
        Self { restored: true, ..self }
    }

    /// A definition is judged under its own name.
    fn on<'b>(self, document: &Document<'b>) -> Bench<'b>
    where
        'a: 'b,
    {
        match document {
            Document::Definition { tool, .. } => Bench { tool, ..self },
            _ => self,
        }
    }

    fn subject<'b>(self, document: Document<'b>, request: Option<&'b ToolCall>) -> Subject<'b>
    where
        'a: 'b,
    {
        let bench = self.on(&document);
        let subject = Subject::new(bench.side, bench.policy, document);
        Subject { server: bench.server.name.as_str(), tool: bench.tool, request, ..subject }
    }

    fn is_exempt_at(self, detector: Detector, pointer: &str) -> bool {
        let mut exemptions = self.policy.exemptions(self.tool, SystemTime::now());
        exemptions.any(|exemption| exemption.covers(detector) && exemption.reaches(pointer))
    }

    pub(super) fn observes(self) -> bool {
        self.policy.enforcement == Enforcement::Observe
    }

    /// A reason to block, under a policy that may only observe.
    pub(super) fn violation(self, violation: Violation) -> Violation {
        if self.observes() { Violation { effect: Effect::Observe, ..violation } } else { violation }
    }
}

impl Guardrails {
    /// `None` where the policy is off.
    pub(super) async fn judge(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        document: Document<'_>,
        request: Option<&ToolCall>,
    ) -> Result<Option<Judgement>, Blocked> {
        if !bench.policy.enabled {
            return Ok(None);
        }
        let provider = self.provider(&scope.settings);
        let started = Instant::now();
        let subject = bench.subject(document, request);
        let own = self.find_own_secrets(scope, bench, &subject)?;
        if own.early {
            return Ok(Some(own));
        }
        let look = if bench.restored { GuardrailProvider::check_here } else { GuardrailProvider::check };
        let check = async {
            let mut answer = look(&*provider, &subject).await;
            if answer.fault.is_some() {
                return answer;
            }
            for detector in partly_exempt(bench, &answer.hits) {
                let is_exempt = |pointer: &str| bench.is_exempt_at(detector, pointer);
                let Some(rest) = subject.document.without(&is_exempt) else { continue };
                let rest = bench.subject(rest.document(), request);
                let again = look(&*provider, &rest).await;
                if again.fault.is_some() {
                    return again.and(answer);
                }
                // Only the exempt places can have caused it.
                if !again.hits.iter().any(|hit| hit.detector == detector) {
                    answer.hits.retain(|hit| hit.place.is_some() || hit.detector != detector);
                }
            }
            answer
        };
        let wait = Operation::Guardrail.at(bench.server.name.as_str());
        let answer = scope.timeouts.run(wait, &scope.cancel, check).await;
        let answer = answer.unwrap_or_else(|interrupted| ProviderFault::from(interrupted).into());
        let judged = self.decide(scope, bench, &subject, Timed { answer, elapsed: started.elapsed() });
        judged.map(|judged| Some(judged.after(own)))
    }

    /// What would be cut out.
    pub(super) async fn cuts(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        document: Document<'_>,
    ) -> Result<Vec<Cut>, Blocked> {
        let judged = self.judge(scope, bench, document, None).await?;
        Ok(judged.map(|judgement| judgement.cuts).unwrap_or_default())
    }

    /// What the gateway knows by itself, before anybody is asked: its own secrets. A server may be given its own.
    pub(super) fn find_own_secrets(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        subject: &Subject<'_>,
    ) -> Result<Judgement, Blocked> {
        let started = Instant::now();
        let its_own = (bench.side == Side::Input).then(|| (&scope.caller.config.id, &bench.server.name));
        let canaries = self.canaries(scope)?;
        let mut hits = canaries.find(&subject.texts, its_own);
        // Nothing can be cut out of a number.
        let embedded = if canaries.may_be_numbers() { subject.respelt_numbers() } else { Vec::new() };
        let figures = subject.figures.iter().flat_map(Figure::texts);
        let figures: Vec<&str> = figures.chain(embedded.iter().map(String::as_str)).collect();
        let of_figures = canaries.find(&figures, its_own).into_iter().next();
        hits.extend(of_figures.map(|hit| Hit { place: None, ..hit }));
        let found = !hits.is_empty();
        let judgement = weigh(bench, subject, &hits, started.elapsed());
        if found {
            let (request, server, side) = (&scope.id, &bench.server.name, bench.side.as_str());
            tracing::warn!(%request, %server, side, "a secret of the configuration was found in what was to pass");
        }
        if !judgement.verdict.is_safe() {
            return Err(Blocked::by(judgement.verdict));
        }
        Ok(Judgement { early: !judgement.cuts.is_empty(), ..judgement })
    }

    /// Several definitions under one policy that is in force; the answers stand in their order.
    pub(super) async fn judge_all(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        documents: Vec<Document<'_>>,
    ) -> Vec<Result<Judgement, Blocked>> {
        let provider = self.provider(&scope.settings);
        let started = Instant::now();
        let (mut subjects, mut judged) = (Vec::new(), Vec::with_capacity(documents.len()));
        for document in documents {
            let subject = bench.subject(document, None);
            match self.find_own_secrets(scope, bench.on(&subject.document), &subject) {
                Ok(own) if !own.early => {
                    subjects.push(subject);
                    judged.push(None);
                }
                own => judged.push(Some(own)),
            }
        }
        let wait = Operation::Guardrail.at(bench.server.name.as_str());
        let answers = scope.timeouts.run(wait, &scope.cancel, provider.check_all(&subjects)).await;
        let elapsed = started.elapsed();
        let mut answers = match answers {
            Ok(answers) => answers,
            Err(interrupted) => vec![ProviderFault::from(interrupted).into(); subjects.len()],
        };
        if answers.len() != subjects.len() {
            let fault = ProviderFault::unavailable("it answered for another number of texts");
            answers = vec![fault.into(); subjects.len()];
        }
        let mut decided = subjects.iter().zip(answers).map(|(subject, answer)| {
            self.decide(scope, bench.on(&subject.document), subject, Timed { answer, elapsed })
        });
        let lost = || Err(Blocked::without_verdict(ProviderFault::unavailable("it was not judged"), elapsed));
        judged.into_iter().map(|own| own.or_else(|| decided.next()).unwrap_or_else(lost)).collect()
    }

    fn decide(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        subject: &Subject<'_>,
        Timed { answer, elapsed }: Timed,
    ) -> Result<Judgement, Blocked> {
        let found = weigh(bench, subject, &answer.hits, elapsed);
        // What was found counts, whoever else gave no answer.
        if !found.verdict.is_safe() {
            return Err(Blocked::by(found.verdict));
        }
        if let Some(fault) = answer.fault {
            let verdict = self.without_verdict(scope, bench, fault, elapsed)?;
            return Ok(Judgement {
                verdict: Verdict { warnings: found.verdict.warnings, ..verdict },
                ..found
            });
        }
        let (request, server, side) = (&scope.id, &bench.server.name, bench.side.as_str());
        for warning in found.verdict.warnings.iter().filter(|warning| warning.effect == Effect::Observe) {
            let (tool, detector, rule) = (bench.tool, warning.detector, &warning.rule);
            let said = "would be blocked; the policy only observes";
            tracing::warn!(%request, %server, side, tool, detector, rule, "{said}");
        }
        Ok(found)
    }

    pub(super) fn without_verdict(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        fault: ProviderFault,
        elapsed: Duration,
    ) -> Result<Verdict, Blocked> {
        let (request, server, side) = (&scope.id, &bench.server.name, bench.side.as_str());
        if fault != ProviderFault::Cancelled && (bench.policy.fail_open || bench.observes()) {
            self.failed_open.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%request, %server, side, %fault, "let pass unchecked, as the policy says");
            return Ok(Verdict::without(Judged::LetPass(fault), elapsed));
        }
        if fault == ProviderFault::Cancelled {
            tracing::debug!(%request, %server, side, "cancelled before the guardrail gave a verdict");
        } else {
            tracing::error!(%request, %server, side, %fault, "blocked, because the guardrail gave no verdict");
        }
        Err(Blocked::without_verdict(fault, elapsed))
    }
}

/// What the policy makes of the hits.
fn weigh(bench: Bench<'_>, subject: &Subject<'_>, hits: &[Hit], elapsed: Duration) -> Judgement {
    let mut verdict = Verdict { elapsed, ..Verdict::default() };
    let mut cuts = Vec::new();
    if hits.is_empty() {
        return Judgement { verdict, cuts, early: false };
    }
    let places = Places::of(subject, hits);
    // A registration policy without a list, such as the old `enable_tool_guardrails`, blocks whatever hits.
    let all = bench.side == Side::Registration && bench.policy.block.0.is_empty();
    let mut found = Vec::new();
    for hit in hits {
        let pointer = hit.place.as_ref().and_then(|place| places.pointer(subject, place.text));
        let own = bench.restored && matches!(hit.detector, Detector::Pii | Detector::Secrets);
        if own && hit.rule != canary::RULE || is_exempt(bench, hit, pointer) {
            continue;
        }
        let action = match bench.policy.action(hit.detector) {
            _ if all => Action::Block,
            // Nothing that a policy leaves out lets one of the gateway's own pass whole.
            Action::Warn if hit.rule == canary::RULE => Action::Redact,
            action => action,
        };
        let span = hit.place.as_ref().and_then(|place| Some((place, place.span.clone()?)));
        let effect = match (action, span) {
            (Action::Redact, Some((place, span))) if !bench.observes() => {
                cuts.push(Cut { text: place.text, span, label: place.label });
                Effect::Redact
            }
            (Action::Warn, _) => Effect::Warn,
            _ if bench.observes() => Effect::Observe,
            _ => Effect::Block,
        };
        let places = pointer.map(|pointer| shown(bench.side, pointer)).into_iter().collect();
        note(&mut found, bench.side, Finding { effect, hit, places });
    }
    for Finding { effect, hit, places } in found {
        verdict = verdict.with(Violation::of(bench.side, hit, &places, effect));
    }
    Judgement { verdict, cuts, early: false }
}

/// What a rule has found, and where.
struct Finding<'a> {
    effect: Effect,
    hit: &'a Hit,
    places: Vec<String>,
}

/// Of a result each rule is named once, with its places; of arguments once for each place, as these are let off.
fn note<'a>(found: &mut Vec<Finding<'a>>, side: Side, new: Finding<'a>) {
    let is_same = |known: &&mut Finding<'_>| {
        (known.effect, known.hit.detector) == (new.effect, new.hit.detector)
            && (&known.hit.rule, &known.hit.reason) == (&new.hit.rule, &new.hit.reason)
            && (side == Side::Output || known.places == new.places)
    };
    if let Some(known) = found.iter_mut().find(is_same) {
        for place in new.places {
            if known.places.len() < MAX_PLACES && !known.places.contains(&place) {
                known.places.push(place);
            }
        }
        return;
    }
    let blocks = |finding: &Finding<'_>| finding.effect == Effect::Block;
    if found.iter().filter(|known| blocks(known) == blocks(&new)).count() < MAX_NAMED {
        found.push(new);
    }
}

fn is_exempt(bench: Bench<'_>, hit: &Hit, pointer: Option<&str>) -> bool {
    let mut exemptions = bench.policy.exemptions(bench.tool, SystemTime::now());
    exemptions.any(|exemption| {
        exemption.covers(hit.detector)
            && (exemption.paths.is_empty() || pointer.is_some_and(|pointer| exemption.reaches(pointer)))
    })
}

/// The detectors that hit without saying where, and that are exempt at some places.
fn partly_exempt(bench: Bench<'_>, hits: &[Hit]) -> Vec<Detector> {
    let now = SystemTime::now();
    let placeless: HashSet<Detector> =
        hits.iter().filter(|hit| hit.place.is_none()).map(|hit| hit.detector).collect();
    let is_partly = |detector: &Detector| {
        let mut exemptions = bench.policy.exemptions(bench.tool, now);
        exemptions.any(|exemption| exemption.covers(*detector) && !exemption.paths.is_empty())
    };
    placeless.into_iter().filter(is_partly).collect()
}

/// The pointers of the texts of a subject that were hit.
struct Places(HashMap<*const u8, String>);

impl Places {
    fn of(subject: &Subject<'_>, hits: &[Hit]) -> Self {
        let hit = hits.iter().filter_map(|hit| subject.texts.get(hit.place.as_ref()?.text));
        Self(subject.document.pointers(&hit.map(|text| text.as_ptr()).collect()))
    }

    fn pointer(&self, subject: &Subject<'_>, text: usize) -> Option<&str> {
        self.0.get(&subject.texts.get(text)?.as_ptr()).map(String::as_str)
    }
}

/// A pointer as it may be shown: the caller's own plain names, or of what a server wrote only the words of the
/// protocol, since the names below may be part of what it is blocked for.
fn shown(side: Side, pointer: &str) -> String {
    let plain = |segment: &str| {
        segment.len() <= 40
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    let may_be_shown = |segment: &str| match side {
        Side::Input => plain(segment),
        Side::Output | Side::Registration => {
            is_vocabulary(segment) || segment.len() < 8 && segment.bytes().all(|b| b.is_ascii_digit())
        }
    };
    let segments = pointer.split('/').skip(1).take(SHOWN_SEGMENTS);
    segments
        .map(|segment| if may_be_shown(segment) { format!("/{segment}") } else { "/…".to_owned() })
        .collect()
}
