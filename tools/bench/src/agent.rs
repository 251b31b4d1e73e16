//! Many orders opened at once: how soon the agent has bid for all of them, against a plain loop that sends the same
//! bids for orders it need not find, price or fit; and how much memory the agent takes with them and its leases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use chain_client::{LocalKey, Signer};
use cloud_std::Money;
use cosmwasm_std::HexBinary;
use e2e::{until, Account, Lab, Pricing, Provider};
use market_api::{
    ExecuteMsg, Group, LeaseFilter, LeaseState, OrderId, OrderSpec, Requirements, Resources, Volume,
};
use registry_api::Attribute;

use crate::chain::Chain;
use crate::report::{self, rounded, spread, Row};
use crate::{Where, DENOM};

/// Bids of one transaction of the plain loop.
const BATCH: usize = 100;
/// What the agent may take of the plain loop's time.
const TIME_BAR: f64 = 1.2;
const MEMORY_BAR_MIB: f64 = 64.0;
const ORDERS_PER_MESSAGE: usize = market_api::limits::MAX_ORDERS_PER_MESSAGE;
/// Placements of one manifest.
const LEASES_PER_DEPLOYMENT: usize = 10;
const MAX_PRICE: u128 = 5_000;
const LIMIT: Duration = Duration::from_secs(180);

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    at: Where,
    /// Orders opened at once
    #[arg(long, default_value_t = 1_000)]
    orders: usize,
    /// Leases that run meanwhile
    #[arg(long, default_value_t = 50)]
    leases: usize,
    /// How often both are measured, in turns
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let lab = Lab::get();
    let chain = Chain::open(&arguments.at)?;
    let provider = Provider::open(lab, 1, Pricing { cpu: 100_000, memory: 10_000 });
    provider.start();
    let bench = Bench { lab, tenant: chain.account("tenant2")?, looping: chain.account("provider2")?, chain };
    let messages = bench.chain.provider_messages(bench.looping.address())?.to_vec();
    lab.wait(bench.chain.send(bench.looping.clone(), messages)).context("registering the loop's provider")?;

    let idle = resident(&provider)?;
    bench.run_leases(arguments.leases)?;
    let with_leases = resident(&provider)?;

    let (mut agent, mut looped) = (Vec::new(), Vec::new());
    let mut with_orders = 0;
    for round in 0..arguments.rounds {
        // Interleaved, so that a slow moment of the machine meets both.
        let orders = bench.open(arguments.orders, "lab")?;
        let begin = Instant::now();
        bench.until_bid_for(&orders);
        agent.push(begin.elapsed());
        if round == 0 {
            with_orders = resident(&provider)?;
        }
        let orders = bench.open(arguments.orders, "bench")?;
        let begin = Instant::now();
        bench.plain_loop(&orders)?;
        bench.until_bid_for(&orders);
        looped.push(begin.elapsed());
        println!("round {}: agent {:.1?}, plain loop {:.1?}", round + 1, agent[round], looped[round]);
    }

    let (orders, leases) = (arguments.orders, arguments.leases);
    let mut rows = Vec::new();
    rows.extend(Row::spread(&format!("{orders} orders bid for by the agent"), &agent));
    rows.extend(Row::spread(&format!("the same {orders} bids by a plain loop"), &looped));
    let ratio = spread(&agent)[1] / spread(&looped)[1];
    rows.push(Row::new("agent against plain loop (medians)", rounded(ratio), "x", Some(TIME_BAR)));
    let mib = |kib: u64| rounded(kib as f64 / 1024.0);
    rows.push(Row::new("agent's memory, idle", mib(idle), "MiB", None));
    rows.push(Row::new(format!("agent's memory, {leases} leases"), mib(with_leases), "MiB", None));
    let name = format!("agent's memory, {orders} open orders and {leases} leases");
    rows.push(Row::new(name, mib(with_orders), "MiB", Some(MEMORY_BAR_MIB)));
    let most = orders * arguments.rounds;
    rows.push(Row::new(format!("agent's memory at most, {most} bids"), mib(peak(&provider)?), "MiB", None));
    report::print(&rows);
    report::conclude(&arguments.at.out, &rows)
}

struct Bench {
    lab: &'static Lab,
    chain: Chain,
    tenant: Arc<LocalKey>,
    looping: Arc<LocalKey>,
}

impl Bench {
    /// Deploys until this many leases are active.
    fn run_leases(&self, count: usize) -> anyhow::Result<()> {
        let tenant = Account::open(self.lab, "tenant");
        let begin = Instant::now();
        for (number, from) in (0..count).step_by(LEASES_PER_DEPLOYMENT).enumerate() {
            let groups = LEASES_PER_DEPLOYMENT.min(count - from);
            let file = self.lab.manifest(&format!("leases{number}"), &manifest(groups));
            tenant.ok(&["deploy", &file, "--term", "2h", "--bid-window", "2s", "-y"]);
        }
        let filter = LeaseFilter::Tenant { tenant: tenant.address().to_owned() };
        let leases = self.lab.wait(self.lab.contracts.market.leases_all(filter, 10_000))?;
        let active = leases.iter().filter(|lease| lease.state == LeaseState::Active).count();
        anyhow::ensure!(active == count, "{active} of {count} leases are active");
        println!("{count} leases run after {:.0} s", begin.elapsed().as_secs_f64());
        Ok(())
    }

    /// Opens orders that only the provider of this region may bid for, all in one transaction.
    fn open(&self, count: usize, region: &str) -> anyhow::Result<Vec<OrderId>> {
        let mut messages = Vec::new();
        for from in (0..count).step_by(ORDERS_PER_MESSAGE) {
            let orders = ORDERS_PER_MESSAGE.min(count - from);
            let create = ExecuteMsg::CreateDeployment {
                version: HexBinary::from([9u8; 32]),
                orders: vec![spec(region); orders],
            };
            messages.push(self.chain.market(&create, MAX_PRICE * orders as u128)?);
        }
        let result =
            self.lab.wait(self.chain.send(self.tenant.clone(), messages)).context("opening orders")?;
        let orders: Vec<OrderId> = result
            .events
            .iter()
            .filter(|event| event.kind.ends_with("order_created"))
            .filter_map(|event| event.parse("order").map(OrderId))
            .collect();
        anyhow::ensure!(orders.len() == count, "{} of {count} orders were opened", orders.len());
        Ok(orders)
    }

    fn until_bid_for(&self, orders: &[OrderId]) {
        for order in orders {
            until("a bid on each order", LIMIT, || (self.lab.order(order.0).bids > 0).then_some(()));
        }
    }

    fn plain_loop(&self, orders: &[OrderId]) -> anyhow::Result<()> {
        let deposit = self.lab.wait(self.chain.bid_deposit())?;
        for batch in orders.chunks(BATCH) {
            let bid = |order: &OrderId| {
                let bid = ExecuteMsg::PlaceBid { order: *order, provider: None, price: 1_000u128.into() };
                self.chain.market(&bid, deposit)
            };
            let messages = batch.iter().map(bid).collect::<anyhow::Result<Vec<_>>>()?;
            self.lab
                .wait(self.chain.send(self.looping.clone(), messages))
                .context("the plain loop's bids")?;
        }
        Ok(())
    }
}

/// One small service without a port.
fn spec(region: &str) -> OrderSpec {
    let volume = Volume { name: "default".to_owned(), size: 1 << 20, persistent: false, class: None };
    let resources = Resources {
        cpu: 10,
        memory: 1 << 20,
        storage: vec![volume],
        bandwidth: 0,
        gpu: None,
        endpoints: 0,
        count: 1,
    };
    let attributes = vec![Attribute::new("region", region)];
    OrderSpec {
        group: Group {
            name: "web".to_owned(),
            resources: vec![resources],
            requirements: Requirements { attributes, ..Requirements::default() },
        },
        term: 3_600,
        max_price: Money::new(DENOM, MAX_PRICE),
        bid_window: 6 * 3_600,
        fallback: false,
    }
}

/// Web servers, each in a group and so in a lease of its own.
fn manifest(groups: usize) -> String {
    let mut text = String::from("version: \"2.0\"\nservices:\n");
    for n in 0..groups {
        text += &format!(
            "  web{n}:\n    image: nginx\n    expose:\n      - port: 80\n        to:\n          - global: true\n"
        );
    }
    text += "profiles:\n  compute:\n    web:\n      resources:\n        cpu:\n          units: 0.1\n        memory:\n          \
             size: 64Mi\n        storage:\n          size: 64Mi\n  placement:\n";
    for n in 0..groups {
        text += &format!(
            "    at{n}:\n      pricing:\n        web:\n          denom: uakt\n          amount: 10000\n"
        );
    }
    text += "deployment:\n";
    for n in 0..groups {
        text += &format!("  web{n}:\n    at{n}:\n      profile: web\n      count: 1\n");
    }
    text
}

/// KiB that the agent holds in memory.
fn resident(provider: &Provider) -> anyhow::Result<u64> {
    memory(provider, "VmRSS:")
}

/// The most KiB that it ever held.
fn peak(provider: &Provider) -> anyhow::Result<u64> {
    memory(provider, "VmHWM:")
}

fn memory(provider: &Provider, key: &str) -> anyhow::Result<u64> {
    let pid = provider.pid().context("the agent runs")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with(key)).context("its memory is known")?;
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).context("in KiB")
}
