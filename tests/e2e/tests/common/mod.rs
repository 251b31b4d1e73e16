//! What the end-to-end tests share: a manifest, prices and the deployment of it.
#![allow(dead_code, unused_imports, reason = "each test file uses its part")]

use std::process::{Child, Stdio};

pub use e2e::{deploy_without_waiting, Pending, Terms};
use e2e::{Account, Lab, Pricing};
use market_api::OrderFilter;
use serde_json::Value;

pub const CHEAP: Pricing = Pricing { cpu: 100_000, memory: 10_000 };
pub const DEAR: Pricing = Pricing { cpu: 300_000, memory: 30_000 };

/// A deployment that runs.
#[derive(Debug)]
pub struct Deployment {
    pub id: u64,
    pub order: u64,
    pub lease: u64,
    pub url: String,
    /// The bids that the tenant saw, as the command answered them.
    pub bids: String,
}

/// One web service in one group.
pub fn sdl(image: &str, count: u32) -> String {
    format!(
        r#"version: "2.0"
services:
  web:
    image: {image}
    env:
      - COLOUR=blue
    expose:
      - port: 80
        as: 80
        to:
          - global: true
profiles:
  compute:
    web:
      resources:
        cpu:
          units: 0.1
        memory:
          size: 64Mi
        storage:
          size: 128Mi
  placement:
    lab:
      pricing:
        web:
          denom: uakt
          amount: 10000
deployment:
  web:
    lab:
      profile: web
      count: {count}
"#
    )
}

/// Deploys and waits until it runs.
pub fn deploy(tenant: &Account, file: &str, terms: &Terms) -> Deployment {
    let command = terms.command(file);
    let answer = tenant.ok(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let lease = &answer["leases"][0];
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value} is no number"));
    Deployment {
        id: number(&answer["deployment"]),
        order: number(&lease["order"]),
        lease: number(&lease["lease"]),
        bids: lease["bids"].to_string(),
        url: lease["urls"][0].as_str().unwrap_or_else(|| panic!("no URL in {answer}")).to_owned(),
    }
}

/// Deploys in a process of its own.
pub fn deploy_in_background(tenant: &Account, file: &str, terms: &Terms) -> Child {
    let command = terms.command(file);
    tenant
        .command(&command.iter().map(String::as_str).collect::<Vec<_>>())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the akash binary is built")
}

/// The tenant's order that takes bids.
pub fn open_order_of(lab: &Lab, tenant: &str) -> Option<u64> {
    let filter = OrderFilter::Tenant { tenant: tenant.to_owned() };
    let orders = lab.wait(lab.contracts.market.orders_all(filter, 1_000)).ok()?;
    orders.iter().find(|order| order.phase == market_api::OrderPhase::Bidding).map(|order| order.id.0)
}
