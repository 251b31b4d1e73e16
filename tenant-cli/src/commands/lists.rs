//! Lists of the market.

use cloud_std::{Page, MAX_PAGE_LIMIT};
use market_api::msg::{LeaseFilter, OrderFilter};
use market_api::{ProviderRecord, QueryMsg};
use registry_api::Provider;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::json;

use crate::cli::{BidsArgs, DeploymentsArgs, LeasesArgs, OrdersArgs, PageArgs, ProvidersArgs};
use crate::error::Result;
use crate::output::Answer;
use crate::session::Session;
use crate::show;
use crate::units::now;

/// Entries, and whether there are more of them than were asked for.
#[derive(Serialize)]
pub struct List<T> {
    pub items: Vec<T>,
    pub more: bool,
}

/// Reads pages until there are enough entries.
pub async fn pages<T, C>(
    session: &Session,
    contract: &str,
    limit: u32,
    query: impl Fn(Option<C>, Option<u32>) -> serde_json::Value,
) -> Result<List<T>>
where
    T: DeserializeOwned,
    C: DeserializeOwned,
{
    let client = &session.chain()?.client;
    let (mut items, mut cursor, mut height) = (Vec::new(), None, None);
    loop {
        let missing = limit as usize - items.len();
        let ask = u32::try_from(missing).unwrap_or(MAX_PAGE_LIMIT).min(MAX_PAGE_LIMIT);
        // All pages of one height, so that nothing is missed or doubled between two.
        let (page, read): (Page<T, C>, u64) =
            client.query_at(height, contract, &query(cursor.take(), Some(ask))).await?;
        height = Some(read);
        items.extend(page.items);
        match page.next {
            Some(next) if items.len() < limit as usize => cursor = Some(next),
            next => return Ok(List { items, more: next.is_some() }),
        }
    }
}

pub fn answer<T: Serialize>(list: List<T>, text: String) -> Answer {
    let text = if list.more { format!("{text}\nand more: raise --limit") } else { text };
    Answer::new(list, text)
}

pub async fn deployments(session: &Session, args: DeploymentsArgs) -> Result<Answer> {
    let tenant = session.address_or(args.tenant)?;
    let market = session.chain()?.contracts.market.address().to_owned();
    let list = pages(session, &market, args.page.limit, |start_after, limit| {
        json!(QueryMsg::Deployments { tenant: tenant.clone(), start_after, limit })
    });
    let list: List<market_api::Deployment> = list.await?;
    let text = show::deployments(&list.items);
    Ok(answer(list, text))
}

pub async fn orders(session: &Session, args: OrdersArgs) -> Result<Answer> {
    let filter = match (args.tenant, args.deployment, args.mine) {
        (Some(tenant), _, _) => OrderFilter::Tenant { tenant },
        (None, Some(deployment), _) => OrderFilter::Deployment { deployment },
        (None, None, true) => OrderFilter::Tenant { tenant: session.address()? },
        (None, None, false) => {
            OrderFilter::State { state: args.state.map_or(market_api::OrderState::Open, Into::into) }
        }
    };
    let market = session.chain()?.contracts.market.address().to_owned();
    let list = pages(session, &market, args.page.limit, |start_after, limit| {
        json!(QueryMsg::Orders { filter: filter.clone(), start_after, limit })
    });
    let list: List<market_api::Order> = list.await?;
    let text = show::orders(&list.items);
    Ok(answer(list, text))
}

pub async fn bids(session: &Session, args: BidsArgs) -> Result<Answer> {
    let market = session.chain()?.contracts.market.clone();
    let order = market.order(args.order).await?;
    let list = pages(session, market.address(), args.page.limit, |start_after, limit| {
        json!(QueryMsg::Book { order: args.order, start_after, limit })
    });
    let mut list: List<market_api::Bid> = list.await?;
    // The bid that won has left the book; a reader wants to see it all the same.
    if let Some(lease) = order.lease {
        let winner = market.lease(lease).await?.provider;
        let there = list.items.iter().any(|bid| bid.provider == winner);
        if !there {
            if let Ok(bid) = market.bid(args.order, winner.as_str()).await {
                list.items.insert(0, bid);
            }
        }
    }
    let text = show::bids(&list.items);
    Ok(answer(list, text))
}

pub async fn leases(session: &Session, args: LeasesArgs) -> Result<Answer> {
    let filter = match (args.provider, args.deployment, args.state, args.tenant) {
        (Some(provider), ..) => LeaseFilter::Provider { provider },
        (None, Some(deployment), ..) => LeaseFilter::Deployment { deployment },
        (None, None, Some(state), _) => LeaseFilter::State { state: state.into() },
        (None, None, None, tenant) => LeaseFilter::Tenant { tenant: session.address_or(tenant)? },
    };
    let market = session.chain()?.contracts.market.address().to_owned();
    let list = pages(session, &market, args.page.limit, |start_after, limit| {
        json!(QueryMsg::Leases { filter: filter.clone(), start_after, limit })
    });
    let list: List<market_api::Lease> = list.await?;
    let text = show::leases(&list.items);
    Ok(answer(list, text))
}

/// A provider with what it did and has at stake.
#[derive(Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub provider: Provider,
    pub record: ProviderRecord,
    pub stake: staking_api::StakeInfo,
}

/// The rest of what is public about a provider.
pub async fn with_record(session: &Session, provider: Provider) -> Result<Listed> {
    let contracts = &session.chain()?.contracts;
    let owner = provider.owner.as_str();
    let (record, stake) =
        futures::join!(contracts.market.provider_record(owner), contracts.staking.stake(owner));
    Ok(Listed { record: record?, stake: stake?, provider })
}

pub async fn providers(session: &Session, args: ProvidersArgs) -> Result<Answer> {
    let PageArgs { limit } = args.page;
    let registry = session.chain()?.contracts.registry.address().to_owned();
    let list = pages(session, &registry, limit, |start_after: Option<String>, limit| {
        json!(registry_api::QueryMsg::Providers { start_after, limit })
    });
    let list: List<Provider> = list.await?;
    let mut items = Vec::with_capacity(list.items.len());
    for provider in list.items {
        items.push(with_record(session, provider).await?);
    }
    let rows: Vec<_> = items
        .iter()
        .map(|item| (item.provider.clone(), item.record.clone(), item.stake.bonded.to_string()))
        .collect();
    let text = show::providers(&rows, now());
    Ok(answer(List { items, more: list.more }, text))
}
