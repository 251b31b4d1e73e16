//! Weights at past heights, held against a ledger that remembers every block.

use std::collections::BTreeMap;

use cosmwasm_std::{coins, Addr};
use proptest::prelude::*;
use staking_api::{ExecuteMsg, Fault, MemberResponse, QueryMsg, TotalWeightResponse};

use crate::chain::{slash, Chain, DENOM};

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
    Slash {
        who: usize,
        bps: u16,
    },
    /// Ends blocks.
    Pass {
        blocks: u64,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let who = 0..3usize;
    prop_oneof![
        3 => (who.clone(), 1..1_000u128).prop_map(|(who, amount)| Op::Stake { who, amount }),
        3 => (who.clone(), 1..1_000u128).prop_map(|(who, amount)| Op::Unbond { who, amount }),
        2 => (who, 1..=5_000u16).prop_map(|(who, bps)| Op::Slash { who, bps }),
        3 => (1..4u64).prop_map(|blocks| Op::Pass { blocks }),
    ]
}

fn apply(chain: &mut Chain, who: &[Addr; 3], op: Op) {
    // Refusals (more than is bonded, too many unbondings) change nothing, which the ledger then shows.
    let _ = match op {
        Op::Stake { who: n, amount } => {
            chain.run_with(&who[n], &ExecuteMsg::Stake {}, &coins(amount, DENOM)).map(|_| ())
        }
        Op::Unbond { who: n, amount } => {
            chain.run(&who[n], &ExecuteMsg::Unbond { amount: amount.into() }).map(|_| ())
        }
        Op::Slash { who: n, bps } => {
            let msg = slash(chain, &who[n], bps, Fault::LeaseBroken, chain.now());
            chain.run(&chain.market.clone(), &msg).map(|_| ())
        }
        Op::Pass { blocks } => {
            (0..blocks).for_each(|_| chain.pass(5));
            Ok(())
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_weight_at_every_height_is_what_was_bonded_when_the_block_began(
        ops in prop::collection::vec(op(), 1..60)
    ) {
        let mut chain = Chain::new();
        let who = [chain.alice.clone(), chain.bob.clone(), chain.tenant.clone()];
        let mut at_begin: BTreeMap<u64, [u128; 3]> = BTreeMap::new();
        let mut height = chain.app.block_info().height;
        at_begin.insert(height, [0; 3]);
        for op in ops {
            apply(&mut chain, &who, op);
            let bonded = who.clone().map(|who| chain.info(&who).bonded.u128());
            while height < chain.app.block_info().height {
                height += 1;
                at_begin.insert(height, bonded);
            }
        }
        for (height, expected) in at_begin {
            let at_height = Some(height);
            for (who, expected) in who.iter().zip(expected) {
                let msg = QueryMsg::Member { addr: who.to_string(), at_height };
                let weight = chain.query::<MemberResponse>(&msg).weight;
                prop_assert_eq!(u128::from(weight.unwrap_or_default()), expected);
            }
            let total: TotalWeightResponse = chain.query(&QueryMsg::TotalWeight { at_height });
            prop_assert_eq!(u128::from(total.weight), expected.iter().sum::<u128>());
        }
    }
}
