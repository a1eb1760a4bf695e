//! The gate that every tool passes before anyone hears of it, from wherever its definition came.
//!
//! One gate serves discovery, the cache, configured tools and execution, so that none of them is a way round.

use std::sync::Arc;

use super::provider::Side;
use super::{Blocked, Guardrails};
use crate::call::JsonObject;
use crate::config::{Endpoint, Server};
use crate::fault::{ErrorCode, Fault};
use crate::scope::Scope;
use crate::tool::{BlockedOffer, BlockedTool, OfferKind, OfferSet, Offers, Tool, ToolSet};

/// A server that is not started, because what describes it was found harmful.
#[derive(Debug, thiserror::Error)]
#[error("server `{server}` is blocked by its registration policy")]
pub struct ServerBlocked {
    pub server: String,
    pub violations: Vec<String>,
    code: ErrorCode,
}

impl Guardrails {
    /// Judges what the configuration says of a server, before it is started.
    pub async fn admit_server(&self, scope: &Scope, server: &Server) -> Result<(), ServerBlocked> {
        let mut texts = vec![server.name.as_str()];
        texts.extend(server.description.as_deref());
        match &server.endpoint {
            Endpoint::Command(command) => {
                texts.push(&command.program);
                texts.extend(command.shown_args.iter().map(String::as_str));
                texts.extend(command.env.iter().map(|(name, _)| name.as_str()));
            }
            Endpoint::Remote(remote) => {
                texts.push(&remote.shown);
                texts.extend(remote.headers.iter().map(|(name, _)| name.as_str()));
            }
            Endpoint::Refused { shown, .. } => texts.push(shown),
        }
        let verdict = self.judge(scope, Side::Registration, &server.registration, || texts).await;
        verdict.map(|_| ()).map_err(|blocked| ServerBlocked {
            server: server.name.to_string(),
            violations: reasons(&blocked),
            code: match blocked.code {
                ErrorCode::GuardrailViolation => ErrorCode::ServerBlocked,
                other => other,
            },
        })
    }

    /// Sorts a server's tools into those that may be known, those that are denied and those that are kept away.
    pub async fn admit_tools(&self, scope: &Scope, server: &Server, tools: &[Arc<Tool>]) -> ToolSet {
        let mut set =
            ToolSet { tools: Vec::with_capacity(tools.len()), blocked: Vec::new(), denied: Vec::new() };
        for (at, tool) in tools.iter().enumerate() {
            if server.denied(tool.name()).is_some() {
                set.denied.push(self.shown(scope, server, tool, at).await);
                continue;
            }
            match self.judge_definition(scope, server, tool.definition()).await {
                Ok(()) => set.tools.push(Arc::clone(tool)),
                Err(blocked) => set.blocked.push(BlockedTool {
                    name: tool.name().clone(),
                    shown: self.shown(scope, server, tool, at).await,
                    reasons: reasons(&blocked),
                }),
            }
        }
        set
    }

    /// As `admit_tools`, for what a server offers besides tools.
    pub async fn admit_offers(&self, scope: &Scope, server: &Server, offers: &Offers) -> OfferSet {
        let mut set = OfferSet::default();
        set.open.completes = offers.completes;
        for kind in OfferKind::ALL {
            for offered in offers.of(kind) {
                match self.judge_definition(scope, server, &offered.definition).await {
                    Ok(()) => set.open.of_mut(kind).push(Arc::clone(offered)),
                    Err(blocked) => {
                        let (key, reasons) = (offered.key.clone(), reasons(&blocked));
                        set.blocked.push(BlockedOffer { kind, key, reasons });
                    }
                }
            }
        }
        set
    }

    async fn judge_definition(
        &self,
        scope: &Scope,
        server: &Server,
        definition: &JsonObject,
    ) -> Result<(), Blocked> {
        if !server.registration.enabled {
            return Ok(());
        }
        let mut texts = Vec::new();
        for (key, value) in definition {
            texts.push(key.as_str());
            crate::call::strings(value, &mut texts);
        }
        self.judge(scope, Side::Registration, &server.registration, || texts).await.map(drop)
    }

    /// The name of a tool that is kept away, unless it is the name itself that must not be read.
    async fn shown(&self, scope: &Scope, server: &Server, tool: &Tool, at: usize) -> String {
        let name = tool.name().as_str();
        let clean = !server.registration.enabled
            || self.judge(scope, Side::Registration, &server.registration, || vec![name]).await.is_ok();
        if clean { name.to_owned() } else { format!("tool #{}", at + 1) }
    }
}

fn reasons(blocked: &Blocked) -> Vec<String> {
    if blocked.verdict.violations.is_empty() {
        return vec!["the guardrail gave no verdict, and without one nothing passes".to_owned()];
    }
    blocked
        .verdict
        .violations
        .iter()
        .map(|violation| format!("{} ({})", violation.message, violation.rule))
        .collect()
}

impl Fault for ServerBlocked {
    fn code(&self) -> ErrorCode {
        self.code
    }

    fn hint(&self) -> Option<String> {
        Some("read the server's entry in the configuration; its `description`, command and tools are what was judged".to_owned())
    }
}
