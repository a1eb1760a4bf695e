//! `config check --start`: what each server answers when it is started here and now.

use std::process::ExitCode;

use tokio::runtime::Builder;

use crate::app::{Tried, try_servers};
use crate::cli::{FAILED, print};
use crate::config::environment::Environment;
use crate::config::{AuthSettings, Settings};
use crate::fault::{self, Failure};
use crate::tool::ToolSet;

/// Of a sentence, and of what stands below it.
const LONGEST: usize = 400;

pub(super) fn run(settings: Settings, environment: Environment) -> ExitCode {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return print::failure(&super::Failure::new(format!("nothing can be started: {error}")));
        }
    };
    let is_remote = matches!(settings.auth, AuthSettings::Enkrypt(_));
    let several = settings.server_lists().len() > 1;
    let (mut tried, mut failed) = (0_usize, 0_usize);
    print::out("\nstart");
    runtime.block_on(try_servers(settings, environment, |one| {
        tried += 1;
        failed += usize::from(one.outcome.is_err());
        tell(&one, several);
    }));
    runtime.shutdown_background();
    match (tried, is_remote) {
        (0, true) => print::out("  none here: the service knows the servers"),
        (0, false) => print::out("  no server that a key opens"),
        _ => {}
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

fn tell(Tried { list, server, outcome }: &Tried, several: bool) {
    let name = fault::shown(server.name.as_str(), LONGEST);
    let name = if several { format!("{name} ({})", list.id) } else { name };
    match outcome {
        Ok(set) => print::out(&format!("  ok        {name}: {}", counted(set))),
        Err(fault) => {
            let Failure { message, hint, details, .. } = Failure::of(fault);
            print::out(&format!("  failed    {}", fault::shown(&message, LONGEST)));
            for line in hint.iter().chain(&details) {
                print::out(&format!("            {}", fault::shown(line, LONGEST)));
            }
        }
    }
}

fn counted(set: &ToolSet) -> String {
    let kept = [(set.blocked.len(), "kept away"), (set.denied.len(), "denied")];
    let kept =
        kept.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    let tools = match set.tools.len() {
        1 => "1 tool".to_owned(),
        count => format!("{count} tools"),
    };
    kept.fold(tools, |text, kept| text + &kept)
}
