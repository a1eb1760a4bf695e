//! Several providers as one: each looks at the whole subject, side by side.
//!
//! `any` takes every hit; `all` takes a hit only if each member that can check its detector has it. A member that
//! gives no verdict is a fault of the whole; what the others found counts all the same.

use std::sync::Arc;

use futures_util::future::join_all;

use super::provider::{
    Answer, Checking, CheckingAll, GuardrailProvider, Hiding, PiiKey, Private, ProviderFault, Restoring,
    Subject,
};
use crate::config::{CompositeSettings, Logic};

pub(super) struct Composite {
    /// In the order of the settings' members.
    members: Vec<Arc<dyn GuardrailProvider>>,
    settings: CompositeSettings,
}

impl Composite {
    pub(super) fn new(members: Vec<Arc<dyn GuardrailProvider>>, settings: CompositeSettings) -> Self {
        Self { members, settings }
    }

    fn join(&self, subject: &Subject<'_>, answers: Vec<Answer>) -> Answer {
        let mut hits = Vec::new();
        let mut fault = None;
        for (member, answer) in answers.into_iter().enumerate() {
            fault = answer.fault.or(fault);
            hits.extend(answer.hits.into_iter().map(|hit| (member, hit)));
        }
        // A member that has nothing to look for would never agree.
        let agreed = |detector| {
            let members = self.settings.members.iter().enumerate();
            let mut able = members.filter(|(_, one)| one.looks_for(detector, subject.policy));
            able.all(|(member, _)| hits.iter().any(|(by, hit)| *by == member && hit.detector == detector))
        };
        let all = self.settings.logic == Logic::All;
        let kept: Vec<bool> = hits.iter().map(|(_, hit)| !all || agreed(hit.detector)).collect();
        let kept = hits.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|((_, hit), _)| hit);
        Answer { hits: kept.collect(), fault }
    }

    fn hider(&self) -> Result<&Arc<dyn GuardrailProvider>, ProviderFault> {
        let none = || ProviderFault::unavailable("none of its members hides private data");
        let mut members = self.members.iter().zip(&self.settings.members);
        members.find_map(|(member, settings)| settings.hides().then_some(member)).ok_or_else(none)
    }
}

impl GuardrailProvider for Composite {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async {
            let answers = join_all(self.members.iter().map(|member| member.check(subject))).await;
            self.join(subject, answers)
        })
    }

    fn check_here<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async {
            let answers = join_all(self.members.iter().map(|member| member.check_here(subject))).await;
            self.join(subject, answers)
        })
    }

    fn check_all<'a>(&'a self, subjects: &'a [Subject<'a>]) -> CheckingAll<'a> {
        Box::pin(async {
            let answers = join_all(self.members.iter().map(|member| member.check_all(subjects))).await;
            let mut answers: Vec<_> = answers.into_iter().map(Vec::into_iter).collect();
            let missing = || ProviderFault::unavailable("it answered for another number of texts").into();
            let mut row = |subject| {
                let row = answers.iter_mut().map(|of_member| of_member.next().unwrap_or_else(missing));
                self.join(subject, row.collect())
            };
            subjects.iter().map(&mut row).collect()
        })
    }

    fn writes_placeholders(&self) -> bool {
        self.hider().is_ok_and(|member| member.writes_placeholders())
    }

    fn hide<'a>(&'a self, private: &'a Private<'a>) -> Hiding<'a> {
        match self.hider() {
            Ok(member) => member.hide(private),
            Err(fault) => Box::pin(std::future::ready(Err(fault))),
        }
    }

    fn restore<'a>(&'a self, key: &'a PiiKey, texts: &'a [String]) -> Restoring<'a> {
        match self.hider() {
            Ok(member) => member.restore(key, texts),
            Err(fault) => Box::pin(std::future::ready(Err(fault))),
        }
    }
}
