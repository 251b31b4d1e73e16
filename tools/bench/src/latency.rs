//! From the tenant's transaction to the container's first answer, split by stage, against the floor measured in the
//! same run: the bidding window, the blocks that cannot be avoided, and a plain `docker run` of the same image.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::{get, until, Account, Lab, Pricing, Provider};
use market_api::{LeaseState, OrderFilter, OrderId};

use crate::report::{self, rounded, spread, Row};

const BID_WINDOW: u64 = 3;
const LIMIT: Duration = Duration::from_secs(60);
const STAGES: [&str; 6] =
    ["order on the chain", "both bids in the book", "matched", "container runs", "first answer", "active"];

#[derive(clap::Args)]
pub struct Arguments {
    /// Deployments that are measured, one after the other
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where to write the figures
    #[arg(long)]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let lab = Lab::get();
    let providers = [
        Provider::open(lab, 1, Pricing { cpu: 100_000, memory: 10_000 }),
        Provider::open(lab, 2, Pricing { cpu: 300_000, memory: 30_000 }),
    ];
    providers.iter().for_each(Provider::start);
    let tenant = Account::open(lab, "tenant");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/web.yaml");

    let mut stages: [Vec<Duration>; 6] = Default::default();
    let (mut totals, mut engine, mut blocks, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.runs {
        // Interleaved, so that a slow moment of the machine meets both.
        engine.push(docker_run(lab));
        blocks.push(block_time(lab));

        let window = format!("{BID_WINDOW}s");
        let mut child = tenant
            .command(&["deploy", file, "--term", "1h", "--bid-window", &window, "-y"])
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the akash binary is built");
        let known = newest_order(lab, &tenant);
        let start = Instant::now();
        let order = until("the order is on the chain", LIMIT, || {
            newest_order(lab, &tenant).filter(|o| Some(*o) != known)
        });
        let created = start.elapsed();
        until("both bids", LIMIT, || (lab.order(order.0).bids == 2).then_some(()));
        let bids = start.elapsed();
        let lease = until("the match", LIMIT, || lab.order(order.0).lease);
        let matched = start.elapsed();
        let container = until("the container runs", LIMIT, || lab.engine.running(lease.0).first().cloned());
        let running = start.elapsed();
        let port = published_port(lab, &container);
        until("the first answer", LIMIT, || get(&format!("http://127.0.0.1:{port}/")));
        let answered = start.elapsed();
        until("the lease is active", LIMIT, || {
            (lab.lease(lease.0).state == LeaseState::Active).then_some(())
        });
        let active = start.elapsed();
        for (stage, moment) in stages.iter_mut().zip([created, bids, matched, running, answered, active]) {
            stage.push(moment);
        }
        totals.push(answered);
        let _ = child.wait();
        tenant.ok(&["close", &lab.lease(lease.0).deployment.to_string(), "-y"]);
        let closed = Instant::now();
        until("nothing is left", LIMIT, || lab.engine.remains(lease.0).is_empty().then_some(()));
        gone.push(closed.elapsed());
    }

    let block = spread(&blocks)[1];
    let run = spread(&engine)[1];
    // Creation and match each wait for their block.
    let floor = BID_WINDOW as f64 + 2.0 * block + run;
    let mut rows = vec![
        Row::new("block time (median)", rounded(block), "s", None),
        Row::new("bidding window", BID_WINDOW as f64, "s", None),
    ];
    rows.extend(Row::spread("plain docker run to first answer", &engine));
    for (name, runs) in STAGES.iter().zip(&stages) {
        rows.extend(Row::spread(&format!("from the command to: {name}"), runs));
    }
    rows.push(Row::new("floor: window + 2 blocks + docker run", rounded(floor), "s", None));
    let above = (spread(&totals)[1] - floor) / block;
    rows.push(Row::new("blocks above the floor", rounded(above), "blocks", Some(2.0)));
    rows.extend(Row::spread("from the close to: nothing left", &gone));
    report::print(&rows);
    report::conclude(&arguments.out, &rows)
}

fn newest_order(lab: &Lab, tenant: &Account) -> Option<OrderId> {
    let filter = OrderFilter::Tenant { tenant: tenant.address().to_owned() };
    let orders = lab.wait(lab.contracts.market.orders_all(filter, 10_000)).ok()?;
    orders.last().map(|order| order.id)
}

fn block_time(lab: &Lab) -> Duration {
    let first = lab.height();
    let next = until("a block", LIMIT, || Some(lab.height()).filter(|height| *height > first));
    let start = Instant::now();
    until("four more blocks", LIMIT, || (lab.height() >= next + 4).then_some(()));
    start.elapsed() / 4
}

/// A container of the same image started by hand with a network of its own, until it answers.
fn docker_run(lab: &Lab) -> Duration {
    let docker = |arguments: &[&str]| {
        let output = Command::new("docker")
            .args(["-H", &lab.engine.host])
            .args(arguments)
            .output()
            .expect("docker runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let start = Instant::now();
    docker(&["network", "create", "bench-floor"]);
    let id = docker(&["run", "-d", "--network", "bench-floor", "-p", "127.0.0.1::80", "nginx"]);
    let port = published_port(lab, &id);
    until("the plain container answers", LIMIT, || get(&format!("http://127.0.0.1:{port}/")));
    let took = start.elapsed();
    docker(&["rm", "-f", &id]);
    docker(&["network", "rm", "bench-floor"]);
    took
}

fn published_port(lab: &Lab, container: &str) -> String {
    let inspected = lab.engine.inspect(container);
    let port = &inspected["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"];
    port.as_str().unwrap_or_else(|| panic!("port 80 is not published: {port}")).to_owned()
}
