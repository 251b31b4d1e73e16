//! Bidding: evaluate orders, reserve, bid in the next block, see what came of each bid.

mod evaluate;
mod price;
mod reservations;
mod task;

pub use evaluate::{evaluate, offer, Refusal, Standing, Verdict, Wanted};
pub use price::total;
pub use reservations::Reservations;
pub use task::Bidder;

#[cfg(test)]
pub(crate) mod tests {
    use super::Standing;
    use cloud_std::Money;
    use cosmwasm_std::{Addr, Uint128};
    use market_api::*;
    use registry_api::{Attribute, Contact, Provider};

    /// One service with one volume.
    pub fn group(cpu: u64, memory: u64, storage: u64, endpoints: u32, count: u32) -> Group {
        let volume = Volume { name: "default".into(), size: storage, persistent: false, class: None };
        let resources =
            Resources { cpu, memory, storage: vec![volume], bandwidth: 0, gpu: None, endpoints, count };
        Group { name: "web".into(), resources: vec![resources], requirements: Requirements::default() }
    }

    pub fn order(id: u64, term: u64, max_price: u128) -> Order {
        let max_price = Money::new("uakash", max_price);
        Order {
            id: OrderId(id),
            deployment: DeploymentId(1),
            tenant: Addr::unchecked("tenant"),
            spec: OrderSpec {
                group: group(500, 512 << 20, 1 << 30, 1, 1),
                term,
                max_price: max_price.clone(),
                bid_window: 10,
                fallback: false,
            },
            state: OrderState::Open,
            phase: OrderPhase::Bidding,
            open_until: 100,
            match_until: 1000,
            locked: max_price,
            bids: 0,
            lease: None,
            created_at: 0,
        }
    }

    pub fn standing() -> Standing {
        Standing {
            record: Provider {
                owner: Addr::unchecked("me"),
                payout: Addr::unchecked("me"),
                operators: vec![],
                endpoints: vec!["https://127.0.0.1:8443".into()],
                attributes: vec![Attribute::new("region", "eu-west")],
                contact: Contact::default(),
                jailed_until: 0,
                root_valid_until: u64::MAX,
                registered_at: 0,
                updated_at: 0,
            },
            stake: Uint128::new(1000),
        }
    }
}
