//! 256 seeds of 400 operations each, every one held against the model.
//!
//! `SIM_SEEDS=1000` or `SIM_SEEDS=17..18` and `SIM_OPS=1000` run more, or one again; `SIM_FULL_EVERY=1` compares
//! everything after every operation; `SIM_WHY=1` tells why what was refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Instant;

use sim::seed::run;
use sim::stats::Stats;
use sim::world::play;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn seeds() -> std::ops::Range<u64> {
    let value = std::env::var("SIM_SEEDS").unwrap_or_else(|_| "256".into());
    let parsed = match value.split_once("..") {
        Some((from, to)) => from.parse().ok().zip(to.parse().ok()),
        None => value.parse().ok().map(|to| (0, to)),
    };
    let (from, to) = parsed.expect("SIM_SEEDS is a number, or two with .. between them");
    from..to
}

#[test]
fn the_contracts_do_what_the_model_says() {
    let (seeds, ops, full_every) = (seeds(), number("SIM_OPS", 400) as usize, number("SIM_FULL_EVERY", 20));
    println!("seeds {}..{} with {ops} operations each", seeds.start, seeds.end);
    let started = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let total = Mutex::new(Stats::default());
    let failures = Mutex::new(Vec::<String>::new());
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end || failures.lock().unwrap().len() >= 3 {
                    return;
                }
                match run(seed, ops, full_every) {
                    Ok(stats) => total.lock().unwrap().add(&stats),
                    Err(failure) => {
                        println!("{failure}");
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap();
    println!(
        "{} operations in {:.0} s\n{}",
        total.operations,
        started.elapsed().as_secs_f64(),
        total.table()
    );
    if std::env::var_os("SIM_WHY").is_some() {
        println!("{}", total.reasons());
    }
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} seeds failed:\n{}", failures.len(), failures.join("\n"));
    // Few operations prove nothing about shares.
    if total.operations >= 50_000 {
        let one_sided = total.one_sided();
        assert!(one_sided.is_empty(), "hardly ever accepted, or hardly ever refused: {one_sided:#?}");
        let rare: Vec<_> = total.edges.iter().filter(|(_, count)| **count < 50).collect();
        assert!(
            rare.is_empty() && total.edges.len() == EDGES,
            "hardly ever taken: {rare:?} of {:?}",
            total.edges
        );
    }
}

/// The edges between states that the model knows: five of orders, eight of leases, two of punishments, seven of
/// proposals, two of their deposits.
const EDGES: usize = 24;

#[test]
fn the_same_operations_lead_to_the_same_state() {
    let numbers: Vec<u64> = (0..200u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let first = play(&numbers, 50).unwrap().1;
    let second = play(&numbers, 50).unwrap().1;
    assert_eq!(first, second);
}
