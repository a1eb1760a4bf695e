//! `config check`: what the gateway understood, or everything that is wrong.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use super::{BAD_CONFIG, Failure, print};
use crate::config::environment::Environment;
use crate::config::{
    Action, AuthSettings, CacheStore, Detector, Endpoint, Enforcement, Exposure, Grant, KeyState, Logic,
    Policy, ProviderSettings, Server, SessionMode, SessionSettings, Settings, store,
};
use crate::gateway::direct::prefixes;
use crate::secret::ApiKey;

mod start;

#[derive(Args)]
pub(super) struct Options {
    /// Start each server as well, and ask it for its tools; exit code 1 where one fails
    #[arg(long)]
    start: bool,
}

pub(super) fn run(options: &Options, path: &Path, environment: Environment) -> ExitCode {
    match store::load(path, &environment) {
        Ok(settings) => {
            print::out(&describe(&settings));
            for warning in settings.warnings.iter().map(String::as_str).chain(locked(&settings)) {
                print::note(&format!("warning: {warning}"));
            }
            if options.start { start::run(settings, environment) } else { ExitCode::SUCCESS }
        }
        Err(error) => print::failure_with(&Failure::from(&error), BAD_CONFIG),
    }
}

/// Writing to a `String` does not fail, so the results of `writeln!` are let go.
fn describe(settings: &Settings) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "configuration  {}", settings.path.display());
    let _ = writeln!(text, "authentication {}", authentication(settings));
    let _ = writeln!(text, "guardrails     {}", provider(&settings.guardrails));
    let _ = writeln!(text, "cache          {}", cache(settings));
    let _ = writeln!(text, "tools          {}", tools(settings));
    for list in settings.server_lists() {
        let name = list.name.as_deref().unwrap_or("unnamed");
        let _ = writeln!(text, "\nservers of {name} ({})", list.id);
        if list.servers.is_empty() {
            let _ = writeln!(text, "  none");
        }
        let prefixes = prefixes(list.names());
        for (server, prefix) in list.servers.iter().zip(prefixes) {
            describe_server(&mut text, settings, server);
            if settings.exposure.is_direct() {
                let is_prefixed = settings.direct_prefix || list.servers.len() > 1;
                let prefix = if is_prefixed { format!("{prefix}__") } else { String::new() };
                let _ = writeln!(text, "    direct   {prefix}*");
            }
        }
    }
    let _ = writeln!(text, "\nkeys");
    let mut keys: Vec<_> = settings.keys.values().collect();
    keys.sort_by(|a, b| (&a.caller, &a.hint).cmp(&(&b.caller, &b.hint)));
    if keys.is_empty() {
        let who = match settings.auth {
            AuthSettings::LocalApikey => "none: nobody can use this gateway",
            AuthSettings::Enkrypt(_) => "none here: the service knows them",
        };
        let _ = writeln!(text, "  {who}");
    }
    for grant in keys {
        let standing = standing(grant.state).map(|standing| format!("  {standing}")).unwrap_or_default();
        let _ = writeln!(text, "  {}  {}{standing}", grant.hint, holder(grant));
    }
    text
}

/// What keeps a key from opening anything.
pub(super) fn standing(state: KeyState) -> Option<&'static str> {
    match state {
        KeyState::Active => None,
        KeyState::Disabled => Some("disabled"),
        KeyState::UserDisabled => Some("refused: its user is disabled"),
        KeyState::ProjectDisabled => Some("refused: its project is disabled"),
        KeyState::NotAMember => Some("refused: its user is not a member of its project"),
    }
}

/// Whether nobody can use the gateway: no key of the file opens anything, and no service knows others.
pub(super) fn is_locked(settings: &Settings) -> bool {
    matches!(settings.auth, AuthSettings::LocalApikey)
        && settings.keys.values().all(|grant| grant.state != KeyState::Active)
}

/// What is said of that, and what there is to do.
fn locked(settings: &Settings) -> Option<&'static str> {
    is_locked(settings).then_some(if settings.keys.is_empty() {
        "no gateway key opens anything, so nobody can use this gateway: there is none in `apikeys` that leads to servers, add one"
    } else {
        "no gateway key opens anything, so nobody can use this gateway: what keeps each from it stands under `keys`, mend it or add one to `apikeys`"
    })
}

/// Whose key it is, and what it opens.
fn holder(grant: &Grant) -> String {
    let user = grant.user.as_ref().map(|user| format!("user {user}"));
    let project = grant.project.as_ref().map(|project| format!("project {project}"));
    let list = grant.config.name.as_deref().unwrap_or(grant.config.id.as_str());
    user.into_iter().chain(project).chain([format!("servers of {list}")]).collect::<Vec<_>>().join(", ")
}

fn describe_server(text: &mut String, settings: &Settings, server: &Server) {
    let _ = writeln!(text, "  {}", server.name);
    match &server.endpoint {
        Endpoint::Command(command) => {
            let _ = writeln!(text, "    command  {}", command.shown());
            if !command.env.is_empty() {
                let names: Vec<&str> = command.env.iter().map(|(name, _)| name.as_str()).collect();
                let _ = writeln!(text, "    env      {}", names.join(", "));
            }
        }
        Endpoint::Remote(remote) => {
            let private = if remote.allow_private { ", private addresses allowed" } else { "" };
            let _ = writeln!(text, "    url      {} ({}{private})", remote.shown, server.transport());
            if !remote.headers.is_empty() {
                let names: Vec<&str> = remote.headers.iter().map(|(name, _)| name.as_str()).collect();
                let _ = writeln!(text, "    headers  {}", names.join(", "));
            }
        }
        Endpoint::Refused { shown, reason, .. } => {
            let _ = writeln!(text, "    unusable {shown}: {reason}");
        }
    }
    let _ = writeln!(text, "    sessions {}", describe_sessions(settings.exposure, server.session));
    if !server.tools.is_empty() {
        let names: Vec<&str> = server.tools.iter().map(|tool| tool.name().as_str()).collect();
        let _ = writeln!(text, "    only     {}", names.join(", "));
    }
    if !server.denied.is_empty() {
        let patterns: Vec<&str> = server.denied.iter().map(|rule| rule.pattern.as_str()).collect();
        let _ = writeln!(text, "    denied   {}", patterns.join(", "));
    }
    for (side, policy) in
        [("input", &server.input), ("output", &server.output), ("tools", &server.registration)]
    {
        let _ = writeln!(text, "    {side:<8} {}", describe_policy(policy));
    }
    if server.input.enabled && server.input.pii_redaction {
        let meaning =
            "it gets placeholders for PII: by such a value it finds nothing, and it stores the placeholders";
        let _ = writeln!(text, "    {:<8} {meaning}", "redacted");
    }
}

/// Where the uses of a server's sessions differ, each is named.
fn describe_sessions(exposure: Exposure, sessions: SessionSettings) -> String {
    let uses_in = |mode: SessionMode| {
        let uses = exposure.uses().iter().filter(|used| sessions.mode_for(**used, exposure) == mode);
        uses.map(|used| used.as_str()).collect::<Vec<_>>().join(", ")
    };
    let modes = [SessionMode::Batch, SessionMode::Keep].map(|mode| (mode, uses_in(mode)));
    let [batch, keep] = modes.map(|(mode, uses)| (describe_mode(mode, sessions), uses));
    match (batch.1.as_str(), keep.1.as_str()) {
        (_, "") => batch.0,
        ("", _) => keep.0,
        (batches, kept) => format!("{batches}: {}; {kept}: {}", batch.0, keep.0),
    }
}

fn describe_mode(mode: SessionMode, sessions: SessionSettings) -> String {
    let seconds = |duration: std::time::Duration| format!("{} s", duration.as_secs_f64());
    match mode {
        SessionMode::Keep => format!("one, kept {} after its last use", seconds(sessions.idle)),
        SessionMode::Batch if sessions.standby_idle.is_zero() => "one per batch".to_owned(),
        SessionMode::Batch => {
            format!("one per batch, the next opened in advance for {}", seconds(sessions.standby_idle))
        }
    }
}

fn describe_policy(policy: &Policy) -> String {
    if !policy.enabled {
        return "not checked".to_owned();
    }
    let named = |action: Action| {
        let detectors = Detector::ALL.into_iter().filter(|detector| looks_for(policy, *detector));
        let these = detectors.filter(|detector| policy.action(*detector) == action);
        these.map(Detector::as_str).collect::<Vec<_>>().join(", ")
    };
    let redacts = [(policy.pii_redaction, "PII".to_owned()), (true, named(Action::Redact))];
    let redacts: Vec<_> =
        redacts.into_iter().filter(|(on, what)| *on && !what.is_empty()).map(|(_, what)| what).collect();
    let binary = policy.block_binary.then(|| "binary content".to_owned());
    let blocks: Vec<_> = [named(Action::Block)].into_iter().chain(binary).collect();
    let blocks: Vec<_> = blocks.into_iter().filter(|what| !what.is_empty()).collect();
    let parts = [
        ("blocks ", blocks.join(", ")),
        ("redacts ", redacts.join(", ")),
        ("warns of ", named(Action::Warn)),
    ];
    let mut parts: Vec<String> = parts
        .iter()
        .filter(|(_, what)| !what.is_empty())
        .map(|(verb, what)| format!("{verb}{what}"))
        .collect();
    if parts.is_empty() {
        parts.push("blocks nothing".to_owned());
    }
    if !policy.exemptions.is_empty() {
        parts.push(counted(policy.exemptions.len(), "exception"));
    }
    if let Some(sensitivity) = policy.sensitivity {
        parts.push(format!("sensitivity {}", sensitivity.as_str()));
    }
    if policy.enforcement == Enforcement::Observe {
        parts.push("only observes".to_owned());
    }
    if policy.fail_open {
        parts.push("passes when the provider fails".to_owned());
    }
    parts.join("; ")
}

/// Whether it is named by the policy, or asked for beside it.
fn looks_for(policy: &Policy, detector: Detector) -> bool {
    policy.names(detector)
        || match detector {
            Detector::Relevancy => policy.relevancy.is_some(),
            Detector::Adherence => policy.adherence.is_some(),
            Detector::Hallucination => policy.hallucination,
            _ => false,
        }
}

fn authentication(settings: &Settings) -> String {
    match &settings.auth {
        AuthSettings::LocalApikey => "keys of this file".to_owned(),
        AuthSettings::Enkrypt(remote) => format!("gateway `{}` at {}", remote.gateway_name, remote.base_url),
    }
}

fn provider(settings: &ProviderSettings) -> String {
    let key =
        |key: &Option<ApiKey>| key.as_ref().map_or("no key".to_owned(), |key| format!("key {}", key.hint()));
    match settings {
        ProviderSettings::Local(local) => {
            let lists = [
                ("word", "", local.keywords.keywords.len()),
                ("rule", " for topics", local.topics.len()),
                ("rule", " for policies", local.policies.len()),
            ];
            let lists = lists.iter().filter(|(_, _, count)| *count > 0);
            let lists: Vec<String> =
                lists.map(|(name, what, count)| format!("{}{what}", counted(*count, name))).collect();
            let lists = if lists.is_empty() { "nothing".to_owned() } else { lists.join(", ") };
            let extras: Vec<&str> = local.pii_extra.iter().map(|extra| extra.as_str()).collect();
            let extras = if extras.is_empty() {
                String::new()
            } else {
                format!("; PII with {}", extras.join(" and "))
            };
            format!("local, built in{extras}; of your own: {lists}")
        }
        ProviderSettings::Enkrypt(enkrypt) => {
            format!("enkrypt at {}, {}", enkrypt.base_url, key(&enkrypt.api_key))
        }
        ProviderSettings::OpenAi(openai) => {
            format!("openai at {}, {}", openai.base_url, key(&openai.api_key))
        }
        ProviderSettings::CustomKeyword(keywords) => {
            format!("custom_keyword; of your own: {}", counted(keywords.keywords.len(), "word"))
        }
        ProviderSettings::Composite(composite) => {
            let members: Vec<String> = composite.members.iter().map(provider).collect();
            let logic = if composite.logic == Logic::Any { "any" } else { "all" };
            format!("composite, {logic} of: {}", members.join("; "))
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn tools(settings: &Settings) -> &'static str {
    match settings.exposure {
        Exposure::Gateway => "those of the gateway",
        Exposure::Direct => "those of the servers, under direct names",
        Exposure::Both => "those of the gateway, and those of the servers under direct names",
    }
}

fn cache(settings: &Settings) -> String {
    let hours = settings.cache.tools_ttl.as_secs_f64() / 3600.0;
    match &settings.cache.store {
        CacheStore::Local => format!("in this process, tools for {hours} h"),
        CacheStore::External(redis) => {
            let scheme = if redis.tls { "rediss" } else { "redis" };
            format!("{scheme}://{}:{}/{}, tools for {hours} h", redis.host, redis.port, redis.db)
        }
    }
}
