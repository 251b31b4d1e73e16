//! The tunnel beside the usual ones, in one run, against its bars: `bench OUT.json ROUNDS`.
//!
//! Everything runs on this host's loopback. Each round measures every subject once, in an order of its own; figures are
//! medians over the rounds. A bar is held against subjects of the same run only.

mod load;
mod subject;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use load::Figures;
use serde_json::{json, Value};
use subject::Subject;

const OURS: &str = "overlay";
/// Forwards plain bytes twice, and encrypts nothing.
const RELAY: &str = "relay";
const DIRECT: &str = "direct";

/// Which way a figure is good, and how far from what it must be.
enum Bar {
    /// At least so many times the best of these.
    Above(f64, &'static [&'static str]),
    /// At most so many times the best of these.
    Below(f64, &'static [&'static str]),
    AtMost(f64),
    Is(f64),
}

const PEERS: &[&str] = &["stunnel", "haproxy", "nginx"];

const BARS: &[(&str, &str, Bar)] = &[
    ("check", "1: half-closes, ends and every byte as sent", Bar::Is(1.0)),
    ("bulk1", "Gbit/s, one stream", Bar::Above(1.7, PEERS)),
    ("bulk8", "Gbit/s, eight streams", Bar::Above(1.7, PEERS)),
    ("cpu1", "CPU seconds per GB, one stream", Bar::Below(0.6, PEERS)),
    ("cpu8", "CPU seconds per GB, eight streams", Bar::Below(0.6, PEERS)),
    ("cpu1", "CPU seconds per GB, one stream", Bar::Below(1.15, &[RELAY])),
    ("cpu8", "CPU seconds per GB, eight streams", Bar::Below(1.15, &[RELAY])),
    ("calls", "system calls per MB", Bar::AtMost(25.0)),
    ("echo1", "microseconds, median of 64-byte echoes on one connection", Bar::Below(1.05, PEERS)),
    ("echo32", "echoes per second on 32 connections", Bar::Above(1.1, PEERS)),
    ("connect", "connections with one echo per second", Bar::Above(4.0, PEERS)),
    ("idle", "KiB per idle connection, both ends", Bar::AtMost(20.0)),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, rounds, only @ ..] = arguments.as_slice() else {
        return Err("usage: bench OUT.json ROUNDS [SUBJECT...]".into());
    };
    let rounds: usize = rounds.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let target = load::target()?;
    let work = PathBuf::from(out).with_extension("work");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    let mut samples: BTreeMap<String, BTreeMap<&'static str, Vec<f64>>> = BTreeMap::new();
    let mut names: Vec<&str> = vec![DIRECT, RELAY, OURS];
    names.extend(PEERS);
    names.retain(|name| only.is_empty() || only.iter().any(|wanted| wanted == name));
    for round in 0..rounds {
        // Another order each time, the same in each run.
        names.rotate_left(1 + round % 2);
        for name in &names {
            let figures = measure(name, &work, target, round == 0, &runtime)?;
            eprintln!("round {round}: {name}: {figures:?}");
            let of_subject = samples.entry((*name).to_owned()).or_default();
            for (figure, value) in figures {
                of_subject.entry(figure).or_default().push(value);
            }
        }
    }
    let medians: BTreeMap<&str, BTreeMap<&str, f64>> = samples
        .iter()
        .map(|(name, figures)| {
            (name.as_str(), figures.iter().map(|(figure, values)| (*figure, median(values))).collect())
        })
        .collect();
    let rows: Vec<Value> = BARS.iter().map(|bar| row(bar, &medians)).collect();
    fs::write(out, serde_json::to_string_pretty(&json!({ "rows": rows, "medians": medians }))?)?;
    for row in &rows {
        println!("{row}");
    }
    let _ = fs::remove_dir_all(&work);
    let missed = rows.iter().filter(|row| row["holds"] != json!(true)).count();
    if missed > 0 {
        return Err(format!("{missed} of {} bars do not hold; see {out}", rows.len()).into());
    }
    Ok(())
}

fn measure(
    name: &str,
    work: &std::path::Path,
    target: SocketAddr,
    first: bool,
    runtime: &tokio::runtime::Runtime,
) -> Result<Figures, Box<dyn Error>> {
    let subject = Subject::start(name, &work.join(name), target)?;
    let address = subject.address;
    let mut figures = Figures::new();
    if first {
        figures.insert("check", runtime.block_on(load::check(address))?);
    }
    let before = subject.memory();
    {
        let open = runtime.block_on(load::idle(address))?;
        let count = open.len() as f64;
        figures.insert("idle", (subject.memory() - before).max(0.0) / count);
    }
    for (streams, rate, cpu) in [(1, "bulk1", "cpu1"), (8, "bulk8", "cpu8")] {
        let spent = subject.cpu();
        let (bytes, seconds) = load::bulk(address, streams)?;
        let gigabytes = bytes as f64 / 1e9;
        figures.insert(rate, gigabytes * 8.0 / seconds);
        figures.insert(cpu, (subject.cpu() - spent) / gigabytes);
    }
    if first && !subject.processes.is_empty() {
        if let Some(calls) = subject.calls_per_megabyte(|| load::bulk(address, 1).map(|(bytes, _)| bytes))? {
            figures.insert("calls", calls);
        }
    }
    figures.insert("echo1", load::echo(address, 1)?.0);
    figures.insert("echo32", load::echo(address, 32)?.1);
    figures.insert("connect", load::connects(address)?);
    drop(subject);
    std::thread::sleep(Duration::from_millis(200));
    Ok(figures)
}

fn row((figure, meaning, bar): &(&str, &str, Bar), medians: &BTreeMap<&str, BTreeMap<&str, f64>>) -> Value {
    let of = |name: &str| medians.get(name).and_then(|figures| figures.get(figure)).copied();
    let ours = of(OURS);
    let best = |names: &[&str], higher: bool| {
        let values = names.iter().filter_map(|name| of(name));
        if higher {
            values.reduce(f64::max)
        } else {
            values.reduce(f64::min)
        }
    };
    let (bar, least) = match bar {
        Bar::Above(times, names) => (best(names, true).map(|best| best * times), true),
        Bar::Below(times, names) => (best(names, false).map(|best| best * times), false),
        Bar::AtMost(limit) => (Some(*limit), false),
        Bar::Is(value) => (Some(*value), true),
    };
    // What could not be measured does not hold.
    let holds = ours.zip(bar).is_some_and(|(ours, bar)| if least { ours >= bar } else { ours <= bar });
    json!({ "figure": figure, "meaning": meaning, "value": ours, "bar": bar, "at_least": least, "holds": holds })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
