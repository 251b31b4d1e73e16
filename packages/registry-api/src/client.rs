use cosmwasm_std::{to_json_binary, Addr, QuerierWrapper, StdResult, WasmMsg};

use crate::{raw, Attestation, ExecuteMsg, Provider};

/// The registry as another contract sees it.
pub struct RegistryClient<'a>(pub &'a Addr);

impl RegistryClient<'_> {
    /// The provider's record, or none when it is not registered.
    pub fn provider(&self, querier: &QuerierWrapper, owner: &Addr) -> StdResult<Option<Provider>> {
        raw::PROVIDERS.query(querier, self.0.clone(), owner)
    }

    /// What an auditor vouches for at a provider, held against the provider's record; none when it never signed.
    pub fn attestation(
        &self,
        querier: &QuerierWrapper,
        provider: &Provider,
        auditor: &Addr,
    ) -> StdResult<Option<Attestation>> {
        let signed = raw::ATTESTATIONS.query(querier, self.0.clone(), (&provider.owner, auditor))?;
        Ok(signed.map(|signed| signed.against(Some(provider), provider.owner.clone(), auditor.clone())))
    }

    /// A message without funds.
    pub fn execute(&self, msg: &ExecuteMsg) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute { contract_addr: self.0.to_string(), msg: to_json_binary(msg)?, funds: vec![] })
    }
}
