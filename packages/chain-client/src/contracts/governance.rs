use cloud_std::Page;
use cosmwasm_std::Addr;
use governance_api::{Ballot, Config, FullProposal, Invariants, Limits, Proposal, ProposalId, QueryMsg};

use super::Bound;
use crate::{Client, QueryError};

/// Queries of governance.
#[derive(Clone, Debug)]
pub struct Governance(Bound);

impl Governance {
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

    pub async fn invariants(&self) -> Result<Invariants, QueryError> {
        self.0.ask(&QueryMsg::Invariants {}).await
    }

    /// With description and messages.
    pub async fn proposal(&self, proposal: ProposalId) -> Result<FullProposal, QueryError> {
        self.0.ask(&QueryMsg::Proposal { proposal }).await
    }

    /// Newest first.
    pub async fn proposals(
        &self,
        start_after: Option<ProposalId>,
        limit: Option<u32>,
    ) -> Result<Page<Proposal, ProposalId>, QueryError> {
        self.0.ask(&QueryMsg::Proposals { start_after, limit }).await
    }

    /// None when the account has not voted.
    pub async fn vote(&self, proposal: ProposalId, voter: &str) -> Result<Option<Ballot>, QueryError> {
        self.0.ask(&QueryMsg::Vote { proposal, voter: voter.to_owned() }).await
    }

    /// At most `max`; more are an error.
    pub async fn votes_all(&self, proposal: ProposalId, max: usize) -> Result<Vec<Ballot>, QueryError> {
        self.0
            .collect("the list of votes", max, |bound, start_after: Option<Addr>, limit| async move {
                let start_after = start_after.map(String::from);
                bound.ask_with_height(&QueryMsg::Votes { proposal, start_after, limit }).await
            })
            .await
    }
}
