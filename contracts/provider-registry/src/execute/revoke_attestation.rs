use cosmwasm_std::{DepsMut, MessageInfo, Response};

use crate::{events, state, ContractError};

/// Also of a provider that is gone: it might come back.
pub fn run(deps: DepsMut, info: MessageInfo, provider: &str) -> Result<Response, ContractError> {
    let (provider, auditor) = (deps.api.addr_validate(provider)?, info.sender);
    let Some(signed) = state::attestation(deps.storage, &provider, &auditor)? else {
        return Err(ContractError::NoAttestation { provider, auditor });
    };
    state::remove_attestation(deps.storage, &provider, &auditor);
    Ok(Response::new().add_event(events::attestation_revoked(&provider, &auditor, &signed)))
}
