//! The table: rows in the order they were first measured, a column for each subject, medians over the rounds.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::process;

pub(crate) struct Report {
    subjects: Vec<&'static str>,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    unit: &'static str,
    /// For each subject, in their order.
    cells: Vec<Cell>,
}

/// What the rounds gave: a number each, or the parts of one quotient over all of them.
#[derive(Clone, Default)]
struct Cell {
    rounds: Vec<f64>,
    ratio: Option<(f64, f64)>,
}

impl Report {
    pub(crate) fn new(subjects: Vec<&'static str>) -> Self {
        Self { subjects, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, what: &str, unit: &'static str, subject: &str, value: f64) {
        if let Some(cell) = self.cell(what, unit, subject) {
            cell.rounds.push(value);
        }
    }

    /// For what is too coarse to be divided in one round: the quotient of the sums.
    pub(crate) fn add_ratio(&mut self, what: &str, unit: &'static str, subject: &str, parts: (f64, f64)) {
        if let Some(cell) = self.cell(what, unit, subject) {
            let (sum, count) = cell.ratio.unwrap_or_default();
            cell.ratio = Some((sum + parts.0, count + parts.1));
        }
    }

    pub(crate) fn to_markdown(&self) -> String {
        let mut text = format!("{}\n\n| what | unit | {} |\n", process::machine(), self.subjects.join(" | "));
        text.push_str("|---|---|");
        text.push_str(&"--:|".repeat(self.subjects.len()));
        text.push('\n');
        for row in &self.rows {
            let cells: Vec<_> = row.cells.iter().map(|cell| shown(cell.value())).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {} | {} | {} |", row.what, row.unit, cells.join(" | "));
        }
        text
    }

    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<_> = self.rows.iter().map(|row| row.to_json(&self.subjects)).collect();
        json!({"machine": process::machine(), "subjects": self.subjects, "rows": rows})
    }

    fn cell(&mut self, what: &str, unit: &'static str, subject: &str) -> Option<&mut Cell> {
        let column = self.subjects.iter().position(|name| *name == subject)?;
        let row = self.rows.iter().position(|row| row.what == what).unwrap_or_else(|| {
            let cells = vec![Cell::default(); self.subjects.len()];
            self.rows.push(Row { what: what.to_owned(), unit, cells });
            self.rows.len() - 1
        });
        self.rows.get_mut(row)?.cells.get_mut(column)
    }
}

impl Row {
    fn to_json(&self, subjects: &[&str]) -> Value {
        let mut values = json!({});
        for (subject, cell) in subjects.iter().zip(&self.cells) {
            values[*subject] = json!({"value": cell.value(), "rounds": cell.rounds});
        }
        json!({"what": self.what, "unit": self.unit, "values": values})
    }
}

impl Cell {
    fn value(&self) -> f64 {
        match self.ratio {
            // Less than one tick of the kernel's clock is not zero, it is unknown.
            Some((sum, _)) if sum <= 0.0 => f64::NAN,
            Some((sum, count)) => sum / count,
            None => median(&self.rounds),
        }
    }
}

/// NaN, which shows as a dash, when there is nothing to take it of.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        values if values.len() % 2 == 1 => values[middle],
        values => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// About three digits that matter.
fn shown(value: f64) -> String {
    match value {
        v if v.is_nan() => "-".to_owned(),
        v if v < 0.1 => format!("{v:.4}"),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 1000.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}
