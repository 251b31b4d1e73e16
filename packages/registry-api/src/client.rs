use cosmwasm_std::{to_json_binary, Addr, QuerierWrapper, StdResult, WasmMsg};

use crate::{raw, ExecuteMsg, Provider};

/// The registry as another contract sees it.
pub struct RegistryClient<'a>(pub &'a Addr);

impl RegistryClient<'_> {
    /// The provider's record, or none when it is not registered.
    pub fn provider(&self, querier: &QuerierWrapper, owner: &Addr) -> StdResult<Option<Provider>> {
        raw::PROVIDERS.query(querier, self.0.clone(), owner)
    }

    /// A message without funds.
    pub fn execute(&self, msg: &ExecuteMsg) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute { contract_addr: self.0.to_string(), msg: to_json_binary(msg)?, funds: vec![] })
    }
}
