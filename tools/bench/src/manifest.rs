//! What it costs to read a tenant's file: parse, validate, compile, and hash into the deployment's version.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{ensure, Context};

use crate::report::{self, rounded, spread, Row};

/// Bytes of the file.
const SIZE: usize = 200 * 1024;
/// Milliseconds for one, from the specification of the language.
const BAR: f64 = 5.0;
/// MiB that a process may grow by while it reads all the files but the first hundred: what an allocator keeps aside.
const GROWTH: f64 = 1.0;
const WARM: u32 = 100;

#[derive(clap::Args)]
pub struct Arguments {
    /// Files that are read, each another one
    #[arg(long)]
    files: u32,
    /// Where to write the figures
    #[arg(long)]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut times = Vec::with_capacity(arguments.files as usize);
    let (mut warm, mut bytes) = (0.0, 0);
    for number in 0..arguments.files {
        let source = file(number);
        bytes = source.len();
        let begin = Instant::now();
        let read =
            manifest::parse("bench.yaml", source.as_bytes()).map_err(|errors| anyhow::anyhow!("{errors}"))?;
        let version = read.manifest().version();
        times.push(begin.elapsed());
        ensure!(read.manifest().groups.len() == PLACEMENTS, "version {version}: groups are missing");
        if number + 1 == WARM.min(arguments.files) {
            warm = resident()?;
        }
    }
    let growth = resident()? - warm;
    let [min, median, max] = spread(&times).map(|seconds| seconds * 1_000.0);
    let total: Duration = times.iter().sum();
    let rows = [
        Row::new("a file's size", bytes as f64, "bytes", None),
        Row::new("parse, validate and hash it (min)", rounded(min), "ms", None),
        Row::new("parse, validate and hash it (median)", rounded(median), "ms", Some(BAR)),
        Row::new("parse, validate and hash it (max)", rounded(max), "ms", None),
        Row::new("files, each another one", f64::from(arguments.files), "files", None),
        Row::new("all of them", rounded(total.as_secs_f64()), "s", None),
        Row::new("memory after the first hundred", rounded(warm), "MiB", None),
        Row::new("more memory after the last", rounded(growth), "MiB", Some(GROWTH)),
    ];
    report::print(&rows);
    report::conclude(&arguments.out, &rows)
}

const PLACEMENTS: usize = 5;
const SERVICES: usize = 50;

/// Services with what real files have much of, variables and arguments, up to the size; no two numbers make the same.
fn file(number: u32) -> String {
    let mut out = String::from("---\nversion: \"2.0\"\nservices:\n");
    // What profiles and deployment take.
    let rest = 40 * SERVICES + 200 * PLACEMENTS + 300;
    for service in 0..SERVICES {
        let _ = write!(
            out,
            "  service-{service}:\n    image: example/service-{service}:{number}\n    expose:\n      - port: 80\n        \
             to:\n          - global: true\n    env:\n"
        );
        let until = (SIZE - rest) * (service + 1) / SERVICES;
        let mut variable = 0;
        while out.len() < until {
            let _ = writeln!(
                out,
                "      - \"VARIABLE_{variable}=value {variable} of file {number}, as long as a path\""
            );
            variable += 1;
        }
    }
    out.push_str(
        "profiles:\n  compute:\n    small:\n      resources:\n        cpu:\n          units: 0.5\n        memory:\n          \
         size: 512Mi\n        storage:\n          size: 1Gi\n  placement:\n",
    );
    for placement in 0..PLACEMENTS {
        let _ = write!(
            out,
            "    place-{placement}:\n      attributes:\n        region: eu-{placement}\n      pricing:\n        small:\n          \
             denom: uakt\n          amount: 1000\n"
        );
    }
    out.push_str("deployment:\n");
    for service in 0..SERVICES {
        let _ = write!(
            out,
            "  service-{service}:\n    place-{}:\n      profile: small\n      count: 1\n",
            service % PLACEMENTS
        );
    }
    out
}

/// MiB of this process.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("/proc/self/status has no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_that_is_measured_is_valid_and_of_about_the_size_that_is_said() {
        let source = file(1);
        let read =
            manifest::parse("bench.yaml", source.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(read.manifest().groups.len(), PLACEMENTS);
        assert!((SIZE * 95 / 100..=SIZE * 105 / 100).contains(&source.len()), "{}", source.len());
        assert_ne!(
            read.manifest().version(),
            manifest::parse("x", file(2).as_bytes()).unwrap().manifest().version()
        );
    }
}
