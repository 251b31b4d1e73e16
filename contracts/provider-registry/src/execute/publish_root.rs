use cosmwasm_std::{Addr, Binary, DepsMut, Env, Event, MessageInfo, Response, Storage};
use registry_api::limits::{MAX_ACTIVE_ROOTS, MAX_ROOTS};

use super::refresh_roots;
use crate::state::StoredRoot;
use crate::{certificate, events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, der: Binary) -> Result<Response, ContractError> {
    let account = info.sender;
    let now = env.block.time.seconds();
    let verified = certificate::verify(deps.api, &account, now, der.as_slice())?;

    if let Some(known) = state::root(deps.storage, &account, &verified.fingerprint)? {
        let revoked = known.revoked_at.is_some();
        return Err(ContractError::RootKnown { fingerprint: verified.fingerprint, revoked });
    }
    // A key is accepted once: no account takes another's, and none brings a revoked one back in a new certificate.
    if let Some(publisher) = state::key_publisher(deps.storage, &verified.key_hash)? {
        return Err(ContractError::KeyUsed { key_hash: verified.key_hash, account: publisher });
    }
    let dropped = make_room(deps.storage, &account, now)?;

    let root = StoredRoot {
        fingerprint: verified.fingerprint,
        key_hash: verified.key_hash,
        der,
        not_before: verified.not_before,
        not_after: verified.not_after,
        published_at: now,
        revoked_at: None,
    };
    state::save_root(deps.storage, &account, &root)?;
    state::save_key_publisher(deps.storage, &root.key_hash, &account)?;
    let root_valid_until = refresh_roots(deps.storage, &account, now)?;

    let event = events::root_published(&account, &root, root_valid_until);
    Ok(Response::new().add_events(dropped).add_event(event))
}

/// Refuses when too many roots are active. Otherwise drops the oldest expired root, or else the oldest revoked one,
/// when the record is full; its key stays refused.
fn make_room(storage: &mut dyn Storage, account: &Addr, now: u64) -> Result<Option<Event>, ContractError> {
    let roots = state::roots(storage, account)?;
    if roots.iter().filter(|root| root.is_active(now)).count() >= MAX_ACTIVE_ROOTS {
        return Err(ContractError::TooManyRoots { account: account.clone(), max: MAX_ACTIVE_ROOTS });
    }
    if roots.len() < MAX_ROOTS {
        return Ok(None);
    }
    let dispensable = roots.iter().filter(|root| !root.is_active(now));
    let Some(oldest) = dispensable.min_by_key(|root| (!root.is_expired(now), root.published_at)) else {
        return Err(ContractError::TooManyRoots { account: account.clone(), max: MAX_ROOTS });
    };
    state::remove_root(storage, account, &oldest.fingerprint);
    Ok(Some(events::root_dropped(account, oldest)))
}
