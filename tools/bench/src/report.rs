//! Figures against their bars: printed for people, written as JSON for programs.

use std::path::Path;
use std::time::Duration;

use anyhow::{bail, Context};
use comfy_table::{presets, CellAlignment, Table};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// The most that it may be; absent when nothing is demanded.
    pub bar: Option<f64>,
    pub holds: bool,
}

impl Row {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str, bar: Option<f64>) -> Self {
        Self { name: name.into(), value, unit, bar, holds: bar.is_none_or(|bar| value <= bar) }
    }

    /// Minimum, median and maximum of several runs, in seconds.
    pub fn spread(name: &str, runs: &[Duration]) -> [Self; 3] {
        let [min, median, max] = spread(runs);
        [("min", min), ("median", median), ("max", max)]
            .map(|(which, value)| Self::new(format!("{name} ({which})"), rounded(value), "s", None))
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

/// To thousandths: more is noise.
pub fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

pub fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["figure", "value", "unit", "bar", ""]);
    for row in rows {
        let (bar, verdict) = match row.bar {
            Some(bar) => (bar.to_string(), if row.holds { "holds" } else { "MISSED" }),
            None => (String::new(), ""),
        };
        table.add_row([&row.name, &row.value.to_string(), row.unit, &bar, verdict]);
    }
    for column in [1, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
}

/// Writes the rows and fails, naming them, when some are above their bars.
pub fn conclude(path: &Path, rows: &[Row]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, serde_json::to_vec_pretty(rows)?).with_context(|| path.display().to_string())?;
    println!("Written to {}", path.display());
    let missed: Vec<_> = rows.iter().filter(|row| !row.holds).map(|row| row.name.as_str()).collect();
    if !missed.is_empty() {
        bail!("above the bar: {}", missed.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_up_to_its_bar_and_not_beyond() {
        assert!(Row::new("x", 350.0, "gas", Some(350.0)).holds);
        assert!(!Row::new("x", 351.0, "gas", Some(350.0)).holds);
        assert!(Row::new("x", 351.0, "gas", None).holds);
    }

    #[test]
    fn the_spread_does_not_depend_on_the_order_of_the_runs() {
        let runs = [3, 1, 2].map(Duration::from_secs);
        assert_eq!(spread(&runs), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_missed_bar_is_written_and_fails() {
        let path = std::env::temp_dir().join(format!("bench-report-{}.json", std::process::id()));
        let rows = [Row::new("x", 2.0, "s", Some(1.0))];
        assert!(conclude(&path, &rows).unwrap_err().to_string().contains('x'));
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"holds\": false"));
        std::fs::remove_file(path).unwrap();
    }
}
