//! What the log says of definitions that the registration policy keeps away: each verdict once, however often the
//! definition is read.
//!
//! A rug pull is seen by this. The words of a definition are in no line, nor is a name that must not be read.

use super::{Blocked, Verdict};
use crate::config::Server;
use crate::digest::Digest;
use crate::fault;
use crate::recent::{Life, Recent};
use crate::scope::Scope;

/// Verdicts that are not said again.
const MAX_TOLD: usize = 16_384;

/// Lines for one reading: a server may have thousands of definitions, and others each time.
const MAX_LINES: usize = 32;

/// Characters of a name.
const LONGEST: usize = 128;

pub(super) struct Told(Recent<[u8; 32], ()>);

/// One reading of what a server has.
pub(super) struct Telling<'a> {
    told: &'a Told,
    scope: &'a Scope,
    server: &'a Server,
    lines: usize,
}

impl Default for Told {
    fn default() -> Self {
        Self(Recent::new(MAX_TOLD, Life::UntilCrowdedOut))
    }
}

impl Told {
    pub(super) fn reading<'a>(&'a self, scope: &'a Scope, server: &'a Server) -> Telling<'a> {
        Telling { told: self, scope, server, lines: 0 }
    }
}

impl Telling<'_> {
    /// `what` is kept away, such as `tool` with its name. What nobody judged was said by whoever asked in vain.
    pub(super) fn away(&mut self, what: &str, name: Option<&str>, definition: &[u8; 32], blocked: &Blocked) {
        let named = Verdict::named(&[Some(&blocked.verdict)]);
        if let Some(rules) = &named.rules {
            self.line((what, name), definition, named.detectors.as_deref(), rules);
        }
    }

    /// As `away`, of a definition that is no good by itself.
    pub(super) fn flawed(&mut self, name: &str, definition: &[u8; 32], flaw: &str) {
        self.line(("tool", Some(name)), definition, None, flaw);
    }

    fn line(
        &mut self,
        (what, name): (&str, Option<&str>),
        definition: &[u8; 32],
        detectors: Option<&str>,
        rules: &str,
    ) {
        let (id, server) = (&self.scope.id, &self.server.name);
        let of = [server.as_str(), what, rules].map(str::as_bytes);
        let (policy, definition) = (self.server.registration.fingerprint, definition.as_slice());
        let verdict = Digest::of([of[0], of[1], of[2], policy.as_slice(), definition]);
        if !self.told.0.get_or_insert(verdict, || ()).1 {
            return;
        }
        self.lines += 1;
        if self.lines > MAX_LINES {
            return;
        }
        let name = name.map(|name| fault::shown(name, LONGEST));
        tracing::warn!(request = %id, %server, what, name, detectors, rules, "kept away by the registration policy");
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        let more = self.lines.saturating_sub(MAX_LINES);
        if more > 0 {
            let (request, server) = (&self.scope.id, &self.server.name);
            tracing::warn!(%request, %server, more, "more were kept away by the registration policy");
        }
    }
}
