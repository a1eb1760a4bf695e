//! Arguments, and what each command does. Every word for the terminal goes out through `print`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::environment::Environment;
use crate::config::{ConfigError, store};
use crate::downstream::run_watchdog;

mod check;
mod clients;
mod eval;
mod generate;
mod import;
mod look;
mod print;
mod prove;
mod scan;
mod serve;
mod setup;

/// What the exit codes mean, as `sysexits.h` has them where it has one.
const FAILED: u8 = 1;
const UNREADABLE: u8 = 66;
const UNAVAILABLE: u8 = 69;
const BAD_CONFIG: u8 = 78;

const EXAMPLES: &str = "\
Commonest uses:
  secure-mcp-gateway setup         write a configuration, register with your clients, try it
  secure-mcp-gateway config check  show what the configuration means, and every mistake in it
  secure-mcp-gateway               serve over stdio; this is what an MCP client runs";

/// A security gateway between your MCP client and your MCP servers
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "The configuration file [default: $ENKRYPT_CONFIG_PATH,\n./enkrypt_mcp_config.json, ~/.enkrypt/enkrypt_mcp_config.json]"
    )]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve one client over stdio (the default command), or many over HTTP
    Serve(serve::Options),
    /// Show what a configuration means, or its JSON Schema
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write a configuration, register with the clients found, and prove that it works
    Setup(setup::Options),
    /// Write a fresh configuration with a new gateway key
    GenerateConfig(generate::Options),
    /// Register with one MCP client
    Install(setup::Install),
    /// Look at texts with the built-in detectors; exit code 1 where something is found
    Scan(scan::Options),
    /// Measure the built-in detectors on labelled texts of your own
    Eval(eval::Options),
    #[command(name = crate::downstream::WATCHDOG_COMMAND, hide = true)]
    Watchdog,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print servers, policies, provider, cache and keys (by their last characters), or every mistake
    Check(check::Options),
    /// Print the JSON Schema of the configuration file, for editors
    Schema,
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return print::usage(&error),
    };
    let environment = Environment::read();
    let path = store::locate(arguments.config.as_deref(), &environment);
    let code = match arguments.command.unwrap_or_else(|| Command::Serve(serve::Options::default())) {
        Command::Serve(options) => return serve::run(options, &path, environment),
        Command::Watchdog => {
            run_watchdog(std::io::stdin().lock());
            Ok(())
        }
        Command::Config(ConfigCommand::Check(options)) => return check::run(&options, &path, environment),
        Command::Config(ConfigCommand::Schema) => {
            print::out(include_str!("config/schema.json"));
            Ok(())
        }
        Command::Setup(options) => setup::run(&options, arguments.config.as_deref(), &environment),
        Command::GenerateConfig(options) => {
            generate::run(&options, arguments.config.as_deref(), &environment)
        }
        Command::Install(options) => setup::install(&options, &path, &environment),
        Command::Scan(options) => return scan::run(&options),
        Command::Eval(options) => return eval::run(&options),
    };
    match code {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => print::failure(&failure),
    }
}

/// Why a command did not do its work, in words for the person at the terminal.
#[derive(Debug)]
struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<&ConfigError> for Failure {
    fn from(error: &ConfigError) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }
}

/// So many names are said one by one.
const MOST_NAMES: usize = 8;

/// Names from outside, in one line.
fn listed<N: AsRef<str>>(names: impl ExactSizeIterator<Item = N>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let names: Vec<String> = names.take(MOST_NAMES).map(|name| named(name.as_ref())).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// A name from outside: what cannot be seen in it is spelt out.
fn named(name: &str) -> String {
    printable(&name.escape_debug().to_string())
}

/// Text from outside, without what could steer a terminal, and short.
fn printable(text: &str) -> String {
    crate::fault::shown(text, 80)
}
