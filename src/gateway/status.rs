//! The two tools that show the gateway's inside: its caches, and its time limits and counts.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::reply::Reply;
use crate::cache::Cache;
use crate::call::JsonObject;
use crate::discovery::Discovery;
use crate::scope::Scope;

pub(super) async fn cache(cache: &Cache, discovery: &Discovery, scope: &Scope) -> Reply {
    let mut servers = JsonObject::new();
    for server in &scope.caller.config.servers {
        let known = discovery.known(scope, server).await;
        let explicit = !server.tools.is_empty();
        let count = if explicit { server.tools.len() } else { known.reading.cached_count };
        let mut entry = json!({
            "tool_count": count,
            "error": null,
            "are_tools_explicitly_defined": explicit,
            "needs_discovery": known.tools.is_none(),
        });
        expiry(&mut entry, known.reading.cached_until);
        servers.insert(server.name.to_string(), entry);
    }
    let overview = cache.overview(scope).await;
    let mut config = json!({});
    expiry(&mut config, cache.config_expiry(&scope.caller.id));
    let settings = &scope.settings.cache;
    let mut global = json!({
        "total_gateways": overview.callers,
        "total_tool_caches": overview.tool_entries,
        "total_config_caches": overview.config_entries,
        "tool_cache_expiration_hours": hours(settings.tools_ttl),
        "config_cache_expiration_hours": hours(scope.settings.config_ttl()),
        "cache_type": overview.kind,
    });
    if let Some(fault) = overview.fault {
        global["external_cache_fault"] = fault.into();
    }
    Reply::success(json!({
        "cache_status": {
            "gateway_specific": {
                "config": config,
                "tools": {"server_count": scope.caller.config.servers.len(), "servers": servers},
            },
            "global": global,
        },
    }))
}

pub(super) fn metrics(scope: &Scope, failed_open: u64) -> Reply {
    let metrics = scope.timeouts.metrics();
    let limits = scope.timeouts.limits();
    let [normal, warn, timeout, fail] = metrics.escalations;
    // Precise up to 2^53 operations.
    #[expect(clippy::cast_precision_loss)]
    let rate = if metrics.total == 0 { 0.0 } else { metrics.successful as f64 / metrics.total as f64 };
    let active: JsonObject = metrics.active.iter().map(|id| (id.clone(), Value::from("running"))).collect();
    let seconds = |duration: std::time::Duration| {
        let seconds = duration.as_secs_f64();
        if seconds.fract() == 0.0 { json!(duration.as_secs()) } else { json!(seconds) }
    };
    Reply::success(json!({
        "timeout_metrics": {
            "total_operations": metrics.total,
            "successful_operations": metrics.successful,
            "timeout_operations": metrics.timed_out,
            "cancelled_operations": metrics.cancelled,
            "escalation_counts": {"normal": normal, "warn": warn, "timeout": timeout, "fail": fail},
            "success_rate": rate,
            "active_operations": metrics.active.len(),
        },
        "guardrail_metrics": {"failed_open": failed_open},
        "active_operations": active,
        "timeout_config": {
            "default_timeout": seconds(limits.default),
            "guardrail_timeout": seconds(limits.guardrail),
            "auth_timeout": seconds(limits.auth),
            "tool_execution_timeout": seconds(limits.tool_execution),
            "tool_execution_max": seconds(limits.tool_execution_max),
            "discovery_timeout": seconds(limits.discovery),
            "cache_timeout": seconds(limits.cache),
            "connectivity_timeout": seconds(limits.connectivity),
        },
    }))
}

fn expiry(entry: &mut Value, until: Option<SystemTime>) {
    let left = until.and_then(|until| until.duration_since(SystemTime::now()).ok());
    entry["exists"] = until.is_some().into();
    entry["expires_at"] = until.map(timestamp).into();
    entry["expires_in_hours"] = left.map(hours).into();
    entry["is_expired"] = left.is_none().into();
}

fn hours(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() / 3600.0 * 10_000.0).round() / 10_000.0
}

/// `2026-11-20 08:31:00 UTC`, by Howard Hinnant's civil-from-days arithmetic.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timestamps_are_calendar_dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_795_163_460, "2026-11-20 08:31:00 UTC"),
        ] {
            assert_eq!(timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
