use cloud_std::Page;
use cosmwasm_std::{Addr, HexBinary};
use registry_api::{Attestation, AttestedProvider, Config, Limits, Provider, QueryMsg, Root};

use super::Bound;
use crate::{Client, QueryError};

/// Queries of the provider registry.
#[derive(Clone, Debug)]
pub struct Registry(Bound);

impl Registry {
    pub fn new(client: Client, address: &str) -> Self {
        Self(Bound::new(client, address))
    }

    /// The same contract, read at this height.
    pub fn at(&self, height: u64) -> Self {
        Self(self.0.at(height))
    }

    pub fn address(&self) -> &str {
        &self.0.address
    }

    pub async fn config(&self) -> Result<Config, QueryError> {
        self.0.ask(&QueryMsg::Config {}).await
    }

    pub async fn limits(&self) -> Result<Limits, QueryError> {
        self.0.ask(&QueryMsg::Limits {}).await
    }

    pub async fn provider(&self, provider: &str) -> Result<Provider, QueryError> {
        self.0.ask(&QueryMsg::Provider { provider: provider.to_owned() }).await
    }

    /// A provider's record with a page of what auditors vouch for.
    pub async fn attested_provider(
        &self,
        provider: &str,
        start_after: Option<String>,
        limit: Option<u32>,
    ) -> Result<AttestedProvider, QueryError> {
        let provider = provider.to_owned();
        self.0.ask(&QueryMsg::AttestedProvider { provider, start_after, limit }).await
    }

    /// What an auditor vouches for, by the providers' owner addresses.
    pub async fn attestations_of_auditor(
        &self,
        auditor: &str,
        start_after: Option<String>,
        limit: Option<u32>,
    ) -> Result<Page<Attestation, Addr>, QueryError> {
        let auditor = auditor.to_owned();
        self.0.ask(&QueryMsg::AttestationsOfAuditor { auditor, start_after, limit }).await
    }

    pub async fn providers(
        &self,
        start_after: Option<String>,
        limit: Option<u32>,
    ) -> Result<Page<Provider, Addr>, QueryError> {
        self.0.ask(&QueryMsg::Providers { start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn providers_all(&self, max: usize) -> Result<Vec<Provider>, QueryError> {
        self.0
            .collect("the list of providers", max, |bound, start_after: Option<Addr>, limit| async move {
                let start_after = start_after.map(String::from);
                bound.ask_with_height(&QueryMsg::Providers { start_after, limit }).await
            })
            .await
    }

    /// None when the key works for no provider.
    pub async fn provider_of_operator(&self, operator: &str) -> Result<Option<Addr>, QueryError> {
        self.0.ask(&QueryMsg::ProviderOfOperator { operator: operator.to_owned() }).await
    }

    pub async fn roots(
        &self,
        account: &str,
        start_after: Option<HexBinary>,
        limit: Option<u32>,
    ) -> Result<Page<Root, HexBinary>, QueryError> {
        self.0.ask(&QueryMsg::Roots { account: account.to_owned(), start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn roots_all(&self, account: &str, max: usize) -> Result<Vec<Root>, QueryError> {
        self.0
            .collect("the list of roots", max, |bound, start_after, limit| {
                let query = QueryMsg::Roots { account: account.to_owned(), start_after, limit };
                async move { bound.ask_with_height(&query).await }
            })
            .await
    }

    pub async fn root(&self, account: &str, fingerprint: HexBinary) -> Result<Root, QueryError> {
        self.0.ask(&QueryMsg::Root { account: account.to_owned(), fingerprint }).await
    }
}
