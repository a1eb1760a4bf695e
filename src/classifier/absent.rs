//! The classifier of a program that was built without one: there is none.

use super::{Flaw, Recipe, Unjudged};

/// Nobody can make one.
#[derive(Debug)]
pub enum Classifier {}

impl Classifier {
    pub fn load(_recipe: &Recipe) -> Result<Self, Flaw> {
        let expected =
            "expected a program that can run it: build one with `cargo build --release --features onnx`";
        Err(Flaw { key: "", expected: expected.to_owned() })
    }

    pub fn score(&self, _text: &str, _wanted: &dyn Fn() -> bool) -> Result<f32, Unjudged> {
        match *self {}
    }
}
