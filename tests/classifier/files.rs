//! A model and a tokenizer, byte by byte: each word has a row of two numbers, and the highest of each column counts.

use std::path::Path;

use serde_json::{Value, json};

/// Rows of the model; a word behind them makes it fail.
const ROWS: usize = 5;

/// The words of the tokenizer. One means harm, and one is no row of the model.
const WORDS: [(&str, usize); 6] =
    [("[UNK]", 0), ("fine", 1), ("weather", 2), ("today", 3), ("zorble", 4), ("beyond", 9)];

/// What a model is like.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Any,
    /// It takes windows of this length only, and has a mask.
    Fixed(i64),
    /// Its input has a name that nobody knows.
    Strange,
}

/// Writes both into the folder; the paths are relative to it.
pub(super) fn write(folder: &Path, shape: Shape) {
    std::fs::write(folder.join("model.onnx"), model(shape)).expect("a model");
    std::fs::write(folder.join("tokenizer.json"), tokenizer().to_string()).expect("a tokenizer");
}

fn tokenizer() -> Value {
    let words: serde_json::Map<String, Value> =
        WORDS.iter().map(|(word, id)| ((*word).to_owned(), json!(id))).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    })
}

fn model(shape: Shape) -> Vec<u8> {
    let input = if matches!(shape, Shape::Strange) { "pixels" } else { "input_ids" };
    let mut graph = Vec::new();
    graph.extend(part(1, &node("Gather", &["table", input], "rows", &[("axis", 0)])));
    let (rows, axis) = match shape {
        Shape::Fixed(length) => {
            graph.extend(part(1, &node("Reshape", &["rows", "shape"], "flat", &[])));
            graph.extend(part(5, &whole_numbers("shape", &[length, 2])));
            ("flat", 0)
        }
        Shape::Any | Shape::Strange => ("rows", 1),
    };
    graph.extend(part(1, &reduce(rows, axis)));
    if matches!(shape, Shape::Fixed(_)) {
        graph.extend(part(1, &node("Unsqueeze", &["highest", "front"], "logits", &[])));
        graph.extend(part(5, &whole_numbers("front", &[0])));
        graph.extend(part(11, &value("attention_mask", 7, &["batch", "tokens"])));
    }
    graph.extend(part(2, b"words"));
    graph.extend(part(5, &table()));
    graph.extend(part(11, &value(input, 7, &["batch", "tokens"])));
    let output = if matches!(shape, Shape::Fixed(_)) { "logits" } else { "highest" };
    graph.extend(part(12, &value(output, 1, &["batch", "labels"])));
    [number(1, 8), part(8, &number(2, 13)), part(7, &graph)].concat()
}

fn reduce(from: &str, axis: i64) -> Vec<u8> {
    let over = [part(1, b"axes"), number(8, axis), number(20, 7)].concat();
    let mut reduce = node("ReduceMax", &[from], "highest", &[("keepdims", 0)]);
    reduce.extend(part(5, &over));
    reduce
}

/// The second column tells harm from the rest.
fn table() -> Vec<u8> {
    let row = |at: usize| [0.0_f32, if at == 4 { 5.0 } else { -5.0 }];
    let numbers: Vec<u8> = (0..ROWS).flat_map(row).flat_map(f32::to_le_bytes).collect();
    let dims = [number(1, 5), number(1, 2)].concat();
    [dims, number(2, 1), part(8, b"table"), part(9, &numbers)].concat()
}

fn whole_numbers(name: &str, numbers: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = numbers.iter().copied().flat_map(i64::to_le_bytes).collect();
    let count = i64::try_from(numbers.len()).expect("a few");
    [number(1, count), number(2, 7), part(8, name.as_bytes()), part(9, &bytes)].concat()
}

fn node(kind: &str, inputs: &[&str], output: &str, attributes: &[(&str, i64)]) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| part(1, input.as_bytes())).collect();
    node.extend(part(2, output.as_bytes()));
    node.extend(part(3, output.as_bytes()));
    node.extend(part(4, kind.as_bytes()));
    for (name, given) in attributes {
        node.extend(part(5, &[part(1, name.as_bytes()), number(3, *given), number(20, 2)].concat()));
    }
    node
}

fn value(name: &str, kind: i64, dims: &[&str]) -> Vec<u8> {
    let shape: Vec<u8> = dims.iter().flat_map(|dim| part(1, &part(2, dim.as_bytes()))).collect();
    let tensor = [number(1, kind), part(2, &shape)].concat();
    [part(1, name.as_bytes()), part(2, &part(1, &tensor))].concat()
}

/// A field of protobuf that has a length.
fn part(field: u8, bytes: &[u8]) -> Vec<u8> {
    let length = i64::try_from(bytes.len()).expect("a length");
    [vec![field << 3 | 2], varint(length), bytes.to_vec()].concat()
}

fn number(field: u8, number: i64) -> Vec<u8> {
    // From field 16 on, a tag has two bytes.
    [varint(i64::from(field) << 3), varint(number)].concat()
}

fn varint(number: i64) -> Vec<u8> {
    let mut rest = u64::try_from(number).expect("not negative");
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(rest & 0x7f).expect("seven bits");
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
