//! The numbers behind a score: how often right, how often wrong, and how both change with the threshold.

use std::collections::BTreeMap;

use super::counts;
use super::entities::Spans;

/// Whoever lets through one in a hundred of the harmless texts.
const FALSE_ALARMS: f64 = 0.01;

/// The scores of one group of texts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    positive: Vec<f32>,
    negative: Vec<f32>,
    /// Of entities, by what is counted together.
    spans: BTreeMap<&'static str, Spans>,
    /// The ids of the texts that are judged otherwise than they are labelled.
    pub(super) wrong: Vec<String>,
}

impl Tally {
    pub(super) fn add(&mut self, label: bool, score: f32) {
        if label { &mut self.positive } else { &mut self.negative }.push(score);
    }

    pub(super) fn add_entities(&mut self, types: &'static str, more: Spans) {
        let spans = self.spans.entry(types).or_default();
        spans.right += more.right;
        spans.wrong += more.wrong;
        spans.missed += more.missed;
    }

    pub(super) fn rows(&self) -> usize {
        self.positive.len() + self.negative.len()
    }

    pub(super) fn positives(&self) -> usize {
        self.positive.len()
    }

    pub(super) fn precision(&self) -> Option<f64> {
        let right = flagged(&self.positive);
        share(right, right + flagged(&self.negative))
    }

    pub(super) fn recall(&self) -> Option<f64> {
        share(flagged(&self.positive), self.positive.len())
    }

    pub(super) fn false_positives(&self) -> Option<f64> {
        share(flagged(&self.negative), self.negative.len())
    }

    /// The recall at the lowest threshold that flags no more than one in a hundred harmless texts.
    pub(super) fn recall_at_fixed_rate(&self) -> Option<f64> {
        if self.positive.is_empty() || self.negative.is_empty() {
            return None;
        }
        let above =
            |scores: &[f32], threshold: f32| scores.iter().filter(|score| **score >= threshold).count();
        let mut thresholds: Vec<f32> = self.positive.clone();
        thresholds.retain(|score| *score > 0.0);
        thresholds.sort_by(f32::total_cmp);
        thresholds.dedup();
        let allowed = |threshold: &f32| {
            share(above(&self.negative, *threshold), self.negative.len())
                .is_some_and(|rate| rate <= FALSE_ALARMS)
        };
        let threshold = thresholds.into_iter().find(allowed);
        share(threshold.map_or(0, |threshold| above(&self.positive, threshold)), self.positive.len())
    }

    /// How often a harmful text has the higher score than a harmless one; a tie counts half.
    pub(super) fn auc(&self) -> Option<f64> {
        if self.positive.is_empty() || self.negative.is_empty() {
            return None;
        }
        let mut negative = self.negative.clone();
        negative.sort_by(f32::total_cmp);
        let wins: usize = self
            .positive
            .iter()
            .map(|score| {
                let below = negative.partition_point(|other| other < score);
                let not_above = negative.partition_point(|other| other <= score);
                below + not_above
            })
            .sum();
        share(wins, 2 * self.positive.len() * negative.len())
    }

    /// Precision, recall and F1 of entities that are counted together, where there are some.
    pub(super) fn entities(&self, types: &str) -> Option<(f64, f64, f64)> {
        let Spans { right, wrong, missed } = *self.spans.get(types)?;
        let (precision, recall) = (share(right, right + wrong)?, share(right, right + missed)?);
        let sum = precision + recall;
        Some((precision, recall, if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }))
    }
}

fn flagged(scores: &[f32]) -> usize {
    scores.iter().filter(|score| counts(**score)).count()
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts are far below 2^52")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(positive: &[f32], negative: &[f32]) -> Tally {
        Tally { positive: positive.to_vec(), negative: negative.to_vec(), ..Tally::default() }
    }

    #[test]
    fn shares_are_of_what_they_say() {
        let tally = tally(&[0.9, 0.6, 0.4, 0.0], &[0.7, 0.0, 0.0, 0.0]);
        assert_eq!((tally.rows(), tally.positives()), (8, 4));
        assert_eq!(tally.precision(), Some(2.0 / 3.0));
        assert_eq!((tally.recall(), tally.false_positives()), (Some(0.5), Some(0.25)));
        assert_eq!(tally.recall_at_fixed_rate(), Some(0.25), "only what is above the false alarm");
        assert_eq!(tally.auc(), Some((4.0 + 3.0 + 3.0 + 1.5) / 16.0));
        assert_eq!(super::Tally::default().recall(), None);
    }

    #[test]
    fn entities_have_precision_and_recall_of_their_own() {
        let mut tally = Tally::default();
        assert_eq!(tally.entities("names"), None);
        tally.add_entities("names", Spans { right: 3, wrong: 1, missed: 0 });
        tally.add_entities("names", Spans { right: 0, wrong: 0, missed: 1 });
        tally.add_entities("others", Spans { right: 0, wrong: 0, missed: 1 });
        assert_eq!(tally.entities("names"), Some((0.75, 0.75, 0.75)));
    }
}
