//! How long something takes, in microseconds.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one row is measured, and in how many turns over the texts at least.
const ENOUGH: Duration = Duration::from_millis(400);
const TURNS: usize = 3;

/// The median, and what one in a hundred calls exceeds.
pub(crate) struct Times {
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Times {
    pub(crate) fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 100).copied();
        Self { median: at(50).unwrap_or(f64::NAN), p99: at(99).unwrap_or(f64::NAN) }
    }

    /// Where all texts are of one size.
    pub(crate) fn per_kb(&self, size: usize) -> f64 {
        self.median * 1024.0 / float(size)
    }
}

/// One call with each text by turns, after one that does not count.
pub(crate) fn each<T>(texts: &[String], quick: bool, act: impl Fn(&str) -> T) -> Times {
    for text in texts {
        black_box(act(text));
    }
    let enough = if quick { ENOUGH / 8 } else { ENOUGH };
    let (started, mut times, mut turn) = (Instant::now(), Vec::new(), 0);
    while turn < TURNS || started.elapsed() < enough {
        turn += 1;
        times.extend(texts.iter().map(|text| once(|| act(text))));
    }
    Times::of(times)
}

pub(crate) fn once<T>(act: impl FnOnce() -> T) -> f64 {
    let started = Instant::now();
    let value = black_box(act());
    let took = started.elapsed();
    drop(value);
    took.as_secs_f64() * 1e6
}

pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
