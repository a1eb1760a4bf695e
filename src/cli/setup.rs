//! `setup` and `install`: from a fresh checkout to a gateway that the user's clients run.
//!
//! `setup` may run any number of times: what is there is kept, and what is right is not written again.

use std::path::Path;

use clap::Args;

use super::clients::{self, Client, Done, Entry};
use super::generate::{self, EchoServer};
use super::import::{self, Import};
use super::{Failure, print, prove};
use crate::config::environment::Environment;
use crate::config::store;

mod key;

use key::Keys;
pub(super) use key::{Opening, written_keys};

const PROMPTS: &[&str] = &["list all servers, get all tools available"];

/// For a configuration with the echo server; the policy of a generated one stops the second.
const ECHO_PROMPTS: &[&str] =
    &["list all servers, get all tools available and echo test", "echo \"hello; ls -la; whoami\""];

#[derive(Args)]
pub(super) struct Options {
    #[arg(
        long,
        value_name = "NAME",
        help = format!(
            "Only this client; may be repeated [default: every one that is found]\n{}",
            clients::names().join(", ")
        )
    )]
    client: Vec<String>,
    /// Move the clients' other servers behind the gateway
    #[arg(long)]
    import: bool,
    /// Take the gateway out of the clients again, and put back what was moved
    #[arg(long, conflicts_with_all = ["echo_server", "import"])]
    undo: bool,
    #[command(flatten)]
    echo: EchoServer,
}

#[derive(Args)]
pub(super) struct Install {
    #[arg(long, value_name = "NAME", help = format!("The client, one of\n{}", clients::names().join(", ")))]
    client: String,
}

pub(super) fn run(options: &Options, flag: Option<&Path>, environment: &Environment) -> Result<(), Failure> {
    let mut clients = chosen(&options.client, environment)?;
    let path = generate::absolute(&store::locate(flag, environment))?;
    if options.undo {
        return undo(&clients, &path);
    }
    configure(&path, &options.echo)?;
    let keys = Keys::read(&path, environment)?;
    let absent: Vec<Client>;
    (clients, absent) = clients.into_iter().partition(|client| client.found || !options.client.is_empty());
    let mut openings = openings(&keys, &clients)?;
    print::out("clients");
    missing(&absent);
    let advice = format!("setup{} --import", generate::named(&path, environment)?);
    let mut registered = register(&clients, &openings, (!options.import).then_some(advice.as_str()));
    let mut import = None;
    if options.import {
        import = Some(configure_more(&path, &clients, &openings, &registered, environment)?);
        openings = self::openings(&Keys::read(&path, environment)?, &clients)?;
    }
    let mut echo = false;
    for (at, opening) in openings.iter().enumerate() {
        if openings[..at].iter().any(|other| other.entry == opening.entry) {
            continue;
        }
        print::out(if at == 0 { "proof" } else { "proof with another key" });
        echo |= prove::run(opening, environment)?;
    }
    if let (Some(import), false) = (import, clients.is_empty()) {
        print::out("import");
        registered.failed.extend(each(import.hand_over()).failed);
    }
    print::out("next");
    if clients.is_empty() {
        print::out("  no client was found; paste this into the file where yours lists its servers");
        print::out(&clients::snippet(None, &openings[0].entry));
    }
    registered.next(&openings[0].entry, echo);
    registered.result()
}

/// What each client is given; one for none, where there is no client.
fn openings(keys: &Keys<'_>, clients: &[Client]) -> Result<Vec<Opening>, Failure> {
    if clients.is_empty() {
        return Ok(vec![keys.open(None)?]);
    }
    clients.iter().map(|client| keys.open(Some(client))).collect()
}

/// With the command that is told where servers go past the gateway, if it is.
fn register(clients: &[Client], openings: &[Opening], advice: Option<&str>) -> Told {
    let register = |client: &Client, opening: &Opening| {
        let done = client.register(&opening.entry)?.remark(format!("with the key {}", opening.hint));
        let (Some(advice), others) = (advice, client.others()?) else { return Ok(done) };
        Ok(match import::past(&others) {
            Some(past) => done.remark(past).remark(format!("`{advice}` moves what it can behind it")),
            None => done,
        })
    };
    each(clients.iter().zip(openings).map(|(client, opening)| (client, register(client, opening))))
}

/// Puts the servers of those clients that have the gateway into its configuration.
fn configure_more<'c>(
    path: &Path,
    clients: &'c [Client],
    openings: &[Opening],
    registered: &Told,
    environment: &Environment,
) -> Result<Import<'c>, Failure> {
    let pairs = clients.iter().zip(openings);
    let pairs: Vec<_> = pairs.filter(|(client, _)| registered.done.contains(&client.title())).collect();
    let import = Import::into_configuration(path, &pairs, environment)?;
    if let Some(what) = import.written() {
        print::out(&format!("configuration    {} ({what})", path.display()));
    }
    Ok(import)
}

/// `install`: one client, with the key of a configuration that is there.
pub(super) fn install(options: &Install, path: &Path, environment: &Environment) -> Result<(), Failure> {
    let client = clients::named(environment, &options.client)?;
    let path = generate::absolute(path)?;
    let opening = Keys::read(&path, environment)?.open(Some(&client))?;
    let advice = format!("setup{} --import", generate::named(&path, environment)?);
    register(std::slice::from_ref(&client), &[opening], Some(&advice)).result()?;
    print::out(&format!("restart {} to see the gateway in it", client.title()));
    Ok(())
}

fn undo(clients: &[Client], path: &Path) -> Result<(), Failure> {
    let done = each(clients.iter().map(|client| (client, client.remove())));
    if path.exists() {
        print::out(&format!("the configuration stays, with all its servers: {}", path.display()));
    }
    done.result()
}

fn chosen(names: &[String], environment: &Environment) -> Result<Vec<Client>, Failure> {
    if names.is_empty() {
        return clients::all(environment);
    }
    let mut clients: Vec<Client> = Vec::new();
    for name in names {
        let client = clients::named(environment, name)?;
        if !clients.iter().any(|known| known.file == client.file) {
            clients.push(client);
        }
    }
    Ok(clients)
}

fn configure(path: &Path, echo: &EchoServer) -> Result<(), Failure> {
    let key = if path.exists() { None } else { generate::create(path, echo)? };
    let what = match key {
        Some(key) => format!("new, its key ends in {}", key.hint()),
        None => "kept as it is".to_owned(),
    };
    print::out(&format!("configuration    {} ({what})", path.display()));
    Ok(())
}

/// What became of the clients, by their titles.
#[derive(Default)]
struct Told {
    done: Vec<&'static str>,
    failed: Vec<&'static str>,
}

impl Told {
    /// What the user does with a gateway that works.
    fn next(&self, entry: &Entry, echo: bool) {
        if !self.done.is_empty() {
            print::out(&format!("  restart        {}", self.done.join(", ")));
        }
        let prompts = if echo { ECHO_PROMPTS } else { PROMPTS };
        print::out(&format!("  ask it         {}", prompts.join("\n                 ")));
        if !self.done.is_empty() {
            print::out(&format!("  take it back   {} setup --undo", entry.command));
        }
    }

    fn result(&self) -> Result<(), Failure> {
        if self.failed.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("not done for {}", self.failed.join(", "))))
    }
}

/// Does it for one client after the other. One that fails is told and holds up no other.
fn each<'c>(doings: impl Iterator<Item = (&'c Client, Result<Done, Failure>)>) -> Told {
    let mut told = Told::default();
    for (client, result) in doings {
        let word = result.as_ref().map_or("FAILED", |done| done.word);
        print::out(&format!("  {:<14} {word:<12} {}", client.title(), client.file.display()));
        match result {
            Ok(done) => {
                done.remarks.iter().for_each(|remark| print::out(&format!("  {:14} {remark}", "")));
                told.done.push(client.title());
            }
            Err(failure) => {
                print::failure(&failure);
                told.failed.push(client.title());
            }
        }
    }
    told
}

fn missing(clients: &[Client]) {
    for client in clients {
        print::out(&format!("  {:<14} {:<12} {}", client.title(), "not found", client.file.display()));
    }
}
