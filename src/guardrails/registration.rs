//! The gate that every tool passes before anyone hears of it, from wherever its definition came.
//!
//! One gate serves discovery, the cache, configured tools and execution, so that none of them is a way round.

use std::sync::Arc;

use super::provider::Side;
use super::{Blocked, Guardrails};
use crate::config::{Endpoint, Server};
use crate::fault::{ErrorCode, Fault};
use crate::scope::Scope;
use crate::tool::{BlockedTool, Tool, ToolSet};

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
        let (denied, open): (Vec<_>, Vec<_>) =
            tools.iter().partition(|tool| server.denied(tool.name()).is_some());
        let denied = denied.into_iter().map(|tool| tool.name().clone()).collect();
        if !server.registration.enabled {
            return ToolSet { tools: open.into_iter().cloned().collect(), blocked: Vec::new(), denied };
        }
        let mut set = ToolSet { tools: Vec::with_capacity(open.len()), blocked: Vec::new(), denied };
        for tool in open {
            let mut texts = Vec::new();
            for (key, value) in tool.definition() {
                texts.push(key.as_str());
                crate::call::strings(value, &mut texts);
            }
            match self.judge(scope, Side::Registration, &server.registration, || texts).await {
                Ok(_) => set.tools.push(Arc::clone(tool)),
                Err(blocked) => {
                    set.blocked.push(BlockedTool { name: tool.name().clone(), reasons: reasons(&blocked) });
                }
            }
        }
        set
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
