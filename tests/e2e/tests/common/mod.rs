//! What the end-to-end tests share: a manifest, prices and the deployment of it.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod sites;

use std::process::{Child, Stdio};

use e2e::{Account, Lab, Pricing};
use market_api::OrderFilter;
use serde_json::Value;

pub const CHEAP: Pricing = Pricing { cpu: 100_000, memory: 10_000 };
pub const DEAR: Pricing = Pricing { cpu: 300_000, memory: 30_000 };

/// How an order is put up for sale.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Seconds.
    pub term: u64,
    /// Seconds.
    pub bid_window: u64,
    pub fallback: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self { term: 3600, bid_window: 3, fallback: false }
    }
}

impl Terms {
    fn arguments(self) -> Vec<String> {
        let mut list = vec![
            "--term".into(),
            format!("{}s", self.term),
            "--bid-window".into(),
            format!("{}s", self.bid_window),
        ];
        if self.fallback {
            list.push("--fallback".into());
        }
        list
    }
}

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

/// A deployment whose orders are open.
#[derive(Debug)]
pub struct Pending {
    pub id: u64,
    pub order: u64,
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

fn call<'a>(file: &'a str, terms: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["deploy", file, "-y"];
    arguments.extend(terms.iter().map(String::as_str));
    arguments.extend(more);
    arguments
}

/// Deploys and waits until it runs.
pub fn deploy(tenant: &Account, file: &str, terms: &Terms) -> Deployment {
    let terms = terms.arguments();
    let answer = tenant.ok(&call(file, &terms, &[]));
    let lease = &answer["leases"][0];
    Deployment {
        id: number(&answer["deployment"]),
        order: number(&lease["order"]),
        lease: number(&lease["lease"]),
        bids: lease["bids"].to_string(),
        url: lease["urls"][0].as_str().unwrap_or_else(|| panic!("no URL in {answer}")).to_owned(),
    }
}

/// Opens the orders and returns.
pub fn deploy_without_waiting(tenant: &Account, file: &str, terms: &Terms) -> Pending {
    let terms = terms.arguments();
    let answer = tenant.ok(&call(file, &terms, &["--no-wait"]));
    Pending { id: number(&answer["deployment"]), order: number(&answer["orders"][0]) }
}

/// Deploys in a process of its own.
pub fn deploy_in_background(tenant: &Account, file: &str, terms: &Terms) -> Child {
    let terms = terms.arguments();
    tenant
        .command(&call(file, &terms, &[]))
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

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}
