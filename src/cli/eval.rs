//! `eval`: how good the built-in detectors are on labelled texts, by kind, source and tier.
//!
//! A folder of `*.jsonl`, each line `{"kind", "source", "direction", "text", "label"}`, and for `pii` the `entities`
//! with offsets in characters. The texts stay where they are: only numbers come out, and ids where they are asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::look::{Look, Seen, belonging_to, extra, place};
use super::{Failure, UNREADABLE, print};
use crate::detect::{Extra, FLAGGED, Kind, Kinds};

mod entities;
mod report;
mod score;

use entities::Entity;
use score::Tally;

#[derive(Args)]
pub(super) struct Options {
    /// The folder with the labelled texts
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Write JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Also look for `names` of people and postal `addresses`, as private data
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = extra)]
    pii_extra: Vec<Extra>,
    /// Also name the texts, by their `id`, that are judged otherwise than they are labelled
    #[arg(long)]
    wrong: bool,
}

/// Texts of several kinds, in disguise.
const EVASION: &str = "evasion";

/// One labelled text.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: String,
    kind: String,
    source: String,
    direction: String,
    text: String,
    label: bool,
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    tier: Option<String>,
    /// The one type that the text was labelled for.
    entity: Option<String>,
}

/// By kind, then by group; the group of a whole kind is first.
type Tallies = BTreeMap<String, BTreeMap<Group, Tally>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    Source(String),
    Tier(String),
}

pub(super) fn run(options: &Options) -> ExitCode {
    match measure(&options.data, &options.pii_extra) {
        Ok(tallies) => {
            let told = if options.json {
                report::json(&tallies, options.wrong)
            } else {
                report::table(&tallies, options.wrong)
            };
            print::out(&told);
            ExitCode::SUCCESS
        }
        Err(failure) => print::failure_with(&failure, UNREADABLE),
    }
}

fn measure(folder: &Path, extras: &[Extra]) -> Result<Tallies, Failure> {
    let unreadable = |path: &Path, what: &dyn std::fmt::Display| {
        Failure::new(format!("`{}` cannot be read: {what}", path.display()))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        files.extend(path.extension().is_some_and(|extension| extension == "jsonl").then_some(path));
    }
    if files.is_empty() {
        return Err(unreadable(folder, &"there is no `*.jsonl` in it").hint(
            "unpack compressed files first; each line is one labelled text, see `src/detect/README.md`",
        ));
    }
    files.sort();
    let mut tallies = Tallies::new();
    for path in files {
        let file = fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
        for (number, line) in std::io::BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|error| unreadable(&path, &error))?;
            let wrong = |what: &str| unreadable(&path, &format!("line {} {what}", number + 1));
            let row: Row = serde_json::from_str(&line).map_err(|_| {
                wrong("is no labelled text: it needs `kind`, `source`, `direction`, `text` and `label`")
            })?;
            take(&row, extras, &mut tallies).map_err(|what| wrong(&what))?;
        }
    }
    Ok(tallies)
}

/// An error is what is wrong with the row.
fn take(row: &Row, extras: &[Extra], tallies: &mut Tallies) -> Result<(), String> {
    let kinds = kinds(&row.kind).ok_or_else(|| {
        format!("has another `kind` than {} or {EVASION}", Kind::ALL.map(Kind::as_str).join(", "))
    })?;
    let place = place(&row.direction)
        .ok_or("has another `direction` than input, output, definition, tool_description or server_config")?;
    let look = Look { kinds: extras.iter().fold(kinds, |all, extra| all.with_extra(*extra)) };
    let seen = look.at(&row.text, place);
    let score = seen.score();
    let groups =
        [Some(Group::All), Some(Group::Source(row.source.clone())), row.meta.tier.clone().map(Group::Tier)];
    let of_kind = tallies.entry(row.kind.clone()).or_default();
    for group in groups.into_iter().flatten() {
        of_kind.entry(group).or_default().add(row.label, score);
    }
    let mut wrong = row.label != counts(score);
    let whole = of_kind.entry(Group::All).or_default();
    if row.kind == Kind::Pii.as_str() {
        let asked = |of: Option<Extra>| of.is_none_or(|extra| extras.contains(&extra));
        for (name, types, _) in entities::TYPES.iter().filter(|(.., of)| asked(*of)) {
            let spans = entities::compare(row, &seen, types);
            wrong |= spans.wrong + spans.missed > 0;
            whole.add_entities(name, spans);
        }
        if let Some(asked) = &row.meta.entity {
            whole.add_entities(entities::ASKED, entities::asked(asked, row.label, &seen));
        }
    }
    if wrong {
        whole.wrong.push(row.id.clone());
    }
    Ok(())
}

/// What counts for a kind of the data.
fn kinds(name: &str) -> Option<Kinds> {
    if name == EVASION {
        return Some(
            [Kind::PromptInjection, Kind::Secret, Kind::Pii].into_iter().fold(Kinds::NONE, Kinds::with),
        );
    }
    Kind::ALL.into_iter().find(|kind| kind.as_str() == name).map(belonging_to)
}

/// Whether a score counts at the default level.
fn counts(score: f32) -> bool {
    score >= FLAGGED
}
