//! Questions of ours that a client has yet to answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::lock::Lock;

/// Open at once on one connection; a person answers most of them.
const MAX_OPEN: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Questions {
    last: AtomicI64,
    open: Lock<HashMap<i64, oneshot::Sender<Answer>>>,
}

/// The result, or the error object.
type Answer = Result<Value, Value>;

/// What a client is asked.
#[derive(Debug)]
pub struct Question {
    pub method: String,
    pub params: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NoAnswer {
    /// The client answered with this error.
    Refused(Value),
    /// It cannot be asked in its revision of the protocol.
    NotAble,
    TooMany,
    /// It had `PATIENCE` to answer.
    Late,
    Gone,
}

/// A question on its way; forgotten when dropped.
pub(super) struct Asked<'a> {
    questions: &'a Questions,
    id: i64,
    answer: oneshot::Receiver<Answer>,
}

impl Questions {
    pub(super) fn open(&self) -> Option<Asked<'_>> {
        let (sender, answer) = oneshot::channel();
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut open = self.open.lock();
        if open.len() >= MAX_OPEN {
            return None;
        }
        open.insert(id, sender);
        Some(Asked { questions: self, id, answer })
    }

    pub(super) fn settle(&self, id: &Value, answer: Answer) {
        let waiting = id.as_i64().and_then(|id| self.open.lock().remove(&id));
        if let Some(waiting) = waiting {
            // Whoever asked may have gone.
            let _ = waiting.send(answer);
        }
    }
}

impl Asked<'_> {
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) async fn answered(mut self) -> Result<Value, NoAnswer> {
        match (&mut self.answer).await {
            Ok(answer) => answer.map_err(NoAnswer::Refused),
            Err(_) => Err(NoAnswer::Gone),
        }
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.questions.open.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn an_answer_reaches_its_question_and_no_other() {
        let questions = Questions::default();
        let (first, second) = (questions.open().expect("room"), questions.open().expect("room"));
        questions.settle(&json!(second.id()), Err(json!({"code": 1})));
        questions.settle(&json!(first.id()), Ok(json!("yes")));
        questions.settle(&json!(77), Ok(Value::Null));
        assert_eq!(first.answered().await, Ok(json!("yes")));
        assert_eq!(second.answered().await, Err(NoAnswer::Refused(json!({"code": 1}))));
    }

    #[test]
    fn questions_are_bounded_and_forgotten() {
        let questions = Questions::default();
        let open: Vec<_> = (0..MAX_OPEN).map_while(|_| questions.open()).collect();
        assert_eq!(open.len(), MAX_OPEN);
        assert!(questions.open().is_none());
        drop(open);
        assert!(questions.open().is_some());
    }
}
