//! The words of the protocol that the gateway uses to both sides, its clients and its servers.

/// The revisions with a handshake, the newest first.
pub const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The revision in which each request says who asks.
pub const MODERN: &str = "2026-07-28";

pub const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub const META_SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What a client can be asked.
pub const ELICIT: &str = "elicitation/create";
pub const SAMPLE: &str = "sampling/createMessage";
pub const ROOTS: &str = "roots/list";

pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
pub const CANCELLED: &str = "notifications/cancelled";
pub const LOG: &str = "notifications/message";
pub const PROGRESS: &str = "notifications/progress";
