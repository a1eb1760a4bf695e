//! The weights of the models, as `scripts/train.py` wrote them.

use super::super::FLAGGED;
use super::Sum;
use super::features::PLACES;

/// No model is as sure as a rule: what it has learned fits the texts it was shown better than others.
const SUREST: f32 = 0.6;
/// A window of less, such as a word or two, says nothing by itself.
const FEATURES: i32 = 12;

/// One after the other, each: four numbers of four bytes, and its table.
static FILE: &[u8] = include_bytes!("weights.bin");

const HEAD: usize = 4 * size_of::<f32>();

/// What a weight of zero is in a row.
const ZERO: u8 = 0x80;
/// So many weights can be summed up in two bytes.
const SUMMED: usize = 256;

/// As many models as look at one place.
pub(super) const TOGETHER: usize = 4;

/// The weights of all models of one place, a row for each feature: it costs one look at memory. They are moved up by
/// `ZERO`, so that sums of them fit side by side in a word.
pub(super) struct Panel {
    rows: Vec<[u8; TOGETHER]>,
    /// By the number of its task.
    pub(super) models: Vec<(usize, Model)>,
}

/// What a model makes of a sum of weights: it is worth more over fewer features.
#[derive(Clone, Copy)]
pub(super) struct Model {
    /// What a unit of a weight is worth.
    scale: f32,
    bias: f32,
    /// From this probability on it counts.
    knee: f32,
    /// Over so many features at least a sum is spread: what is short says less.
    floor: f32,
}

impl Panel {
    /// The models by their place in the file; a test holds that they are there.
    pub(super) fn new(tasks: impl Iterator<Item = usize>) -> Self {
        let (files, _) = FILE.as_chunks::<{ HEAD + PLACES }>();
        let mut panel = Self { rows: vec![[ZERO; TOGETHER]; PLACES], models: Vec::new() };
        for (column, task) in tasks.take(TOGETHER).enumerate() {
            let Some((head, table)) = files.get(task).and_then(|file| file.split_first_chunk::<HEAD>())
            else {
                continue;
            };
            let (numbers, _) = head.as_chunks::<4>();
            let [scale, bias, knee, floor] = [0, 1, 2, 3].map(|at| f32::from_le_bytes(numbers[at]));
            for (row, weight) in panel.rows.iter_mut().zip(table) {
                row[column] = weight.wrapping_add(ZERO);
            }
            panel.models.push((task, Model { scale, bias, knee, floor }));
        }
        panel
    }

    /// What all models make of some features.
    pub(super) fn sum(&self, places: &[u16]) -> Sum {
        const PAIR: u32 = 0x00ff_00ff;
        let mut weights = [0; TOGETHER];
        let Some(rows) = self.rows.first_chunk::<PLACES>() else { return Sum::default() };
        for some in places.chunks(SUMMED) {
            let (mut even, mut odd) = (0, 0);
            for place in some {
                let row = u32::from_le_bytes(rows[usize::from(*place)]);
                even += row & PAIR;
                odd += row >> 8 & PAIR;
            }
            let sums = [even & 0xffff, odd & 0xffff, even >> 16, odd >> 16];
            let zero = some.len() * usize::from(ZERO);
            for (weight, sum) in weights.iter_mut().zip(sums) {
                *weight += i32::try_from(sum).unwrap_or_default() - i32::try_from(zero).unwrap_or_default();
            }
        }
        Sum { weights, features: i32::try_from(places.len()).unwrap_or(i32::MAX) }
    }
}

impl Model {
    /// How sure the model is of a window, on the scale of the rules: at the knee it counts.
    pub(super) fn score(self, sum: i32, features: i32) -> f32 {
        if features < FEATURES {
            return 0.0;
        }
        // Sums of a window are small; both are exact.
        #[expect(clippy::cast_precision_loss)]
        let logit = self.scale * sum as f32 / (features as f32).max(self.floor).sqrt() + self.bias;
        let probability = 1.0 / (1.0 + (-logit).exp());
        if probability < self.knee {
            FLAGGED * probability / self.knee
        } else {
            FLAGGED + (SUREST - FLAGGED) * (probability - self.knee) / (1.0 - self.knee)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Kinds, Place, inspect};
    use super::super::TASKS;
    use super::*;

    #[test]
    fn a_word_or_two_are_left_to_the_rules() {
        for text in
            ["american", "Go back", "country", "hidden", "never", "only", "only_attached", "look_back_end"]
        {
            for place in [Place::Argument, Place::Result, Place::Definition] {
                let found = inspect(text, place, Kinds::ALL);
                assert!(!found.iter().any(|one| one.score >= FLAGGED), "{text}: {found:?}");
            }
        }
    }

    #[test]
    fn the_file_holds_each_model_and_nothing_else() {
        assert_eq!(FILE.len(), TASKS.len() * (HEAD + PLACES));
        for task in 0..TASKS.len() {
            let panel = Panel::new([task].into_iter());
            let [(_, model)] = panel.models[..] else { panic!("a model") };
            assert!(model.scale > 0.0 && (0.01..1.0).contains(&model.knee) && model.bias.is_finite());
            assert!(panel.rows.iter().any(|row| row[0] != ZERO));
        }
    }
}
