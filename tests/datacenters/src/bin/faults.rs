//! Breaks links, agents and engines at random, heals them, and looks on from outside whether all is as it should be
//! again in time. `scripts/faults` runs it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use datacenters::{Datacenters, Fault, PATIENCE};
use e2e::{get, matched, one_service_each, runs, until, within, Account, Engine, Provider};
use market_api::LeaseId;
use serde_json::json;

const SITES: [&str; 3] = ["one", "two", "three"];
/// From healing until everything is as it should be again.
const RECOVERY: Duration = Duration::from_secs(30);
/// A fault holds so long at least, and up to this much longer.
const HOLD: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(8));
/// From a fault until it is felt.
const FELT: Duration = Duration::from_secs(20);
/// Of an agent that has little to do.
const MAX_FILES: usize = 256;
const MAX_MEMORY_KIB: u64 = 128 * 1024;

/// Steele, Lea and Flood's SplitMix64: the same seed gives the same faults.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((z ^ (z >> 31)) % limit).unwrap_or(0)
    }
}

/// A workload, its lease and where it runs.
struct Workload<'a> {
    engine: &'a Engine,
    address: String,
    lease: LeaseId,
}

impl Workload<'_> {
    /// Seen from outside: one container, in this colour, answers at the port that the engine published for it.
    fn serves(&self, colour: &str) -> bool {
        if !self.engine.answers() {
            return false;
        }
        let running = self.engine.running(self.lease.0);
        let [container] = &running[..] else { return false };
        let Some(inspected) = self.engine.try_inspect(container) else { return false };
        let Some(port) = inspected["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str() else {
            return false;
        };
        inspected["Config"]["Env"].to_string().contains(&format!("COLOUR={colour}"))
            && get(&format!("http://{}:{port}/", self.address)).is_some_and(|page| page.status == 200)
    }
}

/// Open files and resident memory of an agent.
fn used(provider: &Provider) -> (usize, u64) {
    let Some(pid) = provider.pid() else { return (0, 0) };
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).map(Iterator::count).unwrap_or(0);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse().ok());
    (files, kib.unwrap_or(0))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |otherwise: u64| arguments.next().map_or(otherwise, |text| text.parse().expect("a number"));
    let (minutes, seed) = (number(10), number(1));
    let out = arguments.next();
    let mut random = Random(seed);

    let world = Datacenters::up(3);
    let lab = &world.lab;
    let tenant = Account::open(lab, "tenant");
    let providers = world.providers(&SITES);
    providers.iter().for_each(Provider::launch);
    for provider in &providers {
        until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
    }
    let file = |colour: &str| lab.manifest("faults", &one_service_each("nginx", colour, &SITES));
    let (deployment, found) = matched(lab, &tenant, &file("round-0"), &SITES);
    let id = deployment.to_string();
    tenant.ok(&["send-manifest", &id, "--lease", &found[0].id.to_string()]);
    let workloads: Vec<Workload<'_>> = world
        .all
        .iter()
        .zip(&found)
        .map(|(place, lease)| {
            runs(lab, &place.engine, lease.id, "round-0");
            Workload { engine: &place.engine, address: place.address.to_string(), lease: lease.id }
        })
        .collect();

    let all = Fault::all(3);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut recoveries = Vec::new();
    let (mut most_files, mut most_memory) = (0, 0);
    let end = Instant::now() + Duration::from_secs(minutes.saturating_mul(60));
    let mut round = 0u64;
    while Instant::now() < end {
        round += 1;
        let mut faults: Vec<Fault> = (0..=random.below(3)).map(|_| all[random.below(all.len())]).collect();
        faults.sort();
        faults.dedup();
        let texts: Vec<String> = faults.iter().map(Fault::to_string).collect();
        println!("round {round}: {}", texts.join(", "));
        for fault in &faults {
            fault.inject(&world, &providers);
        }
        // A new version, given to one provider whose agent lives: the others have something to ask of each other.
        let colour = format!("round-{round}");
        let new = file(&colour);
        let version = tenant.ok(&["manifest", "version", &new]);
        let version = version["version"].as_str().expect("a version");
        let update =
            format!(r#"{{"update_deployment":{{"deployment":{deployment},"version":"{version}"}}}}"#);
        tenant.ok(&["tx", "market", &update, "-y"]);
        let alive: Vec<usize> = (0..providers.len()).filter(|n| providers[*n].pid().is_some()).collect();
        let given = alive.get(random.below(alive.len())).copied();
        let send = |to: usize| {
            // An agent whose engine is gone may be too busy to answer: then it is sent again below.
            tenant.run(&["send-manifest", &id, &new, "--lease", &workloads[to].lease.to_string()]).code == 0
        };
        let mut sent = given.is_some_and(send);
        for fault in &faults {
            let felt = within(FELT, || fault.struck(&world, &providers).then_some(()));
            assert!(felt.is_some(), "round {round}: {fault} was not felt");
            *counts.entry(fault.kind()).or_default() += 1;
        }
        let spread = usize::try_from(HOLD.1.as_millis()).unwrap_or(0);
        std::thread::sleep(HOLD.0 + Duration::from_millis(random.below(spread) as u64));
        for fault in &faults {
            fault.heal(&world, &providers);
        }
        let healed = Instant::now();
        let whole = within(PATIENCE, || {
            sent = sent || send(0);
            let done = sent
                && workloads.iter().all(|workload| workload.serves(&colour))
                && providers.iter().all(Provider::ready);
            done.then_some(())
        });
        let took = healed.elapsed();
        assert!(whole.is_some(), "round {round}: not whole again {} s after healing", took.as_secs());
        println!("  whole again after {:.1} s", took.as_secs_f64());
        recoveries.push(took);
        for provider in &providers {
            let (files, memory) = used(provider);
            most_files = most_files.max(files);
            most_memory = most_memory.max(memory);
        }
    }
    tenant.ok(&["close", &id, "-y"]);
    lab.check_money();

    recoveries.sort();
    let worst = recoveries.last().copied().unwrap_or_default();
    let median = recoveries.get(recoveries.len() / 2).copied().unwrap_or_default();
    let report = json!({
        "minutes": minutes, "seed": seed, "rounds": round, "faults": counts,
        "recovery_seconds": { "median": median.as_secs_f64(), "worst": worst.as_secs_f64() },
        "agents": { "most_open_files": most_files, "most_resident_kib": most_memory },
    });
    println!("{report}");
    if let Some(out) = out {
        std::fs::write(&out, format!("{report:#}\n")).expect("the report is written");
    }
    assert!(worst <= RECOVERY, "the slowest recovery took {:.1} s", worst.as_secs_f64());
    assert!(most_files <= MAX_FILES, "an agent had {most_files} open files");
    assert!(most_memory <= MAX_MEMORY_KIB, "an agent had {most_memory} KiB resident");
}
