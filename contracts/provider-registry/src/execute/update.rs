use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, Response};
use registry_api::{Attribute, Contact, Provider};

use super::registered;
use crate::{events, state, validate, ContractError};

/// What a message gives of a provider's record.
pub struct Given {
    pub payout: Option<String>,
    pub endpoints: Option<Vec<String>>,
    pub attributes: Option<Vec<Attribute>>,
    pub contact: Option<Contact>,
}

impl Given {
    fn is_nothing(&self) -> bool {
        self.payout.is_none()
            && self.endpoints.is_none()
            && self.attributes.is_none()
            && self.contact.is_none()
    }

    /// Validates what is given and writes it into the record.
    pub fn apply(self, deps: Deps, env: &Env, provider: &mut Provider) -> Result<(), ContractError> {
        if let Some(payout) = self.payout {
            provider.payout = validate::payout(deps, env, &payout)?;
        }
        if let Some(endpoints) = self.endpoints {
            provider.endpoints = validate::endpoints(endpoints)?;
        }
        if let Some(attributes) = self.attributes {
            provider.attributes = validate::attributes(attributes)?;
        }
        if let Some(contact) = self.contact {
            provider.contact = validate::contact(contact)?;
        }
        Ok(())
    }
}

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, given: Given) -> Result<Response, ContractError> {
    let mut provider = registered(deps.storage, &info.sender)?;
    if given.is_nothing() {
        return Err(ContractError::NothingToUpdate);
    }
    given.apply(deps.as_ref(), &env, &mut provider)?;
    provider.updated_at = env.block.time.seconds();
    state::save_provider(deps.storage, &provider)?;
    Ok(Response::new().add_event(events::provider_updated(&provider)))
}
