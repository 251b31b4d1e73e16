use std::time::Duration;

use governance_api::{FullProposal, ProposalId, Status};
use serde_json::Value;

use crate::{until, Account, Lab};

/// Proposals that are made until one got its votes in time.
const TRIES: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(120);

impl Lab {
    pub fn proposal(&self, id: u64) -> FullProposal {
        self.wait(self.governance().proposal(ProposalId(id))).expect("the proposal is on the chain")
    }

    /// Waits until the proposal stands so.
    pub fn proposal_is(&self, id: u64, status: Status) -> FullProposal {
        until(&format!("proposal {id} is {status:?}"), PATIENCE, || {
            Some(self.proposal(id)).filter(|full| full.proposal.status == status)
        })
    }

    /// The first proposes by the command line, all vote yes, and the time-lock passes. A machine that is too busy to
    /// vote in time proposes once more.
    pub fn passed(&self, voters: &[&Account], proposal: &[&str]) -> u64 {
        for _ in 0..TRIES {
            let id = voters[0].propose(proposal);
            if voters.iter().all(|voter| voter.votes_in_time(id, "yes")) {
                self.proposal_is(id, Status::Executable);
                return id;
            }
        }
        panic!("no {TRIES} proposals got their votes before voting ended");
    }
}

impl Account {
    /// Gives the proposal's number.
    pub fn propose(&self, proposal: &[&str]) -> u64 {
        let mut arguments = vec!["gov", "propose", "-y"];
        arguments.extend(proposal);
        self.ok(&arguments)["id"].as_u64().expect("a proposal has a number")
    }

    /// Whether the vote came before the end of voting; any other refusal is a failure of the test.
    pub fn votes_in_time(&self, id: u64, vote: &str) -> bool {
        let answer = self.run(&["gov", "vote", &id.to_string(), vote, "-y"]);
        if answer.code == 0 {
            return true;
        }
        let said = answer.json["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(said.contains("voting on proposal"), "{said} {}", answer.stderr);
        false
    }

    /// Adds to the account's stake.
    pub fn stake(&self, amount: u64, denom: &str) -> Value {
        self.ok(&["provider", "stake", &format!("{amount}{denom}"), "-y"])
    }
}
