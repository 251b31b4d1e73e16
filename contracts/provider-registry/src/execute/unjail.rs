use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, provider: &str) -> Result<Response, ContractError> {
    let account = deps.api.addr_validate(provider)?;
    let now = env.block.time.seconds();
    match state::provider(deps.storage, &account)? {
        Some(mut provider) if provider.is_jailed(now) => {
            provider.jailed_until = 0;
            provider.updated_at = now;
            state::save_provider(deps.storage, &provider)?;
        }
        None if now < state::outside_jail(deps.storage, &account)? => {
            state::remove_outside_jail(deps.storage, &account);
        }
        Some(_) | None => return Err(ContractError::NotJailed { provider: account }),
    }
    Ok(Response::new().add_event(events::provider_unjailed(&account, &info.sender)))
}
