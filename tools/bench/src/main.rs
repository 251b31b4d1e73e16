//! `bench`: measures the suite on a real chain. `scripts/bench` starts the chain and calls this.

mod agent;
mod bidders;
mod chain;
mod exchange;
mod gas;
mod latency;
mod manifest;
mod report;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Denom of fees, prices and stake on the chain of scripts/localnet.
pub const DENOM: &str = "uakash";

#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints "ADDRESS AMOUNT" of each bidder, to be funded at genesis
    Accounts {
        #[arg(long)]
        bidders: u32,
    },
    /// Gas of each message, on an empty book and on a full one
    Gas(gas::Arguments),
    /// From the tenant's command to the first answer, by stage, in the surroundings of scripts/e2e
    Latency(latency::Arguments),
    /// Many orders at once, and the agent's memory, in the surroundings of scripts/e2e
    Agent(agent::Arguments),
    /// A large file of a tenant, parsed, validated and hashed, again and again
    Manifest(manifest::Arguments),
    /// Carried content from one seed to several peers, against plain copies and BitTorrent
    Exchange(exchange::Arguments),
    /// One process of the former
    #[command(hide = true)]
    ExchangeNode(exchange::NodeArguments),
}

/// Where the chain and its accounts are.
#[derive(clap::Args)]
pub struct Where {
    #[arg(long)]
    address_book: PathBuf,
    /// Folder of the chain's mnemonics
    #[arg(long)]
    keys: PathBuf,
    /// Where to write the figures
    #[arg(long)]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    // Fails only when one is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Arguments::parse().command {
        Command::Accounts { bidders } => {
            for index in 0..bidders {
                println!("{} 1000000000", bidders::Bidder::new(index)?.address());
            }
            Ok(())
        }
        Command::Gas(arguments) => tokio::runtime::Runtime::new()?.block_on(gas::run(arguments)),
        Command::Latency(arguments) => latency::run(&arguments),
        Command::Agent(arguments) => agent::run(&arguments),
        Command::Manifest(arguments) => manifest::run(&arguments),
        Command::Exchange(arguments) => exchange::run(&arguments),
        Command::ExchangeNode(arguments) => {
            tokio::runtime::Runtime::new()?.block_on(exchange::run_node(arguments))
        }
    }
}
