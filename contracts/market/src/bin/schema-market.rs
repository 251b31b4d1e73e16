//! Writes the JSON Schemas of the market's messages to `schema/market`.

use std::error::Error;
use std::fs;
use std::path::Path;

use cosmwasm_schema::generate_api;
use market_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

fn main() -> Result<(), Box<dyn Error>> {
    let api = generate_api! {
        name: "market",
        instantiate: InstantiateMsg,
        query: QueryMsg,
        execute: ExecuteMsg,
        migrate: MigrateMsg,
    }
    .render();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/market");
    let raw = folder.join("raw");
    fs::create_dir_all(&raw)?;
    for (name, json) in api.to_schema_files()? {
        fs::write(raw.join(name), json + "\n")?;
    }
    fs::write(folder.join("market.json"), api.to_string()? + "\n")?;
    println!("wrote {}", folder.display());
    Ok(())
}
