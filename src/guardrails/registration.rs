//! The gate that every tool passes before anyone hears of it, from wherever its definition came.
//!
//! One gate serves discovery, the cache, configured tools and execution, so that none of them is a way round.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::document::Document;
use super::judge::Bench;
use super::provider::{ProviderFault, Side};
use super::{Blocked, Guardrails, Judged};
use crate::call::JsonObject;
use crate::config::{Endpoint, Server};
use crate::digest::Digest;
use crate::fault::{ErrorCode, Fault};
use crate::recent::{Life, Recent};
use crate::scope::Scope;
use crate::secret::SecretValue;
use crate::tool::{BlockedOffer, BlockedTool, OfferKind, OfferSet, Offered, Offers, Tool, ToolSet};

/// Definitions whose verdict is remembered.
const MAX_KNOWN: usize = 16_384;

/// Definitions that a provider is given at once.
const MAX_AT_ONCE: usize = 64;

/// A server that is not started, because what describes it was found harmful.
#[derive(Debug, thiserror::Error)]
#[error("server `{server}` is blocked by its registration policy")]
pub struct ServerBlocked {
    pub server: String,
    pub violations: Vec<String>,
    code: ErrorCode,
    hint: &'static str,
}

/// What was judged, for whoever wants to know why.
const OF_THE_CONFIGURATION: &str =
    "read the server's entry in the configuration: its name, description, command and address were judged";
const OF_ITSELF: &str = "read what the server says of itself when it starts: its `instructions`, name and description were judged";

/// Its words are not to blame.
const WITHOUT_VERDICT: &str = "`details` says why the provider of `plugins.guardrails` did not answer; `fail_open` in this policy lets pass what \
    it does not judge";

/// What was judged, under which policy and provider, and what came of it: nothing is judged twice.
pub(super) struct Known(Recent<Key, Result<(), Blocked>>);

/// By what decides, the policy and what was judged.
type Key = ((u64, u64), Fingerprint, Fingerprint);

type Fingerprint = [u8; 32];

impl Default for Known {
    fn default() -> Self {
        Self(Recent::new(MAX_KNOWN, Life::UntilCrowdedOut))
    }
}

impl Guardrails {
    /// Judges what the configuration says of a server, before it is started.
    pub async fn admit_server(&self, scope: &Scope, server: &Server) -> Result<(), ServerBlocked> {
        let document = || {
            let description = server.description.as_deref().unwrap_or_default();
            let headline = format!("MCP Server: {} - {description}", server.name);
            Document::Server { headline, texts: server_texts(server), entry: Some(server) }
        };
        let hash = Digest::of(server_texts(server).into_iter().chain(unshown(server)));
        let judged = self.judge_known(scope, server, vec![(hash, &document)]).await;
        first(judged).map_err(|blocked| {
            self.told.reading(scope, server).away("server", None, &hash, &blocked);
            ServerBlocked::by(server, &blocked)
        })
    }

    /// Judges what a server says of itself when it is started.
    pub async fn admit_greeting(
        &self,
        scope: &Scope,
        server: &Server,
        words: &[String],
    ) -> Result<(), ServerBlocked> {
        if words.is_empty() {
            return Ok(());
        }
        let texts = || words.iter().map(String::as_str);
        let document = || Document::Server {
            headline: format!("MCP Server: {}", server.name),
            texts: texts().collect(),
            entry: None,
        };
        // No name of a server is empty.
        let hash = Digest::of(["", "greeting"].into_iter().chain(texts()));
        let judged = self.judge_known(scope, server, vec![(hash, &document)]).await;
        first(judged).map_err(|blocked| {
            self.told.reading(scope, server).away("server's own words", None, &hash, &blocked);
            ServerBlocked { hint: OF_ITSELF, ..ServerBlocked::by(server, &blocked) }
        })
    }

    /// Sorts a server's tools into those that may be known, those that are denied and those that are kept away.
    pub async fn admit_tools(&self, scope: &Scope, server: &Server, tools: &[Arc<Tool>]) -> ToolSet {
        let mut set =
            ToolSet { tools: Vec::with_capacity(tools.len()), blocked: Vec::new(), denied: Vec::new() };
        let mut telling = self.told.reading(scope, server);
        let (denied, asked): (Vec<_>, Vec<_>) =
            tools.iter().enumerate().partition(|(_, tool)| server.denied(tool.name()).is_some());
        for (at, tool) in denied {
            set.denied.push(self.shown(scope, server, tool, at).await);
        }
        let (flawed, asked): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|(_, tool)| tool.flaw().is_some());
        for (at, tool) in flawed {
            let shown = self.shown(scope, server, tool, at).await;
            telling.flawed(&shown, tool.fingerprint(), tool.flaw().unwrap_or_default());
            set.blocked.push(BlockedTool {
                name: tool.name().clone(),
                shown,
                reasons: tool.flaw().map(str::to_owned).into_iter().collect(),
            });
        }
        let documents: Vec<_> =
            asked.iter().map(|(_, tool)| (*tool.fingerprint(), || tool_document(tool))).collect();
        let documents = documents.iter().map(|(hash, document)| (*hash, document as Describe<'_>)).collect();
        let judged = self.judge_known(scope, server, documents).await;
        for ((at, tool), judged) in asked.into_iter().zip(judged) {
            match judged {
                Ok(()) => set.tools.push(Arc::clone(tool)),
                Err(blocked) => {
                    let shown = self.shown(scope, server, tool, at).await;
                    telling.away("tool", Some(&shown), tool.fingerprint(), &blocked);
                    set.blocked.push(BlockedTool {
                        name: tool.name().clone(),
                        shown,
                        reasons: reasons(&blocked),
                    });
                }
            }
        }
        set
    }

    /// As `admit_tools`, for what a server offers besides tools.
    pub async fn admit_offers(&self, scope: &Scope, server: &Server, offers: &Offers) -> OfferSet {
        let mut set = OfferSet::default();
        set.open.completes = offers.completes;
        let mut telling = self.told.reading(scope, server);
        for kind in OfferKind::ALL {
            let offered = offers.of(kind);
            let document = |at: usize| offer_document(kind, &offered[at]);
            let documents: Vec<_> =
                (0..offered.len()).map(|at| (offered[at].fingerprint(), move || document(at))).collect();
            let documents =
                documents.iter().map(|(hash, document)| (*hash, document as Describe<'_>)).collect();
            let judged = self.judge_known(scope, server, documents).await;
            for (offered, judged) in offered.iter().zip(judged) {
                match judged {
                    Ok(()) => set.open.of_mut(kind).push(Arc::clone(offered)),
                    Err(blocked) => {
                        telling.away(kind.title(), None, &offered.fingerprint(), &blocked);
                        let (key, reasons) = (offered.key.clone(), reasons(&blocked));
                        set.blocked.push(BlockedOffer { kind, key, reasons });
                    }
                }
            }
        }
        set
    }

    /// Judges what has not been judged before under this policy; all of that at once.
    async fn judge_known(
        &self,
        scope: &Scope,
        server: &Server,
        documents: Vec<(Fingerprint, Describe<'_>)>,
    ) -> Vec<Result<(), Blocked>> {
        let bench = Bench::of(server, Side::Registration, "");
        if !bench.policy.enabled {
            return vec![Ok(()); documents.len()];
        }
        let epoch = match self.epoch(scope) {
            Ok(epoch) => epoch,
            Err(blocked) => return vec![Err(blocked); documents.len()],
        };
        let of_server = |hash: &Fingerprint| {
            // A rule may ask whose definition it is.
            Digest::of([hash.as_slice(), server.name.as_str().as_bytes()])
        };
        let keys: Vec<Key> =
            documents.iter().map(|(hash, _)| (epoch, bench.policy.fingerprint, of_server(hash))).collect();
        let mut judged: Vec<Option<Result<(), Blocked>>> =
            keys.iter().map(|key| self.known.0.get(key)).collect();
        let missing: Vec<usize> = (0..documents.len()).filter(|at| judged[*at].is_none()).collect();
        for some in missing.chunks(MAX_AT_ONCE) {
            let asked = some.iter().map(|at| documents[*at].1()).collect();
            let answers = self.judge_all(scope, bench, asked).await;
            for (at, answer) in some.iter().zip(answers) {
                let lasting = match &answer {
                    Ok(judgement) => judgement.verdict.judged == Judged::Yes,
                    Err(blocked) => blocked.code() == ErrorCode::GuardrailViolation,
                };
                let answer = match answer {
                    // Half a definition is no definition.
                    Ok(judgement) if !judgement.cuts.is_empty() => Err(Blocked::by(judgement.into_block())),
                    answer => answer.map(drop),
                };
                let ends = bench.policy.exemptions.iter().any(|exemption| exemption.until.is_some());
                if lasting && !ends {
                    self.known.0.insert(keys[*at], answer.clone());
                }
                judged[*at] = Some(answer);
            }
        }
        let lost =
            || Err(Blocked::without_verdict(ProviderFault::unavailable("it was not judged"), Duration::ZERO));
        judged.into_iter().map(|judged| judged.unwrap_or_else(lost)).collect()
    }

    /// The name of a tool that is kept away, unless it is the name itself that must not be read.
    async fn shown(&self, scope: &Scope, server: &Server, tool: &Tool, at: usize) -> String {
        let name = tool.name().as_str();
        let document = || Document::Words(vec![name]);
        let hash = Digest::of(["", "name", name]);
        let judged = self.judge_known(scope, server, vec![(hash, &document)]).await;
        if first(judged).is_ok() { name.to_owned() } else { format!("tool #{}", at + 1) }
    }
}

type Describe<'a> = &'a (dyn Fn() -> Document<'a> + Sync);

fn server_texts(server: &Server) -> Vec<&str> {
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
    texts
}

/// What is judged and not shown.
fn unshown(server: &Server) -> Vec<&str> {
    match &server.endpoint {
        Endpoint::Command(command) => {
            let env = command.env.iter().map(|(_, value)| value);
            command.args.iter().chain(env).map(SecretValue::expose).collect()
        }
        Endpoint::Remote(remote) => vec![remote.url.expose()],
        Endpoint::Refused { .. } => Vec::new(),
    }
}

fn tool_document(tool: &Tool) -> Document<'_> {
    let object = tool.definition();
    let name = tool.name().as_str();
    Document::Definition { tool: name, headline: headline("Tool", name, object), object }
}

fn offer_document(kind: OfferKind, offered: &Offered) -> Document<'_> {
    let object = &offered.definition;
    Document::Definition { tool: "", headline: headline(kind.title(), &offered.key, object), object }
}

fn headline(title: &str, name: &str, object: &JsonObject) -> String {
    match object.get("description").and_then(Value::as_str) {
        Some(description) => format!("{title}: {name} - {description}"),
        None => format!("{title}: {name}"),
    }
}

fn first(judged: Vec<Result<(), Blocked>>) -> Result<(), Blocked> {
    judged.into_iter().collect()
}

impl ServerBlocked {
    fn by(server: &Server, blocked: &Blocked) -> Self {
        Self {
            server: server.name.to_string(),
            violations: reasons(blocked),
            hint: OF_THE_CONFIGURATION,
            code: match blocked.code() {
                ErrorCode::GuardrailViolation => ErrorCode::ServerBlocked,
                other => other,
            },
        }
    }
}

fn reasons(blocked: &Blocked) -> Vec<String> {
    if blocked.verdict.violations.is_empty() {
        let why = blocked.verdict.fault().map_or("it was not asked".to_owned(), ToString::to_string);
        return vec![format!("the guardrail gave no verdict, and without one nothing passes: {why}")];
    }
    blocked.verdict.reasons()
}

impl Fault for ServerBlocked {
    fn code(&self) -> ErrorCode {
        self.code
    }

    fn hint(&self) -> Option<String> {
        let hint = if self.code == ErrorCode::GuardrailUnavailable { WITHOUT_VERDICT } else { self.hint };
        Some(hint.to_owned())
    }
}
