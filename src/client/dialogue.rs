//! Questions to a client that cannot be asked but by a result: they wait here until another request of the client
//! brings the answers.
//!
//! A call has one round of questions at a time. Whoever serves the client's requests shows them and settles them.

use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};

use super::{Capabilities, NoAnswer, Question};

use crate::lock::Lock;

#[derive(Debug)]
pub(super) struct Dialogue {
    /// The client is shown a result that is a question as it is.
    pub(super) whole: bool,
    state: Lock<State>,
    asked: Notify,
}

#[derive(Debug)]
struct State {
    /// What the client could be asked as of its last request; less than that, and nobody is asked.
    capabilities: Capabilities,
    /// Questions so far: no two of a call have the same key.
    count: usize,
    round: Option<Round>,
}

#[derive(Debug)]
struct Round {
    keys: Vec<String>,
    /// By their keys, as a result has them, until the client is shown them.
    questions: Option<Map<String, Value>>,
    answer: oneshot::Sender<Answered>,
}

/// All of a round, in its order.
type Answered = Result<Vec<Value>, NoAnswer>;

/// A round that waits for its answers; forgotten when dropped.
struct Open<'a> {
    dialogue: &'a Dialogue,
    first: String,
}

impl Dialogue {
    pub(super) fn new(whole: bool, capabilities: Capabilities) -> Self {
        let state = State { capabilities, count: 0, round: None };
        Self { whole, state: Lock::new(state), asked: Notify::new() }
    }

    pub(super) fn allows(&self, method: &str, relay_roots: bool) -> bool {
        self.state.lock().capabilities.answers(method, relay_roots)
    }

    /// Another request of the client carries on.
    pub(super) fn go_on(&self, capabilities: Capabilities) {
        self.state.lock().capabilities = capabilities;
    }

    /// Waits for the answers, however long that takes: the call is ended by whoever loses patience.
    pub(super) async fn ask(&self, questions: Vec<Question>) -> Vec<Result<Value, NoAnswer>> {
        let count = questions.len();
        if count == 0 {
            return Vec::new();
        }
        let answered = match self.open(questions) {
            Some((_open, answer)) => answer.await.unwrap_or(Err(NoAnswer::Gone)),
            None => Err(NoAnswer::TooMany),
        };
        match answered {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(why) => vec![Err(why); count],
        }
    }

    fn open(&self, questions: Vec<Question>) -> Option<(Open<'_>, oneshot::Receiver<Answered>)> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state.lock();
        if state.round.is_some() {
            return None;
        }
        let first = state.count + 1;
        state.count += questions.len();
        let keyed = questions.into_iter().zip(first..).map(|(Question { method, params }, number)| {
            (format!("question-{number}"), json!({"method": method, "params": params}))
        });
        let questions: Map<String, Value> = keyed.collect();
        let keys = questions.keys().cloned().collect();
        state.round = Some(Round { keys, questions: Some(questions), answer: sender });
        drop(state);
        self.asked.notify_one();
        Some((Open { dialogue: self, first: format!("question-{first}") }, answer))
    }

    /// Waits for questions that the client has not been shown.
    pub(super) async fn questions(&self) -> Map<String, Value> {
        loop {
            let asked = self.asked.notified();
            if let Some(questions) = self.state.lock().round.as_mut().and_then(|round| round.questions.take())
            {
                return questions;
            }
            asked.await;
        }
    }

    /// Answers by their keys. Those to questions that are no longer asked are passed over.
    pub(super) fn settle(&self, mut answers: Map<String, Value>) {
        let mut state = self.state.lock();
        let fits = |round: &mut Round| round.keys.iter().all(|key| answers.contains_key(key));
        let Some(round) = state.round.take_if(fits) else { return };
        let answers = round.keys.iter().filter_map(|key| answers.get_mut(key).map(Value::take));
        // Whoever asked may have gone.
        let _ = round.answer.send(Ok(answers.collect()));
    }

    /// There is no way to show the client what it is asked.
    pub(super) fn refuse(&self) {
        if let Some(round) = self.state.lock().round.take() {
            let _ = round.answer.send(Err(NoAnswer::TooMany));
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.dialogue.state.lock().round.take_if(|round| round.keys.first() == Some(&self.first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(method: &str) -> Question {
        Question { method: method.to_owned(), params: Map::new() }
    }

    fn dialogue() -> Dialogue {
        Dialogue::new(false, Capabilities::default())
    }

    #[tokio::test]
    async fn answers_reach_their_questions_in_order() {
        let dialogue = dialogue();
        let asking = dialogue.ask(vec![question("a"), question("b")]);
        let answering = async {
            let shown = dialogue.questions().await;
            assert_eq!(shown["question-2"]["method"], "b");
            dialogue.settle(Map::from_iter([("question-1".to_owned(), json!(1))]));
            dialogue.settle(Map::from_iter([
                ("question-2".to_owned(), json!(2)),
                ("question-1".to_owned(), json!(1)),
            ]));
        };
        assert_eq!(tokio::join!(asking, answering).0, [Ok(json!(1)), Ok(json!(2))]);
    }

    #[tokio::test]
    async fn a_round_is_shown_once_and_only_one_is_open() {
        let dialogue = dialogue();
        let asking = dialogue.ask(vec![question("a")]);
        let other = async {
            assert_eq!(dialogue.questions().await.len(), 1);
            let again = tokio::time::timeout(std::time::Duration::from_millis(10), dialogue.questions());
            assert!(again.await.is_err());
            assert_eq!(dialogue.ask(vec![question("b")]).await, [Err(NoAnswer::TooMany)]);
            dialogue.refuse();
        };
        assert_eq!(tokio::join!(asking, other).0, [Err(NoAnswer::TooMany)]);
    }

    #[tokio::test]
    async fn a_question_that_is_given_up_takes_its_answer_with_it() {
        let dialogue = dialogue();
        {
            let mut asking = std::pin::pin!(dialogue.ask(vec![question("a")]));
            assert!(futures_util::poll!(asking.as_mut()).is_pending());
        }
        let asking = dialogue.ask(vec![question("b")]);
        let answering = async {
            let shown = dialogue.questions().await;
            assert_eq!(shown.keys().collect::<Vec<_>>(), ["question-2"]);
            dialogue.settle(Map::from_iter([("question-1".to_owned(), json!("late"))]));
            dialogue.settle(Map::from_iter([("question-2".to_owned(), json!("yes"))]));
        };
        assert_eq!(tokio::join!(asking, answering).0, [Ok(json!("yes"))]);
    }
}
