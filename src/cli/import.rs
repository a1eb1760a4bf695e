//! `setup --import`: servers that a client reaches past the gateway go behind it.
//!
//! The gateway's configuration is written first, the clients' files last, when the gateway has shown that it works
//! with it: what fails between leaves a server in both places, which does no harm. What cannot go as it is stays with
//! its client, and why is said.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::clients::edit::Entries;
use super::clients::{Client, Done};
use super::setup::{Opening, written_keys};
use super::{Failure, listed, named};
use crate::config::environment::Environment;
use crate::config::write::{EXAMPLE, beside, replace_unchanged};
use crate::config::{AuthSettings, ConfigError, Endpoint, Settings, file};
use crate::secret::GatewayKey;

mod adopt;
mod list;
mod login;

use adopt::{Adopted, adopt};
use list::List;

/// Somebody may edit the configuration meanwhile: so often we start over.
const TRIES: usize = 3;

const LONGEST_REASON: usize = 400;

const SHORTEST_KEY: usize = 8;

const FOUND_NOTHING: &str = "no server goes past the gateway";

const SURROUNDINGS: &str = "a command gets `PATH`, `HOME` and the like, and what its `env` says: add there what else it needs; \
    `config check --start` tries it";

const KEPT_BY_A_SERVICE: &str = "a service says which servers a key opens, and this file does not";

/// What goes past the gateway, in words.
pub(super) fn past(others: &Entries) -> Option<String> {
    let names = listed(others.keys());
    match others.len() {
        0 => None,
        1 => Some(format!("1 server goes past the gateway: {names}")),
        count => Some(format!("{count} servers go past the gateway: {names}")),
    }
}

/// Servers that are in the configuration, and in their clients' files still.
pub(super) struct Import<'c> {
    moves: Vec<Move<'c>>,
    /// How many are new there.
    new: usize,
    backup: PathBuf,
}

struct Move<'c> {
    client: &'c Client,
    /// As they stand in the client's file.
    entries: Entries,
    remarks: Vec<String>,
}

/// A server that is new to the configuration.
struct Candidate {
    /// Whose it is.
    at: usize,
    list: List,
    name: String,
    entry: Value,
    server: Value,
    /// Not one that another client has as well.
    is_new: bool,
    remarks: Vec<String>,
}

/// What becomes of one text of the configuration.
struct Plan<'c> {
    moves: Vec<Move<'c>>,
    candidates: Vec<Candidate>,
}

impl<'c> Import<'c> {
    pub(super) fn into_configuration(
        path: &Path,
        clients: &[(&'c Client, &Opening)],
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let backup = beside(&real, ".bak");
        for _ in 0..TRIES {
            let text = fs::read_to_string(&real)
                .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))?;
            let mut plan = Plan::of(&text, clients)?;
            let edited = plan.settle(&text, path, clients, environment)?;
            let new = plan.added().count();
            if new == 0 || put(&real, &backup, &text, &edited)? {
                return Ok(Self { moves: plan.finish(), new, backup });
            }
        }
        Err(Failure::new(format!("`{}` keeps changing while it is edited", path.display()))
            .hint("the clients' files are as they were: run this again"))
    }

    /// What the configuration has more.
    pub(super) fn written(&self) -> Option<String> {
        let servers = if self.new == 1 { "server" } else { "servers" };
        let (new, backup) = (self.new, self.backup.display());
        (new > 0).then(|| format!("{new} {servers} more; as it was: {backup}"))
    }

    /// Takes them out of the clients' files.
    pub(super) fn hand_over(self) -> impl Iterator<Item = (&'c Client, Result<Done, Failure>)> {
        self.moves.into_iter().map(|moving| (moving.client, moving.hand_over()))
    }
}

impl Move<'_> {
    fn hand_over(self) -> Result<Done, Failure> {
        let gone = self.client.hand_over(&self.entries).map_err(|failure| {
            Failure::new(format!("{}; its servers stand here and behind the gateway", failure.message))
                .hint(failure.hint.unwrap_or_else(|| "mend that, then run this again".to_owned()))
        })?;
        let mut done = Done::new(if gone.is_empty() { "unchanged" } else { "moved" });
        if !gone.is_empty() {
            done = done.remark(listed(gone.keys()));
        }
        let changed: Vec<&String> = self.entries.keys().filter(|name| !gone.contains_key(*name)).collect();
        if !changed.is_empty() {
            done = done.remark(format!("changed meanwhile, so it stays: {}", listed(changed.iter())));
        }
        if self.entries.is_empty() && self.remarks.is_empty() {
            done = done.remark(FOUND_NOTHING);
        }
        if gone.values().any(|entry| entry.get("command").is_some()) {
            done = done.remark(SURROUNDINGS);
        }
        Ok(self.remarks.into_iter().fold(done, Done::remark))
    }
}

/// What a client's servers would come to.
struct Place<'o> {
    opening: &'o Opening,
    list: List,
    standing: Vec<Value>,
}

/// What there is to do for one that the gateway can have.
enum Fate {
    Add,
    /// Another client's is the same, and is added.
    Share,
    /// It is there already.
    Stands,
}

impl Place<'_> {
    fn fate(&self, name: &str, config: &Value, candidates: &[Candidate]) -> Result<Fate, &'static str> {
        const TAKEN: &str = "another server of this name is behind the gateway";
        if let Some(known) = self.standing.iter().find(|known| known["server_name"] == name) {
            let server = self.opening.servers.find(name);
            let in_use = server.is_some_and(|server| !matches!(server.endpoint, Endpoint::Refused { .. }));
            return if known["config"] == *config && in_use { Ok(Fate::Stands) } else { Err(TAKEN) };
        }
        if let Some(known) = candidates.iter().find(|known| known.list == self.list && known.name == name) {
            return if known.server["config"] == *config { Ok(Fate::Share) } else { Err(TAKEN) };
        }
        if name.trim().is_empty() {
            return Err("it has no name");
        }
        login::refused(config).map(|()| Fate::Add)
    }
}

impl<'c> Plan<'c> {
    fn of(text: &str, clients: &[(&'c Client, &Opening)]) -> Result<Self, Failure> {
        let (keys, policies) = (written_keys(text), policies());
        let mut plan = Self { moves: Vec::new(), candidates: Vec::new() };
        for (at, (client, opening)) in clients.iter().enumerate() {
            plan.moves.push(Move { client, entries: Entries::new(), remarks: Vec::new() });
            let list = List::of(opening);
            let place = Place { opening, standing: list.servers(text)?, list };
            for (name, entry) in client.others()? {
                let judged = if holds_one(&entry, &keys) {
                    Err("it holds a key of this gateway, and may lead to it".to_owned())
                } else {
                    adopt(&entry, client.reading()).and_then(|adopted| {
                        let fate = place.fate(&name, &adopted.config, &plan.candidates)?;
                        Ok((adopted, fate))
                    })
                };
                match judged {
                    Err(reason) => plan.keep(at, &name, &reason),
                    Ok((_, Fate::Stands)) => drop(plan.moves[at].entries.insert(name, entry)),
                    Ok((adopted, fate)) => plan.candidates.push(Candidate {
                        at,
                        list: place.list.clone(),
                        is_new: matches!(fate, Fate::Add),
                        remarks: remarks(&name, &adopted),
                        server: server(&name, adopted, &policies),
                        name,
                        entry,
                    }),
                }
            }
        }
        Ok(plan)
    }

    fn added(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.is_new)
    }

    /// The text with all candidates that the configuration's own reader takes, and nothing of the others.
    fn settle(
        &mut self,
        text: &str,
        path: &Path,
        clients: &[(&Client, &Opening)],
        environment: &Environment,
    ) -> Result<String, Failure> {
        let environment = surroundings(text, path, clients, environment);
        loop {
            let edited = self
                .added()
                .try_fold(text.to_owned(), |text, candidate| candidate.list.with(&text, &candidate.server))?;
            let before = self.candidates.len();
            let read = file::parse(path, &edited, &environment);
            match &read {
                Ok(settings) if matches!(settings.auth, AuthSettings::Enkrypt(_)) => {
                    return Err(Failure::new(KEPT_BY_A_SERVICE).hint("add the clients' servers there"));
                }
                Ok(settings) => self.drop_where(|candidate| unusable(settings, candidate)),
                Err(ConfigError::Invalid { problems, .. }) => self.drop_where(|candidate| {
                    let whose = format!("server `{}`", candidate.name.escape_debug());
                    let problem = problems.iter().find(|problem| problem.whose.as_ref() == Some(&whose))?;
                    Some(format!("in the configuration it would be a mistake: {}", problem.expected))
                }),
                Err(_) => {}
            }
            if self.candidates.len() == before {
                return read.map(|_| edited).map_err(|error| Failure::from(&error));
            }
        }
    }

    /// Leaves those with a reason where they are.
    fn drop_where(&mut self, reason: impl Fn(&Candidate) -> Option<String>) {
        for candidate in std::mem::take(&mut self.candidates) {
            match reason(&candidate) {
                Some(reason) => self.keep(candidate.at, &candidate.name, &reason),
                None => self.candidates.push(candidate),
            }
        }
    }

    fn keep(&mut self, at: usize, name: &str, reason: &str) {
        let reason = crate::fault::shown(reason, LONGEST_REASON);
        self.moves[at].remarks.push(format!("`{}` stays here: {reason}", named(name)));
    }

    fn finish(mut self) -> Vec<Move<'c>> {
        for candidate in self.candidates {
            let moving = &mut self.moves[candidate.at];
            moving.entries.insert(candidate.name, candidate.entry);
            moving.remarks.extend(candidate.remarks);
        }
        self.moves
    }
}

fn server(name: &str, adopted: Adopted, policies: &Map<String, Value>) -> Value {
    let mut server = Map::new();
    server.insert("server_name".to_owned(), name.into());
    server.extend(adopted.description.map(|description| ("description".to_owned(), description)));
    server.insert("config".to_owned(), adopted.config);
    server.extend(policies.clone());
    Value::Object(server)
}

/// What its owner should know of one that goes.
fn remarks(name: &str, adopted: &Adopted) -> Vec<String> {
    let (name, mut remarks) = (named(name), Vec::new());
    if !adopted.dropped.is_empty() {
        let dropped = listed(adopted.dropped.iter().map(|member| format!("`{member}`")));
        remarks.push(format!("`{name}` went without {dropped}: of use to the client only"));
    }
    if adopted.is_near {
        remarks.push(format!("`{name}` may be on this machine or in its network: `allow_private`"));
    }
    remarks
}

/// Whether one of these keys stands in an entry, which then may lead to the gateway itself.
fn holds_one(entry: &Value, keys: &[GatewayKey]) -> bool {
    let written = entry.to_string();
    // A shorter one may stand anywhere.
    keys.iter().map(GatewayKey::expose).any(|key| key.len() >= SHORTEST_KEY && written.contains(key))
}

/// As a server of a new configuration is guarded.
fn policies() -> Map<String, Value> {
    let example: Value = serde_json::from_str(EXAMPLE).unwrap_or_default();
    let lists = example["mcp_configs"].as_object().into_iter().flatten();
    let servers = lists.filter_map(|(_, list)| list["mcp_config"][0].as_object()).flatten();
    let policies = servers.filter(|(key, _)| key.ends_with("_guardrails_policy"));
    policies.map(|(key, policy)| (key.clone(), policy.clone())).collect()
}

/// Why a server could not be used behind the gateway.
fn unusable(settings: &Settings, candidate: &Candidate) -> Option<String> {
    let lists = settings.server_lists();
    let server = lists.iter().find(|list| candidate.list.is(&list.id))?.find(&candidate.name)?;
    match &server.endpoint {
        Endpoint::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

/// What the gateway has of an environment where a client starts it: a reference to anything else would end it. Where
/// the configuration wants more already, the user provides for that.
fn surroundings(
    text: &str,
    path: &Path,
    clients: &[(&Client, &Opening)],
    environment: &Environment,
) -> Environment {
    let own = clients.iter().flat_map(|(_, opening)| &opening.entry.env);
    let own = own.map(|(name, value)| ((*name).to_owned(), value.clone()));
    let bare = Environment::from_pairs(environment.child_base().into_iter().chain(own));
    if file::parse(path, text, &bare).is_ok() { bare } else { environment.clone() }
}

/// False where somebody else has changed the file since it was read.
fn put(path: &Path, backup: &Path, text: &str, edited: &str) -> Result<bool, Failure> {
    let unwritable = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("`{}` cannot be written: {error}", path.display()))
            .hint("the clients' files are as they were")
    };
    let older = fs::read_to_string(backup).ok();
    let kept = replace_unchanged(backup, older.as_deref(), text, None);
    if !kept.map_err(|error| unwritable(backup, &error))? {
        return Ok(false);
    }
    let mode = fs::metadata(path).ok().map(|found| found.permissions());
    replace_unchanged(path, Some(text), edited, mode).map_err(|error| unwritable(path, &error))
}
