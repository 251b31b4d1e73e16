use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use registry_api::limits::{MAX_JAIL_SECONDS, MAX_REASON_BYTES};

use crate::{events, state, validate, ContractError};

pub fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    provider: &str,
    seconds: u64,
    reason: &str,
) -> Result<Response, ContractError> {
    let account = deps.api.addr_validate(provider)?;
    validate::length("a reason", reason, MAX_REASON_BYTES)?;
    if !(1..=MAX_JAIL_SECONDS).contains(&seconds) {
        return Err(ContractError::JailSeconds { got: seconds, max: MAX_JAIL_SECONDS });
    }
    let now = env.block.time.seconds();
    let until = now.saturating_add(seconds);

    let until = match state::provider(deps.storage, &account)? {
        Some(mut provider) => {
            provider.jailed_until = provider.jailed_until.max(until);
            provider.updated_at = now;
            state::save_provider(deps.storage, &provider)?;
            provider.jailed_until
        }
        // The market must always be able to record a fault, also of a provider that is gone; it finds its jailing
        // when it comes back. The owner has no such need and is told of a mistyped address.
        None if state::market(deps.storage)?.as_ref() == Some(&info.sender) => {
            let until = state::outside_jail(deps.storage, &account)?.max(until);
            state::save_outside_jail(deps.storage, &account, until)?;
            until
        }
        None => return Err(ContractError::NotRegistered { account }),
    };
    Ok(Response::new().add_event(events::provider_jailed(&account, &info.sender, until, reason)))
}
