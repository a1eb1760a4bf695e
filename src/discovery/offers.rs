//! What servers offer besides tools: known for a while in this process, and judged on every reading like tools.

use std::sync::Arc;

use super::{Discovery, DiscoveryFault};
use crate::config::Server;
use crate::scope::Scope;
use crate::tool::{OfferSet, Offers};

impl Discovery {
    /// What a server is known to offer, whether it is open to the caller or not.
    pub fn known_offers(&self, scope: &Scope, server: &Arc<Server>) -> Option<Arc<Offers>> {
        self.live.known_offers(scope, server).map(|(offers, _)| offers)
    }

    /// What the caller may know of it; `None` where nothing is known, or the server is kept away.
    pub async fn open_offers(&self, scope: &Scope, server: &Arc<Server>) -> Option<OfferSet> {
        let offers = self.known_offers(scope, server)?;
        self.guardrails.admit_server(scope, server).await.ok()?;
        Some(self.guardrails.admit_offers(scope, server, &offers).await)
    }

    /// As `open_offers`; the server is asked if it has to be.
    pub async fn offers(&self, scope: &Scope, server: &Arc<Server>) -> Result<OfferSet, DiscoveryFault> {
        self.admit(scope, server).await?;
        let offers = match self.known_offers(scope, server) {
            Some(offers) => offers,
            None => self.live.offers(scope, server).await?,
        };
        Ok(self.guardrails.admit_offers(scope, server, &offers).await)
    }
}
