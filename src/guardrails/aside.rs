//! A server's own secrets in what goes to it: set aside while private data is looked for beside them, so that nobody
//! else is shown them, and put back afterwards.

use serde_json::Value;

use super::Guardrails;
use super::pii::Unhidden;
use crate::call::change;
use crate::config::Server;
use crate::ids::random;
use crate::scope::Scope;

const BESIDE_A_SECRET: &str = "it cannot be told from a secret of the server's own: write them apart";

/// No fault of the provider, which a policy could let pass.
const UNKNOWN: &str = "the secrets of the configuration cannot be looked for beside it";

/// What was set aside of the string values of a value, in their order.
pub(super) struct Aside {
    mark: String,
    taken: Vec<Vec<String>>,
}

impl Guardrails {
    pub(super) fn set_aside(
        &self,
        scope: &Scope,
        server: &Server,
        value: &mut Value,
    ) -> Result<Aside, Unhidden> {
        let canaries = self.canaries(scope).map_err(|_| Unhidden::Fixed(UNKNOWN))?;
        let own = (&scope.caller.config.id, &server.name);
        let letters = random::<8>().map(|byte| char::from(b'a' + byte % 26));
        let mark = format!("[SECRET_{}]", String::from_iter(letters));
        let mut taken = Vec::new();
        change(value, &mut |text| taken.push(canaries.take_out(text, own, &mark)));
        Ok(Aside { mark, taken })
    }
}

impl Aside {
    /// Fails where one has gone: then it is part of what was taken for private data.
    pub(super) fn put_back(self, value: &mut Value) -> Result<(), Unhidden> {
        let mut taken = self.taken.into_iter();
        let mut lost = false;
        change(value, &mut |text| {
            let taken = taken.next().unwrap_or_default();
            if taken.is_empty() {
                return;
            }
            let pieces: Vec<&str> = text.split(&self.mark).collect();
            lost |= pieces.len() != taken.len() + 1;
            let secrets = taken.iter().map(String::as_str).chain([""]);
            *text = pieces.into_iter().zip(secrets).flat_map(|(piece, secret)| [piece, secret]).collect();
        });
        if lost { Err(Unhidden::Fixed(BESIDE_A_SECRET)) } else { Ok(()) }
    }
}
