//! Progress as the client sees it: over the whole batch, always rising, and never silent for long.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::lock::Lock;

/// Clients give up on a request of which they hear nothing: the impatient ones after ten seconds.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// What a heartbeat adds: enough to rise, too little to count.
const NUDGE: f64 = 1e-6;

/// Finished calls are reported this often at most; what servers report is passed on as it comes.
const RARELY: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Progress(Lock<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    calls: usize,
    done: usize,
    last: Option<f64>,
    /// When the client last heard of this request.
    heard: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Lock::new(State { calls: 1, done: 0, last: None, heard: Instant::now() }))
    }

    pub(super) fn batch_of(&self, calls: usize) {
        self.0.lock().calls = calls;
    }

    /// One call of a batch has ended.
    pub(super) fn call_done(&self) -> Option<Map<String, Value>> {
        let mut state = self.0.lock();
        state.done += 1;
        if state.calls == 1 || state.heard.elapsed() < RARELY || state.done == state.calls {
            return None;
        }
        let (done, calls) = (state.done, state.calls);
        state.rise(whole(done));
        Some(Map::from_iter([("progress".to_owned(), done.into()), ("total".to_owned(), calls.into())]))
    }

    /// A server's report on its one call, as a report on the request.
    pub(super) fn of_call(&self, mut params: Map<String, Value>) -> Option<Map<String, Value>> {
        let progress = params.get("progress").and_then(Value::as_f64)?;
        let total = params.get("total").and_then(Value::as_f64).filter(|total| *total > 0.0);
        let mut state = self.0.lock();
        if state.calls == 1 {
            let risen = state.rise(progress);
            // Untouched where it rises by itself, so that a whole number stays one.
            if risen > progress {
                params.insert("progress".to_owned(), risen.into());
            }
            return Some(params);
        }
        let part = total.map_or_else(|| 1.0 - 1.0 / (1.0 + progress.max(0.0)), |total| progress / total);
        let at = whole(state.done) + part.clamp(0.0, 1.0);
        let risen = state.rise(at);
        params.insert("progress".to_owned(), risen.into());
        params.insert("total".to_owned(), state.calls.into());
        Some(params)
    }

    /// What to say where nothing was said for a while; otherwise how long to wait until then.
    pub(super) fn beat(&self, every: Duration) -> Result<Map<String, Value>, Duration> {
        let mut state = self.0.lock();
        let silent = state.heard.elapsed();
        if silent < every {
            return Err(every.saturating_sub(silent));
        }
        let at = state.last.unwrap_or_default() + NUDGE;
        Ok(Map::from_iter([("progress".to_owned(), state.rise(at).into())]))
    }
}

impl State {
    fn rise(&mut self, to: f64) -> f64 {
        let to = match self.last {
            Some(last) if to <= last => last + NUDGE,
            _ => to,
        };
        self.last = Some(to);
        self.heard = Instant::now();
        to
    }
}

fn whole(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(progress: impl Into<Value>, total: &Value) -> Map<String, Value> {
        let params = json!({"progress": progress.into(), "total": total, "message": "m"});
        params.as_object().cloned().expect("an object")
    }

    fn at(params: Option<Map<String, Value>>) -> f64 {
        params.and_then(|params| params["progress"].as_f64()).expect("progress")
    }

    #[test]
    fn one_call_is_reported_as_it_reports() {
        let progress = Progress::new();
        let first = progress.of_call(report(50, &json!(100))).expect("progress");
        assert_eq!(Value::Object(first), json!({"progress": 50, "total": 100, "message": "m"}));
        assert!(at(progress.of_call(report(50, &json!(100)))) > 50.0, "it always rises");
        let third = progress.of_call(report(51, &json!(100))).expect("progress");
        assert_eq!(third["progress"], 51);
    }

    #[test]
    fn a_batch_counts_its_calls() {
        let progress = Progress::new();
        progress.batch_of(4);
        let first = progress.of_call(report(50, &json!(100))).expect("progress");
        assert_eq!((&first["progress"], &first["message"]), (&json!(0.5), &json!("m")));
        progress.call_done();
        let second = progress.of_call(report(1, &Value::Null)).expect("progress");
        assert_eq!((&second["progress"], &second["total"]), (&json!(1.5), &json!(4)));
    }

    #[test]
    fn silence_is_broken() {
        let progress = Progress::new();
        assert!(progress.beat(HEARTBEAT).is_err());
        let beat = at(progress.beat(Duration::ZERO).ok());
        assert!(beat > 0.0 && beat < 0.001);
        assert!(at(progress.of_call(report(0, &Value::Null))) > beat);
    }
}
