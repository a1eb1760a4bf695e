//! What a server offers besides tools: prompts, resources and templates of resources, each as the server wrote it.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::address::{Address, fits};
use super::{is_name, shape};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferKind {
    Prompt,
    Resource,
    Template,
}

/// One prompt, resource or template, whole.
#[derive(Debug)]
pub struct Offered {
    /// Its name, URI or URI template.
    pub key: String,
    pub definition: Map<String, Value>,
    /// How much of it was not of its type and is not there.
    pub mended: usize,
}

/// All that one server offers.
#[derive(Debug, Default)]
pub struct Offers {
    pub prompts: Vec<Arc<Offered>>,
    pub resources: Vec<Arc<Offered>>,
    pub templates: Vec<Arc<Offered>>,
    /// It completes arguments.
    pub completes: bool,
}

/// What the registration check kept away, and why.
#[derive(Debug)]
pub struct BlockedOffer {
    pub kind: OfferKind,
    pub key: String,
    pub reasons: Vec<String>,
}

/// What of a server's offers a caller may know.
#[derive(Debug, Default)]
pub struct OfferSet {
    pub open: Offers,
    pub blocked: Vec<BlockedOffer>,
}

impl OfferKind {
    pub const ALL: [Self; 3] = [Self::Prompt, Self::Resource, Self::Template];

    /// The capability of a server that has them.
    pub fn capability(self) -> &'static str {
        match self {
            Self::Prompt => "prompts",
            Self::Resource | Self::Template => "resources",
        }
    }

    /// The request that lists them.
    pub fn method(self) -> &'static str {
        match self {
            Self::Prompt => "prompts/list",
            Self::Resource => "resources/list",
            Self::Template => "resources/templates/list",
        }
    }

    /// Where they stand in its result.
    pub fn member(self) -> &'static str {
        match self {
            Self::Prompt => "prompts",
            Self::Resource => "resources",
            Self::Template => "resourceTemplates",
        }
    }

    /// What one is called at the head of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prompt => "Prompt",
            Self::Resource => "Resource",
            Self::Template => "Resource template",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Prompt => "name",
            Self::Resource => "uri",
            Self::Template => "uriTemplate",
        }
    }
}

impl Offers {
    pub fn of(&self, kind: OfferKind) -> &[Arc<Offered>] {
        match kind {
            OfferKind::Prompt => &self.prompts,
            OfferKind::Resource => &self.resources,
            OfferKind::Template => &self.templates,
        }
    }

    pub fn of_mut(&mut self, kind: OfferKind) -> &mut Vec<Arc<Offered>> {
        match kind {
            OfferKind::Prompt => &mut self.prompts,
            OfferKind::Resource => &mut self.resources,
            OfferKind::Template => &mut self.templates,
        }
    }

    /// Puts in what a server listed; says how many entries have no usable key, or one that was there before.
    pub fn fill(&mut self, kind: OfferKind, definitions: Vec<Value>) -> usize {
        let mut seen = HashSet::new();
        let mut left_out = 0;
        for definition in definitions {
            match Offered::parse(kind, definition) {
                Some(offered) if seen.insert(offered.key.clone()) => {
                    self.of_mut(kind).push(Arc::new(offered));
                }
                _ => left_out += 1,
            }
        }
        left_out
    }

    /// Whether one of the templates stands for the URI.
    pub fn has_template_for(&self, uri: &str) -> bool {
        self.templates.iter().any(|template| fits(&template.key, uri))
    }

    pub fn has(&self, kind: OfferKind, key: &str) -> bool {
        self.of(kind).iter().any(|offered| offered.key == key)
    }

    pub fn definitions(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let all = self.prompts.iter().chain(&self.resources).chain(&self.templates);
        all.map(|offered| &offered.definition)
    }
}

impl Offered {
    /// Of the whole definition.
    pub fn fingerprint(&self) -> [u8; 32] {
        super::fingerprint(&self.definition)
    }

    fn parse(kind: OfferKind, definition: Value) -> Option<Self> {
        let Value::Object(mut definition) = definition else { return None };
        let key = definition.get(kind.key())?.as_str()?.to_owned();
        let usable = if kind == OfferKind::Prompt { is_name(&key) } else { !key.is_empty() };
        let mended = match kind {
            OfferKind::Prompt => shape::mend_prompt(&mut definition),
            OfferKind::Resource | OfferKind::Template => shape::mend_resource(&mut definition, &key),
        };
        usable.then_some(Self { key, definition, mended })
    }
}

impl OfferSet {
    /// Why the caller may not have what a request refers to by this key: the name of a prompt, a URI, or, of a
    /// completion, a URI or a template. What the server lists by the very key has a verdict of its own; whatever else
    /// reads as what is kept away is kept away, and so is what could be of such a template and of no open one.
    pub fn blocked(&self, kind: OfferKind, key: &str) -> Option<&BlockedOffer> {
        let alike: &[OfferKind] = match kind {
            OfferKind::Prompt => &[OfferKind::Prompt],
            OfferKind::Resource => &[OfferKind::Resource],
            OfferKind::Template => &[OfferKind::Template, OfferKind::Resource],
        };
        let listed = self.blocked.iter().find(|blocked| alike.contains(&blocked.kind) && blocked.key == key);
        if listed.is_some() || kind == OfferKind::Prompt || alike.iter().any(|kind| self.open.has(*kind, key))
        {
            return listed;
        }
        let asked = Address::of(key);
        self.blocked.iter().find(|blocked| match blocked.kind {
            OfferKind::Prompt => false,
            OfferKind::Resource => asked.is(&Address::of(&blocked.key)),
            OfferKind::Template => {
                asked.could_be_of(&Address::of(&blocked.key), &|uri| self.open.has_template_for(uri))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_key_or_is_repeated_is_left_out() {
        let mut offers = Offers::default();
        let listed =
            serde_json::json!([{"name": "a"}, {"name": "a", "x": 1}, {"title": "b"}, 7, {"name": ""}]);
        let left_out = offers.fill(OfferKind::Prompt, listed.as_array().cloned().unwrap_or_default());
        assert_eq!((offers.prompts.len(), left_out), (1, 4));
    }
}
