//! I-28: from any state each party alone gets out what is its own, in bounded steps, and then the contracts hold
//! nothing but what was sent to them without a message.

use market_api::{DeploymentId, DeploymentState, ExecuteMsg, LeaseId, OrderId};

use crate::op::{Message, Op};
use crate::world::{World, DENOMS};

pub fn drain(world: &mut World) -> Result<(), String> {
    let stranger = world.cast.stranger.clone();
    let market = |sender: &cosmwasm_std::Addr, msg: ExecuteMsg| Op::Send {
        sender: sender.clone(),
        message: Message::Market(msg),
        funds: vec![],
    };

    // Tenants close what they have, ten at a time.
    for n in 0..world.model.deployments.len() {
        let tenant = world.model.deployments[n].tenant.clone();
        let (orders, leases) = world.model.live(n);
        let mut steps = (orders.len() + leases.len()) / 10 + 1;
        while world.model.deployments[n].state != DeploymentState::Closed {
            steps = steps.checked_sub(1).ok_or("closing takes more steps than announced")?;
            let msg = ExecuteMsg::CloseDeployment { deployment: DeploymentId(n as u64 + 1), limit: None };
            world.accepted(market(&tenant, msg))?;
        }
    }
    // Anyone sends bidders and providers what is theirs.
    for n in 0..world.model.orders.len() {
        let bids = world.model.orders[n].bids.iter();
        let owed: Vec<_> = bids.filter(|(_, bid)| bid.deposit > 0).map(|(who, _)| who.to_string()).collect();
        for provider in owed {
            let msg = ExecuteMsg::ReclaimDeposit { order: OrderId(n as u64 + 1), provider };
            world.accepted(market(&stranger, msg))?;
        }
    }
    for n in 0..world.model.leases.len() {
        let lease = &world.model.leases[n];
        if lease.earned(world.model.now) > lease.withdrawn {
            let msg = ExecuteMsg::Withdraw { lease: LeaseId(n as u64 + 1) };
            world.accepted(market(&stranger, msg))?;
        }
    }
    unstake(world)?;
    settle_deposits(world)?;
    for contract in [world.model.market.clone(), world.model.staking.clone()] {
        for denom in DENOMS {
            let donated = world.model.donated.get(&(contract.clone(), denom.to_owned())).copied();
            let (held, donated) = (world.suite.balance_of(&contract, denom), donated.unwrap_or_default());
            if held != donated {
                return Err(format!(
                    "{contract} still holds {held}{denom}, {donated} was sent without a message"
                ));
            }
        }
    }
    Ok(())
}

/// Anyone sends proposers their deposits, or leaves them to the treasury; then governance owes nobody anything.
fn settle_deposits(world: &mut World) -> Result<(), String> {
    let stranger = world.cast.stranger.clone();
    for n in 0..world.model.proposals.len() {
        if world.model.proposals[n].held() > 0 {
            let proposal = governance_api::ProposalId(n as u64 + 1);
            let message = Message::Governance(governance_api::ExecuteMsg::SettleDeposit { proposal });
            world.accepted(Op::Send { sender: stranger.clone(), message, funds: vec![] })?;
        }
    }
    match world.model.deposits() {
        0 => Ok(()),
        left => Err(format!("governance still holds {left} of deposits")),
    }
}

/// Stakers unbond, wait and claim.
fn unstake(world: &mut World) -> Result<(), String> {
    use staking_api::ExecuteMsg as M;
    const LONGEST: u64 = 90 * 24 * 3_600;
    let staking = |sender: &cosmwasm_std::Addr, msg: M| Op::Send {
        sender: sender.clone(),
        message: Message::Staking(msg),
        funds: vec![],
    };
    for round in 0..2 {
        world.accepted(Op::Pass(LONGEST))?;
        for who in world.model.stakers.keys().cloned().collect::<Vec<_>>() {
            let staker = world.model.staker(&who);
            if staker.compensation > 0 || !staker.unbondings.is_empty() {
                // An unbonding that slashes left nothing of is claimed along, or not at all.
                let due = staker.compensation + staker.unbondings.iter().map(|u| u.amount).sum::<u128>();
                if due > 0 {
                    world.accepted(staking(&who, M::Claim {}))?;
                }
            }
            if round == 0 && staker.bonded > 0 {
                world.accepted(staking(&who, M::Unbond { amount: staker.bonded.into() }))?;
            }
        }
    }
    Ok(())
}
