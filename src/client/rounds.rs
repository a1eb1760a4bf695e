//! A client that is asked by results, and the requests of it that carry one piece of work on.

use serde_json::{Map, Value};

use super::{Capabilities, Client, Dialogue, Era, Line, Outlet};

impl Client {
    /// From here on a client of the newer revision is asked by results, if it may be asked at all. `whole`: where a
    /// server's own result is a question, it goes to the client as it is.
    pub fn converse(&self, whole: bool, may_ask: bool) {
        if self.era() == Era::Modern {
            let capabilities = if may_ask { self.capabilities().clone() } else { Capabilities::default() };
            // There is one for each piece of work.
            let _ = self.0.dialogue.set(Dialogue::new(whole, capabilities));
        }
    }

    /// Whether a result that is a question goes to the client as it is.
    pub fn takes_questions_whole(&self) -> bool {
        self.0.dialogue.get().is_some_and(|dialogue| dialogue.whole)
    }

    /// Waits for what the client is to be asked by a result, by keys. Never ends where it is not asked so.
    pub async fn questions(&self) -> Map<String, Value> {
        match self.0.dialogue.get() {
            Some(dialogue) => dialogue.questions().await,
            None => std::future::pending().await,
        }
    }

    /// The client cannot be shown what `questions` gave.
    pub fn refuse_questions(&self) {
        if let Some(dialogue) = self.0.dialogue.get() {
            dialogue.refuse();
        }
    }

    /// The request has been answered, and its work goes on: until the next one nobody hears of it.
    pub fn hang_up(&self) {
        *self.line() = Line { outlet: Outlet::Nowhere, progress_token: None, severity: None };
    }

    /// Another request of the client brings these answers, and hears of the work from here on.
    pub fn carry_on(&self, by: &Self, answers: Map<String, Value>) {
        let line = by.line().clone();
        *self.line() = line;
        if let Some(dialogue) = self.0.dialogue.get() {
            dialogue.go_on(by.capabilities().clone());
            dialogue.settle(answers);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::{Connection, Hello, MAX_QUESTIONS, Question};

    #[tokio::test]
    async fn a_client_is_not_asked_for_ever() {
        let connection = Arc::new(Connection::new(Outlet::Nowhere));
        let capabilities = Capabilities::read(Some(&json!({"sampling": {}})));
        let hello = Hello { era: Era::Modern, capabilities, ..Hello::default() };
        let client = connection.client_of(Arc::new(hello), None, &Map::new(), Outlet::Nowhere);
        client.converse(false, true);
        for _ in 0..MAX_QUESTIONS {
            let method = "sampling/createMessage".to_owned();
            assert!(client.answers(&method, false));
            let asking = client.ask(vec![Question { method, params: Map::new() }]);
            let answering = async {
                let asked = client.questions().await;
                client.carry_on(&client, asked.into_iter().map(|(key, _)| (key, json!({}))).collect());
            };
            assert_eq!(tokio::join!(asking, answering).0, [Ok(json!({}))]);
        }
        assert!(!client.answers("sampling/createMessage", false));
    }
}
