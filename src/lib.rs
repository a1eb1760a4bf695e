//! A security gateway between MCP clients and MCP servers.
//!
//! # Layout
//!
//! A module uses rows below its own only; `tests/architecture.rs` holds the table.
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
//! * [`secret`], [`call`], [`tool`], [`rpc`], [`detect`], [`condition`], [`classifier`]: what must not print, the
//!   nouns of the protocol, its messages as text, what a text holds that it should not, what the operator asks of
//!   it, and the operator's own model
//! * [`fault`], [`ids`], [`json`], [`lines`], [`recent`]: what everything else is made of

pub mod cli;

pub mod app;

pub mod gateway;

pub mod execution;

pub mod discovery;

pub mod downstream;

pub mod auth;
pub mod guardrails;

pub mod cache;

pub mod scope;

pub mod client;
pub mod telemetry;
pub mod timeouts;
pub mod web;

pub mod config;

pub mod call;
pub mod classifier;
pub mod condition;
pub mod detect;
pub mod rpc;
pub mod secret;
pub mod tool;

#[cfg(test)]
mod dice;
pub mod fault;
pub mod ids;
pub mod json;
pub mod lines;
pub mod recent;
