//! The operator's rules, held against what is judged. All conditions of a rule must hold.
//!
//! What is said of a hit is the rule's place and name and which of its conditions held, never the text.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::call::object_size;
use crate::condition::{Facts, Undecided};
use crate::config::{Detector, Rule};
use crate::guardrails::document::Document;
use crate::guardrails::figure::Figure;
use crate::guardrails::keyword::{Keywords, normalise};
use crate::guardrails::provider::{Hit, Place, ProviderFault, Side, Subject};

/// Places of one rule that are named; one that matches at more of them matches the whole.
const MAX_PLACES: usize = 32;

/// One list of rules.
pub(super) struct Rules {
    /// Those that are words and nothing else, in one pass.
    plain: Result<Keywords, ProviderFault>,
    compound: Vec<Compound>,
}

struct Compound {
    title: String,
    rule: Rule,
    keywords: Option<Result<Keywords, ProviderFault>>,
}

/// What is looked at, and what several rules need to know of it, once.
pub(super) struct Look<'s> {
    subject: &'s Subject<'s>,
    facts: OnceCell<Facts<'s>>,
    pointers: OnceCell<HashMap<*const u8, String>>,
    /// What the numbers read as, and where each stands.
    figures: OnceCell<Vec<(String, String)>>,
    /// The texts as they read, where that is not as they are written.
    read: OnceCell<Vec<Option<String>>>,
}

impl Rules {
    /// `place` is where they stand in the configuration.
    pub(super) fn new(place: &str, rules: Vec<Rule>, case_sensitive: bool) -> Self {
        let titled = rules.into_iter().enumerate();
        let titled = titled.map(|(at, rule)| (format!("{place}[{at}] `{}`", rule.name), rule));
        let (plain, compound): (Vec<_>, Vec<_>) = titled
            .partition(|(_, rule)| rule.when.is_none() && rule.patterns.is_empty() && rule.paths.is_empty());
        let compile = |rules: &[(String, Rule)]| {
            let words = rules
                .iter()
                .flat_map(|(title, rule)| rule.keywords.iter().map(move |word| (title.clone(), word)));
            Keywords::compile(words, case_sensitive)
        };
        let compound = compound.into_iter().map(|(title, rule)| {
            let rule = [(title, rule)];
            let keywords = (!rule[0].1.keywords.is_empty()).then(|| compile(&rule));
            let [(title, rule)] = rule;
            Compound { title, rule, keywords }
        });
        Self { plain: compile(&plain), compound: compound.collect() }
    }

    pub(super) fn find(&self, detector: Detector, look: &Look<'_>) -> Result<Vec<Hit>, ProviderFault> {
        let plain = self.plain.as_ref().map_err(Clone::clone)?;
        let mut hits: Vec<Hit> = plain
            .search(&look.subject.written())
            .map(|title| Hit::new(detector, title))
            .into_iter()
            .collect();
        for compound in &self.compound {
            hits.extend(compound.find(detector, look)?);
        }
        Ok(hits)
    }
}

impl Compound {
    fn find(&self, detector: Detector, look: &Look<'_>) -> Result<Vec<Hit>, ProviderFault> {
        let when = self.rule.when.as_ref().map(|when| when.holds(look.facts()));
        if when == Some(Ok(false)) {
            return Ok(Vec::new());
        }
        let reached = look.reached(&self.rule);
        if let Some(keywords) = &self.keywords {
            let texts = reached.iter().map(|at| look.subject.texts[*at]);
            let texts: Vec<&str> = texts.chain(look.figures(&self.rule)).collect();
            if keywords.as_ref().map_err(Clone::clone)?.search(&texts).is_none() {
                return Ok(Vec::new());
            }
        }
        let mut places = Vec::new();
        if !self.rule.patterns.is_empty() {
            let matches = |at: &usize| self.rule.patterns.iter().any(|pattern| look.matches(pattern, *at));
            places.extend(reached.into_iter().filter(matches).take(MAX_PLACES + 1).map(Some));
            let of_figure = |text| self.rule.patterns.iter().any(|pattern| pattern.is_match(text));
            places.extend(look.figures(&self.rule).into_iter().find(|text| of_figure(text)).map(|_| None));
            if places.is_empty() {
                return Ok(Vec::new());
            }
        }
        if places.is_empty() || places.len() > MAX_PLACES {
            places.push(None);
        }
        let reason = self.reason(when);
        let hit = |place: Option<usize>| Hit {
            reason: Some(reason.clone()),
            place: place.map(|text| Place { text, span: None, label: "" }),
            ..Hit::new(detector, self.title.as_str())
        };
        Ok(places.into_iter().map(hit).collect())
    }

    fn reason(&self, when: Option<Result<bool, Undecided>>) -> String {
        let mut held = Vec::new();
        if self.keywords.is_some() {
            held.push("a keyword is there".to_owned());
        }
        if !self.rule.patterns.is_empty() {
            held.push("a pattern matches".to_owned());
        }
        match when {
            Some(Ok(_)) => held.push("`when` holds".to_owned()),
            Some(Err(why)) => held.push(format!("`when` could not be decided, since {why}")),
            None => {}
        }
        held.join(", ")
    }
}

impl<'s> Look<'s> {
    pub(super) fn at(subject: &'s Subject<'s>) -> Self {
        Self {
            subject,
            facts: OnceCell::new(),
            pointers: OnceCell::new(),
            figures: OnceCell::new(),
            read: OnceCell::new(),
        }
    }

    fn facts(&self) -> &Facts<'s> {
        self.facts.get_or_init(|| facts(self.subject))
    }

    /// The texts in which a rule looks for words and patterns.
    fn reached(&self, rule: &Rule) -> Vec<usize> {
        let texts = &self.subject.texts;
        if rule.paths.is_empty() {
            return (0..texts.len()).collect();
        }
        let pointers = self.pointers.get_or_init(|| {
            // Empty texts have no place of their own.
            let told = texts.iter().filter(|text| !text.is_empty());
            self.subject.document.pointers(&told.map(|text| text.as_ptr()).collect())
        });
        let is_reached = |at: &usize| {
            let pointer = pointers.get(&texts[*at].as_ptr());
            pointer.is_some_and(|pointer| rule.reaches(pointer))
        };
        (0..texts.len()).filter(is_reached).collect()
    }

    /// The numbers in which it looks for them.
    fn figures(&self, rule: &Rule) -> Vec<&str> {
        if rule.paths.is_empty() {
            return self.subject.figures.iter().flat_map(Figure::texts).collect();
        }
        let figures = self.figures.get_or_init(|| self.subject.document.figures_at());
        let reached = figures.iter().filter(|(pointer, _)| rule.reaches(pointer));
        reached.map(|(_, written)| written.as_str()).collect()
    }

    /// In the text as it is written, or as it reads without what shows nothing.
    fn matches(&self, pattern: &regex::Regex, at: usize) -> bool {
        let texts = &self.subject.texts;
        let read = self.read.get_or_init(|| {
            let read = |text: &&str| Some(normalise(text, true)).filter(|read| read != text);
            texts.iter().map(read).collect()
        });
        pattern.is_match(texts[at]) || read[at].as_ref().is_some_and(|read| pattern.is_match(read))
    }
}

fn facts<'s>(subject: &'s Subject<'s>) -> Facts<'s> {
    let side = match subject.side {
        Side::Input => "input",
        Side::Output => "output",
        Side::Registration => "definition",
    };
    let mut facts = Facts::new(subject.server, subject.tool, side);
    facts.texts = &subject.texts;
    facts.size = match &subject.document {
        Document::Call(call) => {
            facts.args = Some(call.arguments());
            call.size()
        }
        Document::Output(output) => {
            facts.result = Some(output.result());
            output.size()
        }
        Document::Definition { object, .. } => {
            facts.definition = Some(object);
            object_size(object)
        }
        Document::Message(_) | Document::Question(_) | Document::Server { .. } | Document::Words(_) => {
            subject.texts.iter().map(|text| text.len()).sum()
        }
    };
    facts
}
