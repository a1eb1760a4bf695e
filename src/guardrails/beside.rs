//! What is passed on beside a call: what a server says or asks meanwhile, and what its client answers.

use std::time::Instant;

use serde_json::Value;

use super::document::Document;
use super::judge::Bench;
use super::output::restore;
use super::pii::is_address;
use super::pii::{self, Allowance, Exposed, Hideout, Unhidden, Vault};
use super::provider::{Side, Subject};
use super::replacements::Replacements;
use super::{Blocked, Guardrails};
use crate::call::{Encoded, JsonObject, change, change_but, holds_media};
use crate::config::Server;
use crate::scope::Scope;

/// What a server says.
pub struct Beside<'a> {
    /// The tool that is being called, or nothing.
    pub tool: &'a str,
    pub speech: Speech,
    pub message: JsonObject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    Message,
    /// The server waits for the answer.
    Question,
    /// As a question; what a model is asked comes back to the server, so that it gets no private data.
    ToModel,
}

/// Why a message is not passed on, for the log.
#[derive(Debug, Default)]
pub struct KeptBack {
    pub rules: String,
}

impl From<Blocked> for KeptBack {
    fn from(blocked: Blocked) -> Self {
        Self { rules: blocked.verdict.rules() }
    }
}

impl Speech {
    fn document(self, message: &JsonObject) -> Document<'_> {
        match self {
            Self::Message => Document::Message(message),
            Self::Question | Self::ToModel => Document::Question(message),
        }
    }
}

impl Guardrails {
    /// A message of a server as its client may have it: by the output policy, with the private data that is in it.
    pub async fn pass_to_client(
        &self,
        scope: &Scope,
        server: &Server,
        Beside { tool, speech, mut message }: Beside<'_>,
    ) -> Result<JsonObject, KeptBack> {
        let bench = Bench::of(server, Side::Output, tool);
        if withholds(bench, &message) || self.hides_words(scope, bench, &message).await? {
            return Err(KeptBack::default());
        }
        let cuts = self.cuts(scope, bench, speech.document(&message)).await?;
        if !cuts.is_empty() {
            let replacements = Replacements::of(&speech.document(&message).texts(), &cuts);
            let replacements = replacements.ok_or_else(KeptBack::default)?;
            let mut broken = false;
            let cut = &mut |text: &mut String| broken |= !replacements.apply(text);
            message.values_mut().for_each(|value| change(value, cut));
            let left = broken || replacements.are_left_in(&speech.document(&message));
            let again = self.cuts(scope, bench, speech.document(&message)).await;
            if left || !again.is_ok_and(|cuts| cuts.is_empty()) {
                return Err(KeptBack::default());
            }
        }
        if speech != Speech::ToModel
            && let Some(vault) = self.vaults.of(scope, server)
        {
            let texts = Document::Message(&message).texts().into_iter();
            let texts = texts.filter(|text| !vault.keys(text).is_empty()).map(str::to_owned);
            let opened = self.opened(scope, &vault, texts.collect()).await;
            let mut changed = false;
            let restore = &mut |text: &mut String| changed |= restore(&vault, &opened, text);
            message.iter_mut().for_each(|(name, value)| change_but((name, &is_address), value, restore));
            // As its reader will have it.
            if changed && !self.cuts(scope, bench.restored(), speech.document(&message)).await?.is_empty() {
                return Err(KeptBack::default());
            }
        }
        Ok(message)
    }

    /// Whether something is to be cut out of the texts that stand in it as base64, where nothing can be.
    async fn hides_words(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        message: &JsonObject,
    ) -> Result<bool, KeptBack> {
        let encoded = Encoded::of(message.values());
        let texts = encoded.texts.iter().map(String::as_str).collect();
        let found = !self.cuts(scope, bench, Document::Words(texts)).await?.is_empty();
        Ok(found || encoded.unread && bench.policy.enabled && !bench.observes())
    }

    /// A client's answer as a server may have it: by the input policy, without private data.
    pub async fn pass_to_server(
        &self,
        scope: &Scope,
        server: &Server,
        tool: &str,
        mut message: JsonObject,
    ) -> Result<JsonObject, KeptBack> {
        let bench = Bench::of(server, Side::Input, tool);
        if withholds(bench, &message) {
            return Err(KeptBack::default());
        }
        if let Some(vault) = self.vaults.of(scope, server) {
            // Before a service is asked for what is private in it.
            let subject = Subject::new(Side::Input, bench.policy, Document::Message(&message));
            if bench.policy.enabled
                && self.find_own_secrets(scope, bench, &subject).map_or(true, |own| own.early)
            {
                return Err(KeptBack::default());
            }
            message = self
                .hidden(scope, bench, &vault, Value::Object(message))
                .await
                .ok_or_else(KeptBack::default)?;
        }
        let (canaries, own) = (self.canaries(scope)?, (&scope.caller.config.id, &server.name));
        // Without the server's own secrets, which are for nobody else.
        let mut shown = message.clone();
        shown.values_mut().for_each(|value| change(value, &mut |text| canaries.hide(text, own)));
        // Half an answer is another answer.
        let cuts = self.cuts(scope, bench, Document::Message(&shown)).await?;
        if cuts.is_empty() { Ok(message) } else { Err(KeptBack::default()) }
    }

    async fn hidden(
        &self,
        scope: &Scope,
        bench: Bench<'_>,
        vault: &Vault,
        mut message: Value,
    ) -> Option<JsonObject> {
        let started = Instant::now();
        let kept = message.clone();
        let numbers = pii::numbers(&message, &mut String::new(), &|_| false);
        let exposed = Exposed { value: &mut message, spared: &[], numbers };
        let hideout = Hideout { vault, allowance: &Allowance::default() };
        match self.hide(scope, bench, hideout, exposed).await {
            Ok(()) => {}
            Err(Unhidden::Fixed(_)) => return None,
            Err(Unhidden::Fault(fault)) => {
                self.without_verdict(scope, bench, fault, started.elapsed()).ok()?;
                message = kept;
            }
        }
        match message {
            Value::Object(message) => Some(message),
            _ => None,
        }
    }
}

/// Whether the policy lets no media pass, and there are some.
fn withholds(bench: Bench<'_>, message: &JsonObject) -> bool {
    let policy = bench.policy;
    policy.enabled && policy.block_binary && !bench.observes() && message.values().any(holds_media)
}
