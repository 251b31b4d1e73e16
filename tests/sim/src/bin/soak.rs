//! Plays seeds until so many operations are done, and keeps what came of it in a file, from which it goes on.
//!
//! `soak OPERATIONS FILE`; scripts/soak says what for.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sim::seed::run;
use sim::stats::Stats;

/// Other seeds than those of the tests.
const FIRST_SEED: u64 = 1_000_000;
const OPERATIONS_PER_SEED: usize = 400;
/// Everything is compared after so many operations and at the end of each seed; what an operation names, all balances
/// and a digest of all that is stored, after each.
const FULL_EVERY: u64 = 100;
/// Seeds after which the file is written.
const ROUND: u64 = 64;

#[derive(Serialize, Deserialize)]
struct Record {
    first_seed: u64,
    /// The next seed; all before it are played.
    next_seed: u64,
    operations_per_seed: usize,
    full_every: u64,
    /// Of the clock, over all runs.
    seconds: f64,
    operations_per_second: f64,
    failures: Vec<String>,
    stats: Stats,
}

impl Record {
    fn read(file: &Path) -> Result<Self, String> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new()),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}; remove it", file.display()))
    }

    fn new() -> Self {
        Self {
            first_seed: FIRST_SEED,
            next_seed: FIRST_SEED,
            operations_per_seed: OPERATIONS_PER_SEED,
            full_every: FULL_EVERY,
            seconds: 0.0,
            operations_per_second: 0.0,
            failures: vec![],
            stats: Stats::default(),
        }
    }

    fn write(&self, file: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        let fresh = file.with_extension("new");
        let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, file));
        written.map_err(|error| format!("{}: {error}", file.display()))
    }

    /// The next seeds, on all cores.
    fn round(&mut self) {
        let (started, end) = (Instant::now(), self.next_seed + ROUND);
        let next = AtomicU64::new(self.next_seed);
        let outcome = Mutex::new((Stats::default(), vec![]));
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let played = run(seed, OPERATIONS_PER_SEED, FULL_EVERY);
                    let mut outcome = outcome.lock().expect("no thread dies");
                    match played {
                        Ok(stats) => outcome.0.add(&stats),
                        Err(failure) => outcome.1.push(failure),
                    }
                });
            }
        });
        let (stats, mut failures) = outcome.into_inner().expect("no thread dies");
        failures.sort();
        self.stats.add(&stats);
        self.failures.extend(failures);
        self.next_seed = end;
        self.seconds += started.elapsed().as_secs_f64();
        self.operations_per_second = self.stats.operations as f64 / self.seconds;
    }
}

fn soak(operations: u64, file: &Path) -> Result<bool, String> {
    let mut record = Record::read(file)?;
    if record.operations_per_seed != OPERATIONS_PER_SEED || record.full_every != FULL_EVERY {
        return Err(format!("{} is of another length of seeds; remove it", file.display()));
    }
    while record.stats.operations < operations && record.failures.is_empty() {
        record.round();
        record.write(file)?;
        println!(
            "{} operations, {:.0} a second, seeds {}..{}",
            record.stats.operations, record.operations_per_second, record.first_seed, record.next_seed
        );
    }
    println!("{}", record.stats.table());
    println!(
        "{} operations of seeds {}..{} in {:.0} s, {:.0} a second, {} drained: {}",
        record.stats.operations,
        record.first_seed,
        record.next_seed,
        record.seconds,
        record.operations_per_second,
        record.stats.drains,
        if record.failures.is_empty() { "all as the model says".into() } else { record.failures.join("\n") }
    );
    Ok(record.failures.is_empty())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let operations = arguments.next().and_then(|text| text.parse().ok());
    let (Some(operations), Some(file)) = (operations, arguments.next()) else {
        eprintln!("expected a number of operations and a file, as scripts/soak gives them");
        return ExitCode::from(2);
    };
    match soak(operations, Path::new(&file)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
