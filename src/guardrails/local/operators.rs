//! Operators of a document database as the names of members, where a tool is given something else: `{"user": {"$ne":
//! null}}` lets anybody in. Names say nothing text by text, so they are looked at where they stand.

use serde_json::Value;

use crate::detect::{Finding, Kind, words_of_name as words};

const CODE_RULE: &str = "code.nosql-code";
const OPERATOR_RULE: &str = "code.nosql-operator";

/// What compares, and what runs code in the database.
const COMPARES: &[&str] = &[
    "$all",
    "$and",
    "$elemmatch",
    "$eq",
    "$exists",
    "$expr",
    "$gt",
    "$gte",
    "$in",
    "$lt",
    "$lte",
    "$ne",
    "$nin",
    "$nor",
    "$not",
    "$or",
    "$regex",
    "$size",
    "$type",
];
const RUNS: &[&str] = &["$accumulator", "$function", "$where"];

/// Arguments that are a query by their name, and tools whose every argument may be one.
const QUERIES: &[&str] = &[
    "aggregate",
    "aggregation",
    "condition",
    "conditions",
    "criteria",
    "expression",
    "filter",
    "filters",
    "find",
    "match",
    "pipeline",
    "predicate",
    "q",
    "queries",
    "query",
    "search",
    "selector",
    "stages",
    "update",
    "updates",
    "validator",
    "where",
];
const DATABASES: &[&str] = &[
    "arango",
    "chroma",
    "cosmos",
    "cosmosdb",
    "couch",
    "couchdb",
    "documentdb",
    "firestore",
    "mongo",
    "mongodb",
    "pinecone",
    "qdrant",
    "weaviate",
];

/// What is found among the arguments of a tool; `said` are the words of its name and of its server's.
pub(super) fn find(arguments: &Value, said: &[String]) -> Option<Finding> {
    let asked = said.iter().any(|word| DATABASES.contains(&word.as_str()));
    let mut worst = None;
    read(arguments, asked, &mut worst);
    worst.map(|operator| finding(&operator))
}

enum Operator {
    /// Code, wherever it stands.
    Runs,
    Compares,
    /// In a query, where it belongs.
    InQuery,
}

impl Operator {
    fn rank(&self) -> u8 {
        match self {
            Self::Runs => 2,
            Self::Compares => 1,
            Self::InQuery => 0,
        }
    }
}

fn read(value: &Value, in_query: bool, worst: &mut Option<Operator>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| read(item, in_query, worst)),
        Value::Object(members) => {
            for (name, value) in members {
                let found = operator(name, value, in_query);
                if found.as_ref().map(Operator::rank) > worst.as_ref().map(Operator::rank) {
                    *worst = found;
                }
                read(value, in_query || is_query(name), worst);
            }
        }
        _ => {}
    }
}

fn operator(name: &str, value: &Value, in_query: bool) -> Option<Operator> {
    let name = name.strip_prefix('$').map(|_| name.to_ascii_lowercase())?;
    let is_code = value.is_string() || value.is_object();
    match name.as_str() {
        name if RUNS.contains(&name) => is_code.then_some(Operator::Runs),
        name if !COMPARES.contains(&name) => None,
        _ if in_query => Some(Operator::InQuery),
        _ => Some(Operator::Compares),
    }
}

fn is_query(name: &str) -> bool {
    words(name).any(|word| QUERIES.contains(&word.to_ascii_lowercase().as_str()))
}

fn finding(operator: &Operator) -> Finding {
    let (score, rule, reason) = match operator {
        Operator::Runs => (0.85, CODE_RULE, "Code for a document database is put into a value."),
        Operator::Compares => {
            (0.75, OPERATOR_RULE, "Operators of a document database are put where a value belongs.")
        }
        Operator::InQuery => (0.4, OPERATOR_RULE, "A query has operators of a document database."),
    };
    Finding { kind: Kind::CodeInjection, label: "nosql", span: 0..0, score, rule, reason }
}
