use cosmwasm_std::{DepsMut, Env, HexBinary, MessageInfo, Response};

use super::refresh_roots;
use crate::{events, state, ContractError};

pub fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    fingerprint: HexBinary,
) -> Result<Response, ContractError> {
    let account = info.sender;
    let now = env.block.time.seconds();
    let Some(mut root) = state::root(deps.storage, &account, &fingerprint)? else {
        return Err(ContractError::NoSuchRoot { account, fingerprint });
    };
    if let Some(revoked_at) = root.revoked_at {
        return Err(ContractError::AlreadyRevoked { fingerprint, revoked_at });
    }
    root.revoked_at = Some(now);
    state::save_root(deps.storage, &account, &root)?;
    let root_valid_until = refresh_roots(deps.storage, &account, now)?;
    Ok(Response::new().add_event(events::root_revoked(&account, &root, root_valid_until)))
}
