//! `plugins` and `enkrypt_config`: who authenticates, who checks, and where their service is.
//!
//! A name that nobody knows is a problem, never a fallback. The providers of guardrails are read in `providers`.

use std::time::Duration;

use super::super::{AuthSettings, ProviderSettings, RemoteAuth};
use super::{providers, resolve};
use crate::config::environment::Environment;
use crate::config::node::{Node, names};
use crate::secret::ApiKey;

const ENKRYPT_URL: &str = "https://api.enkryptai.com";
const REMOTE_TTL: Duration = Duration::from_secs(600);

/// What `plugins.auth.provider` names.
#[derive(Clone, Copy)]
enum Auth {
    LocalApikey,
    Enkrypt,
}

const AUTH: [(&str, Auth); 2] = [("local_apikey", Auth::LocalApikey), ("enkrypt", Auth::Enkrypt)];

/// What `plugins.telemetry.provider` names.
#[derive(Clone, Copy)]
enum Telemetry {
    OpenTelemetry,
    Stdout,
}

const TELEMETRY: [(&str, Telemetry); 3] = [
    ("opentelemetry", Telemetry::OpenTelemetry),
    ("otel", Telemetry::OpenTelemetry),
    ("stdout", Telemetry::Stdout),
];

/// What each plugin is; `None` stands for one whose problem is already said.
/// `config_ttl` is what holds where an authenticator has no time of its own.
pub(super) fn read(
    root: &Node<'_>,
    env: &Environment,
    config_ttl: Option<Duration>,
) -> (Option<AuthSettings>, Option<ProviderSettings>) {
    let plugins = root.section("plugins");
    let enkrypt = root.section("enkrypt_config");
    enkrypt.ignore(&["api_key", "base_url", "org_id"]);
    enkrypt.warn_unread();
    let settings = (auth(&plugins, root, config_ttl), guardrails(&plugins, root, env));
    telemetry(&plugins);
    plugins.refuse_misspelt();
    settings
}

fn auth(plugins: &Node<'_>, root: &Node<'_>, config_ttl: Option<Duration>) -> Option<AuthSettings> {
    let plugin = plugins.section("auth");
    let config = plugin.section("config");
    // Of the local provider of other versions, and of the remote one where the key comes with the caller.
    config.ignore(&["api_key", "apikey", "timeout", "use_remote_config"]);
    let known = ["base_url", "cache_ttl_seconds", "gateway_name", "gateway_version", "project_name"];
    let settings = match provider(&plugin, &AUTH) {
        Ok(Some(Auth::Enkrypt)) => remote_auth(&config, root, config_ttl).map(AuthSettings::Enkrypt),
        Ok(Some(Auth::LocalApikey) | None) => {
            config.ignore(&known);
            Some(AuthSettings::LocalApikey)
        }
        Err(()) => None,
    };
    if settings.is_some() {
        config.warn_unread();
    }
    plugin.refuse_misspelt();
    settings
}

fn remote_auth(config: &Node<'_>, root: &Node<'_>, config_ttl: Option<Duration>) -> Option<RemoteAuth> {
    let common = root.section("common_mcp_gateway_config");
    let base_url = base_url(config, root);
    let name = config.filled("gateway_name").or_else(|| common.filled("enkrypt_remote_mcp_gateway_name"));
    if name.is_none() && config.get("gateway_name").is_none() {
        config.problem("gateway_name", "expected a non-empty string: the name of the gateway in the account");
    }
    let version =
        config.filled("gateway_version").or_else(|| common.filled("enkrypt_remote_mcp_gateway_version"));
    let project_name = config.filled("project_name").map(str::to_owned);
    let cache_ttl = config.span("cache_ttl_seconds", 1.0).or(config_ttl).unwrap_or(REMOTE_TTL);
    Some(RemoteAuth {
        base_url: base_url?,
        gateway_name: name?.to_owned(),
        gateway_version: version.unwrap_or("v1").to_owned(),
        project_name,
        cache_ttl,
    })
}

pub(super) fn base_url(config: &Node<'_>, root: &Node<'_>) -> Option<String> {
    let enkrypt = root.section("enkrypt_config");
    let common = root.section("common_mcp_gateway_config");
    let places = [(config, "base_url"), (&enkrypt, "base_url"), (&common, "enkrypt_base_url")];
    let Some((place, key, url)) =
        places.into_iter().find_map(|(node, key)| Some((node, key, node.filled(key)?)))
    else {
        return Some(ENKRYPT_URL.to_owned());
    };
    let url = url.trim_end_matches('/');
    if !is_http(url) || url.contains('@') {
        place.problem(key, "expected an address that starts with `https://` or `http://` and names no user");
        return None;
    }
    if url.starts_with("http://") && !is_loopback(url) {
        let path = place.path(key);
        place.notes().warn(format!("`{path}` has no TLS: gateway keys travel in the clear, use `https://`"));
    }
    Some(url.to_owned())
}

fn guardrails(plugins: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<ProviderSettings> {
    let plugin = plugins.section("guardrails");
    let named = provider(&plugin, &providers::KINDS);
    let settings = providers::read(&plugin, named.ok()?, root, env);
    plugin.refuse_misspelt();
    settings
}

/// A list of words to look for; an empty one would be found in every text.
pub(super) fn words(node: &Node<'_>, key: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (path, word) in node.texts(key) {
        if word.is_empty() {
            node.notes().problem(&path, "expected a non-empty string");
        }
        words.push(word.to_owned());
    }
    words
}

/// A list of JSON pointers.
pub(super) fn pointers(node: &Node<'_>, key: &str) -> Vec<String> {
    let paths = node.texts(key).into_iter();
    paths
        .map(|(path, pointer)| {
            if !pointer.starts_with('/') || pointer.ends_with('/') {
                node.notes().problem(&path, "expected a JSON pointer, as `/query`");
            }
            pointer.to_owned()
        })
        .collect()
}

/// The first real key of the places where the generations keep it.
pub(super) fn api_key(config: &Node<'_>, root: &Node<'_>, env: &Environment) -> Option<ApiKey> {
    let enkrypt = root.section("enkrypt_config");
    let plugins = root.section("plugins");
    let auth = plugins.section("auth").section("config");
    let common = root.section("common_mcp_gateway_config");
    let places = [
        (config, "api_key"),
        (&enkrypt, "api_key"),
        (&auth, "api_key"),
        (&auth, "apikey"),
        (&common, "enkrypt_api_key"),
    ];
    let (place, key, text) = places
        .into_iter()
        .find_map(|(node, key)| Some((node, key, node.text(key).filter(|text| is_real(text))?)))?;
    let key = resolve(text, &place.path(key), root.notes(), env)?;
    Some(ApiKey::from(key.value.expose()))
}

/// A key that somebody filled in.
pub(super) fn is_real(key: &str) -> bool {
    !matches!(key.trim(), "" | "null" | "YOUR_ENKRYPT_API_KEY" | "YOUR_OPENAI_API_KEY")
}

fn telemetry(plugins: &Node<'_>) {
    let plugin = plugins.section("telemetry");
    let provider = provider(&plugin, &TELEMETRY);
    let config = plugin.section("config");
    if config.flag("enabled") == Some(true) && matches!(provider, Ok(Some(Telemetry::OpenTelemetry))) {
        let path = config.path("enabled");
        config
            .notes()
            .warn(format!("`{path}`: this version exports no telemetry, its log goes to standard error"));
    }
    plugin.refuse_misspelt();
}

/// What a plugin's provider is, if it names one.
pub(super) fn provider<T: Copy>(plugin: &Node<'_>, known: &[(&str, T)]) -> Result<Option<T>, ()> {
    let Some(name) = plugin.get("provider") else { return Ok(None) };
    let name = name.as_str().map(|name| match name {
        "custom-keyword" => "custom_keyword",
        "openai-moderation" => "openai",
        other => other,
    });
    let found = name.and_then(|name| known.iter().find(|(known, _)| *known == name));
    if found.is_none() {
        let known = names(known.iter().map(|(known, _)| *known));
        plugin.problem("provider", format!("expected the name of a known provider: one of {known}"));
    }
    found.map(|(_, kind)| Some(*kind)).ok_or(())
}

pub(super) fn is_http(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']) && !rest.contains(' ')
    })
}

pub(super) fn is_loopback(url: &str) -> bool {
    let host = url.trim_start_matches("http://").split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    host == "localhost" || host.starts_with("127.") || host.starts_with("[::1]")
}
