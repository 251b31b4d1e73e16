use std::sync::Arc;

use content::Store;
use identity::{Connector, Identity, PerKey, Roots};
use tokio::sync::watch;

use crate::{Config, Host, ALPN};

/// This account's end of the exchange: answers others, and fetches from them.
pub struct Exchange {
    pub(crate) config: Config,
    pub(crate) account: String,
    pub(crate) connector: Connector,
    pub(crate) roots: Arc<dyn Roots>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) store: Arc<Store>,
    pub(crate) connections: Arc<PerKey<String>>,
    /// Moves whenever something more is here to give.
    pub(crate) changed: watch::Sender<u64>,
}

impl Exchange {
    pub fn new(
        config: Config,
        identity: Arc<Identity>,
        roots: Arc<dyn Roots>,
        host: Arc<dyn Host>,
        store: Arc<Store>,
    ) -> Arc<Self> {
        Arc::new(Self {
            account: identity.account().to_owned(),
            connector: Connector::new(identity, &[ALPN]),
            connections: PerKey::new(config.max_connections_per_account),
            config,
            roots,
            host,
            store,
            changed: watch::Sender::new(0),
        })
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Something came here by another way, such as a manifest from its tenant: who waits for it is told.
    pub fn announce(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}
