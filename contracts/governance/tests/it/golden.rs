//! What others parse: permissions and events, word for word.

use cw_multi_test::AppResponse;
use governance::contract::permission;
use governance_api::{ExecuteMsg, ProposalId, Vote};
use testing::{call, governance_params, Suite};

use crate::common::{end_timelock, endow, payment, provider};

#[test]
fn permissions() {
    let proposal = ProposalId(1);
    let messages = [
        ExecuteMsg::Propose { title: String::new(), description: String::new(), messages: vec![] },
        ExecuteMsg::Vote { proposal, vote: Vote::Yes },
        ExecuteMsg::Execute { proposal },
        ExecuteMsg::SettleDeposit { proposal },
        ExecuteMsg::AcceptOwnership { contract: String::new() },
        ExecuteMsg::UpdateParams { params: governance_params() },
        ExecuteMsg::Run { proposal },
    ];
    let table: Vec<String> =
        messages.iter().map(|msg| format!("{}: {:?}", name(msg), permission(msg))).collect();
    insta::assert_snapshot!(table.join("\n"));
}

fn name(msg: &ExecuteMsg) -> String {
    serde_json::to_value(msg).unwrap().as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
fn events() {
    let mut suite = Suite::builder().providers(3).build();
    let governance = suite.governance.to_string();
    let mut lines = vec![];
    let mut note = |answer: AppResponse| {
        let ours = |event: &&cosmwasm_std::Event| {
            event.ty.starts_with("wasm-")
                && event.attributes.iter().any(|a| a.key == "_contract_address" && a.value == governance)
        };
        for event in answer.events.iter().filter(ours) {
            lines.push(event.ty.clone());
            for attribute in event.attributes.iter().filter(|a| a.key != "_contract_address") {
                // The reason of a failure is the chain's text.
                let value = if attribute.key == "reason" { "..." } else { attribute.value.as_str() };
                lines.push(format!("  {} = {value}", attribute.key));
            }
        }
    };
    let owner = suite.owner.clone();
    let offer = cloud_std::OwnershipAction::Offer { new_owner: suite.governance.to_string() };
    let market = suite.market.clone();
    suite.execute(&market, &owner, &cloud_std::OwnershipMsg::Ownership(offer), &[]).unwrap();
    let accept = ExecuteMsg::AcceptOwnership { contract: market.to_string() };
    note(suite.governance(&owner, &accept, &[]).unwrap());
    endow(&mut suite, 1);
    suite.pass(5);

    let proposers: Vec<_> = (0..3).map(|n| provider(&suite, n)).collect();
    let propose = |messages| ExecuteMsg::Propose { title: "T".into(), description: "D".into(), messages };
    let update = ExecuteMsg::UpdateParams { params: governance_params() };
    let update = propose(vec![payment(&suite.treasury, 1), call(&suite.governance, &update)]);
    let fails = propose(vec![payment(&suite.treasury, 9)]);
    let funds = suite.proposal_deposit();
    for msg in [&update, &fails, &fails] {
        note(suite.governance(&proposers[0], msg, &funds).unwrap());
    }
    let votes = [Vote::Yes, Vote::Yes, Vote::Abstain];
    for id in [1, 2] {
        for (voter, vote) in proposers.iter().zip(votes) {
            let answer = suite.vote(voter, ProposalId(id), vote).unwrap();
            if id == 1 {
                note(answer);
            }
        }
    }
    note(suite.vote(&proposers[0], ProposalId(3), Vote::No).unwrap());
    note(suite.vote(&proposers[1], ProposalId(3), Vote::Veto).unwrap());
    end_timelock(&mut suite, ProposalId(1));
    for id in [1, 2] {
        note(suite.execute_proposal(ProposalId(id)).unwrap());
    }
    for proposal in [ProposalId(1), ProposalId(3)] {
        note(suite.governance(&owner, &ExecuteMsg::SettleDeposit { proposal }, &[]).unwrap());
    }
    insta::assert_snapshot!(lines.join("\n"));
}
