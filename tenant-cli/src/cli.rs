//! The command line: names, flags and their meaning. What the commands do is in `commands`.

mod audit;
mod delegate;
mod gov;
mod secrets;
mod tunnel;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cloud_std::Money;
use cosmwasm_std::Uint128;
use market_api::{DeploymentId, LeaseId, LeaseState, OrderId, OrderState};
use registry_api::Attribute;

pub use audit::{AttestArgs, AuditCommand};
pub use delegate::{ActCommand, DelegateCommand, GrantArgs};
pub use gov::{GovCommand, ProposeArgs, Setting};
use secrets::parse_pair;
pub use secrets::{SecretsCommand, SendSecretsArgs};
pub use tunnel::{TunnelCommand, TunnelTestArgs};

use crate::output::Format;
use crate::units::{parse_attribute, parse_duration, parse_endpoint, parse_funds, parse_money};

const AFTER_HELP: &str = "\
Amounts are written 1000000uakash, durations 90s, 10m, 1h, 30d or 1h30m.

Exit codes:
  0    done
  1    failure without a code of its own
  2    usage, a file or a value is not acceptable; nothing was sent
  3    the thing named does not exist
  4    the chain or a provider refused; nothing changed
  5    a node, a gateway or the engine could not be reached
  6    it did not happen in the time given; it may still happen
  7    no bid could be matched; all money is back
  8    the provider could not run the workload
  130  interrupted; what was begun goes on
`akash shell` ends with the code of its command.";

/// The market for cloud compute: deploy workloads, run a provider, look at both.
#[derive(Debug, Parser)]
#[command(name = "akash", version, after_help = AFTER_HELP, propagate_version = true)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// How answers and errors are written to standard output
    #[arg(short, long, global = true, value_enum, default_value = "text", env = "AKASH_OUTPUT")]
    pub output: Format,
    /// Directory of configuration, keys and manifests [default: ~/.akash]
    #[arg(long, global = true, value_name = "DIR", env = "AKASH_HOME")]
    pub home: Option<PathBuf>,
    /// Address book that the deployment of the contracts wrote
    #[arg(long, global = true, value_name = "FILE", env = "AKASH_ADDRESS_BOOK")]
    pub address_book: Option<PathBuf>,
    /// Name of the key that signs
    #[arg(long, global = true, value_name = "NAME", env = "AKASH_KEY")]
    pub key: Option<String>,
    /// RPC address of a node, instead of the address book's
    #[arg(long, global = true, value_name = "URL", env = "AKASH_NODE")]
    pub node: Option<String>,
    /// Do not ask before money moves or something ends
    #[arg(short = 'y', long, global = true)]
    pub yes: bool,
    /// Say nothing along the way
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up this home: a key, the configuration, a certificate root
    Init(InitArgs),
    /// From a manifest to a running workload
    Deploy(DeployArgs),
    /// What a manifest would cost at most and who could run it, before paying
    Plan(PlanArgs),
    /// How a deployment stands, or all that are not closed
    Status(StatusArgs),
    /// What a workload writes
    Logs(LogsArgs),
    /// Run a command inside a running workload
    Shell(ShellArgs),
    /// Connections between services at different providers
    #[command(subcommand)]
    Tunnel(TunnelCommand),
    /// Bring a running deployment to a new version of its manifest
    Update(UpdateArgs),
    /// Send a deployment's manifest to its providers once more
    SendManifest(SendManifestArgs),
    /// Values that only the providers of your leases get
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Pay a lease for longer
    TopUp(TopUpArgs),
    /// End a deployment or one lease; what was not used comes back
    Close(CloseArgs),
    /// Deployments of an account
    Deployments(DeploymentsArgs),
    /// Orders by state, tenant or deployment
    Orders(OrdersArgs),
    /// The book of an order, in the order of matching
    Bids(BidsArgs),
    /// Leases by tenant, provider, deployment or state
    Leases(LeasesArgs),
    /// Registered providers and their record
    Providers(ProvidersArgs),
    /// Be a provider: register, stake, root, operators, earnings
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Keys that act for you on one deployment, within rights and a budget
    #[command(subcommand)]
    Delegate(DelegateCommand),
    /// Vouch for what providers say of themselves
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Proposals and votes of those who have stake
    #[command(subcommand)]
    Gov(GovCommand),
    /// Look at a manifest without a chain
    #[command(subcommand)]
    Manifest(ManifestCommand),
    /// Images of the local engine
    #[command(subcommand)]
    Image(ImageCommand),
    /// Keys of this home
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Certificate roots of the account
    #[command(subcommand)]
    Cert(CertCommand),
    /// Send any message to a contract
    Tx(TxArgs),
    /// Ask a contract anything
    Query(QueryArgs),
    /// Whether the contracts hold exactly what they owe
    Invariants,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Read the recovery phrase of an existing account instead of making a new one
    #[arg(long)]
    pub recover: bool,
    /// Keep the key without a passphrase, readable by this user only
    #[arg(long)]
    pub no_passphrase: bool,
    /// Leave the certificate root unpublished
    #[arg(long)]
    pub no_publish: bool,
}

/// How the groups of a manifest are put up for sale.
#[derive(Clone, Debug, Args)]
pub struct TermsArgs {
    /// Time that the price pays for; what is not used comes back at the end [default: the file's x-market.term, or 1h]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub term: Option<u64>,
    /// Time in which providers may bid [default: the file's x-market.bid_window, or 10s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub bid_window: Option<u64>,
    /// Match the next bid when a winner declines or stays silent [default: the file's x-market.fallback, or false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub fallback: Option<bool>,
    /// Stake that a provider must have to bid, such as 1000000uakash
    #[arg(long, value_name = "AMOUNT", value_parser = parse_money)]
    pub min_stake: Option<Money>,
}

#[derive(Debug, Args)]
pub struct DeployArgs {
    /// Manifest (SDL)
    pub file: PathBuf,
    #[command(flatten)]
    pub terms: TermsArgs,
    /// A value for a secret of the manifest, from a file; may be given several times. Who is at a terminal is asked for what
    /// is not given
    #[arg(long, value_name = "NAME=PATH", value_parser = parse_pair)]
    pub secret_file: Vec<(String, String)>,
    /// A value for a secret of the manifest, from a variable of the environment; may be given several times
    #[arg(long, value_name = "NAME=VARIABLE", value_parser = parse_pair)]
    pub secret_env: Vec<(String, String)>,
    /// Return once the orders are open, without waiting for providers
    #[arg(long, conflicts_with_all = ["secret_file", "secret_env"])]
    pub no_wait: bool,
    /// Return once everything runs (the default)
    #[arg(long, conflicts_with = "no_wait")]
    pub wait: bool,
    /// Longest time to wait after bidding has ended
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_duration)]
    pub timeout: u64,
    /// Leave the deployment open when it fails, to look at it
    #[arg(long)]
    pub keep: bool,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Manifest (SDL)
    pub file: PathBuf,
    #[command(flatten)]
    pub terms: TermsArgs,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Deployment's number; all of the account that are not closed when absent
    pub deployment: Option<DeploymentId>,
}

#[derive(Debug, Args)]
pub struct LogsArgs {
    pub deployment: DeploymentId,
    /// One service; all when absent
    pub service: Option<String>,
    /// Stay and print what comes
    #[arg(short, long)]
    pub follow: bool,
    /// Begin with this many lines from the end
    #[arg(long, value_name = "LINES")]
    pub tail: Option<u32>,
    /// One group, when several have a service of that name
    #[arg(long)]
    pub group: Option<String>,
}

#[derive(Debug, Args)]
pub struct ShellArgs {
    pub deployment: DeploymentId,
    pub service: String,
    /// Which replica, from 0
    #[arg(long, default_value_t = 0)]
    pub replica: u32,
    /// One group, when several have a service of that name
    #[arg(long)]
    pub group: Option<String>,
    /// Command and its arguments, after --
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct UpdateArgs {
    pub deployment: DeploymentId,
    /// Manifest (SDL) of the new version
    pub file: PathBuf,
    /// Return without waiting for the workloads
    #[arg(long)]
    pub no_wait: bool,
    /// Longest time to wait
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_duration)]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub struct SendManifestArgs {
    pub deployment: DeploymentId,
    /// Manifest (SDL); the kept one of the deployment's version when absent
    pub file: Option<PathBuf>,
    /// Only to this lease's provider; the others get it from there
    #[arg(long, value_name = "LEASE")]
    pub lease: Option<LeaseId>,
}

#[derive(Debug, Args)]
pub struct TopUpArgs {
    /// Lease's number
    pub lease: LeaseId,
    #[arg(value_parser = parse_money)]
    pub amount: Money,
}

#[derive(Debug, Args)]
pub struct CloseArgs {
    #[arg(required_unless_present = "lease")]
    pub deployment: Option<DeploymentId>,
    /// End only this lease
    #[arg(long, value_name = "LEASE", conflicts_with = "deployment")]
    pub lease: Option<LeaseId>,
}

#[derive(Debug, Args)]
pub struct DeploymentsArgs {
    #[command(flatten)]
    pub page: PageArgs,
    /// Whose; the key's account when absent
    #[arg(long, value_name = "ADDRESS")]
    pub tenant: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum OrderStateArg {
    Open,
    Matched,
    Expired,
    Closed,
}

impl From<OrderStateArg> for OrderState {
    fn from(state: OrderStateArg) -> Self {
        match state {
            OrderStateArg::Open => Self::Open,
            OrderStateArg::Matched => Self::Matched,
            OrderStateArg::Expired => Self::Expired,
            OrderStateArg::Closed => Self::Closed,
        }
    }
}

#[derive(Debug, Args)]
pub struct OrdersArgs {
    /// In this state; `open` when nothing else is asked
    #[arg(long, value_enum)]
    pub state: Option<OrderStateArg>,
    /// Of this tenant
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["state", "deployment"])]
    pub tenant: Option<String>,
    /// Of this deployment
    #[arg(long, value_name = "DEPLOYMENT", conflicts_with = "state")]
    pub deployment: Option<DeploymentId>,
    /// Of the key's account
    #[arg(long, conflicts_with_all = ["state", "deployment", "tenant"])]
    pub mine: bool,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub struct BidsArgs {
    pub order: OrderId,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LeaseStateArg {
    Pending,
    Active,
    Ended,
}

impl From<LeaseStateArg> for LeaseState {
    fn from(state: LeaseStateArg) -> Self {
        match state {
            LeaseStateArg::Pending => Self::Pending,
            LeaseStateArg::Active => Self::Active,
            LeaseStateArg::Ended => Self::Ended,
        }
    }
}

#[derive(Debug, Args)]
pub struct LeasesArgs {
    /// In this state
    #[arg(long, value_enum)]
    pub state: Option<LeaseStateArg>,
    /// Of this tenant; the key's account when nothing else is asked
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["state", "provider", "deployment"])]
    pub tenant: Option<String>,
    /// Of this provider
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["state", "deployment"])]
    pub provider: Option<String>,
    /// Of this deployment
    #[arg(long, value_name = "DEPLOYMENT", conflicts_with = "state")]
    pub deployment: Option<DeploymentId>,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub struct ProvidersArgs {
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct PageArgs {
    /// Entries at most
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
}

#[derive(Debug, Subcommand)]
pub enum ProviderCommand {
    /// Register the key's account as a provider
    Register(RegisterArgs),
    /// Change what is given and keep the rest
    Update(ProviderUpdateArgs),
    /// Leave the market; refused while leases live
    Deregister,
    /// Add to the stake
    Stake {
        #[arg(value_parser = parse_money)]
        amount: Money,
    },
    /// Begin to take stake back; it stays slashable until it can be claimed
    Unbond {
        #[arg(value_parser = parse_money)]
        amount: Money,
    },
    /// Take matured stake and compensations
    Claim,
    /// Hot keys that may bid, activate and withdraw to the payout address
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// The provider's certificate root
    #[command(subcommand)]
    Root(RootCommand),
    /// A provider with stake, record, operators and roots
    Show {
        /// Owner's address; the key's account when absent
        provider: Option<String>,
    },
    /// Reputation, and how it comes of stake, service and faults
    Reputation {
        /// Owner's address; the key's account when absent
        provider: Option<String>,
    },
    /// Every requirement of an order, and whether a provider meets it
    Requirements {
        order: OrderId,
        /// Owner's address; the key's account when absent
        provider: Option<String>,
    },
    /// Pay what leases have earned to the payout address
    Withdraw {
        /// One lease; all active ones of the provider when absent
        #[arg(long)]
        lease: Option<LeaseId>,
        /// Owner's address; the key's account when absent
        #[arg(long, value_name = "ADDRESS", conflicts_with = "lease")]
        provider: Option<String>,
    },
    /// End a lease after the notice window; only after its first term
    Notice { lease: LeaseId },
    /// End a lease now, which is a fault and is punished
    Break {
        lease: LeaseId,
        #[arg(long, default_value = "")]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct ContactArgs {
    #[arg(long, value_name = "TEXT")]
    pub contact_name: Option<String>,
    #[arg(long, value_name = "ADDRESS")]
    pub contact_email: Option<String>,
    #[arg(long, value_name = "URL")]
    pub contact_website: Option<String>,
}

#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// A gateway, https://HOST:PORT; may be given several times
    #[arg(long = "endpoint", value_name = "URL", required = true, value_parser = parse_endpoint)]
    pub endpoints: Vec<String>,
    /// key=value; may be given several times
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub attributes: Vec<Attribute>,
    /// Where earnings go; the key's account when absent
    #[arg(long, value_name = "ADDRESS")]
    pub payout: Option<String>,
    #[command(flatten)]
    pub contact: ContactArgs,
}

#[derive(Debug, Args)]
pub struct ProviderUpdateArgs {
    /// Replaces all gateways; may be given several times
    #[arg(long = "endpoint", value_name = "URL", value_parser = parse_endpoint)]
    pub endpoints: Vec<String>,
    /// Replaces all attributes; may be given several times
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub attributes: Vec<Attribute>,
    /// Removes all attributes
    #[arg(long, conflicts_with = "attributes")]
    pub no_attributes: bool,
    #[arg(long, value_name = "ADDRESS")]
    pub payout: Option<String>,
    #[command(flatten)]
    pub contact: ContactArgs,
}

#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Let a key act
    Add { address: String },
    /// Stop a key at once
    Remove { address: String },
}

#[derive(Debug, Subcommand)]
pub enum RootCommand {
    /// Publish a root on the chain
    Publish {
        /// Certificate, PEM or DER, such as the one that the agent made; this home's root when absent
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Revoke a root, for good and at once
    Revoke {
        /// SHA-256 of the certificate, in hex
        fingerprint: String,
    },
    /// Roots of the account
    Show,
}

#[derive(Debug, Subcommand)]
pub enum ManifestCommand {
    /// Everything that is wrong with a manifest
    Check { file: PathBuf },
    /// The version that goes on the chain, in hex
    Version { file: PathBuf },
    /// What the file will buy and at most cost, what will be reachable from where, and what travels along; asks no chain
    Show {
        file: PathBuf,
        #[command(flatten)]
        terms: TermsArgs,
        /// Print the canonical manifest instead, as providers get it
        #[arg(long)]
        canonical: bool,
    },
    /// Write a commented manifest to start from
    Init {
        #[arg(default_value = "manifest.yaml")]
        file: PathBuf,
    },
    /// The JSON Schema of manifests, for editors
    Schema,
}

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Bring an image or a file system from a tar into the local engine
    Load {
        /// What `docker save` wrote, or a file system as a tar
        file: PathBuf,
        /// Name that manifests call it by, such as web:1
        #[arg(long)]
        name: String,
        /// Command that the image runs when a manifest names none; only for a file system
        #[arg(long, value_name = "ARG", num_args = 1.., value_delimiter = ' ')]
        cmd: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// The address of a key
    Show {
        /// The key that signs when absent
        name: Option<String>,
    },
    /// Make a key, or bring one back from its recovery phrase
    Add {
        name: String,
        /// Read the recovery phrase from standard input
        #[arg(long)]
        recover: bool,
        /// Keep the key without a passphrase, readable by this user only
        #[arg(long)]
        no_passphrase: bool,
    },
    /// All keys of this home
    List,
    /// Print the recovery phrase of a key
    Export { name: String },
}

#[derive(Debug, Subcommand)]
pub enum CertCommand {
    /// Publish this home's root, making one when there is none
    Publish {
        /// Make a new root even though one is there; both are valid until the old one is revoked
        #[arg(long)]
        rotate: bool,
    },
    /// Revoke a root, for good and at once; this home's when none is named
    Revoke {
        /// SHA-256 of the certificate, in hex
        fingerprint: Option<String>,
    },
    /// Roots of the account: on the chain and in this home
    Show,
}

#[derive(Debug, Args)]
pub struct TxArgs {
    /// market, staking, registry, governance or an address
    pub contract: String,
    /// The message as JSON
    pub message: String,
    /// What to send along, such as 1000uakash
    #[arg(long, value_name = "AMOUNTS", value_parser = parse_funds_arg)]
    pub funds: Option<Funds>,
}

/// Several amounts as one argument.
#[derive(Clone, Debug)]
pub struct Funds(pub Vec<Money>);

fn parse_funds_arg(text: &str) -> Result<Funds, String> {
    parse_funds(text).map(Funds)
}

#[derive(Debug, Args)]
pub struct QueryArgs {
    /// market, staking, registry, governance or an address
    pub contract: String,
    /// The query as JSON
    pub message: String,
}

impl TermsArgs {
    /// What `min_stake` asks, in the base denom of staking; zero when nothing is asked.
    pub fn min_stake_amount(&self) -> Uint128 {
        self.min_stake.as_ref().map(|money| money.amount).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn lines_that_are_right() {
        for line in [
            "akash init --recover --address-book b.json",
            "akash deploy web.yaml --term 1h --bid-window 10s --fallback --min-stake 5uakash --wait",
            "akash deploy web.yaml --no-wait -o json -y",
            "akash status",
            "akash status 7",
            "akash logs -f 7 web --tail 10",
            "akash shell 7 web -- sh -c ls",
            "akash update 7 web.yaml",
            "akash send-manifest 7",
            "akash top-up 3 100uakash",
            "akash close 7",
            "akash close --lease 3",
            "akash orders --state matched",
            "akash leases --provider akash1x",
            "akash provider register --endpoint https://a:1 --attribute region=eu --payout akash1x",
            "akash provider operator add akash1x",
            "akash provider root publish --file root.pem",
            "akash provider break 3 --reason power",
            "akash provider withdraw",
            "akash provider reputation",
            "akash provider requirements 7 akash1x",
            "akash delegate grant 7 akash1x --open web --max-order-price 5uakash --budget 9uakash --top-up",
            "akash delegate grant 7 akash1x --close-leases --expires-in 1d",
            "akash delegate list 7",
            "akash delegate list --delegate akash1x",
            "akash delegate list",
            "akash delegate fund 7 akash1x 5uakash",
            "akash delegate revoke 7 akash1x",
            "akash delegate act open 7 web.yaml --group web --term 2h",
            "akash delegate act close 4",
            "akash delegate act top-up 4 5uakash",
            "akash delegate act set-version 7 web.yaml",
            "akash audit attest akash1x --attribute region=eu --attribute tier=1",
            "akash audit attest akash1x --all",
            "akash audit revoke akash1x",
            "akash audit show akash1x",
            "akash audit show --auditor akash1x",
            "akash gov list --limit 5",
            "akash gov show 3 --votes",
            "akash gov propose p.json --check",
            "akash gov propose --title t --description d --set market.notice_window=60 --set staking.treasury=x",
            "akash gov vote 3 abstain -y",
            "akash gov execute 3",
            "akash gov settle 3",
            "akash gov params",
            "akash gov upload target/artifacts/market.wasm",
            "akash manifest version web.yaml",
            "akash image load a.tar --name web:1",
            "akash keys add other --recover",
            "akash cert publish --rotate",
            "akash tx market {} --funds 1uakash,2uosmo",
            "akash --output json query market {}",
            "akash invariants --node http://localhost:1",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn lines_that_are_wrong() {
        for line in [
            "akash",
            "akash deploy",
            "akash deploy a.yaml --term 10",
            "akash deploy a.yaml --wait --no-wait",
            "akash deploy a.yaml --min-stake 5",
            "akash status web",
            "akash status -1",
            "akash shell 7 web",
            "akash top-up 3 100",
            "akash close",
            "akash close 7 --lease 3",
            "akash orders --state done",
            "akash orders --tenant akash1x --deployment 1",
            "akash orders --limit 0",
            "akash provider register",
            "akash provider register --endpoint http://a:1",
            "akash provider update --attribute x=y --no-attributes",
            "akash provider stake 5",
            "akash delegate grant 7 akash1x --expires-in 1d",
            "akash delegate fund 7 akash1x 5",
            "akash delegate act",
            "akash delegate act top-up 4 5",
            "akash audit attest akash1x",
            "akash audit attest akash1x --all --attribute a=b",
            "akash audit show akash1x --auditor akash1y",
            "akash gov propose",
            "akash gov propose p.json --title t --description d",
            "akash gov propose --title t",
            "akash gov propose --title t --description d --set notice_window=60",
            "akash gov vote 3",
            "akash gov vote 3 perhaps",
            "akash gov show first",
            "akash tx market {} --funds 1uakash,1uakash",
            "akash --output yaml status",
        ] {
            let error = parse(line).err().unwrap_or_else(|| panic!("{line} was accepted"));
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
