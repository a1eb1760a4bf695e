//! `serve`: which transport, where, and with which certificate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::runtime::{Builder, Runtime};

use super::{BAD_CONFIG, Failure, UNAVAILABLE, print, printable};
use crate::config::environment::Environment;
use crate::config::{Settings, store};
use crate::gateway::http::{self, ListenFault, TlsFiles};
use crate::{app, telemetry};

const HOST: &str = "127.0.0.1";
const PORT: u16 = 8000;

#[derive(Args, Default)]
pub(super) struct Options {
    /// How clients reach the gateway [default: $`MCP_TRANSPORT`, stdio]
    #[arg(long, value_enum)]
    transport: Option<Transport>,
    /// The address or name to listen on [default: $`ENKRYPT_GATEWAY_HOST`, 127.0.0.1]
    #[arg(long)]
    host: Option<String>,
    /// The port to listen on [default: 8000]
    #[arg(long)]
    port: Option<u16>,
    /// A PEM file with the certificate and its chain, for HTTPS
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Transport {
    Stdio,
    #[value(alias = "streamable-http")]
    Http,
}

pub(super) fn run(options: Options, path: &Path, environment: Environment) -> ExitCode {
    let http = match options.http(&environment) {
        Ok(http) => http,
        Err(failure) => return print::failure_with(&failure, BAD_CONFIG),
    };
    let settings = match store::load(path, &environment) {
        Ok(settings) => settings,
        Err(error) => return print::failure_with(&Failure::from(&error), BAD_CONFIG),
    };
    telemetry::start(app::log_level(&environment, &settings), environment.log_json());
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let Some(runtime) = runtime(http.is_some()) else {
        return print::failure(&Failure::new("the system gives no threads to run on"));
    };
    let served = runtime.block_on(serve(settings, environment, http.as_ref()));
    // A thread that is stuck reading a terminal must not hold up the end.
    runtime.shutdown_background();
    telemetry::flush();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => refuse(&fault),
    }
}

async fn serve(
    settings: Settings,
    environment: Environment,
    http: Option<&http::Options>,
) -> Result<(), ListenFault> {
    match http {
        Some(options) => app::serve_http(settings, environment, options).await,
        None => {
            app::serve_stdio(settings, environment).await;
            Ok(())
        }
    }
}

/// One thread for one client: its call goes through several tasks, and a wake-up across threads costs more than any
/// of them. Many clients are worth a thread for each processor.
fn runtime(many: bool) -> Option<Runtime> {
    let mut builder = if many { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.enable_all().on_thread_park(telemetry::wake).build().ok()
}

fn refuse(fault: &ListenFault) -> ExitCode {
    let failure = Failure::new(fault.to_string());
    match fault {
        ListenFault::Address { .. } => {
            let failure =
                failure.hint("choose another with `--host` and `--port`, or end what listens there");
            print::failure_with(&failure, UNAVAILABLE)
        }
        ListenFault::Tls { .. } => print::failure_with(&failure, BAD_CONFIG),
    }
}

impl Options {
    /// Where HTTP is served; `None` is stdio.
    fn http(self, environment: &Environment) -> Result<Option<http::Options>, Failure> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => named(environment)?,
        };
        let given = [
            ("--host", self.host.is_some()),
            ("--port", self.port.is_some()),
            ("--tls-cert", self.tls_cert.is_some()),
            ("--tls-key", self.tls_key.is_some()),
        ];
        if transport == Transport::Stdio {
            return match given.iter().find(|(_, given)| *given) {
                Some((flag, _)) => {
                    let failure =
                        Failure::new(format!("`{flag}` says nothing to a gateway that serves stdio"));
                    Err(failure.hint("add `--transport http`, or leave the flag out"))
                }
                None => Ok(None),
            };
        }
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(Failure::new("`--tls-cert` and `--tls-key` go together")),
        };
        let host = self.host.or_else(|| environment.gateway_host().map(str::to_owned));
        let host = host.unwrap_or_else(|| HOST.to_owned());
        Ok(Some(http::Options { host, port: self.port.unwrap_or(PORT), tls }))
    }
}

/// What the environment asks for.
fn named(environment: &Environment) -> Result<Transport, Failure> {
    let Some(name) = environment.transport() else { return Ok(Transport::Stdio) };
    Transport::from_str(name, true).map_err(|_| {
        let name = printable(name);
        Failure::new(format!("`MCP_TRANSPORT` asks for `{name}`, which is no transport here"))
            .hint("set it to `stdio` or `http`, or unset it")
    })
}
