//! What the models see: for each line `{"direction", "text"}` of standard input, one line with the features of each
//! window, as a list of lists. `scripts/train.py` learns from it, so that training and use read a text alike.

use std::io::{self, BufRead as _, BufWriter, Write as _};

use secure_mcp_gateway::detect::{Place, windows};
use serde_json::Value;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        let place = match row["direction"].as_str() {
            Some("input") => Place::Argument,
            Some("output") => Place::Result,
            _ => Place::Definition,
        };
        serde_json::to_writer(&mut out, &windows(row["text"].as_str().unwrap_or_default(), place))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
