//! Everything that the contract stores, under one roof, so that no two namespaces meet.

use cloud_std::storage::{Single, Table};
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, CosmosMsg, Order, StdResult, Storage, Uint128};
use cw_storage_plus::{Bound, Item};
use governance_api::{
    Ballot, DepositState, Failure, Floors, Params, Proposal, ProposalId, Status, Tally, Vote,
};

use crate::verdict::{self, Bar, Verdict};
use crate::ContractError;

const SUITE: Single<Suite> = Single::new("suite");
const PARAMS: Single<Params> = Single::new("params");
const BOOKS: Single<Books> = Single::new("books");
const LAST_PROPOSAL: Item<ProposalId> = Item::new("last_proposal");
const PROPOSALS: Table<ProposalId, Row> = Table::new("proposals");
const TEXTS: Table<ProposalId, Text> = Table::new("texts");
const BALLOTS: Table<(ProposalId, &Addr), Cast> = Table::new("ballots");

#[cfg(test)]
const NAMESPACES: [&str; 8] =
    ["suite", "params", "books", "last_proposal", "proposals", "texts", "ballots", "contract_info"];

/// What never changes.
#[cw_serde]
pub struct Suite {
    pub staking: Addr,
    /// Of stake, hence of deposits.
    pub denom: String,
    pub floors: Floors,
}

/// Deposits of all proposals.
#[cw_serde]
#[derive(Default)]
pub struct Books {
    pub held: Uint128,
    pub returned: Uint128,
    pub forfeited: Uint128,
}

/// How far its execution has come.
#[cw_serde]
#[derive(Copy)]
pub enum Execution {
    /// Between `execute` and its reply, within one transaction.
    UnderWay,
    Done {
        at: u64,
    },
}

/// A proposal with the terms it began with. Its long parts are in [`Text`], so that a vote does not rewrite them.
#[cw_serde]
pub struct Row {
    pub id: ProposalId,
    pub proposer: Addr,
    pub title: String,
    pub start_height: u64,
    pub total_weight: Uint128,
    pub tally: Tally,
    /// The parameters of the beginning.
    pub params: Params,
    pub upgrade: bool,
    pub created_at: u64,
    pub voting_ends_at: u64,
    pub executable_at: u64,
    pub expires_at: u64,
    pub deposit_state: DepositState,
    pub execution: Option<Execution>,
    /// Of the latest attempt that failed.
    pub failure: Option<Failure>,
}

#[cw_serde]
pub struct Text {
    pub description: String,
    pub messages: Vec<CosmosMsg>,
}

#[cw_serde]
struct Cast {
    vote: Vote,
    weight: Uint128,
}

impl Row {
    /// What the votes cast so far decide.
    pub fn verdict(&self) -> Verdict {
        let Params { quorum, threshold, veto, .. } = self.params;
        verdict::of(&self.tally, self.total_weight, &Bar { quorum, threshold, veto })
    }

    /// Where it stands at this second.
    pub fn status(&self, now: u64) -> Status {
        if self.execution.is_some() {
            return Status::Executed;
        }
        if now < self.voting_ends_at {
            return Status::Voting;
        }
        match self.verdict() {
            Verdict::NoQuorum => Status::NoQuorum,
            Verdict::Vetoed => Status::Vetoed,
            Verdict::Rejected => Status::Rejected,
            Verdict::Passed if now < self.executable_at => Status::Passed,
            Verdict::Passed if now < self.expires_at => Status::Executable,
            Verdict::Passed => Status::Expired,
        }
    }

    /// Whether the deposit stays with the treasury; decided when voting is over.
    pub fn loses_deposit(&self) -> bool {
        verdict::loses_deposit(self.verdict(), self.params.deposit_loss)
    }

    /// As queries answer it.
    pub fn answer(self, denom: &str, now: u64) -> Proposal {
        let status = self.status(now);
        let executed_at = match self.execution {
            Some(Execution::Done { at }) => Some(at),
            Some(Execution::UnderWay) | None => None,
        };
        Proposal {
            id: self.id,
            proposer: self.proposer,
            title: self.title,
            status,
            start_height: self.start_height,
            total_weight: self.total_weight,
            tally: self.tally,
            quorum: self.params.quorum,
            threshold: self.params.threshold,
            veto: self.params.veto,
            upgrade: self.upgrade,
            created_at: self.created_at,
            voting_ends_at: self.voting_ends_at,
            executable_at: self.executable_at,
            expires_at: self.expires_at,
            deposit: cloud_std::Money::new(denom, self.params.deposit),
            deposit_loss: self.params.deposit_loss,
            deposit_state: self.deposit_state,
            executed_at,
            failure: self.failure,
        }
    }
}

pub fn suite(storage: &dyn Storage) -> StdResult<Suite> {
    SUITE.load(storage)
}

pub fn save_suite(storage: &mut dyn Storage, suite: &Suite) -> StdResult<()> {
    SUITE.save(storage, suite)
}

pub fn params(storage: &dyn Storage) -> StdResult<Params> {
    PARAMS.load(storage)
}

pub fn save_params(storage: &mut dyn Storage, params: &Params) -> StdResult<()> {
    PARAMS.save(storage, params)
}

pub fn books(storage: &dyn Storage) -> StdResult<Books> {
    Ok(BOOKS.may_load(storage)?.unwrap_or_default())
}

pub fn save_books(storage: &mut dyn Storage, books: &Books) -> StdResult<()> {
    BOOKS.save(storage, books)
}

pub fn last_proposal(storage: &dyn Storage) -> StdResult<Option<ProposalId>> {
    LAST_PROPOSAL.may_load(storage)
}

pub fn next_proposal(storage: &mut dyn Storage) -> StdResult<ProposalId> {
    let id = ProposalId(last_proposal(storage)?.unwrap_or_default().0 + 1);
    LAST_PROPOSAL.save(storage, &id)?;
    Ok(id)
}

pub fn proposal(storage: &dyn Storage, id: ProposalId) -> Result<Row, ContractError> {
    PROPOSALS.may_load(storage, id)?.ok_or(ContractError::NoProposal(id))
}

pub fn save_proposal(storage: &mut dyn Storage, row: &Row) -> StdResult<()> {
    PROPOSALS.save(storage, row.id, row)
}

/// Newest first, those older than the cursor.
pub fn proposals(
    storage: &dyn Storage,
    older_than: Option<ProposalId>,
) -> impl Iterator<Item = StdResult<Row>> + '_ {
    let max = older_than.map(Bound::exclusive);
    PROPOSALS.range(storage, None, max, Order::Descending).map(|entry| entry.map(|(_, row)| row))
}

pub fn text(storage: &dyn Storage, id: ProposalId) -> Result<Text, ContractError> {
    TEXTS.may_load(storage, id)?.ok_or(ContractError::NoProposal(id))
}

pub fn save_text(storage: &mut dyn Storage, id: ProposalId, text: &Text) -> StdResult<()> {
    TEXTS.save(storage, id, text)
}

pub fn ballot(storage: &dyn Storage, id: ProposalId, voter: &Addr) -> StdResult<Option<Ballot>> {
    let cast = BALLOTS.may_load(storage, (id, voter))?;
    Ok(cast.map(|Cast { vote, weight }| Ballot { voter: voter.clone(), vote, weight }))
}

pub fn save_ballot(storage: &mut dyn Storage, id: ProposalId, ballot: &Ballot) -> StdResult<()> {
    let cast = Cast { vote: ballot.vote, weight: ballot.weight };
    BALLOTS.save(storage, (id, &ballot.voter), &cast)
}

/// By voter's address, those after the cursor.
pub fn ballots<'a>(
    storage: &'a dyn Storage,
    id: ProposalId,
    after: Option<&Addr>,
) -> impl Iterator<Item = StdResult<Ballot>> + 'a {
    BALLOTS
        .prefix(id)
        .range(storage, after.map(Bound::exclusive), None, Order::Ascending)
        .map(|entry| entry.map(|(voter, Cast { vote, weight })| Ballot { voter, vote, weight }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;
    use governance_api::DepositLoss;
    use std::collections::BTreeSet;

    fn row(params: Params) -> Row {
        Row {
            id: ProposalId(1),
            proposer: Addr::unchecked("p"),
            title: "t".into(),
            start_height: 1,
            total_weight: 100u128.into(),
            tally: Tally::default(),
            params,
            upgrade: false,
            created_at: 0,
            voting_ends_at: 10,
            executable_at: 20,
            expires_at: 30,
            deposit_state: DepositState::Held,
            execution: None,
            failure: None,
        }
    }

    fn params() -> Params {
        Params {
            voting_seconds: 10,
            timelock_seconds: 10,
            upgrade_timelock_seconds: 10,
            execution_seconds: 10,
            quorum: cloud_std::Bps(4_000),
            threshold: cloud_std::Bps(5_000),
            veto: cloud_std::Bps(3_300),
            deposit: Uint128::one(),
            deposit_loss: DepositLoss::Vetoed,
        }
    }

    #[test]
    fn the_status_follows_time_and_votes_and_each_second_is_on_one_side() {
        let with = |yes: u128, no: u128, veto: u128| {
            let mut row = row(params());
            row.tally = Tally { yes: yes.into(), no: no.into(), veto: veto.into(), abstain: Uint128::zero() };
            [0, 9, 10, 19, 20, 29, 30].map(|now| row.status(now))
        };
        use Status::{Executable, Expired, NoQuorum, Passed, Rejected, Vetoed, Voting};
        let passed = [Voting, Voting, Passed, Passed, Executable, Executable, Expired];
        assert_eq!(with(40, 0, 0), passed);
        for (end, (yes, no, veto)) in [(NoQuorum, (39, 0, 0)), (Rejected, (20, 30, 0)), (Vetoed, (50, 0, 40))]
        {
            let [a, b, rest @ ..] = with(yes, no, veto);
            assert_eq!((a, b, rest), (Voting, Voting, [end; 5]));
        }
    }

    #[test]
    fn what_is_executed_stays_so_whatever_the_time() {
        let mut row = row(params());
        for execution in [Execution::UnderWay, Execution::Done { at: 1 }] {
            row.execution = Some(execution);
            assert!([0, 15, 25, 99].into_iter().all(|now| row.status(now) == Status::Executed));
        }
    }

    #[test]
    fn no_two_namespaces_are_the_same_and_every_map_writes_under_a_listed_one() {
        let distinct: BTreeSet<_> = NAMESPACES.iter().collect();
        assert_eq!(distinct.len(), NAMESPACES.len());

        let mut storage = MockStorage::new();
        let total_stake = Uint128::zero();
        let floors =
            Floors { voting_seconds: 1, timelock_seconds: 1, upgrade_timelock_seconds: 1, total_stake };
        let suite = Suite { staking: Addr::unchecked("s"), denom: "uakash".into(), floors };
        save_suite(&mut storage, &suite).unwrap();
        save_params(&mut storage, &params()).unwrap();
        save_books(&mut storage, &Books::default()).unwrap();
        let id = next_proposal(&mut storage).unwrap();
        save_proposal(&mut storage, &row(params())).unwrap();
        save_text(&mut storage, id, &Text { description: "d".into(), messages: vec![] }).unwrap();
        let ballot = Ballot { voter: Addr::unchecked("v"), vote: Vote::Yes, weight: Uint128::one() };
        save_ballot(&mut storage, id, &ballot).unwrap();
        cw2::set_contract_version(&mut storage, "c", "0.1.0").unwrap();

        let mut found = BTreeSet::new();
        for (key, _) in storage.range(None, None, Order::Ascending) {
            let name = NAMESPACES.iter().find(|name| {
                let mut prefix = (name.len() as u16).to_be_bytes().to_vec();
                prefix.extend_from_slice(name.as_bytes());
                key == name.as_bytes() || key.starts_with(&prefix)
            });
            found.insert(*name.unwrap_or_else(|| panic!("{} is not listed", String::from_utf8_lossy(&key))));
        }
        assert_eq!(found.len(), NAMESPACES.len());
    }
}
