//! Figures against their bars.

use std::path::Path;

use anyhow::Context;
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
}

pub fn write(path: &Path, rows: &[Row]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, serde_json::to_vec_pretty(rows)?).with_context(|| path.display().to_string())
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
}
