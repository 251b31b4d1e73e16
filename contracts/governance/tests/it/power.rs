//! Votes against all that can happen to stake at the same time (invariant I-23).

use std::cell::RefCell;
use std::collections::BTreeMap;

use cloud_std::Page;
use cosmwasm_std::Addr;
use governance_api::{Ballot, ExecuteMsg, ProposalId, QueryMsg, Status, Tally, Vote};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use staking_api::ExecuteMsg as Staking;
use testing::{Refusal, Suite, DENOM};

use crate::common::{endow, payment, provider};

const ACCOUNTS: usize = 4;

#[derive(Clone, Debug)]
enum Op {
    Stake {
        who: usize,
        amount: u128,
    },
    Unbond {
        who: usize,
        amount: u128,
    },
    Move {
        from: usize,
        to: usize,
        amount: u128,
    },
    Propose {
        who: usize,
    },
    /// On the latest proposal, or one of the two before.
    Vote {
        who: usize,
        back: u64,
        vote: Vote,
    },
    /// All accounts, yes.
    Acclaim {
        back: u64,
    },
    Execute {
        back: u64,
    },
    Settle {
        back: u64,
    },
    Pass {
        seconds: u64,
    },
    /// To a second before, or at, the end of voting, of the time-lock or of the window to execute.
    PassToEdge {
        back: u64,
        edge: usize,
        before: u64,
    },
}

fn vote() -> impl Strategy<Value = Vote> {
    prop_oneof![4 => Just(Vote::Yes), 1 => Just(Vote::No), 1 => Just(Vote::Abstain), 1 => Just(Vote::Veto)]
}

fn op() -> impl Strategy<Value = Op> {
    let who = 0..ACCOUNTS;
    let amount = 1..2_000_000u128;
    let back = 0..3u64;
    let edge = prop_oneof![1 => Just(0), 3 => Just(1), 1 => Just(2)];
    let before = prop_oneof![3 => Just(0), 1 => Just(1)];
    prop_oneof![
        2 => (who.clone(), amount.clone()).prop_map(|(who, amount)| Op::Stake { who, amount }),
        2 => (who.clone(), amount.clone()).prop_map(|(who, amount)| Op::Unbond { who, amount }),
        1 => (who.clone(), who.clone(), amount).prop_map(|(from, to, amount)| Op::Move { from, to, amount }),
        2 => who.clone().prop_map(|who| Op::Propose { who }),
        6 => (who, back.clone(), vote()).prop_map(|(who, back, vote)| Op::Vote { who, back, vote }),
        3 => back.clone().prop_map(|back| Op::Acclaim { back }),
        2 => back.clone().prop_map(|back| Op::Execute { back }),
        2 => back.clone().prop_map(|back| Op::Settle { back }),
        2 => prop_oneof![Just(1), Just(60), Just(300)].prop_map(|seconds| Op::Pass { seconds }),
        3 => (back, edge, before).prop_map(|(back, edge, before)| Op::PassToEdge { back, edge, before }),
    ]
}

/// What the test believes, without asking governance.
#[derive(Default)]
struct Ledger {
    /// Weight of each account when the block began.
    weights: [u128; ACCOUNTS],
    proposals: BTreeMap<u64, Believed>,
}

struct Believed {
    weights: [u128; ACCOUNTS],
    votes: BTreeMap<usize, Vote>,
    executable_at: u64,
    executed: u32,
    settled: u32,
}

struct World {
    suite: Suite,
    accounts: [Addr; ACCOUNTS],
    ledger: Ledger,
    /// Accepted and refused, by message.
    shape: Shape,
}

type Shape = BTreeMap<&'static str, [u32; 2]>;

impl World {
    fn new() -> Self {
        let mut suite = Suite::builder().providers(3).build();
        endow(&mut suite, 1_000);
        let accounts =
            [provider(&suite, 0), provider(&suite, 1), provider(&suite, 2), suite.tenants[0].clone()];
        let mut world = Self { suite, accounts, ledger: Ledger::default(), shape: Shape::new() };
        world.pass(1);
        world
    }

    fn pass(&mut self, seconds: u64) {
        self.suite.pass(seconds);
        self.ledger.weights = self.accounts.clone().map(|account| {
            let msg = staking_api::QueryMsg::Stake { provider: account.to_string() };
            self.suite.query_staking::<staking_api::StakeInfo>(&msg).bonded.u128()
        });
    }

    /// Of this many proposals before the latest; one that does not exist when there are fewer.
    fn id(&self, back: u64) -> u64 {
        (self.ledger.proposals.len() as u64).saturating_sub(back)
    }

    fn apply(&mut self, op: Op) {
        let accounts = self.accounts.clone();
        match op {
            // Refusals by staking and the bank change nothing.
            Op::Stake { who, amount } => drop(self.suite.stake(&accounts[who], amount)),
            Op::Unbond { who, amount } => {
                let msg = Staking::Unbond { amount: amount.into() };
                drop(self.suite.staking(&accounts[who], &msg, &[]));
            }
            Op::Move { from, to, amount } => {
                drop(self.suite.donate(&accounts[from], &accounts[to], amount, DENOM));
            }
            Op::Pass { seconds } => self.pass(seconds),
            Op::Propose { who } => self.propose(who),
            Op::Vote { who, back, vote } => self.vote(who, self.id(back), vote),
            Op::Acclaim { back } => {
                (0..ACCOUNTS).for_each(|who| self.vote(who, self.id(back), Vote::Yes));
            }
            Op::Execute { back } => self.execute(self.id(back)),
            Op::Settle { back } => self.settle(self.id(back)),
            Op::PassToEdge { back, edge, before } => {
                if let Some(believed) = self.ledger.proposals.get(&self.id(back)) {
                    let at = believed.executable_at;
                    let until = [at - 300, at, at + 86_400][edge] - before;
                    self.pass(until.saturating_sub(self.suite.now()));
                }
            }
        }
    }

    /// Counts an answer that must be what the ledger expects.
    fn note<T: std::fmt::Debug>(&mut self, message: &'static str, answer: &Result<T, Refusal>, may: bool) {
        assert_eq!(answer.is_ok(), may, "{message}: {answer:?}");
        self.shape.entry(message).or_default()[usize::from(!may)] += 1;
    }

    fn propose(&mut self, who: usize) {
        let weights = self.ledger.weights;
        let message = payment(&self.suite.treasury, 1);
        let proposed = self.suite.propose(&self.accounts[who], vec![message]);
        self.note("propose", &proposed, weights[who] > 0);
        if let Ok(id) = proposed {
            let executable_at = self.suite.now() + 600 + 300;
            let believed =
                Believed { weights, votes: BTreeMap::new(), executable_at, executed: 0, settled: 0 };
            self.ledger.proposals.insert(id.0, believed);
        }
    }

    fn vote(&mut self, who: usize, id: u64, vote: Vote) {
        let voted = self.suite.vote(&self.accounts[who], ProposalId(id), vote);
        let now = self.suite.now();
        let believed = self.ledger.proposals.get(&id);
        let may = believed.is_some_and(|believed| {
            now < believed.executable_at - 300
                && believed.weights[who] > 0
                && !believed.votes.contains_key(&who)
        });
        self.note("vote", &voted, may);
        if let (Some(believed), Ok(_)) = (self.ledger.proposals.get_mut(&id), voted) {
            believed.votes.insert(who, vote);
        }
    }

    fn execute(&mut self, id: u64) {
        let executed = self.suite.execute_proposal(ProposalId(id));
        let now = self.suite.now();
        let believed = self.ledger.proposals.get(&id);
        let may = believed.is_some_and(|believed| {
            believed.passes()
                && believed.executed == 0
                && (believed.executable_at..believed.executable_at + 86_400).contains(&now)
        });
        self.note("execute", &executed, may);
        if let (Some(believed), Ok(_)) = (self.ledger.proposals.get_mut(&id), executed) {
            believed.executed += 1;
        }
    }

    fn settle(&mut self, id: u64) {
        let msg = ExecuteMsg::SettleDeposit { proposal: ProposalId(id) };
        let owner = self.suite.owner.clone();
        let settled = self.suite.governance(&owner, &msg, &[]);
        let now = self.suite.now();
        let believed = self.ledger.proposals.get(&id);
        let may =
            believed.is_some_and(|believed| now >= believed.executable_at - 300 && believed.settled == 0);
        self.note("settle", &settled, may);
        if let (Some(believed), Ok(_)) = (self.ledger.proposals.get_mut(&id), settled) {
            believed.settled += 1;
        }
    }

    fn check(&self) {
        self.suite.assert_invariants();
        for (id, believed) in &self.ledger.proposals {
            let proposal = self.suite.proposal(ProposalId(*id));
            let power: u128 = believed.weights.iter().sum();
            assert_eq!(proposal.total_weight.u128(), power);
            let Tally { yes, no, abstain, veto } = proposal.tally;
            let cast = [yes, no, abstain, veto].map(|weight| weight.u128());
            assert!(cast.iter().sum::<u128>() <= power, "votes weigh more than there was");
            assert_eq!(cast, believed.tally());
            let query = QueryMsg::Votes { proposal: ProposalId(*id), start_after: None, limit: None };
            let ballots: Page<Ballot, Addr> = self.suite.query_governance(&query);
            let found: BTreeMap<_, _> =
                ballots.items.into_iter().map(|ballot| (ballot.voter, ballot.vote)).collect();
            let votes = believed.votes.iter();
            assert_eq!(found, votes.map(|(who, vote)| (self.accounts[*who].clone(), *vote)).collect());
            assert_eq!(proposal.status == Status::Executed, believed.executed == 1);
        }
        let executed: u32 = self.ledger.proposals.values().map(|believed| believed.executed).sum();
        assert_eq!(self.suite.balance(&self.suite.treasury), u128::from(executed));
    }
}

impl Believed {
    /// Yes, no, abstain, veto.
    fn tally(&self) -> [u128; 4] {
        let of = |wanted: Vote| {
            let voters = self.votes.iter().filter(|(_, vote)| **vote == wanted);
            voters.map(|(who, _)| self.weights[*who]).sum()
        };
        [of(Vote::Yes), of(Vote::No), of(Vote::Abstain), of(Vote::Veto)]
    }

    /// The parameters of a suite, in the words of the specification: 40 % quorum, more than half, less than 33.34 %.
    fn passes(&self) -> bool {
        let [yes, no, abstain, veto] = self.tally();
        let cast = yes + no + abstain + veto;
        let power: u128 = self.weights.iter().sum();
        cast * 100 >= power * 40 && veto * 10_000 < cast * 3_334 && yes > no + veto
    }
}

#[test]
fn votes_never_exceed_the_snapshot_and_only_what_passed_is_executed_once() {
    let shape = RefCell::new(Shape::new());
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&prop::collection::vec(op(), 60..120), |ops| {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
            world.check();
        }
        for (message, [accepted, refused]) in world.shape {
            let sum = &mut *shape.borrow_mut();
            let sum = sum.entry(message).or_default();
            *sum = [sum[0] + accepted, sum[1] + refused];
        }
        Ok(())
    });
    outcome.unwrap();
    // Otherwise the above says little.
    for (message, [accepted, refused]) in shape.into_inner() {
        let hundredth = (accepted + refused) / 100;
        assert!(accepted.min(refused) > hundredth, "{message}: {accepted} accepted, {refused} refused");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(64))]

    #[test]
    fn what_happens_to_stake_after_the_beginning_decides_nothing(
        votes in prop::collection::vec((0..ACCOUNTS, vote()), 0..6),
        before in prop::collection::vec(op(), 0..10),
        between in prop::collection::vec(op(), 0..10),
    ) {
        let mut world = World::new();
        let of_stake = |op: &Op| matches!(op, Op::Stake { .. } | Op::Unbond { .. } | Op::Move { .. });
        before.into_iter().filter(of_stake).for_each(|op| world.apply(op));
        world.pass(5);
        world.apply(Op::Propose { who: 0 });
        between.into_iter().filter(of_stake).for_each(|op| world.apply(op));
        world.pass(5);
        for (who, vote) in votes {
            world.apply(Op::Vote { who, back: 0, vote });
        }
        world.pass(900);
        world.apply(Op::Execute { back: 0 });
        world.apply(Op::Settle { back: 0 });
        world.check();
    }
}
