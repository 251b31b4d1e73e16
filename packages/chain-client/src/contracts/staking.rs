use cloud_std::MAX_PAGE_LIMIT;
use staking_api::{
    AdminResponse, Config, Invariants, Limits, Member, MemberListResponse, MemberResponse, QueryMsg,
    StakeInfo, TotalWeightResponse,
};

use super::Bound;
use crate::{Client, QueryError};

/// Queries of the staking contract.
#[derive(Clone, Debug)]
pub struct Staking(Bound);

impl Staking {
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

    pub async fn stake(&self, provider: &str) -> Result<StakeInfo, QueryError> {
        self.0.ask(&QueryMsg::Stake { provider: provider.to_owned() }).await
    }

    pub async fn invariants(&self) -> Result<Invariants, QueryError> {
        self.0.ask(&QueryMsg::Invariants {}).await
    }

    pub async fn admin(&self) -> Result<AdminResponse, QueryError> {
        self.0.ask(&QueryMsg::Admin {}).await
    }

    /// At the beginning of block `at_height`; now when absent.
    pub async fn member(&self, addr: &str, at_height: Option<u64>) -> Result<MemberResponse, QueryError> {
        self.0.ask(&QueryMsg::Member { addr: addr.to_owned(), at_height }).await
    }

    pub async fn members(
        &self,
        start_after: Option<String>,
        limit: Option<u32>,
    ) -> Result<MemberListResponse, QueryError> {
        self.0.ask(&QueryMsg::ListMembers { start_after, limit }).await
    }

    /// At most `max`; more are an error.
    pub async fn members_all(&self, max: usize) -> Result<Vec<Member>, QueryError> {
        self.0
            .collect("the list of members", max, |bound, start_after, limit| async move {
                let query = QueryMsg::ListMembers { start_after, limit };
                let (page, height): (MemberListResponse, u64) = bound.ask_with_height(&query).await?;
                // cw4 answers no cursor: a full page may have a successor, a short one has none.
                let full = page.members.len() >= MAX_PAGE_LIMIT as usize;
                let next = if full { page.members.last().map(|member| member.addr.clone()) } else { None };
                Ok((cloud_std::Page { items: page.members, next }, height))
            })
            .await
    }

    /// At the beginning of block `at_height`; now when absent.
    pub async fn total_weight(&self, at_height: Option<u64>) -> Result<TotalWeightResponse, QueryError> {
        self.0.ask(&QueryMsg::TotalWeight { at_height }).await
    }
}
