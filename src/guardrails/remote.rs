//! A service that judges texts over HTTP: how it is asked, and everything that is no answer of it.
//!
//! Nothing of what is sent or answered is in a fault: those words are what is being judged.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::provider::ProviderFault;
use crate::json::{self, LARGE, MAX_VALUES};
use crate::recent::{Life, Recent};
use crate::secret::{ApiKey, KeyDigest};
use crate::web::{self, WebFault};

mod breaker;

use breaker::{Attempt, Breaker};

/// Services whose state is kept.
const MAX_SERVICES: usize = 16;

/// Requests to one service at the same time; the next ones wait, as long as a check may take.
const MAX_IN_FLIGHT: usize = 32;

/// A request that found no connection, or lost it before the answer began, is sent once more.
const RETRIES: usize = 1;

/// An answer may quote what it was asked so many times, and say this much beside.
const MAX_QUOTES: usize = 4;
const MAX_BESIDE: usize = 1 << 20;
const MAX_ANSWER: usize = 64 << 20;

pub(super) struct Service {
    name: &'static str,
    base: String,
    places: Semaphore,
    breaker: Breaker,
}

/// The services that are asked, each once for all settings that ask it in the same way: how it does and how much it is
/// asked at once outlives an edit.
pub(super) struct Services(Recent<Identity, Arc<Service>>);

/// Another key may be judged otherwise, and another patience makes another judge of slowness.
type Identity = (&'static str, String, Option<KeyDigest>, Duration);

/// Headers of one request. A value that is none is found when it is sent.
#[derive(Default)]
pub(super) struct Headers {
    map: HeaderMap,
    broken: bool,
}

/// No answer, and whether that says something of the service's health.
struct Failure {
    fault: ProviderFault,
    ill: bool,
}

impl Default for Services {
    fn default() -> Self {
        Self(Recent::new(MAX_SERVICES, Life::UntilCrowdedOut))
    }
}

impl Services {
    /// `patience` is how long a check may take.
    pub(super) fn get(
        &self,
        name: &'static str,
        base: &str,
        key: Option<&ApiKey>,
        patience: Duration,
    ) -> Arc<Service> {
        let identity = (name, base.to_owned(), key.map(ApiKey::digest), patience);
        self.0.get_or_insert(identity, || Arc::new(Service::new(name, base, patience))).0
    }
}

impl Service {
    fn new(name: &'static str, base: &str, patience: Duration) -> Self {
        let breaker = Breaker::new(name, patience);
        Self { name, base: base.to_owned(), places: Semaphore::new(MAX_IN_FLIGHT), breaker }
    }

    /// Posts JSON and gives back the JSON of the answer.
    pub(super) async fn post(
        &self,
        path: &str,
        headers: Headers,
        body: &Value,
    ) -> Result<Value, ProviderFault> {
        // Nobody closes it.
        let _place = self.places.acquire().await;
        let attempt = self.breaker.enter()?;
        match self.ask(path, headers, body).await {
            Ok(answer) => {
                attempt.succeeded();
                Ok(answer)
            }
            Err(Failure { fault, ill }) => {
                let end = if ill { Attempt::failed } else { Attempt::said_nothing };
                end(attempt);
                Err(fault)
            }
        }
    }

    /// A fault in this service's name.
    pub(super) fn fault(&self, what: &str) -> ProviderFault {
        ProviderFault::unavailable(format!("`{}` {what}", self.name))
    }

    async fn ask(&self, path: &str, headers: Headers, body: &Value) -> Result<Value, Failure> {
        let healthy = |what: &str| Failure { fault: self.fault(what), ill: false };
        let ill = |what: &str| Failure { fault: self.fault(what), ill: true };
        if headers.broken {
            return Err(healthy("cannot be asked: its key or the policy's name cannot stand in a header"));
        }
        let mut text = Vec::new();
        json::write(body, &mut text);
        let limit = MAX_ANSWER.min(MAX_BESIDE + MAX_QUOTES * text.len());
        let response = self.send(path, &headers.map, text.into()).await?;
        match response.status() {
            StatusCode::OK => {}
            status => {
                let ill = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                return Err(Failure { fault: self.fault(&refusal(status)), ill });
            }
        }
        let answer = web::body(response, limit).await.map_err(|fault| match fault {
            WebFault::TooLong { limit } => ill(&format!("gave an answer of more than {limit} bytes")),
            _ => ill("broke off in the midst of its answer"),
        })?;
        if answer.is_empty() {
            return Err(ill("gave an empty answer"));
        }
        if answer.len() > LARGE && json::values(&answer) > MAX_VALUES {
            return Err(ill("gave an answer of too many values"));
        }
        serde_json::from_slice(&answer).map_err(|_| ill("gave an answer that is not JSON"))
    }

    async fn send(&self, path: &str, headers: &HeaderMap, body: Bytes) -> Result<Response, Failure> {
        let ill = |what: &str| Failure { fault: self.fault(what), ill: true };
        let client = web::client().map_err(|fault| Failure {
            fault: self.fault(&format!("cannot be asked: {fault}")),
            ill: false,
        })?;
        let url = format!("{}{path}", self.base);
        let mut left = RETRIES;
        loop {
            let request = client.post(&url).headers(headers.clone()).body(body.clone());
            let error = match request.send().await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if error.is_builder() {
                return Err(Failure {
                    fault: self.fault("cannot be asked: its address is none"),
                    ill: false,
                });
            }
            if left == 0 {
                let what = if error.is_connect() {
                    "cannot be reached"
                } else {
                    "closed the connection without an answer"
                };
                return Err(ill(what));
            }
            left -= 1;
        }
    }
}

impl Headers {
    pub(super) fn json() -> Self {
        Self::default().with(CONTENT_TYPE, "application/json")
    }

    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        // Not `from_str`, which takes ASCII only: names of policies may have other letters.
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) => drop(self.map.insert(name, value)),
            Err(_) => self.broken = true,
        }
        self
    }

    /// A value that no log of the client's shows.
    #[must_use]
    pub(super) fn secret(mut self, name: HeaderName, prefix: &str, key: &ApiKey) -> Self {
        match HeaderValue::from_bytes(format!("{prefix}{}", key.expose()).as_bytes()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.map.insert(name, value);
            }
            Err(_) => self.broken = true,
        }
        self
    }
}

/// What a status means to the operator.
fn refusal(status: StatusCode) -> String {
    let number = status.as_u16();
    match number {
        401 | 403 => format!("refused the API key (status {number})"),
        404 => "knows no such policy or address (status 404)".to_owned(),
        413 => "finds the text too long (status 413)".to_owned(),
        429 => "is asked too often (status 429)".to_owned(),
        300..=399 => format!("redirects elsewhere, where nothing is sent (status {number})"),
        _ => format!("answered with status {number}"),
    }
}
