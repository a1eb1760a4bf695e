//! A tool's input schema, and arguments held against it.
//!
//! The schema is the server's and nobody checked it, so both compiling and validating have bounds: `judge` looks at
//! the schema, `effort` at the schema together with the arguments. Past a bound nothing is enforced; the server has
//! to check its arguments itself anyway.

use secure_mcp_gateway_schema::{Misfit, Schema};
use serde_json::Value;

use super::{effort, judge};

/// Steps that a validation may take: enough for a million numbers, and a part of a second.
const MAX_STEPS: usize = 4_000_000;
/// Steps that all validations of one batch may take.
const MAX_BATCH_STEPS: usize = 3 * MAX_STEPS;
/// Steps of a validation that says what is wrong: it keeps everything that is.
const MAX_EXPLAINED_STEPS: usize = 100_000;
/// More than these help nobody to mend a call.
const MAX_VIOLATIONS: usize = 5;
const MAX_VIOLATION: usize = 400;
#[derive(Debug)]
pub(super) struct InputSchema(Schema);

pub(super) use effort::TooMuch;

/// What is left of the time that a batch may be checked for: nothing else is answered in that time.
#[derive(Debug)]
pub struct Patience(usize);

impl Default for Patience {
    fn default() -> Self {
        Self(MAX_BATCH_STEPS)
    }
}

impl InputSchema {
    pub(super) fn compile(schema: &Value) -> Result<Self, &'static str> {
        judge::judge(schema).map_err(|reason| reason.0)?;
        Schema::compile(schema).map(Self).ok_or("it does not compile")
    }

    /// `schema` is what this was compiled from.
    pub(super) fn violations(
        &self,
        schema: &Value,
        arguments: &Value,
        patience: &mut Patience,
    ) -> Result<Vec<String>, TooMuch> {
        let budget = MAX_STEPS.min(patience.0);
        let measured = effort::measure(schema, arguments, budget);
        patience.0 -= measured.unwrap_or(budget);
        let steps = measured?;
        if self.0.fits(arguments) {
            return Ok(Vec::new());
        }
        if steps > MAX_EXPLAINED_STEPS {
            return Ok(vec!["arguments: they do not fit, and are too many to say where".to_owned()]);
        }
        Ok(self.0.misfits(arguments, MAX_VIOLATIONS).iter().map(describe).collect())
    }
}

fn describe(misfit: &Misfit) -> String {
    let place = if misfit.place.is_empty() { "arguments" } else { &format!("`{}`", misfit.place) };
    let violation = format!("{place}: {}", misfit.rule);
    violation.chars().take(MAX_VIOLATION).collect()
}
