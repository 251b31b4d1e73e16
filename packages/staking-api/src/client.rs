use cosmwasm_std::{to_json_binary, Addr, QuerierWrapper, StdResult, Uint128, WasmMsg};

use crate::{raw, Config, ExecuteMsg, MemberResponse, QueryMsg, TotalWeightResponse};

/// Staking as another contract sees it.
pub struct StakingClient<'a>(pub &'a Addr);

impl StakingClient<'_> {
    /// Bonded stake of everyone.
    pub fn total_stake(&self, querier: &QuerierWrapper) -> StdResult<Uint128> {
        let stored = querier.query_wasm_raw(self.0, raw::TOTAL_NOW.as_slice())?;
        let total: u64 = stored.map(cosmwasm_std::from_json).transpose()?.unwrap_or_default();
        Ok(total.into())
    }

    /// Bonded stake of an account; zero when it never staked.
    pub fn stake(&self, querier: &QuerierWrapper, account: &Addr) -> StdResult<Uint128> {
        let weight = raw::MEMBERS_NOW.query(querier, self.0.clone(), account)?;
        Ok(Uint128::from(weight.unwrap_or_default()))
    }

    /// Voting weight of an account at the beginning of block `height`; zero when it had none.
    pub fn weight_at(&self, querier: &QuerierWrapper, account: &Addr, height: u64) -> StdResult<u64> {
        let msg = QueryMsg::Member { addr: account.to_string(), at_height: Some(height) };
        let answer: MemberResponse = querier.query_wasm_smart(self.0, &msg)?;
        Ok(answer.weight.unwrap_or_default())
    }

    /// Voting weight of everyone at the beginning of block `height`; now when absent.
    pub fn total_weight(&self, querier: &QuerierWrapper, at_height: Option<u64>) -> StdResult<u64> {
        let answer: TotalWeightResponse =
            querier.query_wasm_smart(self.0, &QueryMsg::TotalWeight { at_height })?;
        Ok(answer.weight)
    }

    /// The denom of stake, which never changes.
    pub fn denom(&self, querier: &QuerierWrapper) -> StdResult<String> {
        let config: Config = querier.query_wasm_smart(self.0, &QueryMsg::Config {})?;
        Ok(config.params.denom)
    }

    /// A message without funds.
    pub fn execute(&self, msg: &ExecuteMsg) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute { contract_addr: self.0.to_string(), msg: to_json_binary(msg)?, funds: vec![] })
    }
}
