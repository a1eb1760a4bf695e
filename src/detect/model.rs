//! Linear models over windows of a text, for what rules cannot say: a text is as suspicious as its worst window.
//!
//! A window is a bag of tokens, pairs, triples and pieces of words, each with one weight. The weights come from
//! `scripts/train.py`; the README beside this says what from, and how good they are.

mod features;
mod tokens;
mod weights;

use std::ops::Range;
use std::sync::OnceLock;

use weights::{Model, Panel, TOGETHER};

use super::{Finding, Kind, Kinds, Place};

/// Less than this says nothing about a text, and is not told.
const WORTH_TELLING: f32 = 0.05;

/// No name of anything is longer.
const NAME: usize = 40;

/// What a model looks for, and where.
struct Task {
    kind: Kind,
    places: &'static [Place],
    rule: &'static str,
    reason: &'static str,
}

/// What a model takes for a task, in a text that a server gives.
pub(super) const TASK_RULE: &str = "prompt.model-result";

/// In the order of the file of weights.
const TASKS: [Task; 5] = [
    Task {
        kind: Kind::PromptInjection,
        places: &[Place::Argument],
        rule: "prompt.model-request",
        reason: "It reads like an attempt to talk an assistant out of its rules.",
    },
    Task {
        kind: Kind::PromptInjection,
        places: &[Place::Result],
        rule: TASK_RULE,
        reason: "It reads like a task for an assistant, where data belongs.",
    },
    Task {
        kind: Kind::CodeInjection,
        places: &[Place::Argument],
        rule: "code.model",
        reason: "It reads like code that breaks out of a value.",
    },
    Task {
        kind: Kind::ToolPoisoning,
        places: &[Place::Definition],
        rule: "poison.model",
        reason: "It reads like a definition that misleads an assistant, or like a tool that does harm.",
    },
    Task {
        kind: Kind::Toxicity,
        places: &[Place::Argument, Place::Result, Place::Definition],
        rule: "toxicity.model",
        reason: "It reads like hate, abuse or sexual content.",
    },
];

/// The features of some tokens, weighed by each model.
#[derive(Clone, Copy, Default)]
struct Sum {
    weights: [i32; TOGETHER],
    features: i32,
}

/// A block by itself, and what it adds to the one before it.
#[derive(Default)]
struct Sums {
    own: Sum,
    added: Sum,
}

/// The worst window for one model.
#[derive(Clone, Default)]
struct Worst {
    score: f32,
    span: Range<usize>,
}

impl Sum {
    fn add(&mut self, more: &Self) {
        self.features += more.features;
        for (sum, more) in self.weights.iter_mut().zip(more.weights) {
            *sum += more;
        }
    }
}

impl Panel {
    fn of(place: Place) -> &'static Self {
        static PANELS: [OnceLock<Panel>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        let tasks = || TASKS.iter().enumerate().filter(|(_, task)| task.places.contains(&place));
        PANELS[place as usize].get_or_init(|| Self::new(tasks().map(|(index, _)| index)))
    }
}

/// Adds what the models think of a text.
pub(super) fn scan(text: &str, place: Place, kinds: Kinds, found: &mut Vec<Finding>) {
    // `look_back_end` is a name, and no sentence of anybody's; one that is longer may be.
    let is_text = text.len() > NAME || !text.contains(['_', '-', '/']) || text.contains(char::is_whitespace);
    let asked = |task: &Task| kinds.contains(task.kind) && (is_text || task.kind == Kind::CodeInjection);
    let panel = Panel::of(place);
    let models = || panel.models.iter().enumerate().filter(|(_, (task, _))| asked(&TASKS[*task]));
    let models: Vec<(usize, usize, Model)> =
        models().map(|(column, (task, model))| (column, *task, *model)).collect();
    if models.is_empty() {
        return;
    }
    let mut worst = vec![Worst::default(); models.len()];
    features::read(
        text,
        |sums: &mut Sums, news| {
            sums.added = panel.sum(news.places(false));
            sums.own = panel.sum(news.places(true));
            sums.own.add(&sums.added);
        },
        |span, first, second| {
            let mut both = first.own;
            if let Some(second) = second {
                both.add(&second.added);
            }
            for (worst, (column, _, model)) in worst.iter_mut().zip(&models) {
                let score = model.score(both.weights[*column], both.features);
                if score > worst.score {
                    *worst = Worst { score, span: span.clone() };
                }
            }
        },
    );
    for ((_, task, _), worst) in models.iter().zip(worst).filter(|(_, worst)| worst.score >= WORTH_TELLING) {
        let Task { kind, rule, reason, .. } = TASKS[*task];
        found.push(Finding { kind, label: "model", span: worst.span, score: worst.score, rule, reason });
    }
}

/// The features of each window, for who trains the models.
pub(super) fn windows(text: &str) -> Vec<Vec<u16>> {
    let mut seen = Vec::new();
    features::read(
        text,
        |block: &mut [Vec<u16>; 2], news| *block = [news.in_order(), news.places(false).to_vec()],
        |_, first, second| {
            let added = second.map_or(&[][..], |[_, added]| added);
            seen.push(first[0].iter().chain(added).copied().collect());
        },
    );
    seen
}
