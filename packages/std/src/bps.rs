use cosmwasm_schema::cw_serde;
use cosmwasm_std::Uint128;

/// The whole, in basis points.
pub const BPS_ONE: u16 = 10_000;

/// A fraction in basis points, 0 to 10000.
#[cw_serde]
#[derive(Copy, Default, Eq, PartialOrd, Ord)]
#[serde(transparent)]
#[schemaifier(mute_warnings)]
pub struct Bps(pub u16);

impl Bps {
    pub fn is_valid(self) -> bool {
        self.0 <= BPS_ONE
    }

    /// `floor(amount x self / 10000)`. A fraction above one counts as one, so the result never exceeds `amount`.
    pub fn of(self, amount: Uint128) -> Uint128 {
        amount.multiply_ratio(u128::from(self.0.min(BPS_ONE)), u128::from(BPS_ONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_rounds_down_and_never_exceeds_the_whole() {
        for (bps, amount, expected) in
            [(0, 100, 0), (1, 9_999, 0), (1, 10_000, 1), (5_000, 3, 1), (10_000, 7, 7), (u16::MAX, 7, 7)]
        {
            assert_eq!(Bps(bps).of(Uint128::new(amount)), Uint128::new(expected), "{bps} of {amount}");
        }
        assert_eq!(Bps(10_000).of(Uint128::MAX), Uint128::MAX);
    }

    #[test]
    fn more_than_the_whole_is_no_fraction() {
        assert!(Bps(0).is_valid() && Bps(BPS_ONE).is_valid() && !Bps(BPS_ONE + 1).is_valid());
    }
}
