//! The provider `enkrypt`: a service that keeps policies by name and says which of their detectors a text hits.
//!
//! It is asked about whole texts. What it quotes of them in its answers is not read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use reqwest::header::HeaderName;
use serde_json::{Value, json};

use super::provider::{
    Answer, Checking, CheckingAll, GuardrailProvider, Hidden, Hiding, Hit, PiiKey, Private, ProviderFault,
    Restoring, Side, Subject,
};
use super::remote::{Headers, Service, Services};
use crate::config::{ApiStyle, Detector, EnkryptSettings, Policy};
use crate::json;
use crate::secret::{ApiKey, SecretValue};

mod answer;
mod private;

const APIKEY: HeaderName = HeaderName::from_static("apikey");
const EVENT: HeaderName = HeaderName::from_static("x-enkrypt-source-event");
const GUARDRAIL: HeaderName = HeaderName::from_static("x-enkrypt-guardrail");
const MODE: HeaderName = HeaderName::from_static("x-enkrypt-mode");
const POLICY: HeaderName = HeaderName::from_static("x-enkrypt-policy");
const SOURCE: HeaderName = HeaderName::from_static("x-enkrypt-source-name");

pub(super) struct Enkrypt {
    service: Arc<Service>,
    key: Option<ApiKey>,
    style: ApiStyle,
}

/// What is asked for, in the service's words.
#[derive(Clone, Copy)]
enum Event {
    PreTool,
    PostTool,
    Registration,
    Redact,
    Restore,
}

impl Enkrypt {
    pub(super) fn new(settings: &EnkryptSettings, patience: Duration, services: &Services) -> Self {
        let service = services.get("enkrypt", &settings.base_url, settings.api_key.as_ref(), patience);
        Self { service, key: settings.api_key.clone(), style: settings.style }
    }

    async fn detect(&self, subject: &Subject<'_>, text: &str) -> Result<Vec<Hit>, ProviderFault> {
        let path = match self.style {
            ApiStyle::Guardrail => "/guardrails/guardrail/detect",
            ApiStyle::Policy => "/guardrails/policy/detect",
        };
        let headers = self.named(subject.side, subject.policy)?;
        let answer = self.service.post(path, headers, &json!({"text": text})).await?;
        self.hits(&answer, subject.policy)
    }

    /// Headlines first and what else there is after them, so that plain definitions read as they always did.
    async fn detect_all(&self, subjects: &[Subject<'_>]) -> Result<Vec<Vec<Hit>>, ProviderFault> {
        let path = match self.style {
            ApiStyle::Guardrail => "/guardrails/guardrail/batch/detect",
            ApiStyle::Policy => "/guardrails/policy/batch/detect",
        };
        let Some(first) = subjects.first() else { return Ok(Vec::new()) };
        let (mut headlines, mut more) = (Vec::with_capacity(subjects.len()), Vec::new());
        for (of, subject) in subjects.iter().enumerate() {
            let mut texts = subject.document.whole().into_iter();
            headlines.push(texts.next().unwrap_or_default());
            more.extend(texts.map(|text| (of, text)));
        }
        let owners: Vec<usize> = (0..subjects.len()).chain(more.iter().map(|(of, _)| *of)).collect();
        headlines.extend(more.into_iter().map(|(_, text)| text));
        let headers = self.named(Side::Registration, first.policy)?;
        let answer = self.service.post(path, headers, &json!({"texts": headlines})).await?;
        let answers = answer.as_array().filter(|answers| answers.len() == owners.len());
        let Some(answers) = answers else {
            return Err(self.service.fault("answered for another number of texts"));
        };
        let mut found = vec![Vec::new(); subjects.len()];
        for (of, answer) in owners.into_iter().zip(answers) {
            for hit in self.hits(answer, first.policy)? {
                if !found[of].contains(&hit) {
                    found[of].push(hit);
                }
            }
        }
        Ok(found)
    }

    /// How well an answer fits its question, where the policy asks for that.
    async fn fit(&self, subject: &Subject<'_>, text: &str) -> Vec<Answer> {
        let Some(request) = subject.request.filter(|_| subject.side == Side::Output) else {
            return Vec::new();
        };
        let (policy, question) = (subject.policy, json::sorted(request.arguments()));
        let mut asked = Vec::new();
        if let Some(threshold) = policy.relevancy {
            let body = json!({"question": question, "llm_answer": text});
            asked.push((Detector::Relevancy, threshold, body));
        }
        if let Some(threshold) = policy.adherence {
            asked.push((Detector::Adherence, threshold, json!({"context": question, "llm_answer": text})));
        }
        if policy.hallucination {
            let body = json!({"request_text": question, "response_text": text, "context": ""});
            asked.push((Detector::Hallucination, 0.0, body));
        }
        let ask = |(detector, threshold, body)| async move {
            let path = format!("/guardrails/{detector}");
            let answer = self.service.post(&path, self.headers(Event::PostTool), &body).await?;
            let hit = answer::fit(&answer, detector, threshold).map_err(|what| self.service.fault(what))?;
            Ok(hit.into_iter().collect())
        };
        join_all(asked.into_iter().map(ask)).await.into_iter().map(Answer::from).collect()
    }

    async fn swap(
        &self,
        event: Event,
        text: &str,
        key: &str,
    ) -> Result<(String, Option<String>), ProviderFault> {
        let mode = if matches!(event, Event::Redact) { "request" } else { "response" };
        let body = json!({"text": text, "mode": mode, "key": key});
        let mut answer = self.service.post("/guardrails/pii", self.headers(event), &body).await?;
        let mut take = |name: &str| match answer.get_mut(name).map(Value::take) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let text = take("text").ok_or_else(|| self.service.fault("gave an answer without a `text`"))?;
        Ok((text, take("key").filter(|key| !key.is_empty())))
    }

    fn hits(&self, answer: &Value, policy: &Policy) -> Result<Vec<Hit>, ProviderFault> {
        let hits = answer::hits(answer, policy.name.as_deref().unwrap_or_default(), &policy.block);
        hits.map_err(|what| self.service.fault(what))
    }

    /// With the name of the policy that is to be applied.
    fn named(&self, side: Side, policy: &Policy) -> Result<Headers, ProviderFault> {
        let name = policy.name.as_deref().filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| self.service.fault("keeps policies by name, and this one has none"))?;
        let (event, mode) = match side {
            Side::Input => (Event::PreTool, "prompt"),
            Side::Output => (Event::PostTool, "response"),
            Side::Registration => (Event::Registration, "prompt"),
        };
        let headers = self.headers(event);
        Ok(match self.style {
            ApiStyle::Guardrail => headers.with(GUARDRAIL, name).with(MODE, mode),
            ApiStyle::Policy => headers.with(POLICY, name),
        })
    }

    fn headers(&self, event: Event) -> Headers {
        let mut headers = Headers::json();
        if let Some(key) = &self.key {
            headers = headers.secret(APIKEY, "", key);
        }
        match self.style {
            ApiStyle::Guardrail => headers.with(SOURCE, "mcp-gateway").with(EVENT, event.as_str()),
            ApiStyle::Policy => headers,
        }
    }
}

impl GuardrailProvider for Enkrypt {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async {
            let texts = subject.document.whole();
            let texts: Vec<&String> = texts.iter().filter(|text| !text.trim().is_empty()).collect();
            let asked = texts.iter().map(|text| join(self.detect(subject, text), self.fit(subject, text)));
            let answers = join_all(asked).await.into_iter();
            Answer::join(answers.flat_map(|(detected, more)| std::iter::once(detected.into()).chain(more)))
        })
    }

    fn check_all<'a>(&'a self, subjects: &'a [Subject<'a>]) -> CheckingAll<'a> {
        Box::pin(async {
            if subjects.iter().any(|subject| subject.side != Side::Registration) {
                return join_all(subjects.iter().map(|subject| self.check(subject))).await;
            }
            Answer::each(self.detect_all(subjects).await, subjects.len())
        })
    }

    fn writes_placeholders(&self) -> bool {
        true
    }

    fn hide<'a>(&'a self, private: &'a Private<'a>) -> Hiding<'a> {
        Box::pin(async {
            let value = private.value;
            let (text, key) = self.swap(Event::Redact, &json::sorted(value), "null").await?;
            let texts = private::texts(value, &text).map_err(|what| self.service.fault(what))?;
            // Where nothing was taken out, nothing is put back.
            let changed = texts.iter().map(String::as_str).ne(private.texts.iter().copied());
            let key = key.filter(|_| changed).map(|key| PiiKey(SecretValue::from(key)));
            Ok(Hidden::Texts { texts, key })
        })
    }

    fn restore<'a>(&'a self, key: &'a PiiKey, texts: &'a [String]) -> Restoring<'a> {
        Box::pin(async {
            let restored = texts.iter().map(|text| self.swap(Event::Restore, text, key.0.expose()));
            let restored = join_all(restored).await.into_iter();
            restored.map(|answer| answer.map(|(text, _)| text)).collect()
        })
    }
}

impl Event {
    fn as_str(self) -> &'static str {
        match self {
            Self::PreTool => "pre-tool",
            Self::PostTool => "post-tool",
            Self::Registration => "server-registration",
            Self::Redact => "pii-redact",
            Self::Restore => "pii-restore",
        }
    }
}
