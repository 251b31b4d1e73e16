//! Typed queries of the suite's contracts. Every wrapper can be pinned to a height with `at`, so that several
//! answers fit together.

mod governance;
mod market;
mod registry;
mod staking;

use std::future::Future;

use cloud_std::{Page, MAX_PAGE_LIMIT};
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::address_book;
use crate::{AddressBook, BookError, Client, QueryError};

pub use governance::Governance;
pub use market::Market;
pub use registry::Registry;
pub use staking::Staking;

/// The contracts of one address book.
#[derive(Clone, Debug)]
pub struct Contracts {
    pub market: Market,
    pub staking: Staking,
    pub registry: Registry,
    /// None where accounts administer the suite.
    pub governance: Option<Governance>,
}

impl Contracts {
    pub fn new(client: &Client, book: &AddressBook) -> Result<Self, BookError> {
        Ok(Self {
            market: Market::new(client.clone(), book.address(address_book::MARKET)?),
            staking: Staking::new(client.clone(), book.address(address_book::STAKING)?),
            registry: Registry::new(client.clone(), book.address(address_book::REGISTRY)?),
            governance: book
                .address(address_book::GOVERNANCE)
                .ok()
                .map(|address| Governance::new(client.clone(), address)),
        })
    }

    /// All of them pinned to a height.
    pub fn at(&self, height: u64) -> Self {
        Self {
            market: self.market.at(height),
            staking: self.staking.at(height),
            registry: self.registry.at(height),
            governance: self.governance.as_ref().map(|governance| governance.at(height)),
        }
    }
}

/// A contract at an address, read at the newest height or at a given one.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub client: Client,
    pub address: String,
    pub height: Option<u64>,
}

impl Bound {
    pub fn new(client: Client, address: &str) -> Self {
        Self { client, address: address.to_owned(), height: None }
    }

    pub fn at(&self, height: u64) -> Self {
        Self { height: Some(height), ..self.clone() }
    }

    pub async fn ask<T: DeserializeOwned>(&self, query: &impl Serialize) -> Result<T, QueryError> {
        Ok(self.client.query_at(self.height, &self.address, query).await?.0)
    }

    /// Reads pages until the end, all at the height of the first one, so that nothing moves between two pages.
    /// More than `max` entries are an error, never a silent cut.
    pub async fn collect<T, C, F, Fut>(
        &self,
        what: &str,
        max: usize,
        mut page: F,
    ) -> Result<Vec<T>, QueryError>
    where
        F: FnMut(Bound, Option<C>, Option<u32>) -> Fut,
        Fut: Future<Output = Result<(Page<T, C>, u64), QueryError>>,
    {
        let mut items = Vec::new();
        let mut bound = self.clone();
        let mut cursor = None;
        loop {
            let (next, height) = page(bound.clone(), cursor.take(), Some(MAX_PAGE_LIMIT)).await?;
            bound.height = Some(height);
            items.extend(next.items);
            if items.len() > max {
                return Err(QueryError::TooMany { what: what.to_owned(), limit: max });
            }
            match next.next {
                Some(after) => cursor = Some(after),
                None => return Ok(items),
            }
        }
    }

    pub async fn ask_with_height<T: DeserializeOwned>(
        &self,
        query: &impl Serialize,
    ) -> Result<(T, u64), QueryError> {
        self.client.query_at(self.height, &self.address, query).await
    }
}
