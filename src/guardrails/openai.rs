//! The provider `openai`: a moderation service that scores texts by category.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::provider::{Answer, Checking, CheckingAll, GuardrailProvider, Hit, ProviderFault, Subject};
use super::remote::{Headers, Service, Services};
use crate::config::{Detector, OpenAiSettings};

const NO_VERDICT: &str = "gave an answer without categories and scores";

pub(super) struct OpenAi {
    service: Arc<Service>,
    settings: OpenAiSettings,
}

impl OpenAi {
    pub(super) fn new(settings: OpenAiSettings, patience: Duration, services: &Services) -> Self {
        let service = services.get("openai", &settings.base_url, settings.api_key.as_ref(), patience);
        Self { service, settings }
    }

    /// All texts of all subjects in one request.
    async fn moderate(&self, subjects: &[&Subject<'_>]) -> Result<Vec<Vec<Hit>>, ProviderFault> {
        let mut found = vec![Vec::new(); subjects.len()];
        let (mut owners, mut texts) = (Vec::new(), Vec::new());
        for (of, subject) in subjects.iter().enumerate() {
            for text in subject.document.whole().into_iter().filter(|text| !text.trim().is_empty()) {
                owners.push(of);
                texts.push(text);
            }
        }
        let input = match texts.len() {
            0 => return Ok(found),
            1 => Value::String(texts.remove(0)),
            _ => texts.into(),
        };
        let mut headers = Headers::json();
        if let Some(key) = &self.settings.api_key {
            headers = headers.secret(AUTHORIZATION, "Bearer ", key);
        }
        let answer = self.service.post("/v1/moderations", headers, &json!({"input": input})).await?;
        let results = answer.get("results").and_then(Value::as_array);
        let results = results.filter(|results| results.len() == owners.len());
        let results = results.ok_or_else(|| self.service.fault("answered for another number of texts"))?;
        for (of, result) in owners.into_iter().zip(results) {
            for hit in hits(&self.settings, result).map_err(|what| self.service.fault(what))? {
                if !found[of].contains(&hit) {
                    found[of].push(hit);
                }
            }
        }
        Ok(found)
    }
}

impl GuardrailProvider for OpenAi {
    fn check<'a>(&'a self, subject: &'a Subject<'a>) -> Checking<'a> {
        Box::pin(async { Answer::join(Answer::each(self.moderate(&[subject]).await, 1)) })
    }

    fn check_all<'a>(&'a self, subjects: &'a [Subject<'a>]) -> CheckingAll<'a> {
        Box::pin(async {
            let all: Vec<&Subject<'_>> = subjects.iter().collect();
            Answer::each(self.moderate(&all).await, subjects.len())
        })
    }
}

/// The listed categories that are flagged with a score that counts.
fn hits(settings: &OpenAiSettings, result: &Value) -> Result<Vec<Hit>, &'static str> {
    let part = |name: &str| result.get(name).and_then(Value::as_object).ok_or(NO_VERDICT);
    let (categories, scores) = (part("categories")?, part("category_scores")?);
    let mut hits = Vec::new();
    for (name, flagged) in categories {
        let Some(listed) = settings.categories.iter().find(|listed| covers(listed, name)) else { continue };
        if !flagged.as_bool().ok_or(NO_VERDICT)? {
            continue;
        }
        let score = scores.get(name).and_then(Value::as_f64).ok_or(NO_VERDICT)?;
        if score >= settings.threshold {
            let shown = if is_plain(name) { name } else { listed };
            let rule = format!("{shown} {score:.2} >= {:.2}", settings.threshold);
            hits.push(Hit::new(detector(name), rule));
        }
    }
    Ok(hits)
}

/// A listed name stands for its parts as well.
fn covers(listed: &str, name: &str) -> bool {
    name.strip_prefix(listed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_plain(name: &str) -> bool {
    name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'-' | b'_'))
}

fn detector(category: &str) -> Detector {
    match category.split('/').next().unwrap_or_default() {
        "hate" | "harassment" | "violence" | "self-harm" => Detector::Toxicity,
        "sexual" => Detector::Nsfw,
        _ => Detector::PolicyViolation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(categories: &[&str]) -> OpenAiSettings {
        OpenAiSettings {
            place: String::new(),
            base_url: String::new(),
            api_key: None,
            categories: categories.iter().map(|name| (*name).to_owned()).collect(),
            threshold: 0.7,
        }
    }

    #[test]
    fn a_hit_is_listed_flagged_and_high_enough() {
        let result = json!({
            "flagged": true,
            "categories": {
                "hate": true, "hate/threatening": true, "sexual": true, "sexual/minors": false,
                "violence": true, "illicit": true, "hateful": true,
            },
            "category_scores": {
                "hate": 0.91, "hate/threatening": 0.7, "sexual": 0.69, "sexual/minors": 0.99,
                "violence": 0.99, "illicit": 0.8, "hateful": 1,
            },
        });
        let hits = hits(&settings(&["hate", "sexual", "illicit"]), &result).expect("a verdict");
        let rules: Vec<_> = hits.iter().map(|hit| (hit.detector, hit.rule.as_str())).collect();
        let expected = [
            (Detector::Toxicity, "hate 0.91 >= 0.70"),
            (Detector::Toxicity, "hate/threatening 0.70 >= 0.70"),
            (Detector::PolicyViolation, "illicit 0.80 >= 0.70"),
        ];
        assert_eq!(rules, expected);
    }

    #[test]
    fn no_verdict_is_no_clean_verdict() {
        for result in [
            json!({}),
            json!({"flagged": false}),
            json!({"categories": {"hate": true}}),
            json!({"categories": {"hate": true}, "category_scores": {}}),
            json!({"categories": {"hate": true}, "category_scores": {"hate": "0.9"}}),
            json!({"categories": {"hate": 1}, "category_scores": {"hate": 0.9}}),
        ] {
            assert!(hits(&settings(&["hate"]), &result).is_err(), "{result}");
        }
    }
}
