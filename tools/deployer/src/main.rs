//! `deployer`: puts the contract suite on a chain, wires it and writes the address book; records migrations in the
//! book; checks a live chain against it. Each step of a deployment is on disk before and after its transaction, so that
//! a run can be cut off anywhere and run again.

mod artifact;
mod config;
mod deploy;
mod error;
mod hand_over;
mod key;
mod progress;
mod record;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use chain_client::{AddressBook, Client};
use clap::{Args, Parser, Subcommand};

use config::{Config, Overrides};
pub use error::DeployError;

/// The contract suite on a chain.
#[derive(Parser)]
#[command(name = "deployer", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Deploy the suite as CONFIG says. Run it again after a failure: it goes on where it stopped
    Deploy(DeployArgs),
    /// Write migrations that were carried out into an address book
    Record(RecordArgs),
    /// Hold a live chain against an address book; fails when anything differs
    Verify(VerifyArgs),
}

#[derive(Args)]
struct DeployArgs {
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

#[derive(Args)]
struct RecordArgs {
    address_book: PathBuf,
    /// Hashes of the transactions that migrated contracts, and of those that stored the new code
    #[arg(required = true)]
    transactions: Vec<String>,
    /// Endpoint to use in place of the book's; repeat it for several
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
    /// The commit that the new code was built from
    #[arg(long, default_value = "unknown")]
    commit: String,
}

#[derive(Args)]
struct VerifyArgs {
    address_book: PathBuf,
    /// Endpoint to use in place of the book's; repeat it for several
    #[arg(long, value_name = "URL")]
    rpc: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Fails only when one is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = match Arguments::parse().command {
        Command::Deploy(arguments) => deploy(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Record(arguments) => record(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Verify(arguments) => verify(arguments).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

/// The chain of a book, asked at these endpoints where there are any.
fn client(book: &AddressBook, rpc: &[String]) -> Result<Client, DeployError> {
    let rpc = if rpc.is_empty() { &book.rpc } else { rpc };
    Client::new(&book.chain_id, rpc).map_err(DeployError::query(format!("reaching {}", rpc.join(", "))))
}

async fn record(arguments: RecordArgs) -> Result<(), DeployError> {
    let path = &arguments.address_book;
    let mut book = AddressBook::load(path)?;
    let client = client(&book, &arguments.rpc)?;
    for line in record::run(&client, &mut book, &arguments.transactions, &arguments.commit).await? {
        println!("  {line}");
    }
    book.save(path)?;
    println!("Recorded in {}; check the whole with scripts/verify-deployment", path.display());
    Ok(())
}

/// 0 when the chain is as the book says, 1 when it is not; 2 is an error that left the question open.
async fn verify(arguments: VerifyArgs) -> Result<ExitCode, DeployError> {
    let book = AddressBook::load(&arguments.address_book)?;
    let client = client(&book, &arguments.rpc)?;
    let status = client.status().await.map_err(DeployError::query(format!("chain {}", book.chain_id)))?;
    let found = verify::read(&client, &book).await?;
    println!("{} at height {} by {}", book.chain_id, found.height, status.endpoint);
    println!("commit {}, deployed {}", book.commit, book.deployed_at);
    let checks = verify::compare(&book, &found);
    for check in &checks {
        if check.holds() {
            println!("  ok         {}: {}", check.what, check.found);
        } else {
            println!(
                "  DIFFERENT  {}: the book says {}, the chain {}",
                check.what, check.expected, check.found
            );
        }
    }
    for line in verify::parameters(&found) {
        println!("  parameter  {line}");
    }
    let unknown = verify::unknown_transactions(&book, &found);
    if unknown > 0 {
        println!("  not known  {unknown} transactions of the book, which this node does not have");
    }
    let differences = checks.iter().filter(|check| !check.holds()).count();
    if differences == 0 {
        println!("{} checks, the chain is as the book says", checks.len());
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{} checks, {differences} differences", checks.len());
        Ok(ExitCode::FAILURE)
    }
}

async fn deploy(arguments: DeployArgs) -> Result<(), DeployError> {
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
