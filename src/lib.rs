//! A security gateway between MCP clients and MCP servers.
//!
//! # Layout
//!
//! A module uses rows below its own only; `tests/architecture.rs` holds the table. `pub` is for the crate: outside of
//! it are the program, the tests, the benchmarks and fuzz/, and what they use is named here.
//!
//! * [`cli`]: arguments, setup, and the one place that prints
//! * [`app`]: builds everything from the settings and serves until the client leaves
//! * [`gateway`]: the seven tools, from wire to report and back
//! * [`execution`]: a batch of calls, each through the guardrails
//! * [`discovery`]: which tools a server has, from config, cache or the server itself
//! * [`downstream`]: sessions with servers, and the processes or connections behind them
//! * [`auth`], [`guardrails`]: who may ask, and what may pass
//! * [`cache`]: what was discovered, for a while
//! * [`scope`]: the frame that every request carries
//! * [`timeouts`], [`telemetry`], [`web`], [`client`]: time limits, the log, the HTTP clients, and the
//!   way back to whoever asked
//! * [`config`]: settings, only valid ones
//! * [`secret`], [`call`], [`tool`], [`rpc`], [`condition`], [`classifier`], [`recent`]: what must not print, the nouns
//!   of the protocol, its messages as text, what the operator asks of a text, the operator's own model, and a
//!   memory with bounds
//! * [`detect`]: what a text holds that it should not
//! * [`digest`], [`fault`], [`ids`], [`json`], [`lines`], [`lock`]: what everything else is made of

pub use cli::run;
pub use web::install_crypto;

/// What fuzz/ drives besides the detectors.
#[cfg(fuzzing)]
pub mod driven {
    pub use crate::config::environment::Environment;
    pub use crate::config::file::parse as parse_settings;
    pub use crate::gateway::answer_to_malformed;
    pub use crate::guardrails::{cut_out, hidden_and_restored, restored_in};
    pub use crate::json::{sorted, values, write};
    pub use crate::lines::{Line, LineReader, message_id};
}

mod cli;

mod app;

mod gateway;

mod execution;

mod discovery;

mod downstream;

mod auth;
mod guardrails;

mod cache;

mod scope;

mod client;
mod telemetry;
mod timeouts;
mod web;

mod config;

mod call;
mod classifier;
mod condition;
mod recent;
mod rpc;
mod secret;
mod tool;

pub mod detect;
#[cfg(test)]
mod dice;
mod digest;
mod fault;
mod ids;
mod json;
mod lines;
mod lock;
