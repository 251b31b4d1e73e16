//! One file for each action; adding and removing an operator key share one.

pub mod attest;
pub mod deregister;
pub mod jail;
pub mod operators;
pub mod ownership;
pub mod publish_root;
pub mod register;
pub mod revoke_attestation;
pub mod revoke_root;
pub mod set_market;
pub mod unjail;
pub mod update;

use cosmwasm_std::{Addr, StdResult, Storage};
use registry_api::Provider;

use crate::{state, ContractError};

/// The provider that this account is.
fn registered(storage: &dyn Storage, account: &Addr) -> Result<Provider, ContractError> {
    let provider = state::provider(storage, account)?;
    provider.ok_or_else(|| ContractError::NotRegistered { account: account.clone() })
}

/// The latest end of validity of the account's unrevoked roots; 0 without one.
fn root_valid_until(storage: &dyn Storage, account: &Addr) -> StdResult<u64> {
    let roots = state::roots(storage, account)?;
    let ends = roots.iter().filter(|root| root.revoked_at.is_none()).map(|root| root.not_after);
    Ok(ends.max().unwrap_or_default())
}

/// Writes the end of the account's roots into its record, when it is a provider, and answers it.
fn refresh_roots(storage: &mut dyn Storage, account: &Addr, now: u64) -> StdResult<Option<u64>> {
    let Some(mut provider) = state::provider(storage, account)? else {
        return Ok(None);
    };
    provider.root_valid_until = root_valid_until(storage, account)?;
    provider.updated_at = now;
    state::save_provider(storage, &provider)?;
    Ok(Some(provider.root_valid_until))
}
