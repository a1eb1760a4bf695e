//! The model as `tract` runs it: one window in, one number for each label out.
//!
//! A model that cannot be made ready for windows of any length is made ready for full ones, and shorter ones are
//! filled up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid as _;

use super::RUNS;
use super::tokens::Window;
use crate::classifier::Flaw;

const INPUTS: &str =
    "expected a model whose inputs are `input_ids` and, if any, `attention_mask` and `token_type_ids`";

pub(super) struct Graph {
    plan: TypedRunnableModel<TypedModel>,
    inputs: Vec<(Input, DatumType)>,
    /// The only length that it takes.
    length: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Ids,
    Mask,
    Types,
}

impl Graph {
    pub(super) fn load(path: &Path, max_tokens: usize) -> Result<Self, Flaw> {
        let mut model = tract_onnx::onnx()
            .model_for_path(path)
            .map_err(|cause| Flaw::because("onnx", "expected an ONNX model", &cause.root_cause()))?;
        let inputs = inputs(&model)?;
        let outputs = model.output_outlets().map_err(|_| Flaw::new("onnx", RUNS))?.to_vec();
        let logits = outputs.iter().find(|outlet| model.outlet_label(**outlet) == Some("logits"));
        let Some(chosen) = logits.or(outputs.first()).copied() else { return Err(Flaw::new("onnx", RUNS)) };
        model.set_output_outlets(&[chosen]).map_err(|_| Flaw::new("onnx", RUNS))?;
        let masked = inputs.iter().any(|(input, _)| *input == Input::Mask);
        let mut failure = String::new();
        let fixed = masked.then_some(Some(max_tokens));
        for length in [Some(None), fixed].into_iter().flatten() {
            // What was not thought of makes the library panic, and says nothing of the other way.
            let ready = || Self::ready(model.clone(), &inputs, length, max_tokens);
            match catch_unwind(AssertUnwindSafe(ready)) {
                Ok(Ok(graph)) => return Ok(graph),
                Ok(Err(cause)) => failure = cause.root_cause().to_string(),
                Err(_) => "it cannot be made ready".clone_into(&mut failure),
            }
        }
        Err(Flaw::because("onnx", RUNS, &failure))
    }

    /// Ready for windows of one length, or of any, and tried on a short and on a full one.
    fn ready(
        mut model: InferenceModel,
        inputs: &[(Input, DatumType)],
        length: Option<usize>,
        max_tokens: usize,
    ) -> TractResult<Self> {
        let tokens = length.map_or_else(|| model.symbols.sym("tokens").into(), |length| length.to_dim());
        for (at, (_, kind)) in inputs.iter().enumerate() {
            let shape: TVec<TDim> = tvec![1.to_dim(), tokens.clone()];
            model.set_input_fact(at, InferenceFact::dt_shape(*kind, shape))?;
        }
        let plan = model.into_optimized()?.into_runnable()?;
        let graph = Self { plan, inputs: inputs.to_vec(), length };
        for length in [max_tokens.min(2), max_tokens] {
            graph.run(&Window { ids: vec![0; length], types: vec![0; length] })?;
        }
        Ok(graph)
    }

    /// How many labels it knows.
    pub(super) fn labels(&self) -> TractResult<usize> {
        Ok(self.run(&Window { ids: vec![0], types: vec![0] })?.len())
    }

    /// What it says of a window.
    pub(super) fn run(&self, window: &Window) -> TractResult<Vec<f32>> {
        let count = window.ids.len();
        let length = self.length.unwrap_or(count);
        let filled = |numbers: &mut dyn Iterator<Item = i64>| -> Vec<i64> {
            numbers.chain(std::iter::repeat(0)).take(length).collect()
        };
        let mut given = tvec![];
        for (input, kind) in &self.inputs {
            let numbers = match input {
                Input::Ids => filled(&mut window.ids.iter().copied()),
                Input::Types => filled(&mut window.types.iter().copied()),
                Input::Mask => filled(&mut std::iter::repeat_n(1, count)),
            };
            let tensor = Tensor::from_shape(&[1, length], &numbers)?;
            given.push(tensor.cast_to_dt(*kind)?.into_owned().into_tvalue());
        }
        let outputs = self.plan.run(given)?;
        let row = outputs.first().filter(|output| output.shape().last() == Some(&output.len()));
        let output = row.ok_or_else(|| TractError::msg("its output is not one row of numbers"))?;
        Ok(output.cast_to::<f32>()?.as_slice::<f32>()?.to_vec())
    }
}

fn inputs(model: &InferenceModel) -> Result<Vec<(Input, DatumType)>, Flaw> {
    let unknown = || Flaw::new("onnx", INPUTS);
    let mut inputs = Vec::new();
    for (at, outlet) in model.input_outlets().map_err(|_| unknown())?.iter().enumerate() {
        let input = match model.node(outlet.node).name.as_str() {
            "input_ids" => Input::Ids,
            "attention_mask" => Input::Mask,
            "token_type_ids" => Input::Types,
            _ => return Err(unknown()),
        };
        let kind = model.input_fact(at).ok().and_then(|fact| fact.datum_type.concretize());
        inputs.push((input, kind.unwrap_or(DatumType::I64)));
    }
    if !inputs.iter().any(|(input, _)| *input == Input::Ids) {
        return Err(unknown());
    }
    Ok(inputs)
}
