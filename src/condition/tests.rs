//! What expressions say of a call, which of them are refused, and that none takes long.

use serde_json::{Value as Json, json};

use super::*;
use crate::dice::Dice;

fn asked(text: &str, args: &Json) -> Result<bool, Undecided> {
    let condition = Condition::parse(text).unwrap_or_else(|misread| panic!("{text}: {misread}"));
    let texts = ["SELECT 1", "query"];
    let facts = Facts { args: Some(args), texts: &texts, size: 100, ..Facts::new("db", "run_sql", "input") };
    condition.holds(&facts)
}

fn arguments() -> Json {
    json!({
        "query": "DROP  TABLE users", "amount": 1000.5, "count": 2000, "large": u64::MAX, "small": -3, "none": null,
        "force": true, "hosts": ["a.example.com", "b.example.org"], "rows": [{"id": 1}, {"id": 2}, {"name": "x"}],
        "options": {"a": {"b": "c"}, "user-id": 7}, "empty": [], "umlaut": "Zürich",
    })
}

fn holds(text: &str) -> bool {
    asked(text, &arguments()).unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn what_holds() {
    for text in [
        r#"tool == "run_sql" && args.query.matches("(?i)drop\\s+table")"#,
        r"args.query.matches(r'^DROP\s+TABLE')",
        r#"matches(args.query, "users$")"#,
        "args.amount > 1000 && args.amount > 1000.0 && args.count > 1000 && args.count >= 2000.0",
        "args.count == 2000.0 && args.small < -2.5 && args.large > 18446744073709551614u",
        "args.large == 18446744073709551615 && args.large > 1.0e3 && args.large < 1e20",
        "args.count + 1 == 2001 && args.count * 1.5 == 3000 && 7 / 2 == 3 && 7 % 4 == 3 && -args.small == 3",
        "1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 10 - 3 - 2 == 5 && !(1 > 2) && 2 - -1 == 3",
        "server == 'db' && side == \"input\" && tool in ['run_sql', 'x'] && !(tool in [\"y\"])",
        "args.hosts.exists(h, h.endsWith('.org')) && !args.hosts.all(h, h.endsWith('.org'))",
        "args.hosts.exists_one(h, h.startsWith('a')) && args.hosts.filter(h, h.contains('b')).size() == 1",
        "args.rows.map(r, has(r.id), r.id) == [1, 2] && args.rows.map(r, r.id)[1] == 2",
        "args.rows.exists(r, r.id == 2) && args.empty.all(e, false) && !args.empty.exists(e, true)",
        "args.options.exists(key, key == 'user-id') && args.options['user-id'] == 7 && 'a' in args.options",
        "has(args.options.a.b) && !has(args.options.x.y) && has(args.none) && !has(args.other)",
        "args.options == args.options && args.options.a != args.options && args.none == null",
        "size(args.umlaut) == 6 && args.umlaut.lowerAscii() == 'zürich' && size(args) == 12",
        "args.force && (args.force ? true : false) && args.force == true",
        "string(args.count) == '2000' && int('12') == 12 && double('1.5') == 1.5 && int(1.9) == 1",
        "texts.exists(t, t == 'SELECT 1') && text.contains('SELECT') && size(texts) == 2",
        "'a' + 'b' == 'ab' && '\\x41\\u00e9\\101' == 'AéA' && '''a\nb'''.contains('\\n') // why",
        "0x10 == 16 && 1.5e1 == 15 && .5 < 1",
        "result == null && definition == null && null != args && !(has(result.content) || has(args.content))",
        // What is decided is decided, whatever else is wrong.
        "args.query > 1 || true",
        "!(false && args.query > 1) && !(args.query > 1 && false)",
        "args.rows.exists(r, r.id == 2 || r.name > 1)",
    ] {
        assert!(holds(text), "{text}");
        assert!(!holds(&format!("!({text}\n)")), "{text}");
    }
}

#[test]
fn of_what_is_not_there_every_test_is_false_but_the_unequal() {
    for text in [
        "args.other > 1",
        "args.other <= 1",
        "args.none >= 0",
        "args.other == 1",
        "args.other == args.another",
        "args.other == null",
        "args.other.deep.er == 'x'",
        "args.none.x == 'x'",
        "args.other.contains('')",
        "args.none.matches('.*')",
        "args.other in ['x']",
        "args.other in [null]",
        "'x' in args.other",
        "args.other.all(x, true)",
        "args.other.exists(x, true)",
        "args.other.filter(x, true).size() >= 0",
        "args.other",
        "args.other + 1 > 0",
        "-args.other < 0",
        "size(args.none) == 0",
        "args.hosts[9] == 'x'",
        "args.hosts[-1] == 'x'",
        "args.none && result.structuredContent.total > 5 || result.structuredContent.total > 5",
        "args.other ? true : false",
    ] {
        assert!(!holds(text), "{text}");
        assert!(holds(&format!("!({text})")), "{text}");
    }
    assert!(holds("args.other != 'staging'") && holds("args.none != 'staging'"));
}

#[test]
fn nothing_is_said_of_what_is_of_another_kind() {
    let result = json!({"isError": true});
    let facts = Facts { result: result.as_object(), ..Facts::new("db", "run_sql", "output") };
    let holds = |text: &str| Condition::parse(text).expect("a condition").holds(&facts);
    for text in [
        "tool == 'run_sql' && (!has(args.amount) || args.amount > 1000)",
        "args.zone != 'staging'",
        "!definition.name.startsWith('x') || args.a",
        "!args.hosts.all(h, h == 'x')",
    ] {
        assert_eq!(holds(text), Ok(false), "{text}");
    }
    for text in ["args == null", "result.isError && !has(args.a)", "tool == 'run_sql'", "!has(result.a)"] {
        assert_eq!(holds(text), Ok(true), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_undecided() {
    for text in [
        "args.query > 1",
        "args.query.x == 1",
        "args.count.contains('2')",
        "args.count.matches('2')",
        "args.count",
        "!args.query",
        "args.count / 0 == 1",
        "args.count % (args.count - 2000) == 1",
        "args.amount / 0.0 == 1",
        "false || args.count > 'x'",
        "args.count + 'x' == 'x'",
        "args.count.all(x, true)",
        "1 in 'abc'",
        "int('x') == 1",
        "int(1e300) == 1",
        "size(1) == 1",
        "[1, 2].all(r, r > 'x')",
        "args.rows.filter(r, r.id > 'x').size() == 0",
        "args.large * args.large * args.large * args.large > 1",
    ] {
        assert!(matches!(asked(text, &arguments()), Err(Undecided::Wrong(_))), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_named_by_its_place_and_not_repeated() {
    for (text, said) in [
        ("", "expected a value, at character 1"),
        ("args.amount >", "expected a value, at character 14"),
        ("(args.a", "expected `)`, at character 8"),
        (
            "hunter2 == 1",
            "expected one of `server`, `tool`, `side`, `args`, `result`, `definition`, `text`, `texts`, at character 1",
        ),
        ("args.a = 1", "expected an operator or the end, at character 8"),
        ("args.a == 'hunter2", "expected the end of the string that begins here, at character 11"),
        (
            "args.a.matches('(hunter2')",
            "expected a regular expression: unclosed group, at its character 1, at character 16",
        ),
        ("args.a.matches(args.b)", "expected the pattern itself, in quotes, at character 16"),
        (
            r"args.a.matches('\s')",
            "expected an escape: write the backslash twice, or put `r` in front of the string, at character 17",
        ),
        (
            "args.a.hunter2()",
            "expected one of the functions `size`, `contains`, `startsWith`, `endsWith`, `lowerAscii`, `upperAscii`, `matches`, `all`, `exists`, `exists_one`, `filter`, `map`, at character 8",
        ),
        (
            "hunter2(1)",
            "expected one of the functions `size`, `int`, `double`, `string`, `matches`, `has`, at character 1",
        ),
        ("args.a.contains()", "expected 1 arguments of this function, at character 8"),
        ("has(args)", "expected a field, as in `has(args.query)`, at character 5"),
        (
            "args.a.all(x, args.b.all(y, args.c.all(z, true)))",
            "expected at most 2 of `all`, `exists` and the like in each other, at character 36",
        ),
        ("args.a.all(1, true)", "expected the name of a variable, at character 12"),
        (
            "x && args.a.all(x, true)",
            "expected one of `server`, `tool`, `side`, `args`, `result`, `definition`, `text`, `texts`, at character 1",
        ),
        ("1 1", "expected an operator or the end, at character 3"),
        ("1a == 1", "expected a number, at character 1"),
        ("99999999999999999999 == 1", "expected a number, at character 1"),
        ("ü == 1", "expected no such character here, at character 1"),
        ("'ü' == 'ü' @", "expected no such character here, at character 12"),
        ("{'a': 1} == args", "expected a value, at character 1"),
    ] {
        assert_eq!(Condition::parse(text).expect_err(text).to_string(), said, "{text}");
    }
    let long = format!("true{}", " || true".repeat(600));
    assert_eq!(
        Condition::parse(&long).expect_err("too long").to_string(),
        "expected an expression of at most 4096 bytes, at character 4097"
    );
}

#[test]
fn no_expression_is_too_deep_for_the_stack() {
    for (open, close) in
        [("(", ")"), ("!", ""), ("-", ""), ("[", "]"), ("args[", "]"), ("true ? true : ", ""), ("size(", ")")]
    {
        let deep = format!("{}1{}", open.repeat(250), close.repeat(250));
        assert!(Condition::parse(&deep).is_err(), "{open}");
    }
    for chain in [" + 1", ".a", "[0]", " == 1", " * 2", " - 1"] {
        assert!(Condition::parse(&format!("args{}", chain.repeat(500))).is_err(), "{chain}");
    }
    let wide = format!("true{}", " && true".repeat(500));
    assert!(Condition::parse(&wide).expect("wide").holds(&Facts::default()).expect("decided"));
}

#[test]
fn a_list_that_is_gone_through_again_and_again_runs_out_of_steps() {
    let list: Vec<u32> = (0..20_000).collect();
    let args = json!({"list": list, "text": "a".repeat(100_000)});
    let facts = |args| Facts { args: Some(args), size: 200_000, ..Facts::default() };
    for text in [
        "args.list.all(a, args.list.all(b, a + b >= 0))",
        "args.list.exists(a, args.text.contains('b'))",
        "args.list.exists(a, args.text.matches('b'))",
        "args.list.map(a, args.text + 'x').size() == 1",
        "args.list.all(a, a in args.list)",
        "args.list.all(a, args.list == args.list)",
        "args.list.map(a, args.text + 'x').all(b, args.list.all(c, b != 'x'))",
    ] {
        let condition = Condition::parse(text).expect(text);
        assert_eq!(condition.holds(&facts(&args)), Err(Undecided::TooLong), "{text}");
    }
    let once = Condition::parse("args.list.all(a, a >= 0) && !args.text.matches('b+$')").expect("once");
    assert_eq!(once.holds(&facts(&args)), Ok(true));
}

#[test]
fn whatever_is_written_is_read_or_refused_and_then_decided_or_not() {
    const PIECES: [&str; 48] = [
        "args",
        "tool",
        "texts",
        "text",
        ".",
        ".query",
        ".count",
        ".rows",
        ".hosts",
        ".none",
        ".other",
        "[",
        "]",
        "0",
        "1.5",
        "-",
        "!",
        "(",
        ")",
        "\"",
        "'",
        "'a'",
        "r'",
        "\\u00",
        "\\",
        " && ",
        " || ",
        " == ",
        " < ",
        " in ",
        " ? ",
        ":",
        ".all(x, ",
        ".map(x, ",
        "x",
        ".size()",
        "has(",
        ".matches('",
        "+",
        "*",
        "%",
        "/",
        ",",
        "ü",
        "\u{1f600}",
        "//",
        "\n",
        "9223372036854775807",
    ];
    let (mut dice, mut read, arguments) = (Dice(0x9e37_79b9_7f4a_7c15), 0, arguments());
    for _ in 0..20_000 {
        let count = 1 + dice.below(12);
        let text: String = (0..count).map(|_| PIECES[dice.below(PIECES.len())]).collect();
        let Ok(condition) = Condition::parse(&text) else { continue };
        read += 1;
        let facts = Facts { args: Some(&arguments), texts: &["ü"], ..Facts::default() };
        let _ = condition.holds(&facts);
    }
    assert!(read > 100, "{read}");
}
