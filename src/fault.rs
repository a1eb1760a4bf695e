//! What an error must be able to say to a client: a code from a closed list, a hint and some detail.
//!
//! The `Display` of a `Fault` may be shown to the client; its `source()` goes to the log only.

use std::error::Error;

/// The codes of the gateway's error replies; the list is part of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    AuthFailed,
    ConfigInvalid,
    ServerNotFound,
    ServerBlocked,
    ServerStartFailed,
    ServerClosed,
    ServerProtocol,
    ToolNotFound,
    ToolBlocked,
    ToolDenied,
    ToolFailed,
    InvalidArguments,
    GuardrailViolation,
    GuardrailUnavailable,
    Timeout,
    Cancelled,
    LimitExceeded,
    OauthFailed,
    OauthRequired,
    CacheUnavailable,
    Internal,
}

/// An error with an outside: everything else about it stays in the log.
pub trait Fault: Error {
    fn code(&self) -> ErrorCode;

    /// What the reader can do about it.
    fn hint(&self) -> Option<String> {
        None
    }

    /// Further lines that help to find the cause, secrets already masked.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What went wrong, as a client reads it.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: ErrorCode,
    pub message: String,
    pub hint: Option<String>,
    pub details: Vec<String>,
}

impl Failure {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, details: Vec::new() }
    }

    pub fn of(fault: &(impl Fault + ?Sized)) -> Self {
        Self { hint: fault.hint(), details: fault.details(), ..Self::new(fault.code(), fault.to_string()) }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    #[must_use]
    pub fn details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

/// A word of somebody else's in a sentence of ours: on one line, and not longer than that.
pub fn shown(word: &str, most: usize) -> String {
    word.chars().filter(|c| !c.is_control()).take(most).collect()
}

impl ErrorCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthFailed => "AUTH_FAILED",
            Self::ConfigInvalid => "CONFIG_INVALID",
            Self::ServerNotFound => "SERVER_NOT_FOUND",
            Self::ServerBlocked => "SERVER_BLOCKED",
            Self::ServerStartFailed => "SERVER_START_FAILED",
            Self::ServerClosed => "SERVER_CLOSED",
            Self::ServerProtocol => "SERVER_PROTOCOL",
            Self::ToolNotFound => "TOOL_NOT_FOUND",
            Self::ToolBlocked => "TOOL_BLOCKED",
            Self::ToolDenied => "TOOL_DENIED",
            Self::ToolFailed => "TOOL_FAILED",
            Self::InvalidArguments => "INVALID_ARGUMENTS",
            Self::GuardrailViolation => "GUARDRAIL_VIOLATION",
            Self::GuardrailUnavailable => "GUARDRAIL_UNAVAILABLE",
            Self::Timeout => "TIMEOUT",
            Self::Cancelled => "CANCELLED",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::OauthFailed => "OAUTH_FAILED",
            Self::OauthRequired => "OAUTH_REQUIRED",
            Self::CacheUnavailable => "CACHE_UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

impl<F: Fault + Send + Sync + 'static> From<F> for Box<dyn Fault + Send + Sync> {
    fn from(fault: F) -> Self {
        Box::new(fault)
    }
}
