use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use registry_api::raw::Signed;
use registry_api::Attribute;

use super::registered;
use crate::{events, state, validate, ContractError};

/// Replaces what the sender vouched for at this provider. Each attribute must be one that the provider has now, so
/// that an auditor never signs what was changed while its transaction was on the way.
pub fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    provider: &str,
    attributes: Vec<Attribute>,
) -> Result<Response, ContractError> {
    let provider = registered(deps.storage, &deps.api.addr_validate(provider)?)?;
    let attributes = validate::attributes(attributes)?;
    if attributes.is_empty() {
        return Err(ContractError::NothingAttested { provider: provider.owner });
    }
    if let Some(wrong) = attributes.iter().find(|attribute| !provider.attributes.contains(attribute)) {
        let held = provider.attributes.iter().find(|attribute| attribute.key == wrong.key);
        return Err(ContractError::AttributeNotHeld {
            key: wrong.key.clone(),
            value: wrong.value.clone(),
            found: held.map_or_else(|| "none".to_owned(), |held| held.value.clone()),
            provider: provider.owner,
        });
    }
    let signed = Signed { attributes, attested_at: env.block.time.seconds() };
    state::save_attestation(deps.storage, &provider.owner, &info.sender, &signed)?;
    Ok(Response::new().add_event(events::attestation_signed(&provider.owner, &info.sender, &signed)))
}
