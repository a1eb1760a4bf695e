//! Who asks: credentials in, a caller out, or one refusal for every reason.
//!
//! A refusal never says whether the key was absent, wrong, disabled or no longer a member's: whoever refuses the request
//! logs it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::{AuthSettings, Settings};
use crate::fault::{ErrorCode, Fault};
use crate::ids::{ProjectId, UserId};
use crate::scope::Caller;
use crate::secret::GatewayKey;
use crate::timeouts::Timeouts;

mod local;
mod remote;

use remote::Enkrypt;

/// What a caller shows.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub key: Option<GatewayKey>,
    pub project: Option<ProjectId>,
    pub user: Option<UserId>,
}

/// What may be used besides the credentials.
pub struct Asking<'a> {
    pub credentials: &'a Credentials,
    pub settings: &'a Arc<Settings>,
    pub timeouts: &'a Timeouts,
    pub cancel: &'a CancellationToken,
}

/// Turns credentials into a caller, in the way that the settings name.
#[derive(Default)]
pub struct Authentication {
    remote: Enkrypt,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthFault {
    #[error("authentication failed")]
    Refused {
        reason: &'static str,
        /// Whose key it is, if it is known and closed.
        user: Option<UserId>,
    },
    #[error("authentication failed: the authentication service gave no answer")]
    Unavailable { reason: String },
}

impl Authentication {
    pub async fn authenticate(&self, asking: &Asking<'_>) -> Result<Arc<Caller>, AuthFault> {
        match &asking.settings.auth {
            AuthSettings::LocalApikey => local::look_up(asking.credentials, asking.settings),
            AuthSettings::Enkrypt(remote) => self.remote.decide(asking, remote).await,
        }
    }

    /// Forgets what was fetched, so that the next request reads it anew.
    pub fn forget(&self, settings: &Settings) {
        if let AuthSettings::Enkrypt(_) = settings.auth {
            self.remote.forget();
        }
    }
}

impl Credentials {
    /// Of the key, what may be said of it.
    pub fn hint(&self) -> String {
        self.key.as_ref().map_or_else(|| "none".to_owned(), GatewayKey::hint)
    }

    /// Says at the start what would otherwise be found out with the first request: that these open nothing.
    pub fn warn_of_refusal(&self, settings: &Settings) {
        let Some(key) = &self.key else {
            tracing::warn!(
                "every request will be refused: `ENKRYPT_GATEWAY_KEY` is not set in the environment"
            );
            return;
        };
        if let AuthSettings::LocalApikey = settings.auth
            && let Err(fault) = local::look_up(self, settings)
        {
            let (key, reason) = (key.hint(), fault.reason());
            tracing::warn!(%key, reason, "every request will be refused: `ENKRYPT_GATEWAY_KEY` opens nothing");
        }
    }
}

impl AuthFault {
    /// For the log.
    pub fn reason(&self) -> &str {
        match self {
            Self::Refused { reason, .. } => reason,
            Self::Unavailable { reason } => reason,
        }
    }

    fn refused(reason: &'static str) -> Self {
        Self::Refused { reason, user: None }
    }

    /// Whose key it is, if it is known and closed.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Refused { user, .. } => user.as_ref().map(UserId::as_str),
            Self::Unavailable { .. } => None,
        }
    }
}

impl Fault for AuthFault {
    fn code(&self) -> ErrorCode {
        ErrorCode::AuthFailed
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Refused { .. } => "check `ENKRYPT_GATEWAY_KEY` (and `ENKRYPT_PROJECT_ID`, `ENKRYPT_USER_ID` if they are set) \
                in the client's entry for this gateway; `secure-mcp-gateway config check` lists the keys by their last characters"
                .to_owned(),
            Self::Unavailable { .. } => "try again; the gateway's log says why".to_owned(),
        })
    }
}
