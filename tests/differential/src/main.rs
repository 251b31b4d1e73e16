//! The simulated chain of the contracts' tests against a real one.
//!
//! tests/sim holds the contracts against a model, in one process, compiled for this machine, on a simulated chain. This
//! says that a real chain, which runs the Wasm that is uploaded, does the same: [`twin`] plays the same operations on
//! both. scripts/differential runs it; README.md says what is compared and what it found.

mod abci;
mod accounts;
mod chain;
mod gas;
mod queries;
mod same;
mod twin;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;

use crate::chain::Lab;
use crate::gas::Baseline;
use crate::twin::Summary;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    wasmd: PathBuf,
    /// Where NAME.wasm of each contract is
    #[arg(long)]
    artifacts: PathBuf,
    /// Emptied, then home of one chain for each seed
    #[arg(long)]
    dir: PathBuf,
    #[arg(long)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    first: u64,
    #[arg(long)]
    operations: usize,
    /// Compares gas with this file
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Writes the file in place of comparing
    #[arg(long, requires = "baseline")]
    write: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let lab = Lab {
        wasmd: arguments.wasmd.clone(),
        artifacts: arguments.artifacts.clone(),
        dir: std::path::absolute(&arguments.dir)?,
    };
    lab.prepare()?;
    let begin = Instant::now();
    let (all, failures) = play(&lab, arguments);
    println!(
        "{} operations in {} blocks of {} seeds: {} accepted, {} refused, {} that nobody can send left out; {} stored entries and {} queries compared; {:.0} s",
        all.operations,
        all.blocks,
        arguments.seeds,
        all.accepted,
        all.refused,
        all.skipped,
        all.entries,
        all.queries,
        begin.elapsed().as_secs_f64()
    );
    for (words, count) in &all.own_words {
        println!("worded differently {count} times: {words}");
    }
    for failure in &failures {
        println!("DIFFERENT: {failure}");
    }
    if !failures.is_empty() {
        return Ok(false);
    }
    let Some(file) = &arguments.baseline else { return Ok(true) };
    let now = Baseline::of(arguments.seeds, arguments.operations, &all.gas);
    if arguments.write {
        now.write(file)?;
        println!("{} messages in {}", all.gas.len(), file.display());
        return Ok(true);
    }
    let complaints = Baseline::read(file).context("the gas baseline")?.against(&now);
    for complaint in &complaints {
        println!("GAS: {complaint}");
    }
    if complaints.is_empty() {
        println!("gas of {} messages is that of the baseline, or at most a twentieth more", all.gas.len());
    } else {
        println!("if that is meant, scripts/differential --write-gas makes it the baseline; commit it with the change");
    }
    Ok(complaints.is_empty())
}

/// Plays the seeds, one on each core; an earlier failure of one ends none of the others.
fn play(lab: &Lab, arguments: &Arguments) -> (Summary, Vec<String>) {
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first + arguments.seeds;
    let results = Mutex::new((Summary::default(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return;
                }
                let played = twin::seed(lab, seed, arguments.operations);
                let mut results = results.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                match played {
                    Ok(summary) => results.0.add(&summary),
                    Err(difference) => results.1.push(format!("seed {seed}: {difference:#}")),
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}
