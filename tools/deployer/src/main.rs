//! `deployer`: puts the contract suite on a chain, wires it and writes the address book. Each step is on disk before
//! and after its transaction, so that a run can be cut off anywhere and run again.

mod artifact;
mod config;
mod deploy;
mod error;
mod hand_over;
mod key;
mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use config::{Config, Overrides};
pub use error::DeployError;

/// Deploys the contract suite as CONFIG says. Run it again after a failure: it goes on where it stopped.
#[derive(Parser)]
#[command(name = "deployer", version)]
struct Arguments {
    /// The deployment, such as deployments/local.toml
    config: PathBuf,
    /// Check file, key and contracts, and stop before anything is contacted
    #[arg(long)]
    check: bool,
    /// Deploy a new suite even though this file's is complete, and keep the old progress in a .old file
    #[arg(long)]
    redeploy: bool,
    /// Endpoint to use in place of the file's; repeat it for several
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// Mnemonic of the deploying account, in place of the file's key
    #[arg(long, value_name = "FILE")]
    mnemonic_file: Option<PathBuf>,
    /// Where to write the address book, in place of the file's
    #[arg(long, value_name = "FILE")]
    address_book: Option<PathBuf>,
    /// Folder of the contracts' Wasm, in place of the file's
    #[arg(long, value_name = "DIR")]
    artifacts: Option<PathBuf>,
    /// The commit that the contracts were built from, for the record
    #[arg(long, default_value = "unknown")]
    commit: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), DeployError> {
    // Fails only when one is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let overrides = Overrides {
        rpc: arguments.rpc,
        mnemonic_file: arguments.mnemonic_file,
        address_book: arguments.address_book,
        artifacts: arguments.artifacts,
    };
    let config = Config::load(&arguments.config, &overrides)?;
    let signer = key::load(&config)?;
    let artifacts = artifact::Artifact::read_all(&config.artifacts, &artifact::Contract::of(&config))?;
    if arguments.check {
        println!("{} is usable", arguments.config.display());
        println!("  chain      {} at {}", config.chain.id, config.chain.rpc.join(", "));
        println!("  deployer   {}", chain_client::Signer::address(&signer));
        for artifact in &artifacts {
            println!(
                "  {:<10} {} bytes, sha256 {}",
                artifact.contract.name(),
                artifact.wasm.len(),
                artifact.sha256
            );
        }
        println!("  writes     {}", config.address_book.display());
        return Ok(());
    }
    deploy::run(&config, signer, artifacts, &arguments.commit, arguments.redeploy).await
}
