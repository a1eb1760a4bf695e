//! `common_mcp_gateway_config`: the log, the limits, the waits, and what holds for every server.
//!
//! Where a key is absent the default is the one of `Settings`, whichever generation wrote the file.

use super::super::{
    CacheSettings, Exposure, HttpSettings, Limits, LogLevel, OnFailure, ResultDetail, ServerRules,
    SessionMode, SessionSettings, TimeoutSettings,
};
use super::cache;
use crate::config::environment::Environment;
use crate::config::node::Node;
use crate::config::server::Thresholds;

pub(super) struct Common {
    pub(super) log_level: LogLevel,
    pub(super) limits: Limits,
    pub(super) timeouts: TimeoutSettings,
    pub(super) cache: CacheSettings,
    pub(super) http: HttpSettings,
    pub(super) reload: bool,
    pub(super) result_detail: ResultDetail,
    pub(super) on_failure: OnFailure,
    pub(super) exposure: Exposure,
    pub(super) direct_prefix: bool,
    pub(super) rules: ServerRules,
    pub(super) guardrails_enabled: Option<bool>,
    pub(super) async_input: bool,
}

/// Keys of other versions that mean nothing here, and those that `plugins` reads.
const UNUSED: [&str; 10] = [
    "enkrypt_api_key",
    "enkrypt_base_url",
    "enkrypt_gateway_base_url",
    "enkrypt_oauth_redirect_uri",
    "enkrypt_remote_mcp_gateway_name",
    "enkrypt_remote_mcp_gateway_version",
    "enkrypt_telemetry",
    "session_pool_connect_timeout",
    "session_pool_enabled",
    "session_pool_ttl",
];

pub(super) fn read(node: &Node<'_>, env: &Environment) -> Common {
    node.ignore(&UNUSED);
    warn_of_other_ways(node);
    env.misread().into_iter().for_each(|(name, expected)| node.problem_outside(name, expected));
    let detail = [("full", ResultDetail::Full), ("compact", ResultDetail::Compact)];
    let failure = [("stop", OnFailure::Stop), ("continue", OnFailure::Continue)];
    let exposures =
        [Exposure::Gateway, Exposure::Direct, Exposure::Both].map(|exposure| (exposure.as_str(), exposure));
    let common = Common {
        log_level: node.choice("enkrypt_log_level", &LogLevel::NAMES).unwrap_or(LogLevel::Info),
        limits: limits(node),
        timeouts: timeouts(&node.section("timeout_settings")),
        cache: cache::read(node, env),
        http: http(node),
        reload: node.number("enkrypt_config_watcher_poll_seconds").is_none_or(|seconds| seconds > 0.0),
        result_detail: node.choice("enkrypt_result_detail", &detail).unwrap_or(ResultDetail::Full),
        on_failure: node.choice("enkrypt_on_failure", &failure).unwrap_or(OnFailure::Stop),
        exposure: node.choice("tool_exposure", &exposures).unwrap_or(Exposure::Gateway),
        direct_prefix: node.flag("direct_prefix").unwrap_or(true),
        rules: rules(node, env),
        guardrails_enabled: node.flag("enkrypt_guardrails_enabled"),
        async_input: node.flag("enkrypt_async_input_guardrails_enabled").unwrap_or(false),
    };
    node.refuse_misspelt();
    common
}

/// The session keys, which the common section and each server may have.
pub(super) fn sessions(node: &Node<'_>, base: SessionSettings) -> SessionSettings {
    let modes = [("batch", SessionMode::Batch), ("keep", SessionMode::Keep)];
    SessionSettings {
        mode: node.choice("session_mode", &modes).or(base.mode),
        idle: node.span("session_idle_seconds", 1.0).unwrap_or(base.idle),
        standby_idle: node.span_or_zero("standby_idle_seconds").unwrap_or(base.standby_idle),
    }
}

fn rules(node: &Node<'_>, env: &Environment) -> ServerRules {
    let allowed = node.flag("enkrypt_allow_stdio_servers");
    let sandbox = node.section("sandbox");
    ServerRules {
        sessions: sessions(node, SessionSettings::default()),
        allow_stdio: env.allow_stdio_servers().or(allowed).unwrap_or(true),
        sandbox: sandbox.flag("enabled").unwrap_or(false),
        thresholds: thresholds(node),
        ..ServerRules::default()
    }
}

fn thresholds(node: &Node<'_>) -> Thresholds {
    let score = |key| {
        let given = node.number(key);
        if given.is_some_and(|given| !(0.0..=1.0).contains(&given)) {
            node.problem(key, "expected a number from 0 to 1");
        }
        given
    };
    Thresholds { relevancy: score("relevancy_threshold"), adherence: score("adherence_threshold") }
}

fn warn_of_other_ways(node: &Node<'_>) {
    // The checks of a result always run beside each other.
    node.ignore(&["enkrypt_async_output_guardrails_enabled"]);
    if node.flag("enkrypt_use_remote_mcp_config") == Some(true) {
        let path = node.path("enkrypt_use_remote_mcp_config");
        node.notes()
            .warn(format!("`{path}` is not used: name `enkrypt` as the provider under `plugins.auth`"));
    }
}

fn http(node: &Node<'_>) -> HttpSettings {
    let names = |key| -> Vec<String> {
        let expected = "expected a name, as `gateway.example.com`, without scheme and port";
        let names = node.texts(key).into_iter();
        names
            .map(|(path, name)| {
                if name.is_empty()
                    || name.contains(['/', '*', ' '])
                    || (name.contains(':') && !name.starts_with('['))
                {
                    node.notes().problem(&path, expected);
                }
                name.to_ascii_lowercase()
            })
            .collect()
    };
    let origins = |key| -> Vec<String> {
        let origins = node.texts(key).into_iter();
        origins
            .map(|(path, origin)| {
                let host = origin.split_once("://").map_or("", |(_, host)| host);
                if host.is_empty() || host.contains(['/', '*', ' ']) {
                    node.notes().problem(&path, "expected an origin, as `https://app.example.com`");
                }
                origin.to_ascii_lowercase()
            })
            .collect()
    };
    HttpSettings { allowed_hosts: names("allowed_hosts"), allowed_origins: origins("allowed_origins") }
}

fn limits(node: &Node<'_>) -> Limits {
    let limit = |key, default| {
        let number = node.whole(key, 1..=u64::from(u32::MAX)).and_then(|number| usize::try_from(number).ok());
        number.unwrap_or(default)
    };
    let default = Limits::default();
    Limits {
        max_calls_per_batch: limit("max_calls_per_batch", default.max_calls_per_batch),
        max_argument_bytes: limit("max_argument_bytes", default.max_argument_bytes),
        max_result_bytes: limit("max_result_bytes", default.max_result_bytes),
        max_sessions: limit("max_sessions", default.max_sessions),
    }
}

fn timeouts(node: &Node<'_>) -> TimeoutSettings {
    let default = TimeoutSettings::default();
    let wait = |key, default| node.span(key, 1.0).unwrap_or(default);
    let tool_execution = wait("tool_execution_timeout", default.tool_execution);
    let given = node.span("tool_execution_max", 1.0);
    if given.is_some_and(|hard_end| hard_end < tool_execution) {
        node.problem("tool_execution_max", "expected at least as much as `tool_execution_timeout`");
    }
    let escalation = node.section("escalation_policies");
    let settings = TimeoutSettings {
        default: wait("default_timeout", default.default),
        guardrail: wait("guardrail_timeout", default.guardrail),
        auth: wait("auth_timeout", default.auth),
        tool_execution,
        tool_execution_max: given.unwrap_or(default.tool_execution_max.max(tool_execution)),
        discovery: wait("discovery_timeout", default.discovery),
        cache: wait("cache_timeout", default.cache),
        connectivity: wait("connectivity_timeout", default.connectivity),
        warn_threshold: escalation.share("warn_threshold").unwrap_or(default.warn_threshold),
        timeout_threshold: escalation.share("timeout_threshold").unwrap_or(default.timeout_threshold),
        fail_threshold: escalation.share("fail_threshold").unwrap_or(default.fail_threshold),
    };
    escalation.refuse_misspelt();
    node.refuse_misspelt();
    settings
}
