//! What proposals may carry, and what of it weighs more than the rest.

use std::collections::BTreeSet;

use cloud_std::{json, OwnershipMsg};
use cosmwasm_std::{to_json_vec, Addr, Api, BankMsg, Coin, CosmosMsg, StdResult, Uint128, WasmMsg};
use governance_api::limits::{MAX_MESSAGES, MAX_MESSAGES_BYTES};
use governance_api::{ExecuteMsg, Floors};

use crate::state::Suite;
use crate::{validate, ContractError};

/// Shown of a message that is not accepted.
const SHOWN_CHARS: usize = 80;

/// Fails for messages that could never run or that governance must not send. The rest is the voters' to judge.
pub fn check(api: &dyn Api, this: &Addr, suite: &Suite, messages: &[CosmosMsg]) -> Result<(), ContractError> {
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return Err(ContractError::MessageCount { got: messages.len(), max: MAX_MESSAGES });
    }
    let got = to_json_vec(messages)?.len();
    if got > MAX_MESSAGES_BYTES {
        return Err(ContractError::MessagesTooLong { got, max: MAX_MESSAGES_BYTES });
    }
    let mut slashed = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        check_one(api, this, &suite.floors, index, message)?;
        if let Some(provider) = slashes(&suite.staking, message) {
            // Staking bounds one slash; several in a proposal would leave that bound.
            if !slashed.insert(provider.clone()) {
                return Err(ContractError::SlashedTwice { index, provider });
            }
        }
    }
    Ok(())
}

/// Whom this message slashes.
fn slashes(staking: &Addr, message: &CosmosMsg) -> Option<String> {
    match message {
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) if contract_addr == staking.as_str() => {
            match json::read(msg) {
                Ok(staking_api::ExecuteMsg::Slash { provider, .. }) => Some(provider),
                _ => None,
            }
        }
        _ => None,
    }
}

fn check_one(
    api: &dyn Api,
    this: &Addr,
    floors: &Floors,
    index: usize,
    message: &CosmosMsg,
) -> Result<(), ContractError> {
    let address = |given: &str| {
        let got = || given.chars().take(SHOWN_CHARS).collect();
        api.addr_validate(given).map_err(|_| ContractError::MessageAddress { index, got: got() })
    };
    match message {
        CosmosMsg::Bank(BankMsg::Send { to_address, .. }) => address(to_address).map(|_| ()),
        CosmosMsg::Bank(BankMsg::Burn { .. }) => Ok(()),
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) => {
            if address(contract_addr)? != *this {
                return Ok(());
            }
            // Sent to itself, any other message would act with the rights of this contract on what only accounts do.
            match json::read(msg) {
                Ok(ExecuteMsg::UpdateParams { params }) if funds.is_empty() => {
                    let at = |cause| ContractError::MessageParams { index, cause: Box::new(cause) };
                    validate::params(&params, floors).map_err(at)
                }
                _ => {
                    let what = String::from_utf8_lossy(msg).chars().take(SHOWN_CHARS).collect();
                    Err(ContractError::MessageToItself { index, what })
                }
            }
        }
        CosmosMsg::Wasm(WasmMsg::Instantiate { admin, .. } | WasmMsg::Instantiate2 { admin, .. }) => {
            admin.as_deref().map_or(Ok(()), |admin| address(admin).map(|_| ()))
        }
        CosmosMsg::Wasm(WasmMsg::Migrate { contract_addr, .. } | WasmMsg::ClearAdmin { contract_addr }) => {
            address(contract_addr).map(|_| ())
        }
        CosmosMsg::Wasm(WasmMsg::UpdateAdmin { contract_addr, admin }) => {
            address(contract_addr)?;
            address(admin).map(|_| ())
        }
        _ => Err(ContractError::MessageKind { index }),
    }
}

/// Whether these change the rules themselves: code, its admin, ownership, who may slash and jail as the market, or the
/// parameters of votes.
pub fn upgrade(this: &Addr, messages: &[CosmosMsg]) -> bool {
    messages.iter().any(|message| match message {
        CosmosMsg::Wasm(
            WasmMsg::Migrate { .. } | WasmMsg::UpdateAdmin { .. } | WasmMsg::ClearAdmin { .. },
        ) => true,
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) => {
            contract_addr == this.as_str() || json::read::<OwnershipMsg>(msg).is_ok() || names_market(msg)
        }
        _ => false,
    })
}

/// Staking and the registry spell it alike.
fn names_market(msg: &[u8]) -> bool {
    matches!(json::read(msg), Ok(staking_api::ExecuteMsg::SetMarket { .. }))
}

/// What these send away of one denom.
pub fn spends(messages: &[CosmosMsg], denom: &str) -> StdResult<Uint128> {
    let mut sum = Uint128::zero();
    for coin in messages.iter().flat_map(coins).filter(|coin| coin.denom == denom) {
        sum = sum.checked_add(Uint128::try_from(coin.amount)?)?;
    }
    Ok(sum)
}

fn coins(message: &CosmosMsg) -> &[Coin] {
    match message {
        CosmosMsg::Bank(BankMsg::Send { amount, .. } | BankMsg::Burn { amount }) => amount,
        CosmosMsg::Wasm(
            WasmMsg::Execute { funds, .. }
            | WasmMsg::Instantiate { funds, .. }
            | WasmMsg::Instantiate2 { funds, .. },
        ) => funds,
        _ => &[],
    }
}
