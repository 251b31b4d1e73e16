//! Compiles manifest files, one line of JSON for each: `{"file", "manifest", "version", "warnings"}`, the manifest as
//! the text that is hashed, or `{"file", "errors"}`. For holding this implementation against another one.
//!
//! ```sh
//! cargo run -p manifest --example compile -- FILE...
//! ```
//!
//! Without a file, their names are read from the standard input, one a line.

use std::io::{self, BufRead, Write};

use serde_json::{json, Value};

fn main() -> io::Result<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let names: Box<dyn Iterator<Item = io::Result<String>>> = match named.is_empty() {
        true => Box::new(io::stdin().lock().lines()),
        false => Box::new(named.into_iter().map(Ok)),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for name in names {
        let name = name?;
        writeln!(out, "{}", compiled(&name, &std::fs::read(&name)?))?;
    }
    out.flush()
}

fn compiled(name: &str, source: &[u8]) -> Value {
    match manifest::parse(name, source) {
        Ok(sdl) => {
            let manifest = sdl.manifest();
            json!({
                "file": name,
                "manifest": String::from_utf8_lossy(&manifest.to_canonical_json()),
                "version": manifest.version().to_string(),
                "warnings": sdl.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        }
        Err(errors) => json!({
            "file": name,
            "errors": errors.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
    }
}
