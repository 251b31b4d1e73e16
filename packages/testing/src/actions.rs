//! What tests do again and again, each in one call.

use cosmwasm_std::{Addr, Coin, HexBinary, Uint128};
use cw_multi_test::AppResponse;
use market_api::{
    Bid, Deployment, DeploymentId, ExecuteMsg, Group, Lease, LeaseId, Order, OrderId, OrderSpec, QueryMsg,
    Requirements, Resources,
};
use registry_api::Attribute;

use crate::certificate::{self, TestRoot};
use crate::suite::{Refusal, Suite};
use crate::DENOM;

/// One web server for an hour, at most this price, open for a minute, without fall-back.
pub fn spec(max_price: u128) -> OrderSpec {
    OrderSpec {
        group: Group {
            name: "web".into(),
            resources: vec![Resources {
                cpu: 500,
                memory: 128 << 20,
                storage: vec![],
                bandwidth: 0,
                gpu: None,
                endpoints: 1,
                count: 1,
            }],
            requirements: Requirements::default(),
        },
        term: 3_600,
        max_price: cloud_std::Money::new(DENOM, max_price),
        bid_window: 60,
        fallback: false,
    }
}

/// A manifest version: 32 bytes of this number.
pub fn version(n: u8) -> HexBinary {
    HexBinary::from([n; 32])
}

/// The value of an attribute in the first event of this type, `deployment_created` for example.
pub(crate) fn attribute(response: &AppResponse, event: &str, key: &str) -> Option<String> {
    let ty = format!("wasm-{event}");
    let event = response.events.iter().find(|event| event.ty == ty)?;
    event.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| attribute.value.clone())
}

/// The order that a response created.
pub fn order_id(response: &AppResponse) -> Option<OrderId> {
    attribute(response, "order_created", "order")?.parse().ok()
}

fn id<T: std::str::FromStr>(response: &AppResponse, event: &str, key: &str) -> T {
    let value = attribute(response, event, key).unwrap_or_else(|| panic!("{event} names {key}"));
    value.parse().unwrap_or_else(|_| panic!("{value} is an id"))
}

impl Suite {
    /// Registers provider `n` with its payout and operator keys, stakes for it and publishes a real root.
    pub fn make_ready(
        &mut self,
        n: usize,
        stake: u128,
        attributes: &[Attribute],
    ) -> Result<TestRoot, Refusal> {
        let keys = self.providers[n].clone();
        self.registry(
            &keys.owner,
            &registry_api::ExecuteMsg::Register {
                payout: Some(keys.payout.to_string()),
                endpoints: vec![format!("https://provider{n}.example:8443")],
                attributes: attributes.to_vec(),
                contact: None,
            },
        )?;
        let add = registry_api::ExecuteMsg::AddOperator { operator: keys.operator.to_string() };
        self.registry(&keys.owner, &add)?;
        if stake > 0 {
            self.stake(&keys.owner, stake)?;
        }
        self.publish_root(&keys.owner)
    }

    /// A new root of an account, valid from a minute ago for nine years.
    pub fn publish_root(&mut self, account: &Addr) -> Result<TestRoot, Refusal> {
        let now = self.now();
        let root = certificate::root(account, now - 60, now + 9 * 365 * 24 * 3_600);
        self.registry(account, &registry_api::ExecuteMsg::PublishRoot { der: root.der.clone() })?;
        Ok(root)
    }

    pub fn stake(&mut self, account: &Addr, amount: u128) -> Result<AppResponse, Refusal> {
        self.staking(account, &staking_api::ExecuteMsg::Stake {}, &[Coin::new(amount, DENOM)])
    }

    /// A deployment with these orders, paid as they ask.
    pub fn deploy(
        &mut self,
        tenant: &Addr,
        orders: Vec<OrderSpec>,
    ) -> Result<(DeploymentId, Vec<OrderId>), Refusal> {
        let denom = orders.first().map_or(DENOM.to_owned(), |order| order.max_price.denom.clone());
        let sum: u128 = orders.iter().map(|order| order.max_price.amount.u128()).sum();
        let msg = ExecuteMsg::CreateDeployment { version: version(1), orders };
        let response = self.market(tenant, &msg, &[Coin::new(sum, denom)])?;
        let created = response.events.iter().filter(|event| event.ty == "wasm-order_created");
        let ids = created
            .filter_map(|event| event.attributes.iter().find(|attribute| attribute.key == "order"))
            .filter_map(|attribute| attribute.value.parse().ok());
        let ids = ids.collect();
        Ok((id(&response, "deployment_created", "deployment"), ids))
    }

    /// A deployment with one order, in the suite's denom.
    pub fn order(&mut self, tenant: &Addr, mut spec: OrderSpec) -> Result<OrderId, Refusal> {
        spec.max_price.denom.clone_from(&self.denom);
        let (_, orders) = self.deploy(tenant, vec![spec])?;
        Ok(orders[0])
    }

    /// What a bid on this order must bring, by the parameters of now.
    pub fn bid_deposit(&self, denom: &str) -> Vec<Coin> {
        let config: market_api::Config = self.query_market(&QueryMsg::Config {});
        let deposit = config.params.denoms.iter().find(|params| params.denom == denom);
        let deposit = deposit.map_or(Uint128::zero(), |params| params.bid_deposit);
        if deposit.is_zero() {
            vec![]
        } else {
            vec![Coin::new(deposit, denom)]
        }
    }

    /// Provider `n` bids by its operator key.
    pub fn bid(&mut self, n: usize, order: OrderId, price: u128) -> Result<AppResponse, Refusal> {
        let keys = self.providers[n].clone();
        let denom = self.order_record(order).spec.max_price.denom;
        let msg = ExecuteMsg::PlaceBid {
            order,
            provider: Some(keys.owner.to_string()),
            price: Uint128::new(price),
        };
        let funds = self.bid_deposit(&denom);
        self.market(&keys.operator, &msg, &funds)
    }

    /// Waits until nobody may bid on the order any more.
    pub fn end_bidding(&mut self, order: OrderId) {
        let until = self.order_record(order).open_until;
        self.pass_until(until);
    }

    /// The owner of the suite, who has no stake in it, triggers the match.
    pub fn match_order(&mut self, order: OrderId) -> Result<LeaseId, Refusal> {
        let owner = self.owner.clone();
        let response = self.market(&owner, &ExecuteMsg::Match { order }, &[])?;
        Ok(id(&response, "order_matched", "lease"))
    }

    /// The winner activates with the version of the match, by its operator key.
    pub fn activate(&mut self, lease: LeaseId) -> Result<AppResponse, Refusal> {
        let record = self.lease(lease);
        let winner = self.providers.iter().find(|keys| keys.owner == record.provider);
        let operator = winner.map_or(record.provider, |keys| keys.operator.clone());
        self.market(&operator, &ExecuteMsg::Activate { lease, version: record.matched_version }, &[])
    }

    /// An active lease of provider `n` at this price for an hour, from the order to the activation.
    pub fn active_lease(&mut self, tenant: &Addr, n: usize, price: u128) -> Result<LeaseId, Refusal> {
        let order = self.order(tenant, spec(price))?;
        self.bid(n, order, price)?;
        self.end_bidding(order);
        let lease = self.match_order(order)?;
        self.activate(lease)?;
        Ok(lease)
    }

    #[track_caller]
    pub fn deployment(&self, deployment: DeploymentId) -> Deployment {
        self.query_market(&QueryMsg::Deployment { deployment })
    }

    #[track_caller]
    pub fn order_record(&self, order: OrderId) -> Order {
        self.query_market(&QueryMsg::Order { order })
    }

    #[track_caller]
    pub fn lease(&self, lease: LeaseId) -> Lease {
        self.query_market(&QueryMsg::Lease { lease })
    }

    #[track_caller]
    pub fn bid_record(&self, order: OrderId, n: usize) -> Bid {
        let provider = self.providers[n].owner.to_string();
        self.query_market(&QueryMsg::Bid { order, provider })
    }
}
