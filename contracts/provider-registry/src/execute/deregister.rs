use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use market_api::MarketClient;

use super::registered;
use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo) -> Result<Response, ContractError> {
    let provider = registered(deps.storage, &info.sender)?;
    if let Some(market) = state::market(deps.storage)? {
        let record = MarketClient(&market).provider_record(&deps.querier, &provider.owner)?.record;
        if record.leases_live > 0 {
            return Err(ContractError::LeasesLive { provider: provider.owner, live: record.leases_live });
        }
    }
    for operator in &provider.operators {
        state::remove_operator(deps.storage, operator);
    }
    if provider.is_jailed(env.block.time.seconds()) {
        state::save_outside_jail(deps.storage, &provider.owner, provider.jailed_until)?;
    }
    state::remove_provider(deps.storage, &provider.owner);
    Ok(Response::new().add_event(events::provider_deregistered(&provider.owner)))
}
