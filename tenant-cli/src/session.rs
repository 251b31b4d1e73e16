//! What a command works with: the home, the chain behind the address book, the key that signs, and the providers'
//! gateways. Everything is opened when it is first needed, so that a command asks for no more than it uses.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use chain_client::{
    broadcast, AddressBook, Client, Contracts, LocalKey, Msg, QueryError, Registry, TxConfig, TxResult,
};
use cloud_std::Money;
use cosmwasm_std::HexBinary;
use futures::future::BoxFuture;
use identity::{Connector, Endpoint, Fingerprint, Identity, Role, RootStatus, Roots, Unknown};
use registry_api::{Provider, RootState};
use serde::Serialize;
use tokio::sync::{Mutex, OnceCell};

use crate::cli::Global;
use crate::error::{CliError, Result};
use crate::gateway::{Dial, Gateway, Io};
use crate::home::{Config, Home};
use crate::output::Format;
use crate::progress::Progress;
use crate::{keystore, roots};

/// Roots of one account that are looked at.
const MAX_ROOTS: usize = 100;

pub struct Chain {
    pub book: AddressBook,
    pub client: Client,
    pub contracts: Contracts,
}

pub struct Session {
    pub global: Global,
    pub home: Home,
    pub config: Config,
    chain: OnceLock<Chain>,
    signer: OnceCell<Arc<LocalKey>>,
    identity: OnceCell<Arc<Identity>>,
    /// One transaction of a key at a time.
    sending: Mutex<()>,
    gateways: Mutex<HashMap<String, Arc<Gateway>>>,
}

impl Session {
    pub fn new(global: Global) -> Result<Self> {
        let home = Home::resolve(global.home.as_deref())?;
        let config = home.config()?;
        Ok(Self {
            global,
            home,
            config,
            chain: OnceLock::new(),
            signer: OnceCell::new(),
            identity: OnceCell::new(),
            sending: Mutex::new(()),
            gateways: Mutex::default(),
        })
    }

    pub fn progress(&self) -> Progress {
        Progress::new(self.global.quiet)
    }

    pub fn json(&self) -> bool {
        self.global.output == Format::Json
    }

    /// Where the address book is: flag or environment, then the configuration.
    pub fn address_book_path(&self) -> Result<PathBuf> {
        let named = self.global.address_book.clone().or_else(|| self.config.address_book.clone());
        Ok(AddressBook::locate(named.as_deref())?)
    }

    pub fn chain(&self) -> Result<&Chain> {
        if let Some(chain) = self.chain.get() {
            return Ok(chain);
        }
        let book = AddressBook::load(&self.address_book_path()?)?;
        let node = self.global.node.clone().or_else(|| self.config.node.clone());
        let rpc = node.map(|node| vec![node]).unwrap_or_else(|| book.rpc.clone());
        let client = Client::new(&book.chain_id, &rpc)?;
        let contracts = Contracts::new(&client, &book)?;
        Ok(self.chain.get_or_init(|| Chain { book, client, contracts }))
    }

    pub fn key_name(&self) -> &str {
        self.global.key.as_deref().or(self.config.key.as_deref()).unwrap_or(keystore::DEFAULT_KEY)
    }

    /// The account of the key that signs; needs no passphrase.
    pub fn address(&self) -> Result<String> {
        Ok(keystore::inspect(&self.home, self.key_name())?.address)
    }

    /// `given`, or the key's account.
    pub fn address_or(&self, given: Option<String>) -> Result<String> {
        given.map_or_else(|| self.address(), Ok)
    }

    async fn signer(&self) -> Result<Arc<LocalKey>> {
        let signer = self.signer.get_or_try_init(|| async {
            let (home, name) = (self.home.clone(), self.key_name().to_owned());
            // Opening an encrypted file is deliberately slow work.
            let opened = tokio::task::spawn_blocking(move || keystore::open(&home, &name)).await;
            let key =
                opened.map_err(|error| CliError::failure(format!("opening the key failed: {error}")))??;
            let prefix = &self.chain()?.book.bech32_prefix;
            let address = chain_client::Signer::address(&key);
            if !address.starts_with(&format!("{prefix}1")) {
                return Err(CliError::bad_input(format!(
                    "key {:?} is for {address}, this chain's addresses begin with {prefix}1",
                    self.key_name()
                ))
                .hint("make a key for this chain: akash keys add NAME, then --key NAME"));
            }
            Ok(Arc::new(key))
        });
        signer.await.cloned()
    }

    /// Opens the key now, so that a passphrase is asked for before anything else is said.
    pub async fn unlock(&self) -> Result<()> {
        self.signer().await.map(|_| ())
    }

    /// Sends messages that take effect together or not at all, and waits for their block.
    pub async fn send(&self, msgs: Vec<Msg>) -> Result<TxResult> {
        let signer = self.signer().await?;
        let chain = self.chain()?;
        let _turn = self.sending.lock().await;
        let config = TxConfig::new(chain.book.gas_price.clone());
        Ok(broadcast(&chain.client, signer, config, msgs).await?)
    }

    pub async fn execute(&self, contract: &str, msg: &impl Serialize, funds: Vec<Money>) -> Result<TxResult> {
        self.send(vec![Msg::execute(contract, msg, funds)?]).await
    }

    pub async fn execute_market(&self, msg: &market_api::ExecuteMsg, funds: Vec<Money>) -> Result<TxResult> {
        self.execute(self.chain()?.contracts.market.address(), msg, funds).await
    }

    pub async fn execute_staking(
        &self,
        msg: &staking_api::ExecuteMsg,
        funds: Vec<Money>,
    ) -> Result<TxResult> {
        self.execute(self.chain()?.contracts.staking.address(), msg, funds).await
    }

    pub async fn execute_registry(&self, msg: &registry_api::ExecuteMsg) -> Result<TxResult> {
        self.execute(self.chain()?.contracts.registry.address(), msg, vec![]).await
    }

    /// Who this account is towards gateways: the newest root of this home that the chain has as active.
    pub async fn identity(&self) -> Result<Arc<Identity>> {
        let identity = self.identity.get_or_try_init(|| async {
            let account = self.address()?;
            let local = roots::list(&self.home, &account)?;
            if local.is_empty() {
                return Err(CliError::not_found(format!("this home has no certificate root for {account}"))
                    .hint("make and publish one: akash cert publish"));
            }
            let chain = self.chain()?;
            let published = chain.contracts.registry.roots_all(&account, MAX_ROOTS).await?;
            let active = local.into_iter().find(|root| {
                let fingerprint = root.fingerprint().0;
                published.iter().any(|known| {
                    known.state == RootState::Active && known.fingerprint.as_slice() == fingerprint.as_slice()
                })
            });
            let Some(root) = active else {
                return Err(CliError::refused(format!(
                    "no certificate root of {account} in this home is active on the chain"
                ))
                .hint("publish it: akash cert publish; after a revocation: akash cert publish --rotate"));
            };
            Ok(Arc::new(Identity::new(root, &chain.book.chain_id, Role::Tenant)?))
        });
        identity.await.cloned()
    }

    /// The gateway of a provider; connections are kept for the life of the command.
    pub async fn gateway_of(&self, provider: &Provider) -> Result<Arc<Gateway>> {
        let owner = provider.owner.to_string();
        let identity = self.identity().await?;
        let registry = self.chain()?.contracts.registry.clone();
        let mut gateways = self.gateways.lock().await;
        let gateway = gateways.entry(owner.clone()).or_insert_with(|| {
            let dialer = ProviderDial {
                connector: Connector::new(identity, &[gateway_api::ALPN]),
                account: owner.clone(),
                roots: ChainRoots(registry),
            };
            Arc::new(Gateway::new(owner, provider.endpoints.clone(), Box::new(dialer)))
        });
        Ok(gateway.clone())
    }

    /// The gateway of a provider that is known by its address.
    pub async fn gateway(&self, provider: &str) -> Result<Arc<Gateway>> {
        if let Some(known) = self.gateways.lock().await.get(provider) {
            return Ok(known.clone());
        }
        let provider = self.chain()?.contracts.registry.provider(provider).await?;
        self.gateway_of(&provider).await
    }

    /// Asks before something happens that costs. Without a terminal, or with `-y`, the command line is the consent.
    pub fn confirm(&self, question: &str) -> Result<()> {
        let somebody = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if self.global.yes || !somebody {
            return Ok(());
        }
        eprint!("{question} [y/N] ");
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| CliError::failure(format!("the answer could not be read: {error}")))?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(CliError::failure("not confirmed, nothing was sent")
            .hint("answer y, or give -y to be asked nothing"))
    }

    pub fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        std::fs::read(path).map_err(|error| {
            CliError::bad_input(format!("{} cannot be read: {error}", path.display()))
                .hint("name an existing file that you may read")
        })
    }
}

struct ProviderDial {
    connector: Connector,
    account: String,
    roots: ChainRoots,
}

impl Dial for ProviderDial {
    fn dial<'a>(&'a self, authority: &'a str) -> BoxFuture<'a, Result<Box<dyn Io>>> {
        Box::pin(async move {
            let endpoint: Endpoint = format!("https://{authority}").parse().map_err(|error| {
                CliError::unreachable(format!("the provider's endpoint cannot be used: {error}"))
            })?;
            let connection =
                self.connector.connect(&endpoint, &self.account, Role::Provider, &self.roots).await?;
            Ok(Box::new(connection.stream) as Box<dyn Io>)
        })
    }
}

/// Roots as the registry has them now.
struct ChainRoots(Registry);

#[async_trait]
impl Roots for ChainRoots {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        match self.0.root(account, HexBinary::from(fingerprint.0.as_slice())).await {
            Ok(root) => Ok(match root.state {
                RootState::Active => RootStatus::Active,
                RootState::Expired => RootStatus::Expired,
                RootState::Revoked => RootStatus::Revoked,
            }),
            Err(error) if root_is_absent(&error) => Ok(RootStatus::NotPublished),
            Err(error) => Err(Unknown::new(error)),
        }
    }
}

fn root_is_absent(error: &QueryError) -> bool {
    match error {
        QueryError::NotFound { .. } => true,
        QueryError::Contract { message, .. } | QueryError::Chain { message, .. } => {
            crate::convert::says_absent(message)
        }
        _ => false,
    }
}
