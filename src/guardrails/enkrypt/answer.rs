//! What the service says of a text. What it quotes of the text, and what it says in sentences, is left where it is.

use serde_json::Value;

use super::super::provider::Hit;
use crate::config::{BlockList, Detector};

/// Labels of one hit that are repeated, and how long each may be.
const MAX_LABELS: usize = 8;
const LONGEST_LABEL: usize = 40;

/// The detectors of `summary` that found something, under their canonical names; others are not known here. Of those
/// that are to block, `null` is no verdict; of the others it says that the service's policy has none. An answer that says
/// nothing of any that is to block is none.
pub(super) fn hits(answer: &Value, policy: &str, block: &BlockList) -> Result<Vec<Hit>, &'static str> {
    let summary = answer.get("summary").and_then(Value::as_object);
    let summary = summary.ok_or("gave an answer without a `summary`")?;
    let mut hits: Vec<Hit> = Vec::new();
    let asked = || block.0.iter().filter(|detector| !is_score(**detector));
    let mut is_answered = asked().next().is_none();
    for (name, value) in summary {
        let Some(detector) = Detector::parse(name).filter(|detector| !is_score(*detector)) else { continue };
        is_answered |= block.0.contains(&detector);
        if value.is_null() && block.0.contains(&detector) {
            return Err("gave `null` as the verdict of a detector that is to block");
        }
        let known = hits.iter().any(|hit| hit.detector == detector);
        if !found(value)? || known {
            continue;
        }
        let rule = format!("policy `{policy}`");
        hits.push(Hit { reason: labels(value), ..Hit::new(detector, rule) });
    }
    if is_answered { Ok(hits) } else { Err("gave a verdict of no detector that is to block") }
}

/// A score below its threshold, or the verdict on an invention.
pub(super) fn fit(answer: &Value, detector: Detector, threshold: f64) -> Result<Option<Hit>, &'static str> {
    let either = |inner: &str, outer: &str| answer.pointer(inner).or_else(|| answer.get(outer));
    if detector == Detector::Hallucination {
        let verdict = either("/summary/is_hallucination", "has_hallucination");
        let verdict = verdict.filter(|verdict| verdict.is_boolean() || verdict.is_number());
        let verdict = verdict.ok_or("gave an answer that does not say whether something was made up")?;
        return Ok(found(verdict)?.then(|| Hit::new(detector, "hallucination")));
    }
    let score = either(&format!("/summary/{detector}_score"), "score").and_then(Value::as_f64);
    let score = score.ok_or("gave an answer without a score")?;
    Ok((score < threshold).then(|| Hit::new(detector, format!("{detector} {score:.2} < {threshold:.2}"))))
}

fn is_score(detector: Detector) -> bool {
    matches!(detector, Detector::Relevancy | Detector::Adherence | Detector::Hallucination)
}

/// A verdict is a number, a boolean or a list of labels; `null` is none.
fn found(value: &Value) -> Result<bool, &'static str> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(found) => Ok(*found),
        Value::Number(number) => Ok(number.as_f64().is_none_or(|number| number > 0.0)),
        Value::Array(labels) => Ok(!labels.is_empty()),
        Value::String(_) | Value::Object(_) => Err("gave a verdict that cannot be read"),
    }
}

/// Names of kinds only: anything that could be a sentence could be the text that was judged.
fn labels(value: &Value) -> Option<String> {
    let labels = value.as_array()?.iter().filter_map(Value::as_str);
    let plain = |label: &&str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let labels: Vec<&str> = labels.filter(plain).take(MAX_LABELS).collect();
    (!labels.is_empty()).then(|| labels.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use Detector as D;

    fn detectors(summary: &Value) -> Result<Vec<Detector>, &'static str> {
        let hits =
            hits(&json!({"summary": summary, "details": {}}), "P", &BlockList(vec![D::InjectionAttack]))?;
        Ok(hits.into_iter().map(|hit| hit.detector).collect())
    }

    #[test]
    fn whatever_hits_is_reported_under_its_canonical_name() {
        let summary = json!({
            "nsfw": 0, "toxicity": [], "pii": 1, "on_topic": ["violence"], "injection_attack": true,
            "keyword_detected": 1, "keyword_detector": 1, "bias": null, "sponge_attack": 0.0,
            "policy_violation": 0.4, "something_new": 1, "relevancy": 1,
        });
        let expected = [D::Pii, D::TopicDetector, D::InjectionAttack, D::KeywordDetector, D::PolicyViolation];
        assert_eq!(detectors(&summary).as_deref(), Ok(&expected[..]));
        assert_eq!(detectors(&json!({"injection_attack": 0})), Ok(Vec::new()));
    }

    #[test]
    fn no_verdict_is_no_clean_verdict() {
        for answer in
            [json!({}), json!([]), json!({"summary": []}), json!({"summary": null}), json!("summary")]
        {
            assert!(hits(&answer, "P", &BlockList(Vec::new())).is_err(), "{answer}");
        }
        for summary in [json!({}), json!({"toxicity": 0})] {
            assert!(detectors(&summary).is_err(), "{summary}");
        }
        for value in [json!("0"), json!({"score": 0}), Value::Null] {
            assert!(detectors(&json!({"injection_attack": value})).is_err(), "{value}");
        }
    }

    #[test]
    fn only_plain_labels_are_repeated() {
        let answer = json!({"summary": {"toxicity": [
            "toxicity", "Say it again: ignore", "insult", "x".repeat(41), "", 7, "UPPER"
        ]}});
        let hits = hits(&answer, "P", &BlockList(Vec::new())).expect("a verdict");
        assert_eq!(hits[0].reason.as_deref(), Some("toxicity, insult"));
        assert_eq!(hits[0].rule, "policy `P`");
    }

    #[test]
    fn scores_are_read_where_either_generation_writes_them() {
        let rule = |answer: Value, detector| fit(&answer, detector, 0.75).map(|hit| hit.map(|hit| hit.rule));
        let low = Ok(Some("relevancy 0.10 < 0.75".to_owned()));
        assert_eq!(rule(json!({"summary": {"relevancy_score": 0.1}}), Detector::Relevancy), low);
        assert_eq!(rule(json!({"score": 0.1}), Detector::Relevancy), low);
        assert_eq!(
            rule(json!({"summary": {"relevancy_score": 1}, "score": 0}), Detector::Relevancy),
            Ok(None)
        );
        assert_eq!(rule(json!({"score": 0.75}), Detector::Adherence), Ok(None));
        let made_up = Ok(Some("hallucination".to_owned()));
        assert_eq!(rule(json!({"summary": {"is_hallucination": 1}}), Detector::Hallucination), made_up);
        assert_eq!(rule(json!({"has_hallucination": true}), Detector::Hallucination), made_up);
        assert_eq!(rule(json!({"has_hallucination": false}), Detector::Hallucination), Ok(None));
        for answer in [json!({}), json!({"score": "0.9"}), json!({"summary": {"adherence_score": null}})] {
            assert!(rule(answer.clone(), Detector::Adherence).is_err(), "{answer}");
            assert!(rule(answer, Detector::Hallucination).is_err());
        }
    }
}
