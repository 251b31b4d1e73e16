//! Every storage namespace of this contract. Names are short because each byte of a key is paid for at each write.

pub const CONFIG: &str = "config";
pub const OWNERSHIP: &str = "ownership";
pub const PARAMS: &str = "params";
pub const TOTALS: &str = "totals";
pub const LEDGERS: &str = "ledgers";
pub const STATISTICS: &str = "stat";

pub const DEPLOYMENTS: &str = "dep";
pub const DEPLOYMENTS_BY_TENANT: &str = "dep_ten";
pub const DEPLOYMENT_LIVE_COUNT: &str = "dep_cnt";
pub const DEPLOYMENT_LIVE: &str = "dep_live";

pub const GRANTS: &str = "gra";
pub const GRANTS_BY_DELEGATE: &str = "gra_key";
pub const GRANT_LIVE_COUNT: &str = "gra_cnt";

pub const ORDER_TERMS: &str = "ord_terms";
pub const ORDER_RESOURCES: &str = "ord_res";
pub const ORDERS: &str = "ord";
pub const ORDERS_BY_STATE: &str = "ord_st";
pub const ORDERS_BY_TENANT: &str = "ord_ten";
pub const ORDERS_BY_DEPLOYMENT: &str = "ord_dep";
pub const ORDERS_BY_EXPIRY: &str = "ord_exp";

pub const BIDS: &str = "bid";
pub const BOOK: &str = "book";
pub const BIDS_BY_PROVIDER: &str = "bid_prov";

pub const LEASE_TERMS: &str = "lea_terms";
pub const LEASES: &str = "lea";
pub const LEASES_BY_STATE: &str = "lea_st";
pub const LEASES_BY_TENANT: &str = "lea_ten";
pub const LEASES_BY_PROVIDER: &str = "lea_prov";
pub const LEASES_LIVE_BY_PROVIDER: &str = "lea_plive";
pub const LEASES_BY_DEPLOYMENT: &str = "lea_dep";
pub const LEASES_BY_END: &str = "lea_end";

pub const RECORDS: &str = "rec";
pub const SERVICES: &str = "rec_srv";
pub const TENANTS_OF_PROVIDER: &str = "rec_ten";

pub const PUNISHMENTS: &str = "pun";
pub const PUNISHMENTS_BY_PROVIDER: &str = "pun_prov";

/// All of the above.
#[cfg(test)]
const ALL: &[&str] = &[
    CONFIG,
    OWNERSHIP,
    PARAMS,
    TOTALS,
    LEDGERS,
    STATISTICS,
    DEPLOYMENTS,
    DEPLOYMENTS_BY_TENANT,
    DEPLOYMENT_LIVE_COUNT,
    DEPLOYMENT_LIVE,
    GRANTS,
    GRANTS_BY_DELEGATE,
    GRANT_LIVE_COUNT,
    ORDER_TERMS,
    ORDER_RESOURCES,
    ORDERS,
    ORDERS_BY_STATE,
    ORDERS_BY_TENANT,
    ORDERS_BY_DEPLOYMENT,
    ORDERS_BY_EXPIRY,
    BIDS,
    BOOK,
    BIDS_BY_PROVIDER,
    LEASE_TERMS,
    LEASES,
    LEASES_BY_STATE,
    LEASES_BY_TENANT,
    LEASES_BY_PROVIDER,
    LEASES_LIVE_BY_PROVIDER,
    LEASES_BY_DEPLOYMENT,
    LEASES_BY_END,
    RECORDS,
    SERVICES,
    TENANTS_OF_PROVIDER,
    PUNISHMENTS,
    PUNISHMENTS_BY_PROVIDER,
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;

    /// Where cw2 keeps name and version.
    const CW2: &str = "contract_info";

    #[test]
    fn namespaces_are_distinct() {
        let distinct: BTreeSet<_> = ALL.iter().copied().chain([CW2]).collect();
        assert_eq!(distinct.len(), ALL.len() + 1);
    }

    #[test]
    fn every_namespace_is_in_the_list() {
        let declared = include_str!("keys.rs").lines().filter(|line| line.starts_with("pub const ")).count();
        assert_eq!(declared, ALL.len());
    }
}
