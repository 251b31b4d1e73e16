use cloud_std::Page;
use cosmwasm_std::Addr;
use market_api::limits::MAX_GRANTS_PER_DEPLOYMENT;
use market_api::msg::{BookCursor, EligibilitySubject, LeaseFilter, OrderFilter, TimeCursor};
use market_api::{
    Bid, Config, Deployment, DeploymentId, Eligibility, Grant, Invariants, Lease, LeaseId, Limits, Order,
    OrderId, ProviderRecord, QueryMsg, Reputation, Requirements, Totals,
};

use super::Bound;
use crate::{Client, QueryError};

/// Queries of the market.
#[derive(Clone, Debug)]
pub struct Market(Bound);

impl Market {
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

    pub async fn totals(&self) -> Result<Totals, QueryError> {
        self.0.ask(&QueryMsg::Totals {}).await
    }

    pub async fn invariants(&self) -> Result<Invariants, QueryError> {
        self.0.ask(&QueryMsg::Invariants {}).await
    }

    pub async fn deployment(&self, deployment: DeploymentId) -> Result<Deployment, QueryError> {
        self.0.ask(&QueryMsg::Deployment { deployment }).await
    }

    pub async fn deployments(
        &self,
        tenant: &str,
        start_after: Option<DeploymentId>,
        limit: Option<u32>,
    ) -> Result<Page<Deployment, DeploymentId>, QueryError> {
        self.0.ask(&QueryMsg::Deployments { tenant: tenant.to_owned(), start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn deployments_all(&self, tenant: &str, max: usize) -> Result<Vec<Deployment>, QueryError> {
        self.0
            .collect("the list of deployments", max, |bound, start_after, limit| {
                let query = QueryMsg::Deployments { tenant: tenant.to_owned(), start_after, limit };
                async move { bound.ask_with_height(&query).await }
            })
            .await
    }

    pub async fn order(&self, order: OrderId) -> Result<Order, QueryError> {
        self.0.ask(&QueryMsg::Order { order }).await
    }

    pub async fn orders(
        &self,
        filter: OrderFilter,
        start_after: Option<OrderId>,
        limit: Option<u32>,
    ) -> Result<Page<Order, OrderId>, QueryError> {
        self.0.ask(&QueryMsg::Orders { filter, start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn orders_all(&self, filter: OrderFilter, max: usize) -> Result<Vec<Order>, QueryError> {
        self.0
            .collect("the list of orders", max, |bound, start_after, limit| {
                let query = QueryMsg::Orders { filter: filter.clone(), start_after, limit };
                async move { bound.ask_with_height(&query).await }
            })
            .await
    }

    pub async fn orders_by_expiry(
        &self,
        start_after: Option<TimeCursor>,
        limit: Option<u32>,
    ) -> Result<Page<Order, TimeCursor>, QueryError> {
        self.0.ask(&QueryMsg::OrdersByExpiry { start_after, limit }).await
    }

    /// Open orders, soonest end of bidding first. At most `max`; more are an error.
    pub async fn orders_by_expiry_all(&self, max: usize) -> Result<Vec<Order>, QueryError> {
        self.0
            .collect("the list of open orders", max, |bound, start_after, limit| async move {
                bound.ask_with_height(&QueryMsg::OrdersByExpiry { start_after, limit }).await
            })
            .await
    }

    pub async fn book(
        &self,
        order: OrderId,
        start_after: Option<BookCursor>,
        limit: Option<u32>,
    ) -> Result<Page<Bid, BookCursor>, QueryError> {
        self.0.ask(&QueryMsg::Book { order, start_after, limit }).await
    }

    /// Best bid first. At most `max`; more are an error.
    pub async fn book_all(&self, order: OrderId, max: usize) -> Result<Vec<Bid>, QueryError> {
        self.0
            .collect("the book of the order", max, |bound, start_after, limit| async move {
                bound.ask_with_height(&QueryMsg::Book { order, start_after, limit }).await
            })
            .await
    }

    pub async fn bid(&self, order: OrderId, provider: &str) -> Result<Bid, QueryError> {
        self.0.ask(&QueryMsg::Bid { order, provider: provider.to_owned() }).await
    }

    pub async fn bids_of_provider(
        &self,
        provider: &str,
        start_after: Option<OrderId>,
        limit: Option<u32>,
    ) -> Result<Page<Bid, OrderId>, QueryError> {
        self.0.ask(&QueryMsg::BidsOfProvider { provider: provider.to_owned(), start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn bids_of_provider_all(&self, provider: &str, max: usize) -> Result<Vec<Bid>, QueryError> {
        self.0
            .collect("the list of bids", max, |bound, start_after, limit| {
                let query = QueryMsg::BidsOfProvider { provider: provider.to_owned(), start_after, limit };
                async move { bound.ask_with_height(&query).await }
            })
            .await
    }

    pub async fn lease(&self, lease: LeaseId) -> Result<Lease, QueryError> {
        self.0.ask(&QueryMsg::Lease { lease }).await
    }

    pub async fn leases(
        &self,
        filter: LeaseFilter,
        start_after: Option<LeaseId>,
        limit: Option<u32>,
    ) -> Result<Page<Lease, LeaseId>, QueryError> {
        self.0.ask(&QueryMsg::Leases { filter, start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn leases_all(&self, filter: LeaseFilter, max: usize) -> Result<Vec<Lease>, QueryError> {
        self.0
            .collect("the list of leases", max, |bound, start_after, limit| {
                let query = QueryMsg::Leases { filter: filter.clone(), start_after, limit };
                async move { bound.ask_with_height(&query).await }
            })
            .await
    }

    pub async fn leases_by_end(
        &self,
        start_after: Option<TimeCursor>,
        limit: Option<u32>,
    ) -> Result<Page<Lease, TimeCursor>, QueryError> {
        self.0.ask(&QueryMsg::LeasesByEnd { start_after, limit }).await
    }

    /// Active leases, soonest end first. At most `max`; more are an error.
    pub async fn leases_by_end_all(&self, max: usize) -> Result<Vec<Lease>, QueryError> {
        self.0
            .collect("the list of active leases", max, |bound, start_after, limit| async move {
                bound.ask_with_height(&QueryMsg::LeasesByEnd { start_after, limit }).await
            })
            .await
    }

    pub async fn provider_record(&self, provider: &str) -> Result<ProviderRecord, QueryError> {
        self.0.ask(&QueryMsg::ProviderRecord { provider: provider.to_owned() }).await
    }

    /// Fails when the account is no delegate of the deployment.
    pub async fn grant(&self, deployment: DeploymentId, delegate: &str) -> Result<Grant, QueryError> {
        self.0.ask(&QueryMsg::Grant { deployment, delegate: delegate.to_owned() }).await
    }

    /// Delegates of a deployment; one page holds all that there can be.
    pub async fn grants(&self, deployment: DeploymentId) -> Result<Vec<Grant>, QueryError> {
        let limit = Some(MAX_GRANTS_PER_DEPLOYMENT as u32);
        let query = QueryMsg::Grants { deployment, start_after: None, limit };
        let page: Page<Grant, Addr> = self.0.ask(&query).await?;
        Ok(page.items)
    }

    /// What a key may act for.
    pub async fn grants_of_delegate(
        &self,
        delegate: &str,
        start_after: Option<DeploymentId>,
        limit: Option<u32>,
    ) -> Result<Page<Grant, DeploymentId>, QueryError> {
        let delegate = delegate.to_owned();
        self.0.ask(&QueryMsg::GrantsOfDelegate { delegate, start_after, limit }).await
    }

    pub async fn reputation(&self, provider: &str) -> Result<Reputation, QueryError> {
        self.0.ask(&QueryMsg::Reputation { provider: provider.to_owned() }).await
    }

    /// Every requirement of an order held against a provider.
    pub async fn eligibility(&self, order: OrderId, provider: &str) -> Result<Eligibility, QueryError> {
        let subject = EligibilitySubject::Order { order };
        self.0.ask(&QueryMsg::Eligibility { subject, provider: provider.to_owned() }).await
    }

    /// Requirements that nobody has posted yet, held against a provider.
    pub async fn eligibility_for(
        &self,
        requirements: Requirements,
        provider: &str,
    ) -> Result<Eligibility, QueryError> {
        let subject = EligibilitySubject::Requirements { requirements };
        self.0.ask(&QueryMsg::Eligibility { subject, provider: provider.to_owned() }).await
    }
}
