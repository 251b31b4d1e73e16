//! The command line: names, flags and their meaning.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Runs a provider's machines: bids, runs the workloads of its leases, and collects what they earn.
#[derive(Parser)]
#[command(name = "provider-agent", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Write a configuration with comments and make the operator's key
    Init(Init),
    /// Report every problem of the configuration and its files
    CheckConfig(Layers),
    /// Run the agent
    Run(Layers),
    /// Show what the agent on this machine is doing
    Status(Status),
}

#[derive(Args)]
pub struct Layers {
    /// Configuration file [default: provider.toml in ~/.akash-provider]
    #[arg(long, short, env = "AKASH_PROVIDER_CONFIG")]
    pub config: Option<PathBuf>,
    /// One key, such as `chain.poll=50ms`; wins over file and environment
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

#[derive(Args)]
pub struct Init {
    /// Where to write; key, root and data go beside it [default: ~/.akash-provider/provider.toml]
    #[arg(long, short, env = "AKASH_PROVIDER_CONFIG")]
    pub config: Option<PathBuf>,
    /// The chain's address book
    #[arg(long, env = "AKASH_ADDRESS_BOOK")]
    pub address_book: Option<PathBuf>,
    /// Address of the provider's owner; makes a certificate root for it
    #[arg(long)]
    pub owner: Option<String>,
    /// File with a passphrase to encrypt the operator's key with
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    /// One key, such as `pricing.cpu=4000`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Replace a configuration that exists; keys and roots are never replaced
    #[arg(long)]
    pub force: bool,
}

#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    pub layers: Layers,
    /// Ask this address instead of the configuration's
    #[arg(long)]
    pub address: Option<SocketAddr>,
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    pub output: String,
}
