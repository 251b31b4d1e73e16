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
