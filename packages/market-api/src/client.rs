use cosmwasm_std::{Addr, QuerierWrapper, StdResult};

use crate::{ProviderRecord, QueryMsg};

/// The market as another contract sees it.
pub struct MarketClient<'a>(pub &'a Addr);

impl MarketClient<'_> {
    /// A provider's record; zeroes without history.
    pub fn provider_record(&self, querier: &QuerierWrapper, provider: &Addr) -> StdResult<ProviderRecord> {
        querier.query_wasm_smart(self.0, &QueryMsg::ProviderRecord { provider: provider.to_string() })
    }
}
