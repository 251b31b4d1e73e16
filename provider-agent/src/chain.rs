//! The chain as the agent uses it: a trait of few questions and one way to send, so that logic can be tested against
//! a chain in memory. Every answer is read at a height that the caller names.

use std::sync::Arc;

use async_trait::async_trait;
use chain_client::{
    Block, Client, Contracts, Message, QueryError, Status, Ticket, TxError, TxQueue, TxResult,
};
use cloud_std::{Money, Page};
use market_api::msg::{ExecuteMsg, LeaseFilter, OrderFilter};
use market_api::{
    Bid, Deployment, DeploymentId, Eligibility, Lease, LeaseId, Order, OrderId, OrderState, Params,
};
use tokio::task::JoinHandle;

use crate::bidding::Standing;

pub type Answer<T> = Result<T, QueryError>;

/// A transaction under way; the outcome of the agent's own message.
pub type Outcome = JoinHandle<Result<TxResult, TxError>>;

#[async_trait]
pub trait Chain: Send + Sync + 'static {
    async fn status(&self) -> Answer<Status>;
    /// A block with the contract events of its whole life.
    async fn block(&self, height: u64) -> Answer<Block>;
    /// Address of the market, whose events are followed.
    fn market_address(&self) -> &str;
    /// This provider's owner address.
    fn provider(&self) -> &str;

    async fn params(&self, height: u64) -> Answer<Params>;
    /// None when this provider is not registered.
    async fn standing(&self, height: u64) -> Answer<Option<Standing>>;
    async fn order(&self, height: u64, id: OrderId) -> Answer<Order>;
    /// Every requirement of an order held against this provider.
    async fn eligibility(&self, height: u64, order: OrderId) -> Answer<Eligibility>;
    /// Open orders by id.
    async fn open_orders(&self, height: u64, after: Option<OrderId>) -> Answer<Page<Order, OrderId>>;
    /// The best bid of an order.
    async fn front(&self, height: u64, order: OrderId) -> Answer<Option<Bid>>;
    /// This provider's bid on an order.
    async fn own_bid(&self, height: u64, order: OrderId) -> Answer<Option<Bid>>;
    /// This provider's bids that are in a book or whose deposit is not back.
    async fn own_bids(&self, height: u64, after: Option<OrderId>) -> Answer<Page<Bid, OrderId>>;
    /// None when the chain has no such lease.
    async fn lease(&self, height: u64, id: LeaseId) -> Answer<Option<Lease>>;
    /// This provider's pending and active leases.
    async fn live_leases(&self, height: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>>;
    /// All leases that this provider ever had.
    async fn all_leases(&self, height: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>>;
    /// Everybody's leases of a deployment, ended ones too.
    async fn leases_of(
        &self,
        height: u64,
        deployment: DeploymentId,
        after: Option<LeaseId>,
    ) -> Answer<Page<Lease, LeaseId>>;
    /// Where a provider's gateways listen, as it registered them.
    async fn endpoints(&self, height: u64, provider: &str) -> Answer<Vec<String>>;
    async fn deployment(&self, height: u64, id: DeploymentId) -> Answer<Deployment>;
    async fn operator_balance(&self, denom: &str) -> Answer<Money>;

    /// Hands a message to the queue of the operator's key. While one with the same key is under way, nothing more is
    /// sent and the answer is that one's.
    fn submit(&self, key: String, msg: &ExecuteMsg, funds: Vec<Money>) -> Result<Outcome, TxError>;
    /// Messages that wait or are under way.
    fn depth(&self) -> usize;
    /// What one unit of gas costs: fee in the base unit of its denom for this much gas.
    fn fee(&self, gas: u64) -> Money;
}

/// The real one.
pub struct LiveChain {
    pub client: Client,
    pub contracts: Contracts,
    pub queue: TxQueue,
    pub gas_price: chain_client::GasPrice,
    pub provider: String,
}

/// An absence that the chain itself states; anything else that is wrong stays an error.
fn absent<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(QueryError::NotFound { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

#[async_trait]
impl Chain for LiveChain {
    async fn status(&self) -> Answer<Status> {
        self.client.status().await
    }

    async fn block(&self, height: u64) -> Answer<Block> {
        self.client.block(height).await
    }

    fn market_address(&self) -> &str {
        self.contracts.market.address()
    }

    fn provider(&self) -> &str {
        &self.provider
    }

    async fn params(&self, height: u64) -> Answer<Params> {
        Ok(self.contracts.market.at(height).config().await?.params)
    }

    async fn standing(&self, height: u64) -> Answer<Option<Standing>> {
        let at = self.contracts.at(height);
        let (record, stake) =
            tokio::join!(at.registry.provider(&self.provider), at.staking.stake(&self.provider));
        let Some(record) = absent(record)? else { return Ok(None) };
        Ok(Some(Standing { record, stake: stake?.bonded }))
    }

    async fn order(&self, height: u64, id: OrderId) -> Answer<Order> {
        self.contracts.market.at(height).order(id).await
    }

    async fn eligibility(&self, height: u64, order: OrderId) -> Answer<Eligibility> {
        self.contracts.market.at(height).eligibility(order, &self.provider).await
    }

    async fn open_orders(&self, height: u64, after: Option<OrderId>) -> Answer<Page<Order, OrderId>> {
        let filter = OrderFilter::State { state: OrderState::Open };
        self.contracts.market.at(height).orders(filter, after, Some(cloud_std::MAX_PAGE_LIMIT)).await
    }

    async fn front(&self, height: u64, order: OrderId) -> Answer<Option<Bid>> {
        let page = self.contracts.market.at(height).book(order, None, Some(1)).await?;
        Ok(page.items.into_iter().next())
    }

    async fn own_bid(&self, height: u64, order: OrderId) -> Answer<Option<Bid>> {
        absent(self.contracts.market.at(height).bid(order, &self.provider).await)
    }

    async fn own_bids(&self, height: u64, after: Option<OrderId>) -> Answer<Page<Bid, OrderId>> {
        let market = self.contracts.market.at(height);
        market.bids_of_provider(&self.provider, after, Some(cloud_std::MAX_PAGE_LIMIT)).await
    }

    async fn lease(&self, height: u64, id: LeaseId) -> Answer<Option<Lease>> {
        absent(self.contracts.market.at(height).lease(id).await)
    }

    async fn live_leases(&self, height: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>> {
        let filter = LeaseFilter::LiveOfProvider { provider: self.provider.clone() };
        self.contracts.market.at(height).leases(filter, after, Some(cloud_std::MAX_PAGE_LIMIT)).await
    }

    async fn all_leases(&self, height: u64, after: Option<LeaseId>) -> Answer<Page<Lease, LeaseId>> {
        let filter = LeaseFilter::Provider { provider: self.provider.clone() };
        self.contracts.market.at(height).leases(filter, after, Some(cloud_std::MAX_PAGE_LIMIT)).await
    }

    async fn leases_of(
        &self,
        height: u64,
        deployment: DeploymentId,
        after: Option<LeaseId>,
    ) -> Answer<Page<Lease, LeaseId>> {
        let filter = LeaseFilter::Deployment { deployment };
        self.contracts.market.at(height).leases(filter, after, Some(cloud_std::MAX_PAGE_LIMIT)).await
    }

    async fn endpoints(&self, height: u64, provider: &str) -> Answer<Vec<String>> {
        Ok(self.contracts.registry.at(height).provider(provider).await?.endpoints)
    }

    async fn deployment(&self, height: u64, id: DeploymentId) -> Answer<Deployment> {
        self.contracts.market.at(height).deployment(id).await
    }

    async fn operator_balance(&self, denom: &str) -> Answer<Money> {
        self.client.balance(self.queue.address(), denom).await
    }

    fn submit(&self, key: String, msg: &ExecuteMsg, funds: Vec<Money>) -> Result<Outcome, TxError> {
        let message = Message::new(self.contracts.market.address(), msg, funds, key)?;
        let ticket: Ticket = self.queue.submit(message)?;
        Ok(tokio::spawn(ticket))
    }

    fn depth(&self) -> usize {
        self.queue.depth()
    }

    fn fee(&self, gas: u64) -> Money {
        Money::new(&self.gas_price.denom, self.gas_price.fee(gas))
    }
}

/// Waits for an outcome; a task that vanished is an unknown outcome of the message's own.
pub async fn outcome_of(outcome: Outcome) -> Result<TxResult, TxError> {
    outcome.await.unwrap_or(Err(TxError::Cancelled))
}

pub type SharedChain = Arc<dyn Chain>;
