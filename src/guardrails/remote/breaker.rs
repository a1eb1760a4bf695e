//! Leaves a service alone that fails again and again. While it does, every check fails at once.

use std::time::{Duration, Instant};

use super::super::provider::ProviderFault;

use crate::lock::Lock;

/// Failures in a row that open it.
const MAX_FAILURES: usize = 5;

/// How long nobody is asked then. After that one request goes first, to see.
const REST: Duration = Duration::from_secs(10);

/// Whoever leaves before this part of what a check may take was not kept waiting by the service.
const GIVEN_UP: f64 = 0.9;

pub(super) struct Breaker {
    name: &'static str,
    /// Whoever waited this long and left was kept waiting by the service.
    slow: Duration,
    state: Lock<State>,
}

#[derive(Default)]
struct State {
    failures: usize,
    /// Set when the service is left alone, and until a request succeeds.
    open_until: Option<Instant>,
    probing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Open,
    Probe,
    Closed,
}

/// One request. Dropped without a word it was given up.
pub(super) struct Attempt<'a> {
    breaker: &'a Breaker,
    began: Instant,
    probe: bool,
    over: bool,
}

impl Breaker {
    /// `patience` is how long a check may take.
    pub(super) fn new(name: &'static str, patience: Duration) -> Self {
        Self { name, slow: patience.mul_f64(GIVEN_UP), state: Lock::default() }
    }

    pub(super) fn enter(&self) -> Result<Attempt<'_>, ProviderFault> {
        let began = Instant::now();
        let mut state = self.state.lock();
        match state.enter(began) {
            Entry::Open => Err(ProviderFault::unavailable(format!(
                "`{}` failed {} times in a row and is left alone for up to {} s",
                self.name,
                state.failures,
                REST.as_secs()
            ))),
            entry => Ok(Attempt { breaker: self, began, probe: entry == Entry::Probe, over: false }),
        }
    }

    fn failed(&self, probe: bool) {
        let mut state = self.state.lock();
        if state.failed(probe, Instant::now()) {
            let (provider, failures) = (self.name, state.failures);
            tracing::error!(provider, failures, "the guardrail service fails and is left alone for a while");
        }
    }
}

impl State {
    fn enter(&mut self, now: Instant) -> Entry {
        match self.open_until {
            None => Entry::Closed,
            Some(until) if now < until || self.probing => Entry::Open,
            Some(_) => {
                self.probing = true;
                Entry::Probe
            }
        }
    }

    /// Whether the service is left alone from now on.
    fn failed(&mut self, probe: bool, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        let opens = probe || self.open_until.is_none() && self.failures >= MAX_FAILURES;
        if opens {
            self.open_until = Some(now + REST);
        }
        opens
    }
}

impl Attempt<'_> {
    pub(super) fn succeeded(mut self) {
        self.over = true;
        let mut state = self.breaker.state.lock();
        if state.open_until.is_some() {
            tracing::info!(provider = self.breaker.name, "the guardrail service answers again");
        }
        (state.failures, state.open_until) = (0, None);
    }

    pub(super) fn failed(mut self) {
        self.over = true;
        self.breaker.failed(self.probe);
    }

    /// Refused for what it asked: the service is neither well nor ill by that.
    pub(super) fn said_nothing(mut self) {
        self.over = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.over && self.began.elapsed() >= self.breaker.slow {
            self.breaker.failed(self.probe);
        }
        if self.probe {
            self.breaker.state.lock().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new("test", Duration::from_secs(15));
        for _ in 0..3 {
            (1..MAX_FAILURES).for_each(|_| breaker.enter().expect("closed").failed());
            breaker.enter().expect("closed").succeeded();
        }
        (0..20).for_each(|_| breaker.enter().expect("closed").said_nothing());
        (0..MAX_FAILURES).for_each(|_| breaker.enter().expect("closed").failed());
        assert!(breaker.enter().is_err());
    }

    #[test]
    fn one_request_goes_first_to_see() {
        let (mut state, mut now) = (State::default(), Instant::now());
        for _ in 0..MAX_FAILURES {
            state.failed(false, now);
        }
        assert_eq!(state.enter(now), Entry::Open);
        now += REST;
        assert_eq!((state.enter(now), state.enter(now)), (Entry::Probe, Entry::Open), "one at a time");
        state.probing = false;
        assert!(state.failed(true, now), "it rests again");
        assert_eq!(state.enter(now), Entry::Open);
        // A late failure of before does not prolong it.
        now += REST;
        assert!(!state.failed(false, now));
        assert_eq!(state.enter(now), Entry::Probe);
    }

    #[test]
    fn a_probe_that_succeeds_ends_the_rest_and_one_that_is_given_up_lets_another_go() {
        let breaker = Breaker::new("test", Duration::from_secs(15));
        (0..MAX_FAILURES).for_each(|_| breaker.enter().expect("closed").failed());
        assert!(breaker.enter().is_err());
        breaker.state.lock().open_until = Some(Instant::now());
        let probe = breaker.enter().expect("a probe");
        assert!(breaker.enter().is_err(), "one at a time");
        drop(probe);
        breaker.enter().expect("another probe").succeeded();
        let both = (breaker.enter().expect("closed"), breaker.enter().expect("closed"));
        drop(both);
    }

    #[test]
    fn whoever_was_kept_waiting_counts_and_whoever_left_early_does_not() {
        let patient = Breaker::new("test", Duration::from_secs(15));
        (0..20).for_each(|_| drop(patient.enter().expect("closed")));
        assert!(patient.enter().is_ok());
        let hasty = Breaker::new("test", Duration::ZERO);
        (0..MAX_FAILURES).for_each(|_| drop(hasty.enter().expect("closed")));
        assert!(hasty.enter().is_err());
    }
}
