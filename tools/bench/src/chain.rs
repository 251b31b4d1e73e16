//! What the measurements do on the chain.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, Context};
use chain_client::{broadcast, AddressBook, Client, Contracts, LocalKey, Msg, Signer, TxConfig, TxResult};
use cloud_std::Money;
use futures::{StreamExt, TryStreamExt};
use registry_api::Attribute;
use secrecy::SecretString;

use crate::bidders::Bidder;
use crate::{Where, DENOM};

/// Bidders that send at the same time.
const CONCURRENCY: usize = 96;
/// How often a bidder's transaction is tried: a busy chain may not take it in time.
const TRIES: u32 = 5;

pub struct Chain {
    pub client: Client,
    pub contracts: Contracts,
    tx: TxConfig,
    keys: std::path::PathBuf,
    prefix: String,
}

impl Chain {
    pub fn open(at: &Where) -> anyhow::Result<Self> {
        let book = AddressBook::load(&at.address_book)?;
        let client = Client::from_book(&book)?;
        let contracts = Contracts::new(&client, &book)?;
        let mut tx = TxConfig::new(book.gas_price.clone());
        // The chain is kept busy on purpose.
        tx.timeout_blocks = 200;
        Ok(Self { client, contracts, tx, keys: at.keys.clone(), prefix: book.bech32_prefix })
    }

    /// One of the chain's named accounts.
    pub fn account(&self, name: &str) -> anyhow::Result<Arc<LocalKey>> {
        let path = self.keys.join(format!("{name}.mnemonic"));
        let words = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(Arc::new(LocalKey::from_mnemonic(&SecretString::from(words), &self.prefix)?))
    }

    /// One transaction; fails when it has no effect.
    pub async fn send(&self, signer: Arc<dyn Signer>, msgs: Vec<Msg>) -> anyhow::Result<TxResult> {
        let result = broadcast(&self.client, signer, self.tx.clone(), msgs).await?;
        if result.code != 0 {
            bail!("transaction {} failed: {}", result.hash, result.log);
        }
        Ok(result)
    }

    pub fn market(&self, msg: &market_api::ExecuteMsg, funds: u128) -> anyhow::Result<Msg> {
        Ok(Msg::execute(self.contracts.market.address(), msg, uakash(funds))?)
    }

    pub fn registry(&self, msg: &registry_api::ExecuteMsg) -> anyhow::Result<Msg> {
        Ok(Msg::execute(self.contracts.registry.address(), msg, vec![])?)
    }

    pub fn staking(&self, msg: &staking_api::ExecuteMsg, funds: u128) -> anyhow::Result<Msg> {
        Ok(Msg::execute(self.contracts.staking.address(), msg, uakash(funds))?)
    }

    /// What makes an account a provider that may bid on the bench's orders: registration, root, stake.
    pub fn provider_messages(&self, account: &str) -> anyhow::Result<[Msg; 3]> {
        let register = registry_api::ExecuteMsg::Register {
            payout: None,
            endpoints: vec!["https://127.0.0.1:8443".to_owned()],
            attributes: vec![Attribute::new("region", "bench")],
            contact: None,
        };
        let root = identity::Root::generate(account, Duration::from_secs(365 * 24 * 3600))?;
        let publish = registry_api::ExecuteMsg::PublishRoot { der: root.der().as_ref().to_vec().into() };
        Ok([
            self.registry(&register)?,
            self.registry(&publish)?,
            self.staking(&staking_api::ExecuteMsg::Stake {}, 1_000_000)?,
        ])
    }

    /// Waits for a block whose time is at least this second.
    pub async fn wait_until(&self, second: u64) -> anyhow::Result<()> {
        loop {
            let status = self.client.status().await?;
            if status.time >= second {
                return Ok(());
            }
            self.client.wait_for_height(status.height + 1, Duration::from_secs(30)).await?;
        }
    }

    /// Registers bidders `from..to`; answers how long it took.
    pub async fn register_bidders(&self, from: u32, to: u32) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        futures::stream::iter(from..to)
            .map(|index| async move {
                let bidder = Arc::new(Bidder::new(index)?);
                let messages = self.provider_messages(bidder.address())?.to_vec();
                let there = || async { self.contracts.registry.provider(bidder.address()).await.is_ok() };
                self.insist(bidder.clone(), messages, there).await
            })
            .buffer_unordered(CONCURRENCY)
            .try_for_each(|()| async { Ok(()) })
            .await?;
        Ok(begin.elapsed())
    }

    /// Bids of the first `count` bidders on an order.
    pub async fn fill_book(&self, order: market_api::OrderId, count: u32, price: u128) -> anyhow::Result<()> {
        futures::stream::iter(0..count)
            .map(|index| async move {
                let bidder = Arc::new(Bidder::new(index)?);
                let price = (price + u128::from(index)).into();
                let bid = market_api::ExecuteMsg::PlaceBid { order, provider: None, price };
                let message = self.market(&bid, self.bid_deposit().await?)?;
                let there = || async { self.contracts.market.bid(order, bidder.address()).await.is_ok() };
                self.insist(bidder.clone(), vec![message], there).await
            })
            .buffer_unordered(CONCURRENCY)
            .try_for_each(|()| async { Ok(()) })
            .await
    }

    pub async fn bid_deposit(&self) -> anyhow::Result<u128> {
        let params = self.contracts.market.config().await?.params;
        Ok(params.denoms.iter().find(|d| d.denom == DENOM).map(|d| d.bid_deposit.u128()).unwrap_or_default())
    }

    /// Sends until it took effect, and never twice for one effect.
    async fn insist<F>(
        &self,
        signer: Arc<dyn Signer>,
        msgs: Vec<Msg>,
        there: impl Fn() -> F,
    ) -> anyhow::Result<()>
    where
        F: std::future::Future<Output = bool>,
    {
        let mut tries = 1;
        while let Err(error) = self.send(signer.clone(), msgs.clone()).await {
            if there().await {
                break;
            }
            if tries == TRIES {
                return Err(error);
            }
            tries += 1;
        }
        Ok(())
    }
}

fn uakash(amount: u128) -> Vec<Money> {
    if amount == 0 {
        vec![]
    } else {
        vec![Money::new(DENOM, amount)]
    }
}
