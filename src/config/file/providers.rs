//! The guardrail providers of `plugins.guardrails`, each with its own `config`.
//!
//! Whether a provider can keep a policy is judged where the policy stands.

use serde_json::Value;

use super::plugins::{api_key, base_url, is_http, is_loopback, is_real, provider, words};
use super::resolve;
use crate::config::environment::Environment;
use crate::config::node::{Node, names};
use crate::config::{
    ApiStyle, CompositeSettings, Detector, EnkryptSettings, KeywordSettings, LocalSettings, Logic,
    OpenAiSettings, ProviderSettings, Sensitivity,
};
use crate::detect::Extra;
use crate::secret::ApiKey;

mod classifier;
mod rules;

const OPENAI_URL: &str = "https://api.openai.com";
const OPENAI_CATEGORIES: [&str; 3] = ["hate", "violence", "sexual"];
const OPENAI_THRESHOLD: f64 = 0.7;

/// Members of a composite provider; each of them looks at every text.
const MAX_MEMBERS: usize = 8;

pub(super) const SENSITIVITIES: [(&str, Sensitivity); 3] =
    [("strict", Sensitivity::Strict), ("balanced", Sensitivity::Balanced), ("lenient", Sensitivity::Lenient)];

/// What a provider's name stands for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Single(Single),
    Composite,
}

/// A provider that is not composed of others.
#[derive(Clone, Copy)]
pub(super) enum Single {
    Local,
    Enkrypt,
    OpenAi,
    CustomKeyword,
}

pub(super) const KINDS: [(&str, Kind); 5] = [
    ("local", Kind::Single(Single::Local)),
    ("enkrypt", Kind::Single(Single::Enkrypt)),
    ("openai", Kind::Single(Single::OpenAi)),
    ("custom_keyword", Kind::Single(Single::CustomKeyword)),
    ("composite", Kind::Composite),
];

/// What stands under `provider` and `config`. Without a name it is `enkrypt` where there is a real key for it.
pub(super) fn read(
    plugin: &Node<'_>,
    named: Option<Kind>,
    root: &Node<'_>,
    env: &Environment,
) -> Option<ProviderSettings> {
    let config = plugin.section("config");
    let settings = match named {
        Some(Kind::Composite) => composite(&config, root, env).map(ProviderSettings::Composite),
        Some(Kind::Single(kind)) => single(kind, &config, root, env),
        None => {
            let has_key = api_key(&config, root, env).is_some();
            single(if has_key { Single::Enkrypt } else { Single::Local }, &config, root, env)
        }
    };
    if settings.is_some() {
        // Left over from another provider.
        config.ignore(&["api_key", "base_url"]);
        config.refuse_misspelt();
    }
    settings
}

fn single(kind: Single, config: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<ProviderSettings> {
    match kind {
        Single::Local => Some(ProviderSettings::Local(local(config, env))),
        Single::Enkrypt => enkrypt(config, root, env).map(ProviderSettings::Enkrypt),
        Single::OpenAi => openai(config, root, env).map(ProviderSettings::OpenAi),
        Single::CustomKeyword => Some(ProviderSettings::CustomKeyword(keywords(config))),
    }
}

fn local(config: &Node<'_>, env: &Environment) -> LocalSettings {
    LocalSettings {
        sensitivity: config.choice("sensitivity", &SENSITIVITIES).unwrap_or_default(),
        keywords: keywords(config),
        topics: rules::read(config, "topics"),
        policies: rules::read(config, "policies"),
        pii_extra: pii_extra(config),
        fit_by_words: true,
        classifier: classifier::read(config, env),
    }
}

/// Names of `Extra`, each once.
fn pii_extra(config: &Node<'_>) -> Vec<Extra> {
    let mut extras = Vec::new();
    for (path, name) in config.texts("pii_extra") {
        match Extra::ALL.into_iter().find(|extra| extra.as_str() == name) {
            Some(extra) if extras.contains(&extra) => {}
            Some(extra) => extras.push(extra),
            None => {
                let known = names(Extra::ALL.map(Extra::as_str));
                config.notes().problem(&path, format!("expected one of {known}"));
            }
        }
    }
    extras
}

fn keywords(config: &Node<'_>) -> KeywordSettings {
    let keywords = words(config, config.spelling(&["blocked_keywords", "keywords"]));
    let case_sensitive = config.flag("case_sensitive").unwrap_or(false);
    KeywordSettings { place: config.here().to_owned(), keywords, case_sensitive }
}

fn enkrypt(config: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<EnkryptSettings> {
    let styles = [("guardrail", ApiStyle::Guardrail), ("policy", ApiStyle::Policy)];
    let style = config.choice("api_style", &styles).unwrap_or_default();
    let api_key = api_key(config, root, env);
    Some(EnkryptSettings {
        place: config.here().to_owned(),
        base_url: base_url(config, root)?,
        api_key,
        style,
    })
}

fn openai(config: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<OpenAiSettings> {
    let categories: Vec<String> =
        config.texts("block_categories").into_iter().map(|(_, name)| name.to_owned()).collect();
    let default = || OPENAI_CATEGORIES.map(str::to_owned).to_vec();
    let threshold = config.number("threshold").unwrap_or(OPENAI_THRESHOLD);
    if !(0.0..=1.0).contains(&threshold) {
        config.problem("threshold", "expected a number from 0 to 1");
    }
    let given = config.text("api_key").filter(|key| is_real(key));
    let api_key = given.and_then(|text| resolve(text, &config.path("api_key"), root.notes(), env));
    Some(OpenAiSettings {
        place: config.here().to_owned(),
        base_url: openai_url(config)?,
        api_key: api_key.map(|key| ApiKey::from(key.value.expose())),
        categories: if categories.is_empty() { default() } else { categories },
        threshold,
    })
}

fn openai_url(config: &Node<'_>) -> Option<String> {
    let url = config.filled("base_url").unwrap_or(OPENAI_URL).trim_end_matches('/');
    if !is_http(url) || url.contains('@') {
        config.problem(
            "base_url",
            "expected an address that starts with `https://` or `http://` and names no user",
        );
        return None;
    }
    if url.starts_with("http://") && !is_loopback(url) {
        let path = config.path("base_url");
        config.notes().warn(format!("`{path}` has no TLS: what is checked travels in the clear"));
    }
    // Both ways of writing it are common.
    Some(url.strip_suffix("/v1").unwrap_or(url).to_owned())
}

/// Members are names, or objects with `provider` and `config` of their own.
fn composite(config: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<CompositeSettings> {
    const EXPECTED: &str =
        "expected a list of providers, each a name or an object with `provider` and `config`";
    let logics = [("any", Logic::Any), ("or", Logic::Any), ("all", Logic::All), ("and", Logic::All)];
    let logic = config.choice("logic", &logics).unwrap_or_default();
    let items = config.items("providers").unwrap_or_default();
    if items.is_empty() || items.len() > MAX_MEMBERS {
        config.problem("providers", format!("{EXPECTED}, from one to {MAX_MEMBERS} of them"));
        return None;
    }
    let count = items.len();
    let member = |(path, value): (String, &Value)| member(path, value, root, env);
    let mut members: Vec<_> = items.into_iter().filter_map(member).collect();
    // Words are for want of anybody better.
    let knows = |one: &ProviderSettings| {
        !matches!(one, ProviderSettings::Local(_)) && one.checks(Detector::Relevancy)
    };
    if members.iter().any(knows) {
        for member in &mut members {
            if let ProviderSettings::Local(local) = member {
                local.fit_by_words = false;
            }
        }
    }
    (members.len() == count).then_some(CompositeSettings { members, logic })
}

fn member(path: String, value: &Value, root: &Node<'_>, env: &Environment) -> Option<ProviderSettings> {
    let named;
    let value = if value.is_string() {
        named = serde_json::json!({"provider": value});
        &named
    } else {
        value
    };
    let plugin = Node::open(value, path, root.notes())?;
    let settings = match provider(&plugin, &KINDS).ok()? {
        None | Some(Kind::Composite) => {
            plugin.problem("provider", "expected the name of a provider that is not composed itself");
            None
        }
        named @ Some(Kind::Single(_)) => read(&plugin, named, root, env),
    };
    plugin.refuse_misspelt();
    settings
}
