use cloud_std::{OwnershipAction, OwnershipMsg};
use cosmwasm_std::{to_json_binary, DepsMut, MessageInfo, Response, WasmMsg};

use crate::{events, ContractError};

/// Needs no vote: nobody can offer a contract but its owner, and owning one more obliges governance to nothing.
pub fn run(deps: DepsMut, info: MessageInfo, contract: &str) -> Result<Response, ContractError> {
    let contract = deps.api.addr_validate(contract)?;
    let accept = WasmMsg::Execute {
        contract_addr: contract.to_string(),
        msg: to_json_binary(&OwnershipMsg::Ownership(OwnershipAction::Accept {}))?,
        funds: vec![],
    };
    let event = events::ownership_taken(&info.sender, &contract);
    Ok(Response::new().add_message(accept).add_event(event))
}
