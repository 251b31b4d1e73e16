use cloud_std::OwnershipAction;
use cosmwasm_std::{DepsMut, MessageInfo, Response};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, info: MessageInfo, action: OwnershipAction) -> Result<Response, ContractError> {
    let after = state::OWNERSHIP.apply(deps.storage, deps.api, &info.sender, action.clone())?;
    Ok(Response::new().add_event(events::ownership(&info.sender, &action, &after)))
}
