//! The operator's classifier, asked about all that a subject holds, read as one text.
//!
//! It works on threads of its own, as many at once as the machine has processors, and stops when nobody waits.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use crate::classifier::Unjudged;
use crate::config::ClassifierSettings;
use crate::guardrails::document::is_vocabulary;
use crate::guardrails::provider::{Hit, ProviderFault, Subject};

const RULE: &str = "classifier";

pub(super) struct Expert {
    settings: ClassifierSettings,
    turns: Arc<Semaphore>,
}

/// Somebody waits, until it is dropped.
struct Waiting(Arc<AtomicBool>);

impl Expert {
    pub(super) fn new(settings: ClassifierSettings) -> Self {
        let turns = available_parallelism().map_or(1, usize::from);
        Self { settings, turns: Arc::new(Semaphore::new(turns)) }
    }

    pub(super) async fn judge(&self, subject: &Subject<'_>) -> Result<Vec<Hit>, ProviderFault> {
        let ClassifierSettings { detector, threshold, max_bytes, .. } = self.settings;
        if !subject.asks_for(detector) {
            return Ok(Vec::new());
        }
        let closed = |_| ProviderFault::Cancelled;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(closed)?;
        let text = joined(subject, max_bytes).ok_or_else(|| fault(Unjudged::TooLong))?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let classifier = Arc::clone(&self.settings.classifier);
        let wanted = Arc::new(AtomicBool::new(true));
        let _waiting = Waiting(Arc::clone(&wanted));
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            classifier.score(&text, &|| wanted.load(Ordering::Relaxed))
        });
        let score = work.await.unwrap_or(Err(Unjudged::Failed)).map_err(fault)?;
        if score < threshold {
            return Ok(Vec::new());
        }
        let reason = Some(format!("the model gives it {score:.2}, and {threshold:.2} is enough"));
        Ok(vec![Hit { reason, ..Hit::new(detector, RULE) }])
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn fault(why: Unjudged) -> ProviderFault {
    ProviderFault::unavailable(why.to_string())
}

/// Each text once, line by line. `None` where they are longer than that together.
fn joined(subject: &Subject<'_>, max_bytes: usize) -> Option<String> {
    let mut seen = HashSet::with_capacity(subject.texts.len());
    let mut whole = String::new();
    for text in subject.texts.iter().filter(|text| !is_vocabulary(text) && seen.insert(text.as_ptr())) {
        if whole.len() + text.len() >= max_bytes {
            return None;
        }
        if !text.trim().is_empty() {
            whole.push_str(text);
            whole.push('\n');
        }
    }
    Some(whole)
}
