//! How long a server's sessions last, for whatever they are opened: the one place where that is decided.

use std::time::Duration;

use crate::config::Exposure;

#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// `None` where the file leaves it to what the session is for.
    pub(in crate::config) mode: Option<SessionMode>,
    pub idle: Duration,
    pub standby_idle: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMode {
    Batch,
    Keep,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Batch,
    /// One call of a client that makes its calls one by one.
    Single,
    /// The list of tools, which is the same in any session.
    Listing,
}

/// What somebody does who wants a kept session while the call that has it waits for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhileAway {
    Wait,
    OpenAnother,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { mode: None, idle: Duration::from_secs(300), standby_idle: Duration::from_secs(300) }
    }
}

impl SessionSettings {
    pub fn mode_for(&self, used: Use, exposure: Exposure) -> SessionMode {
        let usual = match used {
            // Calls that are made one by one belong together.
            Use::Single => SessionMode::Keep,
            // Where such calls are made, theirs is the session that is there to be asked.
            Use::Listing if exposure.is_direct() => SessionMode::Keep,
            Use::Batch | Use::Listing => SessionMode::Batch,
        };
        self.mode.unwrap_or(usual)
    }

    /// What the operator wants kept is in one session; what is kept by itself may be in two for a while.
    pub fn while_away(&self) -> WhileAway {
        match self.mode {
            Some(SessionMode::Keep) => WhileAway::Wait,
            _ => WhileAway::OpenAnother,
        }
    }
}

impl Exposure {
    /// What sessions are opened for where a client is shown these tools.
    pub fn uses(self) -> &'static [Use] {
        match self {
            Self::Gateway => &[Use::Batch, Use::Listing],
            Self::Direct => &[Use::Single, Use::Listing],
            Self::Both => &[Use::Batch, Use::Single, Use::Listing],
        }
    }
}

impl Use {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batches",
            Self::Single => "direct calls",
            Self::Listing => "listings",
        }
    }
}
