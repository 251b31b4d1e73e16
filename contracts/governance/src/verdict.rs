//! What a finished vote decided: a pure function of the tally and of the terms that the proposal began with.

use cloud_std::{Bps, BPS_ONE};
use cosmwasm_std::{Uint128, Uint256};
use governance_api::{DepositLoss, Tally, Vote};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    NoQuorum,
    Vetoed,
    Rejected,
    Passed,
}

/// The fractions that a proposal is held against.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    pub quorum: Bps,
    pub threshold: Bps,
    pub veto: Bps,
}

/// At least the quorum of all stake must vote; vetoes must stay below their fraction of all votes; yes must exceed
/// the threshold among those that do not abstain. Compared by cross-multiplication, so nothing is rounded.
pub fn of(tally: &Tally, total_weight: Uint128, bar: &Bar) -> Verdict {
    let [yes, no, abstain, veto] = [tally.yes, tally.no, tally.abstain, tally.veto].map(Uint256::from);
    let deciding = yes + no + veto;
    let cast = deciding + abstain;
    if cast.is_zero() || scaled(cast) < part(total_weight.into(), bar.quorum) {
        Verdict::NoQuorum
    } else if !veto.is_zero() && scaled(veto) >= part(cast, bar.veto) {
        Verdict::Vetoed
    } else if scaled(yes) > part(deciding, bar.threshold) {
        Verdict::Passed
    } else {
        Verdict::Rejected
    }
}

/// Whether a proposal with this verdict loses its deposit.
pub fn loses_deposit(verdict: Verdict, rule: DepositLoss) -> bool {
    match rule {
        DepositLoss::Never => false,
        DepositLoss::Vetoed => verdict == Verdict::Vetoed,
        DepositLoss::VetoedOrNoQuorum => matches!(verdict, Verdict::Vetoed | Verdict::NoQuorum),
        DepositLoss::NotPassed => verdict != Verdict::Passed,
    }
}

/// The tally with one more vote. Weights of one snapshot add up to 64 bits, so no sum overflows 128.
pub fn with_vote(mut tally: Tally, vote: Vote, weight: Uint128) -> Tally {
    let side = match vote {
        Vote::Yes => &mut tally.yes,
        Vote::No => &mut tally.no,
        Vote::Abstain => &mut tally.abstain,
        Vote::Veto => &mut tally.veto,
    };
    *side = side.saturating_add(weight);
    tally
}

fn scaled(weight: Uint256) -> Uint256 {
    weight * Uint256::from(BPS_ONE)
}

fn part(weight: Uint256, fraction: Bps) -> Uint256 {
    weight * Uint256::from(fraction.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BAR: Bar = Bar { quorum: Bps(4_000), threshold: Bps(5_000), veto: Bps(3_300) };

    fn tally(yes: u64, no: u64, abstain: u64, veto: u64) -> Tally {
        Tally { yes: yes.into(), no: no.into(), abstain: abstain.into(), veto: veto.into() }
    }

    fn of_100(yes: u64, no: u64, abstain: u64, veto: u64) -> Verdict {
        of(&tally(yes, no, abstain, veto), Uint128::new(100), &BAR)
    }

    #[test]
    fn each_bar_is_met_at_its_documented_side() {
        for (votes, expected) in [
            ((0, 0, 0, 0), Verdict::NoQuorum),
            // 40 of 100 are the quorum.
            ((39, 0, 0, 0), Verdict::NoQuorum),
            ((40, 0, 0, 0), Verdict::Passed),
            ((1, 0, 39, 0), Verdict::Passed),
            ((0, 0, 40, 0), Verdict::Rejected),
            // Half is not more than half.
            ((20, 20, 0, 0), Verdict::Rejected),
            ((21, 20, 0, 0), Verdict::Passed),
            // 33 of 100 veto.
            ((67, 0, 0, 33), Verdict::Vetoed),
            ((68, 0, 0, 32), Verdict::Passed),
            // Abstentions thin a veto; vetoes count as no.
            ((34, 0, 34, 32), Verdict::Passed),
            ((31, 0, 37, 32), Verdict::Rejected),
            ((0, 40, 0, 0), Verdict::Rejected),
        ] {
            let (yes, no, abstain, veto) = votes;
            assert_eq!(of_100(yes, no, abstain, veto), expected, "{votes:?}");
        }
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        let all = Tally { yes: Uint128::MAX, no: Uint128::MAX, abstain: Uint128::MAX, veto: Uint128::MAX };
        assert_eq!(of(&all, Uint128::MAX, &BAR), Verdict::Rejected);
        let yes = Tally { yes: Uint128::MAX, ..Tally::default() };
        assert_eq!(of(&yes, Uint128::MAX, &BAR), Verdict::Passed);
    }

    #[test]
    fn a_deposit_is_lost_as_the_rule_says() {
        use Verdict::{NoQuorum, Passed, Rejected, Vetoed};
        for (rule, losers) in [
            (DepositLoss::Never, vec![]),
            (DepositLoss::Vetoed, vec![Vetoed]),
            (DepositLoss::VetoedOrNoQuorum, vec![Vetoed, NoQuorum]),
            (DepositLoss::NotPassed, vec![Vetoed, NoQuorum, Rejected]),
        ] {
            for verdict in [NoQuorum, Vetoed, Rejected, Passed] {
                assert_eq!(loses_deposit(verdict, rule), losers.contains(&verdict), "{rule:?} {verdict:?}");
            }
        }
    }

    fn weights() -> impl Strategy<Value = (u64, u64, u64, u64, u64)> {
        let side = || 0..=u64::MAX / 8;
        (side(), side(), side(), side(), side())
    }

    fn bar() -> impl Strategy<Value = Bar> {
        (1_000..=8_000u16, 5_000..=8_000u16, 2_000..=5_000u16).prop_map(|(quorum, threshold, veto)| Bar {
            quorum: Bps(quorum),
            threshold: Bps(threshold),
            veto: Bps(veto),
        })
    }

    proptest! {
        #[test]
        fn more_yes_never_undoes_a_pass_and_more_no_never_saves_what_was_rejected(
            (yes, no, abstain, veto, more) in weights(), absent in any::<u32>(), bar in bar()
        ) {
            let total = [yes, no, abstain, veto, more, u64::from(absent)];
            let total: u128 = total.into_iter().map(u128::from).sum();
            let of = |tally: Tally| of(&tally, Uint128::new(total), &bar);
            let before = tally(yes, no, abstain, veto);
            let after = |vote| of(with_vote(before, vote, more.into()));
            if of(before) == Verdict::Passed {
                prop_assert_eq!(after(Vote::Yes), Verdict::Passed);
            }
            if of(before) == Verdict::Rejected {
                prop_assert_ne!(after(Vote::No), Verdict::Passed);
                prop_assert_ne!(after(Vote::Abstain), Verdict::Passed);
            }
            if of(before) == Verdict::Vetoed {
                prop_assert_eq!(after(Vote::Veto), Verdict::Vetoed);
            }
        }

        #[test]
        fn a_pass_has_a_majority_of_the_deciding_votes_and_the_quorum(
            (yes, no, abstain, veto, absent) in weights(), bar in bar()
        ) {
            let total = [yes, no, abstain, veto, absent];
            let total: u128 = total.into_iter().map(u128::from).sum();
            if of(&tally(yes, no, abstain, veto), Uint128::new(total), &bar) == Verdict::Passed {
                prop_assert!(u128::from(yes) > u128::from(no) + u128::from(veto));
                prop_assert!((total - u128::from(absent)) * 10_000 >= total * u128::from(bar.quorum.0));
            }
        }
    }
}
