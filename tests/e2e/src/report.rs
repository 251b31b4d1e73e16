use std::path::Path;
use std::time::Duration;

use serde_json::{json, Value};

/// A benchmark's table: printed for people, written to `target/bench/NAME.json` for programs.
#[derive(Debug)]
pub struct Report {
    name: String,
    rows: Vec<Value>,
}

impl Report {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), rows: Vec::new() }
    }

    /// A figure without a bar.
    pub fn figure(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        self.rows.push(
            json!({ "name": name.into(), "value": rounded(value), "unit": unit, "bar": null, "holds": null }),
        );
    }

    /// A figure that must not exceed its bar. A missed one stays in the table as missed.
    pub fn at_most(&mut self, name: impl Into<String>, value: f64, unit: &str, bar: f64) {
        let holds = value <= bar;
        self.rows.push(
            json!({ "name": name.into(), "value": rounded(value), "unit": unit, "bar": rounded(bar), "holds": holds }),
        );
    }

    /// Minimum, median and maximum of several runs.
    pub fn spread(&mut self, name: &str, runs: &[Duration]) {
        let [min, median, max] = spread(runs);
        for (which, value) in [("min", min), ("median", median), ("max", max)] {
            self.figure(format!("{name} ({which})"), value, "s");
        }
    }

    pub fn finish(self) {
        let width = self.rows.iter().filter_map(|row| row["name"].as_str()).map(str::len).max().unwrap_or(0);
        for row in &self.rows {
            let name = row["name"].as_str().unwrap_or_default();
            let bar = match (row["bar"].as_f64(), row["holds"].as_bool()) {
                (Some(bar), Some(true)) => format!("  bar {bar}: holds"),
                (Some(bar), _) => format!("  bar {bar}: MISSED"),
                (None, _) => String::new(),
            };
            println!("{name:width$}  {:>12} {}{bar}", row["value"], row["unit"].as_str().unwrap_or_default());
        }
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
        let text = serde_json::to_string_pretty(&self.rows).expect("rows are JSON");
        std::fs::create_dir_all(&dir).expect("target/bench is made");
        std::fs::write(dir.join(format!("{}.json", self.name)), text).expect("the report is written");
    }
}

/// Minimum, median and maximum in seconds.
pub fn spread(runs: &[Duration]) -> [f64; 3] {
    let mut sorted: Vec<f64> = runs.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [] => [0.0; 3],
        all => [all[0], all[all.len() / 2], all[all.len() - 1]],
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
