use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use registry_api::Provider;

use super::{root_valid_until, update::Given};
use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, given: Given) -> Result<Response, ContractError> {
    let owner = info.sender;
    if state::provider(deps.storage, &owner)?.is_some() {
        return Err(ContractError::AlreadyRegistered { account: owner });
    }
    if let Some(provider) = state::provider_of_operator(deps.storage, &owner)? {
        return Err(ContractError::SenderIsOperator { account: owner, provider });
    }
    let now = env.block.time.seconds();
    let mut provider = Provider {
        payout: owner.clone(),
        operators: vec![],
        endpoints: vec![],
        attributes: vec![],
        contact: Default::default(),
        jailed_until: state::outside_jail(deps.storage, &owner)?,
        root_valid_until: root_valid_until(deps.storage, &owner)?,
        registered_at: now,
        updated_at: now,
        owner,
    };
    given.apply(deps.as_ref(), &env, &mut provider)?;
    state::remove_outside_jail(deps.storage, &provider.owner);
    state::save_provider(deps.storage, &provider)?;
    Ok(Response::new().add_event(events::provider_registered(&provider)))
}
