//! What a client says of itself: the revision that it speaks, and what it can be asked for.

use serde_json::{Map, Value, json};

use crate::call;
use crate::rpc::protocol::{ELICIT, ROOTS, SAMPLE};

/// What a client says of one capability is kept as long as it lives, and longer; more than this says nothing.
const MAX_DECLARED: usize = 1_024;

/// With a handshake (up to 2025-11-25), or with metadata in each request (from 2026-07-28 on).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Era {
    #[default]
    Legacy,
    Modern,
}

#[derive(Clone, Debug, Default)]
pub struct Hello {
    pub era: Era,
    pub version: String,
    pub capabilities: Capabilities,
}

/// Of what a client declared, the part that can be relayed to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities {
    elicitation: Option<Value>,
    sampling: Option<Value>,
    roots: Option<Value>,
}

/// How grave a log message is, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl Capabilities {
    pub fn read(declared: Option<&Value>) -> Self {
        let one = |name: &str| {
            let value = declared?.get(name).filter(|value| value.is_object())?;
            Some(if call::size(value) > MAX_DECLARED { json!({}) } else { value.clone() })
        };
        Self { elicitation: one("elicitation"), sampling: one("sampling"), roots: one("roots") }
    }

    /// What a server is told, which hears of roots only where its configuration allows that.
    pub fn declared(&self, relay_roots: bool) -> Map<String, Value> {
        let roots = self.roots.as_ref().filter(|_| relay_roots);
        let all = [
            ("elicitation", self.elicitation.as_ref()),
            ("roots", roots),
            ("sampling", self.sampling.as_ref()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone()))).collect()
    }

    /// Whether the client can be asked nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a person can be asked in this way. Who names none takes forms only.
    pub fn elicits(&self, mode: Option<&Value>) -> bool {
        let has = |mode| self.elicitation.as_ref().and_then(|declared| declared.get(mode)).is_some();
        match mode.filter(|mode| !mode.is_null()).map_or(Some("form"), Value::as_str) {
            Some("form") => self.elicitation.is_some() && (has("form") || !has("url")),
            mode => mode.is_some_and(has),
        }
    }

    /// Whether the client can be asked this.
    pub fn answers(&self, method: &str, relay_roots: bool) -> bool {
        match method {
            ELICIT => self.elicitation.is_some(),
            SAMPLE => self.sampling.is_some(),
            ROOTS => relay_roots && self.roots.is_some(),
            _ => false,
        }
    }
}

impl Severity {
    const NAMES: [(&str, Self); 8] = [
        ("debug", Self::Debug),
        ("info", Self::Info),
        ("notice", Self::Notice),
        ("warning", Self::Warning),
        ("error", Self::Error),
        ("critical", Self::Critical),
        ("alert", Self::Alert),
        ("emergency", Self::Emergency),
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, severity)| *severity)
    }

    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_relayed_is_declared() {
        let declared =
            json!({"elicitation": {"form": {}}, "roots": {}, "experimental": {"x": {}}, "sampling": 7});
        let capabilities = Capabilities::read(Some(&declared));
        assert_eq!(Value::Object(capabilities.declared(false)), json!({"elicitation": {"form": {}}}));
        assert!(capabilities.answers("elicitation/create", false));
        assert!(capabilities.answers("roots/list", true) && !capabilities.answers("roots/list", false));
        assert!(!capabilities.answers("sampling/createMessage", true));
    }

    #[test]
    fn a_person_is_asked_in_the_ways_that_were_declared() {
        for (declared, form, url) in [
            (json!({}), false, false),
            (json!({"elicitation": {}}), true, false),
            (json!({"elicitation": {"form": {}}}), true, false),
            (json!({"elicitation": {"form": {}, "url": {}}}), true, true),
            (json!({"elicitation": {"url": {}}}), false, true),
        ] {
            let client = Capabilities::read(Some(&declared));
            let elicits = |mode: Value| client.elicits(Some(&mode));
            assert_eq!((elicits(json!("form")), elicits(json!("url"))), (form, url), "{declared}");
            assert_eq!((client.elicits(None), elicits(Value::Null)), (form, form), "{declared}");
            assert!(!elicits(json!("telepathy")) && !elicits(json!(7)));
        }
    }

    #[test]
    fn no_capability_is_long() {
        let long = json!({"elicitation": {"x": "y".repeat(MAX_DECLARED)}});
        let capabilities = Capabilities::read(Some(&long));
        assert_eq!(Value::Object(capabilities.declared(true)), json!({"elicitation": {}}));
    }

    #[test]
    fn severities_are_called_what_they_are() {
        for (name, severity) in Severity::NAMES {
            assert_eq!((Severity::parse(name), severity.as_str()), (Some(severity), name));
        }
        assert!(Severity::Error > Severity::Warning);
    }
}
