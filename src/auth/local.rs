//! The authenticator `local_apikey`: the keys of the configuration file.

use std::sync::Arc;

use super::{AuthFault, Credentials};
use crate::config::{KeyState, Settings};
use crate::scope::Caller;

pub(super) fn look_up(credentials: &Credentials, settings: &Settings) -> Result<Arc<Caller>, AuthFault> {
    let refused = |reason| AuthFault::Refused { reason, user: None };
    let key = credentials.key.as_ref().ok_or_else(|| refused("no key was given"))?;
    let digest = key.digest();
    // Found by digest, then compared in constant time: neither step tells how much of a guess was right.
    let (_, grant) = settings
        .keys
        .get_key_value(&digest)
        .filter(|(known, _)| known.matches(&digest))
        .ok_or_else(|| refused("the key is not known"))?;
    let refused = |reason| AuthFault::Refused { reason, user: grant.user.clone() };
    match grant.state {
        KeyState::Active => {}
        KeyState::Disabled => return Err(refused("the key is disabled")),
        KeyState::UserDisabled => return Err(refused("the key's user is disabled")),
        KeyState::ProjectDisabled => return Err(refused("the key's project is disabled")),
        KeyState::NotAMember => return Err(refused("the key's user is not a member of its project")),
    }
    if credentials.project.is_some() && credentials.project != grant.project {
        return Err(refused("the project is not the key's"));
    }
    if credentials.user.is_some() && credentials.user != grant.user {
        return Err(refused("the user is not the key's"));
    }
    Ok(Arc::new(Caller::of(grant)))
}
