//! Words that are known: given names of many languages in Latin letters, common family names, and what is neither.
//! Without accents and in lower case, as a folded word is looked up.

use std::collections::HashSet;
use std::sync::OnceLock;

pub(super) struct Known {
    given: HashSet<&'static str>,
    /// Given names that are words, places or products as well: they say nothing by themselves.
    ambiguous: HashSet<&'static str>,
    family: HashSet<&'static str>,
    common: HashSet<&'static str>,
}

pub(super) fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let words = |list: &'static str| list.split_whitespace().collect();
        Known {
            given: words(include_str!("known/given.txt")),
            ambiguous: words(include_str!("known/ambiguous.txt")),
            family: words(include_str!("known/family.txt")),
            common: words(include_str!("known/common.txt")),
        }
    })
}

impl Known {
    pub(super) fn is_given(&self, word: &str) -> bool {
        self.given.contains(word)
    }

    pub(super) fn is_ambiguous(&self, word: &str) -> bool {
        self.ambiguous.contains(word)
    }

    pub(super) fn is_family(&self, word: &str) -> bool {
        self.family.contains(word)
    }

    /// A word that names of people hardly have in them.
    pub(super) fn is_common(&self, word: &str) -> bool {
        self.common.contains(word)
    }
}
