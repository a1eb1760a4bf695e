//! Measures the built-in detectors alone: clean texts of four sizes, each kind by itself, the first answer of
//! a fresh process, private data, and a megabyte of each hostile shape. Nothing is asserted about time.
//!
//! `detect_bench [--quick] [--only PART] [--shape NAME]`, a part being `clean`, `kinds`, `first`, `pii` or `hostile`,
//! which can be one shape alone.

mod hostile;
mod measure;
mod texts;

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode};

use measure::{Times, each, float, once};
use secure_mcp_gateway::detect::{Extra, Kind, Kinds, Place, inspect};

/// What the parent asks of a fresh process.
const FIRST: &str = "--first";
const PLACES: [Place; 3] = [Place::Argument, Place::Result, Place::Definition];
const SIZES: [(&str, usize); 4] =
    [("100 B", 100), ("1 KB", 1024), ("10 KB", 10 << 10), ("100 KB", 100 << 10)];
type Part = fn(&Options) -> String;
const PARTS: [(&str, Part); 5] =
    [("clean", clean), ("kinds", kinds), ("first", first), ("pii", private), ("hostile", shapes)];

struct Options {
    quick: bool,
    shape: Option<String>,
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let value = |name: &str| words.iter().skip_while(|word| *word != name).nth(1);
    if let Some(place) = value(FIRST) {
        return said(&format!("{}\n", cold(place)));
    }
    let only = value("--only");
    let quick = words.iter().any(|word| word == "--quick");
    let options = Options { quick, shape: value("--shape").cloned() };
    for (name, part) in PARTS {
        if only.is_none_or(|only| only == name) {
            let table = part(&options);
            if said(&format!("{table}\n")) == ExitCode::FAILURE {
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn said(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Many texts of one nature and size.
fn samples(make: texts::Make, size: usize) -> Vec<String> {
    (1..=32).map(|seed| make(seed, size)).collect()
}

fn clean(options: &Options) -> String {
    let mut table = "| clean text | size | argument, median | p99 | result, median | p99 | definition, median | p99 | result, µs/KB |\n\
                     |---|---|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (name, make) in texts::CLEAN {
        for (label, size) in SIZES {
            let texts = samples(*make, size);
            let times =
                PLACES.map(|place| each(&texts, options.quick, |text| inspect(text, place, Kinds::ALL)));
            let per_kb = times[1].per_kb(size);
            let cells = times.map(|Times { median, p99 }| format!("{} | {}", micro(median), micro(p99)));
            let _ = writeln!(table, "| {name} | {label} | {} | {per_kb:.1} |", cells.join(" | "));
        }
    }
    table
}

/// What each kind costs by itself, for ten kilobytes.
fn kinds(options: &Options) -> String {
    let mut table =
        "| kind alone, mean of the natures' medians at 10 KB | argument, µs/KB | result, µs/KB | definition, µs/KB |\n|---|--:|--:|--:|\n".to_owned();
    let natures: Vec<Vec<String>> = texts::CLEAN.iter().map(|(_, make)| samples(*make, 10 << 10)).collect();
    let all = ("all", Kinds::ALL);
    let each_kind = Kind::ALL.map(|kind| (kind.as_str(), Kinds::NONE.with(kind)));
    for (name, kinds) in each_kind.into_iter().chain([all]) {
        let cells = PLACES.map(|place| {
            let of_nature = |texts: &Vec<String>| {
                each(texts, options.quick, |text| inspect(text, place, kinds)).per_kb(10 << 10)
            };
            let sum: f64 = natures.iter().map(of_nature).sum();
            format!("{:.1}", sum / float(natures.len()))
        });
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    table
}

/// The first answer of a fresh process, for a kilobyte of prose: the tables are built on the way.
fn first(options: &Options) -> String {
    let mut table =
        "| first answer of a process | argument, ms | result, ms | definition, ms |\n|---|--:|--:|--:|\n"
            .to_owned();
    let program = env::current_exe();
    let ask = |place: usize| -> Option<f64> {
        let output = Command::new(program.as_ref().ok()?).args([FIRST, &place.to_string()]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let cells = [0, 1, 2].map(|place| {
        let times: Vec<f64> = (0..if options.quick { 5 } else { 25 }).filter_map(|_| ask(place)).collect();
        format!("{:.2}", Times::of(times).median / 1000.0)
    });
    let _ = writeln!(table, "| 1 KB of prose, median | {} |", cells.join(" | "));
    table
}

fn cold(place: &str) -> f64 {
    let place = place.parse::<usize>().ok().and_then(|place| PLACES.get(place)).copied();
    let text = texts::prose(3, 1024);
    once(|| inspect(&text, place.unwrap_or(Place::Result), Kinds::ALL))
}

fn private(options: &Options) -> String {
    let mut table =
        "| private data alone, 100 KB | MB/s | with names and addresses, MB/s |\n|---|--:|--:|\n".to_owned();
    let alone = Kinds::NONE.with(Kind::Pii);
    let more = Extra::ALL.into_iter().fold(alone, Kinds::with_extra);
    for (name, make) in texts::CLEAN {
        let texts = samples(*make, 100 << 10);
        let cells = [alone, more].map(|kinds| {
            let times = each(&texts, options.quick, |text| inspect(text, Place::Result, kinds));
            format!("{:.0}", 1024.0 / times.per_kb(100 << 10))
        });
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    table
}

fn shapes(options: &Options) -> String {
    let mut table = "| hostile, 1 MB | argument, ms | result, ms | definition, ms | 2 MB / 1 MB |\n|---|--:|--:|--:|--:|\n".to_owned();
    let runs = if options.quick { 1 } else { 3 };
    let is_asked = |name: &str| options.shape.as_ref().is_none_or(|asked| asked == name);
    for shape in hostile::SHAPES.iter().filter(|shape| is_asked(shape.name)) {
        let (one, two) = ((shape.make)(1 << 20), (shape.make)(2 << 20));
        let time = |text: &str, place: Place| {
            let times = (0..runs).map(|_| once(|| inspect(text, place, Kinds::ALL))).collect();
            Times::of(times).median / 1000.0
        };
        let times = PLACES.map(|place| time(&one, place));
        let ratio =
            PLACES.iter().zip(times).map(|(place, first)| time(&two, *place) / first).fold(0.0, f64::max);
        let cells = times.map(|time| format!("{time:.1}"));
        let _ = writeln!(table, "| {} | {} | {ratio:.1} |", shape.name, cells.join(" | "));
    }
    table
}

fn micro(time: f64) -> String {
    if time < 100.0 { format!("{time:.1} µs") } else { format!("{time:.0} µs") }
}
