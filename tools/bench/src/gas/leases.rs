//! Many active leases of one tenant with one provider, made as fast as the chain takes messages.

use anyhow::{bail, Context};
use chain_client::{LocalKey, Msg, Signer, TxResult};
use cloud_std::Money;
use cosmwasm_std::HexBinary;
use market_api::{ExecuteMsg, LeaseFilter, LeaseId, OrderId, OrderSpec};
use std::sync::Arc;

use super::{spec, Bench, ORDERS_PER_MESSAGE};
use crate::DENOM;

/// Orders that are bid on in one window.
const BATCH: u32 = 200;
/// Messages of one transaction.
const MESSAGES: usize = 50;
/// Seconds in which a batch is bid on; a chain that is slower than this shows as a refused bid.
const WINDOW: u64 = 60;
/// They last longer than the measurement.
const TERM: u64 = 24 * 3_600;
const MOST: u128 = 1_000;

/// Until the measured tenant has this many leases that are active and not yet over.
pub async fn open(bench: &Bench, count: u32) -> anyhow::Result<()> {
    let mut left = count;
    while left > 0 {
        let orders = left.min(BATCH);
        batch(bench, orders).await?;
        left -= orders;
    }
    if count > 0 {
        let filter = LeaseFilter::Tenant { tenant: bench.tenant.address().to_owned() };
        let found = bench.chain.contracts.market.leases_all(filter, count as usize + 100).await?;
        let active = found.iter().filter(|lease| lease.phase == market_api::LeasePhase::Active).count();
        if active != count as usize {
            bail!("{active} leases are active, expected {count}");
        }
    }
    Ok(())
}

async fn batch(bench: &Bench, count: u32) -> anyhow::Result<()> {
    let version = HexBinary::from([8u8; 32]);
    let chain = &bench.chain;
    let mut messages = Vec::new();
    let mut left = count;
    while left > 0 {
        let orders = left.min(ORDERS_PER_MESSAGE);
        let create =
            ExecuteMsg::CreateDeployment { version: version.clone(), orders: vec![wish(); orders as usize] };
        messages.push(chain.market(&create, MOST * u128::from(orders))?);
        left -= orders;
    }
    let created = chain.send(bench.tenant.clone(), messages).await.context("creating orders")?;
    let orders: Vec<u64> = all(&created, "order_created", "order")?;
    let until: u64 =
        *all(&created, "order_created", "open_until")?.iter().max().context("no order was created")?;

    let deposit = chain.bid_deposit().await?;
    let bid = |order: &u64| {
        let order = OrderId(*order);
        chain.market(&ExecuteMsg::PlaceBid { order, provider: None, price: MOST.into() }, deposit)
    };
    send(bench, &bench.winner, &orders, bid).await.context("bidding")?;
    chain.wait_until(until).await?;
    let run = |order: &u64| chain.market(&ExecuteMsg::Match { order: OrderId(*order) }, 0);
    let matched = send(bench, &bench.winner, &orders, run).await.context("matching")?;
    let mut leases: Vec<u64> = Vec::new();
    for result in &matched {
        leases.extend(all::<u64>(result, "order_matched", "lease")?);
    }
    let activate = |lease: &u64| {
        let message = ExecuteMsg::Activate { lease: LeaseId(*lease), version: version.clone() };
        chain.market(&message, 0)
    };
    send(bench, &bench.winner, &leases, activate).await.context("activating")?;
    Ok(())
}

fn wish() -> OrderSpec {
    OrderSpec { term: TERM, max_price: Money::new(DENOM, MOST), ..spec(WINDOW) }
}

/// One message for each of these, in as few transactions as are accepted.
async fn send(
    bench: &Bench,
    signer: &Arc<LocalKey>,
    each: &[u64],
    message: impl Fn(&u64) -> anyhow::Result<Msg>,
) -> anyhow::Result<Vec<TxResult>> {
    let mut results = Vec::new();
    for some in each.chunks(MESSAGES) {
        let messages = some.iter().map(&message).collect::<anyhow::Result<_>>()?;
        results.push(bench.chain.send(signer.clone(), messages).await?);
    }
    Ok(results)
}

/// An attribute of every event of this kind.
fn all<T: std::str::FromStr>(result: &TxResult, kind: &str, key: &str) -> anyhow::Result<Vec<T>> {
    let events = result.events.iter().filter(|event| event.kind == kind);
    events
        .map(|event| {
            event.parse(key).with_context(|| format!("transaction {}: no {kind}.{key}", result.hash))
        })
        .collect()
}
