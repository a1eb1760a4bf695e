//! Our entry in the text of a client's file: put in, brought up to date, taken out; and those beside it, which may go
//! behind the gateway. Pure: text in, text out.

use std::fmt;

use jsonc_parser::ast::{self, Object, ObjectProp};
use jsonc_parser::common::Ranged as _;
use serde_json::{Map, Value, json};

use super::document::Document;

const BINARY: &str = env!("CARGO_PKG_NAME");

/// Ours among the variables of an entry; any other is the user's.
const OUR_ENV: [&str; 3] = ["ENKRYPT_GATEWAY_KEY", "ENKRYPT_PROJECT_ID", "ENKRYPT_USER_ID"];

/// Where our entry stands in a file: under a name, in a list at the top.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) list: &'static str,
    pub(super) entry: &'static str,
}

/// Entries of a client's list, by their names.
pub(in crate::cli) type Entries = Map<String, Value>;

/// Why a file cannot be edited.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) enum Unfit {
    NotJson { line: usize, column: usize },
    NotAnObject,
    ListNotAnObject { list: &'static str },
}

/// The text with the entry in it, or `None` where it stands there already.
pub(super) fn with_entry(text: &str, place: Place, wanted: &Value) -> Result<Option<String>, Unfit> {
    if let Some(longer) = with_new(text, place.list, place.entry, wanted)? {
        return Ok(Some(longer));
    }
    let document = Document::parse(text)?;
    let Some(ours) = standing(&document, place)? else { return Ok(None) };
    let written = to_value(&ours.value);
    let program = wanted["command"].as_str().unwrap_or_default();
    // What another program was told is not for this one.
    let merged = if is_ours(&written, program) { merge(written.clone(), wanted) } else { wanted.clone() };
    let replace = || document.replace(ours.value.range(), &document.pretty(&merged, ours.range.start));
    Ok((merged != written).then(replace))
}

/// The text with one more entry, or `None` where one of that name stands.
fn with_new(text: &str, list: &'static str, name: &str, entry: &Value) -> Result<Option<String>, Unfit> {
    let document = Document::parse(text)?;
    let Some(root) = &document.root else {
        return Ok(Some(document.append(&json!({list: {name: entry}}))));
    };
    let Some(servers) = servers(root, list)? else {
        return Ok(Some(document.insert(root, list, &json!({name: entry}))));
    };
    Ok(member(servers, name).is_none().then(|| document.insert(servers, name, entry)))
}

/// All of a list, in its order. Of two under one name it is the last, which is the one a JSON reader keeps.
pub(super) fn entries(text: &str, list: &'static str) -> Result<Entries, Unfit> {
    let document = Document::parse(text)?;
    let Some(root) = &document.root else { return Ok(Entries::new()) };
    let properties = servers(root, list)?.map_or(&[][..], |servers| &servers.properties);
    Ok(properties.iter().map(|entry| (entry.name.as_str().to_owned(), to_value(&entry.value))).collect())
}

/// Whether its client does not use it.
pub(super) fn is_off(entry: &Value) -> bool {
    entry["disabled"] == true || entry["enabled"] == false
}

/// The text without those entries that stand in it as they are here, and which these were.
pub(super) fn without(
    text: &str,
    list: &'static str,
    unwanted: &Entries,
) -> Result<(String, Entries), Unfit> {
    let mut rest = entries(text, list)?;
    let mut gone = unwanted.clone();
    gone.retain(|name, entry| rest.get(name) == Some(entry));
    rest.retain(|name, _| !gone.contains_key(name));
    let mut shorter = text.to_owned();
    for name in gone.keys() {
        while let Some(cut) = without_one(&shorter, list, name)? {
            shorter = cut;
        }
    }
    // Whatever else it would do is not done.
    if entries(&shorter, list)? == rest { Ok((shorter, gone)) } else { Ok((text.to_owned(), Entries::new())) }
}

/// What stands in our place.
pub(super) fn entry(text: &str, place: Place) -> Result<Option<Value>, Unfit> {
    let document = Document::parse(text)?;
    Ok(standing(&document, place)?.map(|entry| to_value(&entry.value)))
}

/// Whether an entry starts this gateway. `program` is this very one, which may have been given another name.
pub(super) fn is_ours(entry: &Value, program: &str) -> bool {
    let Some(command) = entry["command"].as_str() else { return false };
    let file = command.rsplit(['/', '\\']).next().unwrap_or(command);
    command == program || file.strip_suffix(".exe").unwrap_or(file) == BINARY
}

/// The text as it is without us.
pub(super) struct Undone {
    pub(super) text: String,
    /// Another program's entry stands in the place of ours again.
    pub(super) put_back: bool,
    /// Those that were taken out and are in it again.
    pub(super) returned: Vec<String>,
}

/// Takes our entry out and puts `moved` back, with the text `before` we came at hand; `None` where there is nothing of
/// this to do.
pub(super) fn undo(
    text: &str,
    before: Option<&str>,
    moved: &Entries,
    place: Place,
    program: &str,
) -> Result<Option<Undone>, Unfit> {
    let ours = entry(text, place)?.filter(|there| is_ours(there, program));
    if ours.is_none() && moved.is_empty() {
        return Ok(None);
    }
    let theirs = before.and_then(|before| entry(before, place).ok().flatten());
    let theirs = theirs.filter(|theirs| ours.is_some() && !is_ours(theirs, program));
    let put_back = theirs.is_some();
    let here = entries(text, place.list)?;
    // Nobody else has changed the file since: then it can be exactly what it was.
    if let (Some(before), Some(ours)) = (before, &ours)
        && let Ok(Some(then)) = with_entry(before, place, ours)
        && without(&then, place.list, moved)?.0 == text
    {
        let returned = moved.keys().filter(|name| !here.contains_key(*name)).cloned().collect();
        return Ok(Some(Undone { text: before.to_owned(), put_back, returned }));
    }
    let alone = match (&ours, &theirs) {
        (None, _) => None,
        (Some(_), Some(theirs)) => with_value(text, place, theirs)?,
        (Some(_), None) => without_one(text, place.list, place.entry)?,
    };
    let mut undone =
        Undone { text: alone.unwrap_or_else(|| text.to_owned()), put_back, returned: Vec::new() };
    // Each goes to the front.
    for (name, entry) in moved.iter().rev() {
        if let Some(longer) = with_new(&undone.text, place.list, name, entry)? {
            undone.text = longer;
            undone.returned.insert(0, name.clone());
        }
    }
    Ok(Some(undone))
}

/// The text with the entry replaced whole.
fn with_value(text: &str, place: Place, value: &Value) -> Result<Option<String>, Unfit> {
    let document = Document::parse(text)?;
    let written = standing(&document, place)?;
    let pretty = |at: &ObjectProp<'_>| document.pretty(value, at.range.start);
    Ok(written.map(|written| document.replace(written.value.range(), &pretty(written))))
}

/// The text without the entry, or `None` where there is none.
fn without_one(text: &str, list: &'static str, name: &str) -> Result<Option<String>, Unfit> {
    let document = Document::parse(text)?;
    Ok(named(&document, list, name)?.and_then(|entry| document.cut(entry)))
}

fn standing<'o, 'a>(document: &'o Document<'a>, place: Place) -> Result<Option<&'o ObjectProp<'a>>, Unfit> {
    named(document, place.list, place.entry)
}

fn named<'o, 'a>(
    document: &'o Document<'a>,
    list: &'static str,
    name: &str,
) -> Result<Option<&'o ObjectProp<'a>>, Unfit> {
    let Some(root) = &document.root else { return Ok(None) };
    Ok(servers(root, list)?.and_then(|servers| member(servers, name)))
}

fn servers<'o, 'a>(root: &'o Object<'a>, list: &'static str) -> Result<Option<&'o Object<'a>>, Unfit> {
    match member(root, list).map(|property| &property.value) {
        None => Ok(None),
        Some(ast::Value::Object(servers)) => Ok(Some(servers)),
        Some(_) => Err(Unfit::ListNotAnObject { list }),
    }
}

/// The last of that name, because that is the one a JSON reader keeps.
pub(in crate::cli) fn member<'o, 'a>(object: &'o Object<'a>, name: &str) -> Option<&'o ObjectProp<'a>> {
    object.properties.iter().rfind(|property| property.name.as_str() == name)
}

/// Our keys as wanted; what the user added to the entry stays.
fn merge(written: Value, wanted: &Value) -> Value {
    let (Value::Object(mut merged), Value::Object(wanted)) = (written, wanted) else { return wanted.clone() };
    for (key, value) in wanted {
        let value = match (key.as_str(), merged.get(key), value) {
            ("env", Some(Value::Object(theirs)), Value::Object(ours)) => {
                Value::Object(merge_env(theirs, ours))
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    Value::Object(merged)
}

fn merge_env(theirs: &Map<String, Value>, ours: &Map<String, Value>) -> Map<String, Value> {
    let mut env = theirs.clone();
    env.retain(|name, _| !OUR_ENV.contains(&name.as_str()) || ours.contains_key(name));
    env.extend(ours.clone());
    env
}

pub(in crate::cli) fn to_value(value: &ast::Value<'_>) -> Value {
    match value {
        ast::Value::StringLit(text) => Value::from(text.value.as_ref()),
        ast::Value::NumberLit(number) => serde_json::from_str(number.value).unwrap_or_default(),
        ast::Value::BooleanLit(flag) => Value::Bool(flag.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => array.elements.iter().map(to_value).collect(),
        ast::Value::Object(object) => {
            let members = object.properties.iter();
            members.map(|property| (property.name.as_str().to_owned(), to_value(&property.value))).collect()
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => write!(f, "is not JSON: line {line}, column {column}"),
            Self::NotAnObject => f.write_str("is not a JSON object"),
            Self::ListNotAnObject { list } => write!(f, "has a `{list}` that is not an object"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Gate";
    const PLACE: Place = Place { list: "mcpServers", entry: NAME };

    fn wanted() -> Value {
        json!({"command": "/bin/gate", "args": ["--config", "/c"], "env": {"ENKRYPT_GATEWAY_KEY": "k"}})
    }

    fn add(text: &str) -> String {
        with_entry(text, PLACE, &wanted()).expect("a fit file").expect("a change")
    }

    fn remove(text: &str) -> String {
        without_one(text, PLACE.list, PLACE.entry).expect("a fit file").expect("a change")
    }

    const FILES: [&str; 12] = [
        "{\n  // mine\n  \"mcpServers\": { // all of them\n    \"a\": {}, // one\n    \"b\": {\"x\": [1, 2,],},\n  },\n}\n",
        "{\n\t\"mcpServers\": {\n\n\t\t/* first */\n\t\t\"a\": {}\n\n\t}, \"z\": 1.50e3\n}",
        "{\r\n    \"mcpServers\": { // c\r\n        \"a\": {}\r\n    }\r\n}\r\n",
        "{\"mcpServers\":{\"a\":{\n\"b\":1}}}",
        "{ \"mcpServers\": { \"a\": {} } }",
        "{\"mcpServers\":{}}",
        "\u{feff}{\n  \"mcpServers\": {}\n}\n",
        "{\"mcpServers\": {\n  // none yet\n}}",
        "{\"mcpServers\": { /* none */ }}",
        "{\"mcpServers\": {}, \"mcpServers\": {\"\\u0041\": 1}}",
        "{\n  \"z\": \"é\u{1f600}\",\n  \"mcpServers\": {\n    \"ü\": {} // ü\n    ,\"c\": 1\n  }\n}",
        "{\n  \"mcpServers\": /* here */ {\n    \"a\": {}\n  }\n}",
    ];

    #[test]
    fn an_entry_goes_in_and_comes_out_without_a_trace() {
        for text in FILES {
            let added = add(text);
            assert_eq!(with_entry(&added, PLACE, &wanted()), Ok(None), "{added}");
            assert_eq!(remove(&added), text, "{added}");
            let kept = text.trim_start_matches('\u{feff}').chars().filter(|c| !c.is_whitespace()).count();
            let grown = added.trim_start_matches('\u{feff}').chars().filter(|c| !c.is_whitespace()).count();
            assert!(grown > kept);
        }
    }

    #[test]
    fn an_entry_that_someone_moved_comes_out_wherever_it_stands() {
        for (text, left) in [
            ("{\"mcpServers\": {\"a\": 1, // c\n \"Gate\": 2 }}", "{\"mcpServers\": {\"a\": 1 // c\n  }}"),
            ("{\"mcpServers\": {\"a\": 1,\n \"Gate\": 2,\n}}", "{\"mcpServers\": {\"a\": 1,\n}}"),
            ("{\"mcpServers\": {\"a\": 1, \"Gate\": 2, \"b\": 3}}", "{\"mcpServers\": {\"a\": 1, \"b\": 3}}"),
            ("{\"mcpServers\": {// c\n \"Gate\": 2, \"b\": 3}}", "{\"mcpServers\": {// c\n  \"b\": 3}}"),
        ] {
            let result = remove(text);
            assert_eq!(result, left);
            assert!(Document::parse(&result).is_ok());
        }
        assert_eq!(without_one("{\"mcpServers\": {\"a\": 1}}", PLACE.list, NAME), Ok(None));
        assert_eq!(without_one("", PLACE.list, NAME), Ok(None));
    }

    #[test]
    fn what_is_missing_is_made_in_the_style_of_the_file() {
        let fresh = add("");
        assert!(fresh.starts_with("{\n  \"mcpServers\": {\n    \"Gate\": {\n      \"command\""), "{fresh}");
        assert!(add("// mine").starts_with("// mine\n{\n"));
        let tabs = add("{\n\t\"a\": 1\n}\n");
        assert!(tabs.starts_with("{\n\t\"mcpServers\": {\n\t\t\"Gate\": {\n\t\t\t\"command\""), "{tabs}");
        assert!(tabs.ends_with("\n\t},\n\t\"a\": 1\n}\n"), "{tabs}");
        assert!(!add("{\r\n  \"a\": 1\r\n}").replace("\r\n", "").contains('\n'));
    }

    #[test]
    fn an_older_entry_is_brought_up_to_date_and_keeps_what_the_user_added() {
        let old = json!({"mcpServers": {NAME: {
            "disabled": false, "command": "/old/secure-mcp-gateway", "args": [],
            "env": {"ENKRYPT_GATEWAY_KEY": "old", "ENKRYPT_USER_ID": "u", "ENKRYPT_LOG_LEVEL": "DEBUG"},
        }}});
        let new: Value = serde_json::from_str(&add(&old.to_string())).expect("json");
        let mut expected = wanted();
        expected["disabled"] = false.into();
        expected["env"]["ENKRYPT_LOG_LEVEL"] = "DEBUG".into();
        assert_eq!(new["mcpServers"][NAME], expected);
    }

    #[test]
    fn an_entry_of_another_program_is_replaced_whole() {
        let python = json!({"mcpServers": {NAME: {"command": "uv", "env": {"ENKRYPT_LOG_LEVEL": "DEBUG"}}}});
        let text = python.to_string();
        let added = add(&text);
        let new: Value = serde_json::from_str(&added).expect("json");
        assert_eq!(new["mcpServers"][NAME], wanted());
        let theirs = entry(&text, PLACE).expect("a fit file").expect("an entry");
        assert!(!is_ours(&theirs, "/bin/gate") && is_ours(&wanted(), "/bin/gate"));
        assert!(is_ours(&json!({"command": "C:\\x\\secure-mcp-gateway.exe"}), "/bin/gate"));
        let back = with_value(&added, PLACE, &theirs).expect("a fit file").expect("a change");
        assert_eq!(serde_json::from_str::<Value>(&back).expect("json"), python);
        let remote = json!({"mcpServers": {NAME: {"url": "http://localhost:8000/mcp/", "type": "http"}}});
        let new: Value = serde_json::from_str(&add(&remote.to_string())).expect("json");
        assert_eq!(new["mcpServers"][NAME], wanted());
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        for (text, unfit) in [
            ("{\n  \"a\": }", Unfit::NotJson { line: 2, column: 8 }),
            ("{'a': 1}", Unfit::NotJson { line: 1, column: 2 }),
            ("[]", Unfit::NotAnObject),
            ("{\"mcpServers\": []}", Unfit::ListNotAnObject { list: "mcpServers" }),
        ] {
            assert_eq!(with_entry(text, PLACE, &wanted()), Err(unfit), "{text}");
        }
    }

    #[test]
    fn only_the_list_of_the_place_is_touched() {
        let other = Place { list: "context_servers", ..PLACE };
        for text in
            FILES.map(|text| text.replace("mcpServers", other.list)).iter().map(String::as_str).chain(FILES)
        {
            let added = with_entry(text, other, &wanted()).expect("a fit file").expect("a change");
            let ours = entry(&added, other).expect("a fit file");
            assert_eq!((ours, entry(&added, PLACE)), (Some(wanted()), Ok(None)), "{added}");
            assert_eq!(
                undo(&added, Some(text), &Entries::new(), other, "/bin/gate")
                    .map(|undone| undone.map(|u| u.text)),
                Ok(Some(text.to_owned()))
            );
        }
        let unfit =
            with_entry("{\"context_servers\": 1}", other, &wanted()).map_err(|unfit| unfit.to_string());
        assert_eq!(unfit, Err("has a `context_servers` that is not an object".to_owned()));
    }

    #[test]
    fn those_that_went_behind_the_gateway_come_back() {
        let list = PLACE.list;
        for text in FILES {
            let all = entries(text, list).expect("a fit file");
            let (rest, gone) = without(&add(text), list, &all).expect("a fit file");
            let left = entries(&rest, list).expect("a fit file");
            assert_eq!((left.len(), &left[NAME], &gone), (1, &wanted(), &all), "{rest}");
            let undone = undo(&rest, Some(text), &gone, PLACE, "/bin/gate").expect("a fit file");
            assert_eq!(undone.map(|undone| undone.text).as_deref(), Some(text));
            // Without the text of then, or with another one, they come back as entries.
            for before in [None, Some("{\"b\": 1}")] {
                let undone = undo(&rest, before, &gone, PLACE, "/bin/gate").expect("a fit file");
                let undone = undone.expect("something to do");
                assert_eq!(entries(&undone.text, list), Ok(all.clone()), "{}", undone.text);
                assert_eq!(undone.returned, all.keys().cloned().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn only_what_stands_as_it_was_read_is_taken_out_and_only_what_is_missing_comes_back() {
        let text = "{\"mcpServers\": {\"a\": 1, \"b\": 2}}";
        let moved: Entries = [("a".to_owned(), 1.into()), ("b".to_owned(), 3.into())].into_iter().collect();
        let (rest, gone) = without(text, PLACE.list, &moved).expect("a fit file");
        assert_eq!((rest.as_str(), gone.len()), ("{\"mcpServers\": { \"b\": 2}}", 1));
        let undone = undo(&rest, None, &moved, PLACE, "/bin/gate").expect("a fit file").expect("undone");
        assert_eq!((undone.returned, undone.put_back), (vec!["a".to_owned()], false));
        assert_eq!(entries(&undone.text, PLACE.list).expect("entries")["b"], 2);
        assert!(undo(&rest, None, &Entries::new(), PLACE, "/bin/gate").expect("a fit file").is_none());
        assert!(is_off(&json!({"disabled": true})) && is_off(&json!({"enabled": false})));
        assert!(!is_off(&json!({"disabled": false})) && !is_off(&json!({})));
    }
}
