//! Who may come in: `apikeys` with the projects, users and configurations they lead to, and the `gateways` of v1.
//!
//! A key that leads nowhere is left out with a warning, so one bad entry does not lock out the others; messages
//! show a key by its hint only.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{Grant, KeyState, ServerList};
use super::secrets::Secrets;
use super::switches::closed_by;
use super::{Context, resolve, server};
use crate::config::node::Node;
use crate::ids::{CallerId, ConfigId, ProjectId, UserId};
use crate::secret::{GatewayKey, KeyDigest};

/// What examples and templates have in the place of a key, each maybe with a number behind it.
const PLACEHOLDERS: [&str; 5] =
    ["UNIQUE_GATEWAY_KEY", "YOUR_API_KEY", "YOUR_ENKRYPT_GATEWAY_KEY", "YOUR_GATEWAY_KEY", "YOUR_KEY"];

struct Project<'a> {
    config: Option<&'a str>,
    users: HashSet<&'a str>,
    disabled: bool,
}

/// What the keys of the file may lead to.
struct Registry<'a> {
    lists: HashMap<&'a str, Arc<ServerList>>,
    projects: HashMap<&'a str, Project<'a>>,
    /// Whether each of them is disabled.
    users: HashMap<&'a str, bool>,
}

/// The entries that were read so far.
#[derive(Default)]
struct Ring {
    grants: HashMap<KeyDigest, Grant>,
    seen: HashSet<KeyDigest>,
    /// What each caller was given, and the hint of the key that it was given by.
    callers: HashMap<CallerId, (Arc<ServerList>, String)>,
    /// The keys that are written out.
    clear: Secrets,
}

/// Who may come in, and the keys that are secrets of the file.
pub(super) fn read(root: &Node<'_>, context: Context<'_>) -> (HashMap<KeyDigest, Grant>, Secrets) {
    let registry = Registry {
        lists: lists(root, context),
        projects: root.nodes("projects").into_iter().map(|(id, node)| (id, project(&node))).collect(),
        users: users(root),
    };
    let mut ring = Ring::default();
    for (written, node) in root.nodes("apikeys") {
        root.notes().of_holder(registry.holder(&node).as_deref(), || {
            let grant = grant(&node, &registry);
            ring.add(written, grant, &node, context);
        });
    }
    for (written, node) in root.nodes("gateways") {
        let grant = first_generation(&node, context);
        ring.add(written, grant, &node, context);
    }
    (told_apart(ring.grants), ring.clear)
}

/// Where keys end in the same letters, their hints say more.
fn told_apart(mut grants: HashMap<KeyDigest, Grant>) -> HashMap<KeyDigest, Grant> {
    let mut count = HashMap::<String, usize>::new();
    for grant in grants.values() {
        *count.entry(grant.hint.clone()).or_default() += 1;
    }
    for (digest, grant) in &mut grants {
        if count.get(&grant.hint).is_some_and(|keys| *keys > 1) {
            grant.hint = format!("{} ({})", grant.hint, digest.hint());
        }
    }
    grants
}

impl Registry<'_> {
    /// Whose key it is, as far as the file knows them: a person finds an entry by that.
    fn holder(&self, node: &Node<'_>) -> Option<String> {
        let user = node.raw("user_id").filter(|user| self.users.contains_key(user));
        let project = node.raw("project_id").filter(|project| self.projects.contains_key(project));
        let named = |what: &str, name: &str| format!("{what} `{}`", name.escape_debug());
        let named = [user.map(|user| named("user", user)), project.map(|project| named("project", project))];
        let named: Vec<String> = named.into_iter().flatten().collect();
        (!named.is_empty()).then(|| named.join(", "))
    }
}

impl Ring {
    fn add(&mut self, written: &str, grant: Option<Grant>, node: &Node<'_>, context: Context<'_>) {
        let Some((digest, hint)) = key(written, node, &mut self.clear, context) else { return };
        if !self.seen.insert(digest.clone()) {
            node.notes().problem(node.here(), "expected a key that no other entry has");
            return;
        }
        let Some(grant) = grant else { return };
        // Callers share what is cached for them: two meanings of one caller would mix two sets of servers.
        let known = || (Arc::clone(&grant.config), hint.clone());
        let (list, other) = self.callers.entry(grant.caller.clone()).or_insert_with(known);
        if !Arc::ptr_eq(list, &grant.config) {
            let expected = if grant.project.is_none() {
                format!("expected an `id` of its own; the key `{other}` has the same one as `{hint}`")
            } else {
                format!(
                    "expected ids that, joined with `_`, are not those of a key with other servers, as they are with `{other}`"
                )
            };
            node.notes().problem(node.here(), expected);
        }
        self.grants.insert(digest, Grant { hint, ..grant });
    }
}

fn lists<'a>(root: &Node<'a>, context: Context<'_>) -> HashMap<&'a str, Arc<ServerList>> {
    let list = |(id, node): (&'a str, Node<'a>)| {
        node.ignore(&["created_at", "updated_at"]);
        let name = node.text("mcp_config_name").map(str::to_owned);
        let list = ServerList { id: ConfigId::from(id), name, servers: server::list(&node, context) };
        node.refuse_misspelt();
        (id, Arc::new(list))
    };
    root.nodes("mcp_configs").into_iter().map(list).collect()
}

fn project<'a>(node: &Node<'a>) -> Project<'a> {
    node.ignore(&["created_at", "description", "project_name", "updated_at"]);
    let users = node.texts("users").into_iter().map(|(_, user)| user).collect();
    let project = Project { config: node.text("mcp_config_id"), users, disabled: closed_by(node).is_some() };
    node.refuse_unheeded();
    project
}

fn users<'a>(root: &Node<'a>) -> HashMap<&'a str, bool> {
    let user = |(id, node): (&'a str, Node<'a>)| {
        node.ignore(&["created_at", "email", "name", "updated_at"]);
        let disabled = closed_by(&node).is_some();
        node.refuse_unheeded();
        (id, disabled)
    };
    root.nodes("users").into_iter().map(user).collect()
}

/// The digest of an entry's key and its hint; `None` after a problem.
fn key(
    written: &str,
    node: &Node<'_>,
    clear: &mut Secrets,
    context: Context<'_>,
) -> Option<(KeyDigest, String)> {
    let (path, notes) = (node.here(), node.notes());
    let resolved = resolve(written, path, notes, context.env)?;
    let text = resolved.value.expose();
    if text.trim().is_empty() || is_placeholder(text) {
        notes.problem(path, "expected a gateway key of your own as the name of this entry");
        return None;
    }
    let (digest, hint) = if text.starts_with("sha256:") {
        let Some(digest) = KeyDigest::parse(text) else {
            notes.problem(path, "expected 64 hexadecimal digits after `sha256:`");
            return None;
        };
        let hint = digest.hint();
        (digest, hint)
    } else {
        clear.add_named(text);
        let key = GatewayKey::from(text);
        (key.digest(), key.hint())
    };
    Some((digest, hint))
}

fn is_placeholder(key: &str) -> bool {
    let plain =
        key.trim().trim_start_matches('<').trim_end_matches('>').to_ascii_uppercase().replace('-', "_");
    let bare = plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    PLACEHOLDERS.contains(&bare.strip_suffix("_HERE").unwrap_or(bare))
}

/// Everything of a grant but the hint of its key.
fn grant(node: &Node<'_>, registry: &Registry<'_>) -> Option<Grant> {
    node.ignore(&["created_at", "description", "name", "rotated_from", "updated_at"]);
    let disabled = closed_by(node).is_some();
    let (project_id, user) = (required(node, "project_id"), required(node, "user_id"));
    node.refuse_unheeded();
    let (project_id, user) = (project_id?, user?);
    let project = known(node, "project_id", "projects", registry.projects.get(project_id));
    let user_known = known(node, "user_id", "users", registry.users.get(&user));
    let (project, user_disabled) = (project?, *user_known?);
    let Some(config) = project.config else {
        warn(node, "its project has no `mcp_config_id`");
        return None;
    };
    let Some(list) = registry.lists.get(config) else {
        warn(node, "the `mcp_config_id` of its project is not in `mcp_configs`");
        return None;
    };
    let member = project.users.contains(&user);
    if !member {
        warn(node, "its user is no member of its project, add the `user_id` to `users` of the project");
    }
    Some(Grant {
        hint: String::new(),
        caller: CallerId::of(user, project_id, config),
        project: Some(ProjectId::from(project_id)),
        user: Some(UserId::from(user)),
        config: Arc::clone(list),
        state: match (disabled, member) {
            (true, _) => KeyState::Disabled,
            (false, _) if user_disabled => KeyState::UserDisabled,
            (false, _) if project.disabled => KeyState::ProjectDisabled,
            (false, true) => KeyState::Active,
            (false, false) => KeyState::NotAMember,
        },
    })
}

fn first_generation(node: &Node<'_>, context: Context<'_>) -> Option<Grant> {
    let id = required(node, "id");
    let disabled = closed_by(node).is_some();
    let servers = server::list(node, context);
    node.refuse_unheeded();
    let id = id?;
    Some(Grant {
        hint: String::new(),
        caller: CallerId::from(id),
        project: None,
        user: None,
        config: Arc::new(ServerList { id: ConfigId::from(id), name: None, servers }),
        state: if disabled { KeyState::Disabled } else { KeyState::Active },
    })
}

fn required<'a>(node: &Node<'a>, key: &str) -> Option<&'a str> {
    if node.get(key).is_none() {
        node.problem(key, "expected a non-empty string");
    }
    node.filled(key)
}

fn known<T>(node: &Node<'_>, key: &str, section: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        warn(node, &format!("its `{key}` is not in `{section}`"));
    }
    found
}

fn warn(node: &Node<'_>, reason: &str) {
    node.notes().warn(format!("`{}` opens nothing: {reason}", node.here()));
}
