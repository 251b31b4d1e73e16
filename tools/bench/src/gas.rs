//! Gas of every message of an order's life, on an empty book and on a full one.

mod leases;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{bail, Context};
use chain_client::{Event, LocalKey, Signer, TxResult};
use cloud_std::Money;
use comfy_table::{presets, CellAlignment, Table};
use cosmwasm_std::HexBinary;
use market_api::{
    DeploymentId, ExecuteMsg, Group, LeaseId, OrderId, OrderSpec, Requirements, Resources, Volume,
};
use registry_api::Attribute;

use crate::chain::Chain;
use crate::report::{self, Row};
use crate::{Where, DENOM};

/// Gas that each message may use, from the specification.
const BARS: [(&str, u64); 6] = [
    ("create_deployment", 350_000),
    ("place_bid", 350_000),
    ("match", 450_000),
    ("activate", 250_000),
    ("withdraw", 220_000),
    ("close_lease", 300_000),
];
/// What a full book may cost, as a multiple of an empty one.
const FLAT: f64 = 1.05;

const MAX_PRICE: u128 = 1_000_000;
/// Bids of the measured provider, which wins.
const PRICE: u128 = 500_000;
/// Bids of the others begin here.
const DEARER: u128 = 600_000;
/// Orders of one message, and messages of one transaction, when the market is filled.
const ORDERS_PER_MESSAGE: u32 = 10;
const MESSAGES_PER_TX: u32 = 20;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Bids on the order of the full book
    #[arg(long)]
    bids: u32,
    /// Open orders beside it
    #[arg(long)]
    orders: u32,
    /// Registered providers in all, those that bid among them
    #[arg(long)]
    providers: u32,
    /// Active leases of the measured tenant, all of the measured provider
    #[arg(long)]
    leases: u32,
}

impl Arguments {
    /// What the full market holds, in words.
    fn full(&self) -> String {
        let Self { bids, orders, providers, leases, .. } = self;
        format!("{bids} bids, {orders} orders, {providers} providers, {leases} leases")
    }
}

/// Message and gas, in the order of an order's life.
type Measured = Vec<(&'static str, u64)>;

struct Bench {
    chain: Chain,
    tenant: Arc<LocalKey>,
    winner: Arc<LocalKey>,
    other: Arc<LocalKey>,
}

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let chain = Chain::open(&arguments.at)?;
    let bench = Bench {
        tenant: chain.account("tenant")?,
        winner: chain.account("provider1")?,
        other: chain.account("provider2")?,
        chain,
    };
    let setup = bench.providers().await?;
    // The first lease of a provider and a tenant makes records that later ones only change.
    bench.life(0, 6).await.context("warming up")?;
    let empty = bench.life(0, 6).await.context("on the empty book")?;
    println!("empty book: measured");

    let begin = Instant::now();
    leases::open(&bench, arguments.leases).await.context("opening leases")?;
    println!("{} leases active after {:.0} s", arguments.leases, begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    bench.open_orders(arguments.orders).await?;
    println!("{} orders opened in {:.0} s", arguments.orders, begin.elapsed().as_secs_f64());
    let providers = arguments.providers.max(arguments.bids);
    let took = bench.chain.register_bidders(0, providers).await.context("registering bidders")?;
    println!("{providers} providers registered in {:.0} s", took.as_secs_f64());
    // A bid is one message, a registration three: this leaves room for a chain that slows down.
    let window = took.as_secs() + 20;
    let begin = Instant::now();
    let full = bench.life(arguments.bids, window).await.context("on the full book")?;
    println!("full book: measured after {:.0} s", begin.elapsed().as_secs_f64());

    let rows = rows(&setup, &empty, &full, &arguments.full());
    print_table(&setup, &empty, &full, &arguments.full());
    report::conclude(&arguments.at.out, &rows)
}

impl Bench {
    /// Registers the providers that are measured, message by message for the first.
    async fn providers(&self) -> anyhow::Result<Measured> {
        let mut measured = Vec::new();
        let [register, publish, stake] = self.chain.provider_messages(self.winner.address())?;
        for (name, message) in [("register", register), ("publish_root", publish), ("stake", stake)] {
            measured.push((name, self.chain.send(self.winner.clone(), vec![message]).await?.gas_used));
        }
        let messages = self.chain.provider_messages(self.other.address())?.to_vec();
        self.chain.send(self.other.clone(), messages).await?;
        Ok(measured)
    }

    /// One order from its creation to the end of its deployment, with `bids` of others in its book.
    async fn life(&self, bids: u32, bid_window: u64) -> anyhow::Result<Measured> {
        let mut measured = Vec::new();
        let deposit = self.chain.bid_deposit().await?;
        let version = HexBinary::from([7u8; 32]);

        let create =
            ExecuteMsg::CreateDeployment { version: version.clone(), orders: vec![spec(bid_window)] };
        let result =
            self.measure(&mut measured, "create_deployment", &self.tenant, create, MAX_PRICE).await?;
        let deployment = DeploymentId(attribute(&result, "deployment_created", "deployment")?);
        let order = OrderId(attribute(&result, "order_created", "order")?);
        let open_until: u64 = attribute(&result, "order_created", "open_until")?;

        self.chain.fill_book(order, bids, DEARER).await.context("filling the book")?;
        let bid = |price: u128| ExecuteMsg::PlaceBid { order, provider: None, price: price.into() };
        self.measure(&mut measured, "place_bid", &self.winner, bid(PRICE + 1), deposit).await?;
        let lower = ExecuteMsg::LowerBid { order, provider: None, price: PRICE.into() };
        self.measure(&mut measured, "lower_bid", &self.winner, lower, 0).await?;
        self.measure(&mut Vec::new(), "place_bid", &self.other, bid(DEARER - 1), deposit).await?;
        let withdraw = ExecuteMsg::WithdrawBid { order, provider: None };
        self.measure(&mut measured, "withdraw_bid", &self.other, withdraw, 0).await?;

        self.chain.wait_until(open_until).await?;
        let matched =
            self.measure(&mut measured, "match", &self.winner, ExecuteMsg::Match { order }, 0).await?;
        let lease = LeaseId(attribute(&matched, "order_matched", "lease")?);
        let activate = ExecuteMsg::Activate { lease, version };
        self.measure(&mut measured, "activate", &self.winner, activate, 0).await?;
        // Something has to be earned first; a second earns 138 of the price.
        self.chain.wait_until(self.chain.client.status().await?.time + 2).await?;
        self.measure(&mut measured, "withdraw", &self.winner, ExecuteMsg::Withdraw { lease }, 0).await?;
        let top_up = ExecuteMsg::TopUp { lease };
        self.measure(&mut measured, "top_up", &self.tenant, top_up, 10_000).await?;
        self.measure(&mut measured, "close_lease", &self.tenant, ExecuteMsg::CloseLease { lease }, 0).await?;
        let close = ExecuteMsg::CloseDeployment { deployment, limit: None };
        self.measure(&mut measured, "close_deployment", &self.tenant, close, 0).await?;
        if !self.chain.contracts.market.invariants().await?.holds {
            bail!("the market's money does not add up");
        }
        Ok(measured)
    }

    async fn measure(
        &self,
        measured: &mut Measured,
        name: &'static str,
        signer: &Arc<LocalKey>,
        msg: ExecuteMsg,
        funds: u128,
    ) -> anyhow::Result<TxResult> {
        let message = self.chain.market(&msg, funds)?;
        let result = self.chain.send(signer.clone(), vec![message]).await.context(name)?;
        measured.push((name, result.gas_used));
        Ok(result)
    }

    /// Fills the market with open orders.
    async fn open_orders(&self, count: u32) -> anyhow::Result<()> {
        let tenant = self.chain.account("tenant2")?;
        let mut left = count;
        while left > 0 {
            let mut messages = Vec::new();
            while left > 0 && messages.len() < MESSAGES_PER_TX as usize {
                let orders = left.min(ORDERS_PER_MESSAGE);
                let mut order = spec(24 * 3600);
                order.max_price = Money::new(DENOM, 1_000u128);
                let create = ExecuteMsg::CreateDeployment {
                    version: HexBinary::from([9u8; 32]),
                    orders: vec![order; orders as usize],
                };
                messages.push(self.chain.market(&create, 1_000 * u128::from(orders))?);
                left -= orders;
            }
            self.chain.send(tenant.clone(), messages).await.context("opening orders")?;
        }
        Ok(())
    }
}

/// One service of one replica, with requirements of each kind.
fn spec(bid_window: u64) -> OrderSpec {
    let volume = Volume { name: "default".to_owned(), size: 1 << 30, persistent: false, class: None };
    let resources = Resources {
        cpu: 500,
        memory: 512 << 20,
        storage: vec![volume],
        bandwidth: 0,
        gpu: None,
        endpoints: 1,
        count: 1,
    };
    let requirements = Requirements {
        attributes: vec![Attribute::new("region", "bench")],
        min_stake: 1_000u128.into(),
        ..Requirements::default()
    };
    OrderSpec {
        group: Group { name: "web".to_owned(), resources: vec![resources], requirements },
        term: 3_600,
        max_price: Money::new(DENOM, MAX_PRICE),
        bid_window,
        fallback: false,
    }
}

fn attribute<T: std::str::FromStr>(result: &TxResult, kind: &str, key: &str) -> anyhow::Result<T> {
    let event: Option<&Event> = result.event(kind);
    event
        .and_then(|event| event.parse(key))
        .with_context(|| format!("transaction {}: no {kind}.{key}", result.hash))
}

fn bar(name: &str) -> Option<f64> {
    BARS.iter().find(|(message, _)| *message == name).map(|(_, bar)| *bar as f64)
}

fn rows(setup: &Measured, empty: &Measured, full: &Measured, at: &str) -> Vec<Row> {
    let mut rows: Vec<_> =
        setup.iter().map(|(name, gas)| Row::new(*name, *gas as f64, "gas", None)).collect();
    for ((name, before), (_, after)) in empty.iter().zip(full) {
        rows.push(Row::new(format!("{name}, empty book"), *before as f64, "gas", bar(name)));
        rows.push(Row::new(format!("{name}, {at}"), *after as f64, "gas", bar(name)));
        let flat = bar(name).map(|_| FLAT);
        let ratio = *after as f64 / *before as f64;
        rows.push(Row::new(format!("{name}, {at} against empty"), ratio, "x", flat));
    }
    rows
}

fn print_table(setup: &Measured, empty: &Measured, full: &Measured, at: &str) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "message".to_owned(),
        "empty book".to_owned(),
        at.to_owned(),
        "ratio".to_owned(),
        "bar".to_owned(),
        String::new(),
    ]);
    for (name, gas) in setup {
        table.add_row([name.to_string(), gas.to_string()]);
    }
    for ((name, before), (_, after)) in empty.iter().zip(full) {
        let ratio = *after as f64 / *before as f64;
        let (shown, verdict) = match bar(name) {
            Some(bar) if (*before).max(*after) as f64 > bar => (format!("{bar:.0}"), "above the bar"),
            Some(bar) if ratio > FLAT => (format!("{bar:.0}"), "not flat"),
            Some(bar) => (format!("{bar:.0}"), "holds"),
            None => (String::new(), ""),
        };
        let cells = [name.to_string(), before.to_string(), after.to_string(), format!("{ratio:.3}"), shown];
        table.add_row(cells.into_iter().chain([verdict.to_owned()]));
    }
    for column in 1..5 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
}
