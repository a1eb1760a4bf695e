//! `enkrypt_clear_cache`: what is cleared by which words. Only ever the caller's own.

use std::sync::Arc;

use serde_json::json;

use super::arguments::Arguments;
use super::reply::{Reply, Status};
use super::{Answer, Parts};
use crate::execution::find;
use crate::fault::{ErrorCode, Fault};
use crate::ids::ServerName;
use crate::scope::Scope;

#[derive(Debug, thiserror::Error)]
#[error("there is no cache of that type")]
struct UnknownCacheType;

/// Other gateways, and this one from the shared cache, still get what was to go.
#[derive(Debug, thiserror::Error)]
#[error("the shared cache was not cleared, only this gateway's own copy: {0}")]
struct NotCleared(String);

/// The settings that were there stay in force.
#[derive(Debug, thiserror::Error)]
#[error(
    "the caches were cleared, and the configuration file cannot be read: its last good reading stays in force"
)]
struct NotRenewed;

enum Wanted {
    Everything,
    Config,
    Tools,
}

pub(super) async fn clear(parts: &Parts, scope: &Scope, mut arguments: Arguments) -> Answer {
    let server = arguments.text("server_name")?.filter(|name| !name.eq_ignore_ascii_case("null"));
    let wanted = match (arguments.text("cache_type")?.as_deref(), &server) {
        (None, Some(_)) | (Some("server_config" | "server" | "server_cache" | "tools"), _) => Wanted::Tools,
        (None | Some("all"), _) => Wanted::Everything,
        (Some("gateway_config" | "gateway" | "gateway_cache" | "gateway_config_cache"), _) => Wanted::Config,
        (Some(_), _) => return Err(Box::new(UnknownCacheType)),
    };
    match (wanted, server) {
        (Wanted::Config, _) => {
            clear_config(parts, scope).await?;
            Ok(done(&format!("Gateway config cache cleared for {}", scope.caller.id)))
        }
        (Wanted::Tools, Some(name)) => {
            let server = find(scope, &name)?;
            Ok(if forget(parts, scope, Some(&server.name)).await? > 0 {
                done(&format!("Cache cleared for server: {}", server.name))
            } else {
                let message = format!("No cache found for server: {}", server.name);
                Reply::new(Status::Info, json!({"message": message}))
            })
        }
        (Wanted::Tools, None) => {
            let count = forget(parts, scope, None).await?;
            Ok(done(&format!("Cache cleared for all servers ({count} servers)")))
        }
        (Wanted::Everything, _) => {
            let cleared = forget(parts, scope, None).await;
            let read = clear_config(parts, scope).await;
            let count = cleared?;
            read?;
            Ok(done(&format!("Cache cleared for all servers ({count} servers) and gateway config (cleared)")))
        }
    }
}

/// Sessions and whatever is known of one server, or of all.
async fn forget(parts: &Parts, scope: &Scope, server: Option<&ServerName>) -> Result<usize, NotCleared> {
    parts.execution.forget_sessions(scope, server);
    let cleared = parts.discovery.forget(scope, server).await;
    cleared.fault.map_or(Ok(cleared.servers), |fault| Err(NotCleared(fault)))
}

/// The next request reads the configuration anew, from the file or the service.
async fn clear_config(parts: &Parts, scope: &Scope) -> Result<(), NotRenewed> {
    parts.cache.clear_config(&scope.caller.id);
    parts.authentication.forget(&scope.settings);
    let store = Arc::clone(&parts.store);
    // A reference to a keyring may take seconds. What is wrong with a file that does not load is in the log: it is the
    // operator's, not every caller's.
    match tokio::task::spawn_blocking(move || store.reload()).await {
        Ok(Err(_)) => Err(NotRenewed),
        _ => Ok(()),
    }
}

fn done(message: &str) -> Reply {
    Reply::success(json!({"message": message}))
}

impl Fault for NotCleared {
    fn code(&self) -> ErrorCode {
        ErrorCode::CacheUnavailable
    }

    fn hint(&self) -> Option<String> {
        Some("once it answers again, clear it again: until then its old definitions may come back".to_owned())
    }
}

impl Fault for NotRenewed {
    fn code(&self) -> ErrorCode {
        ErrorCode::ConfigInvalid
    }

    fn hint(&self) -> Option<String> {
        Some("`secure-mcp-gateway config check` says what is wrong with it, and the gateway's log too; once it is mended it is in force".to_owned())
    }
}

impl Fault for UnknownCacheType {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidArguments
    }

    fn hint(&self) -> Option<String> {
        Some("`cache_type` is one of: all, gateway_config, server_config".to_owned())
    }
}
