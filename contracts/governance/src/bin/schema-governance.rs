//! Writes the contract's JSON Schemas to `schema/governance` of the repository.

use cosmwasm_schema::{generate_api, remove_schemas};
use governance_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use std::path::Path;
use std::{error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/governance");
    let raw = dir.join("raw");
    fs::create_dir_all(&raw)?;
    remove_schemas(&dir)?;
    remove_schemas(&raw)?;
    let api = generate_api! {
        name: "governance",
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
        migrate: MigrateMsg,
    }
    .render();
    fs::write(dir.join("governance.json"), api.to_string()? + "\n")?;
    for (name, json) in api.to_schema_files()? {
        fs::write(raw.join(name), json + "\n")?;
    }
    println!("wrote {}", dir.display());
    Ok(())
}
